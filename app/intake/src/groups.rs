//! 「認証の一元化」 Which role the groups of the city's directory give. Invariant: who is in no group that gives a role, or in groups
//! that give more than one, gets none: nobody guesses which was meant.

use std::str::FromStr;

use crate::access::Role;

/// A group of the directory and the role that it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRole {
    /// As the directory calls it.
    pub group: String,
    /// The role.
    pub role: Role,
}

/// The text is not `GROUP=ROLE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAGroupRole;

impl FromStr for GroupRole {
    type Err = NotAGroupRole;

    /// The last `=` divides, for a group's name may hold one (`cn=boshi`).
    fn from_str(text: &str) -> Result<Self, NotAGroupRole> {
        let (group, role) = text.rsplit_once('=').ok_or(NotAGroupRole)?;
        let (group, role) = (group.trim(), role.trim().parse().map_err(|_| NotAGroupRole)?);
        if group.is_empty() { Err(NotAGroupRole) } else { Ok(Self { group: group.to_owned(), role }) }
    }
}

/// Why somebody has no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRole {
    /// None of the groups gives one.
    None,
    /// The groups give more than one.
    Several,
}

/// The role of somebody who is in these groups.
///
/// # Errors
/// See [`NoRole`].
pub fn role_of(groups: &[&str], given: &[GroupRole]) -> Result<Role, NoRole> {
    let mut roles = given.iter().filter(|one| groups.contains(&one.group.as_str())).map(|one| one.role);
    let role = roles.next().ok_or(NoRole::None)?;
    if roles.all(|other| other == role) { Ok(role) } else { Err(NoRole::Several) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn one_role_is_given_and_neither_none_nor_several() {
        let given: Vec<GroupRole> =
            ["boshi-clerks=clerk", "counter = clerk", "cn=nurses=nurse"].map(|text| text.parse().unwrap()).to_vec();
        for (groups, role) in [
            (vec!["boshi-clerks"], Ok(Role::Clerk)),
            (vec!["library", "counter"], Ok(Role::Clerk)),
            (vec!["boshi-clerks", "counter"], Ok(Role::Clerk)),
            (vec!["cn=nurses"], Ok(Role::Nurse)),
            (vec!["boshi-clerks", "cn=nurses"], Err(NoRole::Several)),
            (vec!["Boshi-Clerks", "clerk", ""], Err(NoRole::None)),
            (vec![], Err(NoRole::None)),
        ] {
            assert_eq!(role_of(&groups, &given), role, "{groups:?}");
        }
    }

    #[test]
    fn a_line_that_gives_no_role_is_no_line() {
        for text in ["", "clerk", "=clerk", " =clerk", "group=", "group=mayor", "group=clerk=", "group"] {
            assert_eq!(text.parse::<GroupRole>(), Err(NotAGroupRole), "{text}");
        }
    }
}
