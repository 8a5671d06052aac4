#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Ways in: what counts once counts once, recovery lowers nothing, a token dies with its level, and a proxy has the state only.

use std::sync::Arc;

use intake::{
    case::Stage,
    device::Device,
    identity::{
        Level, Method, NumberDocument, PersonDocument, PowerDocument, ProxySight, ProxyState, Sight,
        ways::{May, Right},
    },
    ids::{AccountId, PasskeyId, ReceiptNumber},
    retention,
};
use server::{
    demo::authenticator::{SoftwarePasskey, create},
    flows::{
        FlowError,
        account::{self, Added, Removed},
        address_change::{self, Asked, Asking, Entered},
        correction,
        decide::{Given, Notice, Obstacle, Order, give},
        draft::{self, Typist},
        filings, follow, message, receipt, refile,
        sign_in::{self, Arrival, Entered as SignedIn},
        staff_sessions,
        staff_sign_in::{self, PasskeyTurn},
        submit::{Sender, Submitted, submit},
        transfer,
    },
    portal::Portal,
    seal::token_hash,
    store::{case, draft::DraftOwner, outbox::MailPayload, session, staff::Staff},
};

use crate::support::{
    authenticator::{USER_VERIFIED, sign},
    filing::file,
    portal::{filled_in, letter, newest_mail, notification, portals},
    review::{done, head, two_clerks},
    staff::{PASSWORD, at_work, hire},
};

const TRIES: u8 = 50;
const AT_ONCE: usize = 4;

fn code_letter(_: &str, code: &str) -> MailPayload {
    letter(code)
}

fn told(_: &str) -> MailPayload {
    letter("told")
}

fn notice(notice: Notice, locale: &str) -> MailPayload {
    letter(&format!("{notice:?} {locale}"))
}

async fn code_for(portal: &Portal, browser: [u8; 32], mail: &str) -> String {
    // Five codes an hour go to one address.
    portal.clock.advance(intake::time::HOUR / 5);
    assert_eq!(sign_in::ask_for_code(portal, browser, mail, "ja", letter).await.unwrap(), sign_in::Asked::Sent);
    newest_mail(portal).await.unwrap().1
}

async fn come_in(portal: &Portal, browser: u8, mail: &str) -> (AccountId, [u8; 32]) {
    let code = code_for(portal, [browser; 32], mail).await;
    match sign_in::enter_code(portal, [browser; 32], &code, "ja").await.unwrap() {
        SignedIn::SignedIn { account, token } => (account, token_hash(&token)),
        _ => panic!("the code was not taken"),
    }
}

fn by(portal: &Portal, method: Method, account: AccountId, session: [u8; 32]) -> Asking {
    Asking { account, method, signed_in_at: portal.clock.now(), session }
}

fn origin(portal: &Portal) -> &str {
    portal.config.public_url.origin()
}

/// Adds a passkey; the key, and the session under its new token.
async fn add_passkey(portal: &Portal, asking: &Asking) -> (SoftwarePasskey, [u8; 32]) {
    let begun = account::begin_passkey(portal, asking).await.unwrap().unwrap();
    let (key, credential) = create(&begun.options, origin(portal)).unwrap();
    match account::add_passkey(portal, asking, (&begun.ceremony, &credential), "phone", &told).await.unwrap() {
        Added::Yes(token) => (key, token_hash(&token)),
        other => panic!("{other:?}"),
    }
}

async fn lives(portal: &Portal, hash: &[u8; 32]) -> bool {
    session::find(&mut portal.database.read().await.unwrap(), hash).await.unwrap().is_some()
}

