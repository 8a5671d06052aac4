//! From an entry back to its answers, for the import job, which trusts nothing. Invariant: an entry without faults is the
//! one that [`super::build`] makes of the answers in it, by the form that travels with it.

use super::{
    By, Entry, Proxy, Said, Value,
    build::{self, Parts},
};
use crate::{
    answers::RawAnswers,
    card::Matched,
    form::{Field, Form, Kind, PersonFact, StaffKind, Target},
    identity::{Level, Method, PowerDocument},
    ids::FieldId,
    journey::{self, CompleteAnswers},
    staff_items::{StaffAnswers, parse_staff_items},
    time::CivilDate,
    value::{ValueError, month_span_parts},
};

/// What is wrong with an entry. Closed, and without content: it may stand in a log or a receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// It names another form than the one it is checked with.
    #[error("the entry was filled in with another form")]
    OtherForm,
    /// A revision below 1.
    #[error("the revision is below 1")]
    BadRevision,
    /// Not a code of six digits.
    #[error("the municipality code does not have six digits")]
    BadMunicipality,
    /// An answer that the form does not take.
    #[error("the field “{field}” does not take its answer: {error}")]
    Answer {
        /// The field.
        field: FieldId,
        /// Why.
        error: ValueError,
    },
    /// A staff item that the form does not take.
    #[error("the staff item “{item}” does not take its content: {error}")]
    StaffItem {
        /// The item.
        item: FieldId,
        /// Why.
        error: ValueError,
    },
    /// A fact about the person stands there otherwise than the form reads it.
    #[error("the facts about the person do not agree with the form")]
    PersonDiffers,
    /// An item of the record list is missing, too much, or not as the form gives it.
    #[error("the item {no} of the record list does not agree with the form")]
    ItemDiffers {
        /// Its number.
        no: String,
    },
    /// The items stand in another order than the record list.
    #[error("the items do not stand in the order of the record list")]
    ItemOrder,
    /// What the notification rule asks for is not as the form gives it.
    #[error("the legal items do not agree with the form")]
    LegalDiffers,
    /// What the counter asked for is not as the form gives it.
    #[error("the extra items do not agree with the form")]
    ExtraDiffers,
    /// The proxy is not the one in the answers.
    #[error("the proxy does not agree with the answers")]
    ProxyDiffers,
    /// Weeks, months, age, fiscal year or class do not follow from the answers.
    #[error("the derived values do not follow from the answers")]
    DerivedDiffers,
    /// The identity evidence does not carry an acceptance, or its level does not follow from its method.
    #[error("the identity evidence does not carry an acceptance")]
    Identity,
    /// Not two different people, or not in this order.
    #[error("the entry was not accepted and confirmed by two different people, one after the other")]
    Review,
    /// A score that the scale does not have.
    #[error("the EPDS scores are outside their scale")]
    EpdsScore,
}

impl EntryFault {
    /// The public reason code, for receipts.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherForm => "other_form",
            Self::BadRevision => "bad_revision",
            Self::BadMunicipality => "bad_municipality",
            Self::Answer { .. } => "answer_refused",
            Self::StaffItem { .. } => "staff_item_refused",
            Self::PersonDiffers => "person_differs",
            Self::ItemDiffers { .. } => "item_differs",
            Self::ItemOrder => "item_order",
            Self::LegalDiffers => "legal_differs",
            Self::ExtraDiffers => "extra_differs",
            Self::ProxyDiffers => "proxy_differs",
            Self::DerivedDiffers => "derived_differs",
            Self::Identity => "identity_insufficient",
            Self::Review => "review_incomplete",
            Self::EpdsScore => "epds_score",
        }
    }
}

/// Checks an entry by the same rules as the portal, on the day of its answers. The form must have passed
/// `catalog::faults_of`. Empty: no fault.
#[must_use]
pub fn recheck(entry: &Entry, form: &Form) -> Vec<EntryFault> {
    if entry.form.sha256 == form.sha256() { recheck_found(entry, form) } else { vec![EntryFault::OtherForm] }
}

