//! Answers. Invariant: [`RawAnswers`] is what somebody typed and is believed in nothing; only [`parse`] makes
//! [`Answers`], so every answer in them has the kind that its field asks for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    form::{DECLINED, EPDS_POSITIONS, Field, Form, Kind},
    ids::{FieldId, PageId},
    my_number,
    time::CivilDate,
    value::{self, ValueError},
};

/// What was typed: values by the name of the input. Kept in drafts, so that nothing typed is lost, right or wrong.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawAnswers(BTreeMap<String, Vec<String>>);

/// An input that the page does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an input that this page does not have")]
pub struct UnknownInput;

impl RawAnswers {
    /// The first value of an input, or an empty text.
    #[must_use]
    pub fn first(&self, input: &str) -> &str {
        self.0.get(input).and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// All values of an input.
    #[must_use]
    pub fn all(&self, input: &str) -> &[String] {
        self.0.get(input).map_or(&[], Vec::as_slice)
    }

    /// Sets the values of an input.
    pub fn set(&mut self, input: &str, values: Vec<String>) {
        self.0.insert(input.to_owned(), values);
    }

    /// Whether nothing was ever entered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn filled<'a>(&'a self, field: &Field) -> Vec<(String, Vec<&'a String>)> {
        let of_input = |input: String| {
            let values: Vec<&String> = self.all(&input).iter().filter(|value| !value.trim().is_empty()).collect();
            (!values.is_empty()).then_some((input, values))
        };
        field.inputs().into_iter().filter_map(of_input).collect()
    }

    /// Whether anything was entered for a field.
    #[must_use]
    pub fn has(&self, field: &Field) -> bool {
        !self.filled(field).is_empty()
    }

    /// Whether the same was entered for a field here and there.
    #[must_use]
    pub fn is_same(&self, other: &Self, field: &Field) -> bool {
        self.filled(field) == other.filled(field)
    }

    /// Takes over what was entered for a field there; what is empty there is empty here.
    pub fn take_field(&mut self, from: &Self, field: &Field) {
        for input in field.inputs() {
            let values = from.all(&input).to_vec();
            self.0.insert(input, values);
        }
    }

    /// What a page holds, as a short digest: equal exactly when the inputs of the page have the same values. A page is
    /// shown with it and sends it back, so that another tab's text is not overwritten in silence.
    #[must_use]
    pub fn page_state(&self, form: &Form, page: &PageId) -> String {
        let mut digest = Sha256::new();
        for input in form.page(page).into_iter().flat_map(|page| page.fields.iter().flat_map(Field::inputs)) {
            let values = self.all(&input).iter().filter(|value| !value.is_empty());
            for value in values {
                for part in [input.as_str(), value] {
                    digest.update((part.len() as u64).to_be_bytes());
                    digest.update(part);
                }
            }
        }
        digest.finalize().iter().take(12).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    /// Replaces the inputs of one page by what that page sent. An input that the page sent nothing for is empty now
    /// (an unticked box sends nothing). The fields in which a 個人番号 was struck out, which the person is to be told.
    ///
    /// # Errors
    /// If anything was sent that is no input of this page; then nothing changes.
    pub fn replace_page(
        &mut self,
        form: &Form,
        page: &PageId,
        sent: &[(String, String)],
    ) -> Result<Vec<FieldId>, UnknownInput> {
        let fields = || form.page(page).into_iter().flat_map(|page| page.fields.iter());
        let inputs: Vec<String> = fields().flat_map(Field::inputs).collect();
        if sent.iter().any(|(name, _)| !inputs.contains(name)) {
            return Err(UnknownInput);
        }
        Ok(fields().filter(|field| self.replace_field(field, sent)).map(|field| field.id.clone()).collect())
    }

    /// Replaces the inputs of one field by what was sent for them; whether a 個人番号 was struck out. It is the only way in
    /// which what somebody typed comes into answers: a number is in none that are kept.
    pub fn replace_field(&mut self, field: &Field, sent: &[(String, String)]) -> bool {
        let mut was_struck = false;
        for input in field.inputs() {
            let of_input = sent.iter().filter(|(name, _)| *name == input);
            let values = of_input.map(|(_, value)| {
                let struck = my_number::strike_out(value);
                was_struck |= struck.is_some();
                struck.unwrap_or_else(|| value.clone())
            });
            let values = values.collect();
            self.0.insert(input, values);
        }
        was_struck
    }
}

impl std::fmt::Debug for RawAnswers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawAnswers({} inputs)", self.0.len())
    }
}