/// How many of several presses at once have won.
async fn winners<T>(presses: Vec<tokio::task::JoinHandle<T>>, has_won: impl Fn(&T) -> bool) -> usize {
    let mut won = 0;
    for press in presses {
        won += usize::from(has_won(&press.await.unwrap()));
    }
    won
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_code_entered_several_times_at_once_signs_in_once_in_fifty_tries_of_fifty() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        for round in 0..TRIES {
            let (browser, mail) = ([round; 32], format!("parent{round}@example.jp"));
            let code = code_for(&portal, browser, &mail).await;
            let press = || {
                let (portal, code) = (Arc::clone(&portal), code.clone());
                tokio::spawn(async move { sign_in::enter_code(&portal, browser, &code, "ja").await })
            };
            let presses = (0..AT_ONCE).map(|_| press()).collect();
            let won = winners(presses, |entered| matches!(entered, Ok(SignedIn::SignedIn { .. }))).await;
            assert_eq!(won, 1, "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_ceremony_answered_several_times_at_once_counts_once_in_fifty_tries_of_fifty() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        let (account, hash) = come_in(&portal, 200, "parent@example.jp").await;
        let (key, _) = add_passkey(&portal, &by(&portal, Method::EmailCode, account, hash)).await;
        for round in 0..TRIES {
            // By turns for the address, and for whatever the device has.
            let typed = if round % 2 == 0 { "parent@example.jp" } else { "" };
            let begun = sign_in::ask_for_passkey(&portal, typed).await.unwrap().unwrap();
            let answer = sign(&key, &begun.options, origin(&portal), USER_VERIFIED, 0);
            let press = || {
                let (portal, begun, answer) = (Arc::clone(&portal), begun.clone(), answer.clone());
                tokio::spawn(async move {
                    sign_in::enter_passkey(&portal, &Arrival::default(), &begun.ceremony, &answer).await
                })
            };
            let presses = (0..AT_ONCE).map(|_| press()).collect();
            assert_eq!(winners(presses, |token| matches!(token, Ok(Some(_)))).await, 1, "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_new_passkey_sent_several_times_at_once_is_added_once_in_fifty_tries_of_fifty() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        for round in 0..TRIES {
            let (account, hash) = come_in(&portal, round, &format!("parent{round}@example.jp")).await;
            let asking = by(&portal, Method::EmailCode, account, hash);
            let begun = account::begin_passkey(&portal, &asking).await.unwrap().unwrap();
            let (_, credential) = create(&begun.options, origin(&portal)).unwrap();
            let press = || {
                let (portal, begun, credential) = (Arc::clone(&portal), begun.clone(), credential.clone());
                tokio::spawn(async move {
                    let answer = (begun.ceremony.as_str(), credential.as_str());
                    account::add_passkey(&portal, &asking, answer, "phone", &told).await
                })
            };
            let presses = (0..AT_ONCE).map(|_| press()).collect();
            assert_eq!(winners(presses, |added| matches!(added, Ok(Added::Yes(_)))).await, 1, "round {round}");
            assert_eq!(account::view(&portal, account).await.unwrap().passkeys.len(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn staffs_two_factors_count_once_however_often_they_are_sent_at_once() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        let member = hire(&portal, "clerk", "person", intake::access::Roles::CLERK).await;
        for round in 0..10 {
            let token = staff_sign_in::enter_password(&portal, "clerk", PASSWORD).await.unwrap().unwrap();
            let begun = staff_sign_in::begin_passkey(&portal, &token).await.unwrap().unwrap();
            let answer = sign(&member.key, &begun.options, portal.config.staff_url.origin(), USER_VERIFIED, 0);
            let press = || {
                let (portal, token, begun, answer) =
                    (Arc::clone(&portal), token.clone(), begun.clone(), answer.clone());
                tokio::spawn(async move {
                    let device = Device::default();
                    staff_sign_in::finish_passkey(&portal, &token, &begun.ceremony, &answer, device).await
                })
            };
            let presses = (0..AT_ONCE).map(|_| press()).collect();
            let won = winners(presses, |turn| matches!(turn, Ok(PasskeyTurn::SignedIn(_)))).await;
            assert_eq!(won, 1, "round {round}");
        }
    }
}

#[tokio::test]
async fn a_session_has_another_token_after_each_change_of_level_and_the_old_one_is_dead() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, by_code) = come_in(portal, 1, "parent@example.jp").await;
        let (key, after_adding) = add_passkey(portal, &by(portal, Method::EmailCode, account, by_code)).await;
        assert!(!lives(portal, &by_code).await && lives(portal, &after_adding).await, "a passkey was added");

        let begun = sign_in::ask_for_passkey(portal, "").await.unwrap().unwrap();
        let answer = sign(&key, &begun.options, origin(portal), USER_VERIFIED, 0);
        let device = Device::of_user_agent("Mozilla/5.0 (iPhone) Safari/604.1");
        let arrival = Arrival { browser: None, device, session: Some(after_adding) };
        let token = sign_in::enter_passkey(portal, &arrival, &begun.ceremony, &answer).await.unwrap().unwrap();
        let by_passkey = token_hash(&token);
        assert!(!lives(portal, &after_adding).await && lives(portal, &by_passkey).await, "she has shown it");

        let sessions = account::view(portal, account).await.unwrap().sessions;
        assert_eq!(sessions.len(), 1);
        assert_eq!((sessions[0].method.as_str(), sessions[0].device.name().as_str()), ("passkey", "iPhone / Safari"));

        // The last strong way in does not go in silence.
        let passkey = account::view(portal, account).await.unwrap().passkeys[0].passkey_id;
        let asking = by(portal, Method::Passkey, account, by_passkey);
        let removed = account::remove_passkey(portal, &asking, passkey, false, &told).await.unwrap();
        assert_eq!(removed, Removed::IsLast);
        assert_eq!(account::view(portal, account).await.unwrap().passkeys.len(), 1, "it is still there");
        let removed = account::remove_passkey(portal, &asking, passkey, true, &told).await.unwrap();
        let Removed::Yes(token) = removed else { panic!("{removed:?}") };
        assert!(!lives(portal, &by_passkey).await && lives(portal, &token_hash(&token)).await);
    }
}

#[tokio::test]
async fn who_comes_by_a_code_cannot_add_or_remove_a_passkey_where_there_is_one() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, hash) = come_in(portal, 1, "parent@example.jp").await;
        add_passkey(portal, &by(portal, Method::EmailCode, account, hash)).await;
        let (_, hash) = come_in(portal, 2, "parent@example.jp").await;
        let asking = by(portal, Method::EmailCode, account, hash);
        assert!(matches!(account::begin_passkey(portal, &asking).await.unwrap(), Err(May::Stronger)));
        let passkey = account::view(portal, account).await.unwrap().passkeys[0].passkey_id;
        let removed = account::remove_passkey(portal, &asking, passkey, true, &told).await.unwrap();
        assert_eq!(removed, Removed::Not(May::Stronger));
        assert_eq!(account::rename_passkey(portal, &asking, passkey, "x").await.unwrap(), May::Stronger);
        let asking = by(portal, Method::Passkey, account, hash);
        assert_eq!(account::rename_passkey(portal, &asking, passkey, "わたしの").await.unwrap(), May::Yes);
        assert_eq!(account::view(portal, account).await.unwrap().passkeys[0].label, "わたしの");
        let nobodys = PasskeyId::from_random([9; 16]);
        let foreign = account::rename_passkey(portal, &asking, nobodys, "x").await;
        assert!(matches!(foreign, Err(FlowError::NotFound)));
    }
}

