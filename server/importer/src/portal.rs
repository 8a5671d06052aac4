//! The portal, seen from the closed network. Invariant: every request bears a token of its own, follows no redirection, and
//! takes no more bytes than the format allows; what comes back is believed in nothing.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::Read,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    time::Duration,
};

use handover::{DestinationKeys, MOST_BYTES, ManifestFile, SigningKey, sha256_hex, token};
use intake::{ids::DestinationId, time::Instant};
use serde::Deserialize;
use ureq::{
    Agent, Body,
    http::Response,
    tls::{Certificate, PemItem, RootCerts, TlsConfig},
};

/// A list of a hundred batches or an announcement is far smaller.
const MOST_LISTED_BYTES: u64 = 4 * 1024 * 1024;

/// So often in a row a file may be cut before anything more of it has come.
const MOST_STANDSTILLS: u32 = 3;

/// Why the portal could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// It could not be reached, or the connection broke.
    #[error("the portal could not be reached: {0}")]
    Connection(Box<ureq::Error>),
    /// It answered with an error.
    #[error("the portal answered {status} to the request for {what}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// What was asked for.
        what: &'static str,
    },
    /// The answer is not what the protocol says.
    #[error("the portal's answer to the request for {0} is not of the format")]
    NotTheFormat(&'static str),
    /// The part of a file that has come cannot be kept.
    #[error("the unfinished part of a file cannot be kept: {0}")]
    Part(std::io::Error),
    /// The certificate authorities cannot be read.
    #[error("ca_file cannot be read, or holds no certificate in PEM")]
    BadAuthorities,
}

/// A batch as the portal lists it.
#[derive(Clone, Debug, Deserialize)]
pub struct ListedBatch {
    /// Its number.
    pub seq: u64,
    /// The digest of its manifest.
    pub manifest_sha256: String,
}

#[derive(Deserialize)]
struct Listing {
    batches: Vec<ListedBatch>,
}

/// The portal.
pub struct Portal {
    agent: Agent,
    url: String,
    audience: String,
    destination: DestinationId,
    key: SigningKey,
    now: fn() -> Instant,
}

