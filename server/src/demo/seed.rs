//! Files the sample people's notifications and has the sample staff work on them. Invariant: everything goes through the
//! deeds of the office, at the times at which it would have happened; only drafts are typed at once instead of by page.

use intake::{
    answers::RawAnswers,
    case::CorrectionRequest,
    epds::TextPack,
    form::{DraftRule, Form},
    identity::{Method, NumberDocument, PersonDocument, Sight},
    ids::{AccountId, DraftId, FieldId, FormId, ReceiptNumber},
    retention,
    time::{DAY, HOUR, Instant, MINUTE},
};

use super::people::{SamplePerson, SampleStage};
use crate::{
    flows::{
        FlowError,
        decide::{Given, Notice, Order, give},
        draft::Typist,
        filings,
        paper::{self, Begun, Whose},
        random, remind,
        sign_in::account_for,
        submit::{Sender, Submitted, submit},
    },
    letters,
    portal::Portal,
    store::{
        AuditEntry, Record, StoreError,
        audit::{Actor, Deed, Subject},
        case,
        draft::{self, DraftOwner, NewDraft},
        outbox::MailPayload,
        staff::Staff,
    },
};

/// Who works on the samples: the first accepts, the second confirms.
pub struct Desk<'a> {
    /// The first.
    pub first: &'a Staff,
    /// The second, another person.
    pub second: &'a Staff,
}

/// No browser is behind the samples.
const SEEDING: [u8; 32] = [0; 32];
const FIRST_LOOK_AFTER: i64 = 20 * HOUR;
/// What staff write when they send a sample back.
const CORRECTED_FIELD: &str = "phone";
/// 「差戻しの文例」
const CORRECTION_TEMPLATE: &str = "telephone-not-reached";
const CORRECTION_DAYS: i64 = 14;

/// 「写真・書類」 A page that says that it is made up.
const SAMPLE_PAPER: &[u8] = include_bytes!("sample-paper.pdf");
const SAMPLE_PAPER_KIND: &str = "due_date_proof";

pub(super) struct Filed {
    account: AccountId,
    number: ReceiptNumber,
}

/// Files and works on all samples, as seen from `now`. The portal's clock stands still and is moved from deed to deed.
///
/// # Errors
/// When a deed is not done.
pub async fn seed(
    portal: &Portal,
    people: &[SamplePerson],
    desk: &Desk<'_>,
    now: Instant,
    letter: &(impl Fn(Notice, &str) -> MailPayload + Sync),
) -> Result<(), FlowError> {
    let form_id: FormId = "pregnancy_notification".parse().map_err(|_| FlowError::NotFound)?;
    let form = portal.catalog.newest(&form_id).ok_or(FlowError::NotFound)?;
    // One of those that are handed over has a paper.
    let with_paper = people.iter().position(|person| person.stage == SampleStage::Confirmed);
    let mut filed: Vec<Option<Filed>> = people.iter().map(|_| None).collect();
    for (at, index, is_filing) in timetable(people, now) {
        portal.clock.advance(at.micros() - portal.clock.now().micros());
        let person = &people[index];
        match (&filed[index], is_filing) {
            (_, true) => {
                let paper = (with_paper == Some(index)).then_some(SAMPLE_PAPER);
                filed[index] = Some(file(portal, form, &person.mail, &person.raw, paper).await?);
            }
            (Some(filed), false) => work(portal, desk, person.stage, filed, letter).await?,
            (None, false) => return Err(FlowError::NotFound),
        }
    }
    match filed.iter().flatten().next() {
        Some(first) => sample_reminder(portal, first.account).await,
        None => Ok(()),
    }
}

/// One reminder, so that the mail viewer of a new demo has one to be stopped: nobody's draft is old yet.
async fn sample_reminder(portal: &Portal, account: AccountId) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let letter = |locale: &str| letters::draft_ends(locale, now.plus(retention::DRAFT_NOTICE));
    remind::remind(portal, &mut tx, account, None, "draft_ends", &letter).await?;
    let entry = AuditEntry::done(now, Actor::Portal, Deed::DraftEndTold).on(Subject::Account(account));
    Ok(tx.commit(Record::Deed(entry)).await?)
}

/// When each sample is filed and when it is worked on, in the order of time. Nothing lies ahead of `now`.
fn timetable(people: &[SamplePerson], now: Instant) -> Vec<(Instant, usize, bool)> {
    let mut deeds = Vec::with_capacity(people.len() * 2);
    for (index, person) in people.iter().enumerate() {
        let minutes = i64::try_from(index).unwrap_or_default() * 2 + 5;
        let filed_at = now.plus(-person.filed_days_ago * DAY - minutes * MINUTE);
        deeds.push((filed_at, index, true));
        if person.stage != SampleStage::Submitted {
            let seen_at = filed_at.plus(FIRST_LOOK_AFTER).min(now.plus(-MINUTE));
            deeds.push((seen_at, index, false));
        }
    }
    deeds.sort_unstable_by_key(|(at, index, is_filing)| (*at, !*is_filing, *index));
    deeds
}

