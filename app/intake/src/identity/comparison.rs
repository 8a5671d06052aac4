//! 「照合」 What was declared, beside what a document or a card says (`controls.md` R09). Invariant: a fact that differs is open
//! until somebody has settled it, and while one is open nothing is accepted; a fact that was declared anew after it had been
//! compared is compared again.

use serde::{Deserialize, Serialize};

use super::{NumberDocument, PersonDocument, documents::kinds, is_by_proxy};
use crate::{
    answers::{Answers, RawAnswers},
    card::{CardFact, CardFacts, Likeness},
    form::{Field, Form, PersonFact},
};

kinds! {
    /// 「照合した事項」 What is compared.
    Fact {
        /// 「氏名」
        Name = "name",
        /// 「フリガナ」
        Kana = "kana",
        /// 「生年月日」
        Birthdate = "birthdate",
        /// 「住所」
        Address = "address",
        /// 「性別」
        Sex = "sex",
    }
}

impl Fact {
    /// What a form asks about the same; no form asks for the sex.
    #[must_use]
    pub const fn asked_as(self) -> Option<PersonFact> {
        match self {
            Self::Name => Some(PersonFact::Name),
            Self::Kana => Some(PersonFact::NameKana),
            Self::Birthdate => Some(PersonFact::Birthdate),
            Self::Address => Some(PersonFact::Address),
            Self::Sex => None,
        }
    }

    /// The same on a card; no card says how a name is read.
    #[must_use]
    pub const fn on_card(self) -> Option<CardFact> {
        match self {
            Self::Name => Some(CardFact::Name),
            Self::Kana => None,
            Self::Birthdate => Some(CardFact::Birthdate),
            Self::Address => Some(CardFact::Address),
            Self::Sex => Some(CardFact::Sex),
        }
    }

    /// The field of a form that declares it.
    #[must_use]
    pub fn field(self, form: &Form) -> Option<&Field> {
        form.person_field(self.asked_as()?)
    }
}

kinds! {
    /// 「照合先」 What it was compared with: no comparison without saying with what (R09).
    ComparedWith {
        /// 「身元確認の書類」
        PersonDocument = "person_document",
        /// 「番号確認の書類」
        NumberDocument = "number_document",
        /// 「住民基本台帳」
        ResidentRegister = "resident_register",
        /// 「窓口での聞き取り」
        Hearing = "hearing",
    }
}

kinds! {
    /// 「照合の結果」 Of one fact.
    Finding {
        /// 「一致」
        Same = "same",
        /// 「相違」
        Different = "different",
        /// 「書類にない」
        NotShown = "not_shown",
    }
}

kinds! {
    /// How a difference was settled.
    Settled {
        /// 「同じ方と確認」 It is she, because somebody says why.
        SamePerson = "same_person",
        /// 「職権訂正」 The office has put right what was declared.
        Corrected = "corrected",
    }
}

/// The findings on all facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Findings {
    /// 「氏名」
    pub name: Finding,
    /// 「フリガナ」
    pub kana: Finding,
    /// 「生年月日」
    pub birthdate: Finding,
    /// 「住所」
    pub address: Finding,
    /// 「性別」
    pub sex: Finding,
}

/// Neither the name, nor one of birthdate and address, was found on what it was compared with: that names nobody
/// (番号法施行規則1条1項: 氏名, and 生年月日 or 住所).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name, and the birthdate or the address, are compared")]
pub struct NamesNobody;

impl Findings {
    /// The findings on each fact, as `of` says.
    ///
    /// # Errors
    /// See [`NamesNobody`].
    pub fn of(of: impl Fn(Fact) -> Finding) -> Result<Self, NamesNobody> {
        let findings = Self {
            name: of(Fact::Name),
            kana: of(Fact::Kana),
            birthdate: of(Fact::Birthdate),
            address: of(Fact::Address),
            sex: of(Fact::Sex),
        };
        let is_shown = |fact: Fact| findings.on(fact) != Finding::NotShown;
        let names = is_shown(Fact::Name) && (is_shown(Fact::Birthdate) || is_shown(Fact::Address));
        if names { Ok(findings) } else { Err(NamesNobody) }
    }

