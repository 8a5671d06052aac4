//! 「外部記録媒体」 over HTTP. Invariant: what was typed into a form that was not taken is shown again, with the reason.

use actix_web::{
    http::StatusCode,
    web::{Data, Path},
};
use app::pages::staff::media::{self as pages, Model, Typed};
use handover::{Jwk, fingerprint};
use intake::{
    calendar::ClosingDays,
    ids::StaffId,
    media::{Encryption, Kind, Step},
    time::Instant,
};

use super::{Answer, AtWork, csv, to};
use crate::{
    flows::media::{self, MediaError, NewCarrier, Overview},
    portal::Portal,
    store::{media::Carriage, staff::Staff},
    web::{body::FormBody, error::WebError, frame::page},
};

const ADDRESS: &str = "/staff/media";

fn name(of: &Overview, id: Option<StaffId>) -> Option<String> {
    id.map(|id| of.people.get(&id).cloned().unwrap_or_default())
}

fn label_of(of: &Overview, id: intake::ids::CarrierId) -> String {
    of.carriers.iter().find(|one| one.carrier_id == id).map(|one| one.label.clone()).unwrap_or_default()
}

fn carriage(portal: &Portal, of: &Overview, staff: &Staff, row: &Carriage, now: Instant) -> pages::Carriage {
    let times = row.times();
    let said = |step, by: Option<StaffId>, at: Option<Instant>| Some((step, name(of, by).unwrap_or_default(), at?));
    let steps = [
        said(Step::Approve, row.approved_by, row.approved_at),
        said(Step::Write, None, row.out_at),
        said(Step::Return, row.back_by, row.back_at),
        said(Step::Wipe, row.wiped_by, row.wiped_at),
        said(Step::Drop, row.dropped_by, row.dropped_at),
    ];
    let may = |step: &Step| match step {
        Step::Approve => of.may_approve && row.proposed_by != staff.staff_id,
        Step::Write => false,
        Step::Return | Step::Wipe | Step::Drop => of.may_carry,
    };
    let offers = Step::ALL.iter().copied().filter(|step| may(step) && times.allows(*step, now));
    let days = portal.config.handover_alarm_days;
    pages::Carriage {
        id: row.carriage_id.to_string(),
        batch: format!("{} {}", row.destination_id, row.seq),
        medium: label_of(of, row.medium_id),
        terminal: label_of(of, row.terminal_id),
        state: times.state(),
        steps: steps.into_iter().flatten().collect(),
        proposed: (name(of, Some(row.proposed_by)).unwrap_or_default(), row.proposed_at),
        offers: offers.collect(),
        can_be_written: of.may_carry && times.allows(Step::Write, now),
        is_overdue: row.back_at.is_none()
            && row.out_at.is_some_and(|at| is_overdue(&portal.closing_days, at, days, now)),
    }
}

/// Whether a medium is out for more working days than the back office has for its answer.
fn is_overdue(closing: &ClosingDays, out_at: Instant, days: u32, now: Instant) -> bool {
    closing.working_days_after(out_at.date_in_japan(), days) < now.date_in_japan()
}

fn model(portal: &Portal, of: &Overview, staff: &Staff, error: Option<String>, typed: Typed) -> Model {
    let now = portal.clock.now();
    let carriers = of.carriers.iter().map(|row| {
        let mark = match row.kind {
            Kind::Medium => row.mark.clone(),
            Kind::Terminal => {
                serde_json::from_str::<Jwk>(&row.detail).map_or_else(|_| row.mark.clone(), |jwk| fingerprint(&jwk))
            }
        };
        pages::Carrier {
            id: row.carrier_id.to_string(),
            kind: row.kind,
            label: row.label.clone(),
            mark,
            encryption: row.detail.parse().ok(),
            proposed_by: name(of, Some(row.proposed_by)).unwrap_or_default(),
            approved_by: name(of, row.approved_by),
            retired_at: row.retired_at,
            can_approve: of.may_approve
                && row.approved_at.is_none()
                && row.retired_at.is_none()
                && row.proposed_by != staff.staff_id,
        }
    });
    Model {
        carriers: carriers.collect(),
        carriages: of.carriages.iter().map(|row| carriage(portal, of, staff, row, now)).collect(),
        destinations: of.destinations.iter().map(|(id, newest)| (id.to_string(), *newest)).collect(),
        may_carry: of.may_carry,
        error,
        typed,
    }
}

async fn shown(portal: &Portal, at: AtWork, error: Option<String>, typed: Typed) -> Answer {
    let found = media::view(portal, &at.who.staff).await?;
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let desk = at.desk.at(ADDRESS.to_owned());
    Ok(page(status, pages::page(&desk, &model(portal, &found, &at.who.staff, error, typed))))
}

/// To the page after a deed, or the page with the reason why not.
async fn after(portal: &Portal, at: AtWork, done: Result<(), MediaError>, typed: Typed) -> Answer {
    match done {
        Ok(()) => Ok(to(ADDRESS)),
        Err(MediaError::Flow(error)) => Err(error.into()),
        Err(error) => {
            let sentence = error.code().map(|code| at.desk.locale().say(&format!("media-obstacle-{code}")));
            shown(portal, at, sentence, typed).await
        }
    }
}

