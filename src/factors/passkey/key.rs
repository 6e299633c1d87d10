//! The public key of a passkey: what is enrolled, what evidence carries, what checks a signature.
//!
//! Three algorithms, those that the library asks for: ES256, ES384 and RS256 (older Windows Hello has nothing else). Whatever is
//! enrolled can be checked here, so every approval can be checked again from its evidence.
//!
//! **Invariant:** algorithm, curve and lengths belong together, one combination for each algorithm ([`PublicKey::of`]); a point off
//! its curve verifies nothing (`tests/it/passkey_evidence.rs`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{COSEAlgorithm, COSEEC2Key, COSEKey, COSEKeyType, COSERSAKey, ECDSACurve};

use super::Fault;

/// The smallest modulus of an RSA key: 2048 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

/// A key whose signatures can be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(COSEKey);

/// A JSON Web Key (RFC 7517, RFC 7518 §6), members in this order, those of the other kind left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Jwk {
    kty: String,
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    e: Option<String>,
}

impl PublicKey {
    /// Takes a key of one of the three kinds.
    ///
    /// # Errors
    /// When it is of another.
    pub(super) fn of(key: &COSEKey) -> Result<Self, Fault> {
        let good = match (&key.type_, &key.key) {
            (COSEAlgorithm::ES256, COSEKeyType::EC_EC2(ec)) => {
                ec.curve == ECDSACurve::SECP256R1 && ec.x.len() == 32 && ec.y.len() == 32
            }
            (COSEAlgorithm::ES384, COSEKeyType::EC_EC2(ec)) => {
                ec.curve == ECDSACurve::SECP384R1 && ec.x.len() == 48 && ec.y.len() == 48
            }
            (COSEAlgorithm::RS256, COSEKeyType::RSA(rsa)) => {
                MODULUS.contains(&rsa.n.len()) && rsa.n.first() != Some(&0)
            }
            _ => false,
        };
        if good { Ok(Self(key.clone())) } else { Err(Fault::Key) }
    }

    /// Whether `signature` is this key's over `signed`.
    pub(super) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        self.0.verify_signature(signature, signed).unwrap_or(false)
    }

    pub(super) fn jwk(&self) -> Jwk {
        let text = |bytes: &[u8]| Some(BASE64.encode(bytes));
        let none =
            Jwk { kty: String::new(), alg: String::new(), crv: None, x: None, y: None, n: None, e: None };
        match &self.0.key {
            COSEKeyType::EC_EC2(ec) => {
                let (alg, crv) =
                    if ec.curve == ECDSACurve::SECP256R1 { ("ES256", "P-256") } else { ("ES384", "P-384") };
                let crv = Some(crv.to_owned());
                Jwk { kty: "EC".to_owned(), alg: alg.to_owned(), crv, x: text(&ec.x), y: text(&ec.y), ..none }
            }
            COSEKeyType::RSA(rsa) => Jwk {
                kty: "RSA".to_owned(),
                alg: "RS256".to_owned(),
                n: text(&rsa.n),
                e: text(&rsa.e),
                ..none
            },
            // `of` lets none through; an empty key is refused wherever it is read.
            COSEKeyType::EC_OKP(_) => none,
        }
    }

    pub(super) fn from_jwk(jwk: &Jwk) -> Result<Self, Fault> {
        let bytes =
            |text: &Option<String>| text.as_ref().and_then(|text| BASE64.decode(text).ok()).ok_or(Fault::Key);
        let key = match (jwk.kty.as_str(), jwk.alg.as_str(), jwk.crv.as_deref()) {
            ("EC", "ES256", Some("P-256")) if jwk.n.is_none() && jwk.e.is_none() => COSEKey {
                type_: COSEAlgorithm::ES256,
                key: COSEKeyType::EC_EC2(COSEEC2Key {
                    curve: ECDSACurve::SECP256R1,
                    x: bytes(&jwk.x)?,
                    y: bytes(&jwk.y)?,
                }),
            },
            ("EC", "ES384", Some("P-384")) if jwk.n.is_none() && jwk.e.is_none() => COSEKey {
                type_: COSEAlgorithm::ES384,
                key: COSEKeyType::EC_EC2(COSEEC2Key {
                    curve: ECDSACurve::SECP384R1,
                    x: bytes(&jwk.x)?,
                    y: bytes(&jwk.y)?,
                }),
            },
            ("RSA", "RS256", None) if jwk.x.is_none() && jwk.y.is_none() => COSEKey {
                type_: COSEAlgorithm::RS256,
                key: COSEKeyType::RSA(COSERSAKey {
                    n: bytes(&jwk.n)?,
                    e: bytes(&jwk.e)?.try_into().map_err(|_| Fault::Key)?,
                }),
            },
            _ => return Err(Fault::Key),
        };
        Self::of(&key)
    }
}
