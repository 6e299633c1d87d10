//! A phone is paired: a code on the requesting screen (QR), a phone that claims it with its key, and a number that leads back.
//!
//! **Invariant:** only the fingerprint of the code is stored; it is claimed once, within ten minutes ([`Pairing`]).
//! **Invariant:** whoever claims must have the private key, and must type the number that the requesting screen shows after the claim: a
//! photographed QR code does not suffice. One wrong number ends the pairing (`tests/it/phone_pairing.rs`).
//!
//! The requesting screen is the own account, or an operator's terminal (`token add push`).

use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::secret::Secret;
use crate::base::text::{Label, UserName};
use crate::base::time::Timestamp;
use crate::directory::pairing::{CODE_BYTES, Confirmed, Screen, code_fingerprint};
use crate::directory::{AuthenticatorState, Pairing, PairingState};
use crate::factors::Phone;
use crate::factors::phone::{DeviceKey, SIGNATURE, call};
use crate::store::{Changes, Commit, Key, keys};

use super::{Flows, RETENTION, TRIES, Unavailable, contended, lost_race, unavailable};

/// A pairing that was begun: what the requesting screen shows.
pub struct Begun {
    /// Names the pairing for the requesting screen; no secret.
    pub handle: String,
    /// The code, for typing: it is the secret. Only its fingerprint is kept.
    pub code: String,
    /// The same as an address, for the QR code. The code stands behind `#`, so that no server sees it on the way.
    pub url: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// How far a pairing is, for the requesting screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// No phone has claimed it yet.
    Waiting,
    /// One has: its user must type this number on it.
    Claimed {
        /// What the phone calls itself.
        device: String,
        /// Six digits.
        number: String,
    },
    /// The phone is paired.
    Paired {
        /// The new authenticator.
        authenticator: Id<id::Authenticator>,
        /// What the phone calls itself.
        device: String,
    },
    /// A wrong number was typed, it was taken back, or its time ran out.
    Over,
}

/// What came of a step that a phone took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The code is claimed: the number on the requesting screen comes next.
    Claimed,
    /// Paired.
    Paired {
        /// The new authenticator.
        authenticator: Id<id::Authenticator>,
        /// Whose.
        user: String,
    },
    /// The number was wrong: the pairing is over.
    Wrong,
    /// The code is unknown, used, or too old; or the phone did not sign.
    NotGood,
}

