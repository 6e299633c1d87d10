//! The integration tests: one binary, one file per question.

#[cfg(test)]
mod store_contract;
#[cfg(test)]
mod store_embedded;
