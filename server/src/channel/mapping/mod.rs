//! 「変換表」 The mapping file of a channel: where in its files what stands, and which field of which form it is. Invariant: every
//! place of a file is mapped or ignored by name, every field of the form is mapped, constant or said to be never asked; what
//! has no counterpart is a fault, and nothing is guessed.

use std::collections::{BTreeMap, BTreeSet};

use intake::{
    answers::RawAnswers,
    form::{Compartment, Condition, DECLINED, Field, Form, Kind, Target},
    identity::is_by_proxy,
    ids::{FieldId, FormId},
    journey::{self, CompleteAnswers},
    time::Instant,
    value::ValueError,
};
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::{
    Cell, Record,
    fault::{Fault, Problem},
    place::{Charset, DayStyle, day_parts, time},
};

/// How the application in an archive is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// XML; places are paths.
    Xml,
    /// CSV with a header and one row; places are headers.
    Csv,
}

/// What is in an archive.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveRule {
    /// The name of the application's file; `*` is any run of characters but `/`.
    pub application: String,
    /// How it is written.
    pub format: Format,
    /// Files that are not looked at.
    #[serde(default)]
    pub ignored_files: Vec<String>,
}

/// Which files of an archive are papers of the form.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperRule {
    /// The kind of paper.
    pub paper: FieldId,
    /// The names of its files.
    pub files: String,
}

/// 「署名用電子証明書」 What the channel says of a signature.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureRule {
    /// Where the serial number of the certificate stands. It is kept as a keyed index only.
    pub serial: String,
    /// Who in the city answers for the channel's having verified signature and certificate. Without it the signature proves
    /// nothing here, and identity is recorded at the counter as for every filing.
    pub answered_for_by: Option<String>,
}

/// One place or several that are joined.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Places {
    One(String),
    Joined(Vec<String>),
}

impl Places {
    fn all(&self) -> &[String] {
        match self {
            Self::One(place) => std::slice::from_ref(place),
            Self::Joined(places) => places,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldRule {
    field: FieldId,
    from: Places,
    /// What stands between joined texts.
    #[serde(default = "ideographic_space")]
    join: String,
    /// What stands between several choices in one text.
    separator: Option<String>,
    #[serde(default)]
    day: DayStyle,
}

fn ideographic_space() -> String {
    "\u{3000}".to_owned()
}

/// A mapping file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    form: FormId,
    version: u32,
    #[serde(default)]
    encoding: Charset,
    number: String,
    received: String,
    #[serde(default)]
    received_day: DayStyle,
    #[serde(default)]
    ignored: Vec<String>,
    #[serde(default)]
    not_asked: Vec<FieldId>,
    #[serde(default)]
    constants: BTreeMap<FieldId, String>,
    #[serde(default, rename = "field")]
    fields: Vec<FieldRule>,
    #[serde(default)]
    codes: BTreeMap<FieldId, BTreeMap<String, String>>,
    archive: Option<ArchiveRule>,
    #[serde(default, rename = "paper")]
    papers: Vec<PaperRule>,
    signature: Option<SignatureRule>,
}

/// What is wrong with a mapping file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not a mapping file.
    #[error("line {line}: {message}")]
    Unreadable {
        /// Line from 1; 0 if unknown.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A form, or a version of it, that is not there.
    #[error("there is no form {0} in version {1}")]
    NoForm(FormId, u32),
    /// A form that no other channel can bring.
    #[error("the form {0} follows another or is for 保健師 only: it is filed here and nowhere else")]
    NotThisForm(FormId),
    /// A field or a paper that the form does not have.
    #[error("the form has no “{0}”")]
    UnknownField(FieldId),
    /// A field that is filled in two ways.
    #[error("“{0}” is named twice")]
    Twice(FieldId),
    /// A required field that nothing is said of.
    #[error("“{0}” must be answered: map it, give it a constant, or name it under `not_asked`")]
    Unsaid(FieldId),
    /// A code that the form does not have.
    #[error("“{0}” has no choice “{1}”")]
    UnknownCode(FieldId, String),
    /// A kind of field that cannot be mapped.
    #[error("“{0}” is of a kind that cannot be mapped: name it under `not_asked`")]
    Unmappable(FieldId),
    /// A place that is used and ignored.
    #[error("“{0}” is mapped and ignored")]
    IgnoredToo(String),
    /// No place where a place must be.
    #[error("a place is empty")]
    EmptyPlace,
}

/// A filing, mapped.
pub struct Mapped {
    /// Its number in the channel.
    pub number: String,
    /// When it arrived there.
    pub received_at: Instant,
    /// The inputs.
    pub raw: RawAnswers,
    /// The same, parsed.
    pub complete: CompleteAnswers,
    /// The serial number of a certificate.
    pub serial: Option<String>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &str) -> Result<Self, MappingError> {
        toml::from_str(text).map_err(|error| MappingError::Unreadable {
            line: error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1),
            message: error.message().to_owned(),
        })
    }

