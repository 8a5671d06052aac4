//! 「本人確認」 Identity: how it was established, and how far that carries. Invariant: [`Sufficient`] is made only from
//! evidence that the office may accept a notification on; accepting takes it as an argument.
//!
//! The names are public (`handover.md`, `decisions.md`).

mod comparison;
mod documents;
#[cfg(test)]
mod model;
mod proxy;
pub mod ways;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use self::{
    comparison::{Compared, ComparedWith, Comparison, Fact, Facts, Finding, Findings, NamesNobody, Settled},
    documents::{NoPhoto, NumberDocument, PersonDocument, SeenAtCounter, Sight, TwoAreNeeded},
    proxy::{Met, PowerDocument, ProxyEvidence, ProxySeen, ProxySight, ProxyState, is_by_proxy},
};
use crate::{
    card::Matched,
    ids::{NotAnId, StaffId},
    time::Instant,
};

/// How a person showed who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A one-time code sent by e-mail.
    EmailCode,
    /// A passkey registered before.
    Passkey,
    /// マイナアプリ (デジタル認証アプリサービス).
    Mynaapp,
    /// 署名用電子証明書
    Signature,
    /// 「窓口で確認」 In person.
    Counter,
}

impl Method {
    /// The ways by which somebody comes in, and a session begins.
    pub const OF_SESSIONS: [Self; 3] = [Self::EmailCode, Self::Passkey, Self::Mynaapp];

    /// How sure the office is of who came this way. A card says who signed in or signed; only when its name and birthdate are
    /// those that were declared does it say that she is the person whom the filing is about. Else she is known again, no more.
    #[must_use]
    pub const fn level(self, card_names_the_person: bool) -> Level {
        match self {
            Self::EmailCode => Level::Claimed,
            Self::Passkey => Level::Returning,
            Self::Mynaapp | Self::Signature if !card_names_the_person => Level::Returning,
            Self::Mynaapp => Level::VerifiedRemote,
            Self::Signature => Level::VerifiedSigned,
            Self::Counter => Level::VerifiedInPerson,
        }
    }

    /// The public name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailCode => "email_code",
            Self::Passkey => "passkey",
            Self::Mynaapp => "mynaapp",
            Self::Signature => "signature",
            Self::Counter => "counter",
        }
    }

    /// The way in of this name, if a session begins by it.
    #[must_use]
    pub fn of_session(name: &str) -> Option<Self> {
        Self::OF_SESSIONS.into_iter().find(|method| method.as_str() == name)
    }
}

/// How sure the office is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Only said.
    Claimed,
    /// The same account as before.
    Returning,
    /// Shown from afar.
    VerifiedRemote,
    /// Signed with a certificate.
    VerifiedSigned,
    /// Seen in person.
    VerifiedInPerson,
}

impl Level {
    /// All, from the lowest on.
    pub const ALL: [Self; 5] =
        [Self::Claimed, Self::Returning, Self::VerifiedRemote, Self::VerifiedSigned, Self::VerifiedInPerson];

    /// The public name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Returning => "returning",
            Self::VerifiedRemote => "verified_remote",
            Self::VerifiedSigned => "verified_signed",
            Self::VerifiedInPerson => "verified_in_person",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or(NotAnId)
    }
}

/// The record of identity that every case carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// How the parent, or who filed for her, had signed in when filing.
    pub method: Method,
    /// When she had.
    pub signed_in_at: Instant,
    /// What staff saw of the person herself, once they did.
    pub counter: Option<SeenAtCounter>,
    /// Which of the four facts of the card agreed with what she declared; none without a card.
    #[serde(default, skip_serializing_if = "Matched::is_empty")]
    pub matched: Matched,
    /// 「代理人」 What is known of who filed for her; none where she filed herself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ProxyEvidence>,
    /// 「照合」 How what she declared compares with what was seen.
    #[serde(default, skip_serializing_if = "Comparison::is_empty")]
    pub comparison: Comparison,
}

