//! 「写真・書類」 Photos and files that go with a filing. Invariant: what is kept was looked at (`picture`), is sealed with the
//! draft's or the case's key, and waits for its scan; a paper of somebody else is not found.
//!
//! With script and without, a file comes the same way: begun, appended piece by piece, finished. What is broken off is gone
//! on with where it stands, by who says the same digest.

use intake::{
    answers::parse,
    form::{Form, Paper as Kind},
    ids::{AccountId, FieldId, FormId, PaperId, ReceiptNumber},
    journey, retention,
};
use sha2::{Digest, Sha256};

use super::{FlowError, correction, draft as drafts, draft::Typist, random};
use crate::{
    picture::{self, Kept, LONGEST_FILE, Refusal},
    portal::Portal,
    seal::DataKey,
    store::{
        AuditEntry, Connection, Record, StoreError, Upkeep, WriteTx,
        audit::{Actor, Deed, Subject},
        draft::{self, Draft},
        paper::{self, Arrived, NewPaper, Paper, PaperOwner, PaperState, digest_place, key_place, piece_place},
    },
};

/// The longest piece of an upload, and the length of a piece that is kept.
pub const PIECE: usize = 256 * 1024;
/// All papers of one person, or of one browser, together.
const QUOTA: i64 = 60 * 1024 * 1024;
/// All papers of all who have not signed in. Beyond it they are asked to sign in first: anybody can be a new browser as
/// often as they like.
const QUOTA_OF_NOBODY: i64 = 2 * 1024 * 1024 * 1024;
const LONGEST: i64 = LONGEST_FILE as i64;

/// Whose papers, and for what.
#[derive(Clone, Debug)]
pub enum Whose {
    /// Of a draft.
    Draft(Typist, FormId),
    /// Of a filing that was sent back to the parent.
    Correction(AccountId, ReceiptNumber),
}

/// What papers are kept for, opened.
struct Keeper<'portal> {
    owner: PaperOwner,
    key: DataKey,
    form: &'portal Form,
    /// The kinds that can be added now.
    kinds: Vec<&'portal Kind>,
    actor: Actor,
    subject: Subject,
    account: Option<AccountId>,
    /// The session's day of a draft does not begin anew with a paper.
    is_kept: bool,
}

/// The kinds of paper that can be added, and those that are there.
pub struct Papers<'portal> {
    /// The form.
    pub form: &'portal Form,
    /// The kinds that can be added now, in the form's order.
    pub kinds: Vec<&'portal Kind>,
    /// What is there of them, the first to come first.
    pub papers: Vec<Paper>,
}

/// How an upload begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It goes on from here; nothing, or the end of what came before it was broken off.
    From(PaperId, i64),
    /// The same is there already.
    There(PaperId),
    /// It is not taken.
    Refused(Refusal),
}

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// So much has arrived now.
    Kept(i64),
    /// It begins elsewhere than the last one ended: so much has arrived.
    Elsewhere(i64),
    /// More than was said, or than is taken.
    TooLong,
}

/// What became of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It is kept, or the same was there already.
    Kept(PaperId),
    /// Pieces are missing: so much has arrived.
    Missing(i64),
    /// It is not taken, and nothing is left of it.
    Refused(Refusal),
}

