//! The import job, step by step. Invariant: every step starts from what is on the disk and leaves it whole, so that a job
//! that stops after any of them, or in the middle of one, is taken up by the next run and ends in the same state.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    path::Path,
};

use handover::{
    BatchFiles, Chain, DestinationKeys, EntryResult, KeyAnnouncement, OpenedBatch, OpenedEntry, Outcome, Reader,
    Receipt, Trust, check_manifest,
    keys::JwkSet,
    manifest::{KEYS_FILE, MANIFEST_FILE},
};
use intake::time::Instant;

use crate::{
    config::Config,
    error::ImportError,
    judge::{Judge, Judged, Mappings, Verdict, reason, staged_items},
    mapping::{Mapping, csv_line},
    output::write_whole,
    portal::{Portal, PortalError},
    record::{PREGNANCY_NOTIFICATION, statements},
    residents::Residents,
    state::{CsvFile, EntryKey, NewEntry, NewOutcome, StagedBatch, State, StoredReceipt},
};

/// The steps from a batch to an acknowledged receipt, in order. A run does all of them; a test may stop after each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The batch stands in the staging tables.
    Staged,
    /// Its files are written.
    Written,
    /// Its receipt is made and kept.
    Signed,
    /// The portal has acknowledged the receipt.
    Sent,
}

/// What a run did, to be printed: without personal data.
pub type Notes = Vec<String>;

/// The import job with everything it needs.
pub struct Job {
    config: Config,
    state: State,
    keys: DestinationKeys,
    residents: Residents,
    mappings: Mappings,
    now: fn() -> Instant,
    // Held until the job ends; the system lets go of it also when the process is killed.
    _lock: File,
}

/// The statuses with which the portal refuses a receipt for good; everything else is tried again.
const REFUSED_FOR_GOOD: [u16; 5] = [400, 409, 410, 413, 422];

impl Job {
    /// Opens the job, unless another run is under way.
    ///
    /// # Errors
    /// When something that the configuration names cannot be used.
    pub async fn open(config: Config, now: fn() -> Instant) -> Result<Self, ImportError> {
        let lock = lock(&config.state)?;
        let keys = read_keys(&config)?;
        let bytes = read_file(&config.residents)?;
        let residents = Residents::read(&bytes, config.residents_encoding)?;
        let mappings = read_mappings(&config)?;
        let state = State::open(&config.state).await?;
        Ok(Self { config, state, keys, residents, mappings, now, _lock: lock })
    }

    /// The state of the job.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The residents of the extract.
    #[must_use]
    pub const fn residents(&self) -> &Residents {
        &self.residents
    }

    /// Now, by the job's clock.
    #[must_use]
    pub fn now(&self) -> Instant {
        (self.now)()
    }

