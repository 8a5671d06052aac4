//! 「前回のサインイン」 When somebody of the staff signed in before this time. Invariant: it is for herself.

use intake::{ids::StaffId, time::Instant};

use super::{Connection, StoreError, optional, sql};

sql! {
    PREVIOUS = "SELECT previous_sign_in_at FROM staff WHERE staff_id = $1";
}

/// When she signed in before this time; none the first time.
///
/// # Errors
/// When the database fails.
pub async fn previous_sign_in(connection: &mut Connection, id: StaffId) -> Result<Option<Instant>, StoreError> {
    let row = optional!(connection, (Option<i64>,), PREVIOUS, id.bytes().as_slice())?;
    Ok(row.and_then(|(at,)| at).map(Instant))
}
