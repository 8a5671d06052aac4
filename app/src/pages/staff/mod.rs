//! The staff's side. Invariant: every page but the two with a passkey works as a plain form; none has the parents' quick
//! exit, and each says who is signed in.

mod card;
pub mod case;
mod channel;
mod command;
mod epds;
mod frame;
pub mod handover;
pub mod mail;
pub mod media;
pub mod message;
pub mod queue;
pub mod roles;
pub mod sessions;
pub mod sign_in;
pub mod signature;
pub mod slots;
pub mod transfer;
pub mod way_back;

pub use frame::{Desk, Person};
