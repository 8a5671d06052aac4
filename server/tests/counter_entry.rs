#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「窓口代行入力」 Paper forms: typed in by one person, checked by another, and accepted only then.

use std::collections::BTreeMap;

use intake::{
    access::Roles,
    case::{CommandKind, Stage},
    counter::{CheckFault, Mark, NotThatDay, asked},
    identity::{NumberDocument, PersonDocument, ProxyState, Sight},
    ids::{FieldId, FormId, PageId, ReceiptNumber},
    time::DAY,
};
use server::{
    flows::{
        FlowError,
        counter_entry::{self, Handed, Saved, Sent, SentPage},
        decide::{Given, Obstacle, Order, give},
        entry_check::{self, Marks},
        staff_case,
        staff_sign_in::SignedInStaff,
    },
    portal::Portal,
    store::{
        audit,
        case::{self, StageChange},
        counter_entry as store,
        staff::Staff,
    },
    worker,
};

use crate::support::{
    http::{Browser, sites},
    portal::{epds, filled_in, letter, notification, portals},
    review::{accept, done, head, seen},
    staff::at_work,
};

type Page = (PageId, Vec<(String, String)>);

async fn keep(portal: &Portal, who: &SignedInStaff, (page, inputs): &Page, blank: &[FieldId]) {
    let entry = counter_entry::load(portal, &who.staff, &notification()).await.unwrap().unwrap();
    let state = entry.sheet.raw.page_state(entry.form, page);
    let sent = SentPage { page, inputs, blank, state: &state };
    let saved = counter_entry::save_page(portal, who, &notification(), &sent).await.unwrap();
    assert!(matches!(saved, Saved::Kept(_)), "page {page} was not kept");
}

/// Types these pages in.
async fn type_in(portal: &Portal, who: &SignedInStaff, pages: &[Page], blank: &[FieldId]) {
    counter_entry::begin(portal, who, &notification()).await.unwrap();
    for page in pages {
        keep(portal, who, page, blank).await;
    }
}

async fn send(portal: &Portal, who: &SignedInStaff, handed: &Handed<'_>) -> Sent {
    let draft = counter_entry::load(portal, &who.staff, &notification()).await.unwrap().unwrap().id;
    counter_entry::send(portal, &who.staff, &notification(), draft, handed).await.unwrap()
}

fn today() -> Handed<'static> {
    Handed { day: "2026-11-23", because: "", sight: None }
}

/// Typed in and sent.
async fn typed_in(portal: &Portal, who: &SignedInStaff) -> ReceiptNumber {
    type_in(portal, who, &filled_in(), &[]).await;
    match send(portal, who, &today()).await {
        Sent::Case(number) => number,
        other => panic!("{other:?}"),
    }
}

/// All that is asked for, marked as the same.
async fn all_same(portal: &Portal, staff: &Staff, number: &ReceiptNumber) -> Marks {
    let found = entry_check::view(portal, staff, number).await.unwrap();
    let complete = found.case.complete().unwrap();
    let marks = asked(found.case.form, complete.answers()).into_iter().map(|field| (field.id.clone(), Mark::Same));
    Marks { marks: marks.collect(), sent: Vec::new() }
}

async fn order(portal: &Portal, staff: &Staff, number: &ReceiptNumber, order: Order) -> Given {
    let version = head(portal, number).await.version;
    give(portal, staff, number, version, &order, &|_, _: &str| letter("notice")).await.unwrap()
}

async fn clerk(portal: &Portal, user: &str, person: &str) -> SignedInStaff {
    at_work(portal, user, person, Roles::CLERK).await
}

fn phone() -> FieldId {
    "phone".parse().unwrap()
}

