//! 「確認が必要な項目」 The file with the city's own rules. Invariant: a portal starts with rules that fit its forms, or says what is
//! wrong; without a file there are none, but in the demo, which decides about nobody.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use intake::{
    catalog::Catalog,
    flag_rules::{DRAFT, Finding, FlagRules},
};

use crate::config::Config;

/// Why the rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FlagsError {
    /// The file cannot be read.
    #[error("the rules (MADOGUCHI_FLAGS_FILE): {0}: {1}")]
    File(PathBuf, io::Error),
    /// There are mistakes in it.
    #[error("the rules (MADOGUCHI_FLAGS_FILE)\n{}", .0.join("\n"))]
    Rules(Vec<String>),
}

/// The rules of an installation.
///
/// # Errors
/// See [`FlagsError`].
pub(crate) fn rules(config: &Config, catalog: &Catalog) -> Result<FlagRules, FlagsError> {
    match &config.flags_file {
        Some(path) => read(path, catalog),
        None if config.demo => of_text("the draft list", DRAFT, catalog).map(FlagRules::switched_on),
        None => Ok(FlagRules::default()),
    }
}

/// Reads a file.
///
/// # Errors
/// See [`FlagsError`].
pub(crate) fn read(path: &Path, catalog: &Catalog) -> Result<FlagRules, FlagsError> {
    let text = fs::read_to_string(path).map_err(|error| FlagsError::File(path.to_owned(), error))?;
    of_text(&path.display().to_string(), &text, catalog)
}

fn of_text(name: &str, text: &str, catalog: &Catalog) -> Result<FlagRules, FlagsError> {
    let told = |found: &Finding| format!("{name}:{found}");
    FlagRules::read(text, catalog).map_err(|found| FlagsError::Rules(found.iter().map(told).collect()))
}
