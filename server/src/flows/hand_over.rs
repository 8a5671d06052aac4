//! 「引渡し」 Sealing confirmed cases into a batch. Invariant: the batch, the stage of every case in it, their events and
//! audit entries are one transaction, so that a case is in one batch or in none, whenever the portal is killed.

use handover::{DestinationPublic, KeyChange, SealRequest, SealedBatch, fingerprint, kit, manifest, seal};
use intake::{
    case::{Command, CommandKind, Giver, decide},
    export::Entry,
    form::Form,
    ids::{DestinationId, ReceiptNumber},
    time::Instant,
};

use super::{
    FlowError,
    ready::{self, Gathered, Ready, Taker},
    review, signing_keys,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, StoreError, Upkeep, WriteTx,
        audit::{self, Actor, Deed, Subject},
        batch::{self, Batch, BlockReason, Destination, NewEntry, NewFile},
        case::{self, Author, CaseHead, NewEvent},
    },
};

/// Withdrawals that one batch tells of; more go with the next.
const MOST_RECALLED: i64 = 1_000;

/// A batch that was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Its number.
    pub seq: i64,
    /// How many entries.
    pub entries: usize,
    /// 「取下げ」 How many earlier filings it recalls.
    pub withdrawn: usize,
    /// 「写真・書類」 How many papers.
    pub papers: usize,
}

/// Adds a destination by the `public.json` that its `keygen` wrote.
///
/// # Errors
/// [`FlowError::HandOver`] when a key in it cannot be used; [`StoreError::Duplicate`] when it is known.
pub async fn add_destination(portal: &Portal, public_json: &str) -> Result<DestinationId, FlowError> {
    let public = DestinationPublic::from_json(public_json)?;
    kit::refuse_test_keys(&public)?;
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    batch::insert_destination(&mut tx, &public.destination, &public.to_json(), now).await?;
    let subject = Subject::Destination(public.destination.clone());
    tx.commit_all(vec![AuditEntry::done(now, Actor::Operator, Deed::DestinationAdded).on(subject)]).await?;
    Ok(public.destination)
}

/// Gives a destination the new keys that its old ones vouch for; the next batch is sealed for them. The fingerprint of the new
/// signing key, to be compared by telephone.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such destination; [`FlowError::HandOver`] when the change is refused.
pub async fn change_destination(portal: &Portal, id: &DestinationId, document: &[u8]) -> Result<String, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let found = batch::find_destination(&mut tx, id).await?.ok_or(FlowError::NotFound)?;
    let present = DestinationPublic::from_json(&found.public_json)?;
    let change = KeyChange::read(document, &present, portal.config.public_url.origin())?;
    kit::refuse_test_keys(&change.public)?;
    batch::change_destination(&mut tx, &found, &present.jwk.kid, &change.public.to_json(), now).await?;
    let entry = AuditEntry::done(now, Actor::Operator, Deed::DestinationKeysChanged);
    tx.commit_all(vec![entry.on(Subject::Destination(id.clone()))]).await?;
    Ok(fingerprint(&change.public.jwk))
}

/// The destinations that batches go to by themselves. The first is also where every form goes that no setting names.
///
/// # Errors
/// When the database fails.
pub async fn destinations(portal: &Portal) -> Result<Vec<Destination>, FlowError> {
    let mut all = batch::destinations(&mut *portal.database.read().await?).await?;
    all.retain(|one| one.disabled_at.is_none());
    Ok(all)
}

