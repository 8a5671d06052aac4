#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「取下げの申出」 A parent asks for the withdrawal of what was accepted, and two people decide. What a batch then recalls is in
//! `hand_over.rs`.

use std::sync::Arc;

use intake::{
    access::{Roles, permit_owner},
    case::{CommandKind, DeclineReason, Stage},
    ids::{AccountId, ReceiptNumber},
    queue::View,
    retention,
    time::DAY,
};
use server::{
    flows::{
        FlowError,
        decide::{Given, Obstacle, Order, give},
        filings::{self, Step},
        queue::{self, Tab},
        staff_case,
    },
    portal::Portal,
    store::{
        audit::{self, Subject},
        case, case_content,
        outbox::MailPayload,
        staff::Staff,
    },
    worker,
};

use crate::support::{
    filing::file,
    portal::{letter, newest_mail, portals},
    review::{confirm, done, head, two_clerks},
    staff::at_work,
};

async fn ask(portal: &Portal, account: AccountId, number: &ReceiptNumber) {
    let version = head(portal, number).await.version;
    filings::ask_to_withdraw(portal, account, number, version).await.unwrap();
}

async fn told(portal: &Portal, staff: &Staff, number: &ReceiptNumber, order: Order) -> Given {
    let version = head(portal, number).await.version;
    let silent = |_, _: &str| -> MailPayload { letter("") };
    give(portal, staff, number, version, &order, &silent).await.unwrap()
}

/// The commands on a case, in order.
async fn commands(portal: &Portal, number: &ReceiptNumber) -> Vec<String> {
    let case = head(portal, number).await.case_id;
    let events = case::events(&mut portal.database.read().await.unwrap(), case).await.unwrap();
    events.into_iter().map(|event| event.command).collect()
}

async fn count(portal: &Portal, staff: &Staff, tab: Tab) -> (i64, usize) {
    let page = queue::page(portal, staff, &View::of(tab), None).await.unwrap();
    (page.counts.iter().find(|(one, _)| *one == tab).unwrap().1, page.rows.len())
}

#[tokio::test]
async fn what_is_asked_for_waits_for_two_people_and_goes_into_no_batch() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_clerks(portal).await;
        // Another account of the same person.
        let again = at_work(portal, "again", "person-a", Roles::NURSE).await.staff;
        let (account, number) = file(portal, 1).await;
        confirm(portal, &[first.clone(), second.clone()], &number).await;
        let early = filings::withdraw(portal, account, &number, head(portal, &number).await.version).await;
        assert!(matches!(early, Err(FlowError::Changed(Stage::Confirmed))), "she can only ask");
        assert!(filings::view(portal, account, &number).await.unwrap().may_ask_to_withdraw());
        ask(portal, account, &number).await;

        let waiting = head(portal, &number).await;
        assert_eq!((waiting.stage, waiting.withdrawal_asked_at), (Stage::Confirmed, Some(portal.clock.now())));
        let sealable = case::confirmed_waiting(&mut portal.database.write().await.unwrap(), None, 10).await.unwrap();
        assert!(sealable.is_empty(), "it is in no batch until then");
        assert_eq!(count(portal, &first, Tab::Withdrawal).await, (1, 1));
        assert_eq!(count(portal, &first, Tab::Handover).await, (1, 1), "and where it is otherwise");
        let view = staff_case::view(portal, &first, &number).await.unwrap();
        let offered: Vec<CommandKind> = view.offers.iter().map(|offer| offer.kind).collect();
        assert_eq!(offered, [CommandKind::ProposeWithdrawal, CommandKind::RefuseWithdrawal]);

        done(portal, &first, &number, Order::ProposeWithdrawal).await;
        for alone in [&first, &again] {
            let given = told(portal, alone, &number, Order::ConfirmWithdrawal).await;
            assert_eq!(given, Given::Refused(Obstacle::NeedsAnotherPerson), "{}", alone.user_id);
        }
        let view = staff_case::view(portal, &again, &number).await.unwrap();
        assert_eq!(view.withdrawal_proposed_by.as_deref(), Some("accepting"));
        let confirm = view.offers.iter().find(|offer| offer.kind == CommandKind::ConfirmWithdrawal).unwrap();
        assert_eq!(confirm.obstacle, Some(Obstacle::NeedsAnotherPerson), "the page says it before");
        portal.clock.advance(1_000_000);
        assert_eq!(done(portal, &second, &number, Order::ConfirmWithdrawal).await, Stage::Withdrawn);

        assert_eq!(newest_mail(portal).await.unwrap().1, "Decided ja");
        assert_eq!(count(portal, &first, Tab::Withdrawal).await, (0, 0));
        assert_eq!(count(portal, &first, Tab::Done).await, (1, 1));
        let filing = filings::view(portal, account, &number).await.unwrap();
        let steps: Vec<Step> = filing.history.iter().map(|(_, step)| *step).collect();
        assert_eq!(steps[steps.len() - 2..], [Step::AskedToWithdraw, Step::Reached(Stage::Withdrawn)]);
        assert!(!filing.may_ask_to_withdraw() && !filing.may_withdraw() && !filing.was_handed_over());
        let subject = Subject::Case(filing.head.case_id);
        let mut tx = portal.database.read().await.unwrap();
        audit::verify(&mut tx).await.unwrap();
        let entries = audit::of_subject(&mut tx, &subject, 100).await.unwrap();
        let about = entries.iter().filter(|entry| entry.deed.contains("withdraw")).rev();
        let about: Vec<String> = about.map(|entry| format!("{} {}", entry.deed, entry.outcome)).collect();
        assert_eq!(
            about,
            [
                "command.ask_to_withdraw done",
                "command.propose_withdrawal done",
                "command.confirm_withdrawal refused",
                "command.confirm_withdrawal refused",
                "command.confirm_withdrawal done",
            ]
        );
    }
}

