//! Mail to be sent. Invariant: a row is leased to one worker at a time; address and text are sealed.

use intake::{ids::OutboxId, time::Instant};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};
use crate::seal::{Seal, SealError, WrappedKey};

sql! {
    INSERT = "INSERT INTO outbox (outbox_id, kind, locale, wrapped_key, to_sealed, payload_sealed, state, next_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $7)";
    // The inner condition finds the rows, the outer one is asked again after the row lock of PostgreSQL was waited for.
    LEASE = "UPDATE outbox SET lease_until = $2, attempts = attempts + 1
        WHERE outbox_id IN (SELECT outbox_id FROM outbox WHERE state = 'waiting' AND next_at <= $1
            AND (lease_until IS NULL OR lease_until <= $1) ORDER BY next_at LIMIT $3)
        AND state = 'waiting' AND next_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
        RETURNING outbox_id, kind, locale, wrapped_key, to_sealed, payload_sealed, state, attempts, last_error, created_at,
            sent_at";
    SENT = "UPDATE outbox SET state = 'sent', sent_at = $2, lease_until = NULL, last_error = NULL WHERE outbox_id = $1";
    RETRY = "UPDATE outbox SET next_at = $2, lease_until = NULL, last_error = $3 WHERE outbox_id = $1";
    REFUSED = "UPDATE outbox SET state = 'refused', lease_until = NULL, last_error = $2 WHERE outbox_id = $1";
    LIST = "SELECT outbox_id, kind, locale, wrapped_key, to_sealed, payload_sealed, state, attempts, last_error, created_at,
        sent_at FROM outbox ORDER BY created_at DESC, outbox_id LIMIT $1";
    WAITING = "SELECT COUNT(*), MIN(created_at) FROM outbox WHERE state = 'waiting'";
    SWEEP = "DELETE FROM outbox WHERE state = 'sent' AND created_at <= $1";
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
    }
}

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

/// Queues a mail under a data key of its own.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut WriteTx, seal: &Seal, mail: &NewMail<'_>) -> Result<(), StoreError> {
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
pub async fn mark_refused(tx: &mut WriteTx, id: OutboxId, reason: &str) -> Result<(), StoreError> {
    execute!(tx, REFUSED, id.bytes().as_slice(), reason).map(drop)
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

/// Removes mails that were sent before an instant.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, before: Instant) -> Result<u64, StoreError> {
    execute!(tx, SWEEP, before.micros())
}
