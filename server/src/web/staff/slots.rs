//! Slots for interviews over HTTP. Invariant: what was typed into the form is shown again where it could not be taken.

use actix_web::{
    http::StatusCode,
    web::{Data, Path, Query},
};
use app::pages::staff::{
    message,
    slots::{self as pages, Comer, DayKind, Row, SlotState, Week},
};
use intake::{
    answers::RawAnswers,
    booking::{SeriesError, capacity},
    calendar::{is_holiday, monday_of},
    ids::{ReceiptNumber, SlotId},
    time::{CivilDate, Instant},
};
use serde::Deserialize;

use super::{Answer, AtDesk, AtWork, to};
use crate::{
    flows::slots,
    letters,
    portal::Portal,
    store::booking::Slot,
    web::{body::FormBody, error::WebError, frame::page},
};

/// Which week, and what was just opened in it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Place {
    week: String,
    new: String,
    there: String,
}

fn row(slot: &Slot, now: Instant) -> Row {
    let state = if slot.closed_at.is_some() {
        SlotState::Closed
    } else if slot.starts_at <= now {
        SlotState::Over
    } else if slot.taken >= slot.capacity {
        SlotState::Full
    } else {
        SlotState::Open
    };
    Row {
        id: slot.slot_id,
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        place: slot.place.clone(),
        mode: slot.mode,
        languages: slot.languages.clone(),
        capacity: slot.capacity,
        taken: slot.taken,
        state,
    }
}

/// What the form begins with.
fn ordinary() -> RawAnswers {
    let mut typed = RawAnswers::default();
    for (input, values) in [
        ("weekday", ["0", "1", "2", "3", "4"].as_slice()),
        ("open_days", &["yes"]),
        ("minutes", &["30"]),
        ("capacity", &["1"]),
        ("mode", &["in_person"]),
        ("language", &["ja"]),
    ] {
        typed.set(input, values.iter().map(|value| (*value).to_owned()).collect());
    }
    typed
}

async fn shown(
    portal: &Portal,
    at: AtWork,
    monday: CivilDate,
    opened: Option<(usize, usize)>,
    typed: &RawAnswers,
    errors: &[SeriesError],
) -> Answer {
    let now = portal.clock.now();
    let found = slots::week(portal, &at.who.staff, monday).await?;
    let kind = |day: CivilDate| match (is_holiday(day), portal.closing_days.contains(day)) {
        (true, _) => DayKind::Holiday,
        (false, true) => DayKind::Closing,
        (false, false) => DayKind::Plain,
    };
    let days = (0..7).map(|ahead| monday.plus_days(ahead)).map(|day| (day, kind(day))).collect();
    let slots = found.iter().map(|slot| row(slot, now)).collect();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let model = Week { monday, days, slots, opened, typed, errors };
    Ok(page(status, pages::week(&at.desk.at("/staff/slots".to_owned()), &model)))
}

/// `GET /staff/slots`
pub async fn week(portal: Data<Portal>, at: AtWork, place: Query<Place>) -> Answer {
    let today = portal.clock.now().date_in_japan();
    let day = if place.week.is_empty() { today } else { place.week.parse().map_err(|_| WebError::NotFound)? };
    let opened = place.new.parse().ok().map(|new| (new, place.there.parse().unwrap_or_default()));
    shown(&portal, at, monday_of(day), opened, &ordinary(), &[]).await
}

/// `POST /staff/slots`
pub async fn open(portal: Data<Portal>, at: AtDesk, mut form: FormBody) -> Answer {
    let AtDesk { who, desk } = at;
    let Some(who) = who else {
        return Ok(page(StatusCode::UNAUTHORIZED, message::sign_in_and_send_again(&desk, form.inputs())));
    };
    let at = AtWork { who, desk };
    let week = form.take("week");
    let mut typed = RawAnswers::default();
    for (input, value) in form.inputs() {
        let values = typed.all(input).iter().cloned().chain([value.clone()]).collect();
        typed.set(input, values);
    }
    match slots::open(&portal, &at.who.staff, &typed).await? {
        Ok(opened) => {
            let monday = monday_of(opened.first.date_in_japan());
            Ok(to(&format!("/staff/slots?week={monday}&new={}&there={}", opened.new, opened.there)))
        }
        Err(errors) => {
            let shown_week = week.parse().unwrap_or_else(|_| portal.clock.now().date_in_japan());
            shown(&portal, at, monday_of(shown_week), None, &typed, &errors).await
        }
    }
}

type Refused = Option<(&'static str, Option<&'static str>)>;

async fn shown_slot(portal: &Portal, at: AtWork, id: SlotId, refused: Refused) -> Answer {
    let view = slots::view(portal, &at.who.staff, id).await?;
    let comers = view.comers.into_iter().map(|one| Comer { number: one.number, state: one.state }).collect();
    let (may_mark, may_change) = (view.may_mark, view.may_change);
    let model = pages::Model { row: row(&view.slot, portal.clock.now()), comers, may_mark, may_change, refused };
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(page(status, pages::slot(&at.desk.at(format!("/staff/slots/{id}")), &model)))
}

fn slot_id(text: &str) -> Result<SlotId, WebError> {
    text.parse().map_err(|_| WebError::NotFound)
}

/// `GET /staff/slots/{slot}`
pub async fn slot(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    shown_slot(&portal, at, slot_id(&path)?, None).await
}

/// `POST /staff/slots/{slot}/capacity`
pub async fn set_capacity(portal: Data<Portal>, at: AtWork, path: Path<String>, mut form: FormBody) -> Answer {
    let id = slot_id(&path)?;
    let changed = match capacity(&form.take("capacity")) {
        Some(places) => slots::set_capacity(&portal, &at.who.staff, id, places).await?,
        None => false,
    };
    if changed {
        return Ok(to(&format!("/staff/slots/{id}")));
    }
    shown_slot(&portal, at, id, Some(("slot-capacity-refused", Some("capacity")))).await
}

/// `POST /staff/slots/{slot}/close`: 枠の取り止め
pub async fn close(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let id = slot_id(&path)?;
    if slots::close(&portal, &at.who.staff, id, &letters::booking).await? {
        return Ok(to(&format!("/staff/slots/{id}")));
    }
    shown_slot(&portal, at, id, Some(("slot-too-late", None))).await
}

/// `POST /staff/slots/{slot}/attendance`: 来所済・来所なし
pub async fn attendance(portal: Data<Portal>, at: AtWork, path: Path<String>, mut form: FormBody) -> Answer {
    let id = slot_id(&path)?;
    let number: ReceiptNumber = form.take("number").parse().map_err(|_| WebError::NotFound)?;
    let came = match form.take("came").as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(WebError::Unreadable),
    };
    if slots::mark(&portal, &at.who.staff, id, &number, came).await? {
        return Ok(to(&format!("/staff/slots/{id}")));
    }
    shown_slot(&portal, at, id, Some(("slot-mark-later", None))).await
}
