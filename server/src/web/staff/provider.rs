//! 「共通基盤」 The way to the city's own provider and back, and its word that somebody is signed out. Invariant: what the provider
//! sends is believed by `flows::staff_provider` or by nobody; whatever comes of it, its code leaves the address line.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Query},
};
use app::pages::staff::sign_in as pages;
use serde_json::json;

use super::{Answer, AtDesk, sign_in::SIGN_IN, to};
use crate::{
    flows::{
        card::Callback,
        random,
        staff_provider::{self, Arrived, Trouble},
    },
    portal::Portal,
    seal::token_hash,
    web::{
        body::FormBody,
        cookies::{self, Name},
        error::WebError,
        frame::page,
        guard::device,
        limits::Limits,
    },
};

fn not_done(why: Trouble) -> HttpResponse {
    to(&format!("{SIGN_IN}?why={}", why.as_str()))
}

/// `POST /staff/sign-in/provider`: to the provider.
pub async fn begin(request: HttpRequest, portal: Data<Portal>, at: AtDesk) -> Answer {
    if at.who.is_some() {
        return Ok(to("/staff"));
    }
    // Two tabs of one browser have one cookie: neither takes the way back from the other.
    let known = cookies::read_token(&request, &portal.config, Name::StaffProvider);
    let new: Option<[u8; 32]> = known.is_none().then(random);
    let browser = new.map(|token| token_hash(&token)).or(known).ok_or(WebError::Broken)?;
    Ok(match staff_provider::begin(&portal, browser).await? {
        Ok(address) => {
            let mut answer = HttpResponse::SeeOther();
            answer.insert_header((header::LOCATION, address.as_str()));
            if let Some(token) = new {
                answer.cookie(cookies::make_token(&portal.config, Name::StaffProvider, &token));
            }
            answer.finish()
        }
        Err(why) => not_done(why),
    })
}

/// `GET /staff/sign-in/callback`: back from the provider.
pub async fn arrive(
    request: HttpRequest,
    portal: Data<Portal>,
    at: AtDesk,
    callback: Option<Query<Callback>>,
) -> Answer {
    let callback = callback.ok_or(WebError::Unreadable)?;
    let browser = cookies::read_token(&request, &portal.config, Name::StaffProvider);
    let (cookie, next) = match staff_provider::arrive(&portal, browser, device(&request), &callback).await? {
        Arrived::SignedIn(token) => (cookies::make_token(&portal.config, Name::StaffSession, &token), "/staff"),
        Arrived::NeedsPasskey(token) => {
            (cookies::make(&portal.config, Name::StaffPassword, token), "/staff/sign-in/passkey")
        }
        Arrived::Not(why) => return Ok(not_done(why)),
    };
    let mut answer = page(StatusCode::OK, pages::go_on(&at.desk, next));
    // A redirection would be one of the provider's site, on which a browser leaves out what is `SameSite=Strict`.
    let refresh = header::HeaderValue::from_str(&format!("0; url={next}")).map_err(|_| WebError::Broken)?;
    answer.headers_mut().insert(header::HeaderName::from_static("refresh"), refresh);
    answer.add_cookie(&cookie).map_err(|_| WebError::Broken)?;
    Ok(answer)
}

/// `POST /staff/provider/logout`: the provider says that somebody is signed out (OpenID Connect Back-Channel Logout 1.0 §2.5).
pub async fn sign_out(request: HttpRequest, portal: Data<Portal>, mut form: FormBody) -> Answer {
    if let Some(limits) = request.app_data::<Data<Limits>>()
        && let Err(over) = limits.check_job(&request, &portal.config)
    {
        portal.metrics.rate_limited(over.limit);
        return Err(WebError::TooMany(over.seconds));
    }
    Ok(match staff_provider::sign_out(&portal, &form.take("logout_token")).await? {
        Ok(_) => HttpResponse::Ok().finish(),
        Err(refused) => HttpResponse::BadRequest()
            .json(json!({ "error": "invalid_request", "error_description": refused.as_str() })),
    })
}
