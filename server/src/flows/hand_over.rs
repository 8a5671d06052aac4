//! 「引渡し」 Sealing confirmed cases into a batch. Invariant: the batch, the stage of every case in it, their events and
//! audit entries are one transaction, so that a case is in one batch or in none, whenever the portal is killed.

use handover::{DestinationPublic, MOST_BYTES, MOST_ENTRIES, SealRequest, SealedBatch, manifest, seal};
use intake::{
    access::permit_batch,
    case::{Command, CommandKind, Giver, decide},
    export::{self, Entry, Filing, Review, recheck},
    form::Form,
    ids::{DestinationId, ReceiptNumber},
    time::Instant,
};

use super::{
    FlowError, content,
    my_number::{self, ForEntry},
    review, sign_in, signing_keys,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, StoreError, WriteTx, account,
        audit::{self, Actor, Deed, Subject},
        batch::{self, Batch, Destination, NewEntry, NewFile},
        case::{self, Author, CaseHead, NewEvent},
    },
};

/// What is left for signatures, age headers, forms and the manifest beside the entries.
const ROOM_FOR_THE_REST: u64 = 4 * 1024 * 1024;

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
}

/// Adds a destination by the `public.json` that its `keygen` wrote.
///
/// # Errors
/// [`FlowError::HandOver`] when a key in it cannot be used; [`StoreError::Duplicate`] when it is known.
pub async fn add_destination(portal: &Portal, public_json: &str) -> Result<DestinationId, FlowError> {
    let public = DestinationPublic::from_json(public_json)?;
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    batch::insert_destination(&mut tx, &public.destination, &public.to_json(), now).await?;
    let subject = Subject::Destination(public.destination.clone());
    tx.commit_all(vec![AuditEntry::done(now, Actor::Operator, Deed::DestinationAdded).on(subject)]).await?;
    Ok(public.destination)
}

