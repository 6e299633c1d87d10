//! Text messages by a gateway that speaks HTTP: what it is asked and which answer means yes are configuration.
//!
//! **Invariant:** what is filled into a URL, form or JSON value stays within it: each is encoded for its place, after the template was
//! taken apart (`tests::nothing_breaks_out`).
//! **Invariant:** no redirect is followed, and the credentials go to the configured URL only (`tests/it/sms.rs`).
//! **Invariant:** what may have been taken is not sent again: an answer other than "later" (429, 5xx) is final.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::{Carrier, Message, NotCarried, innermost};
use crate::base::secret::Secret;
use crate::base::settings::messages::{Body, Part, Shape, Sms as Settings, Success};

/// The most of an answer that is read.
const ANSWER: usize = 64 << 10;

/// A gateway for text messages.
pub struct Sms {
    client: reqwest::Client,
    method: reqwest::Method,
    headers: HeaderMap,
    settings: Arc<Settings>,
}

/// A gateway cannot be used as configured.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SetupError(String);

impl Sms {
    /// Prepares a client; connects to nothing.
    ///
    /// # Errors
    /// When a header or an authority cannot be used.
    pub fn new(settings: Arc<Settings>) -> Result<Self, SetupError> {
        let failed = |what: &dyn std::fmt::Display| SetupError(what.to_string());
        let method = settings.method.parse().map_err(|_| SetupError("the method is unknown".to_owned()))?;
        let tls =
            rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|error| failed(&error))?
                .with_root_certificates(roots(settings.ca.as_deref())?)
                .with_no_client_auth();
        let timeout = settings.timeout.to_std();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(timeout / 2)
            .timeout(timeout)
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| failed(&innermost(&error)))?;
        let headers = headers(&settings)?;
        Ok(Self { client, method, headers, settings })
    }

    async fn ask(&self, message: &Message) -> Result<(u16, Vec<u8>), NotCarried> {
        let words = Words::of(message);
        let url = words.filled(&self.settings.url, &encoded);
        let url = url.parse::<reqwest::Url>().map_err(|_| NotCarried::Never("the URL is none".to_owned()))?;
        let mut request = self.client.request(self.method.clone(), url).headers(self.headers.clone());
        match &self.settings.body {
            Body::None => {}
            Body::Form(fields) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (name, part) in fields {
                    form.append_pair(name, &words.part(part));
                }
                let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
                request = request.header(CONTENT_TYPE, kind).body(form.finish());
            }
            Body::Json(shape) => {
                let kind = HeaderValue::from_static("application/json");
                request = request.header(CONTENT_TYPE, kind).body(words.json(shape).to_string());
            }
        }
        let mut answer = request.send().await.map_err(failure)?;
        let (status, mut body) = (answer.status().as_u16(), Vec::new());
        // Only an answer that will be looked into is read; what is longer than any gateway's is cut, and then matches nothing.
        while self.settings.success.matches.is_some() && body.len() < ANSWER {
            match answer.chunk().await.map_err(failure)? {
                Some(piece) => body.extend_from_slice(&piece),
                None => return Ok((status, body)),
            }
        }
        Ok((status, body))
    }
}

#[async_trait]
impl Carrier for Sms {
    async fn carry(&self, message: &Message) -> Result<(), NotCarried> {
        if !self.settings.reaches(message.to.as_str()) {
            return Err(NotCarried::Never("no messages are sent to numbers with this beginning".to_owned()));
        }
        let (status, body) = self.ask(message).await?;
        judged(&self.settings.success, status, &body)
    }
}

/// What an answer means.
fn judged(success: &Success, status: u16, body: &[u8]) -> Result<(), NotCarried> {
    if status == 429 || (500..600).contains(&status) {
        return Err(NotCarried::Later(format!("the gateway answered with status {status}")));
    }
    if !success.statuses.contains(&status) {
        return Err(NotCarried::Never(format!("the gateway refused it with status {status}")));
    }
    let Some(matches) = &success.matches else { return Ok(()) };
    let found = match &success.pointer {
        None => String::from_utf8(body.to_vec()).ok(),
        Some(pointer) => serde_json::from_slice::<serde_json::Value>(body)
            .ok()
            .and_then(|value| value.pointer(pointer).cloned())
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
    };
    match found {
        Some(found) if matches.is_match(&found) => Ok(()),
        _ => Err(NotCarried::Never("the gateway's answer is not the one that means success".to_owned())),
    }
}

/// What stands for the placeholders.
struct Words<'m> {
    to: &'m str,
    number: &'m str,
    text: String,
    id: &'m str,
}

impl<'m> Words<'m> {
    fn of(message: &'m Message) -> Self {
        let to = message.to.as_str();
        Self {
            to,
            number: to.strip_prefix('+').unwrap_or(to),
            text: super::plain(&message.plain),
            id: &message.id,
        }
    }

