//! 「窓口代行入力」 A form that was handed in on paper, typed in by staff (`controls.md` R55). Invariant: what was typed is kept,
//! sealed, for the member of staff who types it; sent, it is one case, whatever is pressed, and waits for another person's check.

use intake::{
    access::{Action, may, may_in},
    answers::{FieldError, RawAnswers, UnknownInput},
    card::Matched,
    case::Stage,
    counter::{self, NotThatDay},
    export::Channel,
    form::{Field, Form},
    identity::{Comparison, Evidence, Level, Method, NotRecorded, ProxyEvidence, ProxyState, Sight, is_by_proxy},
    ids::{CaseId, DraftId, FieldId, FormId, PageId, ReceiptNumber},
    journey::{CompleteAnswers, complete_but, with_dependents},
    retention,
    time::Instant,
};
use serde::{Deserialize, Serialize};

use super::{
    FlowError,
    content::{Counter, Office},
    draft::with_form,
    page_state::ReadState,
    random, same_person,
    staff_sign_in::SignedInStaff,
};
use crate::{
    portal::Portal,
    seal::DataKey,
    store::{
        AuditEntry, Connection, Record, StoreError, Upkeep, WriteTx,
        audit::{Actor, Deed, Subject},
        case::{self, Author, CaseHead, NewCase, NewEvent},
        counter_draft::{self, CounterDraft, NewCounterDraft, Save},
        counter_entry::{self, TypedIn},
        staff::Staff,
    },
};

/// What is typed in, with what is not an answer.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// The answers.
    pub raw: RawAnswers,
    /// 「未記入」 Fields that the paper leaves blank.
    pub blank: Vec<FieldId>,
    /// The inputs of the last page: the day, the reason, what was seen of the person.
    pub end: RawAnswers,
}

impl Sheet {
    /// The fields that may be missing.
    #[must_use]
    pub fn not_asked(&self, form: &Form) -> Vec<FieldId> {
        with_dependents(form, &self.blank)
    }
}

/// What somebody is typing in, opened.
pub struct OpenEntry<'portal> {
    /// Its id.
    pub id: DraftId,
    /// The form in the version that is being typed in.
    pub form: &'portal Form,
    /// What was typed.
    pub sheet: Sheet,
    /// The last save.
    pub updated_at: Instant,
    /// When it is removed.
    pub expires_at: Instant,
    /// 「個人番号」 The fields in which one was struck out by this very save.
    pub struck: Vec<FieldId>,
}

/// What became of a save.
pub enum Saved<'portal> {
    /// It is kept.
    Kept(OpenEntry<'portal>),
    /// Another tab was faster with another text: nothing was overwritten.
    Conflict(OpenEntry<'portal>),
    /// An input that the page does not have was sent.
    UnknownInput,
}

/// A page as it was sent.
pub struct SentPage<'a> {
    /// Which.
    pub page: &'a PageId,
    /// Its inputs.
    pub inputs: &'a [(String, String)],
    /// 「未記入」 The fields that were marked.
    pub blank: &'a [FieldId],
    /// What it was shown with.
    pub state: &'a str,
}

/// The form, if it can be typed in by who asks.
fn open_to<'portal>(portal: &'portal Portal, staff: &Staff, form: &'portal Form) -> Option<&'portal Form> {
    let may_type = may_in(staff.roles, Action::EnterPaper, form.compartment);
    (may_type && counter::is_typed_in(form) && !portal.config.preview).then_some(form)
}

/// The forms that can be typed in by who asks.
#[must_use]
pub fn forms<'portal>(portal: &'portal Portal, staff: &Staff) -> Vec<&'portal Form> {
    portal.all_offered().into_iter().filter_map(|form| open_to(portal, staff, form)).collect()
}

fn open<'portal>(
    portal: &'portal Portal,
    staff: &Staff,
    draft: &CounterDraft,
) -> Result<(OpenEntry<'portal>, DataKey), FlowError> {
    let version = u32::try_from(draft.form_version).map_err(|_| FlowError::NotFound)?;
    let form = portal.catalog.version(&draft.form_id, version);
    let form = form.ok_or_else(|| StoreError::Corrupt("a form that is not served".to_owned()))?;
    let form = open_to(portal, staff, form).ok_or(FlowError::NotFound)?;
    let key = portal.seal.unwrap_key(&draft.wrapped_key)?;
    let sheet = serde_json::from_slice(&key.open(&counter_draft::place(draft.draft_id), &draft.sheet_sealed)?)?;
    let CounterDraft { draft_id: id, updated_at, expires_at, .. } = *draft;
    Ok((OpenEntry { id, form, sheet, updated_at, expires_at, struck: Vec::new() }, key))
}

