//! Giving mail to a relay. Invariant: a mail goes to exactly one address, over TLS or within this machine, with the
//! same Message-ID each time it is tried, and an error of it never holds the address.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use intake::{ids::OutboxId, time::Instant};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    address::Envelope,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::PoolConfig,
};

use crate::config::Smtp;

/// How long the whole dialogue with the relay may take; shorter than the lease of an outbox row.
pub const LONGEST_DIALOGUE: Duration = Duration::from_secs(60);
const LONGEST_STEP: Duration = Duration::from_secs(15);

/// Where mail goes.
pub enum Mailer {
    /// A relay.
    Relay(Box<Relay>),
    /// The demo's viewer: the outbox row itself is what people look at.
    Viewer,
}

/// A mail relay and the sender's name.
pub struct Relay {
    url: String,
    // Its connections stay open for the next mail; those of a relay that did not answer are given up with it.
    transport: Mutex<AsyncSmtpTransport<Tokio1Executor>>,
    from: Mailbox,
    // The time of the transport does not count while an answer is waited for.
    longest: Duration,
}

/// A mail to be sent.
pub struct Letter<'a> {
    /// Its row; the Message-ID follows from it, so that a mail given twice is recognised as one.
    pub id: OutboxId,
    /// One address.
    pub to: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// Plain text.
    pub body: &'a str,
    /// When it was written: its date, however late it is taken.
    pub written_at: Instant,
    /// Where one press stops mail of its kind (RFC 8058), for a reminder.
    pub stop: Option<&'a str>,
}

/// Why a mail was not taken. The text of the relay is left out, for it usually repeats the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// Trying again cannot help: the relay refuses this mail for good.
    Refused(u16),
    /// The address cannot be written into a mail.
    NotAnAddress,
    /// The row cannot be opened with this portal's key.
    CannotOpen,
    /// The relay may take it later.
    PutOff(u16),
    /// The relay was not reached, or the connection broke.
    Unreachable,
    /// The relay was too slow.
    TooSlow,
}

impl SendError {
    /// Whether the mail is to be given up.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Refused(_) | Self::NotAnAddress | Self::CannotOpen => true,
            Self::PutOff(_) | Self::Unreachable | Self::TooSlow => false,
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(code) => write!(f, "refused {code}"),
            Self::NotAnAddress => f.write_str("not an address"),
            Self::CannotOpen => f.write_str("cannot be opened"),
            Self::PutOff(code) => write!(f, "put off {code}"),
            Self::Unreachable => f.write_str("unreachable"),
            Self::TooSlow => f.write_str("too slow"),
        }
    }
}

/// Whether mail may be given to a relay by this address; the error is a sentence for the operator.
///
/// # Errors
/// When it is not an address of a relay, or would send mail in plain text beyond this machine.
pub fn check_url(url: &str) -> Result<(), &'static str> {
    let usable = url.starts_with("smtps://") || url.starts_with("smtp://");
    if !usable || AsyncSmtpTransport::<Tokio1Executor>::from_url(url).is_err() {
        return Err("expected smtps://USER:PASSWORD@HOST or smtp://HOST?tls=required");
    }
    let encrypted =
        url.starts_with("smtps://") || url.split_once('?').is_some_and(|(_, query)| query == "tls=required");
    if encrypted || is_loopback(url) {
        Ok(())
    } else {
        Err("would send mail in plain text: use smtps:// or ?tls=required")
    }
}

/// Whether the text can stand as the sender.
#[must_use]
pub fn is_sender(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}

fn is_loopback(url: &str) -> bool {
    let authority = url.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|local| host.strip_prefix(local).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')))
}

fn transport(url: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, &'static str> {
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| "not an address of a relay")?;
    let pool = PoolConfig::new().max_size(4).idle_timeout(Duration::from_secs(60));
    Ok(builder.timeout(Some(LONGEST_STEP)).pool_config(pool).build())
}

