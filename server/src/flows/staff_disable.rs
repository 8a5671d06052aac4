//! 「利用の停止」 A member of staff may not act any more. Invariant: it counts at once, and every session ends; on the web nobody takes
//! away her own account or that of the last who looks after accounts.

use intake::{access::Action, ids::StaffId};

use super::{
    FlowError, right,
    staff_proposal::{AccountError, Obstacle, is_manager, refuse},
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, WriteTx,
        audit::{Actor, Deed, Subject},
        session,
        staff::{self, Staff},
        staff_proposal,
    },
};

/// Somebody whom the operator disables: how many sessions ended; none when she was disabled before.
///
/// # Errors
/// [`FlowError::NotFound`] when there is nobody of this user id.
pub async fn by_operator(portal: &Portal, user_id: &str) -> Result<Option<u64>, FlowError> {
    let mut tx = portal.database.write().await?;
    let member = staff::find_by_user_id(&mut tx, user_id).await?.ok_or(FlowError::NotFound)?;
    disable(portal, tx, Actor::Operator, &member).await
}

/// Whom somebody may disable who looks after accounts.
///
/// # Errors
/// [`FlowError::NotFound`] for everybody else, and when there is nobody like that, or it is oneself.
pub async fn view(portal: &Portal, asking: &Staff, of: StaffId) -> Result<Staff, FlowError> {
    right::need(portal, asking, Action::ManageStaff, Deed::StaffDisabled, Some(of)).await?;
    let found = staff::find(&mut *portal.database.read().await?, of).await?;
    found.filter(|found| asking.is_another_person(found)).ok_or(FlowError::NotFound)
}

/// Disables somebody, by who looks after accounts: one person is enough, for the risk goes down. Pressed again, it is as it was.
///
/// # Errors
/// [`FlowError::NotFound`] as [`view`]; [`AccountError::Refused`] for oneself and for the last who looks after accounts.
pub async fn by_colleague(portal: &Portal, asking: &Staff, of: StaffId) -> Result<(), AccountError> {
    right::need(portal, asking, Action::ManageStaff, Deed::StaffDisabled, Some(of)).await?;
    let now = portal.clock.now();
    let actor = Actor::Staff(asking.staff_id);
    let mut tx = portal.database.write().await?;
    staff::hold_account_managers(&mut tx).await?;
    let member = staff::find(&mut tx, of).await?.ok_or(FlowError::NotFound)?;
    let mut all = staff::list(&mut tx).await?.into_iter();
    let obstacle = if !asking.is_another_person(&member) {
        Some(Obstacle::SamePerson)
    } else if is_manager(&member, now) && !all.any(|one| one.staff_id != of && is_manager(&one, now)) {
        Some(Obstacle::LastManager)
    } else {
        None
    };
    if let Some(obstacle) = obstacle {
        drop(tx);
        let entry = AuditEntry::done(now, actor, Deed::StaffDisabled).on(Subject::Staff(of));
        return Err(refuse(portal, entry, obstacle.into()).await);
    }
    disable(portal, tx, actor, &member).await?;
    Ok(())
}

async fn disable(portal: &Portal, mut tx: WriteTx, by: Actor, member: &Staff) -> Result<Option<u64>, FlowError> {
    let now = portal.clock.now();
    if !staff::disable(&mut tx, member.staff_id, now).await? {
        return Ok(None);
    }
    let ended = session::delete_for_staff(&mut tx, member.staff_id).await?;
    staff_proposal::delete_about(&mut tx, member.staff_id).await?;
    let entry = AuditEntry::done(now, by, Deed::StaffDisabled).on(Subject::Staff(member.staff_id));
    tx.commit(Record::Deed(entry)).await?;
    Ok(Some(ended))
}
