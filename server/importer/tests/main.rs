//! The import job from outside: batches made by the hand-over crate, read by the job. Invariant: every test has an office
//! of its own in a folder of its own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archive;
mod copies;
mod desk;
mod difficult;
mod fhir;
mod killed;
mod kit;
mod papers;
mod program;
mod pull;
mod reasons;
mod refused;
mod residents;
mod review;
mod sample;
mod steps;
mod support;
mod upgrade;
