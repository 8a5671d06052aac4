//! 「わたしの届出」 A parent's own filings. Invariant: a case of somebody else is not found.

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Payload},
};
use app::{
    helpers::{Help, address_of, needs_script},
    pages::{
        cases::{self as pages, Model, Row, Withdrawing},
        correct, message,
        messages::{FIELD, Message, Messages},
    },
    text::Locale,
};
use intake::{
    answers::{FieldError, RawAnswers, parse},
    booking::State,
    case::AmendReason,
    course::{Facts, Part, Place, course},
    form::{Compartment, Form},
    help::{ASK, Helped, Wish},
    ids::{CaseId, FieldId, ReceiptNumber},
    message::{LONGEST, NoMessage},
    my_number::strike_out,
    time::Instant,
};

use super::{
    body::FormBody,
    error::WebError,
    frame::page,
    guard::{Citizen, Session, Visitor},
    help::{carry_out, typed},
    number::of_case as number_of,
    papers,
};
use crate::{
    assets,
    flows::{
        booking,
        correction::{self, Correction, Resubmitted},
        filings::{self, Filing, Step},
        message::{self as message_flow, Press, Sent},
        paper::{self, Whose},
        pregnancy_end, random,
        refile::{self, Refiled},
    },
    picture::Refusal,
    portal::Portal,
    store::case::CaseHead,
};

type Answer = Result<HttpResponse, WebError>;

fn number(text: &str) -> Result<ReceiptNumber, WebError> {
    text.parse().map_err(|_| WebError::NotFound)
}

fn row(portal: &Portal, citizen: &Citizen, head: &CaseHead, news: &[CaseId]) -> Row {
    let form = portal.form_of(head);
    let locale = citizen.visitor.locale;
    let title = match head.compartment {
        Compartment::General => {
            form.map_or_else(|| head.form_id.to_string(), |it| it.title.get(locale.code()).to_owned())
        }
        // The list may lie open before others.
        Compartment::Epds => locale.say("cases-neutral"),
    };
    let has_news = news.contains(&head.case_id);
    Row { number: head.receipt_number.clone(), title, stage: head.stage, filed_at: head.filed_at, has_news }
}

/// Where an interview follows: when it is, if it is booked.
pub(super) async fn interview(portal: &Portal, head: &CaseHead) -> Result<Option<Option<Instant>>, WebError> {
    if !booking::can_have(portal, head) {
        return Ok(None);
    }
    let found = booking::of_case(portal, head.case_id).await?;
    let standing = found.filter(|(booking, _)| booking.state == State::Booked);
    Ok(Some(standing.map(|(_, slot)| slot.starts_at)))
}

/// `GET /cases`
pub async fn list(portal: Data<Portal>, citizen: Citizen) -> Answer {
    let heads = filings::list(&portal, citizen.session.account).await?;
    let news = message_flow::unread_of(&portal, citizen.session.account).await?;
    let rows: Vec<Row> = heads.iter().map(|head| row(&portal, &citizen, head, &news)).collect();
    let is_quiet = pregnancy_end::told_at(&portal, citizen.session.account).await?.is_some();
    Ok(page(StatusCode::OK, pages::list(citizen.visitor.chrome(), &rows, is_quiet)))
}

fn step((at, step): (Instant, Step)) -> (Instant, pages::Step) {
    let step = match step {
        Step::Reached(stage) => pages::Step::Reached(stage),
        Step::AskedToWithdraw => pages::Step::AskedToWithdraw,
        Step::WithdrawalRefused => pages::Step::WithdrawalRefused,
    };
    (at, step)
}

/// What the page says of a withdrawal, and offers.
fn withdrawing(filing: &Filing) -> Withdrawing {
    let is_request = |(_, step): &&(Instant, Step)| matches!(step, Step::AskedToWithdraw | Step::WithdrawalRefused);
    let last = filing.history.iter().rfind(is_request).map(|(_, step)| *step);
    Withdrawing {
        at_once: filing.may_withdraw(),
        by_asking: filing.may_ask_to_withdraw(),
        asked_at: filing.head.withdrawal_asked_at,
        was_refused: last == Some(Step::WithdrawalRefused),
        was_handed_over: filing.was_handed_over(),
    }
}

