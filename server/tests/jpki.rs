#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「公的個人認証」 Signatures of cards, verified: what holds, and each refusal with its own name. The authority of these tests is
//! the demo's practice authority, asked for what no authority would issue.

use std::sync::{Arc, LazyLock};

use intake::{
    card::CardSex,
    signing::CertificateStatus,
    time::{CivilDate, DAY, HOUR, Instant},
};
use proptest::prelude::*;
use server::{
    demo::practice_card::{Asked, Holder, PracticeAuthority, unknown_extension},
    jpki::{Fact, Refusal, RevocationLists, Signed, StatusCheck, Trust, TrustFault, Verified, verify},
};
use sha2::{Digest, Sha256};
use x509_cert::{
    der::oid::ObjectIdentifier,
    ext::{
        ToExtension,
        pkix::{BasicConstraints, KeyUsage, KeyUsages},
    },
};

use crate::support::NOW;

/// Making keys takes seconds: all tests share them, and none can change them.
static AUTHORITY: LazyLock<Arc<PracticeAuthority>> =
    LazyLock::new(|| Arc::new(PracticeAuthority::make(NOW.plus(-DAY)).unwrap()));
const DOCUMENT: &[u8] = "届出の内容".as_bytes();

/// The authority of all tests.
pub fn authority() -> Arc<PracticeAuthority> {
    Arc::clone(&AUTHORITY)
}

fn hanako() -> Holder {
    Holder {
        name: "窓口　花子".to_owned(),
        name_substitutes: "00000".to_owned(),
        sex: CardSex::Female,
        birthdate: CivilDate::from_parts(1995, 4, 1).unwrap(),
        address: "架空県窓口市架空町一丁目２番３号".to_owned(),
    }
}

fn asked() -> Asked {
    Asked::of(&hanako(), NOW.plus(-HOUR))
}

fn trust() -> Trust {
    Trust::read([("ca", AUTHORITY.certificate_der().unwrap().as_slice())]).unwrap()
}

fn sign(document: &[u8]) -> Vec<u8> {
    AUTHORITY.sign_with_card(&Sha256::digest(document).into()).unwrap()
}

fn checked(asked: &Asked, check: &StatusCheck, signed_at: Instant, at: Instant) -> Result<Verified, Refusal> {
    let (certificate, signature) = (AUTHORITY.issue(asked).unwrap(), sign(DOCUMENT));
    let signed = Signed { document: DOCUMENT, signature: &signature, certificate: &certificate };
    verify(&signed, &trust(), check, signed_at, at)
}

fn refused(asked: &Asked) -> Refusal {
    checked(asked, &StatusCheck::None, NOW, NOW).unwrap_err()
}

#[test]
fn a_signature_of_a_card_holds_and_its_facts_are_read_as_they_stand() {
    let found = checked(&asked(), &StatusCheck::None, NOW, NOW).unwrap();
    let facts = &found.certificate.facts;
    assert_eq!((facts.name.as_str(), facts.address.as_str()), ("窓口　花子", "架空県窓口市架空町一丁目２番３号"));
    assert_eq!((facts.sex, facts.birthdate), (CardSex::Female, CivilDate::from_parts(1995, 4, 1)));
    assert!(!facts.has_substitutes());
    assert_eq!(found.status, CertificateStatus::Unknown, "nobody was asked");
}

