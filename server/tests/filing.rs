#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Filing: drafts, sign-in with a code, sending.

use std::sync::Arc;

use intake::{
    access::permit_owner,
    identity::Method,
    ids::AccountId,
    retention,
    time::{HOUR, MINUTE},
};
use server::{
    flows::{
        FlowError,
        draft::{self, Saved, Typist},
        filings,
        sign_in::{self, Asked, Entered},
        submit::{Sender, Submitted, submit},
    },
    portal::Portal,
    store::{audit, case, case_content, draft::DraftOwner},
    worker,
};

use crate::support::{
    filing::{fill_in, typist},
    portal::{letter, newest_mail, notification, portals},
};

const BROWSER: [u8; 32] = [7; 32];

fn browser() -> Typist {
    Typist { owner: DraftOwner::Browser(BROWSER), session: BROWSER }
}

/// The newest mail is found by its time.
fn tick(portal: &Portal) {
    portal.clock.advance(1_000_000);
}

async fn sign_in(portal: &Portal, browser: [u8; 32], mail: &str) -> AccountId {
    tick(portal);
    let asked = sign_in::ask_for_code(portal, browser, mail, "ja", letter).await.unwrap();
    assert_eq!(asked, Asked::Sent);
    let (_, code) = newest_mail(portal).await.unwrap();
    match sign_in::enter_code(portal, browser, &code, "ja").await.unwrap() {
        Entered::SignedIn { account, .. } => account,
        Entered::Wrong { .. } | Entered::Over => panic!("the code was not taken"),
    }
}

fn sender(account: AccountId) -> Sender {
    let (method, signed_in_at) = (Method::EmailCode, crate::support::NOW);
    Sender { account, method, signed_in_at, session: [0; 32], language: "ja" }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_before_signing_in_is_the_parents_afterwards_and_is_sent_once_however_often_it_is_pressed() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        fill_in(&portal, &browser()).await;
        let account = sign_in(&portal, BROWSER, "hanako@example.jp").await;
        let owner = typist(DraftOwner::Account(account));
        let draft = draft::load(&portal, &owner, &notification()).await.unwrap().unwrap();
        assert_eq!(draft.raw.first("name"), "髙橋 花子");
        assert_eq!(draft.raw.all("phone_hours"), ["morning", "evening"]);

        tick(&portal);
        let mut presses = tokio::task::JoinSet::new();
        for _ in 0..13 {
            let portal = Arc::clone(&portal);
            presses.spawn(async move {
                let thanks = |_: &str| letter("受け取りました");
                submit(&portal, &sender(account), &notification(), draft.id, thanks).await.unwrap()
            });
        }
        let mut numbers = Vec::new();
        while let Some(pressed) = presses.join_next().await {
            match pressed.unwrap() {
                Submitted::Receipt(number) => numbers.push(number),
                Submitted::Incomplete(errors) => panic!("{errors:?}"),
            }
        }
        numbers.dedup();
        assert_eq!(numbers.len(), 1, "one case, one number");

        let mut tx = portal.database.read().await.unwrap();
        assert_eq!(case::list_for_account(&mut tx, account).await.unwrap().len(), 1);
        assert!(draft::load(&portal, &owner, &notification()).await.unwrap().is_none(), "the draft is gone");
        assert_eq!(newest_mail(&portal).await.unwrap().1, "受け取りました");
        audit::verify(&mut tx).await.unwrap();
    }
}

