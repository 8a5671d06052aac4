#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「下書きの期限のお知らせ」 A parent is told before her draft is deleted.

use intake::{
    answers::RawAnswers,
    ids::AccountId,
    retention,
    time::{DAY, Instant},
};
use server::{
    flows::{
        draft::{self, Saved, Typist},
        draft_end,
        sign_in::{self, Entered},
    },
    portal::Portal,
    store::{audit, draft::DraftOwner, outbox, outbox::MailPayload},
    worker,
};

use crate::support::portal::{letter, newest_mail, notification, portals};

const BROWSER: [u8; 32] = [7; 32];

fn ends(locale: &str, at: Instant) -> MailPayload {
    letter(&format!("{locale} {}", at.minute_in_japan()))
}

async fn tell(portal: &Portal) -> u64 {
    draft_end::tell(portal, &ends).await.unwrap()
}

/// A parent who has begun, saved a page, and signed in.
async fn parent(portal: &Portal) -> (AccountId, Typist) {
    let browser = Typist { owner: DraftOwner::Browser(BROWSER), session: BROWSER };
    draft::begin(portal, &browser, &notification(), "ja").await.unwrap();
    portal.clock.advance(1_000_000);
    sign_in::ask_for_code(portal, BROWSER, "hanako@example.jp", "ja", letter).await.unwrap();
    let (_, code) = newest_mail(portal).await.unwrap();
    let Entered::SignedIn { account, .. } = sign_in::enter_code(portal, BROWSER, &code, "ja").await.unwrap() else {
        panic!("the code was not taken")
    };
    let typist = Typist { owner: DraftOwner::Account(account), session: BROWSER };
    save(portal, &typist, "髙橋 花子").await;
    (account, typist)
}

/// Types a name over what stands there.
async fn save(portal: &Portal, typist: &Typist, name: &str) {
    let (form, page) = (notification(), "name".parse().unwrap());
    let open = draft::load(portal, typist, &form).await.unwrap().unwrap();
    let state = open.raw.page_state(open.form, &page);
    let sent = [("name", name), ("name_kana", "タカハシ")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let saved = draft::save_page(portal, typist, &form, &page, &sent, &state).await.unwrap();
    assert!(matches!(saved, Saved::Kept(_)));
}

async fn typed(portal: &Portal, typist: &Typist) -> Option<RawAnswers> {
    draft::load(portal, typist, &notification()).await.unwrap().map(|open| open.raw)
}

/// How many mails there are that tell of an end.
async fn told(portal: &Portal) -> usize {
    let mails = outbox::list_for_demo(&mut portal.database.read().await.unwrap(), 100).await.unwrap();
    mails.iter().filter(|mail| mail.kind == "draft_ends").count()
}

#[tokio::test]
async fn a_parent_is_told_three_days_before_and_once() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, typist) = parent(portal).await;
        let end = portal.clock.now().plus(retention::DRAFT);
        portal.clock.advance(retention::DRAFT - retention::DRAFT_NOTICE - 1_000_000);
        assert_eq!(tell(portal).await, 0, "not yet");
        portal.clock.advance(1_000_000);
        assert_eq!(tell(portal).await, 1);
        let (to, body) = newest_mail(portal).await.unwrap();
        assert_eq!((to.as_str(), body), ("hanako@example.jp", format!("ja {}", end.minute_in_japan())));
        portal.clock.advance(DAY);
        assert_eq!((tell(portal).await, told(portal).await), (0, 1), "once");
        portal.clock.advance(2 * DAY - 1);
        worker::sweep(portal).await.unwrap();
        assert!(typed(portal, &typist).await.is_some(), "until the end that was told");
        portal.clock.advance(1);
        assert!(typed(portal, &typist).await.is_none());
        assert!(worker::sweep(portal).await.unwrap() >= 1);
        let mut tx = portal.database.read().await.unwrap();
        let owner = DraftOwner::Account(account);
        let left = server::store::draft::all_of_owner(&mut tx, &owner).await.unwrap();
        assert!(left.is_empty(), "it is deleted");
        audit::verify(&mut tx).await.unwrap();
        let entries = audit::after(&mut tx, 0, 1_000).await.unwrap();
        assert_eq!(entries.iter().filter(|entry| entry.deed == "draft_end_told").count(), 1);
    }
}

#[tokio::test]
async fn whoever_goes_on_puts_the_end_off_and_is_told_anew() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, typist) = parent(portal).await;
        // The second time she goes on without changing a word.
        for name in ["髙橋 さくら", "髙橋 さくら"] {
            portal.clock.advance(retention::DRAFT - DAY);
            assert_eq!(tell(portal).await, 1);
            portal.clock.advance(DAY);
            save(portal, &typist, name).await;
            worker::sweep(portal).await.unwrap();
            assert_eq!(tell(portal).await, 0);
            assert_eq!(typed(portal, &typist).await.unwrap().first("name"), name);
        }
        assert_eq!(told(portal).await, 2);
    }
}

#[tokio::test]
async fn a_server_that_was_down_deletes_nothing_before_it_has_told() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, typist) = parent(portal).await;
        portal.clock.advance(retention::DRAFT + 30 * DAY);
        // Whatever comes first after the start: the sweep, or the parent herself.
        worker::sweep(portal).await.unwrap();
        assert_eq!(typed(portal, &typist).await.unwrap().first("name"), "髙橋 花子");
        let begun = draft::begin(portal, &typist, &notification(), "ja").await.unwrap();
        assert_eq!(begun.raw.first("name"), "髙橋 花子", "it is no new one");
        let end = portal.clock.now().plus(retention::DRAFT_NOTICE_AT_LEAST);
        assert_eq!(tell(portal).await, 1);
        assert_eq!(newest_mail(portal).await.unwrap().1, format!("ja {}", end.minute_in_japan()));
        portal.clock.advance(retention::DRAFT_NOTICE_AT_LEAST - 1);
        worker::sweep(portal).await.unwrap();
        assert!(typed(portal, &typist).await.is_some());
        portal.clock.advance(1);
        worker::sweep(portal).await.unwrap();
        assert!(typed(portal, &typist).await.is_none());
    }
}

#[tokio::test]
async fn a_browser_has_nobody_to_write_to() {
    for one in portals().await {
        let portal = &one.portal;
        let browser = Typist { owner: DraftOwner::Browser(BROWSER), session: BROWSER };
        draft::begin(portal, &browser, &notification(), "ja").await.unwrap();
        portal.clock.advance(retention::DRAFT);
        assert_eq!(tell(portal).await, 0);
        assert_eq!(worker::sweep(portal).await.unwrap(), 1);
    }
}
