//! 「保存」 An archive of what was handed over and what was answered: manifests, key announcements, receipts, as they came and
//! went. Invariant: it holds no entry and no private key, is only added to, and can be verified without this program's state,
//! keys and network.

use std::{
    fs,
    path::{Path, PathBuf},
};

use handover::{
    DestinationKeys, DestinationPublic, KeptBatch, Ledger, Trust,
    archive::folder_name,
    fingerprint,
    manifest::{KEYS_FILE, MANIFEST_FILE},
};
use intake::time::Instant;
use serde::Deserialize;

use crate::{
    error::ImportError,
    inputs::read_file,
    job::{Job, Notes},
    output::write_whole,
    trust::announced_keys,
};

const README_FILE: &str = "README.txt";
const README: &str = "What a portal handed over to this back office, and what this office answered. No entries, no private keys.

batch-<number>/manifest.jws.json   what was signed of a batch (JWS, RFC 7515): its entries by number and digest
batch-<number>/keys.jws.json       the portal's signing keys as they were announced with it
batch-<number>/receipt-<n>.jws.json   what became of the entries, signed by this office
destination-<key>.json             the public keys of this office

madoguchi-import archive verify FOLDER --pin \"FINGERPRINT OF THE PORTAL'S FIRST KEY\" --destination-pin \"… OF THIS OFFICE'S KEY\"
Or by any program that knows JWS: each manifest names the SHA-256 of the manifest before it (prev), each receipt the SHA-256
of the manifest that it is about; the first key is the one whose fingerprint was written down, later ones are announced by it.
";
/// So many batches are looked at in one go.
const PAGE: i64 = 100;

impl Job {
    /// Adds to an archive what it does not have yet.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn write_archive(&self, folder: &Path) -> Result<Notes, ImportError> {
        let mut added = 0;
        let mut add = |folder: &Path, name: &str, content: &[u8]| -> Result<(), ImportError> {
            if !folder.join(name).exists() {
                let failed = |error| ImportError::Io { what: format!("the file {name} of the archive"), error };
                write_whole(folder, name, content).map_err(failed)?;
                added += 1;
            }
            Ok(())
        };
        let mut last = 0;
        loop {
            let batches = self.state().proofs_after(last, PAGE).await?;
            let Some(newest) = batches.last() else { break };
            last = newest.seq;
            for batch in batches {
                let beside = folder.join(folder_name(batch.seq));
                add(&beside, MANIFEST_FILE, &batch.manifest)?;
                if let Some(keys) = &batch.keys_document {
                    add(&beside, KEYS_FILE, keys)?;
                }
                for (number, receipt) in (1..).zip(self.state().receipts_of(batch.seq).await?) {
                    add(&beside, &receipt_file(number), &receipt.document)?;
                }
            }
        }
        for public in self.publics()? {
            add(folder, &format!("destination-{}.json", public.jwk.kid), public.to_json().as_bytes())?;
        }
        add(folder, README_FILE, README.as_bytes())?;
        Ok(if added == 0 { Notes::new() } else { vec![format!("{added} files are added to the archive")] })
    }

    /// The public halves of the keys of now and of those before.
    fn publics(&self) -> Result<Vec<DestinationPublic>, ImportError> {
        let mut all = vec![self.keys().public()];
        for folder in &self.config().former_keys_dirs {
            all.push(DestinationKeys::read(folder)?.public());
        }
        Ok(all)
    }
}

fn receipt_file(number: usize) -> String {
    format!("receipt-{number:03}.jws.json")
}

/// What an archive is verified by.
#[derive(Default)]
pub struct Pins {
    /// The fingerprint of the portal's first key, as it was written down.
    pub portal: Option<String>,
    /// Those of the office's keys, each.
    pub destinations: Vec<String>,
}

