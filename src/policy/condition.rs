//! Conditions and expressions in CEL (`when`, `unless`, `{= ...}`).
//!
//! They see `method host path query headers fields json user client now`, where `fields` and `query` answer under the same rules as
//! templates, `user` has `name` and `groups`, and `now` is seconds since 1970. `over(value, limit)` and `under(value, limit)` compare
//! exact decimals, and hold for what is not one canonical number.
//!
//! **Invariant:** an expression that cannot be evaluated, or that looks at a field with several values, gives no answer: the
//! request is refused (`tests/it/policy_rules.rs`). Nothing here can loop or reach outside.

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
    pub(super) at: Option<usize>,
}

impl Expression {
    /// Reads an expression and checks the names in it.
    pub(super) fn parse(source: &str) -> Result<Self, ExpressionFault> {
        let fault = |message, help| ExpressionFault { message, help, at: None };
        if source.is_empty() {
            return Err(fault("the expression is empty".to_owned(), None));
        }
        let program = LANGUAGE.compile(source).map_err(|errors| {
            let first = errors.errors.first();
            let column = first.and_then(|error| usize::try_from(error.pos.1).ok()).unwrap_or(0);
            let line = first.and_then(|error| usize::try_from(error.pos.0).ok()).unwrap_or(1);
            let before: usize = source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
            ExpressionFault {
                message: first.map_or_else(|| "not an expression".to_owned(), |error| sentence(&error.msg)),
                help: Some("conditions are written in CEL, e.g. `\"treasury\" in user.groups`".to_owned()),
                at: Some((before + column.saturating_sub(1)).min(source.len())),
            }
        })?;
        let uses = Uses::of(program.expression());
        if let Some((what, name, known)) = uses.unknown() {
            let known = known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
            return Err(fault(format!("unknown {what} `{name}`"), Some(format!("known are {known}"))));
        }
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
