//! Receipts, made and sent (`handover.md` §6). Invariant: a receipt is kept before it leaves, and is sent until the portal
//! acknowledges it or refuses it for good.

use std::path::Path;

use handover::{EntryResult, Outcome, Receipt};

use crate::{
    error::ImportError,
    job::{Job, Notes},
    output::write_whole,
    portal::{Portal, PortalError},
    state::{StoredReceipt, UnreceiptedOutcome},
};

/// The statuses with which the portal refuses a receipt for good; everything else is tried again.
const REFUSED_FOR_GOOD: [u16; 5] = [400, 409, 410, 413, 422];

impl Job {
    pub(crate) async fn sign_receipts(&self) -> Result<Notes, ImportError> {
        let mut notes = Vec::new();
        for batch in self.state().unreceipted().await? {
            let results = batch.outcomes.iter().map(entry_result);
            let receipt = Receipt {
                v: 1,
                iss: self.config().destination.as_str().to_owned(),
                aud: self.config().portal_url.clone(),
                seq: batch.seq,
                manifest_sha256: batch.manifest_sha256.clone(),
                jti: random_name(),
                results: results.collect(),
            };
            let (jti, document) = (receipt.jti.clone(), receipt.sign(&self.keys().signing));
            let stored = StoredReceipt { jti, seq: batch.seq, document };
            self.state().keep_receipt(&stored, &batch.outcomes, self.now()).await?;
            notes.push(format!("batch {}: a receipt over {} entries is made", batch.seq, batch.outcomes.len()));
        }
        Ok(notes)
    }

    /// Sends the receipts that wait, in the order in which they were made.
    ///
    /// # Errors
    /// When the portal cannot take them now, or refused some for good.
    pub async fn send_receipts(&self, portal: &Portal) -> Result<Notes, ImportError> {
        let (mut notes, mut refused) = (Vec::new(), 0);
        for receipt in self.state().waiting_receipts().await? {
            let status = portal.send_receipt(&receipt.document)?;
            if status == 200 {
                notes.push(format!("batch {}: the portal has acknowledged the receipt", receipt.seq));
            } else if REFUSED_FOR_GOOD.contains(&status) {
                refused += 1;
            } else {
                return Err(PortalError::Status { status, what: "taking a receipt" }.into());
            }
            self.state().receipt_answered(&receipt.jti, status, self.now()).await?;
        }
        if refused == 0 { Ok(notes) } else { Err(ImportError::ReceiptsRefused(refused)) }
    }

    /// Writes the receipts that were neither acknowledged nor carried yet into a folder, for an officer to carry.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn carry_receipts(&self, folder: &Path) -> Result<Notes, ImportError> {
        let mut notes = Vec::new();
        for receipt in self.state().uncarried_receipts().await? {
            let name = format!("receipt-{:06}-{}.jws.json", receipt.seq, &receipt.jti[..8]);
            write_whole(folder, &name, &receipt.document)
                .map_err(|error| ImportError::Io { what: format!("the file {name}"), error })?;
            self.state().receipt_carried(&receipt.jti, self.now()).await?;
            notes.push(format!("{name} is written"));
        }
        Ok(notes)
    }
}

/// An outcome as a receipt says it.
pub(crate) fn entry_result(outcome: &UnreceiptedOutcome) -> EntryResult {
    EntryResult {
        id: outcome.key.id.clone(),
        rev: outcome.key.rev,
        result: match outcome.result.as_str() {
            "imported" => Outcome::Imported,
            "held" => Outcome::Held,
            _ => Outcome::Rejected,
        },
        reason: outcome.reason.clone(),
        at: outcome.at,
        recorded: None,
    }
}

pub(crate) fn random_name() -> String {
    let mut random = [0_u8; 16];
    rand::fill(&mut random);
    random.iter().fold(String::with_capacity(32), |text, byte| text + &format!("{byte:02x}"))
}
