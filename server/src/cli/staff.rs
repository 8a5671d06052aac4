//! `staff invite|disable|list`. Invariant: an invitation's token is printed once and stored as a hash.

use clap::{Args, Subcommand};
use intake::{
    access::{Role, Roles},
    staff_change::is_user_id,
    time::Instant,
};

use super::Failure;
use crate::{
    flows::{
        FlowError, staff_disable, staff_proposal, staff_roles,
        staff_sign_in::{self, Invited},
    },
    portal::Portal,
    store::{StoreError, audit::Actor, staff},
};

#[derive(Debug, Subcommand)]
pub(super) enum StaffCommand {
    /// Make a member of staff and print the address at which password and passkey are chosen
    Invite(Invite),
    /// Print the address at which somebody whom the city's own provider signs in makes a passkey, where that has one factor only
    Passkey {
        /// As `staff list` shows it
        user_id: String,
    },
    /// Give a member of staff these roles and no others: at her next request, without a new invitation
    ///
    /// reviewer (受付), confirmer (確認), nurse (保健師) go together; account_manager (アカウント管理) and system_manager (システム管理)
    /// too; auditor (監査) and contractor (委託) stand alone. clerk is reviewer and confirmer, administrator the two managers.
    Roles {
        /// What is typed to sign in
        user_id: String,
        /// One of the words above; several times for several
        #[arg(long = "role", required = true, value_parser = word)]
        roles: Vec<Roles>,
    },
    /// Disable a member of staff at once and end every session
    Disable {
        /// What is typed to sign in
        user_id: String,
    },
    /// List all members of staff
    List,
}

#[derive(Debug, Args)]
pub(super) struct Invite {
    /// What is typed to sign in: small letters, digits, `.`, `_` and `-`
    #[arg(value_parser = user_id)]
    user_id: String,
    /// The name that colleagues read
    #[arg(long)]
    name: String,
    /// What she may do: see `--help` of `staff roles`; several times for several
    #[arg(long = "role", required = true, value_parser = word)]
    roles: Vec<Roles>,
    /// Which person it is, such as the number of the employee: the same for every account of one person
    #[arg(long)]
    person_id: String,
}

fn user_id(text: &str) -> Result<String, &'static str> {
    if is_user_id(text) { Ok(text.to_owned()) } else { Err("one to 64 small letters, digits, `.`, `_` and `-`") }
}

fn word(text: &str) -> Result<Roles, String> {
    let names: Vec<&str> = Role::ALL.into_iter().map(Role::as_str).collect();
    text.parse().map_err(|_| format!("{}, clerk or administrator", names.join(", ")))
}

fn together(roles: &[Roles]) -> Result<Roles, Failure> {
    Roles::of(roles.iter().flat_map(|one| one.iter())).map_err(|why| Failure::new(why.to_string()))
}

pub(super) async fn run(portal: &Portal, command: &StaffCommand) -> Result<(), Failure> {
    match command {
        StaffCommand::Invite(new) => invite(portal, new).await,
        StaffCommand::Passkey { user_id } => invite_to_passkey(portal, user_id).await,
        StaffCommand::Roles { user_id, roles } => change_roles(portal, user_id, roles).await,
        StaffCommand::Disable { user_id } => disable(portal, user_id).await,
        StaffCommand::List => list(portal).await,
    }
}

async fn invite(portal: &Portal, new: &Invite) -> Result<(), Failure> {
    if new.name.trim().is_empty() || new.person_id.trim().is_empty() {
        return Err(Failure::new("the name and the person must not be empty"));
    }
    let member = Invited {
        user_id: &new.user_id,
        person_id: new.person_id.trim(),
        display_name: new.name.trim(),
        roles: together(&new.roles)?,
    };
    let (token, until) = match staff_sign_in::invite(portal, Actor::Operator, &member).await {
        Ok(invited) => invited,
        Err(FlowError::Store(StoreError::Duplicate)) => {
            return Err(Failure::new(format!("there is a member of staff called {}", new.user_id)));
        }
        Err(error) => return Err(Failure::new(error.to_string())),
    };
    print_invitation(portal, &token, until);
    Ok(())
}

fn print_invitation(portal: &Portal, token: &str, until: Instant) {
    println!("{}", portal.config.staff_url.join(&format!("/staff/invitation/{token}")));
    println!("once, until {} (Japan)", until.minute_in_japan());
}

async fn invite_to_passkey(portal: &Portal, user_id: &str) -> Result<(), Failure> {
    match staff_sign_in::invite_to_passkey(portal, Actor::Operator, user_id).await {
        Ok((token, until)) => print_invitation(portal, &token, until),
        Err(FlowError::NotFound) => {
            return Err(Failure::new(format!("the provider signs in nobody who is called {user_id} here")));
        }
        Err(error) => return Err(Failure::new(error.to_string())),
    }
    Ok(())
}

async fn change_roles(portal: &Portal, user_id: &str, roles: &[Roles]) -> Result<(), Failure> {
    let roles = together(roles)?;
    match staff_roles::change(portal, Actor::Operator, user_id, roles).await {
        Ok(()) => println!("{user_id}: {roles}"),
        Err(FlowError::NotFound) => {
            return Err(Failure::new(format!("nobody is called {user_id} whose roles are given here")));
        }
        Err(error) => return Err(Failure::new(error.to_string())),
    }
    Ok(())
}

async fn disable(portal: &Portal, user_id: &str) -> Result<(), Failure> {
    match staff_disable::by_operator(portal, user_id).await {
        Ok(Some(ended)) => println!("{user_id} is disabled; sessions ended: {ended}"),
        Ok(None) => return Err(Failure::new(format!("{user_id} was disabled before"))),
        Err(FlowError::NotFound) => return Err(Failure::new(format!("there is no member of staff called {user_id}"))),
        Err(error) => return Err(Failure::new(error.to_string())),
    }
    Ok(())
}

async fn list(portal: &Portal) -> Result<(), Failure> {
    let members = staff::list(&mut *portal.database.read().await?).await?;
    let now = portal.clock.now();
    for member in members {
        let state = staff_proposal::standing(&member, now).as_str();
        let last = member.last_sign_in_at.map_or_else(|| "-".to_owned(), |at| at.minute_in_japan());
        let (user, role, person) = (&member.user_id, member.roles, &member.person_id);
        println!("{user}\t{role}\t{state}\t{person}\t{}\t{last}", member.display_name);
    }
    Ok(())
}
