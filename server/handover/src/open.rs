//! Opening a batch (`handover.md` §5.1), for a reader that trusts nothing. Invariant: an [`OpenedBatch`] passed every check:
//! signature, key, addressee, version, number, chain, digests, sizes, decryption, and the digest of each entry.

use std::collections::{BTreeMap, BTreeSet};

use intake::{catalog, export::Entry, form::Form, time::Instant};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    BatchFiles, DestinationKeys, Error, MOST_ENTRIES, Manifest, Trust,
    archive::attachment_file,
    jws,
    manifest::{
        BATCH_TYPE, ENTRIES_FILE, KEYS_FILE, MANIFEST_FILE, ManifestFile, NO_PREVIOUS, check_version, read_payload,
    },
    sha256_hex,
};

/// What a reader remembers of the batches before. Plain data: the reader keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The digest of `manifest.jws.json` of each batch that was read, by number.
    pub manifests: BTreeMap<u64, String>,
    /// When the newest of them was sealed.
    pub created_at: Option<Instant>,
}

impl Chain {
    /// The number that was read last; 0 before the first.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.manifests.last_key_value().map_or(0, |(seq, _)| *seq)
    }

    /// Remembers a batch that was read.
    pub fn push(&mut self, seq: u64, manifest_sha256: &str, created_at: Instant) {
        self.manifests.insert(seq, manifest_sha256.to_owned());
        self.created_at = Some(created_at);
    }

    /// Whether the portal, whose newest batch has this number, is behind what was read: it was restored from a backup.
    ///
    /// # Errors
    /// [`Error::WentBack`].
    pub fn check_newest(&self, newest: u64) -> Result<(), Error> {
        let last = self.last();
        if newest < last { Err(Error::WentBack { last, found: newest }) } else { Ok(()) }
    }

    fn check(&self, manifest: &Manifest, digest: &str) -> Result<(), Error> {
        let (last, seq) = (self.last(), manifest.seq);
        if seq == 0 {
            return Err(Error::BadPayload);
        }
        if seq <= last {
            let same = self.manifests.get(&seq).is_some_and(|known| known == digest);
            return Err(if same { Error::Replay { seq } } else { Error::WentBack { last, found: seq } });
        }
        if seq > last + 1 {
            return Err(Error::Gap { expected: last + 1, found: seq });
        }
        if self.manifests.get(&last).map_or(NO_PREVIOUS, String::as_str) != manifest.prev {
            return Err(Error::WrongPrevious);
        }
        if self.created_at.is_some_and(|before| before > manifest.created_at) {
            return Err(Error::TimeWentBack);
        }
        Ok(())
    }
}

/// Who reads, and what is expected.
pub struct Reader<'a> {
    /// The portal's public URL, without a trailing slash.
    pub issuer: &'a str,
    /// The destination's id.
    pub audience: &'a str,
    /// The portal's keys that are trusted.
    pub trust: &'a Trust,
    /// The batches before.
    pub chain: &'a Chain,
    /// The destination's keys.
    pub keys: &'a DestinationKeys,
}

/// A batch that passed every check.
pub struct OpenedBatch {
    /// What was signed.
    pub manifest: Manifest,
    /// The digest of `manifest.jws.json`, for the receipt and the chain.
    pub manifest_sha256: String,
    /// The entries in their order.
    pub entries: Vec<OpenedEntry>,
    /// The form definitions by digest; each passed `catalog::faults_of`.
    pub forms: BTreeMap<String, Form>,
    /// 「写真・書類」 The attachments by digest: each was decrypted and checked, and none is kept in memory.
    pub attachments: BTreeMap<String, AttachmentFacts>,
    /// What is trusted after this batch: its key announcement may have brought new keys.
    pub trust: Trust,
}

/// What was found of an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttachmentFacts {
    /// The length of its plaintext.
    pub bytes: u64,
    /// What its first bytes say that it is; nothing if it is none of what a portal hands over.
    pub media_type: Option<&'static str>,
}

/// What the first bytes of a paper say that it is.
#[must_use]
pub fn media_type_of(content: &[u8]) -> Option<&'static str> {
    match content {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        _ => None,
    }
}

