#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「写真・書類」 Photos and files: kept with the draft, sent with the case, scanned, erased with the key.

use std::{net::TcpListener, sync::atomic::Ordering};

use crate::support::{
    clamd::{Clamd, eicar},
    filing::{file, fill_in},
    papers::{add, begin, browser, digest, document, filed_with, kind, of_draft, photo},
    portal::{letter, notification, portals},
    review::{done, head},
    staff::at_work,
};
use intake::{
    access::{Roles, permit_owner},
    case::CorrectionRequest,
    identity::Method,
    ids::{AccountId, PaperId, ReceiptNumber},
    time::{DAY, HOUR},
};
use server::{
    flows::{
        FlowError,
        correction::{self, Resubmitted},
        decide::Order,
        draft::{self, Typist},
        filings,
        paper::{self, Appended, Begun, Finished, PIECE, Whose},
        paper_scan::{open_for_staff, scan_due},
        staff_case, submit,
    },
    picture::Refusal,
    portal::Portal,
    scan::Scanner,
    store::{
        AuditEntry, Record, audit,
        audit::{Actor, Deed, Subject},
        case,
        draft::DraftOwner,
        paper::{self as store, Paper, PaperOwner, PaperState},
    },
    worker,
};

async fn list(portal: &Portal, whose: &Whose) -> Vec<Paper> {
    paper::list(portal, whose).await.unwrap().papers
}

/// What lies in the two tables.
async fn rows(portal: &Portal, owner: PaperOwner) -> (usize, usize) {
    let mut tx = portal.database.read().await.unwrap();
    let papers = store::all_of(&mut tx, owner).await.unwrap();
    let mut pieces = 0;
    for paper in &papers {
        pieces += store::pieces(&mut tx, paper.paper_id).await.unwrap().len();
    }
    (papers.len(), pieces)
}

async fn deeds(portal: &Portal) -> Vec<(String, String)> {
    let mut tx = portal.database.read().await.unwrap();
    audit::verify(&mut tx).await.unwrap();
    let entries = audit::after(&mut tx, 0, 1_000).await.unwrap();
    entries.into_iter().filter(|one| one.deed.starts_with("paper")).map(|one| (one.deed, one.outcome)).collect()
}

async fn sent(portal: &Portal, account: AccountId, number: &ReceiptNumber) -> Vec<Paper> {
    let case = head(portal, number).await;
    let permit = permit_owner(account, case.account_id, case.case_id).unwrap();
    store::sent_of_case(&mut portal.database.read().await.unwrap(), &permit).await.unwrap()
}

#[tokio::test]
async fn papers_go_with_the_filing_are_scanned_opened_by_staff_and_erased_with_the_key() {
    for mut one in portals().await {
        let clamd = Clamd::start();
        one.portal.config.scanner = Scanner::Tcp(clamd.address);
        let portal = &one.portal;
        let (account, number) = filed_with(portal, 9, &[photo(1), document(b"1 0 obj"), document(&eicar())]).await;
        assert_eq!(filings::view(portal, account, &number).await.unwrap().papers, 3);
        let clerk = at_work(portal, "clerk1", "person1", Roles::CLERK).await.staff;
        let ids: Vec<PaperId> = sent(portal, account, &number).await.iter().map(|paper| paper.paper_id).collect();

        // What waits for its scan nobody opens.
        for id in &ids {
            assert!(matches!(open_for_staff(portal, &clerk, &number, *id).await, Err(FlowError::NotFound)));
        }
        assert_eq!(scan_due(portal).await.unwrap(), 3);
        assert_eq!(clamd.scanned.load(Ordering::SeqCst), 3);
        let states: Vec<PaperState> = sent(portal, account, &number).await.iter().map(|paper| paper.state).collect();
        assert_eq!(states, [PaperState::Clean, PaperState::Clean, PaperState::Quarantined]);

        let picture = open_for_staff(portal, &clerk, &number, ids[0]).await.unwrap();
        assert_eq!((picture.media_type.as_str(), picture.number), ("image/jpeg", 1));
        assert_eq!(image::load_from_memory(&picture.bytes).unwrap().width(), 640);
        assert_eq!(open_for_staff(portal, &clerk, &number, ids[1]).await.unwrap().bytes, document(b"1 0 obj"));
        assert!(open_for_staff(portal, &clerk, &number, ids[2]).await.is_err(), "what is quarantined stays shut");
        // A role without the right finds nothing, also not whether there is one.
        let auditor = at_work(portal, "auditor", "person2", Roles::AUDITOR).await.staff;
        assert!(matches!(open_for_staff(portal, &auditor, &number, ids[0]).await, Err(FlowError::NotFound)));

        let opened = deeds(portal).await.into_iter().filter(|(deed, _)| deed == "paper_opened");
        let outcomes: Vec<String> = opened.map(|(_, outcome)| outcome).collect();
        assert_eq!(outcomes, ["refused", "refused", "refused", "done", "done", "refused", "refused"]);

        let case = head(portal, &number).await.case_id;
        assert_eq!(rows(portal, PaperOwner::Case(case)).await.0, 3);
        let mut tx = portal.database.write().await.unwrap();
        case::erase_content(&mut tx, case, portal.clock.now()).await.unwrap();
        let entry = AuditEntry::done(portal.clock.now(), Actor::Portal, Deed::ContentErased);
        tx.commit(Record::Deed(entry.on(Subject::Case(case)))).await.unwrap();
        assert_eq!(rows(portal, PaperOwner::Case(case)).await, (0, 0));
        assert!(open_for_staff(portal, &clerk, &number, ids[0]).await.is_err());
    }
}

