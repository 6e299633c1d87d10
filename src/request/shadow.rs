//! What an application that ignores a Content-Encoding may find in the coded bytes.
//!
//! **Invariant:** a key that a loose reader of forms would find in the coded bytes is a field like any other, so that it decides; coded
//! bytes in which a multipart reader would find a delimiter are refused.
//! Called by `body` for coded forms and multipart bodies.

use super::body::BodyLimits;
use super::fields::{FieldValue, Fields, Place, checked_name};
use super::refusal::Refusal;
use super::urlencoded::hex_pair;

/// Watches coded bytes pass.
pub(super) enum Shadow {
    /// Nothing can be found.
    None,
    /// As a form.
    Form(Vec<u8>),
    /// As a multipart body with this delimiter; the last bytes that came.
    Multipart(Vec<u8>, Vec<u8>),
}

impl Shadow {
    /// Takes the next coded bytes.
    pub(super) fn push(&mut self, piece: &[u8], limits: &BodyLimits) -> Result<(), Refusal> {
        match self {
            Self::None => Ok(()),
            Self::Form(seen) if (seen.len() as u64).saturating_add(piece.len() as u64) > limits.inspect => {
                Err(Refusal::TooLarge { limit: limits.inspect })
            }
            Self::Form(seen) => {
                seen.extend_from_slice(piece);
                Ok(())
            }
            Self::Multipart(delimiter, tail) => {
                tail.extend_from_slice(piece);
                if memchr::memmem::find(tail, delimiter).is_some() {
                    return Err(Refusal::CodingData);
                }
                tail.drain(..tail.len().saturating_sub(delimiter.len()));
                Ok(())
            }
        }
    }

    /// The fields that a loose reader would find.
    pub(super) fn fields(self, limits: &BodyLimits) -> Fields {
        let mut fields = Fields::default();
        let Self::Form(seen) = self else { return fields };
        for pair in seen.split(|byte| matches!(byte, b'&' | b';')) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let Ok(name) = String::from_utf8(loose(halves.next().unwrap_or_default())) else { continue };
            let readable =
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
            let Some(name) = Some(name).filter(|_| readable).and_then(|name| checked_name(name, limits).ok())
            else {
                continue;
            };
            let value = loose(halves.next().unwrap_or_default());
            fields.push(
                Place::Form,
                name,
                FieldValue::Text(String::from_utf8_lossy(&value).replace('\0', "\u{fffd}")),
            );
        }
        fields
    }
}

fn loose(raw: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.iter();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        match (byte, hex_pair(ahead.next(), ahead.next())) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                rest = ahead;
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
    }
    bytes
}
