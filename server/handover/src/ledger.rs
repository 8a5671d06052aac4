//! What was handed over and what was answered, verified years later. Invariant: no private key is needed, no network and no
//! clock: the chain of manifests, whose signatures follow from a pinned key, and receipts that say nothing against each other.

use std::collections::{BTreeMap, BTreeSet};

use intake::ids::ReceiptNumber;

use crate::{
    Chain, DestinationPublic, Error, Manifest, Outcome, Receipt, Trust,
    manifest::KEYS_FILE,
    open::{Expected, check_expected},
    sha256_hex,
};

/// What is kept of a batch.
pub struct KeptBatch {
    /// The exact bytes of `manifest.jws.json`.
    pub manifest: Vec<u8>,
    /// Those of `keys.jws.json`, if they were kept.
    pub keys_document: Option<Vec<u8>>,
    /// The receipts in the order in which they were made.
    pub receipts: Vec<Vec<u8>>,
}

/// How everything stands after the last batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Batches, from 1 to this number.
    pub batches: u64,
    /// Entries in them.
    pub entries: usize,
    /// Entries whose last word is `imported`.
    pub imported: usize,
    /// … `held`.
    pub held: usize,
    /// … `rejected`.
    pub rejected: usize,
    /// Entries of which no receipt says anything.
    pub unanswered: usize,
    /// 「取下げ」 Filings that were recalled.
    pub withdrawn: usize,
    /// Receipts.
    pub receipts: usize,
}

/// A reader of kept batches, one after the other from the first.
pub struct Ledger<'a> {
    issuer: &'a str,
    audience: &'a str,
    trust: Trust,
    destinations: &'a [DestinationPublic],
    chain: Chain,
    entries: BTreeMap<(ReceiptNumber, i64), Option<Outcome>>,
    withdrawn: BTreeSet<ReceiptNumber>,
    names: BTreeSet<String>,
}

impl<'a> Ledger<'a> {
    /// Reads batches of this portal for this destination, whose receipts are signed by one of these.
    #[must_use]
    pub fn new(issuer: &'a str, audience: &'a str, trust: Trust, destinations: &'a [DestinationPublic]) -> Self {
        Self {
            issuer,
            audience,
            trust,
            destinations,
            chain: Chain::default(),
            entries: BTreeMap::new(),
            withdrawn: BTreeSet::new(),
            names: BTreeSet::new(),
        }
    }

    /// Verifies the next batch and its receipts.
    ///
    /// # Errors
    /// Each refusal with its own error.
    pub fn read(&mut self, batch: &KeptBatch) -> Result<(), Error> {
        let expected =
            Expected { issuer: self.issuer, audience: self.audience, trust: &self.trust, chain: &self.chain };
        let keys = batch.keys_document.as_deref();
        let (manifest, digest, trust) = check_expected(&batch.manifest, keys, &expected)?;
        if let Some(keys) = keys {
            let listed = manifest.files.iter().find(|file| file.name == KEYS_FILE);
            let listed = listed.ok_or(Error::ExtraFile)?;
            if listed.sha256 != sha256_hex(keys) {
                return Err(Error::FileDigest(KEYS_FILE.to_owned()));
            }
        }
        self.trust = trust;
        self.chain.push(manifest.seq, &digest, manifest.created_at);
        for (place, entry) in (1..).zip(&manifest.entries) {
            if self.entries.insert((entry.id.clone(), entry.rev), None).is_some() {
                return Err(Error::DuplicateEntry(place));
            }
        }
        self.withdrawn.extend(manifest.withdrawn.iter().cloned());
        for receipt in &batch.receipts {
            self.read_receipt(receipt, &manifest, &digest)?;
        }
        Ok(())
    }

    fn read_receipt(&mut self, document: &[u8], manifest: &Manifest, digest: &str) -> Result<(), Error> {
        let mut read = Err(Error::UnknownKey);
        for destination in self.destinations {
            read = Receipt::read(document, destination, self.issuer);
            if !matches!(read, Err(Error::UnknownKey)) {
                break;
            }
        }
        let receipt = read?;
        receipt.check_against(manifest, digest)?;
        if !self.names.insert(receipt.jti) {
            return Err(Error::Contradiction);
        }
        for result in receipt.results {
            let Some(known) = self.entries.get_mut(&(result.id, result.rev)) else {
                return Err(Error::ForeignReceipt);
            };
            // What is held is settled once; what is settled stays so.
            match *known {
                None | Some(Outcome::Held) => *known = Some(result.result),
                Some(before) if before == result.result => {}
                Some(_) => return Err(Error::Contradiction),
            }
        }
        Ok(())
    }

    /// The digest of the newest manifest that was read.
    #[must_use]
    pub fn newest(&self) -> &str {
        self.chain.manifests.get(&self.chain.last()).map_or("none", String::as_str)
    }

    /// How everything stands.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let count = |wanted: Option<Outcome>| self.entries.values().filter(|one| **one == wanted).count();
        Summary {
            batches: self.chain.last(),
            entries: self.entries.len(),
            imported: count(Some(Outcome::Imported)),
            held: count(Some(Outcome::Held)),
            rejected: count(Some(Outcome::Rejected)),
            unanswered: count(None),
            withdrawn: self.withdrawn.len(),
            receipts: self.names.len(),
        }
    }
}
