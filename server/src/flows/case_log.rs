//! 「履歴」 What the audit log says of a case beside its commands. Invariant: what is read here moves nothing, and only deeds that
//! are named here are told: whoever looked is the auditor's to read.

use std::collections::BTreeMap;

use intake::ids::{CaseId, StaffId};

use super::{
    FlowError,
    staff_case::{Step, Who},
};
use crate::store::{
    Connection,
    audit::{self, StoredEntry, Subject},
};

/// Deeds that the history tells, by their names in the log; the commands have events of their own.
const TOLD: [&str; 19] = [
    "non_disclosure_marked",
    "non_disclosure_lifted",
    "message_sent",
    "paper_opened",
    "case_exported",
    "signature_verified",
    "items_recorded",
    "number_sealed",
    "number_removed",
    "number_erased",
    "booking_made",
    "booking_moved",
    "booking_cancelled",
    "attendance_marked",
    "transfer_proposed",
    "transferred",
    "pregnancy_end_told",
    "pregnancy_end_taken_back",
    "mail_given_up",
];

/// Deeds after which somebody knows the answers as they are: she was shown them, or wrote them.
const SEEN_BY: [&str; 3] = ["case_viewed", "command.amend", "command.complete"];

/// As many of the newest entries as are read.
const MOST: i64 = 500;

/// What the log says.
pub(super) struct CaseLog {
    /// The steps, newest first.
    pub(super) steps: Vec<Step>,
    /// The revision that who asks was shown last.
    pub(super) seen_rev: Option<i64>,
}

/// What the log says of a case.
pub(super) async fn of_case(
    connection: &mut Connection,
    case: CaseId,
    asking: StaffId,
    people: &BTreeMap<StaffId, String>,
) -> Result<CaseLog, FlowError> {
    let entries = audit::of_subject(connection, &Subject::Case(case), MOST).await?;
    let names: BTreeMap<String, &String> = people.iter().map(|(id, name)| (id.to_string(), name)).collect();
    let hers = asking.to_string();
    let seen_rev = entries
        .iter()
        .find(|entry| {
            SEEN_BY.contains(&entry.deed.as_str()) && entry.outcome == "done" && entry.actor_id.as_ref() == Some(&hers)
        })
        .and_then(shown_rev);
    let is_told = |entry: &&StoredEntry| entry.outcome == "done" && TOLD.contains(&entry.deed.as_str());
    let steps = entries.iter().filter(is_told).map(|entry| Step {
        at: entry.at,
        who: match (entry.actor_kind.as_str(), &entry.actor_id) {
            ("staff", Some(id)) => Who::Staff(names.get(id).map(|name| (*name).clone()).unwrap_or_default()),
            ("citizen", _) => Who::Citizen,
            _ => Who::Portal,
        },
        command: entry.deed.clone(),
        rev: 0,
        detail: None,
    });
    Ok(CaseLog { steps: steps.collect(), seen_rev })
}

/// The revision that an entry says was shown.
fn shown_rev(entry: &StoredEntry) -> Option<i64> {
    let detail: serde_json::Value = serde_json::from_str(&entry.detail).ok()?;
    detail.get("rev")?.as_i64()
}