    /// What entries are judged by.
    #[must_use]
    pub fn judge(&self) -> Judge<'_> {
        Judge {
            keys: &self.keys,
            municipality: &self.config.municipality,
            residents: &self.residents,
            mappings: &self.mappings,
        }
    }

    /// The portal.
    ///
    /// # Errors
    /// When the certificate authorities cannot be read.
    pub fn portal(&self) -> Result<Portal, ImportError> {
        let config = &self.config;
        let authorities = config.ca_file.as_deref();
        Ok(Portal::new(config.request_url(), &config.portal_url, &self.keys, authorities, self.now)?)
    }

    /// Fetches and imports everything that is new, up to the given step; first what an earlier run left over.
    ///
    /// # Errors
    /// The first thing that stops it; what was done before stays done.
    pub async fn pull(&self, portal: &Portal, until: Step) -> Result<Notes, ImportError> {
        let mut notes = self.finish(Some(portal), until).await?;
        loop {
            let chain = chain(&self.state).await?;
            let last = chain.last();
            let listed = portal.batches_after(last.saturating_sub(1))?;
            // The last batch that was read must still be there as it was: else the portal is not the one it was.
            let known = listed.iter().find(|batch| batch.seq == last);
            let same = known.is_some_and(|batch| Some(&batch.manifest_sha256) == chain.manifests.get(&last));
            if last > 0 && !same {
                return Err(handover::Error::WentBack { last, found: known.map_or(0, |batch| batch.seq) }.into());
            }
            let new: Vec<u64> = listed.iter().map(|batch| batch.seq).filter(|seq| *seq > last).collect();
            if new.is_empty() {
                return Ok(notes);
            }
            for seq in new {
                let files = self.fetch(portal, seq).await?;
                notes.extend(self.take(&files).await?);
                notes.extend(self.finish(Some(portal), until).await?);
            }
        }
    }

    /// Fetches a batch; the manifest is checked before anything else is asked for.
    async fn fetch(&self, portal: &Portal, seq: u64) -> Result<BatchFiles, ImportError> {
        let manifest = portal.file(seq, MANIFEST_FILE, handover::MOST_BYTES)?;
        let keys = match portal.file(seq, KEYS_FILE, handover::MOST_BYTES) {
            Ok(keys) => Some(keys),
            Err(PortalError::Status { status: 404, .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let trust = self.trust(keys.as_deref(), Some(portal)).await?;
        let chain = chain(&self.state).await?;
        let (checked, ..) = check_manifest(&manifest, keys.as_deref(), &self.reader(&trust, &chain))?;
        let mut files = BatchFiles::default();
        files.insert(MANIFEST_FILE, manifest)?;
        if let Some(keys) = keys {
            files.insert(KEYS_FILE, keys)?;
        }
        for file in checked.files.iter().filter(|file| file.name != KEYS_FILE) {
            if !handover::archive::is_batch_file(&file.name) {
                return Err(handover::Error::BadName.into());
            }
            // One byte more than announced is enough to see that it is too long.
            files.insert(&file.name, portal.file(seq, &file.name, file.bytes.saturating_add(1))?)?;
        }
        Ok(files)
    }

    /// Imports a batch that was carried, up to the given step; first what an earlier run left over.
    ///
    /// # Errors
    /// The first thing that stops it; then nothing of the batch is staged.
    pub async fn file(&self, files: &BatchFiles, until: Step) -> Result<Notes, ImportError> {
        let mut notes = self.finish(None, until).await?;
        notes.extend(self.take(files).await?);
        notes.extend(self.finish(None, until).await?);
        Ok(notes)
    }

    /// Verifies a batch, judges its entries and stages them.
    ///
    /// # Errors
    /// When the batch is refused; then nothing is staged.
    pub async fn take(&self, files: &BatchFiles) -> Result<Notes, ImportError> {
        let trust = self.trust(files.get(KEYS_FILE), None).await?;
        let chain = chain(&self.state).await?;
        let batch = handover::open(files, &self.reader(&trust, &chain))?;
        let judged = judge_all(&self.judge(), &batch)?;
        let staged = self.staged(&batch, files, &judged).await?;
        self.state.stage(&staged, self.now()).await?;
        Ok(told(&batch, &judged))
    }

    async fn staged(
        &self,
        batch: &OpenedBatch,
        files: &BatchFiles,
        judged: &[Judged],
    ) -> Result<StagedBatch, ImportError> {
        let seq = batch.manifest.seq;
        let mut lines: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        let mut entries = Vec::with_capacity(judged.len());
        for (opened, judged) in batch.entries.iter().zip(judged) {
            let kind = opened.entry.kind.as_str();
            let outcome = match &judged.verdict {
                Verdict::Import { resident_number, line } => {
                    lines.entry(kind).or_insert_with(|| self.head(kind)).extend_from_slice(&line.bytes);
                    let resident_number = resident_number.clone();
                    NewOutcome::Imported { resident_number, csv_file: file_name(kind, seq, 1) }
                }
                Verdict::Hold(reason) => NewOutcome::Held { reason: (*reason).to_owned() },
                Verdict::Reject(reason) => NewOutcome::Rejected { reason: (*reason).to_owned() },
            };
            entries.push(NewEntry {
                key: EntryKey { id: opened.entry.id.clone(), rev: opened.entry.rev },
                kind: kind.to_owned(),
                sha256: opened.sha256.clone(),
                line: opened.line.to_vec(),
                items: staged_items(statements(&opened.entry)),
                outcome,
            });
        }
        let csv = |(kind, content): (&str, Vec<u8>)| CsvFile { name: file_name(kind, seq, 1), seq, content };
        let mut csv_files: Vec<CsvFile> = lines.into_iter().map(csv).collect();
        csv_files.extend(self.withdrawals(batch).await?);
        Ok(StagedBatch {
            seq,
            manifest_sha256: batch.manifest_sha256.clone(),
            manifest: files.get(MANIFEST_FILE).unwrap_or_default().to_vec(),
            created_at: batch.manifest.created_at,
            trust: trust_document(&batch.trust)?,
            entries,
            files: csv_files,
            withdrawn: batch.manifest.withdrawn.clone(),
        })
    }

    fn head(&self, kind: &str) -> Vec<u8> {
        self.mappings.0.get(kind).map(Mapping::head).unwrap_or_default()
    }

    /// 「取下げ」 The file that tells what was withdrawn, if anything was.
    async fn withdrawals(&self, batch: &OpenedBatch) -> Result<Option<CsvFile>, ImportError> {
        let seq = batch.manifest.seq;
        if batch.manifest.withdrawn.is_empty() {
            return Ok(None);
        }
        let mut text = csv_line(&["宛名番号", "受付番号"]);
        for id in &batch.manifest.withdrawn {
            let resident = self.state.resident_of(id).await?.unwrap_or_default();
            text += &csv_line(&[resident.as_str(), id.as_str()]);
        }
        let charset = self.mappings.charset();
        let mut content = charset.mark().to_vec();
        // Two headers and digits, which every encoding has.
        content.extend(charset.encode(&text).unwrap_or_default());
        Ok(Some(CsvFile { name: file_name("withdrawals", seq, 1), seq, content }))
    }

    /// Does what is left over, up to the given step: lets go on what waited for the mapping file, writes files, makes
    /// receipts, sends them.
    ///
    /// # Errors
    /// The first thing that stops it.
    pub async fn finish(&self, portal: Option<&Portal>, until: Step) -> Result<Notes, ImportError> {
        let mut notes = Vec::new();
        if until >= Step::Written {
            notes.extend(self.let_go_on().await?);
            notes.extend(self.write_files().await?);
        }
        if until >= Step::Signed {
            notes.extend(self.sign_receipts().await?);
        }
        if let Some(portal) = portal.filter(|_| until >= Step::Sent) {
            notes.extend(self.send_receipts(portal).await?);
        }
        Ok(notes)
    }

    /// Entries that waited for the mapping file alone go on when it was mended.
    async fn let_go_on(&self) -> Result<Notes, ImportError> {
        let mut notes = Vec::new();
        for held in self.state.held().await?.iter().filter(|held| reason::is_of_the_mapping(&held.reason)) {
            let entry = intake::export::Entry::from_line(&held.line).map_err(|_| handover::Error::NotAnEntry(1))?;
            if let Ok(crate::residents::Resolution::Matched(resident)) = self.judge().resolve(&entry)
                && let Verdict::Import { resident_number, line } = self.judge().line(&entry, &resident.0).verdict
            {
                self.settle_imported(&held.key, held.seq, &held.kind, &resident_number, &line.bytes).await?;
                notes.push(format!("batch {}: an entry that waited for the mapping file goes on", held.seq));
            }
        }
        Ok(notes)
    }

    /// Settles a held entry as taken in, with a file of its own.
    ///
    /// # Errors
    /// When it does not wait any more.
    pub async fn settle_imported(
        &self,
        key: &EntryKey,
        seq: u64,
        kind: &str,
        resident_number: &str,
        line: &[u8],
    ) -> Result<(), ImportError> {
        // The first number is the batch's own file, also where none of its entries was taken in at once.
        let number = self.state.settled_files_of(seq, kind).await? + 2;
        let mut content = self.head(kind);
        content.extend_from_slice(line);
        let file = CsvFile { name: file_name(kind, seq, number), seq, content };
        let resident_number = resident_number.to_owned();
        let outcome = NewOutcome::Imported { resident_number, csv_file: file.name.clone() };
        Ok(self.state.settle(key, &outcome, Some(&file), self.now()).await?)
    }

    async fn write_files(&self) -> Result<Notes, ImportError> {
        let mut notes = Vec::new();
        for file in self.state.unwritten_files().await? {
            write_whole(&self.config.output_dir, &file.name, &file.content)
                .map_err(|error| ImportError::Io { what: format!("the file {}", file.name), error })?;
            self.state.file_written(&file.name, self.now()).await?;
            notes.push(format!("{} is written", file.name));
        }
        Ok(notes)
    }

    async fn sign_receipts(&self) -> Result<Notes, ImportError> {
        let mut notes = Vec::new();
        for batch in self.state.unreceipted().await? {
            let results = batch.outcomes.iter().map(|outcome| EntryResult {
                id: outcome.key.id.clone(),
                rev: outcome.key.rev,
                result: match outcome.result.as_str() {
                    "imported" => Outcome::Imported,
                    "held" => Outcome::Held,
                    _ => Outcome::Rejected,
                },
                reason: outcome.reason.clone(),
                at: outcome.at,
            });
            let receipt = Receipt {
                v: 1,
                iss: self.config.destination.as_str().to_owned(),
                aud: self.config.portal_url.clone(),
                seq: batch.seq,
                manifest_sha256: batch.manifest_sha256.clone(),
                jti: random_name(),
                results: results.collect(),
            };
            let (jti, document) = (receipt.jti.clone(), receipt.sign(&self.keys.signing));
            let stored = StoredReceipt { jti, seq: batch.seq, document };
            self.state.keep_receipt(&stored, &batch.outcomes, self.now()).await?;
            notes.push(format!("batch {}: a receipt over {} entries is made", batch.seq, batch.outcomes.len()));
        }
        Ok(notes)
    }

    /// Sends the receipts that wait, in the order in which they were made.
    ///
    /// # Errors
    /// When the portal cannot take them now, or refused some for good.
    pub async fn send_receipts(&self, portal: &Portal) -> Result<Notes, ImportError> {
        let (mut notes, mut refused) = (Vec::new(), 0);
        for receipt in self.state.waiting_receipts().await? {
            let status = portal.send_receipt(&receipt.document)?;
            if status == 200 {
                notes.push(format!("batch {}: the portal has acknowledged the receipt", receipt.seq));
            } else if REFUSED_FOR_GOOD.contains(&status) {
                refused += 1;
            } else {
                return Err(PortalError::Status { status, what: "taking a receipt" }.into());
            }
            self.state.receipt_answered(&receipt.jti, status, self.now()).await?;
        }
        if refused == 0 { Ok(notes) } else { Err(ImportError::ReceiptsRefused(refused)) }
    }

    /// Writes the receipts that were neither acknowledged nor carried yet into a folder, for an officer to carry.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn carry_receipts(&self, folder: &Path) -> Result<Notes, ImportError> {
        let mut notes = Vec::new();
        for receipt in self.state.uncarried_receipts().await? {
            let name = format!("receipt-{:06}-{}.jws.json", receipt.seq, &receipt.jti[..8]);
            write_whole(folder, &name, &receipt.document)
                .map_err(|error| ImportError::Io { what: format!("the file {name}"), error })?;
            self.state.receipt_carried(&receipt.jti, self.now()).await?;
            notes.push(format!("{name} is written"));
        }
        Ok(notes)
    }

    fn reader<'a>(&'a self, trust: &'a Trust, chain: &'a Chain) -> Reader<'a> {
        reader(&self.config, &self.keys, trust, chain)
    }

    async fn trust(&self, keys_document: Option<&[u8]>, portal: Option<&Portal>) -> Result<Trust, ImportError> {
        trust(&self.config, &self.state, keys_document, portal, self.now()).await
    }
}

