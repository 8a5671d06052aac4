#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「個人番号」 From the draft to the entry and its end, on both databases.

use age::x25519::Identity;
use handover::{DestinationKeys, DestinationPublic, Outcome, number::SealedNumber};
use intake::{
    case::DeclineReason,
    identity::Method,
    ids::{AccountId, ReceiptNumber},
};
use server::{
    flows::{
        FlowError,
        decide::Order,
        draft::{self, Typist},
        filings, hand_over,
        my_number::{self, Kept, Whose},
        sign_in::{self, Entered},
        submit::{Sender, Submitted, submit},
    },
    portal::Portal,
    store::{
        draft::DraftOwner,
        sealed_number::{self, NumberOwner},
    },
};

use crate::{
    hand_over::{BackOffice, carried, deeds, kenko, seal, take},
    support::{
        filing::{file, fill_in},
        portal::{letter, newest_mail, notification, portals, sealed_portals},
        review::{confirm, done, head, two_clerks},
    },
};

const NUMBER: &[u8] = b"123456789018";

/// As the browser seals it.
fn armor_to(public: &DestinationPublic, digits: &[u8]) -> (String, SealedNumber) {
    let recipient: age::x25519::Recipient = public.number_recipient.parse().unwrap();
    let armor = age::encrypt_and_armor(&recipient, digits).unwrap();
    (public.number_recipient.clone(), SealedNumber::parse(&armor).unwrap())
}

/// Types a 妊娠届 in a browser of its own, seals a number with it, and sends it.
async fn file_with_number(portal: &Portal, browser: u8, public: &DestinationPublic) -> (AccountId, ReceiptNumber) {
    let (form, hash) = (notification(), [browser; 32]);
    let typist = Typist { owner: DraftOwner::Browser(hash), session: hash };
    fill_in(portal, &typist).await;
    let whose = Whose::Draft(typist, form.clone());
    assert_eq!(my_number::view(portal, &whose).await.unwrap().kept, Kept::No);
    assert!(my_number::keep(portal, &whose, &[armor_to(public, NUMBER)]).await.unwrap());
    assert_eq!(my_number::view(portal, &whose).await.unwrap().kept, Kept::Sealed);

    portal.clock.advance(1_000_000);
    let mail = format!("parent{browser}@example.jp");
    sign_in::ask_for_code(portal, hash, &mail, "ja", letter).await.unwrap();
    let (_, code) = newest_mail(portal).await.unwrap();
    let Entered::SignedIn { account, .. } = sign_in::enter_code(portal, hash, &code, "ja").await.unwrap() else {
        panic!("the code was not taken")
    };
    let signed_in_at = portal.clock.now();
    let sender = Sender { account, method: Method::EmailCode, signed_in_at, session: hash, language: "ja" };
    let signed_in = Typist { owner: DraftOwner::Account(account), session: hash };
    let draft = draft::load(portal, &signed_in, &form).await.unwrap().unwrap().id;
    match submit(portal, &sender, &form, draft, |_: &str| letter("受け取りました")).await.unwrap() {
        Submitted::Receipt(number) => (account, number),
        Submitted::Incomplete(errors) => panic!("{errors:?}"),
    }
}

async fn rows(portal: &Portal, number: &ReceiptNumber) -> usize {
    let case = head(portal, number).await.case_id;
    let mut tx = portal.database.read().await.unwrap();
    sealed_number::all_of(&mut tx, NumberOwner::Case(case)).await.unwrap().len()
}

