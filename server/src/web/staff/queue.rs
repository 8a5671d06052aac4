//! The queue. Invariant: what is searched for stands in no address, but for the receipt number of the one case that it led to.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use app::pages::staff::{
    message,
    queue::{self as pages, Bulk, Colleague, Find, Model, Outcome, Row},
};
use intake::{
    case::{Lateness, Stage},
    export::Channel,
    ids::ReceiptNumber,
    note::{self, NoNote},
    queue::{NoView, View},
    search::NotWanted,
    time::Instant,
};

use super::{
    Answer, AtWork,
    case::{self, obstacle_key},
    to,
};
use crate::{
    flows::{
        bulk::{self, BulkOrder, NotDone},
        message::Press,
        queue::{self, Mark, QueueRow},
        search::{self, Found},
        staff_view,
    },
    letters,
    portal::Portal,
    web::{body::FormBody, cases::page_token, error::WebError, frame::page},
};

type Inputs = Vec<(String, String)>;

/// `GET /staff`: to the queue, or a page that says that the role has none.
pub async fn home(at: AtWork) -> HttpResponse {
    match at.desk.person() {
        Some(person) if person.sees_queue => to("/staff/queue"),
        Some(person) if person.sees_assigned => to("/staff/assigned"),
        Some(person) if person.reads_audit => to("/staff/audit"),
        _ => page(StatusCode::OK, message::no_queue(&at.desk)),
    }
}

fn row(portal: &Portal, row: QueueRow, now: Instant) -> Row {
    let days = now.date_in_japan().days_since(row.head.stage_since.date_in_japan());
    let form = portal.form_of(&row.head);
    Row {
        version: row.head.version,
        name: row.name,
        kana: row.kana,
        form: form.map_or_else(|| row.head.form_id.to_string(), |form| form.title.get("ja").to_owned()),
        stage: row.head.stage,
        flags: row.flags,
        pair_is_open: row.pair_is_open,
        filed_at: row.head.filed_at,
        time_left: row.time_left,
        is_soon: row.head.lateness == Lateness::Soon,
        days,
        holder: row.holder,
        correction_due_on: row.head.correction_due_on,
        withdrawal_asked_at: row.head.withdrawal_asked_at,
        unread_since: row.head.unread_since,
        channel: row.head.channel.parse().unwrap_or(Channel::Portal),
        number: row.head.receipt_number,
    }
}

/// The forms of which this person may know, in the order of the catalogue.
fn forms(portal: &Portal, at: &AtWork) -> Vec<(String, String)> {
    let may_know = queue::forms(portal, &at.who.staff);
    may_know.into_iter().map(|form| (form.id.to_string(), form.title.get("ja").to_owned())).collect()
}

/// What the page says beside its rows.
#[derive(Default)]
struct Said {
    find: Find,
    not_a_day: Option<(&'static str, String, &'static str)>,
    bulk: Bulk,
}

