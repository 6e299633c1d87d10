//! Question: are imported tokens in stock until they are assigned, with one user at most, and is what they have used up never forgotten?

use std::path::Path;

use countersign::audit::Actor;
use countersign::base::secret::Secret;
use countersign::base::text::UserName;
use countersign::factors::hotp::Hotp;
use countersign::factors::oath::{Algorithm, Digits};
use countersign::flow::resync::Resynced;

use super::cli::office;
use super::token_import::{BASE32, HEADER, HEX, KEY, PASSWORD, PLAIN, PRE_SHARED};

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn tokens_are_imported_assigned_and_taken_back() {
    let office = office();
    let folder = office.folder.path().to_owned();
    office.does(&["user", "add", "alice"]).await;
    office.does(&["user", "add", "bob"]).await;
    let (plain, sealed) = (
        write(&folder, "plain.xml", PLAIN),
        write(&folder, "psk.xml", &PRE_SHARED.replace("987654321", "555")),
    );
    let (secret, key) =
        (write(&folder, "password.xml", &PASSWORD.replace("987654321", "777")), write(&folder, "key", KEY));
    let password = write(&folder, "password", "qwerty\n");
    assert_eq!(office.does(&["token", "list", "--unassigned"]).await, "no hardware tokens in stock\n");
    let out = office.does(&["token", "import", &plain]).await;
    assert!(out.starts_with("1 hardware tokens are in stock (pskc);"), "{out}");
    office.does(&["token", "import", &sealed, "--key-file", &key]).await;
    office.does(&["token", "import", &secret, "--password-file", &password, "--format", "pskc"]).await;
    assert_eq!(
        office.does(&["token", "list", "--unassigned"]).await,
        "SERIAL     KIND  DIGITS  LABEL  STATE     IMPORTED\n\
         555        hotp  8       -      in stock  2027-01-15T08:00:00Z\n\
         777        hotp  8       -      in stock  2027-01-15T08:00:00Z\n\
         987654321  hotp  8       -      in stock  2027-01-15T08:00:00Z\n"
    );

    let table = write(
        &folder,
        "more.csv",
        &format!("{HEADER}999,{HEX},hotp,,,,,\n555,{HEX},hotp,,,,,\n777,{HEX},hotp,,,,,\n"),
    );
    let (code, out, err) = office.runs(&["token", "import", &table]).await;
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (
            1,
            "",
            "countersign: nothing was imported: there are tokens of serial number `555`, `777` already\n"
        )
    );
    let bad = write(&folder, "bad.csv", &format!("{HEADER}999,{HEX},hotp,7,,,,\n998,nothing,hotp,,,,,\n"));
    let (code, _, err) = office.runs(&["token", "import", &bad]).await;
    assert_eq!((code, err.lines().count()), (1, 3), "{err}");
    assert!(
        err.starts_with("countersign: nothing was imported:\nline 2: serial number `999`: a code has"),
        "{err}"
    );
    assert_eq!(office.does(&["token", "list", "--unassigned"]).await.lines().count(), 4, "nothing of it");
    assert_eq!(office.runs(&["token", "import", "/nowhere"]).await.0, 1);

    let out = office.does(&["token", "assign", "987654321", "alice", "--label", "Blue card"]).await;
    let id = out.split_whitespace().find(|word| word.starts_with("auth_")).unwrap().to_owned();
    assert_eq!(out, format!("`987654321` is {id} of `alice`\n"));
    for (line, why) in [
        (vec!["token", "assign", "987654321", "bob"], "is assigned to `alice` already"),
        (vec!["token", "assign", "123", "bob"], "no hardware token of serial number `123`"),
        (vec!["token", "assign", "555", "eve"], "no user `eve`"),
        (vec!["token", "assign", "555", "bob", "--label", " "], "label"),
        (vec!["token", "unassign", "555"], "assigned to nobody"),
        (vec!["token", "import", &plain], "`987654321` already"),
    ] {
        let (code, _, err) = office.runs(&line).await;
        assert!(code == 1 && err.contains(why), "{line:?}: {err}");
    }
    let list = office.does(&["token", "list", "alice"]).await;
    assert!(list.contains("Blue card") && list.contains("hotp") && list.contains("active"), "{list}");

    // What was used up goes with it: back to the stock, and to the next user.
    let token =
        Hotp::new(Secret::from(b"12345678901234567890".to_vec()), Algorithm::Sha1, Digits::Eight).unwrap();
    let out = office.does(&["token", "resync", &id, &token.code(20), &token.code(21)]).await;
    assert_eq!(out, format!("synchronised {id}; both codes are used\n"));
    assert_eq!(office.does(&["token", "unassign", "987654321"]).await, "`987654321` is in stock again\n");
    assert!(office.does(&["token", "list", "alice"]).await.contains("revoked"));
    let out = office.does(&["token", "assign", "987654321", "bob"]).await;
    let id = out.split_whitespace().find(|word| word.starts_with("auth_")).unwrap().to_owned();
    assert!(office.does(&["token", "list", "bob"]).await.contains("Hardware token 987654321"));
    assert_eq!(office.runs(&["token", "resync", &id, &token.code(20), &token.code(21)]).await.0, 1);
    office.does(&["token", "resync", &id, &token.code(22), &token.code(23)]).await;
    office.does(&["token", "revoke", &id]).await;
    let (code, _, err) = office.runs(&["token", "unassign", "987654321"]).await;
    assert!(code == 1 && err.contains("revoked for good"), "{err}");

    let log = office.does(&["audit", "export"]).await;
    for (kind, count) in [
        ("tokens_imported", 3),
        ("token_assigned", 2),
        ("token_unassigned", 1),
        ("authenticator_resynced", 2),
    ] {
        assert_eq!(log.matches(&format!("\"kind\":\"{kind}\"")).count(), count, "{kind}");
    }
    for secret in [HEX, BASE32, "MTIzNDU2", "12345678901234567890", KEY, "qwerty"] {
        assert!(!log.contains(secret));
    }
}