    /// The finding on one fact.
    #[must_use]
    pub const fn on(&self, fact: Fact) -> Finding {
        match fact {
            Fact::Name => self.name,
            Fact::Kana => self.kana,
            Fact::Birthdate => self.birthdate,
            Fact::Address => self.address,
            Fact::Sex => self.sex,
        }
    }

    /// 「書類にある事項はすべて一致」 Everything agrees that stands on it; none where nobody but who sees it knows what does.
    #[must_use]
    pub const fn all_same(with: ComparedWith, number: NumberDocument, person: PersonDocument) -> Option<Self> {
        // Name, kana, birthdate, address, sex.
        let shown = match with {
            ComparedWith::ResidentRegister => [true; 5],
            ComparedWith::Hearing => [true, true, true, true, false],
            ComparedWith::NumberDocument => match number {
                NumberDocument::MyNumberCard | NumberDocument::NotificationCard | NumberDocument::ResidentRecord => {
                    [true, false, true, true, true]
                }
                NumberDocument::Later | NumberDocument::NotTaken => return None,
            },
            ComparedWith::PersonDocument => match person {
                PersonDocument::MyNumberCard | PersonDocument::ResidenceCard => [true, false, true, true, true],
                // 道路交通法施行規則 別記様式14: no sex. 障害者手帳: whether it says the sex differs from place to place.
                PersonDocument::DrivingLicence | PersonDocument::DisabilityHandbook => [true, false, true, true, false],
                // 旅券法施行規則 別記様式: since 2020 no address.
                PersonDocument::Passport => [true, false, true, false, true],
                PersonDocument::TwoWithoutPhoto => return None,
            },
        };
        let [name, kana, birthdate, address, sex] = shown;
        Some(Self {
            name: found(name),
            kana: found(kana),
            birthdate: found(birthdate),
            address: found(address),
            sex: found(sex),
        })
    }
}

const fn found(is_shown: bool) -> Finding {
    if is_shown { Finding::Same } else { Finding::NotShown }
}

/// What was compared at the counter, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    /// With what.
    pub with: ComparedWith,
    /// What came of it.
    pub findings: Findings,
}

impl Compared {
    /// With one document that shows a photo, everything on which agrees.
    #[must_use]
    pub(super) const fn all_same(number: NumberDocument, person: PersonDocument) -> Option<Self> {
        let with = ComparedWith::PersonDocument;
        match Findings::all_same(with, number, person) {
            Some(findings) => Some(Self { with, findings }),
            None => None,
        }
    }
}

/// Some of the facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Fact>", into = "Vec<Fact>")]
pub struct Facts([bool; 5]);

impl Facts {
    /// Whether this one is among them.
    #[must_use]
    pub const fn has(self, fact: Fact) -> bool {
        self.0[fact as usize]
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self.0, [false, false, false, false, false])
    }

    /// Those that are, in their order.
    pub fn iter(self) -> impl Iterator<Item = Fact> {
        Fact::ALL.iter().copied().filter(move |fact| self.has(*fact))
    }

    /// With one more.
    #[must_use]
    pub const fn with(mut self, fact: Fact) -> Self {
        self.0[fact as usize] = true;
        self
    }

    /// With one less.
    #[must_use]
    pub const fn without(mut self, fact: Fact) -> Self {
        self.0[fact as usize] = false;
        self
    }
}

impl From<Vec<Fact>> for Facts {
    fn from(facts: Vec<Fact>) -> Self {
        facts.into_iter().fold(Self::default(), Self::with)
    }
}

impl From<Facts> for Vec<Fact> {
    fn from(facts: Facts) -> Self {
        facts.iter().collect()
    }
}

/// 「照合」 All that is known of how what was declared compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// What was compared at the counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<Compared>,
    /// What the card that she signed in with says otherwise.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub card_differs: Facts,
    /// What the person has declared anew since it was compared.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub declared_anew: Facts,
    /// 「同じ方と確認」 The differences of which somebody has said why they are none.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub same_person: Facts,
    /// 「職権訂正」 What the office has put right since.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub corrected: Facts,
}

