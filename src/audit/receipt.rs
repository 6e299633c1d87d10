//! The signed statement about one release: a compact JWS (RFC 7515) with Ed25519 (RFC 8037), and its offline check.
//!
//! **Invariant:** the algorithm is fixed and the key is one of the given set, found by its thumbprint; a header with anything else in
//! it (`jku`, `jwk`, `crit`, another `alg`) is refused, so a receipt cannot bring its own key (`tests/it/receipt.rs`).
//! **Invariant:** one spelling: a receipt that differs in any byte does not verify.
//!
//! What the factors leave as evidence is too long for the header that the application gets: the receipt states its hash, and
//! [`file`] carries it beside the receipt.
//!
//! Signed by `flow::release`, written by `receipt export`, checked by `receipt verify` and by applications that know the JWK set.

pub mod file;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::base::entropy::Entropy;
use crate::base::secret::Secret;
use crate::factors::Refusal;

const ALGORITHM: &str = "EdDSA";
const TYPE: &str = "countersign-receipt+jwt";

/// What is stated: who, what, by which proofs, under which policies, when. Instants are whole seconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The portal's origin.
    pub iss: String,
    /// The user who made the request.
    pub sub: String,
    /// The id of the held request.
    pub jti: String,
    /// When it was released.
    pub iat: i64,
    /// The digest of the canonical request, e.g. `sha-256=:…:`.
    pub digest: String,
    /// The method.
    pub method: String,
    /// Origin and target.
    pub url: String,
    /// The application.
    pub app: String,
    /// What the prompt showed.
    pub summary: String,
    /// Every policy that applied.
    pub policies: Vec<PolicyClaim>,
    /// Every authenticator that was answered.
    pub authenticators: Vec<ProofClaim>,
    /// When the last requirement was met.
    pub approved_at: i64,
}

/// A policy that applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyClaim {
    /// Its id.
    pub id: String,
    /// The revision that was pinned.
    pub revision: String,
}

/// An authenticator that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofClaim {
    /// Its id.
    pub id: String,
    /// The factor's name.
    pub kind: String,
    /// The hash of what a third party can check, e.g. `sha-256=:…:`; absent where the factor leaves no such thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// The key that signs receipts.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// A new key and the seed to keep, 32 bytes.
    ///
    /// # Errors
    /// Never in practice; the seed is of the right length.
    pub fn generate(entropy: &dyn Entropy) -> Result<(Self, Secret), SeedLengthError> {
        let seed = Secret::random(32, entropy);
        Ok((Self::from_seed(&seed)?, seed))
    }

    /// The key of a kept seed.
    ///
    /// # Errors
    /// When the seed is not 32 bytes.
    pub fn from_seed(seed: &Secret) -> Result<Self, SeedLengthError> {
        let pair = seed.expose(Ed25519KeyPair::from_seed_unchecked).map_err(|_| SeedLengthError)?;
        let public = PublicKey(URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()));
        Ok(Self { pair, public })
    }

    /// The thumbprint of the public key (RFC 7638).
    pub fn kid(&self) -> String {
        self.public.thumbprint()
    }

    /// The set with the public key.
    pub fn jwks(&self) -> Jwks {
        Jwks(vec![self.public.clone()])
    }

    /// The receipt that states `claims`.
    pub fn sign(&self, claims: &Claims) -> String {
        // A struct of strings and numbers has no way to fail; an empty payload would not verify.
        let payload = serde_json::to_vec(claims).unwrap_or_default();
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header(&self.kid())), URL_SAFE_NO_PAD.encode(payload));
        let signature = self.pair.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid())
    }
}

/// The seed of a signing key has 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the seed of a signing key has 32 bytes")]
pub struct SeedLengthError;

/// The `x` of an Ed25519 key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PublicKey(String);

impl PublicKey {
    fn thumbprint(&self) -> String {
        // RFC 8037 appendix A.3: the required members in lexical order.
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.0);
        URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, canonical.as_bytes()))
    }
}

/// The public keys that receipts are checked against; printed as a JWK set (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwks(Vec<PublicKey>);

#[derive(Deserialize)]
struct RawSet {
    keys: Vec<RawKey>,
}

#[derive(Deserialize)]
struct RawKey {
    kty: String,
    crv: Option<String>,
    x: Option<String>,
}

