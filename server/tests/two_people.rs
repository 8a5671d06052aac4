#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「二人目」 One person with two accounts is one person, for the database too.

use intake::{
    access::Roles,
    case::{CommandKind, DeclineReason, Stage},
    ids::ReceiptNumber,
};
use server::{
    flows::{decide::Order, filings},
    portal::Portal,
    store::{
        case::{self, Author, NewEvent},
        staff::Staff,
    },
};

use crate::support::{
    filing::file,
    portal::portals,
    review::{confirm, done, head, seen, two_clerks},
    staff::at_work,
};

/// Whether the database takes this command by that member of staff, past every rule of the program.
async fn is_taken(portal: &Portal, number: &ReceiptNumber, kind: CommandKind, by: &Staff) -> bool {
    let kept = head(portal, number).await;
    let event = NewEvent {
        case_id: kept.case_id,
        at: portal.clock.now(),
        command: Some(kind),
        actor: Author::Staff(by.staff_id),
        from_stage: Some(kept.stage),
        to_stage: kept.stage,
        rev: kept.rev,
        detail_sealed: None,
    };
    let mut tx = portal.database.write().await.unwrap();
    case::append_event(&mut tx, &event).await.is_ok()
}

#[tokio::test]
async fn the_database_takes_no_second_yes_of_the_same_person() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_clerks(portal).await;
        let twin = at_work(portal, "again", "person-a", Roles::NURSE).await.staff;
        let (account, accepted) = file(portal, 1).await;
        for order in [Order::Claim, seen(), Order::Accept] {
            done(portal, &first, &accepted, order).await;
        }
        let (_, declined) = file(portal, 2).await;
        for order in [Order::Claim, Order::ProposeDecline(DeclineReason::Duplicate)] {
            done(portal, &first, &declined, order).await;
        }
        for (number, kind) in [(&accepted, CommandKind::Confirm), (&declined, CommandKind::Decline)] {
            for alone in [&first, &twin] {
                assert!(!is_taken(portal, number, kind, alone).await, "{kind} by {}", alone.user_id);
            }
            assert!(is_taken(portal, number, kind, &second).await, "{kind}");
        }
        done(portal, &first, &accepted, Order::Reopen).await;
        done(portal, &first, &accepted, Order::Release).await;
        confirm(portal, &[first.clone(), second.clone()], &accepted).await;
        let version = head(portal, &accepted).await.version;
        filings::ask_to_withdraw(portal, account, &accepted, version).await.unwrap();
        done(portal, &first, &accepted, Order::ProposeWithdrawal).await;
        for alone in [&first, &twin] {
            assert!(!is_taken(portal, &accepted, CommandKind::ConfirmWithdrawal, alone).await, "{}", alone.user_id);
        }
        assert_eq!(done(portal, &second, &accepted, Order::ConfirmWithdrawal).await, Stage::Withdrawn);
    }
}
