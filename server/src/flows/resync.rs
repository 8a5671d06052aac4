//! 「再同期」 A portal that was restored from a backup, and the back office that has read more than it knows. Invariant: nothing is
//! sealed until two people have brought the back office's signed note; then the ledger says again what was handed over, and
//! the next batch follows the last one that was read.

use handover::{DestinationPublic, EntryResult, Error, Manifest, Outcome, ResyncNote, sha256_hex};
use intake::{
    access::permit_resync,
    case::Stage,
    ids::{DestinationId, ReceiptNumber},
    time::Instant,
};

use super::{FlowError, content, hand_over, review, take_receipt::settle};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, StoreError, WriteTx,
        audit::{Actor, Deed, Subject},
        batch::{self, Batch, NewEntry},
        case::{self, Author, CaseHead},
        outbox::MailPayload,
        resync as notes, staff,
    },
};

/// Why a note does not let the hand-over go on.
#[derive(Debug, thiserror::Error)]
pub enum ResyncError {
    /// It is not a note of this destination for this portal.
    #[error("the note is refused: {0}")]
    Note(#[from] Error),
    /// There is no such destination.
    #[error("there is no such destination")]
    NoDestination,
    /// Nobody of the staff has this user id, or not any more.
    #[error("nobody of the staff has this user id")]
    NoStaff,
    /// The second yes must be another person's.
    #[error("another person must bring the note the second time")]
    SamePerson,
    /// The note begins after a batch that is not here.
    #[error("the note begins after batch {0}, and the portal ends with batch {1}: make it with --after {1}")]
    Gap(u64, u64),
    /// The portal has sealed batches of its own under numbers that the back office has read otherwise.
    #[error(
        "batch {0} is another here than in the back office: it was sealed after the restore, before the portal was stopped"
    )]
    Forked(u64),
    /// Something failed.
    #[error(transparent)]
    Flow(FlowError),
}

impl From<StoreError> for ResyncError {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

impl From<FlowError> for ResyncError {
    fn from(error: FlowError) -> Self {
        Self::Flow(error)
    }
}

/// What became of a note.
#[derive(Debug, PartialEq, Eq)]
pub enum Resynced {
    /// The first person has brought it.
    Proposed,
    /// The second has, and the hand-over goes on: so many batches were put back, and these filings are in them and not here.
    Done {
        /// Batches.
        batches: usize,
        /// 「受付番号」 What was filed after the backup was made.
        lost: Vec<ReceiptNumber>,
    },
}

/// Stops the hand-over to every destination, because the database was put back. How many.
///
/// # Errors
/// When the database fails.
pub async fn stop_after_restore(portal: &Portal) -> Result<usize, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let mut entries = Vec::new();
    for destination in batch::destinations(&mut tx).await? {
        let id = destination.destination_id;
        if notes::stop(&mut tx, &id, now).await? {
            let entry = AuditEntry::done(now, Actor::Operator, Deed::HandoverStopped);
            entries.push(entry.on(Subject::Destination(id)));
        }
    }
    let stopped = entries.len();
    if stopped > 0 {
        tx.commit_all(entries).await?;
    }
    Ok(stopped)
}

/// Takes a note that somebody brings; the second person's yes does it.
///
/// # Errors
/// See [`ResyncError`]; then nothing was done.
pub async fn resync(
    portal: &Portal,
    destination: &DestinationId,
    document: &[u8],
    user_id: &str,
    letter: impl Fn(Outcome, &str) -> MailPayload + Send + Sync,
) -> Result<Resynced, ResyncError> {
    let (now, sha256) = (portal.clock.now(), sha256_hex(document));
    let mut tx = portal.database.write().await?;
    let found = batch::find_destination(&mut tx, destination).await?.ok_or(ResyncError::NoDestination)?;
    let public = DestinationPublic::from_json(&found.public_json)?;
    let note = ResyncNote::read(document, &public, portal.config.public_url.origin())?;
    let person = staff::find_by_user_id(&mut tx, user_id).await?.filter(|one| one.disabled_at.is_none());
    let person = person.ok_or(ResyncError::NoStaff)?;
    let deed =
        |deed| AuditEntry::done(now, Actor::Staff(person.staff_id), deed).on(Subject::Destination(destination.clone()));
    let Some((first, second_at)) = notes::proposed(&mut tx, destination, &sha256).await? else {
        notes::propose(&mut tx, destination, (&sha256, document), person.staff_id, now).await?;
        tx.commit_all(vec![deed(Deed::ResyncProposed)]).await?;
        return Ok(Resynced::Proposed);
    };
    if second_at.is_some() {
        return Ok(Resynced::Done { batches: 0, lost: Vec::new() });
    }
    let other = staff::find(&mut tx, first).await?.ok_or(ResyncError::NoStaff)?;
    if !person.is_another_person(&other) {
        return Err(ResyncError::SamePerson);
    }
    let (mut deeds, mut lost, mut batches) = (Vec::new(), Vec::new(), 0);
    for read in &note.batches {
        let (document, manifest_sha256, manifest) = read.manifest()?;
        if is_here(&mut tx, destination, &manifest, &manifest_sha256).await? {
            continue;
        }
        let back = PutBack { portal, destination, manifest: &manifest, now };
        back.ledger(&mut tx, document, manifest_sha256).await?;
        lost.extend(back.entries(&mut tx, &mut deeds).await?);
        back.results(&mut tx, &read.results, &mut deeds, &letter).await?;
        batches += 1;
    }
    check_end(&mut tx, destination, &note).await?;
    notes::confirm(&mut tx, destination, &sha256, person.staff_id, now).await?;
    notes::go_on(&mut tx, destination).await?;
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    deeds.push(deed(Deed::ResyncDone).with("batches", count(batches)).with("lost", count(lost.len())));
    tx.commit_all(deeds).await?;
    Ok(Resynced::Done { batches, lost })
}

