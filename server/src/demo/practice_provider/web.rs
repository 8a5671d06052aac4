//! The provider over HTTP. Invariant: its pages lead to itself and to the client that waits, and nothing of an answer is kept by a
//! browser or a proxy.

use std::{io, net::TcpListener, sync::Arc};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::Server,
    http::{StatusCode, header},
    middleware::DefaultHeaders,
    web::{self, Bytes, Data, Path, PayloadConfig, ServiceConfig},
};
use app::{
    chrome::{Chrome, MyNumber},
    pages::practice_provider::{self as pages, Choice, Entry},
    text::Locale,
};
use serde_json::{Value, json};

use super::{
    Fault, PracticeProvider, RealmName,
    authorize::{self, Refusal},
    parameters::Parameters,
    realm::Realm,
    sign, token,
};
use crate::assets;

const LARGEST_BODY: usize = 16 * 1024;

type Provider = Data<PracticeProvider>;

/// Serves the provider on a listener that is bound already. It runs until its handle stops it.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(provider: &Arc<PracticeProvider>, listener: TcpListener) -> io::Result<Server> {
    let provider = Data::from(Arc::clone(provider));
    let server = HttpServer::new(move || {
        let headers = DefaultHeaders::new()
            .add((header::CACHE_CONTROL, "no-store"))
            .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .add((header::REFERRER_POLICY, "no-referrer"));
        App::new()
            .app_data(provider.clone())
            .app_data(PayloadConfig::new(LARGEST_BODY))
            .configure(routes)
            .default_service(web::to(nothing_here))
            .wrap(headers)
    })
    .workers(1)
    .disable_signals();
    Ok(server.listen(listener)?.run())
}

fn routes(service: &mut ServiceConfig) {
    service
        .route("/api/realms/{realm}/.well-known/openid-configuration", web::get().to(metadata))
        .route("/api/realms/{realm}/protocol/openid-connect/auth", web::get().to(ask))
        .route("/api/realms/{realm}/login-actions/authenticate", web::post().to(answer))
        .route("/api/realms/{realm}/protocol/openid-connect/token", web::post().to(exchange))
        .route("/api/realms/{realm}/protocol/openid-connect/userinfo", web::get().to(userinfo))
        .route("/api/realms/{realm}/protocol/openid-connect/userinfo", web::post().to(userinfo))
        .route("/api/realms/{realm}/protocol/openid-connect/certs", web::get().to(keys))
        .route("/api/sign-transactions", web::post().to(begin_signing))
        .route("/api/sign-transactions/{transaction}/result", web::get().to(signing_result))
        .route("/directory", web::get().to(directory))
        .route("/directory", web::post().to(change_directory))
        .route("/static/{file}", web::get().to(file));
}

fn realm_of<'a>(provider: &'a PracticeProvider, path: &str) -> Option<&'a Realm> {
    path.parse().ok().map(|name: RealmName| provider.realm(name))
}

fn not_found() -> HttpResponse {
    HttpResponse::NotFound().json(json!({ "error": "not_found" }))
}

async fn metadata(provider: Provider, path: Path<String>) -> HttpResponse {
    realm_of(&provider, &path).map_or_else(not_found, |realm| HttpResponse::Ok().json(realm.metadata()))
}

async fn keys(provider: Provider, path: Path<String>) -> HttpResponse {
    let Some(realm) = realm_of(&provider, &path) else { return not_found() };
    let mut state = realm.state();
    state.key_fetches += 1;
    HttpResponse::Ok().json(state.keys.published())
}

/// The frame of a page.
fn chrome(provider: &PracticeProvider, request: &HttpRequest, of_staff: bool) -> Chrome {
    let offered = &provider.locales;
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let locale = authorize::asked_locale(request.query_string().as_bytes(), offered)
        .or_else(|| Locale::negotiate(accepted?, offered))
        .unwrap_or_default();
    Chrome {
        locale: if of_staff { locale.for_staff() } else { locale },
        offered: Vec::new(),
        nonce: String::new(),
        style: assets::STYLE,
        scripts: Vec::new(),
        module: None,
        icon: assets::ICON,
        municipality: String::new(),
        phone: String::new(),
        path: request.path().to_owned(),
        signed_in: false,
        session_seconds: None,
        card_sign_in: false,
        my_number: MyNumber::Off,
        demo: true,
        preview: false,
    }
}

/// Chromium holds a form's redirects to `form-action` as well.
fn page(status: StatusCode, html: String, leads_to: Option<&str>) -> HttpResponse {
    let client = leads_to.map(|origin| format!(" {origin}")).unwrap_or_default();
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            format!(
                "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{client}; base-uri 'none'; \
                 frame-ancestors 'none'"
            ),
        ))
        .body(html)
}

fn to(address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}

