//! 「わたしの届出」 A parent's own filings. Invariant: a case of somebody else is not found.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};
use app::{
    pages::{
        cases::{self as pages, Model, Row, Withdrawing},
        correct, message,
        messages::{FIELD, Message, Messages},
        receipt as receipt_page,
    },
    text::Locale,
};
use intake::{
    answers::{FieldError, RawAnswers, parse},
    course::{Facts, Part, Place, course},
    form::{Compartment, Form},
    identity::Method,
    ids::{CaseId, ReceiptNumber},
    message::{LONGEST, NoMessage},
    time::Instant,
};

use super::{
    body::FormBody,
    error::WebError,
    frame::page,
    guard::{Citizen, Visitor},
};
use crate::{
    flows::{
        correction::{self, Correction, Resubmitted},
        filings::{self, Filing, Step},
        message::{self as message_flow, Press, Sent},
        pregnancy_end, random,
        refile::{self, Refiled},
    },
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

/// `GET /receipt/{receipt_number}`
pub async fn receipt(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let filing = filings::view(&portal, citizen.session.account, &number(&path)?).await?;
    let form = portal.form_of(&filing.head).ok_or(WebError::Broken)?;
    let is_quiet = pregnancy_end::told_at(&portal, citizen.session.account).await?.is_some();
    let number = &filing.head.receipt_number;
    Ok(page(StatusCode::OK, receipt_page::page(citizen.visitor.chrome(), number, form, is_quiet)))
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
    course(&facts, portal.config.targets)
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
    let messages = message_flow::read_by_parent(portal, citizen.session.account, number).await?;
    let locale = citizen.visitor.locale;
    let status = if not_sent.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
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
    });
    let model = Model {
        row: row(portal, citizen, &filing.head, &[]),
        course: course_of(portal, &filing),
        messages,
        correct_by: filing.head.correction_due_on,
        declined_for: filing.declined_for,
        withdrawing: withdrawing(&filing),
        can_be_refiled: refile::can_be_refiled(portal, &filing.head),
        is_quiet: pregnancy_end::told_at(portal, citizen.session.account).await?.is_some(),
        version: filing.head.version,
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
        error => shown(&portal, &citizen, &number, NotSent { typed, error }).await,
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

/// Answers marked private come back to somebody with a passkey only (decisions.md): a code proves less.
fn without_private(form: &Form, mut raw: RawAnswers, method: Method) -> RawAnswers {
    if method == Method::EmailCode {
        let private = form.fields().filter(|(_, field)| field.private);
        for input in private.flat_map(|(_, field)| field.inputs()) {
            raw.set(&input, Vec::new());
        }
    }
    raw
}

fn correction_page(
    portal: &Portal,
    citizen: &Citizen,
    number: &ReceiptNumber,
    asked: &Correction<'_>,
    raw: &RawAnswers,
    errors: &[FieldError],
) -> String {
    let (answers, _) = parse(asked.form, raw, portal.clock.now().date_in_japan());
    let model = correct::Model {
        answers: &answers,
        text_pack: None,
        number,
        form: asked.form,
        fields: &asked.fields,
        reasons: &asked.request.fields,
        answer_by: asked.request.answer_by,
        raw,
        errors,
        version: asked.version,
    };
    correct::page(citizen.visitor.chrome(), &model)
}

/// `GET /cases/{receipt_number}/correct`: 修正
pub async fn correction(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let number = number(&path)?;
    let asked = correction::view(&portal, citizen.session.account, &number).await?;
    let raw = without_private(asked.form, asked.raw.clone(), citizen.session.method);
    Ok(page(StatusCode::OK, correction_page(&portal, &citizen, &number, &asked, &raw, &[])))
}

/// `POST /cases/{receipt_number}/correct`
pub async fn correct(portal: Data<Portal>, visitor: Visitor, path: Path<String>, mut form: FormBody) -> Answer {
    let number = number(&path)?;
    let Some(session) = visitor.session else {
        return Ok(page(StatusCode::UNAUTHORIZED, message::sign_in_and_send_again(visitor.chrome(), form.inputs())));
    };
    let version = form.take("version").parse().map_err(|_| WebError::Unreadable)?;
    match correction::resubmit(&portal, session.account, &number, version, form.inputs()).await? {
        Resubmitted::Sent => {
            Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/cases/{number}"))).finish())
        }
        Resubmitted::Incomplete(asked, errors) => {
            let citizen = Citizen { session, visitor };
            let html = correction_page(&portal, &citizen, &number, &asked, &asked.raw, &errors);
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, html))
        }
    }
}