/// 「これからのこと」 What comes next.
fn course_of(portal: &Portal, filing: &Filing) -> Vec<(Part, Place)> {
    let head = &filing.head;
    // What a form says at its end is what follows from it.
    let has_guidance = portal.form_of(head).is_some_and(|form| form.follows.is_none() && form.closing.is_empty());
    let facts = Facts {
        stage: head.stage,
        turn_since: filing.turn_since(),
        confirmed_at: head.confirmed_at,
        withdrawal_asked: head.withdrawal_asked_at.is_some(),
        has_guidance,
        today: portal.clock.now().date_in_japan(),
    };
    course(&facts, portal.config.targets, &portal.closing_days)
}

/// What was written and not taken.
#[derive(Default)]
struct NotSent {
    typed: String,
    error: Option<String>,
}

/// The page of a filing, with the message that was not taken.
async fn shown(portal: &Portal, citizen: &Citizen, number: &ReceiptNumber, not_sent: NotSent) -> Answer {
    let filing = filings::view(portal, citizen.session.account, number).await?;
    let is_by_proxy = filing.head.is_held_by_proxy();
    let messages =
        if is_by_proxy { None } else { message_flow::read_by_parent(portal, citizen.session.account, number).await? };
    let locale = citizen.visitor.locale;
    let status = if not_sent.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let form = portal.form_of(&filing.head);
    let label =
        |id: &FieldId| form.and_then(|form| form.field(id)).map(|(_, field)| field.label.get(locale.code()).to_owned());
    let amended = |(at, fields, reason): &(Instant, Vec<FieldId>, AmendReason)| {
        (*at, fields.iter().filter_map(label).collect::<Vec<String>>(), *reason)
    };
    let message = |shown: message_flow::Shown| Message {
        by: locale.say(if shown.by.is_some() { "message-from-city" } else { "message-from-you" }),
        is_own: shown.by.is_none(),
        text: shown.text,
        sent_at: shown.sent_at,
        read_at: shown.read_at,
    };
    let messages = messages.map(|all| Messages {
        all: all.into_iter().map(message).collect(),
        action: format!("/cases/{number}/messages"),
        token: page_token(),
        typed: not_sent.typed,
        error: not_sent.error,
        speaks_of_number: portal.config.my_number.is_spoken_of(),
    });
    let model = Model {
        row: row(portal, citizen, &filing.head, &[]),
        proxy: filing.head.proxy.filter(|_| is_by_proxy),
        has_to_correct: !is_by_proxy || correction::view(portal, citizen.session.account, number).await.is_ok(),
        course: course_of(portal, &filing),
        messages,
        correct_by: filing.head.correction_due_on,
        declined_for: filing.declined_for,
        withdrawing: withdrawing(&filing),
        papers: filing.papers,
        amended: filing.amended.iter().map(amended).collect(),
        number: if is_by_proxy { None } else { number_of(portal, citizen, number).await? },
        can_be_refiled: refile::can_be_refiled(portal, &filing.head),
        is_quiet: pregnancy_end::told_at(portal, citizen.session.account).await?.is_some(),
        version: filing.head.version,
        interview: interview(portal, &filing.head).await?,
        history: filing.history.into_iter().map(step).collect(),
    };
    let mut chrome = citizen.visitor.chrome().clone();
    // Also after a message that was not taken: choosing a language comes back to the case.
    chrome.path = format!("/cases/{number}");
    Ok(page(status, pages::page(&chrome, &model)))
}