async fn keeper<'portal>(
    portal: &'portal Portal,
    connection: &mut Connection,
    whose: &Whose,
) -> Result<Keeper<'portal>, FlowError> {
    match whose {
        Whose::Draft(typist, form) => {
            let stored = drafts::current(portal, connection, typist, form).await?.ok_or(FlowError::NotFound)?;
            let opened = drafts::open(portal, &stored)?;
            let (answers, _) = parse(opened.form, &opened.raw, portal.clock.now().date_in_japan());
            Ok(Keeper {
                owner: PaperOwner::Draft(stored.draft_id),
                key: portal.seal.unwrap_key(&stored.wrapped_key)?,
                form: opened.form,
                kinds: journey::papers(opened.form, &answers),
                actor: typist.actor(),
                subject: Subject::Draft(stored.draft_id),
                account: stored.account_id,
                is_kept: stored.session_hash.is_none(),
            })
        }
        Whose::Correction(account, number) => {
            let (opened, asked) = correction::open(portal, connection, *account, number).await?;
            let named = |kind: &&Kind| asked.request.fields.iter().any(|(id, _)| *id == kind.id);
            Ok(Keeper {
                owner: PaperOwner::Case(opened.head.case_id),
                key: opened.key,
                form: opened.form,
                kinds: opened.form.papers.iter().filter(named).collect(),
                actor: Actor::Citizen(*account),
                subject: Subject::Case(opened.head.case_id),
                account: Some(*account),
                is_kept: false,
            })
        }
    }
}

impl Keeper<'_> {
    fn kind(&self, id: &FieldId) -> Result<&Kind, FlowError> {
        self.kinds.iter().find(|kind| kind.id == *id).copied().ok_or(FlowError::NotFound)
    }

    /// A paper that is hers and not sent: what was sent stays as it is.
    async fn own(&self, connection: &mut Connection, id: PaperId) -> Result<Paper, FlowError> {
        let found = paper::find(connection, id).await?;
        found.filter(|paper| paper.is_of(self.owner) && paper.sent_rev.is_none()).ok_or(FlowError::NotFound)
    }

    async fn unsent(&self, connection: &mut Connection, kind: &FieldId) -> Result<Vec<Paper>, FlowError> {
        let mut papers = paper::all_of(connection, self.owner).await?;
        papers.retain(|paper| paper.kind == *kind && paper.sent_rev.is_none());
        Ok(papers)
    }

    /// Whether so many bytes more can be kept.
    async fn room(&self, connection: &mut Connection, bytes: i64) -> Result<Option<Refusal>, FlowError> {
        let kept = match (self.account, self.owner) {
            (Some(account), _) => paper::bytes_of_account(connection, account).await?,
            (None, PaperOwner::Draft(draft)) => paper::bytes_of_draft(connection, draft).await?,
            (None, PaperOwner::Case(_)) => 0,
        };
        if kept + bytes > QUOTA {
            return Ok(Some(Refusal::Quota));
        }
        if self.account.is_none() && paper::bytes_of_nobody(connection).await? + bytes > QUOTA_OF_NOBODY {
            return Ok(Some(Refusal::SignInFirst));
        }
        Ok(None)
    }

    /// Whoever adds a paper goes on with the draft.
    async fn touch(&self, portal: &Portal, tx: &mut WriteTx) -> Result<(), FlowError> {
        if let (PaperOwner::Draft(id), true) = (self.owner, self.is_kept) {
            let now = portal.clock.now();
            draft::touch(tx, id, now, now.plus(retention::DRAFT)).await?;
        }
        Ok(())
    }

    fn deed(&self, portal: &Portal, deed: Deed) -> AuditEntry {
        AuditEntry::done(portal.clock.now(), self.actor.clone(), deed).on(self.subject.clone())
    }
}

/// The kinds of paper that can be added, and what is there of them.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such draft; as [`correction::view`] for a correction.
pub async fn list<'portal>(portal: &'portal Portal, whose: &Whose) -> Result<Papers<'portal>, FlowError> {
    let mut tx = portal.database.read().await?;
    let keeper = keeper(portal, &mut tx, whose).await?;
    let mut papers = paper::all_of(&mut tx, keeper.owner).await?;
    papers.retain(|paper| paper.sent_rev.is_none() && keeper.kinds.iter().any(|kind| kind.id == paper.kind));
    Ok(Papers { form: keeper.form, kinds: keeper.kinds, papers })
}

