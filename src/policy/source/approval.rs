//! Reads `[policy.approve]` and `[defaults.approve]`: what a request needs before it is released, and how long that is remembered.

use toml::de::DeValue;

use super::table::{Reader, Table, did_you_mean};
use crate::base::time::Span;
use crate::policy::requirement::{ClientMode, Factor, PromptMode, Requirement, Step};

const KNOWN: [&str; 6] = ["steps", "hold_for", "release_within", "remember", "client", "prompt"];

/// The longest that an approval is remembered: a working day and its night.
const MOST_REMEMBERED: Span = Span::from_secs(24 * 3600);

/// What a file's `[defaults.approve]` says for every policy in it: what is asked for, and how long that is remembered.
pub(super) struct Defaults<'t> {
    asked: (Requirement, Span),
    given: Option<Table<'t>>,
    /// Factors that no user can have, since their tenant has turned them off.
    disabled: &'t [Factor],
}

impl<'t> Defaults<'t> {
    /// Reads `[defaults]` of a file; without it, one own authenticator of any kind is asked for every time.
    pub(super) fn read(reader: &mut Reader<'_>, root: Table<'t>, disabled: &'t [Factor]) -> Self {
        let requirement = Requirement {
            steps: vec![Step::SelfApproval {
                policy: String::new(),
                factors: Factor::ALL.into_iter().filter(|factor| factor.is_usual()).collect(),
            }],
            hold_for: Span::from_secs(600),
            release_within: Span::from_secs(300),
            client: ClientMode::Auto,
            prompt: PromptMode::Frame,
        };
        let asked = (requirement, Span::ZERO);
        let given = reader.table(root, "defaults").and_then(|table| {
            reader.only(table, &["approve"]);
            reader.table(table, "approve")
        });
        match given {
            Some(table) => Self { asked: approve(reader, table, asked, disabled), given, disabled },
            None => Self { asked, given, disabled },
        }
    }

    /// The table, as written.
    pub(super) fn given(&self) -> Option<Table<'t>> {
        self.given
    }

    /// The requirement of the policy `id` and how long an approval is remembered: its own `[policy.approve]`, and the defaults where that says nothing.
    pub(super) fn requirement(
        &self,
        reader: &mut Reader<'_>,
        policy: Table<'_>,
        id: &str,
    ) -> Option<(Requirement, Span)> {
        let mut asked = self.asked.clone();
        if policy.get("approve").is_some() {
            let table = reader.table(policy, "approve")?;
            asked = approve(reader, table, asked, self.disabled);
        }
        for Step::SelfApproval { policy, .. } in &mut asked.0.steps {
            id.clone_into(policy);
        }
        Some(asked)
    }
}

/// What one `approve` table makes of what is asked.
fn approve(
    reader: &mut Reader<'_>,
    table: Table<'_>,
    (mut requirement, remember): (Requirement, Span),
    disabled: &[Factor],
) -> (Requirement, Span) {
    reader.only(table, &KNOWN);
    if table.get("steps").is_some() {
        requirement.steps = steps(reader, table, disabled);
    }
    for (key, span, least) in [
        ("hold_for", &mut requirement.hold_for, Span::from_secs(10)),
        ("release_within", &mut requirement.release_within, Span::from_secs(5)),
    ] {
        if let Some(parsed) = reader.parsed(table, key, str::parse::<Span>) {
            if parsed == Span::ZERO {
                reader.fault(table.at(key), format!("`{key}` must be more than nothing"), "");
            } else if parsed < least {
                let message = format!("nobody is as quick as `{key} = \"{parsed}\"`");
                reader.warn(table.at(key), message, "opening the prompt and finding the phone takes a while");
            }
            *span = parsed;
        }
    }
    let remember = reader.parsed(table, "remember", str::parse::<Span>).unwrap_or(remember);
    if remember > MOST_REMEMBERED {
        reader.fault(
            table.at("remember"),
            "an approval is remembered for 24 hours at most",
            "`remember` is for repeating the same action soon, e.g. `remember = \"10m\"`; `0s` remembers nothing",
        );
    }
    if let Some(client) = reader.choice(table, "client", &ClientMode::ALL.map(|mode| (mode.as_str(), mode))) {
        requirement.client = client;
    }
    if let Some(prompt) = reader.choice(table, "prompt", &PromptMode::ALL.map(|mode| (mode.as_str(), mode))) {
        requirement.prompt = prompt;
    }
    (requirement, remember)
}