async fn current(
    portal: &Portal,
    connection: &mut Connection,
    staff: &Staff,
    form: &FormId,
) -> Result<Option<CounterDraft>, StoreError> {
    let found = counter_draft::find(connection, staff.staff_id, form).await?;
    Ok(found.filter(|draft| draft.expires_at > portal.clock.now()))
}

/// What who asks is typing in of a form.
///
/// # Errors
/// When it cannot be read.
pub async fn load<'portal>(
    portal: &'portal Portal,
    staff: &Staff,
    form: &FormId,
) -> Result<Option<OpenEntry<'portal>>, FlowError> {
    let mut tx = portal.database.read().await?;
    let found = current(portal, &mut tx, staff, form).await?;
    Ok(found.map(|draft| open(portal, staff, &draft)).transpose()?.map(|(opened, _)| opened))
}

/// Begins, or goes on with what is there.
///
/// # Errors
/// [`FlowError::NotFound`] for a form that cannot be typed in by who asks.
pub async fn begin<'portal>(
    portal: &'portal Portal,
    who: &SignedInStaff,
    form_id: &FormId,
) -> Result<OpenEntry<'portal>, FlowError> {
    let (staff, now) = (&who.staff, portal.clock.now());
    let mut tx = portal.database.write().await?;
    if let Some(found) = counter_draft::find(&mut tx, staff.staff_id, form_id).await? {
        if found.expires_at > now {
            return Ok(open(portal, staff, &found)?.0);
        }
        counter_draft::delete(&mut tx, found.draft_id).await?;
    }
    let form = portal.offered(form_id).and_then(|form| open_to(portal, staff, form)).ok_or(FlowError::NotFound)?;
    let (id, sheet) = (DraftId::from_random(random()), Sheet::default());
    let (key, wrapped_key) = portal.seal.new_data_key();
    let expires_at = now.plus(retention::COUNTER_DRAFT);
    let new = NewCounterDraft {
        draft_id: id,
        staff: staff.staff_id,
        form_id,
        form_version: form.version,
        form_sha256: &portal.catalog.sha256(form),
        wrapped_key: &wrapped_key,
        sheet_sealed: &key.seal(&counter_draft::place(id), &serde_json::to_vec(&sheet)?),
        session: &who.session.session_hash,
        at: now,
        expires_at,
    };
    match counter_draft::insert(&mut tx, &new).await {
        Ok(()) => {}
        // The same press twice on PostgreSQL: the other one has begun it.
        Err(StoreError::Duplicate) => {
            drop(tx);
            return load(portal, staff, form_id).await?.ok_or(FlowError::NotFound);
        }
        Err(error) => return Err(error.into()),
    }
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::DraftStarted).on(Subject::Draft(id));
    tx.commit(Record::Deed(with_form(entry, form).with("channel", Channel::Counter.as_str()))).await?;
    Ok(OpenEntry { id, form, sheet, updated_at: now, expires_at, struck: Vec::new() })
}

/// Keeps a page.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no draft.
pub async fn save_page<'portal>(
    portal: &'portal Portal,
    who: &SignedInStaff,
    form_id: &FormId,
    sent: &SentPage<'_>,
) -> Result<Saved<'portal>, FlowError> {
    let mut tx = portal.database.write().await?;
    let stored = current(portal, &mut tx, &who.staff, form_id).await?.ok_or(FlowError::NotFound)?;
    let (mut opened, key) = open(portal, &who.staff, &stored)?;
    let mut sheet = opened.sheet.clone();
    match sheet.raw.replace_page(opened.form, sent.page, sent.inputs) {
        Ok(struck) => opened.struck = struck,
        Err(UnknownInput) => return Ok(Saved::UnknownInput),
    }
    mark_blank(opened.form, &mut sheet, sent);
    let (read, saved_by) = (ReadState::read(sent.state), stored.saved_by.as_deref());
    if sheet == opened.sheet || read.is_overtaken(saved_by) {
        return Ok(Saved::Kept(opened));
    }
    let digest = |sheet: &Sheet| sheet.raw.page_state(opened.form, sent.page);
    if digest(&sheet) != digest(&opened.sheet) && !read.knows(&digest(&opened.sheet), saved_by) {
        return Ok(Saved::Conflict(opened));
    }
    if !keep(portal, tx, who, (&stored, &key), &sheet, read.kept().as_deref()).await? {
        return Ok(Saved::Conflict(opened));
    }
    opened.sheet = sheet;
    Ok(Saved::Kept(opened))
}

