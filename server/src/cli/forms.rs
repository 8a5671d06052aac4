//! `forms …`. Invariant: looks at forms only; no database is opened.

use clap::Subcommand;
use intake::{fhir, ids::FormId};

use super::Failure;
use crate::{config::Config, portal};

#[derive(Debug, Subcommand)]
pub(super) enum FormsCommand {
    /// Print a form as a FHIR R4 Questionnaire
    Fhir {
        /// The form, such as pregnancy_notification
        id: FormId,
        /// The version; the newest if it is not given
        #[arg(long)]
        version: Option<u32>,
    },
}

pub(super) fn run(config: &Config, command: &FormsCommand) -> Result<(), Failure> {
    match command {
        FormsCommand::Fhir { id, version } => print_questionnaire(config, id, *version),
    }
}

fn print_questionnaire(config: &Config, id: &FormId, version: Option<u32>) -> Result<(), Failure> {
    let catalog = portal::forms()?;
    let form = match version {
        Some(version) => catalog.version(id, version),
        None => catalog.newest(id),
    };
    let form = form.ok_or_else(|| Failure::new(format!("there is no form {id} in this version")))?;
    println!("{:#}", fhir::questionnaire(form, config.public_url.origin()));
    Ok(())
}