fn mac(portal: &Portal, sha256: &[u8; 32]) -> [u8; 32] {
    portal.seal.index_key("paper", &hex(sha256))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Begins an upload, or goes on with one of the same digest. Without a digest it can be neither gone on with nor recognised
/// before its end, and takes the place of one that was cut off: a plain form sends its files one after the other.
///
/// # Errors
/// [`FlowError::NotFound`] when this kind of paper cannot be added.
pub async fn begin(
    portal: &Portal,
    whose: &Whose,
    kind: &FieldId,
    bytes: Option<i64>,
    sha256: Option<&[u8; 32]>,
) -> Result<Begun, FlowError> {
    let mut tx = portal.database.write().await?;
    let keeper = keeper(portal, &mut tx, whose).await?;
    let most = keeper.kind(kind)?.max;
    let content_mac = sha256.map(|sha256| mac(portal, sha256));
    let mut papers = keeper.unsent(&mut tx, kind).await?;
    if content_mac.is_none() {
        let is_left_over = |paper: &Paper| paper.state == PaperState::Coming && paper.content_mac.is_none();
        for left in papers.extract_if(.., |paper| is_left_over(paper)) {
            paper::delete(&mut tx, left.paper_id).await?;
        }
    }
    let same = content_mac.and_then(|mac| papers.iter().find(|paper| paper.content_mac.as_deref() == Some(&mac[..])));
    if let Some(same) = same {
        return Ok(match same.state {
            PaperState::Coming => Begun::From(same.paper_id, same.arrived),
            _ => Begun::There(same.paper_id),
        });
    }
    let bytes = bytes.unwrap_or(LONGEST);
    let refusal = match bytes {
        i64::MIN..=0 => Some(Refusal::Empty),
        _ if bytes > LONGEST => Some(Refusal::TooLong),
        _ if papers.len() >= usize::try_from(most).unwrap_or_default() => Some(Refusal::TooMany),
        _ => keeper.room(&mut tx, bytes).await?,
    };
    if let Some(refusal) = refusal {
        return Ok(Begun::Refused(refusal));
    }
    let paper_id = PaperId::from_random(random());
    let (key, _) = portal.seal.new_data_key();
    let new = NewPaper {
        paper_id,
        owner: keeper.owner,
        kind,
        key_sealed: &keeper.key.seal_key(&key_place(paper_id), &key),
        content_mac: content_mac.as_ref(),
        bytes,
        at: portal.clock.now(),
    };
    paper::insert(&mut tx, &new).await?;
    tx.commit(Record::Upkeep(Upkeep::PaperPieceKept)).await?;
    Ok(Begun::From(paper_id, 0))
}

/// Keeps a piece of an upload.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such upload.
pub async fn append(
    portal: &Portal,
    whose: &Whose,
    id: PaperId,
    begins_at: i64,
    piece: &[u8],
) -> Result<Appended, FlowError> {
    let mut tx = portal.database.write().await?;
    let keeper = keeper(portal, &mut tx, whose).await?;
    let found = keeper.own(&mut tx, id).await?;
    if found.state != PaperState::Coming || found.arrived != begins_at {
        return Ok(Appended::Elsewhere(found.arrived));
    }
    let length = i64::try_from(piece.len()).unwrap_or(i64::MAX);
    if piece.is_empty() || piece.len() > PIECE || begins_at.saturating_add(length) > found.bytes {
        return Ok(Appended::TooLong);
    }
    let key = keeper.key.open_key(&key_place(id), &found.key_sealed)?;
    let sealed = key.seal(&piece_place(id, begins_at), piece);
    if !paper::append(&mut tx, id, begins_at, length, &sealed, portal.clock.now()).await? {
        return Ok(Appended::Elsewhere(begins_at));
    }
    tx.commit(Record::Upkeep(Upkeep::PaperPieceKept)).await?;
    Ok(Appended::Kept(begins_at + length))
}

/// The whole of a paper, opened.
///
/// # Errors
/// When a piece is missing or does not open.
pub(crate) async fn content(connection: &mut Connection, key: &DataKey, of: PaperId) -> Result<Vec<u8>, FlowError> {
    let mut whole = Vec::new();
    for (begins_at, sealed) in paper::pieces(connection, of).await? {
        if usize::try_from(begins_at) != Ok(whole.len()) {
            return Err(StoreError::Corrupt("a paper with a piece missing".to_owned()).into());
        }
        whole.extend_from_slice(&key.open(&piece_place(of, begins_at), &sealed)?);
    }
    Ok(whole)
}

/// Ends an upload: looks into the file and keeps what is kept of it. `whole` says that nothing is to come, for an upload
/// whose length nobody knew.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such upload.
pub async fn finish(portal: &Portal, whose: &Whose, id: PaperId, whole: bool) -> Result<Finished, FlowError> {
    // Before the file is taken into memory: so many at once, and no more.
    let permit = portal.decoding.acquire().await.map_err(|_| FlowError::Store(StoreError::Busy))?;
    let mut tx = portal.database.read().await?;
    let reading = keeper(portal, &mut tx, whose).await?;
    let found = reading.own(&mut tx, id).await?;
    if found.state != PaperState::Coming {
        return Ok(Finished::Kept(id));
    }
    if found.arrived < found.bytes && !whole {
        return Ok(Finished::Missing(found.arrived));
    }
    let key = reading.key.open_key(&key_place(id), &found.key_sealed)?;
    let file = content(&mut tx, &key, id).await?;
    drop(tx);
    let content_mac = mac(portal, &Sha256::digest(&file).into());
    let is_what_was_said = found.content_mac.is_none_or(|said| said == content_mac);
    let looked = tokio::task::spawn_blocking(move || picture::take_in(file)).await;
    let looked = looked
        .unwrap_or(Err(Refusal::Broken))
        .and_then(|kept| if is_what_was_said { Ok(kept) } else { Err(Refusal::Broken) });
    let finished = match looked {
        Err(refusal) => refuse(portal, whose, id, refusal).await,
        Ok(kept) => keep(portal, whose, &found.kind, id, &content_mac, &kept).await,
    };
    drop(permit);
    finished
}

async fn refuse(portal: &Portal, whose: &Whose, id: PaperId, refusal: Refusal) -> Result<Finished, FlowError> {
    let mut tx = portal.database.write().await?;
    let keeper = keeper(portal, &mut tx, whose).await?;
    let found = keeper.own(&mut tx, id).await?;
    paper::delete(&mut tx, found.paper_id).await?;
    let entry = keeper.deed(portal, Deed::PaperAdded).refused().with("reason", refusal.as_str());
    tx.commit(Record::Deed(entry)).await?;
    portal.metrics.paper(refusal.as_str());
    Ok(Finished::Refused(refusal))
}

async fn keep(
    portal: &Portal,
    whose: &Whose,
    kind: &FieldId,
    id: PaperId,
    content_mac: &[u8; 32],
    kept: &Kept,
) -> Result<Finished, FlowError> {
    let mut tx = portal.database.write().await?;
    let keeper = keeper(portal, &mut tx, whose).await?;
    let found = keeper.own(&mut tx, id).await?;
    let others = keeper.unsent(&mut tx, kind).await?;
    let is_same = |other: &&Paper| other.paper_id != id && other.content_mac.as_deref() == Some(&content_mac[..]);
    if let Some(same) = others.iter().find(is_same) {
        paper::delete(&mut tx, id).await?;
        tx.commit(Record::Upkeep(Upkeep::PaperPieceKept)).await?;
        return Ok(Finished::Kept(same.paper_id));
    }
    let key = keeper.key.open_key(&key_place(id), &found.key_sealed)?;
    let pieces: Vec<(i64, Vec<u8>)> = (0..)
        .step_by(PIECE)
        .zip(kept.bytes.chunks(PIECE))
        .map(|(begins_at, piece)| (begins_at, key.seal(&piece_place(id, begins_at), piece)))
        .collect();
    let arrived = Arrived {
        media_type: kept.media_type,
        bytes: i64::try_from(kept.bytes.len()).unwrap_or(i64::MAX),
        content_mac,
        sha256_sealed: &key.seal(&digest_place(id), hex(&Sha256::digest(&kept.bytes)).as_bytes()),
        pieces: &pieces,
        at: portal.clock.now(),
    };
    if !paper::complete(&mut tx, id, &arrived).await? {
        return Ok(Finished::Kept(id));
    }
    keeper.touch(portal, &mut tx).await?;
    let entry = keeper.deed(portal, Deed::PaperAdded).with("bytes", arrived.bytes);
    tx.commit(Record::Deed(entry)).await?;
    portal.metrics.paper("added");
    Ok(Finished::Kept(id))
}

/// Takes a paper away again that was not sent. Pressed twice, nothing happens twice.
///
/// # Errors
/// As [`list`].
pub async fn remove(portal: &Portal, whose: &Whose, id: PaperId) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    let keeper = keeper(portal, &mut tx, whose).await?;
    let found = match keeper.own(&mut tx, id).await {
        Err(FlowError::NotFound) => return Ok(()),
        other => other?,
    };
    paper::delete(&mut tx, found.paper_id).await?;
    tx.commit(Record::Deed(keeper.deed(portal, Deed::PaperRemoved))).await?;
    Ok(())
}

