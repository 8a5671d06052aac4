//! `flags …`. Invariant: looks at a file of rules and at the forms only; no database is opened.

use std::path::PathBuf;

use clap::Subcommand;
use intake::flag_rules::DRAFT;

use super::Failure;
use crate::{flags_file, forms_folder};

#[derive(Debug, Subcommand)]
pub(super) enum FlagsCommand {
    /// Say what is in a file of rules, or every mistake in it with line and remedy; exit 0 if the portal would start with it
    Check {
        /// The file, as `MADOGUCHI_FLAGS_FILE` would name it
        file: PathBuf,
        /// The folder with forms of the city's own, if there is one
        #[arg(long)]
        forms: Option<PathBuf>,
    },
    /// Print the draft list that ships, with every rule off, to be changed and switched on in a file of your own
    Show,
}

pub(super) fn run(command: &FlagsCommand) -> Result<(), Failure> {
    let FlagsCommand::Check { file, forms } = command else {
        print!("{DRAFT}");
        return Ok(());
    };
    let catalog = forms_folder::catalog(forms.as_deref())?;
    let rules = flags_file::read(file, &catalog)?;
    for rule in rules.all() {
        println!("{}: {} {}", rule.id, rule.form, if rule.enabled { "on" } else { "off" });
    }
    println!("version {} can be used", rules.version());
    Ok(())
}
