//! The real server on a port of its own, and a browser without script that keeps cookies.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
};

use actix_web::dev::ServerHandle;
use server::{portal::Portal, web};
use tempfile::TempDir;

use super::{databases, portal::portal_on};

/// A portal that answers.
pub struct Site {
    pub portal: Arc<Portal>,
    pub port: u16,
    server: ServerHandle,
    _folders: (TempDir, TempDir),
}

/// A site on a fresh database of each kind.
pub async fn sites() -> Vec<Site> {
    let mut all = Vec::new();
    for database in databases().await {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let one = portal_on(database, port).await;
        let portal = Arc::new(one.portal);
        let planes: Vec<_> = portal.config.listeners().into_values().flatten().collect();
        let server = web::serve(&portal, vec![listener], &planes).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        all.push(Site { portal, port, server: handle, _folders: one.folders });
    }
    all
}

impl Site {
    /// A browser that has been nowhere.
    pub fn browser(&self) -> Browser {
        Browser { port: self.port, cookies: BTreeMap::new() }
    }

    /// Ends it.
    pub async fn close(self) {
        self.server.stop(false).await;
    }
}

/// A browser without script.
#[derive(Clone)]
pub struct Browser {
    port: u16,
    pub cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// Where it leads, after a 303.
    pub fn leads_to(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.body);
        self.header("location").unwrap()
    }

    /// The value of the first input of a name, or of an attribute of the first form that has it.
    pub fn value(&self, selector: &str, attribute: &str) -> String {
        let page = scraper::Html::parse_document(&self.body);
        let selector = scraper::Selector::parse(selector).unwrap();
        let found = page.select(&selector).next().unwrap_or_else(|| panic!("nothing like that in {}", self.body));
        found.value().attr(attribute).unwrap_or_default().to_owned()
    }
}

impl Browser {
    /// The site's own origin.
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask(format!("GET {path} HTTP/1.1\r\n"), String::new()).await
    }

    pub async fn post(&mut self, path: &str, inputs: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        let body: Vec<String> =
            inputs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        let head = format!("POST {path} HTTP/1.1\r\n{kind}Origin: {}\r\n", self.origin());
        self.ask(head, body.join("&")).await
    }

    async fn ask(&mut self, head: String, body: String) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{head}Host: localhost:{}\r\nConnection: close\r\nCookie: {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            cookies.join("; "),
            body.len(),
        );
        let port = self.port;
        let bytes = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).unwrap();
            bytes
        });
        // A photo is no text; its head is.
        let answer = read(&String::from_utf8_lossy(&bytes.await.unwrap()));
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap_or_default();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

fn read(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Answer { status, headers: lines.filter_map(header).collect(), body: body.to_owned() }
}
