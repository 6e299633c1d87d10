//! Message encryption for Web Push: RFC 8291 over the `aes128gcm` content coding of RFC 8188, in one record.
//!
//! **Invariant:** key pair and salt are fresh for each message, and given in by the vector of RFC 8291 §5 only (`the_vector_of_the_standard`).

use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use zeroize::Zeroizing;

use crate::base::entropy::Entropy;
use crate::factors::phone::Subscription;

/// The record size that is announced; a push service takes bodies of 4096 bytes.
const RECORD: u32 = 4096;
/// The most plain bytes of one record: the header has 86 bytes, the tag 16, the delimiter one.
const MOST: usize = 3993;

/// The message could not be encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message could not be encrypted")]
pub struct SealFault;

/// Encrypts `message` for a phone.
///
/// # Errors
/// When it is longer than one record takes.
pub fn encrypt(to: &Subscription, message: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, SealFault> {
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    seal(to, message, &fresh(entropy)?, salt)
}

/// A key of our own for one message.
fn fresh(entropy: &dyn Entropy) -> Result<SecretKey, SealFault> {
    // One draw in 2^32 is no key; ten in a row are none of a generator that works.
    for _ in 0..10 {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(&mut *bytes);
        if let Ok(key) = SecretKey::from_slice(&*bytes) {
            return Ok(key);
        }
    }
    Err(SealFault)
}

fn seal(to: &Subscription, message: &[u8], own: &SecretKey, salt: [u8; 16]) -> Result<Vec<u8>, SealFault> {
    if message.len() > MOST {
        return Err(SealFault);
    }
    let theirs = PublicKey::from_sec1_bytes(to.p256dh.as_bytes()).map_err(|_| SealFault)?;
    let shared = own.diffie_hellman(&theirs);
    let public = own.public_key().to_sec1_point(false);
    let info = [b"WebPush: info\0", to.p256dh.as_bytes(), public.as_bytes()].concat();
    let secret: Zeroizing<[u8; 32]> = derive(&to.auth, shared.raw_secret_bytes(), &info)?;
    let key: Zeroizing<[u8; 16]> = derive(&salt, &*secret, b"Content-Encoding: aes128gcm\0")?;
    let nonce: Zeroizing<[u8; 12]> = derive(&salt, &*secret, b"Content-Encoding: nonce\0")?;

    let mut record = [message, &[2]].concat();
    let key = UnboundKey::new(&AES_128_GCM, &*key).map_err(|_| SealFault)?;
    LessSafeKey::new(key)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut record)
        .map_err(|_| SealFault)?;
    let length = u8::try_from(public.as_bytes().len()).map_err(|_| SealFault)?;
    Ok([&salt[..], &RECORD.to_be_bytes(), &[length], public.as_bytes(), &record].concat())
}

/// HKDF with SHA-256 (RFC 5869), `N` bytes.
fn derive<const N: usize>(salt: &[u8], secret: &[u8], info: &[u8]) -> Result<Zeroizing<[u8; N]>, SealFault> {
    struct Length(usize);
    impl KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut out = Zeroizing::new([0; N]);
    Salt::new(HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info], Length(N))
        .and_then(|key| key.fill(&mut *out))
        .map_err(|_| SealFault)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    /// RFC 8291 §5 and appendix A.
    #[test]
    fn the_vector_of_the_standard() {
        let read = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let to = Subscription::parse(
            "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
            &read("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
            &read("BTBZMqHH6r4Tts7J_aSIgg"),
        )
        .unwrap();
        let own = SecretKey::from_slice(&read("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")).unwrap();
        let salt = read("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let body = seal(&to, b"When I grow up, I want to be a watermelon", &own, salt).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95\
             bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
        assert_eq!(seal(&to, &[0; MOST + 1], &own, salt), Err(SealFault));
        assert_eq!(seal(&to, &[0; MOST], &own, salt).unwrap().len(), 4096);
    }
}
