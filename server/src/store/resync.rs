//! 「再同期」 Destinations that are stopped after a restore, and the notes that let them go on. Invariant: a note counts when two
//! different members of staff have brought the very same.

use intake::{
    ids::{DestinationId, StaffId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, execute, optional, sql};

sql! {
    STOP = "UPDATE destination SET stopped_at = $2 WHERE destination_id = $1 AND stopped_at IS NULL";
    GO_ON = "UPDATE destination SET stopped_at = NULL WHERE destination_id = $1";
    PROPOSE = "INSERT INTO destination_resync (destination_id, note_sha256, note, first_staff_id, first_at)
        VALUES ($1, $2, $3, $4, $5)";
    PROPOSED = "SELECT first_staff_id, second_at FROM destination_resync
        WHERE destination_id = $1 AND note_sha256 = $2";
    CONFIRM = "UPDATE destination_resync SET second_staff_id = $3, second_at = $4
        WHERE destination_id = $1 AND note_sha256 = $2 AND second_at IS NULL";
}

/// Stops the hand-over to a destination; false when it is stopped already.
///
/// # Errors
/// When the database fails.
pub async fn stop(tx: &mut WriteTx, id: &DestinationId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, STOP, id.as_str(), at.micros())? == 1)
}

/// Lets the hand-over to a destination go on.
///
/// # Errors
/// When the database fails.
pub async fn go_on(tx: &mut WriteTx, id: &DestinationId) -> Result<(), StoreError> {
    execute!(tx, GO_ON, id.as_str()).map(drop)
}

/// Keeps a note that one person has brought.
///
/// # Errors
/// [`StoreError::Duplicate`] when it was brought before.
pub async fn propose(
    tx: &mut WriteTx,
    id: &DestinationId,
    (sha256, note): (&str, &[u8]),
    first: StaffId,
    at: Instant,
) -> Result<(), StoreError> {
    execute!(tx, PROPOSE, id.as_str(), sha256, note, first.bytes().as_slice(), at.micros()).map(drop)
}

/// Who brought a note first, and when a second person did.
///
/// # Errors
/// When the database fails.
pub async fn proposed(
    connection: &mut Connection,
    id: &DestinationId,
    sha256: &str,
) -> Result<Option<(StaffId, Option<Instant>)>, StoreError> {
    let found = optional!(connection, (Vec<u8>, Option<i64>), PROPOSED, id.as_str(), sha256)?;
    let read = |(first, second_at): (Vec<u8>, Option<i64>)| {
        let first = <[u8; 16]>::try_from(first.as_slice()).map_err(|_| StoreError::Corrupt("a staff id".to_owned()))?;
        Ok((StaffId::from_random(first), second_at.map(Instant)))
    };
    found.map(read).transpose()
}

/// Keeps that a second person has brought the same note; false when that is so already.
///
/// # Errors
/// When the database fails.
pub async fn confirm(
    tx: &mut WriteTx,
    id: &DestinationId,
    sha256: &str,
    second: StaffId,
    at: Instant,
) -> Result<bool, StoreError> {
    Ok(execute!(tx, CONFIRM, id.as_str(), sha256, second.bytes().as_slice(), at.micros())? == 1)
}
