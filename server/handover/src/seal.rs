//! Sealing a batch (`handover.md` §1). Invariant: what [`seal`] makes, [`crate::open()`] opens; encryption comes before the
//! digest, the digest before the signature.

use std::{collections::BTreeSet, io::Write};

use intake::{export::Entry, form::Form, ids::ReceiptNumber, time::Instant};

use crate::{
    AuditHead, BatchFiles, DestinationPublic, Error, MOST_BYTES, MOST_ENTRIES, Manifest, SigningKey,
    archive::attachment_file,
    manifest::{BATCH_TYPE, ENTRIES_FILE, KEYS_FILE, MANIFEST_FILE, ManifestEntry, ManifestFile, NO_PREVIOUS},
    sha256_hex,
};

/// What a batch is made of.
pub struct SealRequest<'a> {
    /// The portal's public URL, without a trailing slash.
    pub issuer: &'a str,
    /// For whom.
    pub destination: &'a DestinationPublic,
    /// Its number.
    pub seq: u64,
    /// The digest of the manifest before; none for the first.
    pub previous: Option<&'a str>,
    /// Now.
    pub created_at: Instant,
    /// The entries.
    pub entries: &'a [Entry],
    /// The forms that they were filled in with; others may be among them.
    pub forms: &'a [&'a Form],
    /// 「写真・書類」 The attachments that the entries name, as [`seal_attachment`] listed them; others may be among them.
    pub attachments: &'a [ManifestFile],
    /// 「取下げ」 What was handed over before and was withdrawn since.
    pub withdrawn: &'a [ReceiptNumber],
    /// Where the audit log stands.
    pub audit: AuditHead,
    /// The key announcement, signed.
    pub keys_document: &'a [u8],
}

/// A sealed batch.
pub struct SealedBatch {
    /// What was signed.
    pub manifest: Manifest,
    /// The digest of `manifest.jws.json`, which the next manifest names.
    pub manifest_sha256: String,
    /// All files but the attachments, the manifest among them: whoever sealed those has them.
    pub files: BatchFiles,
}

/// Encrypts one attachment, so that a batch with many never has them all in memory. Gives how the manifest lists it, and the
/// content of the file.
///
/// # Errors
/// [`Error::BadKey`].
pub fn seal_attachment(destination: &DestinationPublic, plain: &[u8]) -> Result<(ManifestFile, Vec<u8>), Error> {
    let sealed = encrypt(destination, plain)?;
    let plain_sha256 = sha256_hex(plain);
    let listed = ManifestFile {
        name: attachment_file(&plain_sha256),
        sha256: sha256_hex(&sealed),
        bytes: sealed.len() as u64,
        plain_sha256: Some(plain_sha256),
    };
    Ok((listed, sealed))
}

/// The most bytes that a file of so many has once it is encrypted: age adds a header with a stanza for each recipient (and
/// one that says nothing), and 16 bytes to every 64 KiB.
#[must_use]
pub const fn sealed_length(plain: u64, recipients: u64) -> u64 {
    plain + (plain / 65_536 + 1) * 16 + 1_024 + 256 * recipients
}

fn encrypt(destination: &DestinationPublic, plain: &[u8]) -> Result<Vec<u8>, Error> {
    let recipients = destination.entries()?;
    let each = recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(each).map_err(|_| Error::BadKey)?;
    let mut sealed = Vec::with_capacity(plain.len() + 1_024);
    let mut writer = encryptor.wrap_output(&mut sealed)?;
    writer.write_all(plain)?;
    writer.finish()?;
    Ok(sealed)
}

