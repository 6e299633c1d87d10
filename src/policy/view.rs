//! One request as the policies look at it while one ruling is made.

use super::facts::Facts;
use super::names::{Index, Name};
use crate::request::Fields;

/// Facts with their fields indexed once.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) facts: Facts<'a>,
    /// The fields of query and body.
    pub(super) index: Index<'a>,
    /// The fields of the query alone.
    pub(super) query: Index<'a>,
    /// What no policy that may apply wants shown.
    pub(super) masks: Vec<Name>,
}

impl<'a> View<'a> {
    pub(super) fn new(facts: &Facts<'a>, masks: Vec<Name>) -> Self {
        let cookies = || facts.cookies.into_iter().flat_map(Fields::iter);
        let query = Index::new(facts.query.iter().chain(cookies()));
        Self { facts: *facts, index: Index::of(facts), query, masks }
    }
}
