//! A form, a page at a time, then 確認 and sending. Invariant: what was typed is kept before anything is answered, whether
//! it is right or wrong, and whoever typed it is signed in or not.

use actix_web::{
    HttpResponse,
    cookie::Cookie,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};
use app::{
    helpers::{Help, address_of, needs_script},
    pages::{
        card::Card,
        check,
        form::{self as form_page, Model},
        message::{self, Message},
        start::{self, Procedure, WayIn},
    },
};
use intake::{
    answers::{Answers, FieldError, RawAnswers, parse},
    card::CardFacts,
    epds::TextPack,
    form::{Compartment, DraftRule, Form, Page},
    help::{ASK, Helped, Wish},
    identity::is_by_proxy,
    ids::{FieldId, FormId, PageId},
    journey::{self, Place, Warning},
    time::CivilDate,
};
use serde::Deserialize;

use super::{
    body::FormBody,
    card,
    cookies::{self, Name},
    error::WebError,
    frame::page as answer,
    guard::{Citizen, Visitor},
    help::{carry_out, typed, wished},
    number, papers,
    signing::{self, Told},
    two_texts,
};
use crate::{
    assets,
    config::MyNumber,
    flows::{
        FlowError,
        draft::{self, OpenDraft, Saved, Typist},
        follow, my_number, page_state,
        paper::{self, Whose},
        random,
        signing::discard as discard_signature,
        submit::{Submitted, submit},
    },
    letters,
    portal::Portal,
    seal::token_hash,
    store::draft::DraftOwner,
};

pub(super) type Answer = Result<HttpResponse, WebError>;

pub(super) fn to(address: impl Into<String>) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address.into())).finish()
}

pub(super) fn form_id(text: &str) -> Result<FormId, WebError> {
    text.parse().map_err(|_| WebError::NotFound)
}

pub(super) async fn find<'portal>(
    portal: &'portal Portal,
    visitor: &Visitor,
    form: &FormId,
) -> Result<Option<OpenDraft<'portal>>, WebError> {
    match visitor.typist() {
        Some(typist) => Ok(draft::load(portal, &typist, form).await?),
        None => Ok(None),
    }
}

/// How the first page of a procedure is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Arrived {
    gone: String,
}

/// `GET /apply/{form}`
pub async fn procedure(portal: Data<Portal>, visitor: Visitor, path: Path<String>, arrived: Query<Arrived>) -> Answer {
    let id = form_id(&path)?;
    let draft = find(&portal, &visitor, &id).await?;
    let has_draft = draft.is_some();
    // A draft goes on in its version, also when a newer one is there or the form was taken back.
    let begun = draft.map(|draft| draft.form);
    let form = begun.or_else(|| portal.offered(&id)).ok_or(WebError::NotFound)?;
    let way_in = match (&form.follows, visitor.session) {
        _ if portal.config.preview => WayIn::Open,
        (None, None) if form.draft == DraftRule::Session => WayIn::SignInFirst,
        (None, _) => WayIn::Open,
        (Some(_), None) => WayIn::SignInFirst,
        (Some(_), Some(session)) if follow::may_begin(&portal, session.account, form).await? => WayIn::Open,
        (Some(follows), Some(_)) => {
            let title = portal.catalog.newest(follows).map(|form| form.title.clone()).unwrap_or_default();
            WayIn::FileFirst { address: format!("/apply/{follows}"), title }
        }
    };
    let model = Procedure {
        form,
        has_draft,
        answers_are_gone: form.draft == DraftRule::Session && !has_draft && !arrived.gone.is_empty(),
        number: match portal.config.my_number {
            _ if form.follows.is_some() => MyNumber::Off,
            MyNumber::Sealed if !portal.asks_number(form) => MyNumber::Counter,
            mode => mode,
        },
        way_in,
    };
    Ok(answer(StatusCode::OK, start::procedure(visitor.chrome(), &model)))
}

/// A browser that has no cookie yet gets one with its first draft.
fn typist_of(portal: &Portal, visitor: &Visitor) -> (Typist, Option<Cookie<'static>>) {
    if let Some(typist) = visitor.typist() {
        return (typist, None);
    }
    let token: [u8; 32] = random();
    let hash = token_hash(&token);
    let cookie = cookies::make_token(&portal.config, Name::Browser, &token);
    (Typist { owner: DraftOwner::Browser(hash), session: hash }, Some(cookie))
}

