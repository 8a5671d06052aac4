//! Sign-in of staff and the answer to an invitation. Invariant: both factors, one after the other; a password is never sent
//! back to the browser.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};
use app::{
    pages::staff::{
        Desk, message,
        sign_in::{self as pages, Ceremony, InvitationFaults, Invited, Notice},
    },
    text::Locale,
};
use serde::Deserialize;

use super::{Answer, AtDesk, to};
use crate::{
    assets,
    flows::{
        password::PasswordFault,
        staff_provider::Trouble,
        staff_sign_in::{self, Joined, Joining, PasskeyTurn},
    },
    portal::Portal,
    store::staff::Staff,
    web::{
        body::FormBody,
        cookies::{self, Name},
        frame::page,
        guard::device,
    },
};

pub(super) const SIGN_IN: &str = "/staff/sign-in";

/// Why the page is shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Why {
    why: String,
}

fn for_ceremony(desk: &Desk) -> Desk {
    desk.clone().with_scripts(&[assets::PASSKEY], &[assets::PRACTICE_AUTHENTICATOR])
}

/// `GET /staff/sign-in`
pub async fn password(portal: Data<Portal>, at: AtDesk, why: Query<Why>) -> HttpResponse {
    if at.who.is_some() {
        return to("/staff");
    }
    let notice = match why.why.as_str() {
        "joined" => Notice::Joined,
        "over" => Notice::Over,
        why => {
            let trouble = Trouble::ALL.into_iter().find(|trouble| trouble.as_str() == why);
            trouble.map_or(Notice::None, |trouble| Notice::Provider(trouble.as_str()))
        }
    };
    page(StatusCode::OK, pages::password(&at.desk, "", notice, portal.staff_provider.is_some()))
}

/// `POST /staff/sign-in`
pub async fn enter_password(portal: Data<Portal>, at: AtDesk, mut form: FormBody) -> Answer {
    let (user_id, typed) = (form.take("user_id"), form.take("password"));
    match staff_sign_in::enter_password(&portal, &user_id, &typed).await? {
        Some(token) => Ok(HttpResponse::SeeOther()
            .cookie(cookies::make(&portal.config, Name::StaffPassword, token))
            .insert_header((header::LOCATION, "/staff/sign-in/passkey"))
            .finish()),
        None => {
            let html = pages::password(&at.desk, &user_id, Notice::Refused, portal.staff_provider.is_some());
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, html))
        }
    }
}

fn too_late(portal: &Portal) -> HttpResponse {
    HttpResponse::SeeOther()
        .cookie(cookies::remove(&portal.config, Name::StaffPassword))
        .insert_header((header::LOCATION, format!("{SIGN_IN}?why=over")))
        .finish()
}

async fn ask_for_passkey(portal: &Portal, at: &AtDesk, token: &str, status: StatusCode) -> Answer {
    let Some(begun) = staff_sign_in::begin_passkey(portal, token).await? else { return Ok(too_late(portal)) };
    let ceremony = Ceremony { ceremony: &begun.ceremony, options: &begun.options, credential: "" };
    let refused = status != StatusCode::OK;
    Ok(page(status, pages::passkey(&for_ceremony(&at.desk), ceremony, refused)))
}

/// `GET /staff/sign-in/passkey`
pub async fn passkey(request: HttpRequest, portal: Data<Portal>, at: AtDesk) -> Answer {
    match cookies::read(&request, &portal.config, Name::StaffPassword) {
        Some(token) => ask_for_passkey(&portal, &at, &token, StatusCode::OK).await,
        None => Ok(to(SIGN_IN)),
    }
}

/// `POST /staff/sign-in/passkey`
pub async fn enter_passkey(request: HttpRequest, portal: Data<Portal>, at: AtDesk, mut form: FormBody) -> Answer {
    let Some(token) = cookies::read(&request, &portal.config, Name::StaffPassword) else { return Ok(to(SIGN_IN)) };
    let (ceremony, credential) = (form.take("ceremony"), form.take("credential"));
    match staff_sign_in::finish_passkey(&portal, &token, &ceremony, &credential, device(&request)).await? {
        PasskeyTurn::SignedIn(session) => Ok(HttpResponse::SeeOther()
            .cookie(cookies::make_token(&portal.config, Name::StaffSession, &session))
            .cookie(cookies::remove(&portal.config, Name::StaffPassword))
            .insert_header((header::LOCATION, "/staff"))
            .finish()),
        PasskeyTurn::Refused => ask_for_passkey(&portal, &at, &token, StatusCode::UNPROCESSABLE_ENTITY).await,
        PasskeyTurn::Over => Ok(too_late(&portal)),
    }
}