#[tokio::test]
async fn what_is_refused_goes_on_as_if_nobody_had_asked_and_may_be_asked_for_again() {
    for one in portals().await {
        let portal = &one.portal;
        let clerks = two_clerks(portal).await;
        let (account, number) = file(portal, 1).await;
        confirm(portal, &clerks, &number).await;
        for round in 1..=2 {
            ask(portal, account, &number).await;
            done(portal, &clerks[0], &number, Order::ProposeWithdrawal).await;
            portal.clock.advance(1_000_000);
            assert_eq!(done(portal, &clerks[0], &number, Order::RefuseWithdrawal).await, Stage::Confirmed);
            assert_eq!(newest_mail(portal).await.unwrap().1, "Decided ja");
            let filing = filings::view(portal, account, &number).await.unwrap();
            assert_eq!(filing.history.iter().filter(|(_, step)| *step == Step::WithdrawalRefused).count(), round);
            let kept = filing.head;
            assert_eq!((kept.withdrawal_asked_at, kept.withdrawal_proposed_by), (None, None));
            assert_eq!((kept.accepted_by, kept.confirmed_by), (Some(clerks[0].staff_id), Some(clerks[1].staff_id)));
        }
        let sealable = case::confirmed_waiting(&mut portal.database.write().await.unwrap(), None, 10).await.unwrap();
        assert_eq!(sealable.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_often_it_is_pressed_it_is_asked_for_once_and_by_nobody_else() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        let clerks = two_clerks(&portal).await;
        let (account, number) = file(&portal, 1).await;
        let (stranger, _) = file(&portal, 2).await;
        confirm(&portal, &clerks, &number).await;
        let version = head(&portal, &number).await.version;
        let foreign = filings::ask_to_withdraw(&portal, stranger, &number, version).await;
        assert!(matches!(foreign, Err(FlowError::NotFound)));
        let stale = filings::ask_to_withdraw(&portal, account, &number, version - 1).await;
        assert!(matches!(stale, Err(FlowError::Changed(Stage::Confirmed))), "she has not seen it as it is");
        let mut presses = tokio::task::JoinSet::new();
        for _ in 0..13 {
            let (portal, number) = (Arc::clone(&portal), number.clone());
            presses.spawn(async move { filings::ask_to_withdraw(&portal, account, &number, version).await.unwrap() });
        }
        presses.join_all().await;
        let asked = commands(&portal, &number).await.into_iter().filter(|command| command == "ask_to_withdraw").count();
        assert_eq!(asked, 1);
        done(&portal, &clerks[0], &number, Order::ProposeWithdrawal).await;
        filings::ask_to_withdraw(&portal, account, &number, version).await.unwrap();
        assert!(head(&portal, &number).await.withdrawal_proposed_by.is_some(), "a late press takes no yes back");
        done(&portal, &clerks[1], &number, Order::ConfirmWithdrawal).await;
        filings::ask_to_withdraw(&portal, account, &number, version).await.unwrap();
        assert_eq!(commands(&portal, &number).await.last().map(String::as_str), Some("confirm_withdrawal"));
    }
}

#[tokio::test]
async fn a_case_that_is_declined_leaves_no_withdrawal_to_decide() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_clerks(portal).await;
        let (account, number) = file(portal, 1).await;
        done(portal, &first, &number, Order::Claim).await;
        done(portal, &first, &number, Order::ProposeDecline(DeclineReason::Duplicate)).await;
        ask(portal, account, &number).await;
        assert_eq!(count(portal, &first, Tab::Withdrawal).await, (1, 1));
        assert_eq!(done(portal, &second, &number, Order::Decline).await, Stage::Declined);
        assert_eq!(count(portal, &first, Tab::Withdrawal).await, (0, 0));
    }
}

#[tokio::test]
async fn the_clock_of_what_was_withdrawn_runs_from_the_second_yes_and_what_is_asked_for_is_not_erased_before() {
    for one in portals().await {
        let portal = &one.portal;
        let clerks = two_clerks(portal).await;
        let (account, number) = file(portal, 1).await;
        confirm(portal, &clerks, &number).await;
        ask(portal, account, &number).await;
        portal.clock.advance(retention::CONTENT_AFTER_CLOSING);
        assert_eq!(worker::erase_closed(portal).await.unwrap(), 0);
        done(portal, &clerks[0], &number, Order::ProposeWithdrawal).await;
        done(portal, &clerks[1], &number, Order::ConfirmWithdrawal).await;
        portal.clock.advance(retention::CONTENT_AFTER_WITHDRAWAL - DAY);
        assert_eq!(worker::erase_closed(portal).await.unwrap(), 0);
        portal.clock.advance(DAY);
        assert_eq!(worker::erase_closed(portal).await.unwrap(), 1);
        let kept = head(portal, &number).await;
        let permit = permit_owner(account, kept.account_id, kept.case_id).unwrap();
        assert!(case_content::of_case(&mut portal.database.read().await.unwrap(), &permit).await.unwrap().is_none());
    }
}
