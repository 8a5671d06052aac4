//! Mail to be sent. Invariant: a row is leased to one worker at a time; address and text are sealed.

use intake::{
    form::Compartment,
    ids::{AccountId, CaseId, OutboxId, ReceiptNumber, TaskId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};
use crate::seal::{Seal, SealError, WrappedKey};

sql! {
    INSERT = "INSERT INTO outbox (outbox_id, kind, locale, wrapped_key, to_sealed, payload_sealed, state, next_at, created_at,
            account_id, case_id, is_reminder, task_id)
        VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $7, $8, $9, $10, $11)";
    // The inner condition finds the rows, the outer one is asked again after the row lock of PostgreSQL was waited for.
    LEASE = "UPDATE outbox SET lease_until = $2, attempts = attempts + 1
        WHERE outbox_id IN (SELECT outbox_id FROM outbox WHERE state = 'waiting' AND next_at <= $1
            AND (lease_until IS NULL OR lease_until <= $1) ORDER BY next_at LIMIT $3)
        AND state = 'waiting' AND next_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
        RETURNING outbox_id, kind, locale, wrapped_key, to_sealed, payload_sealed, state, attempts, last_error, created_at,
            sent_at, account_id, case_id, is_reminder, counted_from";
    SENT = "UPDATE outbox SET state = 'sent', sent_at = $2, lease_until = NULL, last_error = NULL WHERE outbox_id = $1";
    RETRY = "UPDATE outbox SET next_at = $2, lease_until = NULL, last_error = $3 WHERE outbox_id = $1";
    REFUSED = "UPDATE outbox SET state = 'refused', lease_until = NULL, last_error = $2, given_up_at = $3
        WHERE outbox_id = $1";
    LIST = "SELECT outbox_id, kind, locale, wrapped_key, to_sealed, payload_sealed, state, attempts, last_error, created_at,
        sent_at, account_id, case_id, is_reminder, counted_from FROM outbox ORDER BY created_at DESC, outbox_id LIMIT $1";
    // How many are told of a task is no figure for operators.
    WAITING = "SELECT COUNT(*), MIN(created_at) FROM outbox WHERE state = 'waiting' AND task_id IS NULL";
    TASK_TOLD = "SELECT state, COUNT(*) FROM outbox WHERE task_id = $1 GROUP BY state";
    SWEEP = "DELETE FROM outbox WHERE (state = 'sent' AND created_at <= $1) OR (state = 'refused' AND settled_at <= $1)";
    // What nobody was told of; what follows from a sign-in alone is about no case and is nobody's task.
    UNDELIVERED = "SELECT o.outbox_id, o.kind, o.attempts, o.last_error, o.given_up_at, c.case_id, c.receipt_number, c.compartment
        FROM outbox o JOIN case_file c ON c.case_id = o.case_id
        WHERE o.state = 'refused' AND o.settled_at IS NULL AND c.compartment = $1 ORDER BY o.given_up_at DESC, o.outbox_id LIMIT $2";
    UNDELIVERED_OF_CASE = "SELECT o.outbox_id, o.kind, o.attempts, o.last_error, o.given_up_at, c.case_id, c.receipt_number,
        c.compartment FROM outbox o JOIN case_file c ON c.case_id = o.case_id
        WHERE o.case_id = $1 AND o.state = 'refused' AND o.settled_at IS NULL ORDER BY o.given_up_at DESC, o.outbox_id";
    FIND_UNDELIVERED = "SELECT o.outbox_id, o.kind, o.attempts, o.last_error, o.given_up_at, c.case_id, c.receipt_number,
        c.compartment FROM outbox o JOIN case_file c ON c.case_id = o.case_id
        WHERE o.outbox_id = $1 AND o.state = 'refused' AND o.settled_at IS NULL";
    FIND = "SELECT outbox_id, kind, locale, wrapped_key, to_sealed, payload_sealed, state, attempts, last_error, created_at,
        sent_at, account_id, case_id, is_reminder, counted_from FROM outbox WHERE outbox_id = $1";
    AGAIN = "UPDATE outbox SET state = 'waiting', attempts = 0, next_at = $2, counted_from = $2, lease_until = NULL, given_up_at = NULL
        WHERE outbox_id = $1 AND state = 'refused' AND settled_at IS NULL";
    SETTLE = "UPDATE outbox SET settled_at = $2 WHERE outbox_id = $1 AND state = 'refused' AND settled_at IS NULL";
}

