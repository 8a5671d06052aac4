#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! A parent's account: another mail address, the way back in at the counter, other devices, leaving.

use intake::{
    access::Roles,
    identity::{Method, PersonDocument, ways::May},
    ids::{AccountId, ReceiptNumber},
    retention,
};
use server::{
    flows::{
        FlowError, account,
        address_change::{self, Asked, Asking, Entered},
        draft, filings,
        sign_in::{self, Entered as SignedIn},
        staff_case,
    },
    portal::Portal,
    store::{
        AuditEntry, Record,
        account::{self as store, NewPasskey, PasskeyOwner},
        audit::{self, Actor, Deed, Subject},
        draft::DraftOwner,
        outbox::MailPayload,
    },
};

use crate::support::{
    filing::{file, typist},
    portal::{letter, newest_mail, notification, portals},
    review::two_clerks,
    staff::at_work,
};

fn code_letter(_: &str, code: &str) -> MailPayload {
    letter(code)
}

fn changed(locale: &str) -> MailPayload {
    letter(&format!("changed {locale}"))
}

/// Signs in with the code of an address; the account and the hash of the session.
async fn sign_in(portal: &Portal, browser: u8, mail: &str) -> (AccountId, [u8; 32]) {
    portal.clock.advance(1_000_000);
    let hash = [browser; 32];
    sign_in::ask_for_code(portal, hash, mail, "ja", letter).await.unwrap();
    let (_, code) = newest_mail(portal).await.unwrap();
    match sign_in::enter_code(portal, hash, &code, "ja").await.unwrap() {
        SignedIn::SignedIn { account, token } => (account, server::seal::token_hash(&token)),
        _ => panic!("the code was not taken"),
    }
}

fn asking(portal: &Portal, account: AccountId, session: [u8; 32]) -> Asking {
    Asking { account, method: Method::EmailCode, signed_in_at: portal.clock.now(), session }
}

async fn give_passkey(portal: &Portal, account: AccountId) {
    let passkey = NewPasskey {
        passkey_id: intake::ids::PasskeyId::from_random(rand::random()),
        owner: PasskeyOwner::Account(account),
        credential_id: &rand::random::<[u8; 16]>(),
        credential: "{}",
        label: "phone",
        created_at: portal.clock.now(),
        reads_from: portal.clock.now(),
    };
    let mut tx = portal.database.write().await.unwrap();
    store::insert_passkey(&mut tx, &passkey).await.unwrap();
    let entry = AuditEntry::done(portal.clock.now(), Actor::Citizen(account), Deed::PasskeyAdded);
    tx.commit(Record::Deed(entry)).await.unwrap();
}

async fn deeds(portal: &Portal, account: AccountId) -> Vec<String> {
    let mut tx = portal.database.read().await.unwrap();
    audit::verify(&mut tx).await.unwrap();
    let entries = audit::of_subject(&mut tx, &Subject::Account(account), 100).await.unwrap();
    entries.into_iter().rev().map(|entry| format!("{} {}", entry.deed, entry.outcome)).collect()
}