#[tokio::test]
async fn while_the_scanner_is_down_parents_go_on_papers_wait_and_staff_open_none() {
    for mut one in portals().await {
        // A port that nobody listens on until later.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        one.portal.config.scanner = Scanner::Tcp(address);
        let portal = &one.portal;
        let (account, number) = filed_with(portal, 9, &[photo(1)]).await;
        assert_eq!(scan_due(portal).await.unwrap(), 0);
        assert_eq!(scan_due(portal).await.unwrap(), 0, "it is not asked again at once");
        let paper = sent(portal, account, &number).await.remove(0);
        assert_eq!(paper.state, PaperState::Pending);
        let clerk = at_work(portal, "clerk1", "person1", Roles::CLERK).await.staff;
        assert!(open_for_staff(portal, &clerk, &number, paper.paper_id).await.is_err());
        let shown = staff_case::view(portal, &clerk, &number).await.unwrap();
        assert_eq!(shown.papers.iter().map(|(_, can)| *can).collect::<Vec<_>>(), [false]);

        let clamd = Clamd::on(TcpListener::bind(address).unwrap());
        assert_eq!(scan_due(portal).await.unwrap(), 0, "its turn has not come");
        portal.clock.advance(HOUR);
        assert_eq!(scan_due(portal).await.unwrap(), 1);
        assert_eq!(clamd.scanned.load(Ordering::SeqCst), 1);
        assert!(open_for_staff(portal, &clerk, &number, paper.paper_id).await.is_ok());
    }
}

#[tokio::test]
async fn without_a_scanner_by_name_papers_open_unscanned() {
    for one in portals().await {
        let (account, number) = filed_with(&one.portal, 9, &[photo(1)]).await;
        assert_eq!(scan_due(&one.portal).await.unwrap(), 0);
        let paper = sent(&one.portal, account, &number).await.remove(0);
        let nurse = at_work(&one.portal, "nurse1", "person1", Roles::NURSE).await.staff;
        assert!(open_for_staff(&one.portal, &nurse, &number, paper.paper_id).await.is_ok());
    }
}

#[tokio::test]
async fn an_upload_that_is_cut_goes_on_where_it_stood_and_the_same_file_is_there_once() {
    for one in portals().await {
        let (portal, whose) = (&one.portal, of_draft(browser(1)));
        fill_in(portal, &browser(1)).await;
        let file = document(&vec![b'x'; 3 * PIECE]);
        let Begun::From(id, 0) = begin(portal, &whose, &file).await else { panic!("it does not begin") };
        paper::append(portal, &whose, id, 0, &file[..PIECE]).await.unwrap();
        // The same piece again, one from further on, and an end that is none.
        let again = paper::append(portal, &whose, id, 0, &file[..PIECE]).await.unwrap();
        assert_eq!(again, Appended::Elsewhere(PIECE as i64));
        assert_eq!(
            paper::append(portal, &whose, id, 2 * PIECE as i64, b"x").await.unwrap(),
            Appended::Elsewhere(PIECE as i64)
        );
        assert_eq!(paper::finish(portal, &whose, id, false).await.unwrap(), Finished::Missing(PIECE as i64));
        // The page was opened anew and the file chosen again.
        assert_eq!(begin(portal, &whose, &file).await, Begun::From(id, PIECE as i64));
        assert_eq!(add(portal, &whose, &file).await, Finished::Kept(id));
        assert_eq!(add(portal, &whose, &file).await, Finished::Kept(id), "no second copy");
        assert_eq!(list(portal, &whose).await.len(), 1);
        // Without script nobody knows the digest before the end.
        let begun = paper::begin(portal, &whose, &kind(), None, None).await.unwrap();
        let Begun::From(other, 0) = begun else { panic!("{begun:?}") };
        for (place, piece) in file.chunks(PIECE).enumerate() {
            paper::append(portal, &whose, other, (place * PIECE) as i64, piece).await.unwrap();
        }
        assert_eq!(paper::finish(portal, &whose, other, true).await.unwrap(), Finished::Kept(id));
        assert_eq!(list(portal, &whose).await.len(), 1);
        // Cut off without script: the next try takes the place of what cannot be gone on with, however often.
        for _ in 0..5 {
            let begun = paper::begin(portal, &whose, &kind(), None, None).await.unwrap();
            let Begun::From(half, 0) = begun else { panic!("{begun:?}") };
            paper::append(portal, &whose, half, 0, &file[..PIECE]).await.unwrap();
            assert_eq!(list(portal, &whose).await.len(), 2);
        }

        // Another file than the one that was said.
        let Begun::From(liar, 0) = begin(portal, &whose, &document(b"said")).await else { panic!() };
        let sent = document(b"sent");
        paper::append(portal, &whose, liar, 0, &sent).await.unwrap();
        assert_eq!(paper::finish(portal, &whose, liar, false).await.unwrap(), Finished::Refused(Refusal::Broken));
        assert_eq!(list(portal, &whose).await.len(), 2);
    }
}

