//! What becomes of an entry. Invariant: it is taken in only if it passes the rules of its own form, its 個人番号 is right,
//! one resident fits, and its line can be written as it stands; whatever is in doubt waits, whatever is wrong goes back.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use handover::{DestinationKeys, OpenedEntry};
use intake::{
    export::{Entry, recheck_found},
    form::Form,
    my_number::MyNumber,
};

use crate::{
    charset::Charset,
    copies::Copies,
    mapping::{Line, Mapping, Stranger, Unmappable},
    record::{Fact, Facts, PREGNANCY_NOTIFICATION, Statement, facts, statements},
    residents::{Agreement, Candidate, Residents, Resolution, Wanted},
    state::{CopyKind, NearMiss},
};

/// Reason codes of this program, for receipts; those of the rules are `intake::export::EntryFault::code`.
pub mod reason {
    /// 「住登外」 No resident fits.
    pub const RESIDENT_NONE: &str = "resident_none";
    /// Several residents fit.
    pub const RESIDENT_SEVERAL: &str = "resident_several";
    /// The 個人番号 is not shown to be this person's.
    pub const NUMBER_DIFFERS: &str = "number_differs";
    /// A character that the health information system's encoding does not have.
    pub const CHARACTER_UNMAPPABLE: &str = "character_unmappable";
    /// A code that the mapping file has no counterpart for.
    pub const CODE_UNMAPPED: &str = "code_unmapped";
    /// A kind of entry without columns.
    pub const KIND_UNMAPPED: &str = "kind_unmapped";
    /// For another municipality.
    pub const OTHER_MUNICIPALITY: &str = "other_municipality";
    /// The 個人番号 does not open with the number key.
    pub const NUMBER_UNREADABLE: &str = "number_unreadable";
    /// The 個人番号 has a wrong check digit.
    pub const NUMBER_CHECK_DIGIT: &str = "number_check_digit";
    /// 「写真・書類」 A paper that is not what its entry says.
    pub const PAPER_DIFFERS: &str = "paper_differs";

    /// 「取下げ」 It was withdrawn while it waited.
    pub const WITHDRAWN: &str = "withdrawn";

    /// 「該当者なし」 Two people found nobody whom it could be about.
    pub const PERSON_UNKNOWN: &str = "person_unknown";
    /// 「人違い」 Two people found that it is about somebody else than it says.
    pub const WRONG_PERSON: &str = "wrong_person";
    /// 「重複」 Two people found that it was filed before.
    pub const DUPLICATE: &str = "duplicate";

    /// The reasons for which two people may send an entry back.
    pub const BY_PEOPLE: [&str; 4] = [OTHER_MUNICIPALITY, PERSON_UNKNOWN, WRONG_PERSON, DUPLICATE];

    /// Every reason of this program: each stands in the public vocabulary (`handover::REASONS`).
    pub const ALL: [&str; 14] = [
        RESIDENT_NONE,
        RESIDENT_SEVERAL,
        NUMBER_DIFFERS,
        CHARACTER_UNMAPPABLE,
        CODE_UNMAPPED,
        KIND_UNMAPPED,
        OTHER_MUNICIPALITY,
        NUMBER_UNREADABLE,
        NUMBER_CHECK_DIGIT,
        PAPER_DIFFERS,
        WITHDRAWN,
        PERSON_UNKNOWN,
        WRONG_PERSON,
        DUPLICATE,
    ];

    /// Whether it is the mapping file's fault, so that the entry can go on by itself when that is mended.
    #[must_use]
    pub fn is_of_the_mapping(reason: &str) -> bool {
        [CHARACTER_UNMAPPABLE, CODE_UNMAPPED, KIND_UNMAPPED].contains(&reason)
    }
}

/// The form that an entry was filled in with.
#[derive(Clone, Copy)]
pub struct FormOf<'a> {
    /// The digest that the entry names.
    pub sha256: &'a str,
    /// The definition.
    pub form: &'a Form,
}

/// The form of an entry, where it is known.
#[must_use]
pub fn form_of<'a>(entry: &'a Entry, form: Option<&'a Form>) -> Option<FormOf<'a>> {
    form.map(|form| FormOf { sha256: &entry.form.sha256, form })
}