/// Names one showing of a page: what is sent from it twice was pressed twice.
pub(super) fn page_token() -> String {
    random::<16>().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// `GET /cases/{receipt_number}`
pub async fn case(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    shown(&portal, &citizen, &number(&path)?, NotSent::default()).await
}

/// The sentence that says why a message was not taken; none when it was.
pub(super) fn not_sent(locale: Locale, sent: Sent) -> Option<String> {
    match sent {
        Sent::Kept => None,
        Sent::Not(NoMessage::Empty) => Some(locale.say("message-empty")),
        Sent::Not(NoMessage::MyNumber) => Some(locale.say("message-my-number")),
        Sent::Not(NoMessage::TooLong) => Some(locale.with("message-too-long", &[("longest", &LONGEST.to_string())])),
        Sent::TooMany => Some(locale.say("message-too-many")),
    }
}

/// `POST /cases/{receipt_number}/messages`: 市との連絡
pub async fn write(portal: Data<Portal>, visitor: Visitor, path: Path<String>, mut form: FormBody) -> Answer {
    let number = number(&path)?;
    let Some(session) = visitor.session else {
        return Ok(page(StatusCode::UNAUTHORIZED, message::sign_in_and_send_again(visitor.chrome(), form.inputs())));
    };
    let (token, typed) = (form.take("token"), form.take(FIELD));
    let press = Press { token: &token, typed: &typed };
    let sent = message_flow::from_parent(&portal, session.account, &number, &press).await?;
    let citizen = Citizen { session, visitor };
    match not_sent(citizen.visitor.locale, sent) {
        None => {
            Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/cases/{number}#messages"))).finish())
        }
        error => {
            let typed = strike_out(&typed).unwrap_or(typed);
            shown(&portal, &citizen, &number, NotSent { typed, error }).await
        }
    }
}

/// `POST /cases/{receipt_number}/refile`: 出し直し
pub async fn file_again(portal: Data<Portal>, citizen: Citizen, path: Path<String>, mut form: FormBody) -> Answer {
    let number = number(&path)?;
    let (account, session) = (citizen.session.account, citizen.session.hash);
    let replace = form.take("replace") == "yes";
    match refile::begin(&portal, account, session, &number, replace).await? {
        Refiled::Begun(form) => super::apply::go_on(&portal, &citizen.visitor, &form).await,
        Refiled::DraftThere(form) => {
            Ok(page(StatusCode::CONFLICT, pages::draft_there(citizen.visitor.chrome(), &number, &form)))
        }
    }
}

/// `POST /cases/{receipt_number}/withdraw`: 取下げ
pub async fn withdraw(portal: Data<Portal>, citizen: Citizen, path: Path<String>, mut form: FormBody) -> Answer {
    let number = number(&path)?;
    let version = form.take("version").parse().map_err(|_| WebError::Unreadable)?;
    filings::withdraw(&portal, citizen.session.account, &number, version).await?;
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/cases/{number}"))).finish())
}

/// `POST /cases/{receipt_number}/ask-to-withdraw`: 取下げの申出
pub async fn ask_to_withdraw(portal: Data<Portal>, citizen: Citizen, path: Path<String>, mut form: FormBody) -> Answer {
    let number = number(&path)?;
    let version = form.take("version").parse().map_err(|_| WebError::Unreadable)?;
    filings::ask_to_withdraw(&portal, citizen.session.account, &number, version).await?;
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/cases/{number}"))).finish())
}

/// Whether answers marked private come back to this session: the one that filed them, or one that the table of ways in lets read
/// what was filed then.
fn reads_private(session: &Session, asked: &Correction<'_>) -> bool {
    let is_the_same = asked.filed_in_session_of == Some(session.signed_in_at);
    is_the_same || session.reads_from.is_some_and(|from| from <= asked.filed_at)
}

pub(super) fn without_private(form: &Form, mut raw: RawAnswers, reads: bool) -> RawAnswers {
    if !reads {
        let private = form.fields().filter(|(_, field)| field.private);
        for input in private.flat_map(|(_, field)| field.inputs()) {
            raw.set(&input, Vec::new());
        }
    }
    raw
}

/// A correction as it is shown, with what was not taken.
struct Correcting<'a> {
    number: &'a ReceiptNumber,
    asked: &'a Correction<'a>,
    raw: &'a RawAnswers,
    errors: &'a [FieldError],
    refused: &'a [(FieldId, Refusal)],
    helped: Option<&'a Helped>,
}

async fn correction_page(portal: &Portal, citizen: &Citizen, of: &Correcting<'_>) -> Result<String, WebError> {
    let Correcting { number, asked, raw, errors, refused, helped } = *of;
    let today = portal.clock.now().date_in_japan();
    let (answers, _) = parse(asked.form, raw, today);
    let whose = Whose::Correction(citizen.session.account, number.clone());
    let there = paper::list(portal, &whose).await?;
    let reasons = correct::reasons(&portal.templates, &asked.request, citizen.visitor.locale);
    let reason = |kind: &FieldId| reasons.iter().find(|reason| reason.field == *kind).cloned();
    let model = correct::Model {
        answers: &answers,
        text_pack: None,
        number,
        form: asked.form,
        fields: &asked.fields,
        reasons: &reasons,
        answer_by: asked.request.answer_by,
        raw,
        errors,
        papers: papers::kinds(&there, refused, reason),
        version: asked.version,
        helped,
        today,
    };
    let mut chrome = citizen.visitor.chrome().clone();
    if !model.papers.is_empty() {
        chrome.scripts.push(assets::PAPERS);
    }
    if needs_script(asked.form, asked.fields.iter()) {
        chrome.scripts.push(assets::HELPERS);
    }
    Ok(correct::page(&chrome, &model))
}

