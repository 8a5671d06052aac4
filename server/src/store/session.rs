//! Sessions, sign-in codes, passkey ceremonies and tokens that count once. Invariant: none of them is stored in a form
//! that could be used: hashes only. Each has an absolute end, and [`sweep`] removes what is past it.

use intake::{
    device::Device,
    ids::{AccountId, PasskeyId, StaffId},
    time::{HOUR, Instant},
};

use super::{Connection, StoreError, WriteTx, all, columns::row, columns::text_columns, execute, optional, sql};
use crate::seal::WrappedKey;

macro_rules! session {
    ($rest:literal) => {
        concat!(
            "SELECT session_hash, plane, account_id, staff_id, method, created_at, seen_at, step_up_at, expires_at, ",
            "device, passkey_id, reads_from FROM session ",
            $rest
        )
    };
}

sql! {
    INSERT = "INSERT INTO session (session_hash, plane, account_id, staff_id, method, created_at, seen_at, step_up_at,
        expires_at, device, passkey_id, reads_from) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11)";
    FIND = session!("WHERE session_hash = $1");
    TOUCH = "UPDATE session SET seen_at = $2 WHERE session_hash = $1";
    STEP_UP = "UPDATE session SET step_up_at = $2 WHERE session_hash = $1";
    DELETE = "DELETE FROM session WHERE session_hash = $1";
    DELETE_FOR_STAFF = "DELETE FROM session WHERE staff_id = $1";
    OF_ACCOUNT = session!("WHERE account_id = $1 ORDER BY created_at DESC, session_hash LIMIT 100");
    OF_STAFF = session!("WHERE staff_id = $1 ORDER BY created_at DESC, session_hash LIMIT 100");
    OF_ALL_STAFF = session!("WHERE plane = 'staff' ORDER BY created_at DESC, session_hash LIMIT 1000");
    DELETE_BY_PASSKEY = "DELETE FROM session WHERE passkey_id = $1 AND session_hash <> $2";
    DELETE_OTHERS = "DELETE FROM session WHERE account_id = $1 AND session_hash <> $2";
    DELETE_FOR_ACCOUNT = "DELETE FROM session WHERE account_id = $1";
    DELETE_CODE = "DELETE FROM sign_in_code WHERE browser_hash = $1";
    INSERT_CODE = "INSERT INTO sign_in_code (browser_hash, mail_index, wrapped_key, mail_sealed, code_mac, attempts,
        created_at, expires_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7)";
    FIND_CODE = "SELECT browser_hash, mail_index, wrapped_key, mail_sealed, code_mac, attempts, created_at, expires_at
        FROM sign_in_code WHERE browser_hash = $1";
    COUNT_ATTEMPT = "UPDATE sign_in_code SET attempts = attempts + 1 WHERE browser_hash = $1";
    CODE_SENT = "INSERT INTO code_sent (mail_index, sent_at) VALUES ($1, $2)";
    CODES_SENT = "SELECT COUNT(*) FROM code_sent WHERE mail_index = $1 AND sent_at > $2";
    INSERT_CEREMONY = "INSERT INTO ceremony (ceremony_hash, purpose, subject, state, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    FIND_CEREMONY = "SELECT purpose, subject, state, expires_at FROM ceremony WHERE ceremony_hash = $1";
    TAKE_CEREMONY = "DELETE FROM ceremony WHERE ceremony_hash = $1 RETURNING purpose, subject, state, expires_at";
    SEE_TOKEN = "INSERT INTO seen_token (token_hash, expires_at) VALUES ($1, $2) ON CONFLICT (token_hash) DO NOTHING";
    SWEEP_SESSIONS = "DELETE FROM session WHERE expires_at <= $1";
    SWEEP_CODES = "DELETE FROM sign_in_code WHERE expires_at <= $1";
    SWEEP_SENT = "DELETE FROM code_sent WHERE sent_at <= $1";
    SWEEP_CEREMONIES = "DELETE FROM ceremony WHERE expires_at <= $1";
    SWEEP_TOKENS = "DELETE FROM seen_token WHERE expires_at <= $1";
}

