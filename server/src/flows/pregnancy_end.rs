//! 「妊娠の終了」 Told once, by the parent or by staff for her; no reason is asked. Invariant: from then on nothing is written to
//! her by itself of what was begun before or follows it ([`is_silenced`]), until it is taken back or she files anew.

use intake::{
    access::{self, Action},
    form::Form,
    ids::{AccountId, ReceiptNumber},
    pregnancy_end as rules,
    time::Instant,
};

use super::{FlowError, booking};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, WriteTx,
        audit::{Actor, Deed, Subject},
        case,
        message::Sender,
        pregnancy_end as store,
        staff::Staff,
    },
};

/// Whether nothing is to be written to her, by itself, of what was begun then. Whoever sends a reminder asks this.
///
/// # Errors
/// When the database fails.
pub(crate) async fn is_silenced(
    connection: &mut Connection,
    account: AccountId,
    begun_at: Instant,
    follows: bool,
) -> Result<bool, FlowError> {
    Ok(rules::is_silenced(store::told_at(connection, account).await?, begun_at, follows))
}

/// When it was told, if it was.
///
/// # Errors
/// When the database fails.
pub async fn told_at(portal: &Portal, account: AccountId) -> Result<Option<Instant>, FlowError> {
    Ok(store::told_at(&mut *portal.database.read().await?, account).await?)
}

/// Keeps what a parent tells. Pressed again, nothing happens twice.
///
/// # Errors
/// When the database fails.
pub async fn tell(portal: &Portal, account: AccountId) -> Result<(), FlowError> {
    keep(portal, portal.database.write().await?, account, Sender::Citizen(account), true).await
}

/// Takes back what was told.
///
/// # Errors
/// When the database fails.
pub async fn take_back(portal: &Portal, account: AccountId) -> Result<(), FlowError> {
    keep(portal, portal.database.write().await?, account, Sender::Citizen(account), false).await
}

/// Keeps what a member of staff was told by the parent of this case, or takes it back.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such case, the role may not, or nobody stands behind it any more.
pub async fn note(portal: &Portal, staff: &Staff, number: &ReceiptNumber, told: bool) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    let may = access::may_in(staff.roles, Action::NotePregnancyEnd, head.compartment);
    let Some(account) = head.owner().filter(|_| may) else {
        drop(tx);
        let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), deed(told)).refused();
        let entry = entry.on(Subject::Case(head.case_id)).with("reason", "not_allowed");
        portal.database.write().await?.commit(Record::Deed(entry)).await?;
        return Err(FlowError::NotFound);
    };
    keep(portal, tx, account, Sender::Staff(staff.staff_id), told).await
}

const fn deed(told: bool) -> Deed {
    if told { Deed::PregnancyEndTold } else { Deed::PregnancyEndTakenBack }
}

async fn keep(portal: &Portal, mut tx: WriteTx, account: AccountId, by: Sender, told: bool) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let changed =
        if told { store::tell(&mut tx, account, by, now).await? } else { store::take_back(&mut tx, account).await? };
    if !changed {
        return Ok(());
    }
    let actor = match by {
        Sender::Citizen(id) => Actor::Citizen(id),
        Sender::Staff(id) => Actor::Staff(id),
    };
    let mut entries = vec![AuditEntry::done(now, actor.clone(), deed(told)).on(Subject::Account(account))];
    if told {
        entries.extend(booking::end_of_account(&mut tx, account, &actor, now).await?);
    }
    Ok(tx.commit_all(entries).await?)
}

/// Whoever files anew what other forms follow is written to again.
///
/// # Errors
/// When the database fails.
pub(crate) async fn begin_anew(
    portal: &Portal,
    tx: &mut WriteTx,
    account: AccountId,
    form: &Form,
) -> Result<(), FlowError> {
    if portal.catalog.all_newest().iter().any(|other| other.follows.as_ref() == Some(&form.id)) {
        store::take_back(tx, account).await?;
    }
    Ok(())
}