#[test]
fn another_document_another_key_and_another_authority_are_refused() {
    let certificate = AUTHORITY.issue(&asked()).unwrap();
    let verify_with = |document: &[u8], signature: &[u8], trust: &Trust| {
        let signed = Signed { document, signature, certificate: &certificate };
        verify(&signed, trust, &StatusCheck::None, NOW, NOW).map(drop)
    };
    assert_eq!(verify_with(DOCUMENT, &sign(DOCUMENT), &trust()), Ok(()));
    assert_eq!(verify_with(b"another", &sign(DOCUMENT), &trust()), Err(Refusal::BadSignature));
    assert_eq!(verify_with(DOCUMENT, b"", &trust()), Err(Refusal::BadSignature));
    // The same name, another key.
    let other = PracticeAuthority::make(NOW.plus(-DAY)).unwrap().certificate_der().unwrap();
    let other = Trust::read([("ca", other.as_slice())]).unwrap();
    assert_eq!(verify_with(DOCUMENT, &sign(DOCUMENT), &other), Err(Refusal::BadCertificate));
    // Both are trusted, as when an authority changes its key: the right one is found.
    let (old, new) = (AUTHORITY.certificate_der().unwrap(), other_with_the_same_name());
    let both = Trust::read([("new", new.as_slice()), ("old", old.as_slice())]).unwrap();
    assert_eq!(verify_with(DOCUMENT, &sign(DOCUMENT), &both), Ok(()));
}

fn other_with_the_same_name() -> Vec<u8> {
    PracticeAuthority::make(NOW.plus(-DAY)).unwrap().certificate_der().unwrap()
}

#[test]
fn a_certificate_outside_its_dates_is_refused_and_one_that_lapsed_since_is_not() {
    let made = |from: i64, until: i64| Asked { from: NOW.plus(from), until: NOW.plus(until), ..asked() };
    assert_eq!(refused(&made(HOUR, DAY)), Refusal::NotYetValid);
    assert_eq!(refused(&made(-2 * DAY, -HOUR)), Refusal::Lapsed);
    let later = checked(&made(-HOUR, DAY), &StatusCheck::None, NOW, NOW.plus(3_000 * DAY)).unwrap();
    assert!(later.certificate.not_after < NOW.plus(3_000 * DAY));
    // The authority's own time.
    let old = Asked { from: NOW.plus(-300 * DAY), ..asked() };
    assert_eq!(checked(&old, &StatusCheck::None, NOW.plus(-200 * DAY), NOW).unwrap_err(), Refusal::IssuerNotInForce);
}

#[test]
fn a_certificate_that_is_not_for_signatures_is_refused() {
    let for_signing_in = Asked { usage: Some(KeyUsage(KeyUsages::DigitalSignature.into())), ..asked() };
    assert_eq!(refused(&for_signing_in), Refusal::NotForSignatures);
    assert_eq!(refused(&Asked { usage: None, ..asked() }), Refusal::NotForSignatures);
    let of_authority = BasicConstraints { ca: true, path_len_constraint: None };
    let of_authority = of_authority.to_extension(&"CN=x".parse().unwrap(), &[]).unwrap();
    assert_eq!(refused(&Asked { others: vec![of_authority], ..asked() }), Refusal::OfAnAuthority);
}

#[test]
fn what_must_be_understood_and_is_not_is_refused() {
    assert_eq!(refused(&Asked { others: vec![unknown_extension(true).unwrap()], ..asked() }), Refusal::Extension);
    let harmless = Asked { others: vec![unknown_extension(false).unwrap()], ..asked() };
    assert!(checked(&harmless, &StatusCheck::None, NOW, NOW).is_ok());
    let twice = vec![unknown_extension(false).unwrap(), unknown_extension(false).unwrap()];
    assert_eq!(refused(&Asked { others: twice, ..asked() }), Refusal::Extension);
}

