//! The way through a view of the queue: from one case to the next. Invariant: it leads to nothing that who asks may not read, and after a
//! decision only to what she can work on.

use intake::{
    access::{self, Action},
    case::{CommandKind, Stage},
    ids::{CaseId, ReceiptNumber},
};

use super::{FlowError, decide::is_another_person, staff_sign_in::SignedInStaff};
use crate::{
    portal::Portal,
    store::{
        Connection, Record, Upkeep,
        case::{self, CaseHead},
        staff::Staff,
        staff_view as store,
    },
};

/// Keeps what a session is shown of the queue, and where.
///
/// # Errors
/// When the database fails.
pub async fn keep(portal: &Portal, who: &SignedInStaff, address: &str, cases: &[CaseId]) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    store::put(&mut tx, &who.session.session_hash, address, cases, portal.clock.now()).await?;
    Ok(tx.commit(Record::Upkeep(Upkeep::ViewKept)).await?)
}

/// Forgets the view: who has searched for a case came from none, and stays with what she has found.
///
/// # Errors
/// When the database fails.
pub async fn forget(portal: &Portal, who: &SignedInStaff) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    store::delete(&mut tx, &who.session.session_hash).await?;
    Ok(tx.commit(Record::Upkeep(Upkeep::ViewKept)).await?)
}

/// Where somebody is on her way.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// The view that she came from.
    pub address: Option<String>,
    /// The case before this one.
    pub previous: Option<ReceiptNumber>,
    /// The case after it.
    pub next: Option<ReceiptNumber>,
    /// What she did last, and to which case.
    pub done: Option<(CommandKind, ReceiptNumber)>,
}

/// The way around a case; for the queue, only what was done last.
///
/// # Errors
/// When the database fails.
pub async fn around(portal: &Portal, who: &SignedInStaff, number: Option<&ReceiptNumber>) -> Result<Way, FlowError> {
    let mut tx = portal.database.read().await?;
    let Some(view) = store::find(&mut tx, &who.session.session_hash).await? else { return Ok(Way::default()) };
    let ids = view.ids();
    let done = view.done_command.zip(view.done_number);
    let mut way = Way { address: Some(view.address), previous: None, next: None, done };
    let Some(number) = number else { return Ok(way) };
    let head = case::find_by_receipt_number(&mut tx, number).await?;
    let Some(place) = head.and_then(|head| ids.iter().position(|id| *id == head.case_id)) else { return Ok(way) };
    let (before, after) = (&ids[..place], &ids[place + 1..]);
    way.previous = first(&mut tx, before.iter().rev(), async |_, head| Ok(may_open(&who.staff, head))).await?;
    way.next = first(&mut tx, after.iter(), async |_, head| Ok(may_open(&who.staff, head))).await?;
    Ok(way)
}

async fn first(
    connection: &mut Connection,
    ids: impl Iterator<Item = &CaseId>,
    fits: impl AsyncFn(&mut Connection, &CaseHead) -> Result<bool, FlowError>,
) -> Result<Option<ReceiptNumber>, FlowError> {
    for id in ids {
        if let Some(head) = case::find_head(connection, *id).await?
            && fits(connection, &head).await?
        {
            return Ok(Some(head.receipt_number));
        }
    }
    Ok(None)
}

fn may_open(staff: &Staff, head: &CaseHead) -> bool {
    head.erased_at.is_none() && access::may_in(staff.roles, Action::ReadCase, head.compartment)
}

/// Whether there is something for her to do.
async fn can_work_on(connection: &mut Connection, staff: &Staff, head: &CaseHead) -> Result<bool, FlowError> {
    let kind = match head.stage {
        Stage::Submitted | Stage::VisitNeeded => CommandKind::Claim,
        Stage::InReview if head.holder == Some(staff.staff_id) => CommandKind::Accept,
        Stage::Accepted => CommandKind::Confirm,
        Stage::DeclineProposed => CommandKind::Decline,
        _ if head.withdrawal_asked_at.is_none() => return Ok(false),
        _ if head.withdrawal_proposed_by.is_some() => CommandKind::ConfirmWithdrawal,
        _ => CommandKind::ProposeWithdrawal,
    };
    let may = may_open(staff, head) && access::may_in(staff.roles, Action::Command(kind), head.compartment);
    Ok(may && is_another_person(connection, staff, head, kind).await?)
}

/// Where a command leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lead {
    /// It stays with the case.
    Stay,
    /// To the next case of the view.
    Case(ReceiptNumber),
    /// To the view itself: nothing of it is left to be done.
    View(String),
}

/// Whether a case is out of one's hand after a command.
const fn is_decision(kind: CommandKind) -> bool {
    matches!(
        kind,
        CommandKind::Accept
            | CommandKind::Confirm
            | CommandKind::SendBack
            | CommandKind::AskToVisit
            | CommandKind::ProposeDecline
            | CommandKind::Decline
            | CommandKind::Release
            | CommandKind::ProposeWithdrawal
            | CommandKind::ConfirmWithdrawal
    )
}

/// Where it goes on after a command: after a decision on a case of the view, to the next that can be worked on, first below it,
/// then above.
///
/// # Errors
/// When the database fails.
pub async fn after(
    portal: &Portal,
    who: &SignedInStaff,
    number: &ReceiptNumber,
    kind: CommandKind,
) -> Result<Lead, FlowError> {
    if !is_decision(kind) {
        return Ok(Lead::Stay);
    }
    let session = &who.session.session_hash;
    let mut tx = portal.database.write().await?;
    let Some(view) = store::find(&mut tx, session).await? else { return Ok(Lead::Stay) };
    let Some(head) = case::find_by_receipt_number(&mut tx, number).await? else { return Ok(Lead::Stay) };
    let ids = view.ids();
    let Some(place) = ids.iter().position(|id| *id == head.case_id) else { return Ok(Lead::Stay) };
    let round = ids[place + 1..].iter().chain(&ids[..place]);
    let fits = async |connection: &mut Connection, head: &CaseHead| can_work_on(connection, &who.staff, head).await;
    let next = first(&mut tx, round, fits).await?;
    store::done(&mut tx, session, head.case_id, kind).await?;
    tx.commit(Record::Upkeep(Upkeep::ViewKept)).await?;
    Ok(next.map_or(Lead::View(view.address), Lead::Case))
}
