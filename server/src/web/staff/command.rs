//! Commands on a case. Invariant: a command that is not carried out says why, with everything that was typed for it.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use app::pages::staff::{case::Failed, message};
use intake::{
    answers::RawAnswers,
    case::{CommandKind, CorrectionRequest, DeclineReason},
    identity::{NumberDocument, PersonDocument},
    ids::{FieldId, ReceiptNumber},
};

use super::{Answer, AtDesk, AtWork, case, to};
use crate::{
    flows::{
        FlowError,
        decide::{self, Given, Obstacle, Order},
    },
    letters,
    portal::Portal,
    web::{body::FormBody, error::WebError, frame::page},
};

/// A form that is no order: the key of the sentence that says why, and the input to go to.
type NoOrder = (&'static str, &'static str);

fn raw_of(inputs: &[(String, String)]) -> RawAnswers {
    let mut raw = RawAnswers::default();
    for (name, _) in inputs {
        let values = inputs.iter().filter(|(other, _)| other == name).map(|(_, value)| value.clone());
        raw.set(name, values.collect());
    }
    raw
}

fn order(kind: CommandKind, typed: &RawAnswers) -> Result<Order, Option<NoOrder>> {
    Ok(match kind {
        CommandKind::Claim => Order::Claim,
        CommandKind::Release => Order::Release,
        CommandKind::AskToVisit => Order::AskToVisit,
        CommandKind::Visited => Order::Visited,
        CommandKind::Accept => Order::Accept,
        CommandKind::Reopen => Order::Reopen,
        CommandKind::Confirm => Order::Confirm,
        CommandKind::Decline => Order::Decline,
        CommandKind::Correct => Order::Correct,
        CommandKind::ProposeWithdrawal => Order::ProposeWithdrawal,
        CommandKind::ConfirmWithdrawal => Order::ConfirmWithdrawal,
        CommandKind::RefuseWithdrawal => Order::RefuseWithdrawal,
        CommandKind::SendBack => Order::SendBack(correction_request(typed).map_err(Some)?),
        CommandKind::EditStaffItems => Order::EditStaffItems(typed.clone()),
        CommandKind::Complete => Order::Complete(typed.clone()),
        CommandKind::RecordIdentity => {
            let number = NumberDocument::ALL.into_iter().find(|one| one.code() == typed.first("number"));
            let person = PersonDocument::ALL.into_iter().find(|one| one.code() == typed.first("person"));
            match (number, person) {
                (Some(number), Some(person)) => Order::RecordIdentity(number, person),
                (None, _) => return Err(Some(("staff-obstacle-identity", "number-0"))),
                (_, None) => return Err(Some(("staff-obstacle-identity", "person-0"))),
            }
        }
        CommandKind::ProposeDecline => {
            let reason: Result<DeclineReason, _> = typed.first("reason").parse();
            Order::ProposeDecline(reason.map_err(|_| Some(("staff-obstacle-reason", "reason-0")))?)
        }
        CommandKind::Resubmit
        | CommandKind::Seal
        | CommandKind::SettleImported
        | CommandKind::SettleHeld
        | CommandKind::SettleRejected
        | CommandKind::Withdraw
        | CommandKind::AskToWithdraw => return Err(None),
    })
}

fn correction_request(typed: &RawAnswers) -> Result<CorrectionRequest, NoOrder> {
    let mut fields = Vec::new();
    for id in typed.all("field") {
        let field: FieldId = id.parse().map_err(|_| ("staff-obstacle-request", "send-back-fields"))?;
        let reason = typed.first(&format!("reason-{field}")).trim().to_owned();
        fields.push((field, reason));
    }
    let answer_by = typed.first("answer_by").trim().parse().map_err(|_| ("staff-obstacle-answer-by", "answer_by"))?;
    Ok(CorrectionRequest { fields, answer_by })
}

/// The input that an obstacle is about.
fn input_of(obstacle: &Obstacle) -> Option<String> {
    match obstacle {
        Obstacle::Request => Some("send-back-fields".to_owned()),
        Obstacle::AnswerBy => Some("answer_by".to_owned()),
        Obstacle::StaffItems(errors) => errors.first().map(|error| error.input.clone()),
        Obstacle::Answers(errors) => errors.first().map(|error| error.input.clone()),
        Obstacle::HeldByAnother
        | Obstacle::NeedsAnotherPerson
        | Obstacle::NoEvidence
        | Obstacle::NoAccount
        | Obstacle::Unanswered => None,
    }
}

/// Sentences that somebody wrote, to be shown again where no form is.
fn sentences(typed: &[(String, String)]) -> Vec<String> {
    let is_text = |name: &str| !matches!(name, "version" | "field" | "answer_by" | "number" | "person" | "reason");
    let written = typed.iter().filter(|(name, value)| is_text(name) && !value.trim().is_empty());
    written.map(|(_, value)| value.clone()).collect()
}

/// `POST /staff/cases/{receipt_number}/{command}`
pub async fn give(portal: Data<Portal>, at: AtDesk, path: Path<(String, String)>, mut form: FormBody) -> Answer {
    let number: ReceiptNumber = path.0.parse().map_err(|_| WebError::NotFound)?;
    let kind: CommandKind = path.1.parse().map_err(|_| WebError::NotFound)?;
    let AtDesk { who, desk } = at;
    let Some(who) = who else {
        // The same once more after signing in beside it: nothing that was typed is lost.
        return Ok(page(StatusCode::UNAUTHORIZED, message::sign_in_and_send_again(&desk, form.inputs())));
    };
    let at = AtWork { who, desk };
    let version = form.take("version").parse().map_err(|_| WebError::Unreadable)?;
    let typed = raw_of(form.inputs());
    let locale = at.desk.locale();
    let order = match order(kind, &typed) {
        Ok(order) => order,
        Err(None) => return Err(WebError::NotFound),
        Err(Some((key, input))) => {
            let (error, input) = (Some(locale.say(key)), Some(input.to_owned()));
            let failed = Failed { kind: Some(kind), error, input, typed, ..Failed::default() };
            return case::shown(&portal, &at, &number, failed).await;
        }
    };
    match decide::give(&portal, &at.who.staff, &number, version, &order, &letters::notice).await {
        Ok(Given::Done(_)) => Ok(to(&format!("/staff/cases/{number}"))),
        Ok(Given::Refused(obstacle)) => {
            let error = Some(locale.say(case::obstacle_key(&obstacle)));
            let input = input_of(&obstacle);
            let mut failed = Failed { kind: Some(kind), error, input, typed, ..Failed::default() };
            match obstacle {
                Obstacle::StaffItems(errors) => failed.items = errors,
                Obstacle::Answers(errors) => failed.answers = errors,
                _ => {}
            }
            case::shown(&portal, &at, &number, failed).await
        }
        Err(FlowError::Changed(stage)) => Ok(changed(&at, &number, stage, form.inputs())),
        Err(error) => Err(error.into()),
    }
}

fn changed(
    at: &AtWork,
    number: &ReceiptNumber,
    stage: intake::case::Stage,
    typed: &[(String, String)],
) -> HttpResponse {
    page(StatusCode::CONFLICT, message::changed(&at.desk, number, stage, &sentences(typed)))
}
