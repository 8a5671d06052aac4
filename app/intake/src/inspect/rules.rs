//! What a form must be like, beyond its keys. Invariant: pages, export and import may rely on every rule here; the job in
//! the closed network asks the same of a form that came in a batch.

use std::collections::BTreeSet;

use super::fault::{Fault, Slip, nearest};
use crate::{
    export::records,
    form::{
        Check, Choice, Compartment, Condition, DECLINED, DraftRule, EPDS_POSITIONS, Field, Form, Kind, MOST_OF_A_PAPER,
        PersonFact, ProxyRule, StaffKind, Target, Text,
    },
    ids::FieldId,
};

/// What is wrong with a form that could be read.
#[must_use]
pub fn faults_of(form: &Form) -> Vec<Slip> {
    let mut rules = Rules { form, slips: Vec::new() };
    rules.whole();
    rules.epds();
    rules.ids();
    rules.targets();
    for (path, field) in fields(form) {
        rules.kind(&path, field);
        rules.choices(&path, &field.id, field.choices(), matches!(field.kind, Kind::Single { .. }));
    }
    for (at, item) in form.staff_items.iter().enumerate() {
        let path = format!("staff_item.{at}");
        let takes_one = matches!(item.kind, StaffKind::Single { .. });
        if takes_one || matches!(item.kind, StaffKind::Multi { .. }) {
            rules.choices(&path, &item.id, item.choices(), takes_one);
            if item.choices().is_empty() {
                rules.slip(format!("{path}.choices"), Fault::NothingToChoose(item.id.to_string()));
            }
        }
    }
    rules.conditions();
    rules.papers();
    rules.checks();
    rules.texts();
    rules.slips
}

/// All fields with their places in the file.
pub(super) fn fields(form: &Form) -> impl Iterator<Item = (String, &Field)> {
    form.pages.iter().enumerate().flat_map(|(page, it)| {
        it.fields.iter().enumerate().map(move |(field, it)| (format!("page.{page}.field.{field}"), it))
    })
}

struct Rules<'f> {
    form: &'f Form,
    slips: Vec<Slip>,
}

