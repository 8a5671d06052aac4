//! 「下書き」 Drafts. Invariant: a draft belongs to one browser or one account; it is saved only over the version that was
//! read; a parent's is not over before she was told in time; one of a session belongs to that session alone.

use intake::{
    ids::{AccountId, DraftId, FormId},
    retention,
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, Writing, all, columns::row, execute, optional, sql};
use crate::seal::WrappedKey;

macro_rules! draft {
    ($rest:literal) => {
        concat!(
            "SELECT draft_id, account_id, browser_hash, form_id, form_version, wrapped_key, answers_sealed, version, ",
            "audited_session, created_at, updated_at, expires_at, noticed_at, session_hash, text_pack, saved_by, rescued ",
            "FROM draft ",
            $rest
        )
    };
}

sql! {
    INSERT = "INSERT INTO draft (draft_id, account_id, browser_hash, form_id, form_version, form_sha256, wrapped_key,
        answers_sealed, version, audited_session, created_at, updated_at, expires_at, session_hash, text_pack)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $10, $11, $12, $13)";
    FIND = draft!("WHERE draft_id = $1");
    OF_ACCOUNT = draft!("WHERE account_id = $1 AND form_id = $2");
    OF_BROWSER = draft!("WHERE browser_hash = $1 AND form_id = $2");
    ALL_OF_BROWSER = draft!("WHERE browser_hash = $1 ORDER BY form_id");
    ALL_OF_ACCOUNT = draft!("WHERE account_id = $1 ORDER BY form_id");
    SAVE = "UPDATE draft SET answers_sealed = $3, audited_session = $4, updated_at = $5, expires_at = $6,
        noticed_at = NULL, saved_by = $7, rescued = $8, version = version + 1 WHERE draft_id = $1 AND version = $2";
    ADOPT = "UPDATE draft SET account_id = $2, browser_hash = NULL, updated_at = $3 WHERE draft_id = $1";
    DELETE = "DELETE FROM draft WHERE draft_id = $1";
    SWEEP = "DELETE FROM draft WHERE expires_at <= $1
        AND (account_id IS NULL OR session_hash IS NOT NULL OR noticed_at <= $2)";
    // A session that is over has no row any more, or was idle for too long.
    SWEEP_WITHOUT_SESSION = "DELETE FROM draft WHERE session_hash IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM session WHERE session.session_hash = draft.session_hash AND session.seen_at > $1)";
    GIVE_TO_SESSION = "UPDATE draft SET session_hash = $2 WHERE session_hash = $1";
    DELETE_OF_SESSION = "DELETE FROM draft WHERE session_hash = $1";
    DELETE_OF_ACCOUNT = "DELETE FROM draft WHERE account_id = $1";
    // Those of the other sessions of this parent, which end.
    DELETE_OF_OTHER_SESSIONS = "DELETE FROM draft WHERE account_id = $1 AND session_hash IS NOT NULL AND session_hash <> $2";
    ENDING = draft!("WHERE expires_at <= $1 AND account_id IS NOT NULL AND session_hash IS NULL AND noticed_at IS NULL
        ORDER BY expires_at LIMIT $2");
    // Not the version: it guards what is typed.
    TOUCH = "UPDATE draft SET updated_at = $2, expires_at = $3, noticed_at = NULL WHERE draft_id = $1";
    NOTICED = "UPDATE draft SET noticed_at = $3, expires_at = $4 WHERE draft_id = $1 AND version = $2
        AND noticed_at IS NULL";
}

/// Whose draft it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftOwner {
    /// A parent's.
    Account(AccountId),
    /// A browser's, by the hash of its cookie.
    Browser([u8; 32]),
}

row! {
    /// A draft.
    #[derive(Clone)]
    pub struct Draft {
        /// Its id; the case it becomes keeps it.
        pub draft_id: DraftId,
        /// The parent whose it is.
        pub account_id: Option<AccountId>,
        /// The browser whose it is.
        pub browser_hash: Option<[u8; 32]>,
        /// The form.
        pub form_id: FormId,
        /// The version that is being filled in.
        pub form_version: i64,
        /// Its data key, wrapped.
        pub wrapped_key: WrappedKey,
        /// The answers; place by [`place`].
        pub answers_sealed: Vec<u8>,
        /// Counts every save.
        pub version: i64,
        /// The session whose saving has an audit entry already.
        pub audited_session: Option<Vec<u8>>,
        /// When it was begun.
        pub created_at: Instant,
        /// The last save.
        pub updated_at: Instant,
        /// When it is removed.
        pub expires_at: Instant,
        /// When the parent was told that it will be.
        pub noticed_at: Option<Instant>,
        /// The only session that may see it; none for an ordinary one.
        pub session_hash: Option<[u8; 32]>,
        /// 「EPDS」 The SHA-256 of the text pack that the items are shown from.
        pub text_pack: Option<String>,
        /// Which showing of a page saved last, and its count.
        pub saved_by: Option<String>,
        /// Pages that were sent after the session had ended, a line each with what it was shown with.
        pub rescued: Option<String>,
    }
}

