//! The settings of one installation. Invariant: a [`Config`] that exists is complete and safe to serve with; every
//! fault is reported at once, by the name of its setting and never with its value, which may be a secret.

mod address;
mod oidc;
mod settings;
mod signing;

use std::{
    collections::BTreeMap,
    fmt, fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

pub use address::{Network, PublicUrl};
pub use app::chrome::MyNumber;
use app::text::Locale;
use intake::{
    course::Targets,
    identity::Method,
    ids::{DestinationId, FormId},
};

use crate::scan::Scanner;
pub use oidc::{Issuer, Oidc, PATIENCE, StaffProvider};
use settings::{Faults, Values};
pub use settings::{SETTINGS, Setting};
pub use signing::{DEMO_KEY, Signing, StatusSource};

/// All settings, parsed.
#[derive(Clone)]
pub struct Config {
    /// Sample data, practice keys and a mail viewer; on loopback only.
    pub demo: bool,
    /// `sqlite:PATH` or `postgres://…`; may hold a password.
    pub database_url: String,
    /// Where files of the installation are kept.
    pub data_dir: PathBuf,
    /// The key that everything at rest is sealed under.
    pub master_key_file: PathBuf,
    /// All three planes on one address.
    pub one_address: bool,
    /// Where the citizens' plane listens.
    pub listen: SocketAddr,
    /// What citizens have in the address line.
    pub public_url: PublicUrl,
    /// Where the staff plane listens.
    pub staff_listen: SocketAddr,
    /// What staff have in the address line.
    pub staff_url: PublicUrl,
    /// Where import jobs fetch batches.
    pub handover_listen: SocketAddr,
    /// Where `/metrics` is, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// How mail leaves; none in the demo, which keeps it in a viewer.
    pub smtp: Option<Smtp>,
    /// Whose counter this is.
    pub municipality: Municipality,
    /// The languages that parents may choose, in the order of the choice; Japanese is always among them.
    pub locales: Vec<Locale>,
    /// 「マイナアプリ」 The provider that reads parents' cards, if there is one.
    pub oidc: Option<Oidc>,
    /// 「共通基盤」 The city's own provider for its staff, if there is one.
    pub staff_provider: Option<StaffProvider>,
    /// 「入り方」 How parents may sign in; never none.
    pub ways_in: WaysIn,
    /// 「電子署名」 Of filings with the card, where the municipality has it.
    pub signing: Option<Signing>,
    /// How the individual number is taken in.
    pub my_number: MyNumber,
    /// The forms that it is asked for with, where it is sealed.
    pub my_number_forms: Vec<FormId>,
    /// Where the text packs of the EPDS are.
    pub text_packs_dir: Option<PathBuf>,
    /// 「EPDS」 With which kind of text pack it is offered.
    pub epds: EpdsOffer,
    /// Proxies whose `Forwarded` headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// How many requests one address may send in a minute; a clinic's whole waiting room can have one address.
    pub requests_per_minute: u32,
    /// How often confirmed filings are sealed for the back office, in minutes.
    pub handover_minutes: u32,
    /// Which forms go to which back office; every other form goes to the first.
    pub handover_destinations: Vec<(FormId, DestinationId)>,
    /// After how many working days without an answer of the back office there is an alarm.
    pub handover_alarm_days: u32,
    /// 「親子番号」 Whether it is kept when the back office tells it.
    pub parent_child_number: bool,
    /// Forms of the city's own, if it has any.
    pub forms_dir: Option<PathBuf>,
    /// 「閉庁日」 The file with the office's closing days.
    pub calendar_file: Option<PathBuf>,
    /// 「面談予約」 After which forms, and how long before it ends.
    pub booking: Booking,
    /// 「受付票」 The font of the PDF, if one is named.
    pub pdf_font: Option<PathBuf>,
    /// 「委託」 Whether contractors open an EPDS that was assigned to them.
    pub contractor_epds: bool,
    /// Whom parents ask about their personal data, if that is not the counter.
    pub privacy_contact: Option<String>,
    /// In how many working days a filing is decided on and recorded, as parents are told.
    pub targets: Targets,
    /// A look at forms: nobody signs in, and nothing is kept.
    pub preview: bool,
    /// 「写真・書類」 How papers are scanned.
    pub scanner: Scanner,
    /// Filter of the log.
    pub log: String,
    /// Variables `MADOGUCHI_…` that are no setting of this version.
    pub unused_variables: Vec<String>,
}

/// The relay that mail is given to.
#[derive(Clone)]
pub struct Smtp {
    /// `smtps://user:password@host:465`, or `smtp://` with STARTTLS required beyond loopback.
    pub url: String,
    /// The sender's address.
    pub from: String,
}

/// 「面談予約」 Which forms lead to an interview is the office's choice and not part of a form, which is fixed once it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The forms after which it can be booked.
    pub forms: Vec<FormId>,
    /// Until how many hours before it parents may move or cancel it.
    pub change_hours: u32,
    /// How many hours before it they are reminded: earlier than the last change, or the mail comes too late to act on.
    pub reminder_hours: u32,
}

