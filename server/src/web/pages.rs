//! The start page, the language choice, and files. Invariant: nothing here shows anything of anybody.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Data,
};
use app::{pages::start, text::Locale};

use super::{
    body::FormBody,
    cookies::{self, Name},
    error::WebError,
    frame::page,
    guard::Visitor,
    sign_in::local_path,
};
use crate::{
    assets,
    flows::{account, pregnancy_end},
    portal::Portal,
};

/// `GET /`
pub async fn start(portal: Data<Portal>, visitor: Visitor) -> Result<HttpResponse, WebError> {
    let mut forms: Vec<_> = portal.all_offered();
    // 「妊娠の終了」 What follows the pregnancy is not held out to her; at its address it is there as ever.
    if let Some(session) = visitor.session
        && pregnancy_end::told_at(&portal, session.account).await?.is_some()
    {
        forms.retain(|form| form.follows.is_none());
    }
    Ok(page(StatusCode::OK, start::start(visitor.chrome(), &forms)))
}

/// `POST /language`: keeps the language, also for mail to a parent who has signed in, and goes back to where it was chosen.
pub async fn language(portal: Data<Portal>, visitor: Visitor, mut form: FormBody) -> Result<HttpResponse, WebError> {
    let chosen = Locale::parse(&form.take("locale")).filter(|locale| portal.config.locales.contains(locale));
    let locale = chosen.ok_or(WebError::Unreadable)?;
    if let Some(session) = visitor.session {
        account::choose_language(&portal, session.account, locale.code()).await?;
    }
    Ok(HttpResponse::SeeOther()
        .cookie(cookies::make(&portal.config, Name::Locale, locale.code().to_owned()))
        .insert_header((header::LOCATION, local_path(&form.take("back"), "/")))
        .finish())
}

/// `GET /static/{file}`
pub async fn file(request: HttpRequest, portal: Data<Portal>) -> Result<HttpResponse, WebError> {
    let find = if portal.config.demo { assets::find_in_demo } else { assets::find };
    let file = find(request.path()).ok_or(WebError::NotFound)?;
    let takes_brotli = request
        .headers()
        .get_all(header::ACCEPT_ENCODING)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| coding.split(';').next().unwrap_or_default().trim() == "br");
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(file.content_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::VARY, "accept-encoding"));
    Ok(if takes_brotli {
        answer.insert_header((header::CONTENT_ENCODING, "br")).body(file.brotli)
    } else {
        answer.insert_header((header::CONTENT_ENCODING, "identity")).body(file.body)
    })
}

/// `GET /favicon.ico`
pub async fn icon() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, assets::ICON)).finish()
}

/// `GET /robots.txt`: the start page may be found, nothing else.
pub async fn robots() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("User-agent: *\nAllow: /$\nDisallow: /\n")
}
