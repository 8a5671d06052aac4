//! 「わたしの届出」 A parent's own filings. Invariant: another parent's case is not found.

use intake::{
    access::permit_owner,
    case::{AmendReason, Command, CommandKind, DeclineReason, Giver, Stage, decide, possible},
    identity::ways::Right,
    ids::{AccountId, FieldId, ReceiptNumber},
    time::Instant,
};

use super::{
    FlowError, booking,
    content::{self, EventDetail},
    my_number, paper, review,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection,
        audit::{Actor, Deed, Subject},
        case::{self, Author, CaseHead, Event, NewEvent},
    },
};

/// A parent's filings, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(portal: &Portal, account: AccountId) -> Result<Vec<CaseHead>, FlowError> {
    let mut tx = portal.database.read().await?;
    Ok(case::list_for_account(&mut tx, account).await?)
}

/// A step of a filing, as far as the parent reads of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It came to this stage.
    Reached(Stage),
    /// 「取下げの申出」 She asked for its withdrawal.
    AskedToWithdraw,
    /// The withdrawal was refused: all goes on as it was.
    WithdrawalRefused,
}

/// One of them, with what happened.
pub struct Filing {
    /// What may be seen of it without opening it.
    pub head: CaseHead,
    /// When, and what; oldest first.
    pub history: Vec<(Instant, Step)>,
    /// Why it was declined.
    pub declined_for: Option<DeclineReason>,
    /// 「写真・書類」 How many were sent; none once they are erased.
    pub papers: usize,
    /// 「職権訂正」 What the office has put right, when and why, oldest first; none once the content is erased.
    pub amended: Vec<(Instant, Vec<FieldId>, AmendReason)>,
}

impl Filing {
    /// Whether the parent can withdraw it now.
    #[must_use]
    pub fn may_withdraw(&self) -> bool {
        let can_withdraw = possible(&review::state(&self.head)).any(|row| row.command == CommandKind::Withdraw);
        can_withdraw && Right::Withdraw.is_open_with(self.head.is_held_by_proxy())
    }

    /// Whether she can ask for it: after the acceptance two people of the office decide. What is erased nobody can open to
    /// decide on.
    #[must_use]
    pub fn may_ask_to_withdraw(&self) -> bool {
        let can_ask = possible(&review::state(&self.head)).any(|row| row.command == CommandKind::AskToWithdraw);
        can_ask && self.head.erased_at.is_none() && Right::Withdraw.is_open_with(self.head.is_held_by_proxy())
    }

    /// Since when the office has had the turn with its check: the arrival, what she sent last, or her visit.
    #[must_use]
    pub fn turn_since(&self) -> Instant {
        let mut since = self.head.filed_at;
        let mut before = None;
        for (at, step) in &self.history {
            let Step::Reached(stage) = step else { continue };
            if matches!(before, Some(Stage::SentBack | Stage::VisitNeeded)) {
                since = *at;
            }
            before = Some(*stage);
        }
        since
    }

    /// Whether it went to the back office.
    #[must_use]
    pub fn was_handed_over(&self) -> bool {
        self.history.iter().any(|(_, step)| *step == Step::Reached(Stage::HandedOver))
    }
}

/// A case of this parent's, or one that she holds as a proxy (代理人): its state is hers to know. What is in it opens for a
/// permit only, which a proxy does not get.
pub(crate) async fn held(
    connection: &mut Connection,
    account: AccountId,
    number: &ReceiptNumber,
) -> Result<CaseHead, FlowError> {
    let head = case::find_by_receipt_number(connection, number).await?.ok_or(FlowError::NotFound)?;
    if head.account_id == Some(account) { Ok(head) } else { Err(FlowError::NotFound) }
}

/// A case of this parent's own.
pub(crate) async fn own(
    connection: &mut Connection,
    account: AccountId,
    number: &ReceiptNumber,
) -> Result<CaseHead, FlowError> {
    let head = case::find_by_receipt_number(connection, number).await?.ok_or(FlowError::NotFound)?;
    permit_owner(account, head.owner(), head.case_id).map(|_| head).ok_or(FlowError::NotFound)
}

/// One of a parent's filings.
///
/// # Errors
/// [`FlowError::NotFound`] when it is not hers, nor hers as a proxy.
pub async fn view(portal: &Portal, account: AccountId, number: &ReceiptNumber) -> Result<Filing, FlowError> {
    let mut tx = portal.database.read().await?;
    let head = held(&mut tx, account, number).await?;
    let events = case::events(&mut tx, head.case_id).await?;
    let history = steps(&events);
    let amended = amended(portal, &mut tx, account, &head, &events).await?;
    let declined_for = match head.stage {
        Stage::Declined => decline_reason(portal, &mut tx, account, &head).await?,
        _ => None,
    };
    let papers = match permit_owner(account, head.owner(), head.case_id) {
        Some(permit) => paper::count_sent(&mut tx, &permit).await?,
        None => 0,
    };
    Ok(Filing { head, history, declined_for, papers, amended })
}

