//! Policies on calls: GraphQL operations and JSON-RPC methods, judged one by one within a request.
//!
//! Conditions and templates of such a policy see the values of the calls that match, as fields: arguments as `/deleteUser/id`, the name of
//! the root field as `graphql`, JSON-RPC as `/method` and `/params/...`, wherever in a batch they stand.
//!
//! **Invariant:** a request that should hold a call and holds none that can be read is unclear, and so is a persisted id that the policy does
//! not list. Parameters without names count as matching.

use super::facts::Facts;
use super::names::{Index, Name};
use super::ruling::Unclear;
use super::values::Test;
use super::view::View;
use crate::base::text::visible;
use crate::request::Refusal;
use crate::request::fields::{Field, FieldValue, Fields, Place};
use crate::request::graphql::{Graphql, Kind};
use crate::request::rpc::Call;

/// What `application/graphql` means to a policy that does not ask about GraphQL.
const GRAPHQL_TYPE: &str = "application/graphql";

/// The calls a policy is about. At least one of the two is there.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) graphql: Option<GraphqlMatch>,
    pub(super) rpc: Option<RpcMatch>,
}

/// `match.graphql`. Absent conditions are empty lists and hold for all.
#[derive(Debug)]
pub(super) struct GraphqlMatch {
    pub(super) kinds: Vec<Kind>,
    pub(super) fields: Vec<String>,
    /// Persisted ids that are known to do nothing the policy is about.
    pub(super) persisted: Vec<String>,
}

/// `match.rpc`.
#[derive(Debug)]
pub(super) struct RpcMatch {
    pub(super) method: Option<Test>,
    pub(super) params: Vec<(Name, Test)>,
}

impl Calls {
    /// What the calls that match say; `None` when there is none. `Err` when that cannot be told.
    pub(super) fn said(&self, view: &View<'_>) -> Result<Option<Vec<Field>>, Unclear> {
        let mut said = Vec::new();
        if let Some(graphql) = &self.graphql {
            match graphql.said(view.graphql()?, has_body(view))? {
                Some(fields) => said.extend(fields),
                None => return Ok(None),
            }
        }
        if let Some(rpc) = &self.rpc {
            match rpc.said(view.rpc()?) {
                Some(fields) => said.extend(fields),
                None => return Ok(None),
            }
        }
        Ok(Some(said))
    }

    /// Whether a body of this type is one that only a policy on GraphQL can judge, and `calls` is no such policy.
    pub(super) fn is_foreign(calls: Option<&Self>, content_type: Option<&str>) -> Result<(), Unclear> {
        let judges = calls.is_some_and(|calls| calls.graphql.is_some());
        if content_type == Some(GRAPHQL_TYPE) && !judges {
            return Err(Unclear::Unreadable(Refusal::UnknownContent(GRAPHQL_TYPE.to_owned())));
        }
        Ok(())
    }
}

fn has_body(view: &View<'_>) -> bool {
    view.facts.body.is_some_and(|body| !body.is_empty())
}

impl GraphqlMatch {
    fn said(&self, found: &Graphql, has_body: bool) -> Result<Option<Vec<Field>>, Unclear> {
        if found.documents == 0 && found.persisted.is_empty() {
            return if has_body { Err(Unclear::NoDocument) } else { Ok(None) };
        }
        if let Some(id) = found.persisted.iter().find(|id| id.is_empty() || !self.persisted.contains(id)) {
            return Err(Unclear::Persisted(visible(id, 80)));
        }
        let mut said = Vec::new();
        let mut any = false;
        for root in &found.selected {
            let kind = self.kinds.is_empty() || self.kinds.contains(&root.kind);
            if !kind || !(self.fields.is_empty() || self.fields.contains(&root.name)) {
                continue;
            }
            any = true;
            let value = FieldValue::Text(root.name.clone());
            said.push(Field { place: Place::Json, name: "/graphql".to_owned(), value });
            said.extend(root.arguments.iter().cloned());
        }
        Ok(any.then_some(said))
    }
}

impl RpcMatch {
    fn said(&self, calls: &[Call]) -> Option<Vec<Field>> {
        let matching: Vec<&Call> = calls.iter().filter(|call| self.matches(call)).collect();
        (!matching.is_empty()).then(|| matching.into_iter().flat_map(Call::fields).collect())
    }

    fn matches(&self, call: &Call) -> bool {
        if self.method.as_ref().is_some_and(|test| !test.holds(std::iter::once(&call.method))) {
            return false;
        }
        let index = Index::new(call.params.iter());
        call.positional || self.params.iter().all(|(name, test)| index.meets(name, test))
    }
}

/// The fields of a request that are no JSON: beside a call, these still name things.
pub(super) fn beside<'a>(facts: &Facts<'a>) -> impl Iterator<Item = &'a Field> + use<'a> {
    let others = [facts.body, facts.cookies].into_iter().flatten().flat_map(Fields::iter);
    facts.query.iter().chain(others).filter(|field| field.place != Place::Json)
}
