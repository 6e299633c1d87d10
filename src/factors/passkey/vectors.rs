//! The vectors of WebAuthn Level 3 (§16, "Test Vectors"): assertions of published keys, judged by our own verifier.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use data_encoding::HEXLOWER;
use serde_json::json;

use super::evidence::{Evidence, challenge};
use super::key::{Jwk, PublicKey};
use super::{Fault, Kept, Passkey, RelyingParty};

const X: &str = "afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61";
const Y: &str = "930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220";
const NONE: &str = "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408";

pub(super) fn party() -> RelyingParty {
    RelyingParty::of(&"https://example.org".parse().unwrap()).unwrap()
}

fn key(x: &str, y: &str) -> PublicKey {
    let text = |hex: &str| BASE64.encode(HEXLOWER.decode(hex.as_bytes()).unwrap());
    let jwk: Jwk = serde_json::from_value(
        json!({ "kty": "EC", "alg": "ES256", "crv": "P-256", "x": text(x), "y": text(y) }),
    )
    .unwrap();
    PublicKey::from_jwk(&jwk).unwrap()
}

/// A passkey of the first vector's key.
pub(super) fn passkey() -> Passkey {
    let text = |hex: &str| BASE64.encode(HEXLOWER.decode(hex.as_bytes()).unwrap());
    let credential = json!({ "cred": {
        "cred_id": "AQIDBAUGBwgJCgsMDQ4PEA",
        "cred": { "type_": "ES256", "key": { "EC_EC2": { "curve": "SECP256R1", "x": text(X), "y": text(Y) } } },
        "counter": 0, "transports": null, "user_verified": true, "backup_eligible": true, "backup_state": true,
        "registration_policy": "required",
        "extensions": { "cred_protect": "NotRequested", "hmac_create_secret": "NotRequested", "appid": "NotRequested", "cred_props": "Ignored" },
        "attestation": { "data": "None", "metadata": "None" }, "attestation_format": "none",
    }});
    Passkey::restore(Kept {
        credential: credential.to_string(),
        rp_id: "example.org".to_owned(),
        user_handle: [9; 16],
        aaguid: [0; 16],
        counter: 0,
        backup_eligible: true,
        backed_up: true,
        discoverable: None,
    })
    .unwrap()
}

fn vector(key: PublicKey, authenticator_data: &str, client_data: &str, signature: &str) -> Evidence {
    let bytes = |hex: &str| HEXLOWER.decode(hex.as_bytes()).unwrap();
    Evidence {
        party: party(),
        top: None,
        nonce: [0; 32],
        credential: vec![1; 16],
        key,
        authenticator_data: bytes(authenticator_data),
        client_data: bytes(client_data),
        signature: bytes(signature),
    }
}

fn challenge_of(hex: &str) -> [u8; 32] {
    HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
}

/// none.ES256: flags UP, BE, BS and not UV. The signature is good, and without user verification it is not accepted.
#[test]
fn an_assertion_without_user_verification_is_refused() {
    let plain = vector(
        key(X, Y),
        "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
        "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
        "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
    );
    assert_eq!(plain.judge_for(&challenge_of(NONE)).err(), Some(Fault::UserNotVerified));
    assert!(plain.is_signed(), "the signature of the vector is good");
    assert!(!Evidence { client_data: b"{}".to_vec(), ..plain }.is_signed());
}

/// none.ES256.crossOrigin: an unknown member is tolerated, `crossOrigin: true` is not.
#[test]
fn an_assertion_from_a_frame_is_refused() {
    let framed = vector(
        key(
            "22200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d",
            "cbd0be95e746ad6f5a8191be11756e4c0420e72f65b466d39bc56b8b123a9c6e",
        ),
        "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50500000000",
        "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a226832716c463771445f65356c5f505f62796b7945377135645650674547685f49584a6b655737736e4d5463222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a2039327063545644304162792d713464746d6a36656667227d",
        "3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c76237ff9db77b3c56f30837cda6a09acfa2e915544e609c0733b1184036d1cf",
    );
    let challenge = challenge_of("876aa517ba83fdee65fcffdbca4c84eeae5d54f8041a1fc85c991e5bbb273137");
    assert!(framed.is_signed());
    assert_eq!(framed.judge_for(&challenge).err(), Some(Fault::CrossOrigin));
    // Asked in a frame: the vector's browser does not say in whose.
    let asked = Evidence { top: Some("https://example.com".to_owned()), ..framed };
    assert_eq!(asked.judge_for(&challenge).err(), Some(Fault::TopOrigin));
}