/// One parsed answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Text of any kind: name, kana, address, postal code, telephone number.
    Text(String),
    /// A day.
    Date(CivilDate),
    /// A whole number.
    Integer(i64),
    /// The code of one choice.
    Choice(String),
    /// The codes of several choices, in the form's order.
    Choices(Vec<String>),
    /// 「答えたくない」
    Declined,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[answer]")
    }
}

/// Parsed answers by field. A field that is not there was not answered, or is not on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<FieldId, Answer>);

impl Answers {
    /// The answer to a field.
    #[must_use]
    pub fn get(&self, field: &FieldId) -> Option<&Answer> {
        self.0.get(field)
    }

    /// All answers by field.
    pub fn iter(&self) -> impl Iterator<Item = (&FieldId, &Answer)> {
        self.0.iter()
    }

    /// The text of a field.
    #[must_use]
    pub fn text(&self, field: &FieldId) -> Option<&str> {
        match self.get(field) {
            Some(Answer::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The day of a field.
    #[must_use]
    pub fn date(&self, field: &FieldId) -> Option<CivilDate> {
        match self.get(field) {
            Some(Answer::Date(day)) => Some(*day),
            _ => None,
        }
    }

    /// The number of a field.
    #[must_use]
    pub fn integer(&self, field: &FieldId) -> Option<i64> {
        match self.get(field) {
            Some(Answer::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// The single choice of a field.
    #[must_use]
    pub fn choice(&self, field: &FieldId) -> Option<&str> {
        match self.get(field) {
            Some(Answer::Choice(code)) => Some(code),
            _ => None,
        }
    }
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The page that has the field.
    pub page: PageId,
    /// The field.
    pub field: FieldId,
    /// The input that the focus should go to.
    pub input: String,
    /// What is wrong.
    pub error: ValueError,
}

impl FieldError {
    /// That a 個人番号 was struck out of what was typed into a field.
    #[must_use]
    pub fn struck_out(form: &Form, id: &FieldId) -> Option<Self> {
        let (page, field) = form.field(id)?;
        let (input, error) = (field.inputs().into_iter().next()?, ValueError::MyNumber);
        Some(Self { page: page.id.clone(), field: id.clone(), input, error })
    }
}

/// Parses everything that was typed, page by page in the form's order, leaving out what is not on the way: a page, a
/// field or a choice whose condition does not hold for the answers before it.
#[must_use]
pub fn parse(form: &Form, raw: &RawAnswers, today: CivilDate) -> (Answers, Vec<FieldError>) {
    let mut answers = Answers::default();
    let mut errors = Vec::new();
    for page in &form.pages {
        if page.when.as_ref().is_some_and(|condition| !condition.holds(&answers)) {
            continue;
        }
        for field in &page.fields {
            if field.when.as_ref().is_some_and(|condition| !condition.holds(&answers)) {
                continue;
            }
            match parse_field(field, raw, &answers, today) {
                Ok(Some(answer)) => {
                    answers.0.insert(field.id.clone(), answer);
                }
                Ok(None) => {}
                Err(error) => errors.push(FieldError {
                    page: page.id.clone(),
                    field: field.id.clone(),
                    input: error_input(field, raw, error),
                    error,
                }),
            }
        }
    }
    (answers, errors)
}

/// The input of a field that an error is about: the first empty part of a date, else the first input.
fn error_input(field: &Field, raw: &RawAnswers, error: ValueError) -> String {
    let inputs = field.inputs();
    let first_empty = inputs.iter().find(|input| raw.first(input).trim().is_empty());
    match (error, first_empty) {
        (ValueError::IncompleteDate | ValueError::IncompleteSpan, Some(input)) => input.clone(),
        _ if field.is_choice() => format!("{}-0", field.id),
        _ => inputs.into_iter().next().unwrap_or_default(),
    }
}

fn parse_field(
    field: &Field,
    raw: &RawAnswers,
    before: &Answers,
    today: CivilDate,
) -> Result<Option<Answer>, ValueError> {
    let id = field.id.as_str();
    if field.decline && !raw.first(&format!("{id}-declined")).is_empty() {
        return Ok(Some(Answer::Declined));
    }
    let takes_one = !matches!(field.kind, Kind::Multi { .. });
    if takes_one && field.inputs().iter().any(|input| raw.all(input).len() > 1) {
        return Err(ValueError::MoreThanOne);
    }
    let typed = raw.first(id);
    let parsed = match &field.kind {
        Kind::Name => value::name(typed).map(Answer::Text),
        Kind::Kana => value::kana(typed).map(Answer::Text),
        Kind::Text { longest } => value::text(typed, *longest).map(Answer::Text),
        Kind::LongText { longest } => value::long_text(typed, *longest).map(Answer::Text),
        Kind::PostalCode => value::postal_code(typed).map(Answer::Text),
        Kind::Address => value::address(typed).map(Answer::Text),
        Kind::Phone => value::phone(typed).map(Answer::Text),
        Kind::Integer { least, most, .. } => value::integer(typed, *least, *most).map(Answer::Integer),
        Kind::Date { range } => {
            let part = |name: &str| raw.first(&format!("{id}-{name}"));
            value::date(part("year"), part("month"), part("day"), *range, today).map(Answer::Date)
        }
        Kind::MonthSpan => {
            let part = |name: &str| raw.first(&format!("{id}-{name}"));
            value::month_span([part("from-year"), part("from-month"), part("to-year"), part("to-month")])
                .map(Answer::Text)
        }
        Kind::EpdsItem => position(typed),
        Kind::Single { .. } => one_choice(field, typed, before),
        Kind::Multi { .. } => several_choices(field, raw.all(id), before),
    };
    match parsed {
        Ok(answer) => Ok(Some(answer)),
        Err(ValueError::Missing) if !field.required => Ok(None),
        Err(error) => Err(error),
    }
}

/// The codes that are offered to who gave the answers before, with the place of each among all choices.
fn offered<'field>(field: &'field Field, before: &Answers) -> Vec<(u8, &'field crate::form::Choice)> {
    (0..).zip(field.choices()).filter(|(_, choice)| choice.is_offered(before)).collect()
}

fn one_choice(field: &Field, typed: &str, before: &Answers) -> Result<Answer, ValueError> {
    if typed.is_empty() {
        return Err(ValueError::Missing);
    }
    if field.decline && typed == DECLINED {
        return Ok(Answer::Declined);
    }
    let chosen = (0..).zip(field.choices()).find(|(_, choice)| choice.code == typed && choice.is_offered(before));
    match chosen {
        None => Err(ValueError::NotAChoice),
        Some((place, choice)) if choice.refuses.is_some() => Err(ValueError::Refused { place }),
        Some(_) => Ok(Answer::Choice(typed.to_owned())),
    }
}

fn several_choices(field: &Field, typed: &[String], before: &Answers) -> Result<Answer, ValueError> {
    let chosen: Vec<&String> = typed.iter().filter(|code| !code.is_empty()).collect();
    if chosen.is_empty() {
        return Err(ValueError::Missing);
    }
    if field.decline && chosen.iter().any(|code| *code == DECLINED) {
        return Ok(Answer::Declined);
    }
    let offered = offered(field, before);
    if chosen.iter().any(|code| !offered.iter().any(|(_, choice)| choice.code == **code)) {
        return Err(ValueError::NotAChoice);
    }
    let in_order: Vec<_> = offered.into_iter().filter(|(_, choice)| chosen.contains(&&choice.code)).collect();
    if let Some((place, _)) = in_order.iter().find(|(_, choice)| choice.refuses.is_some()) {
        return Err(ValueError::Refused { place: *place });
    }
    if in_order.len() > 1 && in_order.iter().any(|(_, choice)| choice.exclusive) {
        return Err(ValueError::NotTogether);
    }
    Ok(Answer::Choices(in_order.into_iter().map(|(_, choice)| choice.code.clone()).collect()))
}

/// 「EPDS」 The position that was chosen.
fn position(typed: &str) -> Result<Answer, ValueError> {
    match typed {
        "" => Err(ValueError::Missing),
        code if EPDS_POSITIONS.contains(&code) => Ok(Answer::Choice(code.to_owned())),
        _ => Err(ValueError::NotAChoice),
    }
}
