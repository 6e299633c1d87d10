//! One binary for all questions; one file per question.

mod factors;
mod identity_header;
mod whoami;
