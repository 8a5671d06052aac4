//! 「下書き」 Drafts. Invariant: what was typed is kept before the answer is given; nothing is saved over a text of the same
//! page that was not read, unless it is the same text.

use intake::{
    answers::{RawAnswers, UnknownInput},
    form::Form,
    ids::{DraftId, FormId, PageId},
    retention,
    time::Instant,
};

use super::{FlowError, follow, random};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, StoreError, Upkeep, WriteTx,
        audit::{Actor, Deed, Subject},
        draft::{self, Draft, DraftOwner, NewDraft, Save, TwoDrafts},
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
    fn actor(&self) -> Actor {
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

fn open<'portal>(portal: &'portal Portal, draft: &Draft) -> Result<OpenDraft<'portal>, FlowError> {
    let form = u32::try_from(draft.form_version)
        .ok()
        .and_then(|version| portal.catalog.version(&draft.form_id, version))
        .ok_or_else(|| StoreError::Corrupt("a form that is not served".to_owned()))?;
    let key = portal.seal.unwrap_key(&draft.wrapped_key)?;
    let raw = serde_json::from_slice(&key.open(&draft::place(draft.draft_id), &draft.answers_sealed)?)?;
    let Draft { draft_id: id, version, updated_at, expires_at, .. } = *draft;
    Ok(OpenDraft { id, form, raw, version, updated_at, expires_at })
}

async fn current(
    connection: &mut Connection,
    owner: &DraftOwner,
    form: &FormId,
    now: Instant,
) -> Result<Option<Draft>, StoreError> {
    Ok(draft::find_for_owner(connection, owner, form).await?.filter(|draft| !draft.is_over(now)))
}

/// The draft of who asks.
///
/// # Errors
/// When it cannot be read.
pub async fn load<'portal>(
    portal: &'portal Portal,
    owner: &DraftOwner,
    form: &FormId,
) -> Result<Option<OpenDraft<'portal>>, FlowError> {
    let mut tx = portal.database.read().await?;
    let found = current(&mut tx, owner, form, portal.clock.now()).await?;
    found.map(|draft| open(portal, &draft)).transpose()
}

/// The draft of who asks, begun if there is none. A form that follows another begins with what was answered there.
///
/// # Errors
/// [`FlowError::NotFound`] for a form that is not served; [`FlowError::NeedsAccount`] and [`FlowError::NothingToFollow`]
/// for a form that follows another.
pub async fn begin<'portal>(
    portal: &'portal Portal,
    typist: &Typist,
    form_id: &FormId,
) -> Result<OpenDraft<'portal>, FlowError> {
    begin_with(portal, typist, form_id, true).await
}

/// The same for a page whose parent's session is over: kept for the browser, it becomes hers when she signs in again.
///
/// # Errors
/// As [`begin`], but that a form which follows another is begun too: it is asked about when it is sent.
pub async fn rescue<'portal>(
    portal: &'portal Portal,
    typist: &Typist,
    form_id: &FormId,
) -> Result<OpenDraft<'portal>, FlowError> {
    begin_with(portal, typist, form_id, false).await
}

