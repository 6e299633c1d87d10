//! Question: are files of seeds read as RFC 6030 says, and refused whole when anything is doubtful?

use countersign::base::time::Timestamp;
use countersign::directory::Otp;
use countersign::directory::import::{Format, How, Imported, MOST_BYTES, MOST_TOKENS, Opener, read};
use countersign::factors::hotp::Hotp;
use countersign::factors::oath::{Algorithm, Digits};
use countersign::factors::totp::Period;
use proptest::prelude::*;

const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub(crate) const PLAIN: &str = include_str!("../vectors/pskc/plain.xml");
pub(crate) const PRE_SHARED: &str = include_str!("../vectors/pskc/pre-shared-key.xml");
pub(crate) const PASSWORD: &str = include_str!("../vectors/pskc/password.xml");
const SHA256: &str = include_str!("../vectors/pskc/totp-sha256.xml");
pub(crate) const KEY: &str = "12345678901234567890123456789012";
pub(crate) const HEADER: &str = "serial,secret,kind,digits,period,counter,algorithm,label\n";
pub(crate) const HEX: &str = "3132333435363738393031323334353637383930";
pub(crate) const BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn plain() -> How {
    How::default()
}

fn keyed() -> How {
    How { opener: Opener::key(KEY.as_bytes()).unwrap(), ..How::default() }
}

fn spoken() -> How {
    How { opener: Opener::password(b"qwerty\n").unwrap(), ..How::default() }
}

#[track_caller]
fn one(text: &str, how: &How) -> Imported {
    let (_, mut tokens) = read(text.as_bytes(), how, T0).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(tokens.len(), 1);
    tokens.remove(0)
}

#[track_caller]
fn faults(text: &str, how: &How) -> String {
    match read(text.as_bytes(), how, T0) {
        Ok((_, tokens)) => panic!("{} tokens were taken", tokens.len()),
        Err(faults) => faults.to_string(),
    }
}

fn hotp(otp: &Otp) -> &Hotp {
    match otp {
        Otp::Hotp(hotp) => hotp,
        Otp::Totp(_) => panic!("it goes by time"),
    }
}

#[test]
fn the_four_fixtures_are_read() {
    for (text, how) in [(PLAIN, plain()), (PRE_SHARED, keyed()), (PASSWORD, spoken())] {
        let token = one(text, &how);
        assert_eq!(token.serial.as_str(), "987654321");
        let hotp = hotp(&token.otp);
        assert!(hotp.secret().same(b"12345678901234567890"));
        assert_eq!((hotp.code(0), hotp.code(1)), ("84755224".to_owned(), "94287082".to_owned()));
        assert_eq!((hotp.counter(), hotp.algorithm()), (0, Algorithm::Sha1));
    }
    let Otp::Totp(totp) = one(SHA256, &keyed()).otp else { panic!("it counts") };
    assert!(totp.secret().same(b"12345678901234567890123456789012"));
    assert_eq!(totp.code_at(Timestamp::from_millis(59_000)), "46119246");
    assert_eq!(
        (totp.algorithm(), totp.digits(), totp.period()),
        (Algorithm::Sha256, Digits::Eight, Period::Thirty)
    );
}

/// A fixture, how it is read, what is replaced in it by what, and what must be said then.
type Change<'a> = (&'a str, &'a How, &'a str, &'a str, &'a str);

