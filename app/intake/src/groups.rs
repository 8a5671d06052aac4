//! 「認証の一元化」 Which roles the groups of the city's directory give. Invariant: who is in no group that gives a role, or in groups
//! whose roles nobody can have together, gets none: nobody guesses which was meant.

use std::str::FromStr;

use crate::access::{NoRoles, Roles};

/// A group of the directory and the roles that it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRoles {
    /// As the directory calls it.
    pub group: String,
    /// The roles.
    pub roles: Roles,
}

/// The text is not `GROUP=ROLE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAGroupRole;

impl FromStr for GroupRoles {
    type Err = NotAGroupRole;

    /// The last `=` divides, for a group's name may hold one (`cn=boshi`).
    fn from_str(text: &str) -> Result<Self, NotAGroupRole> {
        let (group, roles) = text.rsplit_once('=').ok_or(NotAGroupRole)?;
        let (group, roles) = (group.trim(), roles.trim().parse().map_err(|_| NotAGroupRole)?);
        if group.is_empty() { Err(NotAGroupRole) } else { Ok(Self { group: group.to_owned(), roles }) }
    }
}

/// The roles of somebody who is in these groups: those of all of them.
///
/// # Errors
/// See [`NoRoles`].
pub fn roles_of(groups: &[&str], given: &[GroupRoles]) -> Result<Roles, NoRoles> {
    let hers = given.iter().filter(|one| groups.contains(&one.group.as_str()));
    Roles::of(hers.flat_map(|one| one.roles.iter()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::access::Role;

    #[test]
    fn groups_add_up_unless_nobody_can_have_their_roles_together() {
        let given: Vec<GroupRoles> =
            ["boshi-clerks=clerk", "counter = clerk", "cn=nurses=nurse", "second=confirmer", "audit=auditor"]
                .map(|text| text.parse().unwrap())
                .to_vec();
        let both = Roles::of([Role::Reviewer, Role::Confirmer, Role::Nurse]).unwrap();
        for (groups, roles) in [
            (vec!["boshi-clerks"], Ok(Roles::CLERK)),
            (vec!["library", "counter"], Ok(Roles::CLERK)),
            (vec!["boshi-clerks", "counter", "second"], Ok(Roles::CLERK)),
            (vec!["second"], Ok(Role::Confirmer.into())),
            (vec!["cn=nurses"], Ok(Roles::NURSE)),
            (vec!["boshi-clerks", "cn=nurses"], Ok(both)),
            (vec!["cn=nurses", "audit"], Err(NoRoles::Incompatible(Role::Nurse, Role::Auditor))),
            (vec!["Boshi-Clerks", "clerk", ""], Err(NoRoles::None)),
            (vec![], Err(NoRoles::None)),
        ] {
            assert_eq!(roles_of(&groups, &given), roles, "{groups:?}");
        }
    }

    #[test]
    fn a_line_that_gives_no_role_is_no_line() {
        for text in
            ["", "clerk", "=clerk", " =clerk", "group=", "group=mayor", "group=clerk=", "group", "g=clerk+auditor"]
        {
            assert_eq!(text.parse::<GroupRoles>(), Err(NotAGroupRole), "{text}");
        }
    }
}
