//! 「送信」 Sending a draft. Invariant: a draft becomes one case, whatever is pressed and however often: `draft_id` is unique
//! among cases, and a second press finds the first one's receipt number.

use intake::{
    answers::FieldError,
    case::Stage,
    export::Channel,
    form::{Compartment, Form},
    identity::{Comparison, Evidence, Method, ProxyEvidence, ProxyState, is_by_proxy},
    ids::{AccountId, CaseId, DraftId, FormId, ReceiptNumber},
    journey,
    time::Instant,
};

use super::{
    FlowError,
    content::{Office, ShownPack},
    draft::with_form,
    follow, my_number, paper, pregnancy_end, random, remind, same_person, signing, statistics, task,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, StoreError,
        audit::{Actor, Deed, Subject},
        case::{self, Author, NewCase, NewEvent},
        difference, draft,
        outbox::MailPayload,
    },
};

/// Who sends, and how she signed in.
#[derive(Clone, Copy, Debug)]
pub struct Sender {
    /// The parent.
    pub account: AccountId,
    /// How.
    pub method: Method,
    /// When.
    pub signed_in_at: Instant,
    /// The hash of her session's cookie: some drafts belong to it alone.
    pub session: [u8; 32],
    /// The language in which she filled it in.
    pub language: &'static str,
}

/// What became of it.
pub enum Submitted {
    /// The case is there, from this press or from an earlier one.
    Receipt(ReceiptNumber),
    /// Something is missing or wrong; the draft stays as it is.
    Incomplete(Vec<FieldError>),
}

/// Sends a draft. `letter` gives the text of the mail that says it has arrived, by language.
///
/// # Errors
/// [`FlowError::NotFound`] when neither the draft nor a case made of it is this parent's; [`FlowError::NothingToFollow`]
/// when the form follows another that she has not filed; [`FlowError::SignatureStale`] when she signed other answers.
pub async fn submit(
    portal: &Portal,
    sender: &Sender,
    form_id: &FormId,
    draft_id: DraftId,
    letter: impl Fn(&str) -> MailPayload + Send + Sync,
) -> Result<Submitted, FlowError> {
    // Two reasons to try again: another press was faster (it is found then), or the number was taken.
    for _ in 0..4 {
        match once(portal, sender, form_id, draft_id, &letter).await {
            Err(FlowError::Store(StoreError::Duplicate | StoreError::Busy)) => {}
            other => return other,
        }
    }
    Err(FlowError::Store(StoreError::Busy))
}

