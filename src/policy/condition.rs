//! Conditions and expressions in CEL (`when`, `unless`, `{= ...}`).
//!
//! They see `method host path query headers fields json user client now`, where `fields` and `query` answer under the same rules as
//! templates, `user` has `name` and `groups`, and `now` is seconds since 1970. `over(value, limit)` and `under(value, limit)` compare
//! exact decimals, and hold for what is not one canonical number.
//!
//! **Invariant:** an expression that cannot be evaluated, or that looks at a field with several values, gives no answer: the
//! request is refused (`tests/it/policy_rules.rs`). Nothing here can loop or reach outside.

mod cost;
mod uses;
mod values;

use std::sync::{Arc, LazyLock};

use cel::{Context, Env, ExecutionError, Program, Value};

use super::names::Name;
use super::ruling::Unclear;
use super::view::View;
use crate::request::number::Decimal;
use uses::Uses;
pub(super) use uses::VARIABLES;

static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A checked expression.
pub(super) struct Expression {
    source: String,
    program: Program,
    uses: Uses,
}

/// What an expression looks at.
pub(super) struct Looks<'e> {
    /// Fields of query and body, by name.
    pub(super) fields: &'e [String],
    /// Fields of the query, by name.
    pub(super) query: &'e [String],
    /// Whether it may look at any field there is.
    pub(super) all_fields: bool,
    /// Headers by name; `None` when it may look at any.
    pub(super) headers: Option<&'e [String]>,
    /// Whether it looks at the client's address.
    pub(super) client: bool,
}

/// Why a text is no expression.
#[derive(Debug)]
pub(super) struct ExpressionFault {
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// Where in the source, in bytes, when known.
    pub(super) at: Option<std::ops::Range<usize>>,
}

impl Expression {
    /// Reads an expression and checks the names in it.
    pub(super) fn parse(source: &str) -> Result<Self, ExpressionFault> {
        let fault = |message, help, at| ExpressionFault { message, help, at };
        if source.is_empty() {
            return Err(fault("the expression is empty".to_owned(), None, None));
        }
        if source.len() > cost::MOST_BYTES {
            let message = format!("the expression is longer than {} bytes", cost::MOST_BYTES);
            return Err(fault(message, Some("split it into several policies".to_owned()), None));
        }
        let program = LANGUAGE.compile(source).map_err(|errors| {
            let first = errors.errors.first();
            let column = first.and_then(|error| usize::try_from(error.pos.1).ok()).unwrap_or(0);
            let line = first.and_then(|error| usize::try_from(error.pos.0).ok()).unwrap_or(1);
            let before: usize = source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
            ExpressionFault {
                message: first.map_or_else(|| "not an expression".to_owned(), |error| sentence(&error.msg)),
                help: Some("conditions are written in CEL, e.g. `\"treasury\" in user.groups`".to_owned()),
                at: Some(from(source, before + column.saturating_sub(1))),
            }
        })?;
        let place = |part| {
            let (start, stop) = program.source_info().offset_for(part)?;
            let (start, stop) = (usize::try_from(start).ok()?, usize::try_from(stop).ok()?);
            source.get(start..=stop.max(start)).map(|_| start..stop.max(start) + 1)
        };
        let uses = Uses::of(program.expression());
        if let Some(unknown) = uses.unknown() {
            let known = unknown.known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
            let message = format!("unknown {} `{}`", unknown.what, unknown.name);
            let at = source.find(unknown.name).map(|at| at..at + unknown.name.len());
            return Err(fault(
                message,
                Some(format!("known are {known}")),
                place(unknown.part).filter(|place| source.get(place.clone()) == Some(unknown.name)).or(at),
            ));
        }
        cost::check(program.expression())
            .map_err(|much| fault(much.message, Some(much.help.to_owned()), place(much.part)))?;
        Ok(Self { source: source.to_owned(), program, uses })
    }

    /// Whether it looks at the body.
    pub(super) fn needs_body(&self) -> bool {
        self.uses.reads("fields") || self.uses.reads("json")
    }

    /// Whether it looks at the user.
    pub(super) fn needs_user(&self) -> bool {
        self.uses.reads("user")
    }

    /// Whether it looks at the path.
    pub(super) fn reads_path(&self) -> bool {
        self.uses.reads("path")
    }