fn with_cookie(mut answer: HttpResponse, cookie: Option<Cookie<'static>>) -> HttpResponse {
    if let Some(cookie) = cookie
        && let Err(error) = answer.add_cookie(&cookie)
    {
        tracing::error!(%error, "a cookie could not be set");
    }
    answer
}

/// `POST /apply/{form}`: begins, or goes on where something is missing.
pub async fn begin(portal: Data<Portal>, visitor: Visitor, path: Path<String>) -> Answer {
    let id = form_id(&path)?;
    let (typist, cookie) = typist_of(&portal, &visitor);
    let draft = match draft::begin(&portal, &typist, &id, visitor.locale.code()).await {
        Ok(draft) => draft,
        Err(FlowError::NeedsAccount) => return Ok(to(format!("/sign-in?next=/apply/{id}"))),
        Err(error) => return Err(error.into()),
    };
    let (_, errors) = parse(draft.form, &draft.raw, portal.clock.now().date_in_japan());
    let next = errors.first().map_or_else(|| "check".to_owned(), |error| error.page.to_string());
    Ok(with_cookie(to(format!("/apply/{id}/{next}")), cookie))
}

/// To where something is missing in a draft that is there.
pub(super) async fn go_on(portal: &Portal, visitor: &Visitor, id: &FormId) -> Answer {
    let draft = find(portal, visitor, id).await?.ok_or(WebError::NoDraft)?;
    let (_, errors) = parse(draft.form, &draft.raw, portal.clock.now().date_in_japan());
    let next = errors.first().map_or_else(|| "check".to_owned(), |error| error.page.to_string());
    Ok(to(format!("/apply/{id}/{next}")))
}

/// `POST /apply/{form}/discard`
pub async fn discard(portal: Data<Portal>, visitor: Visitor, path: Path<String>) -> Answer {
    let id = form_id(&path)?;
    if let Some(typist) = visitor.typist() {
        draft::discard(&portal, &typist, &id).await?;
    }
    Ok(to(format!("/apply/{id}")))
}

/// How a page is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    from: String,
    errors: String,
}

impl Asked {
    pub(super) fn shows_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    pub(super) fn is_from_check(&self) -> bool {
        self.from == "check"
    }
}

/// A page of a draft, with all that is needed to show it.
struct Shown<'a> {
    text_pack: Option<&'a TextPack>,
    form: &'a Form,
    page: &'a Page,
    place: Place,
    raw: &'a RawAnswers,
    answers: Answers,
    errors: Vec<FieldError>,
    /// Of what is kept, whatever a helper has put into what is shown.
    state: String,
    helped: Option<Helped>,
    /// 「マイナンバーカードの情報」 What her card says, and the field that she has just opened.
    card: Option<CardFacts>,
    opened: Option<FieldId>,
    today: CivilDate,
}

impl<'a> Shown<'a> {
    /// None when the page is not on the way for these answers.
    fn of(portal: &Portal, draft: &'a OpenDraft<'a>, page: &PageId, card: Option<&CardFacts>) -> Option<Self> {
        let (form, raw) = (draft.form, &draft.raw);
        let today = portal.clock.now().date_in_japan();
        let (answers, errors) = parse(form, raw, today);
        let mut place = journey::place(form, &answers, page)?;
        place.of += usize::from(portal.asks_number(form));
        let struck = draft.struck.iter().filter_map(|id| FieldError::struck_out(form, id));
        let others = errors.into_iter().filter(|error| error.page == *page && !draft.struck.contains(&error.field));
        let errors = struck.chain(others).collect();
        let (page, state, text_pack) = (form.page(page)?, page_state::of_showing(form, raw, page), draft.text_pack);
        // The card of a proxy says nothing about the person.
        let card = card.filter(|_| !is_by_proxy(form, &answers)).cloned();
        Some(Self {
            text_pack,
            form,
            page,
            place,
            raw,
            answers,
            errors,
            state,
            helped: None,
            card,
            opened: None,
            today,
        })
    }

    /// The page with what a helper was asked for; what it was told itself is shown again and kept nowhere.
    fn with_help(self, visitor: &Visitor, wish: &Wish, asked: &[(String, String)], from_check: bool) -> String {
        let mut raw = self.raw.clone();
        typed(&mut raw, asked);
        let code = self.page.fields.iter().find(|field| field.id == *wish.field());
        let address = code.and_then(|code| address_of(&Help::on(self.today), self.page, code));
        let helped = carry_out(wish, address.map(|address| &address.id), &mut raw, self.today);
        let (answers, _) = parse(self.form, &raw, self.today);
        Shown { raw: &raw, answers, helped: Some(helped), ..self }.html(visitor, &[], &[], from_check)
    }

