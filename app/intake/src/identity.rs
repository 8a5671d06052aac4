//! 「本人確認」 Identity: how it was established, and how far that carries. Invariant: [`Sufficient`] is made only from
//! evidence that the office may accept a notification on; accepting takes it as an argument.
//!
//! The names are public (`handover.md`, `decisions.md`).

use serde::{Deserialize, Serialize};

use crate::{card::Matched, ids::StaffId, time::Instant};

/// How a person showed who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A one-time code sent by e-mail.
    EmailCode,
    /// A passkey registered before.
    Passkey,
    /// マイナアプリ (デジタル認証アプリサービス).
    Mynaapp,
    /// 署名用電子証明書
    Signature,
    /// 「窓口で確認」 In person.
    Counter,
}

/// How sure the office is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Only said.
    Claimed,
    /// The same account as before.
    Returning,
    /// Shown from afar.
    VerifiedRemote,
    /// Signed with a certificate.
    VerifiedSigned,
    /// Seen in person.
    VerifiedInPerson,
}

/// 「番号確認」 What the individual number was checked by (番号法16条). The number itself is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberDocument {
    /// 個人番号カード
    MyNumberCard,
    /// 通知カード (記載事項が一致するもの)
    NotificationCard,
    /// 個人番号が記載された住民票の写し
    ResidentRecord,
    /// Not seen yet; it is settled in the closed network before import.
    Later,
}

/// 「身元確認」 What the person was checked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonDocument {
    /// 個人番号カード
    MyNumberCard,
    /// 運転免許証
    DrivingLicence,
    /// 旅券
    Passport,
    /// 在留カード・特別永住者証明書
    ResidenceCard,
    /// 顔写真のない書類 2点
    TwoWithoutPhoto,
}

impl NumberDocument {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::MyNumberCard, Self::NotificationCard, Self::ResidentRecord, Self::Later];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::MyNumberCard => "my_number_card",
            Self::NotificationCard => "notification_card",
            Self::ResidentRecord => "resident_record",
            Self::Later => "later",
        }
    }
}

impl PersonDocument {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 5] =
        [Self::MyNumberCard, Self::DrivingLicence, Self::Passport, Self::ResidenceCard, Self::TwoWithoutPhoto];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::MyNumberCard => "my_number_card",
            Self::DrivingLicence => "driving_licence",
            Self::Passport => "passport",
            Self::ResidenceCard => "residence_card",
            Self::TwoWithoutPhoto => "two_without_photo",
        }
    }
}

/// What a member of staff saw at the counter. Kinds of document only, never a copy and never a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenAtCounter {
    /// 「番号確認」
    pub number: NumberDocument,
    /// 「身元確認」
    pub person: PersonDocument,
    /// Who saw it.
    pub by: StaffId,
    /// When.
    pub at: Instant,
}

/// The record of identity that every case carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// How the parent had signed in when filing.
    pub method: Method,
    /// When she had.
    pub signed_in_at: Instant,
    /// What staff saw, once they did.
    pub counter: Option<SeenAtCounter>,
    /// Which of the four facts of the card agreed with what she declared; none without a card.
    #[serde(default, skip_serializing_if = "Matched::is_empty")]
    pub matched: Matched,
}

impl Evidence {
    /// How sure the office is by this evidence. A card says who signed in; only when its name and birthdate are those that were
    /// declared does it say that she is the person whom the filing is about. Else she is known again, and no more.
    #[must_use]
    pub const fn level(&self) -> Level {
        if self.counter.is_some() {
            return Level::VerifiedInPerson;
        }
        match self.method {
            Method::EmailCode => Level::Claimed,
            Method::Passkey => Level::Returning,
            Method::Mynaapp if self.matched.names_the_person() => Level::VerifiedRemote,
            Method::Mynaapp => Level::Returning,
            Method::Signature if self.matched.names_the_person() => Level::VerifiedSigned,
            Method::Signature => Level::Returning,
            Method::Counter => Level::VerifiedInPerson,
        }
    }

    /// Proof that a notification may be accepted on this evidence (`controls.md` R02), or `None`.
    #[must_use]
    pub fn sufficient(&self) -> Option<Sufficient> {
        (self.level() >= Level::VerifiedRemote).then_some(Sufficient(()))
    }
}

/// Proof that the identity evidence carries an acceptance. Made by [`Evidence::sufficient`] only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sufficient(());

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(method: Method, seen: bool) -> Evidence {
        let counter = SeenAtCounter {
            number: NumberDocument::MyNumberCard,
            person: PersonDocument::MyNumberCard,
            by: StaffId::from_random([1; 16]),
            at: Instant(1),
        };
        Evidence { method, signed_in_at: Instant(0), counter: seen.then_some(counter), matched: Matched::default() }
    }

    #[test]
    fn a_card_carries_it_only_if_its_name_and_birthdate_agree() {
        use crate::card::CardFact::{Address, Birthdate, Name, Sex};
        for (agreed, level) in [
            (vec![], Level::Returning),
            (vec![Name, Address, Sex], Level::Returning),
            (vec![Birthdate, Address, Sex], Level::Returning),
            (vec![Name, Birthdate], Level::VerifiedRemote),
            (vec![Name, Address, Birthdate, Sex], Level::VerifiedRemote),
        ] {
            let found = Evidence { matched: agreed.clone().into(), ..evidence(Method::Mynaapp, false) };
            assert_eq!((found.level(), found.sufficient().is_some()), (level, level == Level::VerifiedRemote));
            let signed = Evidence { matched: agreed.into(), ..evidence(Method::Signature, false) };
            let level = if level == Level::VerifiedRemote { Level::VerifiedSigned } else { level };
            assert_eq!((signed.level(), signed.sufficient().is_some()), (level, level == Level::VerifiedSigned));
        }
        let by_code = Evidence { matched: vec![Name, Birthdate].into(), ..evidence(Method::EmailCode, false) };
        assert_eq!(by_code.sufficient(), None, "what was matched in another session carries nothing");
    }

    #[test]
    fn a_code_or_a_passkey_alone_carries_no_acceptance() {
        assert_eq!(evidence(Method::EmailCode, false).sufficient(), None);
        assert_eq!(evidence(Method::Passkey, false).sufficient(), None);
    }

    #[test]
    fn what_staff_saw_carries_it() {
        for method in [Method::EmailCode, Method::Passkey] {
            let found = evidence(method, true);
            assert_eq!(found.level(), Level::VerifiedInPerson);
            assert!(found.sufficient().is_some());
        }
    }
}
