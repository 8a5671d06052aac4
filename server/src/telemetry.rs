//! Logs and counters for operators. Invariant: neither holds a name, an answer, an address, a receipt number or a
//! query string; labels are closed vocabularies, route patterns and status codes.

use std::{
    io::{self, IsTerminal},
    net::SocketAddr,
    sync::Arc,
};

use actix_web::{App, HttpResponse, HttpServer, dev::Server, web};
use prometheus_client::{
    encoding::text::encode,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

/// Whether the text can be a filter of the log.
#[must_use]
pub fn is_filter(filter: &str) -> bool {
    EnvFilter::builder().parse(filter).is_ok()
}

/// Sends the log to standard error: lines for people on a terminal, JSON otherwise. A second call changes nothing.
pub fn start_log(filter: &str) {
    let filter = EnvFilter::builder().parse_lossy(filter);
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = if std::io::stderr().is_terminal() {
        registry.with(lines.compact()).try_init()
    } else {
        // No spans in the line: a field of a span would be repeated in each of its events.
        registry.with(lines.json().flatten_event(true).with_current_span(false).with_span_list(false)).try_init()
    };
    if started.is_err() {
        tracing::debug!("the log was started before");
    }
}

type Labels<const N: usize> = [(&'static str, String); N];

/// The one list of counters. Cloning shares them.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<Labels<2>, Counter>,
    request_seconds: Family<Labels<1>, Histogram, fn() -> Histogram>,
    sign_ins: Family<Labels<2>, Counter>,
    filed: Family<Labels<1>, Counter>,
    commands: Family<Labels<2>, Counter>,
    refused_fields: Family<Labels<2>, Counter>,
    rate_limited: Family<Labels<1>, Counter>,
    mails: Family<Labels<1>, Counter>,
    papers: Family<Labels<1>, Counter>,
    /// 「写真・書類」 Papers waiting for their scan.
    pub papers_waiting: Gauge,
    /// Mail waiting to be sent.
    pub mail_waiting: Gauge,
    /// Age of the oldest mail that waits.
    pub mail_oldest_seconds: Gauge,
    /// Batches sealed.
    pub batches_sealed: Counter,
    settled: Family<Labels<1>, Counter>,
    /// Confirmed cases that no batch holds yet.
    pub entries_waiting: Gauge,
    /// Handed-over entries without an answer of the back office.
    pub entries_unanswered: Gauge,
    /// Those of them that wait for longer than the city allows.
    pub entries_overdue: Gauge,
    /// Rows removed because their time was over.
    pub rows_swept: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Arc::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 2.0, 14))),
            sign_ins: Family::default(),
            filed: Family::default(),
            commands: Family::default(),
            refused_fields: Family::default(),
            rate_limited: Family::default(),
            mails: Family::default(),
            papers: Family::default(),
            papers_waiting: Gauge::default(),
            mail_waiting: Gauge::default(),
            mail_oldest_seconds: Gauge::default(),
            batches_sealed: Counter::default(),
            settled: Family::default(),
            entries_waiting: Gauge::default(),
            entries_unanswered: Gauge::default(),
            entries_overdue: Gauge::default(),
            rows_swept: Counter::default(),
        };
        let mut registry = Registry::with_prefix("madoguchi");
        registry.register("http_requests", "Requests answered", metrics.requests.clone());
        registry.register("http_request_seconds", "Time to answer", metrics.request_seconds.clone());
        registry.register("sign_ins", "Sign-ins tried", metrics.sign_ins.clone());
        registry.register("filed", "Filings received", metrics.filed.clone());
        registry.register("commands", "Commands on cases", metrics.commands.clone());
        registry.register("refused_fields", "Answers that did not pass", metrics.refused_fields.clone());
        registry.register("rate_limited", "Requests refused for being too many", metrics.rate_limited.clone());
        registry.register("mails", "Mails given to the relay, put off or given up", metrics.mails.clone());
        registry.register("papers", "Papers added, refused or scanned", metrics.papers.clone());
        registry.register("papers_waiting", "Papers waiting for their scan", metrics.papers_waiting.clone());
        registry.register("mail_waiting", "Mails waiting", metrics.mail_waiting.clone());
        registry.register("mail_oldest_seconds", "Age of the oldest waiting mail", metrics.mail_oldest_seconds.clone());
        registry.register("batches_sealed", "Batches sealed", metrics.batches_sealed.clone());
        registry.register("entries_settled", "Entries that a receipt settled", metrics.settled.clone());
        registry.register("entries_waiting", "Confirmed cases waiting for a batch", metrics.entries_waiting.clone());
        registry.register("entries_unanswered", "Entries without an answer", metrics.entries_unanswered.clone());
        registry.register("entries_overdue", "Entries without an answer for too long", metrics.entries_overdue.clone());
        registry.register("rows_swept", "Rows removed because their time was over", metrics.rows_swept.clone());
        metrics.registry = Arc::new(registry);
        metrics
    }

    /// A request was answered; `route` is the pattern of the route table, never the path.
    pub fn request(&self, route: &'static str, status: u16, seconds: f64) {
        self.requests.get_or_create(&[("route", route.to_owned()), ("status", status.to_string())]).inc();
        self.request_seconds.get_or_create(&[("route", route.to_owned())]).observe(seconds);
    }

    /// Somebody tried to sign in.
    pub fn sign_in(&self, method: &'static str, succeeded: bool) {
        let result = if succeeded { "ok" } else { "failed" };
        self.sign_ins.get_or_create(&[("method", method.to_owned()), ("result", result.to_owned())]).inc();
    }

    /// A filing was received.
    pub fn filed(&self, form: &intake::ids::FormId) {
        self.filed.get_or_create(&[("form", form.to_string())]).inc();
    }

    /// A command was given on a case.
    pub fn command(&self, command: &'static str, succeeded: bool) {
        let result = if succeeded { "ok" } else { "refused" };
        self.commands.get_or_create(&[("command", command.to_owned()), ("result", result.to_owned())]).inc();
    }

    /// An answer did not pass; the field's id, not the answer.
    pub fn refused_field(&self, form: &intake::ids::FormId, field: &intake::ids::FieldId) {
        self.refused_fields.get_or_create(&[("form", form.to_string()), ("field", field.to_string())]).inc();
    }

    /// A request was one too many.
    pub fn rate_limited(&self, limit: &'static str) {
        self.rate_limited.get_or_create(&[("limit", limit.to_owned())]).inc();
    }

    /// A mail was `sent`, `put_off` or `given_up`.
    pub fn mail(&self, result: &'static str) {
        self.mails.get_or_create(&[("result", result.to_owned())]).inc();
    }

    /// 「写真・書類」 A paper was added, refused for a reason, or scanned with a result.
    pub fn paper(&self, result: &'static str) {
        self.papers.get_or_create(&[("result", result.to_owned())]).inc();
    }

    /// A receipt settled an entry.
    pub fn settled(&self, result: &'static str) {
        self.settled.get_or_create(&[("result", result.to_owned())]).inc();
    }

    /// The page `/metrics`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string does not fail");
        text
    }
}

/// The listener of `/metrics`, apart from the three planes. It runs until its handle stops it.
///
/// # Errors
/// When the address cannot be listened on.
pub fn serve_metrics(address: SocketAddr, metrics: Metrics) -> io::Result<Server> {
    const TEXT_FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let server = HttpServer::new(move || {
        let metrics = metrics.clone();
        let page = move || {
            let text = metrics.text();
            async move { HttpResponse::Ok().content_type(TEXT_FORMAT).body(text) }
        };
        App::new().route("/metrics", web::get().to(page))
    });
    Ok(server.workers(1).disable_signals().bind(address)?.run())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_appear_under_their_names() {
        let metrics = Metrics::new();
        metrics.request("/cases/{receipt_number}", 200, 0.002);
        metrics.mail("sent");
        metrics.mail("sent");
        let text = metrics.text();
        assert!(
            text.contains(r#"madoguchi_http_requests_total{route="/cases/{receipt_number}",status="200"} 1"#),
            "{text}"
        );
        assert!(text.contains(r#"madoguchi_mails_total{result="sent"} 2"#), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn a_filter_is_checked_before_it_is_used() {
        assert!(is_filter("warn,server=debug"));
        assert!(!is_filter("server=loudly"));
    }
}