#[tokio::test]
async fn an_address_is_changed_with_the_code_that_went_to_it_and_the_old_one_is_told() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, number) = file(portal, 1).await;
        let (_, other_device) = sign_in(portal, 8, "parent1@example.jp").await;
        let (same, session) = sign_in(portal, 9, "parent1@example.jp").await;
        assert_eq!(same, account);
        let mut asking = asking(portal, account, session);
        let ask =
            async |asking: &Asking, mail: &str| address_change::ask(portal, asking, mail, &code_letter).await.unwrap();
        assert_eq!(ask(&asking, "PARENT1@example.jp").await, Asked::Same);
        assert!(matches!(ask(&asking, "no address").await, Asked::NotAnAddress(_)));
        portal.clock.advance(1_000_000);
        assert_eq!(ask(&asking, "new@example.jp").await, Asked::Sent);
        let (to, code) = newest_mail(portal).await.unwrap();
        assert_eq!(to, "new@example.jp");
        let enter = async |typed: &str| address_change::enter(portal, &asking, typed, &changed).await.unwrap();
        let wrong = if code == "000000" { "000001" } else { "000000" };
        assert_eq!(enter(wrong).await, Entered::Wrong(4));
        portal.clock.advance(1_000_000);
        assert_eq!(enter(&code).await, Entered::Changed);
        assert_eq!(enter(&code).await, Entered::Over, "a code counts once");
        assert_eq!(newest_mail(portal).await.unwrap(), ("parent1@example.jp".to_owned(), "changed ja".to_owned()));
        let view = account::view(portal, account).await.unwrap();
        assert_eq!(view.mail, "new@example.jp");
        assert!(view.sessions.iter().all(|one| one.session_hash != other_device), "other devices are signed out");
        assert!(view.sessions.iter().any(|one| one.session_hash == session));
        assert_eq!(sign_in(portal, 3, "new@example.jp").await.0, account);
        assert_ne!(sign_in(portal, 4, "parent1@example.jp").await.0, account, "the old address is anybody's");
        assert!(filings::view(portal, account, &number).await.is_ok());

        portal.clock.advance(retention::FRESH_SIGN_IN);
        assert_eq!(ask(&asking, "third@example.jp").await, Asked::Not(May::SignInAgain));
        asking.signed_in_at = portal.clock.now();
        give_passkey(portal, account).await;
        assert_eq!(ask(&asking, "third@example.jp").await, Asked::Not(May::Stronger), "whoever has a passkey shows it");
        asking.method = Method::Passkey;
        assert_eq!(ask(&asking, "third@example.jp").await, Asked::Sent);
    }
}

#[tokio::test]
async fn another_parents_address_is_not_taken_over() {
    for one in portals().await {
        let portal = &one.portal;
        let (mine, _) = file(portal, 1).await;
        let (theirs, _) = file(portal, 2).await;
        let asking = asking(portal, mine, [1; 32]);
        portal.clock.advance(1_000_000);
        let asked = address_change::ask(portal, &asking, "parent2@example.jp", &code_letter).await.unwrap();
        assert_eq!(asked, Asked::Sent, "whether an address is known is not told before");
        let (_, code) = newest_mail(portal).await.unwrap();
        let entered = address_change::enter(portal, &asking, &code, &changed).await.unwrap();
        assert_eq!(entered, Entered::Taken);
        assert_eq!(account::view(portal, mine).await.unwrap().mail, "parent1@example.jp");
        assert_eq!(account::view(portal, theirs).await.unwrap().mail, "parent2@example.jp");
    }
}

async fn propose(portal: &Portal, staff: &server::store::staff::Staff, number: &ReceiptNumber) -> String {
    portal.clock.advance(1_000_000);
    let (person, mail) = (PersonDocument::Passport, "back@example.jp");
    let asked = address_change::propose(portal, staff, number, person, mail, &code_letter).await.unwrap();
    assert_eq!(asked, Asked::Sent);
    newest_mail(portal).await.unwrap().1
}

