#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Hand-over: from a confirmed case to the receipt, on both databases, in the flows and over HTTP.

use std::{net::TcpListener, sync::Arc};

use app::text::Locale;
use handover::{BatchFiles, DestinationKeys, DestinationPublic, KeyChange, OpenedBatch, Outcome, Trust, token};
use intake::{
    case::Stage,
    ids::{AccountId, ReceiptNumber},
    time::DAY,
};
use server::{
    config::Plane,
    flows::{
        FlowError,
        decide::Order,
        filings, hand_over, import_job, pregnancy_end, signing_keys,
        take_receipt::{ReceiptError, Taken, take_receipt},
    },
    letters,
    portal::Portal,
    store::{audit, batch, staff::Staff},
    web, worker,
};

use crate::support::{
    back_office::{BackOffice, carried, deeds, kenko, seal, settled, stage, take},
    filing::file,
    portal::{mails, newest_mail, portals},
    review::{accept, confirm, done, head, two_clerks},
};

#[tokio::test]
async fn a_confirmed_case_goes_into_a_batch_and_is_imported_by_its_receipt() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let (_, number) = file(portal, 1).await;
        assert_eq!(seal(portal).await, None, "nothing is confirmed yet");
        confirm(portal, &clerks, &number).await;
        assert_eq!(seal(portal).await, Some(hand_over::Sealed { seq: 1, entries: 1, withdrawn: 0, papers: 0 }));
        assert_eq!(seal(portal).await, None, "it is in one batch");
        assert_eq!(stage(portal, &number).await, Stage::HandedOver);

        let opened = office.read(&carried(portal, 1).await);
        let entry = &opened.entries[0].entry;
        assert_eq!(entry.person.name.as_deref(), Some("髙橋 花子"));
        assert_eq!(entry.person.address.as_deref(), Some("窓口市𠮷田町1-2-3"));
        assert_eq!(entry.person.email.as_deref(), Some("parent1@example.jp"));
        assert!(entry.item("10").unwrap().value.is_some());
        let hashes = audit::entry_hashes(&mut portal.database.read().await.unwrap()).await.unwrap();
        let size = usize::try_from(opened.manifest.audit.size).unwrap();
        assert_eq!(opened.manifest.audit, handover::manifest::audit_head(&hashes[..size]));

        let receipt = office.receipt(&opened, "1", &[(0, Outcome::Imported)], portal.clock.now());
        assert_eq!(take(portal, &receipt).await.unwrap(), Taken::Now(1));
        assert_eq!(stage(portal, &number).await, Stage::Imported);
        assert_eq!(newest_mail(portal).await.unwrap().1, "受け入れました");
        assert_eq!(take(portal, &receipt).await.unwrap(), Taken::Before);
        let gone = import_job::carried(portal, &kenko(), 1).await;
        assert!(matches!(gone, Err(FlowError::NotFound)), "the encrypted files are deleted");
        let deeds = deeds(portal).await;
        for deed in ["batch_sealed", "command.seal", "receipt_taken", "command.settle_imported", "batch_settled"] {
            assert_eq!(deeds.iter().filter(|one| *one == deed).count(), 1, "{deed}");
        }
    }
}

