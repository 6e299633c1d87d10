//! Question: does each command of the contract do what it says, on a real store, and print what a person or program needs?

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use clap::{CommandFactory as _, Parser as _};
use countersign::audit::receipt::SigningKey;
use countersign::base::entropy::SeededEntropy;
use countersign::base::net::TrustedPeers;
use countersign::base::secret::Secret;
use countersign::base::settings::Limits;
use countersign::base::settings::account::AccountSettings;
use countersign::base::tasks::Tasks;
use countersign::base::text::UserName;
use countersign::base::time::{ManualClock, Timestamp};
use countersign::cli::Cli;
use countersign::cli::desk::{Console, Desk, DeskError, run};
use countersign::flow::admin::{Order, Reply};
use countersign::flow::{Flows, Parts};
use countersign::policy::PolicySet;
use countersign::store::embedded::Embedded;
use countersign::store::seal::{Seal, SealKey};

const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// The flows as an operator at the machine has them.
struct AtTheMachine(Flows);

#[async_trait]
impl Desk for AtTheMachine {
    async fn order(&self, order: Order) -> Result<Reply, DeskError> {
        self.0
            .order(order, &UserName::parse("root").unwrap())
            .await
            .map_err(|error| DeskError(error.to_string()))
    }
}

pub(crate) struct Office {
    desk: AtTheMachine,
    pub(crate) folder: tempfile::TempDir,
    store: Arc<Embedded>,
    seal: Arc<Seal>,
}