#[tokio::test]
async fn a_paper_form_is_one_case_that_another_person_checks_before_anybody_accepts_it() {
    for one in portals().await {
        let portal = &one.portal;
        let typist = clerk(portal, "typist", "a").await;
        let same = clerk(portal, "typist-again", "a").await.staff;
        let other = clerk(portal, "checker", "b").await.staff;
        type_in(portal, &typist, &filled_in(), &[]).await;
        let draft = counter_entry::load(portal, &typist.staff, &notification()).await.unwrap().unwrap().id;
        let press =
            || async { counter_entry::send(portal, &typist.staff, &notification(), draft, &today()).await.unwrap() };
        let Sent::Case(number) = press().await else { panic!("not sent") };
        assert_eq!(press().await, Sent::Case(number.clone()), "a second press finds the first one's");
        let foreign = counter_entry::send(portal, &other, &notification(), draft, &today()).await;
        assert!(matches!(foreign, Err(FlowError::NotFound)), "nobody else's press does");
        let kept = head(portal, &number).await;
        assert_eq!((kept.channel.as_str(), kept.stage, kept.account_id), ("counter", Stage::Submitted, None));
        assert_eq!((kept.typed_by, kept.checked_by), (Some(typist.staff.staff_id), None));

        done(portal, &typist.staff, &number, Order::Claim).await;
        done(portal, &typist.staff, &number, seen()).await;
        let early = order(portal, &typist.staff, &number, Order::Accept).await;
        assert_eq!(early, Given::Refused(Obstacle::NotChecked));
        let view = staff_case::view(portal, &typist.staff, &number).await.unwrap();
        let offer = |kind| view.offers.iter().find(|offer| offer.kind == kind).and_then(|offer| offer.obstacle.clone());
        assert_eq!(offer(CommandKind::Accept), Some(Obstacle::NotChecked), "the page says it before");
        assert_eq!(offer(CommandKind::CheckEntry), Some(Obstacle::NeedsAnotherPerson));
        let marks = all_same(portal, &other, &number).await;
        for one_person in [&typist.staff, &same] {
            let alone = order(portal, one_person, &number, Order::CheckEntry(marks.clone())).await;
            assert_eq!(alone, Given::Refused(Obstacle::NeedsAnotherPerson), "{}", one_person.user_id);
        }
        done(portal, &other, &number, Order::CheckEntry(marks.clone())).await;
        let kept = head(portal, &number).await;
        assert_eq!((kept.checked_by, kept.rev, kept.entry_news), (Some(other.staff_id), 1, None));
        let version = kept.version;
        let again = give(portal, &other, &number, version, &Order::CheckEntry(marks), &|_, _: &str| letter("")).await;
        assert!(matches!(again, Err(FlowError::Changed(_))), "once");
        accept(portal, &[typist.staff, other], &number).await;
        audit::verify(&mut portal.database.read().await.unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn what_the_check_puts_right_is_a_revision_with_its_reason_and_the_typist_is_told() {
    for one in portals().await {
        let portal = &one.portal;
        let typist = clerk(portal, "typist", "a").await;
        let other = clerk(portal, "checker", "b").await.staff;
        let number = typed_in(portal, &typist).await;
        let mut marks = all_same(portal, &other, &number).await;
        marks.marks.remove(&phone());
        let half = order(portal, &other, &number, Order::CheckEntry(marks.clone())).await;
        assert_eq!(half, Given::Refused(Obstacle::Entry(vec![CheckFault::Unmarked(phone())])));
        marks.marks.insert(phone(), Mark::Differs("紙では5679です。".to_owned()));
        marks.sent = vec![("phone".to_owned(), "090-1234-5679".to_owned())];
        assert_eq!(done(portal, &other, &number, Order::CheckEntry(marks)).await, Stage::Submitted);
        let kept = head(portal, &number).await;
        assert_eq!((kept.rev, kept.entry_news), (2, Some(portal.clock.now())));
        let view = staff_case::view(portal, &other, &number).await.unwrap();
        let (before, after, put_right) = entry_check::before(&view.case).unwrap();
        assert_eq!((before.first("phone"), after.first("phone")), ("090-1234-5678", "090-1234-5679"));
        assert_eq!(put_right[0].because, "紙では5679です。");
        assert_eq!(view.case.revisions[1].author_kind, "staff");

        let news = counter_entry::overview(portal, &typist.staff).await.unwrap().news;
        assert_eq!(
            news.iter().map(|one| one.receipt_number.clone()).collect::<Vec<_>>(),
            std::slice::from_ref(&number)
        );
        assert!(matches!(counter_entry::mark_read(portal, &other, &number).await, Err(FlowError::NotFound)));
        counter_entry::mark_read(portal, &typist.staff, &number).await.unwrap();
        counter_entry::mark_read(portal, &typist.staff, &number).await.unwrap();
        assert!(counter_entry::overview(portal, &typist.staff).await.unwrap().news.is_empty());
    }
}

#[tokio::test]
async fn the_database_refuses_an_acceptance_unchecked_and_a_check_by_the_typist_too() {
    for one in portals().await {
        let portal = &one.portal;
        let typist = clerk(portal, "typist", "a").await;
        let same = clerk(portal, "typist-again", "a").await.staff;
        let other = clerk(portal, "checker", "b").await.staff;
        let number = typed_in(portal, &typist).await;
        let kept = head(portal, &number).await;
        let change = StageChange {
            stage: Stage::Accepted,
            holder: None,
            proposed_by: None,
            accepted: Some((typist.staff.staff_id, portal.clock.now())),
            confirmed: None,
            correction_due_on: None,
            rev: 1,
            withdrawal_asked_at: None,
            withdrawal_proposed_by: None,
            identity: intake::identity::Level::VerifiedInPerson,
            proxy: None,
            at: portal.clock.now(),
        };
        let mut tx = portal.database.write().await.unwrap();
        assert!(case::update_stage(&mut tx, portal.deadlines(), kept.case_id, kept.version, &change).await.is_err());
        drop(tx);
        for one_person in [typist.staff.staff_id, same.staff_id] {
            let mut tx = portal.database.write().await.unwrap();
            assert!(store::keep_checker(&mut tx, kept.case_id, one_person, None).await.is_err());
        }
        let mut tx = portal.database.write().await.unwrap();
        assert!(store::keep_checker(&mut tx, kept.case_id, other.staff_id, None).await.unwrap());
        assert!(!store::keep_checker(&mut tx, kept.case_id, other.staff_id, None).await.unwrap(), "once");
        assert!(case::update_stage(&mut tx, portal.deadlines(), kept.case_id, kept.version, &change).await.unwrap());
    }
}

#[tokio::test]
async fn what_the_paper_leaves_blank_is_asked_before_the_acceptance() {
    for one in portals().await {
        let portal = &one.portal;
        let typist = clerk(portal, "typist", "a").await;
        let other = clerk(portal, "checker", "b").await.staff;
        let mut pages = filled_in();
        for (_, inputs) in pages.iter_mut().filter(|(page, _)| page.as_str() == "contact") {
            inputs.retain(|(name, _)| name != "phone");
        }
        type_in(portal, &typist, &pages, &[]).await;
        let Sent::Incomplete(errors) = send(portal, &typist, &today()).await else { panic!("a field is missing") };
        assert_eq!(errors.iter().map(|error| error.field.clone()).collect::<Vec<_>>(), [phone()]);
        let contact = pages.iter().find(|(page, _)| page.as_str() == "contact").unwrap();
        // A name cannot be blank, whatever is sent.
        keep(portal, &typist, contact, &[phone(), "name".parse().unwrap()]).await;
        let Sent::Case(number) = send(portal, &typist, &today()).await else { panic!("not sent") };
        let marks = all_same(portal, &other, &number).await;
        done(portal, &other, &number, Order::CheckEntry(marks)).await;
        done(portal, &typist.staff, &number, Order::Claim).await;
        done(portal, &typist.staff, &number, seen()).await;
        let early = order(portal, &typist.staff, &number, Order::Accept).await;
        assert_eq!(early, Given::Refused(Obstacle::Unanswered));
        let mut typed = intake::answers::RawAnswers::default();
        typed.set("phone", vec!["090-1234-5678".to_owned()]);
        done(portal, &typist.staff, &number, Order::Complete(typed)).await;
        accept(portal, &[typist.staff, other], &number).await;
    }
}

#[tokio::test]
async fn the_day_of_the_filing_is_that_on_which_the_paper_was_handed_in() {
    for one in portals().await {
        let portal = &one.portal;
        let typist = clerk(portal, "typist", "a").await;
        type_in(portal, &typist, &filled_in(), &[]).await;
        for (day, because, why) in [
            ("2026-11-24", "郵送", NotThatDay::Future),
            ("2026-11-20", "", NotThatDay::Reason),
            ("2026-08-01", "郵送", NotThatDay::TooLongAgo),
            ("", "", NotThatDay::NotADay),
        ] {
            let handed = Handed { day, because, sight: None };
            assert_eq!(send(portal, &typist, &handed).await, Sent::Day(why), "{day}");
        }
        let sight = Some(Sight::of(NumberDocument::Later, PersonDocument::DrivingLicence));
        let handed = Handed { day: "2026-11-20", because: "支所で預かりました。", sight };
        let Sent::Case(number) = send(portal, &typist, &handed).await else { panic!("not sent") };
        let kept = head(portal, &number).await;
        assert_eq!(kept.filed_at.minute_in_japan(), "2026-11-20 12:00");
        assert_eq!(kept.identity, intake::identity::Level::VerifiedInPerson, "what was seen at the counter");
        let view = staff_case::view(portal, &typist.staff, &number).await.unwrap();
        let paper = view.case.office.counter.unwrap();
        assert_eq!(paper.late_because.as_deref(), Some("支所で預かりました。"));
        assert!(view.case.office.evidence.is_some_and(|evidence| evidence.counter.is_some()));
    }
}

#[tokio::test]
async fn a_paper_that_a_proxy_brought_waits_for_the_person_herself() {
    for one in portals().await {
        let portal = &one.portal;
        let typist = clerk(portal, "typist", "a").await;
        let other = clerk(portal, "checker", "b").await.staff;
        let number = typed_in(portal, &typist).await;
        assert_eq!(head(portal, &number).await.proxy, None);
        // The typist took her for the person herself; the paper says otherwise.
        let mut marks = all_same(portal, &other, &number).await;
        marks.marks.insert("filer".parse().unwrap(), Mark::Differs("代理人の届出です。".to_owned()));
        for field in ["proxy_name", "proxy_relation", "proxy_power"] {
            marks.marks.insert(field.parse().unwrap(), Mark::Differs("代理人の届出です。".to_owned()));
        }
        let sent =
            [("filer", "proxy"), ("proxy_name", "代理 太郎"), ("proxy_relation", "spouse"), ("proxy_power", "asked")];
        marks.sent = sent.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        match order(portal, &other, &number, Order::CheckEntry(marks)).await {
            Given::Done(_) => {}
            Given::Refused(obstacle) => panic!("{obstacle:?}"),
        }
        assert_eq!(head(portal, &number).await.proxy, Some(ProxyState::Waiting));
        done(portal, &typist.staff, &number, Order::Claim).await;
        let alone = order(portal, &typist.staff, &number, Order::Accept).await;
        assert_eq!(alone, Given::Refused(Obstacle::PersonNotMet));
        done(portal, &typist.staff, &number, seen()).await;
        accept(portal, &[typist.staff, other], &number).await;
    }
}

#[tokio::test]
async fn nothing_typed_is_lost_and_no_number_is_kept() {
    for one in portals().await {
        let portal = &one.portal;
        let typist = clerk(portal, "typist", "a").await;
        let form: FormId = notification();
        type_in(portal, &typist, &filled_in(), &[]).await;
        let page: PageId = "name".parse().unwrap();
        let before = counter_entry::load(portal, &typist.staff, &form).await.unwrap().unwrap();
        let shown = before.sheet.raw.page_state(before.form, &page);
        let inputs =
            |name: &str| vec![("name".to_owned(), name.to_owned()), ("name_kana".to_owned(), "ミホン".to_owned())];
        let save = async |name: &str, state: &str| {
            let inputs = inputs(name);
            let sent = SentPage { page: &page, inputs: &inputs, blank: &[], state };
            counter_entry::save_page(portal, &typist, &form, &sent).await.unwrap()
        };
        assert!(matches!(save("見本 一", &shown).await, Saved::Kept(_)));
        // Another tab, which was shown with the older text.
        let Saved::Conflict(kept) = save("見本 二", &shown).await else { panic!("overwritten in silence") };
        assert_eq!(kept.sheet.raw.first("name"), "見本 一");
        let state = kept.sheet.raw.page_state(kept.form, &page);
        let Saved::Kept(struck) = save("見本 123456789018", &state).await else { panic!("not kept") };
        assert_eq!(struck.struck, ["name".parse::<FieldId>().unwrap()]);
        assert!(!struck.sheet.raw.first("name").contains("123456789018"));
        // A week later it is gone: the paper is still there.
        portal.clock.advance(8 * DAY);
        worker::sweep(portal).await.unwrap();
        assert!(counter_entry::load(portal, &typist.staff, &form).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn the_epds_is_typed_in_by_nobody_and_other_roles_type_nothing_in() {
    for one in portals().await {
        let portal = &one.portal;
        let nurse = at_work(portal, "nurse", "n", Roles::NURSE).await;
        assert!(matches!(counter_entry::begin(portal, &nurse, &epds()).await, Err(FlowError::NotFound)));
        assert!(counter_entry::begin(portal, &nurse, &notification()).await.is_ok());
        for (user, roles) in [("auditor", Roles::AUDITOR), ("admin", Roles::ADMINISTRATOR)] {
            let who = at_work(portal, user, user, roles).await;
            assert!(matches!(counter_entry::begin(portal, &who, &notification()).await, Err(FlowError::NotFound)));
            assert!(matches!(counter_entry::overview(portal, &who.staff).await, Err(FlowError::NotFound)));
        }
    }
}

async fn desk(site: &crate::support::http::Site, user: &str, person: &str) -> Browser {
    let member = crate::support::staff::hire(&site.portal, user, person, Roles::CLERK).await;
    crate::staff_pages::sign_in(site, &member).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_way_works_over_http_without_script() {
    for site in sites().await {
        let mut typist = desk(&site, "typist", "a").await;
        let mut checker = desk(&site, "checker", "b").await;
        let form = notification();
        assert!(typist.get("/staff/entry").await.body.contains("窓口代行入力"));
        let first = typist.post(&format!("/staff/entry/{form}"), &[]).await;
        assert_eq!(first.leads_to(), format!("/staff/entry/{form}/who"));
        for (page, inputs) in filled_in() {
            let address = format!("/staff/entry/{form}/{page}");
            let shown = typist.get(&address).await;
            assert_eq!(shown.status, 200, "{page}");
            let state = shown.value("input[name=page_state]", "value");
            let mut all: Vec<(&str, &str)> = vec![("page_state", state.as_str()), ("then", "next"), ("warned", "1")];
            all.extend(inputs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            if page.as_str() == "contact" {
                // Nothing typed and not marked: an error at its field; marked: the way goes on.
                let without: Vec<_> = all.iter().copied().filter(|(name, _)| *name != "phone").collect();
                let missing = typist.post(&address, &without).await;
                assert_eq!((missing.status, missing.value(".error-summary a", "href")), (422, "#phone".to_owned()));
                let state = missing.value("input[name=page_state]", "value");
                let mut marked: Vec<_> = without.iter().copied().filter(|(name, _)| *name != "page_state").collect();
                marked.extend([("page_state", state.as_str()), ("entry:blank", "phone")]);
                typist.post(&address, &marked).await.leads_to();
                let shown = typist.get(&address).await;
                assert_eq!(shown.value("#blank-phone[checked]", "value"), "phone");
                continue;
            }
            typist.post(&address, &all).await.leads_to();
        }
        let check = format!("/staff/entry/{form}/check");
        let end = typist.get(&check).await;
        assert!(end.body.contains("髙橋 花子") && end.body.contains("未記入"), "{}", end.body);
        let draft = end.value("input[name=draft]", "value");
        let early =
            [("draft", draft.as_str()), ("handed_in", "2026-11-24"), ("late_because", "郵送"), ("seen", "later")];
        let refused = typist.post(&check, &early).await;
        assert_eq!((refused.status, refused.value("#late_because", "value")), (422, "郵送".to_owned()));
        let good = [("draft", draft.as_str()), ("handed_in", "2026-11-23"), ("seen", "later")];
        let receipt = typist.post(&check, &good).await.leads_to().to_owned();
        assert_eq!(typist.post(&check, &good).await.leads_to(), receipt, "a double press");
        let paper = typist.get(&receipt).await;
        assert!(!paper.body.contains("妊娠") && !paper.body.contains("髙橋"), "{}", paper.body);
        let case = receipt.trim_end_matches("/receipt").to_owned();
        let number: ReceiptNumber = case.rsplit('/').next().unwrap().parse().unwrap();
        assert!(paper.body.contains(number.as_str()));

        let own = typist.get(&format!("{case}/entry-check")).await;
        assert!(own.body.contains("別の人") && !own.body.contains("check:phone"), "{}", own.body);
        let page = checker.get(&format!("{case}/entry-check")).await;
        let version = page.value("input[name=version]", "value");
        let unmarked = checker.post(&format!("{case}/entry-check"), &[("version", &version)]).await;
        assert_eq!((unmarked.status, unmarked.value(".error-summary a", "href")), (422, "#check:filer-0".to_owned()));
        let marks = all_same(&site.portal, &staff(&site.portal, "checker").await, &number).await;
        let names: BTreeMap<String, &str> = marks.marks.keys().map(|id| (format!("check:{id}"), "same")).collect();
        let mut all: Vec<(&str, &str)> = names.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        all.extend([("version", version.as_str()), ("phone", "090-0000-0000"), ("because:phone", "紙にありました。")]);
        all.retain(|(name, _)| *name != "check:phone");
        all.push(("check:phone", "differs"));
        assert_eq!(checker.post(&format!("{case}/entry-check"), &all).await.leads_to(), case);
        let told = typist.get("/staff/entry").await;
        assert!(told.body.contains("照合で訂正された届出"), "{}", told.body);
        let shown = typist.get(&case).await;
        assert!(shown.body.contains("紙にありました。") && shown.body.contains("090-0000-0000"), "{}", shown.body);
        assert_eq!(typist.post(&format!("{case}/entry-read"), &[]).await.leads_to(), case);
        assert!(!typist.get("/staff/entry").await.body.contains("照合で訂正された届出"));
    }
}

async fn staff(portal: &Portal, user: &str) -> Staff {
    let mut tx = portal.database.read().await.unwrap();
    server::store::staff::find_by_user_id(&mut tx, user).await.unwrap().unwrap()
}