#[test]
fn a_fact_that_is_missing_doubled_or_unreadable_is_named() {
    let all = asked().facts;
    let without = |oid: ObjectIdentifier| Asked {
        facts: all.iter().filter(|(other, _)| *other != oid).cloned().collect(),
        ..asked()
    };
    for fact in [Fact::Name, Fact::Sex, Fact::Birthdate, Fact::Address] {
        assert_eq!(refused(&without(fact.oid())), Refusal::Missing(fact));
        let mut doubled = asked();
        doubled.facts.push((fact.oid(), "1".to_owned()));
        assert_eq!(refused(&doubled), Refusal::Twice(fact));
    }
    for fact in [Fact::NameSubstitutes, Fact::AddressSubstitutes] {
        assert!(checked(&without(fact.oid()), &StatusCheck::None, NOW, NOW).is_ok());
    }
    assert_eq!(refused(&Asked { facts: Vec::new(), ..asked() }), Refusal::Missing(Fact::Name));
    for (fact, text) in [
        (Fact::Name, " "),
        (Fact::Sex, "4"),
        (Fact::Birthdate, "1995-04-01"),
        (Fact::Birthdate, "419950431"),
        (Fact::Birthdate, "4199504０１"),
        (Fact::Address, ""),
    ] {
        let mut wrong = without(fact.oid());
        wrong.facts.push((fact.oid(), text.to_owned()));
        assert_eq!(refused(&wrong), Refusal::Unreadable(fact), "{text}");
    }
    let mut unknown_day = without(Fact::Birthdate.oid());
    unknown_day.facts.push((Fact::Birthdate.oid(), "319550400".to_owned()));
    assert_eq!(checked(&unknown_day, &StatusCheck::None, NOW, NOW).unwrap().certificate.facts.birthdate, None);
}

#[test]
fn every_flipped_bit_of_certificate_signature_or_document_is_refused() {
    let (certificate, signature) = (AUTHORITY.issue(&asked()).unwrap(), sign(DOCUMENT));
    let trust = trust();
    let holds = |document: &[u8], signature: &[u8], certificate: &[u8]| {
        verify(&Signed { document, signature, certificate }, &trust, &StatusCheck::None, NOW, NOW).is_ok()
    };
    assert!(holds(DOCUMENT, &signature, &certificate));
    let flipped = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    for bit in 0..certificate.len() * 8 {
        assert!(!holds(DOCUMENT, &signature, &flipped(&certificate, bit)), "bit {bit} of the certificate");
    }
    for bit in 0..signature.len() * 8 {
        assert!(!holds(DOCUMENT, &flipped(&signature, bit), &certificate), "bit {bit} of the signature");
    }
    for bit in 0..DOCUMENT.len() * 8 {
        assert!(!holds(&flipped(DOCUMENT, bit), &signature, &certificate), "bit {bit} of the document");
    }
    for length in 0..certificate.len() {
        assert!(!holds(DOCUMENT, &signature, &certificate[..length]), "cut at {length}");
    }
    assert!(!holds(DOCUMENT, &signature, &[certificate.as_slice(), &[0]].concat()));
}

fn lists(files: &[Vec<u8>]) -> StatusCheck {
    StatusCheck::Lists(RevocationLists::read(files.iter().map(|file| ("list", file.as_slice()))).unwrap())
}

#[test]
fn a_fresh_list_of_the_issuer_says_whether_it_was_revoked_and_when() {
    let asked = asked();
    let serial = asked.serial.clone();
    let good = lists(&[AUTHORITY.list(&[(vec![9], NOW)], NOW.plus(-HOUR)).unwrap()]);
    let of = |check: &StatusCheck, at: Instant| checked(&asked, check, NOW, at).map(|found| found.status);
    assert_eq!(of(&good, NOW), Ok(CertificateStatus::Good));
    let before = lists(&[AUTHORITY.list(&[(serial.clone(), NOW.plus(-HOUR))], NOW.plus(-HOUR)).unwrap()]);
    assert_eq!(of(&before, NOW), Err(Refusal::Revoked));
    let after = lists(&[AUTHORITY.list(&[(serial, NOW.plus(DAY))], NOW.plus(DAY)).unwrap()]);
    assert_eq!(of(&after, NOW.plus(2 * DAY)), Ok(CertificateStatus::RevokedLater));
}

