//! 「差戻し」 How a send-back will look to who reads it, and what came of those that were sent. Invariant: looking sends nothing and
//! is an entry of the audit log; what is looked at goes by the same rules as what is sent.

use intake::{
    access::{self, Action},
    answers::RawAnswers,
    case::{CommandKind, CorrectionRequest, MOST_SEND_BACKS, Stage},
    ids::ReceiptNumber,
};

use super::{
    FlowError, content,
    content::EventDetail,
    correction::{self, Correction},
    decide::{Obstacle, check_request},
    staff_case::StaffCase,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record,
        audit::{Actor, Deed, Subject},
        case,
        staff::Staff,
    },
};

/// What she will be shown.
pub struct Preview<'portal> {
    /// The page; none where a proxy holds the case and nothing of it is hers to correct.
    pub correction: Option<Correction<'portal>>,
    /// The language in which she filled it in.
    pub language: Option<String>,
}

/// What a request would look like.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such case or the role may not; [`FlowError::Changed`] when it was changed meanwhile
/// or cannot be sent back in its stage.
pub async fn preview<'portal>(
    portal: &'portal Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    version: i64,
    request: &CorrectionRequest,
) -> Result<Result<Preview<'portal>, Obstacle>, FlowError> {
    let mut tx = portal.database.read().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    let action = Action::Command(CommandKind::SendBack);
    let permit = access::permit(staff.staff_id, staff.roles, action, head.case_id, head.compartment);
    let permit = permit.ok_or(FlowError::NotFound)?;
    if head.version != version || head.stage != Stage::InReview {
        return Err(FlowError::Changed(head.stage));
    }
    if head.account_id.is_none() {
        return Ok(Err(Obstacle::NoAccount));
    }
    if head.send_backs >= MOST_SEND_BACKS {
        return Ok(Err(Obstacle::NoMoreSendBacks));
    }
    let opened = content::open(portal, &mut tx, head, &permit).await?;
    drop(tx);
    let now = portal.clock.now();
    if let Err(obstacle) = check_request(&opened, request, now.date_in_japan()) {
        return Ok(Err(obstacle));
    }
    let correction = correction::of_case(&opened, request.clone())?;
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::CaseViewed);
    let entry = entry.on(Subject::Case(opened.head.case_id)).with("rev", opened.head.rev);
    portal.database.write().await?.commit(Record::Deed(entry)).await?;
    Ok(Ok(Preview { correction, language: opened.office.language }))
}

/// One time that a case was sent back.
pub struct Round {
    /// What was asked for.
    pub request: CorrectionRequest,
    /// What was typed before and after; none where nothing came.
    pub answers: Option<(RawAnswers, RawAnswers)>,
}

/// Each time that a case was sent back, the first first.
#[must_use]
pub fn rounds(view: &StaffCase<'_>) -> Vec<Round> {
    let mut rounds: Vec<Round> = Vec::new();
    let typed = |rev: i64| view.case.revisions.iter().find(|one| one.rev == rev).map(|one| one.raw.clone());
    for step in &view.history {
        match (&step.detail, step.command.as_str()) {
            (Some(EventDetail::SendBack(request)), _) => rounds.push(Round { request: request.clone(), answers: None }),
            (_, command) if command == CommandKind::Resubmit.as_str() => {
                if let Some(round) = rounds.last_mut() {
                    round.answers = typed(step.rev - 1).zip(typed(step.rev));
                }
            }
            _ => {}
        }
    }
    rounds
}