/// Seals a batch.
///
/// # Errors
/// [`Error::TooManyEntries`], [`Error::TooLarge`], [`Error::MissingForm`], [`Error::MissingAttachment`],
/// [`Error::DuplicateEntry`], [`Error::BadKey`].
pub fn seal(request: &SealRequest<'_>, key: &SigningKey) -> Result<SealedBatch, Error> {
    if request.entries.len() > MOST_ENTRIES {
        return Err(Error::TooManyEntries);
    }
    let mut batch = Sealing { files: BatchFiles::default(), listed: Vec::new(), elsewhere: 0 };
    let mut plain = Vec::new();
    let mut entries = Vec::with_capacity(request.entries.len());
    let mut seen = BTreeSet::new();
    for (place, entry) in request.entries.iter().enumerate() {
        if !seen.insert((entry.id.clone(), entry.rev)) {
            return Err(Error::DuplicateEntry(place + 1));
        }
        let line = entry.to_line();
        let (id, rev, kind, sha256) = (entry.id.clone(), entry.rev, entry.kind.clone(), sha256_hex(&line));
        entries.push(ManifestEntry { id, rev, kind, sha256 });
        plain.extend_from_slice(&line);
        plain.push(b'\n');
    }
    batch.add(ENTRIES_FILE, encrypt(request.destination, &plain)?, Some(sha256_hex(&plain)))?;
    batch.add_forms(request)?;
    batch.list_attachments(request)?;
    batch.add(KEYS_FILE, request.keys_document.to_vec(), None)?;
    let manifest = Manifest {
        v: 1,
        iss: request.issuer.to_owned(),
        aud: request.destination.destination.as_str().to_owned(),
        seq: request.seq,
        prev: request.previous.unwrap_or(NO_PREVIOUS).to_owned(),
        created_at: request.created_at.whole_seconds(),
        files: batch.listed,
        entries,
        withdrawn: request.withdrawn.to_vec(),
        audit: request.audit.clone(),
    };
    let payload = serde_json::to_vec(&manifest).map_err(|_| Error::BadPayload)?;
    let document = key.sign(BATCH_TYPE, &payload);
    let manifest_sha256 = sha256_hex(&document);
    batch.files.insert(MANIFEST_FILE, document)?;
    if batch.files.bytes() + batch.elsewhere > MOST_BYTES {
        return Err(Error::TooLarge);
    }
    Ok(SealedBatch { manifest, manifest_sha256, files: batch.files })
}

struct Sealing {
    files: BatchFiles,
    listed: Vec<ManifestFile>,
    /// Bytes of the attachments, which are not among the files here.
    elsewhere: u64,
}

impl Sealing {
    fn add(&mut self, name: &str, content: Vec<u8>, plain_sha256: Option<String>) -> Result<(), Error> {
        let (sha256, bytes) = (sha256_hex(&content), content.len() as u64);
        self.listed.push(ManifestFile { name: name.to_owned(), sha256, bytes, plain_sha256 });
        self.files.insert(name, content)
    }

    fn add_forms(&mut self, request: &SealRequest<'_>) -> Result<(), Error> {
        let mut done = BTreeSet::new();
        for (place, entry) in request.entries.iter().enumerate() {
            let sha256 = &entry.form.sha256;
            if !done.insert(sha256.clone()) {
                continue;
            }
            let form = request.forms.iter().find(|form| form.sha256() == *sha256);
            let form = form.ok_or(Error::MissingForm(place + 1))?;
            self.add(&format!("form-{sha256}.json"), form.to_json(), None)?;
        }
        Ok(())
    }

    fn list_attachments(&mut self, request: &SealRequest<'_>) -> Result<(), Error> {
        let mut done = BTreeSet::new();
        for (place, entry) in request.entries.iter().enumerate() {
            for attachment in &entry.attachments {
                let name = attachment_file(&attachment.sha256);
                if !done.insert(name.clone()) {
                    continue;
                }
                let listed = request.attachments.iter().find(|listed| listed.name == name);
                let listed = listed.ok_or(Error::MissingAttachment(place + 1))?;
                self.elsewhere += listed.bytes;
                self.listed.push(listed.clone());
            }
        }
        Ok(())
    }
}