#[tokio::test]
async fn held_entries_are_settled_later_and_a_rejected_one_comes_back_as_a_new_revision() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let (_, first) = file(portal, 1).await;
        let (_, second) = file(portal, 2).await;
        confirm(portal, &clerks, &first).await;
        confirm(portal, &clerks, &second).await;
        seal(portal).await.unwrap();
        let batch = office.read(&carried(portal, 1).await);
        let numbers = [batch.entries[0].entry.id.clone(), batch.entries[1].entry.id.clone()];

        let held = office.receipt(&batch, "1", &[(0, Outcome::Held), (1, Outcome::Rejected)], portal.clock.now());
        assert_eq!(take(portal, &held).await.unwrap(), Taken::Now(2));
        assert_eq!(stage(portal, &numbers[0]).await, Stage::Held);
        let back = head(portal, &numbers[1]).await;
        assert_eq!((back.stage, back.rev), (Stage::InReview, 2));
        let noted = batch::entries_of_case(&mut portal.database.read().await.unwrap(), back.case_id).await.unwrap();
        assert_eq!(noted[0].reason.as_deref(), Some("several"));

        // What is settled stays; nothing of such a receipt counts, not even what would be news.
        let wrong = office.receipt(&batch, "2", &[(0, Outcome::Imported), (1, Outcome::Imported)], portal.clock.now());
        assert!(matches!(take(portal, &wrong).await, Err(ReceiptError::Conflict)));
        assert_eq!(stage(portal, &numbers[0]).await, Stage::Held);

        let later = office.receipt(&batch, "3", &[(0, Outcome::Imported)], portal.clock.now());
        assert_eq!(take(portal, &later).await.unwrap(), Taken::Now(1));
        assert_eq!(stage(portal, &numbers[0]).await, Stage::Imported);
        let late = office.receipt(&batch, "4", &[(0, Outcome::Held)], portal.clock.now());
        assert!(matches!(take(portal, &late).await, Err(ReceiptError::Conflict)));

        accept(portal, &clerks, &numbers[1]).await;
        assert_eq!(seal(portal).await, Some(hand_over::Sealed { seq: 2, entries: 1, withdrawn: 0, papers: 0 }));
        let again = office.read(&carried(portal, 2).await);
        assert_eq!((&again.entries[0].entry.id, again.entries[0].entry.rev), (&numbers[1], 2));
    }
}

#[tokio::test]
async fn nothing_is_ever_sealed_for_the_published_keys_of_the_kit() {
    let public = include_str!("../handover/kit/sample/keys/public.json");
    for one in portals().await {
        let portal = &one.portal;
        let office = BackOffice::of(portal).await;
        let added = hand_over::add_destination(portal, public).await;
        assert!(matches!(added, Err(FlowError::HandOver(handover::Error::PublishedKey))), "{added:?}");
        let change = KeyChange {
            v: 1,
            iss: "kenko".to_owned(),
            aud: office.issuer.clone(),
            at: portal.clock.now(),
            public: DestinationPublic { destination: kenko(), ..DestinationPublic::from_json(public).unwrap() },
        };
        let changed = hand_over::change_destination(portal, &kenko(), &change.sign(&office.keys.signing)).await;
        assert!(matches!(changed, Err(FlowError::HandOver(handover::Error::PublishedKey))), "{changed:?}");
        assert_eq!(hand_over::destinations(portal).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_waits_or_comes_back_is_told_once_and_neither_which_nor_why() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let (_, _, batch) = handed_over(portal, &mut office).await;
        let mut written = mails(portal).await;
        for (jti, outcome) in [("1", Outcome::Held), ("2", Outcome::Rejected)] {
            let receipt = office.receipt(&batch, jti, &[(0, outcome)], portal.clock.now());
            assert_eq!(take(portal, &receipt).await.unwrap(), Taken::Now(1));
            assert_eq!(take(portal, &receipt).await.unwrap(), Taken::Before);
            written += 1;
            assert_eq!(mails(portal).await, written, "{outcome:?}");
            let mail = newest_mail(portal).await.unwrap();
            assert_eq!((mail.0.as_str(), mail.1.as_str()), ("parent1@example.jp", "お知らせがあります"));
        }
    }
    for locale in Locale::ALL {
        let [held, rejected] =
            [Outcome::Held, Outcome::Rejected].map(|outcome| letters::settled(outcome, locale.code()));
        assert_eq!((held.subject, held.body), (rejected.subject, rejected.body), "{}", locale.code());
    }
}

#[tokio::test]
async fn after_the_end_is_told_a_receipt_writes_nothing() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let (_, account, batch) = handed_over(portal, &mut office).await;
        pregnancy_end::tell(portal, account).await.unwrap();
        let written = mails(portal).await;
        for (jti, outcome) in [("1", Outcome::Held), ("2", Outcome::Rejected)] {
            take(portal, &office.receipt(&batch, jti, &[(0, outcome)], portal.clock.now())).await.unwrap();
        }
        assert_eq!(mails(portal).await, written);
    }
}