impl Jwks {
    /// Reads a set; keys of other kinds are left out.
    ///
    /// # Errors
    /// When it is not a JWK set, or holds no Ed25519 key.
    pub fn parse(text: &str) -> Result<Self, ReceiptFault> {
        let set: RawSet = serde_json::from_str(text).map_err(|_| ReceiptFault::Keys)?;
        let ours = |key: RawKey| {
            let x = key.x.filter(|_| key.kty == "OKP" && key.crv.as_deref() == Some("Ed25519"))?;
            URL_SAFE_NO_PAD.decode(&x).is_ok_and(|bytes| bytes.len() == 32).then_some(PublicKey(x))
        };
        let keys: Vec<_> = set.keys.into_iter().filter_map(ours).collect();
        if keys.is_empty() { Err(ReceiptFault::Keys) } else { Ok(Self(keys)) }
    }

    /// Both sets: keys of earlier receipts stay known after a change of key.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for key in other.0 {
            if !self.0.contains(&key) {
                self.0.push(key);
            }
        }
        self
    }
}

impl fmt::Display for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"{"keys":["#)?;
        for (index, key) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let (x, kid) = (&key.0, key.thumbprint());
            write!(
                f,
                r#"{comma}{{"kty":"OKP","crv":"Ed25519","x":"{x}","kid":"{kid}","use":"sig","alg":"{ALGORITHM}"}}"#
            )?;
        }
        f.write_str("]}")
    }
}

/// Why a receipt is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// Not three parts of base64url in their one spelling.
    #[error("it is not a compact JWS")]
    Form,
    /// The header is not exactly that of a receipt.
    #[error("its header is not that of a receipt")]
    Header,
    /// It was signed with a key that is not in the set.
    #[error("it was signed with a key that is not known")]
    UnknownKey,
    /// The signature is not that of the key over these claims.
    #[error("its signature is wrong: it was changed, or not signed by this gateway")]
    Signature,
    /// The claims are not those of a receipt.
    #[error("its claims are not those of a receipt")]
    Claims,
    /// The keys to check it against cannot be read.
    #[error("the keys are not a JWK set with an Ed25519 key")]
    Keys,
    /// The file is not one that `receipt export` writes, in every byte.
    #[error("the file is not an exported receipt, or it was changed")]
    File,
    /// The receipt alone, and no keys to check it against.
    #[error("a receipt alone needs keys to check it against")]
    NoKeys,
    /// The evidence is not what the receipt states the hash of.
    #[error("the evidence is not the one that the receipt names")]
    OtherEvidence,
    /// What the receipt names was not given by its factor for this request.
    #[error("the evidence does not hold: {0}")]
    Evidence(Refusal),
    /// The evidence was given on another origin than the receipt's portal.
    #[error("the evidence was given on another origin than that of the receipt")]
    EvidenceOrigin,
    /// The evidence was given in a frame of another page than that of the application whose request was released.
    #[error("the evidence was given in a frame of another page than the application's")]
    EvidenceFrame,
    /// The receipt is another portal's.
    #[error("it is the receipt of another portal")]
    OtherOrigin,
}

/// Checks a receipt against a set of keys.
///
/// # Errors
/// When it is not in every byte what one of these keys signed.
pub fn verify(receipt: &str, keys: &Jwks) -> Result<Claims, ReceiptFault> {
    let mut parts = receipt.split('.');
    let (Some(head), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(ReceiptFault::Form);
    };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| ReceiptFault::Form);
    let (head_bytes, payload_bytes, signature) = (decode(head)?, decode(payload)?, decode(signature)?);
    let key = keys.0.iter().find(|key| header(&key.thumbprint()).as_bytes() == head_bytes);
    let key = key.ok_or_else(|| {
        if is_receipt_header(&head_bytes) { ReceiptFault::UnknownKey } else { ReceiptFault::Header }
    })?;
    let public = URL_SAFE_NO_PAD.decode(&key.0).map_err(|_| ReceiptFault::Keys)?;
    let signed = format!("{head}.{payload}");
    UnparsedPublicKey::new(&ED25519, public)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| ReceiptFault::Signature)?;
    serde_json::from_slice(&payload_bytes).map_err(|_| ReceiptFault::Claims)
}

fn header(kid: &str) -> String {
    format!(r#"{{"alg":"{ALGORITHM}","typ":"{TYPE}","kid":"{kid}"}}"#)
}

fn is_receipt_header(bytes: &[u8]) -> bool {
    let start = header("");
    let start = start.trim_end_matches("\"}");
    std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.strip_prefix(start)?.strip_suffix("\"}"))
        .is_some_and(|kid| kid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'))
}
