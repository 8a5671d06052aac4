//! The portal `madoguchi`. Invariant: web asks flows, flows ask the store; nothing imports upwards (`tests/tidy.rs`).

pub mod assets;
pub mod channel;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod flows;
pub mod forms_folder;
pub mod jpki;
pub mod letters;
pub mod mail;
pub mod oidc;
pub mod pdf;
pub mod picture;
pub mod portal;
pub mod relying_party;
pub mod routes;
pub mod scan;
pub mod seal;
pub mod sign;
pub mod signing;
pub mod store;
pub mod telemetry;
pub mod text_packs;
pub mod web;
pub mod worker;
