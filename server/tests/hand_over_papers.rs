#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「写真・書類」 Papers in batches: what the scanner has passed, each once, as many as fit, gone when the batch is settled.

use handover::{MOST_BYTES, OpenedBatch, Outcome, open_attachment, sha256_hex};
use intake::{
    access::{Roles, permit_owner},
    case::Stage,
    ids::{AccountId, CaseId, PaperId, ReceiptNumber},
    time::{DAY, HOUR},
};
use server::{
    flows::{
        FlowError,
        decide::Order,
        import_job,
        paper_scan::{open_for_staff, scan_due},
        ready::PAPERS_WAIT,
    },
    portal::Portal,
    scan::Scanner,
    store::{
        Record, Upkeep, case_content,
        paper::{self, Arrived, NewPaper, Paper, PaperOwner, PaperState},
    },
    worker,
};

use crate::support::{
    back_office::{BackOffice, carried, deeds, kenko, seal, stage, take},
    clamd::{Clamd, eicar},
    papers::{document, filed_with, kind, photo},
    portal::portals,
    review::{accept, confirm, done, head, two_clerks},
    staff::at_work,
};

async fn sent(portal: &Portal, account: AccountId, number: &ReceiptNumber) -> Vec<Paper> {
    let case = head(portal, number).await;
    let permit = permit_owner(account, case.account_id, case.case_id).unwrap();
    paper::sent_of_case(&mut portal.database.read().await.unwrap(), &permit).await.unwrap()
}

/// The names of the papers' files in a batch.
fn names(batch: &OpenedBatch) -> Vec<&str> {
    let files = batch.manifest.files.iter().map(|file| file.name.as_str());
    files.filter(|name| name.starts_with("attachment-")).collect()
}

async fn blocked(portal: &Portal) -> Vec<String> {
    let staff = at_work(portal, &format!("look-{}", portal.clock.now().micros()), "person-x", Roles::NURSE).await.staff;
    let found = server::flows::reconciliation::view(portal, &staff).await.unwrap();
    found.lines.iter().filter_map(|line| line.difference.reason().map(str::to_owned)).collect()
}

#[tokio::test]
async fn papers_travel_with_their_entry_byte_for_byte_and_go_when_it_is_settled() {
    for mut one in portals().await {
        let clamd = Clamd::start();
        one.portal.config.scanner = Scanner::Tcp(clamd.address);
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let (account, number) = filed_with(portal, 9, &[photo(1), document(b"1 0 obj"), document(&eicar())]).await;
        scan_due(portal).await.unwrap();
        confirm(portal, &clerks, &number).await;
        let sealed = seal(portal).await.unwrap();
        assert_eq!((sealed.entries, sealed.papers), (1, 2), "what the scanner found something in stays here");

        let files = carried(portal, 1).await;
        let batch = office.read(&files);
        let entry = &batch.entries[0].entry;
        assert_eq!(names(&batch).len(), 2);
        let papers = sent(portal, account, &number).await;
        for (attachment, kept) in entry.attachments.iter().zip(&papers) {
            let plain = open_attachment(&files, &attachment.sha256, &office.keys).unwrap();
            let shown = open_for_staff(portal, &clerks[0], &number, kept.paper_id).await.unwrap();
            assert_eq!(plain.as_slice(), shown.bytes, "staff have seen the very same");
            assert_eq!(
                (attachment.media_type.as_str(), attachment.bytes),
                (shown.media_type.as_str(), plain.len() as u64)
            );
            assert!(!attachment.label.is_empty());
        }
        for (name, content) in files.iter() {
            assert!(!content.windows(7).any(|window| window == b"1 0 obj"), "{name} can be read");
        }

        let receipt = office.receipt(&batch, "1", &[(0, Outcome::Imported)], portal.clock.now());
        take(portal, &receipt).await.unwrap();
        let name = names(&batch)[0];
        let gone = import_job::file(portal, &kenko(), 1, name).await.unwrap();
        assert!(matches!(gone, import_job::File::Gone));
        assert!(matches!(import_job::carried(portal, &kenko(), 1).await, Err(FlowError::NotFound)));

        // A correction is a whole entry again, with its papers.
        done(portal, &clerks[0], &number, Order::Correct).await;
        accept(portal, &clerks, &number).await;
        seal(portal).await.unwrap();
        let again = office.read(&carried(portal, 2).await);
        assert_eq!((again.entries[0].entry.rev, names(&again).len()), (2, 2));
    }
}

#[tokio::test]
async fn a_paper_that_waits_for_its_scan_holds_back_its_case_for_a_day_and_no_batch() {
    for mut one in portals().await {
        // Nobody answers there.
        one.portal.config.scanner = Scanner::Tcp("127.0.0.1:9".parse().unwrap());
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let (_, waiting) = filed_with(portal, 9, &[photo(1)]).await;
        let (_, other) = filed_with(portal, 8, &[]).await;
        confirm(portal, &clerks, &waiting).await;
        confirm(portal, &clerks, &other).await;
        let sealed = seal(portal).await.unwrap();
        assert_eq!((sealed.entries, sealed.papers), (1, 0));
        assert_eq!((stage(portal, &waiting).await, stage(portal, &other).await), (Stage::Confirmed, Stage::HandedOver));
        assert_eq!(blocked(portal).await, ["papers_wait"]);
        portal.clock.advance(PAPERS_WAIT - HOUR);
        assert_eq!(seal(portal).await, None);
        portal.clock.advance(HOUR);
        assert_eq!(seal(portal).await.map(|sealed| (sealed.entries, sealed.papers)), Some((1, 0)));
        office.read(&carried(portal, 1).await);
        assert!(office.read(&carried(portal, 2).await).entries[0].entry.attachments.is_empty());
        let staff = at_work(portal, "looking", "person-y", Roles::CLERK).await.staff;
        let lines = server::flows::reconciliation::view(portal, &staff).await.unwrap().lines;
        let left_out = lines.iter().filter(|line| line.difference.as_str() == "papers_left_out");
        assert_eq!(left_out.map(|line| &line.number).collect::<Vec<_>>(), [&waiting], "it is said");
    }
}

