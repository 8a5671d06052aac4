//! Typed identifiers. Invariant: an id that exists has the right shape; two kinds of id cannot be confused.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text is not an identifier of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a well-formed identifier")]
pub struct NotAnId;

fn text_serde<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn parse_serde<'de, D: Deserializer<'de>, T: FromStr<Err = NotAnId>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// An id from 16 random bytes.
            #[must_use]
            pub const fn from_random(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }
            /// The 16 bytes.
            #[must_use]
            pub const fn bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                if text.len() != 32 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
                    return Err(NotAnId);
                }
                let mut bytes = [0; 16];
                for (slot, pair) in bytes.iter_mut().enumerate() {
                    *pair = u8::from_str_radix(&text[slot * 2..slot * 2 + 2], 16).map_err(|_| NotAnId)?;
                }
                Ok(Self(bytes))
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> { text_serde(self, serializer) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> { parse_serde(deserializer) }
        }
    };
}

random_id!(/// One filing.
    CaseId);
random_id!(/// One filing that has not been sent yet.
    DraftId);
random_id!(/// A citizen's account.
    AccountId);
random_id!(/// A member of staff.
    StaffId);
random_id!(/// 「職員のアカウント」 What one person proposes about an account of the staff.
    StaffProposalId);
random_id!(/// A passkey.
    PasskeyId);
random_id!(/// One mail to be sent.
    OutboxId);
random_id!(/// A time at which parents can come.
    SlotId);
random_id!(/// An appointment of one case, for as long as it lasts and however often it is moved.
    BookingId);
random_id!(/// One photo or file.
    PaperId);
random_id!(/// One message between a parent and the office.
    MessageId);
random_id!(
    /// 「職員のメモ」 A note of the staff on a case.
    NoteId);
random_id!(
    /// 「在席」 A page of the staff that stands open.
    PresenceId);
random_id!(/// Something that a member of staff is to look after.
    TaskId);
random_id!(/// 「記録媒体・端末」 A registered medium or terminal.
    CarrierId);
random_id!(/// 「持出し」 A batch on a medium.
    CarriageId);

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident, $longest:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
                let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
                if starts_well && text.len() <= $longest && text.bytes().all(inside) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NotAnId)
                }
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> { text_serde(self, serializer) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> { parse_serde(deserializer) }
        }
    };
}

name_id!(/// A form, such as `pregnancy_notification`: lower-case letters, digits, `_` and `-`, at most 64.
    FormId, 64);
name_id!(/// A page of a form.
    PageId, 64);
name_id!(/// A field of a form.
    FieldId, 64);
name_id!(/// A back office that batches go to, such as `kenko`.
    DestinationId, 64);

/// 「受付番号」 Receipt number `XXXX-XXXX-XX`: nine random characters of Crockford's base 32 and a check character.
///
/// 45 random bits; knowing one opens nothing, for there is no look-up without signing in (`decisions.md`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiptNumber(String);

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl ReceiptNumber {
    /// A receipt number from random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 9]) -> Self {
        let mut symbols = [0u8; 10];
        for (symbol, byte) in symbols.iter_mut().zip(bytes) {
            *symbol = byte & 31;
        }
        symbols[9] = check_symbol(&symbols[..9]);
        Self::from_symbols(&symbols)
    }

    /// As written, with hyphens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn from_symbols(symbols: &[u8; 10]) -> Self {
        let mut text = String::with_capacity(12);
        for (place, symbol) in symbols.iter().enumerate() {
            if place == 4 || place == 8 {
                text.push('-');
            }
            text.push(char::from(CROCKFORD[usize::from(*symbol)]));
        }
        Self(text)
    }
}

/// The check character: the sum of the nine symbols, weighted 2 to 10, modulo 31.
///
/// 31 is prime, so every single wrong character and every exchange of two is noticed, but for `0` taken for `Z`.
fn check_symbol(symbols: &[u8]) -> u8 {
    let sum: u32 = symbols.iter().enumerate().map(|(place, symbol)| (place as u32 + 2) * u32::from(*symbol)).sum();
    (sum % 31) as u8
}

impl fmt::Display for ReceiptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ReceiptNumber {
    type Err = NotAnId;

    /// Reads without regard to case, hyphens and spaces; `O` is zero, `I` and `L` are one, as Crockford says.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let mut symbols = [0u8; 10];
        let mut length = 0;
        for character in text.chars().filter(|c| !matches!(c, '-' | ' ' | '‐' | '－' | '　')) {
            let upper = match character.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let symbol = CROCKFORD.iter().position(|c| char::from(*c) == upper).ok_or(NotAnId)?;
            *symbols.get_mut(length).ok_or(NotAnId)? = symbol as u8;
            length += 1;
        }
        if length != 10 || check_symbol(&symbols[..9]) != symbols[9] {
            return Err(NotAnId);
        }
        Ok(Self::from_symbols(&symbols))
    }
}

impl Serialize for ReceiptNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        text_serde(self, serializer)
    }
}

impl<'de> Deserialize<'de> for ReceiptNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse_serde(deserializer)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_receipt_number_is_read_back_however_it_is_typed(bytes: [u8; 9]) {
            let number = ReceiptNumber::from_random(bytes);
            let typed = number.as_str().to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            prop_assert_eq!(typed.parse::<ReceiptNumber>().unwrap(), number);
        }

        #[test]
        fn neighbours_exchanged_are_noticed(bytes: [u8; 9], place in 0usize..8) {
            let number = ReceiptNumber::from_random(bytes);
            let mut symbols: Vec<char> = number.as_str().chars().filter(|c| *c != '-').collect();
            let (first, second) = (symbols[place], symbols[place + 1]);
            prop_assume!(first != second && !(['0', 'Z'].contains(&first) && ['0', 'Z'].contains(&second)));
            symbols.swap(place, place + 1);
            prop_assert!(symbols.iter().collect::<String>().parse::<ReceiptNumber>().is_err());
        }

        #[test]
        fn an_id_is_read_back(bytes: [u8; 16]) {
            let id = CaseId::from_random(bytes);
            prop_assert_eq!(id.to_string().parse::<CaseId>().unwrap(), id);
        }
    }

    #[test]
    fn ids_of_the_wrong_shape_are_refused() {
        for text in ["", "g".repeat(32).as_str(), "A".repeat(32).as_str(), "00"] {
            assert!(text.parse::<CaseId>().is_err());
        }
        for text in ["", "1abc", "../etc", "Form", "a".repeat(65).as_str()] {
            assert!(text.parse::<FormId>().is_err(), "{text}");
        }
        for text in ["", "0000-0000-01", "0000-0000-0U", "0000-0000-000"] {
            assert!(text.parse::<ReceiptNumber>().is_err(), "{text}");
        }
    }
}
