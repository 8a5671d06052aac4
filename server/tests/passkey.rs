#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Passkeys, with a key in software.

use intake::{
    access::Roles,
    ids::{AccountId, StaffId},
    retention,
};
use server::{
    demo::authenticator::{SoftwarePasskey, create},
    flows::passkey::{self, PasskeyOwner, Shown},
    portal::Portal,
    store::{
        AuditEntry, Record, Upkeep,
        account::{self, Account},
        audit::{self, Actor, Deed, Subject},
        staff::{self, NewStaff},
    },
};

use crate::support::{
    authenticator::{USER_ONLY_PRESENT, USER_VERIFIED, sign, without_user_verification},
    portal::portals,
};

const SHOWN: Shown<'static> = Shown { account: "clerk", person: "窓口 一郎" };

async fn member(portal: &Portal) -> PasskeyOwner {
    let staff_id = StaffId::from_random([1; 16]);
    let now = portal.clock.now();
    let new = NewStaff {
        staff_id,
        user_id: "clerk",
        person_id: "1",
        display_name: "窓口 一郎",
        roles: Roles::CLERK,
        created_at: now,
    };
    let mut tx = portal.database.write().await.unwrap();
    staff::insert(&mut tx, &new).await.unwrap();
    let entry = AuditEntry::done(now, Actor::Operator, Deed::StaffInvited).on(Subject::Staff(staff_id));
    tx.commit(Record::Deed(entry)).await.unwrap();
    PasskeyOwner::Staff(staff_id)
}

async fn parent(portal: &Portal) -> PasskeyOwner {
    let account_id = AccountId::from_random([2; 16]);
    let account = Account {
        account_id,
        wrapped_key: portal.seal.new_data_key().1,
        mail_sealed: Vec::new(),
        locale: "ja".to_owned(),
        created_at: portal.clock.now(),
        closed_at: None,
    };
    let mut tx = portal.database.write().await.unwrap();
    account::insert(&mut tx, &account, &[9; 32]).await.unwrap();
    tx.commit(Record::Upkeep(Upkeep::CodeAttempt)).await.unwrap();
    PasskeyOwner::Account(account_id)
}

fn origin(portal: &Portal) -> &str {
    portal.config.staff_url.origin()
}

/// Keeps what a device made, as a deed of its own; false when it is no good.
async fn add(portal: &Portal, owner: PasskeyOwner, ceremony: &str, credential: &str, label: &str) -> bool {
    let now = portal.clock.now();
    let made = passkey::finish_registration(portal, owner, ceremony, credential).await.unwrap();
    let Some(made) = made else { return false };
    let mut tx = portal.database.write().await.unwrap();
    let entry = made.keep(portal, &mut tx, label, now).await.unwrap();
    tx.commit(Record::Deed(entry)).await.unwrap();
    true
}

async fn register(portal: &Portal, owner: PasskeyOwner) -> SoftwarePasskey {
    let begun = passkey::begin_registration(portal, owner, SHOWN).await.unwrap();
    let (made, credential) = create(&begun.options, origin(portal)).unwrap();
    assert!(add(portal, owner, &begun.ceremony, &credential, "鍵").await);
    made
}

/// Signs in, whatever comes of it.
async fn uses(portal: &Portal, owner: PasskeyOwner, key: &SoftwarePasskey, flags: u8, counter: u32) -> bool {
    let begun = passkey::begin_authentication(portal, owner).await.unwrap().unwrap();
    let answer = sign(key, &begun.options, origin(portal), flags, counter);
    let Some(used) = passkey::finish_authentication(portal, &begun.ceremony, &answer).await.unwrap() else {
        return false;
    };
    assert_eq!(used.owner(), owner);
    let mut tx = portal.database.write().await.unwrap();
    let kept = used.keep(portal, &mut tx).await.unwrap();
    tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await.unwrap();
    kept.is_some()
}

#[tokio::test]
async fn parents_and_staff_sign_in_with_a_passkey_that_they_added() {
    for one in portals().await {
        let portal = &one.portal;
        for owner in [member(portal).await, parent(portal).await] {
            assert!(passkey::begin_authentication(portal, owner).await.unwrap().is_none(), "none is added yet");
            let key = register(portal, owner).await;
            assert!(uses(portal, owner, &key, USER_VERIFIED, 0).await);
            let other = register(portal, owner).await;
            assert!(uses(portal, owner, &other, USER_VERIFIED, 0).await, "and with a second one");
        }
    }
}

#[tokio::test]
async fn a_device_that_did_not_verify_its_user_is_refused() {
    for one in portals().await {
        let portal = &one.portal;
        let owner = member(portal).await;
        let begun = passkey::begin_registration(portal, owner, SHOWN).await.unwrap();
        let (_, credential) = create(&begun.options, origin(portal)).unwrap();
        let unverified = without_user_verification(&credential);
        assert!(!add(portal, owner, &begun.ceremony, &unverified, "鍵").await);
        let key = register(portal, owner).await;
        assert!(!uses(portal, owner, &key, USER_ONLY_PRESENT, 0).await);
        assert!(uses(portal, owner, &key, USER_VERIFIED, 0).await);
    }
}

