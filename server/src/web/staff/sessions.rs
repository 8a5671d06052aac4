//! 「サインイン中の端末」 Invariant: what is shown is what the flow gives; one's own session in use is ended by signing out.

use actix_web::{http::StatusCode, web::Data};
use app::pages::staff::sessions as pages;

use super::{Answer, AtWork, to};
use crate::{
    flows::{account::session_name, staff_sessions},
    portal::Portal,
    store::session::Session,
    web::{body::FormBody, error::WebError, frame::page},
};

const ADDRESS: &str = "/staff/sessions";

fn row(at: &AtWork, session: &Session) -> pages::Row {
    pages::Row {
        name: session_name(session),
        device: session.device.name(),
        since: session.created_at,
        seen: session.seen_at,
        is_this: session.session_hash == at.who.session.session_hash,
    }
}

/// `GET /staff/sessions`
pub async fn list(portal: Data<Portal>, at: AtWork) -> Answer {
    let found = staff_sessions::view(&portal, &at.who.staff).await?;
    let own: Vec<pages::Row> = found.own.iter().map(|session| row(&at, session)).collect();
    let all = found.all.iter().map(|(id, name, sessions)| pages::Member {
        id: id.to_string(),
        name: name.clone(),
        sessions: sessions.iter().map(|session| row(&at, session)).collect(),
    });
    Ok(page(StatusCode::OK, pages::page(&at.desk, &own, &all.collect::<Vec<_>>())))
}

/// `POST /staff/session-end`
pub async fn end(portal: Data<Portal>, at: AtWork, mut form: FormBody) -> Answer {
    staff_sessions::end(&portal, &at.who.staff, &form.take("session")).await?;
    Ok(to(ADDRESS))
}

/// `POST /staff/sessions-end`: for who looks after accounts.
pub async fn end_all(portal: Data<Portal>, at: AtWork, mut form: FormBody) -> Answer {
    let of = form.take("staff").parse().map_err(|_| WebError::NotFound)?;
    staff_sessions::end_all(&portal, &at.who.staff, of).await?;
    Ok(to(ADDRESS))
}