#[tokio::test]
async fn what_the_browser_sealed_is_in_the_entry_and_is_erased_with_the_receipt() {
    for one in sealed_portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let (account, number) = file_with_number(portal, 1, &office.keys.public()).await;
        assert_eq!(my_number::of_filing(portal, account, &number).await.unwrap(), Some((Kept::Sealed, true)));
        confirm(portal, &clerks, &number).await;
        assert_eq!(my_number::of_filing(portal, account, &number).await.unwrap(), Some((Kept::Sealed, false)));
        seal(portal).await.unwrap();

        let opened = office.read(&carried(portal, 1).await);
        let armor = opened.entries[0].entry.my_number.clone().unwrap();
        assert_eq!(office.keys.open_number(&armor).unwrap().as_slice(), NUMBER);
        assert_eq!(rows(portal, &number).await, 1, "until the receipt says that it is in the record");
        let held = office.receipt(&opened, "1", &[(0, Outcome::Held)], portal.clock.now());
        take(portal, &held).await.unwrap();
        assert_eq!(rows(portal, &number).await, 1);
        let receipt = office.receipt(&opened, "2", &[(0, Outcome::Imported)], portal.clock.now());
        take(portal, &receipt).await.unwrap();
        assert_eq!(rows(portal, &number).await, 0);
        let deeds = deeds(portal).await;
        for deed in ["number_sealed", "number_erased"] {
            assert_eq!(deeds.iter().filter(|one| *one == deed).count(), 1, "{deed}");
        }
    }
}

#[tokio::test]
async fn a_number_ends_with_its_filing_and_can_be_changed_until_somebody_accepts() {
    for one in sealed_portals().await {
        let portal = &one.portal;
        let office = BackOffice::of(portal).await;
        let public = office.keys.public();
        let clerks = two_clerks(portal).await;
        let [first, second] = &clerks;

        let (account, number) = file_with_number(portal, 1, &public).await;
        let whose = Whose::Filing(account, number.clone());
        let stranger = Whose::Filing(AccountId::from_random([9; 16]), number.clone());
        assert!(matches!(my_number::view(portal, &stranger).await, Err(FlowError::NotFound)));
        assert!(matches!(my_number::remove(portal, &stranger).await, Err(FlowError::NotFound)));
        my_number::remove(portal, &whose).await.unwrap();
        my_number::remove(portal, &whose).await.unwrap();
        assert_eq!(my_number::view(portal, &whose).await.unwrap().kept, Kept::No);
        done(portal, first, &number, Order::Claim).await;
        assert!(my_number::keep(portal, &whose, &[armor_to(&public, b"987654321093")]).await.unwrap());
        assert_eq!(rows(portal, &number).await, 1);
        let version = head(portal, &number).await.version;
        filings::withdraw(portal, account, &number, version).await.unwrap();
        assert_eq!(rows(portal, &number).await, 0, "a withdrawn filing has none");
        let late = my_number::keep(portal, &whose, &[armor_to(&public, NUMBER)]).await;
        assert!(matches!(late, Err(FlowError::Changed(_))));

        let (_, number) = file_with_number(portal, 2, &public).await;
        done(portal, first, &number, Order::Claim).await;
        done(portal, first, &number, Order::ProposeDecline(DeclineReason::OtherMunicipality)).await;
        assert_eq!(rows(portal, &number).await, 1, "nobody has decided yet");
        done(portal, second, &number, Order::Decline).await;
        assert_eq!(rows(portal, &number).await, 0, "a declined filing has none");

        let (account, number) = file_with_number(portal, 3, &public).await;
        confirm(portal, &clerks, &number).await;
        let whose = Whose::Filing(account, number.clone());
        assert!(matches!(my_number::remove(portal, &whose).await, Err(FlowError::Changed(_))));
        assert_eq!(deeds(portal).await.iter().filter(|one| *one == "number_removed").count(), 1);
    }
}

