//! Looks at form files before anybody relies on them. Invariant: a form that comes out has been through every rule; all
//! faults of all files are found at once, each with file, line and remedy.
//!
//! Files are looked at beside what ships: they may add forms, versions and translations, or take a shipped version's
//! place. Whether a version that drafts or cases use was changed is asked elsewhere, for only the portal knows them.

mod fault;
mod places;
mod rules;
mod shape;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use toml::de::DeTable;

pub(crate) use self::{fault::nearest, places::place};
use self::{
    places::{Place, Places},
    shape::Shapes,
};
use crate::{
    form::{Form, Prefill},
    ids::FormId,
    texts::{self, TextFault},
};

pub use self::{
    fault::{Fault, Slip},
    rules::faults_of,
};

/// The languages that a text of a form may be in.
pub const LOCALES: &[&str] = &["ja", "ja-easy", "en", "zh-Hans", "vi", "pt", "ne", "fil"];

/// The file that pins published versions.
pub const LOCK: &str = "published.lock";

/// A fault in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, fault } = self;
        let grade = if fault.is_warning() { "warning" } else { "error" };
        write!(f, "{file}:{line}:{column}: {grade}: {fault}. {}", fault.remedy())
    }
}

/// A file: its name and its bytes.
pub type File = (String, Vec<u8>);

/// What became of the files.
#[derive(Debug, Default)]
pub struct Inspected {
    /// Everything that was found, by file and line.
    pub findings: Vec<Finding>,
    /// The forms of these files that could be read, with their translations.
    pub forms: BTreeMap<(FormId, u32), Form>,
}

impl Inspected {
    /// Whether the portal can start with these files.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.findings.iter().all(|finding| finding.fault.is_warning())
    }
}

/// A form file that could be read.
struct Sheet {
    name: String,
    places: Places,
    form: Form,
}

/// The kinds of file by their names.
enum Name {
    Form(FormId, u32),
    Translation(FormId, u32, String),
    Lock,
    Nothing,
    Foreign,
}

fn kind_of_name(name: &str) -> Name {
    if name == LOCK {
        return Name::Lock;
    }
    // A note, a text pack, the copy that an editor keeps.
    let Some(stem) = name.strip_suffix(".toml").filter(|_| !name.starts_with('.')) else { return Name::Foreign };
    let Some((form, rest)) = stem.split_once(".v") else { return Name::Nothing };
    let Ok(form) = form.parse() else { return Name::Nothing };
    let (version, locale) = rest.split_once('.').map_or((rest, None), |(version, locale)| (version, Some(locale)));
    match (version.parse(), locale) {
        (Ok(version), None) => Name::Form(form, version),
        (Ok(version), Some(locale)) if !locale.contains('.') => Name::Translation(form, version, locale.to_owned()),
        _ => Name::Nothing,
    }
}

/// Looks at files that stand beside these forms.
#[must_use]
pub fn inspect(files: &[File], beside: &BTreeMap<(FormId, u32), Form>) -> Inspected {
    let mut inspection = Inspection { beside, sheets: Vec::new(), findings: Vec::new() };
    let mut translations = Vec::new();
    for (name, bytes) in files {
        match kind_of_name(name) {
            Name::Foreign => {}
            Name::Nothing => inspection.find(name, (1, 1), Fault::FileName),
            Name::Form(id, version) => inspection.form(name, bytes, &id, version),
            Name::Translation(id, version, locale) => translations.push((name, bytes, (id, version), locale)),
            Name::Lock => {}
        }
    }
    for (name, bytes, form, locale) in translations {
        inspection.translation(name, bytes, &form, &locale);
    }
    for (name, bytes) in files {
        if matches!(kind_of_name(name), Name::Lock) {
            inspection.lock(name, bytes);
        }
    }
    inspection.between();
    let mut findings = inspection.findings;
    findings.sort_by(|one, other| (&one.file, one.line, one.column).cmp(&(&other.file, other.line, other.column)));
    let forms = inspection.sheets.into_iter().map(|sheet| ((sheet.form.id.clone(), sheet.form.version), sheet.form));
    Inspected { findings, forms: forms.collect() }
}

