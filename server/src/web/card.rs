//! 「マイナアプリ」 The way to the provider and back. Invariant: what the provider sends back is believed by `flows::card` or by nobody,
//! and whatever comes of it a page of ours says it.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};
use app::pages::card::{self as pages, OPEN_FIELD, TAKE_CARD};
use intake::{
    card::CardFacts,
    form::Form,
    identity::Method,
    ids::{FieldId, PageId},
};

use super::{
    apply::{Answer, find, form_id, to},
    body::FormBody,
    cookies::{self, Name},
    error::WebError,
    frame::page,
    guard::{Citizen, Visitor, device},
    sign_in::{HOME, Next, local_path, needs, sentence},
};
use crate::{
    flows::{
        address_change::Asking,
        card::{self, Arrived, AtBrowser, Callback, Entered, Trouble},
        draft, random, sign_in,
    },
    letters,
    portal::Portal,
    seal::token_hash,
};

/// Where the card's way in is offered at all.
fn offered(portal: &Portal) -> Result<(), WebError> {
    needs(portal, Method::Mynaapp)
}

fn at_browser(request: &HttpRequest, visitor: &Visitor, browser: [u8; 32]) -> AtBrowser {
    let signed_in = visitor.session.map(|session| Asking {
        account: session.account,
        method: session.method,
        signed_in_at: session.signed_in_at,
        session: session.hash,
    });
    AtBrowser { browser, device: device(request), signed_in }
}

/// What was read from her card, if she signed in with it.
pub(super) async fn of(portal: &Portal, visitor: &Visitor) -> Result<Option<CardFacts>, WebError> {
    match visitor.session {
        Some(session) => Ok(card::of_session(portal, session.method, &session.hash).await?),
        None => Ok(None),
    }
}

/// `GET /sign-in/mynaapp`
pub async fn explain(portal: Data<Portal>, visitor: Visitor, next: Query<Next>) -> Answer {
    offered(&portal)?;
    Ok(page(StatusCode::OK, pages::explain(visitor.chrome(), &next.path())))
}

fn not_done(visitor: &Visitor, why: Trouble, next: Option<&str>) -> HttpResponse {
    let html = pages::trouble(visitor.chrome(), why.as_str(), next.unwrap_or(HOME));
    page(StatusCode::UNPROCESSABLE_ENTITY, html)
}

/// `POST /sign-in/mynaapp`: to the provider.
pub async fn begin(request: HttpRequest, portal: Data<Portal>, visitor: Visitor, mut form: FormBody) -> Answer {
    offered(&portal)?;
    let next = local_path(&form.take("next"), HOME);
    let new_token: Option<[u8; 32]> = visitor.browser.is_none().then(random);
    let browser = new_token.map_or(visitor.browser, |token| Some(token_hash(&token))).ok_or(WebError::Broken)?;
    let address = match card::begin(&portal, &at_browser(&request, &visitor, browser), &next).await? {
        Ok(address) => address,
        Err(refused) => return Ok(not_done(&visitor, Trouble::Refused(refused), Some(&next))),
    };
    let mut answer = HttpResponse::SeeOther();
    answer.insert_header((header::LOCATION, address.as_str()));
    if let Some(token) = new_token {
        answer.cookie(cookies::make_token(&portal.config, Name::Browser, &token));
    }
    Ok(answer.finish())
}

fn signed_in(portal: &Portal, token: &[u8; 32], next: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .cookie(cookies::make_token(&portal.config, Name::Session, token))
        .insert_header((header::LOCATION, next))
        .finish()
}

/// `GET /oidc/callback`: back from the provider.
pub async fn arrive(
    request: HttpRequest,
    portal: Data<Portal>,
    visitor: Visitor,
    callback: Option<Query<Callback>>,
) -> Answer {
    offered(&portal)?;
    let callback = callback.ok_or(WebError::Unreadable)?;
    let at = visitor.browser.map(|browser| at_browser(&request, &visitor, browser));
    Ok(match card::arrive(&portal, at.as_ref(), &callback).await? {
        Arrived::SignedIn { token, next } => signed_in(&portal, &token, &next),
        Arrived::NeedsMail => to("/sign-in/mynaapp/mail"),
        Arrived::Not(why, next) => not_done(&visitor, why, next.as_deref()),
    })
}

/// The name on the card that waits in this browser.
async fn waiting(portal: &Portal, visitor: &Visitor) -> Result<Option<String>, WebError> {
    match visitor.browser {
        Some(browser) => Ok(card::waiting_name(portal, &browser).await?),
        None => Ok(None),
    }
}

/// `GET /sign-in/mynaapp/mail`
pub async fn mail(portal: Data<Portal>, visitor: Visitor) -> Answer {
    offered(&portal)?;
    Ok(match waiting(&portal, &visitor).await? {
        Some(name) => page(StatusCode::OK, pages::mail(visitor.chrome(), &name, "", None)),
        None => not_done(&visitor, Trouble::Over, None),
    })
}

