//! 「下書き」 Drafts. Invariant: what was typed is kept before the answer is given; nothing is saved over a text of the same
//! page that was not read, unless it is the same text.

use intake::{
    answers::{RawAnswers, UnknownInput},
    epds::TextPack,
    form::{Compartment, DraftRule, Form},
    ids::{DraftId, FieldId, FormId, PageId},
    retention,
    time::Instant,
};

use super::{FlowError, follow, page_state::ReadState, random};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, StoreError, Upkeep, WriteTx,
        audit::{Actor, Deed, Subject},
        draft::{self, Draft, DraftOwner, NewDraft, Save},
    },
};

/// Who types: a parent who has signed in, or a browser.
#[derive(Clone, Copy, Debug)]
pub struct Typist {
    /// Whose draft it is.
    pub owner: DraftOwner,
    /// The hash of the session's or the browser's cookie: one audit entry for all saves of it.
    pub session: [u8; 32],
}

impl Typist {
    pub(crate) fn actor(&self) -> Actor {
        match self.owner {
            DraftOwner::Account(id) => Actor::Citizen(id),
            DraftOwner::Browser(_) => Actor::Anybody,
        }
    }
}

/// A draft, opened.
pub struct OpenDraft<'portal> {
    /// Its id.
    pub id: DraftId,
    /// The form in the version that is being filled in.
    pub form: &'portal Form,
    /// What was typed.
    pub raw: RawAnswers,
    /// Counts every save.
    pub version: i64,
    /// The last save.
    pub updated_at: Instant,
    /// When it is removed.
    pub expires_at: Instant,
    /// 「EPDS」 The wording of the items, from the beginning of the draft to its end.
    pub text_pack: Option<&'portal TextPack>,
    /// 「個人番号」 The fields in which one was struck out by this very save: it is nowhere.
    pub struck: Vec<FieldId>,
}

/// What became of a save.
pub enum Saved<'portal> {
    /// It is kept.
    Kept(OpenDraft<'portal>),
    /// Another tab or device was faster with another text: nothing was overwritten. The draft as it stands.
    Conflict(OpenDraft<'portal>),
    /// An input that the page does not have was sent.
    UnknownInput,
}

pub(crate) fn open<'portal>(portal: &'portal Portal, draft: &Draft) -> Result<OpenDraft<'portal>, FlowError> {
    let form = u32::try_from(draft.form_version)
        .ok()
        .and_then(|version| portal.catalog.version(&draft.form_id, version))
        .ok_or_else(|| StoreError::Corrupt("a form that is not served".to_owned()))?;
    let key = portal.seal.unwrap_key(&draft.wrapped_key)?;
    let raw = serde_json::from_slice(&key.open(&draft::place(draft.draft_id), &draft.answers_sealed)?)?;
    let Draft { draft_id: id, version, updated_at, expires_at, .. } = *draft;
    let text_pack = draft.text_pack.as_deref().and_then(|sha256| portal.text_packs.usable_by_sha256(sha256));
    Ok(OpenDraft { id, form, raw, version, updated_at, expires_at, text_pack, struck: Vec::new() })
}

/// Whether who asks can go on with a draft: its time is not over, no other session began it for itself, and the wording
/// that it was begun with is still there.
fn can_go_on(portal: &Portal, typist: &Typist, draft: &Draft) -> bool {
    let wording_is_there = draft.text_pack.as_deref().is_none_or(|it| portal.text_packs.usable_by_sha256(it).is_some());
    !draft.is_over(portal.clock.now()) && draft.is_open_to(&typist.session) && wording_is_there
}

pub(crate) async fn current(
    portal: &Portal,
    connection: &mut Connection,
    typist: &Typist,
    form: &FormId,
) -> Result<Option<Draft>, StoreError> {
    let found = draft::find_for_owner(connection, &typist.owner, form).await?;
    Ok(found.filter(|draft| can_go_on(portal, typist, draft)))
}