/// The plaintext of an attachment of a batch that passed [`open`].
///
/// # Errors
/// [`Error::MissingFile`], [`Error::CannotDecrypt`], [`Error::PlainDigest`].
pub fn open_attachment(files: &BatchFiles, sha256: &str, keys: &DestinationKeys) -> Result<Zeroizing<Vec<u8>>, Error> {
    let name = attachment_file(sha256);
    let sealed = files.get(&name).ok_or_else(|| Error::MissingFile(name.clone()))?;
    let plain = keys.open_sealed(sealed).ok_or_else(|| Error::CannotDecrypt(name.clone()))?;
    if sha256_hex(&plain) == sha256 { Ok(plain) } else { Err(Error::PlainDigest(name)) }
}

/// An entry with the bytes it came as.
pub struct OpenedEntry {
    /// The entry.
    pub entry: Entry,
    /// Its line without the LF.
    pub line: Zeroizing<Vec<u8>>,
    /// The digest of the line.
    pub sha256: String,
}

impl OpenedBatch {
    /// The form that an entry was filled in with.
    #[must_use]
    pub fn form_of(&self, entry: &Entry) -> Option<&Form> {
        self.forms.get(&entry.form.sha256)
    }
}

/// What is expected of a manifest.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) audience: &'a str,
    pub(crate) trust: &'a Trust,
    pub(crate) chain: &'a Chain,
}

/// Checks a signed manifest alone, so that a reader can stop before it fetches the files. `keys_document` is the
/// announcement that came with it. Gives the manifest, its digest, and what is trusted afterwards.
///
/// # Errors
/// Each refusal with its own error.
pub fn check_manifest(
    document: &[u8],
    keys_document: Option<&[u8]>,
    reader: &Reader<'_>,
) -> Result<(Manifest, String, Trust), Error> {
    let Reader { issuer, audience, trust, chain, .. } = *reader;
    check_expected(document, keys_document, &Expected { issuer, audience, trust, chain })
}

pub(crate) fn check_expected(
    document: &[u8],
    keys_document: Option<&[u8]>,
    expected: &Expected<'_>,
) -> Result<(Manifest, String, Trust), Error> {
    let mut trust = expected.trust.clone();
    if let Some(announcement) = keys_document {
        trust.learn(announcement, expected.issuer)?;
    }
    let verified = jws::verify(document, BATCH_TYPE, |kid| trust.jwk(kid))?;
    check_version(&verified.payload)?;
    let manifest: Manifest = read_payload(&verified.payload)?;
    if manifest.iss != expected.issuer {
        return Err(Error::WrongIssuer);
    }
    if manifest.aud != expected.audience {
        return Err(Error::WrongAudience);
    }
    trust.check_time(&verified.kid, manifest.created_at)?;
    let digest = sha256_hex(document);
    expected.chain.check(&manifest, &digest)?;
    if manifest.entries.len() > MOST_ENTRIES {
        return Err(Error::TooManyEntries);
    }
    Ok((manifest, digest, trust))
}

/// Opens a batch.
///
/// # Errors
/// Each refusal with its own error.
pub fn open(files: &BatchFiles, reader: &Reader<'_>) -> Result<OpenedBatch, Error> {
    let document = files.get(MANIFEST_FILE).ok_or_else(|| Error::MissingFile(MANIFEST_FILE.to_owned()))?;
    let (manifest, manifest_sha256, trust) = check_manifest(document, files.get(KEYS_FILE), reader)?;
    check_files(files, &manifest)?;
    let mut entries_plain = None;
    let mut attachments = BTreeMap::new();
    for file in manifest.files.iter().filter(|file| file.name.ends_with(".age")) {
        let plain = decrypt(files, file, reader.keys)?;
        if file.name == ENTRIES_FILE {
            entries_plain = Some(plain);
            continue;
        }
        let digest = file.plain_sha256.clone().unwrap_or_default();
        if file.name != attachment_file(&digest) {
            return Err(Error::PlainDigest(file.name.clone()));
        }
        let facts = AttachmentFacts { bytes: plain.len() as u64, media_type: media_type_of(&plain) };
        attachments.insert(digest, facts);
    }
    let forms = read_forms(files, &manifest)?;
    let entries_plain = entries_plain.ok_or_else(|| Error::MissingFile(ENTRIES_FILE.to_owned()))?;
    let entries = read_entries(&entries_plain, &manifest)?;
    for (place, opened) in entries.iter().enumerate() {
        if !forms.contains_key(&opened.entry.form.sha256) {
            return Err(Error::MissingForm(place + 1));
        }
        let there = |named: &intake::export::Attachment| {
            attachments.get(&named.sha256).is_some_and(|found| found.bytes == named.bytes)
        };
        if !opened.entry.attachments.iter().all(there) {
            return Err(Error::MissingAttachment(place + 1));
        }
    }
    Ok(OpenedBatch { manifest, manifest_sha256, entries, forms, attachments, trust })
}

