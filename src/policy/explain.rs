//! Why a policy applies to a request or does not: for `policy explain`, never for the proxy.
//!
//! **Invariant:** whether a policy applies is what [`Policy::applies`] says; the conditions listed here only tell why.
//! **Invariant:** a masked value is never told.

use super::checked::{Effect, Mode, Policy};
use super::facts::Facts;
use super::judge::Circumstances;
use super::methods::Methods;
use super::names::{Index, Name};
use super::ruling::{PolicyRef, Unclear};
use super::values::Test;
use super::view::View;
use super::{AppPolicies, ruling};
use crate::base::text::visible;
use crate::request::fields::FieldValue;
use crate::request::headers::is_spelling_of;
use crate::request::{Head, Refusal};

/// What one policy makes of a request.
#[derive(Clone, Debug)]
pub struct Account {
    /// The policy.
    pub policy: PolicyRef,
    /// Whether it only observes.
    pub observes: bool,
    /// Whether it denies.
    pub denies: bool,
    /// Its conditions in the order they are asked, up to the first that does not hold.
    pub conditions: Vec<Condition>,
    /// Whether it applies, or why that cannot be told.
    pub applies: Result<bool, Unclear>,
    /// What it says the request does, when it applies.
    pub summary: Option<Result<String, Unclear>>,
}

/// One condition of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// In words.
    pub text: String,
    /// What the request has there, when that is not clear from the words.
    pub found: Option<String>,
    /// Whether it holds.
    pub holds: bool,
}

/// What the policies make of one reading of a request.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The method in this reading.
    pub method: String,
    /// The host.
    pub host: String,
    /// The path in this reading.
    pub path: String,
    /// Whether fields are looked up among the cookies too.
    pub cookies: bool,
    /// What each policy makes of it, in order of id.
    pub accounts: Vec<Account>,
}

impl AppPolicies {
    /// What each policy makes of each reading of a request.
    ///
    /// # Errors
    /// Why a query that a policy needs cannot be read.
    pub fn explain(&self, head: &Head, circumstances: &Circumstances<'_>) -> Result<Vec<Reading>, Refusal> {
        let mut readings = Vec::new();
        self.read(head, circumstances, &mut |facts, path, methods, _| {
            readings.push(Reading {
                method: facts.method.to_owned(),
                host: facts.host.to_owned(),
                path: path.to_owned(),
                cookies: facts.cookies.is_some(),
                accounts: self.accounts(facts, methods),
            });
        })?;
        Ok(readings)
    }

    fn accounts(&self, facts: &Facts<'_>, methods: Methods) -> Vec<Account> {
        let concerned = self.routes.policies(methods, facts.path);
        let masks = concerned.iter().filter_map(|number| self.policies.get(*number));
        let masks = masks.flat_map(|policy| policy.mask.iter().cloned()).collect();
        let view = View::new(facts, masks);
        let accounts = self.policies.iter().enumerate().map(|(number, policy)| {
            let concerned = concerned.binary_search(&number).is_ok();
            policy.account(&view, methods, concerned)
        });
        accounts.collect()
    }
}

impl Policy {
    fn account(&self, view: &View<'_>, methods: Methods, concerned: bool) -> Account {
        let mut conditions = vec![
            Condition::plain(
                format!("the path is `{}`", self.matcher.path),
                self.matcher.path.matches(view.facts.path),
            ),
            Condition::plain(
                format!("the method is {}", self.matcher.methods),
                self.matcher.methods.meets(methods),
            ),
        ];
        let applies = if concerned { self.applies(view) } else { Ok(false) };
        if concerned {
            self.conditions(view, &mut conditions);
        }
        if let Some(fell) = conditions.iter().position(|condition| !condition.holds) {
            conditions.truncate(fell + 1);
        } else if applies == Ok(false) {
            conditions.push(Condition::plain("all else in `match` holds".to_owned(), false));
        }
        let summary = (applies == Ok(true)).then(|| self.name(view).map(|named| named.summary));
        Account {
            policy: self.reference.clone(),
            observes: self.mode == Mode::Observe,
            denies: matches!(self.effect, Effect::Deny),
            conditions,
            applies,
            summary,
        }
    }

