//! 「市との連絡」 Messages on a case. Invariant: the text is sealed with the case's key and given for a [`Permit`] only.

use intake::{
    access::Permit,
    ids::{AccountId, CaseId, MessageId, StaffId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};

sql! {
    // Takes the row of the case, so that nothing is written into one whose content is being erased.
    HOLD = "UPDATE case_file SET updated_at = updated_at WHERE case_id = $1 AND erased_at IS NULL";
    INSERT = "INSERT INTO message (message_id, case_id, sender_kind, sender_id, text_sealed, press_mac, sent_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    OF_PRESS = "SELECT message_id FROM message WHERE case_id = $1 AND press_mac = $2";
    OF_CASE = "SELECT message_id, sender_kind, sender_id, text_sealed, sent_at, read_at FROM message WHERE case_id = $1
        ORDER BY sent_at, message_id LIMIT 1000";
    MARK_READ = "UPDATE message SET read_at = $3
        WHERE case_id = $1 AND sender_kind = $2 AND read_at IS NULL AND sent_at <= $4";
    UNREAD_OF_CASE = "SELECT COUNT(*) FROM message WHERE case_id = $1 AND sender_kind = $2 AND read_at IS NULL";
    UNREAD_OF_ACCOUNT = "SELECT message.case_id FROM message JOIN case_file ON case_file.case_id = message.case_id
        WHERE case_file.account_id = $1 AND message.sender_kind = 'staff' AND message.read_at IS NULL
        GROUP BY message.case_id";
    SET_UNREAD = "UPDATE case_file SET unread_since = $2 WHERE case_id = $1 AND unread_since IS NULL";
    CLEAR_UNREAD = "UPDATE case_file SET unread_since = NULL WHERE case_id = $1 AND unread_since IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM message WHERE message.case_id = $1 AND sender_kind = 'citizen' AND read_at IS NULL)";
    ERASE = "DELETE FROM message WHERE case_id = $1";
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The parent.
    Citizen(AccountId),
    /// A member of staff.
    Staff(StaffId),
}

impl Sender {
    pub(super) fn columns(&self) -> (&'static str, &[u8]) {
        match self {
            Self::Citizen(id) => ("citizen", id.bytes().as_slice()),
            Self::Staff(id) => ("staff", id.bytes().as_slice()),
        }
    }
}

/// One of the two who write to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The parent.
    Citizen,
    /// The office.
    Staff,
}

impl Side {
    /// The name in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Staff => "staff",
        }
    }
}

row! {
    /// A message.
    #[derive(Clone)]
    pub struct Message {
        /// Its id.
        pub message_id: MessageId,
        /// `citizen` or `staff`.
        pub sender_kind: String,
        /// Who.
        pub sender_id: Vec<u8>,
        /// The text; place by [`place`].
        pub text_sealed: Vec<u8>,
        /// When.
        pub sent_at: Instant,
        /// When the other side was shown it first.
        pub read_at: Option<Instant>,
    }
}

/// The place that the text of a message is sealed for.
#[must_use]
pub fn place(case: CaseId, message: MessageId) -> String {
    format!("message/{case}/{message}")
}

/// A message to be kept.
pub struct NewMessage<'a> {
    /// Its id.
    pub message_id: MessageId,
    /// On which case.
    pub case_id: CaseId,
    /// Who writes.
    pub sender: Sender,
    /// The text.
    pub text_sealed: &'a [u8],
    /// The press of the button.
    pub press_mac: &'a [u8; 32],
    /// Now.
    pub sent_at: Instant,
}

/// Holds a case until the end of the transaction; false once its content is erased.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut WriteTx, case: CaseId) -> Result<bool, StoreError> {
    Ok(execute!(tx, HOLD, case.bytes().as_slice())? == 1)
}

/// Whether a press of the button has left its message.
///
/// # Errors
/// When the database fails.
pub async fn was_pressed(connection: &mut Connection, case: CaseId, press_mac: &[u8; 32]) -> Result<bool, StoreError> {
    let found = optional!(connection, (Vec<u8>,), OF_PRESS, case.bytes().as_slice(), press_mac.as_slice())?;
    Ok(found.is_some())
}

/// Keeps a message. One of the parent's leaves the case unread for the office.
///
/// # Errors
/// [`StoreError::Duplicate`] when the press has left its message.
pub async fn insert(tx: &mut WriteTx, message: &NewMessage<'_>) -> Result<(), StoreError> {
    let (kind, sender) = message.sender.columns();
    let case = message.case_id.bytes().as_slice();
    execute!(
        tx,
        INSERT,
        message.message_id.bytes().as_slice(),
        case,
        kind,
        sender,
        message.text_sealed,
        message.press_mac.as_slice(),
        message.sent_at.micros(),
    )?;
    if let Sender::Citizen(_) = message.sender {
        execute!(tx, SET_UNREAD, case, message.sent_at.micros())?;
    }
    Ok(())
}

/// The messages of a case, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of_case(connection: &mut Connection, permit: &Permit) -> Result<Vec<Message>, StoreError> {
    all!(connection, Message, OF_CASE, permit.case().bytes().as_slice())
}

/// Keeps that a side was shown what the other one wrote until an instant; how many messages that was new for.
///
/// # Errors
/// When the database fails.
pub async fn mark_read(
    tx: &mut WriteTx,
    case: CaseId,
    reader: Side,
    until: Instant,
    at: Instant,
) -> Result<u64, StoreError> {
    let id = case.bytes().as_slice();
    // What is being written now is seen by the statements after this one.
    if !hold(tx, case).await? {
        return Ok(0);
    }
    let writer = match reader {
        Side::Citizen => Side::Staff,
        Side::Staff => Side::Citizen,
    };
    let read = execute!(tx, MARK_READ, id, writer.as_str(), at.micros(), until.micros())?;
    if reader == Side::Staff {
        execute!(tx, CLEAR_UNREAD, id)?;
    }
    Ok(read)
}

/// How many messages of a side the other one has not been shown.
///
/// # Errors
/// When the database fails.
pub async fn unread_of_case(connection: &mut Connection, case: CaseId, writer: Side) -> Result<i64, StoreError> {
    let row = optional!(connection, (i64,), UNREAD_OF_CASE, case.bytes().as_slice(), writer.as_str())?;
    Ok(row.map_or(0, |(count,)| count))
}

row! {
    /// A case in which something is unread.
    pub struct UnreadCase {
        /// Its id.
        pub case_id: CaseId,
    }
}

/// The cases of a parent in which the office has written something that she has not been shown.
///
/// # Errors
/// When the database fails.
pub async fn unread_of_account(connection: &mut Connection, account: AccountId) -> Result<Vec<CaseId>, StoreError> {
    let found = all!(connection, UnreadCase, UNREAD_OF_ACCOUNT, account.bytes().as_slice())?;
    Ok(found.into_iter().map(|row| row.case_id).collect())
}

/// Removes the messages of a case whose content is erased.
///
/// # Errors
/// When the database fails.
pub(super) async fn erase(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, ERASE, case.bytes().as_slice())?;
    execute!(tx, CLEAR_UNREAD, case.bytes().as_slice()).map(drop)
}