fn check_files(files: &BatchFiles, manifest: &Manifest) -> Result<(), Error> {
    let mut listed = BTreeSet::from([MANIFEST_FILE]);
    for file in &manifest.files {
        if !crate::archive::is_batch_file(&file.name) {
            return Err(Error::BadName);
        }
        if !listed.insert(&file.name) {
            return Err(Error::DuplicateFile);
        }
        let content = files.get(&file.name).ok_or_else(|| Error::MissingFile(file.name.clone()))?;
        if content.len() as u64 != file.bytes {
            return Err(Error::FileSize(file.name.clone()));
        }
        if sha256_hex(content) != file.sha256 {
            return Err(Error::FileDigest(file.name.clone()));
        }
    }
    if files.iter().all(|(name, _)| listed.contains(name)) { Ok(()) } else { Err(Error::ExtraFile) }
}

fn decrypt(files: &BatchFiles, file: &ManifestFile, keys: &DestinationKeys) -> Result<Zeroizing<Vec<u8>>, Error> {
    let sealed = files.get(&file.name).ok_or_else(|| Error::MissingFile(file.name.clone()))?;
    let plain = keys.open_sealed(sealed).ok_or_else(|| Error::CannotDecrypt(file.name.clone()))?;
    if file.plain_sha256.as_ref().is_some_and(|digest| sha256_hex(&plain) == *digest) {
        Ok(plain)
    } else {
        Err(Error::PlainDigest(file.name.clone()))
    }
}

fn read_forms(files: &BatchFiles, manifest: &Manifest) -> Result<BTreeMap<String, Form>, Error> {
    let mut forms = BTreeMap::new();
    for file in manifest.files.iter().filter(|file| file.name.starts_with("form-")) {
        let content = files.get(&file.name).ok_or_else(|| Error::MissingFile(file.name.clone()))?;
        let bad = || Error::BadForm(file.name.clone());
        let form = Form::from_json(content).map_err(|_| bad())?;
        let digest = form.sha256();
        if file.name != format!("form-{digest}.json") || !catalog::faults_of(&form).is_empty() {
            return Err(bad());
        }
        forms.insert(digest, form);
    }
    Ok(forms)
}

fn read_entries(plain: &[u8], manifest: &Manifest) -> Result<Vec<OpenedEntry>, Error> {
    let lines: Vec<&[u8]> = match plain.strip_suffix(b"\n") {
        Some(rest) => rest.split(|byte| *byte == b'\n').collect(),
        None if plain.is_empty() => Vec::new(),
        None => return Err(Error::NotAnEntry(plain.split(|byte| *byte == b'\n').count())),
    };
    let (listed, found) = (manifest.entries.len(), lines.len());
    if listed != found {
        return Err(Error::EntryCount { listed, found });
    }
    let mut seen = BTreeSet::new();
    let mut entries = Vec::with_capacity(found);
    for (place, (line, named)) in lines.into_iter().zip(&manifest.entries).enumerate() {
        let number = place + 1;
        if !seen.insert((&named.id, named.rev)) {
            return Err(Error::DuplicateEntry(number));
        }
        let sha256 = sha256_hex(line);
        if sha256 != named.sha256 {
            return Err(Error::EntryDigest(number));
        }
        let entry = Entry::from_line(line).map_err(|_| Error::NotAnEntry(number))?;
        if (&entry.id, entry.rev, &entry.kind) != (&named.id, named.rev, &named.kind) {
            return Err(Error::EntryDigest(number));
        }
        entries.push(OpenedEntry { entry, line: Zeroizing::new(line.to_vec()), sha256 });
    }
    Ok(entries)
}