/// 「自治体」 The municipality that the installation serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Municipality {
    /// 「全国地方公共団体コード」 Six digits, the last a check digit.
    pub code: String,
    /// Its name, as citizens read it.
    pub name: String,
    /// Where citizens can call.
    pub phone: String,
}

/// 「入り方」 The ways by which parents sign in. Invariant: somebody who has no passkey yet can come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaysIn(Vec<Method>);

impl WaysIn {
    /// Whether this way is on.
    fn has(&self, method: Method) -> bool {
        self.0.contains(&method)
    }
}

/// 「EPDS」 With which kind of text pack it is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpdsOffer {
    /// With the wording of the instrument, from whoever has the permission to use it.
    Licensed,
    /// With made-up wording, to practise with: no instrument.
    Demonstration,
    /// Not at all.
    Off,
}

/// One of the three groups of people and programs; a route exists only on its own plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plane {
    /// Parents.
    Citizen,
    /// Staff, behind the city's own network.
    Staff,
    /// Import jobs.
    Handover,
}

/// Where settings come from; the environment goes above the file.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A TOML file.
    pub file: Option<PathBuf>,
    /// Variables that begin with `MADOGUCHI_`.
    pub environment: BTreeMap<String, String>,
    /// Defaults of the demo.
    pub demo: bool,
}

impl Sources {
    /// The variables of this process; the file is `file`, or the one that `MADOGUCHI_CONFIG` names.
    #[must_use]
    pub fn of_process(file: Option<PathBuf>, demo: bool) -> Self {
        let environment = std::env::vars().filter(|(name, _)| name.starts_with(settings::PREFIX)).collect();
        Self { file, environment, demo }
    }
}

/// What is wrong with one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The key in the file, such as `staff_url`.
    pub key: String,
    /// The sentence for the operator.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}: {}", settings::PREFIX, self.key.to_uppercase(), self.problem)
    }
}

/// The settings cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read or is not TOML.
    #[error("the settings file {0}: {1}")]
    File(PathBuf, String),
    /// Settings are missing, unknown or wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
}

