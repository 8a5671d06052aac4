//! The one table of routes. Invariant: what is not in [`ROUTES`] is not served, and a route exists only on its planes.

use std::cmp::Reverse;

use actix_web::{
    Route, Scope,
    guard::{Any, Get, Head},
    web::{self, PayloadConfig, ServiceConfig},
};

use crate::{
    config::Plane,
    flows::paper::PIECE,
    oidc::{STAFF_CALLBACK, STAFF_LOGOUT},
    web::{
        account, apply, autosave, booking, card, cases, demo, handover, health, help, info, mail, number, pages,
        papers, pregnancy_end, receipt, sign_in, signing, staff, two_texts,
    },
};

/// How a route is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// GET and HEAD.
    Get,
    /// POST.
    Post,
}

/// Who is let through. The handler's arguments enforce it; a test asks every route as nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Anybody.
    Anybody,
    /// A parent who has signed in.
    Citizen,
    /// An import job with a token of its destination.
    ImportJob,
    /// A member of staff who has signed in.
    Staff,
}

/// How many bytes a body may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// No body is read.
    Nothing,
    /// A form of one page.
    Form,
    /// A receipt over a thousand entries.
    Receipt,
    /// A piece of a photo; a form with photos is read piece by piece and counted where it is read.
    Piece,
}

impl Limit {
    const fn bytes(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Form => 64 * 1024,
            Self::Receipt => 1024 * 1024,
            Self::Piece => PIECE,
        }
    }
}

/// One row.
pub struct Row {
    /// How.
    pub verb: Verb,
    /// The pattern; the metrics and the log name a request by it.
    pub path: &'static str,
    /// Where it exists.
    pub planes: &'static [Plane],
    /// For whom.
    pub guard: Guard,
    /// The largest body.
    pub limit: Limit,
    /// Only in the demo.
    pub demo: bool,
    handler: fn() -> Route,
}

macro_rules! get {
    ($handler:path) => {
        || web::route().guard(Any(Get()).or(Head())).to($handler)
    };
}

macro_rules! post {
    ($handler:path) => {
        || web::post().to($handler)
    };
}

const CITIZEN: &[Plane] = &[Plane::Citizen];
const STAFF: &[Plane] = &[Plane::Staff];
const PEOPLE: &[Plane] = &[Plane::Citizen, Plane::Staff];
const JOBS: &[Plane] = &[Plane::Handover];
const PUBLIC: &[Plane] = &[Plane::Citizen, Plane::Handover];
const ALL: &[Plane] = &[Plane::Citizen, Plane::Staff, Plane::Handover];

const fn shown(path: &'static str, planes: &'static [Plane], guard: Guard, handler: fn() -> Route) -> Row {
    Row { verb: Verb::Get, path, planes, guard, limit: Limit::Nothing, demo: false, handler }
}

const fn sent(path: &'static str, planes: &'static [Plane], guard: Guard, handler: fn() -> Route) -> Row {
    Row { verb: Verb::Post, path, planes, guard, limit: Limit::Form, demo: false, handler }
}

const fn piece(path: &'static str, planes: &'static [Plane], guard: Guard, handler: fn() -> Route) -> Row {
    Row { limit: Limit::Piece, ..sent(path, planes, guard, handler) }
}

const fn in_the_demo(row: Row) -> Row {
    Row { demo: true, ..row }
}