impl Rules<'_> {
    fn slip(&mut self, path: impl Into<String>, fault: Fault) {
        self.slips.push(Slip::new(path, fault));
    }

    fn whole(&mut self) {
        let form = self.form;
        if form.version == 0 {
            self.slip("version", Fault::VersionZero);
        }
        if form.pages.is_empty() {
            self.slip("id", Fault::NoPage);
        }
        for (at, page) in form.pages.iter().enumerate() {
            if page.fields.is_empty() {
                self.slip(format!("page.{at}"), Fault::EmptyPage(page.id.to_string()));
            }
        }
        if form.person_field(PersonFact::Name).is_none() {
            self.slip("id", Fault::NoName);
        }
        let refuses = |field: &Field| field.required && field.choices().iter().any(|choice| choice.refuses.is_some());
        if form.proxy == ProxyRule::Refused && !form.fields().any(|(_, field)| refuses(field)) {
            self.slip("proxy", Fault::ProxyUnasked);
        }
        if form.follows.as_ref() == Some(&form.id) {
            self.slip("follows", Fault::FollowsItself);
        }
        for (path, field) in fields(form) {
            if field.prefill.is_some() && form.follows.is_none() {
                self.slip(format!("{path}.prefill"), Fault::PrefillOfNothing(field.id.to_string()));
            }
        }
    }

    fn epds(&mut self) {
        let form = self.form;
        let misshapen = |field: &Field| {
            let is_item = field.kind == Kind::EpdsItem;
            is_item != matches!(field.target, Target::EpdsItem(_)) || (is_item && (field.required || field.decline))
        };
        if let Some((path, _)) = fields(form).find(|(_, field)| misshapen(field)) {
            return self.slip(path, Fault::EpdsShape);
        }
        let items = form.epds_items();
        let is_whole = items.iter().map(|(number, _)| *number).eq(1..=10);
        let kept_apart = form.compartment == Compartment::Epds && form.draft == DraftRule::Session;
        let is_shaped = is_whole && kept_apart;
        if !items.is_empty() && !is_shaped {
            self.slip("id", Fault::EpdsShape);
        }
    }

    fn ids(&mut self) {
        let mut pages = BTreeSet::new();
        for (at, page) in self.form.pages.iter().enumerate() {
            if !pages.insert(&page.id) {
                self.slip(format!("page.{at}.id"), Fault::TwiceTheId(page.id.to_string()));
            }
        }
        let items = self.form.staff_items.iter().enumerate();
        let items = items.map(|(at, item)| (format!("staff_item.{at}"), &item.id));
        // A send-back names fields and papers alike.
        let papers = self.form.papers.iter().enumerate().map(|(at, paper)| (format!("paper.{at}"), &paper.id));
        let mut seen = BTreeSet::new();
        for (path, id) in fields(self.form).map(|(path, field)| (path, &field.id)).chain(items).chain(papers) {
            if !seen.insert(id) {
                self.slip(format!("{path}.id"), Fault::TwiceTheId(id.to_string()));
            }
        }
    }

    fn targets(&mut self) {
        let listed: BTreeSet<&str> = records::of_record(&self.form.record).iter().map(|item| item.no).collect();
        let (mut seen, mut before) = (BTreeSet::new(), BTreeSet::new());
        for (path, field) in fields(self.form) {
            let (key, target) = match &field.target {
                Target::Record(number) => ("record", number.clone()),
                Target::Legal(item) => ("legal", item.clone()),
                Target::Person(fact) => ("person", format!("{fact:?}")),
                Target::Extra(key) => ("extra", key.clone()),
                Target::DetailOf(other) => ("detail_of", other.to_string()),
                Target::EpdsItem(number) => ("epds_item", number.to_string()),
            };
            let path = format!("{path}.{key}");
            match &field.target {
                Target::DetailOf(other) if !before.contains(other) => {
                    self.slip(&path, Fault::DetailOfNothing(other.to_string()));
                }
                Target::DetailOf(other) if !self.is_asked_with(field, other) => {
                    self.slip(&path, Fault::DetailAlone(other.to_string()));
                }
                Target::Record(number) => self.record_item(&path, number, &listed),
                _ => {}
            }
            if !seen.insert((key, target)) {
                self.slip(path, Fault::TwiceTheTarget(field.id.to_string()));
            }
            before.insert(&field.id);
        }
        for (at, item) in self.form.staff_items.iter().enumerate() {
            let path = format!("staff_item.{at}.record");
            self.record_item(&path, &item.record, &listed);
            if !seen.insert(("record", item.record.clone())) {
                self.slip(path, Fault::TwiceTheTarget(item.id.to_string()));
            }
        }
    }

    /// Whether a field is asked only where another one has a choice: its text travels with that choice.
    fn is_asked_with(&self, field: &Field, other: &FieldId) -> bool {
        let is_choice = self.form.field(other).is_some_and(|(_, other)| !other.choices().is_empty());
        let says = |it: &Condition| it.equals.is_some() || it.one_of.is_some() || it.answered == Some(true);
        is_choice && field.when.as_ref().is_some_and(|it| it.field == *other && says(it))
    }

    /// A record of the city's own has no list.
    fn record_item(&mut self, path: &str, number: &str, listed: &BTreeSet<&str>) {
        if !listed.is_empty() && !listed.contains(number) {
            self.slip(path, Fault::NoSuchRecordItem(number.to_owned(), self.form.record.clone()));
        }
    }

    fn kind(&mut self, path: &str, field: &Field) {
        let id = || field.id.to_string();
        match &field.kind {
            Kind::Integer { least, most, .. } if least > most => {
                self.slip(format!("{path}.least"), Fault::RangeBackwards(id()));
            }
            Kind::Text { longest: 0 } | Kind::LongText { longest: 0 } => {
                self.slip(format!("{path}.longest"), Fault::OutOfRange("longest".to_owned(), 1, 10_000));
            }
            Kind::Single { choices } | Kind::Multi { choices } if choices.is_empty() => {
                self.slip(format!("{path}.choices"), Fault::NothingToChoose(id()));
            }
            Kind::Name
            | Kind::Kana
            | Kind::Text { .. }
            | Kind::LongText { .. }
            | Kind::Date { .. }
            | Kind::Integer { .. }
            | Kind::Single { .. }
            | Kind::Multi { .. }
            | Kind::PostalCode
            | Kind::Address
            | Kind::Phone
            | Kind::MonthSpan
            | Kind::EpdsItem => {}
        }
    }

    fn choices(&mut self, path: &str, id: &FieldId, choices: &[Choice], takes_one: bool) {
        let mut codes = BTreeSet::new();
        for (at, choice) in choices.iter().enumerate() {
            let path = format!("{path}.choices.{at}");
            let code = &choice.code;
            let well = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            if code == DECLINED {
                self.slip(format!("{path}.code"), Fault::ReservedCode(code.clone()));
            } else if code.is_empty() || code.len() > 32 || !code.bytes().all(well) {
                self.slip(format!("{path}.code"), Fault::MalformedCode(code.clone()));
            }
            if !codes.insert(code) {
                self.slip(format!("{path}.code"), Fault::TwiceTheCode(code.clone(), id.to_string()));
            }
            if takes_one && choice.exclusive {
                self.slip(format!("{path}.exclusive"), Fault::ExclusiveOfOne(id.to_string()));
            }
        }
    }

    fn conditions(&mut self) {
        let mut before: BTreeSet<&FieldId> = BTreeSet::new();
        for (page_at, page) in self.form.pages.iter().enumerate() {
            if let Some(condition) = &page.when {
                self.condition(&format!("page.{page_at}.when"), None, condition, &before);
            }
            for (at, field) in page.fields.iter().enumerate() {
                let path = format!("page.{page_at}.field.{at}");
                if let Some(condition) = &field.when {
                    self.condition(&format!("{path}.when"), Some(&field.id), condition, &before);
                }
                for (at, choice) in field.choices().iter().enumerate() {
                    let Some(condition) = &choice.when else { continue };
                    let path = format!("{path}.choices.{at}.when");
                    self.condition(&path, Some(&field.id), condition, &before);
                    let on_this_page = page.fields.iter().any(|other| other.id == condition.field);
                    if on_this_page && condition.field != field.id {
                        self.slip(path, Fault::ChoiceDependsOnItsPage(condition.field.to_string()));
                    }
                }
                before.insert(&field.id);
            }
        }
    }

    /// 「写真・書類」
    fn papers(&mut self) {
        let form = self.form;
        if form.draft == DraftRule::Session && !form.papers.is_empty() {
            self.slip("paper.0", Fault::PaperOfSession);
        }
        let before: BTreeSet<&FieldId> = form.fields().map(|(_, field)| &field.id).collect();
        for (at, paper) in form.papers.iter().enumerate() {
            if !(1..=MOST_OF_A_PAPER).contains(&paper.max) {
                let fault = Fault::OutOfRange("max".to_owned(), 1, i64::from(MOST_OF_A_PAPER));
                self.slip(format!("paper.{at}.max"), fault);
            }
            if at == MOST_PAPERS {
                self.slip(format!("paper.{at}"), Fault::TooManyPapers(MOST_PAPERS));
            }
            if let Some(condition) = &paper.when {
                self.condition(&format!("paper.{at}.when"), None, condition, &before);
            }
        }
    }

    fn condition(&mut self, path: &str, own: Option<&FieldId>, condition: &Condition, before: &BTreeSet<&FieldId>) {
        let id = condition.field.to_string();
        let at_field = format!("{path}.field");
        if own == Some(&condition.field) {
            return self.slip(at_field, Fault::OnItself(id));
        }
        let Some((_, field)) = self.form.field(&condition.field) else {
            let near = nearest(&id, self.form.fields().map(|(_, field)| field.id.as_str()));
            return self.slip(at_field, Fault::UnknownField(id, near));
        };
        if !before.contains(&condition.field) {
            return self.slip(at_field, Fault::LooksForward(id));
        }
        let codes: Vec<&String> = condition.equals.iter().chain(condition.one_of.iter().flatten()).collect();
        let compares = condition.equals.is_some() || condition.one_of.is_some();
        if (!compares && condition.answered.is_none()) || condition.one_of.as_ref().is_some_and(Vec::is_empty) {
            return self.slip(path, Fault::SaysNothing(id));
        }
        if compares && condition.answered == Some(false) {
            return self.slip(format!("{path}.answered"), Fault::NeverPossible(id));
        }
        let key = if condition.equals.is_some() { "equals" } else { "one_of" };
        for code in codes {
            let fault = match answers_with(field, code) {
                Some(true) => continue,
                Some(false) => Fault::UnknownCode(code.clone(), id.clone()),
                None => Fault::NoCodes(id.clone()),
            };
            self.slip(format!("{path}.{key}"), fault);
        }
        let refused = |code: &String| field.choices().iter().any(|one| one.code == *code && one.refuses.is_some());
        if let Some(code) = condition.equals.iter().chain(condition.one_of.iter().flatten()).find(|code| refused(code))
        {
            self.slip(format!("{path}.{key}"), Fault::NeverPossible(format!("{id} = {code}")));
        }
    }

    fn checks(&mut self) {
        for (at, check) in self.form.checks.iter().enumerate() {
            let path = |key: &str| format!("check.{at}.{key}");
            match check {
                Check::WeeksAgree { due_date, weeks } => {
                    self.checked(path("due_date"), due_date, is_date, A_DATE);
                    self.checked(path("weeks"), weeks, is_integer, A_NUMBER);
                }
                Check::AgeUsual { birthdate } => self.checked(path("birthdate"), birthdate, is_date, A_DATE),
                Check::FirstBirthAgrees { parity, first, child_order } => {
                    self.checked_code(path("parity"), path("first"), parity, first);
                    self.checked(path("child_order"), child_order, is_integer, A_NUMBER);
                }
                Check::PregnanciesAgree { parity, earlier, pregnancies } => {
                    self.checked_code(path("parity"), path("earlier"), parity, earlier);
                    self.checked(path("pregnancies"), pregnancies, is_integer, A_NUMBER);
                }
            }
        }
    }

    fn checked(&mut self, path: String, id: &FieldId, fits: fn(&Kind) -> bool, wants: &'static str) {
        match self.form.field(id) {
            None => self.slip(path, Fault::CheckOfNothing(id.to_string())),
            Some((_, field)) if !fits(&field.kind) => {
                self.slip(path, Fault::CheckOfOtherKind(id.to_string(), wants));
            }
            Some(_) => {}
        }
    }

    fn checked_code(&mut self, at_field: String, at_code: String, id: &FieldId, code: &str) {
        self.checked(at_field, id, is_single, "a field of kind single");
        let choices = self.form.field(id).map_or(&[][..], |(_, field)| field.choices());
        if !choices.is_empty() && !choices.iter().any(|choice| choice.code == code) {
            self.slip(at_code, Fault::UnknownCode(code.to_owned(), id.to_string()));
        }
    }

    /// Every sentence has Japanese; the keys were looked at before, but a form from a batch comes without its file.
    fn texts(&mut self) {
        let form = self.form;
        let mut texts = vec![
            ("title".to_owned(), &form.title),
            ("summary".to_owned(), &form.summary),
            ("purpose".to_owned(), &form.purpose),
        ];
        for (list, all) in [("needed", &form.needed), ("closing", &form.closing)] {
            texts.extend(all.iter().enumerate().map(|(at, text)| (format!("{list}.{at}"), text)));
        }
        for (at, page) in form.pages.iter().enumerate() {
            texts.push((format!("page.{at}.title"), &page.title));
            texts.extend(page.help.iter().map(|text| (format!("page.{at}.help"), text)));
        }
        for (path, field) in fields(form) {
            texts.push((format!("{path}.label"), &field.label));
            texts.extend(field.hint.iter().map(|text| (format!("{path}.hint"), text)));
            for (at, choice) in field.choices().iter().enumerate() {
                texts.push((format!("{path}.choices.{at}.label"), &choice.label));
                texts.extend(choice.refuses.iter().map(|text| (format!("{path}.choices.{at}.refuses"), text)));
            }
        }
        for (at, item) in form.staff_items.iter().enumerate() {
            texts.push((format!("staff_item.{at}.label"), &item.label));
        }
        for (at, paper) in form.papers.iter().enumerate() {
            texts.push((format!("paper.{at}.label"), &paper.label));
            texts.extend(paper.hint.iter().map(|text| (format!("paper.{at}.hint"), text)));
        }
        let missing = texts.into_iter().filter(|(_, text)| !text.has("ja"));
        for (path, _) in missing {
            let key = path.rsplit('.').find(|part| part.parse::<usize>().is_err()).unwrap_or(&path).to_owned();
            self.slip(path, Fault::NoJapanese(key));
        }
    }
}