#[tokio::test]
async fn after_the_way_back_a_code_alone_does_not_do_what_the_passkey_did() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_clerks(portal).await;
        let (account, number) = file(portal, 1).await;
        let (_, hash) = come_in(portal, 2, "parent1@example.jp").await;
        add_passkey(portal, &by(portal, Method::EmailCode, account, hash)).await;
        portal.clock.advance(1_000_000);
        let (person, mail) = (PersonDocument::Passport, "back@example.jp");
        let asked = address_change::propose(portal, &first, &number, person, mail, &code_letter).await.unwrap();
        assert_eq!(asked, Asked::Sent);
        let code = newest_mail(portal).await.unwrap().1;
        let entered = address_change::confirm(portal, &second, &number, &code, &told).await.unwrap();
        assert_eq!(entered, Entered::Changed);

        let (same, hash) = come_in(portal, 3, mail).await;
        assert_eq!(same, account);
        let asking = by(portal, Method::EmailCode, account, hash);
        for right in [Right::ChangeAddress, Right::Leave, Right::RemovePasskey, Right::ReadPrivate] {
            let may = address_change::may_now(portal, &asking, right).await.unwrap();
            assert_eq!(may, May::Stronger, "{right:?}");
        }
        // A new passkey is the way on, and reads what she had filed: two people have seen her.
        let (key, _) = add_passkey(portal, &asking).await;
        let begun = sign_in::ask_for_passkey(portal, mail).await.unwrap().unwrap();
        let answer = sign(&key, &begun.options, origin(portal), USER_VERIFIED, 0);
        let token = sign_in::enter_passkey(portal, &Arrival::default(), &begun.ceremony, &answer).await.unwrap();
        let found = session::find(&mut portal.database.read().await.unwrap(), &token_hash(&token.unwrap())).await;
        assert!(found.unwrap().unwrap().reads_from.unwrap() <= head(portal, &number).await.filed_at);
        let asking = by(portal, Method::Passkey, account, hash);
        assert_eq!(address_change::may_now(portal, &asking, Right::Leave).await.unwrap(), May::Yes);
    }
}