/// Keeps which confirmed cases have a form that goes to a destination that is not there.
///
/// # Errors
/// When the database fails.
pub async fn note_unrouted(portal: &Portal) -> Result<(), FlowError> {
    let enabled: Vec<DestinationId> = destinations(portal).await?.into_iter().map(|one| one.destination_id).collect();
    let mut tx = portal.database.write().await?;
    let (mut after, mut unrouted) = (None, 0);
    loop {
        let page = case::confirmed_waiting(&mut tx, after, 200).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.filed_at, last.case_id));
        for head in page.iter().filter(|head| {
            !ready::route(portal, &head.form_id, enabled.first()).is_some_and(|named| enabled.contains(named))
        }) {
            batch::block(&mut tx, head.case_id, BlockReason::NoDestination, portal.clock.now()).await?;
            unrouted += 1;
        }
    }
    if unrouted > 0 {
        tracing::error!(unrouted, "CONFIRMED CASES HAVE NO DESTINATION: see handover_destinations");
        tx.commit(Record::Upkeep(Upkeep::CountersKept)).await?;
    }
    Ok(())
}

/// Seals what is confirmed and recalls what was withdrawn, at most one batch; none when nothing waits.
///
/// # Errors
/// [`FlowError::NotFound`] for a destination that is not there or disabled.
pub async fn seal_batch(portal: &Portal, destination: &DestinationId) -> Result<Option<Sealed>, FlowError> {
    signing_keys::keep(portal).await?;
    // Another process may have taken the number or a case meanwhile: then it is all done anew.
    for _ in 0..4 {
        match once(portal, destination).await {
            Err(FlowError::Store(StoreError::Duplicate | StoreError::Busy)) => {}
            other => return other,
        }
    }
    Err(FlowError::Store(StoreError::Busy))
}

