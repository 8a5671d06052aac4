//! Filings of a test: typed, signed in for and sent the way that parents do.

use intake::{
    identity::Method,
    ids::{AccountId, DraftId, PageId, ReceiptNumber},
};
use server::{
    flows::{
        draft::{self, Saved, Typist},
        sign_in::{self, Asked, Entered},
        submit::{Sender, Submitted, submit},
    },
    portal::Portal,
    store::draft::DraftOwner,
};

use super::portal::{answered_epds, epds, filled_in, letter, newest_mail, notification};

/// Whoever has these drafts, in some session.
pub fn typist(owner: DraftOwner) -> Typist {
    Typist { owner, session: [0; 32] }
}

/// A whole 妊娠届 of the person at this browser. Each is another: born on another day, with another telephone; the first is the one
/// of [`filled_in`].
pub fn filled_in_by(browser: u8) -> Vec<(PageId, Vec<(String, String)>)> {
    let mut pages = filled_in();
    for (input, value) in pages.iter_mut().flat_map(|(_, sent)| sent) {
        match input.as_str() {
            "birthdate-day" if browser > 1 => *value = (1 + browser % 28).to_string(),
            "birthdate-month" if browser > 28 => *value = (5 + browser / 28 % 8).to_string(),
            "phone" if browser > 1 => *value = format!("090-1234-9{browser:03}"),
            _ => {}
        }
    }
    pages
}

/// Types a whole 妊娠届, page by page.
pub async fn fill_in(portal: &Portal, typist: &Typist) {
    fill_in_with(portal, typist, filled_in_by(typist.session[0])).await;
}

pub async fn fill_in_with(portal: &Portal, typist: &Typist, pages: Vec<(PageId, Vec<(String, String)>)>) {
    let form = notification();
    let begun = draft::begin(portal, typist, &form, "ja").await.unwrap();
    for (page, sent) in pages {
        let state = begun.raw.page_state(begun.form, &page);
        let saved = draft::save_page(portal, typist, &form, &page, &sent, &state).await.unwrap();
        assert!(matches!(saved, Saved::Kept(_)), "page {page} was not kept");
    }
}

/// Types an EPDS, as the parent who has signed in.
pub async fn answer_epds(portal: &Portal, typist: &Typist, positions: [u8; 10]) -> DraftId {
    let begun = draft::begin(portal, typist, &epds(), "ja").await.unwrap();
    for (page, sent) in answered_epds(positions) {
        let now = draft::load(portal, typist, &epds()).await.unwrap().unwrap();
        let state = now.raw.page_state(now.form, &page);
        let saved = draft::save_page(portal, typist, &epds(), &page, &sent, &state).await.unwrap();
        assert!(matches!(saved, Saved::Kept(_)), "page {page} was not kept");
    }
    begun.id
}

/// Types and sends a 妊娠届, and an EPDS after it.
pub async fn file_epds(portal: &Portal, browser: u8, positions: [u8; 10]) -> (AccountId, ReceiptNumber) {
    let (account, _) = file(portal, browser).await;
    let session = [browser; 32];
    let typist = Typist { owner: DraftOwner::Account(account), session };
    let draft = answer_epds(portal, &typist, positions).await;
    let sender =
        Sender { account, method: Method::EmailCode, signed_in_at: portal.clock.now(), session, language: "ja" };
    match submit(portal, &sender, &epds(), draft, |_: &str| letter("受け取りました")).await.unwrap() {
        Submitted::Receipt(number) => (account, number),
        Submitted::Incomplete(errors) => panic!("{errors:?}"),
    }
}

/// Types and sends a 妊娠届 in a browser of its own; whose it is, and its number.
pub async fn file(portal: &Portal, browser: u8) -> (AccountId, ReceiptNumber) {
    file_as(portal, browser, &format!("parent{browser}@example.jp"), filled_in_by(browser)).await
}

/// The account of who signs in with an address in a browser.
pub async fn signed_in(portal: &Portal, browser: u8, mail: &str) -> AccountId {
    let hash = [browser; 32];
    // The newest mail is found by its time.
    portal.clock.advance(1_000_000);
    assert_eq!(sign_in::ask_for_code(portal, hash, mail, "ja", letter).await.unwrap(), Asked::Sent);
    let (_, code) = newest_mail(portal).await.unwrap();
    let Entered::SignedIn { account, .. } = sign_in::enter_code(portal, hash, &code, "ja").await.unwrap() else {
        panic!("the code was not taken")
    };
    portal.clock.advance(1_000_000);
    account
}

/// The same from an address and with answers of one's own.
pub async fn file_as(
    portal: &Portal,
    browser: u8,
    mail: &str,
    pages: Vec<(PageId, Vec<(String, String)>)>,
) -> (AccountId, ReceiptNumber) {
    let (form, hash) = (notification(), [browser; 32]);
    let typist = Typist { owner: DraftOwner::Browser(hash), session: hash };
    fill_in_with(portal, &typist, pages).await;
    let account = signed_in(portal, browser, mail).await;
    let (method, signed_in_at) = (Method::EmailCode, portal.clock.now());
    let sender = Sender { account, method, signed_in_at, session: hash, language: "ja" };
    let of_account = Typist { owner: DraftOwner::Account(account), session: hash };
    let draft = draft::load(portal, &of_account, &form).await.unwrap().unwrap().id;
    match submit(portal, &sender, &form, draft, |_: &str| letter("受け取りました")).await.unwrap() {
        Submitted::Receipt(number) => (account, number),
        Submitted::Incomplete(errors) => panic!("{errors:?}"),
    }
}
