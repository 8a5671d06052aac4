#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「差戻し」 Reasons in her language, a look before sending, what came of it, and an end after three times.

use intake::{
    access::Roles,
    case::{CorrectionRequest, MOST_SEND_BACKS, Stage},
    ids::{AccountId, ReceiptNumber},
};
use server::{
    flows::{
        correction::{self, Resubmitted},
        decide::{Given, Obstacle, Order, give},
        send_back, staff_case,
    },
    portal::Portal,
    store::{
        audit,
        case::{self, StageChange},
        staff::Staff,
    },
};

use crate::support::{
    filing::file,
    http::sites as staff_sites,
    page::{Page, all},
    portal::{letter, newest_mail, portals},
    review::{done, head, two_clerks},
    site::sites,
    staff::hire,
};

fn request(fields: &[(&str, &str)]) -> CorrectionRequest {
    let named = |(field, reason): &(&str, &str)| (field.parse().unwrap(), (*reason).to_owned());
    CorrectionRequest::new(fields.iter().map(named).collect(), "2026-12-07".parse().unwrap())
}

/// One reason that was picked, and one that was written.
fn mixed(portal: &Portal) -> CorrectionRequest {
    let picked = portal.templates.find("telephone-not-reached").unwrap();
    let mut request = request(&[("phone", picked.japanese()), ("name", "「髙」の字をご確認ください。")]);
    request.templates.insert("phone".parse().unwrap(), picked.id.clone());
    request
}

async fn correct(portal: &Portal, account: AccountId, number: &ReceiptNumber, phone: &str) {
    let version = correction::view(portal, account, number).await.unwrap().version;
    let sent = [("phone", phone), ("phone_hours", "morning"), ("name", "高橋 花子"), ("name_kana", "タカハシ ハナコ")];
    let sent: Vec<_> = sent.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    match correction::resubmit(portal, account, number, version, &sent).await.unwrap() {
        Resubmitted::Sent => {}
        Resubmitted::Incomplete(_, errors) => panic!("{errors:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_picked_is_read_in_her_language_and_what_was_written_says_that_it_is_japanese() {
    for site in sites().await {
        let portal = &site.portal;
        let (_, number) = file(portal, 1).await;
        let [clerk, _] = two_clerks(portal).await;
        done(portal, &clerk, &number, Order::Claim).await;
        done(portal, &clerk, &number, Order::SendBack(mixed(portal))).await;
        let address = format!("/cases/{number}/correct");
        let mut parent = site.browser();
        site.sign_in(&mut parent, "parent1@example.jp", &address).await;
        for (locale, picked, mark) in [
            ("ja", "電話がつながりませんでした。番号をご確認ください。", None),
            ("en", "We could not reach you by telephone. Please check the number.", Some("in Japanese")),
        ] {
            parent.cookies.insert("locale".to_owned(), locale.to_owned());
            let page = parent.open(&address);
            let reasons: Vec<String> =
                all(&page.html, ".asked .notice").iter().map(|one| one.text().collect::<String>()).collect();
            assert!(reasons.iter().any(|reason| reason.contains(picked)), "{locale}: {reasons:?}");
            let written = reasons.iter().find(|reason| reason.contains("「髙」の字をご確認ください。")).unwrap();
            assert_eq!(mark.is_some_and(|mark| written.contains(mark)), mark.is_some(), "{locale}: {written}");
        }
        parent.cookies.insert("locale".to_owned(), "ja-easy".to_owned());
        assert!(!all(&parent.open(&address).html, ".asked .notice ruby").is_empty(), "with readings");
    }
}

#[tokio::test]
async fn what_comes_back_is_shown_beside_its_reason_before_and_after() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, number) = file(portal, 1).await;
        let [clerk, _] = two_clerks(portal).await;
        done(portal, &clerk, &number, Order::Claim).await;
        done(portal, &clerk, &number, Order::SendBack(mixed(portal))).await;
        let view = staff_case::view(portal, &clerk, &number).await.unwrap();
        let rounds = send_back::rounds(&view);
        assert!(rounds.len() == 1 && rounds[0].answers.is_none(), "nothing has come");
        correct(portal, account, &number, "090-0000-0001").await;
        let view = staff_case::view(portal, &clerk, &number).await.unwrap();
        let rounds = send_back::rounds(&view);
        let (before, after) = rounds[0].answers.as_ref().unwrap();
        assert_eq!((before.first("phone"), after.first("phone")), ("090-1234-5678", "090-0000-0001"));
        assert_eq!((before.first("name"), after.first("name")), ("髙橋 花子", "高橋 花子"));
        // Nobody answers the second time, and the third is answered: each has its own.
        done(portal, &clerk, &number, Order::Claim).await;
        done(portal, &clerk, &number, Order::SendBack(mixed(portal))).await;
        correct(portal, account, &number, "090-0000-0002").await;
        let view = staff_case::view(portal, &clerk, &number).await.unwrap();
        let rounds = send_back::rounds(&view);
        let (before, after) = rounds[1].answers.as_ref().unwrap();
        assert_eq!((before.first("phone"), after.first("phone")), ("090-0000-0001", "090-0000-0002"));
    }
}

