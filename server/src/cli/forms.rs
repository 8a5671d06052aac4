//! `forms …`. Invariant: looks at forms only; no database of an installation is opened.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use intake::{catalog, fhir, ids::FormId};

use super::{Failure, load, runtime, serve};
use crate::{
    config::{Config, Sources},
    flows::random,
    forms_folder, telemetry,
};

#[derive(Debug, Subcommand)]
pub(super) enum FormsCommand {
    /// Say what is wrong with the forms of a folder: file, line, column and what to do; exit 0 if the portal would start
    Check {
        /// The folder, as `MADOGUCHI_FORMS_DIR` would name it
        #[arg(value_parser = folder)]
        dir: PathBuf,
    },
    /// Serve the forms of a folder on this machine for a look; nothing is kept and no mail leaves
    Preview {
        /// The folder, as `MADOGUCHI_FORMS_DIR` would name it
        #[arg(value_parser = folder)]
        dir: PathBuf,
        /// Where to listen; a loopback address
        #[arg(long, default_value = "127.0.0.1:8090")]
        listen: SocketAddr,
    },
    /// Print a form file that ships, to be changed or taken back in a folder of your own; without a name, all names
    Show {
        /// Name of the file, such as pregnancy_notification.v1.toml
        file: Option<String>,
    },
    /// Print a form as a FHIR R4 Questionnaire
    Fhir {
        /// The form, such as pregnancy_notification
        id: FormId,
        /// The version; the newest if it is not given
        #[arg(long)]
        version: Option<u32>,
    },
}

fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() { Ok(path) } else { Err("not a folder".to_owned()) }
}

pub(super) fn run(sources: Sources, command: &FormsCommand) -> Result<(), Failure> {
    match command {
        FormsCommand::Check { dir } => check(dir),
        FormsCommand::Preview { dir, listen } => preview(&sources, dir, *listen),
        FormsCommand::Show { file } => show(file.as_deref()),
        FormsCommand::Fhir { id, version } => print_questionnaire(&load(&sources)?, id, *version),
    }
}

fn check(dir: &Path) -> Result<(), Failure> {
    let (catalog, inspected) = forms_folder::look(Some(dir))?;
    for finding in &inspected.findings {
        println!("{finding}");
    }
    let errors = inspected.findings.iter().filter(|finding| !finding.fault.is_warning()).count();
    let warnings = inspected.findings.len() - errors;
    if errors > 0 {
        return Err(Failure::new(format!(
            "{errors} errors, {warnings} warnings: the portal would not start with them"
        )));
    }
    for (form, version) in inspected.forms.into_keys() {
        let offered = catalog.newest(&form).is_some_and(|newest| newest.version == version && newest.offered);
        println!("{form} version {version}: {}", if offered { "offered" } else { "kept, not begun" });
    }
    println!("the forms can be used; {warnings} warnings");
    Ok(())
}

fn show(file: Option<&str>) -> Result<(), Failure> {
    let mut all = catalog::SHIPPED.iter().chain(catalog::TRANSLATIONS);
    let Some(file) = file else {
        all.for_each(|(name, _)| println!("{name}"));
        return Ok(());
    };
    let found = all.find(|(name, _)| *name == file);
    let (_, text) = found.ok_or_else(|| Failure::new(format!("no form file {file} ships; `forms show` lists them")))?;
    print!("{text}");
    Ok(())
}

/// A folder of this process alone, which goes with it.
struct Passing(PathBuf);

impl Passing {
    fn make() -> Result<Self, Failure> {
        let name =
            random::<8>().iter().fold("madoguchi-preview-".to_owned(), |name, byte| name + &format!("{byte:02x}"));
        let path = std::env::temp_dir().join(name);
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // What cannot be removed now is removed with the other temporary files of the machine.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The demo, with these forms and without people.
fn preview(sources: &Sources, dir: &Path, listen: SocketAddr) -> Result<(), Failure> {
    let data = Passing::make()?;
    let own = ["MADOGUCHI_MUNICIPALITY_NAME", "MADOGUCHI_MUNICIPALITY_PHONE", "MADOGUCHI_LOCALES", "MADOGUCHI_LOG"];
    let mut environment = sources.environment.clone();
    environment.retain(|name, _| own.contains(&name.as_str()));
    environment.insert("MADOGUCHI_DATA_DIR".to_owned(), data.0.display().to_string());
    environment.insert("MADOGUCHI_LISTEN".to_owned(), listen.to_string());
    environment.insert("MADOGUCHI_FORMS_DIR".to_owned(), dir.display().to_string());
    let mut config = load(&Sources { file: None, environment, demo: true })?;
    config.preview = true;
    telemetry::start_log(&config.log);
    runtime()?.block_on(serve::run(config))
}

fn print_questionnaire(config: &Config, id: &FormId, version: Option<u32>) -> Result<(), Failure> {
    let catalog = forms_folder::catalog(config.forms_dir.as_deref())?;
    let form = match version {
        Some(version) => catalog.version(id, version),
        None => catalog.newest(id),
    };
    let form = form.ok_or_else(|| Failure::new(format!("there is no form {id} in this version")))?;
    println!("{:#}", fhir::questionnaire(form, config.public_url.origin()));
    Ok(())
}