impl Config {
    /// Reads and checks all settings.
    ///
    /// # Errors
    /// With every fault, by name.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let file = match &sources.file {
            Some(path) => read_file(path)?,
            None => toml::Table::new(),
        };
        let mut faults = Faults::default();
        let values = Values::merge(&file, &sources.environment, &mut faults);
        let config = Self::parse(&values, sources.demo, &mut faults);
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(ConfigError::Faults(faults.into_list())),
        }
    }

    fn parse(values: &Values, demo: bool, faults: &mut Faults) -> Option<Self> {
        let data_dir =
            PathBuf::from(values.text("data_dir").unwrap_or(if demo { "data" } else { "/var/lib/madoguchi" }));
        let one_address = values.parsed("one_address", "true or false", faults).unwrap_or(demo);
        let listen = values.parsed("listen", ADDRESS, faults).unwrap_or(loopback(8080));
        let other = |port| if one_address { listen } else { loopback(port) };
        let staff_listen = values.parsed("staff_listen", ADDRESS, faults).unwrap_or(other(8081));
        let handover_listen = values.parsed("handover_listen", ADDRESS, faults).unwrap_or(other(8082));
        let public_url = public_url(values, "public_url", demo.then_some(listen), None, faults);
        let staff_url = public_url_of_staff(values, one_address, &public_url, faults);
        let municipality = municipality(values, demo, faults);
        let trusted_proxies = values.list("trusted_proxies", "addresses such as 10.0.0.5 or 10.0.0.0/24", faults);
        let master_key_file = master_key_file(values, &data_dir, demo, faults);
        let smtp = smtp(values, demo, faults);
        let scanner = scanner(values, demo, faults);
        let oidc = oidc::provider(values, &oidc::OF_PARENTS, ACR, demo, faults);
        let signing = signing::signing(values, &data_dir, demo, faults);
        let config = Self {
            demo,
            database_url: database_url(values, &data_dir, faults),
            master_key_file: master_key_file?,
            data_dir,
            one_address,
            listen,
            public_url: public_url?,
            staff_listen,
            staff_url: staff_url?,
            handover_listen,
            metrics_listen: values.parsed("metrics_listen", ADDRESS, faults),
            smtp,
            municipality: municipality?,
            locales: locales(values, faults),
            ways_in: ways_in(values, demo || oidc.is_some(), faults),
            oidc,
            staff_provider: oidc::staff_provider(values, demo, faults),
            signing,
            my_number: my_number(values, demo, faults),
            my_number_forms: my_number_forms(values, faults),
            text_packs_dir: values.text("text_packs_dir").map(PathBuf::from),
            epds: epds(values, demo, faults),
            trusted_proxies,
            requests_per_minute: values.parsed("requests_per_minute", "a number", faults).unwrap_or(if demo {
                60_000
            } else {
                1_200
            }),
            handover_minutes: handover_minutes(values, demo, faults),
            handover_destinations: handover_destinations(values, faults),
            handover_alarm_days: handover_alarm_days(values, faults),
            parent_child_number: values.parsed("parent_child_number", "true or false", faults).unwrap_or(false),
            forms_dir: values.text("forms_dir").map(PathBuf::from),
            calendar_file: values.text("calendar_file").map(PathBuf::from),
            booking: booking(values, faults),
            pdf_font: values.text("pdf_font").map(PathBuf::from),
            privacy_contact: values.text("privacy_contact").map(ToOwned::to_owned),
            targets: targets(values, faults),
            contractor_epds: values.parsed("contractor_epds", "true or false", faults).unwrap_or(false),
            preview: false,
            scanner,
            log: log(values, faults),
            unused_variables: values.unused.clone(),
        };
        // The demo is told of its provider when that has an address.
        if config.signing.is_some() && config.oidc.is_none() && !demo {
            faults.add("signing", "needs the provider of the same service: oidc_issuer and what belongs to it");
        }
        config.check_planes(faults);
        config.check_reach(faults);
        Some(config)
    }

    /// Three planes, three addresses, unless one address is asked for by name.
    fn check_planes(&self, faults: &mut Faults) {
        let listeners = [self.listen, self.staff_listen, self.handover_listen];
        let shared = listeners[0] == listeners[1] || listeners[0] == listeners[2] || listeners[1] == listeners[2];
        let all_one = listeners.iter().all(|address| *address == listeners[0]);
        if shared && !self.one_address {
            faults.add(
                "one_address",
                "planes share an address; staff pages belong behind the city's own network. Give \
                each plane its own, or ask for one address with `true`",
            );
        }
        if self.one_address && !all_one {
            faults.add("one_address", "is `true`, but the planes have different addresses");
        }
        if !self.one_address && self.staff_url == self.public_url {
            faults.add("staff_url", "is the same as public_url, but the planes are apart");
        }
        if self.metrics_listen.is_some_and(|metrics| listeners.contains(&metrics)) {
            faults.add("metrics_listen", "needs an address of its own");
        }
    }

    /// What is served without TLS or with the demo's keys stays on this machine.
    fn check_reach(&self, faults: &mut Faults) {
        for (key, address) in
            [("listen", self.listen), ("staff_listen", self.staff_listen), ("handover_listen", self.handover_listen)]
        {
            if address.ip().is_loopback() {
                continue;
            }
            if self.demo {
                faults.add(key, "the demo has public keys and sample passwords: it listens on a loopback address only");
            } else if self.trusted_proxies.is_empty() {
                faults.add(key, "plain HTTP beyond loopback: name the proxy that ends TLS in trusted_proxies");
            }
        }
        for (key, url) in [("public_url", &self.public_url), ("staff_url", &self.staff_url)] {
            if !url.is_https() && !url.is_loopback() {
                faults.add(key, "must begin with https:// (plain HTTP is for loopback only)");
            } else if self.demo && !url.is_loopback() {
                faults.add(key, "the demo is for http://localhost only");
            }
        }
    }

    /// The addresses to listen on, with the planes on each.
    #[must_use]
    pub fn listeners(&self) -> BTreeMap<SocketAddr, Vec<Plane>> {
        let mut listeners = BTreeMap::<_, Vec<Plane>>::new();
        for (address, plane) in
            [(self.listen, Plane::Citizen), (self.staff_listen, Plane::Staff), (self.handover_listen, Plane::Handover)]
        {
            listeners.entry(address).or_default().push(plane);
        }
        listeners
    }

    /// Moves the demo to the port that was free; all its addresses follow.
    pub(crate) fn demo_on_port(&mut self, port: u16) {
        if let Some(url) = PublicUrl::localhost(port) {
            self.listen.set_port(port);
            (self.staff_listen, self.handover_listen) = (self.listen, self.listen);
            (self.public_url, self.staff_url) = (url.clone(), url);
        }
    }

    /// Whether parents may come in this way: it is on, and what it needs is there.
    #[must_use]
    pub fn offers(&self, method: Method) -> bool {
        self.ways_in.has(method) && (method != Method::Mynaapp || self.oidc.is_some())
    }

    /// Whether headers that name the client are believed when they come from this address.
    #[must_use]
    pub fn trusts_proxy(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(address))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("demo", &self.demo).field("listen", &self.listen).finish_non_exhaustive()
    }
}

