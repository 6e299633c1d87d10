//! The tests, one file per question.
#![cfg(test)]

mod demo_bank;