    /// The fields it looks up by a fixed name.
    pub(super) fn fixed_names(&self) -> impl Iterator<Item = &str> {
        self.uses.fields.names.iter().chain(&self.uses.query.names).map(String::as_str)
    }

    /// What it always says, when it looks at nothing of the request.
    pub(super) fn constant(&self) -> Option<bool> {
        if !self.uses.is_constant() {
            return None;
        }
        match self.execute(Context::with_env(LANGUAGE.clone())).ok()? {
            Value::Bool(always) => Some(always),
            _ => None,
        }
    }

    /// As written.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Whether it might show the value of the field `name`.
    pub(super) fn might_show(&self, name: &Name) -> bool {
        let fixed = |names: &[String]| names.iter().any(|used| name.covers(&Name::exactly(used)));
        let whole = self.uses.fields.dynamic || self.uses.query.dynamic || self.uses.reads("json");
        whole || fixed(&self.uses.fields.names) || fixed(&self.uses.query.names)
    }

    /// What it looks at, `method`, `host`, `path`, `user` and `now` aside.
    pub(super) fn looks(&self) -> Looks<'_> {
        let uses = &self.uses;
        Looks {
            fields: &uses.fields.names,
            query: &uses.query.names,
            all_fields: uses.fields.dynamic || uses.query.dynamic || uses.reads("json"),
            headers: (!uses.headers.dynamic).then_some(uses.headers.names.as_slice()),
            client: uses.reads("client"),
        }
    }

    /// Whether the condition holds.
    pub(super) fn holds(&self, view: &View<'_>) -> Result<bool, Unclear> {
        match self.evaluate(view)? {
            Value::Bool(holds) => Ok(holds),
            _ => Err(self.unclear()),
        }
    }

    /// The expression's value as text.
    pub(super) fn text(&self, view: &View<'_>) -> Result<String, Unclear> {
        match self.evaluate(view)? {
            Value::String(text) if !text.trim().is_empty() => Ok(text.to_string()),
            Value::Int(number) => Ok(number.to_string()),
            Value::UInt(number) => Ok(number.to_string()),
            Value::Float(number) => Ok(number.to_string()),
            Value::Bool(truth) => Ok(truth.to_string()),
            _ => Err(self.unclear()),
        }
    }

    fn evaluate(&self, view: &View<'_>) -> Result<Value, Unclear> {
        let mut context = Context::with_env(LANGUAGE.clone());
        for variable in VARIABLES.into_iter().filter(|variable| self.uses.reads(variable)) {
            context.add_variable_from_value(variable, values::variable(variable, view, &self.uses)?);
        }
        self.execute(context)
    }

    fn execute(&self, mut context: Context<'_, '_>) -> Result<Value, Unclear> {
        for (function, asked) in [("over", std::cmp::Ordering::Greater), ("under", std::cmp::Ordering::Less)]
        {
            let compare = move |value: Value, limit: Value| -> Result<Value, ExecutionError> {
                let limit = decimal(&limit)
                    .ok_or_else(|| ExecutionError::function_error(function, "the limit is no number"))?;
                Ok(Value::Bool(decimal(&value).is_none_or(|value| value.cmp(&limit) == asked)))
            };
            context.add_function(function, compare).map_err(|_| self.unclear())?;
        }
        self.program.execute(&context).map_err(|_| self.unclear())
    }

    fn unclear(&self) -> Unclear {
        Unclear::Expression(self.source.clone())
    }
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}

/// The word at a place of the source, or its last character.
fn from(source: &str, at: usize) -> std::ops::Range<usize> {
    let at = at.min(source.len().saturating_sub(1));
    let rest = source.get(at..).unwrap_or_default();
    let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let first = rest.chars().next().map_or(0, char::len_utf8);
    at..at + word.max(first)
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Int(number) => Decimal::parse(&number.to_string()),
        Value::UInt(number) => Decimal::parse(&number.to_string()),
        Value::Float(number) => Decimal::parse(&number.to_string()),
        Value::String(text) => Decimal::parse(text),
        _ => None,
    }
}

/// The parser's message in the house's style.
fn sentence(message: &str) -> String {
    let message = message.trim().trim_end_matches('.');
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    message.replace('\'', "`")
}