#[tokio::test]
async fn at_the_counter_two_people_let_her_back_in_and_everything_of_before_ends() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_clerks(portal).await;
        let twin = at_work(portal, "again", "person-a", Roles::CLERK).await.staff;
        let auditor = at_work(portal, "auditing", "person-z", Roles::AUDITOR).await.staff;
        let (account, number) = file(portal, 1).await;
        let (_, session) = sign_in(portal, 8, "parent1@example.jp").await;
        give_passkey(portal, account).await;
        // Tried to sign in with the new address before: nothing was filed with it.
        let (too_early, _) = sign_in(portal, 9, "back@example.jp").await;
        let person = PersonDocument::Passport;
        let forbidden = address_change::propose(portal, &auditor, &number, person, "x@example.jp", &code_letter).await;
        assert!(matches!(forbidden, Err(FlowError::NotFound)));

        let code = propose(portal, &first, &number).await;
        for alone in [&first, &twin] {
            let entered = address_change::confirm(portal, alone, &number, &code, &changed).await.unwrap();
            assert_eq!(entered, Entered::NeedsAnotherPerson, "{}", alone.user_id);
        }
        let view = staff_case::view(portal, &second, &number).await.unwrap();
        let waiting = view.way_back.unwrap();
        assert!(waiting.can_confirm && waiting.person_seen == Some(person) && waiting.by == "accepting");
        portal.clock.advance(1_000_000);
        let entered = address_change::confirm(portal, &second, &number, &code, &changed).await.unwrap();
        assert_eq!(entered, Entered::Changed);
        assert_eq!(newest_mail(portal).await.unwrap().0, "parent1@example.jp", "the old address is told");
        let view = account::view(portal, account).await.unwrap();
        assert_eq!((view.mail.as_str(), view.passkeys.len(), view.sessions.len()), ("back@example.jp", 0, 0));
        assert!(
            server::store::session::find(&mut portal.database.read().await.unwrap(), &session).await.unwrap().is_none()
        );
        assert!(account::view(portal, too_early).await.is_err(), "the empty account is closed");
        assert_eq!(sign_in(portal, 5, "back@example.jp").await.0, account);
        let deeds = deeds(portal, account).await;
        let about: Vec<&String> = deeds.iter().filter(|deed| deed.starts_with("access")).collect();
        assert_eq!(
            about,
            ["access_proposed done", "access_restored refused", "access_restored refused", "access_restored done"]
        );
    }
}

#[tokio::test]
async fn a_code_at_the_counter_is_good_for_half_an_hour_and_five_tries() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_clerks(portal).await;
        let (account, number) = file(portal, 1).await;
        let code = propose(portal, &first, &number).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for left in [Entered::Wrong(4), Entered::Wrong(3), Entered::Wrong(2), Entered::Wrong(1), Entered::Over] {
            assert_eq!(address_change::confirm(portal, &second, &number, wrong, &changed).await.unwrap(), left);
        }
        assert_eq!(address_change::confirm(portal, &second, &number, &code, &changed).await.unwrap(), Entered::Over);
        let code = propose(portal, &first, &number).await;
        portal.clock.advance(retention::COUNTER_CODE);
        assert_eq!(address_change::confirm(portal, &second, &number, &code, &changed).await.unwrap(), Entered::Over);
        assert_eq!(account::view(portal, account).await.unwrap().mail, "parent1@example.jp");
    }
}

#[tokio::test]
async fn whoever_leaves_takes_drafts_and_ways_in_with_her_and_leaves_what_she_filed() {
    for one in portals().await {
        let portal = &one.portal;
        let [clerk, _] = two_clerks(portal).await;
        let (account, number) = file(portal, 1).await;
        let (_, session) = sign_in(portal, 8, "parent1@example.jp").await;
        let typist = typist(DraftOwner::Account(account));
        draft::begin(portal, &typist, &notification(), "ja").await.unwrap();
        let mut asking = asking(portal, account, session);
        portal.clock.advance(retention::FRESH_SIGN_IN);
        let stood_open = account::leave(portal, &asking).await.unwrap();
        assert_eq!(stood_open, May::SignInAgain, "a session that stood open is not enough");
        asking.signed_in_at = portal.clock.now();
        assert_eq!(account::leave(portal, &asking).await.unwrap(), May::Yes);
        assert!(draft::load(portal, &typist, &notification()).await.unwrap().is_none());
        assert!(account::view(portal, account).await.is_err(), "the address cannot be read any more");
        let view = staff_case::view(portal, &clerk, &number).await.unwrap();
        assert!(view.account_is_closed, "staff see that she cannot be written to");
        assert_ne!(sign_in(portal, 5, "parent1@example.jp").await.0, account, "who comes back begins anew");
        assert_eq!(deeds(portal, account).await.last().map(String::as_str), Some("account_closed done"));
    }
}