row! {
    /// A mail.
    #[derive(Clone)]
    pub struct Mail {
        /// Its id; the Message-ID follows from it.
        pub outbox_id: OutboxId,
        /// Which mail it is.
        pub kind: String,
        /// In which language.
        pub locale: String,
        /// Its data key, wrapped.
        pub wrapped_key: WrappedKey,
        /// The address.
        pub to_sealed: Vec<u8>,
        /// Subject and body.
        pub payload_sealed: Vec<u8>,
        /// `waiting`, `sent` or `refused`.
        pub state: String,
        /// How often it was tried.
        pub attempts: i64,
        /// Why it was not taken the last time; no personal data.
        pub last_error: Option<String>,
        /// When it was queued.
        pub created_at: Instant,
        /// When it was sent.
        pub sent_at: Option<Instant>,
        /// Whose account it is for.
        pub account_id: Option<AccountId>,
        /// The case that it is about.
        pub case_id: Option<CaseId>,
        /// 1 for a reminder, which can be stopped.
        pub is_reminder: i64,
        /// From when the time until it is given up counts, if it was taken up again.
        pub counted_from: Option<Instant>,
    }
}

row! {
    /// A mail about a case that was given up: somebody was not told.
    #[derive(Clone)]
    pub struct Undelivered {
        /// Its id.
        pub outbox_id: OutboxId,
        /// Which mail it was.
        pub kind: String,
        /// How often it was tried.
        pub attempts: i64,
        /// Why it was not taken; no personal data.
        pub last_error: Option<String>,
        /// When it was given up.
        pub given_up_at: Option<Instant>,
        /// The case.
        pub case_id: CaseId,
        /// Its number.
        pub receipt_number: ReceiptNumber,
        /// Its compartment.
        pub compartment: Compartment,
    }
}

/// Whose mail it is, and what about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Destined {
    /// Whose account.
    pub account: Option<AccountId>,
    /// About which case.
    pub case: Option<CaseId>,
    /// Whether it is a reminder, which can be stopped.
    pub is_reminder: bool,
    /// 「確認の仕事」 Which task it tells of.
    pub task: Option<TaskId>,
}

/// The kind of a mail that tells a member of staff of a task. No figure counts it: how many there are says what was filed.
pub const TASK: &str = "staff_task";

/// What a mail says.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailPayload {
    /// The subject.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// A mail to be queued.
pub struct NewMail<'a> {
    /// Its id.
    pub outbox_id: OutboxId,
    /// Which mail it is: a word such as `sign_in_code`.
    pub kind: &'a str,
    /// In which language.
    pub locale: &'a str,
    /// One address.
    pub to: &'a str,
    /// What it says.
    pub payload: &'a MailPayload,
    /// Now.
    pub created_at: Instant,
}

fn place(id: OutboxId, column: &str) -> String {
    format!("outbox/{id}/{column}")
}

/// Queues a mail that belongs to no account and no case.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut WriteTx, seal: &Seal, mail: &NewMail<'_>) -> Result<(), StoreError> {
    insert_for(tx, seal, mail, Destined::default()).await
}

/// Queues a mail under a data key of its own.
///
/// # Errors
/// When the database fails.
pub async fn insert_for(
    tx: &mut WriteTx,
    seal: &Seal,
    mail: &NewMail<'_>,
    for_whom: Destined,
) -> Result<(), StoreError> {
    let (key, wrapped) = seal.new_data_key();
    let payload = serde_json::to_vec(mail.payload).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    execute!(
        tx,
        INSERT,
        mail.outbox_id.bytes().as_slice(),
        mail.kind,
        mail.locale,
        wrapped.as_bytes(),
        key.seal(&place(mail.outbox_id, "to"), mail.to.as_bytes()),
        key.seal(&place(mail.outbox_id, "payload"), &payload),
        mail.created_at.micros(),
        for_whom.account.map(|account| account.bytes().to_vec()),
        for_whom.case.map(|case| case.bytes().to_vec()),
        i64::from(for_whom.is_reminder),
        for_whom.task.map(|task| task.bytes().to_vec()),
    )
    .map(drop)
}

impl Mail {
    /// The address and the text.
    ///
    /// # Errors
    /// When it was sealed with another master key or altered.
    pub fn open(&self, seal: &Seal) -> Result<(String, MailPayload), SealError> {
        let key = seal.unwrap_key(&self.wrapped_key)?;
        let to = key.open(&place(self.outbox_id, "to"), &self.to_sealed)?;
        let payload = key.open(&place(self.outbox_id, "payload"), &self.payload_sealed)?;
        let to = String::from_utf8(to.to_vec()).map_err(|_| SealError::CannotOpen)?;
        Ok((to, serde_json::from_slice(&payload).map_err(|_| SealError::CannotOpen)?))
    }
}

