//! 「二つの下書き」 A parent who has a draft, and a browser in which another was begun before she signed in. Invariant: where both
//! have something and it differs, nothing is chosen for her; a page that came after her session had ended goes over what it
//! had read.

use intake::{
    answers::RawAnswers,
    form::{Field, Form},
    ids::{AccountId, FieldId, FormId},
    time::Instant,
};

use super::{FlowError, draft::open, my_number, page_state::ReadState, paper};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, StoreError, WriteTx,
        audit::{Actor, Deed, Subject},
        draft::{self, Draft, DraftOwner, Save, TwoDrafts},
    },
};

/// Both texts of a draft that is still two.
pub struct Split<'portal> {
    /// The form.
    pub form: &'portal Form,
    /// What the parent's own draft has.
    pub of_account: RawAnswers,
    /// What was typed in this browser.
    pub of_browser: RawAnswers,
    /// Names both as they were read.
    pub state: String,
}

impl Split<'_> {
    /// The fields that both have, and differently.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        let differs = |field: &&Field| differs(&self.of_account, &self.of_browser, field);
        self.form.fields().map(|(_, field)| field).filter(differs)
    }
}

fn differs(one: &RawAnswers, other: &RawAnswers, field: &Field) -> bool {
    one.has(field) && other.has(field) && !one.is_same(other, field)
}

fn state_of(of_account: &Draft, of_browser: &Draft) -> String {
    format!("{}.{}", of_account.version, of_browser.version)
}

async fn keep(
    portal: &Portal,
    tx: &mut WriteTx,
    of_account: &Draft,
    raw: &RawAnswers,
    now: Instant,
) -> Result<(), FlowError> {
    let key = portal.seal.unwrap_key(&of_account.wrapped_key)?;
    let id = of_account.draft_id;
    let save = Save {
        answers_sealed: &key.seal(&draft::place(id), &serde_json::to_vec(raw)?),
        audited_session: of_account.audited_session.as_deref(),
        at: now,
        expires_at: now.plus(intake::retention::DRAFT),
        saved_by: None,
        rescued: None,
    };
    let saved = draft::save(tx, id, of_account.version, &save).await?;
    if saved { Ok(()) } else { Err(StoreError::Busy.into()) }
}

/// Makes one draft of two at sign-in, as far as nothing is chosen by it: what only one of them has, and pages that came after
/// the session had ended. If something is left to choose, the browser's stays beside the parent's. A draft of another form
/// version stays out: its answers are not those of this one.
///
/// # Errors
/// When one of them cannot be read.
pub(crate) async fn join(portal: &Portal, tx: &mut WriteTx, two: &TwoDrafts, now: Instant) -> Result<(), FlowError> {
    let TwoDrafts { of_account, of_browser } = two;
    if of_account.form_version != of_browser.form_version {
        return Ok(());
    }
    let (here, typed) = (open(portal, of_account)?, open(portal, of_browser)?);
    let mut raw = here.raw.clone();
    for line in of_browser.rescued.as_deref().unwrap_or_default().lines() {
        let Some((page, read_state)) = line.split_once(' ') else { continue };
        let Some(page) = here.form.pages.iter().find(|one| one.id.as_str() == page) else { continue };
        let digest = here.raw.page_state(here.form, &page.id);
        if ReadState::read(read_state).knew(&digest, of_account.saved_by.as_deref()) {
            page.fields.iter().for_each(|field| raw.take_field(&typed.raw, field));
        }
    }
    for (_, field) in here.form.fields().filter(|(_, field)| typed.raw.has(field)) {
        if !raw.has(field) {
            raw.take_field(&typed.raw, field);
        }
    }
    let is_split = here.form.fields().any(|(_, field)| differs(&raw, &typed.raw, field));
    keep(portal, tx, of_account, &raw, now).await?;
    if !is_split {
        paper::join(portal, tx, of_browser, of_account).await?;
        my_number::join(portal, tx, of_browser, of_account).await?;
        draft::delete(tx, of_browser.draft_id).await?;
    }
    Ok(())
}

/// The draft of a parent that is still two in this browser.
///
/// # Errors
/// When one of them cannot be read.
pub async fn find<'portal>(
    portal: &'portal Portal,
    account: AccountId,
    browser: [u8; 32],
    form: &FormId,
) -> Result<Option<Split<'portal>>, FlowError> {
    let mut tx = portal.database.read().await?;
    let Some(of_browser) = draft::find_for_owner(&mut tx, &DraftOwner::Browser(browser), form).await? else {
        return Ok(None);
    };
    let Some(of_account) = draft::find_for_owner(&mut tx, &DraftOwner::Account(account), form).await? else {
        return Ok(None);
    };
    if of_account.form_version != of_browser.form_version {
        return Ok(None);
    }
    let (here, typed) = (open(portal, &of_account)?, open(portal, &of_browser)?);
    let state = state_of(&of_account, &of_browser);
    let split = Split { form: here.form, of_account: here.raw, of_browser: typed.raw, state };
    let is_split = split.fields().next().is_some();
    Ok(is_split.then_some(split))
}

/// Makes one draft of two as the parent chose: `of_browser` names the fields of which this browser's text is kept. False when
/// one of the two has changed since she was shown them.
///
/// # Errors
/// When the database fails.
pub async fn settle(
    portal: &Portal,
    account: AccountId,
    browser: [u8; 32],
    form: &FormId,
    of_browser: &[FieldId],
    state: &str,
) -> Result<bool, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let typed = draft::find_for_owner(&mut tx, &DraftOwner::Browser(browser), form).await?;
    let here = draft::find_for_owner(&mut tx, &DraftOwner::Account(account), form).await?;
    // Pressed twice: the first press made one of them.
    let Some((here, typed)) = here.zip(typed) else { return Ok(true) };
    if state_of(&here, &typed) != state {
        return Ok(false);
    }
    let (opened, newer) = (open(portal, &here)?, open(portal, &typed)?);
    let mut raw = opened.raw.clone();
    for (_, field) in opened.form.fields().filter(|(_, field)| of_browser.contains(&field.id)) {
        raw.take_field(&newer.raw, field);
    }
    keep(portal, &mut tx, &here, &raw, now).await?;
    paper::join(portal, &mut tx, &typed, &here).await?;
    my_number::join(portal, &mut tx, &typed, &here).await?;
    draft::delete(&mut tx, typed.draft_id).await?;
    let entry = AuditEntry::done(now, Actor::Citizen(account), Deed::DraftSaved).on(Subject::Draft(here.draft_id));
    tx.commit(Record::Deed(entry)).await?;
    Ok(true)
}
