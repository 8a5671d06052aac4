//! 「職員のアカウント」 over HTTP. Invariant: the address of an invitation is shown once, to who confirmed it; what was typed into a form
//! that was refused is shown again, with every reason.

use actix_web::{
    http::StatusCode,
    web::{Data, Path},
};
use app::{
    pages::staff::people::{self as pages, Fault, Said, Typed},
    text::Locale,
};
use intake::{
    access::{NoRoles, Role},
    ids::StaffId,
};

use super::{Answer, AtWork, to};
use crate::{
    flows::{
        staff_disable,
        staff_proposal::{self, AccountError, Confirmed, Member, NewMember, Obstacle, Waiting, Wish},
    },
    portal::Portal,
    web::{body::FormBody, error::WebError, frame::page},
};

const ADDRESS: &str = "/staff/people";

fn row(member: &Member) -> pages::Row {
    pages::Row {
        id: member.staff.staff_id.to_string(),
        user_id: member.staff.user_id.clone(),
        name: member.staff.display_name.clone(),
        roles: member.staff.roles,
        standing: member.standing,
        is_provided: member.staff.is_provided(),
        last_sign_in: member.staff.last_sign_in_at,
        can_propose: member.can_propose.clone(),
        can_disable: member.can_disable,
    }
}

fn waiting(one: Waiting) -> pages::Waiting {
    pages::Waiting {
        id: one.proposal.proposal_id.to_string(),
        change: one.proposal.kind,
        user_id: one.proposal.user_id,
        name: one.name,
        person_id: one.proposal.person_id,
        roles_now: one.roles_now,
        roles: one.proposal.roles,
        proposed: (one.first, one.proposal.created_at),
        until: one.proposal.expires_at,
        can_confirm: one.can_confirm,
        can_take_back: one.can_take_back,
    }
}

async fn shown(portal: &Portal, at: &AtWork, said: Said) -> Answer {
    let found = staff_proposal::view(portal, &at.who.staff).await?;
    let status = if matches!(said, Said::Refused(_)) { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let model = pages::Model {
        members: found.members.iter().map(row).collect(),
        waiting: found.waiting.into_iter().map(waiting).collect(),
        managers: found.managers,
        said,
    };
    Ok(page(status, pages::page(&at.desk.clone().at(ADDRESS.to_owned()), &model)))
}

fn sentence(locale: Locale, obstacle: Obstacle) -> String {
    let key = format!("people-obstacle-{}", obstacle.code().replace('_', "-"));
    match obstacle {
        Obstacle::Roles(NoRoles::Incompatible(one, other)) => {
            let name = |role: Role| locale.say(&format!("role-{}", role.as_str().replace('_', "-")));
            locale.with(&key, &[("one", &name(one)), ("other", &name(other))])
        }
        _ => locale.say(&key),
    }
}

/// Where in the form it is put right.
const fn input(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Name => "name",
        Obstacle::PersonId | Obstacle::SamePerson => "person_id",
        Obstacle::Roles(_) | Obstacle::Unchanged => "role",
        Obstacle::UserId
        | Obstacle::UserIdTaken
        | Obstacle::NeedsAnother
        | Obstacle::Waits
        | Obstacle::Gone
        | Obstacle::LastManager => "user_id",
    }
}

fn faults(locale: Locale, obstacles: Vec<Obstacle>) -> Vec<Fault> {
    obstacles.into_iter().map(|one| Fault { input: input(one), text: sentence(locale, one) }).collect()
}

/// To the list after a deed, or the list with the reason why not.
async fn after(portal: &Portal, at: &AtWork, done: Result<(), AccountError>) -> Answer {
    match done {
        Ok(()) => Ok(to(ADDRESS)),
        Err(AccountError::Refused(obstacles)) => {
            let locale = at.desk.locale();
            let sentences: Vec<String> = obstacles.into_iter().map(|one| sentence(locale, one)).collect();
            shown(portal, at, Said::Refused(sentences.join(" "))).await
        }
        Err(AccountError::Flow(error)) => Err(error.into()),
    }
}

fn ticked(form: &mut FormBody) -> Result<Vec<Role>, WebError> {
    form.take_asked("role").into_iter().map(|(_, word)| word.parse().map_err(|_| WebError::Unreadable)).collect()
}

fn staff_of(path: &Path<String>) -> Result<StaffId, WebError> {
    path.parse().map_err(|_| WebError::NotFound)
}

/// `GET /staff/people`
pub async fn list(portal: Data<Portal>, at: AtWork) -> Answer {
    shown(&portal, &at, Said::Nothing).await
}

