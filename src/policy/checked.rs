//! One checked policy, and whether it applies to a request.
//!
//! **Invariant:** a policy is made by `source` only, which has checked all of it; applying it never widens what is forwarded:
//! every error is an [`Unclear`] that refuses.

use super::calls::Calls;
use super::condition::Expression;
use super::methods::Methods;
use super::names::Name;
use super::pattern::Pattern;
use super::requirement::Requirement;
use super::route::Needs;
use super::ruling::{PolicyRef, Unclear, Wording};
use super::success::Success;
use super::template::Template;
use super::values::Test;
use super::view::View;
use crate::base::language::Language;
use crate::base::time::Span;
use crate::request::fields::Field;
use crate::request::headers::is_spelling_of;

/// A policy.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) reference: PolicyRef,
    pub(super) matcher: Matcher,
    pub(super) when: Option<Expression>,
    pub(super) unless: Option<Expression>,
    pub(super) summary: Template,
    pub(super) show: Vec<(String, Template)>,
    /// The same words in other languages.
    pub(super) texts: Vec<Translation>,
    pub(super) mask: Vec<Name>,
    pub(super) mode: Mode,
    pub(super) effect: Effect,
    /// Which answers tell that a released request was carried out.
    pub(super) success: Option<Success>,
    /// How long an approval is remembered; zero for not at all.
    pub(super) remember: Span,
}

/// Summary and labels of a policy in another language, showing the same values.
#[derive(Debug)]
pub(super) struct Translation {
    pub(super) language: Language,
    pub(super) summary: Template,
    pub(super) show: Vec<(String, Template)>,
}

/// Whether a policy acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Enforce,
    Observe,
}

/// What a policy does.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    Approve(Requirement),
    Deny,
}

/// What a request must look like. Absent conditions are empty lists and hold for all.
#[derive(Debug)]
pub(super) struct Matcher {
    pub(super) methods: Methods,
    pub(super) path: Pattern,
    pub(super) fields: Vec<(Name, Test)>,
    pub(super) query: Vec<(Name, Test)>,
    pub(super) headers: Vec<(String, Test)>,
    pub(super) content_types: Vec<regex::Regex>,
    pub(super) users: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) clients: Vec<ipnet::IpNet>,
    pub(super) calls: Option<Calls>,
}

/// The media types of bodies that are read, as `ContentKind::media_type` names them.
const READ: [&str; 5] = [
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json",
    "application/xml",
    "application/graphql",
];

/// What the calls of a request say that a policy is about.
enum Said {
    /// The policy is not about calls.
    Whatever,
    /// There is no such call.
    Nothing,
    /// Their values.
    These(Vec<Field>),
}

/// What a policy that applies says about the request.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) summary: String,
    pub(super) show: Vec<(String, String)>,
    pub(super) texts: Vec<Wording>,
}

impl Policy {
    /// Whether the request is what the policy is about. `Err` when that cannot be told.
    pub(super) fn applies(&self, view: &View<'_>) -> Result<bool, Unclear> {
        if !self.matcher.matches_head(view) {
            return Ok(false);
        }
        if self.needs().body && view.facts.body.is_none() {
            return Err(Unclear::BodyUnread);
        }
        if self.needs().body {
            Calls::is_foreign(self.matcher.calls.as_ref(), view.facts.content_type)?;
        }
        let said = self.matcher.said(view)?;
        let calls;
        let seen = match &said {
            Said::Nothing => return Ok(false),
            Said::Whatever => view,
            Said::These(said) => {
                calls = view.of_calls(said);
                &calls
            }
        };
        if !self.matcher.matches_fields(view, seen) {
            return Ok(false);
        }
        let view = seen;
        if let Some(when) = &self.when
            && !when.holds(view)?
        {
            return Ok(false);
        }
        match &self.unless {
            Some(unless) => unless.holds(view).map(|exempt| !exempt),
            None => Ok(true),
        }
    }

