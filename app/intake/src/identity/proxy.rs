//! 「代理人」 Somebody who files for another person. Invariant: what she files is a preliminary filing (仮の受付) until staff have
//! met the person herself; her power, her own identity and the person's number are three things, and recorded apart
//! (番号法施行令12条2項, 番号法施行規則6条).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    NoPhoto, PersonDocument, TwoAreNeeded,
    documents::{kinds, two_kinds},
};
use crate::{
    answers::{Answer, Answers},
    form::Form,
    ids::{NotAnId, StaffId},
    journey::extra_answer,
    time::Instant,
};

kinds! {
    /// 「代理権の確認」 What the power was shown by (番号法施行令12条2項1号).
    PowerDocument {
        /// 委任状 (任意代理人)
        LetterOfAuthority = "letter_of_authority",
        /// 戸籍謄本など (法定代理人: 親権者)
        FamilyRegister = "family_register",
        /// 登記事項証明書・審判書 (法定代理人: 後見人)
        GuardianshipRegister = "guardianship_register",
        /// 本人にだけ発行された官公署の書類 (委任状を書くことがむずかしいとき)
        HerOwnDocument = "her_own_document",
    }
}

/// 「代理人の本人確認」 What is in front of a member of staff, of the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxySight {
    power: PowerDocument,
    person: PersonDocument,
    without_photo: Option<[NoPhoto; 2]>,
}

impl ProxySight {
    /// Her power and her own identity.
    ///
    /// # Errors
    /// See [`TwoAreNeeded`].
    pub fn checked(
        power: PowerDocument,
        person: PersonDocument,
        without_photo: &[NoPhoto],
    ) -> Result<Self, TwoAreNeeded> {
        Ok(Self { power, person, without_photo: two_kinds(person, without_photo)? })
    }

    /// The record of it.
    #[must_use]
    pub const fn by(self, by: StaffId, at: Instant) -> ProxySeen {
        ProxySeen { power: self.power, person: self.person, without_photo: self.without_photo, by, at }
    }
}

/// What staff saw of the proxy. Kinds of document only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxySeen {
    /// 「代理権の確認」
    pub power: PowerDocument,
    /// 「代理人の身元確認」
    pub person: PersonDocument,
    /// Which two, where no document had a photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_photo: Option<[NoPhoto; 2]>,
    /// Who saw it.
    pub by: StaffId,
    /// When.
    pub at: Instant,
}

/// 「本人との面会」 That the person herself was met, and wants the filing to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Met {
    /// Who met her.
    pub by: StaffId,
    /// When.
    pub at: Instant,
}

/// What is known of who filed for her.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyEvidence {
    /// What staff saw of the proxy, if she came.
    pub seen: Option<ProxySeen>,
    /// That the person herself was met.
    pub met: Option<Met>,
}

/// 「仮の受付」 How far a filing by a proxy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyState {
    /// It waits for the person herself.
    Waiting,
    /// Staff have met her; the proxy's account still holds it.
    Met,
    /// 「ご本人への引継ぎ」 It is hers: the proxy's account has nothing of it any more.
    Given,
}

impl ProxyState {
    /// The name in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Met => "met",
            Self::Given => "given",
        }
    }

    /// Whether the account that holds the filing is the proxy's.
    #[must_use]
    pub const fn is_held_by_proxy(self) -> bool {
        match self {
            Self::Waiting | Self::Met => true,
            Self::Given => false,
        }
    }
}

impl fmt::Display for ProxyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ProxyState {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        [Self::Waiting, Self::Met, Self::Given].into_iter().find(|one| one.as_str() == text).ok_or(NotAnId)
    }
}

/// Whether these answers were given for another person: whoever filled it in chose 「代理の方」.
#[must_use]
pub fn is_by_proxy(form: &Form, answers: &Answers) -> bool {
    matches!(extra_answer(form, answers, "filer"), Some(Answer::Choice(code)) if code == "proxy")
}