/// Every route. Where two patterns fit, the first one of those that begin alike counts (see [`register`]).
pub static ROUTES: &[Row] = &[
    shown("/healthz", ALL, Guard::Anybody, get!(health::alive)),
    shown("/readyz", ALL, Guard::Anybody, get!(health::ready)),
    shown("/static/{file}", PEOPLE, Guard::Anybody, get!(pages::file)),
    shown("/favicon.ico", PEOPLE, Guard::Anybody, get!(pages::icon)),
    shown("/robots.txt", PEOPLE, Guard::Anybody, get!(pages::robots)),
    sent("/language", PEOPLE, Guard::Anybody, post!(pages::language)),
    shown("/", CITIZEN, Guard::Anybody, get!(pages::start)),
    shown("/privacy", CITIZEN, Guard::Anybody, get!(info::privacy)),
    shown("/accessibility", CITIZEN, Guard::Anybody, get!(info::accessibility)),
    shown("/benefit", CITIZEN, Guard::Anybody, get!(info::benefit)),
    shown("/moved-in", CITIZEN, Guard::Anybody, get!(info::moved_in)),
    shown("/help", CITIZEN, Guard::Anybody, get!(info::help)),
    shown("/apply/{form}", CITIZEN, Guard::Anybody, get!(apply::procedure)),
    sent("/apply/{form}", CITIZEN, Guard::Anybody, post!(apply::begin)),
    sent("/apply/{form}/discard", CITIZEN, Guard::Anybody, post!(apply::discard)),
    shown("/apply/{form}/saved", CITIZEN, Guard::Citizen, get!(apply::saved)),
    shown("/apply/{form}/check", CITIZEN, Guard::Anybody, get!(apply::check)),
    sent("/apply/{form}/check", CITIZEN, Guard::Citizen, post!(apply::send)),
    sent("/apply/{form}/card", CITIZEN, Guard::Citizen, post!(card::take)),
    shown("/apply/{form}/number", CITIZEN, Guard::Anybody, get!(number::page)),
    sent("/apply/{form}/number", CITIZEN, Guard::Anybody, post!(number::keep)),
    shown("/apply/{form}/sign", CITIZEN, Guard::Citizen, get!(signing::explain)),
    sent("/apply/{form}/sign", CITIZEN, Guard::Citizen, post!(signing::begin)),
    shown("/sign/callback", CITIZEN, Guard::Citizen, get!(signing::callback)),
    shown("/apply/{form}/papers", CITIZEN, Guard::Anybody, get!(papers::page)),
    sent("/apply/{form}/papers", CITIZEN, Guard::Anybody, post!(papers::add)),
    sent("/apply/{form}/papers/begin", CITIZEN, Guard::Anybody, post!(papers::begin_for_draft)),
    piece("/apply/{form}/papers/{upload}/piece", CITIZEN, Guard::Anybody, post!(papers::piece_for_draft)),
    sent("/apply/{form}/papers/{upload}/finish", CITIZEN, Guard::Anybody, post!(papers::finish_for_draft)),
    sent("/help", PEOPLE, Guard::Anybody, post!(help::help)),
    shown("/receipt/{receipt_number}.pdf", CITIZEN, Guard::Citizen, get!(receipt::pdf)),
    shown("/receipt/{receipt_number}", CITIZEN, Guard::Citizen, get!(receipt::page)),
    shown("/apply/{form}/both", CITIZEN, Guard::Citizen, get!(two_texts::both)),
    sent("/apply/{form}/both", CITIZEN, Guard::Citizen, post!(two_texts::settle)),
    shown("/apply/{form}/{page}", CITIZEN, Guard::Anybody, get!(apply::page)),
    sent("/apply/{form}/{page}", CITIZEN, Guard::Anybody, post!(apply::keep)),
    sent("/apply/{form}/{page}/save", CITIZEN, Guard::Anybody, post!(autosave::autosave)),
    shown("/cases", CITIZEN, Guard::Citizen, get!(cases::list)),
    shown("/cases/{receipt_number}", CITIZEN, Guard::Citizen, get!(cases::case)),
    sent("/cases/{receipt_number}/withdraw", CITIZEN, Guard::Citizen, post!(cases::withdraw)),
    sent("/cases/{receipt_number}/ask-to-withdraw", CITIZEN, Guard::Citizen, post!(cases::ask_to_withdraw)),
    sent("/cases/{receipt_number}/messages", CITIZEN, Guard::Citizen, post!(cases::write)),
    sent("/cases/{receipt_number}/refile", CITIZEN, Guard::Citizen, post!(cases::file_again)),
    shown("/pregnancy-end", CITIZEN, Guard::Citizen, get!(pregnancy_end::shown)),
    sent("/pregnancy-end", CITIZEN, Guard::Citizen, post!(pregnancy_end::tell)),
    sent("/pregnancy-end/take-back", CITIZEN, Guard::Citizen, post!(pregnancy_end::take_back)),
    shown("/cases/{receipt_number}/number", CITIZEN, Guard::Citizen, get!(number::of_filing)),
    sent("/cases/{receipt_number}/number", CITIZEN, Guard::Citizen, post!(number::keep_of_filing)),
    shown("/cases/{receipt_number}/correct", CITIZEN, Guard::Citizen, get!(cases::correction)),
    sent("/cases/{receipt_number}/correct", CITIZEN, Guard::Citizen, post!(cases::correct)),
    shown("/cases/{receipt_number}/booking", CITIZEN, Guard::Citizen, get!(booking::choose)),
    sent("/cases/{receipt_number}/booking", CITIZEN, Guard::Citizen, post!(booking::pick)),
    sent("/cases/{receipt_number}/booking/cancel", CITIZEN, Guard::Citizen, post!(booking::cancel)),
    sent("/cases/{receipt_number}/booking/wait", CITIZEN, Guard::Citizen, post!(booking::wait)),
    sent("/cases/{receipt_number}/booking/stop-waiting", CITIZEN, Guard::Citizen, post!(booking::stop_waiting)),
    shown("/cases/{receipt_number}/booking.ics", CITIZEN, Guard::Citizen, get!(booking::file)),
    sent("/cases/{receipt_number}/correct/papers/begin", CITIZEN, Guard::Citizen, post!(papers::begin_for_correction)),
    piece(
        "/cases/{receipt_number}/correct/papers/{upload}/piece",
        CITIZEN,
        Guard::Citizen,
        post!(papers::piece_for_correction),
    ),
    sent(
        "/cases/{receipt_number}/correct/papers/{upload}/finish",
        CITIZEN,
        Guard::Citizen,
        post!(papers::finish_for_correction),
    ),
    shown("/account", CITIZEN, Guard::Citizen, get!(account::overview)),
    // Mail: reminders stopped and taken up again, and help when none arrives.
    shown("/mail/help", CITIZEN, Guard::Anybody, get!(mail::help)),
    shown("/mail/stop/{token}", CITIZEN, Guard::Anybody, get!(mail::ask_to_stop)),
    sent("/mail/stop/{token}", CITIZEN, Guard::Anybody, post!(mail::stop)),
    sent("/account/reminders", CITIZEN, Guard::Citizen, post!(mail::choose)),
    shown("/account/passkeys/new", CITIZEN, Guard::Citizen, get!(account::new_passkey)),
    sent("/account/passkeys/new", CITIZEN, Guard::Citizen, post!(account::add_passkey)),
    sent("/account/passkeys/{passkey}/name", CITIZEN, Guard::Citizen, post!(account::rename_passkey)),
    sent("/account/passkeys/{passkey}/remove", CITIZEN, Guard::Citizen, post!(account::remove_passkey)),
    sent("/account/session-end", CITIZEN, Guard::Citizen, post!(account::end_one)),
    sent("/account/sessions/end-others", CITIZEN, Guard::Citizen, post!(account::end_others)),
    shown("/account/mail", CITIZEN, Guard::Citizen, get!(account::mail)),
    sent("/account/mail", CITIZEN, Guard::Citizen, post!(account::ask_for_mail)),
    shown("/account/mail/code", CITIZEN, Guard::Citizen, get!(account::mail_code)),
    sent("/account/mail/code", CITIZEN, Guard::Citizen, post!(account::enter_mail_code)),
    shown("/account/leave", CITIZEN, Guard::Citizen, get!(account::leave)),
    sent("/account/leave", CITIZEN, Guard::Citizen, post!(account::leave_for_good)),
    shown("/account/left", CITIZEN, Guard::Anybody, get!(account::left)),
    shown("/sign-in", CITIZEN, Guard::Anybody, get!(sign_in::address)),
    sent("/sign-in", CITIZEN, Guard::Anybody, post!(sign_in::send_code)),
    shown("/sign-in/code", CITIZEN, Guard::Anybody, get!(sign_in::code)),
    sent("/sign-in/code", CITIZEN, Guard::Anybody, post!(sign_in::enter_code)),
    sent("/sign-in/passkey", CITIZEN, Guard::Anybody, post!(account::ask)),
    sent("/sign-in/passkey/offer", CITIZEN, Guard::Anybody, post!(account::offer)),
    sent("/sign-in/passkey/finish", CITIZEN, Guard::Anybody, post!(account::finish)),
    // マイナアプリ
    shown("/sign-in/mynaapp", CITIZEN, Guard::Anybody, get!(card::explain)),
    sent("/sign-in/mynaapp", CITIZEN, Guard::Anybody, post!(card::begin)),
    shown("/oidc/callback", CITIZEN, Guard::Anybody, get!(card::arrive)),
    shown("/sign-in/mynaapp/mail", CITIZEN, Guard::Anybody, get!(card::mail)),
    sent("/sign-in/mynaapp/mail", CITIZEN, Guard::Anybody, post!(card::send_code)),
    shown("/sign-in/mynaapp/code", CITIZEN, Guard::Anybody, get!(card::code)),
    sent("/sign-in/mynaapp/code", CITIZEN, Guard::Anybody, post!(card::enter_code)),
    sent("/sign-out", CITIZEN, Guard::Anybody, post!(sign_in::sign_out)),
    shown("/session", CITIZEN, Guard::Anybody, get!(sign_in::left)),
    sent("/session/extend", CITIZEN, Guard::Citizen, post!(sign_in::extend)),
    shown("/.well-known/madoguchi-jwks.json", PUBLIC, Guard::Anybody, get!(handover::jwks)),
    shown("/.well-known/madoguchi-keys.jws.json", PUBLIC, Guard::Anybody, get!(handover::announcement)),
    shown("/handover/v1/openapi.json", JOBS, Guard::Anybody, get!(handover::description)),
    shown("/handover/v1/batches", JOBS, Guard::ImportJob, get!(handover::list)),
    shown("/handover/v1/batches/{seq}/{file}", JOBS, Guard::ImportJob, get!(handover::file)),
    Row { limit: Limit::Receipt, ..sent("/handover/v1/receipts", JOBS, Guard::ImportJob, post!(handover::receipt)) },
    shown("/staff", STAFF, Guard::Staff, get!(staff::queue::home)),
    shown("/staff/sign-in", STAFF, Guard::Anybody, get!(staff::sign_in::password)),
    sent("/staff/sign-in", STAFF, Guard::Anybody, post!(staff::sign_in::enter_password)),
    shown("/staff/sign-in/passkey", STAFF, Guard::Anybody, get!(staff::sign_in::passkey)),
    sent("/staff/sign-in/passkey", STAFF, Guard::Anybody, post!(staff::sign_in::enter_passkey)),
    // 「共通基盤」
    sent("/staff/sign-in/provider", STAFF, Guard::Anybody, post!(staff::provider::begin)),
    shown(STAFF_CALLBACK, STAFF, Guard::Anybody, get!(staff::provider::arrive)),
    sent(STAFF_LOGOUT, STAFF, Guard::Anybody, post!(staff::provider::sign_out)),
    sent("/staff/sign-out", STAFF, Guard::Anybody, post!(staff::sign_in::sign_out)),
    shown("/staff/invitation/{token}", STAFF, Guard::Anybody, get!(staff::sign_in::invitation)),
    sent("/staff/invitation/{token}", STAFF, Guard::Anybody, post!(staff::sign_in::join)),
    // 「職員のアカウント」
    shown("/staff/people", STAFF, Guard::Staff, get!(staff::people::list)),
    shown("/staff/people/invite", STAFF, Guard::Staff, get!(staff::people::invite)),
    sent("/staff/people/invite", STAFF, Guard::Staff, post!(staff::people::propose_member)),
    shown("/staff/people/{staff}/roles", STAFF, Guard::Staff, get!(staff::people::roles)),
    sent("/staff/people/{staff}/roles", STAFF, Guard::Staff, post!(staff::people::propose_roles)),
    sent("/staff/people/{staff}/return", STAFF, Guard::Staff, post!(staff::people::propose_return)),
    sent("/staff/people/{staff}/enable", STAFF, Guard::Staff, post!(staff::people::propose_enabling)),
    shown("/staff/people/{staff}/disable", STAFF, Guard::Staff, get!(staff::people::ask_to_disable)),
    sent("/staff/people/{staff}/disable", STAFF, Guard::Staff, post!(staff::people::disable)),
    sent("/staff/people/proposals/{proposal}/confirm", STAFF, Guard::Staff, post!(staff::people::confirm)),
    sent("/staff/people/proposals/{proposal}/take-back", STAFF, Guard::Staff, post!(staff::people::take_back)),
    shown("/staff/me/log", STAFF, Guard::Staff, get!(staff::log::own)),
    shown("/staff/sessions", STAFF, Guard::Staff, get!(staff::sessions::list)),
    sent("/staff/session-end", STAFF, Guard::Staff, post!(staff::sessions::end)),
    sent("/staff/sessions-end", STAFF, Guard::Staff, post!(staff::sessions::end_all)),
    // 「確認の仕事」「お知らせメール」
    shown("/staff/tasks", STAFF, Guard::Staff, get!(staff::tasks::list)),
    sent("/staff/tasks/duty", STAFF, Guard::Staff, post!(staff::tasks::duty)),
    sent("/staff/tasks/{task}/take", STAFF, Guard::Staff, post!(staff::tasks::take)),
    sent("/staff/tasks/{task}/done", STAFF, Guard::Staff, post!(staff::tasks::finish)),
    shown("/staff/notices", STAFF, Guard::Staff, get!(staff::notices::shown)),
    sent("/staff/notices", STAFF, Guard::Staff, post!(staff::notices::ask)),
    sent("/staff/notices/code", STAFF, Guard::Staff, post!(staff::notices::enter)),
    sent("/staff/notices/daily", STAFF, Guard::Staff, post!(staff::notices::choose)),
    sent("/staff/notices/remove", STAFF, Guard::Staff, post!(staff::notices::remove)),
    shown("/staff/queue", STAFF, Guard::Staff, get!(staff::queue::queue)),
    sent("/staff/queue", STAFF, Guard::Staff, post!(staff::queue::search)),
    shown("/staff/assigned", STAFF, Guard::Staff, get!(staff::assigned::list)),
    sent("/staff/queue/bulk", STAFF, Guard::Staff, post!(staff::queue::bulk)),
    shown("/staff/slots", STAFF, Guard::Staff, get!(staff::slots::week)),
    sent("/staff/slots", STAFF, Guard::Staff, post!(staff::slots::open)),
    shown("/staff/slots/{slot}", STAFF, Guard::Staff, get!(staff::slots::slot)),
    sent("/staff/slots/{slot}/capacity", STAFF, Guard::Staff, post!(staff::slots::set_capacity)),
    sent("/staff/slots/{slot}/close", STAFF, Guard::Staff, post!(staff::slots::close)),
    sent("/staff/slots/{slot}/attendance", STAFF, Guard::Staff, post!(staff::slots::attendance)),
    shown("/staff/handover", STAFF, Guard::Staff, get!(staff::handover::shown)),
    shown("/staff/media", STAFF, Guard::Staff, get!(staff::media::list)),
    shown("/staff/media/ledger.csv", STAFF, Guard::Staff, get!(staff::media::ledger)),
    sent("/staff/media/carriers", STAFF, Guard::Staff, post!(staff::media::register)),
    sent("/staff/media/carriers/{carrier}/{deed}", STAFF, Guard::Staff, post!(staff::media::carrier)),
    sent("/staff/media/carriages", STAFF, Guard::Staff, post!(staff::media::ask)),
    sent("/staff/media/carriages/{carriage}/{deed}", STAFF, Guard::Staff, post!(staff::media::step)),
    shown("/staff/handover/{list}.csv", STAFF, Guard::Staff, get!(staff::handover::file)),
    shown("/staff/reports", STAFF, Guard::Staff, get!(staff::reports::shown)),
    shown("/staff/reports/{list}.csv", STAFF, Guard::Staff, get!(staff::reports::taken)),
    shown("/staff/audit", STAFF, Guard::Staff, get!(staff::audit::list)),
    shown("/staff/roles", STAFF, Guard::Staff, get!(staff::roles::shown)),
    shown("/staff/mail", STAFF, Guard::Staff, get!(staff::mail::list)),
    sent("/staff/mail/{mail}/{deed}", STAFF, Guard::Staff, post!(staff::mail::act)),
    shown("/staff/cases/{receipt_number}/papers/{paper}/view", STAFF, Guard::Staff, get!(staff::viewer::photo)),
    shown("/staff/cases/{receipt_number}/papers/{paper}", STAFF, Guard::Staff, get!(staff::case::paper)),
    shown("/staff/cases/{receipt_number}/beside/{other}", STAFF, Guard::Staff, get!(staff::beside::shown)),
    sent("/staff/cases/{receipt_number}/beside/{other}", STAFF, Guard::Staff, post!(staff::beside::settle)),
    sent("/staff/cases/{receipt_number}/tie", STAFF, Guard::Staff, post!(staff::beside::tie)),
    shown("/staff/cases/{receipt_number}/fhir.json", STAFF, Guard::Staff, get!(staff::case::fhir)),
    shown("/staff/cases/{receipt_number}/amend/{field}", STAFF, Guard::Staff, get!(staff::amend::ask)),
    sent("/staff/cases/{receipt_number}/amend/{field}", STAFF, Guard::Staff, post!(staff::amend::give)),
    shown("/staff/cases/{receipt_number}", STAFF, Guard::Staff, get!(staff::case::case)),
    sent("/staff/cases/{receipt_number}/messages", STAFF, Guard::Staff, post!(staff::message::write)),
    sent("/staff/cases/{receipt_number}/notes", STAFF, Guard::Staff, post!(staff::note::act)),
    sent("/staff/cases/{receipt_number}/notes/save", STAFF, Guard::Staff, post!(staff::note::save)),
    // 「在席」「引継ぎ」
    shown("/staff/events", STAFF, Guard::Staff, get!(staff::events::all)),
    shown("/staff/cases/{receipt_number}/events", STAFF, Guard::Staff, get!(staff::events::of_case)),
    sent("/staff/here", STAFF, Guard::Staff, post!(staff::events::here)),
    sent("/staff/cases/{receipt_number}/take-over", STAFF, Guard::Staff, post!(staff::take_over::ask)),
    sent("/staff/cases/{receipt_number}/take-over-answer", STAFF, Guard::Staff, post!(staff::take_over::answer)),
    sent("/staff/cases/{receipt_number}/non-disclosure", STAFF, Guard::Staff, post!(staff::non_disclosure::mark)),
    sent("/staff/cases/{receipt_number}/pregnancy-end", STAFF, Guard::Staff, post!(staff::pregnancy_end::note)),
    sent("/staff/cases/{receipt_number}/signature", STAFF, Guard::Staff, post!(staff::case::verify_signature)),
    sent("/staff/cases/{receipt_number}/way-back", STAFF, Guard::Staff, post!(staff::way_back::propose)),
    sent("/staff/cases/{receipt_number}/way-back-confirmed", STAFF, Guard::Staff, post!(staff::way_back::confirm)),
    sent("/staff/cases/{receipt_number}/transfer", STAFF, Guard::Staff, post!(staff::transfer::propose)),
    sent("/staff/cases/{receipt_number}/transfer-confirmed", STAFF, Guard::Staff, post!(staff::transfer::confirm)),
    // 「差戻し」 How it will look to the parent.
    sent("/staff/cases/{receipt_number}/send_back/preview", STAFF, Guard::Staff, post!(staff::send_back::preview)),
    // 「窓口代行入力」
    shown("/staff/cases/{receipt_number}/receipt", STAFF, Guard::Staff, get!(staff::entry::receipt)),
    shown("/staff/cases/{receipt_number}/entry-check", STAFF, Guard::Staff, get!(staff::entry_check::page)),
    sent("/staff/cases/{receipt_number}/entry-check", STAFF, Guard::Staff, post!(staff::entry_check::check)),
    sent("/staff/cases/{receipt_number}/entry-read", STAFF, Guard::Staff, post!(staff::entry::mark_read)),
    shown("/staff/entry", STAFF, Guard::Staff, get!(staff::entry::overview)),
    sent("/staff/entry/{form}", STAFF, Guard::Staff, post!(staff::entry::begin)),
    sent("/staff/entry/{form}/discard", STAFF, Guard::Staff, post!(staff::entry::discard)),
    shown("/staff/entry/{form}/check", STAFF, Guard::Staff, get!(staff::entry::end)),
    sent("/staff/entry/{form}/check", STAFF, Guard::Staff, post!(staff::entry::send)),
    shown("/staff/entry/{form}/{page}", STAFF, Guard::Staff, get!(staff::entry::page)),
    sent("/staff/entry/{form}/{page}", STAFF, Guard::Staff, post!(staff::entry::keep)),
    sent("/staff/entry/{form}/{page}/save", STAFF, Guard::Staff, post!(staff::entry::autosave)),
    sent("/staff/cases/{receipt_number}/{command}", STAFF, Guard::Staff, post!(staff::command::give)),
    in_the_demo(shown("/demo/outbox", PEOPLE, Guard::Anybody, get!(demo::outbox))),
    in_the_demo(shown("/preview/{form}", CITIZEN, Guard::Anybody, get!(demo::preview))),
    in_the_demo(shown("/demo/practice-authenticator.json", PEOPLE, Guard::Anybody, get!(demo::practice_keys))),
];