/// A fault with its line and column.
type Placed = (Place, Fault);

/// The tree of a text, or every place where it is not TOML.
fn tree(text: &str) -> Result<DeTable<'_>, Vec<Placed>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    let told = |error: &toml::de::Error| {
        let at = error.span().map_or((1, 1), |span| place(text, span.start));
        (at, Fault::NotToml(error.message().to_owned()))
    };
    if errors.is_empty() { Ok(tree.into_inner()) } else { Err(errors.iter().map(told).collect()) }
}

/// What a form file says, by itself.
struct Looked {
    faults: Vec<Placed>,
    places: Places,
    /// With something made up wherever there is a fault.
    form: Option<Form>,
    says_its_name: bool,
}

fn look(text: &str) -> Looked {
    let tree = match tree(text) {
        Ok(tree) => tree,
        Err(faults) => return Looked { faults, places: Places::default(), form: None, says_its_name: false },
    };
    let places = Places::of(text, &tree);
    let mut shapes = Shapes::default();
    let table = shape::form(&mut shapes, &tree);
    let placed = |slip: Slip| (places.find(&slip.path), slip.fault);
    let form = Form::from_table(table);
    let mut told = Vec::new();
    match &form {
        Ok(form) => {
            let made_up = Doubt::of(form, &shapes.made_up);
            let slips = faults_of(form).into_iter().chain(rules::long_labels(form));
            let is_new = |slip: &Slip| !shapes.slips.iter().any(|told| is_in(&told.path, &slip.path));
            told.extend(slips.filter(|slip| !made_up.covers(slip) && is_new(slip)));
        }
        // Every key was looked at, so this does not happen; if it does, it is told and not passed over.
        Err(message) => told.push(Slip::new("id", Fault::NotToml(message.clone()))),
    }
    let says_its_name = !["id", "version"].iter().any(|key| shapes.made_up.contains(*key));
    let faults = shapes.slips.into_iter().chain(told).map(placed).collect();
    Looked { faults, places, form: form.ok(), says_its_name }
}

/// Reads a form file that stands alone.
///
/// # Errors
/// All faults that were found.
pub fn read(text: &str) -> Result<Form, Vec<Finding>> {
    let looked = look(text);
    let errors = looked.faults.into_iter().filter(|(_, fault)| !fault.is_warning());
    let found: Vec<Finding> =
        errors.map(|((line, column), fault)| Finding { file: "the form".to_owned(), line, column, fault }).collect();
    looked.form.filter(|_| found.is_empty()).ok_or(found)
}

struct Inspection<'a> {
    beside: &'a BTreeMap<(FormId, u32), Form>,
    sheets: Vec<Sheet>,
    findings: Vec<Finding>,
}