/// `GET /staff/media`
pub async fn list(portal: Data<Portal>, at: AtWork) -> Answer {
    shown(&portal, at, None, Typed::default()).await
}

/// `POST /staff/media/carriers`: registers a medium or a terminal.
pub async fn register(portal: Data<Portal>, at: AtWork, mut form: FormBody) -> Answer {
    media::may_carry(&at.who.staff)?;
    let kind: Kind = form.take("kind").parse().map_err(|_| WebError::Unreadable)?;
    let typed = Typed {
        label: form.take("label"),
        serial: form.take("serial"),
        key: form.take("key"),
        form: kind.as_str(),
        ..Typed::default()
    };
    let new = match kind {
        Kind::Medium => {
            let encryption: Encryption = form.take("encryption").parse().map_err(|_| WebError::Unreadable)?;
            NewCarrier::Medium(&typed.serial, encryption)
        }
        Kind::Terminal => NewCarrier::Terminal(&typed.key),
    };
    let done = media::register(&portal, &at.who.staff, &typed.label, new).await;
    after(&portal, at, done, typed).await
}

/// `POST /staff/media/carriers/{carrier}/{deed}`: `approve` or `retire`.
pub async fn carrier(portal: Data<Portal>, at: AtWork, path: Path<(String, String)>) -> Answer {
    let id = path.0.parse().map_err(|_| WebError::NotFound)?;
    let signed_in_at = at.who.session.step_up_at;
    let done = match path.1.as_str() {
        "approve" => media::approve_carrier(&portal, &at.who.staff, signed_in_at, id).await,
        "retire" => media::retire_carrier(&portal, &at.who.staff, id).await,
        _ => return Err(WebError::NotFound),
    };
    after(&portal, at, done, Typed::default()).await
}

/// `POST /staff/media/carriages`: asks for a batch to be carried.
pub async fn ask(portal: Data<Portal>, at: AtWork, mut form: FormBody) -> Answer {
    media::may_carry(&at.who.staff)?;
    let destination = form.take("destination").parse().map_err(|_| WebError::Unreadable)?;
    let carrier = |text: String| text.parse().map_err(|_| WebError::Unreadable);
    let (medium, terminal) = (carrier(form.take("medium"))?, carrier(form.take("terminal"))?);
    let typed = Typed { seq: form.take("seq"), form: "carriage", ..Typed::default() };
    let done = match typed.seq.trim().parse() {
        Ok(seq) => media::propose(&portal, &at.who.staff, (&destination, seq), (medium, terminal)).await.map(drop),
        Err(_) => Err(MediaError::NoBatch),
    };
    after(&portal, at, done, typed).await
}

/// `POST /staff/media/carriages/{carriage}/{deed}`
pub async fn step(portal: Data<Portal>, at: AtWork, path: Path<(String, String)>) -> Answer {
    let id = path.0.parse().map_err(|_| WebError::NotFound)?;
    let step = path.1.parse().map_err(|_| WebError::NotFound)?;
    let signed_in_at = at.who.session.step_up_at;
    let done = media::step(&portal, &at.who.staff, signed_in_at, id, step).await;
    after(&portal, at, done, Typed::default()).await
}

/// The columns of the ledger.
const COLUMNS: [&str; 17] = [
    "destination",
    "batch",
    "manifest_sha256",
    "medium",
    "terminal",
    "state",
    "proposed_by",
    "proposed_at",
    "approved_by",
    "approved_at",
    "out_at",
    "back_by",
    "back_at",
    "wiped_by",
    "wiped_at",
    "dropped_by",
    "dropped_at",
];

/// `GET /staff/media/ledger.csv`: the same lines.
pub async fn ledger(portal: Data<Portal>, at: AtWork) -> Answer {
    let found = media::view(&portal, &at.who.staff).await?;
    let rows = found.carriages.iter().map(|row| {
        let by = |id| name(&found, id).unwrap_or_default();
        let when = |at: Option<Instant>| at.map(|at| at.minute_in_japan()).unwrap_or_default();
        let cells: [String; COLUMNS.len()] = [
            row.destination_id.to_string(),
            row.seq.to_string(),
            row.manifest_sha256.clone(),
            label_of(&found, row.medium_id),
            label_of(&found, row.terminal_id),
            row.times().state().to_string(),
            by(Some(row.proposed_by)),
            when(Some(row.proposed_at)),
            by(row.approved_by),
            when(row.approved_at),
            when(row.out_at),
            by(row.back_by),
            when(row.back_at),
            by(row.wiped_by),
            when(row.wiped_at),
            by(row.dropped_by),
            when(row.dropped_at),
        ];
        cells.to_vec()
    });
    let head = COLUMNS.map(str::to_owned).to_vec();
    Ok(csv::file("media-ledger", &std::iter::once(head).chain(rows).collect::<Vec<_>>()))
}