/// The same with a form that was found by the digest that the entry names: to make the digest anew for each of a thousand
/// entries would take longer than all else.
#[must_use]
pub fn recheck_found(entry: &Entry, form: &Form) -> Vec<EntryFault> {
    if entry.kind != form.id || entry.form.id != form.id || entry.form.version != form.version {
        return vec![EntryFault::OtherForm];
    }
    let mut faults = faults_of_frame(entry);
    let raw = rebuild(entry, form);
    let complete = match journey::complete(form, &raw, entry.answered_at.date_in_japan()) {
        Ok(complete) => Some(complete),
        Err(errors) => {
            let refused = errors.into_iter().map(|found| EntryFault::Answer { field: found.field, error: found.error });
            faults.extend(refused);
            None
        }
    };
    let staff = match parse_staff_items(form, &rebuild_staff(entry, form), entry.review.accepted_at.date_in_japan()) {
        Ok(staff) => Some(staff),
        Err(errors) => {
            faults
                .extend(errors.into_iter().map(|found| EntryFault::StaffItem { item: found.item, error: found.error }));
            None
        }
    };
    if let (Some(complete), Some(staff)) = (complete, staff) {
        faults.extend(differences(entry, form, complete.answers(), &staff));
    }
    faults
}

/// The answers and the staff items of an entry, for whoever tells them in another format.
///
/// # Errors
/// The entry's faults, if it has any.
pub fn reread(entry: &Entry, form: &Form) -> Result<(CompleteAnswers, StaffAnswers), Vec<EntryFault>> {
    let faults = recheck(entry, form);
    if !faults.is_empty() {
        return Err(faults);
    }
    let complete = journey::complete(form, &rebuild(entry, form), entry.answered_at.date_in_japan());
    let staff = parse_staff_items(form, &rebuild_staff(entry, form), entry.review.accepted_at.date_in_japan());
    // Both were just read by `recheck`.
    complete.ok().zip(staff.ok()).ok_or_else(|| vec![EntryFault::OtherForm])
}

fn differences(entry: &Entry, form: &Form, answers: &crate::answers::Answers, staff: &StaffAnswers) -> Vec<EntryFault> {
    let Parts { mut person, proxy, items, legal, extra, derived } =
        build::parts(form, answers, staff, entry.epds.as_ref(), entry.filed_at.date_in_japan());
    // The address is the account's and the sex the 宛名's: no answer to compare with.
    (person.email, person.sex) = (entry.person.email.clone(), entry.person.sex);
    let mut faults = Vec::new();
    let mut differ = |differs: bool, fault: EntryFault| {
        if differs {
            faults.push(fault);
        }
    };
    differ(person != entry.person, EntryFault::PersonDiffers);
    // What staff saw of her is no answer.
    let said = entry.proxy.clone().map(|proxy| Proxy { proof: None, person: None, met: None, ..proxy });
    differ(proxy != said, EntryFault::ProxyDiffers);
    differ(legal != entry.legal, EntryFault::LegalDiffers);
    differ(extra != entry.extra, EntryFault::ExtraDiffers);
    differ(derived != entry.derived, EntryFault::DerivedDiffers);
    for item in &items {
        differ(entry.item(&item.no) != Some(&item.said), EntryFault::ItemDiffers { no: item.no.clone() });
    }
    for (place, item) in entry.items.iter().enumerate() {
        let unknown = !items.iter().any(|expected| expected.no == item.no);
        let twice = entry.items[..place].iter().any(|before| before.no == item.no);
        differ(unknown || twice, EntryFault::ItemDiffers { no: item.no.clone() });
    }
    if faults.is_empty() && items != entry.items {
        faults.push(EntryFault::ItemOrder);
    }
    faults
}

/// What has nothing to do with the form.
fn faults_of_frame(entry: &Entry) -> Vec<EntryFault> {
    let mut faults = Vec::new();
    if entry.rev < 1 {
        faults.push(EntryFault::BadRevision);
    }
    if entry.municipality.len() != 6 || !entry.municipality.bytes().all(|byte| byte.is_ascii_digit()) {
        faults.push(EntryFault::BadMunicipality);
    }
    let identity = &entry.identity;
    let level = identity.method.level(Matched::from(identity.matched.clone()).names_the_person());
    let seen_if_counter = (identity.method == Method::Counter) || identity.documents.is_none();
    // How a proxy signed in says nothing of the person: she was met, and seen at the counter.
    let proxy_is_good = entry.proxy.as_ref().is_none_or(|proxy| {
        let proof = proxy.proof.as_deref();
        let is_known = proof.is_none_or(|code| PowerDocument::of_code(code).is_some());
        proxy.met.is_some() && identity.method == Method::Counter && is_known
    });
    if identity.level != level || level < Level::VerifiedRemote || !seen_if_counter || !proxy_is_good {
        faults.push(EntryFault::Identity);
    }
    let review = &entry.review;
    if review.accepted_by == review.confirmed_by || review.accepted_at > review.confirmed_at {
        faults.push(EntryFault::Review);
    }
    if entry.epds.as_ref().is_some_and(|epds| epds.item10 > 3 || epds.total > 30 || epds.total < epds.item10) {
        faults.push(EntryFault::EpdsScore);
    }
    faults
}

