//! In the making.

pub mod authenticator;
