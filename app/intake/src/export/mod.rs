//! An entry of a batch (`handover.md` §2): what the back office gets of a case. Invariant: [`build`] is the only maker, and
//! [`recheck`] makes the same entry again from what it holds, so that nothing in it stands unexplained.
//!
//! Extensions of §2: `form` also has `sha256`; `extra` holds what the counter asked for its own work; every answer says `by`
//! whom it is; `answered_at` is when the answers of this revision were given; `identity` may say which documents were seen;
//! `proxy` also says her power, what was seen of her, and when the person herself was met.

mod build;
mod recheck;
pub mod records;
#[cfg(test)]
pub(crate) mod tests;

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

pub use build::{Filing, build, people};
pub use recheck::{EntryFault, recheck, recheck_found, reread};

use crate::{
    card::CardFact,
    gestation::TimingClass,
    identity::{Level, Method, NoPhoto, NumberDocument, PersonDocument},
    ids::{FormId, ReceiptNumber, StaffId},
    time::{CivilDate, Instant, rfc3339},
};

/// What stands as `schema` in every entry of this version.
pub const SCHEMA: &str = "madoguchi-entry/1";

/// One entry of a batch.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// [`SCHEMA`].
    pub schema: String,
    /// 「受付番号」
    pub id: ReceiptNumber,
    /// Revision, from 1.
    pub rev: i64,
    /// What is notified: the id of the form.
    pub kind: FormId,
    /// The form that was filled in.
    pub form: FormReference,
    /// How it came.
    pub channel: Channel,
    /// 「届出日」 When it arrived.
    #[serde(with = "rfc3339")]
    pub filed_at: Instant,
    /// When the answers of this revision were given: the rules that depend on the day use its day in Japan.
    #[serde(with = "rfc3339")]
    pub answered_at: Instant,
    /// 「全国地方公共団体コード」 Six digits.
    pub municipality: String,
    /// Whom it is about.
    pub person: Person,
    /// How identity was established.
    pub identity: Identity,
    /// 「代理人」 Who filed on her behalf.
    pub proxy: Option<Proxy>,
    /// 「個人番号」 age armor to the destination's number key; the portal cannot open it.
    pub my_number: Option<String>,
    /// The items of the record list, in its order.
    pub items: Vec<Item>,
    /// What the notification rule asks for and the record list lacks, by key.
    pub legal: BTreeMap<String, Said>,
    /// What the counter asked for its own work, by key.
    pub extra: BTreeMap<String, Said>,
    /// What is computed from the answers.
    pub derived: Derived,
    /// 「EPDS」 The scores, not the ten answers.
    pub epds: Option<Epds>,
    /// The files that go with it.
    pub attachments: Vec<Attachment>,
    /// Who decided.
    pub review: Review,
}

/// Which form, in which version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormReference {
    /// Its id.
    pub id: FormId,
    /// Its version.
    pub version: u32,
    /// The digest of its definition: `form-<sha256>.json` in the batch.
    pub sha256: String,
}

/// How a filing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// By this portal.
    Portal,
    /// 「ぴったりサービス」
    Pittari,
    /// 「都道府県の共同システム」
    Prefecture,
    /// 「窓口」
    Counter,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Portal, Self::Pittari, Self::Prefecture, Self::Counter];

    /// The public name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Pittari => "pittari",
            Self::Prefecture => "prefecture",
            Self::Counter => "counter",
        }
    }
}

impl std::str::FromStr for Channel {
    type Err = crate::ids::NotAnId;
    fn from_str(text: &str) -> Result<Self, crate::ids::NotAnId> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text).ok_or(crate::ids::NotAnId)
    }
}

/// Whom an entry is about; texts byte for byte as typed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// 「氏名」
    pub name: Option<String>,
    /// 「フリガナ」
    pub name_kana: Option<String>,
    /// 「生年月日」
    pub birthdate: Option<CivilDate>,
    /// 「性別」 No form asks for it; the 宛名 knows it.
    pub sex: Sex,
    /// 「郵便番号」
    pub postal_code: Option<String>,
    /// 「住所」
    pub address: Option<String>,
    /// 「電話番号」
    pub phone: Option<String>,
    /// 「メールアドレス」
    pub email: Option<String>,
}

/// 「性別」
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 女
    Female,
    /// 男
    Male,
    /// その他
    Other,
    /// 不詳
    Unknown,
}

/// 「本人確認」
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// How.
    pub method: Method,
    /// How sure the office is.
    pub level: Level,
    /// When.
    #[serde(with = "rfc3339")]
    pub verified_at: Instant,
    /// Which of the four facts agreed with the card; empty where no card was read.
    pub matched: Vec<CardFact>,
    /// What was seen at the counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents: Option<Documents>,
}

