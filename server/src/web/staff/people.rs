//! 「職員の再招待」 Invariant: the address of an invitation is shown once, to who confirmed it.

use actix_web::{
    http::StatusCode,
    web::{Data, Path},
};
use app::pages::staff::people as pages;

use super::{Answer, AtWork, to};
use crate::{
    flows::staff_return::{self, Member},
    portal::Portal,
    web::{error::WebError, frame::page},
};

const ADDRESS: &str = "/staff/people";

fn row(member: Member) -> pages::Row {
    pages::Row {
        id: member.staff.staff_id.to_string(),
        user_id: member.staff.user_id,
        name: member.staff.display_name,
        proposed: member.proposed,
        can_propose: member.can_propose,
        can_confirm: member.can_confirm,
    }
}

async fn shown(portal: &Portal, at: &AtWork, status: StatusCode, said: pages::Said) -> Answer {
    let rows: Vec<pages::Row> = staff_return::view(portal, &at.who.staff).await?.into_iter().map(row).collect();
    Ok(page(status, pages::page(&at.desk.clone().at(ADDRESS.to_owned()), &rows, &said)))
}

/// `GET /staff/people`
pub async fn list(portal: Data<Portal>, at: AtWork) -> Answer {
    shown(&portal, &at, StatusCode::OK, pages::Said::Nothing).await
}

/// `POST /staff/people/{staff}/return`
pub async fn propose(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    staff_return::propose(&portal, &at.who.staff, path.parse().map_err(|_| WebError::NotFound)?).await?;
    Ok(to(ADDRESS))
}

/// `POST /staff/people/{staff}/return-confirmed`
pub async fn confirm(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let of = path.parse().map_err(|_| WebError::NotFound)?;
    match staff_return::confirm(&portal, &at.who.staff, of).await? {
        Some((token, until)) => {
            let address = portal.config.staff_url.join(&format!("/staff/invitation/{token}"));
            shown(&portal, &at, StatusCode::OK, pages::Said::Invited { address, until }).await
        }
        None => shown(&portal, &at, StatusCode::UNPROCESSABLE_ENTITY, pages::Said::NeedsAnother).await,
    }
}
