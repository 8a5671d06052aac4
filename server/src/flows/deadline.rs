//! 「処理期限」 What happens to the clocks of cases without anybody's doing. Invariant: whatever is done here is done once, on however
//! many servers: each step asks in its statement for what it changes.

use intake::{
    access::{self, Action},
    case::Lateness,
    deadline::Standing,
    form::Compartment,
    ids::TaskId,
    task::TaskKind,
    time::DAY,
};

use super::{FlowError, random};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, Upkeep,
        audit::{Actor, Deed, Subject},
        case::CaseHead,
        deadline,
        staff::Staff,
        task::{self, NewTask},
    },
};

/// So many cases in one transaction, which holds up everybody who writes.
const AT_ONCE: i64 = 500;
/// The role that is told of what only public health nurses may know.
pub(super) const OF_EPDS: access::Role = access::Role::Nurse;

/// Starts the clocks of cases from before there were any, moves those whose time is up, and has somebody look after what stays
/// overdue; how many.
///
/// # Errors
/// When the database fails.
pub async fn keep(portal: &Portal) -> Result<u64, FlowError> {
    let mut moved = start_missing(portal).await?;
    loop {
        let mut tx = portal.database.write().await?;
        let some = deadline::move_on(&mut tx, portal.clock.now(), AT_ONCE).await?;
        if some == 0 {
            break;
        }
        tx.commit(Record::Upkeep(Upkeep::ClockMoved)).await?;
        moved += some;
    }
    Ok(moved + escalate(portal).await?)
}

async fn start_missing(portal: &Portal) -> Result<u64, FlowError> {
    let mut started = 0;
    loop {
        let missing = deadline::without_clock(&mut *portal.database.read().await?, AT_ONCE).await?;
        if missing.is_empty() {
            return Ok(started);
        }
        let (deadlines, now) = (portal.deadlines(), portal.clock.now());
        let mut tx = portal.database.write().await?;
        for kept in missing {
            let clock = deadlines.change(&kept.form_id, &kept.before(), kept.stage, now);
            deadline::start(&mut tx, &kept, &clock).await?;
            started += 1;
        }
        tx.commit(Record::Upkeep(Upkeep::ClockMoved)).await?;
    }
}

/// 「期限超過」 Opens a task for what has been overdue for too long.
async fn escalate(portal: &Portal) -> Result<u64, FlowError> {
    let (deadlines, now) = (portal.deadlines(), portal.clock.now());
    let escalation = portal.config.escalation;
    let before = deadlines.before(now, i64::from(escalation.days) * DAY);
    let mut opened = 0;
    loop {
        let late = deadline::untold(&mut *portal.database.read().await?, before, AT_ONCE / 10).await?;
        if late.is_empty() {
            return Ok(opened);
        }
        for kept in late {
            let mut tx = portal.database.write().await?;
            if !deadline::told(&mut tx, kept.case_id, now).await? {
                continue;
            }
            let role = match kept.compartment {
                Compartment::Epds => OF_EPDS,
                Compartment::General => escalation.role,
            };
            let due_at = deadlines.due(now, DAY);
            let new = NewTask {
                task_id: TaskId::from_random(random()),
                case_id: kept.case_id,
                compartment: kept.compartment,
                kind: TaskKind::Overdue,
                for_role: role.as_str(),
                owner: None,
                opened_at: now,
                take_by: due_at,
                due_at,
            };
            task::insert(&mut tx, &new).await?;
            let entry = AuditEntry::done(now, Actor::Portal, Deed::TaskOpened).on(Subject::Case(kept.case_id));
            tx.commit(Record::Deed(entry)).await?;
            opened += 1;
        }
    }
}

/// How a case stands with its time, for who may read it.
///
/// # Errors
/// When the database fails.
pub async fn standing(
    portal: &Portal,
    staff: &Staff,
    head: &CaseHead,
) -> Result<Option<(Standing, Lateness)>, FlowError> {
    if !access::may_with((staff.staff_id, staff.roles), Action::ReadCase, head.compartment, head.holder) {
        return Ok(None);
    }
    let kept = deadline::find(&mut *portal.database.read().await?, head.case_id).await?;
    let standing = kept.and_then(|kept| portal.deadlines().standing(kept.due_at, kept.time_left, portal.clock.now()));
    Ok(standing.map(|standing| (standing, head.lateness)))
}
