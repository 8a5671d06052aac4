//! 「職員のアカウント」 What two people change about an account of the staff, and what is typed for a new one. Invariant: one person is
//! typed in one way, so that her accounts are known to be hers.

use std::{fmt, str::FromStr};

use unicode_normalization::UnicodeNormalization;

use crate::ids::NotAnId;

/// The longest user id, person id and name, in characters.
pub const LONGEST: usize = 64;

/// What one person proposes and another confirms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// 「招待」 A new member of staff.
    Invite,
    /// 「役割の変更」
    Roles,
    /// 「再招待」 Somebody has lost her passkey, or her invitation.
    Return,
    /// 「利用の再開」 Somebody was disabled.
    Enable,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Invite, Self::Roles, Self::Return, Self::Enable];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Roles => "roles",
            Self::Return => "return",
            Self::Enable => "enable",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Change {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::ALL.into_iter().find(|change| change.as_str() == text).ok_or(NotAnId)
    }
}

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// 「招待中」 She has not answered her invitation.
    Invited,
    /// 「利用中」
    Active,
    /// 「停止」
    Disabled,
}

impl Standing {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// 「ユーザーID」 Whether this can be typed to sign in: small letters, digits, `.`, `_` and `-`.
#[must_use]
pub fn is_user_id(text: &str) -> bool {
    let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(inside)
}

/// A user id as typed, in full width or with blanks around it too.
#[must_use]
pub fn user_id(typed: &str) -> Option<String> {
    let text = unified(typed);
    is_user_id(&text).then_some(text)
}

/// 「職員番号」 Which person it is. Full and half width are one, so that nobody is two by a key of her keyboard.
#[must_use]
pub fn person_id(typed: &str) -> Option<String> {
    one_line(unified(typed))
}

/// The name that colleagues read, as typed.
#[must_use]
pub fn display_name(typed: &str) -> Option<String> {
    one_line(typed.trim().to_owned())
}

fn unified(typed: &str) -> String {
    typed.nfkc().collect::<String>().trim().to_owned()
}

fn one_line(text: String) -> Option<String> {
    ((1..=LONGEST).contains(&text.chars().count()) && !text.contains(char::is_control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_one_in_full_width_and_in_half() {
        assert_eq!(person_id(" Ａ０１２\u{3000}"), person_id("A012"));
        assert_eq!(user_id("ｓａｔｏ.1"), Some("sato.1".to_owned()));
    }

    #[test]
    fn what_is_empty_too_long_or_of_two_lines_is_neither_name_nor_number_nor_user_id() {
        let long = "a".repeat(LONGEST + 1);
        for typed in ["", " \u{3000}", "a\nb", long.as_str()] {
            assert_eq!((display_name(typed), person_id(typed), user_id(typed)), (None, None, None), "{typed}");
        }
        for typed in ["Sato", "佐藤", "oidc:x", "a b"] {
            assert_eq!(user_id(typed), None, "{typed}");
        }
    }
}