#[tokio::test]
async fn a_ceremony_counts_once_for_five_minutes_and_for_its_owner() {
    for one in portals().await {
        let portal = &one.portal;
        let owner = member(portal).await;
        let begun = passkey::begin_registration(portal, owner, SHOWN).await.unwrap();
        let (key, credential) = create(&begun.options, origin(portal)).unwrap();
        assert!(add(portal, owner, &begun.ceremony, &credential, "鍵").await);
        assert!(!add(portal, owner, &begun.ceremony, &credential, "鍵").await, "a second time");

        let begun = passkey::begin_authentication(portal, owner).await.unwrap().unwrap();
        let answer = sign(&key, &begun.options, origin(portal), USER_VERIFIED, 0);
        assert!(passkey::finish_authentication(portal, &begun.ceremony, &answer).await.unwrap().is_some());
        assert!(passkey::finish_authentication(portal, &begun.ceremony, &answer).await.unwrap().is_none(), "replayed");
        let later = passkey::begin_authentication(portal, owner).await.unwrap().unwrap();
        assert!(
            passkey::finish_authentication(portal, &later.ceremony, &answer).await.unwrap().is_none(),
            "the answer to another challenge"
        );

        let begun = passkey::begin_registration(portal, owner, SHOWN).await.unwrap();
        let (_, credential) = create(&begun.options, origin(portal)).unwrap();
        let stranger = parent(portal).await;
        assert!(!add(portal, stranger, &begun.ceremony, &credential, "鍵").await, "another's");

        let begun = passkey::begin_authentication(portal, owner).await.unwrap().unwrap();
        let answer = sign(&key, &begun.options, origin(portal), USER_VERIFIED, 0);
        portal.clock.advance(retention::CEREMONY);
        assert!(passkey::finish_authentication(portal, &begun.ceremony, &answer).await.unwrap().is_none(), "too late");
    }
}

#[tokio::test]
async fn another_site_gets_nothing() {
    for one in portals().await {
        let portal = &one.portal;
        let owner = member(portal).await;
        let key = register(portal, owner).await;
        let begun = passkey::begin_authentication(portal, owner).await.unwrap().unwrap();
        let answer = sign(&key, &begun.options, "http://localhost.example.jp:8080", USER_VERIFIED, 0);
        assert!(passkey::finish_authentication(portal, &begun.ceremony, &answer).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_counter_that_goes_back_is_refused_and_recorded() {
    for one in portals().await {
        let portal = &one.portal;
        let owner = member(portal).await;
        let key = register(portal, owner).await;
        assert!(uses(portal, owner, &key, USER_VERIFIED, 5).await);
        assert!(!uses(portal, owner, &key, USER_VERIFIED, 5).await, "the same again");
        assert!(!uses(portal, owner, &key, USER_VERIFIED, 4).await, "one less");
        let mut tx = portal.database.read().await.unwrap();
        let now = portal.clock.now();
        let entries = audit::between(&mut tx, now, now.plus(1), 100).await.unwrap();
        drop(tx);
        let refused: Vec<_> = entries.into_iter().filter(|entry| entry.outcome == "refused").collect();
        assert_eq!(refused.len(), 2);
        assert!(refused.iter().all(|entry| entry.detail.contains("counter_went_back")), "{refused:?}");
        assert!(uses(portal, owner, &key, USER_VERIFIED, 6).await);

        // Begun at the same time with the same counter: only one is kept.
        let first = passkey::begin_authentication(portal, owner).await.unwrap().unwrap();
        let second = passkey::begin_authentication(portal, owner).await.unwrap().unwrap();
        let mut kept = Vec::new();
        for begun in [first, second] {
            let answer = sign(&key, &begun.options, origin(portal), USER_VERIFIED, 7);
            let used = passkey::finish_authentication(portal, &begun.ceremony, &answer).await.unwrap().unwrap();
            let mut tx = portal.database.write().await.unwrap();
            kept.push(used.keep(portal, &mut tx).await.unwrap().is_some());
            tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await.unwrap();
        }
        assert_eq!(kept, [true, false]);
    }
}

#[tokio::test]
async fn an_address_without_a_passkey_looks_like_one_with() {
    for one in portals().await {
        let portal = &one.portal;
        let owner = parent(portal).await;
        register(portal, owner).await;
        let real = passkey::begin_authentication(portal, owner).await.unwrap().unwrap();
        let decoy = passkey::begin_for_nobody(portal, "nobody@example.jp").unwrap();
        let again = passkey::begin_for_nobody(portal, "nobody@example.jp").unwrap();
        let shape = |options: &str| {
            let value: serde_json::Value = serde_json::from_str(options).unwrap();
            let id = value["publicKey"]["allowCredentials"][0]["id"].as_str().unwrap().to_owned();
            let challenge = value["publicKey"]["challenge"].as_str().unwrap().to_owned();
            (options.replace(&id, "id").replace(&challenge, "challenge"), id)
        };
        assert_eq!(shape(&real.options).0, shape(&decoy.options).0);
        assert_eq!(shape(&decoy.options).1, shape(&again.options).1, "the same at every try");
        assert_eq!(shape(&real.options).1.len(), shape(&decoy.options).1.len());
    }
}