/// Which cookie a session belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// Parents.
    Citizen,
    /// Staff.
    Staff,
}

impl std::str::FromStr for Plane {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "citizen" => Ok(Self::Citizen),
            "staff" => Ok(Self::Staff),
            _ => Err(()),
        }
    }
}
text_columns!(Plane);

/// Who has signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedIn {
    /// A parent.
    Citizen(AccountId),
    /// A member of staff.
    Staff(StaffId),
}

row! {
    /// A session.
    #[derive(Clone)]
    pub struct Session {
        /// Hash of the cookie.
        pub session_hash: [u8; 32],
        /// Which cookie.
        pub plane: Plane,
        /// The parent.
        pub account_id: Option<AccountId>,
        /// The member of staff.
        pub staff_id: Option<StaffId>,
        /// `email_code`, `passkey` or `mynaapp`.
        pub method: String,
        /// When it began.
        pub created_at: Instant,
        /// When it was last used.
        pub seen_at: Instant,
        /// When the passkey was last asked for.
        pub step_up_at: Option<Instant>,
        /// Its absolute end.
        pub expires_at: Instant,
        /// 「端末」 On what kind of device it began.
        pub device: Device,
        /// The passkey that it began with.
        pub passkey_id: Option<PasskeyId>,
        /// What was filed from then on it may read again, also what was marked private; none of it where there is no such time.
        pub reads_from: Option<Instant>,
    }
}

/// A session to be kept.
#[derive(Clone, Copy)]
pub struct NewSession<'a> {
    /// Hash of the cookie.
    pub session_hash: [u8; 32],
    /// Who.
    pub signed_in: SignedIn,
    /// `email_code`, `passkey` or `mynaapp`.
    pub method: &'a str,
    /// Now.
    pub created_at: Instant,
    /// When the passkey was asked for.
    pub step_up_at: Option<Instant>,
    /// Its absolute end.
    pub expires_at: Instant,
    /// See [`Session::device`].
    pub device: Device,
    /// See [`Session::passkey_id`].
    pub passkey_id: Option<PasskeyId>,
    /// See [`Session::reads_from`].
    pub reads_from: Option<Instant>,
}

/// Keeps a session.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut WriteTx, session: &NewSession<'_>) -> Result<(), StoreError> {
    let (plane, account, staff) = match &session.signed_in {
        SignedIn::Citizen(id) => ("citizen", Some(id.bytes().as_slice()), None),
        SignedIn::Staff(id) => ("staff", None, Some(id.bytes().as_slice())),
    };
    execute!(
        tx,
        INSERT,
        session.session_hash.as_slice(),
        plane,
        account,
        staff,
        session.method,
        session.created_at.micros(),
        session.step_up_at.map(Instant::micros),
        session.expires_at.micros(),
        session.device.to_string(),
        session.passkey_id.as_ref().map(|id| id.bytes().as_slice()),
        session.reads_from.map(Instant::micros),
    )
    .map(drop)
}

/// The session of a cookie; whether it is over is for the caller to see.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, session_hash: &[u8; 32]) -> Result<Option<Session>, StoreError> {
    optional!(connection, Session, FIND, session_hash.as_slice())
}

/// Keeps that a session was used.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &mut WriteTx, session_hash: &[u8; 32], at: Instant) -> Result<(), StoreError> {
    execute!(tx, TOUCH, session_hash.as_slice(), at.micros()).map(drop)
}

/// Keeps that the passkey was asked for again.
///
/// # Errors
/// When the database fails.
pub async fn step_up(tx: &mut WriteTx, session_hash: &[u8; 32], at: Instant) -> Result<(), StoreError> {
    execute!(tx, STEP_UP, session_hash.as_slice(), at.micros()).map(drop)
}

