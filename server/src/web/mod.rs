//! HTTP: what comes in is parsed here, what goes out is made here. Invariant: a handler is thin; it asks a flow and
//! shows a page, and gets who is asking as an argument.

pub mod account;
pub mod apply;
pub mod autosave;
pub mod body;
pub mod booking;
pub mod card;
pub mod cases;
pub mod cookies;
pub mod demo;
pub mod error;
mod frame;
pub mod guard;
pub mod handover;
pub mod health;
pub mod help;
pub mod info;
mod limits;
pub mod mail;
pub mod number;
pub mod pages;
pub mod papers;
pub mod pregnancy_end;
mod problem;
pub mod receipt;
pub mod sign_in;
pub mod signing;
pub mod staff;
pub mod two_texts;

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::Server,
    middleware::{Compress, from_fn},
    web::{self, Data},
};

use crate::{config::Plane, portal::Portal, routes};

/// Heads of a request that come slower than this are cut off.
const SLOWEST_HEAD: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Requests that run at a stop have this long.
const LAST_REQUESTS_SECONDS: u64 = 30;

/// Serves planes on listeners that are bound already. It runs until its handle stops it.
///
/// # Errors
/// When a listener cannot be used.
pub fn serve(portal: &Arc<Portal>, listeners: Vec<TcpListener>, planes: &[Plane]) -> io::Result<Server> {
    let portal = Data::from(Arc::clone(portal));
    let limits = Data::new(limits::Limits::new(portal.config.requests_per_minute));
    let planes: Arc<[Plane]> = planes.into();
    let mut server = HttpServer::new(move || {
        let (demo, planes) = (portal.config.demo, Arc::clone(&planes));
        App::new()
            .app_data(portal.clone())
            .app_data(limits.clone())
            .configure(|service| routes::register(service, &planes, demo))
            .default_service(web::to(error::nothing_here))
            .wrap(from_fn(frame::around))
            .wrap(Compress::default())
    })
    .client_request_timeout(SLOWEST_HEAD)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(LAST_REQUESTS_SECONDS)
    .disable_signals();
    for listener in listeners {
        server = server.listen(listener)?;
    }
    Ok(server.run())
}
