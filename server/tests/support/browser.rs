//! A browser without script over a plain socket. Invariant: it sends what it is told to send and no more; it keeps cookies,
//! follows nothing by itself, and shows an answer byte for byte.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

use super::page::Page;

/// How a browser of today says that a form is sent from a page of the same site.
pub const SAME_ORIGIN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");
pub const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// A redirect that a browser follows with GET.
    #[track_caller]
    pub fn leads_to(self, path: &str) -> Self {
        assert_eq!((self.status, self.location()), (303, path), "{}", String::from_utf8_lossy(&self.body));
        self
    }

    fn parse(bytes: &[u8], has_body: bool) -> io::Result<Self> {
        let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "an answer that is cut off");
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(cut)?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        let answer = Self { status: status.ok_or_else(cut)?, headers, body: bytes[end + 4..].to_vec() };
        // A stream of events has no end: its first picture stands for it, or the line that comes where there is none.
        if answer.header("content-type") == Some("text/event-stream") {
            let told = answer.body.windows(6).any(|six| six == b"\ndata:" || six[1..] == *b"\n:\n\n\r");
            return if told && answer.body.ends_with(b"\n\n\r\n") { Ok(answer) } else { Err(cut()) };
        }
        assert_eq!(answer.header("transfer-encoding"), None, "this client reads bodies of a known length only");
        let length = answer.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        if has_body && answer.body.len() < length { Err(cut()) } else { Ok(answer) }
    }
}

/// One request on one connection. A server that answers before it has read everything is listened to.
pub fn exchange(address: SocketAddr, request: &[u8]) -> io::Result<Answer> {
    // The answer to HEAD tells the length of a body that does not come.
    read_answer(send(address, request)?, !request.starts_with(b"HEAD "))
}

/// Sends a request; the answer is read later with [`read`], or never.
pub fn send(address: SocketAddr, request: &[u8]) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    if request.len() <= 64 * 1024 {
        stream.write_all(request)?;
        return Ok(stream);
    }
    // Both at once: the answer to what is too large comes before the end of it.
    let (mut writing, request) = (stream.try_clone()?, request.to_vec());
    std::thread::spawn(move || {
        let _ = writing.write_all(&request);
    });
    Ok(stream)
}

/// The answer to a request that was sent.
pub fn read(stream: TcpStream) -> io::Result<Answer> {
    read_answer(stream, true)
}

/// Reads until the answer is whole: a server may hold a connection open whose request it has not read to its end.
fn read_answer(mut stream: TcpStream, has_body: bool) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    let mut part = [0; 16 * 1024];
    let answer = loop {
        if let Ok(answer) = Answer::parse(&bytes, has_body) {
            break Ok(answer);
        }
        match stream.read(&mut part) {
            Ok(0) => break Answer::parse(&bytes, has_body),
            Ok(length) => bytes.extend_from_slice(&part[..length]),
            Err(error) => break Err(error),
        }
    };
    let _ = stream.shutdown(Shutdown::Both);
    answer
}

/// As browsers encode a form.
pub fn encoded(inputs: &[(String, String)]) -> String {
    let one = |text: &str| {
        text.bytes().fold(String::new(), |all, byte| match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'.' => all + &char::from(byte).to_string(),
            b' ' => all + "+",
            other => all + &format!("%{other:02X}"),
        })
    };
    inputs.iter().map(|(name, value)| format!("{}={}", one(name), one(value))).collect::<Vec<_>>().join("&")
}

/// Names and values of a form that is sent.
pub fn inputs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A browser.
#[derive(Clone)]
pub struct Browser {
    pub address: SocketAddr,
    pub host: String,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    /// On the site that listens here.
    pub fn on(address: SocketAddr) -> Self {
        Self { address, host: format!("localhost:{}", address.port()), cookies: BTreeMap::new() }
    }

    /// The bytes of a request.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.host);
        if !self.cookies.is_empty() {
            let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            head += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if method == "POST" && !headers.iter().any(|(name, _)| *name == "Content-Length") {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        [head.as_bytes(), b"\r\n", body].concat()
    }

    /// Sends anything, and keeps the cookies that come.
    pub fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let answer = exchange(self.address, &self.request(method, path, headers, body)).unwrap();
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[("Accept", "text/html")], b"")
    }

    /// A form sent from a page of the site.
    pub fn post(&mut self, path: &str, inputs: &[(String, String)]) -> Answer {
        self.ask("POST", path, &[SAME_ORIGIN, FORM], encoded(inputs).as_bytes())
    }

    /// A page that is there.
    #[track_caller]
    pub fn open(&mut self, path: &str) -> Page {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path} {}", answer.location());
        Page::of(&answer)
    }

    /// Types into a form of a page and presses its button.
    #[track_caller]
    pub fn press(&mut self, page: &Page, action: &str, typed: &[(&str, &str)]) -> Answer {
        self.post(action, &page.filled_in(action, &inputs(typed)))
    }
}
