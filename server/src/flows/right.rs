//! 「権限」 Whether a member of staff has a right at all, whatever it is about. Invariant: to who has not, there is nothing, and that it was
//! asked for is recorded.

use intake::{
    access::{Action, may},
    ids::StaffId,
};

use super::FlowError;
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record,
        audit::{Actor, Deed, Subject},
        staff::Staff,
    },
};

/// Goes on for who may do the action; `deed` is what it would have been, on the account `of`.
///
/// # Errors
/// [`FlowError::NotFound`] for who may not.
pub(super) async fn need(
    portal: &Portal,
    asking: &Staff,
    action: Action,
    deed: Deed,
    of: Option<StaffId>,
) -> Result<(), FlowError> {
    if may(asking.roles, action) {
        return Ok(());
    }
    let mut entry = AuditEntry::done(portal.clock.now(), Actor::Staff(asking.staff_id), deed).refused();
    entry.subject = of.map(Subject::Staff);
    portal.database.write().await?.commit(Record::Deed(entry.with("reason", "not_allowed"))).await?;
    Err(FlowError::NotFound)
}
