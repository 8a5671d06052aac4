//! A parent's account: her passkeys, her sessions, and leaving. Invariant: a passkey of somebody else is not found, and removing
//! the last one leaves the code by mail as the way in; whoever leaves takes nothing away that she has filed.

use intake::{
    ids::{AccountId, PasskeyId},
    retention::CITIZEN_IDLE,
};

use super::{
    FlowError,
    address_change::{Asking, fresh},
    passkey::{self, Begun, PasskeyOwner, Shown},
    random,
    sign_in::address_of,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, StoreError, Upkeep, WriteTx,
        account::{self, Passkey},
        address_change,
        audit::{Actor, Deed, Subject},
        card, draft, pregnancy_end,
        session::{self, Session},
    },
};

/// Her mail address and her passkeys, oldest first.
pub struct Overview {
    /// The address that she is written to.
    pub mail: String,
    /// Her passkeys.
    pub passkeys: Vec<Passkey>,
    /// Her sessions that are not over, newest first.
    pub sessions: Vec<Session>,
}

/// What the account page shows.
///
/// # Errors
/// [`FlowError::NotFound`] when the account is gone.
pub async fn view(portal: &Portal, id: AccountId) -> Result<Overview, FlowError> {
    let mut tx = portal.database.read().await?;
    let account = account::find(&mut tx, id).await?.ok_or(FlowError::NotFound)?;
    let passkeys = account::passkeys_of(&mut tx, PasskeyOwner::Account(id)).await?;
    let now = portal.clock.now();
    let mut sessions = session::of_account(&mut tx, id).await?;
    sessions.retain(|session| now < session.expires_at && now < session.seen_at.plus(CITIZEN_IDLE));
    Ok(Overview { mail: address_of(portal, &account)?, passkeys, sessions })
}

/// Ends her sessions on other devices, with what only they could see.
pub(super) async fn end_other_sessions(tx: &mut WriteTx, id: AccountId, but: &[u8; 32]) -> Result<u64, StoreError> {
    draft::delete_of_other_sessions(tx, id, but).await?;
    session::delete_others(tx, id, but).await
}

/// 「ほかの端末からサインアウト」
///
/// # Errors
/// When the database fails.
pub async fn sign_out_elsewhere(portal: &Portal, id: AccountId, but: &[u8; 32]) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    let ended = end_other_sessions(&mut tx, id, but).await?;
    let entry = AuditEntry::done(portal.clock.now(), Actor::Citizen(id), Deed::OtherSessionsEnded);
    let ended = i64::try_from(ended).unwrap_or(i64::MAX);
    Ok(tx.commit(Record::Deed(entry.on(Subject::Account(id)).with("sessions", ended))).await?)
}

/// Ends every session and removes every passkey, and the card, of an account: what is left is the code by mail.
pub(super) async fn end_all_ways_in(tx: &mut WriteTx, id: AccountId) -> Result<(), StoreError> {
    // No session has this hash.
    end_other_sessions(tx, id, &[0; 32]).await?;
    card::delete_of_account(tx, id).await?;
    account::delete_passkeys_of_account(tx, id).await.map(drop)
}

/// Closes an account: its drafts, ways in and mail address are gone, its filings stay with the office. The entry of it.
///
/// # Errors
/// When the database fails.
pub(super) async fn close(
    portal: &Portal,
    tx: &mut WriteTx,
    id: AccountId,
    by: Actor,
) -> Result<AuditEntry, FlowError> {
    let now = portal.clock.now();
    end_all_ways_in(tx, id).await?;
    draft::delete_of_account(tx, id).await?;
    address_change::delete_all(tx, id).await?;
    pregnancy_end::take_back(tx, id).await?;
    account::close(tx, id, &random(), now).await?;
    Ok(AuditEntry::done(now, by, Deed::AccountClosed).on(Subject::Account(id)))
}

/// 「退会」 A parent leaves; false when she signed in too long ago, or not with her passkey.
///
/// # Errors
/// When the database fails.
pub async fn leave(portal: &Portal, asking: &Asking) -> Result<bool, FlowError> {
    let mut tx = portal.database.write().await?;
    if !fresh(portal, &mut tx, asking).await? {
        return Ok(false);
    }
    let entry = close(portal, &mut tx, asking.account, Actor::Citizen(asking.account)).await?;
    tx.commit(Record::Deed(entry)).await?;
    Ok(true)
}

/// Keeps the language that she chose: mail is written in it from now on.
///
/// # Errors
/// When the database fails.
pub async fn choose_language(portal: &Portal, id: AccountId, locale: &str) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    account::set_locale(&mut tx, id, locale).await?;
    Ok(tx.commit(Record::Upkeep(Upkeep::LanguageChosen)).await?)
}

/// Begins adding a passkey.
///
/// # Errors
/// [`FlowError::NotFound`] when the account is gone.
pub async fn begin_passkey(portal: &Portal, id: AccountId) -> Result<Begun, FlowError> {
    let mail = view(portal, id).await?.mail;
    passkey::begin_registration(portal, PasskeyOwner::Account(id), Shown { account: &mail, person: &mail }).await
}

/// Removes one of her passkeys.
///
/// # Errors
/// [`FlowError::NotFound`] when it is not hers.
pub async fn remove_passkey(portal: &Portal, id: AccountId, passkey: PasskeyId) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    if !account::delete_passkey(&mut tx, passkey, id).await? {
        return Err(FlowError::NotFound);
    }
    let entry = AuditEntry::done(portal.clock.now(), Actor::Citizen(id), Deed::PasskeyRemoved);
    Ok(tx.commit(Record::Deed(entry.on(Subject::Passkey(passkey)))).await?)
}
