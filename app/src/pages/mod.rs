//! One file per page. Invariant: a page is a function of its model; it reads nothing else.

pub mod account;
pub mod booking;
pub mod card;
pub mod cases;
pub mod check;
pub mod conflict;
pub mod correct;
pub mod form;
pub mod info;
pub mod mail;
pub mod message;
pub mod messages;
pub mod number;
pub mod outbox;
pub mod papers;
pub mod practice_provider;
pub mod pregnancy_end;
pub mod preview;
pub mod receipt;
pub mod sign_in;
pub mod signing;
pub mod staff;
pub mod start;