fn steps(reader: &mut Reader<'_>, table: Table<'_>, disabled: &[Factor]) -> Vec<Step> {
    let tables = reader.tables(table, "steps");
    if tables.is_empty() {
        reader.fault(
            table.at("steps"),
            "a requirement without a step asks for nothing",
            "name at least one, e.g. `steps = [{ self = [\"passkey\", \"totp\"] }]`",
        );
    }
    tables.into_iter().filter_map(|step| one(reader, step, disabled)).collect()
}

fn one(reader: &mut Reader<'_>, step: Table<'_>, disabled: &[Factor]) -> Option<Step> {
    reader.only(step, &["self", "group", "user", "users", "quorum"]);
    for key in ["group", "user", "users"] {
        if step.get(key).is_some() {
            reader.fault(
                step.at(key),
                "steps with other approvers come with `To approve`, in a later version",
                "use `{ self = [...] }` until then",
            );
            return None;
        }
    }
    if step.get("quorum").is_some() {
        reader.fault(
            step.at("quorum"),
            "a quorum needs a group",
            "leave it out of a step that the requester meets",
        );
    }
    let Some(value) = step.get("self") else {
        reader.missing(step, "self", "a step names who proves it: `{ self = [\"passkey\", \"totp\"] }`");
        return None;
    };
    if let DeValue::Array(items) = value.get_ref()
        && items.is_empty()
    {
        reader.fault(value.span(), "no factor can meet this step", "name the factors that are accepted");
        return None;
    }
    let names = Factor::ALL.map(Factor::as_str);
    let mut factors = Vec::new();
    for (name, at) in reader.texts(step, "self") {
        match Factor::parse(name) {
            Some(factor) if factors.contains(&factor) => {}
            Some(factor) => factors.push(factor),
            None => reader.fault(at, format!("`{name}` is not a factor"), did_you_mean(name, &names)),
        }
    }
    let possible = |factor: &Factor| factor.can_be_enrolled() && !disabled.contains(factor);
    if !factors.is_empty() && !factors.iter().any(possible) {
        let enrolled: Vec<String> = Factor::ALL
            .iter()
            .filter(|factor| possible(factor))
            .map(|factor| format!("`{factor}`"))
            .collect();
        let off: Vec<String> =
            factors.iter().filter(|factor| disabled.contains(factor)).copied().map(switch).collect();
        let help = if off.is_empty() {
            format!("in this version users can have {}: add one of them", enrolled.join(" or "))
        } else {
            format!("add {}, or turn on {} in `[tenant.default]`", enrolled.join(" or "), off.join(" or "))
        };
        reader.fault(value.span(), "nobody can satisfy this step", help);
        return None;
    }
    let spare = |factor: &Factor| matches!(factor, Factor::Emergency | Factor::Recovery);
    let own: Vec<&Factor> = factors.iter().filter(|f| possible(f) && !spare(f)).collect();
    if !own.is_empty() && own.iter().all(|factor| matches!(factor, Factor::Email | Factor::Sms)) {
        reader.warn(
            value.span(),
            "only codes that are sent can satisfy this step",
            "by NIST SP 800-63B-4 §3.1.3 e-mail is no authenticator and text messages are a restricted one: accept another kind too",
        );
    }
    (!factors.is_empty()).then(|| Step::SelfApproval { policy: String::new(), factors })
}

/// What turns a factor on.
fn switch(factor: Factor) -> String {
    format!("`{factor}_codes`")
}