pub(super) async fn file(
    portal: &Portal,
    form: &Form,
    mail: &str,
    raw: &RawAnswers,
    paper: Option<&[u8]>,
) -> Result<Filed, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let (account, made) = account_for(portal, &mut tx, mail, language(raw)).await?;
    let draft_id = DraftId::from_random(random());
    let of_session = form.draft == DraftRule::Session;
    let text_pack = portal.text_packs.for_language("ja").filter(|_| !form.epds_items().is_empty());
    let (key, wrapped_key) = portal.seal.new_data_key();
    let new = NewDraft {
        draft_id,
        owner: DraftOwner::Account(account),
        form_id: &form.id,
        form_version: form.version,
        form_sha256: &form.sha256(),
        wrapped_key: &wrapped_key,
        answers_sealed: &key.seal(&draft::place(draft_id), &serde_json::to_vec(raw)?),
        audited_session: None,
        created_at: now,
        expires_at: now.plus(retention::draft(form.draft)),
        session_hash: of_session.then_some(&SEEDING),
        text_pack: text_pack.map(TextPack::sha256),
    };
    draft::insert(&mut tx, &new).await?;
    let started = AuditEntry::done(now, Actor::Citizen(account), Deed::DraftStarted).on(Subject::Draft(draft_id));
    tx.commit_all(made.into_iter().chain([started]).collect()).await?;

    if let Some(content) = paper {
        let typist = Typist { owner: DraftOwner::Account(account), session: SEEDING };
        add_paper(portal, &Whose::Draft(typist, form.id.clone()), content).await?;
    }
    let (method, language) = (Method::EmailCode, language(raw));
    let sender = Sender { account, method, signed_in_at: now, session: SEEDING, language };
    match submit(portal, &sender, &form.id, draft_id, letters::received).await? {
        Submitted::Receipt(number) => Ok(Filed { account, number }),
        Submitted::Incomplete(_) => Err(FlowError::Store(StoreError::Corrupt("an incomplete sample".to_owned()))),
    }
}

async fn add_paper(portal: &Portal, whose: &Whose, content: &[u8]) -> Result<(), FlowError> {
    let kind: FieldId = SAMPLE_PAPER_KIND.parse().map_err(|_| FlowError::NotFound)?;
    let length = i64::try_from(content.len()).ok();
    if let Begun::From(id, 0) = paper::begin(portal, whose, &kind, length, None).await? {
        paper::append(portal, whose, id, 0, content).await?;
        paper::finish(portal, whose, id, true).await?;
    }
    Ok(())
}

/// The language that she is written to in.
fn language(raw: &RawAnswers) -> &'static str {
    if raw.first("language") == "ja" { "ja" } else { "en" }
}

pub(super) async fn work(
    portal: &Portal,
    desk: &Desk<'_>,
    stage: SampleStage,
    filed: &Filed,
    letter: &(impl Fn(Notice, &str) -> MailPayload + Sync),
) -> Result<(), FlowError> {
    if stage == SampleStage::Withdrawn {
        let version = version_of(portal, &filed.number).await?;
        if is_by_proxy(portal, &filed.number).await? {
            // A proxy withdraws nothing.
            return Ok(());
        }
        return filings::withdraw(portal, filed.account, &filed.number, version).await;
    }
    // Of a sample that a proxy filed the person herself was met.
    let sight = Sight::of(NumberDocument::MyNumberCard, PersonDocument::MyNumberCard).and_met();
    let seen = || Order::RecordIdentity(sight);
    let (first, second) = match stage {
        SampleStage::Submitted | SampleStage::Withdrawn => (Vec::new(), None),
        SampleStage::InReview => (vec![Order::Claim], None),
        SampleStage::SentBack => (vec![Order::Claim, Order::SendBack(correction(portal)?)], None),
        SampleStage::VisitNeeded => (vec![Order::Claim, Order::AskToVisit], None),
        SampleStage::Accepted | SampleStage::WithdrawalAsked => (vec![Order::Claim, seen(), Order::Accept], None),
        SampleStage::Confirmed => (vec![Order::Claim, seen(), Order::Accept], Some(Order::Confirm)),
        SampleStage::DeclineProposed(reason) => (vec![Order::Claim, Order::ProposeDecline(reason)], None),
        SampleStage::Declined(reason) => (vec![Order::Claim, Order::ProposeDecline(reason)], Some(Order::Decline)),
    };
    let orders = first.into_iter().map(|order| (desk.first, order));
    for (who, order) in orders.chain(second.map(|order| (desk.second, order))) {
        let version = version_of(portal, &filed.number).await?;
        if let Given::Refused(_) = give(portal, who, &filed.number, version, &order, letter).await? {
            return Err(FlowError::Store(StoreError::Corrupt("a sample that cannot be worked on".to_owned())));
        }
    }
    if stage == SampleStage::WithdrawalAsked && !is_by_proxy(portal, &filed.number).await? {
        let version = version_of(portal, &filed.number).await?;
        filings::ask_to_withdraw(portal, filed.account, &filed.number, version).await?;
    }
    Ok(())
}

fn correction(portal: &Portal) -> Result<CorrectionRequest, FlowError> {
    let field: FieldId = CORRECTED_FIELD.parse().map_err(|_| FlowError::NotFound)?;
    let answer_by = portal.clock.now().date_in_japan().plus_days(CORRECTION_DAYS);
    let reason = portal.templates.find(CORRECTION_TEMPLATE).ok_or(FlowError::NotFound)?;
    let request = CorrectionRequest::new(vec![(field.clone(), reason.japanese().to_owned())], answer_by);
    Ok(CorrectionRequest { templates: [(field, reason.id.clone())].into(), ..request })
}

async fn is_by_proxy(portal: &Portal, number: &ReceiptNumber) -> Result<bool, FlowError> {
    let head = case::find_by_receipt_number(&mut *portal.database.read().await?, number).await?;
    head.map(|head| head.is_held_by_proxy()).ok_or(FlowError::NotFound)
}

async fn version_of(portal: &Portal, number: &ReceiptNumber) -> Result<i64, FlowError> {
    let head = case::find_by_receipt_number(&mut *portal.database.read().await?, number).await?;
    head.map(|head| head.version).ok_or(FlowError::NotFound)
}
