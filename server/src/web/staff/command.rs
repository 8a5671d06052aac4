//! Commands on a case. Invariant: a command that is not carried out says why, with everything that was typed for it.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use app::pages::staff::{
    case::Failed,
    entry_check::MARK,
    message,
    send_back::{REASON, TEMPLATE},
};
use intake::{
    answers::RawAnswers,
    case::{CommandKind, CorrectionRequest, DeclineReason},
    identity::{NoPhoto, NumberDocument, PersonDocument, PowerDocument, ProxySight, Sight, TwoAreNeeded},
    ids::{FieldId, ReceiptNumber},
    send_back::Templates,
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
pub(super) type NoOrder = (&'static str, &'static str);

pub(super) fn raw_of(inputs: &[(String, String)]) -> RawAnswers {
    let mut raw = RawAnswers::default();
    for (name, _) in inputs {
        let values = inputs.iter().filter(|(other, _)| other == name).map(|(_, value)| value.clone());
        raw.set(name, values.collect());
    }
    raw
}

fn order(portal: &Portal, kind: CommandKind, typed: &RawAnswers) -> Result<Order, Option<NoOrder>> {
    let takes_number = portal.config.my_number.is_spoken_of();
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
        CommandKind::SendBack => Order::SendBack(correction_request(&portal.templates, typed).map_err(Some)?),
        CommandKind::EditStaffItems => Order::EditStaffItems(typed.clone()),
        CommandKind::Complete => Order::Complete(typed.clone()),
        CommandKind::RecordIdentity => Order::RecordIdentity(sight(typed, takes_number).map_err(Some)?),
        CommandKind::RecordProxy => Order::RecordProxy(proxy_sight(typed).map_err(Some)?),
        CommandKind::ProposeDecline => {
            let reason: Result<DeclineReason, _> = typed.first("reason").parse();
            Order::ProposeDecline(reason.map_err(|_| Some(("staff-obstacle-reason", "reason-0")))?)
        }
        // 「照合」 It has a page of its own.
        CommandKind::CheckEntry
        | CommandKind::Resubmit
        | CommandKind::Seal
        | CommandKind::SettleImported
        | CommandKind::SettleHeld
        | CommandKind::SettleRejected
        | CommandKind::Withdraw
        | CommandKind::AskToWithdraw => return Err(None),
    })
}

/// The kinds of document without a photo that were ticked, under this name.
fn without_photo(typed: &RawAnswers, name: &str) -> Vec<NoPhoto> {
    typed.all(name).iter().filter_map(|code| NoPhoto::of_code(code)).collect()
}

pub(super) fn sight(typed: &RawAnswers, takes_number: bool) -> Result<Sight, NoOrder> {
    let chosen = NumberDocument::OFFERED.into_iter().find(|one| one.code() == typed.first("number"));
    let number = if takes_number { chosen } else { Some(NumberDocument::NotTaken) };
    let number = number.ok_or(("staff-obstacle-identity", "number-0"))?;
    let person = PersonDocument::of_code(typed.first("person")).ok_or(("staff-obstacle-identity", "person-0"))?;
    let two = without_photo(typed, "without_photo");
    Sight::checked(number, person, &two, typed.first("met") == "yes")
        .map_err(|TwoAreNeeded| ("staff-obstacle-two-documents", "without_photo-0"))
}

fn proxy_sight(typed: &RawAnswers) -> Result<ProxySight, NoOrder> {
    let power = PowerDocument::of_code(typed.first("power")).ok_or(("staff-obstacle-proxy", "power-0"))?;
    let person = PersonDocument::of_code(typed.first("proxy_person"));
    let person = person.ok_or(("staff-obstacle-proxy", "proxy_person-0"))?;
    let two = without_photo(typed, "proxy_without_photo");
    ProxySight::checked(power, person, &two)
        .map_err(|TwoAreNeeded| ("staff-obstacle-two-documents", "proxy_without_photo-0"))
}

pub(super) fn correction_request(templates: &Templates, typed: &RawAnswers) -> Result<CorrectionRequest, NoOrder> {
    let (mut fields, mut chosen) = (Vec::new(), BTreeMap::new());
    for id in typed.all("field") {
        let field: FieldId = id.parse().map_err(|_| ("staff-obstacle-request", "send-back-fields"))?;
        let written = typed.first(&format!("{REASON}{field}")).trim();
        let picked = templates.find(typed.first(&format!("{TEMPLATE}{field}")));
        // What was changed is nobody's sentence but her own.
        let reason = match picked.filter(|picked| written.is_empty() || written == picked.japanese()) {
            Some(picked) => {
                chosen.insert(field.clone(), picked.id.clone());
                picked.japanese()
            }
            None => written,
        };
        fields.push((field, reason.to_owned()));
    }
    let answer_by = typed.first("answer_by").trim().parse().map_err(|_| ("staff-obstacle-answer-by", "answer_by"))?;
    Ok(CorrectionRequest { templates: chosen, ..CorrectionRequest::new(fields, answer_by) })
}

/// The input that an obstacle is about.
pub(super) fn input_of(obstacle: &Obstacle) -> Option<String> {
    match obstacle {
        Obstacle::Request => Some("send-back-fields".to_owned()),
        Obstacle::AnswerBy => Some("answer_by".to_owned()),
        Obstacle::StaffItems(errors) => errors.first().map(|error| error.input.clone()),
        Obstacle::Answers(errors) => errors.first().map(|error| error.input.clone()),
        Obstacle::TwoDocuments => Some("without_photo-0".to_owned()),
        Obstacle::PersonNotMet => Some("met".to_owned()),
        Obstacle::HeldByAnother
        | Obstacle::NeedsAnotherPerson
        | Obstacle::NoEvidence
        | Obstacle::NoAccount
        | Obstacle::NoMoreSendBacks
        | Obstacle::NotChecked
        | Obstacle::Entry(_)
        | Obstacle::Unanswered => None,
    }
}

/// Inputs that are ticked or chosen.
const NOT_WRITTEN: [&str; 12] = [
    "then",
    "version",
    "field",
    "answer_by",
    "number",
    "person",
    "reason",
    "without_photo",
    "met",
    "power",
    "proxy_person",
    "proxy_without_photo",
];

/// Sentences that somebody wrote, to be shown again where no form is.
fn sentences(typed: &[(String, String)]) -> Vec<String> {
    let is_text = |name: &str| !NOT_WRITTEN.contains(&name) && !name.starts_with(TEMPLATE) && !name.starts_with(MARK);
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
    let order = match order(&portal, kind, &typed) {
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

pub(super) fn changed(
    at: &AtWork,
    number: &ReceiptNumber,
    stage: intake::case::Stage,
    typed: &[(String, String)],
) -> HttpResponse {
    page(StatusCode::CONFLICT, message::changed(&at.desk, number, stage, &sentences(typed)))
}