/// Ends a session; false when it was gone.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut WriteTx, session_hash: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(execute!(tx, DELETE, session_hash.as_slice())? == 1)
}

/// Ends every session of a member of staff.
///
/// # Errors
/// When the database fails.
pub async fn delete_for_staff(tx: &mut WriteTx, id: StaffId) -> Result<u64, StoreError> {
    execute!(tx, DELETE_FOR_STAFF, id.bytes().as_slice())
}

/// The sessions of a parent, newest first; whether one is over is for the caller to see.
///
/// # Errors
/// When the database fails.
pub async fn of_account(connection: &mut Connection, id: AccountId) -> Result<Vec<Session>, StoreError> {
    all!(connection, Session, OF_ACCOUNT, id.bytes().as_slice())
}

/// Ends every session of a parent but this one.
///
/// # Errors
/// When the database fails.
pub async fn delete_others(tx: &mut WriteTx, id: AccountId, but: &[u8; 32]) -> Result<u64, StoreError> {
    execute!(tx, DELETE_OTHERS, id.bytes().as_slice(), but.as_slice())
}

/// The sessions of a member of staff, newest first; whether one is over is for the caller to see.
///
/// # Errors
/// When the database fails.
pub async fn of_staff(connection: &mut Connection, id: StaffId) -> Result<Vec<Session>, StoreError> {
    all!(connection, Session, OF_STAFF, id.bytes().as_slice())
}

/// The sessions of all staff, newest first; whether one is over is for the caller to see.
///
/// # Errors
/// When the database fails.
pub async fn of_all_staff(connection: &mut Connection) -> Result<Vec<Session>, StoreError> {
    all!(connection, Session, OF_ALL_STAFF,)
}

/// Ends the sessions that began with a passkey, but this one.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_passkey(tx: &mut WriteTx, id: PasskeyId, but: &[u8; 32]) -> Result<u64, StoreError> {
    execute!(tx, DELETE_BY_PASSKEY, id.bytes().as_slice(), but.as_slice())
}

/// Counts a code that was sent to an address otherwise than for signing in.
///
/// # Errors
/// When the database fails.
pub async fn code_was_sent(tx: &mut WriteTx, mail_index: &[u8; 32], at: Instant) -> Result<(), StoreError> {
    execute!(tx, CODE_SENT, mail_index.as_slice(), at.micros()).map(drop)
}

/// Ends every session of a parent.
///
/// # Errors
/// When the database fails.
pub async fn delete_for_account(tx: &mut WriteTx, id: AccountId) -> Result<u64, StoreError> {
    execute!(tx, DELETE_FOR_ACCOUNT, id.bytes().as_slice())
}

row! {
    /// A one-time code that was sent.
    #[derive(Clone)]
    pub struct SignInCode {
        /// Hash of the cookie of the browser that asked.
        pub browser_hash: [u8; 32],
        /// Index key of the mail address.
        pub mail_index: [u8; 32],
        /// Its data key, wrapped.
        pub wrapped_key: WrappedKey,
        /// The mail address; place `sign_in_code/mail`.
        pub mail_sealed: Vec<u8>,
        /// What stands for the code.
        pub code_mac: [u8; 32],
        /// How often a code was tried.
        pub attempts: i64,
        /// When it was sent.
        pub created_at: Instant,
        /// Until when it counts.
        pub expires_at: Instant,
    }
}

/// Keeps a code in place of the browser's earlier one, and counts it as sent.
///
/// # Errors
/// When the database fails.
pub async fn put_code(tx: &mut WriteTx, code: &SignInCode) -> Result<(), StoreError> {
    execute!(tx, DELETE_CODE, code.browser_hash.as_slice())?;
    execute!(tx, CODE_SENT, code.mail_index.as_slice(), code.created_at.micros())?;
    execute!(
        tx,
        INSERT_CODE,
        code.browser_hash.as_slice(),
        code.mail_index.as_slice(),
        code.wrapped_key.as_bytes(),
        &code.mail_sealed,
        code.code_mac.as_slice(),
        code.created_at.micros(),
        code.expires_at.micros(),
    )
    .map(drop)
}

