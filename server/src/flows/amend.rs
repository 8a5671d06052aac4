//! 「職権訂正」「同じ方と確認」 What the office does about a difference (`controls.md` R09, R10). Invariant: what was filed stays as it was:
//! a correction by the office is a further revision, with who, why and when; nothing private, no answer of the EPDS and not who
//! files is the office's to change.

use intake::{
    answers::{FieldError, RawAnswers},
    case::{AmendReason, LONGEST_REASON},
    form::{Field, Form, Target},
    identity::Fact,
    ids::{FieldId, StaffId},
    journey::{complete_but, with_dependents},
    my_number::strike_out,
    time::Instant,
};
use serde::{Deserialize, Serialize};

use super::{
    FlowError,
    content::{EventDetail, OpenCase},
    correction::asks_who_files,
    decide::Obstacle,
};
use crate::{portal::Portal, store::AuditEntry};

/// What is to be put right.
#[derive(Clone)]
pub struct Amendment {
    /// The field that is named; what depends on it can change with it.
    pub field: FieldId,
    /// What was typed for it.
    pub sent: Vec<(String, String)>,
    /// Why, as the person reads it.
    pub reason: AmendReason,
    /// More of it, for colleagues.
    pub note: String,
}

/// 「職権訂正」 What an event keeps of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amended {
    /// The fields that were put right, in the form's order.
    pub fields: Vec<FieldId>,
    /// Why.
    pub reason: AmendReason,
    /// For colleagues.
    pub note: String,
}

/// 「同じ方と確認」 What an event keeps of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettledDifference {
    /// What differs.
    pub fact: Fact,
    /// Why it is she all the same.
    pub because: String,
    /// Who says so.
    pub by: StaffId,
    /// When.
    pub at: Instant,
}

/// Whether the office may put this field right.
#[must_use]
pub fn can_be_amended(field: &Field) -> bool {
    !field.private && !matches!(field.target, Target::EpdsItem(_)) && !asks_who_files(field)
}

/// The field with those that depend on it, as far as they are the office's to change; none where it is not itself.
#[must_use]
pub fn fields(form: &Form, named: &FieldId) -> Vec<FieldId> {
    let may = |id: &FieldId| form.field(id).is_some_and(|(_, field)| can_be_amended(field));
    if !may(named) {
        return Vec::new();
    }
    with_dependents(form, std::slice::from_ref(named)).into_iter().filter(may).collect()
}

/// A text of colleagues, without a 個人番号 (`controls.md` R13).
fn text(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let is_short = typed.chars().count() <= LONGEST_REASON;
    is_short.then(|| strike_out(typed).unwrap_or_else(|| typed.to_owned()))
}

/// Puts the answers right in the case that is open, and settles what the office has so decided.
pub(super) fn put_right(open: &mut OpenCase<'_>, amendment: &Amendment) -> Result<EventDetail, Obstacle> {
    let form = open.form;
    let may_change = fields(form, &amendment.field);
    let note = text(&amendment.note).ok_or(Obstacle::Because)?;
    let to_be_asked = open.to_be_asked();
    let newest = open.revisions.last_mut().ok_or(Obstacle::NothingAmended)?;
    let before = newest.raw.clone();
    let mut raw = before.clone();
    let mut struck = Vec::new();
    for (_, field) in may_change.iter().filter_map(|id| form.field(id)) {
        if raw.replace_field(field, &amendment.sent) {
            struck.extend(FieldError::struck_out(form, &field.id));
        }
    }
    if !struck.is_empty() {
        return Err(Obstacle::Answers(struck));
    }
    // By the rules of the day that the answers are of: the office puts right what was filed then.
    let complete = complete_but(form, &raw, newest.created_at.date_in_japan(), &to_be_asked);
    let complete = complete.map_err(Obstacle::Answers)?;
    let changed = |id: &FieldId| form.field(id).is_some_and(|(_, field)| !before.is_same(&raw, field));
    let fields: Vec<FieldId> = may_change.into_iter().filter(changed).collect();
    if fields.is_empty() {
        return Err(Obstacle::NothingAmended);
    }
    newest.raw = raw;
    let after = newest.raw.clone();
    open.office.compare_again(form, complete.answers());
    open.office.declared(form, (&before, &after), true);
    Ok(EventDetail::Amend(Amended { fields, reason: amendment.reason, note }))
}

/// In the log stands that the answers of before and after differ, by keyed digests of the fields' contents. No digest of a name
/// alone: names can be guessed.
pub(super) fn told(
    portal: &Portal,
    open: &OpenCase<'_>,
    before: &RawAnswers,
    entry: AuditEntry,
) -> Result<AuditEntry, FlowError> {
    let digest = |raw: &RawAnswers| {
        let text = serde_json::to_string(raw)?;
        Ok::<_, FlowError>(portal.seal.index_key("amended answers", &format!("{}\0{text}", open.head.case_id)))
    };
    Ok(entry.with("old", digest(before)?).with("new", digest(&open.newest()?.raw)?))
}

/// 「同じ方と確認」 Settles a difference.
pub(super) fn settle(
    open: &mut OpenCase<'_>,
    fact: Fact,
    because: &str,
    (by, at): (StaffId, Instant),
) -> Result<EventDetail, Obstacle> {
    let because = text(because).filter(|text| !text.is_empty()).ok_or(Obstacle::Because)?;
    let evidence = open.office.evidence.as_mut().ok_or(Obstacle::NoEvidence)?;
    evidence.comparison = evidence.comparison.settle(fact).ok_or(Obstacle::NoDifference)?;
    Ok(EventDetail::SettleDifference(SettledDifference { fact, because, by, at }))
}