/// So many kinds of paper can be asked for on one page.
const MOST_PAPERS: usize = 5;

const A_DATE: &str = "a field of kind date";
const A_NUMBER: &str = "a field of kind integer";

const fn is_date(kind: &Kind) -> bool {
    matches!(kind, Kind::Date { .. })
}

const fn is_integer(kind: &Kind) -> bool {
    matches!(kind, Kind::Integer { .. })
}

const fn is_single(kind: &Kind) -> bool {
    matches!(kind, Kind::Single { .. })
}

/// Whether the field can be answered with this code; none if it has no codes.
fn answers_with(field: &Field, code: &str) -> Option<bool> {
    match &field.kind {
        Kind::Single { choices } | Kind::Multi { choices } => Some(choices.iter().any(|choice| choice.code == code)),
        Kind::Integer { least, most, .. } => {
            let number = code.parse::<i64>().ok().filter(|number| number.to_string() == code);
            // A range that takes nothing is told where it stands.
            Some(number.is_some_and(|number| least > most || (*least..=*most).contains(&number)))
        }
        Kind::EpdsItem => Some(EPDS_POSITIONS.contains(&code)),
        Kind::Name
        | Kind::Kana
        | Kind::Text { .. }
        | Kind::LongText { .. }
        | Kind::Date { .. }
        | Kind::PostalCode
        | Kind::Address
        | Kind::Phone
        | Kind::MonthSpan => None,
    }
}

