//! The configuration of the import job: one TOML file. Invariant: a [`Config`] names everything that the job needs, paths
//! are complete, and the portal's address is HTTPS or this machine's own.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use intake::ids::DestinationId;
use serde::Deserialize;

use crate::charset::Charset;

/// What the file may say. Paths are relative to the file's own folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The portal's public address, as `iss` in its manifests names it.
    pub portal_url: String,
    /// Where the portal's hand-over plane answers, if not at `portal_url`.
    #[serde(default)]
    pub handover_url: Option<String>,
    /// The certificate authorities (PEM) to trust for the portal's HTTPS instead of the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// This back office's id, `aud` in the manifests.
    pub destination: DestinationId,
    /// The folder that `keygen` wrote.
    pub keys_dir: PathBuf,
    /// The folders of keys that these have taken the place of: they open what was sealed for them.
    #[serde(default)]
    pub former_keys_dirs: Vec<PathBuf>,
    /// The fingerprint of the portal's first signing key, as `madoguchi keys show` prints it.
    #[serde(default)]
    pub portal_fingerprint: Option<String>,
    /// The portal's first signing key as a JWK file, instead of its fingerprint.
    #[serde(default)]
    pub portal_jwk: Option<PathBuf>,
    /// The state database: staging tables, batches, receipts.
    pub state: PathBuf,
    /// 「宛名」 The extract of the residents (CSV).
    pub residents: PathBuf,
    /// How the extract is encoded.
    #[serde(default = "plain")]
    pub residents_encoding: Charset,
    /// Where the CSV for the health information system goes.
    pub output_dir: PathBuf,
    /// 「全国地方公共団体コード」 Whose entries are taken: six digits.
    pub municipality: String,
    /// 「変換表」 The mapping file for each kind of entry.
    #[serde(default)]
    pub mappings: BTreeMap<String, PathBuf>,
}

const fn plain() -> Charset {
    Charset::Utf8
}

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// Not a configuration file.
    #[error("the configuration file, line {line}: {message}")]
    Unreadable {
        /// Line from 1; 0 if unknown.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// An address that is neither HTTPS nor this machine's own.
    #[error("{0} must be an https:// address, or http:// on this machine, without a path")]
    NotAnAddress(&'static str),
    /// Neither or both ways to pin the portal's key.
    #[error("one of portal_fingerprint and portal_jwk must be there, and not both")]
    NoPin,
    /// Not a municipality code.
    #[error("municipality must be a 全国地方公共団体コード of six digits")]
    NotAMunicipality,
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// With what is wrong in it.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)?;
        let mut config = Self::parse(&text)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let own = [&mut config.keys_dir, &mut config.state, &mut config.residents, &mut config.output_dir];
        let optional =
            config.ca_file.iter_mut().chain(config.portal_jwk.iter_mut()).chain(config.mappings.values_mut());
        let optional = optional.chain(config.former_keys_dirs.iter_mut());
        for relative in own.into_iter().chain(optional) {
            *relative = folder.join(&relative);
        }
        Ok(config)
    }

    fn parse(text: &str) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(text).map_err(|error| ConfigError::Unreadable {
            line: error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1),
            message: error.message().to_owned(),
        })?;
        config.portal_url = address(&config.portal_url, "portal_url")?;
        config.handover_url = config.handover_url.map(|url| address(&url, "handover_url")).transpose()?;
        if config.portal_fingerprint.is_some() == config.portal_jwk.is_some() {
            return Err(ConfigError::NoPin);
        }
        if config.municipality.len() != 6 || !config.municipality.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ConfigError::NotAMunicipality);
        }
        Ok(config)
    }

    /// Where requests go to.
    #[must_use]
    pub fn request_url(&self) -> &str {
        self.handover_url.as_deref().unwrap_or(&self.portal_url)
    }
}

/// An address without its trailing slash.
fn address(url: &str, setting: &'static str) -> Result<String, ConfigError> {
    let trimmed = url.trim_end_matches('/');
    let (secure, rest) = match trimmed.split_once("://") {
        Some(("https", rest)) => (true, rest),
        Some(("http", rest)) => (false, rest),
        _ => return Err(ConfigError::NotAnAddress(setting)),
    };
    let host = rest
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(rest, |(host, _)| host);
    let on_this_machine = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    let plain = !host.is_empty() && !rest.contains(['/', '?', '#', '@', ' ']);
    if plain && (secure || on_this_machine) { Ok(trimmed.to_owned()) } else { Err(ConfigError::NotAnAddress(setting)) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const GOOD: &str = "portal_url = \"https://portal.example/\"
destination = \"kenko\"
keys_dir = \"keys\"
portal_fingerprint = \"x\"
state = \"state.db\"
residents = \"residents.csv\"
output_dir = \"out\"
municipality = \"112020\"
";

    #[test]
    fn a_configuration_is_read_with_paths_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("import.toml");
        std::fs::write(&file, GOOD).unwrap();
        let config = Config::read(&file).unwrap();
        assert_eq!(config.request_url(), "https://portal.example");
        assert_eq!(config.state, folder.path().join("state.db"));
    }

    #[test]
    fn each_fault_is_told_by_its_name() {
        let fault = |from: &str, to: &str| Config::parse(&GOOD.replacen(from, to, 1)).unwrap_err().to_string();
        for bad in [
            "http://portal.example",
            "https://a@b",
            "ftp://x",
            "https://",
            "https://portal.example/x",
            "http://localhost.example",
        ] {
            assert!(fault("https://portal.example/", bad).starts_with("portal_url must"), "{bad}");
        }
        assert!(Config::parse(&GOOD.replace("https://portal.example/", "http://127.0.0.1:8080")).is_ok());
        assert!(fault("112020", "11202").starts_with("municipality"));
        assert!(fault("portal_fingerprint = \"x\"\n", "").starts_with("one of portal_fingerprint"));
        assert!(fault("state =", "stat =").contains("line 5"));
    }
}