/// What somebody would have to type to get this entry.
fn rebuild(entry: &Entry, form: &Form) -> RawAnswers {
    let mut raw = RawAnswers::default();
    for (_, field) in form.fields() {
        let id = field.id.as_str();
        match &field.target {
            Target::Person(fact) => {
                let text = person_text(entry, *fact);
                type_text(&mut raw, id, Shape::of(&field.kind), text.as_deref());
            }
            Target::Record(no) => type_said(&mut raw, form, field, entry.item(no)),
            Target::Legal(key) => type_said(&mut raw, form, field, entry.legal.get(key)),
            Target::Extra(key) => type_said(&mut raw, form, field, entry.extra.get(key)),
            // The one is typed together with the field that it belongs to; the other stays in the portal.
            Target::DetailOf(_) | Target::EpdsItem(_) => {}
        }
    }
    raw
}

fn person_text(entry: &Entry, fact: PersonFact) -> Option<String> {
    let person = &entry.person;
    match fact {
        PersonFact::Name => person.name.clone(),
        PersonFact::NameKana => person.name_kana.clone(),
        PersonFact::Birthdate => person.birthdate.map(|day| day.to_string()),
        PersonFact::PostalCode => person.postal_code.clone(),
        PersonFact::Address => person.address.clone(),
        PersonFact::Phone => person.phone.clone(),
    }
}

fn type_said(raw: &mut RawAnswers, form: &Form, field: &Field, said: Option<&Said>) {
    let Some(said) = said.filter(|said| said.by == By::Citizen) else { return };
    let id = field.id.as_str();
    if said.declined {
        raw.set(&format!("{id}-declined"), vec!["1".to_owned()]);
        return;
    }
    type_value(raw, id, Shape::of(&field.kind), said);
    let Some(detail) = build::detail_of(form, field) else { return };
    let label = build::labels(field.choices(), &chosen(said));
    if let Some(text) = said.text.as_ref().filter(|text| detail.required || **text != label) {
        raw.set(detail.id.as_str(), vec![text.clone()]);
    }
}

fn chosen(said: &Said) -> Vec<String> {
    said.codes.clone().or_else(|| said.code.clone().map(|code| vec![code])).unwrap_or_default()
}

/// How many inputs a value is typed into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    OneInput,
    Day,
    MonthSpan,
}

impl Shape {
    const fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Date { .. } => Self::Day,
            Kind::MonthSpan => Self::MonthSpan,
            _ => Self::OneInput,
        }
    }
}

fn type_value(raw: &mut RawAnswers, id: &str, shape: Shape, said: &Said) {
    let codes = chosen(said);
    if !codes.is_empty() {
        raw.set(id, codes);
        return;
    }
    match &said.value {
        Some(Value::Number(number)) => raw.set(id, vec![number.to_string()]),
        Some(Value::Text(text)) => type_text(raw, id, shape, Some(text)),
        None => {}
    }
}

/// What is no day or no span is typed as it stands, so that the parser refuses it.
fn type_text(raw: &mut RawAnswers, id: &str, shape: Shape, text: Option<&str>) {
    let Some(text) = text else { return };
    let mut part = |name: &str, value: &str| raw.set(&format!("{id}-{name}"), vec![value.to_owned()]);
    match shape {
        Shape::OneInput => raw.set(id, vec![text.to_owned()]),
        Shape::Day => match text.parse::<CivilDate>().map(CivilDate::parts) {
            Ok((year, month, day)) => {
                part("year", &format!("{year:04}"));
                part("month", &month.to_string());
                part("day", &day.to_string());
            }
            Err(_) => part("year", text),
        },
        Shape::MonthSpan => match month_span_parts(text) {
            Some([from_year, from_month, to_year, to_month]) => {
                part("from-year", from_year);
                part("from-month", from_month);
                part("to-year", to_year);
                part("to-month", to_month);
            }
            None => part("from-year", text),
        },
    }
}

fn rebuild_staff(entry: &Entry, form: &Form) -> RawAnswers {
    let mut raw = RawAnswers::default();
    for item in &form.staff_items {
        if let Some(said) = entry.item(&item.record).filter(|said| said.by == By::Staff) {
            let shape = if item.kind == StaffKind::Day { Shape::Day } else { Shape::OneInput };
            type_value(&mut raw, item.id.as_str(), shape, said);
        }
    }
    raw
}
