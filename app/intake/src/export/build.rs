//! From a case to its entry. Invariant: everything that a form asked for and that was answered is in the entry, once;
//! a free text beside その他 is the `text` of its choice.

use std::collections::BTreeMap;

use super::{
    Attachment, By, Channel, Derived, Documents, Entry, Epds, FormReference, Identity, Item, Person, Proxy, ProxyMet,
    Review, SCHEMA, Said, Sex, Value,
    records::{self, RecordItem},
};
use crate::{
    answers::{Answer, Answers},
    form::{Choice, Field, Form, PersonFact, StaffItem, Target},
    gestation::TimingClass,
    identity::{Evidence, Method, is_by_proxy},
    ids::ReceiptNumber,
    journey::{self, CompleteAnswers},
    staff_items::StaffAnswers,
    time::{CivilDate, Instant},
};

/// What an entry needs beside the answers.
#[derive(Clone)]
pub struct Filing {
    /// 「受付番号」
    pub id: ReceiptNumber,
    /// Revision, from 1.
    pub rev: i64,
    /// How it came.
    pub channel: Channel,
    /// 「届出日」 When it arrived.
    pub filed_at: Instant,
    /// When the answers of this revision were given.
    pub answered_at: Instant,
    /// 「全国地方公共団体コード」
    pub municipality: String,
    /// 「メールアドレス」
    pub email: Option<String>,
    /// How identity was established.
    pub evidence: Evidence,
    /// 「個人番号」 Sealed to the destination's number key.
    pub my_number: Option<String>,
    /// 「EPDS」
    pub epds: Option<Epds>,
    /// The files that go with it.
    pub attachments: Vec<Attachment>,
    /// Who decided.
    pub review: Review,
}

/// Makes the entry of a case. Times lose the fraction of their second, as the format has none.
#[must_use]
pub fn build(form: &Form, complete: &CompleteAnswers, staff: &StaffAnswers, filing: Filing) -> Entry {
    let review = Review {
        accepted_at: filing.review.accepted_at.whole_seconds(),
        confirmed_at: filing.review.confirmed_at.whole_seconds(),
        ..filing.review
    };
    let filed_on = filing.filed_at.date_in_japan();
    let parts = parts(form, complete.answers(), staff, filing.epds.as_ref(), filed_on);
    Entry {
        schema: SCHEMA.to_owned(),
        id: filing.id,
        rev: filing.rev,
        kind: form.id.clone(),
        form: reference(form),
        channel: filing.channel,
        filed_at: filing.filed_at.whole_seconds(),
        answered_at: filing.answered_at.whole_seconds(),
        municipality: filing.municipality,
        person: Person { email: filing.email, ..parts.person },
        identity: identity(&filing.evidence),
        proxy: parts.proxy.map(|proxy| with_what_was_seen(proxy, &filing.evidence)),
        my_number: filing.my_number,
        items: parts.items,
        legal: parts.legal,
        extra: parts.extra,
        derived: parts.derived,
        epds: filing.epds,
        attachments: filing.attachments,
        review,
    }
}

fn reference(form: &Form) -> FormReference {
    FormReference { id: form.id.clone(), version: form.version, sha256: form.sha256() }
}

/// Whom the answers are about, and who filed for her.
#[must_use]
pub fn people(form: &Form, answers: &Answers) -> (Person, Option<Proxy>) {
    (person(form, answers), proxy(form, answers))
}

fn identity(evidence: &Evidence) -> Identity {
    let (method, verified_at) = match evidence.counter {
        Some(seen) => (Method::Counter, seen.at),
        None => (evidence.method, evidence.signed_in_at),
    };
    Identity {
        method,
        level: evidence.level(),
        verified_at: verified_at.whole_seconds(),
        matched: evidence.matched.facts(),
        documents: evidence.counter.map(|seen| Documents {
            number: seen.number,
            person: seen.person,
            without_photo: seen.without_photo,
        }),
    }
}

/// 「代理人」 What the answers say of her, with what staff saw.
fn with_what_was_seen(proxy: Proxy, evidence: &Evidence) -> Proxy {
    let known = evidence.proxy.unwrap_or_default();
    Proxy {
        proof: known.seen.map(|seen| seen.power.code().to_owned()),
        person: known.seen.map(|seen| seen.person),
        met: known.met.map(|met| ProxyMet { at: met.at.whole_seconds() }),
        ..proxy
    }
}

/// What follows from the answers alone; [`super::recheck`] makes it again and compares.
pub(super) struct Parts {
    pub person: Person,
    pub proxy: Option<Proxy>,
    pub items: Vec<Item>,
    pub legal: BTreeMap<String, Said>,
    pub extra: BTreeMap<String, Said>,
    pub derived: Derived,
}