#[track_caller]
fn all_refused(rows: &[Change<'_>]) {
    for (text, how, from, to, expected) in rows {
        let changed = if from.is_empty() { (*text).to_owned() } else { text.replace(from, to) };
        assert!(from.is_empty() || changed != *text, "`{from}` is not in the fixture");
        let why = faults(&changed, how);
        assert!(why.contains(expected), "`{to}` should give `{expected}`, gave `{why}`");
        for secret in ["MTIzNDU2", "12345678901234567890", KEY, "qwerty"] {
            assert!(!why.contains(secret), "{why}");
        }
    }
}

#[test]
fn doubtful_containers_and_keys_are_refused() {
    all_refused(&[
        (
            PLAIN,
            &plain(),
            "<KeyContainer ",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><KeyContainer ",
            "document type",
        ),
        (PLAIN, &plain(), "Version=\"1.0\" Id", "Version=\"2.0\" Id", "not of version 1.0"),
        (PLAIN, &plain(), "keyprov:pskc\"", "keyprov:pskc:1.0\"", "a draft of RFC 6030"),
        (PLAIN, &plain(), "keyprov:pskc\"", "keyprov:other\"", "no PSKC container"),
        (PLAIN, &plain(), "</KeyContainer>", "", "line"),
        (PLAIN, &plain(), "<KeyPackage>", "<Surprise/><KeyPackage>", "does not know there"),
        (PLAIN, &plain(), "pskc:hotp", "pskc:ocra", "neither `hotp` nor `totp`"),
        (PLAIN, &plain(), "Length=\"8\"", "Length=\"7\"", "6 or 8 digits"),
        (PLAIN, &plain(), "Length=\"8\" ", "", "6 or 8 digits"),
        (PLAIN, &plain(), "DECIMAL", "HEXADECIMAL", "not decimal"),
        (PLAIN, &plain(), "\"DECIMAL\"", "\"DECIMAL\" CheckDigits=\"true\"", "check digits"),
        (
            PLAIN,
            &plain(),
            "<ResponseFormat",
            "<ChallengeFormat Encoding=\"DECIMAL\" Min=\"6\" Max=\"6\"/><ResponseFormat",
            "challenges",
        ),
        (PLAIN, &plain(), "<ResponseFormat", "<Suite>HMAC-MD5</Suite><ResponseFormat", "hash"),
        (
            PLAIN,
            &plain(),
            "<AlgorithmParameters><ResponseFormat Length=\"8\" Encoding=\"DECIMAL\"/></AlgorithmParameters>",
            "",
            "how many digits",
        ),
        (PLAIN, &plain(), "<SerialNo>987654321<", "<SerialNo> <", "serial number"),
        (
            PLAIN,
            &plain(),
            "<SerialNo>987654321</SerialNo>",
            "<SerialNo>1</SerialNo><SerialNo>2</SerialNo>",
            "more than one `SerialNo`",
        ),
        (PLAIN, &plain(), "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA", "not base 64"),
        (PLAIN, &plain(), "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", "MTIzNDU2Nzg5MDEy", "16 to 128 bytes"),
        (PLAIN, &plain(), "<PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue>", "", "one value"),
        (PLAIN, &plain(), "<PlainValue>MTIz", "<PlainValue><b/>MTIz", "elements where a value"),
        (PLAIN, &plain(), "<PlainValue>0</PlainValue>", "<PlainValue>-1</PlainValue>", "negative"),
        (
            PLAIN,
            &plain(),
            "<PlainValue>0</PlainValue>",
            "<PlainValue>9223372036854775808</PlainValue>",
            "not a number",
        ),
        (PLAIN, &plain(), "<Counter><PlainValue>0</PlainValue></Counter>", "", "no counter"),
        (PLAIN, &plain(), "<Issuer>", "<Key2/><Issuer>", "does not know there"),
    ]);
}

/// RFC 6030 §5.
#[test]
fn what_a_policy_forbids_or_does_not_say_plainly_is_refused() {
    all_refused(&[
        (PLAIN, &plain(), "<UserId>UID", "<Policy><Unknown/></Policy><UserId>UID", "must not be used"),
        (
            PLAIN,
            &plain(),
            "<UserId>UID",
            "<Policy><a:B xmlns:a=\"urn:a\"/></Policy><UserId>UID",
            "must not be used",
        ),
        (PLAIN, &plain(), "<UserId>UID", "<Policy strict=\"yes\"/><UserId>UID", "must not be used"),
        (
            PLAIN,
            &plain(),
            "<UserId>UID",
            "<Policy><KeyUsage>Party</KeyUsage></Policy><UserId>UID",
            "must not be used",
        ),
        (
            PLAIN,
            &plain(),
            "<UserId>UID",
            "<Policy><KeyUsage>CR</KeyUsage></Policy><UserId>UID",
            "does not allow one-time",
        ),
        (
            PLAIN,
            &plain(),
            "<UserId>UID",
            "<Policy><NumberOfTransactions>5</NumberOfTransactions></Policy><UserId>UID",
            "how often",
        ),
        (
            PLAIN,
            &plain(),
            "<UserId>UID",
            "<Policy><PINPolicy PINUsageMode=\"Prepend\"/></Policy><UserId>UID",
            "PIN",
        ),
        (
            PLAIN,
            &plain(),
            "<UserId>UID",
            "<Policy><ExpiryDate>2027-01-15T08:00:00Z</ExpiryDate></Policy><UserId>UID",
            "expired at 2027-01-15T08:00:00Z",
        ),
        (
            PLAIN,
            &plain(),
            "<UserId>UID",
            "<Policy><ExpiryDate>soon</ExpiryDate></Policy><UserId>UID",
            "not a date",
        ),
        (
            PLAIN,
            &plain(),
            "</SerialNo>",
            "</SerialNo><ExpiryDate>2020-01-01T00:00:00</ExpiryDate>",
            "expired",
        ),
    ]);
}

#[test]
fn what_is_not_opened_and_proved_is_refused() {
    all_refused(&[
        (PLAIN, &keyed(), "", "", "not encrypted, though a key"),
        (PRE_SHARED, &plain(), "", "", "pre-shared key `Pre-shared-key`"),
        (PRE_SHARED, &spoken(), "", "", "pre-shared key `Pre-shared-key`"),
        (PASSWORD, &plain(), "", "", "under a password"),
        (PASSWORD, &keyed(), "", "", "under a password"),
        (PRE_SHARED, &keyed(), "Su+NvtQfm", "Tu+NvtQfm", "MAC is wrong"),
        (PRE_SHARED, &keyed(), "AAECAwQFBgcICQoLDA0OD+cI", "BAECAwQFBgcICQoLDA0OD+cI", "MAC is wrong"),
        (PRE_SHARED, &keyed(), "jwZqIUqGv", "jwZqIUqG", "not base 64"),
        (PRE_SHARED, &keyed(), "<ValueMAC>Su+NvtQfmvfJzF6bmQiJqoLRExc=</ValueMAC>", "", "has no MAC"),
        (
            PRE_SHARED,
            &keyed(),
            "<ValueMAC>Su+NvtQfmvfJzF6bmQiJqoLRExc=</ValueMAC>",
            "<ValueMAC></ValueMAC>",
            "MAC is wrong",
        ),
        (PRE_SHARED, &keyed(), "xmldsig#hmac-sha1", "xmldsig#hmac-md5", "not HMAC"),
        (PRE_SHARED, &keyed(), "ESIzRFVmd4iZABEiM0RVZgKn", "ASIzRFVmd4iZABEiM0RVZgKn", "MAC is wrong"),
        (
            PRE_SHARED,
            &keyed(),
            "ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX",
            "ESIzRFVmd4iZABEiM0RVZg==",
            "wrong, or the file is damaged",
        ),
        (PRE_SHARED, &keyed(), "xmlenc#aes128-cbc", "xmlenc#tripledes-cbc", "not encrypted by AES"),
        (PRE_SHARED, &keyed(), "xmlenc#aes128-cbc", "xmlenc#aes256-cbc", "does not have the 32 bytes"),
        (
            PRE_SHARED,
            &keyed(),
            "<ds:KeyName>Pre-shared-key</ds:KeyName>",
            "",
            "neither under a named key nor a password",
        ),
    ]);
    let wrong = How { opener: Opener::password(b"azerty").unwrap(), ..How::default() };
    assert!(faults(PASSWORD, &wrong).contains("wrong"));
    let wrong = How { opener: Opener::key(&[7; 16]).unwrap(), ..How::default() };
    assert!(faults(PRE_SHARED, &wrong).contains("wrong"));
}

#[test]
fn endless_derivations_and_odd_times_are_refused() {
    all_refused(&[
        (PASSWORD, &spoken(), "<IterationCount>1000<", "<IterationCount>4294967295<", "iteration count"),
        (PASSWORD, &spoken(), "<IterationCount>1000<", "<IterationCount>10000001<", "iteration count"),
        (PASSWORD, &spoken(), "<IterationCount>1000<", "<IterationCount>0<", "iteration count"),
        (PASSWORD, &spoken(), "<KeyLength>16<", "<KeyLength>4000000000<", "length of its key"),
        (PASSWORD, &spoken(), "<KeyLength>16<", "<KeyLength>32<", "does not have the 16 bytes"),
        (PASSWORD, &spoken(), "Ej7/PEpyEpw=", "", "salt"),
        (PASSWORD, &spoken(), "<PRF/>", "<PRF Algorithm=\"urn:md5\"/>", "unknown hash"),
        (PASSWORD, &spoken(), "pkcs-5v2-0#pbkdf2\">", "pkcs-5v2-0#pbkdf1\">", "not derived by PBKDF2"),
        (PASSWORD, &spoken(), "Ej7/PEpyEpw=", "Ej7/PEpyEpQ=", "wrong"),
        (
            SHA256,
            &keyed(),
            "<TimeInterval><PlainValue>30<",
            "<TimeInterval><PlainValue>45<",
            "neither 30 nor 60",
        ),
        (SHA256, &keyed(), "<Time><PlainValue>0<", "<Time><PlainValue>1800000000<", "number of steps"),
        (
            SHA256,
            &keyed(),
            "<TimeInterval>",
            "<TimeDrift><PlainValue>300</PlainValue></TimeDrift><TimeInterval>",
            "two hours",
        ),
    ]);
}

#[test]
fn what_rfc_6030_allows_is_taken() {
    let period = SHA256.replace("<PlainValue>30<", "<PlainValue>60<");
    let Otp::Totp(totp) = one(&period, &keyed()).otp else { panic!("it counts") };
    assert_eq!(totp.period(), Period::Sixty);
    let used = SHA256
        .replace("<Time><PlainValue>0<", "<Time><PlainValue>59999999<")
        .replace("<TimeInterval>", "<TimeDrift><PlainValue>-4</PlainValue></TimeDrift><TimeInterval>");
    let Otp::Totp(totp) = one(&used, &keyed()).otp else { panic!("it counts") };
    assert_eq!((totp.last_step(), totp.drift().proven()), (Some(59_999_999), -4));

    let policy = "<Policy><StartDate>2027-01-01T00:00:00Z</StartDate><ExpiryDate>2030-01-01T00:00:00</ExpiryDate>\
                  <PINPolicy PINUsageMode=\"Local\" MinLength=\"4\"/><KeyUsage>CR</KeyUsage><KeyUsage>OTP</KeyUsage></Policy>";
    let dated = PLAIN
        .replace("</SerialNo>", "</SerialNo><Model>Card</Model><ExpiryDate>2029-01-01T00:00:00Z</ExpiryDate>")
        .replace("<UserId>UID", &format!("{policy}<UserId>UID"))
        .replace("<PlainValue>0<", "<PlainValue>42<");
    let token = one(&dated, &plain());
    let hotp = hotp(&token.otp);
    assert_eq!(
        hotp.validity().until,
        Some(Timestamp::parse("2029-01-01T00:00:00Z").unwrap()),
        "the earlier end"
    );
    assert_eq!(hotp.validity().from, Some(Timestamp::parse("2027-01-01T00:00:00Z").unwrap()));
    assert_eq!((hotp.counter(), token.label.unwrap().as_str()), (42, "Card"));

    let unsealed = PRE_SHARED.replace("<ValueMAC>Su+NvtQfmvfJzF6bmQiJqoLRExc=</ValueMAC>", "");
    one(&unsealed, &How { without_mac: true, ..keyed() });
    let changed = PRE_SHARED.replace("Su+NvtQfm", "Tu+NvtQfm");
    let why = faults(&changed, &How { without_mac: true, ..keyed() });
    assert!(why.contains("MAC is wrong"), "a MAC that is there is checked all the same: {why}");
    one(&format!("\u{feff}{PLAIN}"), &plain());
    let nameless = PLAIN.replace("<SerialNo>987654321</SerialNo>", "");
    assert_eq!(one(&nameless, &plain()).serial.as_str(), "12345678");
}

#[test]
fn other_key_lengths_and_methods_open_too() {
    use aes::cipher::block_padding::Pkcs7;
    use aes::cipher::{BlockModeEncrypt as _, KeyIvInit as _};

    fn padded(plain: &[u8]) -> Vec<u8> {
        let mut buffer = plain.to_vec();
        buffer.resize(plain.len() + 16, 0);
        buffer
    }
    let seed = b"12345678901234567890";
    let vector = [9u8; 16];
    for (length, name) in [(16, "aes128-cbc"), (24, "aes192-cbc"), (32, "aes256-cbc")] {
        for (mac, method) in [
            (ring::hmac::HMAC_SHA256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
            (ring::hmac::HMAC_SHA512, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512"),
        ] {
            let key: Vec<u8> = (0..length).collect();
            let seal = |plain: &[u8]| {
                let mut buffer = padded(plain);
                let done = match length {
                    16 => cbc::Encryptor::<aes::Aes128>::new_from_slices(&key, &vector)
                        .unwrap()
                        .encrypt_padded::<Pkcs7>(&mut buffer, plain.len()),
                    24 => cbc::Encryptor::<aes::Aes192>::new_from_slices(&key, &vector)
                        .unwrap()
                        .encrypt_padded::<Pkcs7>(&mut buffer, plain.len()),
                    _ => cbc::Encryptor::<aes::Aes256>::new_from_slices(&key, &vector)
                        .unwrap()
                        .encrypt_padded::<Pkcs7>(&mut buffer, plain.len()),
                };
                [&vector[..], done.unwrap()].concat()
            };
            let (sealed, counter) = (seal(seed), seal(&7u64.to_be_bytes()));
            let tag = |bytes: &[u8]| {
                let tag = ring::hmac::sign(&ring::hmac::Key::new(mac, &key), bytes);
                data_encoding::BASE64.encode(tag.as_ref())
            };
            let value = |bytes: &[u8]| {
                format!(
                    "<EncryptedValue><x:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#{name}\"/><x:CipherData>\
                     <x:CipherValue>{}</x:CipherValue></x:CipherData></EncryptedValue><ValueMAC>{}</ValueMAC>",
                    data_encoding::BASE64.encode(bytes),
                    tag(bytes)
                )
            };
            // Without a key of its own the MAC is under the encryption key; numbers may be encrypted too.
            let text = PLAIN
                .replace("<KeyContainer ", "<KeyContainer xmlns:x=\"http://www.w3.org/2001/04/xmlenc#\" xmlns:d=\"http://www.w3.org/2000/09/xmldsig#\" ")
                .replace("<KeyPackage>", &format!("<EncryptionKey><d:KeyName>K</d:KeyName></EncryptionKey><MACMethod Algorithm=\"{method}\"/><KeyPackage>"))
                .replace("<PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue>", &value(&sealed))
                .replace("<PlainValue>0</PlainValue>", &value(&counter));
            let opener = Opener::key(data_encoding::HEXLOWER.encode(&key).as_bytes()).unwrap();
            let token = one(&text, &How { opener, ..How::default() });
            assert!(hotp(&token.otp).secret().same(seed), "{name}");
            assert_eq!(hotp(&token.otp).counter(), 7, "{name}");
        }
    }
}

#[test]
fn csv_is_read_by_its_header() {
    let text = format!(
        "Label,SERIAL,secret,kind,digits,period,counter,algorithm\r\n\"A \"\"card\"\", blue\",1001,{HEX},hotp,8,,5,\r\n\
         \r\n ,1002,{BASE32},TOTP,,60,,sha-256\r\n,1003,hex:{HEX},totp,,,,\r\n,1004,base32:{BASE32},hotp,6,,,SHA512\r\n"
    );
    let (format, tokens) = read(text.as_bytes(), &plain(), T0).unwrap();
    assert_eq!((format, tokens.len()), (Format::Csv, 4));
    let first = hotp(&tokens[0].otp);
    assert_eq!((first.counter(), first.digits(), first.code(0).as_str()), (5, Digits::Eight, "84755224"));
    assert_eq!(tokens[0].label.as_ref().unwrap().as_str(), "A \"card\", blue");
    let Otp::Totp(second) = &tokens[1].otp else { panic!("it counts") };
    assert_eq!(
        (second.period(), second.algorithm(), second.digits()),
        (Period::Sixty, Algorithm::Sha256, Digits::Six)
    );
    assert!(tokens[1].label.is_none());
    for token in &tokens {
        let secret = match &token.otp {
            Otp::Totp(totp) => totp.secret(),
            Otp::Hotp(hotp) => hotp.secret(),
        };
        assert!(secret.same(b"12345678901234567890"), "{}", token.serial);
    }
    let shared = format!("serial,secret,kind,period|counter\n1,{HEX},totp,60\n2,{HEX},hotp,9\n");
    let (_, tokens) = read(shared.as_bytes(), &plain(), T0).unwrap();
    assert!(matches!(&tokens[0].otp, Otp::Totp(totp) if totp.period() == Period::Sixty));
    assert_eq!(hotp(&tokens[1].otp).counter(), 9);
}

#[test]
fn all_faults_of_a_table_are_named_at_once() {
    let text = format!(
        "{HEADER}1001,{HEX},hotp,7,,0,SHA1,\n1002,XYZ!,totp,6,45,,MD5,\n1001,{HEX},hotp,,,,,\n1003,{HEX},hotp,,,,,\n\
         1003,{HEX},hotp,,,,,\n1004,\"{HEX},hotp\n1005,{HEX},push,,,,,\n1006,{HEX},totp,,,3,,\n1007,{HEX},hotp,,30,,,\n\
         1008,31323334,hotp,,,,,\n,{HEX},hotp,,,,,\n1009,234567ABCDEF234567ABCDEF234567AB,totp,,,,,\n1010,{HEX},hotp,,,x,,\n"
    );
    let expected = "line 2: serial number `1001`: a code has 6 or 8 digits
line 3: serial number `1002`: the secret is neither hexadecimal nor base 32
line 3: serial number `1002`: the period must be `30` or `60`
line 3: serial number `1002`: the algorithm must be `SHA1`, `SHA256` or `SHA512`
line 6: serial number `1003`: the same serial number is on line 5 already
line 7: it does not have 8 values, or a quotation mark is open
line 8: serial number `1005`: the kind must be `totp` or `hotp`
line 9: serial number `1006`: a time-based token has no counter
line 10: serial number `1007`: a counter-based token has no period
line 11: serial number `1008`: the secret does not have 16 to 128 bytes
line 12: the serial number cannot be used: it is empty
line 13: serial number `1009`: the secret reads as hexadecimal and as base 32: write `hex:` or `base32:` before it
line 14: serial number `1010`: the counter must be a number";
    assert_eq!(faults(&text, &plain()), expected);
    for (header, why) in [
        (format!("1001,{HEX},hotp\n"), "the first line must name the columns"),
        ("serial,secret\n".to_owned(), "the column `kind` is missing"),
        ("serial,secret,kind,serial\n".to_owned(), "the column `serial` is there twice"),
        ("serial,secret,kind,period,period|counter\n".to_owned(), "not both"),
        ("serial,secret,kind\n".to_owned(), "no token"),
        (String::new(), "no token"),
    ] {
        let found = faults(&header, &plain());
        assert!(found.contains(why) && !found.contains(HEX), "{header}: {found}");
    }
    assert!(faults(HEADER, &keyed()).contains("not encrypted, though"));
}

#[test]
fn faults_say_nothing_of_secrets() {
    // Whatever column the secret has slipped into.
    let columns = ["serial", "secret", "kind", "digits", "period", "counter", "algorithm", "label"];
    for secret in [HEX, BASE32] {
        for place in 0..columns.len() {
            let mut values = ["1", "2", "3", "4", "5", "6", "7", "8"];
            values[place] = secret;
            let text = format!("{HEADER}{}\n{}\n", values.join(","), values.join(";"));
            assert!(!faults(&text, &plain()).contains(secret), "{}", columns[place]);
            assert!(!faults(&values.join(","), &plain()).contains(secret));
        }
    }
    let open = PLAIN.replace("<PlainValue>MTIz", "<MTIzNDU2Nzg5MDEyMzQ1Njc4OTA>MTIz");
    assert!(!faults(&open, &plain()).contains("MTIz"));
}

#[test]
fn size_and_number_are_bounded() {
    assert!(faults(&" ".repeat(MOST_BYTES + 1), &plain()).contains("8 MiB"));
    let mut rows = HEADER.to_owned();
    for number in 0..=MOST_TOKENS {
        rows.push_str(&format!("{number},{HEX},hotp,,,,,\n"));
    }
    assert!(faults(&rows, &plain()).contains("more than 10 000"));
    assert!(faults(&format!("{HEADER}1,{HEX},hotp,,,,,{}\n", "x".repeat(5000)), &plain()).contains("line 2"));
    let many = format!("{HEADER}{}", "x,y,z,,,,,\n".repeat(200));
    let found = faults(&many, &plain());
    assert!(found.ends_with("more") && found.lines().count() == 51, "{found}");
    let packages = PLAIN.replace("</KeyPackage>", &format!("</KeyPackage>{}", "\n<KeyPackage/>".repeat(3)));
    let found = faults(&packages, &plain());
    assert!(found.starts_with("line 10: ") && found.lines().count() == 3, "{found}");
    assert!(
        matches!(read(b"\xff\xfe<\0", &plain(), T0), Err(faults) if faults.to_string().contains("UTF-8"))
    );
    let twice = PLAIN
        .replace("</KeyContainer>", &format!("<KeyPackage>{}", PLAIN.split("<KeyPackage>").nth(1).unwrap()));
    assert!(
        faults(&twice, &plain())
            .contains("line 9: serial number `987654321`: the same serial number is on line 2")
    );
}

#[test]
fn keys_and_passwords_are_read_from_files() {
    let key = |file: &[u8]| match Opener::key(file) {
        Ok(Opener::Key(key)) => Some(key.expose(<[u8]>::to_vec)),
        Ok(_) => panic!("another opener"),
        Err(_) => None,
    };
    assert_eq!(key(b"1234 5678 9012 3456 7890 1234 5678 9012\n").unwrap().len(), 16);
    assert_eq!(key(&[200; 24]).unwrap(), [200; 24]);
    for bad in [&b""[..], b"1234", &[200; 17], b"1234567890123456789012345678901z\n"] {
        assert!(key(bad).is_none());
    }
    assert!(matches!(Opener::password(b"a b\r\n"), Ok(Opener::Password(secret)) if secret.same(b"a b")));
    assert!(Opener::password(b"\n").is_err());
}

proptest! {
    #[test]
    fn no_file_breaks_the_reader(cut in 0usize..1600, junk in "[<>&;\"',a-z0-9=/\\n ]{0,40}") {
        for (text, how) in [(PLAIN, plain()), (PRE_SHARED, keyed()), (PASSWORD, spoken())] {
            let cut = cut.min(text.len());
            let changed = format!("{}{junk}{}", &text[..cut], &text[cut..]);
            let _ = read(changed.as_bytes(), &how, T0);
            let _ = read(&text.as_bytes()[..cut], &how, T0);
        }
        let table = format!("{HEADER}{junk}\n");
        let _ = read(table.as_bytes(), &plain(), T0);
    }
}
