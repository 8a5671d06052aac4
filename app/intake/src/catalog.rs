//! The forms that this office has. Invariant: a form in a [`Catalog`] has passed every check below, so pages, export and
//! import may rely on it; a published version is the one that `forms/published.lock` pins.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    form::{
        Choice, Compartment, Condition, DECLINED, DraftRule, Form, FormFileError, Kind, PersonFact, Prefill, ProxyRule,
        Target, Text,
    },
    ids::{FieldId, FormId},
    texts::{TextFault, file_parts, translate},
};

/// The form files that ship with the portal: file name and content.
pub const SHIPPED: &[(&str, &str)] = &[
    ("pregnancy_notification.v1.toml", include_str!("../forms/pregnancy_notification.v1.toml")),
    ("questionnaire.v1.toml", include_str!("../forms/questionnaire.v1.toml")),
    ("epds.v1.toml", include_str!("../forms/epds.v1.toml")),
    ("low_birth_weight.v1.toml", include_str!("../forms/low_birth_weight.v1.toml")),
    ("postnatal_care.v1.toml", include_str!("../forms/postnatal_care.v1.toml")),
];

/// The translations that ship with the portal: file name and content.
pub const TRANSLATIONS: &[(&str, &str)] = &[
    ("pregnancy_notification.v1.ja-easy.toml", include_str!("../forms/pregnancy_notification.v1.ja-easy.toml")),
    ("pregnancy_notification.v1.zh-Hans.toml", include_str!("../forms/pregnancy_notification.v1.zh-Hans.toml")),
    ("pregnancy_notification.v1.vi.toml", include_str!("../forms/pregnancy_notification.v1.vi.toml")),
    ("pregnancy_notification.v1.pt.toml", include_str!("../forms/pregnancy_notification.v1.pt.toml")),
    ("pregnancy_notification.v1.ne.toml", include_str!("../forms/pregnancy_notification.v1.ne.toml")),
    ("pregnancy_notification.v1.fil.toml", include_str!("../forms/pregnancy_notification.v1.fil.toml")),
    ("questionnaire.v1.ja-easy.toml", include_str!("../forms/questionnaire.v1.ja-easy.toml")),
    ("questionnaire.v1.en.toml", include_str!("../forms/questionnaire.v1.en.toml")),
    ("questionnaire.v1.zh-Hans.toml", include_str!("../forms/questionnaire.v1.zh-Hans.toml")),
    ("questionnaire.v1.vi.toml", include_str!("../forms/questionnaire.v1.vi.toml")),
    ("questionnaire.v1.pt.toml", include_str!("../forms/questionnaire.v1.pt.toml")),
    ("questionnaire.v1.ne.toml", include_str!("../forms/questionnaire.v1.ne.toml")),
    ("questionnaire.v1.fil.toml", include_str!("../forms/questionnaire.v1.fil.toml")),
    ("epds.v1.ja-easy.toml", include_str!("../forms/epds.v1.ja-easy.toml")),
    ("epds.v1.en.toml", include_str!("../forms/epds.v1.en.toml")),
    ("epds.v1.zh-Hans.toml", include_str!("../forms/epds.v1.zh-Hans.toml")),
    ("epds.v1.vi.toml", include_str!("../forms/epds.v1.vi.toml")),
    ("epds.v1.pt.toml", include_str!("../forms/epds.v1.pt.toml")),
    ("epds.v1.ne.toml", include_str!("../forms/epds.v1.ne.toml")),
    ("epds.v1.fil.toml", include_str!("../forms/epds.v1.fil.toml")),
    ("low_birth_weight.v1.ja-easy.toml", include_str!("../forms/low_birth_weight.v1.ja-easy.toml")),
    ("low_birth_weight.v1.en.toml", include_str!("../forms/low_birth_weight.v1.en.toml")),
    ("low_birth_weight.v1.zh-Hans.toml", include_str!("../forms/low_birth_weight.v1.zh-Hans.toml")),
    ("low_birth_weight.v1.vi.toml", include_str!("../forms/low_birth_weight.v1.vi.toml")),
    ("low_birth_weight.v1.pt.toml", include_str!("../forms/low_birth_weight.v1.pt.toml")),
    ("low_birth_weight.v1.ne.toml", include_str!("../forms/low_birth_weight.v1.ne.toml")),
    ("low_birth_weight.v1.fil.toml", include_str!("../forms/low_birth_weight.v1.fil.toml")),
    ("postnatal_care.v1.ja-easy.toml", include_str!("../forms/postnatal_care.v1.ja-easy.toml")),
    ("postnatal_care.v1.en.toml", include_str!("../forms/postnatal_care.v1.en.toml")),
    ("postnatal_care.v1.zh-Hans.toml", include_str!("../forms/postnatal_care.v1.zh-Hans.toml")),
    ("postnatal_care.v1.vi.toml", include_str!("../forms/postnatal_care.v1.vi.toml")),
    ("postnatal_care.v1.pt.toml", include_str!("../forms/postnatal_care.v1.pt.toml")),
    ("postnatal_care.v1.ne.toml", include_str!("../forms/postnatal_care.v1.ne.toml")),
    ("postnatal_care.v1.fil.toml", include_str!("../forms/postnatal_care.v1.fil.toml")),
];

