//! Floor 1: what is asked. From the bytes of a request to one canonical form that is judged, shown, digested and sent.
//!
//! The way through: [`parts::Parts`] (the raw view an edge hands in) → [`normalise::normalise`] (one [`Canonical`] head or a
//! [`Refusal`]) → [`body::read`] (the [`fields::Fields`] of the body) → [`digest::digest`] → [`render::render`].
//!
//! **Invariant:** what is odd is refused with a reason before any policy is asked; nothing here guesses.
//! **Invariant:** two requests that an application could tell apart never share a digest (`digest.rs` tests).

pub mod body;
pub mod digest;
pub mod fields;
pub mod headers;
pub mod normalise;
pub mod number;
pub mod parts;
pub mod path;
pub mod render;

pub use digest::RequestDigest;
pub use fields::{Field, FieldValue, Fields, Place};
pub use normalise::{Canonical, Refusal};
pub use parts::{Parts, RawHeader, Version};
