//! 「サインイン中の端末」 Sessions of staff: their own, and everybody's for who looks after accounts. Invariant: whoever ends one is
//! recorded, and it is over at the next request (ASVS 7.4.5).

use intake::{
    access::{Action, may},
    ids::StaffId,
    retention::STAFF_IDLE,
    time::Instant,
};

use super::{FlowError, account::session_name, right};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record,
        audit::{Actor, Deed, Subject},
        session::{self, Session},
        staff::{self, Staff},
    },
};

/// Sessions as somebody of the staff may see them.
pub struct Overview {
    /// Those of who asks, newest first.
    pub own: Vec<Session>,
    /// Everybody's, by the name that colleagues read; none for who does not look after accounts.
    pub all: Vec<(StaffId, String, Vec<Session>)>,
}

pub(super) fn goes_on(session: &Session, now: Instant) -> bool {
    now < session.expires_at && now < session.seen_at.plus(STAFF_IDLE)
}

/// What the page shows.
///
/// # Errors
/// When the database fails.
pub async fn view(portal: &Portal, asking: &Staff) -> Result<Overview, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.read().await?;
    let mut own = session::of_staff(&mut tx, asking.staff_id).await?;
    own.retain(|session| goes_on(session, now));
    let mut all: Vec<(StaffId, String, Vec<Session>)> = Vec::new();
    if may(asking.roles, Action::ManageStaff) {
        for session in session::of_all_staff(&mut tx).await?.into_iter().filter(|session| goes_on(session, now)) {
            let Some(id) = session.staff_id else { continue };
            if let Some((_, _, sessions)) = all.iter_mut().find(|(other, ..)| *other == id) {
                sessions.push(session);
            } else if let Some(member) = staff::find(&mut tx, id).await? {
                all.push((id, member.display_name, vec![session]));
            }
        }
    }
    Ok(Overview { own, all })
}

/// Ends one of one's own sessions.
///
/// # Errors
/// [`FlowError::NotFound`] when it is not one's own, or is over.
pub async fn end(portal: &Portal, asking: &Staff, name: &str) -> Result<(), FlowError> {
    let id = asking.staff_id;
    let mut tx = portal.database.write().await?;
    let found = session::of_staff(&mut tx, id).await?.into_iter().find(|session| session_name(session) == name);
    session::delete(&mut tx, &found.ok_or(FlowError::NotFound)?.session_hash).await?;
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(id), Deed::SessionEnded);
    Ok(tx.commit(Record::Deed(entry.on(Subject::Staff(id)))).await?)
}

/// Ends every session of a member of staff, for who looks after accounts.
///
/// # Errors
/// [`FlowError::NotFound`] for everybody else, which is recorded.
pub async fn end_all(portal: &Portal, asking: &Staff, of: StaffId) -> Result<(), FlowError> {
    right::need(portal, asking, Action::ManageStaff, Deed::StaffSessionsEnded, Some(of)).await?;
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(asking.staff_id), Deed::StaffSessionsEnded);
    let entry = entry.on(Subject::Staff(of));
    let mut tx = portal.database.write().await?;
    let ended = session::delete_for_staff(&mut tx, of).await?;
    Ok(tx.commit(Record::Deed(entry.with("sessions", i64::try_from(ended).unwrap_or(i64::MAX)))).await?)
}
