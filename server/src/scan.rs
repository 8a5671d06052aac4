//! 「ウイルス対策」 The scanner of files that people send. Invariant: a file is clean only if the scanner has said so; that it
//! cannot be reached is no answer.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    time::timeout,
};

const SLOWEST_ANSWER: Duration = Duration::from_secs(30);
/// As long as a chunk of the dialogue may well be.
const CHUNK: usize = 64 * 1024;
const LONGEST_ANSWER: u64 = 4 * 1024;

/// How files are scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanner {
    /// Not at all; in production it must be asked for by name.
    Off,
    /// clamd, on this machine: its dialogue has no TLS.
    Tcp(SocketAddr),
    /// clamd, by its socket.
    Unix(PathBuf),
}

/// The text is no address of a scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAScanner;

impl FromStr for Scanner {
    type Err = NotAScanner;
    fn from_str(text: &str) -> Result<Self, NotAScanner> {
        if text == "off" {
            return Ok(Self::Off);
        }
        if let Some(path) = text.strip_prefix("unix:").filter(|path| path.starts_with('/')) {
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        let address: SocketAddr = text.strip_prefix("tcp:").unwrap_or(text).parse().map_err(|_| NotAScanner)?;
        if address.ip().is_loopback() { Ok(Self::Tcp(address)) } else { Err(NotAScanner) }
    }
}

/// What a scan came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// Something harmful.
    Something,
    /// The scanner could not read it.
    Unreadable,
}

/// The scanner did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// It is not there, or went away.
    #[error("the scanner cannot be reached: {}", .0.kind())]
    Unreachable(#[from] std::io::Error),
    /// It took too long.
    #[error("the scanner did not answer in time")]
    TooSlow,
    /// It said something that is no result.
    #[error("the scanner said something that is no result")]
    Unclear,
}

trait Dialogue: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Dialogue for T {}

impl fmt::Display for Scanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Scanner {
    /// Whether files are scanned at all.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// Has a file scanned; none when files are not scanned.
    ///
    /// # Errors
    /// When there is no result: then nothing is known of the file.
    pub async fn scan(&self, file: &[u8]) -> Result<Option<Found>, ScanError> {
        let asked = async {
            let mut dialogue: Box<dyn Dialogue> = match self {
                Self::Off => return Ok(None),
                Self::Tcp(address) => Box::new(TcpStream::connect(address).await?),
                Self::Unix(path) => Box::new(UnixStream::connect(path).await?),
            };
            ask(&mut dialogue, file).await.map(Some)
        };
        timeout(SLOWEST_ANSWER, asked).await.map_err(|_| ScanError::TooSlow)?
    }
}

/// `INSTREAM`: chunks led by their length, an empty one at the end, and a line as the answer.
async fn ask(dialogue: &mut Box<dyn Dialogue>, file: &[u8]) -> Result<Found, ScanError> {
    dialogue.write_all(b"zINSTREAM\0").await?;
    for chunk in file.chunks(CHUNK) {
        let length = u32::try_from(chunk.len()).unwrap_or_default();
        dialogue.write_all(&length.to_be_bytes()).await?;
        // A scanner that has had enough answers before the end, and closes.
        if dialogue.write_all(chunk).await.is_err() {
            break;
        }
    }
    // Also to one that has closed: what it said is read all the same.
    let _ = dialogue.write_all(&[0; 4]).await;
    let _ = dialogue.flush().await;
    let mut answer = Vec::new();
    dialogue.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let answer = answer.trim_end_matches(['\0', '\n', ' ']);
    if answer == "stream: OK" {
        Ok(Found::Nothing)
    } else if answer.ends_with(" FOUND") {
        Ok(Found::Something)
    } else if answer.ends_with(" ERROR") {
        Ok(Found::Unreadable)
    } else {
        Err(ScanError::Unclear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scanner_is_off_a_socket_or_an_address_of_this_machine() {
        let unix = Scanner::Unix(PathBuf::from("/run/clamav/clamd.ctl"));
        assert_eq!("off".parse(), Ok(Scanner::Off));
        assert_eq!("unix:/run/clamav/clamd.ctl".parse(), Ok(unix));
        for text in ["127.0.0.1:3310", "tcp:127.0.0.1:3310"] {
            assert_eq!(text.parse(), Ok(Scanner::Tcp(SocketAddr::from(([127, 0, 0, 1], 3310)))));
        }
        // Its dialogue has no TLS, so it would stand open on the way.
        for text in ["10.0.0.5:3310", "clamd:3310", "unix:clamd.ctl", "", "on"] {
            assert_eq!(text.parse::<Scanner>(), Err(NotAScanner), "{text}");
        }
    }
}