#[tokio::test]
async fn a_correction_of_an_imported_case_travels_as_the_next_revision() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let (_, number) = file(portal, 1).await;
        confirm(portal, &clerks, &number).await;
        seal(portal).await.unwrap();
        let batch = office.read(&carried(portal, 1).await);
        take(portal, &office.receipt(&batch, "1", &[(0, Outcome::Imported)], portal.clock.now())).await.unwrap();
        done(portal, &clerks[0], &number, Order::Correct).await;
        accept(portal, &clerks, &number).await;
        seal(portal).await.unwrap();
        let again = office.read(&carried(portal, 2).await);
        assert_eq!(again.entries[0].entry.rev, 2);
        assert_eq!(again.entries[0].entry.filed_at, batch.entries[0].entry.filed_at);
    }
}

/// A filing that was handed over in batch 1.
async fn handed_over(portal: &Portal, office: &mut BackOffice) -> ([Staff; 2], AccountId, OpenedBatch) {
    let clerks = two_clerks(portal).await;
    let (account, number) = file(portal, 1).await;
    confirm(portal, &clerks, &number).await;
    seal(portal).await.unwrap();
    (clerks, account, office.read(&carried(portal, 1).await))
}

/// The parent asks, and two people say yes.
async fn withdraw(portal: &Portal, [first, second]: &[Staff; 2], account: AccountId, number: &ReceiptNumber) {
    let version = head(portal, number).await.version;
    filings::ask_to_withdraw(portal, account, number, version).await.unwrap();
    done(portal, first, number, Order::ProposeWithdrawal).await;
    assert_eq!(done(portal, second, number, Order::ConfirmWithdrawal).await, Stage::Withdrawn);
}

#[tokio::test]
async fn what_was_handed_over_and_withdrawn_is_recalled_once_also_in_a_batch_without_entries() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let (clerks, account, batch) = handed_over(portal, &mut office).await;
        let number = batch.entries[0].entry.id.clone();
        take(portal, &office.receipt(&batch, "1", &[(0, Outcome::Imported)], portal.clock.now())).await.unwrap();
        withdraw(portal, &clerks, account, &number).await;

        assert_eq!(seal(portal).await, Some(hand_over::Sealed { seq: 2, entries: 0, withdrawn: 1, papers: 0 }));
        let recall = office.read(&carried(portal, 2).await);
        assert_eq!((recall.manifest.withdrawn.as_slice(), recall.entries.len()), ([number.clone()].as_slice(), 0));
        assert_eq!(seal(portal).await, None, "it is recalled once");
        let (_, other) = file(portal, 2).await;
        confirm(portal, &clerks, &other).await;
        assert_eq!(seal(portal).await, Some(hand_over::Sealed { seq: 3, entries: 1, withdrawn: 0, papers: 0 }));
        assert_eq!(office.read(&carried(portal, 3).await).manifest.withdrawn, []);

        // There is nothing to settle but the batch itself.
        let acknowledged = office.receipt(&recall, "2", &[], portal.clock.now());
        assert_eq!(take(portal, &acknowledged).await.unwrap(), Taken::Now(0));
        assert_eq!(take(portal, &acknowledged).await.unwrap(), Taken::Before);
        assert!(matches!(import_job::carried(portal, &kenko(), 2).await, Err(FlowError::NotFound)));
        let settled = deeds(portal).await.iter().filter(|deed| *deed == "batch_settled").count();
        assert_eq!(settled, 2);
    }
}