impl Inspection<'_> {
    fn find(&mut self, file: &str, (line, column): Place, fault: Fault) {
        self.findings.push(Finding { file: file.to_owned(), line, column, fault });
    }

    fn text<'t>(&mut self, name: &str, bytes: &'t [u8]) -> Option<&'t str> {
        let text = std::str::from_utf8(bytes).ok();
        if text.is_none() {
            self.find(name, (1, 1), Fault::NotText);
        }
        text
    }

    fn form(&mut self, name: &str, bytes: &[u8], id: &FormId, version: u32) {
        let Some(text) = self.text(name, bytes) else { return };
        let looked = look(text);
        for (at, fault) in looked.faults {
            self.find(name, at, fault);
        }
        let (Some(form), places) = (looked.form, looked.places) else { return };
        if (&form.id, form.version) != (id, version) {
            if looked.says_its_name {
                let says = format!("{}.v{}", form.id, form.version);
                self.find(name, places.find("id"), Fault::FileNameDiffers(says));
            }
            return;
        }
        // The same content as what ships: its languages stay.
        let shipped = self.beside.get(&(id.clone(), version)).filter(|shipped| shipped.sha256() == form.sha256());
        let form = shipped.map_or(form.clone(), |shipped| Form { offered: form.offered, ..shipped.clone() });
        self.sheets.push(Sheet { name: name.to_owned(), places, form });
    }

    fn translation(&mut self, name: &str, bytes: &[u8], of: &(FormId, u32), locale: &str) {
        if !LOCALES.contains(&locale) {
            self.find(name, (1, 1), Fault::UnknownLocale(locale.to_owned()));
        }
        let Some(text) = self.text(name, bytes) else { return };
        let tree = match tree(text) {
            Ok(tree) => tree,
            Err(faults) => return faults.into_iter().for_each(|(at, fault)| self.find(name, at, fault)),
        };
        if !self.sheets.iter().any(|sheet| (&sheet.form.id, sheet.form.version) == (&of.0, of.1)) {
            let Some(shipped) = self.beside.get(of) else {
                return self.find(name, (1, 1), Fault::TranslationOfNothing(of.0.to_string(), of.1));
            };
            // A translation alone: the shipped form comes along, in one more language.
            self.sheets.push(Sheet { name: String::new(), places: Places::default(), form: shipped.clone() });
        }
        let Some(sheet) = self.sheets.iter_mut().find(|sheet| (&sheet.form.id, sheet.form.version) == (&of.0, of.1))
        else {
            return;
        };
        let places = Places::of(text, &tree);
        let known = texts::paths(&sheet.form);
        let mut found = Vec::new();
        for fault in texts::translate(&mut sheet.form, locale, text).err().unwrap_or_default() {
            found.push(match fault {
                TextFault::Unreadable(error) => ((error.line.max(1), 1), Fault::NotToml(error.message)),
                TextFault::NotAText(path) => (places.find(&path), Fault::NotAText(path)),
                TextFault::Furigana(path) => (places.find(&path), Fault::Furigana(path)),
                TextFault::Missing(path) => (places.find(&path), Fault::NotTranslated(path)),
                TextFault::Unknown(path) => {
                    let near = nearest(&path, known.iter().map(String::as_str));
                    (places.find(&path), Fault::TranslatesNothing(path, near))
                }
            });
        }
        for (at, fault) in found {
            self.find(name, at, fault);
        }
    }

    fn lock(&mut self, name: &str, bytes: &[u8]) {
        let Some(text) = self.text(name, bytes) else { return };
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let mut words = line.split(' ');
            let parts =
                (words.next(), words.next().and_then(|word| word.parse::<u32>().ok()), words.next(), words.next());
            let (Some(id), Some(version), Some(sha256), None) = parts else {
                self.find(name, (number, 1), Fault::LockLine);
                continue;
            };
            let (true, Ok(form)) = (sha256.len() == 64, id.parse::<FormId>()) else {
                self.find(name, (number, 1), Fault::LockLine);
                continue;
            };
            let sheet = self.sheets.iter().find(|sheet| sheet.form.id == form && sheet.form.version == version);
            let here = sheet.map(|sheet| &sheet.form).or_else(|| self.beside.get(&(form, version)));
            let fault = match here.map(Form::sha256) {
                Some(other) if other == sha256 => continue,
                Some(_) => Fault::PublishedChanged(id.to_owned(), version),
                None => Fault::PublishedMissing(id.to_owned(), version),
            };
            let place = sheet
                .filter(|sheet| !sheet.name.is_empty())
                .map(|sheet| (sheet.name.clone(), sheet.places.find("version")));
            let (file, at) = place.unwrap_or_else(|| (name.to_owned(), (number, 1)));
            self.find(&file, at, fault);
        }
    }

    /// What is wrong with a form beside the others.
    fn between(&mut self) {
        let mut found = Vec::new();
        let newest = |id: &FormId| {
            let own = self.sheets.iter().map(|sheet| &sheet.form);
            own.chain(self.beside.values()).filter(|form| form.id == *id).max_by_key(|form| form.version)
        };
        let version = |id: &FormId, version: u32| {
            let own =
                self.sheets.iter().map(|sheet| &sheet.form).find(|form| form.id == *id && form.version == version);
            own.or_else(|| self.beside.get(&(id.clone(), version)))
        };
        for sheet in self.sheets.iter().filter(|sheet| !sheet.name.is_empty()) {
            let form = &sheet.form;
            let mut slips = Vec::new();
            if let Some(follows) = form.follows.as_ref().filter(|follows| **follows != form.id) {
                match newest(follows) {
                    None => slips.push(Slip::new("follows", Fault::FollowsNothing(follows.to_string()))),
                    Some(followed) => slips.extend(from_nothing(form, followed)),
                }
            }
            match version(&form.id, form.version.saturating_sub(1)) {
                Some(before) => slips.extend(rules::changed_choices(before, form)),
                None if form.version > 1 => {
                    let gap = Fault::VersionGap(form.id.to_string(), form.version, form.version - 1);
                    slips.push(Slip::new("version", gap));
                }
                None => {}
            }
            let shipped = self.beside.get(&(form.id.clone(), form.version));
            if shipped.is_some_and(|shipped| shipped.sha256() != form.sha256()) {
                slips.push(Slip::new("version", Fault::ReplacesShipped(form.id.to_string(), form.version)));
            }
            found.extend(slips.into_iter().map(|slip| {
                let at = sheet.places.find(&slip.path);
                (sheet.name.clone(), at, slip.fault)
            }));
        }
        for (file, at, fault) in found {
            self.find(&file, at, fault);
        }
    }
}

