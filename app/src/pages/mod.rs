//! One file per page. Invariant: a page is a function of its model; it reads nothing else.

pub mod account;
pub mod cases;
pub mod check;
pub mod conflict;
pub mod correct;
pub mod form;
pub mod message;
pub mod outbox;
pub mod preview;
pub mod receipt;
pub mod sign_in;
pub mod staff;
pub mod start;