    /// The form and its version.
    #[must_use]
    pub const fn form(&self) -> (&FormId, u32) {
        (&self.form, self.version)
    }

    /// How the files are encoded.
    #[must_use]
    pub const fn charset(&self) -> Charset {
        self.encoding
    }

    /// What is in an archive.
    #[must_use]
    pub const fn archive(&self) -> Option<&ArchiveRule> {
        self.archive.as_ref()
    }

    /// Which files of an archive are papers.
    #[must_use]
    pub fn papers(&self) -> &[PaperRule] {
        &self.papers
    }

    /// What is said of signatures.
    #[must_use]
    pub const fn signature(&self) -> Option<&SignatureRule> {
        self.signature.as_ref()
    }

    /// The fields that are never asked there.
    #[must_use]
    pub fn not_asked(&self) -> &[FieldId] {
        &self.not_asked
    }

    /// Whether the mapping fits the form.
    ///
    /// # Errors
    /// With the first thing that does not.
    pub fn check(&self, form: &Form) -> Result<(), MappingError> {
        if form.follows.is_some() || form.compartment != Compartment::General {
            return Err(MappingError::NotThisForm(self.form.clone()));
        }
        let mut named = BTreeSet::new();
        let all = self.fields.iter().map(|rule| &rule.field).chain(self.constants.keys()).chain(&self.not_asked);
        for id in all {
            form.field(id).ok_or_else(|| MappingError::UnknownField(id.clone()))?;
            if !named.insert(id) {
                return Err(MappingError::Twice(id.clone()));
            }
        }
        // Who files decides on what is evidence: it is known from the beginning.
        let who_files = |field: &Field| matches!(&field.target, Target::Extra(key) if key == "filer");
        let unsaid = self.not_asked.iter().find(|id| form.field(id).is_some_and(|(_, field)| who_files(field)));
        if let Some(id) = unsaid {
            return Err(MappingError::Unsaid(id.clone()));
        }
        let reachable = journey::with_dependents(form, &self.not_asked);
        for (page, field) in form.fields() {
            let is_said = named.contains(&field.id) || reachable.contains(&field.id);
            let is_on_the_way = [&page.when, &field.when].into_iter().flatten().all(|when| self.can_hold(when));
            if field.required && is_on_the_way && !is_said {
                return Err(MappingError::Unsaid(field.id.clone()));
            }
        }
        for id in self.fields.iter().map(|rule| &rule.field).chain(self.constants.keys()) {
            if form.field(id).is_some_and(|(_, field)| matches!(field.kind, Kind::MonthSpan | Kind::EpdsItem)) {
                return Err(MappingError::Unmappable(id.clone()));
            }
        }
        self.check_codes(form)?;
        self.check_places()?;
        match self.papers.iter().find(|rule| form.paper(&rule.paper).is_none()) {
            Some(rule) => Err(MappingError::UnknownField(rule.paper.clone())),
            None => Ok(()),
        }
    }

    /// Whether a condition can hold for what this channel brings.
    fn can_hold(&self, condition: &Condition) -> bool {
        if condition.answered == Some(false) {
            return true;
        }
        let asked: Vec<&String> = condition.equals.iter().chain(condition.one_of.iter().flatten()).collect();
        let is_asked = |code: &String| asked.is_empty() || asked.contains(&code);
        let is_mapped = self.fields.iter().any(|rule| rule.field == condition.field);
        match (self.constants.get(&condition.field), self.codes.get(&condition.field)) {
            (Some(code), _) => is_asked(code),
            (None, Some(table)) => is_mapped && table.values().any(is_asked),
            (None, None) => is_mapped,
        }
    }

