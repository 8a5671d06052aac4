//! For operators. Invariant: alive says that the process answers, ready that it can do its work; neither tells more.

use actix_web::{HttpResponse, web::Data};

use crate::portal::Portal;

/// `GET /healthz`
pub async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// `GET /readyz`: the database answers and has the tables of this version; the master key was checked at the start.
pub async fn ready(portal: Data<Portal>) -> HttpResponse {
    match portal.database.check_migrations().await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"),
        Err(error) => {
            tracing::error!(%error, "not ready");
            HttpResponse::ServiceUnavailable().content_type("text/plain; charset=utf-8").body("not ready\n")
        }
    }
}