/// What the office has put right, for the person herself.
async fn amended(
    portal: &Portal,
    connection: &mut Connection,
    account: AccountId,
    head: &CaseHead,
    events: &[Event],
) -> Result<Vec<(Instant, Vec<FieldId>, AmendReason)>, FlowError> {
    let of_amendments = events.iter().filter(|event| event.command == CommandKind::Amend.as_str());
    let sealed: Vec<_> = of_amendments.filter_map(|event| Some((event.at, event.detail_sealed.as_ref()?))).collect();
    let Some(permit) = permit_owner(account, head.owner(), head.case_id).filter(|_| !sealed.is_empty()) else {
        return Ok(Vec::new());
    };
    let opened = match content::open(portal, connection, head.clone(), &permit).await {
        Ok(opened) => opened,
        Err(FlowError::NotFound) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut all = Vec::with_capacity(sealed.len());
    for (at, sealed) in sealed {
        let plain = opened.key.open(&case::event_place(head.case_id), sealed)?;
        if let EventDetail::Amend(amended) = serde_json::from_slice(&plain)? {
            all.push((at, amended.fields, amended.reason));
        }
    }
    Ok(all)
}

/// What staff note without moving the case is not a step to the parent; what became of her own request is.
fn steps(events: &[Event]) -> Vec<(Instant, Step)> {
    let mut steps = Vec::new();
    let mut last = None;
    for event in events {
        let step = match event.command.parse() {
            Ok(CommandKind::AskToWithdraw) => Step::AskedToWithdraw,
            Ok(CommandKind::RefuseWithdrawal) => Step::WithdrawalRefused,
            _ if last == Some(event.to_stage) => continue,
            _ => Step::Reached(event.to_stage),
        };
        last = Some(event.to_stage);
        steps.push((event.at, step));
    }
    steps
}

/// Why a filing was declined; none once its content is erased.
async fn decline_reason(
    portal: &Portal,
    connection: &mut Connection,
    account: AccountId,
    head: &CaseHead,
) -> Result<Option<DeclineReason>, FlowError> {
    let Some(permit) = permit_owner(account, head.owner(), head.case_id) else { return Ok(None) };
    match content::open(portal, connection, head.clone(), &permit).await {
        Ok(opened) => Ok(opened.office.decline_reason),
        Err(FlowError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// 「取下げ」 Withdraws a filing. Pressed again, nothing happens twice.
///
/// # Errors
/// [`FlowError::NotFound`] when it is not hers; [`FlowError::Changed`] when it can no longer be withdrawn or was changed
/// meanwhile.
pub async fn withdraw(
    portal: &Portal,
    account: AccountId,
    number: &ReceiptNumber,
    version: i64,
) -> Result<(), FlowError> {
    order(portal, account, number, version, &Command::Withdraw).await
}

/// 「取下げの申出」 Asks for the withdrawal of a filing that was accepted: two people of the office decide on it. Pressed again,
/// nothing happens twice.
///
/// # Errors
/// [`FlowError::NotFound`] when it is not hers; [`FlowError::Changed`] when there is nothing to ask for or it was changed
/// meanwhile.
pub async fn ask_to_withdraw(
    portal: &Portal,
    account: AccountId,
    number: &ReceiptNumber,
    version: i64,
) -> Result<(), FlowError> {
    order(portal, account, number, version, &Command::AskToWithdraw).await
}

/// Whether what she presses has been done.
fn is_done(head: &CaseHead, command: &Command) -> bool {
    let is_asked = matches!(command, Command::AskToWithdraw) && head.withdrawal_asked_at.is_some();
    head.stage == Stage::Withdrawn || is_asked
}

async fn order(
    portal: &Portal,
    account: AccountId,
    number: &ReceiptNumber,
    version: i64,
    command: &Command,
) -> Result<(), FlowError> {
    let (now, kind, giver) = (portal.clock.now(), command.kind(), Giver::Citizen);
    let mut tx = portal.database.write().await?;
    let head = own(&mut tx, account, number).await?;
    if is_done(&head, command) {
        return Ok(());
    }
    if matches!(command, Command::AskToWithdraw) && head.erased_at.is_some() {
        return Err(FlowError::Changed(head.stage));
    }
    let after = decide(&review::state(&head), command, giver).map_err(|_| FlowError::Changed(head.stage))?;
    let change = review::change(&head, &after, command, giver, now);
    if !case::update_stage(&mut tx, portal.deadlines(), head.case_id, version, &change).await? {
        // PostgreSQL: another press may have committed while this one waited for the row.
        let found = own(&mut tx, account, number).await?;
        return if is_done(&found, command) { Ok(()) } else { Err(FlowError::Changed(found.stage)) };
    }
    let event = NewEvent {
        case_id: head.case_id,
        at: now,
        command: Some(kind),
        actor: Author::Citizen(account),
        from_stage: Some(head.stage),
        to_stage: after.stage,
        rev: after.rev,
        detail_sealed: None,
    };
    case::append_event(&mut tx, &event).await?;
    let entry = AuditEntry::done(now, Actor::Citizen(account), Deed::Commanded(kind)).on(Subject::Case(head.case_id));
    let actor = Actor::Citizen(account);
    let erased = my_number::end_with_case(&mut tx, head.case_id, after.stage, actor.clone(), now).await?;
    let ended = booking::end_with_case(&mut tx, head.case_id, after.stage, actor, now).await?;
    Ok(tx.commit_all([entry].into_iter().chain(erased).chain(ended).collect()).await?)
}
