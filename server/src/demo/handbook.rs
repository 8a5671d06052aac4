//! `demo.json`: what a reader, a browser test or an import job has to know of a running demo. Invariant: it is written
//! whole or not at all, readable by its owner only, and holds nothing of a real installation.

use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{identity::Provided, staff::SampleStaff};

/// The whole file (`contract.md`).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Handbook {
    /// Where the demo is.
    pub url: String,
    /// Who works there.
    pub staff: Vec<SampleStaff>,
    /// 「練習用の本人確認サービス」 Where parents and staff can be signed in from.
    #[serde(default)]
    pub practice_provider: Provided,
    /// The configuration of the demo's import job.
    pub import_config: PathBuf,
    /// Its keys.
    pub import_keys_dir: PathBuf,
}

impl Handbook {
    fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("demo.json")
    }

    /// What an earlier start wrote, if there was one.
    ///
    /// # Errors
    /// When the file cannot be read or is something else.
    pub fn read(data_dir: &Path) -> io::Result<Option<Self>> {
        match fs::read(Self::path(data_dir)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes it in the place of an earlier one.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn write(&self, data_dir: &Path) -> io::Result<()> {
        let new = data_dir.join("demo.json.new");
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.sync_all()?;
        fs::rename(new, Self::path(data_dir))
    }
}
