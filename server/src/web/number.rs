//! 「個人番号」 The page on which it is sealed. Invariant: only armor is taken; whatever else looks like a number, wherever in a request
//! it stands, is refused, and neither kept nor shown nor logged. This page alone may compile WebAssembly.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use app::pages::number::{self as pages, Model, Place};
use handover::number::SealedNumber;
use intake::{
    answers::parse,
    ids::{FormId, ReceiptNumber},
    journey,
    my_number::has_twelve_digits,
};

use super::{
    apply::{self, Answer, Asked},
    body::FormBody,
    error::WebError,
    frame::{CompilesWasm, page as answer},
    guard::{Citizen, Visitor},
};
use crate::{
    assets,
    flows::{
        draft,
        my_number::{self as flow, Kept, Whose},
    },
    portal::Portal,
};

/// How the path of the page ends, whatever it belongs to.
pub(super) const PAGE: &str = "/number";

/// What was sent to the page.
struct Sent {
    then: String,
    from_check: bool,
    sealed: Vec<(String, SealedNumber)>,
}

/// Reads what was sent; none when it is not armor, or something beside it could be a number.
fn read(request: &HttpRequest, mut body: FormBody, keys: &[String]) -> Option<Sent> {
    let then = body.take("then");
    let from_check = body.take("from") == "check";
    let (mut recipients, mut armors) = (Vec::new(), Vec::new());
    for (name, value) in body.inputs() {
        match name.as_str() {
            "recipient" => recipients.push(value.clone()),
            "armor" => armors.push(SealedNumber::parse(value).ok()?),
            // The page has no other input: somebody's own made one, with who knows what in it.
            _ => return None,
        }
    }
    let query: String = url::form_urlencoded::parse(request.query_string().as_bytes())
        .map(|(name, value)| format!("{name} {value} "))
        .collect();
    let beside = [request.query_string(), query.as_str(), then.as_str()].into_iter();
    let unknown = recipients.iter().filter(|recipient| !keys.contains(recipient)).map(String::as_str);
    let is_plain = beside.chain(unknown).any(has_twelve_digits);
    let fits = recipients.len() == armors.len() && !is_plain;
    fits.then(|| Sent { then, from_check, sealed: recipients.into_iter().zip(armors).collect() })
}

const fn shown_kept(kept: Kept) -> pages::Kept {
    match kept {
        Kept::No => pages::Kept::No,
        Kept::Sealed => pages::Kept::Sealed,
        Kept::ForOtherKeys => pages::Kept::ForOtherKeys,
    }
}

/// How it stands, as pages say it.
pub(super) async fn of_draft(portal: &Portal, whose: &Whose) -> Result<pages::Kept, WebError> {
    Ok(shown_kept(flow::view(portal, whose).await?.kept))
}

/// How it stands with a filing, and where it can be changed.
pub(super) async fn of_case(
    portal: &Portal,
    citizen: &Citizen,
    number: &ReceiptNumber,
) -> Result<Option<(pages::Kept, Option<String>)>, WebError> {
    let found = flow::of_filing(portal, citizen.session.account, number).await?;
    let address = |is_open: bool| is_open.then(|| format!("/cases/{number}{PAGE}"));
    Ok(found.map(|(kept, is_open)| (shown_kept(kept), address(is_open))))
}

