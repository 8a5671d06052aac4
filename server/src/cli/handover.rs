//! `handover …` and `keys …`. Invariant: what an officer carries is byte for byte what a job would fetch, and what an
//! officer brings back is checked like what a job sends.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use handover::{archive::folder_name, fingerprint};
use intake::ids::DestinationId;

use super::Failure;
use crate::{
    flows::{
        FlowError, hand_over, import_job,
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
    /// Write a batch as a folder, or as FILE.tar, to be carried
    Export(Export),
    /// Take a receipt that was carried
    Receipt {
        /// The receipt, as the import job wrote it
        file: PathBuf,
        #[command(flatten)]
        which: Which,
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
    /// The number of the batch
    seq: i64,
    /// A folder, in which the batch's folder is made, or a file that ends with .tar
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    #[command(flatten)]
    which: Which,
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
        HandoverCommand::Receipt { file, which } => receipt(portal, file, which).await,
        HandoverCommand::Status(which) => status(portal, which).await,
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

async fn write(portal: &Portal, export: &Export) -> Result<(), Failure> {
    let id = export.which.id(portal).await?;
    let files = import_job::carried(portal, &id, export.seq).await.map_err(|error| match error {
        FlowError::NotFound => Failure::new("there is no such batch, or its files were deleted when it was settled"),
        other => other.into(),
    })?;
    let seq = u64::try_from(export.seq)?;
    let path = if export.out.extension().is_some_and(|end| end == "tar") {
        files.write_tar(seq, fs::File::create_new(&export.out)?)?;
        export.out.clone()
    } else {
        files.write_folder(seq, &export.out)?;
        export.out.join(folder_name(seq))
    };
    println!("{}", path.display());
    Ok(())
}

async fn receipt(portal: &Portal, file: &Path, which: &Which) -> Result<(), Failure> {
    let id = which.id(portal).await?;
    match take_receipt(portal, &id, &fs::read(file)?, letters::taken_in).await {
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
    match resync::resync(portal, &id, &fs::read(note)?, person, letters::taken_in).await? {
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