/// Id, version and SHA-256 of every published version.
pub const PUBLISHED_LOCK: &str = include_str!("../forms/published.lock");

/// Locales that every sentence of a shipped form must have.
pub const REQUIRED_LOCALES: &[&str] = &["ja"];

/// All forms by id and version.
#[derive(Clone, Debug)]
pub struct Catalog {
    forms: BTreeMap<(FormId, u32), Form>,
}

/// What is wrong with a form file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It cannot be read at all.
    #[error(transparent)]
    Unreadable(#[from] FormFileError),
    /// A key that forms do not have: a slip of the pen, or two targets in one field.
    #[error("the key “{0}” means nothing here")]
    UnknownKey(String),
    /// Two pages, fields or staff items with one id.
    #[error("the id “{0}” stands twice")]
    TwiceTheId(String),
    /// Two choices of a field with one code, or a code that is reserved or malformed.
    #[error("the field “{0}” has a choice code that is there twice, reserved or malformed")]
    BadChoiceCode(FieldId),
    /// A field of choices without any.
    #[error("the field “{0}” offers nothing to choose")]
    NothingToChoose(FieldId),
    /// A condition on a field that does not stand before it.
    #[error("“{0}” has a condition on “{1}”, which does not stand before it")]
    LooksForward(String, FieldId),
    /// A choice that depends on a question of its own page: without script it could be neither hidden nor refused.
    #[error("a choice of “{0}” depends on “{1}”, which stands on the same page")]
    ChoiceDependsOnItsPage(FieldId, FieldId),
    /// A condition that says nothing, or names a code that the earlier field does not have.
    #[error("“{0}” has a condition that can never hold, or says nothing")]
    DeadCondition(String),
    /// A sentence is missing in a required locale.
    #[error("“{0}” has no text in “{1}”")]
    NoText(String, String),
    /// Two fields go to one record item, legal item, key or fact.
    #[error("“{0}” goes where another field goes already")]
    TwiceTheTarget(String),
    /// `detail_of` names a field that does not stand before it.
    #[error("“{0}” is the detail of a field that does not stand before it")]
    DetailOfNothing(FieldId),
    /// A rule over several fields names one that does not exist.
    #[error("a check names the field “{0}”, which does not exist")]
    CheckOfNothing(FieldId),
    /// No pages, or a page without fields.
    #[error("a form has pages, and a page has fields")]
    Empty,
    /// Without a name no case can be shown in the queue.
    #[error("no field asks for the name")]
    NoName,
    /// The content of a published version is not the pinned one.
    #[error("version {1} of “{0}” is published and must not change")]
    PublishedChanged(FormId, u32),
    /// A proxy is refused, but nothing asks whether somebody is one.
    #[error("a proxy is refused, but no choice refuses one")]
    ProxyUnasked,
    /// The EPDS is ten items, each once, none required, in the compartment of the EPDS, kept for a session only.
    #[error("the EPDS has ten items, each once and none required, in its own compartment, with drafts of a session")]
    EpdsShape,
    /// Something is copied from a form that this one does not follow, or from a field that it does not have.
    #[error("“{0}” is prefilled from nothing")]
    PrefillOfNothing(FieldId),
    /// It follows a form that there is not, or itself.
    #[error("it follows the form “{0}”, which there is not")]
    FollowsNothing(FormId),
    /// A choice that goes with no other, where only one can be chosen anyway.
    #[error("the field “{0}” takes one choice, so none of them can be exclusive")]
    ExclusiveOfOne(FieldId),
    /// A translation that does not fit.
    #[error(transparent)]
    Translation(#[from] TextFault),
    /// A translation of a form or a version that there is not.
    #[error("a translation of a form that there is not")]
    TranslationOfNothing,
}

impl Catalog {
    /// The forms that ship with the portal.
    ///
    /// # Errors
    /// With the file's name and all its faults; the tests keep this from happening.
    pub fn shipped() -> Result<Self, (String, Vec<Fault>)> {
        let mut forms = BTreeMap::new();
        for (file, text) in SHIPPED {
            let form = read(text).map_err(|faults| ((*file).to_owned(), faults))?;
            if !is_pinned(&form) {
                return Err(((*file).to_owned(), vec![Fault::PublishedChanged(form.id.clone(), form.version)]));
            }
            forms.insert((form.id.clone(), form.version), form);
        }
        let mut catalog = Self { forms };
        for (file, text) in TRANSLATIONS {
            catalog.translate(file, text).map_err(|faults| ((*file).to_owned(), faults))?;
        }
        for form in catalog.forms.values() {
            let faults = catalog.faults_between(form);
            if !faults.is_empty() {
                return Err((format!("{} {}", form.id, form.version), faults));
            }
        }
        Ok(catalog)
    }

    /// Puts a translation file into the form that it is of.
    fn translate(&mut self, file: &str, text: &str) -> Result<(), Vec<Fault>> {
        let (form, version, locale) = file_parts(file).ok_or_else(|| vec![Fault::TranslationOfNothing])?;
        let form = self.forms.get_mut(&(form, version)).ok_or_else(|| vec![Fault::TranslationOfNothing])?;
        translate(form, locale, text).map_err(|faults| faults.into_iter().map(Fault::Translation).collect())
    }

    /// What is wrong with a form beside the others: what it follows, and what is copied from there.
    fn faults_between(&self, form: &Form) -> Vec<Fault> {
        let Some(follows) = &form.follows else { return Vec::new() };
        let Some(followed) = self.newest(follows).filter(|followed| followed.id != form.id) else {
            return vec![Fault::FollowsNothing(follows.clone())];
        };
        let from_nothing = |prefill: &Prefill| match prefill {
            Prefill::Field(id) => followed.field(id).is_none(),
            Prefill::Computed(_) => false,
        };
        let fields = form.fields().map(|(_, field)| field);
        let wrong = fields.filter(|field| field.prefill.as_ref().is_some_and(from_nothing));
        wrong.map(|field| Fault::PrefillOfNothing(field.id.clone())).collect()
    }

    /// The newest version of a form.
    #[must_use]
    pub fn newest(&self, id: &FormId) -> Option<&Form> {
        self.forms.range((id.clone(), 0)..=(id.clone(), u32::MAX)).next_back().map(|(_, form)| form)
    }

    /// A form in the version that a draft or a case keeps.
    #[must_use]
    pub fn version(&self, id: &FormId, version: u32) -> Option<&Form> {
        self.forms.get(&(id.clone(), version))
    }

    /// The newest version of every form.
    #[must_use]
    pub fn all_newest(&self) -> Vec<&Form> {
        let ids: BTreeSet<&FormId> = self.forms.keys().map(|(id, _)| id).collect();
        ids.into_iter().filter_map(|id| self.newest(id)).collect()
    }
}

fn is_pinned(form: &Form) -> bool {
    let line = format!("{} {} {}", form.id, form.version, form.sha256());
    PUBLISHED_LOCK.lines().any(|pinned| pinned == line)
}

/// Reads a form file and checks it.
///
/// # Errors
/// All faults that were found.
pub fn read(text: &str) -> Result<Form, Vec<Fault>> {
    let form = Form::from_toml(text).map_err(|error| vec![Fault::Unreadable(error)])?;
    let mut faults = unknown_keys(text, &form);
    faults.extend(faults_of(&form));
    if faults.is_empty() { Ok(form) } else { Err(faults) }
}

/// Keys of the file that the form does not have after reading: they were ignored, so they are mistakes.
fn unknown_keys(text: &str, form: &Form) -> Vec<Fault> {
    let (Ok(written), Ok(kept)) = (toml::from_str::<toml::Value>(text), toml::Value::try_from(form)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    compare_keys("", &written, &kept, &mut found);
    found.into_iter().map(Fault::UnknownKey).collect()
}

fn compare_keys(path: &str, written: &toml::Value, kept: &toml::Value, found: &mut Vec<String>) {
    match (written, kept) {
        (toml::Value::Table(written), toml::Value::Table(kept)) => {
            for (key, value) in written {
                let here = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match kept.get(key) {
                    Some(other) => compare_keys(&here, value, other, found),
                    None => found.push(here),
                }
            }
        }
        (toml::Value::Array(written), toml::Value::Array(kept)) => {
            for (index, (value, other)) in written.iter().zip(kept).enumerate() {
                compare_keys(&format!("{path}[{index}]"), value, other, found);
            }
        }
        _ => {}
    }
}

/// What is wrong with a form that could be read.
#[must_use]
pub fn faults_of(form: &Form) -> Vec<Fault> {
    let mut faults = Vec::new();
    if form.pages.is_empty() || form.pages.iter().any(|page| page.fields.is_empty()) {
        faults.push(Fault::Empty);
    }
    if form.person_field(PersonFact::Name).is_none() {
        faults.push(Fault::NoName);
    }
    if form.proxy == ProxyRule::Refused && !form.fields().any(|(_, field)| refuses_somebody(field)) {
        faults.push(Fault::ProxyUnasked);
    }
    faults_of_epds(form, &mut faults);
    faults_of_ids(form, &mut faults);
    faults_of_targets(form, &mut faults);
    faults_of_choices(form, &mut faults);
    faults_of_conditions(form, &mut faults);
    faults_of_checks(form, &mut faults);
    faults_of_texts(form, &mut faults);
    faults
}

fn refuses_somebody(field: &crate::form::Field) -> bool {
    field.required && field.choices().iter().any(|choice| choice.refuses.is_some())
}

fn faults_of_epds(form: &Form, faults: &mut Vec<Fault>) {
    let items = form.epds_items();
    let is_item = |field: &crate::form::Field| {
        (field.kind == Kind::EpdsItem) == matches!(field.target, Target::EpdsItem(_))
            && !(field.kind == Kind::EpdsItem && (field.required || field.decline))
    };
    let kinds_fit = form.fields().all(|(_, field)| is_item(field));
    let is_whole = items.iter().map(|(number, _)| *number).eq(1..=10);
    let kept_apart = form.compartment == Compartment::Epds && form.draft == DraftRule::Session;
    if !kinds_fit || !(items.is_empty() || (is_whole && kept_apart)) {
        faults.push(Fault::EpdsShape);
    }
    if form.follows.is_none() {
        let copied = form.fields().map(|(_, field)| field).filter(|field| field.prefill.is_some());
        faults.extend(copied.map(|field| Fault::PrefillOfNothing(field.id.clone())));
    }
}

fn faults_of_ids(form: &Form, faults: &mut Vec<Fault>) {
    let mut pages = BTreeSet::new();
    let twice = form.pages.iter().filter(|page| !pages.insert(&page.id));
    faults.extend(twice.map(|page| Fault::TwiceTheId(page.id.to_string())));
    let mut fields = BTreeSet::new();
    let all = form.fields().map(|(_, field)| &field.id).chain(form.staff_items.iter().map(|item| &item.id));
    faults.extend(all.filter(|id| !fields.insert(*id)).map(|id| Fault::TwiceTheId(id.to_string())));
}

fn faults_of_targets(form: &Form, faults: &mut Vec<Fault>) {
    let mut seen = BTreeSet::new();
    let mut before: BTreeSet<&FieldId> = BTreeSet::new();
    for (_, field) in form.fields() {
        let target = match &field.target {
            Target::Record(number) => format!("record {number}"),
            Target::Legal(item) => format!("legal {item}"),
            Target::Person(fact) => format!("person {fact:?}"),
            Target::Extra(key) => format!("extra {key}"),
            Target::DetailOf(other) => {
                if !before.contains(other) {
                    faults.push(Fault::DetailOfNothing(field.id.clone()));
                }
                format!("detail {other}")
            }
            Target::EpdsItem(number) => format!("epds {number}"),
        };
        if !seen.insert(target) {
            faults.push(Fault::TwiceTheTarget(field.id.to_string()));
        }
        before.insert(&field.id);
    }
    for item in &form.staff_items {
        if !seen.insert(format!("record {}", item.record)) {
            faults.push(Fault::TwiceTheTarget(item.id.to_string()));
        }
    }
}

fn faults_of_choices(form: &Form, faults: &mut Vec<Fault>) {
    for (_, field) in form.fields() {
        let chooses = matches!(field.kind, Kind::Single { .. } | Kind::Multi { .. });
        if chooses && field.choices().is_empty() {
            faults.push(Fault::NothingToChoose(field.id.clone()));
        }
        if matches!(field.kind, Kind::Single { .. }) && field.choices().iter().any(|choice| choice.exclusive) {
            faults.push(Fault::ExclusiveOfOne(field.id.clone()));
        }
        let mut codes = BTreeSet::new();
        let well = |choice: &Choice| {
            let shaped = !choice.code.is_empty()
                && choice.code.len() <= 32
                && choice.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            shaped && choice.code != DECLINED
        };
        if field.choices().iter().any(|choice| !well(choice) || !codes.insert(&choice.code)) {
            faults.push(Fault::BadChoiceCode(field.id.clone()));
        }
    }
}

fn faults_of_conditions(form: &Form, faults: &mut Vec<Fault>) {
    let mut before: BTreeSet<FieldId> = BTreeSet::new();
    for page in &form.pages {
        if let Some(condition) = &page.when {
            fault_of_condition(form, page.id.as_str(), condition, &before, faults);
        }
        for field in &page.fields {
            let depends = |choice: &Choice| choice.when.as_ref().map(|condition| condition.field.clone());
            let on_this_page = |id: &FieldId| page.fields.iter().any(|other| other.id == *id);
            let close = field.choices().iter().filter_map(depends).find(on_this_page);
            faults.extend(close.map(|other| Fault::ChoiceDependsOnItsPage(field.id.clone(), other)));
            let of_choices = field.choices().iter().filter_map(|choice| choice.when.as_ref());
            for condition in field.when.iter().chain(of_choices) {
                fault_of_condition(form, field.id.as_str(), condition, &before, faults);
            }
            before.insert(field.id.clone());
        }
    }
}

fn fault_of_condition(
    form: &Form,
    whose: &str,
    condition: &Condition,
    before: &BTreeSet<FieldId>,
    faults: &mut Vec<Fault>,
) {
    if !before.contains(&condition.field) {
        faults.push(Fault::LooksForward(whose.to_owned(), condition.field.clone()));
        return;
    }
    let says_something = condition.equals.is_some() || condition.one_of.is_some() || condition.answered.is_some();
    let choices = form.field(&condition.field).map_or(&[][..], |(_, field)| field.choices());
    let known = |code: &String| choices.is_empty() || choices.iter().any(|choice| choice.code == *code);
    let codes_known = condition.equals.iter().chain(condition.one_of.iter().flatten()).all(known);
    if !says_something || !codes_known {
        faults.push(Fault::DeadCondition(whose.to_owned()));
    }
}

fn faults_of_checks(form: &Form, faults: &mut Vec<Fault>) {
    use crate::form::Check;
    for check in &form.checks {
        let named: Vec<&FieldId> = match check {
            Check::WeeksAgree { due_date, weeks } => vec![due_date, weeks],
            Check::AgeUsual { birthdate } => vec![birthdate],
            Check::FirstBirthAgrees { parity, child_order, .. } => vec![parity, child_order],
            Check::PregnanciesAgree { parity, pregnancies, .. } => vec![parity, pregnancies],
        };
        let missing = named.into_iter().filter(|id| form.field(id).is_none());
        faults.extend(missing.map(|id| Fault::CheckOfNothing(id.clone())));
    }
}

fn faults_of_texts(form: &Form, faults: &mut Vec<Fault>) {
    let mut texts: Vec<(String, &Text)> = vec![
        ("title".to_owned(), &form.title),
        ("summary".to_owned(), &form.summary),
        ("purpose".to_owned(), &form.purpose),
    ];
    texts.extend(form.needed.iter().map(|text| ("needed".to_owned(), text)));
    texts.extend(form.closing.iter().map(|text| ("closing".to_owned(), text)));
    for page in &form.pages {
        texts.push((page.id.to_string(), &page.title));
        texts.extend(page.help.iter().map(|text| (page.id.to_string(), text)));
    }
    for (_, field) in form.fields() {
        texts.push((field.id.to_string(), &field.label));
        texts.extend(field.hint.iter().map(|text| (field.id.to_string(), text)));
        for choice in field.choices() {
            let of_choice = std::iter::once(&choice.label).chain(&choice.refuses);
            texts.extend(of_choice.map(|text| (format!("{}.{}", field.id, choice.code), text)));
        }
    }
    texts.extend(form.staff_items.iter().map(|item| (item.id.to_string(), &item.label)));
    for (whose, text) in texts {
        let missing = REQUIRED_LOCALES.iter().filter(|locale| !text.has(locale));
        faults.extend(missing.map(|locale| Fault::NoText(whose.clone(), (*locale).to_owned())));
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::{answers::RawAnswers, journey, time::CivilDate};

    fn notification() -> Form {
        read(SHIPPED[0].1).unwrap()
    }

    #[test]
    fn every_shipped_form_is_without_fault_and_pinned() {
        for (file, text) in SHIPPED {
            let form = read(text).unwrap_or_else(|faults| panic!("{file}: {faults:?}"));
            assert!(is_pinned(&form), "pin in published.lock: {} {} {}", form.id, form.version, form.sha256());
        }
        assert!(Catalog::shipped().is_ok());
    }

    #[test]
    fn the_form_travels_as_json_and_comes_back_the_same() {
        let form = notification();
        assert_eq!(Form::from_json(&form.to_json()).unwrap(), form);
    }

    #[test]
    fn every_item_of_the_record_lists_has_its_place() {
        let catalog = Catalog::shipped().unwrap();
        let mut rows = csv::Reader::from_reader(include_str!("../testdata/record-items.csv").as_bytes());
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows.records() {
            let row = row.unwrap();
            let form = *catalog.all_newest().iter().find(|form| form.record == row[0]).unwrap();
            *seen.entry(row[0].to_owned()).or_default() += 1;
            let asked = form.record_field(&row[1]).is_some();
            let by_staff = form.staff_items.iter().any(|item| item.record == row[1] && item.label.get("ja") == &row[2]);
            match &row[3] {
                "citizen" | "citizen_and_derived" | "prefilled" => assert!(asked, "{} is asked", &row[2]),
                "staff" => assert!(by_staff, "{} is filled in by staff", &row[2]),
                "back_office" | "system" | "derived_total" | "derived_item10" => assert!(!asked && !by_staff),
                other => panic!("{other}"),
            }
        }
        assert_eq!(seen.into_values().collect::<Vec<_>>(), [24, 20, 53]);
    }

    #[test]
    fn forty_items_of_the_questionnaire_are_asked_and_two_prefilled() {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&"questionnaire".parse().unwrap()).unwrap();
        let of_record = form.fields().filter(|(_, field)| matches!(field.target, Target::Record(_)));
        let (prefilled, asked): (Vec<_>, Vec<_>) =
            of_record.partition(|(_, field)| matches!(&field.target, Target::Record(no) if no == "11" || no == "13"));
        assert_eq!((asked.len(), prefilled.len()), (40, 2));
        assert!(prefilled.iter().all(|(_, field)| field.prefill.is_some()));
    }

    #[test]
    fn who_is_not_alone_is_not_asked_about_violence() {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&"questionnaire".parse().unwrap()).unwrap();
        let field = form.record_field("49").unwrap();
        let guarded: Vec<_> = field.choices().iter().filter_map(|choice| choice.when.as_ref()).collect();
        assert_eq!(guarded.len(), 1);
        assert_eq!((guarded[0].field.as_str(), guarded[0].equals.as_deref()), ("alone", Some("yes")));
        assert!(field.private && form.field(&guarded[0].field).unwrap().1.required);
    }

    #[test]
    fn every_item_of_the_rule_is_asked_or_follows() {
        let form = notification();
        let legal = |key: &str| form.fields().any(|(_, f)| f.target == Target::Legal(key.to_owned()));
        for key in ["occupation", "diagnosed", "practitioner", "sti_check", "tb_check", "present_address"] {
            assert!(legal(key), "{key}");
        }
        for fact in [PersonFact::Name, PersonFact::Birthdate, PersonFact::Address] {
            assert!(form.person_field(fact).is_some(), "{fact:?}");
        }
    }

    fn faults_after(from: &str, to: &str) -> Vec<Fault> {
        let changed = SHIPPED[0].1.replacen(from, to, 1);
        assert_ne!(changed, SHIPPED[0].1, "the form file holds {from}");
        read(&changed).unwrap_err()
    }

    #[test]
    fn slips_of_the_pen_in_a_form_file_are_found() {
        let id = |text: &str| text.parse::<FieldId>().unwrap();
        let line = SHIPPED[0].1.lines().position(|line| line == "minutes = 10").unwrap() + 1;
        let unreadable = faults_after("minutes = 10", "minutes = ten");
        assert!(matches!(&unreadable[0], Fault::Unreadable(error) if error.line == line), "{unreadable:?}");
        assert!(
            faults_after("autocomplete = \"name\"", "autofill = \"name\"")
                .contains(&Fault::UnknownKey("page[3].field[0].autofill".to_owned()))
        );
        assert!(faults_after("id = \"name_kana\"", "id = \"name\"").contains(&Fault::TwiceTheId("name".to_owned())));
        assert!(faults_after("{ code = \"proxy\"", "{ code = \"self\"").contains(&Fault::BadChoiceCode(id("filer"))));
        assert!(
            faults_after("{ code = \"proxy\"", "{ code = \"declined\"").contains(&Fault::BadChoiceCode(id("filer")))
        );
        assert!(
            faults_after("field = \"filer\"", "field = \"weeks\"")
                .contains(&Fault::LooksForward("proxy".to_owned(), id("weeks")))
        );
        assert!(
            faults_after("equals = \"proxy\"", "equals = \"nobody\"")
                .contains(&Fault::DeadCondition("proxy".to_owned()))
        );
        assert!(faults_after("record = \"4\"", "record = \"3\"").contains(&Fault::TwiceTheTarget("weeks".to_owned())));
        assert!(
            faults_after("detail_of = \"language\"", "detail_of = \"parity\"")
                .contains(&Fault::DetailOfNothing(id("language_other")))
        );
        assert!(
            faults_after("due_date = \"due_date\"", "due_date = \"due\"").contains(&Fault::CheckOfNothing(id("due")))
        );
        assert!(
            faults_after("label = { ja = \"フリガナ\"", "label = { ja = \" \"")
                .contains(&Fault::NoText("name_kana".to_owned(), "ja".to_owned()))
        );
        assert!(faults_after("person = \"name\"", "extra = \"nickname\"").contains(&Fault::NoName));
    }

    fn filled() -> Vec<(&'static str, &'static str)> {
        vec![
            ("filer", "self"),
            ("reason", "new"),
            ("name", "髙﨑 花子"),
            ("name_kana", "たかさき はなこ"),
            ("birthdate-year", "1996"),
            ("birthdate-month", "4"),
            ("birthdate-day", "2"),
            ("postal_code", "360-8601"),
            ("address", "熊谷市宮町二丁目47番地1"),
            ("lives_elsewhere", "same"),
            ("phone", "090-1234-5678"),
            ("language", "ja"),
            ("interpreter", "no"),
            ("due_date-year", "2027"),
            ("due_date-month", "6"),
            ("due_date-day", "30"),
            ("weeks", "8"),
            ("diagnosed", "no"),
            ("multiple", "twins"),
            ("parity", "1"),
            ("pregnancies", "1"),
            ("child_order", "1"),
            ("sti_check", "1"),
            ("tb_check", "9"),
            ("occupation", "1"),
            ("marital_status", "1"),
            ("homecoming", "no"),
        ]
    }

    fn raw(pairs: &[(&str, &str)]) -> RawAnswers {
        let mut raw = RawAnswers::default();
        for (input, value) in pairs {
            raw.set(input, vec![(*value).to_owned()]);
        }
        raw
    }

    fn today() -> CivilDate {
        "2026-11-23".parse().unwrap()
    }

    #[test]
    fn a_filled_in_notification_is_complete_even_without_a_diagnosis() {
        let form = notification();
        let complete = journey::complete(&form, &raw(&filled()), today()).unwrap();
        let derived = journey::derive(&form, &complete, false);
        assert_eq!(derived.gestation.map(|g| (g.weeks, g.days, g.month)), Some((8, 5, 3)));
        assert_eq!((derived.timing.code(), derived.age, derived.fiscal_year), ("1", Some(30), 2026));
        assert!(journey::warnings(&form, complete.answers(), today()).is_empty());
        let place = journey::place(&form, complete.answers(), &"reason".parse().unwrap()).unwrap();
        assert_eq!((place.number, place.of), (2, 14));
    }

    #[test]
    fn each_required_answer_is_missed_when_it_is_missing() {
        let form = notification();
        for (input, _) in filled() {
            let rest: Vec<_> = filled().into_iter().filter(|(other, _)| *other != input).collect();
            let errors = journey::complete(&form, &raw(&rest), today()).err().unwrap_or_default();
            let optional = ["weeks"].contains(&input);
            assert_eq!(errors.is_empty(), optional, "{input}: {errors:?}");
        }
    }

    #[test]
    fn what_is_not_on_the_way_is_neither_asked_nor_kept() {
        let form = notification();
        let mut pairs = filled();
        pairs.push(("proxy_name", "誰か"));
        let complete = journey::complete(&form, &raw(&pairs), today()).unwrap();
        assert!(complete.answers().get(&"proxy_name".parse().unwrap()).is_none());
        assert!(journey::place(&form, complete.answers(), &"proxy".parse().unwrap()).is_none());
    }

    #[test]
    fn odd_answers_are_warned_of_and_taken() {
        let form = notification();
        let mut pairs = filled();
        for (input, value) in [("weeks", "12"), ("child_order", "3"), ("birthdate-year", "1960")] {
            pairs.retain(|(other, _)| *other != input);
            pairs.push((input, value));
        }
        let complete = journey::complete(&form, &raw(&pairs), today()).unwrap();
        assert_eq!(journey::warnings(&form, complete.answers(), today()).len(), 3);
    }

    #[test]
    fn a_page_takes_only_its_own_inputs() {
        let form = notification();
        let page = "name".parse().unwrap();
        let mut answers = RawAnswers::default();
        let sent = |name: &str| vec![(name.to_owned(), "x".to_owned())];
        assert!(answers.replace_page(&form, &page, &sent("status")).is_err());
        assert!(answers.is_empty());
        assert!(answers.replace_page(&form, &page, &sent("name")).is_ok());
        assert_eq!(answers.first("name"), "x");
        assert!(answers.replace_page(&form, &page, &[]).is_ok());
        assert_eq!(answers.first("name"), "");
    }
}
