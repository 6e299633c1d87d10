//! What a person at a terminal gets in place of a problem document: readable text, with the prompt as a QR code, and the command that
//! goes on.
//!
//! **Invariant:** no control character reaches the terminal: values come as policies made them safe to show, everything else is ours.
//! **Invariant:** no command printed here has a credential among its arguments, where other users of the machine see it.

use crate::base::language::{Text, key};
use crate::base::qr;
use crate::flow::admit::Ticket;

/// The headers of every text.
pub(super) fn headers<'a>(t: Text) -> [(&'static str, &'a str); 5] {
    [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-language", t.tag()),
        ("vary", "Accept, Accept-Language, Cookie, Prefer"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ]
}

/// A refusal in words.
pub(super) struct Refused<'a> {
    /// What happened, in a few words.
    pub(super) title: String,
    /// What happened, in a sentence.
    pub(super) detail: String,
    /// More in English, for those who look after the application.
    pub(super) technical: Option<&'a str>,
    /// Where to go on, and the words for it.
    pub(super) link: Option<(&'a str, String)>,
    /// What to name when asking for help.
    pub(super) reference: String,
}

impl Refused<'_> {
    /// The text.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n\n{}\n", self.title, self.detail);
        if let Some(technical) = self.technical {
            text.push_str(&format!("{technical}\n"));
        }
        // A path of the application is for a browser, which is signed in there.
        if let Some((href, words)) = self.link.as_ref().filter(|(href, _)| !href.starts_with('/')) {
            text.push_str(&format!("\n{words}: {href}\n"));
        }
        text + &format!("\n{}\n", self.reference)
    }
}

/// A held request in words.
pub(super) struct Held<'a> {
    /// What is held, and its credentials.
    pub(super) ticket: &'a Ticket,
    /// The method it was sent with.
    pub(super) method: &'a str,
    /// Its URL; `None` where its query may hold what is never shown.
    pub(super) url: Option<String>,
}

impl Held<'_> {
    /// The text.
    pub(super) fn text(&self, t: Text) -> String {
        let Ticket { id, secret, url, expires_at, .. } = self.ticket;
        let wording = self.ticket.texts.iter().find(|text| text.language == t.language());
        let show = wording.map_or(&self.ticket.show, |wording| &wording.show);
        let mut text = format!("{}\n\n", t.say(key("gateway-approval-required")));
        for line in self.ticket.summary_in(t.language()).lines() {
            text.push_str(&format!("  {line}\n"));
        }
        let width = show.iter().map(|(label, _)| label.chars().count()).max().unwrap_or_default();
        if width > 0 {
            text.push('\n');
        }
        for (label, value) in show {
            let gap = " ".repeat(width.saturating_sub(label.chars().count()));
            text.push_str(&format!("  {label}{gap}  {value}\n"));
        }
        let approve = t.tell("gateway-plain-approve", "until", expires_at.to_string());
        text.push_str(&format!("\n{approve}\n\n  {url}\n\n"));
        if let Some(drawn) = qr::terminal(url) {
            text.push_str(&format!("{drawn}\n"));
        }
        let release = format!("Countersign-Release: {id}.{secret}");
        let then = t.say(key("gateway-plain-then"));
        text.push_str(&format!("{then}\n\n  {release}\n\n{}\n\n", t.say(key("gateway-plain-curl"))));
        // The credential goes in by standard input: the arguments of a process are for all to read.
        let method = match self.method {
            "GET" => String::new(),
            "HEAD" => "--head ".to_owned(),
            method => format!("-X {method} "),
        };
        let place = self.url.as_deref().map_or_else(|| "\"$URL\"".to_owned(), quoted);
        // Not indented: a shell would not find the end, nor curl the names of the fields.
        text + &format!("curl {method}-H @- {place} <<'END'\n{release}\nPrefer: wait=300\nEND\n")
    }
}

/// A word as a shell takes it literally (POSIX.1-2017, Shell Command Language §2.2.2).
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_a_word_as_it_is() {
        for word in ["http://a/x?b=$(reboot)&c='d'", "`id`", "\"", ""] {
            let script = format!("printf %s {}", quoted(word));
            let ran = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(ran.stdout).unwrap(), word);
        }
    }
}