    /// The template with its placeholders filled in, each by `escape`. What was filled in is not looked at again.
    fn filled(&self, template: &str, escape: &dyn Fn(&str) -> String) -> String {
        let (mut out, mut rest) = (String::with_capacity(template.len() + self.text.len()), template);
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let found = [("to}", self.to), ("number}", self.number), ("text}", &self.text), ("id}", self.id)]
                .into_iter()
                .find_map(|(name, value)| after.strip_prefix(name).map(|rest| (value, rest)));
            match found {
                Some((value, after)) => {
                    out.push_str(&escape(value));
                    rest = after;
                }
                None => {
                    out.push('{');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        out
    }

    fn part(&self, part: &Part) -> String {
        match part {
            Part::Template(template) => self.filled(template, &str::to_owned),
            Part::Secret(secret) => text(secret),
        }
    }

    fn json(&self, shape: &Shape) -> serde_json::Value {
        match shape {
            Shape::Part(part) => serde_json::Value::String(self.part(part)),
            Shape::Plain(text) => serde_json::from_str(text).unwrap_or(serde_json::Value::Null),
            Shape::List(items) => items.iter().map(|item| self.json(item)).collect(),
            Shape::Object(entries) => {
                entries.iter().map(|(name, value)| (name.clone(), self.json(value))).collect()
            }
        }
    }
}

fn encoded(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}

fn text(secret: &Secret) -> String {
    secret.expose(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn headers(settings: &Settings) -> Result<HeaderMap, SetupError> {
    let odd = |name: &str| SetupError(format!("the header `{name}` cannot be sent"));
    let mut headers = HeaderMap::new();
    for (name, before, secret) in &settings.headers {
        let value = format!("{before}{}", secret.as_ref().map(text).unwrap_or_default());
        let mut value = HeaderValue::from_str(&value).map_err(|_| odd(name))?;
        value.set_sensitive(secret.is_some());
        headers.append(name.parse::<HeaderName>().map_err(|_| odd(name))?, value);
    }
    if let Some((user, password)) = &settings.login {
        let pair = zeroize::Zeroizing::new(format!("{user}:{}", text(password)));
        let value = format!("Basic {}", data_encoding::BASE64.encode(pair.as_bytes()));
        let mut value = HeaderValue::from_str(&value).map_err(|_| odd("authorization"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn roots(ca: Option<&[u8]>) -> Result<rustls::RootCertStore, SetupError> {
    let mut roots = rustls::RootCertStore::empty();
    match ca {
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Some(pem) => {
            for authority in CertificateDer::pem_slice_iter(pem) {
                let added = authority.ok().and_then(|authority| roots.add(authority).ok());
                added.ok_or_else(|| SetupError("the authority of the gateway cannot be read".to_owned()))?;
            }
        }
    }
    Ok(roots)
}

/// Only what was certainly not taken may be sent again.
fn failure(error: reqwest::Error) -> NotCarried {
    let connecting = error.is_connect();
    let why = if error.is_timeout() {
        "the gateway did not answer in time".to_owned()
    } else {
        innermost(&error.without_url())
    };
    if connecting {
        NotCarried::Later(why)
    } else {
        NotCarried::Never(format!("{why}: it may have been sent"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Timestamp;
    use crate::factors::message::Address;

    fn message(text: &str) -> Message {
        Message {
            id: "letter_1".to_owned(),
            to: Address::phone("+41791234567").unwrap(),
            subject: String::new(),
            plain: text.to_owned(),
            html: String::new(),
            at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn nothing_breaks_out() {
        let hostile = message("a\"b\\c&to=+1900}{to}{text}\n%0d\u{202e}é");
        let words = Words::of(&hostile);
        assert_eq!(
            words.filled("https://g.example/{number}?t={text}&x={y}", &encoded),
            "https://g.example/41791234567?t=a%22b%5Cc%26to%3D%2B1900%7D%7Bto%7D%7Btext%7D%0A%250d%20%C3%A9&x={y}"
        );
        let shape = Shape::Object(vec![
            ("to".to_owned(), Shape::List(vec![Shape::Part(Part::Template("{to}".to_owned()))])),
            ("text".to_owned(), Shape::Part(Part::Template("> {text} <".to_owned()))),
            ("flash".to_owned(), Shape::Plain("false".to_owned())),
            ("key".to_owned(), Shape::Part(Part::Secret(Secret::from("{to}\"".to_owned())))),
        ]);
        let expected = serde_json::json!({
            "to": ["+41791234567"], "text": "> a\"b\\c&to=+1900}{to}{text}\n%0d é <", "flash": false, "key": "{to}\"",
        });
        assert_eq!(words.json(&shape), expected);
    }

    #[test]
    fn an_answer_is_judged_by_the_rule() {
        let rule = |statuses: &[u16], pointer: Option<&str>, matches: Option<&str>| Success {
            statuses: statuses.to_vec(),
            pointer: pointer.map(str::to_owned),
            matches: matches.map(|text| regex::Regex::new(text).unwrap()),
        };
        let vonage = rule(&[200], Some("/messages/0/status"), Some("^0$"));
        for (success, status, body, good) in [
            (rule(&[200, 201], None, None), 201, "", true),
            (rule(&[200, 201], None, None), 202, "", false),
            (vonage.clone(), 200, r#"{"messages":[{"status":"0"}]}"#, true),
            (vonage.clone(), 200, r#"{"messages":[{"status":0}]}"#, true),
            (vonage.clone(), 200, r#"{"messages":[{"status":"4"}]}"#, false),
            (vonage.clone(), 200, r#"{"messages":[]}"#, false),
            (vonage, 200, "not json", false),
            (rule(&[200], None, Some("^OK")), 200, "OK 17", true),
            (rule(&[200], None, Some("^OK")), 200, "ERR OK", false),
        ] {
            assert_eq!(
                judged(&success, status, body.as_bytes()).is_ok(),
                good,
                "{success:?} {status} {body}"
            );
        }
        for (status, later) in
            [(429, true), (500, true), (503, true), (302, false), (400, false), (401, false)]
        {
            let judged = judged(&rule(&[200], None, None), status, b"").unwrap_err();
            assert_eq!(matches!(judged, NotCarried::Later(_)), later, "{status}");
        }
    }
}
