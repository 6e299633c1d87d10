//! Floor 0: the words everything else is said in. Identifiers, instants, secrets, bounded text, network names.
//!
//! **Invariant:** nothing here knows the product; no module of a higher floor is named (`tests/it/floors.rs`).

pub mod colour;
pub mod dialect;
pub mod entropy;
pub mod epoch;
pub mod id;
pub mod language;
pub mod net;
pub mod qr;
pub mod secret;
pub mod settings;
pub mod tasks;
pub mod text;
pub mod time;