impl Comparison {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same with what was compared at the counter just now, against what is declared now.
    #[must_use]
    pub fn at_counter(self, compared: Compared) -> Self {
        let none = Facts::default();
        Self { counter: Some(compared), declared_anew: none, same_person: none, corrected: none, ..self }
    }

    /// How a difference was settled; none where it was not.
    #[must_use]
    pub const fn settled(&self, fact: Fact) -> Option<Settled> {
        if self.same_person.has(fact) {
            Some(Settled::SamePerson)
        } else if self.corrected.has(fact) {
            Some(Settled::Corrected)
        } else {
            None
        }
    }

    /// Whether this fact stands in the way of an acceptance. What somebody saw at the counter goes before what the card says:
    /// of a fact that the document does not show the card still speaks.
    #[must_use]
    pub fn is_open(&self, fact: Fact) -> bool {
        if self.settled(fact).is_some() {
            return false;
        }
        match self.counter.map(|counter| counter.findings.on(fact)) {
            Some(Finding::Same) => self.declared_anew.has(fact),
            Some(Finding::Different) => true,
            Some(Finding::NotShown) | None => self.card_differs.has(fact),
        }
    }

    /// What stands in the way.
    #[must_use]
    pub fn open(&self) -> Facts {
        Fact::ALL.iter().filter(|fact| self.is_open(**fact)).fold(Facts::default(), |open, fact| open.with(*fact))
    }

    /// 「同じ方と確認」 Settles a difference that is open; none where there is no such.
    #[must_use]
    pub fn settle(self, fact: Fact) -> Option<Self> {
        self.is_open(fact).then(|| Self { same_person: self.same_person.with(fact), ..self })
    }

    /// After the answers went from `before` to `after`, by the office or by the person herself. What was said of the answer of
    /// before says nothing of the new one.
    #[must_use]
    pub fn after_change(self, form: &Form, before: &RawAnswers, after: &RawAnswers, by_office: bool) -> Self {
        let changed = |fact: &&Fact| fact.field(form).is_some_and(|field| !before.is_same(after, field));
        Fact::ALL.iter().filter(changed).fold(self, |comparison, fact| comparison.changed(*fact, by_office))
    }

    /// After one fact was declared anew, or put right by the office.
    pub(super) const fn changed(self, fact: Fact, by_office: bool) -> Self {
        let same_person = self.same_person.without(fact);
        let (corrected, declared_anew) = if by_office {
            (self.corrected.with(fact), self.declared_anew.without(fact))
        } else {
            (self.corrected.without(fact), self.declared_anew.with(fact))
        };
        Self { same_person, corrected, declared_anew, ..self }
    }

