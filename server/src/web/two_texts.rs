//! 「二つの内容」 Two texts of one thing, field by field. Invariant: both are shown before one goes, and what is taken is what was
//! shown.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use app::pages::conflict::{self as page, Conflict};
use intake::{
    answers::RawAnswers,
    form::Form,
    ids::{FieldId, FormId, PageId},
};
use serde::Deserialize;

use super::{
    apply::{Answer, form_id, to},
    body::FormBody,
    error::WebError,
    frame::page as answer,
    guard::{Citizen, Visitor},
};
use crate::{
    flows::{draft::OpenDraft, page_state, two_drafts},
    portal::Portal,
};

/// Which text was chosen, by field: takes the inputs of the choice out of a body.
pub(super) fn chosen(body: &mut FormBody) -> Vec<(FieldId, bool)> {
    let names: Vec<String> = body.inputs().iter().map(|(name, _)| name.clone()).collect();
    let of_choice = |name: String| {
        let field = name.strip_prefix(page::CHOICE)?.parse().ok()?;
        Some((field, body.take(&name) == page::STORED))
    };
    names.into_iter().filter_map(of_choice).collect()
}

/// What a page sent, with the stored text in the place of the typed one where that was chosen. The page's state says whether
/// it is still the text that was shown.
pub(super) fn as_chosen(
    stored: Option<&OpenDraft<'_>>,
    page: &PageId,
    chosen: &[(FieldId, bool)],
    sent: &[(String, String)],
) -> Vec<(String, String)> {
    match stored {
        Some(stored) => as_chosen_of((stored.form, &stored.raw), page, chosen, sent),
        None => sent.to_vec(),
    }
}

/// The same for what is stored elsewhere than in a draft of a parent.
pub(super) fn as_chosen_of(
    (form, stored): (&Form, &RawAnswers),
    page: &PageId,
    chosen: &[(FieldId, bool)],
    sent: &[(String, String)],
) -> Vec<(String, String)> {
    let mut sent = sent.to_vec();
    let Some(page) = form.page(page) else { return sent };
    let is_stored = |id: &FieldId| chosen.iter().any(|(field, stored)| field == id && *stored);
    for field in page.fields.iter().filter(|field| is_stored(&field.id)) {
        for input in field.inputs() {
            sent.retain(|(name, _)| *name != input);
            sent.extend(stored.all(&input).iter().map(|value| (input.clone(), value.clone())));
        }
    }
    sent
}

/// Another tab or device was faster.
pub(super) fn conflict(
    visitor: &Visitor,
    kept: &OpenDraft<'_>,
    page: &PageId,
    sent: &[(String, String)],
    from_check: bool,
) -> HttpResponse {
    let mut typed = kept.raw.clone();
    let Some(shown) = kept.form.page(page).filter(|_| typed.replace_page(kept.form, page, sent).is_ok()) else {
        return actix_web::ResponseError::error_response(&WebError::Unreadable);
    };
    let state = page_state::of_showing(kept.form, &kept.raw, page);
    let action = format!("/apply/{}/{page}", kept.form.id);
    let fields = shown.fields.iter().filter(|field| !kept.raw.is_same(&typed, field)).collect();
    let (stored, text_pack) = (&kept.raw, kept.text_pack);
    let model = Conflict { fields, page: Some(shown), stored, typed: &typed, text_pack, state, action, from_check };
    answer(StatusCode::CONFLICT, page::page(visitor.chrome(), &model))
}

/// Whether the draft of a parent is still two in this browser.
pub(super) async fn are_there(portal: &Portal, visitor: &Visitor, form: &FormId) -> Result<bool, WebError> {
    let Some((session, browser)) = visitor.session.zip(visitor.browser) else { return Ok(false) };
    Ok(two_drafts::find(portal, session.account, browser, form).await?.is_some())
}

/// To the choice, and afterwards to a page.
pub(super) fn first(form: &FormId, then: &str) -> HttpResponse {
    to(format!("/apply/{form}/both?then={then}"))
}

/// Where to go on after the choice.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Then {
    then: String,
}

/// A page of the form, 確認 or the form's first page.
fn after(form: &FormId, then: &str) -> String {
    then.parse::<PageId>().map_or_else(|_| format!("/apply/{form}"), |page| format!("/apply/{form}/{page}"))
}

/// `GET /apply/{form}/both`: what was typed here before signing in, beside what was kept before.
pub async fn both(portal: Data<Portal>, citizen: Citizen, path: Path<String>, then: Query<Then>) -> Answer {
    let id = form_id(&path)?;
    let Citizen { session, visitor } = citizen;
    let browser = visitor.browser.unwrap_or_default();
    let Some(split) = two_drafts::find(&portal, session.account, browser, &id).await? else {
        return Ok(to(after(&id, &then.then)));
    };
    let model = Conflict {
        fields: split.fields().collect(),
        page: None,
        stored: &split.of_account,
        typed: &split.of_browser,
        text_pack: None,
        state: split.state.clone(),
        action: format!(
            "/apply/{id}/both?then={}",
            then.then.parse::<PageId>().map_or_else(|_| String::new(), |it| it.to_string())
        ),
        from_check: false,
    };
    Ok(answer(StatusCode::OK, page::page(visitor.chrome(), &model)))
}

/// `POST /apply/{form}/both`
pub async fn settle(
    portal: Data<Portal>,
    citizen: Citizen,
    path: Path<String>,
    then: Query<Then>,
    mut body: FormBody,
) -> Answer {
    let id = form_id(&path)?;
    let state = body.take("page_state");
    let of_browser: Vec<FieldId> =
        chosen(&mut body).into_iter().filter(|(_, stored)| !stored).map(|(field, _)| field).collect();
    let browser = citizen.visitor.browser.unwrap_or_default();
    let account = citizen.session.account;
    two_drafts::settle(&portal, account, browser, &id, &of_browser, &state).await?;
    // Where one of them has changed meanwhile the page leads back to the choice.
    Ok(to(after(&id, &then.then)))
}