fn ways_in(values: &Values, has_provider: bool, faults: &mut Faults) -> WaysIn {
    const KEY: &str = "ways_in";
    if values.text(KEY).is_none() {
        return WaysIn(Method::OF_SESSIONS.to_vec());
    }
    let names: Vec<String> = values.list(KEY, "names of ways in, separated by commas", faults);
    let ways: Vec<Method> = names.iter().filter_map(|name| Method::of_session(name)).collect();
    if ways.len() != names.len() {
        faults.add(KEY, "expected email_code, passkey, mynaapp");
    }
    if ways.contains(&Method::Mynaapp) && !has_provider {
        faults.add(KEY, "mynaapp needs its provider: set oidc_issuer");
    }
    // A passkey is added by somebody who has come in otherwise.
    if !ways.contains(&Method::EmailCode) && !ways.contains(&Method::Mynaapp) {
        faults.add(KEY, "somebody who has no passkey yet could not come in: email_code or mynaapp must be among them");
    }
    WaysIn(ways)
}

fn handover_minutes(values: &Values, demo: bool, faults: &mut Faults) -> u32 {
    let minutes = values.parsed("handover_minutes", "a number of minutes", faults).unwrap_or(if demo { 1 } else { 10 });
    if !(1..=1_440).contains(&minutes) {
        faults.add("handover_minutes", "expected 1 to 1440, a day");
    }
    minutes
}

fn handover_destinations(values: &Values, faults: &mut Faults) -> Vec<(FormId, DestinationId)> {
    const EXPECTED: &str = "pairs such as epds=hoken, separated by commas, each form once";
    let mut pairs: Vec<(FormId, DestinationId)> = Vec::new();
    for text in values.list::<String>("handover_destinations", EXPECTED, faults) {
        let pair = text
            .split_once('=')
            .and_then(|(form, destination)| Some((form.trim().parse().ok()?, destination.trim().parse().ok()?)));
        match pair {
            Some((form, destination)) if pairs.iter().all(|(other, _)| *other != form) => {
                pairs.push((form, destination))
            }
            _ => faults.add("handover_destinations", format!("expected {EXPECTED}")),
        }
    }
    pairs
}

fn handover_alarm_days(values: &Values, faults: &mut Faults) -> u32 {
    let days = values.parsed("handover_alarm_days", "a number of working days", faults).unwrap_or(3);
    if !(1..=60).contains(&days) {
        faults.add("handover_alarm_days", "expected 1 to 60");
    }
    days
}

fn booking(values: &Values, faults: &mut Faults) -> Booking {
    const LONGEST: u32 = 14 * 24;
    let forms = match values.text("booking_forms") {
        None => "pregnancy_notification".parse().into_iter().collect(),
        Some("none") => Vec::new(),
        Some(_) => values.list("booking_forms", "names of forms separated by commas, or none", faults),
    };
    let mut hours = |key: &'static str, otherwise: u32| {
        let hours = values.parsed(key, "a number of hours", faults).unwrap_or(otherwise);
        if hours > LONGEST {
            faults.add(key, "expected 0 to 336, two weeks");
        }
        hours
    };
    let (change_hours, reminder_hours) = (hours("booking_change_hours", 24), hours("booking_reminder_hours", 48));
    Booking { forms, change_hours, reminder_hours }
}

