//! 「職員の再招待」 Who proposed that somebody of the staff is invited again. Invariant: one proposal for each, gone when it was
//! confirmed.

use intake::{ids::StaffId, time::Instant};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, sql};

sql! {
    PROPOSE = "INSERT INTO staff_return (staff_id, proposed_by, created_at, expires_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (staff_id) DO UPDATE SET proposed_by = $2, created_at = $3, expires_at = $4";
    OPEN = "SELECT staff_id, proposed_by, created_at FROM staff_return WHERE expires_at > $1 ORDER BY created_at";
    TAKE = "DELETE FROM staff_return WHERE staff_id = $1 AND proposed_by = $2 AND expires_at > $3";
}

row! {
    /// A proposal that waits for the second person.
    #[derive(Clone, Copy, Debug)]
    pub struct Proposal {
        /// Who is to be invited again.
        pub staff_id: StaffId,
        /// Who said so first.
        pub proposed_by: StaffId,
        /// When.
        pub created_at: Instant,
    }
}

/// Keeps a proposal, in the place of an earlier one.
///
/// # Errors
/// When the database fails, or who proposes is who is to return.
pub async fn propose(
    tx: &mut WriteTx,
    of: StaffId,
    by: StaffId,
    at: Instant,
    until: Instant,
) -> Result<(), StoreError> {
    let (of, by) = (of.bytes().as_slice(), by.bytes().as_slice());
    execute!(tx, PROPOSE, of, by, at.micros(), until.micros()).map(drop)
}

/// The proposals that wait.
///
/// # Errors
/// When the database fails.
pub async fn open(connection: &mut Connection, now: Instant) -> Result<Vec<Proposal>, StoreError> {
    all!(connection, Proposal, OPEN, now.micros())
}

/// Takes a proposal; false when it was taken, or is over.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut WriteTx, proposal: &Proposal, now: Instant) -> Result<bool, StoreError> {
    let (of, by) = (proposal.staff_id.bytes().as_slice(), proposal.proposed_by.bytes().as_slice());
    Ok(execute!(tx, TAKE, of, by, now.micros())? == 1)
}