impl Draft {
    /// Whether this session, or browser, may see it.
    #[must_use]
    pub fn is_open_to(&self, session: &[u8; 32]) -> bool {
        self.session_hash.is_none_or(|only| only == *session)
    }

    /// Whether its time is over. One of a session ends without notice: it was said at its beginning. A browser can be told nothing; a parent was told in time, or it is not over.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        let was_told = |at: Instant| at.plus(retention::DRAFT_NOTICE_AT_LEAST) <= now;
        let needs_no_notice = self.account_id.is_none() || self.session_hash.is_some();
        self.expires_at <= now && (needs_no_notice || self.noticed_at.is_some_and(was_told))
    }
}

/// The place that the answers of a draft are sealed for.
#[must_use]
pub fn place(id: DraftId) -> String {
    format!("draft/{id}/answers")
}

/// A draft to be kept.
pub struct NewDraft<'a> {
    /// Its id.
    pub draft_id: DraftId,
    /// Whose it is.
    pub owner: DraftOwner,
    /// The form.
    pub form_id: &'a FormId,
    /// The version that is being filled in.
    pub form_version: u32,
    /// Digest of that version: the portal does not start with another one while there is the draft.
    pub form_sha256: &'a str,
    /// Its data key, wrapped.
    pub wrapped_key: &'a WrappedKey,
    /// The answers.
    pub answers_sealed: &'a [u8],
    /// The session that began it.
    pub audited_session: Option<&'a [u8]>,
    /// Now.
    pub created_at: Instant,
    /// When it is removed.
    pub expires_at: Instant,
    /// The only session that may see it.
    pub session_hash: Option<&'a [u8; 32]>,
    /// 「EPDS」 The SHA-256 of the text pack.
    pub text_pack: Option<&'a str>,
}

/// Keeps a draft.
///
/// # Errors
/// [`StoreError::Duplicate`] when the owner has one for this form.
pub async fn insert(tx: &mut WriteTx, draft: &NewDraft<'_>) -> Result<(), StoreError> {
    let (account, browser) = match &draft.owner {
        DraftOwner::Account(id) => (Some(id.bytes().as_slice()), None),
        DraftOwner::Browser(hash) => (None, Some(hash.as_slice())),
    };
    execute!(
        tx,
        INSERT,
        draft.draft_id.bytes().as_slice(),
        account,
        browser,
        draft.form_id.as_str(),
        i64::from(draft.form_version),
        draft.form_sha256,
        draft.wrapped_key.as_bytes(),
        draft.answers_sealed,
        draft.audited_session,
        draft.created_at.micros(),
        draft.expires_at.micros(),
        draft.session_hash.map(<[u8; 32]>::as_slice),
        draft.text_pack,
    )
    .map(drop)
}

/// A draft by its id.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, id: DraftId) -> Result<Option<Draft>, StoreError> {
    optional!(connection, Draft, FIND, id.bytes().as_slice())
}

/// The draft of an owner for a form.
///
/// # Errors
/// When the database fails.
pub async fn find_for_owner(
    connection: &mut Connection,
    owner: &DraftOwner,
    form: &FormId,
) -> Result<Option<Draft>, StoreError> {
    match owner {
        DraftOwner::Account(id) => optional!(connection, Draft, OF_ACCOUNT, id.bytes().as_slice(), form.as_str()),
        DraftOwner::Browser(hash) => optional!(connection, Draft, OF_BROWSER, hash.as_slice(), form.as_str()),
    }
}

/// All drafts of an owner.
///
/// # Errors
/// When the database fails.
pub async fn all_of_owner(connection: &mut Connection, owner: &DraftOwner) -> Result<Vec<Draft>, StoreError> {
    match owner {
        DraftOwner::Account(id) => all!(connection, Draft, ALL_OF_ACCOUNT, id.bytes().as_slice()),
        DraftOwner::Browser(hash) => all!(connection, Draft, ALL_OF_BROWSER, hash.as_slice()),
    }
}

/// What a save leaves behind.
pub struct Save<'a> {
    /// The answers.
    pub answers_sealed: &'a [u8],
    /// See [`Draft::audited_session`].
    pub audited_session: Option<&'a [u8]>,
    /// Now.
    pub at: Instant,
    /// When it is removed.
    pub expires_at: Instant,
    /// See [`Draft::saved_by`].
    pub saved_by: Option<&'a str>,
    /// See [`Draft::rescued`].
    pub rescued: Option<&'a str>,
}

