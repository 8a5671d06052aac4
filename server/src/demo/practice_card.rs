//! 「練習用のカード」 An authority and cards in the shape of the JPKI profile (`domain.md` §4.3), for the demo and the tests.
//! Invariant: its keys are made up and lie in the demo's own folder; a portal that is no demo trusts no authority of this name.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

use intake::{
    card::CardSex,
    time::{CivilDate, DAY, Instant},
};
use rsa::{
    Pkcs1v15Sign, RsaPrivateKey,
    pkcs1v15::SigningKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey},
};
use sha2::{Digest, Sha256};
use x509_cert::{
    Certificate, SubjectPublicKeyInfo, TbsCertificate,
    builder::{Builder, CertificateBuilder, CrlBuilder, profile::BuilderProfile},
    crl::RevokedCert,
    der::{
        Any, Decode, Encode, Tag,
        asn1::{BitString, OctetString},
        oid::ObjectIdentifier,
    },
    ext::{
        Extension, ToExtension,
        pkix::{
            BasicConstraints, CrlNumber, KeyUsage, KeyUsages, SubjectAltName,
            name::{GeneralName, OtherName},
        },
    },
    name::Name,
    serial_number::SerialNumber,
    spki::SubjectPublicKeyInfoRef,
    time::{Time, Validity},
};

use crate::jpki::Fact;

/// What stands in the name of every practice authority.
pub const MARK: &str = "PRACTICE ONLY";
const AUTHORITY: &str = "CN=PRACTICE ONLY,OU=Practice CA for signatures,O=Madoguchi,C=JP";
const BITS: usize = 2048;
const LIST_LASTS: i64 = 30 * DAY;

/// The practice authority or one of its cards cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PracticeCardError {
    /// The folder cannot be used.
    #[error("the folder of the practice cards: {0}")]
    Folder(#[from] io::Error),
    /// A key cannot be made or read.
    #[error("a key of the practice cards cannot be used")]
    Key,
    /// A certificate cannot be made or read.
    #[error("a certificate of the practice cards cannot be made: {0}")]
    Certificate(String),
}

impl From<x509_cert::builder::Error> for PracticeCardError {
    fn from(error: x509_cert::builder::Error) -> Self {
        Self::Certificate(error.to_string())
    }
}

impl From<x509_cert::der::Error> for PracticeCardError {
    fn from(error: x509_cert::der::Error) -> Self {
        Self::Certificate(error.to_string())
    }
}

/// What is asked of the authority. The demo asks for what the profile says; tests ask for everything else.
#[derive(Clone)]
pub struct Asked {
    /// Who.
    pub serial: Vec<u8>,
    /// From when.
    pub from: Instant,
    /// Until when.
    pub until: Instant,
    /// What the key is for; none leaves the extension out.
    pub usage: Option<KeyUsage>,
    /// The facts, in order.
    pub facts: Vec<(ObjectIdentifier, String)>,
    /// Other extensions.
    pub others: Vec<Extension>,
}

/// The holder of a card.
#[derive(Clone)]
pub struct Holder {
    /// 「氏名」
    pub name: String,
    /// 「代替文字」 One sign each character.
    pub name_substitutes: String,
    /// 「性別」
    pub sex: CardSex,
    /// 「生年月日」
    pub birthdate: CivilDate,
    /// 「住所」
    pub address: String,
}

impl Asked {
    /// A certificate for this holder by the profile, for five years from an instant.
    #[must_use]
    pub fn of(holder: &Holder, from: Instant) -> Self {
        let (year, month, day) = holder.birthdate.parts();
        // 元号: 3 昭和, 4 平成, 5 令和 in the practice certificates; nothing reads it.
        let era = match holder.birthdate.era().map(|(era, _)| era.name) {
            Some("令和") => 5,
            Some("平成") => 4,
            _ => 3,
        };
        let sex = match holder.sex {
            CardSex::Male => "1",
            CardSex::Female => "2",
            CardSex::Unknown => "3",
        };
        let none = |text: &str| "0".repeat(text.chars().count());
        let facts = [
            (Fact::Name, holder.name.clone()),
            (Fact::NameSubstitutes, holder.name_substitutes.clone()),
            (Fact::Sex, sex.to_owned()),
            (Fact::Birthdate, format!("{era}{year:04}{month:02}{day:02}")),
            (Fact::Address, holder.address.clone()),
            (Fact::AddressSubstitutes, none(&holder.address)),
        ];
        let mut serial = Sha256::digest(format!("{}{}", holder.name, holder.birthdate))[..8].to_vec();
        serial[0] = (serial[0] & 0x7f) | 1;
        Self {
            serial,
            from,
            until: from.plus(5 * 365 * DAY),
            usage: Some(KeyUsage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation)),
            facts: facts.into_iter().map(|(fact, text)| (fact.oid(), text)).collect(),
            others: Vec::new(),
        }
    }
}

