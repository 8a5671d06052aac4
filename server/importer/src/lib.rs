//! The import job of the closed network.

pub mod charset;
pub mod config;
pub mod mapping;
pub mod record;
pub mod residents;