    /// What the request would do, in words. `Err` when it cannot be named or says different things.
    pub(super) fn name(&self, view: &View<'_>) -> Result<Named, Unclear> {
        let said = self.matcher.said(view)?;
        let calls = if let Said::These(said) = &said { Some(view.of_calls(said)) } else { None };
        let view = calls.as_ref().unwrap_or(view);
        let decided = self.matcher.fields.iter().map(|(name, test)| (&view.index, name, test));
        let decided = decided.chain(self.matcher.query.iter().map(|(name, test)| (&view.query, name, test)));
        for (index, name, test) in decided {
            // A list or an object may well decide; it only cannot be shown.
            match index.shown(name, &[]) {
                Err(unclear @ Unclear::SeveralValues(_)) if !test.absent => return Err(unclear),
                Err(unclear @ Unclear::InCookie(_)) => return Err(unclear),
                _ => {}
            }
        }
        let captures = self.matcher.path.captures(view.facts.path);
        let fill = |summary: &Template, rows: &[(String, Template)]| {
            let summary = summary.fill(view, &captures)?;
            let mut show = Vec::new();
            for (label, template) in rows {
                let value = template.fill(view, &captures)?;
                if !value.trim().is_empty() {
                    show.push((label.clone(), value));
                }
            }
            Ok((summary, show))
        };
        let (summary, show) = fill(&self.summary, &self.show)?;
        let text = |text: &Translation| {
            // Only its own expressions can fail where the original does not; then the original stands.
            let (summary, show) = fill(&text.summary, &text.show).ok()?;
            Some(Wording { language: text.language, summary, show })
        };
        Ok(Named { summary, show, texts: self.texts.iter().filter_map(text).collect() })
    }

    /// All templates, those of other languages too.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        let original = std::iter::once((&self.summary, &self.show));
        let texts = self.texts.iter().map(|text| (&text.summary, &text.show));
        original
            .chain(texts)
            .flat_map(|(summary, show)| std::iter::once(summary).chain(show.iter().map(|(_, row)| row)))
    }

    /// What must be known before this policy can be judged.
    pub(super) fn needs(&self) -> Needs {
        let matcher = &self.matcher;
        let templates = || self.templates();
        let captured = |name: &Name| matcher.path.names().any(|capture| capture == name.as_str());
        let conditions =
            || self.when.iter().chain(&self.unless).chain(templates().flat_map(Template::expressions));
        Needs {
            body: !matcher.fields.is_empty()
                || !matcher.content_types.is_empty()
                || matcher.calls.is_some()
                || templates().flat_map(Template::names).any(|name| !captured(name))
                || conditions().any(Expression::needs_body),
            user: !matcher.users.is_empty()
                || !matcher.groups.is_empty()
                || conditions().any(Expression::needs_user),
            enforced: self.mode == Mode::Enforce,
        }
    }
}

impl Matcher {
    /// All but method and path, which the routes have matched, and fields.
    fn matches_head(&self, view: &View<'_>) -> bool {
        let facts = &view.facts;
        let same = |wanted: &String, given: &str| wanted.to_lowercase() == given.to_lowercase();
        let client = facts.client.to_canonical();
        (self.users.is_empty() || self.users.iter().any(|user| same(user, facts.user)))
            && (self.groups.is_empty()
                || self.groups.iter().any(|group| facts.groups.iter().any(|given| same(group, given))))
            && (self.clients.is_empty() || self.clients.iter().any(|network| network.contains(&client)))
            && self.matches_content_type(facts.content_type)
            && self.headers.iter().all(|(name, test)| {
                let values = facts.headers.iter().filter(|(given, _)| is_spelling_of(given.as_bytes(), name));
                let texts: Vec<_> = values.map(|(_, value)| String::from_utf8_lossy(value)).collect();
                test.holds_for_texts(texts.iter().map(AsRef::as_ref))
            })
    }

    /// A body whose type is not stated, or not one that is read, may be taken for any. (That a body is what it is said to be, reading it
    /// tells: a policy that asks for a type needs the body.)
    pub(super) fn matches_content_type(&self, given: Option<&str>) -> bool {
        let essence = given.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        self.content_types.is_empty()
            || !READ.contains(&essence)
            || self.content_types.iter().any(|wanted| wanted.is_match(essence))
    }

    /// What the calls say that this is about.
    fn said(&self, view: &View<'_>) -> Result<Said, Unclear> {
        let Some(calls) = &self.calls else { return Ok(Said::Whatever) };
        Ok(calls.said(view)?.map_or(Said::Nothing, Said::These))
    }

    /// A field counts as the whole request has it (`view`) and as the calls have it that this is about (`seen`).
    fn matches_fields(&self, view: &View<'_>, seen: &View<'_>) -> bool {
        let either = |name: &Name, test: &Test| view.index.meets(name, test) || seen.index.meets(name, test);
        self.fields.iter().all(|(name, test)| either(name, test))
            && self.query.iter().all(|(name, test)| view.query.meets(name, test))
    }
}
