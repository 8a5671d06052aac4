//! Tests of the hand-over format. One binary, so that support is found once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archive;
mod batch;
mod destination;
mod jws;
mod keys;
mod kit;
mod ledger;
mod number;
mod receipt;
mod schema;
mod support;
mod token;