/// The destination that batches go to by themselves: the first that is enabled.
///
/// # Errors
/// When the database fails.
pub async fn destination(portal: &Portal) -> Result<Option<Destination>, FlowError> {
    let all = batch::destinations(&mut *portal.database.read().await?).await?;
    Ok(all.into_iter().find(|one| one.disabled_at.is_none()))
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

/// A case with its entry.
struct Ready {
    head: CaseHead,
    entry: Entry,
    /// 「個人番号」 What the audit log says of it.
    number: &'static str,
}

async fn once(portal: &Portal, destination: &DestinationId) -> Result<Option<Sealed>, FlowError> {
    let mut tx = portal.database.write().await?;
    let found = batch::find_destination(&mut tx, destination).await?;
    let found = found.filter(|one| one.disabled_at.is_none()).ok_or(FlowError::NotFound)?;
    let public = DestinationPublic::from_json(&found.public_json)?;
    let before = batch::latest(&mut tx, destination).await?;
    let now = match &before {
        // A clock that was set back must not make a chain that goes back.
        Some(before) => portal.clock.now().max(before.created_at),
        None => portal.clock.now(),
    };
    let ready = ready(portal, &mut tx, &public).await?;
    let recalled = batch::to_recall(&mut tx, destination, MOST_RECALLED).await?;
    if ready.is_empty() && recalled.is_empty() {
        return Ok(None);
    }
    let mut entries = Vec::with_capacity(ready.len() + 1);
    for one in &ready {
        hand_over(&mut tx, &one.head, now).await?;
        let deed = Deed::Commanded(CommandKind::Seal);
        let entry = AuditEntry::done(now, Actor::Portal, deed).on(Subject::Case(one.head.case_id));
        entries.push(entry.with("number", one.number));
    }
    let (seq, sealed) = sealed(portal, &mut tx, &public, before.as_ref(), (&ready, &recalled), now).await?;
    keep(&mut tx, destination, seq, &sealed, &ready, now).await?;
    batch::insert_recalls(&mut tx, destination, seq, &recalled).await?;
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let entry = AuditEntry::done(now, Actor::Portal, Deed::BatchSealed).on(Subject::Batch(destination.clone(), seq));
    entries.push(entry.with("entries", count(ready.len())).with("withdrawn", count(recalled.len())));
    tx.commit_all(entries).await?;
    Ok(Some(Sealed { seq, entries: ready.len(), withdrawn: recalled.len() }))
}

/// The confirmed cases with their entries, as many as a batch takes. A case that does not pass the import job's own check
/// stays behind, loudly, and holds up no other.
async fn ready(portal: &Portal, tx: &mut WriteTx, public: &DestinationPublic) -> Result<Vec<Ready>, FlowError> {
    let most = i64::try_from(MOST_ENTRIES).unwrap_or(i64::MAX);
    let (mut ready, mut bytes) = (Vec::new(), 0);
    for head in case::confirmed_waiting(tx, most).await? {
        let id = head.case_id;
        match entry_of(portal, tx, head.clone(), public).await {
            Ok((entry, number)) => {
                bytes += entry.to_line().len() as u64 + 1;
                if bytes > MOST_BYTES - ROOM_FOR_THE_REST {
                    break;
                }
                ready.push(Ready { head, entry, number });
            }
            Err(FlowError::Store(error @ (StoreError::Busy | StoreError::Database(_)))) => return Err(error.into()),
            Err(error) => tracing::error!(case = %id, %error, "A CONFIRMED CASE CANNOT BE HANDED OVER: look at it"),
        }
    }
    Ok(ready)
}

/// The entry of a confirmed case, and how its 個人番号 stands.
async fn entry_of(
    portal: &Portal,
    tx: &mut WriteTx,
    head: CaseHead,
    public: &DestinationPublic,
) -> Result<(Entry, &'static str), FlowError> {
    let corrupt = |sentence: &str| FlowError::Store(StoreError::Corrupt(sentence.to_owned()));
    let permit = permit_batch(head.stage, head.case_id).ok_or(FlowError::Changed(head.stage))?;
    // The address of a proxy is not the person's.
    let email = match head.owner() {
        Some(id) => account::find(tx, id).await?.map(|found| sign_in::address_of(portal, &found)).transpose()?,
        None => None,
    };
    let opened = content::open(portal, tx, head, &permit).await?;
    let head = &opened.head;
    let (accepted, confirmed) = (head.accepted_by.zip(head.accepted_at), head.confirmed_by.zip(head.confirmed_at));
    let ((accepted_by, accepted_at), (confirmed_by, confirmed_at)) =
        accepted.zip(confirmed).ok_or_else(|| corrupt("a confirmed case without its two decisions"))?;
    let staff = opened.staff_answers()?;
    let complete = opened.complete()?;
    let number = my_number::for_entry(portal, tx, (head, &opened.key), public).await?;
    let number_word = number.as_str();
    let my_number = match number {
        ForEntry::Armor(armor) => Some(armor),
        ForEntry::No => None,
        ForEntry::OtherKey => {
            tracing::warn!(case = %head.case_id, "a number was sealed to another key; it is left to the counter");
            None
        }
    };
    let filing = Filing {
        id: head.receipt_number.clone(),
        rev: head.rev,
        channel: head.channel.parse().map_err(|_| corrupt("a case by a channel that does not exist"))?,
        filed_at: head.filed_at,
        answered_at: opened.newest()?.created_at,
        municipality: portal.config.municipality.code.clone(),
        email,
        evidence: opened.office.evidence.ok_or_else(|| corrupt("a confirmed case without identity evidence"))?,
        my_number,
        epds: opened.epds(&complete)?,
        attachments: Vec::new(),
        review: Review { accepted_by, accepted_at, confirmed_by, confirmed_at },
    };
    let entry = export::build(opened.form, &complete, &staff, filing);
    match recheck(&entry, opened.form).first() {
        None => Ok((entry, number_word)),
        Some(fault) => Err(corrupt(&format!("the import job would refuse the entry: {}", fault.code()))),
    }
}

async fn hand_over(tx: &mut WriteTx, head: &CaseHead, now: Instant) -> Result<(), FlowError> {
    let after = decide(&review::state(head), &Command::Seal, Giver::Portal);
    let after = after.map_err(|_| FlowError::Changed(head.stage))?;
    if !case::update_stage(
        tx,
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
    before: Option<&Batch>,
    (ready, recalled): (&[Ready], &[ReceiptNumber]),
    now: Instant,
) -> Result<(i64, SealedBatch), FlowError> {
    let issuer = portal.config.public_url.origin();
    let keys = signing_keys::ring(tx).await?;
    let mut forms: Vec<&Form> = Vec::new();
    for one in ready {
        let form = portal.catalog.version(&one.entry.form.id, one.entry.form.version);
        forms.extend(form.filter(|form| !forms.contains(form)));
    }
    let seq = before.map_or(1, |before| before.seq + 1);
    let entries: Vec<Entry> = ready.iter().map(|one| one.entry.clone()).collect();
    let request = SealRequest {
        issuer,
        destination: public,
        seq: u64::try_from(seq).map_err(|_| StoreError::Corrupt("a batch number below zero".to_owned()))?,
        previous: before.map(|before| before.manifest_sha256.as_str()),
        created_at: now,
        entries: &entries,
        forms: &forms,
        attachments: &[],
        withdrawn: recalled,
        audit: manifest::audit_head(&audit::entry_hashes(tx).await?),
        keys_document: &keys.signed_announcement(&portal.seal, issuer, now)?,
    };
    Ok((seq, seal(&request, &keys.signer(&portal.seal, now)?)?))
}

async fn keep(
    tx: &mut WriteTx,
    destination: &DestinationId,
    seq: i64,
    sealed: &SealedBatch,
    ready: &[Ready],
    now: Instant,
) -> Result<(), FlowError> {
    let file = |name: &str| sealed.files.get(name).unwrap_or_default().to_vec();
    let row = Batch {
        destination_id: destination.clone(),
        seq,
        manifest: file(manifest::MANIFEST_FILE),
        manifest_sha256: sealed.manifest_sha256.clone(),
        keys_document: file(manifest::KEYS_FILE),
        entry_count: i64::try_from(ready.len()).unwrap_or(i64::MAX),
        byte_count: i64::try_from(sealed.files.bytes()).unwrap_or(i64::MAX),
        created_at: now,
        settled_at: None,
    };
    let listed = sealed.manifest.files.iter().filter(|file| file.name != manifest::KEYS_FILE);
    let files: Vec<NewFile<'_>> = listed
        .map(|file| NewFile {
            name: &file.name,
            sha256: &file.sha256,
            content: sealed.files.get(&file.name).unwrap_or_default(),
        })
        .collect();
    let entries: Vec<NewEntry<'_>> = ready
        .iter()
        .map(|one| NewEntry { receipt_number: &one.entry.id, rev: one.entry.rev, case_id: one.head.case_id })
        .collect();
    Ok(batch::insert(tx, &row, &files, &entries).await?)
}