/// Keeps the inputs of the last page, right or wrong.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no draft.
pub async fn save_end(
    portal: &Portal,
    who: &SignedInStaff,
    form_id: &FormId,
    end: &RawAnswers,
) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    let stored = current(portal, &mut tx, &who.staff, form_id).await?.ok_or(FlowError::NotFound)?;
    let (opened, key) = open(portal, &who.staff, &stored)?;
    let sheet = Sheet { end: end.clone(), ..opened.sheet };
    keep(portal, tx, who, (&stored, &key), &sheet, stored.saved_by.as_deref()).await.map(drop)
}

/// 「未記入」 A field is blank that is marked so and holds nothing.
fn mark_blank(form: &Form, sheet: &mut Sheet, sent: &SentPage<'_>) {
    let Some(page) = form.page(sent.page) else { return };
    sheet.blank.retain(|id| page.fields.iter().all(|field| field.id != *id));
    let is_blank =
        |field: &&Field| sent.blank.contains(&field.id) && counter::may_be_blank(field) && !sheet.raw.has(field);
    let blank: Vec<FieldId> = page.fields.iter().filter(is_blank).map(|field| field.id.clone()).collect();
    sheet.blank.extend(blank);
}

async fn keep(
    portal: &Portal,
    mut tx: WriteTx,
    who: &SignedInStaff,
    (stored, key): (&CounterDraft, &DataKey),
    sheet: &Sheet,
    saved_by: Option<&str>,
) -> Result<bool, FlowError> {
    let (id, now) = (stored.draft_id, portal.clock.now());
    let session = &who.session.session_hash;
    let save = Save {
        sheet_sealed: &key.seal(&counter_draft::place(id), &serde_json::to_vec(sheet)?),
        saved_by,
        session,
        at: now,
        expires_at: now.plus(retention::COUNTER_DRAFT),
    };
    if !counter_draft::save(&mut tx, id, stored.version, &save).await? {
        return Ok(false);
    }
    tx.commit(if stored.audited_session == session {
        Record::Upkeep(Upkeep::DraftSavedAgain)
    } else {
        let actor = Actor::Staff(who.staff.staff_id);
        Record::Deed(AuditEntry::done(now, actor, Deed::DraftSaved).on(Subject::Draft(id)))
    })
    .await?;
    Ok(true)
}

/// Removes what who asks was typing in; nothing happens when there is none.
///
/// # Errors
/// [`FlowError::NotFound`] when the role may type nothing in.
pub async fn discard(portal: &Portal, staff: &Staff, form_id: &FormId) -> Result<(), FlowError> {
    if !may(staff.roles, Action::EnterPaper) {
        return Err(FlowError::NotFound);
    }
    let mut tx = portal.database.write().await?;
    let Some(found) = counter_draft::find(&mut tx, staff.staff_id, form_id).await? else { return Ok(()) };
    counter_draft::delete(&mut tx, found.draft_id).await?;
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), Deed::DraftDiscarded);
    Ok(tx.commit(Record::Deed(entry.on(Subject::Draft(found.draft_id)))).await?)
}

/// What is said of the paper as a whole.
#[derive(Clone, Copy)]
pub struct Handed<'a> {
    /// The day on which it was handed in, `YYYY-MM-DD`.
    pub day: &'a str,
    /// Why it is an earlier one.
    pub because: &'a str,
    /// 「本人確認」 What was seen of the person, if she was there.
    pub sight: Option<Sight>,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Sent {
    /// The case is there, from this press or from an earlier one.
    Case(ReceiptNumber),
    /// Something is missing or wrong; the draft stays as it is.
    Incomplete(Vec<FieldError>),
    /// The day is not taken.
    Day(NotThatDay),
    /// What was seen is not recorded.
    Sight(NotRecorded),
}

/// Makes a case of what was typed in.
///
/// # Errors
/// [`FlowError::NotFound`] when neither the draft nor a case made of it is of who asks.
pub async fn send(
    portal: &Portal,
    staff: &Staff,
    form_id: &FormId,
    draft_id: DraftId,
    handed: &Handed<'_>,
) -> Result<Sent, FlowError> {
    // Two reasons to try again: another press was faster (its case is found then), or a random number was taken.
    for _ in 0..4 {
        match once(portal, staff, form_id, draft_id, handed).await {
            Err(FlowError::Store(StoreError::Duplicate | StoreError::Busy)) => {}
            other => return other,
        }
    }
    Err(FlowError::Store(StoreError::Busy))
}