async fn shown(portal: &Portal, at: &AtWork, view: View, after: Option<Mark>, said: Said) -> Answer {
    let found = queue::page(portal, &at.who.staff, &view, after).await?;
    // A page that is shown again is the same press.
    let token = if said.bulk.token.is_empty() { page_token() } else { said.bulk.token.clone() };
    let way = case::way(staff_view::around(portal, &at.who, None).await?);
    let cases: Vec<_> = found.rows.iter().map(|row| row.head.case_id).collect();
    let place = after.map(|mark| format!("&after={mark}")).unwrap_or_default();
    staff_view::keep(portal, &at.who, &format!("/staff/queue?{view}{place}"), &cases).await?;
    let now = portal.clock.now();
    let is_faulty = said.find.fault.is_some() || said.not_a_day.is_some() || said.bulk.fault.is_some();
    let status = if is_faulty { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let colleague = |one: queue::Colleague| Colleague { id: one.id.to_string(), name: one.name, works: one.works };
    let model = Model {
        tabs: found.counts,
        view,
        forms: forms(portal, at),
        colleagues: found.colleagues.into_iter().map(colleague).collect(),
        rows: found.rows.into_iter().map(|found| row(portal, found, now)).collect(),
        next: found.next.map(|mark| mark.to_string()),
        is_later_page: after.is_some(),
        way,
        find: said.find,
        not_a_day: said.not_a_day,
        bulk: Bulk { token, ..said.bulk },
    };
    Ok(page(status, pages::page(&at.desk, &model)))
}

/// The view that inputs say; a day that is none is said at its input.
fn view_of(inputs: &[(String, String)]) -> Result<(View, Said), WebError> {
    let mut said = Said::default();
    let typed = |name: &str| {
        let found = inputs.iter().find(|(one, _)| one == name);
        found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let view = match View::parse(inputs.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
        Ok(view) => view,
        Err(NoView::Unknown) => return Err(WebError::NotFound),
        Err(NoView::NotADay(input, rest)) => {
            said.not_a_day = Some((input, typed(input), "queue-filter-not-a-day"));
            *rest
        }
        Err(NoView::EndsBefore(rest)) => {
            said.not_a_day = Some(("to", typed("to"), "queue-filter-ends-before"));
            *rest
        }
    };
    Ok((view, said))
}

/// `GET /staff/queue`: a view; without one the last that this person looked at.
pub async fn queue(portal: Data<Portal>, at: AtWork, request: HttpRequest, inputs: Query<Inputs>) -> Answer {
    if request.query_string().is_empty()
        && let Some(last) = queue::last_view(&portal, &at.who.staff).await?
    {
        return Ok(to(&format!("/staff/queue?{last}")));
    }
    let after = inputs.iter().find(|(name, value)| name == "after" && !value.is_empty());
    let after = after.map(|(_, mark)| mark.parse()).transpose().map_err(|_| WebError::NotFound)?;
    let (view, said) = view_of(&inputs)?;
    shown(&portal, &at, view, after, said).await
}

/// `POST /staff/queue`: leads to the case that was searched for, or lists those that may be meant.
pub async fn search(portal: Data<Portal>, at: AtWork, mut form: FormBody) -> Answer {
    let typed = form.take("wanted");
    let fault = match search::search(&portal, &at.who.staff, &typed).await? {
        Found::One(number) => {
            staff_view::forget(&portal, &at.who).await?;
            return Ok(to(&format!("/staff/cases/{number}")));
        }
        Found::Several(rows, has_more) => {
            staff_view::forget(&portal, &at.who).await?;
            let now = portal.clock.now();
            let rows: Vec<Row> = rows.into_iter().map(|found| row(&portal, found, now)).collect();
            let find = Find { typed, fault: None };
            return Ok(page(StatusCode::OK, pages::found(&at.desk, &find, &rows, has_more)));
        }
        Found::Nothing => "queue-find-none",
        Found::Unreadable(NotWanted::Nothing) => "queue-find-nothing",
        Found::Unreadable(NotWanted::TooLong) => "queue-find-too-long",
    };
    let view = queue::last_view(&portal, &at.who.staff).await?.unwrap_or_default();
    let said = Said { find: Find { typed, fault: Some(fault) }, ..Said::default() };
    shown(&portal, &at, view, None, said).await
}

/// A row as the form for several names it: its number, and the version that it was shown with.
fn tick(text: &str) -> Option<(ReceiptNumber, i64)> {
    let (number, version) = text.split_once(':')?;
    Some((number.parse().ok()?, version.parse().ok()?))
}

fn why(at: &AtWork, why: &NotDone) -> String {
    let locale = at.desk.locale();
    let in_stage =
        |key: &str, stage: Stage| locale.with(key, &[("stage", &locale.say(&format!("staff-stage-{stage}")))]);
    match why {
        NotDone::Obstacle(obstacle) => locale.say(obstacle_key(obstacle)),
        NotDone::NotInThisStage(stage) => in_stage("queue-bulk-not-in-stage", *stage),
        NotDone::Changed(stage) => in_stage("queue-bulk-changed", *stage),
        NotDone::NoNote(why) => locale.say(no_note(*why)),
        NotDone::Unknown => locale.say("queue-bulk-unknown"),
        NotDone::Busy => locale.say("queue-bulk-busy"),
    }
}

const fn no_note(why: NoNote) -> &'static str {
    match why {
        NoNote::Empty => "note-empty",
        NoNote::TooLong => "queue-bulk-note-too-long",
    }
}

/// `POST /staff/queue/bulk`
pub async fn bulk(portal: Data<Portal>, at: AtWork, mut form: FormBody) -> Answer {
    let (order, whom, all) = (form.take("order"), form.take("to"), form.take("all"));
    let (token, written) = (form.take("token"), form.take("bulk-note"));
    let (view, page_of_rows) = (form.take("view"), form.take("shown"));
    let (view, _) = view_of(&pairs(&view))?;
    let ticked: Vec<String> = match all.as_str() {
        "yes" => page_of_rows.split(' ').filter(|one| !one.is_empty()).map(str::to_owned).collect(),
        _ => form.inputs().iter().filter(|(name, _)| name == "case").map(|(_, value)| value.clone()).collect(),
    };
    let cases: Option<Vec<_>> = ticked.iter().map(|one| tick(one)).collect();
    let mut cases = cases.ok_or(WebError::Unreadable)?;
    cases.dedup_by(|one, other| one.0 == other.0);
    let press = Press { token: &token, typed: &written };
    let order = match order.as_str() {
        "claim" => Ok(BulkOrder::Claim),
        "assign" => whom.parse().map(BulkOrder::Assign).map_err(|_| "queue-bulk-nobody"),
        "note" => note::text(&written).map(|_| BulkOrder::Note(&press)).map_err(no_note),
        _ => return Err(WebError::NotFound),
    };
    let order = match cases.len() {
        0 => Err("queue-bulk-nothing"),
        many if many > bulk::MOST => Err("queue-bulk-most"),
        _ => order,
    };
    let order = match order {
        Ok(order) => order,
        Err(fault) => {
            let bulk = Bulk { fault: Some(fault), ticked, to: whom, note: written, token };
            let said = Said { bulk, ..Said::default() };
            return shown(&portal, &at, view, None, said).await;
        }
    };
    let became = bulk::give(&portal, &at.who.staff, &cases, order, &letters::notice).await?;
    let not_done = became.not_done.into_iter().map(|(number, reason)| (number, why(&at, &reason))).collect();
    let outcome = Outcome { done: became.done, not_done, view: view.to_string() };
    Ok(page(StatusCode::OK, pages::outcome(&at.desk, &outcome)))
}

/// The inputs of an address that a form has kept; views need no encoding.
fn pairs(address: &str) -> Inputs {
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    address.split('&').filter_map(pair).collect()
}
