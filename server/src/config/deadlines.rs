//! 「処理期限」 Settings of the office's own time. Invariant: what is allowed to the office together keeps what parents are
//! promised, unless the city says otherwise by name.

use intake::{
    access::{self, Action, Role},
    course::Targets,
    deadline::{Allowed, Line},
};

use super::{
    address::PublicUrl,
    settings::{Faults, Values},
};

/// What happens to what is overdue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// After how many working days somebody is told.
    pub days: u32,
    /// The role that is told; of what only public health nurses know, they are.
    pub role: Role,
}

/// 「第二の連絡手段」 Where a count of tasks is sent when mail does not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertUrl {
    address: String,
    /// Whether it is this machine, where plain HTTP is taken.
    pub is_loopback: bool,
}

impl AlertUrl {
    /// The address: it may hold a secret, and stands in no log.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// An address with TLS, or on this machine.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let origin: PublicUrl = format!("{scheme}://{authority}").parse().ok()?;
        let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        let is_loopback = origin.is_loopback();
        ((origin.is_https() || is_loopback) && is_plain).then(|| Self { address: text.to_owned(), is_loopback })
    }
}

pub(super) fn allowed(values: &Values, promised: Targets, faults: &mut Faults) -> Allowed {
    const KEY: &str = "deadlines";
    let mut allowed = Allowed::keeping(promised);
    let lines: Vec<String> = values.list(KEY, "lines such as check=3, epds.check=1", faults);
    for (place, text) in lines.iter().enumerate() {
        match text.parse::<Line>() {
            Ok(line) => allowed.set(line),
            Err(fault) => faults.add(KEY, format!("entry {}: {fault}", place + 1)),
        }
    }
    allowed
}

pub(super) fn escalation(values: &Values, faults: &mut Faults) -> Escalation {
    let days = values.parsed("escalation_days", "a number of working days", faults).unwrap_or(1);
    if !(1..=60).contains(&days) {
        faults.add("escalation_days", "expected 1 to 60");
    }
    const WORKING: &str = "reviewer, confirmer or nurse";
    let role = values.parsed("escalation_role", WORKING, faults).unwrap_or(Role::Confirmer);
    if !access::may(role, Action::SeeTasks) {
        faults.add("escalation_role", format!("expected {WORKING}: others see no case"));
    }
    Escalation { days, role }
}

pub(super) fn urgent_hours(values: &Values, faults: &mut Faults) -> u32 {
    let hours = values.parsed("epds_urgent_hours", "a number of hours", faults).unwrap_or(4);
    if !(1..=24).contains(&hours) {
        faults.add("epds_urgent_hours", "expected 1 to 24");
    }
    hours
}

pub(super) fn alert_url(values: &Values, faults: &mut Faults) -> Option<AlertUrl> {
    let text = values.text("alert_url")?;
    let found = AlertUrl::parse(text);
    if found.is_none() {
        faults.add("alert_url", "expected an address with https:// (plain HTTP is for loopback only)");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_goes_by_tls_or_stays_on_this_machine() {
        for text in
            ["https://alert.example.jp/hook?key=x", "http://127.0.0.1:9000/", "http://localhost:9000", "https://a.jp"]
        {
            assert!(AlertUrl::parse(text).is_some(), "{text}");
        }
        for text in
            ["http://alert.example.jp/", "alert.example.jp", "ftp://127.0.0.1/", "https://a.jp/ x", "https://a b.jp/"]
        {
            assert!(AlertUrl::parse(text).is_none(), "{text}");
        }
    }
}
