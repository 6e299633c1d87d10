//! What a body is said to be: the one Content-Type and Content-Encoding, read strictly (RFC 9110 §8.3, RFC 7578 §4).
//!
//! **Invariant:** a type is either understood in exactly one way or is [`ContentKind::Unreadable`] with the reason, and then no field
//! of the body is ever read. Reading is put off because a policy that needs no body must not refuse an odd one.
//! Called by `normalise`; used by `body`.

use super::charset::Charset;
use super::coding::Coding;
use super::refusal::Refusal;

/// How a body is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContentKind {
    /// No Content-Type: only an empty body can be read.
    None,
    /// `application/x-www-form-urlencoded`.
    Urlencoded,
    /// `multipart/form-data`.
    Multipart {
        /// The boundary, 1 to 70 characters.
        boundary: String,
    },
    /// `application/json`, `text/json` or `application/*+json`.
    Json,
    /// `application/graphql`: the body is one GraphQL document, read as the field `query`.
    Graphql,
    /// `application/xml`, `text/xml` or `application/*+xml`, SOAP among them.
    Xml,
    /// A type that the application declares to be read so.
    Declared(String, BodyType),
    /// Another type, lower case: only an empty body can be read.
    Other(String),
    /// One of these with a charset that is stated; UTF-8 is left out where it changes nothing.
    Charset(Charset, Box<ContentKind>),
    /// One of these, coded.
    Coded(Coding, Box<ContentKind>),
    /// The headers say contradictory or unknown things about the body.
    Unreadable(Refusal),
}

/// A reader that an application may declare for a media type of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyType {
    /// As `application/x-www-form-urlencoded`.
    Form,
    /// As `application/json`.
    Json,
    /// As `application/xml`.
    Xml,
    /// Not at all: the application finds no fields in it.
    Opaque,
}

impl BodyType {
    /// All, with their names in configuration.
    pub const ALL: [(&'static str, Self); 4] =
        [("form", Self::Form), ("json", Self::Json), ("xml", Self::Xml), ("opaque", Self::Opaque)];
}

impl ContentKind {
    /// Whether an application may declare how it reads this media type: one that is not read anyway.
    pub fn can_be_declared(media_type: &str) -> bool {
        parse(media_type.as_bytes()).is_ok_and(|kind| matches!(kind, Self::Other(_)))
    }

    /// The same, where the application declares how types that are not known here are read (`body_types`, media types in lower case).
    #[must_use]
    pub fn declared(self, types: &[(String, BodyType)]) -> Self {
        match self {
            Self::Other(media_type) => match types.iter().find(|(declared, _)| *declared == media_type) {
                Some((_, reader)) => Self::Declared(media_type, *reader),
                None => Self::Other(media_type),
            },
            Self::Charset(charset, kind) => Self::Charset(charset, Box::new(kind.declared(types))),
            Self::Coded(coding, kind) => Self::Coded(coding, Box::new(kind.declared(types))),
            kind => kind,
        }
    }

    /// From the values of the (at most one each) Content-Type and Content-Encoding.
    pub fn of(content_type: Option<&[u8]>, content_encoding: Option<&[u8]>) -> Self {
        let kind = match content_type {
            None => Self::None,
            Some(value) => parse(value).unwrap_or_else(Self::Unreadable),
        };
        match content_encoding.map_or(Ok(None), Coding::of) {
            Err(refusal) => Self::Unreadable(refusal),
            Ok(None) => kind,
            Ok(Some(coding)) => Self::Coded(coding, Box::new(kind)),
        }
    }

    /// The media type without parameters, lower case; `None` without a readable Content-Type.
    pub fn media_type(&self) -> Option<&str> {
        match self {
            Self::None | Self::Unreadable(_) => None,
            Self::Charset(_, kind) | Self::Coded(_, kind) => kind.media_type(),
            Self::Urlencoded => Some("application/x-www-form-urlencoded"),
            Self::Multipart { .. } => Some("multipart/form-data"),
            Self::Json => Some("application/json"),
            Self::Graphql => Some("application/graphql"),
            Self::Xml => Some("application/xml"),
            Self::Other(media_type) | Self::Declared(media_type, _) => Some(media_type),
        }
    }
}

fn parse(value: &[u8]) -> Result<ContentKind, Refusal> {
    let text = std::str::from_utf8(value).map_err(|_| Refusal::ContentType)?;
    let (media_type, rest) =
        text.split_once(';').map_or((text, None), |(media_type, rest)| (media_type, Some(rest)));
    let media_type = media_type.trim_matches([' ', '\t']).to_ascii_lowercase();
    if media_type.split('/').count() != 2 || !media_type.split('/').all(is_token) {
        return Err(Refusal::ContentType);
    }
    let parameters = parameters(rest.unwrap_or_default())?;
    let (mut boundary, mut charset) = (None, None);
    for (name, value) in parameters {
        match name.as_str() {
            "charset" => charset = Some(Charset::of(&value).ok_or(Refusal::Charset)?),
            "boundary" if media_type == "multipart/form-data" => boundary = Some(value),
            name if name.contains('*') || name == "boundary" => return Err(Refusal::ContentType),
            _ if media_type == "multipart/form-data" => return Err(Refusal::ContentType),
            _ => {}
        }
    }
    let kind = match media_type.as_str() {
        "application/x-www-form-urlencoded" => ContentKind::Urlencoded,
        "application/json" | "text/json" => ContentKind::Json,
        "application/xml" | "text/xml" => ContentKind::Xml,
        "application/graphql" => ContentKind::Graphql,
        "multipart/form-data" => {
            let boundary = boundary.filter(|boundary| {
                (1..=70).contains(&boundary.len()) && boundary.bytes().all(is_boundary_byte)
            });
            ContentKind::Multipart { boundary: boundary.ok_or(Refusal::Boundary)? }
        }
        other if other.starts_with("application/") && other.ends_with("+json") => ContentKind::Json,
        other if other.starts_with("application/") && other.ends_with("+xml") => ContentKind::Xml,
        _ => ContentKind::Other(media_type),
    };
    Ok(match (charset, &kind) {
        // An application may declare another charset for its forms, but not for JSON.
        (Some(Charset::Utf8), ContentKind::Urlencoded | ContentKind::Other(_))
        | (Some(Charset::Ascii | Charset::Single { .. }), _) => {
            ContentKind::Charset(charset.unwrap_or_default(), Box::new(kind))
        }
        (Some(Charset::Utf8) | None, _) => kind,
    })
}

/// `name=value` pairs after the first `;`, names in lower case; a value is a token or a quoted string without backslashes. One
/// `;` at the very end is let pass. Used for Content-Type and, by `multipart`, for Content-Disposition.
pub(super) fn parameters(text: &str) -> Result<Vec<(String, String)>, Refusal> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut rest = text.trim_matches([' ', '\t']);
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or(Refusal::ContentType)?;
        let name = name.to_ascii_lowercase();
        if !is_token(&name) || found.iter().any(|(known, _)| *known == name) {
            return Err(Refusal::ContentType);
        }
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or(Refusal::ContentType)?,
            None => match after.find([';', ' ', '\t']) {
                Some(end) => after.split_at_checked(end).ok_or(Refusal::ContentType)?,
                None => (after, ""),
            },
        };
        let quoted = rest.len() > name.len() + 1
            && rest.get(name.len() + 1..).is_some_and(|value| value.starts_with('"'));
        if value.contains('\\') || value.chars().any(char::is_control) || (!quoted && !is_token(value)) {
            return Err(Refusal::ContentType);
        }
        found.push((name, value.to_owned()));
        let after = after.trim_start_matches([' ', '\t']);
        rest = match after.strip_prefix(';') {
            Some(more) => more.trim_start_matches([' ', '\t']),
            None if after.is_empty() => after,
            None => return Err(Refusal::ContentType),
        };
    }
    Ok(found)
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// A byte of a token (RFC 9110 §5.6.2).
pub const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// Whether a field's value holds a control character other than a tab. Looks at all of it: that is faster than stopping at the first.
pub fn holds_control(value: &[u8]) -> bool {
    let control = |byte: u8| (u8::from(byte < 0x20) & u8::from(byte != b'\t')) | u8::from(byte == 0x7f);
    value.iter().fold(0, |found, byte| found | control(*byte)) != 0
}

