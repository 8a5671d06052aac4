//! 「役割」 The roles of the staff, and which of them one person can have together. Invariant: a [`Roles`] is never empty and holds no
//! two roles that watch over each other; only [`Roles::of`] and the named sets make one.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::ids::NotAnId;

/// A role of a member of staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 「受付」 Takes filings in hand, asks for corrections, records who was seen, accepts.
    Reviewer,
    /// 「確認」 Is the second person: confirms, reopens, declines.
    Confirmer,
    /// 「保健師」 Both, and reads what only a public health nurse may.
    Nurse,
    /// 「監査」 Reads the audit log; sees no answers.
    Auditor,
    /// 「アカウント管理」 Looks after the accounts of staff; sees no case.
    AccountManager,
    /// 「システム管理」 Looks after keys, hand-over and settings; sees no case.
    SystemManager,
    /// 「委託」 Issues handbooks and counsels: opens what was assigned to her.
    Contractor,
}

/// What kind of work a role is: who does one kind does no other, for each watches over another or is kept from it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    /// On cases.
    Cases,
    /// On accounts and the system. Who could make accounts and work on cases would be the second person, too (四眼).
    System,
    /// Looks at what the others did.
    Audit,
    /// For somebody else: outside the office, whatever the contract says.
    Contract,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 7] = [
        Self::Reviewer,
        Self::Confirmer,
        Self::Nurse,
        Self::Auditor,
        Self::AccountManager,
        Self::SystemManager,
        Self::Contractor,
    ];

    /// The public name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reviewer => "reviewer",
            Self::Confirmer => "confirmer",
            Self::Nurse => "nurse",
            Self::Auditor => "auditor",
            Self::AccountManager => "account_manager",
            Self::SystemManager => "system_manager",
            Self::Contractor => "contractor",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }

    const fn work(self) -> Work {
        match self {
            Self::Reviewer | Self::Confirmer | Self::Nurse => Work::Cases,
            Self::AccountManager | Self::SystemManager => Work::System,
            Self::Auditor => Work::Audit,
            Self::Contractor => Work::Contract,
        }
    }

    /// Whether one person can have both. 受付 and 確認 go together in a small office; on one case they are two people all the same
    /// (`case::decide`).
    #[must_use]
    pub fn goes_with(self, other: Self) -> bool {
        self.work() == other.work()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(NotAnId)
    }
}

/// The roles of a member of staff. Written as words with `+` between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Roles {
    roles: u8,
    contractor_epds: bool,
}

/// Why roles are no set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoles {
    /// There is none.
    #[error("no role")]
    None,
    /// Nobody has these two at once.
    #[error("{0} and {1} do not go together")]
    Incompatible(Role, Role),
}

impl Roles {
    /// 「受付・確認」
    pub const CLERK: Self = Self::both(Role::Reviewer, Role::Confirmer);
    /// 「保健師」
    pub const NURSE: Self = Self::one(Role::Nurse);
    /// 「監査」
    pub const AUDITOR: Self = Self::one(Role::Auditor);
    /// 「アカウント管理・システム管理」
    pub const ADMINISTRATOR: Self = Self::both(Role::AccountManager, Role::SystemManager);
    /// The sets that had a name before there were sets: a promise to settings and to `demo.json` (`contract.md`).
    const NAMED: [(&'static str, Self); 2] = [("clerk", Self::CLERK), ("administrator", Self::ADMINISTRATOR)];

    const fn one(role: Role) -> Self {
        Self { roles: role.bit(), contractor_epds: false }
    }

    const fn both(one: Role, other: Role) -> Self {
        Self { roles: one.bit() | other.bit(), contractor_epds: false }
    }

    /// These roles together.
    ///
    /// # Errors
    /// See [`NoRoles`].
    pub fn of(roles: impl IntoIterator<Item = Role>) -> Result<Self, NoRoles> {
        let mut all = Self { roles: 0, contractor_epds: false };
        for role in roles {
            if let Some(other) = all.iter().find(|other| !other.goes_with(role)) {
                return Err(NoRoles::Incompatible(other, role));
            }
            all.roles |= role.bit();
        }
        if all.roles == 0 { Err(NoRoles::None) } else { Ok(all) }
    }

    /// Each of them, in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> + use<> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }

    /// Whether a role is among them.
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        self.roles & role.bit() != 0
    }

    /// The same where the city lets contractors open an EPDS that was assigned to them (`contractor_epds`).
    #[must_use]
    pub const fn with_contractor_epds(self, is_let: bool) -> Self {
        Self { contractor_epds: is_let, ..self }
    }

    pub(super) const fn contractor_opens_epds(self) -> bool {
        self.contractor_epds
    }
}

impl From<Role> for Roles {
    fn from(role: Role) -> Self {
        Self::one(role)
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = Self::NAMED.iter().find(|(_, set)| set.roles == self.roles) {
            return f.write_str(name);
        }
        let words: Vec<&str> = self.iter().map(Role::as_str).collect();
        f.write_str(&words.join("+"))
    }
}

impl FromStr for Roles {
    type Err = NotAnId;

    /// Words with `+` between them, each a role or the name of a set.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let mut all = Vec::new();
        for word in text.split('+').map(str::trim) {
            match Self::NAMED.iter().find(|(name, _)| *name == word) {
                Some((_, set)) => all.extend(set.iter()),
                None => all.push(word.parse::<Role>()?),
            }
        }
        Self::of(all).map_err(|_| NotAnId)
    }
}

impl Serialize for Roles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Roles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_roles_that_one_person_can_have_together_are_those_agreed() {
        let table: Vec<String> = (0_u8..128)
            .filter_map(|bits| Roles::of(Role::ALL.into_iter().filter(|role| bits & role.bit() != 0)).ok())
            .map(|roles| roles.iter().map(Role::as_str).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            table,
            [
                "reviewer",
                "confirmer",
                "reviewer confirmer",
                "nurse",
                "reviewer nurse",
                "confirmer nurse",
                "reviewer confirmer nurse",
                "auditor",
                "account_manager",
                "system_manager",
                "account_manager system_manager",
                "contractor",
            ]
        );
    }

    #[test]
    fn what_is_written_of_roles_is_read_back_and_the_old_names_are_names_of_sets() {
        for bits in 1_u8..128 {
            let Ok(roles) = Roles::of(Role::ALL.into_iter().filter(|role| bits & role.bit() != 0)) else { continue };
            assert_eq!(roles.to_string().parse::<Roles>().unwrap(), roles);
            let json = serde_json::to_string(&roles).unwrap();
            assert_eq!(serde_json::from_str::<Roles>(&json).unwrap(), roles);
        }
        for (text, written) in [
            ("clerk", "clerk"),
            ("confirmer+reviewer", "clerk"),
            ("administrator", "administrator"),
            ("clerk + nurse", "reviewer+confirmer+nurse"),
            ("nurse", "nurse"),
            ("auditor", "auditor"),
        ] {
            assert_eq!(text.parse::<Roles>().unwrap().to_string(), written);
        }
        for text in ["", "+", "mayor", "clerk+", "clerk+auditor", "administrator+reviewer", "contractor+nurse"] {
            assert!(text.parse::<Roles>().is_err(), "{text}");
        }
    }
}