/// Leases mails whose turn it is; nobody else gets them until `lease_until`. The attempt is counted at once, so that a
/// mail on which a worker dies is not tried for ever.
///
/// # Errors
/// When the database fails.
pub async fn lease(tx: &mut WriteTx, now: Instant, lease_until: Instant, limit: i64) -> Result<Vec<Mail>, StoreError> {
    all!(tx, Mail, LEASE, now.micros(), lease_until.micros(), limit)
}

/// Keeps that the relay took it.
///
/// # Errors
/// When the database fails.
pub async fn mark_sent(tx: &mut WriteTx, id: OutboxId, at: Instant) -> Result<(), StoreError> {
    execute!(tx, SENT, id.bytes().as_slice(), at.micros()).map(drop)
}

/// Puts it off; the reason holds no address.
///
/// # Errors
/// When the database fails.
pub async fn mark_retry(tx: &mut WriteTx, id: OutboxId, next_at: Instant, reason: &str) -> Result<(), StoreError> {
    execute!(tx, RETRY, id.bytes().as_slice(), next_at.micros(), reason).map(drop)
}

/// Gives it up.
///
/// # Errors
/// When the database fails.
pub async fn mark_refused(tx: &mut WriteTx, id: OutboxId, reason: &str, at: Instant) -> Result<(), StoreError> {
    execute!(tx, REFUSED, id.bytes().as_slice(), reason, at.micros()).map(drop)
}

/// The mails about cases of a compartment that were given up and that nobody has settled, newest first.
///
/// # Errors
/// When the database fails.
pub async fn undelivered(
    connection: &mut Connection,
    compartment: Compartment,
    limit: i64,
) -> Result<Vec<Undelivered>, StoreError> {
    all!(connection, Undelivered, UNDELIVERED, compartment.as_str(), limit)
}

/// Those of a case.
///
/// # Errors
/// When the database fails.
pub async fn undelivered_of(connection: &mut Connection, case: CaseId) -> Result<Vec<Undelivered>, StoreError> {
    all!(connection, Undelivered, UNDELIVERED_OF_CASE, case.bytes().as_slice())
}

/// One of them.
///
/// # Errors
/// When the database fails.
pub async fn find_undelivered(connection: &mut Connection, id: OutboxId) -> Result<Option<Undelivered>, StoreError> {
    optional!(connection, Undelivered, FIND_UNDELIVERED, id.bytes().as_slice())
}

/// A mail by its id.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, id: OutboxId) -> Result<Option<Mail>, StoreError> {
    optional!(connection, Mail, FIND, id.bytes().as_slice())
}

/// Takes one up again that was given up; whether it still was.
///
/// # Errors
/// When the database fails.
pub async fn take_up_again(tx: &mut WriteTx, id: OutboxId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, AGAIN, id.bytes().as_slice(), at.micros())? == 1)
}

/// Keeps that the parent was told in another way; whether it was still open.
///
/// # Errors
/// When the database fails.
pub async fn settle(tx: &mut WriteTx, id: OutboxId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, SETTLE, id.bytes().as_slice(), at.micros())? == 1)
}

/// The newest mails, for the demo's viewer.
///
/// # Errors
/// When the database fails.
pub async fn list_for_demo(connection: &mut Connection, limit: i64) -> Result<Vec<Mail>, StoreError> {
    all!(connection, Mail, LIST, limit)
}

/// How many wait, and since when the oldest does.
///
/// # Errors
/// When the database fails.
pub async fn waiting(connection: &mut Connection) -> Result<(i64, Option<Instant>), StoreError> {
    let row = optional!(connection, (i64, Option<i64>), WAITING)?;
    Ok(row.map_or((0, None), |(count, oldest)| (count, oldest.map(Instant))))
}

/// 「確認の仕事」 How many mails that tell of a task were taken by the relay, and how many wait.
///
/// # Errors
/// When the database fails.
pub async fn told_of_task(connection: &mut Connection, task: TaskId) -> Result<(i64, i64), StoreError> {
    let rows = all!(connection, (String, i64), TASK_TOLD, task.bytes().as_slice())?;
    let of = |state: &str| rows.iter().filter(|(word, _)| word == state).map(|(_, count)| *count).sum::<i64>();
    Ok((of("sent"), of("waiting")))
}

/// Removes mails that were sent, or settled after they were refused, before an instant.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, before: Instant) -> Result<u64, StoreError> {
    execute!(tx, SWEEP, before.micros())
}