#[tokio::test]
async fn another_tab_overwrites_nothing_in_silence() {
    for one in portals().await {
        let (portal, form, typist) = (&one.portal, notification(), browser());
        let begun = draft::begin(portal, &typist, &form, "ja").await.unwrap();
        let (page, other_page) = ("contact".parse().unwrap(), "multiple".parse().unwrap());
        let state = begun.raw.page_state(begun.form, &page);
        let typed = |phone: &str| vec![("phone".to_owned(), phone.to_owned())];
        let save =
            async |phone: &str| draft::save_page(portal, &typist, &form, &page, &typed(phone), &state).await.unwrap();
        assert!(matches!(save("090-1111-1111").await, Saved::Kept(_)));
        assert!(matches!(save("090-1111-1111").await, Saved::Kept(_)), "the same text twice is no conflict");
        let twins = vec![("multiple".to_owned(), "twins".to_owned())];
        let unread = begun.raw.page_state(begun.form, &other_page);
        let other = draft::save_page(portal, &typist, &form, &other_page, &twins, &unread).await.unwrap();
        assert!(matches!(other, Saved::Kept(_)), "another page is no conflict");
        match save("090-2222-2222").await {
            Saved::Conflict(open) => assert_eq!(open.raw.first("phone"), "090-1111-1111"),
            Saved::Kept(_) | Saved::UnknownInput => panic!("it was overwritten"),
        }
        let unknown = vec![("role".to_owned(), "admin".to_owned())];
        let saved = draft::save_page(portal, &typist, &form, &page, &unknown, &state).await.unwrap();
        assert!(matches!(saved, Saved::UnknownInput));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_that_save_at_the_same_moment_lose_nothing() {
    for one in portals().await {
        let (portal, form, typist) = (&one.portal, notification(), browser());
        let begun = draft::begin(portal, &typist, &form, "ja").await.unwrap();
        let save = async |page: &str, field: &str, text: &str| {
            let page = page.parse().unwrap();
            let state = begun.raw.page_state(begun.form, &page);
            draft::save_page(portal, &typist, &form, &page, &[(field.to_owned(), text.to_owned())], &state)
                .await
                .unwrap()
        };
        let (here, there, multiple, homecoming, again) = tokio::join!(
            save("contact", "phone", "090-1111-1111"),
            save("contact", "phone", "090-2222-2222"),
            save("multiple", "multiple", "twins"),
            save("homecoming", "homecoming", "no"),
            save("multiple", "multiple", "twins"),
        );
        for of_another_page in [multiple, homecoming, again] {
            assert!(matches!(of_another_page, Saved::Kept(_)));
        }
        let kept = draft::load(portal, &typist, &form).await.unwrap().unwrap().raw;
        assert_eq!((kept.first("multiple"), kept.first("homecoming")), ("twins", "no"));
        let ((Saved::Kept(_), Saved::Conflict(shown)) | (Saved::Conflict(shown), Saved::Kept(_))) = (here, there)
        else {
            panic!("one of them is kept, and the other sees it");
        };
        assert_eq!(shown.raw.first("phone"), kept.first("phone"));
        assert!(["090-1111-1111", "090-2222-2222"].contains(&kept.first("phone")));
    }
}

#[tokio::test]
async fn an_incomplete_draft_is_not_sent_and_stays() {
    for one in portals().await {
        let portal = &one.portal;
        let draft = draft::begin(portal, &browser(), &notification(), "ja").await.unwrap().id;
        let account = sign_in(portal, BROWSER, "hanako@example.jp").await;
        let thanks = |_: &str| letter("");
        let sent = submit(portal, &sender(account), &notification(), draft, thanks).await.unwrap();
        assert!(matches!(sent, Submitted::Incomplete(errors) if !errors.is_empty()));
        let owner = typist(DraftOwner::Account(account));
        assert!(draft::load(portal, &owner, &notification()).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_draft_of_somebody_else_is_not_found() {
    for one in portals().await {
        let portal = &one.portal;
        fill_in(portal, &browser()).await;
        let hers = sign_in(portal, BROWSER, "hanako@example.jp").await;
        let draft = draft::load(portal, &typist(DraftOwner::Account(hers)), &notification()).await.unwrap().unwrap().id;
        let other = sign_in(portal, [8; 32], "taro@example.jp").await;
        let thanks = |_: &str| letter("");
        let stolen = submit(portal, &sender(other), &notification(), draft, thanks).await;
        assert!(matches!(stolen, Err(FlowError::NotFound)));
        submit(portal, &sender(hers), &notification(), draft, thanks).await.unwrap();
        let afterwards = submit(portal, &sender(other), &notification(), draft, thanks).await;
        assert!(matches!(afterwards, Err(FlowError::NotFound)));
    }
}

#[tokio::test]
async fn a_draft_is_over_after_its_time() {
    for one in portals().await {
        let portal = &one.portal;
        fill_in(portal, &browser()).await;
        portal.clock.advance(retention::DRAFT);
        assert!(draft::load(portal, &browser(), &notification()).await.unwrap().is_none());
        let begun = draft::begin(portal, &browser(), &notification(), "ja").await.unwrap();
        assert!(begun.raw.is_empty(), "a new one is empty");
    }
}

#[tokio::test]
async fn a_code_counts_once_in_its_browser_for_ten_minutes_and_five_tries() {
    for one in portals().await {
        let portal = &one.portal;
        let ask = async || {
            tick(portal);
            sign_in::ask_for_code(portal, BROWSER, "hanako@example.jp", "ja", letter).await.unwrap()
        };
        let enter = async |browser, code: &str| sign_in::enter_code(portal, browser, code, "ja").await.unwrap();
        assert_eq!(ask().await, Asked::Sent);
        let code = newest_mail(portal).await.unwrap().1;
        assert!(matches!(enter([8; 32], &code).await, Entered::Over), "another browser");
        assert!(matches!(enter(BROWSER, "12345").await, Entered::Wrong { tries_left: 4 }));
        let full_width: String =
            code.chars().map(|digit| char::from_u32('０' as u32 + digit.to_digit(10).unwrap()).unwrap()).collect();
        assert!(matches!(enter(BROWSER, &format!(" {full_width} ")).await, Entered::SignedIn { .. }));
        assert!(matches!(enter(BROWSER, &code).await, Entered::Over), "it counts once");

        assert_eq!(ask().await, Asked::Sent);
        let code = newest_mail(portal).await.unwrap().1;
        for _ in 0..5 {
            enter(BROWSER, "").await;
        }
        assert!(matches!(enter(BROWSER, &code).await, Entered::Over), "five tries");

        assert_eq!(ask().await, Asked::Sent);
        let code = newest_mail(portal).await.unwrap().1;
        portal.clock.advance(10 * MINUTE);
        assert!(matches!(enter(BROWSER, &code).await, Entered::Over), "ten minutes");

        assert_eq!((ask().await, ask().await), (Asked::Sent, Asked::Sent));
        assert_eq!(ask().await, Asked::TooMany);
        portal.clock.advance(HOUR);
        assert_eq!(ask().await, Asked::Sent);
        let nonsense = sign_in::ask_for_code(portal, BROWSER, "nonsense", "ja", letter).await.unwrap();
        assert!(matches!(nonsense, Asked::NotAnAddress(_)));
    }
}

#[tokio::test]
async fn what_is_in_a_withdrawn_case_is_gone_after_its_time_and_the_head_stays() {
    for one in portals().await {
        let portal = &one.portal;
        fill_in(portal, &browser()).await;
        let account = sign_in(portal, BROWSER, "hanako@example.jp").await;
        let draft =
            draft::load(portal, &typist(DraftOwner::Account(account)), &notification()).await.unwrap().unwrap().id;
        let sent = submit(portal, &sender(account), &notification(), draft, |_: &str| letter("")).await.unwrap();
        let Submitted::Receipt(number) = sent else { panic!("it was not sent") };
        let version = filings::view(portal, account, &number).await.unwrap().head.version;
        filings::withdraw(portal, account, &number, version).await.unwrap();

        assert_eq!(worker::erase_closed(portal).await.unwrap(), 0);
        portal.clock.advance(retention::CONTENT_AFTER_WITHDRAWAL);
        assert_eq!(worker::erase_closed(portal).await.unwrap(), 1);
        assert_eq!(worker::erase_closed(portal).await.unwrap(), 0, "once");

        let head = filings::view(portal, account, &number).await.unwrap().head;
        assert!(head.erased_at.is_some());
        let permit = permit_owner(account, head.account_id, head.case_id).unwrap();
        let mut tx = portal.database.read().await.unwrap();
        assert!(case_content::of_case(&mut tx, &permit).await.unwrap().is_none());
    }
}