/// What was seen at the counter: kinds of document only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    /// 「番号確認」
    pub number: NumberDocument,
    /// 「身元確認」
    pub person: PersonDocument,
    /// Which two, where no document had a photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_photo: Option<[NoPhoto; 2]>,
}

/// 「代理人」 Who filed on her behalf.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxy {
    /// 「氏名」
    pub name: Option<String>,
    /// 「続柄」 The code of the form.
    pub relation: Option<String>,
    /// 「代理権の確認」 What staff saw the power by: a code of `identity::PowerDocument`; nothing online.
    pub proof: Option<String>,
    /// 「代理権の種類」 What she said her power was: the code of the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<String>,
    /// 「代理人の身元確認」 What staff saw of who she is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonDocument>,
    /// 「本人との面会」 When the person herself was met; nothing is handed over before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met: Option<ProxyMet>,
}

/// 「本人との面会」
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyMet {
    /// When.
    #[serde(with = "rfc3339")]
    pub at: Instant,
}

/// An item of the record list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its number in the record list, such as `3` or `26b`.
    pub no: String,
    /// What was said; nothing, if neither code nor value nor `declined` stands in it.
    #[serde(flatten)]
    pub said: Said,
}

/// What was said to one question. At most one of `code`, `codes` and `value` is there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The name of the item.
    pub name: String,
    /// The code of one choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The codes of several choices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codes: Option<Vec<String>>,
    /// Text, day (`YYYY-MM-DD`) or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// For choices: their Japanese label, or what was written beside その他.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// 「答えたくない」
    pub declined: bool,
    /// Who says so.
    pub by: By,
}

/// A value that is no choice.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number.
    Number(i64),
    /// Text, or a day.
    Text(String),
}

/// Who says what stands in an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The parent, or who filed for her.
    Citizen,
    /// The office.
    Staff,
    /// Computed.
    Derived,
}

/// What is computed from the answers (`domain.md` §1.5), on the day of filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derived {
    /// 「妊娠週数」 Completed weeks.
    pub weeks: Option<u32>,
    /// Days beyond them.
    pub days: Option<u32>,
    /// 「妊娠月数」
    pub months: Option<u32>,
    /// 「届出時期」
    pub timing: TimingClass,
    /// 「年齢」
    pub age: Option<i32>,
    /// 「西暦年度」
    pub fiscal_year: i32,
}

/// 「EPDS」
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epds {
    /// On which occasion.
    pub occasion: String,
    /// Which text of the questions was shown.
    pub text_pack: String,
    /// 「合計点」 0 to 30.
    pub total: u32,
    /// 「項目10」 0 to 3.
    pub item10: u32,
}

/// A file that goes with an entry: `attachment-<sha256>.age` in the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// The digest of its plaintext, hexadecimal.
    pub sha256: String,
    /// The length of its plaintext.
    pub bytes: u64,
    /// What it is.
    pub media_type: String,
    /// What it shows.
    pub label: String,
}

/// 「受理・確認」 Who decided: two different people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Who accepted it.
    pub accepted_by: StaffId,
    /// When.
    #[serde(with = "rfc3339")]
    pub accepted_at: Instant,
    /// Who confirmed it.
    pub confirmed_by: StaffId,
    /// When.
    #[serde(with = "rfc3339")]
    pub confirmed_at: Instant,
}

/// A line that is no entry. The text says nothing of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an entry of the format madoguchi-entry/1")]
pub struct NotAnEntry;

impl Entry {
    /// The entry as one line of `entries.ndjson`, without the LF. Deterministic.
    ///
    /// # Panics
    /// Never: an entry has string keys only.
    #[must_use]
    pub fn to_line(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an entry has string keys only")
    }

    /// Reads one line of `entries.ndjson`, without the LF.
    ///
    /// # Errors
    /// When it is no entry of this version, or has a member that the format does not have.
    pub fn from_line(line: &[u8]) -> Result<Self, NotAnEntry> {
        let entry: Self = serde_json::from_slice(line).map_err(|_| NotAnEntry)?;
        // Where members are flattened, serde lets unknown ones pass; the way back shows them.
        let written: serde_json::Value = serde_json::from_slice(line).map_err(|_| NotAnEntry)?;
        let again = serde_json::to_value(&entry).map_err(|_| NotAnEntry)?;
        if entry.schema == SCHEMA && written == again { Ok(entry) } else { Err(NotAnEntry) }
    }

    /// The item with this number.
    #[must_use]
    pub fn item(&self, no: &str) -> Option<&Said> {
        self.items.iter().find(|item| item.no == no).map(|item| &item.said)
    }
}

/// Personal data has no place in a log.
macro_rules! silent {
    ($($name:ident),+) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!("[", stringify!($name), "]"))
            }
        })+
    };
}
silent!(Entry, Person, Proxy, Item, Said, Value, Epds);
