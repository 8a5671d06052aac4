//! 「本人確認書類」 What staff see at the counter, by kind. Invariant: a kind of document and never a copy, never a number; two
//! documents without a photo are two different kinds, both named (番号法16条, 番号法施行規則1条1項).

use serde::{Deserialize, Serialize};

use super::Compared;
use crate::{ids::StaffId, time::Instant};

macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// All, in the order in which they are offered.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The kind of this code.
            #[must_use]
            pub fn of_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }
    };
}
pub(super) use kinds;

kinds! {
    /// 「番号確認」 What the individual number was checked by (番号法16条). The number itself is not recorded.
    NumberDocument {
        /// 個人番号カード
        MyNumberCard = "my_number_card",
        /// 通知カード (記載事項が一致するもの)
        NotificationCard = "notification_card",
        /// 個人番号が記載された住民票の写し・住民票記載事項証明書
        ResidentRecord = "resident_record",
        /// Not seen yet; it is settled in the closed network before import.
        Later = "later",
        /// Not asked about: this installation has nothing to do with the number.
        NotTaken = "not_taken",
    }
}

impl NumberDocument {
    /// What staff are offered where the number is taken.
    pub const OFFERED: [Self; 4] = [Self::MyNumberCard, Self::NotificationCard, Self::ResidentRecord, Self::Later];
}

kinds! {
    /// 「身元確認」 What the person was checked by (番号法施行規則1条1項).
    PersonDocument {
        /// 個人番号カード
        MyNumberCard = "my_number_card",
        /// 運転免許証・運転経歴証明書
        DrivingLicence = "driving_licence",
        /// 旅券
        Passport = "passport",
        /// 在留カード・特別永住者証明書
        ResidenceCard = "residence_card",
        /// 身体障害者手帳・精神障害者保健福祉手帳・療育手帳
        DisabilityHandbook = "disability_handbook",
        /// 顔写真のない書類 2点
        TwoWithoutPhoto = "two_without_photo",
    }
}

kinds! {
    /// 「顔写真のない書類」 Of these two are seen together (番号法施行規則1条1項3号).
    NoPhoto {
        /// 公的医療保険の資格確認書
        HealthInsurance = "health_insurance",
        /// 年金手帳・基礎年金番号通知書
        Pension = "pension",
        /// 児童扶養手当証書・特別児童扶養手当証書
        ChildAllowance = "child_allowance",
        /// 母子健康手帳 (交付済みのもの)
        MaternalHandbook = "maternal_handbook",
        /// 住民票の写し・印鑑登録証明書・戸籍の附票の写し
        ResidentRecord = "resident_record",
        /// そのほか官公署から発行された、氏名と生年月日か住所がわかる書類
        OtherOfficial = "other_official",
    }
}

/// Two different kinds are needed, and only with [`PersonDocument::TwoWithoutPhoto`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two different documents without a photo are needed")]
pub struct TwoAreNeeded;

/// The two documents that take the place of one with a photo; none where there is one.
pub(super) fn two_kinds(person: PersonDocument, kinds: &[NoPhoto]) -> Result<Option<[NoPhoto; 2]>, TwoAreNeeded> {
    match (person, kinds) {
        (PersonDocument::TwoWithoutPhoto, [one, other]) if one != other => Ok(Some([*one, *other])),
        (PersonDocument::TwoWithoutPhoto, _) => Err(TwoAreNeeded),
        // What was ticked before another document was chosen says nothing.
        (_, _) => Ok(None),
    }
}

/// What is in front of a member of staff, of the person herself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    number: NumberDocument,
    person: PersonDocument,
    without_photo: Option<[NoPhoto; 2]>,
    pub(super) met: bool,
    pub(super) compared: Option<Compared>,
}

impl Sight {
    /// One document for each; `person` is one with a photo, and everything that it shows agrees with what was declared.
    #[must_use]
    pub const fn of(number: NumberDocument, person: PersonDocument) -> Self {
        Self { number, person, without_photo: None, met: false, compared: Compared::all_same(number, person) }
    }

    /// 「照合」 The same, with what it was compared with and what came of it.
    #[must_use]
    pub const fn and_compared(self, compared: Compared) -> Self {
        Self { compared: Some(compared), ..self }
    }

    /// 「本人との面会」 Of a filing by a proxy: she is met herself, and wants the filing to go on.
    #[must_use]
    pub const fn and_met(self) -> Self {
        Self { met: true, ..self }
    }

    /// The same with the two documents that take the place of one with a photo; not compared yet.
    ///
    /// # Errors
    /// See [`TwoAreNeeded`].
    pub fn checked(
        number: NumberDocument,
        person: PersonDocument,
        without_photo: &[NoPhoto],
        met: bool,
    ) -> Result<Self, TwoAreNeeded> {
        Ok(Self { number, person, without_photo: two_kinds(person, without_photo)?, met, compared: None })
    }

    /// Whether it names all that it has to.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        (self.person == PersonDocument::TwoWithoutPhoto) == self.without_photo.is_some()
    }

    /// The record of it.
    #[must_use]
    pub const fn by(self, by: StaffId, at: Instant) -> SeenAtCounter {
        SeenAtCounter { number: self.number, person: self.person, without_photo: self.without_photo, by, at }
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
    /// Which two, where no document had a photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_photo: Option<[NoPhoto; 2]>,
    /// Who saw it.
    pub by: StaffId,
    /// When.
    pub at: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_documents_without_a_photo_are_two_kinds_and_both_are_named() {
        let two = |kinds: &[NoPhoto]| {
            Sight::checked(NumberDocument::Later, PersonDocument::TwoWithoutPhoto, kinds, false).map(|it| it.is_whole())
        };
        assert_eq!(two(&[NoPhoto::HealthInsurance, NoPhoto::Pension]), Ok(true));
        for wrong in [&[][..], &[NoPhoto::Pension], &[NoPhoto::Pension, NoPhoto::Pension], &[NoPhoto::Pension; 3]] {
            assert_eq!(two(wrong), Err(TwoAreNeeded));
        }
        assert!(!Sight::of(NumberDocument::Later, PersonDocument::TwoWithoutPhoto).is_whole());
        let one = Sight::checked(NumberDocument::Later, PersonDocument::Passport, &[NoPhoto::Pension], false);
        let passport = Sight::of(NumberDocument::Later, PersonDocument::Passport);
        assert_eq!(one, Ok(Sight { compared: None, ..passport }));
    }

    #[test]
    fn codes_are_read_back() {
        for one in PersonDocument::ALL {
            assert_eq!(PersonDocument::of_code(one.code()), Some(*one));
        }
        assert_eq!(NoPhoto::of_code("photo"), None);
    }
}