/// `POST /sign-in/mynaapp/mail`: sends a code.
pub async fn send_code(portal: Data<Portal>, visitor: Visitor, mut form: FormBody) -> Answer {
    offered(&portal)?;
    let (typed, locale) = (form.take("mail"), visitor.locale);
    let (Some(browser), Some(name)) = (visitor.browser, waiting(&portal, &visitor).await?) else {
        return Ok(not_done(&visitor, Trouble::Over, None));
    };
    let letter = |code: &str| letters::sign_in_code(locale.code(), code);
    let asked = sign_in::ask_for_code(&portal, browser, &typed, locale.code(), letter).await?;
    Ok(match sentence(locale, &asked) {
        None => to("/sign-in/mynaapp/code"),
        Some(error) => {
            let html = pages::mail(visitor.chrome(), &name, &typed, Some(&error));
            page(StatusCode::UNPROCESSABLE_ENTITY, html)
        }
    })
}

/// `GET /sign-in/mynaapp/code`
pub async fn code(portal: Data<Portal>, visitor: Visitor) -> Answer {
    offered(&portal)?;
    Ok(page(StatusCode::OK, pages::code(visitor.chrome(), None)))
}

/// `POST /sign-in/mynaapp/code`
pub async fn enter_code(request: HttpRequest, portal: Data<Portal>, visitor: Visitor, mut form: FormBody) -> Answer {
    offered(&portal)?;
    let (typed, locale) = (form.take("code"), visitor.locale);
    let Some(browser) = visitor.browser else { return Ok(not_done(&visitor, Trouble::Over, None)) };
    let html = match card::enter_code(&portal, (browser, device(&request)), &typed, locale.code()).await? {
        Entered::SignedIn { token, next } => return Ok(signed_in(&portal, &token, &next)),
        Entered::Not(why, next) => return Ok(not_done(&visitor, why, next.as_deref())),
        Entered::Wrong { tries_left } => {
            let error = locale.with("code-wrong", &[("left", &tries_left.to_string())]);
            pages::code(visitor.chrome(), Some(&error))
        }
        Entered::CodeOver => {
            let name = waiting(&portal, &visitor).await?.unwrap_or_default();
            pages::mail(visitor.chrome(), &name, "", Some(&locale.say("code-over")))
        }
    };
    Ok(page(StatusCode::UNPROCESSABLE_ENTITY, html))
}

/// `POST /apply/{form}/card`: from 確認, the card's in the place of what was typed into one field.
pub async fn take(portal: Data<Portal>, citizen: Citizen, path: Path<String>, mut body: FormBody) -> Answer {
    let id = form_id(&path)?;
    let field: FieldId = body.take("field").parse().map_err(|_| WebError::Unreadable)?;
    let visitor = &citizen.visitor;
    let (Some(facts), Some(typist)) = (of(&portal, visitor).await?, visitor.typist()) else {
        return Ok(to(format!("/apply/{id}/check")));
    };
    let draft = find(&portal, visitor, &id).await?.ok_or(WebError::NoDraft)?;
    let (found, field) = draft.form.field(&field).ok_or(WebError::NotFound)?;
    let page: PageId = found.id.clone();
    let mut raw = draft.raw.clone();
    facts.put(field, &mut raw);
    let inputs = found.fields.iter().flat_map(|field| field.inputs());
    let sent: Vec<(String, String)> = inputs
        .flat_map(|input| raw.all(&input).iter().map(|value| (input.clone(), value.clone())).collect::<Vec<_>>())
        .collect();
    let state = draft.raw.page_state(draft.form, &page);
    draft::save_page(&portal, &typist, &id, &page, &sent, &state).await?;
    Ok(to(format!("/apply/{id}/check")))
}

/// 「マイナンバーカードの情報」 What was pressed about the card.
pub(super) enum Pressed {
    /// The card's in the place of what was typed.
    Take(FieldId),
    /// A field that the card filled in is to be filled in by herself.
    Open(FieldId),
}

impl Pressed {
    pub(super) fn read(then: &str) -> Option<Self> {
        let field = |start: &str| then.strip_prefix(start)?.parse().ok();
        field(TAKE_CARD).map(Self::Take).or_else(|| field(OPEN_FIELD).map(Self::Open))
    }

    pub(super) fn opened(self) -> Option<FieldId> {
        match self {
            Self::Take(_) => None,
            Self::Open(field) => Some(field),
        }
    }
}

/// What a page sent, with the card's in the place of what was typed into a field.
pub(super) fn put(form: &Form, field: &FieldId, facts: &CardFacts, sent: &mut Vec<(String, String)>) {
    let inputs = form.field(field).and_then(|(_, field)| facts.inputs(field)).unwrap_or_default();
    sent.retain(|(name, _)| !inputs.iter().any(|(input, _)| input == name));
    sent.extend(inputs);
}