/// Registers the routes of these planes. Those that begin with the same word stand in one scope, and in it those that are alike up to
/// the end of their first variable part: a request is held against a handful of patterns instead of a hundred. Within a word what stands in
/// no such scope is asked first, then the scope with the most words before its variable part.
pub fn register(service: &mut ServiceConfig, planes: &[Plane], demo: bool) {
    let here = |row: &&Row| row.planes.iter().any(|plane| planes.contains(plane)) && (demo || !row.demo);
    let resource = |path: &str, rest: &str| {
        let of_this_path = || ROUTES.iter().filter(here).filter(|other| other.path == path);
        let limit = of_this_path().map(|other| other.limit.bytes()).max().unwrap_or_default();
        let resource = web::resource(rest).app_data(PayloadConfig::new(limit));
        of_this_path().fold(resource, |resource, other| resource.route((other.handler)()))
    };
    for (word, paths) in grouped(ROUTES.iter().filter(here).map(|row| (first_word(row.path), row.path))) {
        let (fixed, variable): (Vec<&str>, Vec<&str>) = paths.into_iter().partition(|path| scope_of(path).is_none());
        if variable.is_empty() {
            for path in fixed {
                service.service(resource(path, path));
            }
            continue;
        }
        let mut all =
            fixed.into_iter().fold(web::scope(word), |all, path| all.service(resource(path, &path[word.len()..])));
        let mut scopes = grouped(variable.into_iter().filter_map(|path| Some((scope_of(path)?, path))));
        scopes.sort_by_key(|(scope, _)| Reverse(scope.find('{')));
        for (scope, paths) in scopes {
            let add = |all: Scope, path: &str| all.service(resource(path, &path[scope.len()..]));
            all = all.service(paths.into_iter().fold(web::scope(&scope[word.len()..]), add));
        }
        service.service(all);
    }
}

