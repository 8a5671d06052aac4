//! 「在席」 Which pages of staff stand open on which case, who was heard of when, and what changed a moment ago. Invariant: nothing of it
//! outlives the page by more than a time-out; every server reads the same rows.

use intake::{
    case::Stage,
    form::Compartment,
    ids::{CaseId, PresenceId, ReceiptNumber, StaffId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};

sql! {
    OPEN = "INSERT INTO presence (presence_id, server_id, staff_id, case_id, seen_at) VALUES ($1, $2, $3, $4, $5)";
    CLOSE = "DELETE FROM presence WHERE presence_id = $1";
    KEEP = "UPDATE presence SET seen_at = $2 WHERE server_id = $1";
    CLOSE_SERVER = "DELETE FROM presence WHERE server_id = $1";
    PRESENT = "SELECT presence.staff_id, case_file.case_id, case_file.receipt_number, case_file.compartment, case_file.stage,
        case_file.holder, case_file.version FROM presence JOIN case_file ON case_file.case_id = presence.case_id
        WHERE presence.seen_at > $1 ORDER BY presence.seen_at DESC LIMIT 1000";
    CASE_CHANGED = "INSERT INTO case_news (case_id, at) VALUES ($1, $2) ON CONFLICT (case_id) DO UPDATE SET at = $2";
    NEWS = "SELECT case_file.case_id, case_file.receipt_number, case_file.compartment, case_file.stage, case_file.holder,
        case_file.version FROM case_news JOIN case_file ON case_file.case_id = case_news.case_id
        WHERE case_news.at > $1 ORDER BY case_news.at DESC LIMIT 1000";
    HEARD_OF = "INSERT INTO staff_life (staff_id, seen_at) VALUES ($1, $2)
        ON CONFLICT (staff_id) DO UPDATE SET seen_at = $2";
    LAST_HEARD_OF = "SELECT seen_at FROM staff_life WHERE staff_id = $1";
    HEARD_OF_SINCE = "SELECT staff_id FROM staff_life WHERE seen_at > $1 LIMIT 1000";
    SWEEP = "DELETE FROM presence WHERE seen_at <= $1";
    SWEEP_NEWS = "DELETE FROM case_news WHERE at <= $1";
}

row! {
    /// Somebody who has a case open now.
    #[derive(Clone)]
    pub struct Present {
        /// Who.
        pub staff_id: StaffId,
        /// Which case.
        pub case_id: CaseId,
        /// 「受付番号」
        pub receipt_number: ReceiptNumber,
        /// Who of the staff may know of it.
        pub compartment: Compartment,
        /// Its stage.
        pub stage: Stage,
        /// Who holds it.
        pub holder: Option<StaffId>,
        /// Counts every change.
        pub version: i64,
    }
}

row! {
    /// A case that changed a moment ago, as it is now.
    #[derive(Clone)]
    pub struct News {
        /// Which case.
        pub case_id: CaseId,
        /// 「受付番号」
        pub receipt_number: ReceiptNumber,
        /// Who of the staff may know of it.
        pub compartment: Compartment,
        /// Its stage.
        pub stage: Stage,
        /// Who holds it.
        pub holder: Option<StaffId>,
        /// Counts every change.
        pub version: i64,
    }
}

/// Keeps that a page on a case stands open, which hangs on this server.
///
/// # Errors
/// When the database fails.
pub async fn open(
    tx: &mut WriteTx,
    id: PresenceId,
    server: &[u8; 16],
    (staff, case): (StaffId, CaseId),
    at: Instant,
) -> Result<(), StoreError> {
    let (staff, case) = (staff.bytes().as_slice(), case.bytes().as_slice());
    execute!(tx, OPEN, id.bytes().as_slice(), server.as_slice(), staff, case, at.micros()).map(drop)
}

/// Keeps that a page was closed.
///
/// # Errors
/// When the database fails.
pub async fn close(tx: &mut WriteTx, id: PresenceId) -> Result<(), StoreError> {
    execute!(tx, CLOSE, id.bytes().as_slice()).map(drop)
}

/// Keeps that the pages of a server still stand open.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut WriteTx, server: &[u8; 16], at: Instant) -> Result<(), StoreError> {
    execute!(tx, KEEP, server.as_slice(), at.micros()).map(drop)
}

/// Keeps that a server stops: none of its pages is heard of any more.
///
/// # Errors
/// When the database fails.
pub async fn close_server(tx: &mut WriteTx, server: &[u8; 16]) -> Result<(), StoreError> {
    execute!(tx, CLOSE_SERVER, server.as_slice()).map(drop)
}

/// Who has which case open, of the pages that were heard of after an instant.
///
/// # Errors
/// When the database fails.
pub async fn present(connection: &mut Connection, after: Instant) -> Result<Vec<Present>, StoreError> {
    all!(connection, Present, PRESENT, after.micros())
}

/// Keeps that a case changed.
///
/// # Errors
/// When the database fails.
pub(super) async fn case_changed(tx: &mut WriteTx, case: CaseId, at: Instant) -> Result<(), StoreError> {
    execute!(tx, CASE_CHANGED, case.bytes().as_slice(), at.micros()).map(drop)
}

/// The cases that changed after an instant.
///
/// # Errors
/// When the database fails.
pub async fn news(connection: &mut Connection, after: Instant) -> Result<Vec<News>, StoreError> {
    all!(connection, News, NEWS, after.micros())
}

/// Keeps that somebody was heard of.
///
/// # Errors
/// When the database fails.
pub async fn heard_of(tx: &mut WriteTx, staff: StaffId, at: Instant) -> Result<(), StoreError> {
    execute!(tx, HEARD_OF, staff.bytes().as_slice(), at.micros()).map(drop)
}

/// When somebody was last heard of; none of who never was.
///
/// # Errors
/// When the database fails.
pub async fn last_heard_of(connection: &mut Connection, staff: StaffId) -> Result<Option<Instant>, StoreError> {
    let row = optional!(connection, (i64,), LAST_HEARD_OF, staff.bytes().as_slice())?;
    Ok(row.map(|(at,)| Instant(at)))
}

row! {
    /// Somebody who was heard of.
    pub struct HeardOf {
        /// Who.
        pub staff_id: StaffId,
    }
}

/// Who was heard of after an instant.
///
/// # Errors
/// When the database fails.
pub async fn heard_of_since(connection: &mut Connection, after: Instant) -> Result<Vec<StaffId>, StoreError> {
    let found = all!(connection, HeardOf, HEARD_OF_SINCE, after.micros())?;
    Ok(found.into_iter().map(|row| row.staff_id).collect())
}

/// Removes pages of servers that ended without a word, and news that everybody has heard; how many rows.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, before: Instant) -> Result<u64, StoreError> {
    Ok(execute!(tx, SWEEP, before.micros())? + execute!(tx, SWEEP_NEWS, before.micros())?)
}
