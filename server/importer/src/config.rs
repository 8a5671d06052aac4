//! The configuration of the import job: one TOML file. Invariant: a [`Config`] names everything that the job needs, paths
//! are complete, and the portal's address is HTTPS or this machine's own.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use intake::ids::DestinationId;
use serde::Deserialize;

use crate::{
    charset::Charset,
    place::{Place, is_server},
    residents::ExtractError,
};

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
    /// The state database: staging tables, batches, receipts. A file of SQLite or a PostgreSQL server.
    #[serde(deserialize_with = "place")]
    pub state: Place,
    /// 「宛名」 The extract of the residents: CSV, or a table.
    #[serde(deserialize_with = "residents")]
    pub residents: ResidentsSource,
    /// What its columns are called.
    #[serde(default)]
    pub residents_columns: ResidentsColumns,
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
    /// 「副本」 Offers for the 中間サーバー, if they are to be made.
    #[serde(default)]
    pub copies: Option<Copies>,
    /// Where manifests, announcements and receipts are kept for those who verify them later.
    #[serde(default)]
    pub archive_dir: Option<PathBuf>,
    /// Who may decide on what waits; anybody, if nobody is named.
    #[serde(default)]
    pub reviewers: Vec<String>,
    /// Whether two people must also have been signed in to the computer as two.
    #[serde(default)]
    pub reviewers_need_two_accounts: bool,
}

/// 「副本」 Offers for the 中間サーバー.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copies {
    /// A mapping file with the columns; without one, those of `copies.rs`.
    #[serde(default)]
    pub mapping: Option<PathBuf>,
}

/// 「宛名」 Where the extract of the residents is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResidentsSource {
    /// A CSV file.
    Csv(PathBuf),
    /// A table of a database, which is only read.
    Database(Place),
}

/// What the columns of the extract are called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResidentsColumns {
    /// The table or view, with its schema before it if it has one; of a database only.
    pub table: Option<String>,
    /// 「宛名番号」
    pub number: String,
    /// 「氏名」
    pub name: String,
    /// 「フリガナ」
    pub name_kana: String,
    /// 「生年月日」
    pub birthdate: String,
    /// 「性別」
    pub sex: String,
    /// 「郵便番号」
    pub postal_code: String,
    /// 「住所」
    pub address: String,
    /// 「個人番号」 A CSV may have the column or not; of a database it is asked for only if it is named here.
    pub my_number: Option<String>,
}

impl Default for ResidentsColumns {
    fn default() -> Self {
        let own = str::to_owned;
        Self {
            table: None,
            number: own("宛名番号"),
            name: own("氏名"),
            name_kana: own("フリガナ"),
            birthdate: own("生年月日"),
            sex: own("性別"),
            postal_code: own("郵便番号"),
            address: own("住所"),
            my_number: None,
        }
    }
}

impl ResidentsColumns {
    /// How many columns there must be.
    pub(crate) const REQUIRED: usize = 7;

    /// The columns that must be there, in the order in which a row is read.
    #[must_use]
    pub fn required(&self) -> [&str; Self::REQUIRED] {
        [&self.number, &self.name, &self.name_kana, &self.birthdate, &self.sex, &self.postal_code, &self.address]
            .map(String::as_str)
    }

    pub(crate) fn my_number_of_csv(&self) -> &str {
        self.my_number.as_deref().unwrap_or("個人番号")
    }

    /// The question to a database: everything as text, whatever it is kept as.
    pub(crate) fn select(&self) -> Result<String, ExtractError> {
        let table = self.table.as_deref().ok_or(ExtractError::NoTable)?;
        let table: Vec<String> = table.split('.').map(quoted).collect();
        // With the table's name before it: SQLite takes a quoted name that it does not know for a text.
        let as_text = |column: &str| format!("CAST(resident.{} AS TEXT)", quoted(column));
        let mut columns = self.required().map(as_text).to_vec();
        columns.push(self.my_number.as_deref().map_or_else(|| "CAST(NULL AS TEXT)".to_owned(), as_text));
        Ok(format!("SELECT {} FROM {} AS resident", columns.join(", "), table.join(".")))
    }
}

/// A name as a database reads it, whatever stands in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn place<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Place, D::Error> {
    Ok(Place::parse(&String::deserialize(deserializer)?))
}

fn residents<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<ResidentsSource, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_database = is_server(&text) || text.starts_with("sqlite:");
    Ok(if is_database { ResidentsSource::Database(Place::parse(&text)) } else { ResidentsSource::Csv(text.into()) })
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
        config.state = config.state.beside(folder);
        config.residents = match config.residents {
            ResidentsSource::Csv(path) => ResidentsSource::Csv(folder.join(path)),
            ResidentsSource::Database(place) => ResidentsSource::Database(place.beside(folder)),
        };
        let own = [&mut config.keys_dir, &mut config.output_dir];
        let optional =
            config.ca_file.iter_mut().chain(config.portal_jwk.iter_mut()).chain(config.mappings.values_mut());
        let optional = optional.chain(config.former_keys_dirs.iter_mut()).chain(config.archive_dir.iter_mut());
        let optional = optional.chain(config.copies.iter_mut().filter_map(|copies| copies.mapping.as_mut()));
        for relative in own.into_iter().chain(optional) {
            *relative = folder.join(&relative);
        }
        Ok(config)
    }

    /// Where the parts of files lie that a cut has left; they are encrypted.
    #[must_use]
    pub fn parts_dir(&self) -> PathBuf {
        match &self.state {
            Place::Sqlite(path) => with_end(path, ".parts"),
            Place::Postgres(_) => self.output_dir.join(".parts"),
        }
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

/// A path beside another: the same with something after it.
pub(crate) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut longer = path.as_os_str().to_owned();
    longer.push(end);
    longer.into()
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
        assert_eq!(config.state, Place::Sqlite(folder.path().join("state.db")));
        assert_eq!(config.residents, ResidentsSource::Csv(folder.path().join("residents.csv")));
        assert!(config.parts_dir().ends_with("state.db.parts"));
        let on_servers = GOOD.replace("state.db", "postgres://job@db/import").replace("residents.csv", "sqlite:a.db");
        std::fs::write(&file, on_servers).unwrap();
        let config = Config::read(&file).unwrap();
        assert!(matches!(config.state, Place::Postgres(_)));
        assert_eq!(config.residents, ResidentsSource::Database(Place::Sqlite(folder.path().join("a.db"))));
    }

    #[test]
    fn names_of_tables_and_columns_are_names_whatever_stands_in_them() {
        let table = Some("juki.atena\"; DROP TABLE x".to_owned());
        let columns = ResidentsColumns { table, my_number: Some("kojin".to_owned()), ..ResidentsColumns::default() };
        let select = columns.select().unwrap();
        assert!(select.starts_with("SELECT CAST(resident.\"宛名番号\" AS TEXT), "), "{select}");
        assert!(
            select.ends_with("CAST(resident.\"kojin\" AS TEXT) FROM \"juki\".\"atena\"\"; DROP TABLE x\" AS resident"),
            "{select}"
        );
        assert_eq!(ResidentsColumns::default().select(), Err(ExtractError::NoTable));
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