#[tokio::test]
async fn what_is_broken_off_is_swept_and_what_is_removed_or_discarded_leaves_no_piece() {
    for one in portals().await {
        let (portal, whose) = (&one.portal, of_draft(browser(1)));
        fill_in(portal, &browser(1)).await;
        let draft = draft::load(portal, &browser(1), &notification()).await.unwrap().unwrap().id;
        let owner = PaperOwner::Draft(draft);
        let Begun::From(id, 0) = begin(portal, &whose, &photo(1)).await else { panic!() };
        paper::append(portal, &whose, id, 0, &photo(1)[..1000]).await.unwrap();
        let Finished::Kept(kept) = add(portal, &whose, &photo(2)).await else { panic!() };
        worker::sweep(portal).await.unwrap();
        assert_eq!(rows(portal, owner).await.0, 2, "it can still be gone on with");
        portal.clock.advance(DAY + 1);
        worker::sweep(portal).await.unwrap();
        assert_eq!(list(portal, &whose).await.iter().map(|paper| paper.paper_id).collect::<Vec<_>>(), [kept]);
        paper::remove(portal, &whose, kept).await.unwrap();
        paper::remove(portal, &whose, kept).await.unwrap();
        assert_eq!(rows(portal, owner).await, (0, 0));
        add(portal, &whose, &photo(3)).await;
        draft::discard(portal, &browser(1), &notification()).await.unwrap();
        assert_eq!(rows(portal, owner).await, (0, 0));
        let names: Vec<String> = deeds(portal).await.into_iter().map(|(deed, _)| deed).collect();
        assert_eq!(names, ["paper_added", "paper_removed", "paper_added"]);
    }
}

#[tokio::test]
async fn number_and_bytes_are_limited_and_nobody_touches_anothers_papers() {
    for one in portals().await {
        let (portal, whose) = (&one.portal, of_draft(browser(1)));
        fill_in(portal, &browser(1)).await;
        for shade in 1..=3 {
            assert!(matches!(add(portal, &whose, &photo(shade)).await, Finished::Kept(_)));
        }
        assert_eq!(begin(portal, &whose, &photo(4)).await, Begun::Refused(Refusal::TooMany));
        for (bytes, refusal) in [(0, Refusal::Empty), (7 * 1024 * 1024, Refusal::TooLong)] {
            let begun = paper::begin(portal, &whose, &kind(), Some(bytes), Some(&[7; 32])).await.unwrap();
            assert_eq!(begun, Begun::Refused(refusal));
        }
        let id = list(portal, &whose).await[0].paper_id;
        // A kind that is not asked for with these answers, and one that there is not.
        for other in ["authority", "selfie"] {
            let begun = paper::begin(portal, &whose, &other.parse().unwrap(), Some(9), None).await;
            assert!(matches!(begun, Err(FlowError::NotFound)), "{other}");
        }
        let stranger = of_draft(browser(2));
        fill_in(portal, &browser(2)).await;
        assert!(matches!(paper::append(portal, &stranger, id, 0, b"x").await, Err(FlowError::NotFound)));
        assert!(matches!(paper::finish(portal, &stranger, id, true).await, Err(FlowError::NotFound)));
        paper::remove(portal, &stranger, id).await.unwrap();
        assert_eq!(list(portal, &whose).await.len(), 3);
    }
}