    /// Compares the card with the answers of now; a proxy's card says nothing of the person.
    #[must_use]
    pub fn with_card(self, card: &CardFacts, form: &Form, answers: &Answers) -> Self {
        let differs = |fact: &&Fact| {
            let likeness = fact.on_card().and_then(|on_card| card.likeness(on_card, form, answers));
            likeness == Some(Likeness::Different)
        };
        let facts = Fact::ALL.iter().filter(|_| !is_by_proxy(form, answers));
        let card_differs = facts.filter(differs).fold(Facts::default(), |all, fact| all.with(*fact));
        Self { card_differs, ..self }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::catalog::Catalog;
    use proptest::prelude::*;

    fn compared(findings: [Finding; 5]) -> Comparison {
        let findings = Findings::of(|fact| findings[fact as usize]).unwrap();
        Comparison::default().at_counter(Compared { with: ComparedWith::PersonDocument, findings })
    }

    #[test]
    fn a_document_that_names_nobody_is_no_comparison() {
        use Finding::{Different, NotShown, Same};
        let of = |name, birthdate, address| {
            Findings::of(|fact| match fact {
                Fact::Name => name,
                Fact::Birthdate => birthdate,
                Fact::Address => address,
                Fact::Kana | Fact::Sex => Same,
            })
            .is_ok()
        };
        assert!(of(Same, Same, NotShown) && of(Different, NotShown, Same), "a difference is something that was seen");
        assert!(!of(NotShown, Same, Same) && !of(Same, NotShown, NotShown));
    }

    #[test]
    fn everything_that_a_document_shows_names_somebody() {
        for with in ComparedWith::ALL {
            for number in NumberDocument::ALL {
                for person in PersonDocument::ALL {
                    let Some(all) = Findings::all_same(*with, *number, *person) else { continue };
                    assert_eq!(Findings::of(|fact| all.on(fact)), Ok(all), "{with:?} {number:?} {person:?}");
                }
            }
        }
        let licence = Findings::all_same(ComparedWith::PersonDocument, NumberDocument::Later, PersonDocument::Passport);
        assert_eq!(licence.unwrap().address, Finding::NotShown, "no passport has an address");
    }

    #[test]
    fn what_the_counter_saw_goes_before_the_card() {
        use Finding::{NotShown, Same};
        let card =
            Comparison { card_differs: Facts::default().with(Fact::Address).with(Fact::Name), ..Comparison::default() };
        assert_eq!(Vec::from(card.open()), [Fact::Name, Fact::Address]);
        let findings = Findings::of(|fact| if fact == Fact::Address { NotShown } else { Same }).unwrap();
        let seen = card.at_counter(Compared { with: ComparedWith::PersonDocument, findings });
        assert_eq!(Vec::from(seen.open()), [Fact::Address], "no passport has an address: the card still says another");
        let settled = seen.settle(Fact::Address).unwrap();
        assert!(settled.open().is_empty());
        assert_eq!(settled.settle(Fact::Address), None, "there is nothing to settle");
        assert_eq!(settled.settled(Fact::Address), Some(Settled::SamePerson));
    }

    #[test]
    fn who_declares_another_name_after_it_was_compared_is_compared_again() {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&"pregnancy_notification".parse().unwrap()).unwrap();
        let name = Fact::Name.field(form).unwrap();
        let raw = |text: &str| {
            let mut raw = RawAnswers::default();
            raw.set(name.id.as_str(), vec![text.to_owned()]);
            raw
        };
        let seen = compared([Finding::Same; 5]);
        assert!(seen.after_change(form, &raw("窓口 花子"), &raw("窓口 花子"), false).open().is_empty());
        let hers = seen.after_change(form, &raw("窓口 花子"), &raw("別の 人"), false);
        assert_eq!(Vec::from(hers.open()), [Fact::Name]);
        let office = hers.after_change(form, &raw("別の 人"), &raw("窓口 花子"), true);
        assert!(office.open().is_empty(), "the office has put it right");
        let again = office.after_change(form, &raw("窓口 花子"), &raw("別の 人"), false);
        assert_eq!(Vec::from(again.open()), [Fact::Name], "what the office settled was another answer");
    }

    proptest! {
        #[test]
        fn nothing_that_differs_is_ever_passed_over(findings in prop::array::uniform5(0usize..3), on_card in 0u8..32) {
            let findings = findings.map(|place| Finding::ALL[place]);
            let made = Findings::of(|fact| findings[fact as usize]);
            prop_assume!(made.is_ok());
            let facts: Vec<Fact> = Fact::ALL.iter().copied().filter(|fact| on_card >> (*fact as u8) & 1 == 1).collect();
            let comparison = Comparison { card_differs: facts.into(), ..compared(findings) };
            for fact in Fact::ALL {
                let finding = findings[*fact as usize];
                let differs = finding == Finding::Different
                    || (finding == Finding::NotShown && comparison.card_differs.has(*fact));
                prop_assert_eq!(comparison.is_open(*fact), differs);
            }
            let settled = comparison.open().iter().fold(comparison, |all, fact| all.settle(fact).unwrap());
            prop_assert!(settled.open().is_empty());
            let text = serde_json::to_string(&settled).unwrap();
            prop_assert_eq!(serde_json::from_str::<Comparison>(&text).unwrap(), settled);
        }
    }
}