/// What was seen of the person who handed it in, or of whom it is; none before anybody was seen. How she came says nothing.
fn evidence(
    staff: &Staff,
    handed: &Handed<'_>,
    filed_at: Instant,
    (is_by_proxy, now): (bool, Instant),
) -> Result<Option<Evidence>, NotRecorded> {
    let (method, matched) = (Method::Counter, Matched::default());
    let proxy = is_by_proxy.then(ProxyEvidence::default);
    let comparison = Comparison::default();
    let bare = Evidence { method, signed_in_at: filed_at, counter: None, matched, proxy, comparison };
    match &handed.sight {
        Some(sight) => bare.with_sight(sight, staff.staff_id, now).map(Some),
        None => Ok(proxy.map(|_| bare)),
    }
}

async fn once(
    portal: &Portal,
    staff: &Staff,
    form_id: &FormId,
    draft_id: DraftId,
    handed: &Handed<'_>,
) -> Result<Sent, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let stored = current(portal, &mut tx, staff, form_id).await?.filter(|stored| stored.draft_id == draft_id);
    let Some(stored) = stored else {
        let head = case::find_by_draft(&mut tx, draft_id).await?;
        let hers = head.filter(|head| head.typed_by == Some(staff.staff_id)).ok_or(FlowError::NotFound)?;
        return Ok(Sent::Case(hers.receipt_number));
    };
    let (OpenEntry { form, sheet, .. }, _) = open(portal, staff, &stored)?;
    let filed_at = match counter::filed_at(handed.day, handed.because, now) {
        Ok(filed_at) => filed_at,
        Err(why) => return Ok(Sent::Day(why)),
    };
    let complete = match complete_but(form, &sheet.raw, filed_at.date_in_japan(), &sheet.not_asked(form)) {
        Ok(complete) => complete,
        Err(errors) => return Ok(Sent::Incomplete(errors)),
    };
    let is_by_proxy = is_by_proxy(form, complete.answers());
    let evidence = match evidence(staff, handed, filed_at, (is_by_proxy, now)) {
        Ok(evidence) => evidence,
        Err(why) => return Ok(Sent::Sight(why)),
    };
    let late_because = (filed_at != now).then(|| handed.because.trim().to_owned());
    // A field that went out of the way again is not blank.
    let blank = blank_on_the_way(form, &sheet, &complete);
    let paper = Counter { typed_at: now, late_because, blank, put_right: None, put_right_rev: None };
    let office = Office { evidence, counter: Some(paper), ..Office::default() };
    let typed = Typed { form, draft_id, raw: &sheet.raw, complete: &complete, office: &office, filed_at };
    let (case_id, number) = make_case(portal, &mut tx, staff, &typed, now).await?;
    if !counter_draft::delete(&mut tx, draft_id).await? {
        return Err(StoreError::Busy.into());
    }
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::TypedIn).on(Subject::Case(case_id));
    let entry = with_form(entry, form).with("channel", Channel::Counter.as_str());
    tx.commit(Record::Deed(entry)).await?;
    portal.metrics.filed(form_id);
    Ok(Sent::Case(number))
}

fn blank_on_the_way(form: &Form, sheet: &Sheet, complete: &CompleteAnswers) -> Vec<FieldId> {
    let asked = counter::asked(form, complete.answers());
    sheet.blank.iter().filter(|id| asked.iter().any(|field| field.id == **id)).cloned().collect()
}

/// What a case is made of.
struct Typed<'a> {
    form: &'a Form,
    draft_id: DraftId,
    raw: &'a RawAnswers,
    complete: &'a CompleteAnswers,
    office: &'a Office,
    filed_at: Instant,
}