/// Whether the portal has this very batch; when it is the next one, it has not.
async fn is_here(
    tx: &mut WriteTx,
    destination: &DestinationId,
    manifest: &Manifest,
    sha256: &str,
) -> Result<bool, ResyncError> {
    let latest = batch::latest(tx, destination).await?;
    let last = latest.as_ref().map_or(0, |latest| latest.seq.unsigned_abs());
    if manifest.seq > last + 1 {
        return Err(ResyncError::Gap(manifest.seq - 1, last));
    }
    if manifest.seq == last + 1 {
        let before = latest.map_or(handover::manifest::NO_PREVIOUS.to_owned(), |latest| latest.manifest_sha256);
        return if manifest.prev == before { Ok(false) } else { Err(ResyncError::Forked(last)) };
    }
    let known = batch::find(tx, destination, manifest.seq.cast_signed()).await?;
    match known {
        Some(known) if known.manifest_sha256 == sha256 => Ok(true),
        _ => Err(ResyncError::Forked(manifest.seq)),
    }
}

/// The last batch that was read must be here now, as it was read.
async fn check_end(tx: &mut WriteTx, destination: &DestinationId, note: &ResyncNote) -> Result<(), ResyncError> {
    if note.last_seq == 0 {
        return Ok(());
    }
    match batch::find(tx, destination, note.last_seq.cast_signed()).await? {
        Some(known) if known.manifest_sha256 == note.last_manifest_sha256 => Ok(()),
        Some(_) => Err(ResyncError::Forked(note.last_seq)),
        None => {
            let last = batch::latest(tx, destination).await?.map_or(0, |latest| latest.seq.unsigned_abs());
            Err(ResyncError::Gap(note.last_seq, last))
        }
    }
}

/// A batch that is put back into the ledger.
struct PutBack<'a> {
    portal: &'a Portal,
    destination: &'a DestinationId,
    manifest: &'a Manifest,
    now: Instant,
}

impl PutBack<'_> {
    async fn ledger(&self, tx: &mut WriteTx, document: Vec<u8>, manifest_sha256: String) -> Result<(), FlowError> {
        let row = Batch {
            destination_id: self.destination.clone(),
            seq: self.manifest.seq.cast_signed(),
            manifest: document,
            manifest_sha256,
            // The announcement of those days is lost; nobody fetches this batch again.
            keys_document: Vec::new(),
            entry_count: i64::try_from(self.manifest.entries.len()).unwrap_or(i64::MAX),
            byte_count: 0,
            created_at: self.manifest.created_at,
            settled_at: None,
        };
        batch::insert(tx, &row, &[], &[]).await?;
        let recalled = &self.manifest.withdrawn;
        Ok(batch::insert_recalls(tx, self.destination, row.seq, recalled).await?)
    }

    /// The entries whose cases are here; the numbers of the others.
    async fn entries(&self, tx: &mut WriteTx, deeds: &mut Vec<AuditEntry>) -> Result<Vec<ReceiptNumber>, FlowError> {
        let mut lost = Vec::new();
        for entry in &self.manifest.entries {
            let Some(head) = case::find_by_receipt_number(tx, &entry.id).await? else {
                lost.push(entry.id.clone());
                continue;
            };
            let new = NewEntry { receipt_number: &entry.id, rev: entry.rev, case_id: head.case_id, papers_left_out: 0 };
            batch::insert_entry(tx, self.destination, self.manifest.seq.cast_signed(), &new).await?;
            if head.rev != entry.rev {
                continue;
            }
            if head.stage == Stage::Confirmed {
                hand_over::hand_over(self.portal, tx, &head, self.now).await?;
                let deed = Deed::Commanded(intake::case::CommandKind::Seal);
                deeds.push(AuditEntry::done(self.now, Actor::Portal, deed).on(Subject::Case(head.case_id)));
            } else if !matches!(head.stage, Stage::Withdrawn | Stage::Declined) {
                // It is being decided on once more: what comes of it goes as the next revision.
                self.next_revision(tx, head).await?;
            }
        }
        Ok(lost)
    }

    async fn next_revision(&self, tx: &mut WriteTx, head: CaseHead) -> Result<(), FlowError> {
        let permit = permit_resync(head.case_id);
        let opened = match content::open(self.portal, tx, head, &permit).await {
            Err(FlowError::NotFound) => return Ok(()),
            other => other?,
        };
        let (head, rev) = (&opened.head, opened.head.rev + 1);
        opened.copy_newest(tx, rev, Author::Portal).await?;
        let command = intake::case::Command::Seal;
        let mut change = review::change(head, &review::state(head), &command, intake::case::Giver::Portal, self.now);
        change.rev = rev;
        if case::update_stage(tx, self.portal.deadlines(), head.case_id, head.version, &change).await? {
            Ok(())
        } else {
            Err(StoreError::Busy.into())
        }
    }

    async fn results(
        &self,
        tx: &mut WriteTx,
        results: &[EntryResult],
        deeds: &mut Vec<AuditEntry>,
        letter: &(impl Fn(Outcome, &str) -> MailPayload + Sync),
    ) -> Result<(), ResyncError> {
        for result in results {
            if let Some(entry) = batch::entry(tx, self.destination, &result.id, result.rev).await? {
                deeds.extend(settle(self.portal, tx, self.destination, &entry, result, letter).await?);
            }
        }
        batch::close_if_settled(tx, self.destination, self.manifest.seq.cast_signed(), self.now).await?;
        Ok(())
    }
}