    fn warnings(&self, portal: &Portal) -> Vec<Warning> {
        let mut warnings = journey::warnings(self.form, &self.answers, portal.clock.now().date_in_japan());
        warnings.retain(|warning| self.page.fields.iter().any(|field| field.id == warning.field));
        warnings
    }

    /// What is typed, with the card's in the fields that it speaks of and that are empty.
    fn with_the_cards(&self) -> RawAnswers {
        let mut raw = self.raw.clone();
        if let Some(card) = &self.card {
            let empty = self.page.fields.iter().filter(|field| !self.raw.has(field));
            empty.for_each(|field| card.put(field, &mut raw));
        }
        raw
    }

    fn html(&self, visitor: &Visitor, errors: &[FieldError], warnings: &[Warning], from_check: bool) -> String {
        let raw = self.with_the_cards();
        let model = Model {
            form: self.form,
            page: self.page,
            place: self.place.clone(),
            raw: &raw,
            answers: &self.answers,
            text_pack: self.text_pack,
            errors,
            warnings,
            state: self.state.clone(),
            from_check,
            help: Help { helped: self.helped.as_ref(), ..Help::on(self.today) },
            card: self.card.as_ref().map(|facts| Card { facts, opened: self.opened.as_ref() }),
        };
        let mut chrome = visitor.chrome().clone();
        if needs_script(self.form, self.page.fields.iter().map(|field| &field.id)) {
            chrome.scripts.push(assets::HELPERS);
        }
        form_page::page(&chrome, &model)
    }
}

/// Where somebody goes who has no draft here: her session is over, or she has not begun. What belonged to a session went
/// with it, and the first page says so.
pub(super) fn without_draft(visitor: &Visitor, form: &Form, page: &str) -> HttpResponse {
    let id = &form.id;
    match form.draft {
        DraftRule::Session => to(format!("/apply/{id}?gone=1")),
        DraftRule::Kept if visitor.session_is_over => to(format!("/sign-in?next=/apply/{id}/{page}")),
        DraftRule::Kept => to(format!("/apply/{id}")),
    }
}

/// A page that some version of the form has: a draft may be of an older one.
fn known_page<'portal>(portal: &'portal Portal, id: &FormId, page: &PageId) -> Result<&'portal Form, WebError> {
    let served = portal.served(id).ok_or(WebError::NotFound)?;
    let mut versions = portal.catalog.versions(id);
    versions.any(|form| form.page(page).is_some()).then_some(served).ok_or(WebError::NotFound)
}

/// `GET /apply/{form}/{page}`
pub async fn page(portal: Data<Portal>, visitor: Visitor, path: Path<(String, String)>, asked: Query<Asked>) -> Answer {
    let (id, page) = (form_id(&path.0)?, path.1.parse::<PageId>().map_err(|_| WebError::NotFound)?);
    let form = known_page(&portal, &id, &page)?;
    let Some(draft) = find(&portal, &visitor, &id).await? else {
        return Ok(without_draft(&visitor, form, page.as_str()));
    };
    if two_texts::are_there(&portal, &visitor, &id).await? {
        return Ok(two_texts::first(&id, page.as_str()));
    }
    let card = card::of(&portal, &visitor).await?;
    let Some(shown) = Shown::of(&portal, &draft, &page, card.as_ref()) else {
        return Ok(to(format!("/apply/{id}/check")));
    };
    let errors: &[FieldError] = if asked.errors.is_empty() { &[] } else { &shown.errors };
    Ok(answer(StatusCode::OK, shown.html(&visitor, errors, &[], asked.from == "check")))
}

/// Keeps a page, beginning a draft where somebody has none: her session ended, or it is over after its time.
async fn keep_page<'portal>(
    portal: &'portal Portal,
    (visitor, typist): (&Visitor, &Typist),
    id: &FormId,
    (page, sent, state): (&PageId, &[(String, String)], &str),
) -> Result<Saved<'portal>, WebError> {
    if !visitor.session_is_over {
        match draft::save_page(portal, typist, id, page, sent, state).await {
            Err(FlowError::NotFound) => {}
            other => return Ok(other?),
        }
        // Of a parent who has signed in it was sent or deleted elsewhere; a second one would surprise her.
        if matches!(typist.owner, DraftOwner::Account(_)) {
            return Err(WebError::NoDraft);
        }
    }
    Ok(draft::rescue_page(portal, typist, id, visitor.locale.code(), (page, sent, state)).await?)
}

