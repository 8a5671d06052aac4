//! `serve`. Invariant: `ready http://…` is printed once every plane answers; a stop lets requests and workers end.

use std::{
    io::{self, Write as _},
    net::{Ipv6Addr, SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::dev::{Server, ServerHandle};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use super::Failure;
use crate::{
    clock::Clock,
    config::{Config, MyNumber, Plane},
    demo::{identity, import_job, practice_provider, prepare},
    flows::{my_number, signing_keys},
    mail::Mailer,
    portal::Portal,
    telemetry, web, worker,
};

/// What runs at a stop is given this long together.
const LAST_STEPS: Duration = Duration::from_secs(30);

pub(super) async fn run(mut config: Config) -> Result<(), Failure> {
    let listeners = bind(&mut config)?;
    let identity = if config.demo && !config.preview { Some(identity::open(&mut config)?) } else { None };
    let handbook = match &identity {
        Some(identity) => Some(prepare::prepare(&config, identity.provided.clone()).await?),
        None => None,
    };
    let portal = Arc::new(Portal::open(config, Clock::System).await?);
    say_of_epds(&portal);
    check_number(&portal).await?;
    // Before anybody asks for the public keys.
    signing_keys::keep(&portal).await?;
    let mailer = Mailer::new(portal.config.smtp.as_ref()).map_err(Failure::new)?;

    let mut handles = Vec::new();
    for (listeners, planes) in listeners {
        start(web::serve(&portal, listeners, &planes)?, &mut handles);
    }
    if let Some(identity) = identity {
        start(practice_provider::serve(&identity.provider, identity.listener)?, &mut handles);
    }
    if let Some(address) = portal.config.metrics_listen {
        start(telemetry::serve_metrics(address, portal.metrics.clone())?, &mut handles);
    }
    let (stop, stopped) = watch::channel(false);
    let mut workers = worker::start(&portal, mailer, &stopped);

    if let Some(handbook) = handbook {
        let program = import_job::program();
        let _ = prepare::print_signs(&handbook, program.as_ref());
        if let Some(program) = program {
            workers.spawn(import_job::run(program, handbook, stopped.clone()));
        }
    }
    // Whoever started this may have closed the pipe; that is no reason not to serve.
    let _ = writeln!(io::stdout(), "ready {}", portal.config.public_url);
    wait_for_a_signal().await?;

    tracing::info!("stopping");
    stop.send_replace(true);
    for handle in handles {
        handle.stop(true).await;
    }
    let workers_ended = async { while workers.join_next().await.is_some() {} };
    if tokio::time::timeout(LAST_STEPS, workers_ended).await.is_err() {
        tracing::warn!("a worker did not end in time; its lease runs out by itself");
    }
    portal.database.close().await;
    Ok(())
}

/// What is not offered, or is only practised with, is said at every start.
fn say_of_epds(portal: &Portal) {
    match portal.text_packs.offered() {
        Err(why) => tracing::info!("{why}"),
        Ok(()) if portal.text_packs.is_demonstration() => tracing::warn!("{}", super::EPDS_IS_A_DEMONSTRATION),
        Ok(()) => {}
    }
}

/// A number that nobody could open is not asked for: the first destination is added before the first start.
async fn check_number(portal: &Portal) -> Result<(), Failure> {
    let asks = portal.config.my_number == MyNumber::Sealed && !portal.config.preview;
    if asks && !my_number::can_be_sealed(portal).await? {
        return Err(Failure::new(
            "MADOGUCHI_MY_NUMBER=sealed, but there is no destination whose key a number could be sealed to: \
             `madoguchi handover destination add public.json` comes first",
        ));
    }
    Ok(())
}

fn start(server: Server, handles: &mut Vec<ServerHandle>) {
    handles.push(server.handle());
    tokio::spawn(server);
}

type Bound = (Vec<TcpListener>, Vec<Plane>);

/// Takes every address before anything else is done: two servers on one address would be found out late. Port 0 is any
/// free port, in the demo only; its public address follows.
fn bind(config: &mut Config) -> Result<Vec<Bound>, Failure> {
    let cannot = |address: SocketAddr| move |error| Failure::new(format!("cannot listen on {address}: {error}"));
    if config.demo && config.listen.port() == 0 {
        let listener = TcpListener::bind(config.listen).map_err(cannot(config.listen))?;
        let port = listener.local_addr()?.port();
        config.demo_on_port(port);
        return Ok(vec![(with_localhost(listener, port), all_planes(config))]);
    }
    let mut bound = Vec::new();
    for (address, planes) in config.listeners() {
        let listener = TcpListener::bind(address).map_err(cannot(address))?;
        let listeners = if config.demo { with_localhost(listener, address.port()) } else { vec![listener] };
        bound.push((listeners, planes));
    }
    Ok(bound)
}

fn all_planes(config: &Config) -> Vec<Plane> {
    config.listeners().into_values().flatten().collect()
}

/// The demo's name `localhost` may mean `::1` first; where that can be had, it is answered too.
fn with_localhost(listener: TcpListener, port: u16) -> Vec<TcpListener> {
    let second = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).ok();
    std::iter::once(listener).chain(second).collect()
}

async fn wait_for_a_signal() -> io::Result<()> {
    let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
