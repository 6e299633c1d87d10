//! The demonstration: a small bank, and later its wiring behind the gateway.

pub mod bank;
