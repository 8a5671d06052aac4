//! 「ウイルス対策」 Scanning papers, and opening them for staff. Invariant: staff open what the scanner has passed; what waits or
//! was quarantined nobody opens, unless the installation does without a scanner by name. Each opening is an audit entry.

use intake::{
    access::{self, Action},
    ids::{PaperId, ReceiptNumber},
    time::{HOUR, MINUTE},
};

use super::{FlowError, content as contents, paper::content};
use crate::{
    portal::Portal,
    scan::Found,
    store::{
        AuditEntry, Record, StoreError, Upkeep,
        audit::{Actor, Deed, Subject},
        case,
        paper::{self, Paper, PaperState, ToScan, key_place},
        staff::Staff,
    },
};

/// Longer than one scan takes at most, for each of those that are leased at once.
const LEASE: i64 = 5 * MINUTE;
const AT_ONCE: i64 = 4;
/// So often a file is tried again that the scanner says it cannot read.
const READ_AGAIN: i64 = 3;
const FIRST_WAIT: i64 = MINUTE / 4;
const LONGEST_WAIT: i64 = HOUR / 4;

/// Scans the papers whose turn it is; how many have a result now. A scanner that does not answer ends the turn: the papers
/// wait, each longer than the time before.
///
/// # Errors
/// When the database fails.
pub async fn scan_due(portal: &Portal) -> Result<usize, FlowError> {
    let waiting = paper::waiting(&mut *portal.database.read().await?).await?;
    portal.metrics.papers_waiting.set(waiting);
    if !portal.config.scanner.is_on() || waiting == 0 {
        return Ok(0);
    }
    let mut done = 0;
    loop {
        let now = portal.clock.now();
        let mut tx = portal.database.write().await?;
        let due = paper::lease(&mut tx, now, now.plus(LEASE), AT_ONCE).await?;
        if due.is_empty() {
            return Ok(done);
        }
        tx.commit(Record::Upkeep(Upkeep::PaperScanAttempt)).await?;
        for one in &due {
            done += usize::from(scan_one(portal, one).await?);
        }
    }
}

async fn put_off(portal: &Portal, one: &ToScan) -> Result<(), FlowError> {
    let doublings = u32::try_from(one.scans.clamp(0, 10)).unwrap_or_default();
    let until = portal.clock.now().plus((FIRST_WAIT << doublings).min(LONGEST_WAIT));
    let mut tx = portal.database.write().await?;
    paper::put_off(&mut tx, one.paper_id, until).await?;
    Ok(tx.commit(Record::Upkeep(Upkeep::PaperScanAttempt)).await?)
}

async fn scan_one(portal: &Portal, one: &ToScan) -> Result<bool, FlowError> {
    let mut tx = portal.database.read().await?;
    let owner = portal.seal.unwrap_key(&one.wrapped_key)?;
    let key = owner.open_key(&key_place(one.paper_id), &one.key_sealed)?;
    let file = content(&mut tx, &key, one.paper_id).await?;
    drop(tx);
    // No network inside a transaction.
    let found = match portal.config.scanner.scan(&file).await {
        // It may have been the scanner's own trouble.
        Ok(Some(Found::Unreadable)) if one.scans < READ_AGAIN => {
            put_off(portal, one).await?;
            return Ok(false);
        }
        Ok(Some(found)) => found,
        Ok(None) => return Ok(false),
        Err(error) => {
            put_off(portal, one).await?;
            tracing::warn!(%error, scans = one.scans + 1, "a paper was not scanned and waits");
            return Ok(false);
        }
    };
    let (state, word) = match found {
        Found::Nothing => (PaperState::Clean, "clean"),
        Found::Something => (PaperState::Quarantined, "quarantined"),
        Found::Unreadable => (PaperState::Error, "error"),
    };
    let mut tx = portal.database.write().await?;
    if !paper::scanned(&mut tx, one.paper_id, state).await? {
        return Ok(false);
    }
    let mut entry = AuditEntry::done(portal.clock.now(), Actor::Portal, Deed::PaperScanned).with("result", word);
    entry.subject = one.case_id.map(Subject::Case).or(one.draft_id.map(Subject::Draft));
    tx.commit(Record::Deed(entry)).await?;
    portal.metrics.paper(word);
    Ok(true)
}

/// Whether a paper can be opened by who may.
#[must_use]
pub fn can_be_opened(portal: &Portal, found: &Paper) -> bool {
    match found.state {
        PaperState::Clean => true,
        PaperState::Pending => !portal.config.scanner.is_on(),
        PaperState::Coming | PaperState::Quarantined | PaperState::Error => false,
    }
}

/// A paper, opened for a member of staff.
pub struct OpenPaper {
    /// `image/jpeg` or `application/pdf`.
    pub media_type: String,
    /// Its place among the papers of the case, from 1.
    pub number: usize,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Opens a paper of a case.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none, the role may not open it, or it has not passed its scan.
pub async fn open_for_staff(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    id: PaperId,
) -> Result<OpenPaper, FlowError> {
    let mut tx = portal.database.read().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), Deed::PaperOpened);
    let entry = entry.on(Subject::Case(head.case_id));
    let Some(permit) = access::permit(staff.staff_id, staff.roles, Action::OpenPaper, head.case_id, head.compartment)
    else {
        drop(tx);
        portal.database.write().await?.commit(Record::Deed(entry.refused().with("reason", "not_allowed"))).await?;
        return Err(FlowError::NotFound);
    };
    let open = contents::open(portal, &mut tx, head, &permit).await?;
    let papers = paper::sent_of_case(&mut tx, &permit).await?;
    let place = papers.iter().position(|paper| paper.paper_id == id).ok_or(FlowError::NotFound)?;
    let found = &papers[place];
    let place_in_log = i64::try_from(place + 1).unwrap_or(i64::MAX);
    let entry = entry.with("paper", place_in_log);
    if !can_be_opened(portal, found) {
        drop(tx);
        let refused = entry.refused().with("reason", found.state.as_str());
        portal.database.write().await?.commit(Record::Deed(refused)).await?;
        return Err(FlowError::NotFound);
    }
    let key = open.key.open_key(&key_place(id), &found.key_sealed)?;
    let bytes = content(&mut tx, &key, id).await?;
    drop(tx);
    let media_type = found.media_type.clone();
    let media_type = media_type.ok_or_else(|| StoreError::Corrupt("a paper of no kind".to_owned()))?;
    // Whoever is shown it is recorded first.
    portal.database.write().await?.commit(Record::Deed(entry)).await?;
    Ok(OpenPaper { media_type, number: place + 1, bytes })
}
