//! 「面談予約」 A parent's appointment over HTTP. Invariant: what a press came to is read on the page that follows it; pressed
//! again, the first appointment is found.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};
use app::pages::booking::{self as pages, Appointment, Model, SlotRow, Standing, Told};
use intake::{
    booking::{Spoken, State, Wish},
    furigana,
    icalendar::{Event, Method},
    ids::{ReceiptNumber, SlotId},
};
use serde::Deserialize;

use super::{body::FormBody, error::WebError, frame::page, guard::Citizen};
use crate::{
    flows::booking::{self, Picked, View},
    letters,
    portal::Portal,
    store::booking::Slot,
};

type Answer = Result<HttpResponse, WebError>;

/// What she looks for, as it stands in the address.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Looking {
    mode: String,
    language: String,
}

impl Looking {
    /// A word that is none looks for anything.
    fn wish(&self) -> Wish {
        Wish { mode: self.mode.parse().ok(), language: self.language.parse().ok() }
    }

    fn of(form: &mut FormBody) -> Self {
        Self { mode: form.take("mode"), language: form.take("language") }
    }
}

fn number(text: &str) -> Result<ReceiptNumber, WebError> {
    text.parse().map_err(|_| WebError::NotFound)
}

fn row(slot: &Slot) -> SlotRow {
    SlotRow {
        id: slot.slot_id,
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        place: slot.place.clone(),
        mode: slot.mode,
        languages: slot.languages.clone(),
    }
}

const fn standing(state: State) -> Standing {
    match state {
        State::Booked => Standing::Booked,
        State::Cancelled => Standing::Cancelled,
        State::Closed => Standing::Closed,
        State::Attended => Standing::Attended,
        State::Absent => Standing::Absent,
    }
}

fn model(view: View, wish: Wish, told: Option<Told>) -> Model {
    let mut languages: Vec<Spoken> = view.free.iter().flat_map(|slot| slot.languages.clone()).collect();
    languages.extend(wish.language);
    languages.sort_unstable();
    languages.dedup();
    let free = view.free.iter().filter(|slot| wish.fits(slot.mode, &slot.languages)).map(row).collect();
    let appointment = view.booking.as_ref().map(|(booking, slot)| Appointment {
        slot: row(slot),
        standing: standing(booking.state),
        sequence: booking.sequence,
    });
    Model {
        number: view.head.receipt_number,
        appointment,
        change_until: view.change_until,
        may_change: view.may_change,
        may_pick: view.may_pick,
        free,
        languages,
        wish,
        waiting: view.wait.map(|wait| wait.told_at),
        told,
    }
}

async fn shown(portal: &Portal, citizen: &Citizen, number: &ReceiptNumber, wish: Wish, told: Option<Told>) -> Answer {
    let view = booking::view(portal, citizen.session.account, number).await?;
    let status = if told.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let mut chrome = citizen.visitor.chrome().clone();
    // After a press, too, the choice of language comes back to the page.
    chrome.path = format!("/cases/{number}/booking");
    Ok(page(status, pages::page(&chrome, &model(view, wish, told))))
}

fn back(number: &ReceiptNumber) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/cases/{number}/booking"))).finish()
}

/// `GET /cases/{receipt_number}/booking`
pub async fn choose(portal: Data<Portal>, citizen: Citizen, path: Path<String>, looking: Query<Looking>) -> Answer {
    shown(&portal, &citizen, &number(&path)?, looking.wish(), None).await
}

/// `POST /cases/{receipt_number}/booking`
pub async fn pick(portal: Data<Portal>, citizen: Citizen, path: Path<String>, mut form: FormBody) -> Answer {
    let number = number(&path)?;
    let slot: SlotId = form.take("slot").parse().map_err(|_| WebError::Unreadable)?;
    let seen = form.take("seen").parse().ok();
    let wish = Looking::of(&mut form).wish();
    let account = citizen.session.account;
    let told = match booking::pick(&portal, account, &number, slot, seen, &letters::booking).await? {
        Picked::Kept => return Ok(back(&number)),
        Picked::Already => {
            let view = booking::view(&portal, account, &number).await?;
            // The same press again: the first one is what she wanted.
            if view.standing().is_some_and(|(_, standing)| standing.slot_id == slot) {
                return Ok(back(&number));
            }
            Told::Already
        }
        Picked::Full => Told::Full,
        Picked::TooLate => Told::TooLate,
    };
    shown(&portal, &citizen, &number, wish, Some(told)).await
}

/// `POST /cases/{receipt_number}/booking/cancel`
pub async fn cancel(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let number = number(&path)?;
    if booking::cancel(&portal, citizen.session.account, &number).await? {
        return Ok(back(&number));
    }
    shown(&portal, &citizen, &number, Wish::default(), Some(Told::TooLate)).await
}

/// `POST /cases/{receipt_number}/booking/wait`
pub async fn wait(portal: Data<Portal>, citizen: Citizen, path: Path<String>, mut form: FormBody) -> Answer {
    let (number, wish) = (number(&path)?, Looking::of(&mut form).wish());
    booking::wait(&portal, citizen.session.account, &number, wish).await?;
    shown_again(&number, wish)
}

/// `POST /cases/{receipt_number}/booking/stop-waiting`
pub async fn stop_waiting(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let number = number(&path)?;
    booking::stop_waiting(&portal, citizen.session.account, &number).await?;
    Ok(back(&number))
}

fn shown_again(number: &ReceiptNumber, wish: Wish) -> Answer {
    let mode = wish.mode.map_or("", |mode| mode.as_str());
    let language = wish.language.map_or("", Spoken::as_str);
    let address = format!("/cases/{number}/booking?mode={mode}&language={language}");
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish())
}

/// `GET /cases/{receipt_number}/booking.ics`: neither the place nor what it is about, for calendars lie open before others.
pub async fn file(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let view = booking::view(&portal, citizen.session.account, &number(&path)?).await?;
    let (booking, slot) = view.booking.ok_or(WebError::NotFound)?;
    let locale = citizen.visitor.locale;
    let say = |key: &str| furigana::without_readings(&locale.say(key)).into_owned();
    let (summary, description) = (say("booking-calendar-summary"), say("booking-calendar-description"));
    let origin = portal.config.public_url.origin();
    let host = origin.split("://").last().unwrap_or_default().split(':').next().unwrap_or_default();
    let method = match booking.state {
        State::Booked | State::Attended | State::Absent => Method::Publish,
        State::Cancelled | State::Closed => Method::Cancel,
    };
    let event = Event {
        uid: &format!("{}@{host}", booking.booking_id),
        sequence: booking.sequence,
        changed_at: booking.changed_at,
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        summary: &summary,
        description: &description,
        url: &format!("{origin}/cases"),
        method,
    };
    let kind = match method {
        Method::Publish => "text/calendar; charset=utf-8; method=PUBLISH",
        Method::Cancel => "text/calendar; charset=utf-8; method=CANCEL",
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"calendar.ics\""))
        .body(event.file()))
}