async fn make_case(
    portal: &Portal,
    tx: &mut WriteTx,
    staff: &Staff,
    typed: &Typed<'_>,
    now: Instant,
) -> Result<(CaseId, ReceiptNumber), FlowError> {
    let Typed { form, raw, office, filed_at, .. } = *typed;
    let (case_id, receipt_number) = (CaseId::from_random(random()), ReceiptNumber::from_random(random()));
    let (key, wrapped_key) = portal.seal.new_data_key();
    let author = Author::Staff(staff.staff_id);
    let new = NewCase {
        case_id,
        receipt_number: &receipt_number,
        draft_id: typed.draft_id,
        follows: None,
        account_id: None,
        form_id: &form.id,
        form_version: form.version,
        form_sha256: &portal.catalog.sha256(form),
        channel: Channel::Counter,
        wrapped_key: &wrapped_key,
        answers_sealed: &key.seal(&case::revision_place(case_id, 1), &serde_json::to_vec(raw)?),
        filed_at,
        compartment: form.compartment,
        identity: office.evidence.map_or(Level::Claimed, |evidence| evidence.level()),
        proxy: proxy_state(office),
    };
    case::insert_by(tx, portal.deadlines(), &new, author).await?;
    counter_entry::keep_typist(tx, case_id, staff.staff_id).await?;
    case::save_office(tx, case_id, &key.seal(&case::office_place(case_id), &serde_json::to_vec(office)?), now).await?;
    let event = NewEvent {
        case_id,
        at: now,
        command: None,
        actor: author,
        from_stage: None,
        to_stage: Stage::Submitted,
        rev: 1,
        detail_sealed: None,
    };
    case::append_event(tx, &event).await?;
    same_person::index(portal, tx, case_id, form, typed.complete.answers(), None).await?;
    Ok((case_id, receipt_number))
}

/// 「代理人」 How far a filing by a proxy has come by what was seen.
pub(super) fn proxy_state(office: &Office) -> Option<ProxyState> {
    let evidence = office.evidence.filter(|evidence| evidence.proxy.is_some())?;
    Some(if evidence.waits_for_her() { ProxyState::Waiting } else { ProxyState::Met })
}

/// Whether all of it is there: what is missing or wrong, for the day.
#[must_use]
pub fn errors(portal: &Portal, entry: &OpenEntry<'_>) -> Vec<FieldError> {
    let today = portal.clock.now().date_in_japan();
    counter::errors(entry.form, &entry.sheet.raw, today, &entry.sheet.not_asked(entry.form))
}

/// The page on which to go on: the first on which something is missing, else none.
#[must_use]
pub fn next_page(portal: &Portal, entry: &OpenEntry<'_>) -> Option<PageId> {
    errors(portal, entry).into_iter().next().map(|error| error.page)
}

/// All that a member of staff sees of her own typing in.
pub struct Overview<'portal> {
    /// The forms that can be begun.
    pub forms: Vec<&'portal Form>,
    /// What she is typing in.
    pub drafts: Vec<OpenEntry<'portal>>,
    /// What somebody put right and she has not read.
    pub news: Vec<TypedIn>,
    /// What she typed in, the newest first.
    pub typed: Vec<TypedIn>,
}

/// What who asks can begin, is typing in and has typed in.
///
/// # Errors
/// [`FlowError::NotFound`] when the role may not.
pub async fn overview<'portal>(portal: &'portal Portal, staff: &Staff) -> Result<Overview<'portal>, FlowError> {
    if !may(staff.roles, Action::EnterPaper) {
        return Err(FlowError::NotFound);
    }
    let now = portal.clock.now();
    let mut tx = portal.database.read().await?;
    let stored = counter_draft::all_of(&mut tx, staff.staff_id).await?;
    let alive = stored.iter().filter(|draft| draft.expires_at > now);
    let drafts: Result<Vec<_>, FlowError> = alive.map(|draft| Ok(open(portal, staff, draft)?.0)).collect();
    let news = counter_entry::news_of_typist(&mut tx, staff.staff_id).await?;
    let typed = counter_entry::of_typist(&mut tx, staff.staff_id).await?;
    Ok(Overview { forms: forms(portal, staff), drafts: drafts?, news, typed })
}

/// 「受付票」 What stands on the receipt of a case that was typed in; nothing of what was declared.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none, it came otherwise, or the role may not read it.
pub async fn receipt(portal: &Portal, staff: &Staff, number: &ReceiptNumber) -> Result<CaseHead, FlowError> {
    let mut tx = portal.database.read().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    let may_read = may_in(staff.roles, Action::ReadCase, head.compartment);
    if may_read && head.typed_by.is_some() { Ok(head) } else { Err(FlowError::NotFound) }
}

/// The typist has read what was put right.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such case of hers.
pub async fn mark_read(portal: &Portal, staff: &Staff, number: &ReceiptNumber) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    if head.typed_by != Some(staff.staff_id) {
        return Err(FlowError::NotFound);
    }
    if !counter_entry::mark_read(&mut tx, head.case_id, staff.staff_id).await? {
        return Ok(());
    }
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), Deed::EntryNewsRead);
    Ok(tx.commit(Record::Deed(entry.on(Subject::Case(head.case_id)))).await?)
}