/// The draft of who asks.
///
/// # Errors
/// When it cannot be read.
pub async fn load<'portal>(
    portal: &'portal Portal,
    typist: &Typist,
    form: &FormId,
) -> Result<Option<OpenDraft<'portal>>, FlowError> {
    let mut tx = portal.database.read_once().await?;
    let found = current(portal, &mut tx, typist, form).await?;
    found.map(|draft| open(portal, &draft)).transpose()
}

/// The draft of who asks, begun if there is none that can be gone on with. A form that follows another begins with what was
/// answered there; `language` decides on the wording of the EPDS.
///
/// # Errors
/// [`FlowError::NotFound`] for a form that is not offered; [`FlowError::NeedsAccount`] and [`FlowError::NothingToFollow`]
/// for a form that follows another.
pub async fn begin<'portal>(
    portal: &'portal Portal,
    typist: &Typist,
    form_id: &FormId,
    language: &str,
) -> Result<OpenDraft<'portal>, FlowError> {
    begin_with(portal, typist, form_id, language, true).await
}

async fn begin_with<'portal>(
    portal: &'portal Portal,
    typist: &Typist,
    form_id: &FormId,
    language: &str,
    follows: bool,
) -> Result<OpenDraft<'portal>, FlowError> {
    let form = portal.served(form_id);
    let of_session = !portal.config.preview && form.is_some_and(|form| form.draft == DraftRule::Session);
    if of_session && !matches!(typist.owner, DraftOwner::Account(_)) {
        return Err(FlowError::NeedsAccount);
    }
    let has_items = form.is_some_and(|form| !form.epds_items().is_empty());
    let text_pack = portal.text_packs.for_language(language).filter(|_| has_items);
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    if let Some(found) = draft::find_for_owner(&mut tx, &typist.owner, form_id).await? {
        if can_go_on(portal, typist, &found) {
            return open(portal, &found);
        }
        draft::delete(&mut tx, found.draft_id).await?;
    }
    // Of a form that was taken back nothing new is begun, but for what was typed and would be lost.
    let form = form.filter(|form| form.offered || !follows).ok_or(FlowError::NotFound)?;
    let raw = match (&form.follows, typist.owner) {
        (None, _) => RawAnswers::default(),
        (Some(_), DraftOwner::Account(account)) => {
            follow::first_answers(portal, &mut tx, account, form, now.date_in_japan()).await?
        }
        (Some(_), DraftOwner::Browser(_)) if follows && !portal.config.preview => return Err(FlowError::NeedsAccount),
        (Some(_), DraftOwner::Browser(_)) => RawAnswers::default(),
    };
    let id = DraftId::from_random(random());
    let (key, wrapped_key) = portal.seal.new_data_key();
    let answers_sealed = key.seal(&draft::place(id), &serde_json::to_vec(&raw)?);
    let expires_at = now.plus(retention::draft(form.draft));
    let new = NewDraft {
        draft_id: id,
        owner: typist.owner,
        form_id,
        form_version: form.version,
        form_sha256: &portal.catalog.sha256(form),
        wrapped_key: &wrapped_key,
        answers_sealed: &answers_sealed,
        audited_session: Some(&typist.session),
        created_at: now,
        expires_at,
        session_hash: of_session.then_some(&typist.session),
        text_pack: text_pack.map(TextPack::sha256),
    };
    match draft::insert(&mut tx, &new).await {
        Ok(()) => {}
        // The same press twice on PostgreSQL: the other one has begun it.
        Err(StoreError::Duplicate) => {
            drop(tx);
            return load(portal, typist, form_id).await?.ok_or(FlowError::NotFound);
        }
        Err(error) => return Err(error.into()),
    }
    let entry = AuditEntry::done(now, typist.actor(), Deed::DraftStarted).on(Subject::Draft(id));
    tx.commit(Record::Deed(with_form(entry, form))).await?;
    Ok(OpenDraft { id, form, raw, version: 1, updated_at: now, expires_at, text_pack, struck: Vec::new() })
}

