#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「同じ方・重複の可能性」 Filings that may be of one person: found, told apart or joined by people, and what belongs to them; on both
//! databases.

use intake::{
    access::Roles,
    case::{CorrectionRequest, DeclineReason, Stage},
    duplicate::{PairState, Reason},
    ids::{AccountId, ReceiptNumber},
    queue::View,
    time::DAY,
};
use server::{
    flows::{
        FlowError, correction,
        decide::{Given, Obstacle, Order, give},
        pair::{self, Said, Verdict},
        queue::{self, Tab},
        same_person, staff_case, tie,
    },
    portal::Portal,
    store::{
        Database,
        audit::{self, Subject},
        case_pair, case_person,
        staff::Staff,
    },
};

use crate::{
    follow::answer_and_send,
    support::{
        filing::{file, file_as, file_epds, filled_in_by},
        portal::{letter, portals},
        review::{done, head, seen, two_clerks, two_nurses},
        staff::at_work,
    },
};

/// Files as the person of browser 1 from this browser, with some answers of another kind.
async fn file_again(portal: &Portal, browser: u8, changed: &[(&str, &str)]) -> (AccountId, ReceiptNumber) {
    file_from(portal, browser, &format!("parent{browser}@example.jp"), changed).await
}

async fn file_from(portal: &Portal, browser: u8, mail: &str, changed: &[(&str, &str)]) -> (AccountId, ReceiptNumber) {
    let mut pages = filled_in_by(1);
    for (input, value) in pages.iter_mut().flat_map(|(_, sent)| sent) {
        if let Some((_, other)) = changed.iter().find(|(name, _)| name == input) {
            (*other).clone_into(value);
        }
    }
    file_as(portal, browser, mail, pages).await
}

const SOMEBODY_ELSE: &[(&str, &str)] =
    &[("name", "山田 梅"), ("name_kana", "ヤマダ ウメ"), ("phone", "090-9999-0001"), ("birthdate-day", "9")];

/// What a member of staff sees beside a case.
async fn beside(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
) -> Vec<(ReceiptNumber, Vec<Reason>, PairState)> {
    let view = staff_case::view(portal, staff, number).await.unwrap();
    view.same_person.into_iter().map(|pair| (pair.other.receipt_number, pair.reasons, pair.state)).collect()
}

async fn order(portal: &Portal, staff: &Staff, number: &ReceiptNumber, order: Order) -> Result<Given, FlowError> {
    let version = head(portal, number).await.version;
    give(portal, staff, number, version, &order, &|_, _: &str| letter("")).await
}

/// The version in which a pair is shown now.
async fn version(portal: &Portal, one: &ReceiptNumber, other: &ReceiptNumber) -> i64 {
    let (one, other) = (head(portal, one).await.case_id, head(portal, other).await.case_id);
    case_pair::find(&mut portal.database.read().await.unwrap(), one, other).await.unwrap().unwrap().version
}

/// In which browser, from which address, with which other answers, and for which reasons it is pointed to.
type Filed<'a> = (u8, &'a str, Vec<(&'a str, &'a str)>, Option<Vec<Reason>>);

async fn say(portal: &Portal, staff: &Staff, numbers: [&ReceiptNumber; 2], verdict: Verdict, note: &str) -> Said {
    let version = version(portal, numbers[0], numbers[1]).await;
    pair::settle(portal, staff, numbers, version, &verdict, note).await.unwrap()
}

/// How often a deed stands in the audit log of a case; the log is whole.
async fn entries(portal: &Portal, number: &ReceiptNumber, deed: &str) -> usize {
    let subject = Subject::Case(head(portal, number).await.case_id);
    let mut tx = portal.database.read().await.unwrap();
    audit::verify(&mut tx).await.unwrap();
    let all = audit::of_subject(&mut tx, &subject, 100).await.unwrap();
    all.iter().filter(|entry| entry.deed == deed && entry.outcome == "done").count()
}

