//! The mailbox and the telephone of the demonstration: what would have been sent is shown on a page of its own.
//!
//! **Invariant:** the gateway speaks SMTP and HTTP to it as to any server; only the address in its configuration is another.
//! **Invariant:** what a message says is text on the page ([`escaped`]).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::sync::Notify;

/// How many messages are kept.
const KEPT: usize = 50;

/// One message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    /// `mail` or `text`.
    pub(super) kind: &'static str,
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) text: String,
}

/// What came, the newest first.
#[derive(Default)]
pub(super) struct Postbox {
    letters: Mutex<VecDeque<Letter>>,
    news: Notify,
}

impl Postbox {
    /// Keeps one more.
    pub(super) fn put(&self, letter: Letter) {
        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters.push_front(letter);
        letters.truncate(KEPT);
        drop(letters);
        self.news.notify_waiters();
    }

    /// What has come so far.
    pub(super) fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The code in the next message to this address, if it comes while somebody may be expected to wait.
    pub(super) async fn code_for(&self, to: &str) -> Option<String> {
        let wait = async {
            loop {
                let news = self.news.notified();
                let found = self.letters().into_iter().find(|letter| letter.to == to);
                if let Some(code) = found.and_then(|letter| code_in(&letter.text)) {
                    return code;
                }
                news.await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), wait).await.ok()
    }
}

/// Eight digits that stand alone.
fn code_in(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .find(|word| word.len() == 8 && word.bytes().all(|b| b.is_ascii_digit()))
        .map(str::to_owned)
}

/// The page, and where the gateway posts text messages.
pub(super) fn router(postbox: Arc<Postbox>) -> Router {
    Router::new().route("/", get(page)).route("/sms", post(take)).with_state(postbox)
}

#[derive(serde::Deserialize)]
struct Sms {
    to: String,
    text: String,
}

async fn take(State(postbox): State<Arc<Postbox>>, Form(sms): Form<Sms>) -> StatusCode {
    postbox.put(Letter { kind: "text", to: sms.to, subject: String::new(), text: sms.text });
    StatusCode::OK
}

async fn page(State(postbox): State<Arc<Postbox>>) -> impl IntoResponse {
    const STYLE: &str = "body{margin:2rem auto;max-width:44rem;padding:0 1rem;font:16px/1.5 sans-serif;background:#f4f1ea;color:#1c1b19}\
                         article{background:#fff;border:1px solid #d8d2c4;padding:1rem;margin:1rem 0}h2{font-size:1rem;margin:0 0 .5rem}\
                         pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:0}";
    let letters: Vec<String> = postbox
        .letters()
        .iter()
        .map(|letter| {
            let what = if letter.kind == "mail" { "E-mail" } else { "Text message" };
            format!(
                "<article><h2>{what} to {}</h2><p><strong>{}</strong></p><pre>{}</pre></article>",
                escaped(&letter.to),
                escaped(&letter.subject),
                escaped(&letter.text)
            )
        })
        .collect();
    let letters = if letters.is_empty() { "<p>Nothing yet.</p>".to_owned() } else { letters.concat() };
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><meta \
         http-equiv=\"refresh\" content=\"5\"><title>Mailbox and telephone of the demonstration</title><style>{STYLE}</style></head><body><main>\
         <h1>Mailbox and telephone</h1><p>What the gateway has sent in this demonstration, the newest first. The page reloads by itself.</p>\
         {letters}</main></body></html>"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    ];
    (headers, html)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_text_and_codes_are_found() {
        assert_eq!(escaped("<b a=\"1\">&"), "&lt;b a=&quot;1&quot;&gt;&amp;");
        assert_eq!(code_in("bank: code 12345678 for 5000 EUR").as_deref(), Some("12345678"));
        assert_eq!(code_in("123456789 a12345678 DE89370400440532013000"), None);
    }
}
