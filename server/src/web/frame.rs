//! What happens around every handler. Invariant: every answer has the security headers, is counted and is logged by its
//! route, never by its path; a POST of a person is answered only if it comes from a page of ours.

use std::time::Instant as Stopwatch;

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use app::pages::{
    message::{self, Message},
    staff::{Desk, message as staff_message},
};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};

use super::{
    body::{self, FormBody},
    error::WebError,
    guard::{RequestId, plain_chrome},
    limits::Limits,
    number, problem,
};
use crate::{config::Config, flows::random, oidc, portal::Portal, routes};

/// What a page's scripts carry.
#[derive(Clone)]
pub(super) struct Nonce(pub String);

/// On an answer whose page compiles WebAssembly.
pub(super) struct CompilesWasm;

/// The middleware.
pub(super) async fn around(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    let begun = Stopwatch::now();
    let Some(portal) = request.app_data::<Data<Portal>>().cloned() else {
        return Err(actix_web::error::ErrorInternalServerError("no portal"));
    };
    let nonce = BASE64_STANDARD_NO_PAD.encode(random::<16>());
    request.extensions_mut().insert(Nonce(nonce.clone()));
    let id = RequestId::new();
    request.extensions_mut().insert(id.clone());

    let mut answer = match before(request, &portal).await {
        Ok(request) => next.call(request).await?,
        Err(early) => early,
    };
    let route = routes::pattern(answer.request().match_pattern().as_deref());
    let status = answer.status();
    let shown = answer.response_mut().extensions_mut().remove::<Message>();
    if let Some(message) = shown.or_else(|| bare_message(&answer)) {
        let for_machines = is_for_machines(answer.request().path());
        answer = if for_machines { with_problem(answer) } else { with_page(answer, &portal, message) };
    }
    let compiles = answer.response_mut().extensions_mut().remove::<CompilesWasm>().is_some();
    set_headers(answer.headers_mut(), &portal.config, &nonce, (route, compiles));
    portal.metrics.request(route, status.as_u16(), begun.elapsed().as_secs_f64());
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let method = answer.request().method().as_str();
    tracing::info!(request_id = %id.0, route, method, status = status.as_u16(), micros, "answered");
    Ok(answer)
}

/// What is settled before a handler is asked.
async fn before(request: ServiceRequest, portal: &Portal) -> Result<ServiceRequest, ServiceResponse<BoxBody>> {
    let config = &portal.config;
    if let Some(address) = the_demo_is_called_localhost(&request, config) {
        let moved = HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, address)).finish();
        return Err(request.into_response(moved));
    }
    if let Some(limits) = request.app_data::<Data<Limits>>()
        && !is_for_machines(request.path())
        && let Err(over) = limits.check(&request, config)
    {
        portal.metrics.rate_limited(over.limit);
        return Err(request.into_response(WebError::TooMany(over.seconds).error_response()));
    }
    // A mail program presses there by itself (RFC 8058): it has no page and no cookie, and the token is the proof.
    let is_one_click = request.path().starts_with("/mail/stop/");
    if request.method() != Method::POST || is_one_click || is_for_machines(request.path()) {
        return Ok(request);
    }
    match origin(request.headers(), config) {
        Origin::Ours => Ok(request),
        Origin::Foreign => Err(request.into_response(WebError::Foreign.error_response())),
        Origin::Unknown => Err(ask_to_send_again(request, portal).await),
    }
}

/// Import jobs and operators bring no cookie that could be abused, and are limited where their token is read.
fn is_for_machines(path: &str) -> bool {
    ["/handover/", "/.well-known/", "/healthz", "/readyz", oidc::STAFF_LOGOUT]
        .iter()
        .any(|start| path.starts_with(start))
}

/// Passkeys and the origin check need a name, so the demo's numbers lead to it (decisions.md).
fn the_demo_is_called_localhost(request: &ServiceRequest, config: &Config) -> Option<String> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let is_numeric = host.starts_with("127.0.0.1") || host.starts_with("[::1]");
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    (config.demo && is_numeric && !is_for_machines(path)).then(|| config.public_url.join(path))
}

enum Origin {
    Ours,
    Foreign,
    Unknown,
}

/// `Sec-Fetch-Site`, else `Origin` (decisions.md, CSRF).
fn origin(headers: &HeaderMap, config: &Config) -> Origin {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return if matches!(site, "same-origin" | "none") { Origin::Ours } else { Origin::Foreign };
    }
    match text(header::ORIGIN) {
        Some(origin) if origin == config.public_url.origin() || origin == config.staff_url.origin() => Origin::Ours,
        Some(_) => Origin::Foreign,
        None => Origin::Unknown,
    }
}

