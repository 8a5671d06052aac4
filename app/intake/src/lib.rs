//! The rules of the office: what a form is, what an answer may be, what may happen to a case and who may do it.
//!
//! Invariant: pure functions only. No web, no database, no clock, no randomness; time and random bytes are arguments.

pub mod access;
pub mod answers;
pub mod booking;
pub mod calendar;
pub mod card;
pub mod carry;
pub mod case;
pub mod catalog;
pub mod course;
pub mod device;
pub mod epds;
pub mod export;
pub mod fhir;
pub mod flags;
pub mod form;
pub mod furigana;
pub mod gestation;
pub mod groups;
pub mod help;
pub mod icalendar;
pub mod identity;
pub mod ids;
pub mod inspect;
pub mod journey;
pub mod made_up;
pub mod media;
pub mod message;
pub mod my_number;
pub mod postal;
pub mod pregnancy_end;
pub mod retention;
pub mod sensitive;
pub mod signing;
pub mod staff_items;
pub mod texts;
pub mod time;
pub mod value;