    fn check_codes(&self, form: &Form) -> Result<(), MappingError> {
        for (id, table) in &self.codes {
            let (_, field) = form.field(id).ok_or_else(|| MappingError::UnknownField(id.clone()))?;
            let is_code = |code: &str| {
                let is_choice = field.choices().iter().any(|choice| choice.code == code);
                code.is_empty() || (field.decline && code == DECLINED) || is_choice || !field.is_choice()
            };
            if let Some(code) = table.values().find(|code| !is_code(code)) {
                return Err(MappingError::UnknownCode(id.clone(), code.clone()));
            }
        }
        for (id, code) in &self.constants {
            let choices = form.field(id).map_or(&[][..], |(_, field)| field.choices());
            if !choices.is_empty() && !choices.iter().any(|choice| choice.code == *code) {
                return Err(MappingError::UnknownCode(id.clone(), code.clone()));
            }
        }
        Ok(())
    }

    fn check_places(&self) -> Result<(), MappingError> {
        for place in self.places() {
            if place.trim().is_empty() {
                return Err(MappingError::EmptyPlace);
            }
            if self.ignored.contains(place) {
                return Err(MappingError::IgnoredToo(place.clone()));
            }
        }
        let is_empty = self.fields.iter().any(|rule| rule.from.all().is_empty());
        if is_empty { Err(MappingError::EmptyPlace) } else { Ok(()) }
    }

    /// Every place that is used.
    fn places(&self) -> impl Iterator<Item = &String> {
        let serial = self.signature.iter().map(|rule| &rule.serial);
        let mapped = self.fields.iter().flat_map(|rule| rule.from.all());
        [&self.number, &self.received].into_iter().chain(serial).chain(mapped)
    }

