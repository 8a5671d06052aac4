//! What the configuration names, read. Invariant: each is read whole and checked, or the job does not start.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions, TryLockError},
    path::Path,
};

use handover::DestinationKeys;

use crate::{
    config::{Config, with_end},
    error::ImportError,
    judge::Mappings,
    mapping::{Mapping, MappingError},
    place::Place,
    residents::Residents,
    state::ServerLock,
};

pub(crate) fn read_keys(config: &Config) -> Result<DestinationKeys, ImportError> {
    let mut keys = DestinationKeys::read(&config.keys_dir)?;
    for folder in &config.former_keys_dirs {
        let former = DestinationKeys::read(folder)?;
        if former.destination != config.destination {
            return Err(ImportError::OtherKeys);
        }
        keys.remember(former);
    }
    if keys.destination == config.destination { Ok(keys) } else { Err(ImportError::OtherKeys) }
}

pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, ImportError> {
    std::fs::read(path).map_err(|error| ImportError::Io { what: path.display().to_string(), error })
}

pub(crate) async fn read_residents(config: &Config) -> Result<Residents, ImportError> {
    Ok(Residents::load(&config.residents, &config.residents_columns, config.residents_encoding).await?)
}

/// A mapping file for this kind of entry, as text.
pub(crate) fn read_text(path: &Path, kind: &str) -> Result<String, ImportError> {
    let not_text = |_| MappingError::Unreadable { line: 0, message: "not UTF-8".to_owned() };
    let wrong = |error| ImportError::Mapping { kind: kind.to_owned(), error };
    String::from_utf8(read_file(path)?).map_err(not_text).map_err(wrong)
}

pub(crate) fn read_mappings(config: &Config) -> Result<Mappings, ImportError> {
    let wrong = |kind: &str| {
        let kind = kind.to_owned();
        move |error| ImportError::Mapping { kind, error }
    };
    let mut mappings = BTreeMap::new();
    for (kind, path) in &config.mappings {
        let text = read_text(path, kind)?;
        mappings.insert(kind.clone(), Mapping::read(&text, kind).map_err(wrong(kind))?);
    }
    Ok(Mappings::new(mappings, Mapping::without_file().map_err(wrong("any"))?))
}

/// One run at a time: a lock beside the file of the state, or one of the server. It is let go of also when the process is
/// killed.
pub(crate) enum Lock {
    File(#[expect(dead_code, reason = "held, not used")] FileLock),
    Server(#[expect(dead_code, reason = "held, not used")] ServerLock),
}

impl Lock {
    pub(crate) async fn take(state: &Place) -> Result<Self, ImportError> {
        match state {
            Place::Sqlite(path) => FileLock::take(path).map(Self::File),
            Place::Postgres(url) => ServerLock::take(url.as_str()).await?.map(Self::Server).ok_or(ImportError::Locked),
        }
    }
}

pub(crate) struct FileLock(File);

impl FileLock {
    fn take(state: &Path) -> Result<Self, ImportError> {
        let path = with_end(state, ".lock");
        let failed = |error| ImportError::Io { what: "the lock beside the state database".to_owned(), error };
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(ImportError::Locked),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

impl Drop for FileLock {
    /// Closing would do, were it not for a child that was just forked and still has the file open.
    fn drop(&mut self) {
        // It fails only where there is nothing to let go of.
        let _ = self.0.unlock();
    }
}