/// Verifies a batch without changing anything: neither is the state touched nor anything written.
///
/// # Errors
/// When the batch is refused, or something that the configuration names cannot be used.
pub async fn verify(config: &Config, files: &BatchFiles, now: Instant) -> Result<Notes, ImportError> {
    let keys = read_keys(config)?;
    let residents = Residents::read(&read_file(&config.residents)?, config.residents_encoding)?;
    let mappings = read_mappings(config)?;
    let (trust, chain) = if config.state.exists() {
        let state = State::look(&config.state).await?;
        let trust = trust(config, &state, files.get(KEYS_FILE), None, now).await?;
        (trust, chain(&state).await?)
    } else {
        (first_trust(config, files.get(KEYS_FILE), None, now)?, Chain::default())
    };
    let batch = handover::open(files, &reader(config, &keys, &trust, &chain))?;
    let judge = Judge { keys: &keys, municipality: &config.municipality, residents: &residents, mappings: &mappings };
    Ok(told(&batch, &judge_all(&judge, &batch)?))
}

fn reader<'a>(config: &'a Config, keys: &'a DestinationKeys, trust: &'a Trust, chain: &'a Chain) -> Reader<'a> {
    Reader { issuer: &config.portal_url, audience: config.destination.as_str(), trust, chain, key: &keys.entries }
}