/// An old browser that says nothing: the same input once more, from a page of ours.
async fn ask_to_send_again(mut request: ServiceRequest, portal: &Portal) -> ServiceResponse<BoxBody> {
    // Nothing that was sent to the page for the 個人番号 is shown anywhere.
    if request.path().ends_with(number::PAGE) {
        return request.into_response(WebError::Foreign.error_response());
    }
    let (parts, payload) = request.parts_mut();
    let typed = body::read(parts, payload).await.map(|body| FormBody::parse(&body));
    let answer = match typed {
        Err(error) => error.error_response(),
        Ok(None) => WebError::Unreadable.error_response(),
        Ok(Some(typed)) => {
            let chrome = plain_chrome(request.request(), portal);
            page(StatusCode::FORBIDDEN, message::send_again(&chrome, typed.inputs()))
        }
    };
    request.into_response(answer)
}

/// The framework's own answers have no body: a wrong method, a path that is not well-formed.
fn bare_message(answer: &ServiceResponse<BoxBody>) -> Option<Message> {
    use actix_web::body::{BodySize, MessageBody};
    let is_bare = matches!(answer.response().body().size(), BodySize::None | BodySize::Sized(0));
    match answer.status() {
        StatusCode::METHOD_NOT_ALLOWED if is_bare => Some(Message::NotFound),
        status if is_bare && status.is_client_error() => Some(Message::BadRequest),
        status if is_bare && status.is_server_error() => Some(Message::Busy),
        _ => None,
    }
}

/// Programs read problem details, not pages.
fn with_problem(answer: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let json = problem::body(answer.status(), None);
    let mut answer = answer.map_body(|_, _| BoxBody::new(json));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::MEDIA_TYPE));
    answer
}

fn with_page(answer: ServiceResponse<BoxBody>, portal: &Portal, message: Message) -> ServiceResponse<BoxBody> {
    let request: &HttpRequest = answer.request();
    let wants_page = !request.path().ends_with("/save") && answer.status() != StatusCode::SEE_OTHER;
    if !wants_page {
        return answer;
    }
    let chrome = plain_chrome(request, portal);
    let of_staff = message == Message::NotFound && request.path().starts_with("/staff");
    let (html, language) = if of_staff {
        let desk = Desk::new(chrome, None);
        (staff_message::not_found(&desk), desk.locale().lang())
    } else {
        (message::page(&chrome, message), chrome.locale.lang())
    };
    let mut answer = answer.map_body(|_, _| BoxBody::new(html));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
    answer
}

/// A page with its status.
pub(super) fn page(status: StatusCode, html: String) -> HttpResponse {
    HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html)
}

/// Pages with a form that leads to the identity provider.
const ROUTES_TO_THE_PROVIDER: [&str; 4] =
    ["/sign-in/mynaapp", "/sign-in/mynaapp/mail", "/sign-in/mynaapp/code", "/oidc/callback"];

/// The same for staff and the city's own provider.
const ROUTES_TO_THE_STAFFS_PROVIDER: [&str; 2] = ["/staff/sign-in", "/staff/sign-in/provider"];

fn set_headers(headers: &mut HeaderMap, config: &Config, nonce: &str, (route, compiles): (&str, bool)) {
    let is_strict = headers.contains_key(header::CONTENT_SECURITY_POLICY);
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    // Chromium also looks at where a form's answer leads.
    let provider = match route {
        _ if ROUTES_TO_THE_PROVIDER.contains(&route) => config.oidc.as_ref(),
        _ if ROUTES_TO_THE_STAFFS_PROVIDER.contains(&route) => config.staff_provider.as_ref().map(|one| &one.oidc),
        _ => None,
    };
    let provider = provider.map_or_else(String::new, |oidc| format!(" {}", oidc.issuer.origin()));
    // What somebody else sent has a stricter one.
    if !is_strict {
        set(
            header::CONTENT_SECURITY_POLICY,
            &format!(
                "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic'{}; \
                 connect-src 'self'; form-action 'self'{provider}; base-uri 'none'; frame-ancestors 'none'",
                if compiles { " 'wasm-unsafe-eval'" } else { "" }
            ),
        );
    }
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    // `no-referrer` would make a form's `Origin` null.
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if config.public_url.is_https() {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000");
    }
    if route != "/static/{file}" && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
