//! The command line. Invariant: 0 is done, 1 is failed with a sentence on standard error, 2 is used wrongly.

mod check;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::config::{Config, ConfigError, SETTINGS, Sources};

/// 窓口 Madoguchi: the online counter of a municipality for the Maternal and Child Health Act.
#[derive(Debug, Parser)]
#[command(name = "madoguchi", version, arg_required_else_help = true, after_help = settings_help())]
struct Cli {
    /// Settings file (TOML); variables MADOGUCHI_… go above it
    #[arg(long, global = true, env = "MADOGUCHI_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look at the settings
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say what is wrong with the settings, by name; exit 0 if nothing is
    Check {
        /// Check what `serve --demo` would use
        #[arg(long)]
        demo: bool,
    },
}

/// A command failed; the sentence is for the operator.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut sentence = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            // Many errors already repeat their cause.
            let text = inner.to_string();
            if !sentence.contains(&text) {
                sentence.push_str(": ");
                sentence.push_str(&text);
            }
            cause = inner.source();
        }
        Self(sentence)
    }
}

/// Runs the command of this process.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(sentence)) => {
            eprintln!("madoguchi: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli) -> Result<(), Failure> {
    let sources = |demo| Sources::of_process(cli.config.clone(), demo);
    match cli.command {
        Command::Config(ConfigCommand::Check { demo }) => check::run(&sources(demo)),
    }
}

fn load(sources: &Sources) -> Result<Config, Failure> {
    Config::load(sources).map_err(|error| match error {
        ConfigError::File(..) => Failure::from(error),
        ConfigError::Faults(_) => Failure::new(format!("the settings cannot be used\n{error}")),
    })
}

fn settings_help() -> String {
    let widest = SETTINGS.iter().map(|setting| setting.key.len()).max().unwrap_or_default();
    let lines = SETTINGS
        .iter()
        .map(|setting| format!("  MADOGUCHI_{:widest$}  {}\n", setting.key.to_uppercase(), setting.meaning));
    format!("Settings (also as keys of the file, in small letters):\n{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_tree_of_commands_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_setting_stands_in_the_help() {
        let help = Cli::command().render_help().to_string();
        for setting in SETTINGS {
            assert!(help.contains(&format!("MADOGUCHI_{}", setting.key.to_uppercase())), "{}", setting.key);
        }
    }
}