#[tokio::test]
async fn what_is_kept_is_sealed() {
    for one in portals().await {
        let (portal, whose) = (&one.portal, of_draft(browser(1)));
        fill_in(portal, &browser(1)).await;
        let file = document(b"marked content");
        add(portal, &whose, &file).await;
        let paper = list(portal, &whose).await.remove(0);
        let pieces = store::pieces(&mut portal.database.read().await.unwrap(), paper.paper_id).await.unwrap();
        assert!(pieces.iter().all(|(_, sealed)| !sealed.windows(6).any(|window| window == b"marked")));
        assert_ne!(paper.content_mac.unwrap(), digest(&file), "a digest alone would tell who has a certain file");
    }
}

#[tokio::test]
async fn papers_of_a_browser_become_the_parents_when_she_signs_in_beside_a_draft_of_hers() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, _) = file(portal, 1).await;
        let hers = Typist { owner: DraftOwner::Account(account), session: [1; 32] };
        fill_in(portal, &hers).await;
        add(portal, &of_draft(hers), &photo(1)).await;
        fill_in(portal, &browser(1)).await;
        add(portal, &of_draft(browser(1)), &photo(1)).await;
        add(portal, &of_draft(browser(1)), &photo(2)).await;
        portal.clock.advance(1_000_000);
        // The same address signs in on this browser again.
        let mail = "parent1@example.jp";
        server::flows::sign_in::ask_for_code(portal, [1; 32], mail, "ja", letter).await.unwrap();
        let (_, code) = crate::support::portal::newest_mail(portal).await.unwrap();
        server::flows::sign_in::enter_code(portal, [1; 32], &code, "ja").await.unwrap();
        let papers = list(portal, &of_draft(hers)).await;
        assert_eq!(papers.len(), 2, "the same photo once, the other one too");
        // Their keys open with the key of the draft that they are in now.
        let Finished::Kept(_) = add(portal, &of_draft(hers), &photo(3)).await else { panic!() };
        let draft = draft::load(portal, &hers, &notification()).await.unwrap().unwrap().id;
        let sender = submit::Sender {
            account,
            method: Method::EmailCode,
            signed_in_at: portal.clock.now(),
            session: [1; 32],
            language: "ja",
        };
        let sent_now = submit::submit(portal, &sender, &notification(), draft, |_: &str| letter("x")).await.unwrap();
        let submit::Submitted::Receipt(number) = sent_now else { panic!() };
        let nurse = at_work(portal, "nurse1", "person1", Roles::NURSE).await.staff;
        for paper in sent(portal, account, &number).await {
            assert!(open_for_staff(portal, &nurse, &number, paper.paper_id).await.is_ok());
        }
    }
}

#[tokio::test]
async fn a_correction_takes_the_papers_that_it_asks_for_and_sends_them_with_its_revision() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, number) = filed_with(portal, 9, &[photo(1)]).await;
        let clerk = at_work(portal, "clerk1", "person1", Roles::CLERK).await.staff;
        done(portal, &clerk, &number, Order::Claim).await;
        let answer_by = portal.clock.now().date_in_japan().plus_days(7);
        let fields = vec![(kind(), "予定日が読める写真をお願いします。".to_owned())];
        done(portal, &clerk, &number, Order::SendBack(CorrectionRequest { fields, answer_by })).await;

        let whose = Whose::Correction(account, number.clone());
        assert!(list(portal, &whose).await.is_empty(), "what was sent stays out of it");
        let asked = correction::view(portal, account, &number).await.unwrap();
        assert!(asked.fields.is_empty());
        add(portal, &whose, &photo(2)).await;
        let Finished::Kept(unwanted) = add(portal, &whose, &photo(3)).await else { panic!() };
        paper::remove(portal, &whose, unwanted).await.unwrap();
        assert_eq!(sent(portal, account, &number).await.len(), 1, "staff see it once it is sent");
        let first = sent(portal, account, &number).await[0].paper_id;
        paper::remove(portal, &whose, first).await.unwrap();
        let stranger = Whose::Correction(AccountId::from_random([3; 16]), number.clone());
        assert!(matches!(paper::list(portal, &stranger).await, Err(FlowError::NotFound)));

        let done = correction::resubmit(portal, account, &number, asked.version, &[]).await.unwrap();
        assert!(matches!(done, Resubmitted::Sent));
        let revs: Vec<Option<i64>> = sent(portal, account, &number).await.iter().map(|paper| paper.sent_rev).collect();
        assert_eq!(revs, [Some(1), Some(2)]);
        assert!(matches!(paper::list(portal, &whose).await, Err(FlowError::Changed(_))));
    }
}