pub(crate) fn office() -> Office {
    let folder = tempfile::tempdir().unwrap();
    let key = SealKey::parse("k1", &Secret::from("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned()))
        .unwrap();
    let seal = Arc::new(Seal::new(vec![key], Arc::new(SeededEntropy::new(0))).unwrap());
    let store = Arc::new(Embedded::open(folder.path(), seal.clone()).unwrap());
    Office { desk: AtTheMachine(node(&store, &seal, 1)), folder, store, seal }
}

/// A gateway on this store; others have other seeds.
fn node(store: &Arc<Embedded>, seal: &Arc<Seal>, seed: u64) -> Flows {
    let entropy = Arc::new(SeededEntropy::new(seed));
    Flows::new(Parts {
        store: store.clone(),
        seal: seal.clone(),
        clock: Arc::new(ManualClock::new(T0)),
        entropy: entropy.clone(),
        policies: Arc::new(ArcSwap::from_pointee(PolicySet::default())),
        apps: Vec::new(),
        whoami: HashMap::new(),
        trusted: TrustedPeers::default(),
        limits: Limits::default(),
        portal: "https://approve.example.com".parse().unwrap(),
        signer: Arc::new(SigningKey::generate(entropy.as_ref()).unwrap().0),
        post: countersign::flow::outbox::Post::default(),
        account: AccountSettings::default(),
        push: None,
        tasks: Tasks::default(),
    })
}

impl Office {
    /// The flows of this gateway.
    pub(crate) fn flows(&self) -> &Flows {
        &self.desk.0
    }

    /// Those of another gateway on the same store.
    pub(crate) fn beside(&self) -> Flows {
        node(&self.store, &self.seal, 2)
    }

    /// Runs one command line; gives exit code, output and complaints.
    pub(crate) async fn runs(&self, line: &[&str]) -> (u8, String, String) {
        let cli = Cli::try_parse_from(std::iter::once("countersign").chain(line.iter().copied())).unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = run(&cli.command, Some(&self.desk), Console { out: &mut out, err: &mut err }).await;
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    pub(crate) async fn does(&self, line: &[&str]) -> String {
        let (code, out, err) = self.runs(line).await;
        assert_eq!((code, err.as_str()), (0, ""), "{line:?} {out}");
        out
    }
}

#[test]
fn every_command_explains_itself() {
    Cli::command().debug_assert();
    for line in [
        "user add -h",
        "user list -h",
        "user show -h",
        "user unblock -h",
        "user question -h",
        "token add totp -h",
        "token add hotp -h",
        "token import -h",
        "token assign -h",
        "token unassign -h",
        "token resync -h",
        "token list -h",
        "token revoke -h",
        "emergency issue -h",
        "audit list -h",
        "audit export -h",
        "audit verify -h",
        "receipt export -h",
        "receipt verify -h",
        "serve -h",
        "demo -h",
        "check -h",
    ] {
        let refused = Cli::try_parse_from(std::iter::once("countersign").chain(line.split(' '))).unwrap_err();
        assert_eq!(refused.kind(), clap::error::ErrorKind::DisplayHelp, "{line}");
    }
    for wrong in [
        "user",
        "user add",
        "user add a --tenant other",
        "emergency issue a --uses 0",
        "emergency issue a --for 1h --until x",
        "token add yubikey a",
        "token list",
        "token list a --unassigned",
        "token import f --key-file k --password-file p",
        "token resync a 123456",
        "audit list --from 0",
        "audit verify --head x",
        "frobnicate",
    ] {
        let refused =
            Cli::try_parse_from(std::iter::once("countersign").chain(wrong.split(' '))).unwrap_err();
        assert_eq!(refused.exit_code(), 2, "{wrong}");
    }
}

#[test]
fn the_configuration_can_be_named_anywhere() {
    for line in ["user --config x.toml list", "user list --config x.toml", "audit verify --config x.toml"] {
        let cli = Cli::try_parse_from(std::iter::once("countersign").chain(line.split(' '))).unwrap();
        assert_eq!(cli.command.config().unwrap().to_str(), Some("x.toml"), "{line}");
    }
    for line in ["audit verify log.jsonl", "receipt verify r.json"] {
        let cli = Cli::try_parse_from(std::iter::once("countersign").chain(line.split(' '))).unwrap();
        assert!(cli.command.config().is_none(), "{line} is offline");
    }
}

#[tokio::test]
async fn users_are_added_listed_and_shown() {
    let office = office();
    assert_eq!(office.does(&["user", "list"]).await, "no users\n");
    office
        .does(&[
            "user",
            "add",
            "alice",
            "--group",
            "finance",
            "--group",
            "eu",
            "--email",
            "alice@example.com",
        ])
        .await;
    office.does(&["user", "add", "bob", "--phone", "+41 79 123 45 67"]).await;
    assert_eq!(
        office.does(&["user", "list"]).await,
        "NAME   GROUPS       EMAIL              PHONE         STATE\n\
         alice  finance, eu  alice@example.com  -             good\n\
         bob                 -                  +41791234567  good\n"
    );
    let json: serde_json::Value =
        serde_json::from_str(&office.does(&["user", "show", "alice", "--format", "json"]).await).unwrap();
    assert_eq!((&json["name"], &json["groups"][1]), (&"alice".into(), &"eu".into()));
    assert!(office.does(&["user", "show", "bob"]).await.contains("added      2027-01-15T08:00:00Z\n"));
    assert_eq!(office.does(&["user", "unblock", "bob"]).await, "`bob` may answer again\n");
    for (line, why) in [
        (vec!["user", "add", "alice"], "countersign: there is a user `alice` already\n"),
        (vec!["user", "show", "eve"], "countersign: there is no user `eve`\n"),
        (vec!["token", "add", "totp", "eve"], "countersign: there is no user `eve`\n"),
    ] {
        let (code, out, err) = office.runs(&line).await;
        assert_eq!((code, out.as_str(), err.as_str()), (1, "", why), "{line:?}");
    }
}

#[tokio::test]
async fn authenticators_are_shown_once_and_revoked() {
    let office = office();
    office.does(&["user", "add", "alice"]).await;
    let seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    let out = office.does(&["token", "add", "totp", "alice", "--secret", seed, "--label", "Phone"]).await;
    let mut lines = out.lines();
    let uri = format!(
        "otpauth://totp/Countersign:alice?secret={seed}&issuer=Countersign&algorithm=SHA1&digits=6&period=30"
    );
    assert_eq!(lines.next(), Some(uri.as_str()));
    let drawn: Vec<&str> = lines.filter(|line| line.starts_with('█')).collect();
    assert!(
        drawn.len() > 15 && drawn.iter().all(|line| line.chars().count() == drawn[0].chars().count()),
        "{out}"
    );
    let id = out
        .split_whitespace()
        .find(|word| word.starts_with("auth_"))
        .unwrap()
        .trim_end_matches(':')
        .to_owned();

    let list = office.does(&["token", "list", "alice"]).await;
    assert!(
        list.contains(&id) && list.contains("Phone") && list.contains("active") && !list.contains(seed),
        "{list}"
    );
    assert_eq!(office.does(&["token", "revoke", &id]).await, format!("revoked {id}\n"));
    assert!(office.does(&["token", "list", "alice", "--format", "json"]).await.contains("\"revoked\""));
    assert_eq!(office.runs(&["token", "revoke", "auth_x"]).await.0, 1);
}

#[tokio::test]
async fn an_emergency_code_stands_alone_on_the_first_line() {
    let office = office();
    office.does(&["user", "add", "alice"]).await;
    let out = office.does(&["emergency", "issue", "alice", "--uses", "2", "--for", "36h"]).await;
    let (code, rest) = out.split_once('\n').unwrap();
    assert!(code.len() == 19 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{code}");
    assert!(rest.contains("2 times until 2027-01-16T20:00:00Z"), "{rest}");
    let list = office.does(&["token", "list", "alice"]).await;
    assert!(list.contains("emergency") && !list.contains(code), "{list}");
    let (exit, _, err) =
        office.runs(&["emergency", "issue", "alice", "--until", "2020-01-01T00:00:00Z"]).await;
    assert!(exit == 1 && err.starts_with("countersign: "), "{err}");
    let log = office.does(&["audit", "export"]).await;
    assert!(!log.contains(code) && !log.contains(&code.replace('-', "")));
}

#[tokio::test]
async fn the_log_is_listed_exported_and_verified() {
    let office = office();
    assert_eq!(office.does(&["audit", "verify"]).await, "the log is empty\n");
    for name in ["alice", "bob", "carol"] {
        office.does(&["user", "add", name]).await;
    }
    let list = office.does(&["audit", "list", "--from", "2", "--limit", "1"]).await;
    assert!(
        list.lines().count() == 2 && list.contains("operator:root") && list.contains("user=bob"),
        "{list}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&office.does(&["audit", "list", "--format", "json"]).await).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 3);

    let export = office.does(&["audit", "export"]).await;
    let file = office.folder.path().join("log.jsonl");
    let path = file.to_str().unwrap();
    std::fs::write(&file, &export).unwrap();
    let verified = office.does(&["audit", "verify", path]).await;
    assert_eq!(verified, office.does(&["audit", "verify"]).await);
    let head = verified.trim().rsplit(' ').next().unwrap();
    assert_eq!(office.does(&["audit", "verify", path, "--head", head]).await, verified);

    std::fs::write(&file, export.replace("user=bob", "user=eve").replace("\"bob\"", "\"eve\"")).unwrap();
    let (code, _, err) = office.runs(&["audit", "verify", path]).await;
    assert_eq!(
        (code, err.as_str()),
        (1, "countersign: line 2: entry 2 was edited: its content does not have its hash\n")
    );
    std::fs::write(&file, export.lines().take(2).map(|line| format!("{line}\n")).collect::<String>())
        .unwrap();
    assert_eq!(office.runs(&["audit", "verify", path, "--head", head]).await.0, 1);
    assert_eq!(office.runs(&["audit", "verify", "/nowhere"]).await.0, 1);
}

#[tokio::test]
async fn receipts_are_verified_offline() {
    let office = office();
    let (code, _, err) = office.runs(&["receipt", "export", "held_01JD0000000000000000000000"]).await;
    assert_eq!((code, err.as_str()), (1, "countersign: no such held request has been released\n"));
    let entropy = SeededEntropy::new(7);
    let (key, other) = (SigningKey::generate(&entropy).unwrap().0, SigningKey::generate(&entropy).unwrap().0);
    let claims = super::receipt::claims();
    let write = |name: &str, text: String| {
        let path = office.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let exported = format!(r#"{{"receipt":"{}","jwks":{}}}"#, key.sign(&claims), key.jwks());
    let file = write("r.json", exported.clone());
    let (code, out, err) = office.runs(&["receipt", "verify", &file]).await;
    assert!(code == 0 && out.starts_with("the receipt is good\n") && err.contains("--jwks"), "{out}{err}");
    let (ours, theirs) =
        (write("ours.json", key.jwks().to_string()), write("theirs.json", other.jwks().to_string()));
    assert!(
        office
            .does(&["receipt", "verify", &file, "--jwks", &ours])
            .await
            .contains("large-transfer (revision r1)")
    );
    let (code, out, err) = office.runs(&["receipt", "verify", &file, "--jwks", &theirs]).await;
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (1, "", "countersign: it was signed with a key that is not known\n")
    );
    let changed = write("changed.json", exported.replacen("ey", "fy", 1));
    assert_eq!(office.runs(&["receipt", "verify", &changed]).await.0, 1);
}
