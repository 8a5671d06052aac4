//! Commands on a case. Invariant: a command that is not carried out says why, with everything that was typed for it.

use std::collections::BTreeMap;

use actix_web::{
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
    case::{CommandKind, CorrectionRequest, DeclineReason, Stage},
    identity::{
        Compared, ComparedWith, Fact, Finding, Findings, NamesNobody, NoPhoto, NumberDocument, PersonDocument,
        PowerDocument, ProxySight, Sight, TwoAreNeeded,
    },
    ids::{FieldId, ReceiptNumber},
    send_back::Templates,
};

use super::{Answer, AtDesk, AtWork, case, to};
use crate::{
    flows::{
        FlowError,
        decide::{self, Given, Obstacle, Order},
        staff_case::{self, Who},
        staff_view::{self, Lead},
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
        CommandKind::Assign => {
            Order::Assign(typed.first("to").parse().map_err(|_| Some(("staff-obstacle-not-for-them", "to")))?)
        }
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
        CommandKind::SettleDifference => {
            let fact = Fact::of_code(typed.first("fact")).ok_or(None)?;
            Order::SettleDifference(fact, typed.first(&format!("because-{}", fact.code())).to_owned())
        }
        // What is taken over is asked for first; putting right and 「照合」 have pages of their own.
        CommandKind::TakeOver
        | CommandKind::ReleaseIdle
        | CommandKind::Amend
        | CommandKind::CheckEntry
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
    let sight = Sight::checked(number, person, &two, typed.first("met") == "yes")
        .map_err(|TwoAreNeeded| ("staff-obstacle-two-documents", "without_photo-0"))?;
    Ok(sight.and_compared(compared(typed, number, person)?))
}

/// 「照合」 With what, and what came of it.
fn compared(typed: &RawAnswers, number: NumberDocument, person: PersonDocument) -> Result<Compared, NoOrder> {
    let with = ComparedWith::of_code(typed.first("compared_with"));
    let with = with.ok_or(("staff-obstacle-compared-with", "compared_with-0"))?;
    let findings = match typed.first("compared") {
        "all" => Findings::all_same(with, number, person).ok_or(("staff-obstacle-compare-each", "fact-name-0"))?,
        "each" => {
            let found = |fact: Fact| Finding::of_code(typed.first(&format!("fact-{}", fact.code())));
            if let Some(fact) = Fact::ALL.iter().find(|fact| found(**fact).is_none()) {
                return Err(("staff-obstacle-compare-fact", fact_input(*fact)));
            }
            Findings::of(|fact| found(fact).unwrap_or(Finding::NotShown))
                .map_err(|NamesNobody| ("staff-obstacle-names-nobody", "fact-name-0"))?
        }
        _ => return Err(("staff-obstacle-compare-way", "compared-0")),
    };
    Ok(Compared { with, findings })
}

const fn fact_input(fact: Fact) -> &'static str {
    match fact {
        Fact::Name => "fact-name-0",
        Fact::Kana => "fact-kana-0",
        Fact::Birthdate => "fact-birthdate-0",
        Fact::Address => "fact-address-0",
        Fact::Sex => "fact-sex-0",
    }
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
        Obstacle::NotForThem => Some("to".to_owned()),
        Obstacle::TwoDocuments => Some("without_photo-0".to_owned()),
        Obstacle::PersonNotMet => Some("met".to_owned()),
        Obstacle::NotCompared => Some("compared_with-0".to_owned()),
        Obstacle::DifferenceOpen | Obstacle::NoDifference | Obstacle::Because => Some("comparison".to_owned()),
        Obstacle::HeldByAnother
        | Obstacle::NeedsAnotherPerson
        | Obstacle::NoEvidence
        | Obstacle::NothingAmended
        | Obstacle::NoAccount
        | Obstacle::NoMoreSendBacks
        | Obstacle::NotChecked
        | Obstacle::Entry(_)
        | Obstacle::Unanswered => None,
        Obstacle::PairOpen | Obstacle::OtherStands => Some("same-person".to_owned()),
    }
}

/// Inputs that are ticked or chosen.
const NOT_WRITTEN: [&str; 22] = [
    "fact",
    "compared_with",
    "compared",
    "fact-name",
    "fact-kana",
    "fact-birthdate",
    "fact-address",
    "fact-sex",
    "amend_reason",
    "then",
    "version",
    "to",
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
        Ok(Given::Done(_)) => Ok(to(&match staff_view::after(&portal, &at.who, &number, kind).await? {
            Lead::Stay => format!("/staff/cases/{number}"),
            Lead::Case(next) => format!("/staff/cases/{next}"),
            Lead::View(address) => address,
        })),
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
        Err(FlowError::Changed(stage)) => changed(&portal, &at, &number, stage, form.inputs()).await,
        Err(error) => Err(error.into()),
    }
}

/// That somebody was faster: who it was, what was done, and what was typed here.
pub(super) async fn changed(
    portal: &Portal,
    at: &AtWork,
    number: &ReceiptNumber,
    stage: Stage,
    typed: &[(String, String)],
) -> Answer {
    let locale = at.desk.locale();
    let last = staff_case::last_step(portal, &at.who.staff, number).await?.map(|step| {
        let who = match step.who {
            Who::Staff(name) => name,
            Who::Citizen => locale.say("history-parent"),
            Who::Portal => locale.say("history-portal"),
        };
        let what = locale.say(&format!("history-{}", step.command.replace('_', "-")));
        locale.with("staff-changed-who", &[("at", &step.at.minute_in_japan()), ("who", &who), ("what", &what)])
    });
    let page_of_it = message::changed(&at.desk, number, stage, last.as_deref(), &sentences(typed));
    Ok(page(StatusCode::CONFLICT, page_of_it))
}