#[tokio::test]
async fn a_receipt_for_what_was_withdrawn_meanwhile_settles_the_entry_and_leaves_the_case_withdrawn() {
    for results in [&[Outcome::Imported][..], &[Outcome::Held, Outcome::Rejected], &[Outcome::Rejected]] {
        for one in portals().await {
            let portal = &one.portal;
            let mut office = BackOffice::of(portal).await;
            let (clerks, account, batch) = handed_over(portal, &mut office).await;
            let number = batch.entries[0].entry.id.clone();
            withdraw(portal, &clerks, account, &number).await;
            let told = newest_mail(portal).await;
            for (place, result) in results.iter().enumerate() {
                let receipt = office.receipt(&batch, &place.to_string(), &[(0, *result)], portal.clock.now());
                assert_eq!(take(portal, &receipt).await.unwrap(), Taken::Now(1));
            }
            let kept = head(portal, &number).await;
            assert_eq!((kept.stage, kept.rev), (Stage::Withdrawn, 1), "{results:?}");
            let mut tx = portal.database.read().await.unwrap();
            let entries = batch::entries_of_case(&mut tx, kept.case_id).await.unwrap();
            assert_eq!(entries[0].result.as_deref(), results.last().map(|last| last.as_str()));
            drop(tx);
            assert_eq!(newest_mail(portal).await, told, "she reads of nothing that was taken in");
            let recalled = seal(portal).await.unwrap();
            assert_eq!((recalled.entries, recalled.withdrawn), (0, 1), "it has gone out, so it is recalled");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_who_seal_at_once_one_recalls() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        let mut office = BackOffice::of(&portal).await;
        let (clerks, account, batch) = handed_over(&portal, &mut office).await;
        withdraw(&portal, &clerks, account, &batch.entries[0].entry.id).await;
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..5 {
            let portal = Arc::clone(&portal);
            tries.spawn(async move { hand_over::seal_batch(&portal, &kenko()).await });
        }
        let sealed = tries.join_all().await;
        assert_eq!(sealed.iter().filter(|one| matches!(one, Ok(Some(_)))).count(), 1);
        assert_eq!(office.read(&carried(&portal, 2).await).manifest.withdrawn.len(), 1);
        assert_eq!(seal(&portal).await, None);
    }
}

#[tokio::test]
async fn a_forged_or_foreign_receipt_does_nothing() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let (_, number) = file(portal, 1).await;
        confirm(portal, &clerks, &number).await;
        seal(portal).await.unwrap();
        let mut batch = office.read(&carried(portal, 1).await);
        let results = [(0, Outcome::Imported)];
        let good = office.receipt(&batch, "1", &results, portal.clock.now());
        let code = |result: Result<Taken, ReceiptError>| match result {
            Err(ReceiptError::Refused(error)) => error.code(),
            other => panic!("{other:?}"),
        };
        let mut altered = good.clone();
        altered[40] ^= 1;
        assert!(take(portal, &altered).await.is_err());
        let other = DestinationKeys::generate(kenko());
        let ours = std::mem::replace(&mut office.keys, other);
        let forged = office.receipt(&batch, "1", &results, portal.clock.now());
        assert_eq!(code(take(portal, &forged).await), "unknown_key");
        office.keys = ours;
        batch.manifest_sha256 = "0".repeat(64);
        let foreign = office.receipt(&batch, "1", &results, portal.clock.now());
        assert_eq!(code(take(portal, &foreign).await), "foreign_receipt");
        batch.manifest.seq = 7;
        let nowhere = office.receipt(&batch, "1", &results, portal.clock.now());
        assert!(matches!(take(portal, &nowhere).await, Err(ReceiptError::NotFound)));
        assert_eq!(stage(portal, &number).await, Stage::HandedOver);
        assert_eq!(take(portal, &good).await.unwrap(), Taken::Now(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_seal_and_settle_at_once_nothing_is_there_twice() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        let mut office = BackOffice::of(&portal).await;
        let clerks = two_clerks(&portal).await;
        for browser in 1..=3 {
            let (_, number) = file(&portal, browser).await;
            confirm(&portal, &clerks, &number).await;
        }
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..5 {
            let portal = Arc::clone(&portal);
            tries.spawn(async move { hand_over::seal_batch(&portal, &kenko()).await });
        }
        // Who was too slow four times over may say that it is busy; what counts is what is there.
        let sealed = tries.join_all().await;
        assert!(sealed.iter().any(|one| matches!(one, Ok(Some(_)))));
        let batch = office.read(&carried(&portal, 1).await);
        assert_eq!(batch.entries.len(), 3);
        assert_eq!(seal(&portal).await, None);

        let all = [(0, Outcome::Imported), (1, Outcome::Imported), (2, Outcome::Imported)];
        let receipt = Arc::new(office.receipt(&batch, "1", &all, portal.clock.now()));
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..5 {
            let (portal, receipt) = (Arc::clone(&portal), Arc::clone(&receipt));
            tries.spawn(async move { take_receipt(&portal, &kenko(), &receipt, settled).await });
        }
        let taken = tries.join_all().await;
        assert_eq!(taken.iter().filter(|one| matches!(one, Ok(Taken::Now(3)))).count(), 1);
        let deeds = deeds(&portal).await;
        assert_eq!(deeds.iter().filter(|deed| *deed == "command.settle_imported").count(), 3);
        assert_eq!(deeds.iter().filter(|deed| *deed == "batch_sealed").count(), 1);
    }
}

#[tokio::test]
async fn a_sealing_that_fails_in_the_middle_leaves_everything_as_it_was() {
    for one in portals().await {
        let portal = &one.portal;
        BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let (_, number) = file(portal, 1).await;
        confirm(portal, &clerks, &number).await;
        // The entry stands in a batch already: the last step of the deed fails.
        let before = deeds(portal).await.len();
        let mut tx = portal.database.write().await.unwrap();
        let blocking = batch::Batch {
            destination_id: kenko(),
            seq: 1,
            manifest: Vec::new(),
            manifest_sha256: "0".repeat(64),
            keys_document: Vec::new(),
            entry_count: 0,
            byte_count: 0,
            created_at: portal.clock.now(),
            settled_at: None,
        };
        let case = head(portal, &number).await;
        let taken = [batch::NewEntry { receipt_number: &number, rev: 1, case_id: case.case_id, papers_left_out: 0 }];
        batch::insert(&mut tx, &blocking, &[], &taken).await.unwrap();
        let entry = server::store::AuditEntry::done(portal.clock.now(), audit::Actor::Operator, audit::Deed::BackedUp);
        tx.commit_all(vec![entry]).await.unwrap();
        assert!(hand_over::seal_batch(portal, &kenko()).await.is_err(), "an entry is in one batch, for ever");
        assert_eq!(stage(portal, &number).await, Stage::Confirmed);
        assert_eq!(deeds(portal).await.len(), before + 1);
        let latest = batch::latest(&mut portal.database.read().await.unwrap(), &kenko()).await.unwrap().unwrap();
        assert_eq!(latest.seq, 1);
    }
}

#[tokio::test]
async fn the_worker_makes_the_first_key_seals_what_is_confirmed_and_changes_keys_by_the_calendar() {
    for one in portals().await {
        let portal = &one.portal;
        assert_eq!(worker::seal_confirmed(portal).await.unwrap(), 0, "without a destination only the key is made");
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let mut sealed = 0;
        for (browser, days) in [(1, 0), (2, 7), (3, 28)] {
            let (_, number) = file(portal, browser).await;
            confirm(portal, &clerks, &number).await;
            if browser == 1 {
                assert!(signing_keys::rotate(portal).await.unwrap().is_some());
                assert!(signing_keys::rotate(portal).await.unwrap().is_none(), "one waits already");
            }
            portal.clock.advance(days * DAY);
            sealed += worker::seal_confirmed(portal).await.unwrap();
            assert_eq!(sealed, usize::from(browser));
            office.read(&carried(portal, i64::from(browser)).await);
        }
        assert_eq!(office.trust.keys().count(), 2);
        let retired = office.trust.keys().filter(|key| key.retired_at.is_some()).count();
        assert_eq!(retired, 1);
    }
}

#[tokio::test]
async fn new_keys_of_a_destination_come_signed_by_the_old_ones_which_verify_for_some_weeks_more() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        for browser in [1, 2] {
            let (_, number) = file(portal, browser).await;
            confirm(portal, &clerks, &number).await;
        }
        seal(portal).await.unwrap();
        let batch = office.read(&carried(portal, 1).await);
        let first = office.receipt(&batch, "1", &[(0, Outcome::Imported)], portal.clock.now());
        let second = office.receipt(&batch, "2", &[(1, Outcome::Imported)], portal.clock.now());
        let made = DestinationKeys::generate(kenko());
        let change = KeyChange {
            v: 1,
            iss: "kenko".to_owned(),
            aud: office.issuer.clone(),
            at: portal.clock.now(),
            public: made.public(),
        };
        let forged = hand_over::change_destination(portal, &kenko(), &change.sign(&made.signing)).await;
        assert!(matches!(forged, Err(FlowError::HandOver(handover::Error::UnknownKey))));
        hand_over::change_destination(portal, &kenko(), &change.sign(&office.keys.signing)).await.unwrap();
        assert_eq!(take(portal, &first).await.unwrap(), Taken::Now(1), "it was on its way");
        let again = hand_over::change_destination(portal, &kenko(), &change.sign(&office.keys.signing)).await;
        assert!(again.is_err(), "the old key changes nothing any more");
        let before = std::mem::replace(&mut office.keys, made);
        office.keys.remember(before);
        let (_, number) = file(portal, 3).await;
        confirm(portal, &clerks, &number).await;
        seal(portal).await.unwrap();
        let next = office.read(&carried(portal, 2).await);
        let receipt = office.receipt(&next, "3", &[(0, Outcome::Imported)], portal.clock.now());
        assert_eq!(take(portal, &receipt).await.unwrap(), Taken::Now(1));
        portal.clock.advance(28 * DAY);
        match take(portal, &second).await {
            Err(ReceiptError::Refused(error)) => assert_eq!(error.code(), "retired_key"),
            other => panic!("{other:?}"),
        }
        assert!(deeds(portal).await.contains(&"destination_keys_changed".to_owned()));
    }
}