#[tokio::test]
async fn after_three_times_nothing_is_sent_back_and_the_database_refuses_it_too() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, number) = file(portal, 1).await;
        let [clerk, _] = two_clerks(portal).await;
        for time in 0..MOST_SEND_BACKS {
            done(portal, &clerk, &number, Order::Claim).await;
            assert_eq!(head(portal, &number).await.send_backs, time);
            done(portal, &clerk, &number, Order::SendBack(mixed(portal))).await;
            correct(portal, account, &number, &format!("090-0000-000{time}")).await;
        }
        done(portal, &clerk, &number, Order::Claim).await;
        let view = staff_case::view(portal, &clerk, &number).await.unwrap();
        let offered: Vec<&str> = view.offers.iter().map(|offer| offer.kind.as_str()).collect();
        assert!(!offered.contains(&"send_back") && offered.contains(&"ask_to_visit"), "{offered:?}");
        let kept = head(portal, &number).await;
        let order = Order::SendBack(mixed(portal));
        let given = give(portal, &clerk, &number, kept.version, &order, &|_, _: &str| letter("")).await.unwrap();
        assert_eq!(given, Given::Refused(Obstacle::NoMoreSendBacks));
        let seen = send_back::preview(portal, &clerk, &number, kept.version, &mixed(portal)).await.unwrap();
        assert_eq!(seen.err(), Some(Obstacle::NoMoreSendBacks));
        let change = sent_back(portal, &clerk, kept.rev);
        let mut tx = portal.database.write().await.unwrap();
        assert!(case::update_stage(&mut tx, portal.deadlines(), kept.case_id, kept.version, &change).await.is_err());
        drop(tx);
        done(portal, &clerk, &number, Order::AskToVisit).await;
    }
}

fn sent_back(portal: &Portal, clerk: &Staff, rev: i64) -> StageChange {
    StageChange {
        stage: Stage::SentBack,
        holder: Some(clerk.staff_id),
        proposed_by: None,
        accepted: None,
        confirmed: None,
        correction_due_on: Some("2026-12-07".parse().unwrap()),
        rev,
        withdrawal_asked_at: None,
        withdrawal_proposed_by: None,
        identity: intake::identity::Level::VerifiedInPerson,
        proxy: None,
        at: portal.clock.now(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_it_first_sends_nothing_and_loses_nothing() {
    for site in staff_sites().await {
        let portal = &site.portal;
        let (_, number) = file(portal, 1).await;
        let member = hire(portal, "clerk1", "1", Roles::CLERK).await;
        let mut clerk = crate::staff_pages::sign_in(&site, &member).await;
        let home = format!("/staff/cases/{number}");
        let version = clerk.get(&home).await.value("input[name=version]", "value");
        clerk.post(&format!("{home}/claim"), &[("version", &version)]).await.leads_to();
        let page = clerk.get(&home).await;
        assert_eq!(page.value("#answer_by", "value"), "2026-12-07", "ten working days");
        let version = page.value("input[name=version]", "value");
        let picked = portal.templates.find("telephone-not-reached").unwrap().japanese();
        let typed = [
            ("version", version.as_str()),
            ("field", "phone"),
            ("template-phone", "telephone-not-reached"),
            ("reason-phone", ""),
            ("field", "name"),
            ("template-name", "unreadable"),
            ("reason-name", "「髙」の字をご確認ください。"),
            ("answer_by", "2026-12-07"),
        ];
        let (before, mails) = (head(portal, &number).await, newest_mail(portal).await);
        let look = format!("{home}/send_back/preview");
        let seen = clerk.post(&look, &typed).await;
        assert_eq!(seen.status, 200);
        assert!(seen.body.contains("ご本人にはこう見えます") && seen.body.contains(picked), "{}", seen.body);
        assert!(seen.body.contains("「髙」の字をご確認ください。"));
        assert_eq!(seen.value(".as-she-sees[disabled]", "lang"), "ja", "nothing of it can be pressed");
        let html = scraper::Html::parse_document(&seen.body);
        let page = Page { html };
        let carried = page.controls(&format!("{home}/send_back"));
        let expected: Vec<_> = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(carried, expected, "all that was typed goes on");
        assert_eq!(head(portal, &number).await.version, before.version, "nothing is sent by looking");
        assert_eq!(newest_mail(portal).await, mails);
        let mut edits = typed.to_vec();
        edits.push(("then", "edit"));
        let again = clerk.post(&look, &edits).await;
        assert_eq!(
            (again.status, again.value("#reason-name", "value")),
            (200, "「髙」の字をご確認ください。".to_owned())
        );
        assert_eq!(again.value("#field-phone[checked]", "value"), "phone");
        assert_eq!(again.value("input[name=template-phone][checked]", "value"), "telephone-not-reached");
        let faulty = [("version", version.as_str()), ("field", "phone"), ("answer_by", "2026-12-07")];
        assert_eq!(clerk.post(&look, &faulty).await.status, 422, "the same rules as sending");
        let stale = [("version", "1"), ("field", "phone"), ("reason-phone", "x"), ("answer_by", "2026-12-07")];
        assert_eq!(clerk.post(&look, &stale).await.status, 409);

        assert_eq!(clerk.post(&format!("{home}/send_back"), &typed).await.leads_to(), home);
        let mut tx = portal.database.read().await.unwrap();
        assert_eq!(case::find_head(&mut tx, before.case_id).await.unwrap().unwrap().stage, Stage::SentBack);
        audit::verify(&mut tx).await.unwrap();
        drop(tx);
    }
}
