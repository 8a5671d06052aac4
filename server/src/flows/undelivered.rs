//! 「届かなかったメール」 Mail about cases that the relay refused or that was given up. Invariant: whoever may not see a case does not
//! see its mail either; the address is opened by a deed of its own, and every opening is an audit entry.

use intake::{
    access::{self, Action},
    ids::{OutboxId, ReceiptNumber},
};

use super::FlowError;
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, StoreError,
        audit::{Actor, Deed, Subject},
        outbox::{self, Undelivered},
        staff::Staff,
    },
};

const AT_MOST: i64 = 200;

/// The mails that a member of staff may see, newest first.
///
/// # Errors
/// [`FlowError::NotFound`] when the role may see none.
pub async fn list(portal: &Portal, staff: &Staff) -> Result<Vec<Undelivered>, FlowError> {
    if !access::may(staff.roles, Action::SeeUndeliveredMail) {
        return Err(FlowError::NotFound);
    }
    let mut tx = portal.database.read().await?;
    let mut all = Vec::new();
    for compartment in access::compartments(staff.roles, Action::SeeUndeliveredMail) {
        all.extend(outbox::undelivered(&mut tx, compartment, AT_MOST).await?);
    }
    all.sort_by_key(|mail| std::cmp::Reverse(mail.given_up_at));
    Ok(all)
}

/// The mails about one case.
///
/// # Errors
/// When the database fails.
pub async fn of_case(portal: &Portal, staff: &Staff, number: &ReceiptNumber) -> Result<Vec<Undelivered>, FlowError> {
    let mut tx = portal.database.read().await?;
    let Some(head) = crate::store::case::find_by_receipt_number(&mut tx, number).await? else { return Ok(Vec::new()) };
    if !access::may_in(staff.roles, Action::SeeUndeliveredMail, head.compartment) {
        return Ok(Vec::new());
    }
    Ok(outbox::undelivered_of(&mut tx, head.case_id).await?)
}

/// What is done with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is tried again.
    TryAgain,
    /// 「連絡済み」 The parent was told in another way.
    Settle,
    /// Its address is opened.
    OpenAddress,
}

/// Does it; the address, where that was asked for. Pressed again, nothing happens twice.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such mail, or not for this member of staff.
pub async fn act(portal: &Portal, staff: &Staff, id: OutboxId, step: Step) -> Result<Option<String>, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let mail = outbox::find_undelivered(&mut tx, id).await?.ok_or(FlowError::NotFound)?;
    if !access::may_in(staff.roles, Action::SeeUndeliveredMail, mail.compartment) {
        return Err(FlowError::NotFound);
    }
    let (deed, address) = match step {
        Step::TryAgain => {
            outbox::take_up_again(&mut tx, id, now).await?;
            (Deed::MailTriedAgain, None)
        }
        Step::Settle => {
            outbox::settle(&mut tx, id, now).await?;
            (Deed::MailSettled, None)
        }
        Step::OpenAddress => {
            let sealed = outbox::find(&mut tx, id).await?.ok_or(StoreError::Corrupt("a mail is gone".to_owned()))?;
            (Deed::MailAddressViewed, Some(sealed.open(&portal.seal)?.0))
        }
    };
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), deed).on(Subject::Case(mail.case_id));
    tx.commit(Record::Deed(entry)).await?;
    Ok(address)
}
