//! What one policy decided by and showed of one request, as one fingerprint: what a grant (`remember`) is for.
//!
//! Everything the policy *could* have looked at in one reading is in it, exactly as it came: method, host and whole path (a capture is a
//! part of it, and `**` names nothing), content type, groups, every field, header and address that a test, condition or
//! template names, and the words that were shown. Too much in it makes somebody answer once more; too little would let something
//! through that nobody saw.
//!
//! **Invariant:** no two requests that differ in a decisive value share a basis (`tests/it/grant_basis.rs`).
//! **Invariant:** nothing is forgotten when policies learn to look at something new: [`Policy`] and [`Matcher`] are taken apart without
//! a rest, so that a new part does not compile before it is weighed here.

use std::fmt;

use super::checked::{Matcher, Named, Policy};
use super::condition::Expression;
use super::names::{Index, Name};
use super::template::Template;
use super::view::View;
use crate::base::secret::fingerprint;
use crate::request::fields::{Field, FieldValue, Fields};
use crate::request::headers::is_spelling_of;

/// The fingerprint. Says nothing about the values to whoever prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Basis {
    print: [u8; 32],
    file: bool,
}

impl Basis {
    /// The fingerprint, SHA-256. Of values that can be guessed: to be keyed before it is kept.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.print
    }

    /// Whether an uploaded file was looked at, whose content is known by the digest of the whole body only.
    pub fn needs_whole_body(&self) -> bool {
        self.file
    }
}

impl fmt::Debug for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Basis(..)")
    }
}

impl Policy {
    /// What this policy, which applies, decided by and said.
    pub(super) fn basis(&self, view: &View<'_>, named: &Named) -> Basis {
        let Self {
            reference: _,
            matcher,
            when,
            unless,
            // Their templates are weighed with the others.
            summary: _,
            show: _,
            texts: _,
            mask: _,
            mode: _,
            effect: _,
            success: _,
            remember: _,
        } = self;
        let Matcher {
            methods: _,
            path: _,
            fields,
            query,
            headers,
            content_types: _,
            users: _,
            groups: _,
            clients,
            calls,
        } = matcher;
        let facts = &view.facts;
        let mut weighed = Weighed::default();
        weighed.text("method", facts.method);
        weighed.text("host", facts.host);
        weighed.text("path", facts.path);
        weighed.list("content type", facts.content_type.iter().copied());
        weighed.text("user", facts.user);
        weighed.list("groups", facts.groups.iter().map(String::as_str));
        for (name, _) in fields {
            weighed.named(&view.index, name);
        }
        for (name, _) in query {
            weighed.named(&view.query, name);
        }
        for (name, _) in headers {
            weighed.header(view, name);
        }
        if calls.is_some() {
            // What a call says may stand anywhere in a body; all of it is the call.
            let body = view.facts.body.into_iter().flat_map(Fields::iter);
            weighed.fields("calls", view.facts.query.iter().chain(body));
        }
        if !clients.is_empty() {
            weighed.text("client", &facts.client.to_canonical().to_string());
        }
        let templates = || self.templates();
        for name in templates().flat_map(Template::names) {
            weighed.named(&view.index, name);
        }
        for expression in when.iter().chain(unless).chain(templates().flat_map(Template::expressions)) {
            weighed.looked_at(view, expression);
        }
        weighed.text("summary", &named.summary);
        weighed.list("show", named.show.iter().flat_map(|(label, value)| [label.as_str(), value.as_str()]));
        weighed.basis()
    }
}

/// Parts, each of which ends where it says.
#[derive(Default)]
struct Weighed {
    parts: Vec<Vec<u8>>,
    file: bool,
}

impl Weighed {
    fn text(&mut self, what: &str, text: &str) {
        self.list(what, std::iter::once(text));
    }

    fn list<'t>(&mut self, what: &str, texts: impl Iterator<Item = &'t str>) {
        let texts: Vec<&str> = texts.collect();
        self.parts.extend([what.as_bytes().to_vec(), texts.len().to_string().into_bytes()]);
        self.parts.extend(texts.into_iter().map(|text| text.as_bytes().to_vec()));
    }

    /// Every field that is, or lies under, the name.
    fn named(&mut self, index: &Index<'_>, name: &Name) {
        self.fields(&format!("fields {}", name.as_str()), index.under(name));
    }

    fn fields<'f>(&mut self, what: &str, fields: impl Iterator<Item = &'f Field>) {
        let fields: Vec<&Field> = fields.collect();
        self.parts.extend([what.as_bytes().to_vec(), fields.len().to_string().into_bytes()]);
        for field in fields {
            let (kind, value) = match &field.value {
                FieldValue::Text(text) => ("text", text.as_str()),
                FieldValue::Number(text) => ("number", text.as_str()),
                FieldValue::Bool(true) => ("bool", "true"),
                FieldValue::Bool(false) => ("bool", "false"),
                FieldValue::Null => ("null", ""),
                FieldValue::Composite => ("composite", ""),
                FieldValue::File { name, length: _ } => {
                    self.file = true;
                    ("file", name.as_str())
                }
            };
            let place = format!("{:?}", field.place);
            self.parts
                .extend([place.as_str(), &field.name, kind, value].map(|part| part.as_bytes().to_vec()));
        }
    }

    /// Every header that some server takes for this one.
    fn header(&mut self, view: &View<'_>, name: &str) {
        self.headers(view, &format!("header {name}"), |given| is_spelling_of(given.as_bytes(), name));
    }

    fn headers(&mut self, view: &View<'_>, what: &str, wanted: impl Fn(&str) -> bool) {
        let found: Vec<_> = view.facts.headers.iter().filter(|(name, _)| wanted(name)).collect();
        self.parts.extend([what.as_bytes().to_vec(), found.len().to_string().into_bytes()]);
        for (name, value) in found {
            self.parts.extend([name.to_ascii_lowercase().into_bytes(), value.clone()]);
        }
    }

    fn looked_at(&mut self, view: &View<'_>, expression: &Expression) {
        let looks = expression.looks();
        for name in looks.fields {
            self.named(&view.index, &Name::exactly(name));
        }
        for name in looks.query {
            self.named(&view.query, &Name::exactly(name));
        }
        if looks.all_fields {
            // Not the cookies: a field that is one of them is refused before anything is named.
            let body = view.facts.body.into_iter().flat_map(Fields::iter);
            self.fields("all fields", view.facts.query.iter().chain(body));
        }
        match looks.headers {
            Some(names) => names.iter().for_each(|name| self.header(view, &spelling(name))),
            None => self.headers(view, "all headers", |_| true),
        }
        if looks.client {
            self.text("client", &view.facts.client.to_canonical().to_string());
        }
    }

    fn basis(self) -> Basis {
        let parts: Vec<&[u8]> = self.parts.iter().map(Vec::as_slice).collect();
        Basis { print: fingerprint("policy-basis-v1", &parts), file: self.file }
    }
}

/// A header's name as spellings are compared with.
fn spelling(name: &str) -> String {
    crate::request::headers::canonical_name(name.as_bytes())
}
