//! A parent's account: her passkeys. Invariant: a passkey of somebody else is not found, and removing the last one leaves
//! the code by mail as the way in.

use intake::ids::{AccountId, PasskeyId};

use super::{
    FlowError,
    passkey::{self, Begun, PasskeyOwner, Shown},
    sign_in::address_of,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, Upkeep,
        account::{self, Passkey},
        audit::{Actor, Deed, Subject},
    },
};

/// Her mail address and her passkeys, oldest first.
pub struct Overview {
    /// The address that she is written to.
    pub mail: String,
    /// Her passkeys.
    pub passkeys: Vec<Passkey>,
}

/// What the account page shows.
///
/// # Errors
/// [`FlowError::NotFound`] when the account is gone.
pub async fn view(portal: &Portal, id: AccountId) -> Result<Overview, FlowError> {
    let mut tx = portal.database.read().await?;
    let account = account::find(&mut tx, id).await?.ok_or(FlowError::NotFound)?;
    let passkeys = account::passkeys_of(&mut tx, PasskeyOwner::Account(id)).await?;
    Ok(Overview { mail: address_of(portal, &account)?, passkeys })
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
