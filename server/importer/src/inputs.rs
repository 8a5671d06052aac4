//! What the configuration names, read. Invariant: each is read whole and checked, or the job does not start.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions, TryLockError},
    path::Path,
};

use handover::DestinationKeys;

use crate::{
    config::Config,
    error::ImportError,
    judge::Mappings,
    mapping::{Mapping, MappingError},
    residents::Residents,
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

pub(crate) fn read_residents(config: &Config) -> Result<Residents, ImportError> {
    Ok(Residents::read(&read_file(&config.residents)?, config.residents_encoding)?)
}

pub(crate) fn read_mappings(config: &Config) -> Result<Mappings, ImportError> {
    let wrong = |kind: &str| {
        let kind = kind.to_owned();
        move |error| ImportError::Mapping { kind, error }
    };
    let mut mappings = BTreeMap::new();
    for (kind, path) in &config.mappings {
        let text = String::from_utf8(read_file(path)?)
            .map_err(|_| MappingError::Unreadable { line: 0, message: "not UTF-8".to_owned() })
            .map_err(wrong(kind))?;
        mappings.insert(kind.clone(), Mapping::read(&text, kind).map_err(wrong(kind))?);
    }
    Ok(Mappings::new(mappings, Mapping::without_file().map_err(wrong("any"))?))
}

/// The lock beside the state database: one run at a time. The system lets go of it also when the process is killed.
pub(crate) struct Lock(File);

impl Lock {
    pub(crate) fn take(state: &Path) -> Result<Self, ImportError> {
        let mut path = state.as_os_str().to_owned();
        path.push(".lock");
        let failed = |error| ImportError::Io { what: "the lock beside the state database".to_owned(), error };
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(ImportError::Locked),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

impl Drop for Lock {
    /// Closing would do, were it not for a child that was just forked and still has the file open.
    fn drop(&mut self) {
        // It fails only where there is nothing to let go of.
        let _ = self.0.unlock();
    }
}
