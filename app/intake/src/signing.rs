//! 「電子署名」 A filing that was signed with the signing certificate of the My Number Card. Invariant: [`Document`] is what is
//! filed, in one way of writing only, so that the same bytes can be made again and compared; a signature carries as evidence
//! only if the certificate's status is known to be good and its holder is the person in the answers.

use serde::{Deserialize, Serialize};

use crate::{
    answers::{Answers, RawAnswers},
    card::{CardFact, CardFacts, Matched},
    form::{Form, PersonFact},
    identity::is_by_proxy,
    ids::FormId,
    time::Instant,
    value::search_key,
};

/// What is known of a certificate beside its dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateStatus {
    /// 「有効」 The authority's fresh list does not name it.
    Good,
    /// 「未確認」 Nobody was asked, or no fresh list says.
    Unknown,
    /// 「署名の後に失効」 Revoked, but only after it had signed.
    RevokedLater,
}

impl CertificateStatus {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unknown => "unknown",
            Self::RevokedLater => "revoked_later",
        }
    }
}

/// What is signed. The nonce keeps whoever sees the digest alone from guessing at the answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// [`Self::VERSION`].
    pub v: u32,
    /// The form.
    pub form: FormId,
    /// Its version.
    pub form_version: u32,
    /// The digest of its definition.
    pub form_sha256: String,
    /// 32 hexadecimal digits of chance.
    pub nonce: String,
    /// The answers, as they are stored.
    pub answers: RawAnswers,
}

impl Document {
    /// The way of writing.
    pub const VERSION: u32 = 1;

    /// What is filed with these answers.
    #[must_use]
    pub fn of(form: &Form, answers: &RawAnswers, nonce: [u8; 16]) -> Self {
        Self {
            v: Self::VERSION,
            form: form.id.clone(),
            form_version: form.version,
            form_sha256: form.sha256(),
            nonce: nonce.iter().map(|byte| format!("{byte:02x}")).collect(),
            answers: answers.clone(),
        }
    }

    /// The bytes that are signed: JSON without blanks, members in this order, the names of the inputs sorted.
    ///
    /// # Panics
    /// Never: it has text keys only.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text keys only")
    }

    /// Whether this is what is filed with these answers in this form.
    #[must_use]
    pub fn is_of(&self, form: &Form, answers: &RawAnswers) -> bool {
        let (id, version, sha256) = (&self.form, self.form_version, &self.form_sha256);
        self.v == Self::VERSION
            && *id == form.id
            && version == form.version
            && *sha256 == form.sha256()
            && self.answers == *answers
    }
}

/// One verification of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// When.
    pub at: Instant,
    /// What was known of the certificate; none if the signature was refused.
    pub status: Option<CertificateStatus>,
}

/// Whether a text of the certificate is the one that was declared. `substitutes` says by one sign for each character where the
/// card holds another character than the register (代替文字): there any single character agrees.
#[must_use]
pub fn agrees(certified: &str, substitutes: &str, declared: &str) -> bool {
    if search_key(certified) == search_key(declared) {
        return !search_key(certified).is_empty();
    }
    if substitutes.chars().count() != certified.chars().count() {
        return false;
    }
    let key = |character: char| search_key(character.encode_utf8(&mut [0; 4]));
    let certified: Vec<(String, bool)> = certified
        .chars()
        .zip(substitutes.chars())
        .map(|(character, sign)| (key(character), sign != '0'))
        .filter(|(key, _)| !key.is_empty())
        .collect();
    let declared: Vec<String> = declared.chars().map(key).filter(|key| !key.is_empty()).collect();
    let same = |((certified, stands_for_another), declared): (&(String, bool), &String)| {
        *stands_for_another || certified == declared
    };
    certified.len() == declared.len() && certified.iter().zip(&declared).all(same)
}

/// 「代替文字」 The signs of a certificate, for its name and its address.
#[derive(Clone, Copy, Default)]
pub struct Substitutes<'a> {
    /// For the name.
    pub name: &'a str,
    /// For the address.
    pub address: &'a str,
}

