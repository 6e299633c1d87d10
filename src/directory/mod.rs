//! Floor 1: who may prove it. Users and the authenticators they have enrolled.
//!
//! **Invariant:** no state here is serialisable; rows are the business of `store::record_directory`.
//! **Invariant:** what is revoked is kept and never accepted ([`Authenticator::usable`], and [`Authenticator::verify`] asks it first).

pub mod authenticator;
pub mod challenge;
pub mod user;

pub use authenticator::{Authenticator, AuthenticatorState};
pub use challenge::{About, Challenge, Purpose};
pub use user::User;
