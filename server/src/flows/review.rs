//! What a command leaves of a case. Invariant: the columns of a case follow from `intake::case::decide` alone.

use intake::{
    case::{CaseState, Stage},
    time::Instant,
};

use crate::store::case::{CaseHead, StageChange};

/// The state that the rules decide on.
pub(crate) fn state(head: &CaseHead) -> CaseState {
    let decided_by = match head.stage {
        Stage::DeclineProposed => head.proposed_by,
        _ => head.accepted_by,
    };
    CaseState { stage: head.stage, holder: head.holder, decided_by, rev: head.rev }
}

/// What is written of a state that was decided on.
pub(crate) fn change(head: &CaseHead, after: &CaseState, at: Instant) -> StageChange {
    let accepted = head.accepted_by.zip(head.accepted_at);
    let accepted = match (after.stage, after.decided_by) {
        (Stage::Accepted, Some(by)) => Some((by, at)),
        (_, Some(_)) => accepted,
        (_, None) => None,
    };
    StageChange {
        stage: after.stage,
        holder: after.holder,
        proposed_by: if after.stage == Stage::DeclineProposed { after.decided_by } else { head.proposed_by },
        accepted,
        confirmed: head.confirmed_by.zip(head.confirmed_at),
        correction_due_on: head.correction_due_on,
        rev: after.rev,
        at,
    }
}