/// Which facts of a certificate agree with the answers; none with those that a proxy gave.
#[must_use]
pub fn matched(certified: &CardFacts, substitutes: Substitutes<'_>, form: &Form, answers: &Answers) -> Matched {
    if is_by_proxy(form, answers) {
        return Matched::default();
    }
    let declared = |fact| form.person_field(fact).and_then(|field| answers.text(&field.id));
    let stands = |certified: &Option<String>, signs, fact| match (certified, declared(fact)) {
        (Some(certified), Some(declared)) => agrees(certified, signs, declared),
        _ => false,
    };
    let mut facts = certified.matched(form, answers).facts();
    if stands(&certified.name, substitutes.name, PersonFact::Name) {
        facts.push(CardFact::Name);
    }
    if stands(&certified.address, substitutes.address, PersonFact::Address) {
        facts.push(CardFact::Address);
    }
    facts.into()
}

/// Whether a signature carries an acceptance (R02): its holder is the person in the answers by name and date of birth, and the
/// certificate is known not to have been revoked when it signed. With an unknown status (公的個人認証法 wants the 署名検証者 to ask
/// for it) the signature is kept and shown, and the filing stays as sure as the sign-in made it.
#[must_use]
pub const fn carries(matched: Matched, status: CertificateStatus) -> bool {
    matched.names_the_person() && matches!(status, CertificateStatus::Good | CertificateStatus::RevokedLater)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::catalog::Catalog;
    use proptest::prelude::*;

    #[test]
    fn a_name_agrees_whatever_its_spaces_and_widths_are_and_another_does_not() {
        assert!(agrees("窓口　花子", "", "窓口 花子"));
        assert!(agrees("Ｓｍｉｔｈ", "", "smith"));
        assert!(!agrees("窓口　花子", "", "窓口 華子"));
        assert!(!agrees("", "", ""));
    }

    #[test]
    fn a_character_that_stands_for_another_agrees_with_any_and_with_one_only() {
        assert!(agrees("高橋　花子", "10000", "髙橋 花子"));
        assert!(!agrees("高橋　花子", "00000", "髙橋 花子"));
        assert!(!agrees("高橋　花子", "1", "髙橋 花子"));
        assert!(!agrees("高橋　花子", "10000", "橋 花子"));
        assert!(!agrees("高橋　花子", "10000", "髙橋 華子"));
    }

    #[test]
    fn only_the_person_with_a_certificate_known_to_be_good_carries_an_acceptance() {
        let both: Matched = vec![CardFact::Name, CardFact::Birthdate].into();
        assert!(carries(both, CertificateStatus::Good));
        assert!(carries(both, CertificateStatus::RevokedLater));
        assert!(!carries(both, CertificateStatus::Unknown));
        assert!(!carries(vec![CardFact::Name, CardFact::Address].into(), CertificateStatus::Good));
        assert!(!carries(vec![CardFact::Birthdate].into(), CertificateStatus::Good));
    }

    #[test]
    fn the_same_filing_is_written_in_one_way_and_every_other_answer_in_another() {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&"pregnancy_notification".parse().unwrap()).unwrap();
        let mut answers = RawAnswers::default();
        answers.set("name", vec!["窓口 花子".to_owned()]);
        answers.set("kana", vec!["マドグチ ハナコ".to_owned()]);
        let document = Document::of(form, &answers, [7; 16]);
        let mut other_order = RawAnswers::default();
        other_order.set("kana", vec!["マドグチ ハナコ".to_owned()]);
        other_order.set("name", vec!["窓口 花子".to_owned()]);
        assert_eq!(document.bytes(), Document::of(form, &other_order, [7; 16]).bytes());
        assert!(document.is_of(form, &other_order));
        let again: Document = serde_json::from_slice(&document.bytes()).unwrap();
        assert_eq!(again.bytes(), document.bytes());
        other_order.set("name", vec!["窓口 華子".to_owned()]);
        assert!(!document.is_of(form, &other_order));
        assert_ne!(document.bytes(), Document::of(form, &answers, [8; 16]).bytes());
    }

    proptest! {
        #[test]
        fn whatever_is_compared_agrees_with_itself_or_is_blank(text in "\\PC{0,20}", signs in "[01]{0,20}") {
            prop_assert_eq!(agrees(&text, &signs, &text), !search_key(&text).is_empty());
        }

        #[test]
        fn nothing_makes_the_comparison_panic(one in ".*", signs in ".*", other in ".*") {
            let _ = agrees(&one, &signs, &other);
        }
    }
}
