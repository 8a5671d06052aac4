//! `backup FILE` and `restore FILE`. Invariant: neither overwrites a file; what is restored was opened and verified with
//! this installation's master key before it takes its place.

use std::{fs, path::Path};

use super::Failure;
use crate::{
    clock::Clock,
    config::Config,
    flows::resync,
    portal::Portal,
    store::{
        AuditEntry, Record,
        audit::{self, Actor, Deed},
    },
};

pub(super) async fn backup(portal: &Portal, file: &Path) -> Result<(), Failure> {
    if file.exists() {
        return Err(Failure::new("the file exists; a backup overwrites nothing"));
    }
    let path = file.to_str().ok_or_else(|| Failure::new("the name of the file must be UTF-8"))?;
    // The entry comes first, so that the copy tells of itself.
    let entry = AuditEntry::done(portal.clock.now(), Actor::Operator, Deed::BackedUp);
    portal.database.write().await?.commit(Record::Deed(entry)).await?;
    portal.database.copy_into(path).await?;
    fs::File::open(file)?.sync_all()?;
    println!("{} bytes; the master key is not in it and must be kept apart", fs::metadata(file)?.len());
    Ok(())
}

pub(super) async fn restore(config: Config, file: &Path) -> Result<(), Failure> {
    let Some(target) = config.database_url.strip_prefix("sqlite:") else {
        return Err(Failure::new("PostgreSQL is restored by its own tool: pg_restore or psql"));
    };
    let target = Path::new(target.strip_prefix("//").unwrap_or(target)).to_owned();
    let left_over = |end: &str| Path::new(&format!("{}{end}", target.display())).exists();
    if ["", "-wal", "-shm"].into_iter().any(left_over) {
        return Err(Failure::new("there is a database already; a restore overwrites nothing"));
    }
    let beside = target.with_extension("restoring");
    fs::copy(file, &beside)?;
    let verified = verify(config, &beside).await;
    if verified.is_ok() {
        fs::File::open(&beside)?.sync_all()?;
        fs::rename(&beside, &target)?;
    } else {
        fs::remove_file(&beside)?;
    }
    let (entries, stopped) = verified?;
    println!("restored; {entries} audit entries verified");
    if stopped > 0 {
        println!("the hand-over is stopped: see `madoguchi handover resync --help`");
    }
    Ok(())
}

/// How many audit entries it has, and to how many destinations nothing goes until two people let it go on: they may have read
/// more than this copy knows.
async fn verify(mut config: Config, copy: &Path) -> Result<(i64, usize), Failure> {
    config.database_url = format!("sqlite:{}", copy.display());
    let portal = Portal::open(config, Clock::System).await?;
    let verified = audit::verify(&mut *portal.database.read().await?).await;
    let stopped = resync::stop_after_restore(&portal).await;
    portal.database.close().await;
    for end in ["-wal", "-shm"] {
        drop(fs::remove_file(format!("{}{end}", copy.display())));
    }
    Ok((verified?.size, stopped?))
}