/// `GET /staff/people/invite`
pub async fn invite(portal: Data<Portal>, at: AtWork) -> Answer {
    staff_proposal::may_invite(&portal, &at.who.staff).await?;
    Ok(page(StatusCode::OK, pages::invite(&at.desk, &Typed::default(), &[])))
}

/// `POST /staff/people/invite`
pub async fn propose_member(portal: Data<Portal>, at: AtWork, mut form: FormBody) -> Answer {
    staff_proposal::may_invite(&portal, &at.who.staff).await?;
    let typed = Typed {
        user_id: form.take("user_id"),
        name: form.take("name"),
        person_id: form.take("person_id"),
        roles: ticked(&mut form)?,
    };
    let new = NewMember {
        user_id: &typed.user_id,
        display_name: &typed.name,
        person_id: &typed.person_id,
        roles: &typed.roles,
    };
    match staff_proposal::propose_member(&portal, &at.who.staff, &new).await {
        Err(AccountError::Refused(obstacles)) => {
            let faults = faults(at.desk.locale(), obstacles);
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, pages::invite(&at.desk, &typed, &faults)))
        }
        done => after(&portal, &at, done).await,
    }
}

/// Somebody whose roles who asks may change.
async fn with_roles(portal: &Portal, at: &AtWork, of: StaffId) -> Result<pages::Row, WebError> {
    let found = staff_proposal::view(portal, &at.who.staff).await?;
    let member = found.members.iter().find(|member| member.staff.staff_id == of);
    member.map(row).ok_or(WebError::NotFound)
}

/// `GET /staff/people/{staff}/roles`
pub async fn roles(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let row = with_roles(&portal, &at, staff_of(&path)?).await?;
    let now: Vec<Role> = row.roles.iter().collect();
    Ok(page(StatusCode::OK, pages::roles(&at.desk, &row, &now, &[])))
}

/// `POST /staff/people/{staff}/roles`
pub async fn propose_roles(portal: Data<Portal>, at: AtWork, path: Path<String>, mut form: FormBody) -> Answer {
    let (of, ticked) = (staff_of(&path)?, ticked(&mut form)?);
    match staff_proposal::propose(&portal, &at.who.staff, of, Wish::Roles(&ticked)).await {
        Err(AccountError::Refused(obstacles)) if obstacles.iter().all(|one| input(*one) == "role") => {
            let row = with_roles(&portal, &at, of).await?;
            let faults = faults(at.desk.locale(), obstacles);
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, pages::roles(&at.desk, &row, &ticked, &faults)))
        }
        done => after(&portal, &at, done).await,
    }
}

/// `POST /staff/people/{staff}/return`
pub async fn propose_return(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let done = staff_proposal::propose(&portal, &at.who.staff, staff_of(&path)?, Wish::Return).await;
    after(&portal, &at, done).await
}

/// `POST /staff/people/{staff}/enable`
pub async fn propose_enabling(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let done = staff_proposal::propose(&portal, &at.who.staff, staff_of(&path)?, Wish::Enable).await;
    after(&portal, &at, done).await
}

/// `GET /staff/people/{staff}/disable`
pub async fn ask_to_disable(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let member = staff_disable::view(&portal, &at.who.staff, staff_of(&path)?).await?;
    let id = member.staff_id.to_string();
    Ok(page(StatusCode::OK, pages::disable(&at.desk, &id, &member.display_name, &member.user_id)))
}

/// `POST /staff/people/{staff}/disable`
pub async fn disable(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let done = staff_disable::by_colleague(&portal, &at.who.staff, staff_of(&path)?).await;
    after(&portal, &at, done).await
}

/// `POST /staff/people/proposals/{proposal}/confirm`
pub async fn confirm(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let proposal = path.parse().map_err(|_| WebError::NotFound)?;
    match staff_proposal::confirm(&portal, &at.who.staff, proposal).await {
        Ok(Confirmed::Invited(token, until)) => {
            let address = portal.config.staff_url.join(&format!("/staff/invitation/{token}"));
            shown(&portal, &at, Said::Invited { address, until }).await
        }
        done => after(&portal, &at, done.map(drop)).await,
    }
}

/// `POST /staff/people/proposals/{proposal}/take-back`
pub async fn take_back(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let proposal = path.parse().map_err(|_| WebError::NotFound)?;
    staff_proposal::take_back(&portal, &at.who.staff, proposal).await?;
    Ok(to(ADDRESS))
}