fn shown(
    visitor: &Visitor,
    asked: &flow::Asked<'_>,
    (address, place): (String, Place),
    refused: Option<(StatusCode, &'static str)>,
) -> HttpResponse {
    let mut chrome = visitor.chrome().clone();
    // Without a key there is nothing that could be sealed to.
    let recipients = if assets::SEAL_NUMBER.is_some() { asked.recipients.clone() } else { Vec::new() };
    if !recipients.is_empty() {
        chrome.module = assets::SEAL_NUMBER;
    }
    let (status, trouble) = refused.unzip();
    let compiles = chrome.module.is_some();
    let model = Model { address, kept: shown_kept(asked.kept), recipients, place, trouble };
    let mut answer = answer(status.unwrap_or(StatusCode::OK), pages::page(&chrome, &model));
    if compiles {
        answer.extensions_mut().insert(CompilesWasm);
    }
    answer
}

const IN_PLAIN: (StatusCode, &str) = (StatusCode::UNPROCESSABLE_ENTITY, "my-number-refused");
const OTHER_KEYS: (StatusCode, &str) = (StatusCode::CONFLICT, "my-number-keys");

/// Who has the draft, and how many pages it has.
async fn of_form(portal: &Portal, visitor: &Visitor, id: &FormId) -> Result<Option<(Whose, FormPlace)>, WebError> {
    let Some(typist) = visitor.typist().filter(|_| !visitor.session_is_over) else { return Ok(None) };
    let Some(draft) = draft::load(portal, &typist, id).await? else { return Ok(None) };
    let (answers, _) = parse(draft.form, &draft.raw, portal.clock.now().date_in_japan());
    let way = journey::pages(draft.form, &answers);
    let has_papers = !journey::papers(draft.form, &answers).is_empty();
    let last = way.last().map(|page| page.id.to_string()).unwrap_or_default();
    Ok(Some((Whose::Draft(typist, id.clone()), FormPlace { number: way.len() + 1, has_papers, last })))
}

/// Where the page stands among those of a form.
struct FormPlace {
    number: usize,
    has_papers: bool,
    last: String,
}

impl FormPlace {
    fn shown(&self, id: &FormId, from_check: bool) -> (String, Place) {
        let of = self.number + usize::from(self.has_papers);
        (format!("/apply/{id}{PAGE}"), Place::Form { number: self.number, of, from_check })
    }
}

/// `GET /apply/{form}/number`
pub async fn page(portal: Data<Portal>, visitor: Visitor, path: Path<String>, from: Query<Asked>) -> Answer {
    let id = apply::form_id(&path)?;
    let form = portal.served(&id).filter(|form| portal.asks_number(form)).ok_or(WebError::NotFound)?;
    let Some((whose, place)) = of_form(&portal, &visitor, &id).await? else {
        return Ok(apply::without_draft(&visitor, form, "number"));
    };
    let asked = flow::view(&portal, &whose).await?;
    Ok(shown(&visitor, &asked, place.shown(&id, from.is_from_check()), None))
}

/// `POST /apply/{form}/number`
pub async fn keep(
    portal: Data<Portal>,
    visitor: Visitor,
    request: HttpRequest,
    path: Path<String>,
    body: FormBody,
) -> Answer {
    let id = apply::form_id(&path)?;
    let form = portal.served(&id).filter(|form| portal.asks_number(form)).ok_or(WebError::NotFound)?;
    let Some((whose, place)) = of_form(&portal, &visitor, &id).await? else {
        return Ok(apply::without_draft(&visitor, form, "number"));
    };
    let asked = flow::view(&portal, &whose).await?;
    let Some(sent) = read(&request, body, &asked.recipients) else {
        return Ok(shown(&visitor, &asked, place.shown(&id, false), Some(IN_PLAIN)));
    };
    if sent.then == "remove" {
        flow::remove(&portal, &whose).await?;
        let from = if sent.from_check { "?from=check" } else { "" };
        return Ok(apply::to(format!("/apply/{id}{PAGE}{from}")));
    }
    if !sent.sealed.is_empty() && !flow::keep(&portal, &whose, &sent.sealed).await? {
        let asked = flow::view(&portal, &whose).await?;
        return Ok(shown(&visitor, &asked, place.shown(&id, sent.from_check), Some(OTHER_KEYS)));
    }
    let next = match sent.then.as_str() {
        "save" => "saved",
        _ if sent.from_check => "check",
        "back" => place.last.as_str(),
        _ if place.has_papers => "papers",
        _ => "check",
    };
    Ok(apply::to(format!("/apply/{id}/{next}")))
}

fn filing(citizen: &Citizen, number: &str) -> Result<(Whose, String, (String, Place)), WebError> {
    let number: ReceiptNumber = number.parse().map_err(|_| WebError::NotFound)?;
    let case = format!("/cases/{number}");
    let place = (format!("{case}{PAGE}"), Place::Filing(case.clone()));
    Ok((Whose::Filing(citizen.session.account, number), case, place))
}

/// `GET /cases/{receipt_number}/number`
pub async fn of_filing(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let (whose, _, place) = filing(&citizen, &path)?;
    Ok(shown(&citizen.visitor, &flow::view(&portal, &whose).await?, place, None))
}

/// `POST /cases/{receipt_number}/number`
pub async fn keep_of_filing(
    portal: Data<Portal>,
    citizen: Citizen,
    request: HttpRequest,
    path: Path<String>,
    body: FormBody,
) -> Answer {
    let (whose, case, place) = filing(&citizen, &path)?;
    let asked = flow::view(&portal, &whose).await?;
    let Some(sent) = read(&request, body, &asked.recipients) else {
        return Ok(shown(&citizen.visitor, &asked, place, Some(IN_PLAIN)));
    };
    if sent.then == "remove" {
        flow::remove(&portal, &whose).await?;
    } else if !sent.sealed.is_empty() && !flow::keep(&portal, &whose, &sent.sealed).await? {
        let asked = flow::view(&portal, &whose).await?;
        return Ok(shown(&citizen.visitor, &asked, place, Some(OTHER_KEYS)));
    }
    Ok(apply::to(case))
}
