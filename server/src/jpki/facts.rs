//! 「基本4情報」 The facts in a signing certificate (`domain.md` §4.3). Invariant: each stands there once, as UTF-8, and is kept
//! byte for byte; which sign of 代替文字 belongs to which character is told, never guessed away.

use intake::{
    card::{CardFacts, CardSex},
    signing::Substitutes,
    time::CivilDate,
};
use x509_cert::{
    der::{asn1::Utf8StringRef, oid::ObjectIdentifier},
    ext::pkix::{SubjectAltName, name::GeneralName},
};

use super::refusal::{Fact, Refusal};

const ARC: &str = "1.2.392.200149.8.5.5";
/// No fact of a person is longer.
const LONGEST: usize = 2_000;

/// What a certificate says of its holder.
#[derive(Clone, PartialEq, Eq)]
pub struct Facts {
    /// 「氏名」
    pub name: String,
    /// 「代替文字」 Which characters of the name stand for others, one sign each: `0` no, else yes. Empty: none.
    pub name_substitutes: String,
    /// 「性別」
    pub sex: CardSex,
    /// 「生年月日」 None where month or day are not known.
    pub birthdate: Option<CivilDate>,
    /// 「住所」
    pub address: String,
    /// 「代替文字」 The same for the address.
    pub address_substitutes: String,
}

impl std::fmt::Debug for Facts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[Facts]")
    }
}

impl Fact {
    const ALL: [Self; 6] =
        [Self::Name, Self::NameSubstitutes, Self::Sex, Self::Birthdate, Self::Address, Self::AddressSubstitutes];

    /// The object identifier that it stands under.
    #[must_use]
    pub fn oid(self) -> ObjectIdentifier {
        let last = match self {
            Self::Name => 1,
            Self::NameSubstitutes => 2,
            Self::Sex => 3,
            Self::Birthdate => 4,
            Self::Address => 5,
            Self::AddressSubstitutes => 6,
        };
        ObjectIdentifier::new_unwrap(ARC).push_arc(last).unwrap_or_else(|_| ObjectIdentifier::new_unwrap(ARC))
    }
}

impl Facts {
    /// Reads them; what else stands in the extension is not ours.
    pub(super) fn read(names: &SubjectAltName) -> Result<Self, Refusal> {
        let mut found: [Option<String>; 6] = Default::default();
        for name in &names.0 {
            let GeneralName::OtherName(other) = name else { continue };
            let Some(place) = Fact::ALL.iter().position(|fact| fact.oid() == other.type_id) else { continue };
            let fact = Fact::ALL[place];
            let text = Utf8StringRef::try_from(&other.value).map_err(|_| Refusal::Unreadable(fact))?;
            if text.as_str().len() > LONGEST {
                return Err(Refusal::Unreadable(fact));
            }
            if found[place].replace(text.as_str().to_owned()).is_some() {
                return Err(Refusal::Twice(fact));
            }
        }
        let [name, name_substitutes, sex, birthdate, address, address_substitutes] = found;
        let needed = |text: Option<String>, fact| {
            let text = text.ok_or(Refusal::Missing(fact))?;
            if text.trim().is_empty() { Err(Refusal::Unreadable(fact)) } else { Ok(text) }
        };
        Ok(Self {
            name: needed(name, Fact::Name)?,
            name_substitutes: name_substitutes.unwrap_or_default(),
            sex: sex_of(&needed(sex, Fact::Sex)?)?,
            birthdate: birthdate_of(&needed(birthdate, Fact::Birthdate)?)?,
            address: needed(address, Fact::Address)?,
            address_substitutes: address_substitutes.unwrap_or_default(),
        })
    }

    /// The four facts, as every card gives them.
    #[must_use]
    pub fn card(&self) -> CardFacts {
        CardFacts {
            name: Some(self.name.clone()),
            address: Some(self.address.clone()),
            birthdate: self.birthdate,
            sex: Some(self.sex),
        }
    }

    /// 「代替文字」 The signs.
    #[must_use]
    pub fn substitutes(&self) -> Substitutes<'_> {
        Substitutes { name: &self.name_substitutes, address: &self.address_substitutes }
    }

    /// Whether any character stands for one that the card could not hold.
    #[must_use]
    pub fn has_substitutes(&self) -> bool {
        [&self.name_substitutes, &self.address_substitutes].iter().any(|signs| signs.chars().any(|sign| sign != '0'))
    }
}

fn sex_of(code: &str) -> Result<CardSex, Refusal> {
    match code {
        "1" => Ok(CardSex::Male),
        "2" => Ok(CardSex::Female),
        "3" => Ok(CardSex::Unknown),
        _ => Err(Refusal::Unreadable(Fact::Sex)),
    }
}

/// The digit of the era, then the day in the calendar of today. The era repeats what the year says and is not judged: which
/// digit means which is in no source that we have.
fn birthdate_of(text: &str) -> Result<Option<CivilDate>, Refusal> {
    let unreadable = Refusal::Unreadable(Fact::Birthdate);
    if text.len() != 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unreadable);
    }
    let year = text[1..5].parse().map_err(|_| unreadable)?;
    let month = text[5..7].parse().map_err(|_| unreadable)?;
    let day = text[7..9].parse().map_err(|_| unreadable)?;
    if month == 0 || day == 0 {
        return Ok(None);
    }
    CivilDate::from_parts(year, month, day).map(Some).ok_or(unreadable)
}
