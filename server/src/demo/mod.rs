//! What only the demo has. Invariant: nothing here is reached without `--demo`.

pub mod atena;
pub mod authenticator;
pub mod people;
pub mod staff;
