//! Pulling from a portal that is away, changes its mind or went back. Invariant: what was not acknowledged is sent again, and
//! a portal that is not the one it was stops everything.

use importer::job::Step;

use crate::support::{Office, entry, now, portal::TestPortal};

fn office_with_portal() -> (Office, TestPortal) {
    let office = Office::new();
    let portal = TestPortal::start(office.keys.public(), now);
    office.configure(&portal.url, "");
    (office, portal)
}

#[tokio::test]
async fn f41_a_receipt_whose_acknowledgement_was_lost_is_sent_again_and_settles_once() {
    let (mut office, portal) = office_with_portal();
    portal.put(office.batch(&[entry(1, &[])], &[]));
    portal.shelf().receipt_status = Some(500);
    let job = office.job().await;
    let away = job.portal().unwrap();
    assert_eq!(job.pull(&away, Step::Sent).await.unwrap_err().code(), "portal");
    portal.shelf().receipt_status = None;
    job.pull(&away, Step::Sent).await.unwrap();
    let counts = job.state().counts().await.unwrap();
    assert_eq!((counts.imported, counts.unacknowledged, counts.refused), (1, 0, 0));
    let imports: Vec<usize> = portal.shelf().imports.values().copied().collect();
    assert_eq!(imports, [1]);
}

#[tokio::test]
async fn a_receipt_that_is_refused_for_good_is_told_of_and_not_sent_for_ever() {
    let (mut office, portal) = office_with_portal();
    portal.put(office.batch(&[entry(1, &[])], &[]));
    portal.shelf().receipt_status = Some(409);
    let job = office.job().await;
    assert_eq!(job.pull(&job.portal().unwrap(), Step::Sent).await.unwrap_err().code(), "receipts_refused");
    assert_eq!(job.state().counts().await.unwrap().refused, 1);
    assert!(job.pull(&job.portal().unwrap(), Step::Sent).await.is_ok());
}

#[tokio::test]
async fn a_portal_whose_numbers_went_back_stops_everything() {
    let (mut office, portal) = office_with_portal();
    portal.put(office.batch(&[entry(1, &[])], &[]));
    portal.put(office.batch(&[entry(2, &[])], &[]));
    let job = office.job().await;
    job.pull(&job.portal().unwrap(), Step::Sent).await.unwrap();
    let forgotten = portal.shelf().batches.remove(&2).unwrap();
    assert_eq!(job.pull(&job.portal().unwrap(), Step::Sent).await.unwrap_err().code(), "went_back");
    portal.put(forgotten);
    assert!(job.pull(&job.portal().unwrap(), Step::Sent).await.is_ok());
    portal.put(office.sealed(2, &[entry(3, &[])], &[]));
    assert_eq!(job.pull(&job.portal().unwrap(), Step::Sent).await.unwrap_err().code(), "went_back");
}

#[tokio::test]
async fn a_portal_that_is_away_changes_nothing() {
    let office = Office::new();
    office.configure("http://127.0.0.1:9", "");
    let job = office.job().await;
    assert_eq!(job.pull(&job.portal().unwrap(), Step::Sent).await.unwrap_err().code(), "portal");
    assert_eq!(job.state().counts().await.unwrap().last_seq, 0);
}

#[tokio::test]
async fn f40_receipts_that_are_carried_twice_and_in_another_order_settle_each_entry_once() {
    let (mut office, portal) = office_with_portal();
    let batches: Vec<_> =
        (1..=3).map(|number| office.batch(&[entry(number * 2, &[]), entry(number * 2 + 1, &[])], &[])).collect();
    let job = office.job().await;
    for batch in batches {
        job.file(&batch.files, Step::Signed).await.unwrap();
        portal.put(batch);
    }
    job.carry_receipts(&office.path("carried")).await.unwrap();
    let mut carried: Vec<_> =
        std::fs::read_dir(office.path("carried")).unwrap().map(|file| file.unwrap().path()).collect();
    carried.sort();
    carried.reverse();
    let sender = job.portal().unwrap();
    for path in carried.iter().chain(&carried) {
        assert_eq!(sender.send_receipt(&std::fs::read(path).unwrap()).unwrap(), 200);
    }
    // Nor does it hurt that the next run sends them once more.
    job.send_receipts(&sender).await.unwrap();
    let shelf = portal.shelf();
    assert_eq!(shelf.imports.len(), 6);
    assert!(shelf.imports.values().all(|times| *times == 1));
    assert_eq!(shelf.conflicts, 0);
}