#[test]
fn a_list_that_is_old_too_new_or_of_another_authority_says_nothing() {
    let of = |check: &StatusCheck| checked(&asked(), check, NOW, NOW).map(|found| found.status);
    assert_eq!(of(&lists(&[])), Ok(CertificateStatus::Unknown));
    assert_eq!(of(&lists(&[AUTHORITY.list(&[], NOW.plus(-40 * DAY)).unwrap()])), Ok(CertificateStatus::Unknown));
    assert_eq!(of(&lists(&[AUTHORITY.list(&[], NOW.plus(HOUR)).unwrap()])), Ok(CertificateStatus::Unknown));
    let other = PracticeAuthority::make(NOW.plus(-DAY)).unwrap();
    assert_eq!(of(&lists(&[other.list(&[], NOW.plus(-HOUR)).unwrap()])), Ok(CertificateStatus::Unknown));
    // Also an old list names what was revoked.
    let old = AUTHORITY.list(&[(asked().serial, NOW.plus(-50 * DAY))], NOW.plus(-40 * DAY)).unwrap();
    assert_eq!(of(&lists(&[old])), Err(Refusal::Revoked));
}

#[test]
fn a_flipped_bit_in_a_list_takes_its_word_away() {
    let list = AUTHORITY.list(&[(vec![9], NOW.plus(-HOUR))], NOW.plus(-HOUR)).unwrap();
    for bit in 0..list.len() * 8 {
        let mut flipped = list.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(read) = RevocationLists::read([("list", flipped.as_slice())]) {
            let found = checked(&asked(), &StatusCheck::Lists(read), NOW, NOW);
            assert_eq!(found.map(|found| found.status), Ok(CertificateStatus::Unknown), "bit {bit}");
        }
    }
}

#[test]
fn what_is_no_authority_is_not_trusted() {
    let read = |file: &[u8]| Trust::read([("x", file)]).map(drop).map_err(|(_, fault)| fault);
    assert_eq!(read(b"not a certificate"), Err(TrustFault::NotACertificate));
    assert_eq!(read(&AUTHORITY.issue(&asked()).unwrap()), Err(TrustFault::NotAnAuthority));
    assert_eq!(Trust::read([]).map_err(|(_, fault)| fault), Err(TrustFault::Nobody));
    let mut damaged = AUTHORITY.certificate_der().unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(read(&damaged), Err(TrustFault::Damaged));
}

proptest! {
    #[test]
    fn no_bytes_make_the_verification_panic(
        certificate in prop::collection::vec(any::<u8>(), 0..400),
        signature in prop::collection::vec(any::<u8>(), 0..300),
        list in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let signed = Signed { document: DOCUMENT, signature: &signature, certificate: &certificate };
        prop_assert!(verify(&signed, &trust(), &StatusCheck::None, NOW, NOW).is_err());
        let _ = RevocationLists::read([("list", list.as_slice())]);
        let _ = Trust::read([("ca", certificate.as_slice())]);
    }

    #[test]
    fn no_change_of_a_few_bytes_makes_it_panic_or_pass(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..8),
    ) {
        let mut certificate = AUTHORITY.issue(&asked()).unwrap();
        let original = certificate.clone();
        for (place, change) in changes {
            let place = place.index(certificate.len());
            certificate[place] ^= change;
        }
        let signature = sign(DOCUMENT);
        let signed = Signed { document: DOCUMENT, signature: &signature, certificate: &certificate };
        let found = verify(&signed, &trust(), &StatusCheck::None, NOW, NOW);
        prop_assert_eq!(found.is_ok(), certificate == original);
    }
}

/// 「独立した実装」 Made by openssl 3.0 (`golden/openssl.cnf`): an authority with lists for each municipality, two cards, their signatures.
mod made_by_openssl {
    use super::*;

