//! 「基本4情報」 What a 個人番号カード certifies about its holder: name, address, day of birth and sex, as マイナアプリ gives them.
//! Invariant: what a provider sends is believed in no format but those read here, and a fact that cannot be read is no fact; a
//! card agrees only with answers about its holder, never with those that a proxy gave about somebody else.
//!
//! The formats are those of `domain.md` §4.2: the address as a text or as an object (OpenID Connect Core 5.1.1), the birthdate
//! with and without hyphens, the sex in digits (ISO/IEC 5218, as the card has it) or in words.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    answers::{Answers, RawAnswers},
    form::{Field, Form, Kind, PersonFact, Target},
    identity::is_by_proxy,
    time::CivilDate,
    value::{self, search_key},
};

/// The four facts that a card certifies (券面事項, 基本4情報).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardFact {
    /// 「氏名」
    Name,
    /// 「住所」
    Address,
    /// 「生年月日」
    Birthdate,
    /// 「性別」
    Sex,
}

impl CardFact {
    /// All four, in the order in which they stand on the card.
    pub const ALL: [Self; 4] = [Self::Name, Self::Address, Self::Birthdate, Self::Sex];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Address => "address",
            Self::Birthdate => "birthdate",
            Self::Sex => "sex",
        }
    }

    /// What a form asks about the same; no form asks for the sex.
    #[must_use]
    pub const fn asked_as(self) -> Option<PersonFact> {
        match self {
            Self::Name => Some(PersonFact::Name),
            Self::Address => Some(PersonFact::Address),
            Self::Birthdate => Some(PersonFact::Birthdate),
            Self::Sex => None,
        }
    }
}

/// 「性別」 As the card has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardSex {
    /// 女
    Female,
    /// 男
    Male,
    /// Neither, or not said.
    Unknown,
}

impl CardSex {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
            Self::Unknown => "unknown",
        }
    }
}

/// What was read from a card; texts byte for byte.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardFacts {
    /// 「氏名」
    pub name: Option<String>,
    /// 「住所」
    pub address: Option<String>,
    /// 「生年月日」
    pub birthdate: Option<CivilDate>,
    /// 「性別」
    pub sex: Option<CardSex>,
}

impl std::fmt::Debug for CardFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[card]")
    }
}

/// How far what was answered is what the card says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Byte for byte; of a day, the same day.
    Same,
    /// By the search key: width, kana and blanks apart.
    SameBySearchKey,
    /// Something else.
    Different,
}

/// What a form's field has to do with the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was typed, or the same: the field shows the card's.
    FromCard,
    /// Something else was typed, and stays until she takes the card's.
    Typed,
}

/// Which of the four facts agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<CardFact>", into = "Vec<CardFact>")]
pub struct Matched([bool; 4]);

impl Matched {
    /// Whether this one did.
    #[must_use]
    pub const fn has(self, fact: CardFact) -> bool {
        self.0[fact as usize]
    }

    /// Whether none did.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self.0, [false, false, false, false])
    }

    /// Those that did, in their order.
    #[must_use]
    pub fn facts(self) -> Vec<CardFact> {
        CardFact::ALL.into_iter().filter(|fact| self.has(*fact)).collect()
    }

    /// Whether so much agreed that the holder of the card is the person whom the answers are about: name and day of birth. The
    /// address alone may lag behind a removal on either side.
    #[must_use]
    pub const fn names_the_person(self) -> bool {
        self.has(CardFact::Name) && self.has(CardFact::Birthdate)
    }
}

impl From<Vec<CardFact>> for Matched {
    fn from(facts: Vec<CardFact>) -> Self {
        Self(CardFact::ALL.map(|fact| facts.contains(&fact)))
    }
}

impl From<Matched> for Vec<CardFact> {
    fn from(matched: Matched) -> Self {
        matched.facts()
    }
}

/// The facts of a card in the claims of a provider, and those that were there in a format that nobody knows.
#[must_use]
pub fn read(claims: &Map<String, Value>) -> (CardFacts, Vec<CardFact>) {
    let claim = |name: &str| claims.get(name).filter(|value| !is_nothing(value));
    let (name, address) = (claim("name"), claim("address"));
    let (birthdate, sex) = (claim("birthdate"), claim("gender"));
    let facts = CardFacts {
        name: name.and_then(read_text),
        address: address.and_then(read_address),
        birthdate: birthdate.and_then(read_birthdate),
        sex: sex.and_then(read_sex),
    };
    let unread = [
        (CardFact::Name, name.is_some() && facts.name.is_none()),
        (CardFact::Address, address.is_some() && facts.address.is_none()),
        (CardFact::Birthdate, birthdate.is_some() && facts.birthdate.is_none()),
        (CardFact::Sex, sex.is_some() && facts.sex.is_none()),
    ];
    (facts, unread.into_iter().filter_map(|(fact, is_unread)| is_unread.then_some(fact)).collect())
}

/// An empty text is how some providers say that there is none.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Longer than every name and address that a form takes.
const LONGEST: usize = 4_000;

fn read_text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| text.len() <= LONGEST).map(str::to_owned)
}

