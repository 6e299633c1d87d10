//! An operator has a phone paired: the terminal is the requesting screen.

use serde::{Deserialize, Serialize};

use crate::directory::pairing::Screen;

use super::super::enrol_phone::Stage;
use super::super::{Flows, Unavailable};
use super::{Reply, no_user, refuse};

/// How far a pairing is, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum PairingView {
    /// No phone has claimed it yet.
    Waiting,
    /// One has: its user must type the number.
    Claimed {
        /// What the phone calls itself.
        device: String,
        /// Six digits.
        number: String,
    },
    /// Done.
    Paired {
        /// The id of the new authenticator.
        id: String,
        /// What the phone calls itself.
        device: String,
    },
    /// A wrong number was typed, or the time ran out.
    Over,
}

impl Flows {
    pub(super) async fn pairing_begin(&self, name: &str) -> Result<Reply, Unavailable> {
        let Some(user) = self.user(name).await? else { return refuse(no_user(name)) };
        let begun = self.pair_phone(&user.name, Screen::Operator).await?;
        Ok(Reply::Pairing {
            handle: begun.handle,
            code: begun.code,
            url: begun.url,
            expires_at: begun.expires_at.to_string(),
        })
    }

    pub(super) async fn pairing_stage(&self, name: &str, handle: &str) -> Result<Reply, Unavailable> {
        let Some(user) = self.user(name).await? else { return refuse(no_user(name)) };
        Ok(Reply::PairingStage(match self.pairing(&user.name, handle).await? {
            Some(Stage::Waiting) => PairingView::Waiting,
            Some(Stage::Claimed { device, number }) => PairingView::Claimed { device, number },
            Some(Stage::Paired { authenticator, device }) => {
                PairingView::Paired { id: authenticator.to_string(), device }
            }
            Some(Stage::Over) | None => PairingView::Over,
        }))
    }
}