async fn run(database: &Database, sql: &'static str) {
    match database {
        Database::Sqlite { writer, .. } => sqlx::query(sql).execute(writer).await.map(drop).unwrap(),
        Database::Postgres(pool) => sqlx::query(sql).execute(pool).await.map(drop).unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_filing_of_a_pregnancy_is_found_when_it_comes_by_each_reason() {
    let another = [("name", "高橋 ハナ"), ("name_kana", "タカハシ ハナ"), ("phone", "090-9999-0001")];
    let far = [("due_date-month", "5"), ("due_date-day", "1"), ("weeks", "")];
    for one in portals().await {
        let portal = &one.portal;
        let (_, first) = file(portal, 1).await;
        let [clerk, _] = two_clerks(portal).await;
        let only_name = [another[1], another[2]];
        let only_kana = [another[0], another[2]];
        let only_phone = [another[0], another[1]];
        let cases: [Filed<'_>; 6] = [
            (2, "b@example.jp", only_name.to_vec(), Some(vec![Reason::Name])),
            (3, "c@example.jp", only_kana.to_vec(), Some(vec![Reason::Kana])),
            (4, "d@example.jp", only_phone.to_vec(), Some(vec![Reason::Phone])),
            (5, "e@example.jp", [&only_phone[..], &far].concat(), None),
            (6, "parent1@example.jp", SOMEBODY_ELSE.to_vec(), Some(vec![Reason::Account])),
            (7, "g@example.jp", far.to_vec(), None),
        ];
        for (browser, mail, changed, expected) in cases {
            let (_, number) = file_from(portal, browser, mail, &changed).await;
            let of_first = beside(portal, &clerk, &first).await;
            let found = of_first.into_iter().find(|(other, ..)| *other == number).map(|(_, reasons, state)| {
                assert_eq!(state, PairState::Open);
                reasons
            });
            assert_eq!(found, expected, "browser {browser}");
            let way_back = beside(portal, &clerk, &number).await.into_iter().find(|(other, ..)| *other == first);
            assert_eq!(way_back.map(|(_, reasons, _)| reasons), expected, "both ways");
            let is_beside_any = !beside(portal, &clerk, &number).await.is_empty();
            assert_eq!(entries(portal, &number, "pair_found").await > 0, is_beside_any);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_found_of_somebody_else_nor_of_the_next_pregnancy() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, first) = file(portal, 1).await;
        let [clerk, _] = two_clerks(portal).await;
        let (_, other) = file_again(portal, 2, SOMEBODY_ELSE).await;
        portal.clock.advance(301 * DAY);
        let due = [("due_date-year", "2028"), ("due_date-month", "4"), ("weeks", "")];
        file_from(portal, 3, "parent1@example.jp", &due).await;
        for number in [&first, &other] {
            assert_eq!(beside(portal, &clerk, number).await, []);
        }
        assert_eq!(same_person::look_again(portal).await.unwrap(), 3);
        assert_eq!(same_person::look_again(portal).await.unwrap(), 0, "each is looked at once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_pair_keeps_from_accepting_until_a_person_has_said_that_they_are_two() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, before) = file(portal, 1).await;
        let [first, second] = two_clerks(portal).await;
        for order in [Order::Claim, seen(), Order::Accept] {
            done(portal, &first, &before, order).await;
        }
        let (_, later) = file_again(portal, 2, &[]).await;
        for number in [&before, &later] {
            assert_eq!(beside(portal, &first, number).await.len(), 1);
        }
        // Accepted before it was found: it goes on, and shows it.
        assert_eq!(done(portal, &second, &before, Order::Confirm).await, Stage::Confirmed);
        done(portal, &first, &later, Order::Claim).await;
        done(portal, &first, &later, seen()).await;
        let view = staff_case::view(portal, &first, &later).await.unwrap();
        let accept = view.offers.iter().find(|offer| offer.kind == Order::Accept.kind()).unwrap();
        assert_eq!(accept.obstacle, Some(Obstacle::PairOpen));
        let given = order(portal, &first, &later, Order::Accept).await.unwrap();
        assert_eq!(given, Given::Refused(Obstacle::PairOpen));
        let listed = queue::page(portal, &first, &View { tab: Tab::Mine, ..View::default() }, None).await.unwrap();
        assert!(listed.rows.iter().all(|row| row.pair_is_open));

        let note = "電話で別の方と確認。個人番号は123456789018";
        assert_eq!(say(portal, &first, [&later, &before], Verdict::Apart, note).await, Said::Kept);
        let view = pair::view(portal, &second, &before, &later).await.unwrap();
        assert_eq!(view.note.as_deref(), Some("電話で別の方と確認。個人番号は＊＊＊＊＊＊＊＊＊＊＊＊"));
        assert_eq!(view.settled_by.as_deref(), Some("accepting"));
        assert_eq!(done(portal, &first, &later, Order::Accept).await, Stage::Accepted);
        assert_eq!(entries(portal, &before, "told_apart").await, 1);
        assert_eq!(entries(portal, &later, "pair_viewed").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn joined_the_other_goes_the_way_of_a_decline_which_another_person_confirms() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, stands) = file(portal, 1).await;
        let (_, falls) = file_again(portal, 2, &[]).await;
        let [first, second] = two_clerks(portal).await;
        let verdict = Verdict::Joined(stands.clone());
        assert_eq!(say(portal, &first, [&falls, &stands], verdict, "").await, Said::Kept);
        let declined = head(portal, &falls).await;
        assert_eq!((declined.stage, declined.proposed_by), (Stage::DeclineProposed, Some(first.staff_id)));
        let given = order(portal, &first, &falls, Order::Decline).await;
        assert!(matches!(given, Ok(Given::Refused(Obstacle::NeedsAnotherPerson))), "{given:?}");
        // Taken back, it still does not stand.
        done(portal, &first, &falls, Order::Reopen).await;
        done(portal, &first, &falls, seen()).await;
        let given = order(portal, &first, &falls, Order::Accept).await.unwrap();
        assert_eq!(given, Given::Refused(Obstacle::OtherStands));
        done(portal, &first, &falls, Order::ProposeDecline(DeclineReason::Duplicate)).await;
        assert_eq!(done(portal, &second, &falls, Order::Decline).await, Stage::Declined);
        for order in [Order::Claim, seen(), Order::Accept] {
            done(portal, &first, &stands, order).await;
        }
        assert_eq!(entries(portal, &stands, "joined").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_holds_or_has_accepted_stays_as_a_second_document() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, stands) = file(portal, 1).await;
        let [first, second] = two_clerks(portal).await;
        let (_, held) = file_again(portal, 2, &[]).await;
        done(portal, &second, &held, Order::Claim).await;
        say(portal, &first, [&held, &stands], Verdict::Joined(stands.clone()), "").await;
        assert_eq!(head(portal, &held).await.stage, Stage::InReview, "it is proposed by who holds it");
        done(portal, &second, &held, Order::ProposeDecline(DeclineReason::Duplicate)).await;

        let (_, accepted) = file_again(portal, 3, SOMEBODY_ELSE).await;
        for order in [Order::Claim, seen(), Order::Accept] {
            done(portal, &first, &accepted, order).await;
        }
        let (_, twice) = file_again(portal, 4, SOMEBODY_ELSE).await;
        say(portal, &first, [&accepted, &twice], Verdict::Joined(twice.clone()), "").await;
        assert_eq!(done(portal, &second, &accepted, Order::Confirm).await, Stage::Confirmed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_say_something_at_once_one_is_told_that_it_was_said() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, first) = file(portal, 1).await;
        let (_, other) = file_again(portal, 2, &[]).await;
        let [one, another] = two_clerks(portal).await;
        let shown = version(portal, &first, &other).await;
        let (apart, joined) = (Verdict::Apart, Verdict::Joined(first.clone()));
        let numbers = [&first, &other];
        let said = pair::settle(portal, &one, numbers, shown, &apart, "").await;
        assert!(matches!(said, Ok(Said::Kept)));
        let said = pair::settle(portal, &another, numbers, shown, &joined, "").await;
        assert!(matches!(said, Err(FlowError::Changed(_))));
        assert_eq!(head(portal, &other).await.stage, Stage::Submitted, "nothing of the second was done");
        let long = "あ".repeat(301);
        assert_eq!(say(portal, &one, numbers, apart, &long).await, Said::NoteTooLong);
        let (_, stranger) = file_again(portal, 3, SOMEBODY_ELSE).await;
        let said = pair::settle(portal, &one, [&first, &stranger], 1, &Verdict::Apart, "").await;
        assert!(matches!(said, Err(FlowError::NotFound)), "they are no pair");
        for roles in [Roles::AUDITOR, Roles::ADMINISTRATOR] {
            let name = format!("{roles}");
            let nobody = at_work(portal, &name, &name, roles).await.staff;
            assert!(matches!(pair::view(portal, &nobody, &first, &other).await, Err(FlowError::NotFound)));
            let said = pair::settle(portal, &nobody, numbers, shown + 1, &Verdict::Apart, "").await;
            assert!(matches!(said, Err(FlowError::NotFound)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_makes_a_pair_and_a_further_reason_opens_it_again() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, first) = file(portal, 1).await;
        let mut slip = SOMEBODY_ELSE.to_vec();
        slip.retain(|(input, _)| !input.starts_with("birthdate") && *input != "phone");
        slip.push(("due_date-month", "5"));
        slip.push(("weeks", ""));
        let (account, other) = file_again(portal, 2, &slip).await;
        let [clerk, _] = two_clerks(portal).await;
        assert_eq!(beside(portal, &clerk, &first).await, []);
        let sends = [
            (vec!["due_date"], vec![("due_date-year", "2027"), ("due_date-month", "7"), ("due_date-day", "1")]),
            (vec!["name"], vec![("name", "髙橋　花子")]),
        ];
        let reasons = [vec![Reason::Phone], vec![Reason::Name, Reason::Phone]];
        for ((fields, sent), reasons) in sends.into_iter().zip(reasons) {
            done(portal, &clerk, &other, Order::Claim).await;
            let fields = fields.iter().map(|field| (field.parse().unwrap(), "確認".to_owned())).collect();
            let answer_by = portal.clock.now().plus(7 * DAY).date_in_japan();
            done(portal, &clerk, &other, Order::SendBack(CorrectionRequest::new(fields, answer_by))).await;
            let version = head(portal, &other).await.version;
            let sent: Vec<(String, String)> =
                sent.into_iter().map(|(input, value)| (input.to_owned(), value.to_owned())).collect();
            let resubmitted = correction::resubmit(portal, account, &other, version, &sent).await.unwrap();
            assert!(matches!(resubmitted, correction::Resubmitted::Sent));
            assert_eq!(beside(portal, &clerk, &first).await, [(other.clone(), reasons, PairState::Open)]);
            say(portal, &clerk, [&first, &other], Verdict::Apart, "").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_before_and_what_came_at_the_same_moment_is_found_a_little_later() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, first) = file(portal, 1).await;
        let (_, other) = file_again(portal, 2, &[]).await;
        let [clerk, _] = two_clerks(portal).await;
        // As it is for filings from before pairs, and telephones, were kept.
        run(&portal.database, "DELETE FROM case_pair").await;
        run(&portal.database, "DELETE FROM case_person").await;
        assert_eq!(beside(portal, &clerk, &first).await, []);
        assert_eq!(same_person::look_again(portal).await.unwrap(), 2);
        let found = beside(portal, &clerk, &first).await;
        assert_eq!(found, [(other, vec![Reason::Name, Reason::Kana, Reason::Phone], PairState::Open)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_epds_nothing_is_kept_and_nothing_is_found() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, first) = file_epds(portal, 1, [1; 10]).await;
        let (_, other) = file_epds(portal, 2, [1; 10]).await;
        let [nurse, _] = two_nurses(portal).await;
        same_person::look_again(portal).await.unwrap();
        let mut tx = portal.database.read().await.unwrap();
        let (one, another) = (head(portal, &first).await.case_id, head(portal, &other).await.case_id);
        assert_eq!(case_person::shared(&mut tx, one, another).await.unwrap(), []);
        assert_eq!(case_person::shared(&mut tx, one, one).await.unwrap(), [], "no trace at all");
        drop(tx);
        assert_eq!(beside(portal, &nurse, &first).await, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_questionnaire_is_tied_to_the_notification_of_another_account() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, falls) = file(portal, 1).await;
        let number = answer_and_send(portal, account).await.unwrap();
        let (_, stands) = file_again(portal, 2, &[]).await;
        let (_, stranger) = file_again(portal, 3, SOMEBODY_ELSE).await;
        let [clerk, _] = two_clerks(portal).await;
        let view = staff_case::view(portal, &clerk, &number).await.unwrap();
        let suggested: Vec<_> = view.ties.follows.iter().map(|head| &head.receipt_number).collect();
        assert_eq!(suggested, [&stands]);
        let view = staff_case::view(portal, &clerk, &stands).await.unwrap();
        let suggested: Vec<_> = view.ties.followers.iter().map(|head| &head.receipt_number).collect();
        assert_eq!(suggested, [&number]);
        let version = head(portal, &number).await.version;
        for wrong in [&stranger, &number, &falls] {
            let tied = tie::tie(portal, &clerk, &number, version, wrong).await;
            assert!(matches!(tied, Err(FlowError::NotFound)), "it is not suggested");
        }
        tie::tie(portal, &clerk, &number, version, &stands).await.unwrap();
        assert_eq!(head(portal, &number).await.follows_case_id, Some(head(portal, &stands).await.case_id));
        let again = tie::tie(portal, &clerk, &number, version, &falls).await;
        assert!(matches!(again, Err(FlowError::Changed(_))), "a page that was shown before");
        assert_eq!(entries(portal, &number, "tied").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epds_is_tied_by_a_nurse_and_nobody_else_learns_of_it() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file_epds(portal, 1, [1; 10]).await;
        let (_, stands) = file_again(portal, 2, &[]).await;
        let ([clerk, _], [nurse, _]) = (two_clerks(portal).await, two_nurses(portal).await);
        let version = head(portal, &number).await.version;
        let tied = tie::tie(portal, &clerk, &number, version, &stands).await;
        assert!(matches!(tied, Err(FlowError::NotFound)));
        let view = staff_case::view(portal, &clerk, &stands).await.unwrap();
        assert!(view.ties.followers.is_empty() && view.related.is_empty());
        tie::tie(portal, &nurse, &number, version, &stands).await.unwrap();
        assert_eq!(head(portal, &number).await.follows_case_id, Some(head(portal, &stands).await.case_id));
        let view = staff_case::view(portal, &clerk, &stands).await.unwrap();
        assert!(view.related.is_empty(), "tied, and still not there for a clerk");
        let view = staff_case::view(portal, &nurse, &stands).await.unwrap();
        assert_eq!(view.related.len(), 1);
    }
}
