//! 「本人確認のない受理はない」 Every way through a case, with every evidence: stages × commands × roles × evidence × who filed.
//! Invariant tested: nothing stands accepted that nobody has shown who it is from, for nobody and by no detour.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use super::{
    Evidence, Method, NoPhoto, NotRecorded, NumberDocument, PersonDocument, PowerDocument, ProxyEvidence, ProxySight,
    Sight,
};
use crate::{
    access::{Action, Role, may},
    card::{CardFact, Matched},
    case::{CaseState, Command, CommandKind, CorrectionRequest, DeclineReason, Giver, Stage, Withdrawal, decide},
    ids::StaffId,
    time::Instant,
};

fn staff(number: u8) -> StaffId {
    StaffId::from_random([number; 16])
}

/// Who may give a command at all: two people of every role, the parent and the portal.
fn givers(kind: CommandKind) -> Vec<Giver> {
    let may_act = Role::ALL.into_iter().any(|role| may(role, Action::Command(kind)));
    let staff = [staff(1), staff(2)].into_iter().filter(|_| may_act).map(Giver::Staff);
    staff.chain([Giver::Citizen, Giver::Portal]).collect()
}

fn sights() -> Vec<Sight> {
    let (number, person) = (NumberDocument::Later, PersonDocument::TwoWithoutPhoto);
    let two = [NoPhoto::Pension, NoPhoto::HealthInsurance];
    let good = |met| Sight::checked(number, person, &two, met).ok();
    let half = Sight::of(number, person);
    [Some(half), Some(half.and_met()), good(false), good(true)].into_iter().flatten().collect()
}

/// What a command needs, and what it leaves of the evidence; none where it cannot even be given.
fn commands(kind: CommandKind, evidence: &Evidence) -> Vec<(Command, Evidence)> {
    let (by, at) = (staff(1), Instant(1));
    let request = CorrectionRequest {
        fields: vec![("name".parse().unwrap(), "読めません".to_owned())],
        answer_by: "2026-12-01".parse().unwrap(),
    };
    let plain = |command| vec![(command, *evidence)];
    match kind {
        CommandKind::Accept => evidence.sufficient().map(Command::Accept).into_iter().flat_map(plain).collect(),
        CommandKind::RecordIdentity => {
            let seen = sights().into_iter().filter_map(|sight| evidence.with_sight(&sight, by, at).ok());
            seen.map(|after| (Command::RecordIdentity, after)).collect()
        }
        CommandKind::RecordProxy => {
            let sight = ProxySight::checked(PowerDocument::LetterOfAuthority, PersonDocument::Passport, &[]);
            let after = evidence.with_proxy_seen(sight.unwrap().by(by, at));
            after.map(|after| (Command::RecordProxy, after)).into_iter().collect()
        }
        CommandKind::SendBack => plain(Command::SendBack(request)),
        CommandKind::ProposeDecline => plain(Command::ProposeDecline(DeclineReason::WrongPerson)),
        CommandKind::Claim => plain(Command::Claim),
        CommandKind::Release => plain(Command::Release),
        CommandKind::Resubmit => plain(Command::Resubmit),
        CommandKind::AskToVisit => plain(Command::AskToVisit),
        CommandKind::Visited => plain(Command::Visited),
        CommandKind::EditStaffItems => plain(Command::EditStaffItems),
        CommandKind::Complete => plain(Command::Complete),
        CommandKind::Reopen => plain(Command::Reopen),
        CommandKind::Confirm => plain(Command::Confirm),
        CommandKind::Decline => plain(Command::Decline),
        CommandKind::Seal => plain(Command::Seal),
        CommandKind::SettleImported => plain(Command::SettleImported),
        CommandKind::SettleHeld => plain(Command::SettleHeld),
        CommandKind::SettleRejected => plain(Command::SettleRejected),
        CommandKind::Correct => plain(Command::Correct),
        CommandKind::Withdraw => plain(Command::Withdraw),
        CommandKind::AskToWithdraw => plain(Command::AskToWithdraw),
        CommandKind::ProposeWithdrawal => plain(Command::ProposeWithdrawal),
        CommandKind::ConfirmWithdrawal => plain(Command::ConfirmWithdrawal),
        CommandKind::RefuseWithdrawal => plain(Command::RefuseWithdrawal),
    }
}

/// Everything that can be reached from a filing; the stages that were.
fn walk(method: Method, matched: Matched, by_proxy: bool) -> BTreeSet<Stage> {
    let proxy = by_proxy.then(ProxyEvidence::default);
    let evidence = Evidence { method, signed_in_at: Instant(0), counter: None, matched, proxy };
    let withdrawal = Withdrawal::NotAsked;
    let first = CaseState {
        stage: Stage::Submitted,
        holder: None,
        decided_by: None,
        rev: 1,
        withdrawal,
        is_by_proxy: by_proxy,
    };
    let mut seen = vec![(first, evidence)];
    let mut next = 0;
    while let Some((state, evidence)) = seen.get(next).copied() {
        next += 1;
        if state.stage.stands_accepted() {
            assert!(evidence.sufficient().is_some(), "{:?} with {evidence:?}", state.stage);
            assert!(!evidence.waits_for_her(), "nobody met her: {evidence:?}");
        }
        for kind in CommandKind::ALL {
            for giver in givers(*kind) {
                for (command, after) in commands(*kind, &evidence) {
                    let Ok(state) = decide(&state, &command, giver) else { continue };
                    // How often it went round says nothing.
                    let reached = (CaseState { rev: 1, ..state }, after);
                    if !seen.contains(&reached) {
                        seen.push(reached);
                    }
                }
            }
        }
    }
    seen.into_iter().map(|(state, _)| state.stage).collect()
}

#[test]
fn nothing_is_accepted_without_evidence_by_nobody_and_on_no_way_through_a_case() {
    for method in [Method::EmailCode, Method::Passkey, Method::Mynaapp, Method::Signature, Method::Counter] {
        let of_card = [Matched::default(), vec![CardFact::Name, CardFact::Birthdate].into()];
        for (matched, by_proxy) in of_card.into_iter().flat_map(|matched| [(matched, false), (matched, true)]) {
            let stages = walk(method, matched, by_proxy);
            assert_eq!(stages.len(), Stage::ALL.len(), "the walk is the whole table: {stages:?}");
        }
    }
}

#[test]
fn what_was_seen_of_a_proxy_is_nothing_that_was_seen_of_the_person() {
    let evidence = Evidence {
        method: Method::Signature,
        signed_in_at: Instant(0),
        counter: None,
        matched: Matched::default(),
        proxy: Some(ProxyEvidence::default()),
    };
    let sight = ProxySight::checked(PowerDocument::FamilyRegister, PersonDocument::MyNumberCard, &[]).unwrap();
    let seen = evidence.with_proxy_seen(sight.by(staff(1), Instant(1))).unwrap();
    assert_eq!((seen.sufficient(), seen.waits_for_her()), (None, true));
    let alone = Sight::of(NumberDocument::MyNumberCard, PersonDocument::MyNumberCard);
    assert_eq!(seen.with_sight(&alone, staff(1), Instant(1)), Err(NotRecorded::NotMet));
    let met = seen.with_sight(&alone.and_met(), staff(1), Instant(1)).unwrap();
    assert!(met.sufficient().is_some());
    let own = Evidence { proxy: None, ..evidence };
    assert_eq!(own.with_proxy_seen(sight.by(staff(1), Instant(1))), Err(NotRecorded::NoProxy));
}
