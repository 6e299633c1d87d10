//! The arguments of a root field as fields: literals as they are, variables by the values the request gives them.
//!
//! **Invariant:** where it is open which value a server takes for a variable, all of them are given; who shows one refuses then.

use apollo_parser::cst::{Arguments, CstNode as _, Value, VariableDefinitions};

use crate::request::fields::{Field, FieldValue, Fields, Place, escape_pointer};
use crate::request::refusal::Refusal;

/// The variables of one operation.
pub(super) struct Variables<'v> {
    defaults: Vec<(String, Value)>,
    /// What every place says, that of the document first.
    given: &'v [&'v Fields],
}

impl<'v> Variables<'v> {
    pub(super) fn new(definitions: Option<VariableDefinitions>, given: &'v [&'v Fields]) -> Self {
        let defaults = definitions
            .into_iter()
            .flat_map(|definitions| definitions.variable_definitions())
            .filter_map(|definition| {
                let name = definition.variable()?.name()?.text().to_string();
                Some((name, definition.default_value()?.value()?))
            });
        Self { defaults: defaults.collect(), given }
    }
}

/// The arguments of the field `field`, at most `most` values.
pub(super) fn arguments(
    field: &str,
    arguments: Option<Arguments>,
    variables: &Variables<'_>,
    most: usize,
) -> Result<Vec<Field>, Refusal> {
    let mut values = Values { variables, found: Vec::new(), most };
    for argument in arguments.into_iter().flat_map(|arguments| arguments.arguments()) {
        let (Some(name), Some(value)) = (argument.name(), argument.value()) else {
            return Err(Refusal::Graphql("the document does not parse"));
        };
        values.take(&format!("/{field}/{}", name.text()), &value, true)?;
    }
    Ok(values.found)
}

struct Values<'v> {
    variables: &'v Variables<'v>,
    found: Vec<Field>,
    most: usize,
}

impl Values<'_> {
    /// `open`: whether a variable may stand here; a default value holds none.
    fn take(&mut self, at: &str, value: &Value, open: bool) -> Result<(), Refusal> {
        let malformed = || Refusal::Graphql("the document does not parse");
        match value {
            Value::Variable(variable) if open => {
                let name = variable.name().ok_or_else(malformed)?.text().to_string();
                return self.variable(at, &name);
            }
            Value::Variable(_) => return Err(malformed()),
            Value::StringValue(text) => self.push(at, FieldValue::Text(String::from(text)))?,
            Value::IntValue(number) => {
                self.push(at, FieldValue::Number(number.source_string().trim().to_owned()))?;
            }
            Value::FloatValue(number) => {
                self.push(at, FieldValue::Number(number.source_string().trim().to_owned()))?;
            }
            Value::BooleanValue(truth) => self.push(at, FieldValue::Bool(truth.true_token().is_some()))?,
            Value::NullValue(_) => self.push(at, FieldValue::Null)?,
            Value::EnumValue(word) => {
                self.push(at, FieldValue::Text(word.name().ok_or_else(malformed)?.text().to_string()))?;
            }
            Value::ListValue(list) => {
                self.push(at, FieldValue::Composite)?;
                for (index, item) in list.values().enumerate() {
                    self.take(&format!("{at}/{index}"), &item, open)?;
                }
            }
            Value::ObjectValue(object) => {
                self.push(at, FieldValue::Composite)?;
                for member in object.object_fields() {
                    let (Some(name), Some(value)) = (member.name(), member.value()) else {
                        return Err(malformed());
                    };
                    self.take(&format!("{at}/{}", name.text()), &value, open)?;
                }
            }
        }
        Ok(())
    }

    fn variable(&mut self, at: &str, name: &str) -> Result<(), Refusal> {
        let place = format!("/{}", escape_pointer(name));
        let mut own = true;
        for given in self.variables.given {
            let mut there = false;
            for field in given.iter() {
                let Some(rest) = field.name.strip_prefix(&place) else { continue };
                if rest.is_empty() || rest.starts_with('/') {
                    there = true;
                    self.push(&format!("{at}{rest}"), field.value.clone())?;
                }
            }
            let default = self.variables.defaults.iter().find(|(known, _)| known == name);
            if let Some((_, value)) = default.filter(|_| own && !there) {
                self.take(at, &value.clone(), false)?;
            }
            own = false;
        }
        Ok(())
    }

    fn push(&mut self, at: &str, value: FieldValue) -> Result<(), Refusal> {
        if self.found.len() >= self.most {
            return Err(Refusal::Graphql("there are too many arguments"));
        }
        if matches!(&value, FieldValue::Text(text) if text.contains('\0')) {
            return Err(Refusal::FieldControl);
        }
        self.found.push(Field { place: Place::Json, name: at.to_owned(), value });
        Ok(())
    }
}