impl Relay {
    fn transport(&self) -> AsyncSmtpTransport<Tokio1Executor> {
        self.transport.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A connection that hangs would hang with the next mail as well.
    fn connect_anew(&self) {
        if let Ok(fresh) = transport(&self.url) {
            *self.transport.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
    }
}

impl Mailer {
    /// The relay of the settings, or the demo's viewer.
    ///
    /// # Errors
    /// When the settings were not checked before; see [`check_url`] and [`is_sender`].
    pub fn new(smtp: Option<&Smtp>) -> Result<Self, &'static str> {
        Self::patient(smtp, LONGEST_DIALOGUE)
    }

    /// The same, with so much time for the whole dialogue.
    ///
    /// # Errors
    /// See [`Self::new`].
    pub fn patient(smtp: Option<&Smtp>, longest: Duration) -> Result<Self, &'static str> {
        let Some(smtp) = smtp else { return Ok(Self::Viewer) };
        check_url(&smtp.url)?;
        let (url, transport) = (smtp.url.clone(), Mutex::new(transport(&smtp.url)?));
        let from = smtp.from.parse().map_err(|_| "not a sender")?;
        Ok(Self::Relay(Box::new(Relay { url, transport, from, longest })))
    }

    /// Gives one mail to the relay.
    ///
    /// # Errors
    /// See [`SendError`]; after an error that is not final the relay may have taken it all the same.
    pub async fn send(&self, letter: &Letter<'_>) -> Result<(), SendError> {
        let relay = match self {
            Self::Viewer => return Ok(()),
            Self::Relay(relay) => relay,
        };
        let message = compose(&relay.from, letter).ok_or(SendError::NotAnAddress)?;
        let transport = relay.transport();
        match tokio::time::timeout(relay.longest, transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(reason(&error)),
            Err(_) => {
                relay.connect_anew();
                Err(SendError::TooSlow)
            }
        }
    }
}

/// The header lines of a mail as it would be sent from `from`, unfolded; none where it cannot be written.
#[must_use]
pub fn headers(from: &str, letter: &Letter<'_>) -> Option<Vec<String>> {
    let text = String::from_utf8(compose(&from.parse().ok()?, letter)?.formatted()).ok()?;
    let (head, _) = text.split_once("\r\n\r\n")?;
    Some(head.replace("\r\n ", " ").replace("\r\n\t", " ").lines().map(str::to_owned).collect())
}

/// The domain of a sender.
#[must_use]
pub fn domain_of(sender: &str) -> Option<String> {
    Some(sender.parse::<Mailbox>().ok()?.email.domain().to_owned())
}

fn compose(from: &Mailbox, letter: &Letter<'_>) -> Option<Message> {
    let to = recipient(letter.to)?;
    // From, Return-Path and Message-ID are of one domain, so that a signature of that domain (DKIM) is aligned (DMARC).
    let message_id = format!("<{}@{}>", letter.id, from.email.domain());
    let since_1970 = Duration::from_micros(u64::try_from(letter.written_at.micros()).ok()?);
    let header = |name, value: String| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
    let mut builder = Message::builder();
    if let Some(address) = letter.stop {
        builder = builder
            .raw_header(header("List-Unsubscribe", format!("<{address}>")))
            .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
    }
    builder
        .from(from.clone())
        .envelope(Envelope::new(Some(from.email.clone()), vec![to.clone()]).ok()?)
        .to(Mailbox::new(None, to))
        .subject(letter.subject)
        .message_id(Some(message_id))
        .date(SystemTime::UNIX_EPOCH + since_1970)
        .raw_header(header("Auto-Submitted", "auto-generated".to_owned()))
        .header(ContentType::TEXT_PLAIN)
        .body(letter.body.to_owned())
        .ok()
}

/// One address. Older addresses of mobile carriers have dots that RFC 5321 does not allow (`a..b@`, `a.@`); they work
/// when quoted, and their owners must be reachable.
fn recipient(text: &str) -> Option<Address> {
    let (local, domain) = text.rsplit_once('@')?;
    if let Ok(address) = Address::new(local, domain) {
        return Some(address);
    }
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    let is_old_style = !local.is_empty() && local.len() <= 64 && local.bytes().all(atom);
    (is_old_style && Address::new("x", domain).is_ok()).then(|| Address::new_dangerous(format!("\"{local}\""), domain))
}

