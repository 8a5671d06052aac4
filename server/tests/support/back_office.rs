//! The closed side of a test: its keys, whom it trusts, what it has read, and its receipts.

use handover::{
    BatchFiles, Chain, DestinationKeys, EntryResult, OpenedBatch, Outcome, Reader, Receipt, Recorded, Trust, open,
};
use intake::{
    case::Stage,
    export::recheck,
    ids::{DestinationId, ReceiptNumber},
    time::Instant,
};
use server::{
    flows::{
        hand_over, import_job, signing_keys,
        take_receipt::{ReceiptError, Taken, take_receipt},
    },
    portal::Portal,
    store::{audit, outbox::MailPayload},
};

use super::{portal::letter, review::head};

pub fn kenko() -> DestinationId {
    "kenko".parse().unwrap()
}

/// The closed side: its keys, whom it trusts, and what it has read.
pub struct BackOffice {
    pub keys: DestinationKeys,
    pub trust: Trust,
    pub chain: Chain,
    pub issuer: String,
}

impl BackOffice {
    pub async fn of(portal: &Portal) -> Self {
        signing_keys::keep(portal).await.unwrap();
        let keys = DestinationKeys::generate(kenko());
        hand_over::add_destination(portal, &keys.public().to_json()).await.unwrap();
        let (announcement, _) = signing_keys::published(portal).await.unwrap();
        let trust = Trust::of(announcement.keys[0].jwk.clone(), portal.clock.now()).unwrap();
        Self { keys, trust, chain: Chain::default(), issuer: portal.config.public_url.origin().to_owned() }
    }

    pub fn read(&mut self, files: &BatchFiles) -> OpenedBatch {
        let reader = Reader {
            issuer: &self.issuer,
            audience: "kenko",
            trust: &self.trust,
            chain: &self.chain,
            keys: &self.keys,
        };
        let opened = open(files, &reader).unwrap();
        self.chain.push(opened.manifest.seq, &opened.manifest_sha256, opened.manifest.created_at);
        self.trust = opened.trust.clone();
        for one in &opened.entries {
            assert_eq!(recheck(&one.entry, opened.form_of(&one.entry).unwrap()), []);
        }
        opened
    }

    pub fn receipt(&self, batch: &OpenedBatch, jti: &str, results: &[(usize, Outcome)], at: Instant) -> Vec<u8> {
        self.telling(batch, jti, results, at, None)
    }

    /// A receipt that also tells what the office has recorded of each.
    pub fn telling(
        &self,
        batch: &OpenedBatch,
        jti: &str,
        results: &[(usize, Outcome)],
        at: Instant,
        recorded: Option<&Recorded>,
    ) -> Vec<u8> {
        let of = |(place, result): &(usize, Outcome)| EntryResult {
            id: batch.entries[*place].entry.id.clone(),
            rev: batch.entries[*place].entry.rev,
            result: *result,
            reason: (*result != Outcome::Imported).then(|| "several".to_owned()),
            at,
            recorded: recorded.cloned(),
        };
        let receipt = Receipt {
            v: 1,
            iss: "kenko".to_owned(),
            aud: self.issuer.clone(),
            seq: batch.manifest.seq,
            manifest_sha256: batch.manifest_sha256.clone(),
            jti: jti.to_owned(),
            results: results.iter().map(of).collect(),
        };
        receipt.sign(&self.keys.signing)
    }
}

pub fn settled(outcome: Outcome, _: &str) -> MailPayload {
    letter(if outcome == Outcome::Imported { "受け入れました" } else { "お知らせがあります" })
}

pub async fn take(portal: &Portal, document: &[u8]) -> Result<Taken, ReceiptError> {
    portal.clock.advance(1_000_000);
    take_receipt(portal, &kenko(), document, settled).await
}

pub async fn seal(portal: &Portal) -> Option<hand_over::Sealed> {
    hand_over::seal_batch(portal, &kenko()).await.unwrap()
}

pub async fn carried(portal: &Portal, seq: i64) -> BatchFiles {
    import_job::carried(portal, &kenko(), seq).await.unwrap()
}

pub async fn stage(portal: &Portal, number: &ReceiptNumber) -> Stage {
    head(portal, number).await.stage
}

pub async fn deeds(portal: &Portal) -> Vec<String> {
    let mut tx = portal.database.read().await.unwrap();
    audit::verify(&mut tx).await.unwrap();
    audit::after(&mut tx, 0, 10_000).await.unwrap().into_iter().map(|entry| entry.deed).collect()
}
