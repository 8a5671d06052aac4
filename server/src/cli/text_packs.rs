//! `text-packs check`. Invariant: prints what identifies a pack, never its wording, which is licensed.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::Failure;
use crate::text_packs::read_folder;

#[derive(Debug, Subcommand)]
pub(super) enum TextPacksCommand {
    /// Say what is in a folder of text packs, or what is wrong with it; exit 0 if nothing is
    Check {
        /// The folder with the packs and their packs.lock
        dir: PathBuf,
    },
}

pub(super) fn run(command: &TextPacksCommand) -> Result<(), Failure> {
    let TextPacksCommand::Check { dir } = command;
    check(dir)
}

fn check(dir: &Path) -> Result<(), Failure> {
    for (file, pack) in read_folder(dir)? {
        let kind = if pack.demonstration { "demonstration" } else { "licensed" };
        println!("{file}: {} {} {} {kind}", pack.id, pack.language, pack.sha256());
    }
    Ok(())
}