#[tokio::test]
async fn a_passkey_added_with_a_code_reads_nothing_that_was_filed_before_that_session() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, number) = file(portal, 1).await;
        let (_, hash) = come_in(portal, 2, "parent1@example.jp").await;
        let (key, _) = add_passkey(portal, &by(portal, Method::EmailCode, account, hash)).await;
        let begun = sign_in::ask_for_passkey(portal, "").await.unwrap().unwrap();
        let answer = sign(&key, &begun.options, origin(portal), USER_VERIFIED, 0);
        let token = sign_in::enter_passkey(portal, &Arrival::default(), &begun.ceremony, &answer).await.unwrap();
        let found = session::find(&mut portal.database.read().await.unwrap(), &token_hash(&token.unwrap())).await;
        let reads_from = found.unwrap().unwrap().reads_from.unwrap();
        assert!(reads_from > head(portal, &number).await.filed_at, "whoever reads her mail adds a passkey in vain");
    }
}

#[tokio::test]
async fn sessions_end_one_by_one_and_another_parents_is_not_found() {
    for one in portals().await {
        let portal = &one.portal;
        let (mine, first) = come_in(portal, 1, "parent1@example.jp").await;
        let (_, second) = come_in(portal, 2, "parent1@example.jp").await;
        let (theirs, _) = come_in(portal, 3, "parent2@example.jp").await;
        let sessions = account::view(portal, mine).await.unwrap().sessions;
        let name = account::session_name(sessions.iter().find(|one| one.session_hash == first).unwrap());
        assert!(matches!(account::end_session(portal, theirs, &name).await, Err(FlowError::NotFound)));
        account::end_session(portal, mine, &name).await.unwrap();
        assert!(!lives(portal, &first).await && lives(portal, &second).await);
        assert!(matches!(account::end_session(portal, mine, &name).await, Err(FlowError::NotFound)), "it is over");
    }
}