fn judge_all(judge: &Judge<'_>, batch: &OpenedBatch) -> Result<Vec<Judged>, ImportError> {
    let judged = |(place, opened): (usize, &OpenedEntry)| {
        let form = batch.form_of(&opened.entry).ok_or(handover::Error::MissingForm(place))?;
        Ok(judge.judge(opened, form))
    };
    (1..).zip(&batch.entries).map(judged).collect()
}

/// What the operator reads of a batch: entries by their place in it, for receipt numbers belong in no log.
fn told(batch: &OpenedBatch, judged: &[Judged]) -> Notes {
    let seq = batch.manifest.seq;
    let count = |wanted: fn(&Verdict) -> bool| judged.iter().filter(|one| wanted(&one.verdict)).count();
    let mut notes = vec![format!(
        "batch {seq}: {} entries, {} to be taken in, {} to wait, {} to go back, {} withdrawn",
        judged.len(),
        count(|verdict| matches!(verdict, Verdict::Import { .. })),
        count(|verdict| matches!(verdict, Verdict::Hold(_))),
        count(|verdict| matches!(verdict, Verdict::Reject(_))),
        batch.manifest.withdrawn.len(),
    )];
    for (place, one) in (1..).zip(judged) {
        notes.extend(one.notes.iter().map(|note| format!("batch {seq}, entry {place}: {note}")));
    }
    notes
}

