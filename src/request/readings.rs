//! Every plausible reading of a target that servers read in different ways.
//!
//! Most targets have one reading ([`CanonicalPath`]). For the others this is the closure of the raw path under what some server, framework
//! or proxy is known to do to one ([`STEPS`]): each step gives further readings beside those it starts from, since reading
//! too much is as dangerous as reading too little (`/admin/../x` is `/x` to one server and `/admin` to another). Letter case, a
//! slash at the end and a format suffix are not steps: the patterns of policies are matched without them.
//!
//! **Invariant:** the set is bounded in number and bytes; a target with more readings is refused, never read in part.
//! Called by `normalise` only; `policy::judge` asks about each [`Target`].

pub mod steps;

use std::collections::HashMap;

use super::body::BodyLimits;
use super::fields::{Fields, Place};
use super::path::CanonicalPath;
use super::refusal::Refusal;
use super::urlencoded;
use crate::base::dialect::Dialect;
use steps::{Reading, STEPS, closure};

/// The most readings of one target.
pub const MOST: usize = 300;

/// One reading of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The path, decoded as far as this reading goes. Begins with `/`.
    pub path: String,
    /// The fields of the query, or why it cannot be read.
    pub query: Result<Fields, Refusal>,
    /// The fields for a server that decodes the query before it splits it, where that makes others.
    pub split_late: Option<Fields>,
    /// Whether a lenient reader would find a `_method` in the query.
    pub claims_method: bool,
}

/// The readings of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    readings: Vec<Target>,
    why: Option<Refusal>,
}

impl Targets {
    /// Reads a raw path and query as an application of this dialect may.
    ///
    /// # Errors
    /// What no server should be sent on any route, and a target with more than [`MOST`] readings.
    pub fn read(path: &str, query: Option<&str>, dialect: &Dialect) -> Result<Self, Refusal> {
        let fields = |query: &str| {
            let limits = BodyLimits::new(u64::MAX).reading_as(dialect);
            urlencoded::read(Place::Query, query.as_bytes(), &limits, dialect.query_semicolon)
        };
        let query = query.unwrap_or_default();
        match CanonicalPath::parse(path.as_bytes(), dialect) {
            Ok(canonical) => {
                let only = Target {
                    path: canonical.as_str().to_owned(),
                    query: fields(query),
                    split_late: urlencoded::split_late(query),
                    claims_method: urlencoded::asks_for_method(query.as_bytes()),
                };
                Ok(Self { readings: vec![only], why: None })
            }
            Err(refusal @ (Refusal::TargetForm | Refusal::TargetByte | Refusal::PathCharacter)) => {
                Err(refusal)
            }
            Err(Refusal::Backslash) if path.contains('\\') => Err(Refusal::Backslash),
            Err(why) => {
                let closure = closure(path, query, &STEPS).ok_or(Refusal::TooManyReadings(MOST))?;
                let mut known: HashMap<String, Target> = HashMap::new();
                let mut readings = Vec::with_capacity(closure.len());
                for Reading { path, query } in closure {
                    let of_query = known.entry(query).or_insert_with_key(|query| Target {
                        path: String::new(),
                        query: fields(query),
                        split_late: urlencoded::split_late(query),
                        claims_method: urlencoded::asks_for_method(query.as_bytes()),
                    });
                    readings.push(Target { path, ..of_query.clone() });
                }
                Ok(Self { readings, why: Some(why) })
            }
        }
    }

    /// All of them, at least one.
    pub fn iter(&self) -> impl Iterator<Item = &Target> {
        self.readings.iter()
    }

    /// The only one; `None` when there are several.
    pub fn only(&self) -> Option<&Target> {
        match self.readings.as_slice() {
            [only] if self.why.is_none() => Some(only),
            _ => None,
        }
    }

    /// Whether a query means other fields to a server that decodes it before it splits it.
    pub fn are_split_late(&self) -> bool {
        self.readings.iter().any(|target| target.split_late.is_some())
    }

    /// What servers read in different ways; `None` for a target with one reading.
    pub fn why(&self) -> Option<&Refusal> {
        self.why.as_ref()
    }
}
