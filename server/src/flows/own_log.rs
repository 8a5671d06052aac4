//! 「自分の操作の記録」 What the log holds of a member of staff, for herself (`controls.md` R28). Invariant: nobody asks for
//! another's.

use intake::time::Instant;

use super::FlowError;
use crate::{
    portal::Portal,
    store::{
        audit::{self, Actor, StoredEntry},
        staff::Staff,
        staff_log,
    },
};

/// As many of the newest as are shown.
const MOST: i64 = 200;

/// Her newest deeds, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn view(portal: &Portal, asking: &Staff) -> Result<Vec<StoredEntry>, FlowError> {
    let mut tx = portal.database.read().await?;
    Ok(audit::of_actor(&mut tx, &Actor::Staff(asking.staff_id), MOST).await?)
}

/// When she signed in before this time.
///
/// # Errors
/// When the database fails.
pub async fn previous_sign_in(portal: &Portal, asking: &Staff) -> Result<Option<Instant>, FlowError> {
    Ok(staff_log::previous_sign_in(&mut *portal.database.read().await?, asking.staff_id).await?)
}
