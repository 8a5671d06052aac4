#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「わたしの届出」 What is around a filing: filing a declined one again, and the end of a pregnancy, told once.

use intake::{
    case::{DeclineReason, Stage},
    identity::Method,
    ids::{AccountId, FormId, ReceiptNumber},
    retention,
    time::DAY,
};
use server::{
    flows::{
        FlowError,
        decide::Order,
        draft, draft_end, filings, overdue, pregnancy_end,
        refile::{self, Refiled},
        submit::{Sender, Submitted, submit},
    },
    portal::Portal,
    store::{
        audit::{self, Subject},
        draft::DraftOwner,
    },
    worker,
};

use crate::support::{
    filing::{file, fill_in, typist},
    portal::{letter, mails, notification, portals},
    review::{confirm, done, head, two_clerks},
};

async fn decline(portal: &Portal, number: &ReceiptNumber) {
    let [first, second] = two_clerks(portal).await;
    done(portal, &first, number, Order::Claim).await;
    done(portal, &first, number, Order::ProposeDecline(DeclineReason::WrongPerson)).await;
    assert_eq!(done(portal, &second, number, Order::Decline).await, Stage::Declined);
}

fn questionnaire() -> FormId {
    "questionnaire".parse().unwrap()
}

#[tokio::test]
async fn a_declined_filing_begins_a_new_draft_with_its_answers_but_for_what_is_private() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, number) = file(portal, 1).await;
        let (stranger, _) = file(portal, 2).await;
        let early = refile::begin(portal, account, [1; 32], &number, false).await;
        assert!(matches!(early, Err(FlowError::Changed(Stage::Submitted))), "what is on its way is not filed again");
        decline(portal, &number).await;
        let foreign = refile::begin(portal, stranger, [2; 32], &number, true).await;
        assert!(matches!(foreign, Err(FlowError::NotFound)));

        let begun = refile::begin(portal, account, [1; 32], &number, false).await.unwrap();
        assert_eq!(begun, Refiled::Begun(notification()));
        let typist = typist(DraftOwner::Account(account));
        let open = draft::load(portal, &typist, &notification()).await.unwrap().unwrap();
        assert_eq!(open.raw.first("name"), "髙橋 花子");
        let private: Vec<String> =
            open.form.fields().filter(|(_, field)| field.private).flat_map(|(_, field)| field.inputs()).collect();
        assert!(!private.is_empty() && private.iter().all(|input| open.raw.all(input).is_empty()));

        let again = refile::begin(portal, account, [1; 32], &number, false).await.unwrap();
        assert_eq!(again, Refiled::DraftThere(notification()), "a draft that is there is not gone over");
        let kept = draft::load(portal, &typist, &notification()).await.unwrap().unwrap();
        assert_eq!(kept.id, open.id);
        let replaced = refile::begin(portal, account, [1; 32], &number, true).await.unwrap();
        assert_eq!(replaced, Refiled::Begun(notification()));
        let new = draft::load(portal, &typist, &notification()).await.unwrap().unwrap();
        assert_ne!(new.id, open.id);

        portal.clock.advance(retention::CONTENT_AFTER_CLOSING);
        worker::erase_closed(portal).await.unwrap();
        let late = refile::begin(portal, account, [1; 32], &number, true).await;
        assert!(matches!(late, Err(FlowError::Changed(Stage::Declined))), "what is erased is gone");
    }
}

async fn file_again(portal: &Portal, account: AccountId) {
    let typist = typist(DraftOwner::Account(account));
    fill_in(portal, &typist).await;
    let draft = draft::load(portal, &typist, &notification()).await.unwrap().unwrap().id;
    let (method, signed_in_at) = (Method::EmailCode, portal.clock.now());
    let sender = Sender { account, method, signed_in_at, session: [0; 32], language: "ja" };
    let sent = submit(portal, &sender, &notification(), draft, |_: &str| letter("x")).await.unwrap();
    assert!(matches!(sent, Submitted::Receipt(_)));
}

