//! One request as the policies look at it while one ruling is made.

use std::cell::OnceCell;

use super::calls::beside;
use super::facts::Facts;
use super::names::{Index, Name};
use super::ruling::Unclear;
use crate::request::fields::{Field, Fields};
use crate::request::graphql::{self, Graphql};
use crate::request::refusal::Refusal;
use crate::request::rpc::{self, Call};

/// Facts with their fields indexed once.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) facts: Facts<'a>,
    /// The fields of query and body; for a policy on calls those of the calls that match.
    pub(super) index: Index<'a>,
    /// The fields of the query alone.
    pub(super) query: Index<'a>,
    /// What no policy that may apply wants shown.
    pub(super) masks: Vec<Name>,
    graphql: OnceCell<Result<Graphql, Refusal>>,
    rpc: OnceCell<Result<Vec<Call>, Refusal>>,
}

impl<'a> View<'a> {
    pub(super) fn new(facts: &Facts<'a>, masks: Vec<Name>) -> Self {
        Self::over(facts, Index::of(facts), masks)
    }

    fn over(facts: &Facts<'a>, index: Index<'a>, masks: Vec<Name>) -> Self {
        let cookies = || facts.cookies.into_iter().flat_map(Fields::iter);
        let query = Index::new(facts.query.iter().chain(cookies()));
        Self { facts: *facts, index, query, masks, graphql: OnceCell::new(), rpc: OnceCell::new() }
    }

    /// The same request, of which only these calls are looked at.
    pub(super) fn of_calls<'b>(&self, said: &'b [Field]) -> View<'b>
    where
        'a: 'b,
    {
        let facts: Facts<'b> = self.facts;
        let index = Index::new(said.iter().chain(beside(&facts)));
        View::over(&facts, index, self.masks.clone())
    }

    /// What is asked of a GraphQL server; read once, when a policy asks.
    pub(super) fn graphql(&self) -> Result<&Graphql, Unclear> {
        let read = || graphql::read(self.facts.query, self.facts.body.unwrap_or(&Fields::default()));
        self.graphql.get_or_init(read).as_ref().map_err(|refusal| Unclear::Unreadable(refusal.clone()))
    }

    /// The JSON-RPC calls; read once, when a policy asks.
    pub(super) fn rpc(&self) -> Result<&[Call], Unclear> {
        let read = || rpc::read(self.facts.query, self.facts.body.unwrap_or(&Fields::default()));
        let calls = self.rpc.get_or_init(read).as_ref();
        calls.map(Vec::as_slice).map_err(|refusal| Unclear::Unreadable(refusal.clone()))
    }
}
