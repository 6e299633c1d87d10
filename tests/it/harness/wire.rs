//! What goes over the wire between people and a gateway: requests as bytes, and what is read off answers.

use serde_json::Value;

use super::raw::Answer;

/// The portal's origin; the socket's address is another.
pub(crate) const PORTAL: &str = "http://approve.localhost:8081";
/// What browsers say about a navigation from the application's own page.
pub(crate) const NAVIGATION: [(&str, &str); 3] =
    [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
/// A form.
pub(crate) const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// A held request as the program knows it that made it.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) id: String,
    pub(crate) secret: String,
    /// The prompt, path and handoff.
    pub(crate) prompt: String,
    pub(crate) digest: String,
    pub(crate) line: String,
    pub(crate) host: String,
    pub(crate) who: (String, String),
    /// The browser's cookie; empty for a program.
    pub(crate) cookie: String,
}

impl Held {
    pub(crate) fn credential(&self) -> String {
        format!("{}.{}", self.id, self.secret)
    }

    /// Host, identity and, in a browser, its cookie.
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        let mut fields = vec![("Host".to_owned(), self.host.clone())];
        let (name, value) = self.who.clone();
        match (name.as_str(), self.cookie.is_empty()) {
            (_, true) => fields.push((name, value)),
            ("Cookie", false) => fields.push((name, format!("{value}; {}", self.cookie))),
            (_, false) => fields.extend([(name, value), ("Cookie".to_owned(), self.cookie.clone())]),
        }
        fields
    }
}

/// The bytes of a request. `bank.test` where no Host is given; a length, unless it is chunked.
pub(crate) fn request(line: &str, fields: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let named = |name: &str| fields.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    let mut text = format!("{line} HTTP/1.1\r\n");
    if !named("host") {
        text.push_str("Host: bank.test\r\n");
    }
    for (name, value) in fields {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let chunked = named("transfer-encoding");
    if !chunked && !named("content-length") && (!body.is_empty() || !line.starts_with("GET ")) {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    let mut bytes = format!("{text}\r\n").into_bytes();
    if chunked {
        for piece in body.chunks(7001) {
            bytes.extend(format!("{:x}\r\n", piece.len()).into_bytes());
            bytes.extend_from_slice(piece);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
    } else {
        bytes.extend_from_slice(body);
    }
    bytes
}

/// Fields as [`request`] takes them.
pub(crate) fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

pub(crate) fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

/// What a script is told about its held request.
#[track_caller]
pub(crate) fn held(answer: &Answer, line: &str, host: &str, who: (String, String)) -> Held {
    let document = json(&answer.body);
    assert_eq!(document["type"], "urn:countersign:problem:approval-required", "{}", answer.text());
    let held = &document["held"];
    let text = |name: &str| held[name].as_str().unwrap_or_else(|| panic!("{name}: {document}")).to_owned();
    let prompt = text("url").strip_prefix(PORTAL).unwrap().to_owned();
    let (line, host, cookie) = (line.to_owned(), host.to_owned(), String::new());
    let held = Held {
        id: text("id"),
        secret: text("secret"),
        prompt,
        digest: text("digest"),
        line,
        host,
        who,
        cookie,
    };
    assert_eq!(answer.field("countersign-approval"), Some(held.credential().as_str()));
    held
}

/// What a browser is told.
#[track_caller]
pub(crate) fn held_by_page(answer: &Answer, line: &str, host: &str, who: (String, String)) -> Held {
    assert_eq!(answer.status, 403, "{}", answer.text());
    let id = answer.field("countersign-held").unwrap_or_else(|| panic!("{}", answer.text())).to_owned();
    let text = answer.text();
    let link = text.split("class=\"go\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let prompt = link.strip_prefix(PORTAL).unwrap_or_else(|| panic!("{link}")).to_owned();
    let cookie = answer.field("set-cookie").unwrap_or_default().split(';').next().unwrap().to_owned();
    let (secret, digest) = (String::new(), String::new());
    Held { id, secret, prompt, digest, line: line.to_owned(), host: host.to_owned(), who, cookie }
}

/// Where a page goes on to by itself.
#[track_caller]
pub(crate) fn refresh(answer: &Answer) -> String {
    let text = answer.text();
    let url = text
        .split("http-equiv=\"refresh\" content=\"0; url=")
        .nth(1)
        .unwrap_or_else(|| panic!("no refresh:\n{text}"));
    url.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")
}
