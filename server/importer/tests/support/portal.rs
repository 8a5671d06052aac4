//! A portal for tests, over plain HTTP on this machine. Invariant: it takes only requests whose token the hand-over crate
//! reads, gives out what it was given, and settles each entry once, as the real one does.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
};

use handover::{DestinationPublic, Outcome, Receipt, SealedBatch, token};
use intake::time::Instant;

use super::ISSUER;

/// What the portal has and what happened to it.
pub struct Shelf {
    pub destination: DestinationPublic,
    pub batches: BTreeMap<u64, SealedBatch>,
    /// What was said last of each entry.
    pub settled: BTreeMap<(String, i64), Outcome>,
    /// How often an entry was settled as imported: more than once would be a fault.
    pub imports: BTreeMap<(String, i64), usize>,
    /// How many receipts came for each batch.
    pub acknowledged: BTreeMap<u64, usize>,
    /// Receipts that said something else of a settled entry.
    pub conflicts: usize,
    /// The status to answer receipts with, after having taken them, instead of 200.
    pub receipt_status: Option<u16>,
    /// Receipts do not arrive.
    pub receipts_are_lost: bool,
    /// Each receipt arrives twice.
    pub receipts_are_doubled: bool,
    /// How many bytes of a body are sent before the connection is cut.
    pub cut_after: Option<usize>,
    /// The first byte that was asked for of each file, in order.
    pub asked_from: Vec<usize>,
    tokens: BTreeSet<String>,
    clock: fn() -> Instant,
}

/// The portal and its address.
pub struct TestPortal {
    pub url: String,
    shelf: Arc<Mutex<Shelf>>,
}

impl TestPortal {
    pub fn start(destination: DestinationPublic, clock: fn() -> Instant) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shelf = Shelf {
            destination,
            batches: BTreeMap::new(),
            settled: BTreeMap::new(),
            imports: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            conflicts: 0,
            cut_after: None,
            asked_from: Vec::new(),
            receipt_status: None,
            receipts_are_lost: false,
            receipts_are_doubled: false,
            tokens: BTreeSet::new(),
            clock,
        };
        let shelf = Arc::new(Mutex::new(shelf));
        let served = Arc::clone(&shelf);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that was killed leaves a broken connection behind; that is its affair.
                let _ = answer(stream, &served);
            }
        });
        Self { url, shelf }
    }

    pub fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap()
    }

    pub fn put(&self, batch: SealedBatch) {
        self.shelf().batches.insert(batch.manifest.seq, batch);
    }
}

fn answer(mut stream: TcpStream, shelf: &Mutex<Shelf>) -> std::io::Result<()> {
    let (head, body) = read_request(&mut stream)?;
    let (status, content) = shelf.lock().unwrap().respond(&head, &body);
    let first = header(&head, "range").and_then(|text| text.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let (status, first) = match first {
        Some(first) if status == 200 => (206, first),
        _ => (status, 0),
    };
    let (total, length) = (content.len(), content.len() - first);
    write!(stream, "HTTP/1.1 {status} There\r\ncontent-length: {length}\r\nconnection: close\r\n")?;
    write!(stream, "content-range: bytes {first}-{}/{total}\r\n\r\n", total.saturating_sub(1))?;
    let mut shelf = shelf.lock().unwrap();
    if head.contains("/batches/") {
        shelf.asked_from.push(first);
    }
    let sent = shelf.cut_after.map_or(length, |cut| cut.min(length));
    stream.write_all(&content[first..first + sent])
}

fn read_request(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = header(&head, "content-length").map_or(0, |text| text.parse().unwrap());
            let mut body = bytes.split_off(end + 4);
            while body.len() < length {
                match stream.read(&mut buffer)? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    read => body.extend_from_slice(&buffer[..read]),
                }
            }
            return Ok((head, body));
        }
        match stream.read(&mut buffer)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let of_line = |line: &'a str| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name));
    head.lines().find_map(of_line).map(|(_, value)| value)
}

impl Shelf {
    fn respond(&mut self, head: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let bearer = header(head, "authorization").and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
        let destinations = [self.destination.clone()];
        match token::read(bearer, &destinations, ISSUER, (self.clock)()) {
            Ok(token) if self.tokens.insert(token.jti.clone()) => {}
            _ => return (401, Vec::new()),
        }
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        if method == "POST" {
            return (self.take_as_it_arrives(body), Vec::new());
        }
        if let Some(after) = path.strip_prefix("/handover/v1/batches?after=") {
            return (200, self.list(after.parse().unwrap()));
        }
        let file = path.strip_prefix("/handover/v1/batches/").and_then(|rest| rest.split_once('/'));
        let found = file.and_then(|(seq, name)| self.batches.get(&seq.parse().ok()?)?.files.get(name));
        found.map_or((404, Vec::new()), |content| (200, content.to_vec()))
    }

    fn list(&self, after: u64) -> Vec<u8> {
        let batches: Vec<serde_json::Value> = self
            .batches
            .range(after + 1..)
            .map(|(seq, batch)| {
                serde_json::json!({ "seq": seq, "entries": batch.manifest.entries.len(), "bytes": batch.files.bytes(),
                    "created_at": batch.manifest.created_at.rfc3339_in_japan(),
                    "manifest_sha256": batch.manifest_sha256 })
            })
            .collect();
        serde_json::to_vec(&serde_json::json!({ "batches": batches })).unwrap()
    }

    fn take_as_it_arrives(&mut self, body: &[u8]) -> u16 {
        if self.receipts_are_lost {
            return 502;
        }
        let status = self.take(body);
        if self.receipts_are_doubled {
            assert_eq!(self.take(body), status, "the same receipt again is the same");
        }
        status
    }

    fn take(&mut self, body: &[u8]) -> u16 {
        let Ok(receipt) = Receipt::read(body, &self.destination, ISSUER) else { return 400 };
        let Some(batch) = self.batches.get(&receipt.seq) else { return 404 };
        if receipt.check_against(&batch.manifest, &batch.manifest_sha256).is_err() {
            return 400;
        }
        for result in &receipt.results {
            let key = (result.id.to_string(), result.rev);
            match self.settled.get(&key) {
                Some(before) if *before == result.result => {}
                None | Some(Outcome::Held) => {
                    self.settled.insert(key.clone(), result.result);
                    *self.imports.entry(key).or_default() += usize::from(result.result == Outcome::Imported);
                }
                Some(Outcome::Imported | Outcome::Rejected) => {
                    self.conflicts += 1;
                    return 409;
                }
            }
        }
        *self.acknowledged.entry(receipt.seq).or_default() += 1;
        self.receipt_status.unwrap_or(200)
    }
}
