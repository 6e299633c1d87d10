//! Quotas of held requests: charged in the commit that holds, taken off in the one that settles.
//!
//! **Invariant:** the quotas are counted in the commit that holds, by user and in all, requests and bytes: what would be over them is not held. The store
//! adds ([`Add`]), so that of many at once, at any number of gateways, none waits for another.
//! Called by `admit`, `release` and `sweep`.

use super::Flows;
use super::admit::Whose;
use crate::base::settings::Limits;
use crate::base::text::UserName;
use crate::store::record::Charge;
use crate::store::{Add, Commit, Key, keys};

impl Flows {
    /// The commit that counts one more, within the limits.
    pub(super) fn charging(&self, charge: &Charge) -> Commit {
        let Limits { user_held, user_bytes, all_held, all_bytes, .. } = self.0.parts.limits;
        let by = [1, signed(charge.bytes)];
        Commit::new()
            .add(keys::held_by(&charge.user), Add { by, most: [user_held.into(), user_bytes] })
            .add(keys::held_by_all(), Add { by, most: [all_held.into(), all_bytes] })
    }

    /// The commit that counts one less.
    pub(super) fn discharging(charge: &Charge) -> Commit {
        let less = Add { by: [-1, signed(charge.bytes).saturating_neg()], most: [0, 0] };
        Commit::new().add(keys::held_by(&charge.user), less).add(keys::held_by_all(), less)
    }
}

/// Whose quota a count is.
pub(super) fn whose(user: &UserName, over: &Key) -> Option<Whose> {
    if *over == keys::held_by(user) {
        return Some(Whose::User);
    }
    (*over == keys::held_by_all()).then_some(Whose::All)
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