/// A portal that serves the import jobs' plane on a port of its own.
struct Served {
    portal: Arc<Portal>,
    address: String,
}

impl Served {
    fn of(portal: Portal) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let portal = Arc::new(portal);
        let server = web::serve(&portal, vec![listener], &[Plane::Handover]).unwrap();
        tokio::spawn(server);
        Self { portal, address }
    }

    fn token(&self, office: &BackOffice) -> String {
        token::make(&office.keys.signing, &kenko(), &office.issuer, self.portal.clock.now(), rand::random())
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let (address, path) = (self.address.trim_start_matches("http://").to_owned(), path.to_owned());
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        let sent = [head.as_bytes(), body].concat();
        tokio::task::spawn_blocking(move || Answer::read(&address, &sent)).await.unwrap()
    }

    async fn get(&self, office: &BackOffice, path: &str) -> Answer {
        self.ask("GET", path, &[("Authorization", &format!("Bearer {}", self.token(office)))], b"").await
    }
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn read(address: &str, sent: &[u8]) -> Self {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(sent).unwrap();
        let mut all = Vec::new();
        // A server that refuses a body closes before it has read all of it.
        let _ = stream.read_to_end(&mut all);
        let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(all[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_lowercase(), body: all[end + 4..].to_vec() }
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The status, which the problem details repeat.
    fn problem(&self) -> u16 {
        assert!(self.head.contains("content-type: application/problem+json"), "{}", self.head);
        assert_eq!(self.json()["status"], self.status);
        self.status
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_fetches_a_batch_over_http_and_sends_its_receipt() {
    for one in portals().await {
        let served = Served::of(one.portal);
        let portal = &served.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let (_, number) = file(portal, 1).await;
        confirm(portal, &clerks, &number).await;
        seal(portal).await.unwrap();

        let listed = served.get(&office, "/handover/v1/batches?after=0").await;
        assert_eq!(listed.status, 200);
        let batches = listed.json();
        assert_eq!((&batches["batches"][0]["seq"], &batches["batches"][0]["entries"]), (&1.into(), &1.into()));
        assert_eq!(served.get(&office, "/handover/v1/batches?after=1").await.json()["batches"], serde_json::json!([]));

        let mut files = BatchFiles::default();
        for (name, _) in carried(portal, 1).await.iter() {
            let got = served.get(&office, &format!("/handover/v1/batches/1/{name}")).await;
            assert_eq!(got.status, 200, "{name}");
            assert!(got.head.contains(&format!("etag: \"{}\"", handover::sha256_hex(&got.body))), "{}", got.head);
            files.insert(name, got.body).unwrap();
        }
        let manifest = files.get("manifest.jws.json").unwrap();
        assert_eq!(batches["batches"][0]["manifest_sha256"], handover::sha256_hex(manifest));
        let entries = files.get("entries.ndjson.age").unwrap().to_vec();
        let opened = office.read(&files);

        let path = "/handover/v1/batches/1/entries.ndjson.age";
        let bearer = || format!("Bearer {}", served.token(&office));
        let part = served.ask("GET", path, &[("Authorization", &bearer()), ("Range", "bytes=10-19")], b"").await;
        assert_eq!((part.status, part.body.as_slice()), (206, &entries[10..20]));
        assert!(part.head.contains(&format!("content-range: bytes 10-19/{}", entries.len())));
        let far = served.ask("GET", path, &[("Authorization", &bearer()), ("Range", "bytes=99999999-")], b"").await;
        assert_eq!(far.problem(), 416);
        let tag = format!("\"{}\"", handover::sha256_hex(&entries));
        let known = served.ask("GET", path, &[("Authorization", &bearer()), ("If-None-Match", &tag)], b"").await;
        assert_eq!(known.status, 304);

        let receipt = office.receipt(&opened, "1", &[(0, Outcome::Imported)], portal.clock.now());
        let send = async |body: &[u8]| {
            served.ask("POST", "/handover/v1/receipts", &[("Authorization", &bearer())], body).await
        };
        assert_eq!(send(&receipt).await.status, 200);
        assert_eq!(send(&receipt).await.status, 200, "the same again");
        assert_eq!(stage(portal, &number).await, Stage::Imported);
        let other = office.receipt(&opened, "2", &[(0, Outcome::Rejected)], portal.clock.now());
        assert_eq!(send(&other).await.problem(), 409);
        assert_eq!(send(b"{}").await.problem(), 422);
        assert_eq!(send(&vec![b' '; 1024 * 1024 + 1]).await.problem(), 413);
        assert_eq!(served.get(&office, path).await.problem(), 410);
        assert_eq!(served.get(&office, "/handover/v1/batches/1/manifest.jws.json").await.status, 200);
        assert!(deeds(portal).await.contains(&"batch_fetched".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_a_batch_without_a_good_token_and_no_token_counts_twice() {
    for one in portals().await {
        let served = Served::of(one.portal);
        let mut office = BackOffice::of(&served.portal).await;
        let list = "/handover/v1/batches?after=0";
        let with = async |value: &str| served.ask("GET", list, &[("Authorization", value)], b"").await;
        let bare = served.ask("GET", list, &[], b"").await;
        assert_eq!(bare.problem(), 401);
        assert!(bare.head.contains("www-authenticate: bearer"));
        assert_eq!(with("Bearer nonsense").await.problem(), 401);
        assert_eq!(with("Basic a2Vua28=").await.problem(), 401);
        let once = format!("Bearer {}", served.token(&office));
        assert_eq!(with(&once).await.status, 200);
        assert_eq!(with(&once).await.problem(), 401, "it was used");
        let early = token::make(
            &office.keys.signing,
            &kenko(),
            &office.issuer,
            served.portal.clock.now().plus(10 * 60_000_000),
            [1; 16],
        );
        assert_eq!(with(&format!("Bearer {early}")).await.problem(), 401);
        let ours = std::mem::replace(&mut office.keys, DestinationKeys::generate(kenko()));
        assert_eq!(with(&format!("Bearer {}", served.token(&office))).await.problem(), 401, "another key");
        office.keys = ours;
        assert_eq!(served.get(&office, "/handover/v1/batches/1/manifest.jws.json").await.problem(), 404);
        assert_eq!(served.get(&office, "/handover/v1/batches/x/manifest.jws.json").await.problem(), 404);
        assert_eq!(served.get(&office, "/handover/v1/batches?after=x").await.problem(), 400);
        assert_eq!(served.get(&office, "/handover/v1/nothing").await.problem(), 404);
        let jwks = served.ask("GET", "/.well-known/madoguchi-jwks.json", &[], b"").await;
        assert!(
            Trust::pin(
                &jwks.body,
                &handover::fingerprint(office.trust.keys().next().map(|key| &key.jwk).unwrap()),
                served.portal.clock.now()
            )
            .is_ok()
        );
        let announced = served.ask("GET", "/.well-known/madoguchi-keys.jws.json", &[], b"").await;
        assert_eq!(office.trust.learn(&announced.body, &office.issuer).unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_to_wait() {
    let one = portals().await.remove(0);
    let served = Served::of(one.portal);
    // The limit is by the minute and refills all the time, so the loop goes a little beyond it.
    for asked in 0..900 {
        let answer = served.ask("GET", "/handover/v1/batches", &[], b"").await;
        if answer.status == 429 {
            assert_eq!(answer.problem(), 429);
            assert!(answer.head.contains("retry-after: "));
            assert!(asked >= 500, "a job that catches up asks as often");
            return;
        }
        assert_eq!(answer.status, 401);
    }
    panic!("nothing is limited");
}
