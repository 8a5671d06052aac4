//! The demo's import job. Invariant: it is the real program, as a process of its own with its own keys; the portal knows
//! nothing of it but what comes over HTTP.

use std::{path::PathBuf, process::Stdio, time::Duration};

use tokio::{process::Command, sync::watch};

use super::handbook::Handbook;

const EVERY: Duration = Duration::from_secs(60);
/// The first batch is sealed soon after the start.
const FIRST: Duration = Duration::from_secs(10);

/// The program, if it lies beside this one.
#[must_use]
pub fn program() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok()?.with_file_name("madoguchi-import");
    beside.exists().then_some(beside)
}

/// Runs the import job every minute until `stop` says so.
pub async fn run(program: PathBuf, handbook: Handbook, mut stop: watch::Receiver<bool>) {
    let mut wait = FIRST;
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stop.wait_for(|stopping| *stopping) => return,
        }
        wait = EVERY;
        let job = Command::new(&program)
            .arg("pull")
            .arg("--config")
            .arg(&handbook.import_config)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        match job.await {
            Ok(done) if done.status.success() => tracing::info!("the import job has run"),
            Ok(done) => {
                let said = String::from_utf8_lossy(&done.stderr);
                tracing::warn!(said = said.trim(), "the import job did not do all of it");
            }
            Err(error) => tracing::warn!(%error, "the import job did not start"),
        }
    }
}