/// As one line: `formatted`, which may have several, else the parts from the prefecture down.
fn read_address(value: &Value) -> Option<String> {
    let whole = match value {
        Value::Object(parts) => {
            let part = |name: &str| parts.get(name).and_then(Value::as_str).unwrap_or_default();
            let together = || ["region", "locality", "street_address"].map(part).concat();
            Some(part("formatted").to_owned()).filter(|text| !text.trim().is_empty()).unwrap_or_else(together)
        }
        other => other.as_str()?.to_owned(),
    };
    let line = whole.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    // A text of one line stays byte for byte.
    let line = if whole.lines().count() == 1 { whole } else { line };
    (!line.trim().is_empty() && line.len() <= LONGEST).then_some(line)
}

fn read_birthdate(value: &Value) -> Option<CivilDate> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        other => other.as_str()?.trim().to_owned(),
    };
    let (year, month, day) = match text.len() {
        8 if text.bytes().all(|byte| byte.is_ascii_digit()) => (&text[..4], &text[4..6], &text[6..]),
        10 if text.is_ascii() && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-' => {
            (&text[..4], &text[5..7], &text[8..])
        }
        _ => return None,
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(year) && digits(month) && digits(day)) {
        return None;
    }
    CivilDate::from_parts(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).filter(|day| day.parts().0 > 0)
}

fn read_sex(value: &Value) -> Option<CardSex> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        other => other.as_str()?.trim().to_lowercase(),
    };
    match text.as_str() {
        "1" | "male" | "男" | "男性" => Some(CardSex::Male),
        "2" | "female" | "女" | "女性" => Some(CardSex::Female),
        "0" | "3" | "9" | "other" | "unknown" => Some(CardSex::Unknown),
        _ => None,
    }
}

impl CardFacts {
    /// A fact as text, the day as `YYYY-MM-DD`.
    #[must_use]
    pub fn text(&self, fact: CardFact) -> Option<String> {
        match fact {
            CardFact::Name => self.name.clone(),
            CardFact::Address => self.address.clone(),
            CardFact::Birthdate => self.birthdate.map(|day| day.to_string()),
            CardFact::Sex => self.sex.map(|sex| sex.as_str().to_owned()),
        }
    }

    /// How far the answers say what the card says; none where one of them says nothing.
    #[must_use]
    pub fn likeness(&self, fact: CardFact, form: &Form, answers: &Answers) -> Option<Likeness> {
        let field = form.person_field(fact.asked_as()?)?;
        if fact == CardFact::Birthdate {
            let same = answers.date(&field.id)? == self.birthdate?;
            return Some(if same { Likeness::Same } else { Likeness::Different });
        }
        let (declared, certified) = (answers.text(&field.id)?, self.text(fact)?);
        Some(if declared == certified {
            Likeness::Same
        } else if search_key(declared) == search_key(&certified) {
            Likeness::SameBySearchKey
        } else {
            Likeness::Different
        })
    }

    /// Which of the four facts agree with the answers; none with those that a proxy gave.
    #[must_use]
    pub fn matched(&self, form: &Form, answers: &Answers) -> Matched {
        if is_by_proxy(form, answers) {
            return Matched::default();
        }
        let agrees = |fact: &CardFact| {
            matches!(self.likeness(*fact, form, answers), Some(Likeness::Same | Likeness::SameBySearchKey))
        };
        CardFact::ALL.into_iter().filter(agrees).collect::<Vec<_>>().into()
    }

    /// What would have to be typed into the inputs of a field to say what the card says. None for a field that asks for
    /// something else, and for a fact that the field would not take: then it is typed as without a card.
    #[must_use]
    pub fn inputs(&self, field: &Field) -> Option<Vec<(String, String)>> {
        let id = field.id.as_str();
        match (&field.target, &field.kind) {
            (Target::Person(PersonFact::Name), Kind::Name) => {
                let name = self.name.as_ref().filter(|name| value::name(name).is_ok())?;
                Some(vec![(id.to_owned(), name.clone())])
            }
            (Target::Person(PersonFact::Address), Kind::Address) => {
                let address = self.address.as_ref().filter(|address| value::address(address).is_ok())?;
                Some(vec![(id.to_owned(), address.clone())])
            }
            (Target::Person(PersonFact::Birthdate), Kind::Date { .. }) => {
                let (year, month, day) = self.birthdate?.parts();
                let part = |name: &str, number: String| (format!("{id}-{name}"), number);
                Some(vec![
                    part("year", year.to_string()),
                    part("month", month.to_string()),
                    part("day", day.to_string()),
                ])
            }
            _ => None,
        }
    }

    /// How what was typed into a field stands to the card; none for a field that the card says nothing about.
    #[must_use]
    pub fn standing(&self, field: &Field, raw: &RawAnswers) -> Option<Standing> {
        let inputs = self.inputs(field)?;
        let is_the_same = if matches!(field.kind, Kind::Date { .. }) {
            let part = |name: &str| raw.first(&format!("{}-{name}", field.id)).to_owned();
            value::any_date(&part("year"), &part("month"), &part("day")).ok() == self.birthdate
        } else {
            inputs.iter().all(|(input, text)| raw.first(input).trim() == text.trim())
        };
        Some(if !raw.has(field) || is_the_same { Standing::FromCard } else { Standing::Typed })
    }

    /// Puts the card's into a field, whatever stands there.
    pub fn put(&self, field: &Field, raw: &mut RawAnswers) {
        for (input, text) in self.inputs(field).unwrap_or_default() {
            raw.set(&input, vec![text]);
        }
    }
}

#[cfg(test)]
mod tests;