/// The name of a file: the same for the same batch.
fn file_name(kind: &str, seq: u64, number: i64) -> String {
    if number == 1 { format!("{kind}-{seq:06}.csv") } else { format!("{kind}-{seq:06}-{number}.csv") }
}

async fn chain(state: &State) -> Result<Chain, ImportError> {
    let mut chain = Chain::default();
    for batch in state.batches().await? {
        chain.push(batch.seq, &batch.manifest_sha256, batch.created_at);
    }
    Ok(chain)
}

async fn trust(
    config: &Config,
    state: &State,
    keys_document: Option<&[u8]>,
    portal: Option<&Portal>,
    now: Instant,
) -> Result<Trust, ImportError> {
    match state.trust().await? {
        Some(document) => Ok(serde_json::from_str(&document).map_err(|_| handover::Error::BadKey)?),
        None => first_trust(config, keys_document, portal, now),
    }
}

/// Whom to trust before anything was read: the key that the configuration pins, looked for where the portal's keys are told.
fn first_trust(
    config: &Config,
    keys_document: Option<&[u8]>,
    portal: Option<&Portal>,
    now: Instant,
) -> Result<Trust, ImportError> {
    if let Some(path) = &config.portal_jwk {
        let jwk = serde_json::from_slice(&read_file(path)?).map_err(|_| handover::Error::BadKey)?;
        return Ok(Trust::of(jwk, now)?);
    }
    let heard = config.portal_fingerprint.as_deref().unwrap_or_default();
    let candidates = match (portal, keys_document) {
        (Some(portal), _) => portal.jwks()?,
        (None, Some(document)) => announced_keys(document)?,
        (None, None) => return Err(ImportError::NoKeyYet),
    };
    Ok(Trust::pin(&candidates, heard, now)?)
}

