//! Accounts of parents, and passkeys of parents and staff. Invariant: a mail address is stored sealed, and found by a
//! keyed index only.

use intake::{
    identity::ways::Stronger,
    ids::{AccountId, PasskeyId, StaffId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};
use crate::seal::WrappedKey;

macro_rules! passkey {
    ($rest:literal) => {
        concat!(
            "SELECT passkey_id, account_id, staff_id, credential, label, created_at, last_used_at, reads_from ",
            "FROM passkey ",
            $rest
        )
    };
}

sql! {
    INSERT = "INSERT INTO account (account_id, mail_index, wrapped_key, mail_sealed, locale, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    FIND = "SELECT account_id, wrapped_key, mail_sealed, locale, created_at, closed_at FROM account WHERE account_id = $1";
    FIND_BY_MAIL = "SELECT account_id, wrapped_key, mail_sealed, locale, created_at, closed_at FROM account
        WHERE mail_index = $1";
    SET_LOCALE = "UPDATE account SET locale = $2 WHERE account_id = $1";
    SET_MAIL = "UPDATE account SET mail_index = $2, mail_sealed = $3 WHERE account_id = $1";
    CLOSE = "UPDATE account SET closed_at = $3, mail_index = $2, mail_sealed = $4, wrapped_key = $4
        WHERE account_id = $1 AND closed_at IS NULL";
    DELETE_PASSKEYS_OF_ACCOUNT = "DELETE FROM passkey WHERE account_id = $1";
    INSERT_PASSKEY = "INSERT INTO passkey (passkey_id, account_id, staff_id, credential_id, credential, label, created_at,
        reads_from) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    PASSKEY_BY_CREDENTIAL = passkey!("WHERE credential_id = $1");
    PASSKEYS_OF_ACCOUNT = passkey!("WHERE account_id = $1 ORDER BY created_at, passkey_id");
    PASSKEYS_OF_STAFF = passkey!("WHERE staff_id = $1 ORDER BY created_at, passkey_id");
    RENAME_PASSKEY = "UPDATE passkey SET label = $3 WHERE passkey_id = $1 AND account_id = $2";
    STRONGER = "SELECT (SELECT COUNT(*) FROM passkey WHERE passkey.account_id = account.account_id)
        + (SELECT COUNT(*) FROM card WHERE card.account_id = account.account_id), stronger_lost_at
        FROM account WHERE account_id = $1";
    STRONGER_LOST = "UPDATE account SET stronger_lost_at = $2 WHERE account_id = $1";
    STRONGER_IS_BACK = "UPDATE account SET stronger_lost_at = NULL WHERE account_id = $1";
    PASSKEY_USED = "UPDATE passkey SET credential = $2, last_used_at = $3 WHERE passkey_id = $1";
    DELETE_PASSKEY = "DELETE FROM passkey WHERE passkey_id = $1 AND account_id = $2";
    DELETE_PASSKEYS_OF_STAFF = "DELETE FROM passkey WHERE staff_id = $1";
}

row! {
    /// An account.
    #[derive(Clone)]
    pub struct Account {
        /// Its id.
        pub account_id: AccountId,
        /// Its data key, wrapped.
        pub wrapped_key: WrappedKey,
        /// The mail address; place `account/<id>/mail`.
        pub mail_sealed: Vec<u8>,
        /// The language chosen.
        pub locale: String,
        /// When it was made.
        pub created_at: Instant,
        /// When it was closed.
        pub closed_at: Option<Instant>,
    }
}

/// Keeps a new account.
///
/// # Errors
/// [`StoreError::Duplicate`] when the address has one.
pub async fn insert(tx: &mut WriteTx, account: &Account, mail_index: &[u8; 32]) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        account.account_id.bytes().as_slice(),
        mail_index.as_slice(),
        account.wrapped_key.as_bytes(),
        &account.mail_sealed,
        &account.locale,
        account.created_at.micros(),
    )
    .map(drop)
}