/// none.ES256.topOrigin.
#[test]
fn an_assertion_from_a_named_frame_is_refused() {
    let framed = vector(
        key(
            "a1c47c1d82da4ebe82cd72207102b380670701993bc35398ae2e5726427fe01d",
            "86c1080d82987028c7f54ecb1b01185de243b359294a0ed210cd47480f0adc88",
        ),
        "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50500000000",
        "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a22315570636a4b53324b6f34377379486a7372787a68572d466f51465132796b3572426c584f6573656f4759222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22746f704f726967696e223a2268747470733a2f2f6578616d706c652e636f6d222c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a205569466f4a4d56525148444146574669347678557051227d",
        "3045022100b5a70c81780d5fcc9a4f2ae9caae99058f8accaf58b91fb59329646c28ac6ffc022012e101c165db3c8e9957f0c54dd6ca9b56bc3bd2f280bd2faa6c1d02c6e5c171",
    );
    let challenge = challenge_of("d54a5c8ca4b62a8e3bb321e3b2bc73856f85a10150db2939ac195739eb1ea066");
    assert!(framed.is_signed());
    assert_eq!(framed.judge_for(&challenge).err(), Some(Fault::CrossOrigin));
}

/// An assertion with user verification by the key of the first vector, over a hash of domain, nonce and digest.
#[test]
fn a_plain_assertion_is_accepted() {
    let mut plain = vector(
        key(X, Y),
        "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50500000000",
        &HEXLOWER.encode(br#"{"type":"webauthn.get","challenge":"sp1StkVKiTTbHLZ6sR5u1RcfCFWo-KeM8QwmX_glTa8","origin":"https://example.org","crossOrigin":false}"#),
        "3046022100cbad315ce386a7ba03edbf074657f99db282b8c8880fd6b1d3856e33bb03f4e0022100e0cc12b892b005d9b3cb1e07e595716cad3b2da29d5ef0821c6775767c49c924",
    );
    let bound = challenge_of("b29d52b6454a8934db1cb67ab11e6ed5171f0855a8f8a78cf10c265ff8254daf");
    assert!(plain.judge_for(&bound).is_ok());
    // The same signature in its second form: valid as well, so never a name for the assertion.
    assert_eq!(plain.judge_for(&challenge(&[0; 32], &[7; 32])).err(), Some(Fault::Challenge));
    plain.party = RelyingParty::of(&"https://example.com".parse().unwrap()).unwrap();
    assert_eq!(plain.judge_for(&bound).err(), Some(Fault::Origin));
}

#[test]
fn keys_of_other_kinds_and_off_their_curve_verify_nothing() {
    let read = |value: serde_json::Value| {
        serde_json::from_value::<Jwk>(value)
            .map_err(|_| Fault::Form)
            .and_then(|jwk| PublicKey::from_jwk(&jwk))
    };
    let b64 = |length: usize| BASE64.encode(vec![1; length]);
    let good = json!({ "kty": "EC", "alg": "ES256", "crv": "P-256", "x": b64(32), "y": b64(32) });
    assert!(!read(good.clone()).unwrap().verifies(b"x", &[0x30, 6, 2, 1, 1, 2, 1, 1]), "off its curve");
    for (member, value) in
        [("kty", "OKP"), ("alg", "ES384"), ("alg", "RS256"), ("crv", "P-384"), ("x", "AAAA"), ("y", "%")]
    {
        let mut bad = good.clone();
        bad[member] = value.into();
        assert_eq!(read(bad), Err(Fault::Key), "{member} {value}");
    }
    let mut more = good;
    more["d"] = "AAAA".into();
    assert_eq!(read(more), Err(Fault::Form));
    let rsa = |n: usize| json!({ "kty": "RSA", "alg": "RS256", "n": b64(n), "e": "AQAB" });
    assert!(read(rsa(256)).is_ok());
    assert_eq!(read(rsa(128)), Err(Fault::Key), "1024 bits");
}
