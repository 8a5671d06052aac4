//! 「副本」 The items of a 妊娠届 that are offered to the 中間サーバー, in a file of their own. Invariant: an offer is made for what
//! was taken in, once for each revision and once for a withdrawal; an older revision never follows a newer one.
//!
//! **Assumption**: which items the 情報提供ネットワークシステム asks for stands in the データ標準レイアウト of the day, which is not public
//! (`domain.md` names none). Offered are the items of 【妊娠届】 that tell when a pregnancy was notified and what was issued; a
//! mapping file (`[copies] mapping`) says otherwise. The 団体内統合宛名番号 and the symbol for the network are put on by the
//! 団体内統合宛名システム, for which the 宛名番号 stands here.

use std::collections::BTreeMap;

use intake::{export::Entry, ids::ReceiptNumber};

use crate::{
    config::Config,
    error::ImportError,
    inputs::read_text,
    job::Job,
    mapping::{Line, Mapping, Unmappable},
    record::{COPY, Fact, Facts, PREGNANCY_NOTIFICATION},
    state::{CopyKind, CsvFile, EntryKey, NewCopy},
};

const COLUMNS: [(&str, &str); 11] = [
    ("処理区分", "copy.kind"),
    ("宛名番号", "resident.number"),
    ("受付番号", "entry.id"),
    ("版", "entry.rev"),
    ("届出日", "item.2"),
    ("出産予定日", "item.3"),
    ("届出時妊娠週数", "item.4"),
    ("届出時妊娠月数", "derived.months"),
    ("多胎", "extra.multiple"),
    ("母子手帳交付番号", "item.13"),
    ("母子手帳交付日", "item.14"),
];

/// How offers are written.
pub struct Copies(Mapping);

impl Copies {
    /// As the configuration says, if offers are to be made.
    ///
    /// # Errors
    /// With what is wrong in the mapping file.
    pub fn read(config: &Config) -> Result<Option<Self>, ImportError> {
        let Some(copies) = &config.copies else { return Ok(None) };
        let wrong = |error| ImportError::Mapping { kind: COPY.to_owned(), error };
        let text = copies.mapping.as_deref().map(|path| read_text(path, COPY)).transpose()?.unwrap_or_default();
        let mapping = Mapping::read(&text, COPY).map_err(wrong)?;
        Ok(Some(Self(mapping.with_columns(&COLUMNS))))
    }

    /// The line of an entry, if entries of its kind are offered.
    ///
    /// # Errors
    /// Everything in it that has no counterpart.
    pub fn line(&self, entry: &Entry, facts: &Facts, kind: CopyKind) -> Result<Option<Line>, Vec<Unmappable>> {
        if entry.kind.as_str() != PREGNANCY_NOTIFICATION {
            return Ok(None);
        }
        let mut facts = facts.clone();
        facts.insert("copy.kind".to_owned(), code(kind));
        self.0.line(&facts).map(Some)
    }

    /// The line that takes an offer back: which one, and nothing else of it.
    fn line_back(&self, key: &EntryKey, resident_number: &str) -> Result<Line, Vec<Unmappable>> {
        let value = |name: &str, value: String| (name.to_owned(), Fact::Value(value));
        self.0.line(&Facts::from([
            ("copy.kind".to_owned(), code(CopyKind::Withdrawn)),
            value("resident.number", resident_number.to_owned()),
            value("entry.id", key.id.to_string()),
            value("entry.rev", key.rev.to_string()),
        ]))
    }
}

/// 「処理区分」 1 新規, 2 訂正, 3 取消; a mapping file may give others for `copy.kind`.
fn code(kind: CopyKind) -> Fact {
    let code = match kind {
        CopyKind::New => "1",
        CopyKind::Corrected => "2",
        CopyKind::Withdrawn => "3",
    };
    Fact::Codes(vec![code.to_owned()], None)
}

/// The offers of one file while it is made.
pub(crate) struct Offers<'job> {
    job: &'job Job,
    name: String,
    seq: u64,
    lines: Vec<u8>,
    made: Vec<NewCopy>,
    /// The newest revision that stands in this file, by number.
    here: BTreeMap<ReceiptNumber, (i64, String)>,
}

impl<'job> Offers<'job> {
    pub(crate) const fn new(job: &'job Job, name: String, seq: u64) -> Self {
        Self { job, name, seq, lines: Vec::new(), made: Vec::new(), here: BTreeMap::new() }
    }

    /// Offers an entry that is taken in, unless a newer revision was offered before.
    pub(crate) async fn take_in(&mut self, entry: &Entry, resident_number: &str) -> Result<(), ImportError> {
        let Some(copies) = self.job.copies() else { return Ok(()) };
        let before = match self.here.get(&entry.id) {
            Some((rev, _)) => Some(*rev),
            None => self.job.state().last_offered(&entry.id).await?,
        };
        let kind = match before {
            Some(rev) if rev >= entry.rev => return Ok(()),
            Some(_) => CopyKind::Corrected,
            None => CopyKind::New,
        };
        let facts = self.job.judge().facts_for(entry, resident_number);
        if let Some(line) = copies.line(entry, &facts, kind).map_err(|strangers| unwritable(&strangers))? {
            let key = EntryKey { id: entry.id.clone(), rev: entry.rev };
            self.here.insert(entry.id.clone(), (entry.rev, resident_number.to_owned()));
            self.add(&line, key, kind);
        }
        Ok(())
    }

    /// 「取消」 Takes back what was offered of a filing that was withdrawn; nothing where nothing was.
    pub(crate) async fn take_back(&mut self, id: &ReceiptNumber) -> Result<(), ImportError> {
        let Some(copies) = self.job.copies() else { return Ok(()) };
        let offered = match self.here.get(id) {
            Some((rev, resident)) => Some((EntryKey { id: id.clone(), rev: *rev }, resident.clone())),
            None => self.job.state().offer_to_take_back(id).await?,
        };
        if let Some((key, resident_number)) = offered {
            let line = copies.line_back(&key, &resident_number).map_err(|strangers| unwritable(&strangers))?;
            self.add(&line, key, CopyKind::Withdrawn);
        }
        Ok(())
    }

    fn add(&mut self, line: &Line, key: EntryKey, kind: CopyKind) {
        self.lines.extend_from_slice(&line.bytes);
        self.made.push(NewCopy { key, kind, csv_file: self.name.clone() });
    }

    /// The file, if it has a line, and what stands in it.
    pub(crate) fn finish(self) -> Option<(CsvFile, Vec<NewCopy>)> {
        let head = self.job.copies().map(|copies| copies.0.head()).unwrap_or_default();
        let content = [head, self.lines].concat();
        let file = CsvFile { name: self.name, seq: self.seq, content };
        (!self.made.is_empty()).then_some((file, self.made))
    }
}

fn unwritable(strangers: &[Unmappable]) -> ImportError {
    let all: Vec<String> = strangers.iter().map(ToString::to_string).collect();
    ImportError::LineUnwritable(all.join("; "))
}