#[tokio::test]
async fn after_the_end_is_told_no_mail_goes_out_by_itself_and_drafts_end_in_silence() {
    for one in portals().await {
        let portal = &one.portal;
        let [clerk, _] = two_clerks(portal).await;
        let (account, number) = file(portal, 1).await;
        let typist = typist(DraftOwner::Account(account));
        draft::begin(portal, &typist, &questionnaire(), "ja").await.unwrap();
        portal.clock.advance(1_000_000);
        for _ in 0..2 {
            pregnancy_end::tell(portal, account).await.unwrap();
        }
        assert!(pregnancy_end::told_at(portal, account).await.unwrap().is_some());
        let before = mails(portal).await;
        portal.clock.advance(retention::DRAFT - retention::DRAFT_NOTICE);
        let told = draft_end::tell(portal, &|_: &str, _| letter("it ends")).await.unwrap();
        assert_eq!((told, mails(portal).await), (0, before));
        portal.clock.advance(retention::DRAFT_NOTICE);
        worker::sweep(portal).await.unwrap();
        assert!(draft::load(portal, &typist, &questionnaire()).await.unwrap().is_none(), "and it has ended");

        // What the clock does to a correction request is done in silence too.
        done(portal, &clerk, &number, Order::Claim).await;
        let fields = vec![("name".parse().unwrap(), "お名前".to_owned())];
        let request = intake::case::CorrectionRequest::new(fields, portal.clock.now().date_in_japan().plus_days(3));
        done(portal, &clerk, &number, Order::SendBack(request)).await;
        let before = mails(portal).await;
        portal.clock.advance(5 * DAY);
        assert_eq!(overdue::ask_to_visit(portal, &|_, _: &str| letter("come")).await.unwrap(), 1);
        assert_eq!(mails(portal).await, before);

        let mut tx = portal.database.read().await.unwrap();
        audit::verify(&mut tx).await.unwrap();
        let entries = audit::of_subject(&mut tx, &Subject::Account(account), 100).await.unwrap();
        let ends = entries.iter().filter(|entry| entry.deed == "pregnancy_end_told").count();
        assert_eq!(ends, 1, "told once");
    }
}

#[tokio::test]
async fn staff_note_it_too_it_can_be_taken_back_and_a_new_notification_ends_it() {
    for one in portals().await {
        let portal = &one.portal;
        let clerks = two_clerks(portal).await;
        let (account, number) = file(portal, 1).await;
        pregnancy_end::note(portal, &clerks[0], &number, true).await.unwrap();
        let view = server::flows::staff_case::view(portal, &clerks[1], &number).await.unwrap();
        assert_eq!(view.pregnancy_ended_at, Some(portal.clock.now()), "colleagues see it");
        pregnancy_end::take_back(portal, account).await.unwrap();
        assert!(pregnancy_end::told_at(portal, account).await.unwrap().is_none());
        pregnancy_end::note(portal, &clerks[0], &number, true).await.unwrap();
        portal.clock.advance(DAY);
        file_again(portal, account).await;
        assert!(pregnancy_end::told_at(portal, account).await.unwrap().is_none(), "who files anew is written to again");
    }
}

#[tokio::test]
async fn the_turn_of_the_office_begins_anew_when_the_parent_has_answered() {
    for one in portals().await {
        let portal = &one.portal;
        let clerks = two_clerks(portal).await;
        let (account, number) = file(portal, 1).await;
        let filed_at = head(portal, &number).await.filed_at;
        let view = filings::view(portal, account, &number).await.unwrap();
        assert_eq!(view.turn_since(), filed_at);
        done(portal, &clerks[0], &number, Order::Claim).await;
        done(portal, &clerks[0], &number, Order::AskToVisit).await;
        portal.clock.advance(3 * DAY);
        done(portal, &clerks[0], &number, Order::Visited).await;
        let view = filings::view(portal, account, &number).await.unwrap();
        assert_eq!(view.turn_since(), portal.clock.now());
        confirm_rest(portal, &clerks, &number).await;
        let view = filings::view(portal, account, &number).await.unwrap();
        assert_eq!(view.head.confirmed_at, Some(portal.clock.now()));
    }
}

async fn confirm_rest(portal: &Portal, clerks: &[server::store::staff::Staff; 2], number: &ReceiptNumber) {
    done(portal, &clerks[0], number, Order::Release).await;
    confirm(portal, clerks, number).await;
}
