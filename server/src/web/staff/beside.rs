//! 「二つの届出の見比べ」 Two filings side by side, and what a filing is tied to. Invariant: nothing that was typed is lost, neither
//! by a slip, nor by a session that ended, nor by somebody who was faster.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use app::pages::staff::{
    beside::{self as pages, Side},
    message, pair as shown_pair,
};
use intake::{export::Channel, form::Form, ids::ReceiptNumber};

use super::{Answer, AtDesk, AtWork, case::related_row, command::changed, to};
use crate::{
    flows::{
        FlowError,
        pair::{self, Said, ShownPair, Verdict},
        tie::{self, Suggested},
    },
    portal::Portal,
    store::paper::Paper,
    web::{body::FormBody, error::WebError, frame::page},
};

/// What the page of a case shows of its pairs.
pub(super) fn shown_pairs(portal: &Portal, pairs: &[ShownPair]) -> Vec<shown_pair::ShownPair> {
    let shown = |pair: &ShownPair| shown_pair::ShownPair {
        other: related_row(portal, &pair.other),
        reasons: pair.reasons.clone(),
        state: pair.state,
        other_stands: pair.other_stands,
        settled: pair.settled.clone(),
    };
    pairs.iter().map(shown).collect()
}

/// What the page of a case shows of what it may belong to.
pub(super) fn ties(portal: &Portal, suggested: &Suggested) -> shown_pair::Ties {
    let rows = |heads: &[crate::store::case::CaseHead]| heads.iter().map(|head| related_row(portal, head)).collect();
    shown_pair::Ties { follows: rows(&suggested.follows), followers: rows(&suggested.followers) }
}

fn label(form: &Form, paper: &Paper) -> String {
    form.paper(&paper.kind).map_or_else(|| paper.kind.to_string(), |kind| kind.label.get("ja").to_owned())
}

fn side<'a>(side: &'a pair::Side<'_>) -> Result<Side<'a>, FlowError> {
    let (head, form) = (&side.case.head, side.case.form);
    Ok(Side {
        number: &head.receipt_number,
        form,
        raw: side.raw()?,
        answers: side.complete.answers(),
        stage: head.stage,
        channel: head.channel.parse().unwrap_or(Channel::Portal),
        filed_at: head.filed_at,
        evidence: side.case.office.evidence,
        papers: side.papers.iter().map(|paper| label(form, paper)).collect(),
        holder: side.holder.clone(),
    })
}

/// What was typed and not taken, why, and the input to go to.
#[derive(Default)]
struct NotTaken {
    typed: Option<(String, String)>,
    error: Option<(String, &'static str)>,
}

async fn show(portal: &Portal, at: &AtWork, [number, other]: [&ReceiptNumber; 2], not_taken: NotTaken) -> Answer {
    let view = pair::view(portal, &at.who.staff, number, other).await?;
    let [one, another] = &view.sides;
    let status = if not_taken.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let model = pages::Model {
        reasons: view.pair.reasons(),
        found_at: view.pair.found_at,
        state: view.pair.state,
        other_stands: view.pair.stands_case == Some(another.case.head.case_id),
        settled: view.pair.settled_at.map(|at| (view.settled_by.clone().unwrap_or_default(), at)),
        note: view.note.clone(),
        version: view.pair.version,
        can_settle: view.can_settle,
        typed: not_taken.typed,
        error: not_taken.error,
        sides: [side(one)?, side(another)?],
    };
    let desk = at.desk.clone().at(format!("/staff/cases/{number}/beside/{other}"));
    Ok(page(status, pages::page(&desk, &model)))
}

fn both(path: &(String, String)) -> Result<[ReceiptNumber; 2], WebError> {
    let read = |text: &str| text.parse().map_err(|_| WebError::NotFound);
    Ok([read(&path.0)?, read(&path.1)?])
}

/// `GET /staff/cases/{receipt_number}/beside/{other}`
pub async fn shown(portal: Data<Portal>, at: AtWork, path: Path<(String, String)>) -> Answer {
    let [number, other] = both(&path)?;
    show(&portal, &at, [&number, &other], NotTaken::default()).await
}

/// `POST /staff/cases/{receipt_number}/beside/{other}`
pub async fn settle(portal: Data<Portal>, at: AtDesk, path: Path<(String, String)>, mut form: FormBody) -> Answer {
    let AtDesk { who, desk } = at;
    let Some(who) = who else {
        return Ok(page(StatusCode::UNAUTHORIZED, message::sign_in_and_send_again(&desk, form.inputs())));
    };
    let [number, other] = both(&path)?;
    let at = AtWork { who, desk };
    let version = form.take("version").parse().map_err(|_| WebError::Unreadable)?;
    let (chosen, note) = (form.take("verdict"), form.take("note"));
    let verdict = match chosen.as_str() {
        "apart" => Some(Verdict::Apart),
        "first" => Some(Verdict::Joined(number.clone())),
        "second" => Some(Verdict::Joined(other.clone())),
        _ => None,
    };
    let locale = at.desk.locale();
    let again = |key: &str, input: &'static str, note: &str| NotTaken {
        typed: Some((chosen.clone(), note.to_owned())),
        error: Some((locale.say(key), input)),
    };
    let Some(verdict) = verdict else {
        return show(&portal, &at, [&number, &other], again("beside-choose", "verdict-0", &note)).await;
    };
    match pair::settle(&portal, &at.who.staff, [&number, &other], version, &verdict, &note).await {
        Ok(Said::Kept) => Ok(to(&format!("/staff/cases/{number}/beside/{other}"))),
        Ok(Said::NoteTooLong) => {
            show(&portal, &at, [&number, &other], again("beside-note-too-long", "note", &note)).await
        }
        Err(FlowError::Changed(stage)) => changed(&portal, &at, &number, stage, &[("note".to_owned(), note)]).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /staff/cases/{receipt_number}/tie`
pub async fn tie(portal: Data<Portal>, at: AtWork, path: Path<String>, mut form: FormBody) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let version = form.take("version").parse().map_err(|_| WebError::Unreadable)?;
    let follows = form.take("to").parse().map_err(|_| WebError::NotFound)?;
    match tie::tie(&portal, &at.who.staff, &number, version, &follows).await {
        Ok(()) => Ok(done(&number)),
        Err(FlowError::Changed(stage)) => changed(&portal, &at, &number, stage, &[]).await,
        Err(error) => Err(error.into()),
    }
}

fn done(number: &ReceiptNumber) -> HttpResponse {
    to(&format!("/staff/cases/{number}"))
}
