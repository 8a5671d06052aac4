//! Receipts: made, read, and refused when forged, foreign or about another batch.

use handover::{EntryResult, Outcome, Receipt, SigningKey};

use crate::support::{NOW, PORTAL, Sides, refusal};

fn receipt(batch: &handover::SealedBatch) -> Receipt {
    let results = batch.manifest.entries.iter().map(|entry| EntryResult {
        id: entry.id.clone(),
        rev: entry.rev,
        result: Outcome::Imported,
        reason: None,
        at: NOW,
        recorded: None,
    });
    Receipt {
        v: 1,
        iss: "kenko".to_owned(),
        aud: PORTAL.to_owned(),
        seq: 1,
        manifest_sha256: batch.manifest_sha256.clone(),
        jti: "0001".to_owned(),
        results: results.collect(),
    }
}

#[test]
fn a_receipt_is_read_back() {
    let sides = Sides::new();
    let batch = sides.batch();
    let made = receipt(&batch);
    let read = Receipt::read(&made.sign(&sides.keys.signing), &sides.keys.public(), PORTAL).unwrap();
    assert_eq!(read, made);
    read.check_against(&batch.manifest, &batch.manifest_sha256).unwrap();
}

#[test]
fn f40_a_forged_or_foreign_receipt_is_refused() {
    let sides = Sides::new();
    let made = receipt(&sides.batch());
    let other = Sides::new();
    let read =
        |receipt: &Receipt, key: &SigningKey| refusal(Receipt::read(&receipt.sign(key), &sides.keys.public(), PORTAL));
    assert_eq!(read(&made, &other.keys.signing), "unknown_key");
    assert_eq!(read(&made, &sides.portal), "unknown_key");
    let key = &sides.keys.signing;
    assert_eq!(read(&Receipt { v: 2, ..made.clone() }, key), "wrong_version");
    assert_eq!(read(&Receipt { iss: "another".to_owned(), ..made.clone() }, key), "wrong_issuer");
    assert_eq!(read(&Receipt { aud: "https://evil.example".to_owned(), ..made.clone() }, key), "wrong_audience");
    assert_eq!(read(&Receipt { manifest_sha256: "f".to_owned(), ..made.clone() }, key), "bad_payload");
    assert_eq!(read(&Receipt { jti: String::new(), ..made.clone() }, key), "bad_payload");
    let mut talkative = made.clone();
    talkative.results[0].reason = Some("氏名が違う".to_owned());
    assert_eq!(read(&talkative, key), "bad_payload");
    let mut altered = made.sign(key);
    let place = altered.len() / 2;
    altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
    assert!(Receipt::read(&altered, &sides.keys.public(), PORTAL).is_err());
}

#[test]
fn a_receipt_about_another_batch_or_entry_is_foreign() {
    let sides = Sides::new();
    let batch = sides.batch();
    let made = receipt(&batch);
    let against = |receipt: &Receipt| refusal(receipt.check_against(&batch.manifest, &batch.manifest_sha256));
    assert_eq!(against(&Receipt { seq: 2, ..made.clone() }), "foreign_receipt");
    assert_eq!(against(&Receipt { manifest_sha256: "0".repeat(64), ..made.clone() }), "foreign_receipt");
    let mut other_revision = made.clone();
    other_revision.results[0].rev = 2;
    assert_eq!(against(&other_revision), "foreign_receipt");
    let mut twice = made.clone();
    twice.results[1] = twice.results[0].clone();
    assert_eq!(against(&twice), "duplicate_entry");
    let partly = Receipt { results: made.results[..1].to_vec(), ..made };
    assert_eq!(against(&partly), "nothing was refused");
}
