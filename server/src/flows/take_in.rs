//! 「他の経路」 Filings of ぴったりサービス and of a prefecture's service become cases of the same queue. Invariant: one foreign
//! number is one case, whatever is run twice, killed, or run on two servers: the number is a keyed index that is unique, and
//! case, papers, event and audit entry are one transaction.
//!
//! Who filed there has no account here. What the channel said of her identity is kept as said by it; it carries an acceptance
//! only where somebody of the city answers for it by name.

use intake::{
    card::CardFact,
    case::Stage,
    export::Channel,
    form::Form,
    identity::{Comparison, Evidence, Level, Method},
    ids::{CaseId, DraftId, FieldId, PaperId, ReceiptNumber},
    journey::{self, CompleteAnswers},
    time::Instant,
};
use sha2::{Digest, Sha256};

use super::{
    FlowError,
    content::{Office, Origin, Signed},
    draft::with_form,
    paper::PIECE,
    random, same_person, statistics,
};
use crate::{
    channel::{
        Record as Filing,
        fault::{Fault, Problem},
        mapping::{Mapped, Mapping},
    },
    picture::{self, Kept, Refusal},
    portal::Portal,
    seal::DataKey,
    store::{
        AuditEntry, StoreError, WriteTx,
        audit::{Actor, Deed, Subject},
        case::{self, Author, NewCase, NewEvent},
        foreign_filing::{self, NewForeignFiling},
        paper::{self as papers, Arrived, NewPaper, PaperOwner, digest_place, key_place, piece_place},
    },
};

/// A photo or a file that came with it.
pub struct Attachment {
    /// Which kind of paper of the form.
    pub kind: FieldId,
    /// What it is called there, to be named when it is not taken.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What files are taken in by.
pub struct Coming<'a> {
    /// How they came.
    pub channel: Channel,
    /// What stands where.
    pub mapping: &'a Mapping,
    /// The form that it names.
    pub form: &'a Form,
    /// The file.
    pub file_sha256: [u8; 32],
}

/// A filing as it came, mapped to a form.
struct Arrival<'a> {
    coming: &'a Coming<'a>,
    mapped: &'a Mapped,
    /// The line of the file that it begins on.
    line: u64,
    /// All that came, before it was mapped: the same filing is known by it.
    content: &'a [u8],
    papers: &'a [Looked],
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It would be a case, if it were kept.
    WouldBe,
    /// It is a case.
    Case(ReceiptNumber),
    /// It was taken in before.
    Before(ReceiptNumber),
    /// Its number was taken in before, with something else in it: people look at both.
    OtherContent(ReceiptNumber),
}

/// A paper that was looked at.
struct Looked {
    kind: FieldId,
    came: [u8; 32],
    kept: Kept,
}

/// Looks at what came with a filing, as at every paper: decoded, made anew, limited.
///
/// # Errors
/// The name of the first file that is not taken, and why.
async fn look(portal: &Portal, attachments: Vec<Attachment>) -> Result<Vec<Looked>, (String, Refusal)> {
    let mut looked: Vec<Looked> = Vec::with_capacity(attachments.len());
    for Attachment { kind, name, bytes } in attachments {
        let came: [u8; 32] = Sha256::digest(&bytes).into();
        if looked.iter().any(|other| other.kind == kind && other.came == came) {
            continue;
        }
        let Ok(_permit) = portal.decoding.acquire().await else { return Err((name, Refusal::Broken)) };
        let kept = tokio::task::spawn_blocking(move || picture::take_in(bytes)).await.unwrap_or(Err(Refusal::Broken));
        match kept {
            Ok(kept) => looked.push(Looked { kind, came, kept }),
            Err(refusal) => return Err((name, refusal)),
        }
    }
    Ok(looked)
}

/// The foreign number with its channel, as the database knows it.
fn number_index(portal: &Portal, channel: Channel, number: &str) -> [u8; 32] {
    portal.seal.index_key("foreign number", &format!("{}\0{number}", channel.as_str()))
}

/// Whether a foreign number is there, with which content; nothing is written.
///
/// # Errors
/// When the database fails.
async fn known(portal: &Portal, channel: Channel, number: &str, content: &[u8]) -> Result<Option<Taken>, FlowError> {
    let index = number_index(portal, channel, number);
    let found = foreign_filing::find(&mut *portal.database.read().await?, &index).await?;
    Ok(found.map(|found| {
        let is_same = found.content_index == content_index(portal, content);
        if is_same { Taken::Before(found.receipt_number) } else { Taken::OtherContent(found.receipt_number) }
    }))
}