impl Evidence {
    /// How sure the office is, by this evidence, of the person whom the filing is about. How a proxy (代理人) signed in says
    /// nothing of her: until somebody has met her herself it is only said.
    #[must_use]
    pub const fn level(&self) -> Level {
        if let Some(proxy) = self.proxy {
            let is_seen = self.counter.is_some() && proxy.met.is_some();
            return if is_seen { Level::VerifiedInPerson } else { Level::Claimed };
        }
        if self.counter.is_some() {
            return Level::VerifiedInPerson;
        }
        self.method.level(self.matched.names_the_person())
    }

    /// Whether a proxy filed, and the person herself was not met yet.
    #[must_use]
    pub const fn waits_for_her(&self) -> bool {
        matches!(self.proxy, Some(ProxyEvidence { met: None, .. }))
    }

    /// The record with what a member of staff saw of the person.
    ///
    /// # Errors
    /// See [`NotRecorded`].
    pub fn with_sight(self, sight: &Sight, by: StaffId, at: Instant) -> Result<Self, NotRecorded> {
        if !sight.is_whole() {
            return Err(NotRecorded::TwoAreNeeded);
        }
        let compared = sight.compared.ok_or(NotRecorded::NotCompared)?;
        if self.proxy.is_some() && !sight.met {
            return Err(NotRecorded::NotMet);
        }
        let proxy = self.proxy.map(|proxy| ProxyEvidence { met: Some(Met { by, at }), ..proxy });
        Ok(Self { counter: Some(sight.by(by, at)), proxy, comparison: self.comparison.at_counter(compared), ..self })
    }

    /// The record with what a member of staff saw of the proxy; it says nothing of the person.
    ///
    /// # Errors
    /// [`NotRecorded::NoProxy`] when she filed herself.
    pub fn with_proxy_seen(self, seen: ProxySeen) -> Result<Self, NotRecorded> {
        let proxy = self.proxy.ok_or(NotRecorded::NoProxy)?;
        Ok(Self { proxy: Some(ProxyEvidence { seen: Some(seen), ..proxy }), ..self })
    }

    /// Whether she was seen, and nobody has said with what her declaration was compared.
    #[must_use]
    pub const fn was_not_compared(&self) -> bool {
        self.counter.is_some() && self.comparison.counter.is_none()
    }

    /// Proof that a notification may be accepted on this evidence (`controls.md` R02, R09), or `None`: somebody is sure of the
    /// person, what was seen was compared, and no difference is open.
    #[must_use]
    pub fn sufficient(&self) -> Option<Sufficient> {
        let is_sure = self.level() >= Level::VerifiedRemote && !self.was_not_compared();
        (is_sure && self.comparison.open().is_empty()).then_some(Sufficient(()))
    }
}

/// Why what was seen is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRecorded {
    /// Two different documents without a photo are needed.
    #[error("two different documents without a photo are needed")]
    TwoAreNeeded,
    /// Nobody says with what her declaration was compared, and what came of it.
    #[error("it was not compared")]
    NotCompared,
    /// A proxy filed, and nobody says that the person herself was met and wants it.
    #[error("the person herself was not met")]
    NotMet,
    /// She filed herself.
    #[error("nobody filed for her")]
    NoProxy,
}