/// `POST /staff/sign-out`
pub async fn sign_out(portal: Data<Portal>, at: AtDesk) -> Answer {
    if let Some(who) = at.who {
        staff_sign_in::sign_out(&portal, who.staff.staff_id, &who.session.session_hash).await?;
    }
    Ok(HttpResponse::SeeOther()
        .cookie(cookies::remove(&portal.config, Name::StaffSession))
        .insert_header((header::LOCATION, SIGN_IN))
        .finish())
}

fn over(desk: &Desk) -> HttpResponse {
    page(StatusCode::GONE, message::invitation_over(desk))
}

fn invited(member: &Staff) -> Invited<'_> {
    if member.is_provided() { Invited::Provided(&member.display_name) } else { Invited::Called(&member.user_id) }
}

async fn begin_anew(portal: &Portal, at: &AtDesk, token: &str, faults: &InvitationFaults) -> Answer {
    let Some((member, begun)) = staff_sign_in::begin_joining(portal, token).await? else { return Ok(over(&at.desk)) };
    let ceremony = Ceremony { ceremony: &begun.ceremony, options: &begun.options, credential: "" };
    let is_good = faults.password.is_none() && faults.again.is_none() && faults.passkey.is_none();
    let status = if is_good { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(page(status, pages::invitation(&for_ceremony(&at.desk), token, invited(&member), ceremony, faults)))
}

/// `GET /staff/invitation/{token}`
pub async fn invitation(portal: Data<Portal>, at: AtDesk, token: Path<String>) -> Answer {
    begin_anew(&portal, &at, &token, &InvitationFaults::default()).await
}

fn faults(locale: Locale, fault: PasswordFault) -> InvitationFaults {
    let key = match fault {
        PasswordFault::TooShort => "password-too-short",
        PasswordFault::TooLong => "password-too-long",
        PasswordFault::Common => "password-common",
        PasswordFault::HasUserId => "password-has-user-id",
        PasswordFault::NotTheSame => {
            return InvitationFaults {
                again: Some(locale.say("password-not-the-same")),
                ..InvitationFaults::default()
            };
        }
    };
    InvitationFaults { password: Some(locale.say(key)), ..InvitationFaults::default() }
}

/// `POST /staff/invitation/{token}`
pub async fn join(portal: Data<Portal>, at: AtDesk, token: Path<String>, mut form: FormBody) -> Answer {
    let (password, again) = (form.take("password"), form.take("password_again"));
    let (ceremony, credential) = (form.take("ceremony"), form.take("credential"));
    let sent = Joining { password: &password, again: &again, ceremony: &ceremony, credential: &credential };
    let locale = at.desk.locale();
    match staff_sign_in::join(&portal, &token, &sent).await? {
        Joined::Yes => Ok(to(&format!("{SIGN_IN}?why=joined"))),
        Joined::Over => Ok(over(&at.desk)),
        Joined::Passkey => {
            let passkey = Some(locale.say("invitation-passkey-failed"));
            begin_anew(&portal, &at, &token, &InvitationFaults { passkey, ..InvitationFaults::default() }).await
        }
        Joined::Password(fault) if credential.is_empty() => {
            begin_anew(&portal, &at, &token, &faults(locale, fault)).await
        }
        Joined::Password(fault) => {
            // What the device made stays in the page, with its ceremony.
            let Some(member) = staff_sign_in::view_invitation(&portal, &token).await? else {
                return Ok(over(&at.desk));
            };
            let ceremony = Ceremony { ceremony: &ceremony, options: "{}", credential: &credential };
            let desk = for_ceremony(&at.desk);
            let html = pages::invitation(&desk, &token, invited(&member), ceremony, &faults(locale, fault));
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, html))
        }
    }
}