/// 「認証強度」 The PIN of the card, and its certificate looked up (`domain.md` §4.2).
pub(crate) const ACR: &str = "aal3 crl";

const ADDRESS: &str = "an address and a port, such as 127.0.0.1:8080";

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn read_file(path: &Path) -> Result<toml::Table, ConfigError> {
    let text = fs::read_to_string(path).map_err(|error| ConfigError::File(path.to_owned(), error.to_string()))?;
    // The parser's own text quotes the line, which may hold a password; its message and place do not.
    text.parse::<toml::Table>().map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        ConfigError::File(path.to_owned(), format!("line {line}: {}", error.message()))
    })
}

fn public_url(
    values: &Values,
    key: &'static str,
    demo_listen: Option<SocketAddr>,
    otherwise: Option<&PublicUrl>,
    faults: &mut Faults,
) -> Option<PublicUrl> {
    if values.text(key).is_some() {
        return values.parsed(key, "scheme, host and perhaps port, such as https://counter.example.jp", faults);
    }
    if let Some(listen) = demo_listen {
        // Passkeys and the origin check need a name, so the demo is called localhost (decisions.md).
        return PublicUrl::localhost(listen.port());
    }
    if otherwise.is_none() {
        faults.add(key, "is missing: what people have in the address line");
    }
    otherwise.cloned()
}

fn public_url_of_staff(
    values: &Values,
    one_address: bool,
    citizens: &Option<PublicUrl>,
    faults: &mut Faults,
) -> Option<PublicUrl> {
    match (one_address, citizens) {
        (true, None) if values.text("staff_url").is_none() => None,
        (true, citizens) => public_url(values, "staff_url", None, citizens.as_ref(), faults),
        (false, _) => public_url(values, "staff_url", None, None, faults),
    }
}

fn database_url(values: &Values, data_dir: &Path, faults: &mut Faults) -> String {
    let Some(url) = values.text("database_url") else {
        return format!("sqlite:{}", data_dir.join("madoguchi.sqlite").display());
    };
    if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        faults.add("database_url", "must begin with sqlite: or postgres://");
    }
    url.to_owned()
}

fn master_key_file(values: &Values, data_dir: &Path, demo: bool, faults: &mut Faults) -> Option<PathBuf> {
    match values.text("master_key_file") {
        Some(_) if demo => {
            faults.add("master_key_file", "the demo makes its own key and must not touch a real one");
            None
        }
        Some(path) => Some(PathBuf::from(path)),
        None if demo => Some(data_dir.join("demo-master.key")),
        None => {
            faults.add("master_key_file", "is missing: a file of 32 random bytes, readable by the service alone");
            None
        }
    }
}

fn smtp(values: &Values, demo: bool, faults: &mut Faults) -> Option<Smtp> {
    let from = values.text("mail_from").map(str::to_owned);
    let Some(url) = values.text("smtp_url") else {
        if !demo {
            faults.add("smtp_url", "is missing: without mail nobody can sign in");
        }
        return None;
    };
    if let Err(problem) = crate::mail::check_url(url) {
        faults.add("smtp_url", problem);
    }
    let Some(from) = from.filter(|from| crate::mail::is_sender(from)) else {
        faults.add("mail_from", "is missing or not a mail address: who the mail is from");
        return None;
    };
    Some(Smtp { url: url.to_owned(), from })
}

/// Nobody is promised a year.
fn targets(values: &Values, faults: &mut Faults) -> Targets {
    const LONGEST: u32 = 250;
    let mut days = |key: &'static str, otherwise: u32| match values.parsed(key, "a number of days", faults) {
        Some(days) if days <= LONGEST => days,
        Some(_) => {
            faults.add(key, "at most 250 days");
            otherwise
        }
        None => otherwise,
    };
    let Targets { check, record } = Targets::default();
    Targets { check: days("days_to_check", check), record: days("days_to_record", record) }
}

