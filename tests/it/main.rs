//! Every integration test, in one binary: one module per question.

mod request_corpus;
mod request_reading;
