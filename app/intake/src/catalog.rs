//! The forms that this office has. Invariant: a form in a [`Catalog`] has passed every check below, so pages, export and
//! import may rely on it; a published version is the one that `forms/published.lock` pins.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use crate::{
    form::{Compartment, Form},
    ids::FormId,
    inspect::{self, File, Finding, Inspected, inspect},
};

pub use crate::inspect::faults_of;

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

/// All forms by id and version.
#[derive(Clone, Debug)]
pub struct Catalog {
    forms: BTreeMap<(FormId, u32), Form>,
    /// Of each version: who begins or files asks for it every time, and a form is long.
    digests: BTreeMap<(FormId, u32), String>,
}

impl Catalog {
    /// The forms that ship with the portal.
    ///
    /// # Errors
    /// With all faults; the tests keep this from happening.
    pub fn shipped() -> Result<Self, Vec<Finding>> {
        // The same files give the same catalog, and reading them all, key by key, is the longest part of a start.
        static READ: LazyLock<Result<Catalog, Vec<Finding>>> = LazyLock::new(|| {
            let file = |(name, text): &(&str, &str)| ((*name).to_owned(), text.as_bytes().to_vec());
            let lock = (inspect::LOCK, PUBLISHED_LOCK);
            let files: Vec<File> = SHIPPED.iter().chain(TRANSLATIONS).chain([&lock]).map(file).collect();
            let inspected = inspect(&files, &BTreeMap::new());
            if inspected.is_usable() { Ok(Catalog::of(inspected.forms)) } else { Err(inspected.findings) }
        });
        READ.clone()
    }

    /// The forms that the files of a city's own folder would make together with these: they add forms, versions and
    /// languages, or take a version's place. The catalog counts only where what was found is usable.
    #[must_use]
    pub fn with(mut self, files: &[File]) -> (Self, Inspected) {
        let inspected = inspect(files, &self.forms);
        self.forms.extend(inspected.forms.iter().map(|(key, form)| (key.clone(), form.clone())));
        (Self::of(self.forms), inspected)
    }

    fn of(forms: BTreeMap<(FormId, u32), Form>) -> Self {
        let digests = forms.iter().map(|(key, form)| (key.clone(), form.sha256())).collect();
        Self { forms, digests }
    }

    /// [`Form::sha256`] of one of these.
    #[must_use]
    pub fn sha256(&self, form: &Form) -> String {
        self.digests.get(&(form.id.clone(), form.version)).cloned().unwrap_or_else(|| form.sha256())
    }

    /// The newest version of a form.
    #[must_use]
    pub fn newest(&self, id: &FormId) -> Option<&Form> {
        self.versions(id).last()
    }

    /// A form in the version that a draft or a case keeps.
    #[must_use]
    pub fn version(&self, id: &FormId, version: u32) -> Option<&Form> {
        self.forms.get(&(id.clone(), version))
    }

    /// All versions of a form, from the oldest.
    pub fn versions(&self, id: &FormId) -> impl Iterator<Item = &Form> {
        self.forms.range((id.clone(), 0)..=(id.clone(), u32::MAX)).map(|(_, form)| form)
    }

    /// The newest version of every form.
    #[must_use]
    pub fn all_newest(&self) -> Vec<&Form> {
        let ids: BTreeSet<&FormId> = self.forms.keys().map(|(id, _)| id).collect();
        ids.into_iter().filter_map(|id| self.newest(id)).collect()
    }

    /// What a parent can begin, in the order of her way: what others follow (妊娠届), what follows, what stands by itself.
    #[must_use]
    pub fn offered(&self) -> Vec<&Form> {
        let mut offered: Vec<_> = self.all_newest().into_iter().filter(|form| form.offered).collect();
        let followed: BTreeSet<_> = offered.iter().filter_map(|form| form.follows.clone()).collect();
        offered.sort_by_key(|form| {
            let stands_alone = form.follows.is_none() && !followed.contains(&form.id);
            (stands_alone, form.follows.is_some(), form.compartment != Compartment::General)
        });
        offered
    }
}

/// Reads a form file and checks it.
///
/// # Errors
/// All faults that were found.
pub fn read(text: &str) -> Result<Form, Vec<Finding>> {
    inspect::read(text)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::{
        answers::RawAnswers,
        form::{PersonFact, Target},
        journey,
        time::CivilDate,
    };

    fn notification() -> Form {
        read(SHIPPED[0].1).unwrap()
    }

    #[test]
    fn forms_are_offered_in_the_order_of_a_parents_way() {
        let catalog = Catalog::shipped().unwrap();
        let order: Vec<_> = catalog.offered().into_iter().map(|form| form.id.as_str()).collect();
        assert_eq!(order, ["pregnancy_notification", "questionnaire", "epds", "low_birth_weight", "postnatal_care"]);
    }

    #[test]
    fn every_shipped_form_is_without_fault_and_pinned() {
        for (file, text) in SHIPPED {
            let form = read(text).unwrap_or_else(|faults| panic!("{file}: {faults:?}"));
            let line = format!("{} {} {}", form.id, form.version, form.sha256());
            assert!(PUBLISHED_LOCK.lines().any(|pinned| pinned == line), "pin in published.lock: {line}");
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
        assert_eq!((place.number, place.of), (2, 15));
    }

    #[test]
    fn a_letter_of_authority_is_asked_of_a_proxy_only_and_no_paper_has_to_be_added() {
        let form = notification();
        let asked = |pairs: &[(&str, &str)]| {
            let (answers, _) = crate::answers::parse(&form, &raw(pairs), today());
            journey::papers(&form, &answers).iter().map(|paper| paper.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(asked(&filled()), ["due_date_proof"]);
        let mut by_proxy = filled();
        by_proxy[0] = ("filer", "proxy");
        assert_eq!(asked(&by_proxy), ["due_date_proof", "authority"]);
        let catalog = Catalog::shipped().unwrap();
        let with: Vec<&str> =
            catalog.all_newest().iter().filter(|form| !form.papers.is_empty()).map(|form| form.id.as_str()).collect();
        assert_eq!(with, ["low_birth_weight", "postnatal_care", "pregnancy_notification"]);
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