/// An account by its id.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, id: AccountId) -> Result<Option<Account>, StoreError> {
    optional!(connection, Account, FIND, id.bytes().as_slice())
}

/// An account by the index key of its mail address.
///
/// # Errors
/// When the database fails.
pub async fn find_by_mail_index(connection: &mut Connection, index: &[u8; 32]) -> Result<Option<Account>, StoreError> {
    optional!(connection, Account, FIND_BY_MAIL, index.as_slice())
}

/// Keeps the language that a parent chose.
///
/// # Errors
/// When the database fails.
pub async fn set_locale(tx: &mut WriteTx, id: AccountId, locale: &str) -> Result<(), StoreError> {
    execute!(tx, SET_LOCALE, id.bytes().as_slice(), locale).map(drop)
}

/// Keeps another mail address, sealed with the key that the account has.
///
/// # Errors
/// [`StoreError::Duplicate`] when the address has an account.
pub async fn set_mail(
    tx: &mut WriteTx,
    id: AccountId,
    mail_index: &[u8; 32],
    mail_sealed: &[u8],
) -> Result<(), StoreError> {
    execute!(tx, SET_MAIL, id.bytes().as_slice(), mail_index.as_slice(), mail_sealed).map(drop)
}

/// Closes an account: its address can be neither found nor read any more, and may have a new account. `nowhere` is random, in
/// the place of the index. False when it was closed before.
///
/// # Errors
/// When the database fails.
pub async fn close(tx: &mut WriteTx, id: AccountId, nowhere: &[u8; 32], at: Instant) -> Result<bool, StoreError> {
    let nothing: &[u8] = &[];
    Ok(execute!(tx, CLOSE, id.bytes().as_slice(), nowhere.as_slice(), at.micros(), nothing)? == 1)
}

/// Removes all passkeys of a parent.
///
/// # Errors
/// When the database fails.
pub async fn delete_passkeys_of_account(tx: &mut WriteTx, owner: AccountId) -> Result<u64, StoreError> {
    execute!(tx, DELETE_PASSKEYS_OF_ACCOUNT, owner.bytes().as_slice())
}

/// Whose passkey it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeyOwner {
    /// A parent's.
    Account(AccountId),
    /// A member of staff's.
    Staff(StaffId),
}

row! {
    /// A passkey.
    #[derive(Clone)]
    pub struct Passkey {
        /// Its id.
        pub passkey_id: PasskeyId,
        /// The parent whose it is.
        pub account_id: Option<AccountId>,
        /// The member of staff whose it is.
        pub staff_id: Option<StaffId>,
        /// Public key and counter, as the WebAuthn library writes them.
        pub credential: String,
        /// What the owner calls it.
        pub label: String,
        /// When it was added.
        pub created_at: Instant,
        /// When it last signed in.
        pub last_used_at: Option<Instant>,
        /// What was filed from then on it lets her read again.
        pub reads_from: Instant,
    }
}

/// A passkey to be kept.
pub struct NewPasskey<'a> {
    /// Its id.
    pub passkey_id: PasskeyId,
    /// Whose it is.
    pub owner: PasskeyOwner,
    /// The authenticator's id of it.
    pub credential_id: &'a [u8],
    /// See [`Passkey::credential`].
    pub credential: &'a str,
    /// See [`Passkey::label`].
    pub label: &'a str,
    /// See [`Passkey::created_at`].
    pub created_at: Instant,
    /// See [`Passkey::reads_from`].
    pub reads_from: Instant,
}