/// What the builder asks of a kind of certificate.
struct Kind<'a> {
    issuer: Name,
    subject: Name,
    extensions: &'a [Extension],
}

impl BuilderProfile for Kind<'_> {
    fn get_issuer(&self, _: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        _: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        Ok(self.extensions.to_vec())
    }
}

/// The practice authority, with the one key that all its cards share.
pub struct PracticeAuthority {
    signer: SigningKey<Sha256>,
    certificate: Certificate,
    card: RsaPrivateKey,
}

impl PracticeAuthority {
    /// A new one, in force from an instant for ten years.
    ///
    /// # Errors
    /// See [`PracticeCardError`].
    pub fn make(from: Instant) -> Result<Self, PracticeCardError> {
        let key = || RsaPrivateKey::new(&mut rand::rng(), BITS).map_err(|_| PracticeCardError::Key);
        Self::with_keys(key()?, key()?, from)
    }

    /// The same with keys that are there.
    ///
    /// # Errors
    /// See [`PracticeCardError`].
    pub fn with_keys(key: RsaPrivateKey, card: RsaPrivateKey, from: Instant) -> Result<Self, PracticeCardError> {
        let signer = SigningKey::<Sha256>::new(key.clone());
        let name: Name = AUTHORITY.parse()?;
        let constraints = BasicConstraints { ca: true, path_len_constraint: Some(0) };
        let usage = KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign);
        let extensions = [constraints.to_extension(&name, &[])?, usage.to_extension(&name, &[])?];
        let kind = Kind { issuer: name.clone(), subject: name, extensions: &extensions };
        let validity = validity(from, from.plus(10 * 365 * DAY))?;
        let builder = CertificateBuilder::new(kind, SerialNumber::new(&[1])?, validity, public(&key)?)?;
        let certificate = builder.build::<_, rsa::pkcs1v15::Signature>(&signer)?;
        Ok(Self { signer, certificate, card })
    }

    /// The one of a folder, made if there is none: `practice-ca.cer` and two keys.
    ///
    /// # Errors
    /// See [`PracticeCardError`].
    pub fn of_folder(folder: &Path, now: Instant) -> Result<Self, PracticeCardError> {
        let (certificate, key, card) =
            (folder.join(CERTIFICATE), folder.join("practice-ca.key"), folder.join("practice-card.key"));
        if certificate.exists() {
            let read = |path: &Path| -> Result<RsaPrivateKey, PracticeCardError> {
                RsaPrivateKey::from_pkcs8_der(&fs::read(path)?).map_err(|_| PracticeCardError::Key)
            };
            let signer = SigningKey::<Sha256>::new(read(&key)?);
            return Ok(Self {
                signer,
                certificate: Certificate::from_der(&fs::read(certificate)?)?,
                card: read(&card)?,
            });
        }
        let made = Self::make(now.plus(-DAY))?;
        fs::create_dir_all(folder)?;
        for (path, secret) in [(key, made.signer.as_ref()), (card, &made.card)] {
            let der = secret.to_pkcs8_der().map_err(|_| PracticeCardError::Key)?;
            let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
            file.write_all(der.as_bytes())?;
        }
        // Last: whoever finds it finds the keys.
        fs::write(certificate, made.certificate_der()?)?;
        Ok(made)
    }

    /// The authority's own certificate.
    ///
    /// # Errors
    /// Never in practice.
    pub fn certificate_der(&self) -> Result<Vec<u8>, PracticeCardError> {
        Ok(self.certificate.to_der()?)
    }

    /// A certificate for a card.
    ///
    /// # Errors
    /// See [`PracticeCardError`].
    pub fn issue(&self, asked: &Asked) -> Result<Vec<u8>, PracticeCardError> {
        let issuer = self.certificate.tbs_certificate().subject().clone();
        let subject: Name = "CN=PRACTICE CARD,C=JP".parse()?;
        let mut extensions = asked.others.clone();
        if let Some(usage) = asked.usage {
            extensions.push(usage.to_extension(&subject, &[])?);
        }
        let mut names = Vec::new();
        for (oid, text) in &asked.facts {
            let value = Any::new(Tag::Utf8String, text.as_bytes())?;
            names.push(GeneralName::OtherName(OtherName { type_id: *oid, value }));
        }
        if !names.is_empty() {
            extensions.push(SubjectAltName(names).to_extension(&subject, &[])?);
        }
        let kind = Kind { issuer, subject, extensions: &extensions };
        let (serial, validity) = (SerialNumber::new(&asked.serial)?, validity(asked.from, asked.until)?);
        let builder = CertificateBuilder::new(kind, serial, validity, public(&self.card)?)?;
        Ok(builder.build::<_, rsa::pkcs1v15::Signature>(&self.signer)?.to_der()?)
    }

    /// What a card answers when its PIN is right: RSASSA-PKCS1-v1_5 over a SHA-256 digest.
    ///
    /// # Errors
    /// See [`PracticeCardError`].
    pub fn sign_with_card(&self, digest: &[u8; 32]) -> Result<Vec<u8>, PracticeCardError> {
        self.card.sign(Pkcs1v15Sign::new::<Sha256>(), digest).map_err(|_| PracticeCardError::Key)
    }

    /// A list of revocations, fresh from an instant on, with these serial numbers.
    ///
    /// # Errors
    /// See [`PracticeCardError`].
    pub fn list(&self, revoked: &[(Vec<u8>, Instant)], from: Instant) -> Result<Vec<u8>, PracticeCardError> {
        let mut entries: Vec<RevokedCert> = Vec::new();
        for (serial, at) in revoked {
            entries.push(RevokedCert {
                serial_number: SerialNumber::new(serial)?,
                revocation_date: time(*at)?,
                crl_entry_extensions: None,
            });
        }
        let number = CrlNumber::try_from(from.micros().unsigned_abs())?;
        let builder = CrlBuilder::new_with_this_update(&self.certificate, number, time(from)?)?
            .with_next_update(Some(time(from.plus(LIST_LASTS))?))
            .with_certificates(entries.into_iter());
        Ok(builder.build::<_, rsa::pkcs1v15::Signature>(&self.signer)?.to_der()?)
    }
}

/// The file of the authority's certificate in the demo's folder.
pub const CERTIFICATE: &str = "practice-ca.cer";

fn public(key: &RsaPrivateKey) -> Result<SubjectPublicKeyInfo, PracticeCardError> {
    let document = key.to_public_key().to_public_key_der().map_err(|_| PracticeCardError::Key)?;
    Ok(SubjectPublicKeyInfo::from_der(document.as_bytes())?)
}

fn time(at: Instant) -> Result<Time, PracticeCardError> {
    let seconds = u64::try_from(at.whole_seconds().micros() / 1_000_000).unwrap_or_default();
    Ok(Time::from(x509_cert::der::DateTime::from_unix_duration(Duration::from_secs(seconds))?))
}

fn validity(from: Instant, until: Instant) -> Result<Validity, PracticeCardError> {
    Ok(Validity::new(time(from)?, time(until)?))
}

/// An extension that nobody knows, for tests.
///
/// # Errors
/// Never in practice.
pub fn unknown_extension(critical: bool) -> Result<Extension, PracticeCardError> {
    let extn_id = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.1");
    let nothing = BitString::from_bytes(&[])?.to_der()?;
    Ok(Extension { extn_id, critical, extn_value: OctetString::new(nothing)? })
}