/// The mappings by kind of entry.
pub struct Mappings {
    named: BTreeMap<String, Mapping>,
    without_file: Mapping,
    /// Made once for each form, by its digest: a batch has a thousand entries of the same one.
    for_forms: Mutex<BTreeMap<String, Arc<Mapping>>>,
}

impl Mappings {
    /// The mappings that the configuration names, and what holds for every other kind.
    #[must_use]
    pub const fn new(named: BTreeMap<String, Mapping>, without_file: Mapping) -> Self {
        Self { named, without_file, for_forms: Mutex::new(BTreeMap::new()) }
    }

    /// The encoding of files that belong to no kind.
    #[must_use]
    pub fn charset(&self) -> Charset {
        self.of(PREGNANCY_NOTIFICATION).charset()
    }

    fn of(&self, kind: &str) -> &Mapping {
        self.named.get(kind).unwrap_or(&self.without_file)
    }

    /// The mapping for entries of this kind that were filled in with this form. None where neither the configuration nor
    /// a form names columns.
    #[must_use]
    pub fn for_entry(&self, kind: &str, of: Option<FormOf<'_>>) -> Option<Arc<Mapping>> {
        let mapping = self.of(kind);
        let Some(FormOf { sha256, form }) = of else {
            return mapping.names_columns().then(|| Arc::new(mapping.clone()));
        };
        // Made whole before it is put in, so a panic elsewhere leaves nothing half done here.
        let mut made = self.for_forms.lock().unwrap_or_else(PoisonError::into_inner);
        let found = made.entry(sha256.to_owned()).or_insert_with(|| Arc::new(mapping.for_form(form)));
        Some(Arc::clone(found))
    }

    /// What the names of its files begin with: the kind, and the version where the columns follow from it.
    #[must_use]
    pub fn stem(&self, kind: &str, of: Option<FormOf<'_>>) -> String {
        match of {
            Some(of) if kind != PREGNANCY_NOTIFICATION && !self.of(kind).names_columns() => {
                format!("{kind}-v{}", of.form.version)
            }
            _ => kind.to_owned(),
        }
    }
}

/// What entries are judged by.
pub struct Judge<'a> {
    /// The destination's keys.
    pub keys: &'a DestinationKeys,
    /// 「全国地方公共団体コード」 Whose entries are taken.
    pub municipality: &'a str,
    /// 「宛名」
    pub residents: &'a Residents,
    /// 「変換表」
    pub mappings: &'a Mappings,
    /// 「副本」 If offers are made.
    pub copies: Option<&'a Copies>,
}

/// What becomes of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Taken in, with its line.
    Import {
        /// 「宛名番号」
        resident_number: String,
        /// Its line of CSV.
        line: Line,
    },
    /// Waits for two people, or for the mapping file.
    Hold(&'static str),
    /// Goes back.
    Reject(&'static str),
}

/// A verdict, and what the operator should read: without personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What becomes of it.
    pub verdict: Verdict,
    /// What to tell.
    pub notes: Vec<String>,
    /// Who came near, where it is in doubt.
    pub near_misses: Vec<NearMiss>,
}

impl Judged {
    const fn of(verdict: Verdict, notes: Vec<String>) -> Self {
        Self { verdict, notes, near_misses: Vec::new() }
    }

    pub(crate) fn reject(code: &'static str, note: String) -> Self {
        Self::of(Verdict::Reject(code), vec![note])
    }

    fn hold(code: &'static str, note: &str) -> Self {
        Self::of(Verdict::Hold(code), vec![note.to_owned()])
    }

    fn doubt(code: &'static str, note: &str, candidates: &[Candidate]) -> Self {
        let near = |one: &Candidate| NearMiss {
            resident_number: one.number.0.clone(),
            agreed: one.named(Agreement::Agrees),
            differed: one.named(Agreement::Differs),
        };
        Self { near_misses: candidates.iter().map(near).collect(), ..Self::hold(code, note) }
    }
}

