//! One GraphQL document: what its operations select at their roots.
//!
//! The parser is apollo-parser: it keeps to the specification, has limits on nesting and tokens of its own, tested against stack
//! overflow, which graphql-parser and async-graphql-parser lack or fix at build time, and it reports every error instead of skipping.
//!
//! **Invariant:** neither nesting nor a chain of fragments is followed deeper than [`DEPTH`], nor more than [`TOKENS`] tokens read, so no document
//! overflows the stack (`graphql_bombs_are_refused`). **Invariant:** directives are not evaluated: `@skip` and `@include` select.

use std::collections::HashMap;

use apollo_parser::Parser;
use apollo_parser::cst::{
    Definition, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};

use super::arguments::{Variables, arguments};
use super::{Kind, MOST, RootField};
use crate::request::fields::Fields;
use crate::request::refusal::Refusal;

/// How deep selections, values and fragments may nest.
const DEPTH: usize = 64;
/// The most tokens of a document.
const TOKENS: usize = 20_000;

/// Adds what `text` selects; `variables` is what every place says about them, that of the same entry first.
pub(super) fn read(text: &str, variables: &[&Fields], selected: &mut Vec<RootField>) -> Result<(), Refusal> {
    let tree = Parser::new(text).recursion_limit(DEPTH).token_limit(TOKENS).parse();
    if tree.recursion_limit().high >= DEPTH || tree.token_limit().high >= TOKENS {
        return Err(Refusal::Graphql("the document is nested too deeply or too long"));
    }
    if tree.errors().len() > 0 {
        return Err(Refusal::Graphql("the document does not parse"));
    }
    let (mut operations, mut fragments) = (Vec::new(), HashMap::new());
    for definition in tree.document().definitions() {
        match definition {
            Definition::OperationDefinition(operation) => operations.push(operation),
            Definition::FragmentDefinition(fragment) => {
                let name =
                    fragment.fragment_name().and_then(|name| name.name()).map(|name| name.text().to_string());
                if fragments.insert(name.unwrap_or_default(), fragment).is_some() {
                    return Err(Refusal::Graphql("two fragments have the same name"));
                }
            }
            _ => {
                return Err(Refusal::Graphql(
                    "the document holds something other than operations and fragments",
                ));
            }
        }
    }
    if operations.is_empty() {
        return Err(Refusal::Graphql("the document holds no operation"));
    }
    for operation in operations {
        let variables = Variables::new(operation.variable_definitions(), variables);
        let mut walk = Walk {
            kind: kind(&operation),
            fragments: &fragments,
            variables,
            seen: Vec::new(),
            path: Vec::new(),
            selected,
        };
        walk.selections(operation.selection_set())?;
    }
    Ok(())
}

fn kind(operation: &OperationDefinition) -> Kind {
    match operation.operation_type() {
        Some(kind) if kind.mutation_token().is_some() => Kind::Mutation,
        Some(kind) if kind.subscription_token().is_some() => Kind::Subscription,
        Some(_) | None => Kind::Query,
    }
}

/// The walk over the root of one operation.
struct Walk<'d> {
    kind: Kind,
    fragments: &'d HashMap<String, FragmentDefinition>,
    variables: Variables<'d>,
    /// Fragments that have been walked: what they select is the same each time.
    seen: Vec<String>,
    /// Fragments that are being walked.
    path: Vec<String>,
    selected: &'d mut Vec<RootField>,
}

impl Walk<'_> {
    fn selections(&mut self, set: Option<SelectionSet>) -> Result<(), Refusal> {
        let set = set.ok_or(Refusal::Graphql("an operation or fragment selects nothing"))?;
        for selection in set.selections() {
            match selection {
                Selection::Field(field) => self.field(&field)?,
                Selection::InlineFragment(fragment) => self.selections(fragment.selection_set())?,
                Selection::FragmentSpread(spread) => {
                    let name = spread
                        .fragment_name()
                        .and_then(|name| name.name())
                        .map(|name| name.text().to_string());
                    self.fragment(name.unwrap_or_default())?;
                }
            }
        }
        Ok(())
    }

    fn fragment(&mut self, name: String) -> Result<(), Refusal> {
        if self.path.contains(&name) {
            return Err(Refusal::Graphql("a fragment uses itself"));
        }
        if self.path.len() >= DEPTH {
            return Err(Refusal::Graphql("the document is nested too deeply or too long"));
        }
        if self.seen.contains(&name) {
            return Ok(());
        }
        let fragment = self.fragments.get(&name).ok_or(Refusal::Graphql("a fragment is not defined"))?;
        self.path.push(name);
        self.selections(fragment.selection_set())?;
        self.seen.extend(self.path.pop());
        Ok(())
    }

    fn field(&mut self, field: &Field) -> Result<(), Refusal> {
        let name = field.name().ok_or(Refusal::Graphql("the document does not parse"))?.text().to_string();
        let held: usize = self.selected.iter().map(|root| root.arguments.len() + 1).sum();
        let arguments = arguments(&name, field.arguments(), &self.variables, MOST.saturating_sub(held + 1))?;
        self.selected.push(RootField { kind: self.kind, name, arguments });
        Ok(())
    }
}