#[tokio::test]
async fn whoever_looks_after_accounts_ends_the_sessions_of_staff_and_nobody_else_does() {
    for one in portals().await {
        let portal = &one.portal;
        let clerk = at_work(portal, "clerk", "person-a", intake::access::Roles::CLERK).await;
        let other = at_work(portal, "other", "person-b", intake::access::Roles::CLERK).await;
        let admin = at_work(portal, "admin", "person-c", intake::access::Roles::ADMINISTRATOR).await;
        let (hash, of) = (clerk.session.session_hash, clerk.staff.staff_id);
        assert!(staff_sessions::view(portal, &other.staff).await.unwrap().all.is_empty());
        assert_eq!(staff_sessions::view(portal, &admin.staff).await.unwrap().all.len(), 3);
        assert!(matches!(staff_sessions::end_all(portal, &other.staff, of).await, Err(FlowError::NotFound)));
        let name = account::session_name(&clerk.session);
        assert!(matches!(staff_sessions::end(portal, &other.staff, &name).await, Err(FlowError::NotFound)));
        assert!(staff_sign_in::who(portal, &hash).await.unwrap().is_some());
        staff_sessions::end_all(portal, &admin.staff, of).await.unwrap();
        assert!(staff_sign_in::who(portal, &hash).await.unwrap().is_none(), "out at the next request");
        assert!(staff_sign_in::who(portal, &other.session.session_hash).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_session_of_staff_ends_after_rest_and_after_half_a_day_in_any_case() {
    for one in portals().await {
        let portal = &one.portal;
        let clerk = at_work(portal, "clerk", "person-a", intake::access::Roles::CLERK).await;
        let hash = clerk.session.session_hash;
        let is_in = async || staff_sign_in::who(portal, &hash).await.unwrap().is_some();
        portal.clock.advance(retention::STAFF_IDLE - 1);
        assert!(is_in().await, "it was in use in time");
        portal.clock.advance(retention::STAFF_IDLE);
        assert!(!is_in().await);
        let busy = at_work(portal, "busy", "person-b", intake::access::Roles::CLERK).await;
        let (hash, end) = (busy.session.session_hash, busy.session.expires_at);
        while portal.clock.now().plus(retention::STAFF_IDLE - 1) < end {
            portal.clock.advance(retention::STAFF_IDLE - 1);
            assert!(staff_sign_in::who(portal, &hash).await.unwrap().is_some());
        }
        portal.clock.advance(retention::STAFF_IDLE - 1);
        assert!(staff_sign_in::who(portal, &hash).await.unwrap().is_none(), "however busy");
    }
}

/// A 妊娠届 that somebody files for another person.
async fn file_as_proxy(portal: &Portal, browser: u8) -> (AccountId, ReceiptNumber) {
    let (form, hash) = (notification(), [browser; 32]);
    let typist = Typist { owner: DraftOwner::Browser(hash), session: hash };
    let begun = draft::begin(portal, &typist, &form, "ja").await.unwrap();
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let mut pages = filled_in();
    pages[0].1 = own(&[("filer", "proxy")]);
    let proxy = own(&[("proxy_name", "代理 太郎"), ("proxy_relation", "spouse"), ("proxy_power", "asked")]);
    pages.insert(1, ("proxy".parse().unwrap(), proxy));
    for (page, sent) in pages {
        let state = begun.raw.page_state(begun.form, &page);
        let saved = draft::save_page(portal, &typist, &form, &page, &sent, &state).await.unwrap();
        assert!(matches!(saved, draft::Saved::Kept(_)));
    }
    let (account, session) = come_in(portal, browser, &format!("proxy{browser}@example.jp")).await;
    portal.clock.advance(1_000_000);
    let (method, signed_in_at) = (Method::EmailCode, portal.clock.now());
    let sender = Sender { account, method, signed_in_at, session, language: "ja" };
    match submit(portal, &sender, &form, begun.id, |_: &str| letter("受け取りました")).await.unwrap() {
        Submitted::Receipt(number) => (account, number),
        Submitted::Incomplete(errors) => panic!("{errors:?}"),
    }
}

const SEEN: Sight = Sight::of(NumberDocument::MyNumberCard, PersonDocument::MyNumberCard);

async fn refused(portal: &Portal, staff: &Staff, number: &ReceiptNumber, order: Order) -> Obstacle {
    let version = head(portal, number).await.version;
    match give(portal, staff, number, version, &order, &notice).await.unwrap() {
        Given::Refused(obstacle) => obstacle,
        Given::Done(stage) => panic!("it was done: {stage}"),
    }
}

#[tokio::test]
async fn what_a_proxy_files_waits_until_the_person_herself_was_met() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_clerks(portal).await;
        let (_, number) = file_as_proxy(portal, 1).await;
        let kept = head(portal, &number).await;
        assert_eq!((kept.proxy, kept.identity), (Some(ProxyState::Waiting), Level::Claimed));
        done(portal, &first, &number, Order::Claim).await;
        assert_eq!(refused(portal, &first, &number, Order::Accept).await, Obstacle::PersonNotMet);
        let sight = ProxySight::checked(PowerDocument::LetterOfAuthority, PersonDocument::DrivingLicence, &[]).unwrap();
        done(portal, &first, &number, Order::RecordProxy(sight)).await;
        assert_eq!(
            refused(portal, &first, &number, Order::Accept).await,
            Obstacle::PersonNotMet,
            "the proxy is not she"
        );
        let alone = Order::RecordIdentity(SEEN);
        assert_eq!(refused(portal, &first, &number, alone).await, Obstacle::PersonNotMet);
        done(portal, &first, &number, Order::RecordIdentity(SEEN.and_met())).await;
        let kept = head(portal, &number).await;
        assert_eq!((kept.proxy, kept.identity), (Some(ProxyState::Met), Level::VerifiedInPerson));
        assert_eq!(done(portal, &first, &number, Order::Accept).await, Stage::Accepted);
        assert_eq!(done(portal, &second, &number, Order::Confirm).await, Stage::Confirmed);
    }
}

#[tokio::test]
async fn a_proxy_has_the_state_and_nothing_of_the_person() {
    for one in portals().await {
        let portal = &one.portal;
        let [clerk, _] = two_clerks(portal).await;
        let (proxy, number) = file_as_proxy(portal, 1).await;
        assert!(filings::view(portal, proxy, &number).await.is_ok(), "its state");
        assert_eq!(receipt::view(portal, proxy, &number).await.unwrap().name, None, "and no name");
        assert!(matches!(message::read_by_parent(portal, proxy, &number).await, Err(FlowError::NotFound)));
        let press = message::Press { token: "1", typed: "hello" };
        assert!(matches!(message::from_parent(portal, proxy, &number, &press).await, Err(FlowError::NotFound)));
        let version = head(portal, &number).await.version;
        assert!(filings::withdraw(portal, proxy, &number, version).await.is_err());
        let session = [0; 32];
        assert!(refile::begin(portal, proxy, session, &number, false).await.is_err());
        for form in ["questionnaire", "epds"] {
            let form = portal.catalog.newest(&form.parse().unwrap()).unwrap();
            assert!(!follow::may_begin(portal, proxy, form).await.unwrap(), "{} is the person's", form.id);
        }

        // What is asked of her own part she puts right; the rest is neither shown nor taken.
        done(portal, &clerk, &number, Order::Claim).await;
        let request = |field: &str| {
            let fields = vec![(field.parse().unwrap(), "ご確認ください".to_owned())];
            intake::case::CorrectionRequest::new(fields, portal.clock.now().date_in_japan().plus_days(7))
        };
        let settled = refused(portal, &clerk, &number, Order::SendBack(request("filer"))).await;
        assert_eq!(settled, Obstacle::Request, "who files stays");
        let mut both = request("name");
        both.fields.extend(request("proxy_name").fields);
        done(portal, &clerk, &number, Order::SendBack(both)).await;
        let asked = correction::view(portal, proxy, &number).await.unwrap();
        let hers: Vec<&str> = asked.fields.iter().map(intake::ids::FieldId::as_str).collect();
        assert_eq!(hers, ["proxy_name"]);
        assert!(!serde_json::to_string(&asked.raw).unwrap().contains("花子"));
        let sent = [("proxy_name".to_owned(), "代理 次郎".to_owned()), ("name".to_owned(), "別人".to_owned())];
        correction::resubmit(portal, proxy, &number, asked.version, &sent).await.unwrap();
        let view = server::flows::staff_case::view(portal, &clerk, &number).await.unwrap();
        let raw = &view.case.newest().unwrap().raw;
        assert_eq!((raw.first("proxy_name"), raw.first("name")), ("代理 次郎", "髙橋 花子"));

        done(portal, &clerk, &number, Order::Claim).await;
        done(portal, &clerk, &number, Order::SendBack(request("name"))).await;
        assert!(correction::view(portal, proxy, &number).await.is_err(), "nothing of it is hers");
    }
}

#[tokio::test]
async fn two_people_give_the_filing_to_the_person_and_the_proxy_has_nothing_left() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_clerks(portal).await;
        let (proxy, number) = file_as_proxy(portal, 1).await;
        let early = transfer::propose(portal, &first, &number, "her@example.jp", &code_letter).await;
        assert!(matches!(early, Err(FlowError::NotFound)), "nobody has met her");
        done(portal, &first, &number, Order::Claim).await;
        done(portal, &first, &number, Order::RecordIdentity(SEEN.and_met())).await;
        let own = transfer::propose(portal, &first, &number, "proxy1@example.jp", &code_letter).await.unwrap();
        assert_eq!(own, Asked::Same, "the proxy's own address");
        portal.clock.advance(1_000_000);
        let asked = transfer::propose(portal, &first, &number, "her@example.jp", &code_letter).await.unwrap();
        assert_eq!(asked, Asked::Sent);
        let code = newest_mail(portal).await.unwrap().1;
        let alone = transfer::confirm(portal, &first, &number, &code).await.unwrap();
        assert_eq!(alone, Entered::NeedsAnotherPerson);
        let wrong = if code == "000000" { "000001" } else { "000000" };
        assert_eq!(transfer::confirm(portal, &second, &number, wrong).await.unwrap(), Entered::Wrong(4));
        assert_eq!(transfer::confirm(portal, &second, &number, &code).await.unwrap(), Entered::Changed);

        assert!(matches!(filings::view(portal, proxy, &number).await, Err(FlowError::NotFound)));
        let (her, _) = come_in(portal, 9, "her@example.jp").await;
        assert!(filings::view(portal, her, &number).await.is_ok());
        assert!(message::read_by_parent(portal, her, &number).await.unwrap().is_some());
        let form = portal.catalog.newest(&"questionnaire".parse().unwrap()).unwrap();
        assert!(follow::may_begin(portal, her, form).await.unwrap());
        assert!(!follow::may_begin(portal, proxy, form).await.unwrap());
    }
}

#[tokio::test]
async fn the_database_refuses_an_acceptance_without_evidence_too() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let kept = head(portal, &number).await;
        let change = |identity, proxy| case::StageChange {
            stage: Stage::Accepted,
            holder: None,
            proposed_by: None,
            accepted: None,
            confirmed: None,
            correction_due_on: None,
            rev: 1,
            withdrawal_asked_at: None,
            withdrawal_proposed_by: None,
            identity,
            proxy,
            at: portal.clock.now(),
        };
        for (identity, proxy) in
            [(Level::Claimed, None), (Level::Returning, None), (Level::VerifiedInPerson, Some(ProxyState::Waiting))]
        {
            let mut tx = portal.database.write().await.unwrap();
            let done =
                case::update_stage(&mut tx, portal.deadlines(), kept.case_id, kept.version, &change(identity, proxy))
                    .await;
            assert!(done.is_err(), "{identity} {proxy:?}");
        }
        let mut tx = portal.database.write().await.unwrap();
        let good = change(Level::VerifiedRemote, None);
        assert!(case::update_stage(&mut tx, portal.deadlines(), kept.case_id, kept.version, &good).await.unwrap());
    }
}
