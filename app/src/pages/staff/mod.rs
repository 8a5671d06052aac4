//! The staff's side. Invariant: every page but the two with a passkey works as a plain form; none has the parents' quick
//! exit, and each says who is signed in.

mod above;
pub mod amend;
mod answers;
pub mod assigned;
pub mod beside;
mod card;
pub mod case;
pub mod changes;
mod channel;
mod command;
mod comparison;
pub mod deadline;
pub mod entry;
pub mod entry_check;
mod epds;
mod frame;
pub mod handover;
mod history;
mod identity;
pub mod keys;
pub mod log;
pub mod mail;
mod marks;
pub mod message;
pub mod non_disclosure;
pub mod note;
pub mod notices;
pub mod pair;
mod papers;
pub mod people;
pub mod presence;
pub mod queue;
pub mod reports;
pub mod roles;
pub mod send_back;
pub mod sessions;
pub mod sign_in;
pub mod signature;
pub mod slots;
pub mod tasks;
pub mod transfer;
pub mod viewer;
pub mod way;
pub mod way_back;

pub use frame::{Desk, Person};