    /// The conditions after path and method, in the order of [`Policy::applies`].
    fn conditions(&self, view: &View<'_>, out: &mut Vec<Condition>) {
        let (matcher, facts) = (&self.matcher, &view.facts);
        let same = |one: &String, other: &str| one.to_lowercase() == other.to_lowercase();
        let listed = |what: &str, wanted: &[String]| format!("{what} {}", ruling::quoted(wanted));
        if !matcher.users.is_empty() {
            let holds = matcher.users.iter().any(|user| same(user, facts.user));
            out.push(Condition::found(listed("the user is one of", &matcher.users), facts.user, holds));
        }
        if !matcher.groups.is_empty() {
            let holds = matcher.groups.iter().any(|group| facts.groups.iter().any(|own| same(group, own)));
            out.push(Condition::found(
                listed("the user is in one of", &matcher.groups),
                &facts.groups.join(", "),
                holds,
            ));
        }
        if !matcher.clients.is_empty() {
            let (client, networks) = (facts.client.to_canonical(), &matcher.clients);
            let wanted: Vec<String> = networks.iter().map(ToString::to_string).collect();
            let holds = networks.iter().any(|network| network.contains(&client));
            out.push(Condition::found(listed("the client is in", &wanted), &client.to_string(), holds));
        }
        if !matcher.content_types.is_empty() {
            let given = facts.content_type.unwrap_or_default();
            let holds = matcher.matches_content_type(facts.content_type);
            out.push(Condition::found("the content type is one of `content_types`".to_owned(), given, holds));
        }
        for (name, test) in &matcher.headers {
            let values = facts.headers.iter().filter(|(given, _)| is_spelling_of(given.as_bytes(), name));
            let texts: Vec<_> = values.map(|(_, value)| String::from_utf8_lossy(value)).collect();
            let holds = test.holds_for_texts(texts.iter().map(AsRef::as_ref));
            out.push(Condition::found(format!("the header `{name}` {test}"), &texts.join(", "), holds));
        }
        if let Some(calls) = &matcher.calls {
            let (holds, found) = match calls.said(view) {
                Ok(said) => (said.is_some(), None),
                Err(unclear) => (true, Some(unclear.to_string())),
            };
            let text = "a call in it is one of those under `graphql` or `rpc`".to_owned();
            out.push(Condition { text, found, holds });
        }
        let fields = matcher.fields.iter().map(|(name, test)| ("field", &view.index, name, test));
        let query = matcher.query.iter().map(|(name, test)| ("field of the query", &view.query, name, test));
        for (what, index, name, test) in fields.chain(query) {
            out.push(asked(what, index, name, test, &view.masks));
        }
        if out.iter().any(|condition| !condition.holds) {
            return;
        }
        for (word, expression, wanted) in [("when", &self.when, true), ("unless", &self.unless, false)] {
            let Some(expression) = expression else { continue };
            let holds = expression.holds(view);
            out.push(Condition {
                text: format!("`{word}`: {}", expression.source()),
                found: holds
                    .as_ref()
                    .map_or_else(|unclear| Some(unclear.to_string()), |truth| Some(truth.to_string())),
                holds: holds.is_ok_and(|truth| truth == wanted),
            });
        }
    }
}

fn asked(what: &str, index: &Index<'_>, name: &Name, test: &Test, masks: &[Name]) -> Condition {
    let values: Vec<&FieldValue> = index.under(name).map(|field| &field.value).collect();
    let masked = masks.iter().any(|mask| mask.covers(name) || name.covers(mask));
    let told = |value: &&FieldValue| {
        value.as_text().map_or_else(|| "a list or an object".to_owned(), |text| visible(text, 60))
    };
    let found = match values.as_slice() {
        [] => "not there".to_owned(),
        _ if masked => "masked".to_owned(),
        some => some.iter().take(5).map(told).collect::<Vec<_>>().join(", "),
    };
    let holds = index.meets(name, test);
    Condition::found(format!("the {what} `{}` {test}", name.as_str()), &found, holds)
}

impl Condition {
    fn plain(text: String, holds: bool) -> Self {
        Self { text, found: None, holds }
    }

    fn found(text: String, found: &str, holds: bool) -> Self {
        let found = if found.is_empty() { "none".to_owned() } else { visible(found, 200) };
        Self { text, found: Some(found), holds }
    }
}