/// The open code of a browser.
///
/// # Errors
/// When the database fails.
pub async fn find_code(connection: &mut Connection, browser_hash: &[u8; 32]) -> Result<Option<SignInCode>, StoreError> {
    optional!(connection, SignInCode, FIND_CODE, browser_hash.as_slice())
}

/// Counts a try; to be committed before the answer is given.
///
/// # Errors
/// When the database fails.
pub async fn count_attempt(tx: &mut WriteTx, browser_hash: &[u8; 32]) -> Result<(), StoreError> {
    execute!(tx, COUNT_ATTEMPT, browser_hash.as_slice()).map(drop)
}

/// Takes a code away, used or not; false when it was gone.
///
/// # Errors
/// When the database fails.
pub async fn delete_code(tx: &mut WriteTx, browser_hash: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(execute!(tx, DELETE_CODE, browser_hash.as_slice())? == 1)
}

/// How many codes went to an address since an instant.
///
/// # Errors
/// When the database fails.
pub async fn codes_sent(connection: &mut Connection, mail_index: &[u8; 32], since: Instant) -> Result<i64, StoreError> {
    Ok(optional!(connection, (i64,), CODES_SENT, mail_index.as_slice(), since.micros())?.map_or(0, |(count,)| count))
}

row! {
    /// The state of a passkey ceremony.
    pub struct Ceremony {
        /// What for.
        pub purpose: String,
        /// Whom it concerns.
        pub subject: Option<String>,
        /// The WebAuthn library's own.
        pub state: Vec<u8>,
        /// Until when it can be ended.
        pub expires_at: Instant,
    }
}

/// Keeps the state of a ceremony.
///
/// # Errors
/// When the database fails.
pub async fn insert_ceremony(
    tx: &mut WriteTx,
    ceremony_hash: &[u8; 32],
    ceremony: &Ceremony,
    at: Instant,
) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT_CEREMONY,
        ceremony_hash.as_slice(),
        &ceremony.purpose,
        &ceremony.subject,
        &ceremony.state,
        at.micros(),
        ceremony.expires_at.micros(),
    )
    .map(drop)
}

/// What was kept under a hash, left where it is: for what may be looked at before it is taken.
///
/// # Errors
/// When the database fails.
pub async fn find_ceremony(
    connection: &mut Connection,
    ceremony_hash: &[u8; 32],
) -> Result<Option<Ceremony>, StoreError> {
    optional!(connection, Ceremony, FIND_CEREMONY, ceremony_hash.as_slice())
}

/// Takes the state of a ceremony: it is read once.
///
/// # Errors
/// When the database fails.
pub async fn take_ceremony(tx: &mut WriteTx, ceremony_hash: &[u8; 32]) -> Result<Option<Ceremony>, StoreError> {
    optional!(tx, Ceremony, TAKE_CEREMONY, ceremony_hash.as_slice())
}

/// Keeps a token that counts once; false when it was seen before.
///
/// # Errors
/// When the database fails.
pub async fn see_token(tx: &mut WriteTx, token_hash: &[u8; 32], expires_at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, SEE_TOKEN, token_hash.as_slice(), expires_at.micros())? == 1)
}

/// Removes all that is over; the number of rows.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, now: Instant) -> Result<u64, StoreError> {
    let mut rows = execute!(tx, SWEEP_SESSIONS, now.micros())?;
    rows += execute!(tx, SWEEP_CODES, now.micros())?;
    rows += execute!(tx, SWEEP_SENT, now.plus(-HOUR).micros())?;
    rows += execute!(tx, SWEEP_CEREMONIES, now.micros())?;
    rows += execute!(tx, SWEEP_TOKENS, now.micros())?;
    Ok(rows)
}
