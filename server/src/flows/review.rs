//! What a command leaves of a case. Invariant: the columns of a case follow from `intake::case::decide` alone.

use intake::{
    case::{CaseState, Command, Entry, Giver, Stage, Withdrawal},
    time::Instant,
};

use crate::store::case::{CaseHead, StageChange};

/// The state that the rules decide on.
pub(crate) fn state(head: &CaseHead) -> CaseState {
    let decided_by = match head.stage {
        Stage::DeclineProposed => head.proposed_by,
        _ => head.accepted_by,
    };
    let withdrawal = match (head.withdrawal_asked_at, head.withdrawal_proposed_by) {
        (None, _) => Withdrawal::NotAsked,
        (Some(_), None) => Withdrawal::Asked,
        (Some(_), Some(first)) => Withdrawal::Proposed(first),
    };
    let entry = match (head.typed_by, head.checked_by) {
        (None, _) => Entry::NotTyped,
        (Some(typist), None) => Entry::Unchecked(typist),
        (Some(_), Some(_)) => Entry::Checked,
    };
    CaseState {
        stage: head.stage,
        holder: head.holder,
        decided_by,
        rev: head.rev,
        withdrawal,
        is_by_proxy: head.proxy.is_some(),
        entry,
        send_backs: head.send_backs,
    }
}

/// What is written where nothing was decided: the case as it is, in a version of its own.
pub(crate) fn unchanged(head: &CaseHead, at: Instant) -> StageChange {
    StageChange {
        stage: head.stage,
        holder: head.holder,
        proposed_by: head.proposed_by,
        accepted: head.accepted_by.zip(head.accepted_at),
        confirmed: head.confirmed_by.zip(head.confirmed_at),
        correction_due_on: head.correction_due_on,
        rev: head.rev,
        withdrawal_asked_at: head.withdrawal_asked_at,
        withdrawal_proposed_by: head.withdrawal_proposed_by,
        identity: head.identity,
        proxy: head.proxy,
        at,
    }
}

/// What is written of a state that was decided on.
pub(crate) fn change(head: &CaseHead, after: &CaseState, command: &Command, giver: Giver, at: Instant) -> StageChange {
    let by = match giver {
        Giver::Staff(staff) => Some(staff),
        Giver::Citizen | Giver::Portal => None,
    };
    // Whoever takes a decision back takes the second person's yes back too.
    let stands = after.decided_by.is_some();
    let accepted = match command {
        Command::Accept(_) => by.map(|by| (by, at)),
        _ => head.accepted_by.zip(head.accepted_at).filter(|_| stands),
    };
    let confirmed = match command {
        Command::Confirm => by.map(|by| (by, at)),
        _ => head.confirmed_by.zip(head.confirmed_at).filter(|_| stands),
    };
    let proposed_by = match command {
        Command::ProposeDecline(_) => by,
        _ => head.proposed_by.filter(|_| stands),
    };
    let correction_due_on = match command {
        Command::SendBack(request) => Some(request.answer_by),
        _ => head.correction_due_on.filter(|_| after.stage == Stage::SentBack),
    };
    let (withdrawal_asked_at, withdrawal_proposed_by) = match after.withdrawal {
        // Who said yes first stays: the database compares the second with it.
        Withdrawal::NotAsked => {
            (None, head.withdrawal_proposed_by.filter(|_| matches!(command, Command::ConfirmWithdrawal)))
        }
        Withdrawal::Asked => (head.withdrawal_asked_at.or(Some(at)), None),
        Withdrawal::Proposed(first) => (head.withdrawal_asked_at.or(Some(at)), Some(first)),
    };
    let CaseState { stage, holder, rev, .. } = *after;
    StageChange {
        stage,
        holder,
        proposed_by,
        accepted,
        confirmed,
        correction_due_on,
        rev,
        withdrawal_asked_at,
        withdrawal_proposed_by,
        identity: head.identity,
        proxy: head.proxy,
        at,
    }
}