fn reason(error: &lettre::transport::smtp::Error) -> SendError {
    let code = error.status().map(u16::from);
    match code {
        // Our own credentials or sender are at fault, not this mail: an operator will put it right.
        Some(code @ (530 | 534 | 535 | 538)) => SendError::PutOff(code),
        Some(code) if error.is_permanent() => SendError::Refused(code),
        Some(code) => SendError::PutOff(code),
        None if error.is_timeout() => SendError::TooSlow,
        None => SendError::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const STOP: &str = "https://madoguchi.example/mail/stop/x";

    fn letter<'a>(to: &'a str, subject: &'a str, body: &'a str) -> Letter<'a> {
        let written_at = Instant(1_795_392_000_000_000);
        Letter { id: OutboxId::from_random([7; 16]), to, subject, body, written_at, stop: None }
    }

    fn text_of(to: &str, subject: &str) -> Option<String> {
        let letter = letter(to, subject, "ログインのための番号です。");
        let message = compose(&"窓口市 <counter@madoguchi.example>".parse().unwrap(), &letter)?;
        Some(String::from_utf8(message.formatted()).unwrap())
    }

    #[test]
    fn the_same_row_gives_the_same_message_id() {
        let text = text_of("parent@mail.example", "お知らせ").unwrap();
        let message_id = format!("Message-ID: <{}@madoguchi.example>\r\n", "07".repeat(16));
        assert!(text.contains(&message_id), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
        assert!(text.contains("charset=utf-8"), "{text}");
    }

    #[test]
    fn a_line_break_reaches_no_header() {
        for hostile in
            ["a@mail.example\r\nBcc: b@mail.example", "a\r\n@mail.example", "a@mail.example, b@mail.example", "@", ""]
        {
            assert!(text_of(hostile, "お知らせ").is_none(), "{hostile:?}");
        }
        let text = text_of("a@mail.example", "お知らせ\r\nBcc: b@mail.example").unwrap();
        let headers = text.split("\r\n\r\n").next().unwrap();
        assert!(!headers.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{headers}");
    }

    #[test]
    fn a_mail_travels_over_every_relay_as_it_was_written() {
        let from = "窓口市 <counter@madoguchi.example>".parse().unwrap();
        let long = "とても長い行です。".repeat(200);
        for body in
            ["号".repeat(600).as_str(), long.as_str(), "a line of ASCII", &"x".repeat(3_000), "𠮷\n葛\u{E0101}\n.\n"]
        {
            let text = String::from_utf8(
                compose(&from, &letter("p@mail.example", "受付のお知らせ", body)).unwrap().formatted(),
            );
            let text = text.unwrap();
            assert!(text.is_ascii(), "eight bits: {text}");
            assert!(text.split("\r\n").all(|line| line.len() <= 78 && !line.contains('\n')), "a long line: {text}");
        }
        let text = text_of("parent@mail.example", "お知らせ").unwrap();
        assert!(
            text.contains("Date: Mon, 23 Nov 2026 00:00:00 +0000\r\n"),
            "the date of writing, not of sending: {text}"
        );
        assert!(text.contains("@madoguchi.example>\r\n"), "{text}");
        let envelope = compose(&from, &letter("p@mail.example", "x", "y")).unwrap().envelope().clone();
        assert_eq!(envelope.from().unwrap().to_string(), "counter@madoguchi.example", "the Return-Path");
    }

    #[test]
    fn a_reminder_and_no_other_mail_can_be_stopped_with_one_press() {
        let mut letter = letter("parent@mail.example", "お知らせ", "本文");
        let from = "counter@madoguchi.example";
        assert!(!headers(from, &letter).unwrap().iter().any(|line| line.starts_with("List-")));
        letter.stop = Some(STOP);
        let lines = headers(from, &letter).unwrap();
        assert!(lines.contains(&format!("List-Unsubscribe: <{STOP}>")), "{lines:?}");
        assert!(lines.contains(&"List-Unsubscribe-Post: List-Unsubscribe=One-Click".to_owned()), "{lines:?}");
    }

    #[test]
    fn old_addresses_of_mobile_carriers_can_be_reached() {
        assert!(text_of("a..b.@docomo.example", "お知らせ").unwrap().contains("\"a..b.\"@docomo.example"));
    }

    #[test]
    fn plain_text_stays_within_this_machine() {
        for url in
            ["smtp://relay.example", "smtp://relay.example:25?tls=opportunistic", "smtp://localhost.evil.example"]
        {
            assert!(check_url(url).is_err(), "{url}");
        }
        for url in ["smtps://user:word@relay.example", "smtp://relay.example?tls=required", "smtp://localhost:2525"] {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
    }
}
