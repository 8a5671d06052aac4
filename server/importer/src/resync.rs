//! 「再同期」 A note for a portal that was restored from a backup: what was read here since. Invariant: it is signed, kept in the
//! output folder, and changes nothing here: once the portal has it, its next batch follows the last one that was read.

use std::path::Path;

use handover::{ReadBatch, ResyncNote};

use crate::{
    error::ImportError,
    job::{Job, Notes},
    output::write_whole,
    receipts::entry_result,
    trust::chain,
};

impl Job {
    /// Writes the note: batches after the last one that the portal still has.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn write_resync_note(&self, after: u64, out: &Path) -> Result<Notes, ImportError> {
        let chain = chain(self.state()).await?;
        let mut batches = Vec::new();
        for (seq, manifest) in self.state().manifests_after(after).await? {
            let outcomes = self.state().outcomes_of(seq).await?;
            batches.push(ReadBatch::new(&manifest, outcomes.iter().map(entry_result).collect()));
        }
        let last_seq = chain.last();
        let note = ResyncNote {
            v: 1,
            iss: self.config().destination.as_str().to_owned(),
            aud: self.config().portal_url.clone(),
            at: self.now(),
            last_seq,
            last_manifest_sha256: chain.manifests.get(&last_seq).cloned().unwrap_or_default(),
            batches,
        };
        let name = format!("resync-{last_seq:06}.jws.json");
        write_whole(out, &name, &note.sign(&self.keys().signing))
            .map_err(|error| ImportError::Io { what: format!("the file {name}"), error })?;
        Ok(vec![
            format!("{name} is written: {} batches, the last one read is {last_seq}", note.batches.len()),
            "two people give it to the portal: madoguchi handover resync".to_owned(),
        ])
    }
}