/// Fields that are prefilled from what the followed form does not have.
fn from_nothing(form: &Form, followed: &Form) -> Vec<Slip> {
    let missing = |(path, field): (String, &crate::form::Field)| match &field.prefill {
        Some(Prefill::Field(id)) if followed.field(id).is_none() => {
            let fault = Fault::PrefillUnknown(field.id.to_string(), id.to_string());
            Some(Slip::new(format!("{path}.prefill"), fault))
        }
        Some(Prefill::Field(_) | Prefill::Computed(_)) | None => None,
    };
    rules::fields(form).filter_map(missing).collect()
}

/// Whether a place is this one or below it.
fn is_in(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What was made up, so that nothing is said about it that is not so.
struct Doubt<'a> {
    paths: &'a BTreeSet<String>,
    fields: BTreeSet<String>,
}

impl<'a> Doubt<'a> {
    fn of(form: &Form, paths: &'a BTreeSet<String>) -> Self {
        let doubtful = |path: &str| paths.iter().any(|made_up| is_in(made_up, path));
        let fields = rules::fields(form).filter(|(path, _)| doubtful(path));
        Self { paths, fields: fields.map(|(_, field)| field.id.to_string()).collect() }
    }

    fn covers(&self, slip: &Slip) -> bool {
        let above = |made_up: &String| is_in(&slip.path, made_up) || is_in(made_up, &slip.path);
        let names = match &slip.fault {
            Fault::UnknownCode(_, id)
            | Fault::NoCodes(id)
            | Fault::CheckOfNothing(id)
            | Fault::CheckOfOtherKind(id, _)
            | Fault::DetailOfNothing(id) => self.fields.contains(id),
            Fault::UnknownField(..) | Fault::NoName | Fault::EpdsShape | Fault::ProxyUnasked => !self.fields.is_empty(),
            Fault::NoPage => self.paths.contains("page"),
            _ => false,
        };
        names || self.paths.iter().any(above)
    }
}
