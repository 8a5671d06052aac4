//! The one test binary over the real database (and, through it, the real server). Invariant: a test makes its own
//! database and clock, and shares nothing with another.

mod account;
mod assets;
mod booking;
mod channels;
mod draft_end;
mod epds;
mod filing;
mod follow;
mod forms_command;
mod hand_over;
mod hand_over_papers;
mod http;
mod jpki;
mod mail;
mod media;
mod message;
mod my_filings;
mod my_number;
mod papers;
mod passkey;
mod practice_provider;
mod reconciliation;
mod resync;
mod review;
mod sample_people;
mod staff_pages;
mod staff_sign_in;
mod store;
mod support;
mod tidy;
mod ways;
mod withdrawal;