pub(super) fn parts(
    form: &Form,
    answers: &Answers,
    staff: &StaffAnswers,
    epds: Option<&Epds>,
    filed_on: CivilDate,
) -> Parts {
    let derived = derived(form, answers, filed_on);
    let mut legal = answered(form, answers, |target| match target {
        Target::Legal(key) => Some(key),
        _ => None,
    });
    if let Some(months) = derived.months {
        let months = Said { value: Some(Value::Number(i64::from(months))), ..nothing("妊娠月数", By::Derived) };
        legal.entry("months".to_owned()).or_insert(months);
    }
    let extra = answered(form, answers, |target| match target {
        Target::Extra(key) => Some(key),
        _ => None,
    });
    let facts = Facts { filed_on, derived: &derived, epds, interviewed_at: age_at_interview(form, answers, staff) };
    let items = items(form, answers, staff, &facts);
    let (person, proxy) = people(form, answers);
    Parts { person, proxy, items, legal, extra, derived }
}

fn derived(form: &Form, answers: &Answers, filed_on: CivilDate) -> Derived {
    let reason = journey::extra_answer(form, answers, "reason");
    let after_birth = matches!(reason, Some(Answer::Choice(code)) if code == "after_birth");
    let found = journey::derive_on(form, answers, filed_on, after_birth);
    let timing: TimingClass = found.timing;
    Derived {
        weeks: found.gestation.map(|found| found.weeks),
        days: found.gestation.map(|found| found.days),
        months: found.gestation.map(|found| found.month),
        timing,
        age: found.age,
        fiscal_year: found.fiscal_year,
    }
}

fn person(form: &Form, answers: &Answers) -> Person {
    let text = |fact: PersonFact| {
        form.person_field(fact).and_then(|field| answers.text(&field.id)).map(std::borrow::ToOwned::to_owned)
    };
    Person {
        name: text(PersonFact::Name),
        name_kana: text(PersonFact::NameKana),
        birthdate: form.person_field(PersonFact::Birthdate).and_then(|field| answers.date(&field.id)),
        sex: Sex::Unknown,
        postal_code: text(PersonFact::PostalCode),
        address: text(PersonFact::Address),
        phone: text(PersonFact::Phone),
        email: None,
    }
}

fn proxy(form: &Form, answers: &Answers) -> Option<Proxy> {
    let code = |key: &str| match journey::extra_answer(form, answers, key) {
        Some(Answer::Choice(code)) => Some(code.clone()),
        _ => None,
    };
    let name = match journey::extra_answer(form, answers, "proxy_name") {
        Some(Answer::Text(name)) => Some(name.clone()),
        _ => None,
    };
    is_by_proxy(form, answers).then(|| Proxy {
        name,
        relation: code("proxy_relation"),
        proof: None,
        power: code("proxy_power"),
        person: None,
        met: None,
    })
}

fn answered<'form>(
    form: &'form Form,
    answers: &Answers,
    key_of: impl Fn(&'form Target) -> Option<&'form String>,
) -> BTreeMap<String, Said> {
    let goes_there = |field: &'form Field| key_of(&field.target).filter(|_| answers.get(&field.id).is_some());
    form.fields()
        .filter_map(|(_, field)| goes_there(field).map(|key| (key.clone(), said(form, field, answers, None))))
        .collect()
}

/// What the computed items follow from.
struct Facts<'a> {
    filed_on: CivilDate,
    derived: &'a Derived,
    epds: Option<&'a Epds>,
    interviewed_at: Option<i32>,
}

/// 「受講日年齢」 The age on the day of the interview, where staff filled that day in.
fn age_at_interview(form: &Form, answers: &Answers, staff: &StaffAnswers) -> Option<i32> {
    let born = form.person_field(PersonFact::Birthdate).and_then(|field| answers.date(&field.id))?;
    let item = form.staff_items.iter().find(|item| item.record == INTERVIEW_DAY)?;
    match staff.get(&item.id)? {
        Answer::Date(day) => Some(born.age_on(*day)),
        _ => None,
    }
}

/// 「面談日」 in the record list of the questionnaire.
const INTERVIEW_DAY: &str = "3";