/// `POST /apply/{form}/{page}`
pub async fn keep(portal: Data<Portal>, visitor: Visitor, path: Path<(String, String)>, mut body: FormBody) -> Answer {
    let (id, page) = (form_id(&path.0)?, path.1.parse::<PageId>().map_err(|_| WebError::NotFound)?);
    let form = known_page(&portal, &id, &page)?;
    let (state, from_check) = (body.take("page_state"), body.take("from") == "check");
    let (warned, then) = (!body.take("warned").is_empty(), body.take("then"));
    let asked = body.take_asked(ASK);
    if form.draft == DraftRule::Session && find(&portal, &visitor, &id).await?.is_none() {
        return Ok(without_draft(&visitor, form, page.as_str()));
    }
    let (typist, cookie) = typist_of(&portal, &visitor);
    let chosen = two_texts::chosen(&mut body);
    let stored = if chosen.is_empty() { None } else { draft::load(&portal, &typist, &id).await? };
    let mut sent = two_texts::as_chosen(stored.as_ref(), &page, &chosen, body.inputs());
    let card = card::of(&portal, &visitor).await?;
    let pressed = card::Pressed::read(&then);
    if let (Some(card::Pressed::Take(field)), Some(facts)) = (&pressed, &card) {
        card::put(form, field, facts, &mut sent);
    }
    let saved = keep_page(&portal, (&visitor, &typist), &id, (&page, &sent, &state)).await?;
    let draft = match saved {
        Saved::Kept(draft) => draft,
        Saved::UnknownInput => return Err(WebError::Unreadable),
        Saved::Conflict(kept) => {
            let shown = two_texts::conflict(&visitor, &kept, &page, &sent, from_check);
            return Ok(with_cookie(shown, cookie));
        }
    };
    if visitor.session_is_over {
        return Ok(with_cookie(to(format!("/sign-in?next=/apply/{id}/{page}")), cookie));
    }
    // She is told of what was struck out before anything else, wherever she goes.
    if !draft.struck.is_empty()
        && let Some(shown) = Shown::of(&portal, &draft, &page, card.as_ref())
    {
        let html = shown.html(&visitor, &shown.errors, &[], from_check);
        return Ok(with_cookie(answer(StatusCode::UNPROCESSABLE_ENTITY, html), cookie));
    }
    if then == "save" && form.draft == DraftRule::Kept {
        return Ok(with_cookie(to(format!("/apply/{id}/saved")), cookie));
    }
    let next = match Shown::of(&portal, &draft, &page, card.as_ref()) {
        None => "check".to_owned(),
        // Going back keeps what was typed, right or wrong.
        Some(_) if then == "back" && from_check => "check".to_owned(),
        Some(shown) if then == "back" => {
            let before = shown.place.before.map_or_else(String::new, |before| format!("/{before}"));
            return Ok(with_cookie(to(format!("/apply/{id}{before}")), cookie));
        }
        Some(shown) if card.is_some() && pressed.is_some() => {
            let html =
                Shown { opened: pressed.and_then(card::Pressed::opened), ..shown }.html(&visitor, &[], &[], from_check);
            return Ok(with_cookie(answer(StatusCode::OK, html), cookie));
        }
        Some(shown) => {
            if let Some(wish) = wished(&then, shown.page, shown.raw, &asked) {
                let html = shown.with_help(&visitor, &wish, &asked, from_check);
                return Ok(with_cookie(answer(StatusCode::OK, html), cookie));
            }
            let warnings = if warned { Vec::new() } else { shown.warnings(&portal) };
            for error in shown.errors.iter().filter(|_| form.compartment == Compartment::General) {
                portal.metrics.refused_field(&id, &error.field);
            }
            if !shown.errors.is_empty() || !warnings.is_empty() {
                let html = shown.html(&visitor, &shown.errors, &warnings, from_check);
                return Ok(with_cookie(answer(StatusCode::UNPROCESSABLE_ENTITY, html), cookie));
            }
            let after = shown.place.after.clone().filter(|_| !from_check);
            let has_papers = !from_check && !journey::papers(shown.form, &shown.answers).is_empty();
            let last = match (portal.asks_number(shown.form), has_papers) {
                (true, _) if !from_check => "number",
                (_, true) => "papers",
                _ => "check",
            };
            after.map_or_else(|| last.to_owned(), |after| after.to_string())
        }
    };
    Ok(with_cookie(to(format!("/apply/{id}/{next}")), cookie))
}