async fn begin_with<'portal>(
    portal: &'portal Portal,
    typist: &Typist,
    form_id: &FormId,
    follows: bool,
) -> Result<OpenDraft<'portal>, FlowError> {
    let form = portal.catalog.newest(form_id);
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    if let Some(found) = draft::find_for_owner(&mut tx, &typist.owner, form_id).await? {
        if !found.is_over(now) {
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
    let expires_at = now.plus(retention::DRAFT);
    let new = NewDraft {
        draft_id: id,
        owner: typist.owner,
        form_id,
        form_version: form.version,
        form_sha256: &form.sha256(),
        wrapped_key: &wrapped_key,
        answers_sealed: &answers_sealed,
        audited_session: Some(&typist.session),
        created_at: now,
        expires_at,
    };
    match draft::insert(&mut tx, &new).await {
        Ok(()) => {}
        // The same press twice on PostgreSQL: the other one has begun it.
        Err(StoreError::Duplicate) => {
            drop(tx);
            return load(portal, &typist.owner, form_id).await?.ok_or(FlowError::NotFound);
        }
        Err(error) => return Err(error.into()),
    }
    let entry = AuditEntry::done(now, typist.actor(), Deed::DraftStarted).on(Subject::Draft(id));
    tx.commit(Record::Deed(entry.with("form", form_id.clone()))).await?;
    Ok(OpenDraft { id, form, raw, version: 1, updated_at: now, expires_at })
}

/// Keeps one page. `read_state` is [`RawAnswers::page_state`] as the page was shown with.
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
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let Some(stored) = current(&mut tx, &typist.owner, form_id, now).await? else { return Err(FlowError::NotFound) };
    let mut opened = open(portal, &stored)?;
    let mut raw = opened.raw.clone();
    if let Err(UnknownInput) = raw.replace_page(opened.form, page, sent) {
        return Ok(Saved::UnknownInput);
    }
    let is_same = raw == opened.raw;
    // Whoever was told that the draft ends, and goes on with it, has put the end off also without changing a word.
    if is_same && stored.noticed_at.is_none() {
        return Ok(Saved::Kept(opened));
    }
    if !is_same && opened.raw.page_state(opened.form, page) != read_state {
        return Ok(Saved::Conflict(opened));
    }
    let key = portal.seal.unwrap_key(&stored.wrapped_key)?;
    let answers_sealed = key.seal(&draft::place(stored.draft_id), &serde_json::to_vec(&raw)?);
    let expires_at = now.plus(retention::DRAFT);
    let audited = stored.audited_session.as_deref() == Some(&typist.session);
    let save = Save { answers_sealed: &answers_sealed, audited_session: Some(&typist.session), at: now, expires_at };
    if !draft::save(&mut tx, stored.draft_id, stored.version, &save).await? {
        return Ok(Saved::Conflict(opened));
    }
    tx.commit(if audited {
        Record::Upkeep(Upkeep::DraftSavedAgain)
    } else {
        Record::Deed(AuditEntry::done(now, typist.actor(), Deed::DraftSaved).on(Subject::Draft(stored.draft_id)))
    })
    .await?;
    (opened.raw, opened.version, opened.updated_at, opened.expires_at) = (raw, stored.version + 1, now, expires_at);
    Ok(Saved::Kept(opened))
}

/// Removes the draft of who asks; nothing happens when there is none.
///
/// # Errors
/// When the database fails.
pub async fn discard(portal: &Portal, typist: &Typist, form_id: &FormId) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let Some(found) = draft::find_for_owner(&mut tx, &typist.owner, form_id).await? else { return Ok(()) };
    draft::delete(&mut tx, found.draft_id).await?;
    let entry = AuditEntry::done(now, typist.actor(), Deed::DraftDiscarded).on(Subject::Draft(found.draft_id));
    Ok(tx.commit(Record::Deed(entry)).await?)
}

/// Makes one draft of two at sign-in: what was typed in this browser last goes over what the parent had, and an input that
/// she left empty here keeps what it had. A draft of another form version stays out: its answers are not those of this one.
///
/// # Errors
/// When one of them cannot be read.
pub(crate) async fn join(portal: &Portal, tx: &mut WriteTx, two: &TwoDrafts, now: Instant) -> Result<(), FlowError> {
    if two.of_account.form_version != two.of_browser.form_version {
        return Ok(());
    }
    let mut raw = open(portal, &two.of_account)?.raw;
    raw.put_over(&open(portal, &two.of_browser)?.raw);
    let key = portal.seal.unwrap_key(&two.of_account.wrapped_key)?;
    let id = two.of_account.draft_id;
    let answers_sealed = key.seal(&draft::place(id), &serde_json::to_vec(&raw)?);
    let audited_session = two.of_account.audited_session.as_deref();
    let expires_at = now.plus(retention::DRAFT);
    let save = Save { answers_sealed: &answers_sealed, audited_session, at: now, expires_at };
    if !draft::save(tx, id, two.of_account.version, &save).await? {
        return Err(StoreError::Busy.into());
    }
    draft::delete(tx, two.of_browser.draft_id).await?;
    Ok(())
}