/// Keeps a new draft of a form that is kept beyond the session, with these answers; the entry of it.
///
/// # Errors
/// [`StoreError::Duplicate`] when the owner has one for this form.
pub(crate) async fn put(
    portal: &Portal,
    tx: &mut WriteTx,
    typist: &Typist,
    form: &Form,
    raw: &RawAnswers,
) -> Result<AuditEntry, FlowError> {
    let (id, now) = (DraftId::from_random(random()), portal.clock.now());
    let (key, wrapped_key) = portal.seal.new_data_key();
    let new = NewDraft {
        draft_id: id,
        owner: typist.owner,
        form_id: &form.id,
        form_version: form.version,
        form_sha256: &portal.catalog.sha256(form),
        wrapped_key: &wrapped_key,
        answers_sealed: &key.seal(&draft::place(id), &serde_json::to_vec(raw)?),
        audited_session: Some(&typist.session),
        created_at: now,
        expires_at: now.plus(retention::draft(form.draft)),
        session_hash: None,
        text_pack: None,
    };
    draft::insert(tx, &new).await?;
    Ok(with_form(AuditEntry::done(now, typist.actor(), Deed::DraftStarted).on(Subject::Draft(id)), form))
}

/// Says in an entry which form it is about, unless whoever reads the log must not know that.
pub(crate) fn with_form(entry: AuditEntry, form: &Form) -> AuditEntry {
    match form.compartment {
        Compartment::General => entry.with("form", form.id.clone()),
        Compartment::Epds => entry,
    }
}

/// Keeps one page. `read_state` is what the page was shown with ([`page_state`](super::page_state)).
///
/// # Errors
/// [`FlowError::NotFound`] when there is no draft.
pub async fn save_page<'portal>(
    portal: &'portal Portal,
    typist: &Typist,
    form_id: &FormId,
    page: &PageId,
    sent: &[(String, String)],
    read_state: &str,
) -> Result<Saved<'portal>, FlowError> {
    save(portal, typist, form_id, (page, sent, read_state), false).await
}

/// Keeps a page whose parent's session is over in a draft of the browser, which is begun if there is none. What the page was
/// shown with is kept beside it, so that it goes over what she had read when she signs in again, and over nothing else.
///
/// # Errors
/// As [`begin`], but that a form which follows another is begun too: it is asked about when it is sent.
pub async fn rescue_page<'portal>(
    portal: &'portal Portal,
    typist: &Typist,
    form_id: &FormId,
    language: &str,
    (page, sent, read_state): (&PageId, &[(String, String)], &str),
) -> Result<Saved<'portal>, FlowError> {
    begin_with(portal, typist, form_id, language, false).await?;
    save(portal, typist, form_id, (page, sent, read_state), true).await
}

/// A line of [`Draft::rescued`] more.
fn with_rescued(kept: Option<&str>, page: &PageId, read_state: &str) -> String {
    let of_others = kept.unwrap_or_default().lines().filter(|line| !line.starts_with(&format!("{page} ")));
    of_others.map(|line| format!("{line}\n")).collect::<String>() + &format!("{page} {read_state}\n")
}

/// How often a save that another was faster than is held against what that one kept.
const TRIES: usize = 8;

async fn save<'portal>(
    portal: &'portal Portal,
    typist: &Typist,
    form_id: &FormId,
    sent: (&PageId, &[(String, String)], &str),
    is_rescue: bool,
) -> Result<Saved<'portal>, FlowError> {
    for _ in 0..TRIES {
        if let Some(saved) = try_to_save(portal, typist, form_id, sent, is_rescue).await? {
            return Ok(saved);
        }
    }
    Err(StoreError::Busy.into())
}