/// Saves over the version that was read; false when another tab was faster.
///
/// # Errors
/// When the database fails.
pub async fn save(
    on: &mut impl Writing,
    id: DraftId,
    expected_version: i64,
    save: &Save<'_>,
) -> Result<bool, StoreError> {
    let saved = execute!(
        on.connection(),
        SAVE,
        id.bytes().as_slice(),
        expected_version,
        save.answers_sealed,
        save.audited_session,
        save.at.micros(),
        save.expires_at.micros(),
        save.saved_by,
        save.rescued,
    )?;
    Ok(saved == 1)
}

/// A draft of the browser that could not become the account's, because the account has one for the same form.
pub struct TwoDrafts {
    /// The account's, untouched.
    pub of_account: Draft,
    /// The browser's, untouched.
    pub of_browser: Draft,
}

/// Gives the drafts of a browser to the parent who signed in there. Where the parent has one already, both stay as they
/// are and are returned.
///
/// # Errors
/// When the database fails.
pub async fn adopt(
    tx: &mut WriteTx,
    browser_hash: [u8; 32],
    account: AccountId,
    at: Instant,
) -> Result<Vec<TwoDrafts>, StoreError> {
    let mut kept = Vec::new();
    for of_browser in all_of_owner(tx, &DraftOwner::Browser(browser_hash)).await? {
        match find_for_owner(tx, &DraftOwner::Account(account), &of_browser.form_id).await? {
            Some(of_account) => kept.push(TwoDrafts { of_account, of_browser }),
            None => {
                let draft = of_browser.draft_id.bytes().as_slice();
                execute!(tx, ADOPT, draft, account.bytes().as_slice(), at.micros())?;
            }
        }
    }
    Ok(kept)
}

/// Removes a draft.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut WriteTx, id: DraftId) -> Result<bool, StoreError> {
    Ok(execute!(tx, DELETE, id.bytes().as_slice())? == 1)
}

/// Drafts of parents that end until an instant and of which nobody was told, the first to end first.
///
/// # Errors
/// When the database fails.
pub async fn ending(connection: &mut Connection, until: Instant, limit: i64) -> Result<Vec<Draft>, StoreError> {
    all!(connection, Draft, ENDING, until.micros(), limit)
}

/// Keeps that a parent was told of the end of her draft, in the version that was read, and when that is. False when it was
/// saved meanwhile or she was told before.
///
/// # Errors
/// When the database fails.
pub async fn keep_notice(
    tx: &mut WriteTx,
    id: DraftId,
    expected_version: i64,
    at: Instant,
    expires_at: Instant,
) -> Result<bool, StoreError> {
    Ok(execute!(tx, NOTICED, id.bytes().as_slice(), expected_version, at.micros(), expires_at.micros())? == 1)
}

/// Puts the end of a draft off: something of it was changed that is not an answer.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &mut WriteTx, id: DraftId, at: Instant, expires_at: Instant) -> Result<(), StoreError> {
    execute!(tx, TOUCH, id.bytes().as_slice(), at.micros(), expires_at.micros()).map(drop)
}

/// Removes drafts that are over, by [`Draft::is_over`], or whose session is.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, now: Instant) -> Result<u64, StoreError> {
    let over = execute!(tx, SWEEP, now.micros(), now.plus(-retention::DRAFT_NOTICE_AT_LEAST).micros())?;
    Ok(over + execute!(tx, SWEEP_WITHOUT_SESSION, now.plus(-retention::CITIZEN_IDLE).micros())?)
}

/// Removes all drafts of a parent who leaves.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_account(tx: &mut WriteTx, id: AccountId) -> Result<u64, StoreError> {
    execute!(tx, DELETE_OF_ACCOUNT, id.bytes().as_slice())
}

/// Removes the drafts of a parent that only another session than this one may see.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_other_sessions(tx: &mut WriteTx, id: AccountId, but: &[u8; 32]) -> Result<u64, StoreError> {
    execute!(tx, DELETE_OF_OTHER_SESSIONS, id.bytes().as_slice(), but.as_slice())
}

/// Lets another session see the drafts that only this one could: the same parent's, under a new token.
///
/// # Errors
/// When the database fails.
pub async fn give_to_session(tx: &mut WriteTx, from: &[u8; 32], to: &[u8; 32]) -> Result<u64, StoreError> {
    execute!(tx, GIVE_TO_SESSION, from.as_slice(), to.as_slice())
}

/// Removes the drafts that only a session may see which ends now.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_session(tx: &mut WriteTx, session_hash: &[u8; 32]) -> Result<u64, StoreError> {
    execute!(tx, DELETE_OF_SESSION, session_hash.as_slice())
}
