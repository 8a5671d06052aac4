//! A whole server on a free port. Invariant: it goes with the test, and its clock stands still.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
};

use actix_web::dev::ServerHandle;
use server::{
    clock::Clock,
    config::{Config, Plane},
    flows::signing_keys,
    portal::{Portal, StartError},
    web,
};
use tempfile::TempDir;

use super::{
    TestDatabase,
    browser::{Answer, Browser, inputs},
    card_provider::CardProvider,
    databases,
    portal::{self, Kind, TestPortal},
};

const PLANES: [Plane; 3] = [Plane::Citizen, Plane::Staff, Plane::Handover];

/// A server that goes with the test.
pub struct Site {
    pub portal: Arc<Portal>,
    pub address: SocketAddr,
    handle: ServerHandle,
    /// The identity provider beside it, where a test has one.
    pub provider: Option<CardProvider>,
    _folders: (TempDir, TempDir),
}

impl Drop for Site {
    fn drop(&mut self) {
        // The order is given here; nobody waits until it is carried out.
        drop(self.handle.stop(false));
    }
}

impl Site {
    pub fn browser(&self) -> Browser {
        Browser::on(self.address)
    }

    /// Stops, and starts again on the same database with the forms of this folder.
    pub async fn restart_with_forms(&mut self, folder: &Path) -> Result<(), StartError> {
        self.restart_with(|config| config.forms_dir = Some(folder.to_owned())).await
    }

    /// Stops, and starts again on the same database with other settings.
    pub async fn restart_with(&mut self, change: impl FnOnce(&mut Config)) -> Result<(), StartError> {
        let mut config = self.portal.config.clone();
        change(&mut config);
        let portal = Arc::new(Portal::open(config, Clock::fixed(self.portal.clock.now())).await?);
        self.handle.stop(true).await;
        self.portal = portal;
        let server = web::serve(&self.portal, vec![TcpListener::bind(self.address).unwrap()], &PLANES).unwrap();
        self.handle = server.handle();
        tokio::spawn(server);
        Ok(())
    }

    /// The code in the newest mail.
    pub async fn newest_code(&self) -> String {
        let (_, body) = portal::newest_mail(&self.portal).await.unwrap();
        let digits: String = body.chars().filter(char::is_ascii_digit).take(6).collect();
        assert_eq!(digits.len(), 6, "no code in: {body}");
        digits
    }

    /// Asks for a code and enters it, as the page `/sign-in?next=…` has it.
    pub async fn sign_in(&self, browser: &mut Browser, mail: &str, next: &str) -> Answer {
        // The newest mail is found by its time.
        self.portal.clock.advance(1_000_000);
        let page = browser.open(&format!("/sign-in?next={next}"));
        let to_code = browser.press(&page, "/sign-in", &[("mail", mail)]);
        let page = browser.open(to_code.is(303).location());
        let code = self.newest_code().await;
        browser.post("/sign-in/code", &page.filled_in("/sign-in/code", &inputs(&[("code", &code)])))
    }
}

async fn serve(database: TestDatabase, kind: Kind) -> Site {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    serve_with(listener, portal::open(database, kind, address).await, None).await
}

async fn serve_with(listener: TcpListener, one: TestPortal, provider: Option<CardProvider>) -> Site {
    let address = listener.local_addr().unwrap();
    let portal = Arc::new(one.portal);
    signing_keys::keep(&portal).await.unwrap();
    let server = web::serve(&portal, vec![listener], &PLANES).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    Site { portal, address, handle, provider, _folders: one.folders }
}

/// A demo on each database, with the practice identity provider beside it.
pub async fn sites_with_cards() -> Vec<Site> {
    let mut all = Vec::new();
    for database in databases().await {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (one, provider) = portal::open_with(database, Kind::Demo, address, CardProvider::beside).await;
        all.push(serve_with(listener, one, Some(provider)).await);
    }
    all
}

/// The same, where filings can be signed.
pub async fn sites_that_sign() -> Vec<Site> {
    let mut all = Vec::new();
    for database in databases().await {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (one, provider) = portal::open_with(database, Kind::Demo, address, CardProvider::that_signs).await;
        all.push(serve_with(listener, one, Some(provider)).await);
    }
    all
}

/// A demo on each database.
pub async fn sites() -> Vec<Site> {
    let mut all = Vec::new();
    for database in databases().await {
        all.push(serve(database, Kind::Demo).await);
    }
    all
}

/// A demo of another kind on each database.
pub async fn sites_of(kind: Kind) -> Vec<Site> {
    let mut all = Vec::new();
    for database in databases().await {
        all.push(serve(database, kind).await);
    }
    all
}

/// A demo on SQLite, for what no database can change.
pub async fn site() -> Site {
    serve(databases().await.remove(0), Kind::Demo).await
}

/// A production server behind TLS, as a city has it.
pub async fn production() -> Site {
    serve(databases().await.remove(0), Kind::Production).await
}