fn content_index(portal: &Portal, content: &[u8]) -> [u8; 32] {
    let digest = Sha256::digest(content);
    portal.seal.index_key("foreign content", &hex(&digest))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Maps a filing and takes it in, or says everything that is wrong with it. A dry run keeps nothing.
///
/// # Errors
/// When the database fails.
pub async fn take_record(
    portal: &Portal,
    coming: &Coming<'_>,
    record: &Filing,
    attachments: Vec<Attachment>,
    is_dry: bool,
) -> Result<Result<Taken, Vec<Fault>>, FlowError> {
    let mapped = match coming.mapping.map(coming.form, record, portal.clock.now()) {
        Ok(mapped) => mapped,
        Err(faults) => return Ok(Err(faults)),
    };
    let content = content(record, &attachments);
    if let Some(known) = known(portal, coming.channel, &mapped.number, &content).await? {
        return Ok(Ok(known));
    }
    let kinds: Vec<&FieldId> = attachments.iter().map(|attachment| &attachment.kind).collect();
    if let Some(kind) = too_many(coming.form, &mapped.complete, &kinds).first() {
        let fault = Fault { field: Some(kind.clone()), ..Fault::of_file(Problem::TooManyPapers) };
        return Ok(Err(vec![fault]));
    }
    let papers = match look(portal, attachments).await {
        Ok(papers) => papers,
        Err((name, refusal)) => return Ok(Err(vec![Fault::of_file(Problem::Paper(refusal)).at(name)])),
    };
    if is_dry {
        return Ok(Ok(Taken::WouldBe));
    }
    let arrival = Arrival { coming, mapped: &mapped, line: record.line, content: &content, papers: &papers };
    take_in(portal, &arrival).await.map(Ok)
}

/// All that came with a filing, as bytes that are the same for the same.
fn content(record: &Filing, attachments: &[Attachment]) -> Vec<u8> {
    let mut content = record.content().to_vec();
    for attachment in attachments {
        content.extend(Sha256::digest(attachment.kind.as_str()));
        content.extend(Sha256::digest(&attachment.bytes));
    }
    content
}

async fn take_in(portal: &Portal, arrival: &Arrival<'_>) -> Result<Taken, FlowError> {
    let (channel, number) = (arrival.coming.channel, arrival.mapped.number.as_str());
    // Two reasons to try again: another process was faster (it is found then), or a random number was taken.
    for _ in 0..4 {
        match once(portal, arrival).await {
            Err(FlowError::Store(StoreError::Duplicate | StoreError::Busy)) => {}
            other => return other.map(Taken::Case),
        }
        if let Some(taken) = known(portal, channel, number, arrival.content).await? {
            return Ok(taken);
        }
    }
    Err(FlowError::Store(StoreError::Busy))
}

async fn once(portal: &Portal, arrival: &Arrival<'_>) -> Result<ReceiptNumber, FlowError> {
    let now = portal.clock.now();
    let Coming { channel, form, file_sha256, .. } = *arrival.coming;
    let mapped = arrival.mapped;
    let mut tx = portal.database.write().await?;
    let case_id = CaseId::from_random(random());
    let receipt_number = ReceiptNumber::from_random(random());
    let (key, wrapped_key) = portal.seal.new_data_key();
    let number_index = number_index(portal, channel, &mapped.number);
    // No draft was before it. What is unique of drafts is unique of foreign numbers too, a second time.
    let mut stands_for_draft = [0; 16];
    stands_for_draft.copy_from_slice(&number_index[..16]);
    let office = office(arrival, now);
    let new = NewCase {
        case_id,
        receipt_number: &receipt_number,
        draft_id: DraftId::from_random(stands_for_draft),
        follows: None,
        account_id: None,
        form_id: &form.id,
        form_version: form.version,
        form_sha256: &portal.catalog.sha256(form),
        channel,
        wrapped_key: &wrapped_key,
        answers_sealed: &key.seal(&case::revision_place(case_id, 1), &serde_json::to_vec(&mapped.raw)?),
        filed_at: mapped.received_at,
        compartment: form.compartment,
        identity: office.evidence.map_or(Level::Claimed, |evidence| evidence.level()),
        proxy: None,
    };
    case::insert(&mut tx, portal.deadlines(), &new).await?;
    let foreign = NewForeignFiling {
        number_index: &number_index,
        case_id,
        content_index: &content_index(portal, arrival.content),
        file_sha256: &file_sha256,
        at: now,
    };
    foreign_filing::insert(&mut tx, &foreign).await?;
    let office_sealed = key.seal(&case::office_place(case_id), &serde_json::to_vec(&office)?);
    case::save_office(&mut tx, case_id, &office_sealed, now).await?;
    let event = NewEvent {
        case_id,
        at: now,
        command: None,
        actor: Author::Portal,
        from_stage: None,
        to_stage: Stage::Submitted,
        rev: 1,
        detail_sealed: None,
    };
    case::append_event(&mut tx, &event).await?;
    let (answers, serial) = (mapped.complete.answers(), mapped.serial.as_deref());
    let pairs = same_person::index(portal, &mut tx, case_id, form, answers, serial).await?;
    statistics::filed(&mut tx, form, answers, new.channel, now).await?;
    for paper in arrival.papers {
        keep_paper(portal, &mut tx, case_id, &key, paper, now).await?;
    }
    papers::send_with(&mut tx, case_id, 1).await?;
    let line = i64::try_from(arrival.line).unwrap_or(i64::MAX);
    let entry = AuditEntry::done(now, Actor::Operator, Deed::TakenIn).on(Subject::Case(case_id));
    let entry = with_form(entry, form).with("channel", channel.as_str());
    let entry = entry.with("file_sha256", file_sha256).with("line", line);
    tx.commit_all([entry].into_iter().chain(pairs).collect()).await?;
    Ok(receipt_number)
}

/// The office's part of a filing that has just come.
fn office(arrival: &Arrival<'_>, now: Instant) -> Office {
    let Arrival { coming, mapped, line, .. } = *arrival;
    let answered_for_by = coming.mapping.signature().and_then(|rule| rule.answered_for_by.clone());
    let signed = mapped.serial.as_ref().map(|_| Signed { answered_for_by });
    let is_answered_for = signed.as_ref().is_some_and(|signed| signed.answered_for_by.is_some());
    let evidence = Evidence {
        method: Method::Signature,
        signed_in_at: mapped.received_at,
        counter: None,
        // What is answered for: signature and certificate, and that the certificate names the person of the application.
        matched: vec![CardFact::Name, CardFact::Birthdate].into(),
        proxy: None,
        comparison: Comparison::default(),
    };
    let origin = Origin {
        number: mapped.number.clone(),
        file_sha256: hex(&coming.file_sha256),
        line,
        taken_in_at: now,
        not_asked: coming.mapping.not_asked().to_vec(),
        signed,
    };
    Office { evidence: is_answered_for.then_some(evidence), origin: Some(origin), ..Office::default() }
}

/// Keeps a paper whole, as an upload that has ended; it waits for its scan.
async fn keep_paper(
    portal: &Portal,
    tx: &mut WriteTx,
    case_id: CaseId,
    case_key: &DataKey,
    paper: &Looked,
    now: Instant,
) -> Result<(), FlowError> {
    let paper_id = PaperId::from_random(random());
    let (key, _) = portal.seal.new_data_key();
    let content_mac = portal.seal.index_key("paper", &hex(&paper.came));
    let bytes = i64::try_from(paper.kept.bytes.len()).unwrap_or(i64::MAX);
    let new = NewPaper {
        paper_id,
        owner: PaperOwner::Case(case_id),
        kind: &paper.kind,
        key_sealed: &case_key.seal_key(&key_place(paper_id), &key),
        content_mac: Some(&content_mac),
        bytes,
        at: now,
    };
    papers::insert(tx, &new).await?;
    let pieces: Vec<(i64, Vec<u8>)> = (0..)
        .step_by(PIECE)
        .zip(paper.kept.bytes.chunks(PIECE))
        .map(|(begins_at, piece)| (begins_at, key.seal(&piece_place(paper_id, begins_at), piece)))
        .collect();
    let arrived = Arrived {
        media_type: paper.kept.media_type,
        bytes,
        content_mac: &content_mac,
        sha256_sealed: &key.seal(&digest_place(paper_id), hex(&Sha256::digest(&paper.kept.bytes)).as_bytes()),
        pieces: &pieces,
        at: now,
    };
    papers::complete(tx, paper_id, &arrived).await?;
    Ok(())
}

/// Whether so many papers of each kind are taken with these answers: the kinds that are too many, or not asked for.
fn too_many(form: &Form, complete: &CompleteAnswers, kinds: &[&FieldId]) -> Vec<FieldId> {
    let asked = journey::papers(form, complete.answers());
    let most = |kind: &FieldId| asked.iter().find(|paper| paper.id == *kind).map_or(0, |paper| paper.max as usize);
    let mut over: Vec<FieldId> = Vec::new();
    for kind in kinds {
        let count = kinds.iter().filter(|other| *other == kind).count();
        if count > most(kind) && !over.contains(kind) {
            over.push((*kind).clone());
        }
    }
    over
}
