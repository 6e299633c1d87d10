//! Charsets of bodies: which bytes may be which text.
//!
//! Applications differ in whether they believe `charset=`. As long as every byte is ASCII and the charset extends ASCII, that does not matter. Beyond
//! that the stated charset must be the one the application declares, which is UTF-8 unless it says otherwise.
//!
//! **Invariant:** a text that two plausible charsets read differently is a refusal. Charsets in which an ASCII byte may mean another character, or be a
//! part of one (UTF-7, UTF-16, EBCDIC, ISO-2022, Shift JIS, Big5, GBK), are never read.

use std::cell::LazyCell;

use encoding_rs::Encoding;

use super::refusal::Refusal;

/// How bytes become text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8.
    #[default]
    Utf8,
    /// ASCII only: more is refused.
    Ascii,
    /// A single-byte charset that extends ASCII.
    Single {
        /// Its table.
        encoding: &'static Encoding,
        /// Whether it is an ISO 8859, where some tables have control characters for 0x80 to 0x9f and others do not.
        iso: bool,
    },
}

impl Charset {
    /// The charset of that label (e.g. `windows-1252`); `None` for one that is not read.
    pub fn of(label: &str) -> Option<Self> {
        let label = label.trim().to_ascii_lowercase();
        if ["us-ascii", "ascii", "ansi_x3.4-1968"].contains(&label.as_str()) {
            return Some(Self::Ascii);
        }
        let encoding = Encoding::for_label(label.as_bytes())?;
        if encoding == encoding_rs::UTF_8 {
            return Some(Self::Utf8);
        }
        let iso = label.contains("8859") || label.starts_with('l');
        let plain = encoding.is_single_byte() && encoding != encoding_rs::X_USER_DEFINED;
        plain.then_some(Self::Single { encoding, iso })
    }

    /// How to read what states this charset, for an application that declares `declared`.
    pub(super) fn stated(self, declared: Self) -> Self {
        if self == declared { self } else { Self::Ascii }
    }

    /// The text of these bytes.
    pub(super) fn decode(self, bytes: Vec<u8>) -> Result<String, Refusal> {
        match self {
            Self::Utf8 => String::from_utf8(bytes).map_err(|_| Refusal::NotUtf8),
            Self::Ascii | Self::Single { .. } if bytes.is_ascii() => {
                String::from_utf8(bytes).map_err(|_| Refusal::NotUtf8)
            }
            Self::Ascii => Err(Refusal::Charset),
            Self::Single { iso: true, .. } if bytes.iter().any(|byte| (0x80..0xa0).contains(byte)) => {
                Err(Refusal::Charset)
            }
            Self::Single { encoding, .. } => encoding
                .decode_without_bom_handling_and_without_replacement(&bytes)
                .map(std::borrow::Cow::into_owned)
                .ok_or(Refusal::Charset),
        }
    }

    /// Whether fields that were read by this charset are read alike by one that believes `_charset_` with this value; `ascii` tells whether
    /// they are all ASCII.
    pub(super) fn agrees_with(
        self,
        label: Option<&str>,
        ascii: &LazyCell<bool, impl FnOnce() -> bool>,
    ) -> bool {
        let Some(stated) =
            label.and_then(|label| if label.is_empty() { Some(self) } else { Self::of(label) })
        else {
            return false;
        };
        stated == self || **ascii
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::body::{self, BodyLimits};
    use crate::request::{ContentKind, FieldValue};

    fn read(declared: &str, content_type: &str, body: &[u8]) -> Result<String, &'static str> {
        let kind = ContentKind::of(Some(content_type.as_bytes()), None);
        let limits = BodyLimits { charset: Charset::of(declared).unwrap(), ..BodyLimits::new(1000) };
        let fields = body::read(&kind, body, &limits).map_err(|refusal| refusal.reason())?;
        let value = fields.values("a").next().map(|field| field.value.clone());
        let Some(FieldValue::Text(text)) = value else { panic!("{value:?}") };
        Ok(text)
    }

    const FORM: &str = "application/x-www-form-urlencoded";
    const PART: &[u8] = b"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xe9\r\n--B--\r\n";

    #[test]
    fn a_charset_is_read_in_one_way_only() {
        let with = |charset: &str| format!("{FORM}; charset={charset}");
        for (declared, content_type, body, expected) in [
            ("utf-8", with("iso-8859-1"), &b"a=x"[..], Ok("x")),
            ("utf-8", with("Windows-1252"), b"a=%41", Ok("A")),
            ("utf-8", with("us-ascii"), b"a=x", Ok("x")),
            ("utf-8", with("iso-8859-1"), b"a=%E9", Err("charset")),
            ("utf-8", with("us-ascii"), b"a=%C3%A9", Err("charset")),
            ("utf-8", FORM.to_owned(), b"a=%E9", Err("not-utf8")),
            ("utf-8", FORM.to_owned(), b"a=%C3%A9", Ok("\u{e9}")),
            ("iso-8859-1", FORM.to_owned(), b"a=%E9", Ok("\u{e9}")),
            ("iso-8859-1", with("iso-8859-1"), b"a=%E9", Ok("\u{e9}")),
            ("iso-8859-1", with("utf-8"), b"a=%C3%A9", Err("charset")),
            ("iso-8859-1", FORM.to_owned(), b"a=%80", Err("charset")),
            ("windows-1252", FORM.to_owned(), b"a=%80", Ok("\u{20ac}")),
            ("windows-1253", FORM.to_owned(), b"a=%AA", Err("charset")),
            ("windows-1252", FORM.to_owned(), b"_charset_=windows-1252&a=%E9", Ok("\u{e9}")),
            ("windows-1252", FORM.to_owned(), b"_charset_=utf-8&a=%E9", Err("charset")),
            ("utf-8", FORM.to_owned(), b"_charset_=iso-8859-1&a=x", Ok("x")),
            ("utf-8", FORM.to_owned(), b"_charset_=iso-8859-1&a=%C3%A9", Err("charset")),
            ("utf-8", FORM.to_owned(), b"_charset_=utf-7&a=x", Err("charset")),
            ("windows-1252", "multipart/form-data; boundary=B".to_owned(), PART, Ok("\u{e9}")),
            ("utf-8", "multipart/form-data; boundary=B".to_owned(), PART, Err("not-utf8")),
            ("utf-8", "application/json; charset=iso-8859-1".to_owned(), b"{\"a\":\"x\"}", Ok("x")),
            (
                "iso-8859-1",
                "application/json; charset=iso-8859-1".to_owned(),
                b"{\"a\":\"\xe9\"}",
                Err("charset"),
            ),
            ("iso-8859-1", "application/json".to_owned(), "{\"a\":\"\u{e9}\"}".as_bytes(), Ok("\u{e9}")),
        ] {
            let found = read(declared, &content_type, body);
            assert_eq!(found.as_deref(), expected.as_ref().map(|text| &**text), "{declared} {content_type}");
        }
        for charset in [
            "utf-7",
            "utf-16",
            "utf-16le",
            "utf-32",
            "cp037",
            "iso-2022-jp",
            "hz-gb-2312",
            "big5",
            "gbk",
            "shift_jis",
            "x-user-defined",
            "none",
        ] {
            assert_eq!(read("utf-8", &with(charset), b"a=x"), Err("charset"), "{charset}");
        }
    }
}