fn municipality(values: &Values, demo: bool, faults: &mut Faults) -> Option<Municipality> {
    let mut text = |key: &'static str, sample: &str, what: &str| match values.text(key) {
        Some(text) => Some(text.to_owned()),
        None if demo => Some(sample.to_owned()),
        None => {
            faults.add(key, what);
            None
        }
    };
    let code = text("municipality_code", "999997", "is missing: 全国地方公共団体コード, six digits");
    let name = text("municipality_name", "窓口市", "is missing: the name that citizens read");
    let phone = text("municipality_phone", "000-000-0000", "is missing: the number that citizens can call");
    if code.as_deref().is_some_and(|code| !is_municipality_code(code)) {
        faults.add("municipality_code", "six digits, of which the last is the check digit");
    }
    if phone.as_deref().is_some_and(|phone| phone.is_empty() || !phone.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
    {
        faults.add("municipality_phone", "digits and hyphens");
    }
    Some(Municipality { code: code?, name: name?, phone: phone? })
}

fn locales(values: &Values, faults: &mut Faults) -> Vec<Locale> {
    if values.text("locales").is_none() {
        return Locale::offered(&Locale::COMPLETE);
    }
    let known = format!("names separated by commas out of {}", Locale::ALL.map(Locale::code).join(", "));
    Locale::offered(&values.list("locales", &known, faults))
}

fn my_number(values: &Values, demo: bool, faults: &mut Faults) -> MyNumber {
    let can_seal = crate::assets::SEAL_NUMBER.is_some();
    match values.text("my_number") {
        None if demo && can_seal => MyNumber::Sealed,
        None | Some("counter") => MyNumber::Counter,
        Some("off") => MyNumber::Off,
        Some("sealed") if can_seal => MyNumber::Sealed,
        // Never less than what was asked for in silence.
        Some("sealed") => {
            faults.add(
                "my_number",
                "this program was built without the part that seals in the browser (no WebAssembly compiler was found); \
                build it again where .ci/setup finds one, or use counter",
            );
            MyNumber::Counter
        }
        Some(_) => {
            faults.add("my_number", "expected off, counter or sealed");
            MyNumber::Counter
        }
    }
}

fn my_number_forms(values: &Values, faults: &mut Faults) -> Vec<FormId> {
    match values.text("my_number_forms") {
        None => "pregnancy_notification".parse().into_iter().collect(),
        Some(_) => values.list("my_number_forms", "names of forms separated by commas", faults),
    }
}

fn epds(values: &Values, demo: bool, faults: &mut Faults) -> EpdsOffer {
    match values.text("epds") {
        None if demo => EpdsOffer::Demonstration,
        None | Some("licensed") => EpdsOffer::Licensed,
        Some("demonstration") => EpdsOffer::Demonstration,
        Some("off") => EpdsOffer::Off,
        Some(_) => {
            faults.add("epds", "expected licensed, demonstration or off");
            EpdsOffer::Off
        }
    }
}

/// That nothing is scanned must be asked for by name.
fn scanner(values: &Values, demo: bool, faults: &mut Faults) -> Scanner {
    const EXPECTED: &str = "unix:/PATH, an address of this machine such as 127.0.0.1:3310 (clamd has no TLS), or off";
    if values.text("clamd").is_none() && !demo {
        faults.add("clamd", format!("is missing: papers are scanned by clamd; expected {EXPECTED}"));
    }
    let parsed = values.text("clamd").unwrap_or("off").parse();
    parsed.unwrap_or_else(|_| {
        faults.add("clamd", format!("expected {EXPECTED}"));
        Scanner::Off
    })
}

fn log(values: &Values, faults: &mut Faults) -> String {
    let filter = values.text("log").unwrap_or("info");
    if !crate::telemetry::is_filter(filter) {
        faults.add("log", "expected a filter such as info or warn,server=debug");
    }
    filter.to_owned()
}

/// 「検査数字」 Weights 6 to 2; 11 less the remainder by 11, of which the last digit counts (総務省 検査数字の算出方法).
fn is_municipality_code(code: &str) -> bool {
    let digits: Vec<u32> = code.chars().filter_map(|c| c.to_digit(10)).collect();
    if digits.len() != 6 || code.len() != 6 {
        return false;
    }
    let sum: u32 = digits.iter().zip([6, 5, 4, 3, 2]).map(|(digit, weight)| digit * weight).sum();
    digits[5] == (11 - sum % 11) % 10
}

#[cfg(test)]
mod tests;
