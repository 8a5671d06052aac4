//! `handover …` and `keys …`. Invariant: what an officer carries is byte for byte what a job would fetch, and what an
//! officer brings back is checked like what a job sends.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use handover::{Algorithm, SigningKey, Written, archive::folder_name, fingerprint};
use intake::ids::{CarriageId, DestinationId};

use super::Failure;
use crate::{
    flows::{
        FlowError, hand_over, media,
        resync::{self, Resynced},
        signing_keys,
        take_receipt::{ReceiptError, Taken, take_receipt},
    },
    letters,
    portal::Portal,
    store::{StoreError, batch},
};

#[derive(Debug, Subcommand)]
pub(super) enum HandoverCommand {
    /// The back offices that batches go to
    #[command(subcommand)]
    Destination(DestinationCommand),
    /// Seal what is confirmed, now
    Seal(Which),
    /// Write a batch onto a medium: `/staff/media` registers medium and terminal, and two people allow it there
    Export(Export),
    /// Make the signing key of a terminal; its public half is registered on `/staff/media`
    TerminalKey {
        /// The file to write; only this program's account can read it
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Take a receipt that was carried
    Receipt {
        /// The receipt, as the import job wrote it
        file: PathBuf,
        #[command(flatten)]
        which: Which,
    },
    /// Write what a vendor needs who makes another import job: pages, JSON Schemas, and a sample with test keys
    Kit {
        /// The folder to be made, or an empty one
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
    /// List the batches with what became of them
    Status(Which),
    /// After the database was put back by its own tool (`madoguchi restore` does it by itself): seal nothing until `resync`
    Stop,
    /// After a restore: go on after the last batch that the back office has read; two people bring its signed note
    Resync {
        /// The note that `madoguchi-import resync` wrote
        note: PathBuf,
        /// Who brings it: the user id of a member of staff; the second time another person's
        #[arg(long, value_name = "USER_ID")]
        person: String,
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum DestinationCommand {
    /// Add a destination by the public.json that `madoguchi-import keygen` wrote
    Add {
        /// public.json
        file: PathBuf,
    },
    /// Take new keys of a destination that its old ones have signed: the file of `madoguchi-import change-keys`
    Change {
        /// change.jws.json
        file: PathBuf,
        #[command(flatten)]
        which: Which,
    },
    /// List all destinations
    List,
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// The destination; not needed while there is one
    #[arg(long, value_name = "ID")]
    destination: Option<DestinationId>,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The number of the approved carriage, as `/staff/media` shows it
    carriage: CarriageId,
    /// The signing key of this terminal
    #[arg(long, value_name = "FILE")]
    terminal: PathBuf,
    /// A folder on the medium, in which the batch's folder is made, or a file there that ends with .tar
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Print the signing keys, each with the fingerprint to read aloud
    Show,
    /// Announce a new signing key; it signs after a week
    Rotate,
}

pub(super) async fn run(portal: &Portal, command: &HandoverCommand) -> Result<(), Failure> {
    match command {
        HandoverCommand::Destination(DestinationCommand::Add { file }) => add(portal, file).await,
        HandoverCommand::Destination(DestinationCommand::Change { file, which }) => {
            let id = which.id(portal).await?;
            let fingerprint = hand_over::change_destination(portal, &id, &fs::read(file)?).await?;
            println!("the next batch for {id} is sealed for its new keys; its new signing key:\n\t{fingerprint}");
            Ok(())
        }
        HandoverCommand::Destination(DestinationCommand::List) => list(portal).await,
        HandoverCommand::Seal(which) => seal(portal, which).await,
        HandoverCommand::Export(export) => write(portal, export).await,
        HandoverCommand::TerminalKey { out } => terminal_key(out),
        HandoverCommand::Receipt { file, which } => receipt(portal, file, which).await,
        HandoverCommand::Status(which) => status(portal, which).await,
        HandoverCommand::Kit { out } => kit(out),
        HandoverCommand::Stop => {
            println!("stopped: {} destinations", resync::stop_after_restore(portal).await?);
            Ok(())
        }
        HandoverCommand::Resync { note, person, which } => bring(portal, note, person, which).await,
    }
}

pub(super) async fn run_keys(portal: &Portal, command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Show => signing_keys::keep(portal).await?,
        KeysCommand::Rotate => match signing_keys::rotate(portal).await? {
            Some(_) => println!("a new key is announced; it signs after a week"),
            None => return Err(Failure::new("a new key is announced already and waits for its week")),
        },
    }
    let (announcement, _) = signing_keys::published(portal).await?;
    let now = portal.clock.now();
    for key in announcement.keys {
        let state = match (key.active_at, key.retired_at) {
            (_, Some(retired)) if retired <= now => format!("retired {}", retired.minute_in_japan()),
            (Some(active), _) => format!("active since {}", active.minute_in_japan()),
            (None, _) => format!("announced {}", key.announced_at.minute_in_japan()),
        };
        println!("{}\t{state}\t{}", key.jwk.alg.as_str(), key.jwk.kid);
        println!("\t{}", fingerprint(&key.jwk));
    }
    Ok(())
}

async fn add(portal: &Portal, file: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(file)?;
    let added = hand_over::add_destination(portal, &text).await.map_err(|error| match error {
        FlowError::Store(StoreError::Duplicate) => Failure::new("there is a destination with this id"),
        other => other.into(),
    })?;
    println!("{added} is added");
    Ok(())
}

async fn list(portal: &Portal) -> Result<(), Failure> {
    for one in batch::destinations(&mut *portal.database.read().await?).await? {
        let state = if one.disabled_at.is_some() { "disabled" } else { "enabled" };
        println!("{}\t{state}\t{}", one.destination_id, one.added_at.minute_in_japan());
    }
    Ok(())
}

impl Which {
    async fn id(&self, portal: &Portal) -> Result<DestinationId, Failure> {
        if let Some(id) = &self.destination {
            return Ok(id.clone());
        }
        let mut found = hand_over::destinations(portal).await?;
        if found.len() > 1 {
            return Err(Failure::new("there are several destinations: name one with --destination"));
        }
        found.pop().map(|one| one.destination_id).ok_or_else(|| Failure::new("there is no destination: add one first"))
    }
}

async fn seal(portal: &Portal, which: &Which) -> Result<(), Failure> {
    let id = which.id(portal).await?;
    let mut sealed_any = false;
    loop {
        let sealed = hand_over::seal_batch(portal, &id).await.map_err(|error| match error {
            FlowError::NotFound => Failure::new(format!("there is no destination {id} that is enabled")),
            other => other.into(),
        })?;
        let Some(sealed) = sealed else { break };
        sealed_any = true;
        println!(
            "{id}\t{}\t{} entries\t{} withdrawn\t{} papers",
            sealed.seq, sealed.entries, sealed.withdrawn, sealed.papers
        );
    }
    if !sealed_any {
        println!("nothing waits that is confirmed or was withdrawn");
    }
    Ok(())
}

/// Under its name the batch is whole or not there, and it is there only when the ledger says so.
async fn write(portal: &Portal, export: &Export) -> Result<(), Failure> {
    let key = SigningKey::from_pem(&fs::read_to_string(&export.terminal)?)?;
    let prepared = media::prepare(portal, export.carriage).await?;
    let seq = prepared.carriage.seq.unsigned_abs();
    let is_tar = export.out.extension().is_some_and(|end| end == "tar");
    let path = if is_tar { export.out.clone() } else { export.out.join(folder_name(seq)) };
    if path.try_exists()? {
        return Err(Failure::new(format!("{} is there already", path.display())));
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unfinished = tempfile::Builder::new().prefix(".unfinished-").tempdir_in(folder)?;
    let made = if is_tar {
        let made = unfinished.path().join("batch.tar");
        let file = fs::File::create_new(&made)?;
        prepared.files.write_tar(seq, &file)?;
        file.sync_all()?;
        made
    } else {
        prepared.files.write_folder(seq, unfinished.path())?;
        unfinished.path().join(folder_name(seq))
    };
    let written = Written {
        v: 1,
        carriage: export.carriage,
        manifest_sha256: prepared.carriage.manifest_sha256,
        at: portal.clock.now(),
    };
    media::write(portal, export.carriage, &written.sign(&key)).await?;
    fs::rename(made, &path)?;
    fs::File::open(folder)?.sync_all()?;
    println!("{}", path.display());
    Ok(())
}

fn terminal_key(out: &Path) -> Result<(), Failure> {
    let key = SigningKey::generate(Algorithm::Es256);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(out)?;
    file.write_all(key.to_pem()?.as_bytes())?;
    file.sync_all()?;
    println!("{}", serde_json::to_string(key.jwk())?);
    println!("fingerprint\t{}", fingerprint(key.jwk()));
    Ok(())
}

/// Needs no installation.
pub(super) fn kit(out: &Path) -> Result<(), Failure> {
    if out.try_exists()? && (!out.is_dir() || fs::read_dir(out)?.next().is_some()) {
        return Err(Failure::new(format!("{} is not empty: name a folder that is empty or not there", out.display())));
    }
    handover::kit::write(out)?;
    println!("{}", out.join("README.md").display());
    Ok(())
}

async fn receipt(portal: &Portal, file: &Path, which: &Which) -> Result<(), Failure> {
    let id = which.id(portal).await?;
    match take_receipt(portal, &id, &fs::read(file)?, letters::settled).await {
        Ok(Taken::Now(entries)) => println!("taken: it says something new of {entries} entries"),
        Ok(Taken::Before) => println!("all of it was known before"),
        Err(ReceiptError::NotFound) => return Err(Failure::new("there is no such destination or batch")),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

async fn status(portal: &Portal, which: &Which) -> Result<(), Failure> {
    let id = which.id(portal).await?;
    let mut tx = portal.database.read().await?;
    let mut last = 0;
    loop {
        let batches = batch::list_after(&mut tx, &id, last, 100).await?;
        let Some(newest) = batches.last() else { return Ok(()) };
        last = newest.seq;
        for one in &batches {
            let entries = batch::entries(&mut tx, &id, one.seq).await?;
            let count = |result: &str| entries.iter().filter(|entry| entry.result.as_deref() == Some(result)).count();
            let open = entries.iter().filter(|entry| entry.result.is_none()).count();
            let (imported, held, rejected) = (count("imported"), count("held"), count("rejected"));
            let state = if one.settled_at.is_some() { "settled" } else { "open" };
            let at = one.created_at.minute_in_japan();
            println!("{}\t{at}\t{state}\t{imported} imported\t{held} held\t{rejected} rejected\t{open} open", one.seq);
        }
    }
}

async fn bring(portal: &Portal, note: &Path, person: &str, which: &Which) -> Result<(), Failure> {
    let id = which.id(portal).await?;
    match resync::resync(portal, &id, &fs::read(note)?, person, letters::settled).await? {
        Resynced::Proposed => println!("noted; another person must bring the same note"),
        Resynced::Done { batches, lost } => {
            println!("{batches} batches are put back; the hand-over to {id} goes on");
            for number in lost {
                println!("{number}\tis in the back office and not here: it was filed after the backup was made");
            }
        }
    }
    Ok(())
}