#[tokio::test]
async fn the_same_paper_of_two_entries_is_one_file() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        for browser in [8, 9] {
            let (_, number) = filed_with(portal, browser, &[document(b"the same")]).await;
            confirm(portal, &clerks, &number).await;
        }
        assert_eq!(seal(portal).await.map(|sealed| (sealed.entries, sealed.papers)), Some((2, 1)));
        let files = carried(portal, 1).await;
        let batch = office.read(&files);
        assert_eq!(names(&batch).len(), 1);
        let digests: Vec<&str> = batch.entries.iter().map(|one| one.entry.attachments[0].sha256.as_str()).collect();
        let digest = sha256_hex(&document(b"the same"));
        assert_eq!(digests, [digest.as_str(); 2]);
    }
}

#[tokio::test]
async fn what_does_not_fit_waits_for_the_next_batch() {
    // Seventy megabytes are sealed, sent, opened and sealed again: on one database, for it is slow without optimisation.
    for one in portals().await.into_iter().take(1) {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        // Six times three files of some four megabytes: more than 64 MiB.
        let mut numbers = Vec::new();
        for browser in 1..=6_u8 {
            let files: Vec<Vec<u8>> = (0..3).map(|file| document(&vec![browser * 3 + file; 4_000_000])).collect();
            let (_, number) = filed_with(portal, browser, &files).await;
            confirm(portal, &clerks, &number).await;
            numbers.push(number);
        }
        let mut entries = 0;
        for seq in 1..=2 {
            let sealed = seal(portal).await.unwrap();
            entries += sealed.entries;
            let files = carried(portal, seq).await;
            assert!(files.bytes() <= MOST_BYTES);
            assert_eq!(office.read(&files).entries.len(), sealed.entries);
        }
        assert_eq!((entries, seal(portal).await), (6, None), "each once");
    }
}

/// A paper that says that it is as long as this: of the right key, and without content.
async fn vast_paper(portal: &Portal, number: &ReceiptNumber, bytes: i64) -> CaseId {
    let case = head(portal, number).await;
    let permit = permit_owner(case.account_id.unwrap(), case.account_id, case.case_id).unwrap();
    let mut tx = portal.database.write().await.unwrap();
    let content = case_content::of_case(&mut tx, &permit).await.unwrap().unwrap();
    let owner = portal.seal.unwrap_key(&content.wrapped_key).unwrap();
    let (paper_id, (key, _)) = (PaperId::from_random([7; 16]), portal.seal.new_data_key());
    let at = portal.clock.now();
    let new = NewPaper {
        paper_id,
        owner: PaperOwner::Case(case.case_id),
        kind: &kind(),
        key_sealed: &owner.seal_key(&paper::key_place(paper_id), &key),
        content_mac: None,
        bytes,
        at,
    };
    paper::insert(&mut tx, &new).await.unwrap();
    let digest = key.seal(&paper::digest_place(paper_id), "0".repeat(64).as_bytes());
    let media_type = "application/pdf";
    let arrived = Arrived { media_type, bytes, content_mac: &[1; 32], sha256_sealed: &digest, pieces: &[], at };
    assert!(paper::complete(&mut tx, paper_id, &arrived).await.unwrap());
    assert!(paper::scanned(&mut tx, paper_id, PaperState::Clean).await.unwrap());
    paper::send_with(&mut tx, case.case_id, 1).await.unwrap();
    tx.commit(Record::Upkeep(Upkeep::PaperPieceKept)).await.unwrap();
    case.case_id
}

#[tokio::test]
async fn a_case_that_can_never_fit_and_one_whose_paper_is_broken_are_said_and_hold_up_no_other() {
    for one in portals().await {
        let portal = &one.portal;
        BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        for (browser, bytes, reason) in [(1, 64 * 1024 * 1024, "too_large"), (3, 1_000, "refused")] {
            let (_, never) = filed_with(portal, browser, &[]).await;
            let (_, other) = filed_with(portal, browser + 1, &[]).await;
            confirm(portal, &clerks, &never).await;
            confirm(portal, &clerks, &other).await;
            vast_paper(portal, &never, bytes).await;
            assert_eq!(worker::seal_confirmed(portal).await.unwrap(), 1);
            assert_eq!(
                (stage(portal, &never).await, stage(portal, &other).await),
                (Stage::Confirmed, Stage::HandedOver)
            );
            assert_eq!(blocked(portal).await.last().map(String::as_str), Some(reason));
            portal.clock.advance(DAY);
            let mut tx = portal.database.write().await.unwrap();
            paper::delete(&mut tx, PaperId::from_random([7; 16])).await.unwrap();
            tx.commit(Record::Upkeep(Upkeep::PaperPieceKept)).await.unwrap();
            assert_eq!(worker::seal_confirmed(portal).await.unwrap(), 1, "mended, it goes by itself");
        }
        assert!(deeds(portal).await.contains(&"batch_sealed".to_owned()));
    }
}
