//! Floor 1: what is asked. From the bytes of a request to one canonical form that is judged, shown, digested and sent.
//!
//! The way through: [`parts::Parts`] (the raw view an edge hands in) → [`normalise::admissible_quick`] (plain and of no concern to
//! any policy: it passes) or [`normalise::normalise`] (one [`normalise::Head`] or a [`Refusal`]) → [`body::Reader`] (the [`Fields`] of
//! the body) → [`Canonical`] and its [`RequestDigest`] → [`render::render`].
//!
//! **Invariant:** what is odd is refused with a reason before any policy is asked; nothing here guesses.
//! **Invariant:** two requests that an application could tell apart never share a digest (`tests/it/request_reading.rs`).

pub mod body;
pub mod canonical;
pub mod charset;
mod coding;
pub mod content;
pub mod digest;
pub mod fields;
pub mod graphql;
pub mod headers;
pub mod json;
pub mod multipart;
pub mod normalise;
pub mod number;
pub mod parts;
pub mod path;
pub mod readings;
pub mod refusal;
pub mod render;
pub mod rpc;
mod shadow;
mod survey;
pub mod urlencoded;
pub mod xml;

pub use canonical::Canonical;
pub use charset::Charset;
pub use coding::Coding;
pub use content::{BodyType, ContentKind};
pub use digest::RequestDigest;
pub use fields::{Field, FieldValue, Fields, Place};
pub use headers::OwnedHeaders;
pub use normalise::{Head, HeadRules, Method};
pub use number::Decimal;
pub use parts::{Parts, RawHeader, Version};
pub use path::CanonicalPath;
pub use readings::{Target, Targets};
pub use refusal::{Problem, Refusal};
