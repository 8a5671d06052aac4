//! Taking a receipt (`handover.md` §6). Invariant: a receipt counts as a whole or not at all, and however often it comes:
//! what an entry is settled with once stays.

use std::collections::BTreeMap;

use handover::{DestinationPublic, EntryResult, Outcome, Receipt};
use intake::{
    case::{Command, Giver, Stage, decide},
    ids::{DestinationId, ReceiptNumber},
    time::{DAY, Instant},
};

use super::{FlowError, my_number, pregnancy_end, recorded, remind, review, statistics};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, StoreError, WriteTx,
        audit::{Actor, Deed, Subject},
        batch::{self, Entry, Settlement},
        case::{self, Author, NewEvent},
        outbox::MailPayload,
    },
};

/// For so long receipts may bear the signature of a key that the destination has changed.
const FORMER_KEYS_VERIFY: i64 = 28 * DAY;

/// What became of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It said something new of so many entries.
    Now(usize),
    /// All of it was known before; nothing happened.
    Before,
}

/// Why a receipt was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// It is not a receipt of this destination for this portal, or about another batch.
    #[error(transparent)]
    Refused(#[from] handover::Error),
    /// An entry was settled otherwise before.
    #[error("an entry was settled otherwise before")]
    Conflict,
    /// There is no such destination or batch.
    #[error("there is no such batch")]
    NotFound,
    /// Something failed.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

impl From<StoreError> for ReceiptError {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

/// Takes a receipt. `letter` gives the text of the mail that tells what became of a filing, by language.
///
/// # Errors
/// See [`ReceiptError`]; then nothing was done.
pub async fn take_receipt(
    portal: &Portal,
    destination: &DestinationId,
    document: &[u8],
    letter: impl Fn(Outcome, &str) -> MailPayload + Send + Sync,
) -> Result<Taken, ReceiptError> {
    let receipt = read(portal, destination, document).await?;
    // The same receipt twice at once: the second one waits, or is done anew and finds everything settled.
    for _ in 0..4 {
        match once(portal, destination, &receipt, document, &letter).await {
            Err(ReceiptError::Flow(FlowError::Store(StoreError::Duplicate | StoreError::Busy))) => {}
            other => return other,
        }
    }
    Err(StoreError::Busy.into())
}

/// Reads a receipt that the destination's key has signed, or one that it had until some weeks ago: a receipt is signed before it
/// is sent, and sent until it is taken.
async fn read(portal: &Portal, destination: &DestinationId, document: &[u8]) -> Result<Receipt, ReceiptError> {
    let mut tx = portal.database.read().await?;
    let found = batch::find_destination(&mut tx, destination).await?.ok_or(ReceiptError::NotFound)?;
    let former = batch::former_keys(&mut tx, destination).await?;
    drop(tx);
    let url = portal.config.public_url.origin();
    let first = Receipt::read(document, &DestinationPublic::from_json(&found.public_json)?, url);
    let Err(handover::Error::UnknownKey) = first else { return Ok(first?) };
    for (public_json, retired_at) in former {
        match Receipt::read(document, &DestinationPublic::from_json(&public_json)?, url) {
            Err(handover::Error::UnknownKey) => {}
            _ if retired_at.plus(FORMER_KEYS_VERIFY) <= portal.clock.now() => {
                return Err(handover::Error::RetiredKey.into());
            }
            other => return Ok(other?),
        }
    }
    Err(handover::Error::UnknownKey.into())
}

async fn once(
    portal: &Portal,
    destination: &DestinationId,
    receipt: &Receipt,
    document: &[u8],
    letter: &(impl Fn(Outcome, &str) -> MailPayload + Sync),
) -> Result<Taken, ReceiptError> {
    let now = portal.clock.now();
    let seq = i64::try_from(receipt.seq).map_err(|_| ReceiptError::NotFound)?;
    let mut tx = portal.database.write().await?;
    let found = batch::find(&mut tx, destination, seq).await?.ok_or(ReceiptError::NotFound)?;
    let entries = batch::entries(&mut tx, destination, seq).await?;
    let entries: BTreeMap<(&ReceiptNumber, i64), &Entry> =
        entries.iter().map(|entry| ((&entry.receipt_number, entry.rev), entry)).collect();
    receipt.check_batch(receipt.seq, &found.manifest_sha256, |id, rev| entries.contains_key(&(id, rev)))?;
    let (mut news, mut recorded) = (Vec::new(), Vec::new());
    for result in &receipt.results {
        let Some(entry) = entries.get(&(&result.id, result.rev)) else { continue };
        if is_news(entry, result.result)? {
            news.push((*entry, result));
        }
        recorded.extend(result.recorded.as_ref().map(|recorded| (entry.case_id, recorded)));
    }
    let mut deeds = Vec::new();
    for (entry, result) in &news {
        deeds.extend(settle(portal, &mut tx, destination, entry, result, letter).await?);
    }
    let settled = deeds.len();
    for (case, recorded) in recorded {
        deeds.extend(recorded::keep(portal, &mut tx, destination, case, recorded, now).await?);
    }
    // A batch that only recalls has nothing to settle but itself.
    let acknowledges = entries.is_empty() && found.settled_at.is_none();
    if news.is_empty() && deeds.len() == settled && !acknowledges {
        return Ok(Taken::Before);
    }
    if batch::find_receipt(&mut tx, destination, &receipt.jti).await?.is_none() {
        batch::insert_receipt(&mut tx, destination, &receipt.jti, seq, document, now).await?;
    }
    let did = |deed: Deed| {
        let actor = Actor::Destination(destination.clone());
        AuditEntry::done(now, actor, deed).on(Subject::Batch(destination.clone(), seq))
    };
    deeds.push(did(Deed::ReceiptTaken).with("entries", i64::try_from(news.len()).unwrap_or(i64::MAX)));
    if batch::close_if_settled(&mut tx, destination, seq, now).await? {
        deeds.push(did(Deed::BatchSettled));
    }
    tx.commit_all(deeds).await?;
    for (_, result) in &news {
        portal.metrics.settled(result.result.as_str());
    }
    Ok(Taken::Now(news.len()))
}

/// Whether a result says something that was not known.
fn is_news(entry: &Entry, result: Outcome) -> Result<bool, ReceiptError> {
    match (entry.result.as_deref(), result) {
        (None, _) | (Some("held"), Outcome::Imported | Outcome::Rejected) => Ok(true),
        (Some(known), said) if known == said.as_str() => Ok(false),
        // Settled for good: nothing else can be said of it. Held after that is late news, and wrong.
        (Some(_), _) => Err(ReceiptError::Conflict),
    }
}

/// What a receipt says of one entry; the audit entry, if it moves the case.
pub(super) async fn settle(
    portal: &Portal,
    tx: &mut WriteTx,
    destination: &DestinationId,
    entry: &Entry,
    result: &EntryResult,
    letter: &(impl Fn(Outcome, &str) -> MailPayload + Sync),
) -> Result<Vec<AuditEntry>, FlowError> {
    let now = portal.clock.now();
    let settlement = Settlement {
        receipt_number: &entry.receipt_number,
        rev: entry.rev,
        result: result.result.as_str(),
        reason: result.reason.as_deref(),
    };
    if !batch::settle(tx, destination, &settlement, now).await? {
        return Err(StoreError::Busy.into());
    }
    let actor = Actor::Destination(destination.clone());
    // 「個人番号」 It has done its work, also where the case went on meanwhile (handover.md §6).
    let mut deeds = Vec::new();
    if result.result == Outcome::Imported {
        let case = entry.case_id;
        deeds.extend(my_number::end_with_case(tx, case, Stage::Imported, actor.clone(), now).await?);
    }
    let head = case::find_head(tx, entry.case_id).await?.ok_or(FlowError::NotFound)?;
    let command = match result.result {
        Outcome::Imported => Command::SettleImported,
        Outcome::Held => Command::SettleHeld,
        Outcome::Rejected => Command::SettleRejected,
    };
    let after = match decide(&review::state(&head), &command, Giver::Portal) {
        Ok(after) if head.rev == entry.rev => after,
        // The case went on meanwhile, as by a withdrawal; what the back office has stays noted at the entry.
        _ => {
            tracing::warn!(case = %head.case_id, "a receipt settles a revision that the case has left");
            return Ok(deeds);
        }
    };
    let change = review::change(&head, &after, &command, Giver::Portal, now);
    if !case::update_stage(tx, portal.deadlines(), head.case_id, head.version, &change).await? {
        return Err(StoreError::Busy.into());
    }
    if result.result == Outcome::Imported {
        statistics::imported(tx, &head, now).await?;
    }
    case::append_event(tx, &event(&head, &command, after.stage, after.rev, now)).await?;
    let follows = head.follows_case_id.is_some();
    if let Some(account) = head.account_id
        && !pregnancy_end::is_silenced(tx, account, head.filed_at, follows).await?
    {
        let letter = |locale: &str| letter(result.result, locale);
        remind::write_about(portal, tx, account, Some(head.case_id), kind_of_mail(result.result), &letter).await?;
    }
    deeds.insert(0, AuditEntry::done(now, actor, Deed::Commanded(command.kind())).on(Subject::Case(head.case_id)));
    Ok(deeds)
}

/// What stands in the outbox: the same for what waits and for what comes back, as the mail is.
const fn kind_of_mail(result: Outcome) -> &'static str {
    match result {
        Outcome::Imported => "taken_in",
        Outcome::Held | Outcome::Rejected => "filing_news",
    }
}

fn event<'a>(head: &case::CaseHead, command: &Command, to_stage: Stage, rev: i64, at: Instant) -> NewEvent<'a> {
    NewEvent {
        case_id: head.case_id,
        at,
        command: Some(command.kind()),
        actor: Author::Portal,
        from_stage: Some(head.stage),
        to_stage,
        rev,
        detail_sealed: None,
    }
}
