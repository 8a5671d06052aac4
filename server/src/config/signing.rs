//! Settings of 「電子署名」. Invariant: nobody is offered a signature that could not be verified: an offer names the authorities
//! that are trusted, how revocations are learned of, and the key that results come to.

use std::path::{Path, PathBuf};

use super::settings::{Faults, Values};

/// 「電子署名」 With the signing certificate of the My Number Card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    /// Certificates of the authorities that are trusted (署名用認証局), `*.cer`, `*.crt`, `*.pem`.
    pub ca_dir: PathBuf,
    /// How revocations are learned of.
    pub status: StatusSource,
    /// The private key that results are encrypted to: PKCS#8 in PEM, P-256.
    pub key_file: PathBuf,
}

/// How revocations are learned of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusSource {
    /// Not at all: the status is recorded as unknown.
    None,
    /// From lists that the city puts into a folder, `*.crl`.
    Lists(PathBuf),
}

/// The file in the demo's folder that results are encrypted to.
pub const DEMO_KEY: &str = "envelope.pem";

/// 「電子署名」 Off unless it is asked for.
pub(super) fn signing(values: &Values, data_dir: &Path, demo: bool, faults: &mut Faults) -> Option<Signing> {
    match values.text("signing") {
        None | Some("off") => return None,
        Some("offered") => {}
        Some(_) => {
            faults.add("signing", "expected off or offered");
            return None;
        }
    }
    let practice = data_dir.join("signing");
    let mut path = |key: &'static str, in_the_demo: PathBuf, what: &str| match values.text(key) {
        Some(path) => Some(PathBuf::from(path)),
        None if demo => Some(in_the_demo),
        None => {
            faults.add(key, what);
            None
        }
    };
    let ca_dir = path("signing_ca_dir", practice.clone(), "is missing: the folder of the authorities' certificates");
    let key_file = path("signing_key_file", practice.join(DEMO_KEY), "is missing: the key that results come to");
    let status = match values.text("signing_status") {
        None if demo => StatusSource::Lists(practice),
        Some("none") => StatusSource::None,
        Some(text) if text.strip_prefix("crl:").is_some_and(|path| !path.is_empty()) => {
            StatusSource::Lists(PathBuf::from(text.trim_start_matches("crl:")))
        }
        None | Some(_) => {
            faults.add("signing_status", "expected crl:FOLDER, or none (then the status is recorded as unknown)");
            return None;
        }
    };
    Some(Signing { ca_dir: ca_dir?, status, key_file: key_file? })
}
