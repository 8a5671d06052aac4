//! 「わたしの届出」 A parent's own filings. Invariant: another parent's case is not found.

use intake::{
    access::permit_owner,
    case::{Command, CommandKind, DeclineReason, Giver, Stage, decide, possible},
    ids::{AccountId, ReceiptNumber},
    time::Instant,
};

use super::{FlowError, content, review};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record,
        audit::{Actor, Deed, Subject},
        case::{self, Author, CaseHead, NewEvent},
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

/// One of them, with what happened: when, and the stage it led to.
pub struct Filing {
    /// What may be seen of it without opening it.
    pub head: CaseHead,
    /// Oldest first.
    pub history: Vec<(Instant, Stage)>,
    /// Why it was declined.
    pub declined_for: Option<DeclineReason>,
}

impl Filing {
    /// Whether the parent can withdraw it now.
    #[must_use]
    pub fn may_withdraw(&self) -> bool {
        possible(&review::state(&self.head)).any(|row| row.command == CommandKind::Withdraw)
    }

    /// Whether she can ask for it: after the acceptance two people of the office decide.
    #[must_use]
    pub fn may_ask_to_withdraw(&self) -> bool {
        possible(&review::state(&self.head)).any(|row| row.command == CommandKind::AskToWithdraw)
    }

    /// Whether she has asked, and nobody has decided yet.
    #[must_use]
    pub const fn withdrawal_is_asked(&self) -> bool {
        self.head.withdrawal_asked_at.is_some()
    }
}

/// A case of this parent's.
pub(crate) async fn own(
    connection: &mut Connection,
    account: AccountId,
    number: &ReceiptNumber,
) -> Result<CaseHead, FlowError> {
    let head = case::find_by_receipt_number(connection, number).await?.ok_or(FlowError::NotFound)?;
    permit_owner(account, head.account_id, head.case_id).map(|_| head).ok_or(FlowError::NotFound)
}

/// One of a parent's filings.
///
/// # Errors
/// [`FlowError::NotFound`] when it is not hers.
pub async fn view(portal: &Portal, account: AccountId, number: &ReceiptNumber) -> Result<Filing, FlowError> {
    let mut tx = portal.database.read().await?;
    let head = own(&mut tx, account, number).await?;
    let mut history: Vec<(Instant, Stage)> = Vec::new();
    for event in case::events(&mut tx, head.case_id).await? {
        // What staff note without moving the case is not a step to the parent.
        if history.last().is_none_or(|(_, stage)| *stage != event.to_stage) {
            history.push((event.at, event.to_stage));
        }
    }
    let declined_for = match head.stage {
        Stage::Declined => decline_reason(portal, &mut tx, account, &head).await?,
        _ => None,
    };
    Ok(Filing { head, history, declined_for })
}

/// Why a filing was declined; none once its content is erased.
async fn decline_reason(
    portal: &Portal,
    connection: &mut Connection,
    account: AccountId,
    head: &CaseHead,
) -> Result<Option<DeclineReason>, FlowError> {
    let Some(permit) = permit_owner(account, head.account_id, head.case_id) else { return Ok(None) };
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
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let head = own(&mut tx, account, number).await?;
    if head.stage == Stage::Withdrawn {
        return Ok(());
    }
    let (command, giver) = (Command::Withdraw, Giver::Citizen);
    let after = decide(&review::state(&head), &command, giver).map_err(|_| FlowError::Changed(head.stage))?;
    let change = review::change(&head, &after, &command, giver, now);
    if !case::update_stage(&mut tx, head.case_id, version, &change).await? {
        return Err(FlowError::Changed(head.stage));
    }
    let event = NewEvent {
        case_id: head.case_id,
        at: now,
        command: Some(CommandKind::Withdraw),
        actor: Author::Citizen(account),
        from_stage: Some(head.stage),
        to_stage: after.stage,
        rev: after.rev,
        detail_sealed: None,
    };
    case::append_event(&mut tx, &event).await?;
    let deed = Deed::Commanded(CommandKind::Withdraw);
    let entry = AuditEntry::done(now, Actor::Citizen(account), deed).on(Subject::Case(head.case_id));
    Ok(tx.commit(Record::Deed(entry)).await?)
}