    const CA: &[u8] = include_bytes!("golden/ca.pem");
    const CARD: &[u8] = include_bytes!("golden/card.cer");
    const SIGNATURE: &[u8] = include_bytes!("golden/signature.bin");
    const GONE: &[u8] = include_bytes!("golden/gone.cer");
    const GONE_SIGNATURE: &[u8] = include_bytes!("golden/gone-signature.bin");
    const LIST: &[u8] = include_bytes!("golden/here.crl.pem");
    const ELSEWHERE: &[u8] = include_bytes!("golden/elsewhere.crl.pem");

    fn checked(certificate: &[u8], signature: &[u8], list: &[u8], at: Instant) -> Result<Verified, Refusal> {
        let check = StatusCheck::Lists(RevocationLists::read([("list", list)]).unwrap());
        let trust = Trust::read([("ca", CA)]).unwrap();
        verify(&Signed { document: DOCUMENT, signature, certificate }, &trust, &check, at, at)
    }

    #[test]
    fn its_certificate_signature_and_list_are_read_and_hold() {
        let found = checked(CARD, SIGNATURE, LIST, NOW).unwrap();
        assert_eq!(found.status, CertificateStatus::Good);
        let facts = &found.certificate.facts;
        assert_eq!((facts.name.as_str(), facts.name_substitutes.as_str()), ("窓口　花子", "00000"));
        assert_eq!(facts.address, "架空県窓口市架空町一丁目２番３号");
        assert_eq!((facts.sex, facts.birthdate), (CardSex::Female, CivilDate::from_parts(1995, 4, 1)));
        assert_eq!(checked(CARD, GONE_SIGNATURE, LIST, NOW).unwrap_err(), Refusal::BadSignature);
    }

    #[test]
    fn a_list_for_another_municipality_says_nothing_of_it_and_a_revoked_one_is_refused() {
        assert_eq!(checked(CARD, SIGNATURE, ELSEWHERE, NOW).unwrap().status, CertificateStatus::Unknown);
        assert_eq!(checked(GONE, GONE_SIGNATURE, LIST, NOW).unwrap_err(), Refusal::Revoked);
        let before = NOW.plus(-220 * DAY);
        assert_eq!(checked(GONE, GONE_SIGNATURE, LIST, before).unwrap().status, CertificateStatus::RevokedLater);
    }

    /// The other way round: openssl verifies what a practice card signed. Where it is not installed that is said.
    #[test]
    fn openssl_verifies_what_a_practice_card_signed() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path.display().to_string()
        };
        let openssl = |arguments: &[&str]| {
            let ran = std::process::Command::new("openssl").args(arguments).output().ok()?;
            Some((ran.status.success(), ran.stdout))
        };
        let ca = file("ca.cer", &AUTHORITY.certificate_der().unwrap());
        let card = file("card.cer", &AUTHORITY.issue(&asked()).unwrap());
        let (document, signature) = (file("document", DOCUMENT), file("signature", &sign(DOCUMENT)));
        let other = file("other", b"another");
        let Some((found, key)) = openssl(&["x509", "-inform", "DER", "-in", &card, "-noout", "-pubkey"]) else {
            eprintln!("\n!!! NOT tested against openssl, which is not installed !!!\n");
            return;
        };
        assert!(found);
        let key = file("key.pem", &key);
        let holds = |document: &str| openssl(&["dgst", "-sha256", "-verify", &key, "-signature", &signature, document]);
        assert!(holds(&document).unwrap().0);
        assert!(!holds(&other).unwrap().0);
        // It takes those that are trusted as PEM only.
        let (_, pem) = openssl(&["x509", "-inform", "DER", "-in", &ca]).unwrap();
        let ca = file("ca.pem", &pem);
        let at = (NOW.micros() / 1_000_000).to_string();
        assert!(openssl(&["verify", "-attime", &at, "-CAfile", &ca, &card]).unwrap().0);
        let (_, read) = openssl(&["asn1parse", "-inform", "DER", "-in", &card]).unwrap();
        assert!(String::from_utf8_lossy(&read).contains("X509v3 Subject Alternative Name"));
    }
}