/// Proof that the identity evidence carries an acceptance. Made by [`Evidence::sufficient`] only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sufficient(());

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn evidence(method: Method, seen: bool) -> Evidence {
        let sight = Sight::of(NumberDocument::MyNumberCard, PersonDocument::MyNumberCard);
        let counter = sight.by(StaffId::from_random([1; 16]), Instant(1));
        let counter = seen.then_some(counter);
        let compared = sight.compared.filter(|_| seen);
        let comparison = Comparison { counter: compared, ..Comparison::default() };
        Evidence { method, signed_in_at: Instant(0), counter, matched: Matched::default(), proxy: None, comparison }
    }

    #[test]
    fn a_card_carries_it_only_if_its_name_and_birthdate_agree() {
        use crate::card::CardFact::{Address, Birthdate, Name, Sex};
        for (agreed, level) in [
            (vec![], Level::Returning),
            (vec![Name, Address, Sex], Level::Returning),
            (vec![Birthdate, Address, Sex], Level::Returning),
            (vec![Name, Birthdate], Level::VerifiedRemote),
            (vec![Name, Address, Birthdate, Sex], Level::VerifiedRemote),
        ] {
            let found = Evidence { matched: agreed.clone().into(), ..evidence(Method::Mynaapp, false) };
            assert_eq!((found.level(), found.sufficient().is_some()), (level, level == Level::VerifiedRemote));
            let signed = Evidence { matched: agreed.into(), ..evidence(Method::Signature, false) };
            let level = if level == Level::VerifiedRemote { Level::VerifiedSigned } else { level };
            assert_eq!((signed.level(), signed.sufficient().is_some()), (level, level == Level::VerifiedSigned));
        }
        let by_code = Evidence { matched: vec![Name, Birthdate].into(), ..evidence(Method::EmailCode, false) };
        assert_eq!(by_code.sufficient(), None, "what was matched in another session carries nothing");
    }

    #[test]
    fn what_was_seen_and_not_compared_carries_nothing_and_neither_does_an_open_difference() {
        let found = evidence(Method::EmailCode, true);
        let uncompared = Evidence { comparison: Comparison::default(), ..found };
        assert_eq!((uncompared.level(), uncompared.sufficient()), (Level::VerifiedInPerson, None));
        let findings = Findings::of(|fact| if fact == Fact::Address { Finding::Different } else { Finding::Same });
        let compared = Compared { with: ComparedWith::PersonDocument, findings: findings.unwrap() };
        let differs = Evidence { comparison: found.comparison.at_counter(compared), ..found };
        assert_eq!(differs.sufficient(), None);
        let settled = Evidence { comparison: differs.comparison.settle(Fact::Address).unwrap(), ..differs };
        assert!(settled.sufficient().is_some());
        let by_card = Evidence {
            matched: vec![crate::card::CardFact::Name, crate::card::CardFact::Birthdate].into(),
            ..evidence(Method::Mynaapp, false)
        };
        assert!(by_card.sufficient().is_some());
        let comparison = Comparison { card_differs: Facts::default().with(Fact::Address), ..by_card.comparison };
        assert_eq!(Evidence { comparison, ..by_card }.sufficient(), None, "the card says another address");
    }

    fn by_proxy(method: Method, seen: bool, met: bool) -> Evidence {
        let met = met.then_some(Met { by: StaffId::from_random([1; 16]), at: Instant(1) });
        Evidence { proxy: Some(ProxyEvidence { seen: None, met }), ..evidence(method, seen) }
    }

    #[test]
    fn a_code_or_a_passkey_alone_carries_no_acceptance() {
        assert_eq!(evidence(Method::EmailCode, false).sufficient(), None);
        assert_eq!(evidence(Method::Passkey, false).sufficient(), None);
    }

    #[test]
    fn what_staff_saw_carries_it() {
        for method in [Method::EmailCode, Method::Passkey] {
            let found = evidence(method, true);
            assert_eq!(found.level(), Level::VerifiedInPerson);
            assert!(found.sufficient().is_some());
        }
    }

    #[test]
    fn however_a_proxy_signed_in_nothing_is_accepted_before_the_person_herself_was_met() {
        for method in [Method::EmailCode, Method::Passkey, Method::Mynaapp, Method::Signature, Method::Counter] {
            for (seen, met) in [(false, false), (true, false), (false, true)] {
                let found = by_proxy(method, seen, met);
                assert_eq!((found.level(), found.sufficient()), (Level::Claimed, None), "{method:?} {seen} {met}");
            }
            assert!(by_proxy(method, true, true).sufficient().is_some());
        }
    }
}