/// What belongs together, each once, in the order of its first.
fn grouped<'path>(all: impl Iterator<Item = (&'path str, &'path str)>) -> Vec<(&'path str, Vec<&'path str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, path) in all {
        match groups.iter_mut().find(|(other, _)| *other == name) {
            Some((_, paths)) if paths.contains(&path) => {}
            Some((_, paths)) => paths.push(path),
            None => groups.push((name, vec![path])),
        }
    }
    groups
}

/// A path up to the end of its first segment.
fn first_word(path: &str) -> &str {
    path[1..].find('/').map_or(path, |slash| &path[..=slash])
}

/// A path up to the end of its first variable part; none when that part is not the whole of its segment.
fn scope_of(path: &str) -> Option<&str> {
    let end = path.find('}')? + 1;
    (path[end..].is_empty() || path[end..].starts_with('/')).then(|| &path[..end])
}

/// The pattern of a matched route, as it stands in the table.
#[must_use]
pub fn pattern(matched: Option<&str>) -> &'static str {
    matched.and_then(|path| ROUTES.iter().find(|row| row.path == path)).map_or("none", |row| row.path)
}

#[cfg(test)]
mod tests {
    use actix_web::{App, http::Method, test};

    use super::*;

    #[actix_web::test]
    async fn every_route_is_reached_and_named_by_its_own_pattern() {
        let portal = test::init_service(App::new().configure(|service| register(service, ALL, true))).await;
        for row in ROUTES {
            let path: String = row
                .path
                .split('{')
                .map(|part| part.split_once('}').map_or(part, |(_, rest)| rest))
                .collect::<Vec<_>>()
                .join("x");
            let asked =
                test::TestRequest::default().method(if row.verb == Verb::Get { Method::GET } else { Method::POST });
            let answer = test::call_service(&portal, asked.uri(&path).to_request()).await;
            assert_eq!(pattern(answer.request().match_pattern().as_deref()), row.path, "{path}");
        }
        let nowhere = test::call_service(&portal, test::TestRequest::with_uri("/apply/x/who/").to_request()).await;
        assert_eq!((nowhere.status().as_u16(), pattern(nowhere.request().match_pattern().as_deref())), (404, "none"));
    }
}