/// Verifies an archive: every signature, the chain, the digests, the receipts against their manifests. Nothing is asked of a
/// network, and no private key is read.
///
/// # Errors
/// The first thing that is wrong, with its batch.
pub fn verify(folder: &Path, pins: &Pins, now: Instant) -> Result<Notes, ImportError> {
    let destinations = destinations(folder)?;
    let mut notes = Notes::new();
    for public in &destinations {
        let is_pinned = pins.destinations.iter().any(|heard| handover::jwk::fingerprint_matches(&public.jwk, heard));
        if !is_pinned && !pins.destinations.is_empty() {
            return Err(handover::Error::WrongFingerprint.into());
        }
        notes.push(told("the office's key", &fingerprint(&public.jwk), is_pinned));
    }
    let first = batch(folder, 1)?.ok_or_else(|| missing(1))?;
    let said = said_of(&first.manifest).map_err(|error| ImportError::Archived { seq: 1, error })?;
    let announced = first.keys_document.as_deref().ok_or(ImportError::NoKeyYet)?;
    let candidates = announced_keys(announced)?;
    let heard = pins.portal.clone().map_or_else(|| first_fingerprint(&candidates), Ok)?;
    let trust = Trust::pin(&candidates, &heard, now)?;
    notes.push(told("the portal's first key", &heard, pins.portal.is_some()));
    let mut ledger = Ledger::new(&said.iss, &said.aud, trust, &destinations);
    for seq in 1.. {
        let Some(batch) = batch(folder, seq)? else { break };
        ledger.read(&batch).map_err(|error| ImportError::Archived { seq, error })?;
    }
    let summary = ledger.summary();
    let there = count_of_folders(folder)?;
    if there != summary.batches {
        return Err(missing(summary.batches + 1));
    }
    notes.push(format!(
        "{} batches follow one another from 1; {} entries: {} imported, {} held, {} rejected, {} unanswered; {} filings withdrawn; \
         {} receipts",
        summary.batches,
        summary.entries,
        summary.imported,
        summary.held,
        summary.rejected,
        summary.unanswered,
        summary.withdrawn,
        summary.receipts,
    ));
    // An archive whose end was cut off is a shorter archive: only this tells.
    notes.push(format!("the newest manifest: {} (the portal has the same)", ledger.newest()));
    Ok(notes)
}

fn told(what: &str, fingerprint: &str, is_pinned: bool) -> String {
    let pinned = if is_pinned { "as pinned" } else { "NOT PINNED: compare it with what was written down" };
    format!("{what}: {fingerprint} ({pinned})")
}

/// The manifest of a batch is not there.
fn missing(seq: u64) -> ImportError {
    ImportError::Archived { seq, error: handover::Error::MissingFile(MANIFEST_FILE.to_owned()) }
}

/// The batch of this number, or none.
fn batch(folder: &Path, seq: u64) -> Result<Option<KeptBatch>, ImportError> {
    let beside = folder.join(folder_name(seq));
    if !beside.exists() {
        return Ok(None);
    }
    let optional = |name: &str| {
        let path = beside.join(name);
        path.exists().then(|| read_file(&path)).transpose()
    };
    let mut receipts = Vec::new();
    for number in 1.. {
        let Some(receipt) = optional(&receipt_file(number))? else { break };
        receipts.push(receipt);
    }
    let manifest = optional(MANIFEST_FILE)?.ok_or_else(|| missing(seq))?;
    let there = fs::read_dir(&beside).map_err(|error| ImportError::Io { what: beside.display().to_string(), error })?;
    let keys_document = optional(KEYS_FILE)?;
    // A receipt that was taken out of the middle leaves a later one that nobody would read.
    if there.count() != 1 + usize::from(keys_document.is_some()) + receipts.len() {
        return Err(ImportError::Archived { seq, error: handover::Error::ExtraFile });
    }
    Ok(Some(KeptBatch { manifest, keys_document, receipts }))
}

fn folders(folder: &Path, start: &str) -> Result<Vec<PathBuf>, ImportError> {
    let failed = |error| ImportError::Io { what: folder.display().to_string(), error };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn count_of_folders(folder: &Path) -> Result<u64, ImportError> {
    Ok(folders(folder, "batch-")?.len() as u64)
}

fn destinations(folder: &Path) -> Result<Vec<DestinationPublic>, ImportError> {
    let mut all = Vec::new();
    for path in folders(folder, "destination-")? {
        let text = String::from_utf8(read_file(&path)?).map_err(|_| handover::Error::BadKey)?;
        all.push(DestinationPublic::from_json(&text)?);
    }
    Ok(all)
}

/// From whom and for whom a manifest says that it is; that it is so is verified afterwards.
#[derive(Deserialize)]
struct Said {
    iss: String,
    aud: String,
}

fn said_of(manifest: &[u8]) -> Result<Said, handover::Error> {
    serde_json::from_slice(&handover::jws::unverified_payload(manifest)?).map_err(|_| handover::Error::BadPayload)
}

/// The fingerprint of the first key that is announced: what holds without a pin is only that all agree with it.
fn first_fingerprint(jwks: &[u8]) -> Result<String, handover::Error> {
    let set: handover::keys::JwkSet = serde_json::from_slice(jwks).map_err(|_| handover::Error::BadKey)?;
    set.keys.first().map(fingerprint).ok_or(handover::Error::BadKey)
}