async fn once(
    portal: &Portal,
    sender: &Sender,
    form_id: &FormId,
    draft_id: DraftId,
    letter: &(impl Fn(&str) -> MailPayload + Send + Sync),
) -> Result<Submitted, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    // The draft first: it goes and the case comes in one transaction, so whoever finds no draft finds the case.
    let Some(stored) = draft::find(&mut tx, draft_id).await? else {
        let head = case::find_by_draft(&mut tx, draft_id).await?;
        let hers = head.filter(|head| head.account_id == Some(sender.account)).ok_or(FlowError::NotFound)?;
        return Ok(Submitted::Receipt(hers.receipt_number));
    };
    let is_hers = stored.account_id == Some(sender.account) && stored.is_open_to(&sender.session);
    if !is_hers || stored.form_id != *form_id || stored.is_over(now) {
        return Err(FlowError::NotFound);
    }
    let version = u32::try_from(stored.form_version).map_err(|_| FlowError::NotFound)?;
    let form = portal.catalog.version(form_id, version).ok_or(FlowError::NotFound)?;
    let draft_key = portal.seal.unwrap_key(&stored.wrapped_key)?;
    let plain = draft_key.open(&draft::place(draft_id), &stored.answers_sealed)?;
    let raw = serde_json::from_slice(&plain)?;
    let complete = match journey::complete(form, &raw, now.date_in_japan()) {
        Ok(complete) => complete,
        Err(errors) => return Ok(Submitted::Incomplete(errors)),
    };

    let follows = follow::followed(&mut tx, sender.account, form).await?.map(|head| head.case_id);
    let case_id = CaseId::from_random(random());
    let receipt_number = ReceiptNumber::from_random(random());
    // A new key: the draft's goes with the draft.
    let (key, wrapped_key) = portal.seal.new_data_key();
    let card = super::card::read_at(portal, &mut tx, sender.method, &sender.session).await?;
    let matched = card.as_ref().map(|card| card.matched(form, complete.answers())).unwrap_or_default();
    // 「仮の受付」 What a proxy files waits for the person herself.
    let is_by_proxy = is_by_proxy(form, complete.answers());
    let proxy = is_by_proxy.then(ProxyEvidence::default);
    let Sender { method, signed_in_at, .. } = *sender;
    let comparison = card.as_ref().map(|card| Comparison::default().with_card(card, form, complete.answers()));
    let comparison = comparison.unwrap_or_default();
    let without = Evidence { method, signed_in_at, counter: None, matched, proxy, comparison };
    let signed = signing::of_filing(&mut tx, sender, (&stored, &draft_key), form, &raw).await?;
    let evidence = signed.as_ref().map_or(without, |signed| signed.evidence(without, form, complete.answers()));
    let text_pack = shown_pack(portal, form, &stored)?;
    let language = Some(sender.language.to_owned());
    let office = Office { evidence: Some(evidence), language, text_pack, card, ..Office::default() };
    let answers_sealed = key.seal(&case::revision_place(case_id, 1), &plain);
    let new = NewCase {
        case_id,
        receipt_number: &receipt_number,
        draft_id,
        follows,
        account_id: Some(sender.account),
        form_id,
        form_version: form.version,
        form_sha256: &portal.catalog.sha256(form),
        channel: Channel::Portal,
        wrapped_key: &wrapped_key,
        answers_sealed: &answers_sealed,
        filed_at: now,
        compartment: form.compartment,
        identity: evidence.level(),
        proxy: is_by_proxy.then_some(ProxyState::Waiting),
    };
    case::insert(&mut tx, portal.deadlines(), &new).await?;
    let office_sealed = key.seal(&case::office_place(case_id), &serde_json::to_vec(&office)?);
    case::save_office(&mut tx, case_id, &office_sealed, now).await?;
    let event = NewEvent {
        case_id,
        at: now,
        command: None,
        actor: Author::Citizen(sender.account),
        from_stage: None,
        to_stage: Stage::Submitted,
        rev: 1,
        detail_sealed: None,
    };
    difference::note(&mut tx, case_id, &evidence.comparison).await?;
    case::append_event(&mut tx, &event).await?;
    let pairs = same_person::index(portal, &mut tx, case_id, form, complete.answers(), None).await?;
    statistics::filed(&mut tx, form, complete.answers(), Channel::Portal, now).await?;
    task::open_for_epds(portal, &mut tx, case_id, (form, complete.answers()), office.text_pack.as_ref()).await?;
    if let Some(signed) = &signed {
        signing::keep_with_case(portal, &mut tx, (case_id, &key), signed, without).await?;
    }
    let papers = journey::papers(form, complete.answers());
    paper::become_case(&mut tx, &stored, &draft_key, (case_id, &key), &papers).await?;
    my_number::become_case(&mut tx, &stored, &draft_key, (case_id, &key)).await?;
    draft::delete(&mut tx, draft_id).await?;
    pregnancy_end::begin_anew(portal, &mut tx, sender.account, form).await?;
    remind::write_about(portal, &mut tx, sender.account, Some(case_id), "received", letter).await?;
    let entry = AuditEntry::done(now, Actor::Citizen(sender.account), Deed::Submitted).on(Subject::Case(case_id));
    tx.commit_all([with_form(entry, form)].into_iter().chain(pairs).collect()).await?;
    if form.compartment == Compartment::General {
        portal.metrics.filed(form_id);
    }
    Ok(Submitted::Receipt(receipt_number))
}

/// The text pack that the draft was answered with, for a form that has items of one.
///
/// # Errors
/// [`FlowError::NotFound`] when it is gone: the draft starts anew.
fn shown_pack(portal: &Portal, form: &Form, draft: &draft::Draft) -> Result<Option<ShownPack>, FlowError> {
    if form.epds_items().is_empty() {
        return Ok(None);
    }
    let pack = draft.text_pack.as_deref().and_then(|sha256| portal.text_packs.usable_by_sha256(sha256));
    let pack = pack.ok_or(FlowError::NotFound)?;
    Ok(Some(ShownPack { id: pack.id.clone(), sha256: pack.sha256().to_owned() }))
}