fn items(form: &Form, answers: &Answers, staff: &StaffAnswers, facts: &Facts<'_>) -> Vec<Item> {
    let list = records::of_record(&form.record);
    let mut items: Vec<Item> = Vec::new();
    for (_, field) in form.fields() {
        if let Target::Record(no) = &field.target {
            items.push(Item { no: no.clone(), said: said(form, field, answers, name_in(&list, no)) });
        }
    }
    for item in &form.staff_items {
        let name = name_in(&list, &item.record);
        items.push(Item { no: item.record.clone(), said: said_by_staff(item, staff, name) });
    }
    for RecordItem { no, name } in &list {
        let Some(value) = computed(&form.record, no, facts) else { continue };
        let found = Said { value: Some(value), ..nothing(name, By::Derived) };
        match items.iter_mut().find(|item| item.no == *no) {
            // What the parent said goes first; what she left open is filled.
            Some(item) if item.said.is_empty() => item.said = found,
            Some(_) => {}
            None => items.push(Item { no: (*no).to_owned(), said: found }),
        }
    }
    let place = |item: &Item| list.iter().position(|listed| listed.no == item.no).unwrap_or(usize::MAX);
    items.sort_by_key(place);
    items
}

/// The items of the record list that the portal computes.
fn computed(record: &str, no: &str, facts: &Facts<'_>) -> Option<Value> {
    let Facts { filed_on, derived, epds, interviewed_at } = facts;
    let number = |number: i32| Value::Number(i64::from(number));
    let score = |score: u32| Value::Number(i64::from(score));
    match (record, no) {
        ("妊娠届", "2") => Some(Value::Text(filed_on.to_string())),
        ("妊娠届", "4") => derived.weeks.map(|weeks| Value::Number(i64::from(weeks))),
        ("妊娠届アンケート" | "EPDS", "1") => Some(number(derived.fiscal_year)),
        ("妊娠届アンケート", "4") => interviewed_at.map(number),
        ("妊娠届アンケート", "10") => derived.age.map(number),
        // What she answered herself goes into the slots of 訪問事業; those of the clinics are for what a clinic sent.
        ("EPDS", "23") => epds.map(|epds| score(epds.total)),
        ("EPDS", "24") => epds.map(|epds| score(epds.item10)),
        _ => None,
    }
}

fn name_in<'list>(list: &'list [RecordItem], no: &str) -> Option<&'list str> {
    list.iter().find(|item| item.no == no).map(|item| item.name)
}

fn nothing(name: &str, by: By) -> Said {
    Said { name: name.to_owned(), code: None, codes: None, value: None, text: None, declined: false, by }
}

impl Said {
    /// Whether neither an answer nor a refusal stands here.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.code.is_none() && self.codes.is_none() && self.value.is_none() && !self.declined
    }
}

fn said(form: &Form, field: &Field, answers: &Answers, name: Option<&str>) -> Said {
    let empty = nothing(name.unwrap_or_else(|| field.label.get("ja")), By::Citizen);
    let Some(answer) = answers.get(&field.id) else { return empty };
    let said = of_answer(empty, answer, field.choices());
    let detail = detail_of(form, field).and_then(|detail| answers.text(&detail.id));
    match detail {
        Some(detail) => Said { text: Some(detail.to_owned()), ..said },
        None => said,
    }
}

/// The field whose answer is the free text beside a choice of this one.
pub(super) fn detail_of<'form>(form: &'form Form, field: &Field) -> Option<&'form Field> {
    let is_detail = |other: &Field| matches!(&other.target, Target::DetailOf(id) if *id == field.id);
    form.fields().map(|(_, other)| other).find(|other| is_detail(other))
}

fn said_by_staff(item: &StaffItem, staff: &StaffAnswers, name: Option<&str>) -> Said {
    let empty = nothing(name.unwrap_or_else(|| item.label.get("ja")), By::Staff);
    match staff.get(&item.id) {
        None => empty,
        Some(answer) => of_answer(empty, answer, item.choices()),
    }
}

fn of_answer(empty: Said, answer: &Answer, choices: &[Choice]) -> Said {
    match answer {
        Answer::Text(text) => Said { value: Some(Value::Text(text.clone())), ..empty },
        Answer::Date(day) => Said { value: Some(Value::Text(day.to_string())), ..empty },
        Answer::Integer(number) => Said { value: Some(Value::Number(*number)), ..empty },
        Answer::Choice(code) => {
            Said { code: Some(code.clone()), text: Some(labels(choices, std::slice::from_ref(code))), ..empty }
        }
        Answer::Choices(codes) => Said { codes: Some(codes.clone()), text: Some(labels(choices, codes)), ..empty },
        Answer::Declined => Said { declined: true, ..empty },
    }
}

/// The Japanese labels of these codes.
pub(super) fn labels(choices: &[Choice], codes: &[String]) -> String {
    let chosen = choices.iter().filter(|choice| codes.contains(&choice.code));
    chosen.map(|choice| choice.label.get("ja")).collect::<Vec<_>>().join("、")
}
