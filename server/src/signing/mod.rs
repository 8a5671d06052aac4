//! 「電子署名」 What a signature is verified by, and the way to the card. Invariant: authorities and lists are read anew for every
//! verification, so that a file which the city replaces counts at once; a portal that is no demo trusts no practice authority.

pub mod jwe;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use intake::time::Instant;

use crate::{
    config::{Signing, StatusSource},
    demo::practice_card::MARK,
    jpki::{self, CrlFault, Refusal, RevocationLists, Signed, StatusCheck, Trust, TrustFault, Verified},
};

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
