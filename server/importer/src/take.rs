//! Taking a batch: verified, judged, staged. Invariant: a batch is staged whole, with the files that are made of it, or not at
//! all; the same batch makes files of the same names and bytes.

use std::collections::BTreeMap;

use handover::{
    BatchFiles, OpenedBatch, OpenedEntry,
    manifest::{KEYS_FILE, MANIFEST_FILE},
    open_attachment,
};
use intake::{
    export::{Attachment, Entry},
    time::Instant,
};

use crate::{
    charset::Charset,
    config::Config,
    copies::{Copies, Offers},
    error::ImportError,
    inputs,
    job::{Job, Notes},
    judge::{FormOf, Judge, Judged, Verdict, form_of, reason, staged_items},
    mapping::csv_line,
    progress::Progress,
    record::statements,
    residents::Resolution,
    state::{CsvFile, EntryKey, Held, NewEntry, NewOutcome, StagedBatch, StagedPaper, paper_file},
    trust::{self, chain, reader},
};

impl Job {
    /// Verifies a batch, judges its entries and stages them.
    ///
    /// # Errors
    /// When the batch is refused; then nothing is staged.
    pub async fn take(&self, files: &BatchFiles) -> Result<Notes, ImportError> {
        let trust = self.trust(files.get(KEYS_FILE), None).await?;
        let chain = chain(self.state()).await?;
        let batch = handover::open(files, &self.reader(&trust, &chain))?;
        let judged = judge_all(&self.judge(), &batch, self.progress())?;
        let staged = self.staged(&batch, files, &judged).await?;
        let content = |sha256: &str| open_attachment(files, sha256, self.keys());
        self.progress().tell(|| format!("{} entries are staged", batch.entries.len()));
        self.state().stage(&staged, content, self.now()).await?;
        Ok(told(&batch, &judged))
    }

    async fn staged(
        &self,
        batch: &OpenedBatch,
        files: &BatchFiles,
        judged: &[Judged],
    ) -> Result<StagedBatch, ImportError> {
        let seq = batch.manifest.seq;
        let mut making = Making::default();
        let mut offers = Offers::new(self, file_name("copies", seq, 1), seq);
        let mut entries = Vec::with_capacity(judged.len());
        for (opened, judged) in batch.entries.iter().zip(judged) {
            if let Verdict::Import { resident_number, .. } = &judged.verdict {
                offers.take_in(&opened.entry, resident_number).await?;
            }
            entries.push(self.staged_entry(batch, opened, judged, &mut making));
        }
        for id in &batch.manifest.withdrawn {
            offers.take_back(id).await?;
        }
        let csv = |(stem, content): (String, Vec<u8>)| CsvFile { name: file_name(&stem, seq, 1), seq, content };
        let mut csv_files: Vec<CsvFile> = making.lines.into_iter().map(csv).collect();
        for (stem, list) in making.paper_lists {
            csv_files.extend(self.paper_list(&stem, seq, 1, &list));
        }
        csv_files.extend(self.withdrawals(batch).await?);
        let mut copies = Vec::new();
        if let Some((file, made)) = offers.finish() {
            csv_files.push(file);
            copies = made;
        }
        Ok(StagedBatch {
            seq,
            manifest_sha256: batch.manifest_sha256.clone(),
            manifest: files.get(MANIFEST_FILE).unwrap_or_default().to_vec(),
            keys_document: files.get(KEYS_FILE).map(<[u8]>::to_vec),
            created_at: batch.manifest.created_at,
            trust: trust::document(&batch.trust)?,
            entries,
            forms: making.forms.into_iter().collect(),
            files: csv_files,
            papers: making.papers.into_values().collect(),
            withdrawn: batch.manifest.withdrawn.clone(),
            copies,
        })
    }

