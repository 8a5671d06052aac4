//! 「担当の届出」 The list of who works on what was assigned to her. Invariant: it names no person; the case itself is opened by its number,
//! and that is recorded.

use intake::access::{self, Action};

use super::FlowError;
use crate::{
    portal::Portal,
    store::{
        assigned::{self, Assigned},
        staff::Staff,
    },
};

/// What who asks holds and may open.
///
/// # Errors
/// [`FlowError::NotFound`] when the roles open no case.
pub async fn list(portal: &Portal, staff: &Staff) -> Result<Vec<Assigned>, FlowError> {
    if !access::may(staff.roles, Action::ReadCase) {
        return Err(FlowError::NotFound);
    }
    let mut held = assigned::of_holder(&mut *portal.database.read().await?, staff.staff_id).await?;
    let who = (staff.staff_id, staff.roles);
    held.retain(|case| access::may_with(who, Action::ReadCase, case.compartment, Some(staff.staff_id)));
    Ok(held)
}