/// `GET /cases/{receipt_number}/correct`: 修正
pub async fn correction(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let number = number(&path)?;
    let asked = correction::view(&portal, citizen.session.account, &number).await?;
    let raw = without_private(asked.form, asked.raw.clone(), reads_private(&citizen.session, &asked));
    let of = Correcting { number: &number, asked: &asked, raw: &raw, errors: &[], refused: &[], helped: None };
    Ok(page(StatusCode::OK, correction_page(&portal, &citizen, &of).await?))
}

/// The page as it was sent, with what a helper was asked for; nothing is kept.
async fn helped_correction(
    portal: &Portal,
    citizen: &Citizen,
    number: &ReceiptNumber,
    asked: Correction<'_>,
    (wish, sent): (&Wish, &[(String, String)]),
) -> Result<String, WebError> {
    let mut raw = asked.raw.clone();
    for (_, field) in asked.fields.iter().filter_map(|id| asked.form.field(id)) {
        raw.replace_field(field, sent);
    }
    let own: Vec<_> = sent.iter().filter(|(name, _)| name.starts_with(ASK)).cloned().collect();
    typed(&mut raw, &own);
    let today = portal.clock.now().date_in_japan();
    let help = Help { shown: Some(&asked.fields), ..Help::on(today) };
    let is_asked = asked.fields.contains(wish.field());
    let code = asked.form.field(wish.field()).filter(|_| is_asked);
    let address = code.and_then(|(page, code)| address_of(&help, page, code));
    let helped = is_asked.then(|| carry_out(wish, address.map(|address| &address.id), &mut raw, today));
    let of = Correcting { number, asked: &asked, raw: &raw, errors: &[], refused: &[], helped: helped.as_ref() };
    correction_page(portal, citizen, &of).await
}

/// `POST /cases/{receipt_number}/correct`
pub async fn correct(
    portal: Data<Portal>,
    visitor: Visitor,
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
) -> Answer {
    let number = number(&path)?;
    let Some(session) = visitor.session else {
        // Photos cannot be sent again from a page of text: they are chosen anew after signing in.
        if papers::is_with_files(&request) {
            return Err(WebError::SignInFirst(format!("/cases/{number}/correct")));
        }
        let form = FormBody::from_request(&request, &mut payload.into_inner()).await?;
        return Ok(page(StatusCode::UNAUTHORIZED, message::sign_in_and_send_again(visitor.chrome(), form.inputs())));
    };
    let citizen = Citizen { session, visitor };
    let whose = Whose::Correction(session.account, number.clone());
    let papers::Sent { inputs: mut form, refused } = papers::read_either(&portal, &whose, &request, payload).await?;
    let then = form.take("then");
    let version = form.take("version").parse().map_err(|_| WebError::Unreadable)?;
    if let Ok(wish) = then.parse::<Wish>() {
        let asked = Correction { version, ..correction::view(&portal, session.account, &number).await? };
        let html = helped_correction(&portal, &citizen, &number, asked, (&wish, form.inputs())).await?;
        return Ok(page(StatusCode::OK, html));
    }
    if papers::removed(&portal, &whose, &then).await? || then == "add" || !refused.is_empty() {
        // What was typed beside them is shown again; nothing of it is sent yet.
        let mut asked = correction::view(&portal, session.account, &number).await?;
        asked.put(form.inputs());
        let struck = asked.struck_out();
        let of = Correcting {
            number: &number,
            asked: &asked,
            raw: &asked.raw,
            errors: &struck,
            refused: &refused,
            helped: None,
        };
        let status =
            if refused.is_empty() && struck.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        return Ok(page(status, correction_page(&portal, &citizen, &of).await?));
    }
    match correction::resubmit(&portal, session.account, &number, version, form.inputs()).await? {
        Resubmitted::Sent => {
            Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/cases/{number}"))).finish())
        }
        Resubmitted::Incomplete(asked, errors) => {
            let of = Correcting {
                number: &number,
                asked: &asked,
                raw: &asked.raw,
                errors: &errors,
                refused: &refused,
                helped: None,
            };
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, correction_page(&portal, &citizen, &of).await?))
        }
    }
}
