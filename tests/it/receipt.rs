//! Question: does a receipt verify exactly as it was signed, by a known key, and in no other way?

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use countersign::audit::receipt::file::{Attached, ReceiptFile};
use countersign::audit::receipt::{Claims, Jwks, PolicyClaim, ProofClaim, ReceiptFault, SigningKey, verify};
use countersign::base::entropy::SeededEntropy;
use countersign::base::secret::Secret;

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(&SeededEntropy::new(seed)).unwrap().0
}

pub(crate) fn claims() -> Claims {
    Claims {
        iss: "https://approve.example.com".into(),
        sub: "alice".into(),
        jti: "held_01JD00000000000000000000".into(),
        iat: 1_800_000_060,
        digest: "sha-256=:AAAA:".into(),
        method: "POST".into(),
        url: "https://bank.example.com/transfer".into(),
        app: "bank".into(),
        summary: "Transfer \"5000\" EUR to Zoë".into(),
        policies: vec![PolicyClaim { id: "large-transfer".into(), revision: "r1".into() }],
        authenticators: vec![ProofClaim { id: "auth_01JD".into(), kind: "totp".into(), evidence: None }],
        approved_at: 1_800_000_050,
    }
}

/// A JWS over `header` and `payload` with a real signature of the key of `seed`.
fn forged(seed: u64, header: &str, payload: &str) -> String {
    let (_, kept) = SigningKey::generate(&SeededEntropy::new(seed)).unwrap();
    let pair = kept.expose(ring::signature::Ed25519KeyPair::from_seed_unchecked).unwrap();
    let signed = format!("{}.{}", B64.encode(header), B64.encode(payload));
    format!("{signed}.{}", B64.encode(pair.sign(signed.as_bytes())))
}

/// RFC 8037, appendices A.1 to A.3.
#[test]
fn the_thumbprint_is_that_of_the_standard() {
    let seed = Secret::from(B64.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap());
    let key = SigningKey::from_seed(&seed).unwrap();
    assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let jwks: serde_json::Value = serde_json::from_str(&key.jwks().to_string()).unwrap();
    assert_eq!(jwks["keys"][0]["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    assert!(SigningKey::from_seed(&Secret::from(vec![0; 31])).is_err());
}

#[test]
fn what_was_signed_is_what_is_read() {
    let key = key(1);
    let receipt = key.sign(&claims());
    assert_eq!(verify(&receipt, &key.jwks()), Ok(claims()));
    let with = Some(Attached { evidence: Vec::new(), jwks: key.jwks() });
    let file = ReceiptFile { receipt, with };
    let read = ReceiptFile::parse(&file.to_string()).unwrap();
    assert_eq!(read, file);
    let good =
        |file: &ReceiptFile, keys: Option<&Jwks>| file.verify(keys, None).map(|checked| checked.claims);
    assert_eq!(good(&read, None), Ok(claims()));
    assert_eq!(good(&read, Some(&self::key(2).jwks())), Err(ReceiptFault::UnknownKey));
    assert_eq!(good(&read, Some(&self::key(2).jwks().and(key.jwks()))), Ok(claims()));
    let alone = ReceiptFile::parse(&format!("{}\n", read.receipt)).unwrap();
    assert_eq!(good(&alone, None), Err(ReceiptFault::NoKeys));
    assert_eq!(good(&alone, Some(&key.jwks())), Ok(claims()));
    assert!(read.verify(None, Some("https://approve.example.com")).is_ok());
    assert_eq!(read.verify(None, Some("https://approve.example.org")), Err(ReceiptFault::OtherOrigin));
    assert_eq!(ReceiptFile::parse("{}"), Err(ReceiptFault::File));
}

#[test]
fn no_byte_can_be_changed() {
    let key = key(1);
    let receipt = key.sign(&claims());
    let jwks = key.jwks();
    for place in 0..receipt.len() {
        for flip in [1u8, 2, 4, 8, 16, 32, 64] {
            let mut bytes = receipt.clone().into_bytes();
            bytes[place] ^= flip;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(verify(&changed, &jwks).is_err(), "byte {place} with {flip}");
        }
        let cut = &receipt[..place];
        assert!(verify(cut, &jwks).is_err(), "cut at {place}");
    }
    for changed in [
        format!("{receipt}="),
        format!("{receipt}."),
        format!(" {receipt}"),
        format!("{receipt}\n"),
        receipt.replace('.', ""),
    ] {
        assert!(verify(&changed, &jwks).is_err(), "{changed}");
    }
}

#[test]
fn a_receipt_cannot_choose_its_algorithm_or_bring_its_key() {
    let key = key(1);
    let (kid, payload) = (key.kid(), serde_json::to_string(&claims()).unwrap());
    let header = format!(r#"{{"alg":"EdDSA","typ":"countersign-receipt+jwt","kid":"{kid}"}}"#);
    assert_eq!(
        verify(&forged(1, &header, &payload), &key.jwks()),
        Ok(claims()),
        "the forger can forge with the right key"
    );
    assert_eq!(verify(&forged(2, &header, &payload), &key.jwks()), Err(ReceiptFault::Signature));
    for wrong in [
        header.replace("EdDSA", "none"),
        header.replace("EdDSA", "HS256"),
        header.replace("EdDSA", "eddsa"),
        header.replace("countersign-receipt+jwt", "JWT"),
        header.replace('}', r#","jku":"https://evil.example/jwks.json"}"#),
        header.replace('}', r#","jwk":{"kty":"OKP"}}"#),
        header.replace('}', r#","crit":["b64"],"b64":false}"#),
        header.replace(r#","kid""#, r#", "kid""#),
        header.replace(&kid, "../../keys"),
        r#"{"alg":"EdDSA","typ":"countersign-receipt+jwt"}"#.to_owned(),
        String::new(),
    ] {
        assert_eq!(verify(&forged(1, &wrong, &payload), &key.jwks()), Err(ReceiptFault::Header), "{wrong}");
    }
    let other = header.replace(&kid, &self::key(2).kid());
    assert_eq!(verify(&forged(2, &other, &payload), &key.jwks()), Err(ReceiptFault::UnknownKey));
    for wrong in
        ["{}".to_owned(), payload.replace('}', r#","admin":true}"#), payload.replace("1800000060", "\"1\"")]
    {
        assert_eq!(verify(&forged(1, &header, &wrong), &key.jwks()), Err(ReceiptFault::Claims), "{wrong}");
    }
}

#[test]
fn sets_of_keys_are_read_strictly() {
    let ours = key(1).jwks().to_string();
    assert_eq!(Jwks::parse(&ours), Ok(key(1).jwks()));
    for wrong in [
        "",
        "{}",
        r#"{"keys":[]}"#,
        r#"{"keys":[{"kty":"RSA","n":"AQAB"}]}"#,
        &ours.replace("Ed25519", "Ed448"),
    ] {
        assert_eq!(Jwks::parse(wrong), Err(ReceiptFault::Keys), "{wrong}");
    }
    let mixed = ours.replace(r#"{"keys":["#, r#"{"keys":[{"kty":"RSA","n":"AQAB"},"#);
    assert_eq!(Jwks::parse(&mixed), Ok(key(1).jwks()));
}