#[tokio::test]
async fn a_hotp_token_is_added_by_hand() {
    let office = office();
    office.does(&["user", "add", "alice"]).await;
    let line = ["token", "add", "hotp", "alice", "--secret", BASE32, "--counter", "7", "--digits", "8"];
    let out = office.does(&line).await;
    let uri = format!(
        "otpauth://hotp/Countersign:alice?secret={BASE32}&issuer=Countersign&algorithm=SHA1&digits=8&counter=7"
    );
    assert_eq!(out.lines().next(), Some(uri.as_str()));
    for (more, why) in [
        (["--look-ahead", "0"], "1 to 100 codes"),
        (["--look-ahead", "101"], "1 to 100 codes"),
        (["--digits", "7"], "6 or 8 digits"),
        (["--secret", "AAAA"], "16 to 128 bytes"),
    ] {
        let line = [&["token", "add", "hotp", "alice"][..], &more].concat();
        let (code, _, err) = office.runs(&line).await;
        assert!(code == 1 && err.contains(why), "{more:?}: {err}");
    }
}

/// Replay on two gateways over one store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_on_one_store_take_two_codes_once() {
    let office = office();
    let beside = office.beside();
    office.does(&["user", "add", "alice"]).await;
    let out = office.does(&["token", "add", "hotp", "alice", "--secret", BASE32]).await;
    let id = out.split_whitespace().find(|word| word.starts_with("auth_")).unwrap().trim_end_matches(':');
    let (id, alice) = (id.parse().unwrap(), UserName::parse("alice").unwrap());
    let token =
        Hotp::new(Secret::from(b"12345678901234567890".to_vec()), Algorithm::Sha1, Digits::Six).unwrap();
    for round in 0..20 {
        let (first, second) = (token.code(round * 2), token.code(round * 2 + 1));
        let codes = [first.as_str(), second.as_str()];
        let (one, other) = tokio::join!(
            office.flows().resync(&alice, id, codes, &Actor::Gateway),
            beside.resync(&alice, id, codes, &Actor::Gateway)
        );
        let done = [one.unwrap(), other.unwrap()];
        assert_eq!(done.iter().filter(|one| **one == Resynced::Done).count(), 1, "{round}: {done:?}");
        office.does(&["user", "unblock", "alice"]).await;
    }
}
