//! 「照合」 A paper form that one member of staff typed in is held against the paper by another person (`controls.md` R55).
//! Invariant: every field that is asked for is marked, what differs becomes a revision of the checker's with its reason, and the
//! typist is told.

use std::collections::BTreeMap;

use intake::{
    access::{self, Action},
    answers::RawAnswers,
    card::Matched,
    case::{Command, CommandKind, Stage},
    counter::{self, CheckFault, Mark, PutRight},
    identity::{Comparison, Evidence, Level, Method, ProxyEvidence, is_by_proxy},
    ids::{FieldId, ReceiptNumber},
    journey::{complete_but, with_dependents},
    time::Instant,
};

use super::{
    FlowError,
    content::{self, OpenCase},
    counter_entry::proxy_state,
    decide::{Obstacle, is_another_person},
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, WriteTx,
        audit::{Actor, Deed, Subject},
        case::{self, CaseHead, StageChange},
        counter_entry,
        staff::Staff,
    },
};

/// What the second person has marked, with what she put in the place of what differs.
#[derive(Clone, Default)]
pub struct Marks {
    /// By field.
    pub marks: BTreeMap<FieldId, Mark>,
    /// The inputs that were sent.
    pub sent: Vec<(String, String)>,
}

/// A case to be held against the paper.
pub struct EntryCheck<'portal> {
    /// The case.
    pub case: OpenCase<'portal>,
    /// Whether who asks may check it: another person than the typist.
    pub obstacle: Option<Obstacle>,
}

/// Opens a case to be checked.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none, or not for who asks; [`FlowError::Changed`] when there is nothing to check (any more).
pub async fn view<'portal>(
    portal: &'portal Portal,
    staff: &Staff,
    number: &ReceiptNumber,
) -> Result<EntryCheck<'portal>, FlowError> {
    let mut tx = portal.database.read().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    let (kind, compartment) = (CommandKind::CheckEntry, head.compartment);
    let permit = access::permit(staff.staff_id, staff.roles, Action::Command(kind), head.case_id, compartment);
    let permit = permit.ok_or(FlowError::NotFound)?;
    if !is_open(&head) {
        return Err(FlowError::Changed(head.stage));
    }
    let may_check = is_another_person(&mut tx, staff, &head, kind).await?;
    let case = content::open(portal, &mut tx, head, &permit).await?;
    drop(tx);
    let subject = Subject::Case(case.head.case_id);
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), Deed::CaseViewed).on(subject);
    portal.database.write().await?.commit(Record::Deed(entry.with("rev", case.head.rev))).await?;
    Ok(EntryCheck { case, obstacle: (!may_check).then_some(Obstacle::NeedsAnotherPerson) })
}

/// Whether a case waits for its check.
#[must_use]
pub fn is_open(head: &CaseHead) -> bool {
    head.typed_by.is_some() && head.checked_by.is_none() && matches!(head.stage, Stage::Submitted | Stage::InReview)
}

/// Puts what differs in its place, and says what the check comes to.
pub(super) fn put_right(open: &mut OpenCase<'_>, of: &Marks) -> Result<Command, Obstacle> {
    let form = open.form;
    let none = || Obstacle::Entry(Vec::new());
    let newest = open.revisions.last_mut().ok_or_else(none)?;
    let paper = open.office.counter.as_mut().ok_or_else(none)?;
    let day = newest.created_at.date_in_japan();
    let checked = counter::check(form, (&newest.raw, &paper.blank), day, &of.marks, &of.sent);
    let checked = checked.map_err(Obstacle::Entry)?;
    let not_asked = with_dependents(form, &checked.blank);
    let answers = complete_but(form, &checked.raw, day, &not_asked);
    let answers = answers.map_err(|errors| Obstacle::Entry(errors.into_iter().map(CheckFault::Answer).collect()))?;
    let corrected = !checked.put_right.is_empty();
    newest.raw = checked.raw;
    paper.blank = checked.blank;
    paper.put_right = Some(checked.put_right);
    paper.put_right_rev = corrected.then_some(open.head.rev + 1);
    // 「代理人」 Who filed may have been typed wrong: then what is known of a proxy is that of the paper.
    let (is_by_proxy, filed_at) = (is_by_proxy(form, answers.answers()), open.head.filed_at);
    open.office.evidence = match open.office.evidence {
        Some(found) if found.proxy.is_some() != is_by_proxy => with_proxy(found, is_by_proxy),
        None if is_by_proxy => with_proxy(bare(filed_at), true),
        found => found,
    };
    Ok(Command::CheckEntry { corrected })
}

fn bare(filed_at: Instant) -> Evidence {
    Evidence {
        method: Method::Counter,
        signed_in_at: filed_at,
        counter: None,
        matched: Matched::default(),
        proxy: None,
        comparison: Comparison::default(),
    }
}

/// How she came says nothing: without a proxy only what was seen remains.
fn with_proxy(evidence: Evidence, is_by_proxy: bool) -> Option<Evidence> {
    let proxy = is_by_proxy.then(ProxyEvidence::default);
    Some(Evidence { proxy, ..evidence }).filter(|found| is_by_proxy || found.counter.is_some())
}

/// What the check leaves of the case beside its stage: who filed may have been typed wrong.
pub(super) fn with_proxy_of(change: StageChange, open: &OpenCase<'_>) -> StageChange {
    let identity = open.office.evidence.map_or(Level::Claimed, |evidence| evidence.level());
    StageChange { proxy: proxy_state(&open.office), identity, ..change }
}

/// Keeps who has checked it; the typist is told of what was put right.
pub(super) async fn keep(
    tx: &mut WriteTx,
    staff: &Staff,
    open: &OpenCase<'_>,
    now: Instant,
) -> Result<Vec<PutRight>, FlowError> {
    let put_right = open.office.counter.as_ref().and_then(|paper| paper.put_right.clone()).unwrap_or_default();
    let news = (!put_right.is_empty()).then_some(now);
    if !counter_entry::keep_checker(tx, open.head.case_id, staff.staff_id, news).await? {
        return Err(FlowError::Changed(open.head.stage));
    }
    Ok(put_right)
}

/// What was typed, before the check put it right: none where nothing was, or nobody has checked it.
#[must_use]
pub fn before<'a>(open: &'a OpenCase<'_>) -> Option<(&'a RawAnswers, &'a RawAnswers, &'a [PutRight])> {
    let put_right = open.office.counter.as_ref()?.put_right.as_deref().filter(|all| !all.is_empty())?;
    let rev = open.office.counter.as_ref()?.put_right_rev?;
    let at = open.revisions.iter().position(|revision| revision.rev == rev)?;
    let before = open.revisions.get(at.checked_sub(1)?)?;
    Some((&before.raw, &open.revisions[at].raw, put_right))
}
