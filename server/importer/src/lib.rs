//! The import job of the closed network (`handover.md` §5). Invariant: it trusts nothing that comes from outside, and an
//! entry is taken in once: killed at any point and run again, it ends in the same state.

pub mod account;
pub mod archive;
pub mod charset;
pub mod cli;
pub mod config;
pub mod copies;
pub mod desk;
pub mod error;
pub mod fhir;
mod inputs;
pub mod job;
pub mod judge;
pub mod mapping;
pub mod output;
pub mod place;
pub mod portal;
pub mod progress;
mod receipts;
pub mod record;
mod recorded;
pub mod residents;
mod resync;
pub mod review;
pub mod state;
pub mod take;
pub mod terminal;
mod trust;
