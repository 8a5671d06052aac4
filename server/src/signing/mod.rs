//! 「電子署名」 What a signature is verified by, and the way to the card. Invariant: authorities and lists are read anew for every
//! verification, so that a file which the city replaces counts at once; a portal that is no demo trusts no practice authority.

pub mod jwe;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use intake::time::Instant;
use serde::Deserialize;

use crate::{
    config::{Config, Signing, StatusSource},
    demo::practice_card::MARK,
    jpki::{self, CrlFault, Refusal, RevocationLists, Signed, StatusCheck, Trust, TrustFault, Verified},
    oidc::{Client, KeyFileError, SIGNED, TO_SIGN},
};
use jwe::{EnvelopeKey, JweError};

/// No certificate and no list is longer; a list of a whole prefecture has some megabytes.
const LONGEST_FILE: u64 = 64 * 1024 * 1024;

/// What signatures are verified by cannot be used; the text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum CheckerFault {
    /// A folder or a file cannot be read.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// It is too long for what it should be.
    #[error("{0} is too long")]
    TooLong(PathBuf),
    /// A certificate cannot be used.
    #[error("{0}: {1}")]
    Trust(String, TrustFault),
    /// A list cannot be used.
    #[error("{0}: {1}")]
    List(String, CrlFault),
    /// The practice authority stands among those that are trusted.
    #[error("an authority among those of signing_ca_dir is the practice authority, whose keys are known to everybody")]
    Practice,
}

/// Signatures cannot be offered; the text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The client's key.
    #[error(transparent)]
    Client(#[from] KeyFileError),
    /// The key that results come to.
    #[error("the key file {0}: {1}")]
    Envelope(PathBuf, JweError),
    /// It cannot be read, or in the demo not be written.
    #[error("the key file {0}: {1}")]
    File(PathBuf, io::Error),
    /// The authorities or the lists.
    #[error(transparent)]
    Checker(#[from] CheckerFault),
}

/// The way to the card, and the key that its results come to.
pub struct Service {
    /// The service.
    pub client: Client,
    /// The key.
    pub envelope: EnvelopeKey,
}

/// What came out of an envelope.
pub struct CardResult {
    /// The signature.
    pub signature: Vec<u8>,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
}

#[derive(Deserialize)]
struct Contents {
    signature: String,
    certificate: String,
}

impl Service {
    /// Opens what the settings name; none where signatures are not offered.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub fn open(config: &Config) -> Result<Option<Self>, ServiceError> {
        let (Some(settings), Some(provider)) = (&config.signing, &config.oidc) else { return Ok(None) };
        let client = Client::new(provider, TO_SIGN, config.public_url.join(SIGNED))?;
        if !config.demo {
            Checker::read(settings, false)?;
        }
        Ok(Some(Self { client, envelope: envelope_key(settings)? }))
    }

    /// Opens a result.
    ///
    /// # Errors
    /// [`JweError`], also for what is in it and is no result.
    pub fn open_result(&self, envelope: &str) -> Result<CardResult, JweError> {
        let plain = self.envelope.open(envelope)?;
        let result: Contents = serde_json::from_slice(&plain).map_err(|_| JweError::NotAJwe)?;
        let decode = |text: &str| BASE64_STANDARD.decode(text).map_err(|_| JweError::NotAJwe);
        Ok(CardResult { signature: decode(&result.signature)?, certificate: decode(&result.certificate)? })
    }
}

/// The key of the settings.
///
/// # Errors
/// See [`ServiceError`].
pub fn envelope_key(settings: &Signing) -> Result<EnvelopeKey, ServiceError> {
    let path = &settings.key_file;
    let pem = fs::read_to_string(path).map_err(|error| ServiceError::File(path.clone(), error))?;
    EnvelopeKey::from_pem(&pem).map_err(|error| ServiceError::Envelope(path.clone(), error))
}

/// What signatures are verified by.
pub struct Checker {
    trust: Trust,
    check: StatusCheck,
}

type Files = Vec<(String, Vec<u8>)>;

fn files(folder: &Path, endings: &[&str]) -> Result<Files, CheckerFault> {
    let fault = |path: &Path| {
        let path = path.to_owned();
        move |error| CheckerFault::File(path, error)
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(fault(folder))? {
        let path = entry.map_err(fault(folder))?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        if !endings.contains(&ending.as_str()) {
            continue;
        }
        if fs::metadata(&path).map_err(fault(&path))?.len() > LONGEST_FILE {
            return Err(CheckerFault::TooLong(path));
        }
        found.push((path.display().to_string(), fs::read(&path).map_err(fault(&path))?));
    }
    found.sort();
    Ok(found)
}

fn borrowed(files: &Files) -> impl Iterator<Item = (&str, &[u8])> {
    files.iter().map(|(name, file)| (name.as_str(), file.as_slice()))
}

impl Checker {
    /// Reads the folders of the settings.
    ///
    /// # Errors
    /// With the file that cannot be used.
    pub fn read(settings: &Signing, demo: bool) -> Result<Self, CheckerFault> {
        let certificates = files(&settings.ca_dir, &["cer", "crt", "pem"])?;
        // The key of the demo lies beside the certificate.
        let certificates: Files = certificates.into_iter().filter(|(_, file)| !is_private_key(file)).collect();
        let trust = Trust::read(borrowed(&certificates)).map_err(|(name, fault)| CheckerFault::Trust(name, fault))?;
        if !demo && trust.names().iter().any(|name| name.contains(MARK)) {
            return Err(CheckerFault::Practice);
        }
        let check = match &settings.status {
            StatusSource::None => StatusCheck::None,
            StatusSource::Lists(folder) => {
                let lists = files(folder, &["crl"])?;
                let lists = RevocationLists::read(borrowed(&lists));
                StatusCheck::Lists(lists.map_err(|(name, fault)| CheckerFault::List(name, fault))?)
            }
        };
        Ok(Self { trust, check })
    }

    /// The names of the authorities that are trusted.
    #[must_use]
    pub fn authorities(&self) -> Vec<String> {
        self.trust.names()
    }

    /// Whether a status can be told now: a fresh list is there.
    #[must_use]
    pub fn tells_status(&self, now: Instant) -> bool {
        matches!(&self.check, StatusCheck::Lists(lists) if lists.has_fresh(now))
    }

    /// See [`jpki::verify`].
    ///
    /// # Errors
    /// With the reason to refuse it.
    pub fn verify(&self, signed: &Signed<'_>, signed_at: Instant, checked_at: Instant) -> Result<Verified, Refusal> {
        jpki::verify(signed, &self.trust, &self.check, signed_at, checked_at)
    }
}

fn is_private_key(file: &[u8]) -> bool {
    file.trim_ascii_start().starts_with(b"-----BEGIN PRIVATE KEY-----")
}
