//! The one test binary: a list of modules, one per question.
#![cfg(test)]

mod request_corpus;
mod request_reading;