impl Judge<'_> {
    /// What becomes of an entry that came with this form, which was found by its digest.
    #[must_use]
    pub fn judge(&self, opened: &OpenedEntry, form: &Form) -> Judged {
        let entry = &opened.entry;
        if let Some(fault) = recheck_found(entry, form).first() {
            return Judged::reject(fault.code(), fault.to_string());
        }
        if entry.municipality != self.municipality {
            return Judged::reject(reason::OTHER_MUNICIPALITY, "it is for another municipality".to_owned());
        }
        match self.resolve(entry) {
            Ok(Resolution::Matched(resident)) => self.line(entry, form_of(entry, Some(form)), &resident.number.0),
            Ok(Resolution::Several(some)) => Judged::doubt(reason::RESIDENT_SEVERAL, "several residents fit", &some),
            Ok(Resolution::None(near)) => Judged::doubt(reason::RESIDENT_NONE, "no resident fits", &near),
            Ok(Resolution::NumberDiffers(near)) => {
                Judged::doubt(reason::NUMBER_DIFFERS, "the 個人番号 is not shown to be this person's", &near)
            }
            Err(refused) => refused,
        }
    }

    /// Who an entry is about.
    ///
    /// # Errors
    /// When its 個人番号 cannot be read or is wrong: then it goes back.
    pub fn resolve(&self, entry: &Entry) -> Result<Resolution, Judged> {
        let my_number = entry.my_number.as_deref().map(|armor| self.open_number(armor)).transpose()?;
        let person = &entry.person;
        let (Some(name), Some(birthdate), Some(address)) = (&person.name, person.birthdate, &person.address) else {
            return Ok(Resolution::None(Vec::new()));
        };
        let (my_number, name_kana, sex) = (my_number.as_ref(), person.name_kana.as_deref(), person.sex);
        Ok(self.residents.resolve(&Wanted { my_number, name, name_kana, birthdate, sex, address }))
    }

    fn open_number(&self, armor: &str) -> Result<MyNumber, Judged> {
        let unreadable =
            || Judged::reject(reason::NUMBER_UNREADABLE, "the 個人番号 does not open with the number key".to_owned());
        let digits = self.keys.open_number(armor).map_err(|_| unreadable())?;
        let digits = str::from_utf8(&digits).map_err(|_| unreadable())?;
        MyNumber::parse(digits)
            .map_err(|error| Judged::reject(reason::NUMBER_CHECK_DIGIT, format!("the 個人番号: {error}")))
    }

    /// The line of an entry that is about this resident.
    #[must_use]
    pub fn line(&self, entry: &Entry, form: Option<FormOf<'_>>, resident_number: &str) -> Judged {
        let Some(mapping) = self.mappings.for_entry(entry.kind.as_str(), form) else {
            return Judged::hold(reason::KIND_UNMAPPED, "neither a mapping file nor its form names columns");
        };
        let facts = self.facts_for(entry, resident_number);
        let offered = self.copies.map_or(Ok(None), |copies| copies.line(entry, &facts, CopyKind::New));
        match mapping.line(&facts).and_then(|line| offered.map(|_| line)) {
            Ok(line) => {
                let notes = line.changes.clone();
                Judged::of(Verdict::Import { resident_number: resident_number.to_owned(), line }, notes)
            }
            Err(strangers) => {
                let is_character = |one: &Unmappable| matches!(one.what, Stranger::Characters(_));
                let code = if strangers.iter().any(is_character) {
                    reason::CHARACTER_UNMAPPABLE
                } else {
                    reason::CODE_UNMAPPED
                };
                Judged::of(Verdict::Hold(code), strangers.iter().map(ToString::to_string).collect())
            }
        }
    }

    /// What a column can ask for of an entry that is about this resident.
    #[must_use]
    pub fn facts_for(&self, entry: &Entry, resident_number: &str) -> Facts {
        let mut facts = facts(entry, &statements(entry));
        facts.insert("resident.number".to_owned(), Fact::Value(resident_number.to_owned()));
        if let Some(sex) = self.residents.sex_of(resident_number) {
            facts.insert("resident.sex".to_owned(), Fact::Codes(vec![sex.to_owned()], None));
        }
        facts
    }
}

/// The statements of an entry as they are staged.
#[must_use]
pub fn staged_items(statements: Vec<Statement>) -> Vec<crate::state::StagedItem> {
    let staged = |one: Statement| {
        let (value, text, declined) = match one.content {
            Some(Fact::Value(value)) => (Some(value), None, false),
            Some(Fact::Codes(codes, text)) => (Some(codes.join("|")), text, false),
            Some(Fact::Declined) => (None, None, true),
            None => (None, None, false),
        };
        crate::state::StagedItem { fact: one.fact, name: one.name, value, text, declined }
    };
    statements.into_iter().map(staged).collect()
}