impl Flows {
    /// Begins the pairing of a phone with a user. The caller has found the user entitled.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn pair_phone(&self, user: &UserName, screen: Screen) -> Result<Begun, Unavailable> {
        let code = Secret::random(CODE_BYTES, self.entropy())
            .expose(|bytes| data_encoding::BASE32_NOPAD.encode(bytes));
        let print = code_fingerprint(&code);
        let pairing = Pairing::new(user.clone(), screen, self.now());
        let (key, expires_at) = (keys::pairing(&print), pairing.expires_at);
        let value = self.records().seal_pairing(&key, &pairing);
        self.store().commit(Commit::new().create(key, value, Some(expires_at))).await.map_err(unavailable)?;
        let url = format!("{}/phone/pair#{code}", self.portal());
        Ok(Begun { handle: data_encoding::HEXLOWER.encode(&print), code, url, expires_at })
    }

    /// How far a pairing is; `None` when it is not this user's.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn pairing(&self, user: &UserName, handle: &str) -> Result<Option<Stage>, Unavailable> {
        let Some(key) = named(handle) else { return Ok(None) };
        let Some((_, pairing)) = self.pairing_at(&key).await? else { return Ok(None) };
        if pairing.user != *user {
            return Ok(None);
        }
        let runs = pairing.runs(self.now());
        Ok(Some(match pairing.state {
            PairingState::Paired { authenticator, device } => {
                Stage::Paired { authenticator, device: device.to_string() }
            }
            PairingState::Open if runs => Stage::Waiting,
            PairingState::Claimed { device, number, .. } if runs => {
                Stage::Claimed { device: device.to_string(), number }
            }
            PairingState::Open | PairingState::Claimed { .. } | PairingState::Void => Stage::Over,
        }))
    }

    /// Tells when a pairing moves on.
    pub fn pairing_changes(&self, handle: &str) -> Option<Changes> {
        named(handle).map(|key| self.0.parts.store.watch(&key))
    }

    /// The user takes a pairing back.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn pairing_cancel(&self, user: &UserName, handle: &str) -> Result<(), Unavailable> {
        let Some(key) = named(handle) else { return Ok(()) };
        for _ in 0..TRIES {
            let Some((version, pairing)) = self.pairing_at(&key).await? else { return Ok(()) };
            if pairing.user != *user || matches!(pairing.state, PairingState::Paired { .. }) {
                return Ok(());
            }
            let over = Pairing { state: PairingState::Void, ..pairing };
            match self.store().commit(self.put_pairing(&key, version, &over)).await {
                Ok(_) => return Ok(()),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// A phone claims a code with its key.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn phone_claim(
        &self,
        code: &str,
        key: DeviceKey,
        device: Label,
        signature: &[u8; SIGNATURE],
    ) -> Result<Step, Unavailable> {
        if !key.verify(&call::claim(self.portal(), code, device.as_str()), signature) {
            return Ok(Step::NotGood);
        }
        let at = keys::pairing(&code_fingerprint(code));
        for _ in 0..TRIES {
            let Some((version, pairing)) = self.pairing_at(&at).await? else { return Ok(Step::NotGood) };
            let mut random = [0; 8];
            self.entropy().fill(&mut random);
            let number = format!("{:06}", u64::from_be_bytes(random) % 1_000_000);
            let Some(claimed) = pairing.claim(key.clone(), device.clone(), number, self.now()) else {
                return Ok(Step::NotGood);
            };
            match self.store().commit(self.put_pairing(&at, version, &claimed)).await {
                Ok(_) => return Ok(Step::Claimed),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// The phone that claimed a code brings the number from the requesting screen.
    ///
    /// # Errors
    /// When the store cannot be used; nothing was enrolled then.
    pub async fn phone_confirm(
        &self,
        code: &str,
        number: &str,
        signature: &[u8; SIGNATURE],
    ) -> Result<Step, Unavailable> {
        let at = keys::pairing(&code_fingerprint(code));
        for _ in 0..TRIES {
            let Some((version, pairing)) = self.pairing_at(&at).await? else { return Ok(Step::NotGood) };
            let signed = call::confirmation(self.portal(), code, number);
            if !pairing.claimant().is_some_and(|key| key.verify(&signed, signature)) {
                return Ok(Step::NotGood);
            }
            let (key, device) = match pairing.confirm(number, self.now()) {
                Some(Confirmed::Right { key, device }) => (key, device),
                Some(Confirmed::Wrong) => {
                    let over = Pairing { state: PairingState::Void, ..pairing };
                    match self.store().commit(self.put_pairing(&at, version, &over)).await {
                        Ok(_) => return Ok(Step::Wrong),
                        Err(error) => lost_race(error)?,
                    }
                    continue;
                }
                None => return Ok(Step::NotGood),
            };
            let Some(user) = self.user(pairing.user.as_str()).await? else { return Ok(Step::NotGood) };
            let actor = Actor::User(user.name.clone());
            let phone = Phone { key, device: device.clone(), subscription: None };
            let state = AuthenticatorState::Push(phone);
            let mut one = self.newcomer(&user, device.clone(), state);
            let (account, row) = self.account(&user.name).await?;
            if pairing.screen == Screen::User {
                one.counts_from = self.counts_from(&user.name, &account).await?;
            }
            let paired = Pairing {
                state: PairingState::Paired { authenticator: one.id, device },
                expires_at: self.now().plus(RETENTION),
                ..pairing
            };
            let commit = self
                .enrolling(actor.clone(), EventKind::AuthenticatorAdded, &one)
                .and(self.put_account(&user.name, row.as_ref(), account))
                .and(self.ending_emergencies(actor, &one).await?)
                .and(self.put_pairing(&at, version, &paired));
            match self.store().commit(commit).await {
                Ok(_) => {
                    return Ok(Step::Paired { authenticator: one.id, user: user.name.to_string() });
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// A pairing whose time is over is deleted.
    pub(super) async fn forget_pairing(&self, key: Key) -> Result<(), Unavailable> {
        let Some(row) = self.row(&key).await? else { return Ok(()) };
        // One that cannot be read is none.
        let over = self.records().open_pairing(&key, &row.value).map_or(true, |one| !one.runs(self.now()));
        if !over {
            return Ok(());
        }
        self.store().commit(Commit::new().delete(key, row.version)).await.map_or_else(lost_race, |_| Ok(()))
    }

    async fn pairing_at(&self, key: &Key) -> Result<Option<(u64, Pairing)>, Unavailable> {
        let Some(row) = self.row(key).await? else { return Ok(None) };
        let pairing = self.records().open_pairing(key, &row.value).map_err(unavailable)?;
        Ok(Some((row.version, pairing)))
    }

    fn put_pairing(&self, key: &Key, version: u64, pairing: &Pairing) -> Commit {
        let value = self.records().seal_pairing(key, pairing);
        Commit::new().replace(key.clone(), version, value, Some(pairing.expires_at))
    }
}

fn named(handle: &str) -> Option<Key> {
    let print = data_encoding::HEXLOWER.decode(handle.as_bytes()).ok()?;
    Some(keys::pairing(&print.try_into().ok()?))
}
