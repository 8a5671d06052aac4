//! `audit verify|export`. Invariant: reads only; what it prints can be compared with what batches carry.

use std::io::{BufWriter, Write};

use clap::Subcommand;

use super::Failure;
use crate::{portal::Portal, store::audit};

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Walk the whole chain; exit 1 with the first entry that is not as it was written
    Verify,
    /// Print every entry as one line of JSON
    Export,
}

pub(super) async fn run(portal: &Portal, command: &AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Verify => verify(portal).await,
        AuditCommand::Export => export(portal).await,
    }
}

async fn verify(portal: &Portal) -> Result<(), Failure> {
    let mut tx = portal.database.read().await?;
    let verified = audit::verify(&mut tx).await?;
    println!("{} entries, head {}", verified.size, hex(&verified.head));
    Ok(())
}

async fn export(portal: &Portal) -> Result<(), Failure> {
    const PAGE: i64 = 1_000;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut last = 0;
    loop {
        let entries = audit::after(&mut *portal.database.read().await?, last, PAGE).await?;
        let Some(newest) = entries.last() else { break };
        last = newest.seq;
        for entry in &entries {
            let line = serde_json::json!({
                "seq": entry.seq,
                "at": entry.at.rfc3339_in_japan(),
                "at_micros": entry.at.micros(),
                "actor": { "kind": entry.actor_kind, "id": entry.actor_id },
                "deed": entry.deed,
                "subject": { "kind": entry.subject_kind, "id": entry.subject_id },
                "outcome": entry.outcome,
                "detail": serde_json::from_str::<serde_json::Value>(&entry.detail)?,
                "request_id": entry.request_id,
                "entry_hash": hex(&entry.entry_hash),
            });
            writeln!(out, "{line}")?;
        }
    }
    Ok(out.flush()?)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
