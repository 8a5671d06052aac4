//! Mail to a parent, and the reminders that she can stop. Invariant: whatever is a reminder goes through [`remind`], which asks
//! [`wants_reminders`] first; everything else is written whether reminders are stopped or not.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use intake::ids::{AccountId, CaseId, OutboxId};

use super::{FlowError, random, sign_in::address_of};
use crate::{
    portal::Portal,
    seal::Seal,
    store::{
        AuditEntry, Connection, Record, WriteTx, account,
        audit::{Actor, Deed, Subject},
        outbox::{self, Destined, MailPayload, NewMail},
        reminders::{self, Wish},
    },
};

/// Queues a mail to a parent in her language, within the deed that it tells of; `about` is the case that it tells of. An
/// account that is closed gets none.
///
/// # Errors
/// When the account cannot be read.
pub(crate) async fn write_about(
    portal: &Portal,
    tx: &mut WriteTx,
    to: AccountId,
    about: Option<CaseId>,
    kind: &str,
    letter: &(impl Fn(&str) -> MailPayload + Sync),
) -> Result<(), FlowError> {
    queue(portal, tx, Destined { account: Some(to), case: about, ..Destined::default() }, kind, letter).await
}

/// Whether a parent wants to be reminded: she has an account and has not stopped it. Every reminder asks this.
///
/// # Errors
/// When the database fails.
pub async fn wants_reminders(connection: &mut Connection, account: AccountId) -> Result<bool, FlowError> {
    let wish = reminders::find(connection, account).await?;
    Ok(wish.is_some_and(|wish| wish.closed_at.is_none() && wish.reminders_stopped_at.is_none()))
}

/// Queues a reminder, if she wants any; whether she does. Its mail says how to stop them.
///
/// # Errors
/// When the account cannot be read.
pub async fn remind(
    portal: &Portal,
    tx: &mut WriteTx,
    to: AccountId,
    about: Option<CaseId>,
    kind: &str,
    letter: &(impl Fn(&str) -> MailPayload + Sync),
) -> Result<bool, FlowError> {
    if !wants_reminders(tx, to).await? {
        return Ok(false);
    }
    reminders::keep_hash(tx, to, &hash(&portal.seal, &stop_token(&portal.seal, to))).await?;
    queue(
        portal,
        tx,
        Destined { account: Some(to), case: about, is_reminder: true, ..Destined::default() },
        kind,
        letter,
    )
    .await?;
    Ok(true)
}

async fn queue(
    portal: &Portal,
    tx: &mut WriteTx,
    for_whom: Destined,
    kind: &str,
    letter: &(impl Fn(&str) -> MailPayload + Sync),
) -> Result<(), FlowError> {
    let Some(to) = for_whom.account else { return Ok(()) };
    let Some(account) = account::find(tx, to).await?.filter(|account| account.closed_at.is_none()) else {
        return Ok(());
    };
    let address = address_of(portal, &account)?;
    let mail = NewMail {
        outbox_id: OutboxId::from_random(random()),
        kind,
        locale: &account.locale,
        to: &address,
        payload: &letter(&account.locale),
        created_at: portal.clock.now(),
    };
    Ok(outbox::insert_for(tx, &portal.seal, &mail, for_whom).await?)
}

/// The token that stops an account's reminders. It follows from the master key and is the same in every mail, so that a mail
/// of long ago still works; it says nothing of whose it is.
#[must_use]
pub fn stop_token(seal: &Seal, account: AccountId) -> String {
    BASE64_URL.encode(seal.index_key("mail stop token", &account.to_string()))
}

fn hash(seal: &Seal, token: &str) -> [u8; 32] {
    seal.index_key("mail stop hash", token)
}

async fn of_token(portal: &Portal, connection: &mut Connection, token: &str) -> Result<Wish, FlowError> {
    let wish = reminders::find_by_hash(connection, &hash(&portal.seal, token)).await?;
    wish.filter(|wish| wish.closed_at.is_none()).ok_or(FlowError::NotFound)
}

/// Whether the account of a token is still reminded.
///
/// # Errors
/// [`FlowError::NotFound`] when the token is nobody's.
pub async fn is_reminded(portal: &Portal, token: &str) -> Result<bool, FlowError> {
    let mut tx = portal.database.read().await?;
    Ok(of_token(portal, &mut tx, token).await?.reminders_stopped_at.is_none())
}

/// Stops the reminders of a token's account, without signing in. Pressed again, nothing happens twice.
///
/// # Errors
/// [`FlowError::NotFound`] when the token is nobody's.
pub async fn stop(portal: &Portal, token: &str) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    let account = of_token(portal, &mut tx, token).await?.account_id;
    set(portal, tx, account, false).await
}

/// Stops her reminders or takes them up again, for a parent who has signed in.
///
/// # Errors
/// When the database fails.
pub async fn choose(portal: &Portal, account: AccountId, wanted: bool) -> Result<(), FlowError> {
    let tx = portal.database.write().await?;
    set(portal, tx, account, wanted).await
}

async fn set(portal: &Portal, mut tx: WriteTx, account: AccountId, wanted: bool) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let (changed, deed) = if wanted {
        (reminders::resume(&mut tx, account).await?, Deed::RemindersResumed)
    } else {
        (reminders::stop(&mut tx, account, now).await?, Deed::RemindersStopped)
    };
    if changed {
        let entry = AuditEntry::done(now, Actor::Citizen(account), deed).on(Subject::Account(account));
        tx.commit(Record::Deed(entry)).await?;
    }
    Ok(())
}

/// Whether she is reminded, for her account's page.
///
/// # Errors
/// When the database fails.
pub async fn of_account(portal: &Portal, account: AccountId) -> Result<bool, FlowError> {
    wants_reminders(&mut *portal.database.read().await?, account).await
}
