//! The one list of settings, and reading them as text. Invariant: what is not in [`SETTINGS`] is a fault, not ignored.

use std::{collections::BTreeMap, str::FromStr};

use super::Fault;

/// How every environment variable of the portal begins.
pub(super) const PREFIX: &str = "MADOGUCHI_";

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The key in the TOML file; the environment variable is `MADOGUCHI_` and the key in capitals.
    pub key: &'static str,
    /// What it is for.
    pub meaning: &'static str,
}

const fn setting(key: &'static str, meaning: &'static str) -> Setting {
    Setting { key, meaning }
}

/// Every setting of this version.
pub const SETTINGS: [Setting; 53] = [
    setting("database_url", "sqlite:PATH or postgres://USER@HOST/NAME [sqlite file in data_dir]"),
    setting("data_dir", "folder of this installation's files [/var/lib/madoguchi; demo: data]"),
    setting("master_key_file", "the key that everything at rest is sealed under"),
    setting("listen", "address of the citizens' plane [127.0.0.1:8080]"),
    setting("public_url", "what citizens have in the address line"),
    setting("staff_listen", "address of the staff plane [127.0.0.1:8081]"),
    setting("staff_url", "what staff have in the address line"),
    setting("handover_listen", "address of the import jobs' plane [127.0.0.1:8082]"),
    setting("one_address", "true: all three planes on one address [false; demo: true]"),
    setting("metrics_listen", "address of /metrics [none]"),
    setting("smtp_url", "smtps://USER:PASSWORD@HOST, or smtp://HOST?tls=required"),
    setting("mail_from", "sender of the mail"),
    setting("municipality_code", "全国地方公共団体コード, six digits"),
    setting("municipality_name", "name of the municipality"),
    setting("municipality_phone", "number that citizens can call"),
    setting(
        "locales",
        "languages that parents may choose: ja, ja-easy, en; drafts: zh-Hans, vi, pt, ne, fil [ja,ja-easy,en]",
    ),
    setting(
        "oidc_issuer",
        "マイナアプリ: the provider's name, https://auth-and-sign.go.jp/api/realms/main or the sandbox's [none: not offered]",
    ),
    setting("oidc_client_id", "マイナアプリ: the name that the provider gave this installation"),
    setting(
        "oidc_key_file",
        "マイナアプリ: private key, P-256 as PKCS#8 in PEM; `config check` prints its public half",
    ),
    setting("oidc_acr", "マイナアプリ: how people are authenticated (acr_values) [aal3 crl]"),
    setting("staff_oidc_issuer", "共通基盤: the city's own provider for staff, https://… [none: local accounts only]"),
    setting("staff_oidc_client_id", "共通基盤: the name that the provider gave this installation"),
    setting("staff_oidc_key_file", "共通基盤: private key, P-256 as PKCS#8 in PEM"),
    setting(
        "staff_oidc_groups",
        "共通基盤: which group gives which roles, such as uketsuke=reviewer,hokenshi=nurse+confirmer",
    ),
    setting("staff_oidc_person", "共通基盤: claim that names the person, as person_id of local accounts does"),
    setting(
        "staff_oidc_acr",
        "共通基盤: acr of a sign-in with two factors; any other is completed by a passkey here [none: always a passkey]",
    ),
    setting(
        "ways_in",
        "how parents may sign in: email_code, passkey, mynaapp [email_code,passkey, and mynaapp if oidc_issuer is set]",
    ),
    setting(
        "my_number",
        "off, counter, sealed: the 個人番号 not at all, at the counter, or sealed in the browser [counter]",
    ),
    setting("my_number_forms", "with sealed: the forms that it is asked for with [pregnancy_notification]"),
    setting("text_packs_dir", "folder of EPDS text packs, pinned in its packs.lock [none]"),
    setting("epds", "licensed, demonstration (no instrument, to practise) or off [licensed; demo: demonstration]"),
    setting("trusted_proxies", "addresses or networks of the proxies that end TLS, separated by commas"),
    setting("requests_per_minute", "requests that one address may send in a minute [1200; demo: 60000]"),
    setting("handover_minutes", "how often confirmed filings are sealed for the back office, in minutes [10; demo: 1]"),
    setting(
        "handover_destinations",
        "which forms go to which back office, such as epds=hoken, separated by commas [all to the first]",
    ),
    setting("handover_alarm_days", "working days without an answer of the back office until there is an alarm [3]"),
    setting("parent_child_number", "true: 親子番号 that the back office tells is kept [false]"),
    setting("forms_dir", "folder with forms of the city's own, which add to what ships or take its place [none]"),
    setting(
        "calendar_file",
        "the office's closing days, a line for each: YYYY-MM-DD, MM-DD every year, or A..B [none]",
    ),
    setting(
        "booking_forms",
        "forms after which an interview can be booked, separated by commas, or none [pregnancy_notification]",
    ),
    setting("booking_change_hours", "until how many hours before parents may move or cancel an interview [24]"),
    setting("booking_reminder_hours", "how many hours before parents are reminded of an interview [48]"),
    setting(
        "pdf_font",
        "font file of the PDF receipt [the first of Noto Sans CJK, IPAex Gothic, VL Gothic that is installed]",
    ),
    setting("clamd", "scanner of papers: unix:PATH, 127.0.0.1:PORT, or off [none; demo: off]"),
    setting("privacy_contact", "whom parents ask about their personal data: section and telephone [the counter]"),
    setting("days_to_check", "working days in which a filing is looked at, as parents are told [5]"),
    setting("days_to_record", "working days from the decision to the record, as parents are told [3]"),
    setting(
        "contractor_epds",
        "whether 委託 (contractors) open an EPDS that was assigned to them: true or false [false]",
    ),
    setting("signing", "電子署名 of filings by the sign API of the same service: off or offered [off]"),
    setting(
        "signing_ca_dir",
        "folder of the authorities' certificates that are trusted (署名用認証局), .cer, .crt or .pem",
    ),
    setting(
        "signing_status",
        "crl:FOLDER with the authorities' lists of revocations (.crl), or none: recorded as unknown",
    ),
    setting("signing_key_file", "private key that signing results are encrypted to: PKCS#8 in PEM, P-256"),
    setting("log", "filter of the log, such as info or warn,server=debug [info]"),
];

