//! The command line. Invariant: 0 is done, 1 is failed with a sentence on standard error, 2 is used wrongly.

mod audit;
mod backup;
mod check;
mod flags;
mod forms;
mod handover;
mod intake;
mod serve;
mod staff;
mod text_packs;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use tokio::runtime::Runtime;

use crate::{
    clock::Clock,
    config::{Config, ConfigError, SETTINGS, Sources},
    demo, flows,
    portal::Portal,
    store::{Database, audit::Actor},
    telemetry, worker,
};

/// 窓口 Madoguchi: the online counter of a municipality for the Maternal and Child Health Act.
#[derive(Debug, Parser)]
#[command(name = "madoguchi", version, arg_required_else_help = true, after_help = settings_help())]
struct Cli {
    /// Settings file (TOML); variables MADOGUCHI_… go above it
    #[arg(long, global = true, env = "MADOGUCHI_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The demo: everything on this machine, with made-up people; without it a command works on a real installation
    #[arg(long, global = true)]
    demo: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until a signal says stop
    Serve,
    /// Look at the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Bring the tables of the database to this version
    Migrate,
    /// Look after the members of staff
    #[command(subcommand)]
    Staff(staff::StaffCommand),
    /// Look into the audit log
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Look after the keys that batches are signed with
    #[command(subcommand)]
    Keys(handover::KeysCommand),
    /// Look at the forms
    #[command(subcommand)]
    Forms(forms::FormsCommand),
    /// Hand confirmed filings over to the back office
    #[command(subcommand)]
    Handover(handover::HandoverCommand),
    /// Take filings of other channels into the same queue, each once (ぴったりサービス, a prefecture's service)
    #[command(subcommand)]
    Intake(intake::IntakeCommand),
    /// Look at the rules of 確認が必要な項目
    #[command(subcommand)]
    Flags(flags::FlagsCommand),
    /// Look at text packs of the EPDS
    #[command(subcommand)]
    TextPacks(text_packs::TextPacksCommand),
    /// Copy the whole database into a new file
    Backup {
        /// The file to be made
        file: PathBuf,
    },
    /// Put a backup in the place of a database that is not there
    Restore {
        /// The file that `backup` made
        file: PathBuf,
    },
    /// Make anew what staff find cases by, after an older program ran beside a newer one
    IndexSearch,
    /// Remove sessions, codes, drafts and sent mail whose time is over
    Purge,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say what is wrong with the settings, by name; exit 0 if nothing is
    Check,
}

const EPDS_IS_A_DEMONSTRATION: &str = "EPDS is offered with a demonstration pack (MADOGUCHI_EPDS), which is no \
     instrument: for practising only, never for real answers";

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
    let sources = Sources::of_process(cli.config, cli.demo);
    if let Command::Config(ConfigCommand::Check) = cli.command {
        return check::run(&sources);
    }
    if let Command::TextPacks(command) = &cli.command {
        return text_packs::run(command);
    }
    if let Command::Flags(command) = &cli.command {
        return flags::run(command);
    }
    if let Command::Forms(command) = &cli.command {
        return forms::run(sources, command);
    }
    if let Command::Handover(handover::HandoverCommand::Kit { out }) = &cli.command {
        return handover::kit(out);
    }
    let mut config = load(&sources)?;
    telemetry::start_log(&config.log);
    let runtime = runtime()?;
    if let Command::Serve = cli.command {
        return runtime.block_on(serve::run(config));
    }
    if config.demo {
        // A demo that took any free port is known by the one that it got.
        demo::own_address(&mut config);
    }
    runtime.block_on(on_installation(config, cli.command))
}

fn runtime() -> Result<Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Commands that need an installation's database.
async fn on_installation(config: Config, command: Command) -> Result<(), Failure> {
    match command {
        Command::Migrate => return migrate(&config).await,
        Command::Restore { file } => return backup::restore(config, &file).await,
        _ => {}
    }
    let portal = Portal::open(config, Clock::System).await?;
    let result = match &command {
        Command::Staff(command) => staff::run(&portal, command).await,
        Command::Audit(command) => audit::run(&portal, command).await,
        Command::Keys(command) => handover::run_keys(&portal, command).await,
        Command::Handover(command) => handover::run(&portal, command).await,
        Command::Intake(command) => intake::run(&portal, command).await,
        Command::Backup { file } => backup::backup(&portal, file).await,
        Command::IndexSearch => index_search(&portal).await,
        Command::Purge => purge(&portal).await,
        Command::Config(_)
        | Command::Forms(_)
        | Command::Flags(_)
        | Command::TextPacks(_)
        | Command::Migrate
        | Command::Restore { .. }
        | Command::Serve => Ok(()),
    };
    portal.database.close().await;
    result
}

async fn migrate(config: &Config) -> Result<(), Failure> {
    let database = Database::connect(&config.database_url).await?;
    let migrated = database.migrate().await;
    database.close().await;
    migrated?;
    println!("the database is of this version");
    Ok(())
}

async fn purge(portal: &Portal) -> Result<(), Failure> {
    println!("rows removed: {}", worker::sweep(portal).await?);
    Ok(())
}

async fn index_search(portal: &Portal) -> Result<(), Failure> {
    println!("cases indexed: {}", flows::search::index_all(portal, &Actor::Operator).await?);
    Ok(())
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