    fn knows(&self, place: &str) -> bool {
        let is_below = |ignored: &String| {
            let below = place.strip_prefix(ignored.as_str());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '@']))
        };
        self.places().any(|used| used == place) || self.ignored.iter().any(is_below)
    }

    /// What is wrong with the header of a table: columns that are wanting, and columns that nothing is said of. An unknown
    /// one may hold what the city must not take (目的外の入手, `controls.md` R01).
    #[must_use]
    pub fn header_faults(&self, headers: &[String]) -> Vec<Fault> {
        let wanting = self.places().filter(|place| !headers.contains(place));
        let unknown = headers.iter().filter(|header| !self.knows(header));
        let fault = |place: &String, problem| Fault::on_line(1, problem).at(place);
        let wanting = wanting.map(|place| fault(place, Problem::MissingColumn));
        wanting.chain(unknown.map(|place| fault(place, Problem::UnknownPlace))).collect()
    }

    /// Maps a filing and holds it to the rules of the form.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn map(&self, form: &Form, record: &Record, now: Instant) -> Result<Mapped, Vec<Fault>> {
        let mut faults = Vec::new();
        for (place, cells) in record.cells.iter().filter(|(place, _)| !self.knows(place)) {
            if let Some(cell) = cells.iter().find(|cell| !cell.text.trim().is_empty()) {
                faults.push(Fault::on_line(cell.line, Problem::UnknownPlace).at(place));
            }
        }
        let number = self.number(record).map_err(|fault| faults.push(fault)).ok();
        let received = self.received_at(record, now).map_err(|fault| faults.push(fault)).ok();
        let mut raw = RawAnswers::default();
        for rule in &self.fields {
            if let Some((_, field)) = form.field(&rule.field)
                && let Err(fault) = self.put(&mut raw, rule, field, record)
            {
                faults.push(fault);
            }
        }
        for (id, code) in &self.constants {
            raw.set(id.as_str(), vec![code.clone()]);
        }
        let (Some(number), Some(received_at)) = (number, received) else { return Err(faults) };
        let not_asked = journey::with_dependents(form, &self.not_asked);
        match journey::complete_but(form, &raw, received_at.date_in_japan(), &not_asked) {
            Ok(complete) if is_by_proxy(form, complete.answers()) => {
                faults.push(Fault::on_line(record.line, Problem::ByProxy));
                Err(faults)
            }
            Ok(complete) if faults.is_empty() => {
                let serial = self.signature.as_ref().and_then(|rule| record.filled(&rule.serial).next());
                let serial = serial.map(|cell| cell.text.trim().to_owned());
                Ok(Mapped { number, received_at, raw, complete, serial })
            }
            Ok(_) => Err(faults),
            Err(errors) => {
                for error in errors {
                    // A text without a counterpart was told of already; then nothing stands in the field.
                    if !faults.iter().any(|fault| fault.field.as_ref() == Some(&error.field)) {
                        faults.push(self.fault(record, &error.field, Problem::Value(error.error)));
                    }
                }
                Err(faults)
            }
        }
    }

    fn number(&self, record: &Record) -> Result<String, Fault> {
        let fault = || Fault::on_line(record.line, Problem::Number).at(&self.number);
        let mut found = record.filled(&self.number);
        let (Some(cell), None) = (found.next(), found.next()) else { return Err(fault()) };
        let number: String = cell.text.trim().nfkc().collect();
        let is_plain = number.len() <= 64 && number.bytes().all(|byte| byte.is_ascii_graphic());
        if is_plain { Ok(number) } else { Err(fault()) }
    }

    fn received_at(&self, record: &Record, now: Instant) -> Result<Instant, Fault> {
        let fault = |problem| Fault::on_line(record.line, problem).at(&self.received);
        let mut found = record.filled(&self.received);
        let (Some(cell), None) = (found.next(), found.next()) else { return Err(fault(Problem::NotATime)) };
        let at = time(&cell.text, self.received_day).ok_or_else(|| fault(Problem::NotATime))?;
        if at > now { Err(fault(Problem::Ahead)) } else { Ok(at) }
    }

    /// A fault of a field, at the first of its places.
    fn fault(&self, record: &Record, field: &FieldId, problem: Problem) -> Fault {
        let rule = self.fields.iter().find(|rule| rule.field == *field);
        let places = rule.map_or(&[][..], |rule| rule.from.all());
        let line = places.iter().find_map(|place| record.filled(place).next()).map_or(record.line, |cell| cell.line);
        let place = places.first().cloned();
        Fault { line: Some(line), place, field: Some(field.clone()), problem }
    }

    /// Puts the texts of a field into its inputs.
    fn put(&self, raw: &mut RawAnswers, rule: &FieldRule, field: &Field, record: &Record) -> Result<(), Fault> {
        let id = rule.field.as_str();
        let fault = |problem| self.fault(record, &rule.field, problem);
        let texts: Vec<&Cell> = rule.from.all().iter().flat_map(|place| record.filled(place)).collect();
        if texts.is_empty() {
            return Ok(());
        }
        let is_joined = rule.from.all().len() > 1;
        let most = if is_joined { rule.from.all().len() } else { 1 };
        if !matches!(field.kind, Kind::Multi { .. }) && texts.len() > most {
            return Err(fault(Problem::Value(ValueError::MoreThanOne)));
        }
        let texts: Vec<&str> = texts.iter().map(|cell| cell.text.as_str()).collect();
        let values: Vec<String> = match (&field.kind, &rule.separator) {
            (Kind::Multi { .. }, Some(separator)) if !separator.is_empty() => {
                let parts = texts.iter().flat_map(|text| text.split(separator.as_str()));
                parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
            }
            (Kind::Multi { .. }, _) => texts.iter().map(|text| text.trim().to_owned()).collect(),
            _ => vec![texts.join(&rule.join)],
        };
        let values = values.into_iter().map(|text| self.code(&rule.field, text)).collect::<Option<Vec<_>>>();
        let values = values.ok_or_else(|| fault(Problem::NoCounterpart))?;
        if field.decline && !field.is_choice() && values.iter().any(|value| value == DECLINED) {
            raw.set(&format!("{id}-declined"), vec!["yes".to_owned()]);
            return Ok(());
        }
        if let Kind::Date { .. } = field.kind {
            let text = values.first().filter(|text| !text.is_empty());
            let Some(text) = text else { return Ok(()) };
            let parts = day_parts(text, rule.day).ok_or_else(|| fault(Problem::Value(ValueError::NotADay)))?;
            for (name, part) in ["year", "month", "day"].into_iter().zip(parts) {
                raw.set(&format!("{id}-{name}"), vec![part]);
            }
            return Ok(());
        }
        raw.set(id, values.into_iter().filter(|value| !value.is_empty()).collect());
        Ok(())
    }

    /// Our code for a text of the channel; the text itself for a field without a table.
    fn code(&self, field: &FieldId, text: String) -> Option<String> {
        match self.codes.get(field) {
            None => Some(text),
            Some(table) => table.get(text.trim()).cloned(),
        }
    }
}

#[cfg(test)]
mod tests;