/// The keys that an announcement names. Nothing is believed of it but that a key with the right fingerprint is that key.
fn announced_keys(document: &[u8]) -> Result<Vec<u8>, handover::Error> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    #[derive(serde::Deserialize)]
    struct Signed {
        payload: String,
    }
    let signed: Signed = serde_json::from_slice(document).map_err(|_| handover::Error::NotAJws)?;
    let payload = URL_SAFE_NO_PAD.decode(signed.payload).map_err(|_| handover::Error::NotAJws)?;
    let announcement: KeyAnnouncement = serde_json::from_slice(&payload).map_err(|_| handover::Error::BadPayload)?;
    let set = JwkSet { keys: announcement.keys.into_iter().map(|key| key.jwk).collect() };
    serde_json::to_vec(&set).map_err(|_| handover::Error::BadPayload)
}

fn trust_document(trust: &Trust) -> Result<String, ImportError> {
    Ok(serde_json::to_string(trust).map_err(|_| handover::Error::BadKey)?)
}

fn read_keys(config: &Config) -> Result<DestinationKeys, ImportError> {
    let keys = DestinationKeys::read(&config.keys_dir)?;
    if keys.destination == config.destination { Ok(keys) } else { Err(ImportError::OtherKeys) }
}

fn read_file(path: &Path) -> Result<Vec<u8>, ImportError> {
    std::fs::read(path).map_err(|error| ImportError::Io { what: path.display().to_string(), error })
}

fn read_mappings(config: &Config) -> Result<Mappings, ImportError> {
    let wrong = |kind: &str| {
        let kind = kind.to_owned();
        move |error| ImportError::Mapping { kind, error }
    };
    let mut mappings = BTreeMap::new();
    for (kind, path) in &config.mappings {
        let text = String::from_utf8_lossy(&read_file(path)?).into_owned();
        mappings.insert(kind.clone(), Mapping::read(&text, kind).map_err(wrong(kind))?);
    }
    if !mappings.contains_key(PREGNANCY_NOTIFICATION) {
        let mapping = Mapping::without_file(PREGNANCY_NOTIFICATION).map_err(wrong(PREGNANCY_NOTIFICATION))?;
        mappings.insert(PREGNANCY_NOTIFICATION.to_owned(), mapping);
    }
    Ok(Mappings(mappings))
}

/// The lock beside the state database: one run at a time.
fn lock(state: &Path) -> Result<File, ImportError> {
    let mut path = state.as_os_str().to_owned();
    path.push(".lock");
    let failed = |error| ImportError::Io { what: "the lock beside the state database".to_owned(), error };
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(failed)?;
    file.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => ImportError::Locked,
        std::fs::TryLockError::Error(error) => failed(error),
    })?;
    Ok(file)
}

fn random_name() -> String {
    let mut random = [0_u8; 16];
    rand::fill(&mut random);
    random.iter().fold(String::with_capacity(32), |text, byte| text + &format!("{byte:02x}"))
}