    /// An entry as it is staged; its line, its form and its papers go to what is made of the batch.
    fn staged_entry(
        &self,
        batch: &OpenedBatch,
        opened: &OpenedEntry,
        judged: &Judged,
        making: &mut Making,
    ) -> NewEntry {
        let (seq, entry, kind) = (batch.manifest.seq, &opened.entry, opened.entry.kind.as_str());
        let form = form_of(entry, batch.form_of(entry));
        if let Some(of) = form {
            making.forms.entry(of.sha256.to_owned()).or_insert_with(|| of.form.to_json());
        }
        let outcome = match &judged.verdict {
            Verdict::Import { resident_number, line } => {
                let stem = self.mappings().stem(kind, form);
                let csv_file = file_name(&stem, seq, 1);
                list_papers(making.paper_lists.entry(stem.clone()).or_default(), resident_number, entry);
                making.lines.entry(stem).or_insert_with(|| self.head(kind, form)).extend_from_slice(&line.bytes);
                NewOutcome::Imported { resident_number: resident_number.clone(), csv_file }
            }
            Verdict::Hold(reason) => NewOutcome::Held { reason: (*reason).to_owned() },
            Verdict::Reject(reason) => NewOutcome::Rejected { reason: (*reason).to_owned() },
        };
        let goes_back = matches!(outcome, NewOutcome::Rejected { .. });
        let kept: &[Attachment] = if goes_back { &[] } else { &entry.attachments };
        for paper in kept {
            let (sha256, media_type) = (paper.sha256.clone(), paper.media_type.clone());
            making.papers.entry(sha256.clone()).or_insert(StagedPaper { seq, sha256, media_type });
        }
        NewEntry {
            papers: kept.to_vec(),
            key: EntryKey { id: entry.id.clone(), rev: entry.rev },
            kind: kind.to_owned(),
            sha256: opened.sha256.clone(),
            line: opened.line.to_vec(),
            items: staged_items(statements(entry)),
            near_misses: judged.near_misses.clone(),
            outcome,
        }
    }

    fn head(&self, kind: &str, form: Option<FormOf<'_>>) -> Vec<u8> {
        self.mappings().for_entry(kind, form).map(|mapping| mapping.head()).unwrap_or_default()
    }

    /// 「写真・書類」 The file that tells which papers go with which entry, if any do.
    fn paper_list(&self, stem: &str, seq: u64, number: i64, lines: &str) -> Option<CsvFile> {
        if lines.is_empty() {
            return None;
        }
        let charset = self.mappings().charset();
        let text = csv_line(&["宛名番号", "受付番号", "版", "書類", "ファイル", "バイト数", "SHA-256"]) + lines;
        // Labels are a form's own words: where the encoding lacks a character the list is in UTF-8 with a mark, and whole.
        let (mark, content) = match charset.encode(&text) {
            Ok(content) => (charset.mark(), content),
            Err(_) => (Charset::Utf8WithMark.mark(), text.into_bytes()),
        };
        Some(CsvFile {
            name: file_name(&format!("papers-{stem}"), seq, number),
            seq,
            content: [mark, &content].concat(),
        })
    }

    /// 「取下げ」 The file that tells what was withdrawn, if anything was.
    async fn withdrawals(&self, batch: &OpenedBatch) -> Result<Option<CsvFile>, ImportError> {
        let seq = batch.manifest.seq;
        if batch.manifest.withdrawn.is_empty() {
            return Ok(None);
        }
        let mut text = csv_line(&["宛名番号", "受付番号"]);
        for id in &batch.manifest.withdrawn {
            let resident = self.state().resident_of(id).await?.unwrap_or_default();
            text += &csv_line(&[resident.as_str(), id.as_str()]);
        }
        let charset = self.mappings().charset();
        let mut content = charset.mark().to_vec();
        // Two headers and digits, which every encoding has.
        content.extend(charset.encode(&text).unwrap_or_default());
        Ok(Some(CsvFile { name: file_name("withdrawals", seq, 1), seq, content }))
    }