/// Of RFC 2046's boundary characters, those without a meaning in parameters elsewhere: no blank, comma or parenthesis.
const fn is_boundary_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'\'' | b'+' | b'_' | b'-' | b'.' | b'/' | b':' | b'=' | b'?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_in_one_way() {
        let kind = |value: &str| ContentKind::of(Some(value.as_bytes()), None);
        let stated = ContentKind::Charset(Charset::Utf8, Box::new(ContentKind::Urlencoded));
        assert_eq!(kind("APPLICATION/x-www-form-urlencoded; charset=UTF-8"), stated);
        assert_eq!(kind("application/vnd.api+json;charset=\"utf-8\""), ContentKind::Json);
        assert_eq!(
            kind("Multipart/Form-Data; BOUNDARY=\"B\""),
            ContentKind::Multipart { boundary: "B".to_owned() }
        );
        assert_eq!(kind("text/plain"), ContentKind::Other("text/plain".to_owned()));
        for (value, reason) in [
            ("text/plain, application/json", "content-type"),
            ("application/json; charset=utf-16", "charset"),
            ("application/json; charset=utf-8; charset=utf-8", "content-type"),
            ("multipart/form-data", "boundary"),
            ("multipart/form-data; boundary=A; boundary=B", "content-type"),
            ("multipart/form-data; boundary*0=A; boundary*1=B", "content-type"),
            ("multipart/form-data; boundary=B,x", "content-type"),
            ("multipart/form-data; boundary=\"B,x\"", "boundary"),
            ("multipart/form-data; boundary=\"a\\b\"", "content-type"),
            ("application/json; boundary=B", "content-type"),
            ("json", "content-type"),
            ("", "content-type"),
        ] {
            let ContentKind::Unreadable(refusal) = kind(value) else { panic!("{value} was read") };
            assert_eq!(refusal.reason(), reason, "{value}");
        }
        assert_eq!(ContentKind::of(None, Some(b"zstd")), ContentKind::Unreadable(Refusal::ContentCoding));
    }
}
