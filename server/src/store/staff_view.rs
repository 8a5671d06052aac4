//! The view of the queue that a session of the staff came from. Invariant: it holds ids and an address of the queue, which holds no
//! personal data; one for a session.

use intake::{
    case::CommandKind,
    ids::{CaseId, ReceiptNumber},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, columns::row, execute, optional, sql};

sql! {
    PUT = "INSERT INTO staff_view (session_hash, address, cases, seen_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (session_hash) DO UPDATE SET address = $2, cases = $3, seen_at = $4,
        done_case_id = NULL, done_command = NULL";
    FIND = "SELECT staff_view.address, staff_view.cases, staff_view.done_command, case_file.receipt_number AS done_number
        FROM staff_view
        LEFT JOIN case_file ON case_file.case_id = staff_view.done_case_id WHERE staff_view.session_hash = $1";
    DONE = "UPDATE staff_view SET done_case_id = $2, done_command = $3 WHERE session_hash = $1";
    DELETE = "DELETE FROM staff_view WHERE session_hash = $1";
    SWEEP = "DELETE FROM staff_view WHERE seen_at <= $1";
}

row! {
    /// A view.
    #[derive(Clone)]
    pub struct View {
        /// Where it is shown.
        pub address: String,
        /// The ids of its cases in order, each of sixteen bytes.
        pub cases: Vec<u8>,
        /// What was done last.
        pub done_command: Option<CommandKind>,
        /// To which case.
        pub done_number: Option<ReceiptNumber>,
    }
}

impl View {
    /// Its cases in order.
    #[must_use]
    pub fn ids(&self) -> Vec<CaseId> {
        self.cases.as_chunks::<16>().0.iter().map(|bytes| CaseId::from_random(*bytes)).collect()
    }
}

/// Keeps what a session was shown; what it did last was said there.
///
/// # Errors
/// When the database fails.
pub async fn put(
    tx: &mut WriteTx,
    session: &[u8; 32],
    address: &str,
    cases: &[CaseId],
    at: Instant,
) -> Result<(), StoreError> {
    let ids: Vec<u8> = cases.iter().flat_map(|id| *id.bytes()).collect();
    execute!(tx, PUT, session.as_slice(), address, ids, at.micros()).map(drop)
}

/// What a session was shown last.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, session: &[u8; 32]) -> Result<Option<View>, StoreError> {
    optional!(connection, View, FIND, session.as_slice())
}

/// Keeps what a session did last.
///
/// # Errors
/// When the database fails.
pub async fn done(tx: &mut WriteTx, session: &[u8; 32], case: CaseId, command: CommandKind) -> Result<(), StoreError> {
    execute!(tx, DONE, session.as_slice(), case.bytes().as_slice(), command.as_str()).map(drop)
}

/// Forgets what a session was shown.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut WriteTx, session: &[u8; 32]) -> Result<(), StoreError> {
    execute!(tx, DELETE, session.as_slice()).map(drop)
}

/// Removes those of sessions that are long over; how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, before: Instant) -> Result<u64, StoreError> {
    execute!(tx, SWEEP, before.micros())
}
