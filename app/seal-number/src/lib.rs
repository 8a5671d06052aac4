//! 「個人番号」 Sealing it where it is typed: checked by the rules of `intake`, encrypted with age to the number key of a
//! destination, as armor. Invariant: what comes out is armor or the name of a fault, never anything of what was typed.
//!
//! It is a WebAssembly module of its own that only the page for the number loads (`page.js` beside this folder's sources, built
//! by `app/browser/bundle`). It keeps a number from whoever steals the server, its database, its backups and its master key;
//! it does not from a server that serves another script.

use age::x25519::Recipient;
use intake::my_number::{MyNumber, MyNumberError};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use zeroize::Zeroizing;

/// Why nothing was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Not twelve digits.
    Digits,
    /// 「検査用数字」 A slip of the finger.
    CheckDigit,
    /// The key that the page was shown with is none.
    Recipient,
}

impl Fault {
    /// The stable name, by which the page finds the sentence.
    const fn name(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::CheckDigit => "check",
            Self::Recipient => "key",
        }
    }
}

impl From<MyNumberError> for Fault {
    fn from(error: MyNumberError) -> Self {
        match error {
            MyNumberError::NotTwelveDigits => Self::Digits,
            MyNumberError::WrongCheckDigit => Self::CheckDigit,
        }
    }
}

fn sealed(typed: &str, recipient: &str) -> Result<String, Fault> {
    let number = MyNumber::parse(typed)?;
    let recipient: Recipient = recipient.parse().map_err(|_| Fault::Recipient)?;
    age::encrypt_and_armor(&recipient, number.reveal().as_bytes()).map_err(|_| Fault::Recipient)
}

/// What was typed, as age armor to a recipient `age1…`.
///
/// # Errors
/// `digits`, `check` or `key`.
#[wasm_bindgen]
pub fn seal(typed: String, recipient: &str) -> Result<String, JsValue> {
    let typed = Zeroizing::new(typed);
    sealed(&typed, recipient).map_err(|fault| JsValue::from_str(fault.name()))
}

/// What is wrong with what was typed so far; nothing when it can be sealed.
#[wasm_bindgen]
#[must_use]
pub fn fault(typed: String) -> Option<String> {
    let typed = Zeroizing::new(typed);
    MyNumber::parse(&typed).err().map(|error| Fault::from(error).name().to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use age::x25519::Identity;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_sealed_opens_with_that_key_alone_and_is_twelve_digits() {
        let (key, other) = (Identity::generate(), Identity::generate());
        let armor = sealed("１２３４－５６７８－９０１８", &key.to_public().to_string()).unwrap();
        assert!(armor.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"), "{armor}");
        assert!(armor.len() < 700, "{} bytes", armor.len());
        assert_eq!(age::decrypt(&key, armor.as_bytes()).unwrap(), b"123456789018");
        assert!(age::decrypt(&other, armor.as_bytes()).is_err());
        let again = sealed("123456789018", &key.to_public().to_string()).unwrap();
        assert_ne!(armor, again, "who sees both does not see that they are one number");
    }

    #[test]
    fn what_is_wrong_is_named_and_nothing_of_it_is_said() {
        let key = Identity::generate().to_public().to_string();
        for (typed, name) in [
            ("12345678901", "digits"),
            ("1234567890l8", "digits"),
            ("123456789012", "check"),
            ("000000000000", "check"),
        ] {
            assert_eq!(sealed(typed, &key).unwrap_err().name(), name, "{typed}");
            assert_eq!(fault(typed.to_owned()).as_deref(), Some(name));
        }
        assert_eq!(sealed("123456789018", "age1stranger").unwrap_err(), Fault::Recipient);
        assert_eq!(fault("123456789018".to_owned()), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn a_text_is_sealed_exactly_when_the_parser_of_the_office_takes_it(typed in "[0-9０-９ -]{10,14}") {
            let key = Identity::generate();
            let armor = sealed(&typed, &key.to_public().to_string());
            match MyNumber::parse(&typed) {
                Ok(number) => prop_assert_eq!(age::decrypt(&key, armor.unwrap().as_bytes()).unwrap(), number.reveal().as_bytes()),
                Err(error) => prop_assert_eq!(armor.unwrap_err(), Fault::from(error)),
            }
        }
    }
}
