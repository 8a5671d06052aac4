//! 「突合」 What of a filing agrees with a resident. Invariant: facts are compared by their search keys (width, kana, blanks and
//! variants make no difference), and a fact that one side does not have neither agrees nor differs.

use intake::{export::Sex, my_number::MyNumber, time::CivilDate, value::search_key};

use super::{Resident, ResidentNumber};

/// The facts that are compared, in the order in which people are shown them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ComparedFact {
    /// 「個人番号」
    MyNumber,
    /// 「氏名」
    Name,
    /// 「フリガナ」
    NameKana,
    /// 「生年月日」
    Birthdate,
    /// 「性別」
    Sex,
    /// 「住所」
    Address,
}

impl ComparedFact {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::MyNumber, Self::Name, Self::NameKana, Self::Birthdate, Self::Sex, Self::Address];

    /// The name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MyNumber => "my_number",
            Self::Name => "name",
            Self::NameKana => "name_kana",
            Self::Birthdate => "birthdate",
            Self::Sex => "sex",
            Self::Address => "address",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::MyNumber => "個人番号",
            Self::Name => "氏名",
            Self::NameKana => "フリガナ",
            Self::Birthdate => "生年月日",
            Self::Sex => "性別",
            Self::Address => "住所",
        }
    }
}

/// How a fact of a filing stands to that of a resident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// 「一致」
    Agrees,
    /// 「不一致」
    Differs,
    /// 「比較できない」 One side does not have it.
    Unknown,
}

impl Agreement {
    const fn of(both: Option<bool>) -> Self {
        match both {
            Some(true) => Self::Agrees,
            Some(false) => Self::Differs,
            None => Self::Unknown,
        }
    }

    /// As people are shown it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Agrees => "一致",
            Self::Differs => "不一致",
            Self::Unknown => "比較できません",
        }
    }
}

/// Who may be meant, and why: which facts agree and which differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// 「宛名番号」
    pub number: ResidentNumber,
    agreements: [Agreement; 6],
}

impl Candidate {
    /// How each fact stands.
    pub fn facts(&self) -> impl Iterator<Item = (ComparedFact, Agreement)> + '_ {
        ComparedFact::ALL.into_iter().zip(self.agreements)
    }

    /// How one fact stands.
    #[must_use]
    pub fn of(&self, fact: ComparedFact) -> Agreement {
        self.facts().find(|(one, _)| *one == fact).map_or(Agreement::Unknown, |(_, agreement)| agreement)
    }

    /// The names of the facts that stand so, with a comma between them: no content, so that they may be kept.
    #[must_use]
    pub fn named(&self, agreement: Agreement) -> String {
        let names: Vec<&str> =
            self.facts().filter(|(_, one)| *one == agreement).map(|(fact, _)| fact.as_str()).collect();
        names.join(",")
    }

    /// How near they are: how many facts agree.
    pub(super) fn nearness(&self) -> usize {
        self.agreements.iter().filter(|one| **one == Agreement::Agrees).count()
    }

    /// Whether people should be shown them: the number alone, or two other facts. Family under one roof shares the address.
    pub(super) fn is_near(&self) -> bool {
        self.of(ComparedFact::MyNumber) == Agreement::Agrees || self.nearness() >= 2
    }
}

/// What is known of the person of an entry.
pub struct Wanted<'a> {
    /// 「個人番号」, if the entry bears one.
    pub my_number: Option<&'a MyNumber>,
    /// 「氏名」
    pub name: &'a str,
    /// 「フリガナ」
    pub name_kana: Option<&'a str>,
    /// 「生年月日」
    pub birthdate: CivilDate,
    /// 「性別」 No form asks for it.
    pub sex: Sex,
    /// 「住所」
    pub address: &'a str,
}

/// The same as search keys, made once for all who are compared.
pub(super) struct Keys {
    pub(super) my_number: Option<u64>,
    pub(super) name: String,
    pub(super) name_kana: Option<String>,
    pub(super) birthdate: CivilDate,
    sex: Option<Sex>,
    address: String,
}

impl Keys {
    pub(super) fn of(wanted: &Wanted<'_>) -> Self {
        let kana = wanted.name_kana.map(search_key).filter(|key| !key.is_empty());
        Self {
            my_number: wanted.my_number.and_then(|number| number.reveal().parse().ok()),
            name: search_key(wanted.name),
            name_kana: kana,
            birthdate: wanted.birthdate,
            sex: Some(wanted.sex).filter(|sex| *sex != Sex::Unknown),
            address: search_key(wanted.address),
        }
    }

    /// How a resident stands to this.
    pub(super) fn compare(&self, resident: &Resident) -> Candidate {
        let key = |text: &str| Some(search_key(text)).filter(|key| !key.is_empty());
        let same = |ours: Option<&String>, theirs: Option<String>| Some(*ours? == theirs?);
        let facts = resident.facts();
        let agreements = [
            self.my_number.zip(resident.my_number()).map(|(ours, theirs)| ours == theirs),
            same(Some(&self.name), key(facts.name)),
            same(self.name_kana.as_ref(), key(facts.name_kana)),
            Some(self.birthdate == resident.birthdate),
            self.sex.zip(sex_of(facts.sex)).map(|(ours, theirs)| ours == theirs),
            same(Some(&self.address), key(facts.address)),
        ];
        Candidate { number: ResidentNumber(facts.number.to_owned()), agreements: agreements.map(Agreement::of) }
    }
}

/// 「性別」 As extracts write it: words, or the codes of the 住民基本台帳.
fn sex_of(text: &str) -> Option<Sex> {
    match search_key(text).as_str() {
        "男" | "男性" | "1" | "m" => Some(Sex::Male),
        "女" | "女性" | "2" | "f" => Some(Sex::Female),
        _ => None,
    }
}