/// Nothing when another save came between reading and writing.
async fn try_to_save<'portal>(
    portal: &'portal Portal,
    typist: &Typist,
    form_id: &FormId,
    (page, sent, read_state): (&PageId, &[(String, String)], &str),
    is_rescue: bool,
) -> Result<Option<Saved<'portal>>, FlowError> {
    let now = portal.clock.now();
    let stored = current(portal, &mut *portal.database.read_once().await?, typist, form_id).await?;
    let Some(stored) = stored else { return Err(FlowError::NotFound) };
    let mut opened = open(portal, &stored)?;
    let mut raw = opened.raw.clone();
    match raw.replace_page(opened.form, page, sent) {
        Ok(struck) => opened.struck = struck,
        Err(UnknownInput) => return Ok(Some(Saved::UnknownInput)),
    }
    let (read, saved_by) = (ReadState::read(read_state), stored.saved_by.as_deref());
    let is_same = raw == opened.raw || read.is_overtaken(saved_by);
    // Whoever was told that the draft ends, and goes on with it, has put the end off also without changing a word.
    if is_same && stored.noticed_at.is_none() && !is_rescue {
        return Ok(Some(Saved::Kept(opened)));
    }
    let digest = |raw: &RawAnswers| raw.page_state(opened.form, page);
    let is_first_rescue = is_rescue && digest(&opened.raw) == digest(&RawAnswers::default());
    if !is_same && !is_first_rescue && !read.knows(&digest(&opened.raw), saved_by) {
        return Ok(Some(Saved::Conflict(opened)));
    }
    if is_same {
        raw = opened.raw.clone();
    }
    let key = portal.seal.unwrap_key(&stored.wrapped_key)?;
    let answers_sealed = key.seal(&draft::place(stored.draft_id), &serde_json::to_vec(&raw)?);
    // The day of a draft of a session does not begin anew.
    let expires_at = stored.session_hash.map_or_else(|| now.plus(retention::DRAFT), |_| stored.expires_at);
    let saved_by = read.kept();
    // A line for each page at most, of what a page was shown with: made up, it would be as long as somebody likes.
    let is_ours = is_rescue && is_first_rescue && saved_by.is_some() && read_state.len() <= 60;
    let rescued = is_ours.then(|| with_rescued(stored.rescued.as_deref(), page, read_state));
    let save = Save {
        answers_sealed: &answers_sealed,
        audited_session: Some(&typist.session),
        at: now,
        expires_at,
        saved_by: saved_by.as_deref(),
        rescued: rescued.as_deref().or(stored.rescued.as_deref()),
    };
    let (id, version) = (stored.draft_id, stored.version);
    if stored.audited_session.as_deref() == Some(&typist.session) {
        let mut write = portal.database.write_once(Upkeep::DraftSavedAgain).await?;
        if !draft::save(&mut write, id, version, &save).await? {
            return Ok(None);
        }
    } else {
        let mut tx = portal.database.write().await?;
        if !draft::save(&mut tx, id, version, &save).await? {
            return Ok(None);
        }
        let entry = AuditEntry::done(now, typist.actor(), Deed::DraftSaved).on(Subject::Draft(id));
        tx.commit(Record::Deed(entry)).await?;
    }
    (opened.raw, opened.version, opened.updated_at, opened.expires_at) = (raw, version + 1, now, expires_at);
    Ok(Some(Saved::Kept(opened)))
}

/// Removes the draft of who asks; nothing happens when there is none.
///
/// # Errors
/// When the database fails.
pub async fn discard(portal: &Portal, typist: &Typist, form_id: &FormId) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let found = draft::find_for_owner(&mut tx, &typist.owner, form_id).await?;
    let Some(found) = found.filter(|draft| draft.is_open_to(&typist.session)) else { return Ok(()) };
    draft::delete(&mut tx, found.draft_id).await?;
    let entry = AuditEntry::done(now, typist.actor(), Deed::DraftDiscarded).on(Subject::Draft(found.draft_id));
    Ok(tx.commit(Record::Deed(entry)).await?)
}
