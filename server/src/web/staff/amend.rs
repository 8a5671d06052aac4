//! 「職権訂正」 The page on which an answer is put right. Invariant: it opens for who holds the case, and what is not taken comes back
//! as it was typed.

use std::collections::BTreeSet;

use actix_web::{
    http::StatusCode,
    web::{Data, Path},
};
use app::pages::staff::{amend as pages, message};
use intake::{
    access::{Action, may_with},
    answers::{FieldError, RawAnswers, parse},
    case::{AmendReason, CommandKind},
    ids::{FieldId, ReceiptNumber},
};

use super::{Answer, AtDesk, AtWork, case, command, to};
use crate::{
    flows::{
        FlowError,
        amend::{self, Amendment},
        content::OpenCase,
        decide::{self, Given, Obstacle, Order},
        staff_case::{self, Offer},
    },
    letters,
    portal::Portal,
    web::{body::FormBody, error::WebError, frame::page},
};

/// The fields that who is offered these commands may put right.
pub(super) fn offered(case: &OpenCase<'_>, offers: &[Offer]) -> BTreeSet<FieldId> {
    if !offers.iter().any(|offer| offer.kind == CommandKind::Amend) {
        return BTreeSet::new();
    }
    case.form
        .fields()
        .map(|(_, field)| field)
        .filter(|field| amend::can_be_amended(field))
        .map(|field| field.id.clone())
        .collect()
}

/// What was typed and not taken.
#[derive(Default)]
struct Tried {
    sent: Vec<(String, String)>,
    reason: String,
    note: String,
    errors: Vec<FieldError>,
    error: Option<(String, &'static str)>,
}

async fn shown(portal: &Portal, at: &AtWork, number: &ReceiptNumber, named: &FieldId, tried: Option<Tried>) -> Answer {
    let status = if tried.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = staff_case::view(portal, &at.who.staff, number).await?;
    let fields = amend::fields(view.case.form, named);
    if fields.is_empty() {
        return Err(WebError::NotFound);
    }
    let own = (at.who.staff.staff_id, at.who.staff.roles);
    let head = &view.case.head;
    if !may_with(own, Action::Command(CommandKind::Amend), head.compartment, head.holder) {
        return Err(WebError::NotFound);
    }
    if !view.offers.iter().any(|offer| offer.kind == CommandKind::Amend) {
        return Err(FlowError::Changed(view.case.head.stage).into());
    }
    let newest = view.case.newest()?;
    let mut raw: RawAnswers = newest.raw.clone();
    let was_tried = tried.is_some();
    let Tried { sent, reason, note, errors, error } = tried.unwrap_or_default();
    if was_tried {
        for (_, field) in fields.iter().filter_map(|id| view.case.form.field(id)) {
            raw.replace_field(field, &sent);
        }
    }
    let (answers, _) = parse(view.case.form, &raw, newest.created_at.date_in_japan());
    let model = pages::Model {
        number,
        version: view.case.head.version,
        form: view.case.form,
        named,
        fields: &fields,
        raw: &raw,
        answers: &answers,
        reason: &reason,
        note: &note,
        errors: &errors,
        error,
    };
    let desk = at.desk.clone().at(format!("/staff/cases/{number}/amend/{named}"));
    Ok(page(status, pages::page(&desk, &model)))
}

fn place(path: &(String, String)) -> Result<(ReceiptNumber, FieldId), WebError> {
    let number = path.0.parse().map_err(|_| WebError::NotFound)?;
    Ok((number, path.1.parse().map_err(|_| WebError::NotFound)?))
}

/// `GET /staff/cases/{receipt_number}/amend/{field}`
pub async fn ask(portal: Data<Portal>, at: AtWork, path: Path<(String, String)>) -> Answer {
    let (number, named) = place(&path)?;
    shown(&portal, &at, &number, &named, None).await
}

/// `POST /staff/cases/{receipt_number}/amend/{field}`
pub async fn give(portal: Data<Portal>, at: AtDesk, path: Path<(String, String)>, mut form: FormBody) -> Answer {
    let (number, named) = place(&path)?;
    let AtDesk { who, desk } = at;
    let Some(who) = who else {
        return Ok(page(StatusCode::UNAUTHORIZED, message::sign_in_and_send_again(&desk, form.inputs())));
    };
    let at = AtWork { who, desk };
    let typed = form.inputs().to_vec();
    let version = form.take("version").parse().map_err(|_| WebError::Unreadable)?;
    let (reason, note) = (form.take("amend_reason"), form.take("amend_note"));
    let sent = form.inputs().to_vec();
    let tried = Tried { sent: sent.clone(), reason: reason.clone(), note: note.clone(), ..Tried::default() };
    let locale = at.desk.locale();
    let Ok(reason) = reason.parse::<AmendReason>() else {
        let error = Some((locale.say("amend-needs-reason"), "amend_reason-0"));
        return shown(&portal, &at, &number, &named, Some(Tried { error, ..tried })).await;
    };
    let order = Order::Amend(Amendment { field: named.clone(), sent, reason, note });
    match decide::give(&portal, &at.who.staff, &number, version, &order, &letters::notice).await {
        Ok(Given::Done(_)) => Ok(to(&format!("/staff/cases/{number}#changes"))),
        Ok(Given::Refused(Obstacle::Answers(errors))) => {
            shown(&portal, &at, &number, &named, Some(Tried { errors, ..tried })).await
        }
        Ok(Given::Refused(obstacle)) => {
            let input = if obstacle == Obstacle::Because { "amend_note" } else { "amend_reason-0" };
            let error = Some((locale.say(case::obstacle_key(&obstacle)), input));
            shown(&portal, &at, &number, &named, Some(Tried { error, ..tried })).await
        }
        Err(FlowError::Changed(stage)) => command::changed(&portal, &at, &number, stage, &typed).await,
        Err(error) => Err(error.into()),
    }
}
