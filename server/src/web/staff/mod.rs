//! The staff's side over HTTP. Invariant: a handler that needs somebody of the staff takes [`AtWork`] as an argument; it is
//! made here only, asked anew of the database at every request.

pub mod amend;
pub mod assigned;
pub mod audit;
pub mod beside;
pub mod case;
pub mod command;
mod csv;
pub mod entry;
pub mod entry_check;
pub mod events;
pub mod handover;
pub mod log;
pub mod mail;
pub mod media;
pub mod message;
pub mod non_disclosure;
pub mod note;
pub mod notices;
pub mod people;
pub mod pregnancy_end;
pub mod provider;
pub mod queue;
pub mod reports;
pub mod roles;
pub mod send_back;
pub mod sessions;
pub mod sign_in;
pub mod slots;
pub mod take_over;
pub mod tasks;
pub mod transfer;
pub mod viewer;
pub mod way_back;

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header, web::Data};
use app::pages::staff::{Desk, Person};
use intake::access::{Action, may};

use super::{
    cookies::{self, Name},
    error::WebError,
    guard::plain_chrome,
};
use crate::{
    assets,
    flows::{
        own_log,
        staff_sign_in::{self, SignedInStaff},
        task,
    },
    portal::Portal,
};

/// Anybody on the staff plane.
pub struct AtDesk {
    /// Who, if somebody has signed in.
    pub who: Option<SignedInStaff>,
    /// The frame of a page.
    pub desk: Desk,
}

/// A member of staff who has signed in and may act now.
pub struct AtWork {
    /// Who.
    pub who: SignedInStaff,
    /// The frame of a page.
    pub desk: Desk,
}

async fn at_desk(request: &HttpRequest, portal: &Portal) -> Result<AtDesk, WebError> {
    let mut chrome = plain_chrome(request, portal);
    chrome.scripts.push(assets::STAFF);
    let who = match cookies::read_token(request, &portal.config, Name::StaffSession) {
        Some(hash) => staff_sign_in::who(portal, &hash).await?,
        None => None,
    };
    let tasks_waiting = match &who {
        Some(who) => task::waiting(portal, &who.staff).await?,
        None => 0,
    };
    let person = who.as_ref().map(|who| Person {
        name: who.staff.display_name.clone(),
        roles: who.staff.roles,
        sees_queue: may(who.staff.roles, Action::SeeQueue),
        sees_assigned: may(who.staff.roles, Action::ReadCase) && !may(who.staff.roles, Action::SeeQueue),
        sees_mail: may(who.staff.roles, Action::SeeUndeliveredMail),
        sees_reports: may(who.staff.roles, Action::SeeReports),
        reads_audit: may(who.staff.roles, Action::ReadAudit),
        types_in: may(who.staff.roles, Action::EnterPaper),
        sees_slots: may(who.staff.roles, Action::ManageSlots),
        sees_handover: may(who.staff.roles, Action::SeeHandover),
        sees_tasks: may(who.staff.roles, Action::SeeTasks),
        tasks_waiting,
        sees_media: may(who.staff.roles, Action::CarryBatches) || may(who.staff.roles, Action::ApproveCarriage),
        sees_people: may(who.staff.roles, Action::ManageStaff),
    });
    let previous = match &who {
        Some(who) => own_log::previous_sign_in(portal, &who.staff).await?,
        None => None,
    };
    Ok(AtDesk { who, desk: Desk::new(chrome, person).signed_in_before(previous) })
}

type Guarded<T> = Pin<Box<dyn Future<Output = Result<T, WebError>>>>;

impl FromRequest for AtDesk {
    type Error = WebError;
    type Future = Guarded<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let portal = request.app_data::<Data<Portal>>().ok_or(WebError::Broken)?;
            at_desk(&request, portal).await
        })
    }
}

impl FromRequest for AtWork {
    type Error = WebError;
    type Future = Guarded<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let anybody = AtDesk::from_request(request, payload);
        Box::pin(async move {
            let AtDesk { who, desk } = anybody.await?;
            Ok(Self { who: who.ok_or(WebError::StaffSignInFirst)?, desk })
        })
    }
}

type Answer = Result<HttpResponse, WebError>;

fn to(address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}
