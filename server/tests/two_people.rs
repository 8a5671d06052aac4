#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「二人目」 One person with two accounts is one person, for the database too.

use intake::{
    access::Roles,
    case::{CommandKind, DeclineReason, Stage},
    ids::ReceiptNumber,
    time::DAY,
};
use server::{
    flows::{
        FlowError,
        decide::Order,
        filings, staff_return,
        staff_sign_in::{self, Joined},
    },
    portal::Portal,
    seal::token_hash,
    store::{
        audit,
        case::{self, Author, NewEvent},
        staff::Staff,
    },
};

use crate::support::{
    filing::file,
    portal::portals,
    review::{confirm, done, head, seen, two_clerks},
    staff::{Member, PASSWORD, at_work, hire, join, sign_in},
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

#[tokio::test]
async fn who_has_lost_her_passkey_is_invited_again_by_two_people_who_are_neither_she_nor_one() {
    for one in portals().await {
        let portal = &one.portal;
        let lost = hire(portal, "lost", "person-l", Roles::CLERK).await;
        let session = sign_in(portal, &lost).await;
        let first = at_work(portal, "admin1", "person-a", Roles::ADMINISTRATOR).await.staff;
        let twin = at_work(portal, "admin2", "person-a", Roles::ADMINISTRATOR).await.staff;
        let second = at_work(portal, "admin3", "person-b", Roles::ADMINISTRATOR).await.staff;
        let herself = at_work(portal, "admin4", "person-l", Roles::ADMINISTRATOR).await.staff;
        let clerk = at_work(portal, "clerk1", "person-c", Roles::CLERK).await.staff;
        for not_hers in [&clerk, &herself] {
            assert!(matches!(staff_return::propose(portal, not_hers, lost.id).await, Err(FlowError::NotFound)));
        }
        assert!(matches!(staff_return::view(portal, &clerk).await, Err(FlowError::NotFound)));
        assert_eq!(staff_return::confirm(portal, &second, lost.id).await.unwrap(), None, "nobody has proposed it");
        staff_return::propose(portal, &first, lost.id).await.unwrap();
        for alone in [&first, &twin] {
            assert_eq!(staff_return::confirm(portal, alone, lost.id).await.unwrap(), None, "{}", alone.user_id);
            let seen = staff_return::view(portal, alone).await.unwrap();
            let row = seen.iter().find(|member| member.staff.staff_id == lost.id).unwrap();
            assert!(!row.can_confirm && !row.can_propose);
        }
        assert!(matches!(staff_return::confirm(portal, &herself, lost.id).await, Err(FlowError::NotFound)));
        let (token, _) = staff_return::confirm(portal, &second, lost.id).await.unwrap().unwrap();
        assert_eq!(staff_return::confirm(portal, &second, lost.id).await.unwrap(), None, "once");
        let goes_on = staff_sign_in::who(portal, &token_hash(&session)).await.unwrap();
        assert!(goes_on.is_some(), "nothing ends before she has answered");
        let (key, joined) = join(portal, &token, PASSWORD).await;
        assert_eq!(joined, Joined::Yes);
        assert!(
            staff_sign_in::who(portal, &token_hash(&session)).await.unwrap().is_none(),
            "everything of before ends"
        );
        sign_in(portal, &Member { key, ..lost }).await;
        audit::verify(&mut portal.database.read().await.unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn a_proposal_to_invite_again_waits_a_day() {
    for one in portals().await {
        let portal = &one.portal;
        let lost = hire(portal, "lost", "person-l", Roles::CLERK).await;
        let first = at_work(portal, "admin1", "person-a", Roles::ADMINISTRATOR).await.staff;
        let second = at_work(portal, "admin2", "person-b", Roles::ADMINISTRATOR).await.staff;
        staff_return::propose(portal, &first, lost.id).await.unwrap();
        portal.clock.advance(DAY);
        assert_eq!(staff_return::confirm(portal, &second, lost.id).await.unwrap(), None);
    }
}