/// Faults found so far.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, key: &str, problem: impl Into<String>) {
        self.0.push(Fault { key: key.to_owned(), problem: problem.into() });
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_list(self) -> Vec<Fault> {
        self.0
    }
}

/// The settings as text, each once.
pub(super) struct Values {
    values: BTreeMap<&'static str, String>,
    /// Variables with our prefix that are no setting of this version.
    pub(super) unused: Vec<String>,
}

impl Values {
    pub(super) fn merge(file: &toml::Table, environment: &BTreeMap<String, String>, faults: &mut Faults) -> Self {
        let mut values = BTreeMap::new();
        for (key, value) in file {
            match (SETTINGS.iter().find(|setting| setting.key == key), text_of(value)) {
                (None, _) => faults.add(key, unknown(key)),
                (Some(_), None) => faults.add(key, "must be a text, a number, true or false, or a list of texts"),
                (Some(setting), Some(text)) => drop(values.insert(setting.key, text)),
            }
        }
        let mut unused = Vec::new();
        for (variable, value) in environment {
            let key = variable.strip_prefix(PREFIX).unwrap_or(variable).to_lowercase();
            match (SETTINGS.iter().find(|setting| setting.key == key), near(&key)) {
                (Some(setting), _) => drop(values.insert(setting.key, value.clone())),
                // What nearly is a setting is a slip of the pen; other variables may belong to tools around the portal.
                (None, Some(_)) => faults.add(&key, unknown(&key)),
                (None, None) if key == "config" => {}
                (None, None) => unused.push(variable.clone()),
            }
        }
        Self { values, unused }
    }

    /// The text, if given and not empty.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        debug_assert!(SETTINGS.iter().any(|setting| setting.key == key), "{key} is not in the list");
        self.values.get(key).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    pub(super) fn parsed<T: FromStr>(&self, key: &'static str, expected: &str, faults: &mut Faults) -> Option<T> {
        let parsed = self.text(key)?.parse();
        if parsed.is_err() {
            faults.add(key, format!("expected {expected}"));
        }
        parsed.ok()
    }

    pub(super) fn list<T: FromStr>(&self, key: &'static str, expected: &str, faults: &mut Faults) -> Vec<T> {
        let parts = self.text(key).unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty());
        let (mut list, mut wrong) = (Vec::new(), false);
        for part in parts {
            match part.parse() {
                Ok(item) => list.push(item),
                Err(_) => wrong = true,
            }
        }
        if wrong {
            faults.add(key, format!("expected {expected}"));
        }
        list
    }
}

fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Array(items) => {
            items.iter().map(toml::Value::as_str).collect::<Option<Vec<_>>>().map(|items| items.join(","))
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

fn unknown(key: &str) -> String {
    near(key).map_or_else(
        || "is not a setting of this version".to_owned(),
        |near| format!("is not a setting; is {PREFIX}{} meant?", near.to_uppercase()),
    )
}

fn near(key: &str) -> Option<&'static str> {
    let nearest = SETTINGS.iter().map(|setting| (distance(setting.key, key), setting.key)).min()?;
    (nearest.0 <= 2).then_some(nearest.1)
}

/// Levenshtein's distance: how many single letters differ.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in right.iter().enumerate() {
            let exchanged = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = exchanged.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
