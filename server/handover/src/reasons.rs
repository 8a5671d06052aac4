//! 「保留・却下の理由」 The public vocabulary of reasons (`schema/reasons.json`). Invariant: every reason that the import job gives
//! stands in it, and no other.

use serde::Deserialize;

use crate::Outcome;

/// The vocabulary as it is published.
pub const REASONS: &str = include_str!("../schema/reasons.json");

/// A reason.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// As receipts have it.
    pub code: String,
    /// The results that it may come with.
    pub results: Vec<Outcome>,
    /// Who has to do something.
    pub settled_by: SettledBy,
    /// What it means, for staff.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// Who has to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledBy {
    /// Two people of the back office.
    TwoPeople,
    /// Whoever keeps the mapping file of the back office.
    MappingFile,
    /// The office at the portal.
    Portal,
    /// It is over.
    Nobody,
}

#[derive(Deserialize)]
struct Vocabulary {
    reasons: Vec<Reason>,
}

/// All reasons.
#[must_use]
pub fn reasons() -> Vec<Reason> {
    // Our own file: a test reads it.
    serde_json::from_str(REASONS).map(|read: Vocabulary| read.reasons).unwrap_or_default()
}

/// The reason with this code.
#[must_use]
pub fn reason(code: &str) -> Option<Reason> {
    reasons().into_iter().find(|reason| reason.code == code)
}
