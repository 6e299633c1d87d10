//! One test binary, one file for each question.
#![expect(clippy::disallowed_methods, reason = "tests start their own servers and read the machine's clock")]

mod portal_pages;
mod portal_refusals;
mod portal_routes;
mod portal_stage;
