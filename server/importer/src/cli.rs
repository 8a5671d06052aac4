//! The commands of `madoguchi-import`. Invariant: 0 is success, 1 a failure, 2 wrong use; what is printed holds no personal
//! data, but for `review`, which people decide by.

use std::{io::Write as _, path::PathBuf, process::ExitCode, time::SystemTime};

use clap::{Args, Parser, Subcommand};
use handover::{BatchFiles, DestinationKeys, DestinationPublic, KeyChange, fingerprint};
use intake::{
    ids::{DestinationId, ReceiptNumber},
    time::Instant,
};

use crate::{
    config::Config,
    error::ImportError,
    fhir,
    job::{Job, Notes, Step},
    output::write_whole,
    review,
    state::{EntryKey, Opinion, State, Verdict},
    take,
};

/// The import job of the closed network: pulls signed batches from the portal, verifies them and hands them on.
#[derive(Parser)]
#[command(name = "madoguchi-import", version, max_term_width = 100)]
struct Arguments {
    /// The configuration file.
    #[arg(long, global = true, env = "MADOGUCHI_IMPORT_CONFIG", default_value = "import.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes this destination's keys; the portal is given public.json.
    Keygen {
        /// The destination's id, such as kenko.
        #[arg(long)]
        destination: DestinationId,
        /// The folder to write; no file in it is overwritten.
        #[arg(long)]
        out: PathBuf,
        /// A further age recipient that opens every entry too, such as that of a key in a safe; may be given several times.
        #[arg(long = "also", value_name = "AGE1…")]
        further_recipients: Vec<String>,
    },
    /// Fetches new batches from the portal, imports them and sends the receipts.
    Pull,
    /// Imports a batch that was carried: its folder, or a .tar of it.
    File {
        /// The folder or the .tar.
        path: PathBuf,
    },
    /// Checks a batch as `file` would, and changes nothing.
    Verify {
        /// The folder or the .tar.
        path: PathBuf,
    },
    /// Writes the entries of a batch as FHIR R4, one Bundle for each kind; changes nothing else. The batch may be new or one
    /// that was taken in before.
    Fhir {
        /// The folder or the .tar.
        path: PathBuf,
        /// The folder to write into; `fhir` in the output folder if it is not given.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Lists the entries that wait for two people; `show` and `decide` for one of them.
    Review {
        #[command(subcommand)]
        deed: Option<ReviewDeed>,
    },
    /// Sends the receipts that wait, or writes them into a folder to be carried.
    Receipts {
        /// The folder to write them into, instead of sending them.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Tells the portal what the office has recorded of filings: 母子健康手帳交付番号, its day, 親子番号. The receipts go with the next
    /// `pull`, or are carried by `receipts --out`.
    Recorded {
        /// CSV with the columns 受付番号, 母子健康手帳交付番号, 母子健康手帳交付日 (YYYY-MM-DD), 親子番号.
        path: PathBuf,
    },
    /// Tells the portal of new keys that `keygen` made, signed by those of now: `madoguchi handover destination change` takes the
    /// file. Then `keys_dir` names the new folder and `former_keys_dirs` the old one.
    ChangeKeys {
        /// The folder of the new keys.
        #[arg(long)]
        to: PathBuf,
        /// The folder to write change.jws.json into.
        #[arg(long)]
        out: PathBuf,
    },
    /// Writes a signed note of what was read, for a portal that was restored from a backup: two people give it to
    /// `madoguchi handover resync`, and the next `pull` goes on.
    Resync {
        /// The last batch that the portal still has: `madoguchi handover status` prints it.
        #[arg(long)]
        after: u64,
        /// The folder to write it into.
        #[arg(long)]
        out: PathBuf,
    },
    /// Tells how things stand.
    Status,
}

#[derive(Subcommand)]
enum ReviewDeed {
    /// Shows an entry: personal data, on this terminal only.
    Show(Which),
    /// Says which resident an entry is about, or that it goes back. Two different people must say the same.
    Decide {
        #[command(flatten)]
        which: Which,
        /// Your name.
        #[arg(long)]
        person: String,
        #[command(flatten)]
        verdict: VerdictArguments,
    },
}

#[derive(Args)]
struct Which {
    /// 受付番号
    id: ReceiptNumber,
    /// The revision.
    #[arg(long, default_value_t = 1)]
    rev: i64,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct VerdictArguments {
    /// 宛名番号 of the resident.
    #[arg(long)]
    atena: Option<String>,
    /// The reason for which it goes back: other_municipality, person_unknown, wrong_person, duplicate.
    #[arg(long)]
    reject: Option<String>,
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(execute(arguments)),
        Err(error) => Err(ImportError::Io { what: "starting".to_owned(), error }),
    };
    match done {
        Ok(notes) => {
            // What was done is done, also when nobody reads of it any more.
            let told = if notes.is_empty() { "nothing new".to_owned() } else { notes.join("\n") };
            let _ = writeln!(std::io::stdout(), "{told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "madoguchi-import: {} ({})", error, error.code());
            ExitCode::from(error.exit_code())
        }
    }
}

async fn execute(arguments: Arguments) -> Result<Notes, ImportError> {
    let config = || Config::read(&arguments.config);
    match arguments.command {
        Command::Keygen { destination, out, further_recipients } => keygen(destination, &out, further_recipients),
        Command::Pull => {
            let job = Job::open(config()?, now).await?;
            let portal = job.portal()?;
            job.pull(&portal, Step::Sent).await
        }
        Command::File { path } => {
            let job = Job::open(config()?, now).await?;
            job.file(&BatchFiles::read(&path)?, Step::Signed).await
        }
        Command::Verify { path } => take::verify(&config()?, &BatchFiles::read(&path)?, now()).await,
        Command::Fhir { path, out } => {
            let config = config()?;
            let out = out.unwrap_or_else(|| config.output_dir.join("fhir"));
            fhir::write(&config, &BatchFiles::read(&path)?, &out, now()).await
        }
        Command::Review { deed } => {
            let job = Job::open(config()?, now).await?;
            review(&job, deed).await
        }
        Command::Receipts { out } => {
            let job = Job::open(config()?, now).await?;
            let mut notes = job.finish(None, Step::Signed).await?;
            notes.extend(match out {
                Some(folder) => job.carry_receipts(&folder).await?,
                None => job.send_receipts(&job.portal()?).await?,
            });
            Ok(notes)
        }
        Command::ChangeKeys { to, out } => change_keys(&config()?, &to, &out),
        Command::Resync { after, out } => {
            let job = Job::open(config()?, now).await?;
            job.write_resync_note(after, &out).await
        }
        Command::Recorded { path } => {
            let job = Job::open(config()?, now).await?;
            job.tell_recorded(&path).await
        }
        Command::Status => status(&config()?).await,
    }
}

fn keygen(
    destination: DestinationId,
    out: &std::path::Path,
    further_recipients: Vec<String>,
) -> Result<Notes, ImportError> {
    let keys = DestinationKeys { further_recipients, ..DestinationKeys::generate(destination) };
    let public = DestinationPublic::from_json(&keys.public().to_json())?;
    keys.write(out, now())?;
    Ok(vec![
        format!("the keys of {} are in {}; only public.json leaves this network", public.destination, out.display()),
        format!("fingerprint of the signing key: {}", fingerprint(&public.jwk)),
    ])
}

fn change_keys(config: &Config, to: &std::path::Path, out: &std::path::Path) -> Result<Notes, ImportError> {
    const NAME: &str = "change.jws.json";
    let (before, made) = (DestinationKeys::read(&config.keys_dir)?, DestinationKeys::read(to)?);
    if made.destination != config.destination || before.destination != config.destination {
        return Err(ImportError::OtherKeys);
    }
    let change = KeyChange {
        v: 1,
        iss: config.destination.as_str().to_owned(),
        aud: config.portal_url.clone(),
        at: now(),
        public: made.public(),
    };
    write_whole(out, NAME, &change.sign(&before.signing))
        .map_err(|error| ImportError::Io { what: format!("the file {NAME}"), error })?;
    Ok(vec![format!("{NAME} is written; fingerprint of the new signing key: {}", fingerprint(&made.public().jwk))])
}

async fn review(job: &Job, deed: Option<ReviewDeed>) -> Result<Notes, ImportError> {
    let key = |which: Which| EntryKey { id: which.id, rev: which.rev };
    match deed {
        None => review::list(job).await,
        Some(ReviewDeed::Show(which)) => review::show(job, &key(which)).await,
        Some(ReviewDeed::Decide { which, person, verdict }) => {
            let verdict = match (verdict.atena, verdict.reject) {
                (Some(number), _) => Verdict::Resident(number),
                (None, reason) => Verdict::Reject(reason.unwrap_or_default()),
            };
            let mut notes = review::decide(job, &key(which), Opinion { person, verdict }).await?;
            notes.extend(job.finish(None, Step::Signed).await?);
            Ok(notes)
        }
    }
}

async fn status(config: &Config) -> Result<Notes, ImportError> {
    if !config.state.exists() {
        return Ok(vec!["nothing was imported yet".to_owned()]);
    }
    let state = State::look(&config.state).await?;
    let counts = state.counts().await?;
    state.close().await;
    Ok(vec![
        format!("last batch: {}", counts.last_seq),
        format!("entries taken in: {}", counts.imported),
        format!("entries that wait: {}", counts.held),
        format!("entries sent back: {}", counts.rejected),
        format!("filings withdrawn: {}", counts.withdrawn),
        format!("files to be written: {}", counts.unwritten),
        format!("receipts to be acknowledged: {}", counts.unacknowledged),
        format!("receipts refused by the portal: {}", counts.refused),
    ])
}

/// Now. The clock is read here and nowhere else.
fn now() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