    /// Entries that waited for the mapping file alone go on when it was mended.
    pub(crate) async fn let_go_on(&self) -> Result<Notes, ImportError> {
        let mut notes = Vec::new();
        for held in self.state().held().await?.iter().filter(|held| reason::is_of_the_mapping(&held.reason)) {
            let entry = Entry::from_line(&held.line).map_err(|_| handover::Error::NotAnEntry(1))?;
            let form = self.state().form(&entry.form.sha256).await?;
            let form = form_of(&entry, form.as_ref());
            if let Ok(Resolution::Matched(resident)) = self.judge().resolve(&entry)
                && let Verdict::Import { resident_number, line } =
                    self.judge().line(&entry, form, &resident.number.0).verdict
            {
                self.settle_imported(held, &entry, form, &resident_number, &line.bytes).await?;
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
        held: &Held,
        entry: &Entry,
        form: Option<FormOf<'_>>,
        resident_number: &str,
        line: &[u8],
    ) -> Result<(), ImportError> {
        let (kind, seq) = (held.kind.as_str(), held.seq);
        // The first number is the batch's own file, also where none of its entries was taken in at once.
        let number = self.state().settled_files_of(seq, kind).await? + 2;
        let mut content = self.head(kind, form);
        content.extend_from_slice(line);
        let stem = self.mappings().stem(kind, form);
        let mut files = vec![CsvFile { name: file_name(&stem, seq, number), seq, content }];
        let mut papers = String::new();
        list_papers(&mut papers, resident_number, entry);
        files.extend(self.paper_list(&stem, seq, number, &papers));
        let csv_file = files[0].name.clone();
        let mut offers = Offers::new(self, file_name("copies", seq, number), seq);
        offers.take_in(entry, resident_number).await?;
        let mut copy = None;
        if let Some((file, made)) = offers.finish() {
            files.push(file);
            copy = made.into_iter().next();
        }
        let outcome = NewOutcome::Imported { resident_number: resident_number.to_owned(), csv_file };
        Ok(self.state().settle(&held.key, &outcome, &files, copy.as_ref(), self.now()).await?)
    }
}

/// Verifies a batch without changing anything: neither is the state touched nor anything written.
///
/// # Errors
/// When the batch is refused, or something that the configuration names cannot be used.
pub async fn verify(config: &Config, files: &BatchFiles, now: Instant) -> Result<Notes, ImportError> {
    let keys = inputs::read_keys(config)?;
    let mappings = inputs::read_mappings(config)?;
    let copies = Copies::read(config)?;
    let residents = inputs::read_residents(config).await?;
    let (trust, chain) = trust::looked_up(config, files, now).await?;
    let batch = handover::open(files, &reader(config, &keys, &trust, &chain))?;
    let (municipality, copies) = (config.municipality.as_str(), copies.as_ref());
    let judge = Judge { keys: &keys, municipality, residents: &residents, mappings: &mappings, copies };
    Ok(told(&batch, &judge_all(&judge, &batch, &Progress::silent())?))
}

/// What becomes of each entry of a batch.
///
/// # Errors
/// When an entry has no form; a batch that was opened has one for each.
pub fn judge_all(judge: &Judge<'_>, batch: &OpenedBatch, progress: &Progress) -> Result<Vec<Judged>, ImportError> {
    let judged = |(place, opened): (usize, &OpenedEntry)| {
        progress.tell(|| format!("entry {place} of {} is checked", batch.entries.len()));
        let form = batch.form_of(&opened.entry).ok_or(handover::Error::MissingForm(place))?;
        if !papers_fit(batch, &opened.entry) {
            return Ok(Judged::reject(
                reason::PAPER_DIFFERS,
                "a paper is not of the kind that the entry says".to_owned(),
            ));
        }
        Ok(judge.judge(opened, form))
    };
    (1..).zip(&batch.entries).map(judged).collect()
}

/// What is made of a batch beside its entries.
#[derive(Default)]
struct Making {
    lines: BTreeMap<String, Vec<u8>>,
    forms: BTreeMap<String, Vec<u8>>,
    papers: BTreeMap<String, StagedPaper>,
    paper_lists: BTreeMap<String, String>,
}

/// Whether each paper of an entry is of the kind that the entry says.
fn papers_fit(batch: &OpenedBatch, entry: &Entry) -> bool {
    entry.attachments.iter().all(|named| {
        let found = batch.attachments.get(&named.sha256).and_then(|found| found.media_type);
        found == Some(named.media_type.as_str())
    })
}

fn list_papers(list: &mut String, resident_number: &str, entry: &Entry) {
    for paper in &entry.attachments {
        let (rev, bytes) = (entry.rev.to_string(), paper.bytes.to_string());
        let file = paper_file(&paper.sha256, &paper.media_type);
        *list += &csv_line(&[resident_number, entry.id.as_str(), &rev, &paper.label, &file, &bytes, &paper.sha256]);
    }
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
fn file_name(stem: &str, seq: u64, number: i64) -> String {
    if number == 1 { format!("{stem}-{seq:06}.csv") } else { format!("{stem}-{seq:06}-{number}.csv") }
}
