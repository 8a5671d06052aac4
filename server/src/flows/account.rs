//! A parent's account: her passkeys, her sessions, and leaving. Invariant: a passkey or a session of somebody else is not found,
//! and the last strong way in is never taken away in silence; whoever leaves takes nothing away that she has filed.

use intake::{
    identity::ways::{May, Right},
    ids::{AccountId, PasskeyId},
    retention::CITIZEN_IDLE,
    time::Instant,
};

use super::{
    FlowError,
    address_change::{Asking, may_in},
    passkey::{self, Begun, PasskeyOwner, Shown},
    random, remind,
    sign_in::{address_of, renew_session},
};
use crate::{
    portal::Portal,
    seal::token_hash,
    store::{
        AuditEntry, Record, StoreError, Upkeep, WriteTx,
        account::{self, Passkey},
        address_change,
        audit::{Actor, Deed, Subject},
        card, draft,
        outbox::MailPayload,
        pregnancy_end,
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

/// 「退会」 A parent leaves, if the table of ways in lets her.
///
/// # Errors
/// When the database fails.
pub async fn leave(portal: &Portal, asking: &Asking) -> Result<May, FlowError> {
    let mut tx = portal.database.write().await?;
    let may = may_in(portal, &mut tx, asking, Right::Leave).await?;
    if may == May::Yes {
        let entry = close(portal, &mut tx, asking.account, Actor::Citizen(asking.account)).await?;
        tx.commit(Record::Deed(entry)).await?;
    }
    Ok(may)
}

/// Names a session in an address: not what its cookie holds, and not the hash of it either.
#[must_use]
pub fn session_name(session: &Session) -> String {
    token_hash(&session.session_hash)[..8].iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// 「この端末からサインアウト」 Ends one of her sessions.
///
/// # Errors
/// [`FlowError::NotFound`] when it is not hers, or is over.
pub async fn end_session(portal: &Portal, id: AccountId, name: &str) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    let found = session::of_account(&mut tx, id).await?.into_iter().find(|session| session_name(session) == name);
    let found = found.ok_or(FlowError::NotFound)?;
    draft::delete_of_session(&mut tx, &found.session_hash).await?;
    session::delete(&mut tx, &found.session_hash).await?;
    let entry = AuditEntry::done(portal.clock.now(), Actor::Citizen(id), Deed::SessionEnded);
    Ok(tx.commit(Record::Deed(entry.on(Subject::Account(id)))).await?)
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

/// Begins adding a passkey, if the table of ways in lets her.
///
/// # Errors
/// [`FlowError::NotFound`] when the account is gone.
pub async fn begin_passkey(portal: &Portal, asking: &Asking) -> Result<Result<Begun, May>, FlowError> {
    let id = asking.account;
    let may = may_in(portal, &mut *portal.database.read().await?, asking, Right::AddPasskey).await?;
    if may != May::Yes {
        return Ok(Err(may));
    }
    let mail = view(portal, id).await?.mail;
    let shown = Shown { account: &mail, person: &mail };
    Ok(Ok(passkey::begin_registration(portal, PasskeyOwner::Account(id), shown).await?))
}

/// What became of a passkey to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is there; her session goes on under this token, and the old one is dead.
    Yes([u8; 32]),
    /// What came back is no good.
    Refused,
    /// She signed in too long ago, or not in the way that she has.
    Not(May),
}

/// Adds a passkey. She is told by mail. `letter` makes the mail from the language.
///
/// # Errors
/// [`FlowError::NotFound`] when her session has ended.
pub async fn add_passkey(
    portal: &Portal,
    asking: &Asking,
    (ceremony, credential): (&str, &str),
    label: &str,
    letter: &(impl Fn(&str) -> MailPayload + Sync),
) -> Result<Added, FlowError> {
    let (id, owner) = (asking.account, PasskeyOwner::Account(asking.account));
    let Some(made) = passkey::finish_registration(portal, owner, ceremony, credential).await? else {
        return Ok(Added::Refused);
    };
    let mut tx = portal.database.write().await?;
    let may = may_in(portal, &mut tx, asking, Right::AddPasskey).await?;
    if may != May::Yes {
        return Ok(Added::Not(may));
    }
    let reads_from = reads_from(&mut tx, asking).await?;
    let entry = match made.keep(portal, &mut tx, label, reads_from).await {
        Ok(entry) => entry,
        Err(FlowError::Store(StoreError::Duplicate)) => return Ok(Added::Refused),
        Err(error) => return Err(error),
    };
    account::stronger_is_back(&mut tx, id).await?;
    let token = renew_session(portal, &mut tx, &asking.session).await?;
    remind::write_about(portal, &mut tx, id, None, "passkeys_changed", letter).await?;
    tx.commit(Record::Deed(entry)).await?;
    Ok(Added::Yes(token))
}

/// From when on what was filed comes back to a passkey that this session adds. Who has only read a code sees nothing that was
/// filed before she came; whom two people have seen at the counter, and who has a stronger way, all that this way sees.
async fn reads_from(tx: &mut WriteTx, asking: &Asking) -> Result<Instant, FlowError> {
    let session = session::find(tx, &asking.session).await?.ok_or(FlowError::NotFound)?;
    let stronger = account::stronger(tx, asking.account).await?;
    Ok(match session.reads_from {
        Some(from) => from,
        None if stronger.was_lost => Instant(0),
        None => session.created_at,
    })
}

/// Calls one of her passkeys otherwise.
///
/// # Errors
/// [`FlowError::NotFound`] when it is not hers, or her way in may not.
pub async fn rename_passkey(
    portal: &Portal,
    asking: &Asking,
    passkey: PasskeyId,
    label: &str,
) -> Result<May, FlowError> {
    let mut tx = portal.database.write().await?;
    let may = may_in(portal, &mut tx, asking, Right::RenamePasskey).await?;
    if may != May::Yes {
        return Ok(may);
    }
    if !account::rename_passkey(&mut tx, passkey, asking.account, label).await? {
        return Err(FlowError::NotFound);
    }
    let entry = AuditEntry::done(portal.clock.now(), Actor::Citizen(asking.account), Deed::PasskeyRenamed);
    tx.commit(Record::Deed(entry.on(Subject::Passkey(passkey)))).await?;
    Ok(May::Yes)
}

/// What became of a passkey to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone, with the sessions that began with it, but for the one that asks.
    Yes([u8; 32]),
    /// It is her last strong way in: what that means is to be said first.
    IsLast,
    /// She signed in too long ago, or not in the way that she has.
    Not(May),
}

/// Removes one of her passkeys; the last strong way in only when `knows_it_is_last`. She is told by mail.
///
/// # Errors
/// [`FlowError::NotFound`] when it is not hers.
pub async fn remove_passkey(
    portal: &Portal,
    asking: &Asking,
    passkey: PasskeyId,
    knows_it_is_last: bool,
    letter: &(impl Fn(&str) -> MailPayload + Sync),
) -> Result<Removed, FlowError> {
    let id = asking.account;
    let mut tx = portal.database.write().await?;
    let may = may_in(portal, &mut tx, asking, Right::RemovePasskey).await?;
    if may != May::Yes {
        return Ok(Removed::Not(may));
    }
    if !account::delete_passkey(&mut tx, passkey, id).await? {
        return Err(FlowError::NotFound);
    }
    if !account::stronger(&mut tx, id).await?.is_there && !knows_it_is_last {
        // Nothing is committed.
        return Ok(Removed::IsLast);
    }
    session::delete_by_passkey(&mut tx, passkey, &asking.session).await?;
    let token = renew_session(portal, &mut tx, &asking.session).await?;
    remind::write_about(portal, &mut tx, id, None, "passkeys_changed", letter).await?;
    let entry = AuditEntry::done(portal.clock.now(), Actor::Citizen(id), Deed::PasskeyRemoved);
    tx.commit(Record::Deed(entry.on(Subject::Passkey(passkey)))).await?;
    Ok(Removed::Yes(token))
}
