//! 「照合」 A paper form is held against what was typed in. Invariant: what could not be taken is shown again with every mark, every
//! correction and every reason.

use std::collections::BTreeMap;

use actix_web::{
    http::StatusCode,
    web::{Data, Path},
};
use app::pages::staff::{
    entry_check::{self as pages, BECAUSE, DIFFERS, MARK, SAME},
    message,
};
use intake::{
    answers::parse,
    counter::{CheckFault, Mark, with_corrections},
    ids::{FieldId, ReceiptNumber},
};

use super::{Answer, AtDesk, AtWork, case, command::changed, to};
use crate::{
    flows::{
        FlowError,
        decide::{self, Given, Obstacle, Order},
        entry_check::{self, Marks},
    },
    letters,
    portal::Portal,
    web::{body::FormBody, error::WebError, frame::page as answer},
};

/// What was marked, and why.
fn marks(inputs: &[(String, String)]) -> BTreeMap<FieldId, Mark> {
    let of = |(name, value): &(String, String)| {
        let id: FieldId = name.strip_prefix(MARK)?.parse().ok()?;
        let reason = format!("{BECAUSE}{id}");
        let because = inputs.iter().find(|(name, _)| *name == reason).map(|(_, text)| text.clone());
        match value.as_str() {
            SAME => Some((id, Mark::Same)),
            DIFFERS => Some((id, Mark::Differs(because.unwrap_or_default()))),
            _ => None,
        }
    };
    inputs.iter().filter_map(of).collect()
}

/// The page, with what could not be taken.
async fn shown(portal: &Portal, at: &AtWork, number: &ReceiptNumber, of: &Marks, faults: &[CheckFault]) -> Answer {
    let found = entry_check::view(portal, &at.who.staff, number).await?;
    let (form, newest) = (found.case.form, found.case.newest()?);
    let raw = with_corrections(form, &newest.raw, &of.marks, &of.sent);
    let (answers, _) = parse(form, &raw, newest.created_at.date_in_japan());
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let blank = found.case.office.counter.as_ref().map(|paper| paper.blank.as_slice()).unwrap_or_default();
    let model = pages::Check {
        number,
        version: found.case.head.version,
        form,
        typed: &newest.raw,
        blank,
        raw: &raw,
        answers: &answers,
        marks: &of.marks,
        faults,
        obstacle: found.obstacle.as_ref().map(case::obstacle_key),
    };
    let desk = at.desk.clone().at(format!("/staff/cases/{number}/entry-check"));
    Ok(answer(status, pages::page(&desk, &model)))
}

/// `GET /staff/cases/{receipt_number}/entry-check`
pub async fn page(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    match shown(&portal, &at, &number, &Marks::default(), &[]).await {
        // Nothing to check any more: the case says how it stands.
        Err(WebError::Changed) => Ok(to(&format!("/staff/cases/{number}"))),
        other => other,
    }
}

/// `POST /staff/cases/{receipt_number}/entry-check`
pub async fn check(portal: Data<Portal>, at: AtDesk, path: Path<String>, mut body: FormBody) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let AtDesk { who, desk } = at;
    let Some(who) = who else {
        return Ok(answer(StatusCode::UNAUTHORIZED, message::sign_in_and_send_again(&desk, body.inputs())));
    };
    let at = AtWork { who, desk };
    let version = body.take("version").parse().map_err(|_| WebError::Unreadable)?;
    let of = Marks { marks: marks(body.inputs()), sent: body.inputs().to_vec() };
    let order = Order::CheckEntry(of.clone());
    match decide::give(&portal, &at.who.staff, &number, version, &order, &letters::notice).await {
        Ok(Given::Done(_)) => Ok(to(&format!("/staff/cases/{number}"))),
        Ok(Given::Refused(Obstacle::Entry(faults))) => shown(&portal, &at, &number, &of, &faults).await,
        // Why not stands on the page.
        Ok(Given::Refused(_)) => {
            let mut answer = shown(&portal, &at, &number, &of, &[]).await?;
            *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(answer)
        }
        Err(FlowError::Changed(stage)) => changed(&portal, &at, &number, stage, body.inputs()).await,
        Err(error) => Err(error.into()),
    }
}
