//! 「独自様式」 The forms of a city's own, and whether they may be served. Invariant: a portal serves every version that a
//! draft or a case was filled in with, with the very content that it was filled in with, or does not start.

use std::{fmt, fs, io, path::Path};

use intake::{
    catalog::Catalog,
    ids::FormId,
    inspect::{File, Finding, Inspected},
    time::Instant,
};

use crate::store::{Connection, StoreError, form_use};

/// The files of a folder, by name. What lies below it is not read.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn files(folder: &Path) -> io::Result<Vec<File>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // A name that is no text is no form's either; it is told like any other name.
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && (name.ends_with(".toml") || name == intake::inspect::LOCK) {
            found.push((name, fs::read(&path)?));
        }
    }
    found.sort();
    Ok(found)
}

/// The forms cannot be served; the text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum FormsError {
    /// Files have faults.
    #[error("the forms cannot be used; `madoguchi forms check` says the same\n{}", lines(.0))]
    Faults(Vec<Finding>),
    /// The folder cannot be read.
    #[error("the forms folder {0} cannot be read: {1}")]
    Folder(String, io::Error),
}

fn lines(all: &[impl fmt::Display]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What ships, and what a folder makes of it.
///
/// # Errors
/// See [`FormsError`].
pub fn look(folder: Option<&Path>) -> Result<(Catalog, Inspected), FormsError> {
    let shipped = Catalog::shipped().map_err(FormsError::Faults)?;
    let Some(folder) = folder else { return Ok((shipped, Inspected::default())) };
    let files = files(folder).map_err(|error| FormsError::Folder(folder.display().to_string(), error))?;
    Ok(shipped.with(&files))
}

/// The forms that the portal would serve.
///
/// # Errors
/// See [`FormsError`].
pub fn catalog(folder: Option<&Path>) -> Result<Catalog, FormsError> {
    let (catalog, inspected) = look(folder)?;
    if inspected.is_usable() { Ok(catalog) } else { Err(FormsError::Faults(inspected.findings)) }
}

/// A version that drafts or cases need, and that is not there as they need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanting {
    /// The form.
    pub form: FormId,
    /// The version.
    pub version: u32,
    /// The beginning of the digest that is needed; none where any content would do.
    sha256: String,
    is_missing: bool,
    drafts: i64,
    cases: i64,
}

impl fmt::Display for Wanting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { form, version, sha256, is_missing, drafts, cases } = self;
        let digest = sha256.get(..12).map_or_else(String::new, |start| format!(" (SHA-256 {start}…)"));
        write!(f, "version {version} of the form “{form}” is needed by {drafts} drafts and {cases} cases, ")?;
        if *is_missing {
            return write!(f, "and its file is not there. Bring {form}.v{version}.toml{digest} back into the folder.");
        }
        write!(
            f,
            "and its content was changed. Bring the former content of {form}.v{version}.toml{digest} back, and put yours \
            into {form}.v{}.toml.",
            version + 1
        )
    }
}

/// What is needed and wanting.
///
/// # Errors
/// When the database fails.
pub async fn wanting(catalog: &Catalog, connection: &mut Connection, now: Instant) -> Result<Vec<Wanting>, StoreError> {
    let drafts = form_use::of_drafts(connection, now).await?.into_iter().map(|one| (one, true));
    let cases = form_use::of_cases(connection).await?.into_iter().map(|one| (one, false));
    let mut found: Vec<Wanting> = Vec::new();
    for (one, is_draft) in drafts.chain(cases) {
        let version = u32::try_from(one.form_version)
            .map_err(|_| StoreError::Corrupt("a version of a form below zero".to_owned()))?;
        let here = catalog.version(&one.form_id, version);
        if here.is_some_and(|form| one.form_sha256.is_empty() || form.sha256() == one.form_sha256) {
            continue;
        }
        let (drafts, cases) = if is_draft { (one.users, 0) } else { (0, one.users) };
        let same = |other: &&mut Wanting| {
            (&other.form, other.version, &other.sha256) == (&one.form_id, version, &one.form_sha256)
        };
        match found.iter_mut().find(same) {
            Some(other) => (other.drafts, other.cases) = (other.drafts + drafts, other.cases + cases),
            None => found.push(Wanting {
                form: one.form_id,
                version,
                sha256: one.form_sha256,
                is_missing: here.is_none(),
                drafts,
                cases,
            }),
        }
    }
    Ok(found)
}