/// `GET /apply/{form}/saved`: 保存して中断. The draft is the parent's now and can be gone on with on any device.
pub async fn saved(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let form = portal.served(&form_id(&path)?).ok_or(WebError::NotFound)?;
    if form.draft == DraftRule::Session {
        return Err(WebError::NotFound);
    }
    Ok(answer(StatusCode::OK, message::page(citizen.visitor.chrome(), Message::Saved)))
}

/// Where the first error is, shown.
pub(super) fn to_error(id: &FormId, errors: &[FieldError]) -> HttpResponse {
    let page = errors.first().map(|error| error.page.to_string()).unwrap_or_default();
    to(format!("/apply/{id}/{page}?errors=1&from=check"))
}

/// `GET /apply/{form}/check`: 確認
pub async fn check(portal: Data<Portal>, visitor: Visitor, path: Path<String>, told: Query<Told>) -> Answer {
    let id = form_id(&path)?;
    let form = portal.served(&id).ok_or(WebError::NotFound)?;
    let Some(draft) = find(&portal, &visitor, &id).await? else {
        return Ok(without_draft(&visitor, form, "check"));
    };
    if two_texts::are_there(&portal, &visitor, &id).await? {
        return Ok(two_texts::first(&id, "check"));
    }
    let complete = match journey::complete(draft.form, &draft.raw, portal.clock.now().date_in_japan()) {
        Ok(complete) => complete,
        Err(errors) => return Ok(to_error(&id, &errors)),
    };
    let papers = match visitor.typist() {
        Some(typist) => Some(paper::list(&portal, &Whose::Draft(typist, id.clone())).await?),
        None => None,
    };
    let card = card::of(&portal, &visitor).await?;
    let number = match visitor.typist().filter(|_| portal.asks_number(draft.form)) {
        Some(typist) => Some(number::of_draft(&portal, &my_number::Whose::Draft(typist, id.clone())).await?),
        None => None,
    };
    let model = check::Model {
        card: card.as_ref(),
        number,
        papers: papers.as_ref().map(|papers| papers::kinds(papers, &[], |_| None)).unwrap_or_default(),
        form: draft.form,
        pages: journey::pages(draft.form, complete.answers()),
        answers: complete.answers(),
        raw: &draft.raw,
        draft: draft.id,
        may_send: visitor.session.is_some(),
        signing: signing::standing(&portal, &visitor, &draft).await?,
        sign_failed: told.sentence(),
    };
    Ok(answer(StatusCode::OK, check::page(visitor.chrome(), &model)))
}

/// `POST /apply/{form}/check`: 送信
pub async fn send(portal: Data<Portal>, visitor: Visitor, path: Path<String>, mut body: FormBody) -> Answer {
    let id = form_id(&path)?;
    let form = portal.served(&id).ok_or(WebError::NotFound)?;
    let Some(session) = visitor.session else {
        return match form.draft {
            DraftRule::Session => Ok(without_draft(&visitor, form, "check")),
            DraftRule::Kept => Err(WebError::SignInFirst(format!("/apply/{id}/check"))),
        };
    };
    let citizen = Citizen { session, visitor };
    let draft = body.take("draft").parse().map_err(|_| WebError::Unreadable)?;
    if body.take("signature") == "without" {
        match discard_signature(&portal, &citizen.sender(), &id, draft).await {
            // It was sent already: the press finds the receipt.
            Ok(()) | Err(FlowError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    match submit(&portal, &citizen.sender(), &id, draft, letters::received).await {
        Ok(Submitted::Receipt(number)) => Ok(to(format!("/receipt/{number}"))),
        Ok(Submitted::Incomplete(errors)) => Ok(to_error(&id, &errors)),
        Err(FlowError::NotFound) if form.draft == DraftRule::Session => {
            Ok(without_draft(&citizen.visitor, form, "check"))
        }
        Err(FlowError::NotFound) => Err(WebError::NoDraft),
        Err(FlowError::SignatureStale) => Ok(to(format!("/apply/{id}/check?sign=changed#sign"))),
        Err(error) => Err(error.into()),
    }
}
