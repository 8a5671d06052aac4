//! 「わたしの届出」 A parent's own filings. Invariant: a case of somebody else is not found.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};
use app::{
    helpers::{Help, address_of, needs_script},
    pages::{
        cases::{self as pages, Model, Row, Withdrawing},
        correct, message,
    },
};
use intake::{
    answers::{FieldError, RawAnswers, parse},
    booking::State,
    form::{Compartment, Form},
    help::{ASK, Helped, Wish},
    identity::Method,
    ids::ReceiptNumber,
    time::Instant,
};

use super::{
    body::FormBody,
    error::WebError,
    frame::page,
    guard::{Citizen, Visitor},
    help::{carry_out, typed},
};
use crate::{
    assets,
    flows::{
        booking,
        correction::{self, Correction, Resubmitted},
        filings::{self, Filing, Step},
    },
    portal::Portal,
    store::case::CaseHead,
};

type Answer = Result<HttpResponse, WebError>;

fn number(text: &str) -> Result<ReceiptNumber, WebError> {
    text.parse().map_err(|_| WebError::NotFound)
}

fn row(portal: &Portal, citizen: &Citizen, head: &CaseHead) -> Row {
    let form = portal.form_of(head);
    let locale = citizen.visitor.locale;
    let title = match head.compartment {
        Compartment::General => {
            form.map_or_else(|| head.form_id.to_string(), |it| it.title.get(locale.code()).to_owned())
        }
        // The list may lie open before others.
        Compartment::Epds => locale.say("cases-neutral"),
    };
    Row { number: head.receipt_number.clone(), title, stage: head.stage, filed_at: head.filed_at }
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
    let rows: Vec<Row> = heads.iter().map(|head| row(&portal, &citizen, head)).collect();
    Ok(page(StatusCode::OK, pages::list(citizen.visitor.chrome(), &rows)))
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

/// `GET /cases/{receipt_number}`
pub async fn case(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let filing = filings::view(&portal, citizen.session.account, &number(&path)?).await?;
    let model = Model {
        row: row(&portal, &citizen, &filing.head),
        correct_by: filing.head.correction_due_on,
        declined_for: filing.declined_for,
        withdrawing: withdrawing(&filing),
        version: filing.head.version,
        interview: interview(&portal, &filing.head).await?,
        history: filing.history.into_iter().map(step).collect(),
    };
    Ok(page(StatusCode::OK, pages::page(citizen.visitor.chrome(), &model)))
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
    (errors, helped): (&[FieldError], Option<&Helped>),
) -> String {
    let today = portal.clock.now().date_in_japan();
    let (answers, _) = parse(asked.form, raw, today);
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
        helped,
        today,
    };
    let mut chrome = citizen.visitor.chrome().clone();
    if needs_script(asked.form, asked.fields.iter()) {
        chrome.scripts.push(assets::HELPERS);
    }
    correct::page(&chrome, &model)
}

/// `GET /cases/{receipt_number}/correct`: 修正
pub async fn correction(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let number = number(&path)?;
    let asked = correction::view(&portal, citizen.session.account, &number).await?;
    let raw = without_private(asked.form, asked.raw.clone(), citizen.session.method);
    Ok(page(StatusCode::OK, correction_page(&portal, &citizen, &number, &asked, &raw, (&[], None))))
}

/// The page as it was sent, with what a helper was asked for; nothing is kept.
fn helped_correction(
    portal: &Portal,
    citizen: &Citizen,
    number: &ReceiptNumber,
    asked: Correction<'_>,
    (wish, sent): (&Wish, &[(String, String)]),
) -> String {
    let mut raw = asked.raw.clone();
    for input in asked.fields.iter().filter_map(|id| asked.form.field(id)).flat_map(|(_, field)| field.inputs()) {
        raw.set(&input, sent.iter().filter(|(name, _)| *name == input).map(|(_, value)| value.clone()).collect());
    }
    let own: Vec<_> = sent.iter().filter(|(name, _)| name.starts_with(ASK)).cloned().collect();
    typed(&mut raw, &own);
    let today = portal.clock.now().date_in_japan();
    let help = Help { shown: Some(&asked.fields), ..Help::on(today) };
    let is_asked = asked.fields.contains(wish.field());
    let code = asked.form.field(wish.field()).filter(|_| is_asked);
    let address = code.and_then(|(page, code)| address_of(&help, page, code));
    let helped = is_asked.then(|| carry_out(wish, address.map(|address| &address.id), &mut raw, today));
    correction_page(portal, citizen, number, &asked, &raw, (&[], helped.as_ref()))
}

/// `POST /cases/{receipt_number}/correct`
pub async fn correct(portal: Data<Portal>, visitor: Visitor, path: Path<String>, mut form: FormBody) -> Answer {
    let number = number(&path)?;
    let Some(session) = visitor.session else {
        return Ok(page(StatusCode::UNAUTHORIZED, message::sign_in_and_send_again(visitor.chrome(), form.inputs())));
    };
    let version = form.take("version").parse().map_err(|_| WebError::Unreadable)?;
    if let Ok(wish) = form.take("then").parse::<Wish>() {
        let asked = Correction { version, ..correction::view(&portal, session.account, &number).await? };
        let html = helped_correction(&portal, &Citizen { session, visitor }, &number, asked, (&wish, form.inputs()));
        return Ok(page(StatusCode::OK, html));
    }
    match correction::resubmit(&portal, session.account, &number, version, form.inputs()).await? {
        Resubmitted::Sent => {
            Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/cases/{number}"))).finish())
        }
        Resubmitted::Incomplete(asked, errors) => {
            let citizen = Citizen { session, visitor };
            let html = correction_page(&portal, &citizen, &number, &asked, &asked.raw, (&errors, None));
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, html))
        }
    }
}