/// Seals the key of a paper with another owner's.
fn seal_anew(from: &DataKey, to: &DataKey, of: &Paper) -> Result<Vec<u8>, FlowError> {
    Ok(to.seal_key(&key_place(of.paper_id), &from.open_key(&key_place(of.paper_id), &of.key_sealed)?))
}

/// Gives the papers of a draft to the case that it becomes: those of the kinds that are asked for with its answers. The
/// others go with the draft.
///
/// # Errors
/// When a key does not open.
pub(crate) async fn become_case(
    tx: &mut WriteTx,
    stored: &Draft,
    from: &DataKey,
    (case, to): (intake::ids::CaseId, &DataKey),
    kinds: &[&Kind],
) -> Result<(), FlowError> {
    for found in paper::all_of(tx, PaperOwner::Draft(stored.draft_id)).await? {
        if found.state != PaperState::Coming && kinds.iter().any(|kind| kind.id == found.kind) {
            paper::move_to_case(tx, found.paper_id, case, &seal_anew(from, to, &found)?, 1).await?;
        }
    }
    Ok(())
}

/// Gives the papers of one draft to another that it is joined with: all, also where they are more than the form asks for,
/// but for those that the other has already.
///
/// # Errors
/// When a key does not open.
pub(crate) async fn join(
    portal: &Portal,
    tx: &mut WriteTx,
    of_browser: &Draft,
    of_account: &Draft,
) -> Result<(), FlowError> {
    let from = portal.seal.unwrap_key(&of_browser.wrapped_key)?;
    let to = portal.seal.unwrap_key(&of_account.wrapped_key)?;
    let there = paper::all_of(tx, PaperOwner::Draft(of_account.draft_id)).await?;
    for found in paper::all_of(tx, PaperOwner::Draft(of_browser.draft_id)).await? {
        let is_there = |other: &Paper| other.kind == found.kind && other.content_mac == found.content_mac;
        if found.state != PaperState::Coming && !there.iter().any(is_there) {
            paper::move_to_draft(tx, found.paper_id, of_account.draft_id, &seal_anew(&from, &to, &found)?).await?;
        }
    }
    Ok(())
}

/// How many papers were sent with a case.
///
/// # Errors
/// When the database fails.
pub(crate) async fn count_sent(
    connection: &mut Connection,
    permit: &intake::access::Permit,
) -> Result<usize, FlowError> {
    Ok(paper::sent_of_case(connection, permit).await?.len())
}
