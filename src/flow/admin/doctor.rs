//! What a gateway finds of itself: whether its store takes changes, and whether somebody can satisfy each policy now.
//!
//! **Invariant:** a finding names policies, factors and counts; no user, and nothing that is secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::policy::{Factor, Step};
use crate::store::keys;

use super::super::{Flows, Unavailable, unavailable};

/// How many records are looked at at a time.
const BATCH: usize = 500;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, and may not for long, or not for everybody.
    Warning,
    /// Something does not work.
    Fault,
}

/// What was found of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked at, e.g. `upstream bank http://127.0.0.1:9000`.
    pub check: String,
    /// How bad it is.
    pub level: Level,
    /// What was seen.
    pub seen: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub advice: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(check: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { check: check.into(), level: Level::Ok, seen: seen.into(), advice: None }
    }

    /// It works, and may not for long.
    pub fn warning(check: impl Into<String>, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Warning, advice: Some(advice.into()), ..Self::ok(check, seen) }
    }

    /// It does not work.
    pub fn fault(check: impl Into<String>, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Fault, advice: Some(advice.into()), ..Self::ok(check, seen) }
    }
}

impl Flows {
    /// What is found of store and policies.
    pub(super) async fn examined(&self) -> Vec<Finding> {
        if let Err(error) = self.health().await {
            let advice = "guarded requests are refused until it can be read and written";
            return vec![Finding::fault("store", error.to_string(), advice)];
        }
        let mut found = vec![Finding::ok("store", "can be read and written")];
        match self.store().remarks(self.now()).await {
            Ok(remarks) => {
                found.extend(remarks.into_iter().map(|one| Finding::warning("store", one.seen, one.advice)));
            }
            Err(error) => found.push(Finding::warning("store", error.to_string(), "look at its log")),
        }
        match self.satisfiable().await {
            Ok(policies) => found.extend(policies),
            Err(error) => found.push(Finding::fault("policies", error.to_string(), "look at the store")),
        }
        found
    }

    async fn satisfiable(&self) -> Result<Vec<Finding>, Unavailable> {
        let owned = self.factors_in_use().await?;
        let policies = self.0.parts.policies.load_full();
        let mut found = Vec::new();
        for (policy, requirement) in policies.requirements() {
            let check = format!("policy {policy}");
            let open = requirement.steps.iter().find(|step| {
                let Step::SelfApproval { factors, .. } = step;
                !factors.iter().any(|factor| owned.contains_key(factor))
            });
            found.push(match open {
                None => Finding::ok(check, "somebody has an authenticator for each of its steps"),
                Some(Step::SelfApproval { factors, .. }) => {
                    let names: Vec<&str> = factors.iter().map(|factor| factor.as_str()).collect();
                    let seen = format!("nobody has an authenticator that it accepts: {}", names.join(", "));
                    Finding::fault(check, seen, "enrol users, or let the policy accept what they have")
                }
            });
        }
        Ok(found)
    }

    /// How many authenticators of each kind count now.
    async fn factors_in_use(&self) -> Result<BTreeMap<Factor, u64>, Unavailable> {
        let (mut owned, mut after) = (BTreeMap::new(), None);
        loop {
            let page = self.page(&keys::all_authenticators(), &mut after, BATCH).await?;
            if page.is_empty() {
                return Ok(owned);
            }
            for (key, row) in &page {
                let one = self.records().open_authenticator(key, &row.value).map_err(unavailable)?;
                if one.usable(self.now()) && one.counts(self.now()) {
                    *owned.entry(one.kind()).or_default() += 1;
                }
            }
        }
    }
}
