//! 「確認の仕事」 Invariant: what is not taken stands in its field again, also after the session has ended.

use actix_web::{
    http::StatusCode,
    web::{Data, Path, Query},
};
use app::pages::staff::{
    message as message_page,
    tasks::{self as pages, Duty, Failed, Model, Row, field},
};
use intake::{ids::TaskId, message::NoMessage, my_number::strike_out, time::Instant};
use serde::Deserialize;

use super::{Answer, AtDesk, AtWork, to};
use crate::{
    flows::task::{self, Finished, Reason, Tab, TaskRow},
    portal::Portal,
    web::{body::FormBody, error::WebError, frame::page},
};

const ADDRESS: &str = "/staff/tasks";

/// Which tab.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Place {
    tab: String,
}

fn row(at: &AtWork, of: TaskRow, now: Instant) -> Row {
    let TaskRow { task, number, name, reason, owner, done } = of;
    Row {
        id: task.task_id,
        number,
        name,
        reason: match reason {
            Reason::Overdue => pages::Reason::Overdue,
            Reason::Scores { total, item10 } => pages::Reason::Scores { total, item10 },
            Reason::Erased => pages::Reason::Erased,
        },
        opened_at: task.opened_at,
        due_at: task.due_at,
        is_late: task.due_at <= now,
        escalated_at: task.escalated_at,
        owner,
        is_mine: task.owner_id == Some(at.who.staff.staff_id),
        is_taken: task.taken_at.is_some(),
        done_at: task.done_at,
        done,
    }
}

async fn shown(portal: &Portal, at: &AtWork, tab: Tab, failed: Option<Failed>) -> Answer {
    let found = task::page(portal, &at.who.staff, tab).await?;
    let now = portal.clock.now();
    let duty = found.duty.map(|people| Duty {
        own_until: people.iter().find(|(id, ..)| *id == at.who.staff.staff_id).map(|(_, _, until)| *until),
        people: people.into_iter().map(|(_, name, until)| (name, until)).collect(),
        urgent_hours: portal.config.epds_urgent_hours,
    });
    let status = if failed.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let model = Model {
        tabs: Tab::ALL.map(Tab::as_str).to_vec(),
        current: tab.as_str(),
        rows: found.rows.into_iter().map(|of| row(at, of, now)).collect(),
        duty,
        failed,
    };
    Ok(page(status, pages::page(&at.desk.clone().at(ADDRESS.to_owned()), &model)))
}

/// `GET /staff/tasks`
pub async fn list(portal: Data<Portal>, at: AtWork, place: Query<Place>) -> Answer {
    let tab = if place.tab.is_empty() { Ok(Tab::default()) } else { place.tab.parse() };
    shown(&portal, &at, tab.map_err(|_| WebError::NotFound)?, None).await
}

/// `POST /staff/tasks/{task}/take`
pub async fn take(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let id: TaskId = path.parse().map_err(|_| WebError::NotFound)?;
    task::take(&portal, &at.who.staff, id).await?;
    Ok(to(&format!("{ADDRESS}?tab=mine")))
}

/// `POST /staff/tasks/{task}/done`
pub async fn finish(portal: Data<Portal>, at: AtDesk, path: Path<String>, mut form: FormBody) -> Answer {
    let id: TaskId = path.parse().map_err(|_| WebError::NotFound)?;
    let AtDesk { who, desk } = at;
    let Some(who) = who else {
        return Ok(page(StatusCode::UNAUTHORIZED, message_page::sign_in_and_send_again(&desk, form.inputs())));
    };
    let at = AtWork { who, desk };
    let typed = form.take(&field(id));
    let error = match task::finish(&portal, &at.who.staff, id, &typed).await? {
        Finished::Yes => return Ok(to(&format!("{ADDRESS}?tab=done"))),
        Finished::Not(NoMessage::Empty) => "tasks-error-empty",
        Finished::Not(NoMessage::TooLong) => "tasks-error-long",
        Finished::Not(NoMessage::MyNumber) => "tasks-error-number",
    };
    let error = at.desk.locale().say(error);
    let typed = strike_out(&typed).unwrap_or(typed);
    shown(&portal, &at, Tab::Open, Some(Failed { id, typed, error })).await
}

/// `POST /staff/tasks/duty`: 当番
pub async fn duty(portal: Data<Portal>, at: AtWork, mut form: FormBody) -> Answer {
    let hours = form.take("hours").parse().map_err(|_| WebError::NotFound)?;
    task::set_duty(&portal, &at.who.staff, hours).await?;
    Ok(to(ADDRESS))
}