#[tokio::test]
async fn a_number_is_kept_for_every_destination_or_for_none_and_a_new_key_asks_for_it_again() {
    for one in sealed_portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let public = office.keys.public();
        let (account, number) = file_with_number(portal, 1, &public).await;
        let whose = Whose::Filing(account, number.clone());

        // Another destination comes: the number is not for it.
        let other = DestinationKeys::generate("zeimu".parse().unwrap());
        hand_over::add_destination(portal, &other.public().to_json()).await.unwrap();
        assert_eq!(my_number::view(portal, &whose).await.unwrap().kept, Kept::ForOtherKeys);
        let to_one = [armor_to(&public, NUMBER)];
        assert!(!my_number::keep(portal, &whose, &to_one).await.unwrap(), "not for all");
        let to_one_twice = [armor_to(&public, NUMBER), armor_to(&public, NUMBER)];
        assert!(!my_number::keep(portal, &whose, &to_one_twice).await.unwrap());
        let stranger =
            DestinationPublic { number_recipient: Identity::generate().to_public().to_string(), ..public.clone() };
        let to_stranger = [armor_to(&public, NUMBER), armor_to(&stranger, NUMBER)];
        assert!(!my_number::keep(portal, &whose, &to_stranger).await.unwrap());
        assert_eq!(rows(portal, &number).await, 1, "what was there is there");

        // Asked again, it is for both, and each has its own.
        let to_both = [armor_to(&other.public(), NUMBER), armor_to(&public, NUMBER)];
        assert!(my_number::keep(portal, &whose, &to_both).await.unwrap());
        assert_eq!(my_number::view(portal, &whose).await.unwrap().kept, Kept::Sealed);
        confirm(portal, &clerks, &number).await;

        // What a destination cannot open is left to the counter, and the log says so; the rest goes as ever.
        let (_, second) = file(portal, 2).await;
        confirm(portal, &clerks, &second).await;
        seal(portal).await.unwrap();
        let opened = office.read(&carried(portal, 1).await);
        let of =
            |number: &ReceiptNumber| opened.entries.iter().find(|it| it.entry.id == *number).unwrap().entry.clone();
        let armor = of(&number).my_number.unwrap();
        assert_eq!(office.keys.open_number(&armor).unwrap().as_slice(), NUMBER);
        assert!(other.open_number(&armor).is_err(), "an entry holds what is for its destination");
        assert_eq!(of(&second).my_number, None);
        assert_eq!(kenko(), opened.manifest.aud.parse().unwrap());
    }
}

#[tokio::test]
async fn a_number_for_another_key_is_left_to_the_counter() {
    for one in sealed_portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let (account, number) = file_with_number(portal, 1, &office.keys.public()).await;
        // The very row of a key that was changed afterwards: nothing in the portal can change one yet.
        let case = head(portal, &number).await.case_id;
        let mut tx = portal.database.write().await.unwrap();
        let mut row = sealed_number::all_of(&mut tx, NumberOwner::Case(case)).await.unwrap().remove(0);
        row.recipient = Identity::generate().to_public().to_string();
        sealed_number::delete(&mut tx, NumberOwner::Case(case)).await.unwrap();
        sealed_number::insert(&mut tx, NumberOwner::Case(case), &row).await.unwrap();
        tx.commit(server::store::Record::Upkeep(server::store::Upkeep::InstallationMade)).await.unwrap();

        assert_eq!(my_number::of_filing(portal, account, &number).await.unwrap(), Some((Kept::ForOtherKeys, true)));
        confirm(portal, &clerks, &number).await;
        seal(portal).await.unwrap();
        let opened = office.read(&carried(portal, 1).await);
        assert_eq!(opened.entries[0].entry.my_number, None);
        let mut tx = portal.database.read().await.unwrap();
        let log = server::store::audit::after(&mut tx, 0, 10_000).await.unwrap();
        let sealed = log.iter().find(|entry| entry.deed == "command.seal").unwrap();
        assert!(format!("{sealed:?}").contains("other_key"), "{sealed:?}");
    }
}

#[tokio::test]
async fn where_it_is_taken_at_the_counter_nothing_is_kept() {
    for one in portals().await {
        let portal = &one.portal;
        let office = BackOffice::of(portal).await;
        let hash = [1; 32];
        let typist = Typist { owner: DraftOwner::Browser(hash), session: hash };
        fill_in(portal, &typist).await;
        let whose = Whose::Draft(typist, notification());
        let armor = [armor_to(&office.keys.public(), NUMBER)];
        assert!(matches!(my_number::keep(portal, &whose, &armor).await, Err(FlowError::NotFound)));
        let (account, number) = file(portal, 2).await;
        assert_eq!(my_number::of_filing(portal, account, &number).await.unwrap(), None);
    }
}
