//! The ledger: batches and receipts verified without a private key, and receipts that say one thing and then another.

use handover::{
    EntryResult, Error, KeptBatch, Ledger, Outcome, Receipt, SealedBatch, Summary,
    manifest::{KEYS_FILE, MANIFEST_FILE},
};

use crate::support::{NOW, PORTAL, Sides, refusal};

fn receipt(sides: &Sides, batch: &SealedBatch, jti: &str, results: &[Outcome]) -> Vec<u8> {
    let results = batch.manifest.entries.iter().zip(results).map(|(entry, result)| EntryResult {
        id: entry.id.clone(),
        rev: entry.rev,
        result: *result,
        reason: None,
        at: NOW,
        recorded: None,
    });
    let receipt = Receipt {
        v: 1,
        iss: "kenko".to_owned(),
        aud: PORTAL.to_owned(),
        seq: batch.manifest.seq,
        manifest_sha256: batch.manifest_sha256.clone(),
        jti: jti.to_owned(),
        results: results.collect(),
    };
    receipt.sign(&sides.keys.signing)
}

fn kept(batch: &SealedBatch, receipts: Vec<Vec<u8>>) -> KeptBatch {
    KeptBatch {
        manifest: batch.files.get(MANIFEST_FILE).unwrap().to_vec(),
        keys_document: batch.files.get(KEYS_FILE).map(<[u8]>::to_vec),
        receipts,
    }
}

fn read(sides: &Sides, batches: &[KeptBatch]) -> Result<Summary, Error> {
    let destinations = [sides.keys.public()];
    let mut ledger = Ledger::new(PORTAL, "kenko", sides.trust.clone(), &destinations);
    for batch in batches {
        ledger.read(batch)?;
    }
    Ok(ledger.summary())
}

#[test]
fn what_was_held_is_settled_once_and_what_is_settled_stays_so() {
    use Outcome::{Held, Imported, Rejected};
    let sides = Sides::new();
    let batch = sides.batch();
    let say = |jti: &str, results: &[Outcome]| receipt(&sides, &batch, jti, results);
    let summary = read(&sides, &[kept(&batch, vec![say("1", &[Held, Rejected]), say("2", &[Imported])])]).unwrap();
    assert_eq!((summary.batches, summary.entries, summary.receipts), (1, 2, 2));
    assert_eq!((summary.imported, summary.rejected, summary.held, summary.unanswered), (1, 1, 0, 0));
    for contradiction in [
        vec![say("1", &[Imported]), say("2", &[Rejected])],
        vec![say("1", &[Imported]), say("2", &[Held])],
        vec![say("1", &[Imported]), say("1", &[Imported])],
    ] {
        assert_eq!(refusal(read(&sides, &[kept(&batch, contradiction)])), "contradiction");
    }
    assert_eq!(read(&sides, &[kept(&batch, Vec::new())]).unwrap().unanswered, 2);
}

#[test]
fn batches_receipts_and_announcements_of_others_are_refused() {
    let sides = Sides::new();
    let (batch, other) = (sides.batch(), Sides::new());
    let forged = receipt(&other, &batch, "1", &[Outcome::Imported]);
    assert_eq!(refusal(read(&sides, &[kept(&batch, vec![forged])])), "unknown_key");
    let twice = [kept(&batch, Vec::new()), kept(&batch, Vec::new())];
    assert_eq!(refusal(read(&sides, &twice)), "replay");
    assert_eq!(refusal(read(&other, &[kept(&batch, Vec::new())])), "unknown_key");
    let mut later = sides.announcement();
    later.at = NOW.plus(1_000_000);
    let announced = KeptBatch { keys_document: Some(later.sign(&sides.portal)), ..kept(&batch, Vec::new()) };
    assert_eq!(refusal(read(&sides, &[announced])), "file_digest");
}