async fn once(portal: &Portal, destination: &DestinationId) -> Result<Option<Sealed>, FlowError> {
    let mut tx = portal.database.write().await?;
    let mut enabled = batch::destinations(&mut tx).await?;
    enabled.retain(|one| one.disabled_at.is_none());
    let found = enabled.iter().find(|one| one.destination_id == *destination).ok_or(FlowError::NotFound)?;
    if found.stopped_at.is_some() {
        return Err(FlowError::Stopped);
    }
    let public = DestinationPublic::from_json(&found.public_json)?;
    let before = batch::latest(&mut tx, destination).await?;
    let now = match &before {
        // A clock that was set back must not make a chain that goes back.
        Some(before) => portal.clock.now().max(before.created_at),
        None => portal.clock.now(),
    };
    let seq = before.as_ref().map_or(1, |before| before.seq + 1);
    let otherwise = enabled.first().map(|first| &first.destination_id);
    let gathered = Taker { portal, destination: &public, otherwise, seq, now }.gather(&mut tx).await?;
    let ready = &gathered.ready;
    let recalled = batch::to_recall(&mut tx, destination, MOST_RECALLED).await?;
    if ready.is_empty() && recalled.is_empty() {
        if gathered.is_noted {
            tx.commit(Record::Upkeep(Upkeep::CountersKept)).await?;
        }
        return Ok(None);
    }
    let mut entries = Vec::with_capacity(ready.len() + 1);
    for one in ready {
        hand_over(portal, &mut tx, &one.head, now).await?;
        let deed = Deed::Commanded(CommandKind::Seal);
        let entry = AuditEntry::done(now, Actor::Portal, deed).on(Subject::Case(one.head.case_id));
        let papers = count(one.entry.attachments.len());
        let entry = entry.with("papers", papers).with("papers_left_out", one.left_out);
        entries.push(entry.with("number", one.number));
    }
    let request = (seq, before.as_ref());
    let sealed = sealed(portal, &mut tx, &public, request, (&gathered, &recalled), now).await?;
    keep(&mut tx, destination, seq, &sealed, &gathered, now).await?;
    batch::insert_recalls(&mut tx, destination, seq, &recalled).await?;
    let entry = AuditEntry::done(now, Actor::Portal, Deed::BatchSealed).on(Subject::Batch(destination.clone(), seq));
    entries.push(entry.with("entries", count(ready.len())).with("withdrawn", count(recalled.len())));
    tx.commit_all(entries).await?;
    portal.metrics.batches_sealed.inc();
    Ok(Some(Sealed { seq, entries: ready.len(), withdrawn: recalled.len(), papers: gathered.papers.len() }))
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// A case goes into a batch.
pub(super) async fn hand_over(
    portal: &Portal,
    tx: &mut WriteTx,
    head: &CaseHead,
    now: Instant,
) -> Result<(), FlowError> {
    let after = decide(&review::state(head), &Command::Seal, Giver::Portal);
    let after = after.map_err(|_| FlowError::Changed(head.stage))?;
    if !case::update_stage(
        tx,
        portal.deadlines(),
        head.case_id,
        head.version,
        &review::change(head, &after, &Command::Seal, Giver::Portal, now),
    )
    .await?
    {
        return Err(StoreError::Busy.into());
    }
    let event = NewEvent {
        case_id: head.case_id,
        at: now,
        command: Some(CommandKind::Seal),
        actor: Author::Portal,
        from_stage: Some(head.stage),
        to_stage: after.stage,
        rev: after.rev,
        detail_sealed: None,
    };
    Ok(case::append_event(tx, &event).await?)
}

async fn sealed(
    portal: &Portal,
    tx: &mut WriteTx,
    public: &DestinationPublic,
    (seq, before): (i64, Option<&Batch>),
    (gathered, recalled): (&Gathered, &[ReceiptNumber]),
    now: Instant,
) -> Result<SealedBatch, FlowError> {
    let ready = &gathered.ready;
    let issuer = portal.config.public_url.origin();
    let keys = signing_keys::ring(tx).await?;
    let mut forms: Vec<&Form> = Vec::new();
    for one in ready {
        let form = portal.catalog.version(&one.entry.form.id, one.entry.form.version);
        forms.extend(form.filter(|form| !forms.contains(form)));
    }
    let entries: Vec<Entry> = ready.iter().map(|one| one.entry.clone()).collect();
    let request = SealRequest {
        issuer,
        destination: public,
        seq: u64::try_from(seq).map_err(|_| StoreError::Corrupt("a batch number below zero".to_owned()))?,
        previous: before.map(|before| before.manifest_sha256.as_str()),
        created_at: now,
        entries: &entries,
        forms: &forms,
        attachments: &gathered.papers,
        withdrawn: recalled,
        audit: manifest::audit_head(&audit::entry_hashes(tx).await?),
        keys_document: &keys.signed_announcement(&portal.seal, issuer, now)?,
    };
    Ok(seal(&request, &keys.signer(&portal.seal, now)?)?)
}

async fn keep(
    tx: &mut WriteTx,
    destination: &DestinationId,
    seq: i64,
    sealed: &SealedBatch,
    gathered: &Gathered,
    now: Instant,
) -> Result<(), FlowError> {
    let ready: &[Ready] = &gathered.ready;
    let papers: u64 = gathered.papers.iter().map(|paper| paper.bytes).sum();
    let file = |name: &str| sealed.files.get(name).unwrap_or_default().to_vec();
    let row = Batch {
        destination_id: destination.clone(),
        seq,
        manifest: file(manifest::MANIFEST_FILE),
        manifest_sha256: sealed.manifest_sha256.clone(),
        keys_document: file(manifest::KEYS_FILE),
        entry_count: i64::try_from(ready.len()).unwrap_or(i64::MAX),
        byte_count: i64::try_from(sealed.files.bytes() + papers).unwrap_or(i64::MAX),
        created_at: now,
        settled_at: None,
    };
    // The papers are written already.
    let listed = sealed.manifest.files.iter().filter(|file| file.name != manifest::KEYS_FILE);
    let files: Vec<NewFile<'_>> = listed
        .filter_map(|file| {
            let content = sealed.files.get(&file.name)?;
            Some(NewFile { name: &file.name, sha256: &file.sha256, content })
        })
        .collect();
    let entries: Vec<NewEntry<'_>> = ready
        .iter()
        .map(|one| NewEntry {
            receipt_number: &one.entry.id,
            rev: one.entry.rev,
            case_id: one.head.case_id,
            papers_left_out: one.left_out,
        })
        .collect();
    Ok(batch::insert(tx, &row, &files, &entries).await?)
}