/// Labels that do not fit on a phone.
pub(super) fn long_labels(form: &Form) -> Vec<Slip> {
    const LONGEST: usize = 60;
    let label = |(path, label): (String, &Text)| {
        let length = label.get("ja").chars().count();
        (length > LONGEST).then(|| Slip::new(format!("{path}.label"), Fault::LongLabel(length)))
    };
    let papers = form.papers.iter().enumerate().map(|(at, paper)| (format!("paper.{at}"), &paper.label));
    fields(form).map(|(path, field)| (path, &field.label)).chain(papers).filter_map(label).collect()
}

/// Choices that the version before has otherwise.
pub(super) fn changed_choices(before: &Form, form: &Form) -> Vec<Slip> {
    let mut slips = Vec::new();
    for (path, field) in fields(form) {
        let Some((_, old)) = before.field(&field.id) else { continue };
        for choice in old.choices() {
            let (id, code) = (field.id.to_string(), choice.code.clone());
            match field.choices().iter().position(|other| other.code == choice.code) {
                None => slips.push(Slip::new(&path, Fault::CodeGone(id, code))),
                Some(at) if field.choices()[at].label.get("ja") != choice.label.get("ja") => {
                    slips.push(Slip::new(format!("{path}.choices.{at}"), Fault::CodeRelabelled(id, code)));
                }
                Some(_) => {}
            }
        }
    }
    slips
}
