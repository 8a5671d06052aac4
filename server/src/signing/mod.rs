
//! Placeholder until the client is there.
pub mod jwe;