/// Keeps a passkey.
///
/// # Errors
/// [`StoreError::Duplicate`] when the authenticator's id is known.
pub async fn insert_passkey(tx: &mut WriteTx, passkey: &NewPasskey<'_>) -> Result<(), StoreError> {
    let (account, staff) = match &passkey.owner {
        PasskeyOwner::Account(id) => (Some(id.bytes().as_slice()), None),
        PasskeyOwner::Staff(id) => (None, Some(id.bytes().as_slice())),
    };
    execute!(
        tx,
        INSERT_PASSKEY,
        passkey.passkey_id.bytes().as_slice(),
        account,
        staff,
        passkey.credential_id,
        passkey.credential,
        passkey.label,
        passkey.created_at.micros(),
        passkey.reads_from.micros(),
    )
    .map(drop)
}

/// The passkey with an authenticator's id.
///
/// # Errors
/// When the database fails.
pub async fn find_passkey(connection: &mut Connection, credential_id: &[u8]) -> Result<Option<Passkey>, StoreError> {
    optional!(connection, Passkey, PASSKEY_BY_CREDENTIAL, credential_id)
}

/// All passkeys of an owner, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn passkeys_of(connection: &mut Connection, owner: PasskeyOwner) -> Result<Vec<Passkey>, StoreError> {
    match owner {
        PasskeyOwner::Account(id) => all!(connection, Passkey, PASSKEYS_OF_ACCOUNT, id.bytes().as_slice()),
        PasskeyOwner::Staff(id) => all!(connection, Passkey, PASSKEYS_OF_STAFF, id.bytes().as_slice()),
    }
}

/// Keeps the counter and the time of a use.
///
/// # Errors
/// When the database fails.
pub async fn passkey_used(tx: &mut WriteTx, id: PasskeyId, credential: &str, at: Instant) -> Result<(), StoreError> {
    execute!(tx, PASSKEY_USED, id.bytes().as_slice(), credential, at.micros()).map(drop)
}

/// Calls a parent's passkey otherwise; false when it is not this parent's.
///
/// # Errors
/// When the database fails.
pub async fn rename_passkey(
    tx: &mut WriteTx,
    id: PasskeyId,
    owner: AccountId,
    label: &str,
) -> Result<bool, StoreError> {
    Ok(execute!(tx, RENAME_PASSKEY, id.bytes().as_slice(), owner.bytes().as_slice(), label)? == 1)
}

/// 「強い入り方」 What an account has beyond the code by mail, or had.
///
/// # Errors
/// When the database fails.
pub async fn stronger(connection: &mut Connection, id: AccountId) -> Result<Stronger, StoreError> {
    let found = optional!(connection, (i64, Option<i64>), STRONGER, id.bytes().as_slice())?;
    let (ways, lost_at) = found.unwrap_or_default();
    Ok(Stronger { is_there: ways > 0, was_lost: lost_at.is_some() })
}

/// Keeps that an account had a stronger way, which the way back at the counter takes away.
///
/// # Errors
/// When the database fails.
pub async fn stronger_was_lost(tx: &mut WriteTx, id: AccountId, at: Instant) -> Result<(), StoreError> {
    execute!(tx, STRONGER_LOST, id.bytes().as_slice(), at.micros()).map(drop)
}

/// Keeps that an account has a stronger way again.
///
/// # Errors
/// When the database fails.
pub async fn stronger_is_back(tx: &mut WriteTx, id: AccountId) -> Result<(), StoreError> {
    execute!(tx, STRONGER_IS_BACK, id.bytes().as_slice()).map(drop)
}

/// Removes a parent's passkey; false when it is not this parent's.
///
/// # Errors
/// When the database fails.
pub async fn delete_passkey(tx: &mut WriteTx, id: PasskeyId, owner: AccountId) -> Result<bool, StoreError> {
    Ok(execute!(tx, DELETE_PASSKEY, id.bytes().as_slice(), owner.bytes().as_slice())? == 1)
}

/// Removes all passkeys of a member of staff, who is invited anew.
///
/// # Errors
/// When the database fails.
pub async fn delete_passkeys_of_staff(tx: &mut WriteTx, owner: StaffId) -> Result<u64, StoreError> {
    execute!(tx, DELETE_PASSKEYS_OF_STAFF, owner.bytes().as_slice())
}
