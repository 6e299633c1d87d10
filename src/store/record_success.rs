//! What the answer to a held request is expected to be, and what became of that, as parts of its row.
//!
//! **Invariant:** rows of earlier versions expect nothing.

use serde::{Deserialize, Serialize};

use crate::approval::Reception;
use crate::policy::success::{Expected, Input, Success};

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedRow {
    success: Vec<SuccessRow>,
    input: Vec<(String, String)>,
    more: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SuccessRow {
    status: Vec<String>,
    not_location: Vec<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ReceptionRow {
    #[default]
    NotAsked,
    Taken,
    Refused {
        leads_to: Option<String>,
    },
}

impl From<&Expected> for ExpectedRow {
    fn from(expected: &Expected) -> Self {
        let row = |success: &Success| SuccessRow {
            status: success.status.iter().map(ToString::to_string).collect(),
            not_location: success.not_location.clone(),
        };
        Self {
            success: expected.success.iter().map(row).collect(),
            input: expected.input.entries.clone(),
            more: expected.input.more,
        }
    }
}

impl ExpectedRow {
    pub(super) fn into_state(self) -> Result<Expected, &'static str> {
        let success = self.success.into_iter().map(|row| {
            let status: Result<_, _> = row.status.iter().map(|status| status.parse()).collect();
            let status = status.map_err(|_| "it expects an unknown status")?;
            Ok(Success { status, not_location: row.not_location })
        });
        Ok(Expected {
            success: success.collect::<Result<_, &'static str>>()?,
            input: Input { entries: self.input, more: self.more },
        })
    }
}

impl From<Reception> for ReceptionRow {
    fn from(reception: Reception) -> Self {
        match reception {
            Reception::NotAsked => Self::NotAsked,
            Reception::Taken => Self::Taken,
            Reception::Refused { leads_to } => Self::Refused { leads_to },
        }
    }
}

impl From<ReceptionRow> for Reception {
    fn from(row: ReceptionRow) -> Self {
        match row {
            ReceptionRow::NotAsked => Self::NotAsked,
            ReceptionRow::Taken => Self::Taken,
            ReceptionRow::Refused { leads_to } => Self::Refused { leads_to },
        }
    }
}
