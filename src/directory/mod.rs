//! Floor 1: who may prove it. Users, the authenticators they have enrolled, and the hardware tokens in stock.
//!
//! **Invariant:** no state here is serialisable; rows are the business of `store::record_directory`.
//! **Invariant:** what is revoked is kept and never accepted ([`Authenticator::usable`], and [`Authenticator::verify`] asks it first).

pub mod account;
pub mod authenticator;
pub mod challenge;
pub mod import;
pub mod invitation;
pub mod pairing;
pub mod password;
pub mod question;
pub mod session;
pub mod stock;
pub mod user;

pub use account::Account;
pub use authenticator::{Authenticator, AuthenticatorState};
pub use challenge::{About, Challenge, Purpose};
pub use invitation::Invitation;
pub use pairing::{Pairing, PairingState};
pub use session::Session;
pub use stock::{HardwareToken, Otp, Place};
pub use user::User;