impl Portal {
    /// The portal at `url`; `audience` is its public address, which tokens are for.
    ///
    /// # Errors
    /// When the file of certificate authorities cannot be used.
    pub fn new(
        url: &str,
        audience: &str,
        keys: &DestinationKeys,
        authorities: Option<&Path>,
        now: fn() -> Instant,
    ) -> Result<Self, PortalError> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = authorities {
            tls = tls.root_certs(RootCerts::new_with_certs(&read_authorities(path)?));
        }
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent("madoguchi-import")
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .timeout_global(Some(Duration::from_secs(300)))
            .build();
        Ok(Self {
            agent: config.into(),
            url: url.to_owned(),
            audience: audience.to_owned(),
            destination: keys.destination.clone(),
            key: SigningKey::from_pem(&keys.signing.to_pem().map_err(|_| PortalError::BadAuthorities)?)
                .map_err(|_| PortalError::BadAuthorities)?,
            now,
        })
    }

    /// The portal's public keys as it publishes them; whom to trust among them is decided by their fingerprint.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn jwks(&self) -> Result<Vec<u8>, PortalError> {
        self.get("/.well-known/madoguchi-jwks.json", "its keys", MOST_LISTED_BYTES)
    }

    /// The batches after this one, oldest first.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn batches_after(&self, seq: u64) -> Result<Vec<ListedBatch>, PortalError> {
        const WHAT: &str = "the list of batches";
        let bytes = self.get(&format!("/handover/v1/batches?after={seq}"), WHAT, MOST_LISTED_BYTES)?;
        let listing: Listing = serde_json::from_slice(&bytes).map_err(|_| PortalError::NotTheFormat(WHAT))?;
        Ok(listing.batches)
    }

    /// A file of a batch, at most `most` bytes of it.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn file(&self, seq: u64, name: &str, most: u64) -> Result<Vec<u8>, PortalError> {
        self.get(&format!("/handover/v1/batches/{seq}/{name}"), "a file of a batch", most.min(MOST_BYTES))
    }

    /// A file as the manifest of its batch lists it. What a cut connection, or a run that was killed, has left in `folder` is
    /// gone on with; a part that turns out to be of another file is thrown away, and the file is fetched from its beginning.
    /// The caller empties the folder when it has no more use for it.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn whole_file(&self, seq: u64, listed: &ManifestFile, folder: &Path) -> Result<Vec<u8>, PortalError> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(PortalError::Part)?;
        let path = folder.join(format!("{seq:06}-{}", listed.name));
        let (mut standstills, mut began_anew) = (0, false);
        loop {
            let before = length_of(&path);
            let cut = match self.go_on(seq, listed, &path, before) {
                Ok(()) => None,
                Err(error @ PortalError::Status { .. }) => return Err(error),
                Err(error) => Some(error),
            };
            let arrived = length_of(&path);
            standstills = if arrived > before { 0 } else { standstills + 1 };
            let may_go_on = arrived < listed.bytes && standstills < MOST_STANDSTILLS;
            if may_go_on {
                continue;
            }
            if let Some(error) = cut {
                return Err(error);
            }
            let content = std::fs::read(&path).map_err(PortalError::Part)?;
            // What it is worth is found out with everything else; here it tells whether a part was of another file.
            if before == 0 || began_anew || sha256_hex(&content) == listed.sha256 {
                return Ok(content);
            }
            began_anew = true;
            std::fs::remove_file(&path).map_err(PortalError::Part)?;
        }
    }

    /// Fetches what is missing of a file after its first bytes, and appends it.
    fn go_on(&self, seq: u64, listed: &ManifestFile, path: &Path, before: u64) -> Result<(), PortalError> {
        const WHAT: &str = "a file of a batch";
        if before == listed.bytes && before > 0 {
            return Ok(());
        }
        let before = if before > listed.bytes { 0 } else { before };
        let mut request = self.agent.get(format!("{}/handover/v1/batches/{seq}/{}", self.url, listed.name));
        request = request.header("authorization", self.bearer());
        if before > 0 {
            request = request.header("range", format!("bytes={before}-"));
            request = request.header("if-range", format!("\"{}\"", listed.sha256));
        }
        let mut answer = request.call().map_err(|error| PortalError::Connection(Box::new(error)))?;
        let ranged = format!("bytes {before}-");
        let said = answer.headers().get("content-range").and_then(|value| value.to_str().ok());
        let mut file = match answer.status().as_u16() {
            200 => OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path),
            206 if said.is_some_and(|said| said.starts_with(&ranged)) => OpenOptions::new().append(true).open(path),
            206 => return Err(PortalError::NotTheFormat(WHAT)),
            status => return Err(PortalError::Status { status, what: WHAT }),
        }
        .map_err(PortalError::Part)?;
        // One byte more than announced is enough to see that it is too long.
        let most = listed.bytes.min(MOST_BYTES).saturating_add(1);
        let mut body = answer.body_mut().with_config().limit(most.saturating_add(1)).reader().take(most);
        let copied = std::io::copy(&mut body, &mut file);
        file.sync_all().map_err(PortalError::Part)?;
        copied.map(drop).map_err(|error| PortalError::Connection(Box::new(ureq::Error::Io(error))))
    }

    /// Sends a receipt and gives the status of the answer.
    ///
    /// # Errors
    /// When the portal cannot be reached.
    pub fn send_receipt(&self, document: &[u8]) -> Result<u16, PortalError> {
        let request = self.agent.post(format!("{}/handover/v1/receipts", self.url));
        let request = request.header("authorization", self.bearer()).header("content-type", "application/jose+json");
        let answer = request.send(document).map_err(|error| PortalError::Connection(Box::new(error)))?;
        Ok(answer.status().as_u16())
    }

    fn bearer(&self) -> String {
        let mut random = [0; 16];
        rand::fill(&mut random);
        format!("Bearer {}", token::make(&self.key, &self.destination, &self.audience, (self.now)(), random))
    }

    fn get(&self, path: &str, what: &'static str, most: u64) -> Result<Vec<u8>, PortalError> {
        let request = self.agent.get(format!("{}{path}", self.url)).header("authorization", self.bearer());
        let answer = request.call().map_err(|error| PortalError::Connection(Box::new(error)))?;
        match answer.status().as_u16() {
            200 => read_at_most(answer, most, what),
            status => Err(PortalError::Status { status, what }),
        }
    }
}

fn length_of(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |found| found.len())
}

fn read_at_most(mut answer: Response<Body>, most: u64, what: &'static str) -> Result<Vec<u8>, PortalError> {
    match answer.body_mut().with_config().limit(most.saturating_add(1)).read_to_vec() {
        Ok(bytes) if bytes.len() as u64 <= most => Ok(bytes),
        Ok(_) | Err(ureq::Error::BodyExceedsLimit(_)) => Err(PortalError::NotTheFormat(what)),
        Err(error) => Err(PortalError::Connection(Box::new(error))),
    }
}

fn read_authorities(path: &Path) -> Result<Vec<Certificate<'static>>, PortalError> {
    let pem = std::fs::read(path).map_err(|_| PortalError::BadAuthorities)?;
    let certificates: Vec<Certificate<'static>> = ureq::tls::parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() { Err(PortalError::BadAuthorities) } else { Ok(certificates) }
}
