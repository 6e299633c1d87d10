//! The encrypted values of a container (RFC 6030 §6): AES in CBC mode under a pre-shared key or one derived from a password, with a MAC.
//!
//! **Invariant:** a MAC is checked before its value is decrypted; an encrypted value without one is refused unless the operator has said that
//! he takes it.
//! **Invariant:** a derivation of more than [`MOST_ITERATIONS`] rounds is not begun.

use std::num::NonZeroU32;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use ring::{hmac, pbkdf2};
use roxmltree::Node;
use zeroize::Zeroizing;

use crate::base::secret::Secret;
use crate::base::text::visible;

use super::super::{How, Opener};
use super::{PSKC, Why, base64, content, elements, one};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";
const PBKDF2: [&str; 2] = [
    "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2",
    "http://www.w3.org/2009/xmlenc11#pbkdf2",
];
/// Some seconds of work.
const MOST_ITERATIONS: u32 = 10_000_000;
const MOST_SALT: usize = 1024;
const BLOCK: usize = 16;
const WRONG: &str = "the key or password is wrong, or the file is damaged";

/// What opens the values of one container.
pub(super) struct Sealing {
    key: Option<Secret>,
    mac: Option<hmac::Key>,
    without_mac: bool,
}

impl Sealing {
    pub(super) fn read(root: Node<'_, '_>, how: &How) -> Result<Self, Why> {
        let key = match one(root, PSKC, "EncryptionKey")? {
            Some(element) => Some(encryption_key(element, &how.opener)?),
            None => match &how.opener {
                Opener::Nothing => None,
                Opener::Key(key) => Some(key.duplicate()),
                Opener::Password(_) => {
                    return Err("the file does not say how a key is derived from a password".to_owned());
                }
            },
        };
        let method = one(root, PSKC, "MACMethod")?;
        let mac = match (method, &key) {
            (Some(method), Some(key)) => Some(mac_key(method, key)?),
            (Some(_) | None, _) => None,
        };
        Ok(Self { key, mac, without_mac: how.without_mac })
    }

    /// Checks and decrypts an `EncryptedValue`.
    pub(super) fn open(
        &self,
        value: Node<'_, '_>,
        mac: Option<Node<'_, '_>>,
    ) -> Result<Zeroizing<Vec<u8>>, Why> {
        let key = self.key.as_ref().ok_or("it is encrypted: give `--key-file` or `--password-file`")?;
        let (method, sealed) = cipher_value(value)?;
        match (mac, &self.mac) {
            (Some(mac), Some(mac_key)) => {
                let tag = base64(&content(mac)?).ok_or("its MAC is not base 64")?;
                hmac::verify(mac_key, &sealed, &tag).map_err(
                    |_| "its MAC is wrong: the file was changed, or the key or password is another",
                )?;
            }
            (Some(_), None) => return Err("it has a MAC, but the file does not say of which kind".to_owned()),
            (None, _) if !self.without_mac => {
                return Err("its value has no MAC, so nothing proves that it is unchanged".to_owned());
            }
            (None, _) => {}
        }
        decrypt(method, key, &sealed, mac.is_none())
    }
}

fn encryption_key(element: Node<'_, '_>, opener: &Opener) -> Result<Secret, Why> {
    let (derived, named) = (one(element, XENC11, "DerivedKey")?, one(element, DS, "KeyName")?);
    match (derived, named, opener) {
        (Some(derived), None, Opener::Password(password)) => derive(derived, password),
        (Some(_), None, Opener::Nothing | Opener::Key(_)) => {
            Err("the file is encrypted under a password: give `--password-file`".to_owned())
        }
        (None, Some(_), Opener::Key(key)) => Ok(key.duplicate()),
        (None, Some(named), Opener::Nothing | Opener::Password(_)) => {
            let name = visible(&content(named)?, 64);
            Err(format!("the file is encrypted under the pre-shared key `{name}`: give `--key-file`"))
        }
        (Some(_), Some(_), _) | (None, None, _) => {
            Err("its values are encrypted neither under a named key nor a password".to_owned())
        }
    }
}

/// PBKDF2 (RFC 8018 §5.2). The elements of its parameters are in one namespace or another, depending on the writer.
fn derive(derived: Node<'_, '_>, password: &Secret) -> Result<Secret, Why> {
    let method = one(derived, XENC11, "KeyDerivationMethod")?;
    let method =
        method.filter(|method| method.attribute("Algorithm").is_some_and(|uri| PBKDF2.contains(&uri)));
    let parameters = method.and_then(|method| local(method, "PBKDF2-params"));
    let parameters = parameters.ok_or("its key is not derived by PBKDF2")?;
    let text = |name: &str| local(parameters, name).map(content).transpose();
    let salt =
        local(parameters, "Salt").and_then(|salt| local(salt, "Specified")).map(content).transpose()?;
    let salt = salt.and_then(|salt| base64(&salt)).filter(|salt| (1..=MOST_SALT).contains(&salt.len()));
    let salt = salt.ok_or("its salt is not 1 to 1024 bytes in base 64")?;
    let rounds = text("IterationCount")?.and_then(|count| count.parse::<NonZeroU32>().ok());
    let rounds = rounds.filter(|rounds| rounds.get() <= MOST_ITERATIONS);
    let rounds = rounds.ok_or("its iteration count is not 1 to 10 000 000")?;
    let length = text("KeyLength")?.and_then(|length| length.parse::<usize>().ok());
    let length = length.filter(|length| matches!(length, 16 | 24 | 32));
    let length = length.ok_or("the length of its key is not 16, 24 or 32")?;
    let function = local(parameters, "PRF").and_then(|function| function.attribute("Algorithm"));
    let function = match function {
        None | Some("http://www.w3.org/2000/09/xmldsig#hmac-sha1") => pbkdf2::PBKDF2_HMAC_SHA1,
        Some("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256") => pbkdf2::PBKDF2_HMAC_SHA256,
        Some("http://www.w3.org/2001/04/xmldsig-more#hmac-sha512") => pbkdf2::PBKDF2_HMAC_SHA512,
        Some(_) => return Err("its key is derived with an unknown hash".to_owned()),
    };
    let mut key = Zeroizing::new(vec![0; length]);
    password.expose(|password| pbkdf2::derive(function, rounds, &salt, password, &mut key));
    Ok(Secret::from(key.to_vec()))
}

