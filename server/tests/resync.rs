#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「再同期」 A portal that was put back from a backup: it seals nothing, until two people bring the back office's note.

use handover::{
    Algorithm, AuditHead, EntryResult, Manifest, Outcome, ReadBatch, ResyncNote, SigningKey,
    manifest::{BATCH_TYPE, ManifestEntry, NO_PREVIOUS},
    sha256_hex,
};
use intake::{case::Stage, ids::ReceiptNumber, time::Instant};
use server::{
    flows::{
        FlowError, hand_over,
        resync::{ResyncError, Resynced, resync, stop_after_restore},
    },
    portal::Portal,
};

use crate::support::{
    back_office::{BackOffice, carried, deeds, kenko, seal, settled, stage, take},
    filing::file,
    portal::{notification, portals},
    review::{confirm, two_clerks},
};

/// A batch as the portal sealed it before the restore, of which it knows nothing now.
fn lost_batch(office: &BackOffice, numbers: &[ReceiptNumber], at: Instant) -> (Vec<u8>, Manifest) {
    let entry =
        |id: &ReceiptNumber| ManifestEntry { id: id.clone(), rev: 1, kind: notification(), sha256: "0".repeat(64) };
    let manifest = Manifest {
        v: 1,
        iss: office.issuer.clone(),
        aud: "kenko".to_owned(),
        seq: 1,
        prev: NO_PREVIOUS.to_owned(),
        created_at: at.whole_seconds(),
        files: Vec::new(),
        entries: numbers.iter().map(entry).collect(),
        withdrawn: Vec::new(),
        audit: AuditHead { size: 1, root: "0".repeat(64) },
    };
    // The key that signed it may be lost as well.
    let key = SigningKey::generate(Algorithm::Es256);
    (key.sign(BATCH_TYPE, &serde_json::to_vec(&manifest).unwrap()), manifest)
}

fn note(office: &BackOffice, batches: Vec<ReadBatch>, at: Instant) -> Vec<u8> {
    let last_seq = office.chain.last();
    let note = ResyncNote {
        v: 1,
        iss: "kenko".to_owned(),
        aud: office.issuer.clone(),
        at,
        last_seq,
        last_manifest_sha256: office.chain.manifests.get(&last_seq).cloned().unwrap_or_default(),
        batches,
    };
    note.sign(&office.keys.signing)
}

async fn bring(portal: &Portal, note: &[u8], user: &str) -> Result<Resynced, ResyncError> {
    resync(portal, &kenko(), note, user, settled).await
}

#[tokio::test]
async fn after_a_restore_nothing_is_sealed_until_two_people_bring_the_note_and_nothing_goes_twice() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let (_, first) = file(portal, 1).await;
        confirm(portal, &clerks, &first).await;
        seal(portal).await.unwrap();
        let read = office.read(&carried(portal, 1).await);
        take(portal, &office.receipt(&read, "1", &[(0, Outcome::Imported)], portal.clock.now())).await.unwrap();

        assert_eq!(stop_after_restore(portal).await.unwrap(), 1);
        let (_, second) = file(portal, 2).await;
        confirm(portal, &clerks, &second).await;
        assert!(matches!(hand_over::seal_batch(portal, &kenko()).await, Err(FlowError::Stopped)));
        assert_eq!(server::worker::seal_confirmed(portal).await.unwrap(), 0);

        let note = note(&office, Vec::new(), portal.clock.now());
        assert!(matches!(bring(portal, &note, "nobody").await, Err(ResyncError::NoStaff)));
        assert_eq!(bring(portal, &note, "accepting").await.unwrap(), Resynced::Proposed);
        assert!(matches!(bring(portal, &note, "accepting").await, Err(ResyncError::SamePerson)));
        let mut altered = note.clone();
        altered[60] ^= 1;
        assert!(matches!(bring(portal, &altered, "confirming").await, Err(ResyncError::Note(_))));
        assert!(matches!(hand_over::seal_batch(portal, &kenko()).await, Err(FlowError::Stopped)));
        assert_eq!(bring(portal, &note, "confirming").await.unwrap(), Resynced::Done { batches: 0, lost: Vec::new() });
        assert_eq!(seal(portal).await.map(|sealed| sealed.seq), Some(2));
        office.read(&carried(portal, 2).await);
        let deeds = deeds(portal).await;
        for deed in ["handover_stopped", "resync_proposed", "resync_done"] {
            assert_eq!(deeds.iter().filter(|one| *one == deed).count(), 1, "{deed}");
        }
    }
}

#[tokio::test]
async fn a_batch_that_the_portal_has_lost_is_put_back_with_its_results_and_nothing_goes_twice() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let mut numbers: Vec<ReceiptNumber> = Vec::new();
        for browser in 1..=4 {
            let (_, number) = file(portal, browser).await;
            // The last one is not decided on in the backup, and the back office has it all the same.
            if browser < 4 {
                confirm(portal, &clerks, &number).await;
            }
            numbers.push(number);
        }
        let never = ReceiptNumber::from_random([3; 9]);
        let listed = [numbers[0].clone(), numbers[1].clone(), numbers[3].clone(), never.clone()];
        let (document, manifest) = lost_batch(&office, &listed, portal.clock.now());
        office.chain.push(1, &sha256_hex(&document), manifest.created_at);
        let imported = EntryResult {
            id: numbers[0].clone(),
            rev: 1,
            result: Outcome::Imported,
            reason: None,
            at: portal.clock.now(),
            recorded: None,
        };
        stop_after_restore(portal).await.unwrap();
        let note = note(&office, vec![ReadBatch::new(&document, vec![imported])], portal.clock.now());
        bring(portal, &note, "accepting").await.unwrap();
        let done = bring(portal, &note, "confirming").await.unwrap();
        assert_eq!(done, Resynced::Done { batches: 1, lost: vec![never] });
        let stages = [stage(portal, &numbers[0]).await, stage(portal, &numbers[1]).await];
        assert_eq!(stages, [Stage::Imported, Stage::HandedOver]);
        assert_eq!(seal(portal).await.map(|sealed| (sealed.seq, sealed.entries)), Some((2, 1)), "only the third one");
        let next = office.read(&carried(portal, 2).await);
        assert_eq!(next.entries[0].entry.id, numbers[2]);
        confirm(portal, &clerks, &numbers[3]).await;
        assert_eq!(seal(portal).await.map(|sealed| sealed.entries), Some(1));
        let again = office.read(&carried(portal, 3).await);
        assert_eq!((&again.entries[0].entry.id, again.entries[0].entry.rev), (&numbers[3], 2), "as the next revision");
    }
}

#[tokio::test]
async fn a_portal_that_went_another_way_since_the_restore_stays_stopped() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let (_, number) = file(portal, 1).await;
        confirm(portal, &clerks, &number).await;
        let (document, manifest) = lost_batch(&office, std::slice::from_ref(&number), portal.clock.now());
        office.chain.push(1, &sha256_hex(&document), manifest.created_at);
        seal(portal).await.unwrap();
        stop_after_restore(portal).await.unwrap();
        let note = note(&office, vec![ReadBatch::new(&document, Vec::new())], portal.clock.now());
        bring(portal, &note, "accepting").await.unwrap();
        assert!(matches!(bring(portal, &note, "confirming").await, Err(ResyncError::Forked(1))));
        assert!(matches!(hand_over::seal_batch(portal, &kenko()).await, Err(FlowError::Stopped)));
    }
}