/// `auth`: the page on which one of the people is chosen.
async fn ask(provider: Provider, request: HttpRequest, path: Path<String>) -> HttpResponse {
    let Some(realm) = realm_of(&provider, &path) else { return not_found() };
    let chrome = chrome(&provider, &request, realm.name == RealmName::Staff);
    let name = match authorize::ask(&provider, realm, request.query_string().as_bytes()) {
        Ok(name) => name,
        Err(Refusal::There(address)) => return to(&address),
        Err(Refusal::Here(what)) => return page(StatusCode::BAD_REQUEST, pages::refused(&chrome, what), None),
    };
    let people = realm.people.iter().map(|person| Choice { id: person.id, name: person.name, about: &person.about });
    let html = pages::choose(
        &chrome,
        &pages::Choosing {
            action: &format!("/api/realms/{}/login-actions/authenticate", realm.name),
            request: &name,
            of_staff: realm.name == RealmName::Staff,
            people: people.collect(),
            faults: &Fault::ALL.map(Fault::as_str),
        },
    );
    page(StatusCode::OK, html, authorize::origin_of_client(realm, &name).as_deref())
}

/// What the person chose.
async fn answer(provider: Provider, request: HttpRequest, path: Path<String>, body: Bytes) -> HttpResponse {
    let Some(realm) = realm_of(&provider, &path) else { return not_found() };
    match authorize::answer(&provider, realm, &body) {
        Some(address) => to(&address),
        None => {
            let chrome = chrome(&provider, &request, realm.name == RealmName::Staff);
            page(StatusCode::GONE, pages::over(&chrome), None)
        }
    }
}

async fn exchange(provider: Provider, path: Path<String>, body: Bytes) -> HttpResponse {
    let Some(realm) = realm_of(&provider, &path) else { return not_found() };
    match token::fault_of(realm, &body) {
        Some(Fault::ServerError) => return HttpResponse::InternalServerError().finish(),
        Some(Fault::Slow) => actix_web::rt::time::sleep(provider.slow).await,
        _ => {}
    }
    match token::exchange(&provider, realm, &body) {
        Ok(tokens) => HttpResponse::Ok().json(tokens),
        Err(token::TokenError { error, what }) => {
            let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
            HttpResponse::build(status).json(json!({ "error": error, "error_description": what }))
        }
    }
}

async fn userinfo(provider: Provider, request: HttpRequest, path: Path<String>) -> HttpResponse {
    let Some(realm) = realm_of(&provider, &path) else { return not_found() };
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let told: Option<Value> = header
        .and_then(|value| value.strip_prefix("Bearer "))
        .and_then(|token| token::userinfo(&provider, realm, token));
    match told {
        Some(told) => HttpResponse::Ok().json(told),
        None => HttpResponse::Unauthorized()
            .insert_header((header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""))
            .json(json!({ "error": "invalid_token" })),
    }
}

fn bearer(request: &HttpRequest) -> &str {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    header.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default()
}

/// 「署名API」 `POST /api/sign-transactions`
async fn begin_signing(provider: Provider, request: HttpRequest, body: Bytes) -> HttpResponse {
    match sign::begin(&provider, bearer(&request), &body) {
        Some(begun) => HttpResponse::Created().json(begun),
        None => HttpResponse::BadRequest().json(json!({ "error": "invalid_request" })),
    }
}

/// 「署名API」 `GET /api/sign-transactions/{transaction}/result`: keys may have to be made first.
async fn signing_result(provider: Provider, request: HttpRequest, path: Path<String>) -> HttpResponse {
    let token = bearer(&request).to_owned();
    let result = web::block(move || sign::result(&provider, &token, &path)).await;
    match result.ok().flatten() {
        Some(envelope) => HttpResponse::Ok().content_type("application/jose").body(envelope),
        None => HttpResponse::NotFound().json(json!({ "error": "not_found" })),
    }
}

/// `GET /directory`: the staff realm as the city's directory.
async fn directory(provider: Provider, request: HttpRequest) -> HttpResponse {
    let realm = provider.realm(RealmName::Staff);
    let removed = realm.state().removed.clone();
    let people = realm.people.iter().map(|person| Entry {
        choice: Choice { id: person.id, name: person.name, about: &person.about },
        is_listed: !removed.contains(person.id),
    });
    page(StatusCode::OK, pages::directory(&chrome(&provider, &request, true), &people.collect::<Vec<_>>()), None)
}

/// `POST /directory`
async fn change_directory(provider: Provider, request: HttpRequest, body: Bytes) -> HttpResponse {
    // Another site's page must not take anybody off.
    let from = request.headers().get(header::ORIGIN).and_then(|value| value.to_str().ok());
    let same = request.headers().get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    if !same && from != Some(provider.origin()) {
        return HttpResponse::Forbidden().finish();
    }
    let Some(parameters) = Parameters::parse(&body) else { return HttpResponse::BadRequest().finish() };
    for (name, is_listed) in [("remove", false), ("restore", true)] {
        if let Some(person) = parameters.get(name) {
            provider.set_listed(person, is_listed).await;
        }
    }
    to("/directory")
}

async fn file(request: HttpRequest) -> HttpResponse {
    match assets::find(request.path()) {
        Some(file) => HttpResponse::Ok().content_type(file.content_type).body(file.body),
        None => not_found(),
    }
}

async fn nothing_here(provider: Provider, request: HttpRequest) -> HttpResponse {
    page(StatusCode::NOT_FOUND, pages::nothing_here(&chrome(&provider, &request, false)), None)
}