/// The key of the MACs; the encryption key itself where none is given (RFC 6030 §6.1.1).
fn mac_key(method: Node<'_, '_>, key: &Secret) -> Result<hmac::Key, Why> {
    let algorithm = match method.attribute("Algorithm") {
        Some("http://www.w3.org/2000/09/xmldsig#hmac-sha1") => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Some("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256") => hmac::HMAC_SHA256,
        Some("http://www.w3.org/2001/04/xmldsig-more#hmac-sha512") => hmac::HMAC_SHA512,
        Some(_) | None => return Err("its MACs are not HMAC-SHA-1, HMAC-SHA-256 or HMAC-SHA-512".to_owned()),
    };
    if one(method, PSKC, "MACKeyReference")?.is_some() {
        return Err("the key of its MACs is not in the file".to_owned());
    }
    let Some(sealed) = one(method, PSKC, "MACKey")? else {
        return Ok(key.expose(|key| hmac::Key::new(algorithm, key)));
    };
    let (cipher, sealed) = cipher_value(sealed)?;
    let mac_key = decrypt(cipher, key, &sealed, false)?;
    if mac_key.is_empty() {
        return Err(WRONG.to_owned());
    }
    Ok(hmac::Key::new(algorithm, &mac_key))
}

/// The method and bytes of an `xenc:EncryptedDataType`.
fn cipher_value<'a>(element: Node<'a, '_>) -> Result<(&'a str, Vec<u8>), Why> {
    const NONE: &str = "it has no encrypted value";
    let method = one(element, XENC, "EncryptionMethod")?.and_then(|method| method.attribute("Algorithm"));
    let data = one(element, XENC, "CipherData")?.ok_or(NONE)?;
    let value = content(one(data, XENC, "CipherValue")?.ok_or(NONE)?)?;
    let bytes = base64(&value).ok_or("its encrypted value is not base 64")?;
    Ok((method.ok_or("it does not say how it is encrypted")?, bytes))
}

/// Decrypts IV and blocks. `strict` takes PKCS #7 padding only, where nothing but the padding tells a wrong key; else what XML encryption allows:
/// any bytes before the last, which is the length.
fn decrypt(method: &str, key: &Secret, sealed: &[u8], strict: bool) -> Result<Zeroizing<Vec<u8>>, Why> {
    let (vector, blocks) = sealed.split_at_checked(BLOCK).ok_or(WRONG)?;
    if blocks.is_empty() || !blocks.len().is_multiple_of(BLOCK) {
        return Err(WRONG.to_owned());
    }
    let mut plain = Zeroizing::new(blocks.to_vec());
    let length = match method.strip_prefix(XENC) {
        Some("aes128-cbc") => 16,
        Some("aes192-cbc") => 24,
        Some("aes256-cbc") => 32,
        Some(_) | None => return Err("it is not encrypted by AES in CBC mode".to_owned()),
    };
    let done = key.expose(|key| match (length, key.len()) {
        (16, 16) => in_place::<cbc::Decryptor<aes::Aes128>>(key, vector, &mut plain),
        (24, 24) => in_place::<cbc::Decryptor<aes::Aes192>>(key, vector, &mut plain),
        (32, 32) => in_place::<cbc::Decryptor<aes::Aes256>>(key, vector, &mut plain),
        _ => None,
    });
    done.ok_or_else(|| format!("the key does not have the {length} bytes that the file needs"))?;
    let padding = usize::from(plain.last().copied().unwrap_or(0));
    let kept = plain.len().checked_sub(padding).filter(|_| (1..=BLOCK).contains(&padding)).ok_or(WRONG)?;
    let filler = plain.get(kept..).unwrap_or_default();
    if strict && filler.iter().any(|byte| usize::from(*byte) != padding) {
        return Err(WRONG.to_owned());
    }
    plain.truncate(kept);
    Ok(plain)
}

fn in_place<D: KeyIvInit + BlockModeDecrypt>(key: &[u8], vector: &[u8], plain: &mut [u8]) -> Option<()> {
    D::new_from_slices(key, vector).ok()?.decrypt_padded::<NoPadding>(plain).ok().map(drop)
}

/// The first child of that local name.
fn local<'a, 'i>(parent: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    elements(parent).find(|node| node.tag_name().name() == name)
}
