//! 「役割の変更」 Which roles a member of staff has. Invariant: one person has no two roles that watch over each other, in however many
//! accounts; a change counts at the next request, for who asks is read anew at each.

use intake::{access::Roles, time::Instant};

use super::FlowError;
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, WriteTx,
        audit::{Actor, Deed, Subject},
        staff::{self, Staff},
    },
};

/// Whether a person can have these roles beside those of her other accounts.
///
/// # Errors
/// [`FlowError::RolesApart`] when she cannot.
pub(super) async fn fit(
    connection: &mut Connection,
    person_id: &str,
    user_id: &str,
    roles: Roles,
    now: Instant,
) -> Result<(), FlowError> {
    let others = staff::list(connection).await?.into_iter();
    let others =
        others.filter(|other| other.person_id == person_id && other.user_id != user_id && other.is_valid_at(now));
    Roles::of(others.flat_map(|other| other.roles.iter()).chain(roles.iter())).map(drop).map_err(FlowError::RolesApart)
}

/// Keeps these roles and no others.
///
/// # Errors
/// [`FlowError::RolesApart`] as [`fit`].
pub(super) async fn set(tx: &mut WriteTx, member: &Staff, roles: Roles, now: Instant) -> Result<(), FlowError> {
    fit(tx, &member.person_id, &member.user_id, roles, now).await?;
    Ok(staff::set_roles(tx, member.staff_id, roles).await?)
}

/// Gives a member of staff these roles and no others.
///
/// # Errors
/// [`FlowError::NotFound`] when there is nobody of this user id, or the city's own provider gives the roles;
/// [`FlowError::RolesApart`] when the person has another account whose roles do not go with them.
pub async fn change(portal: &Portal, by: Actor, user_id: &str, roles: Roles) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let found = staff::find_by_user_id(&mut tx, user_id).await?.filter(|found| !found.is_provided());
    let member = found.ok_or(FlowError::NotFound)?;
    set(&mut tx, &member, roles, now).await?;
    let entry = AuditEntry::done(now, by, Deed::StaffRolesChanged).on(Subject::Staff(member.staff_id));
    Ok(tx.commit(Record::Deed(entry.with("from", member.roles).with("role", roles))).await?)
}
