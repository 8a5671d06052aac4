//! 「入力の手助け」 Help for a page that stays as it is: what the script asks. Invariant: nothing is kept, nothing is logged, and no
//! address holds what was typed; who asks need not have begun anything.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use app::helpers::fragment;
use intake::{
    answers::RawAnswers,
    form::Page,
    help::{self, Helped, Wish},
    ids::FieldId,
    time::CivilDate,
};
use serde::Serialize;

use super::{body::FormBody, error::WebError, guard::plain_chrome};
use crate::portal::Portal;

/// What was asked of a helper on this page: by its button, or by filling it in and going on.
pub(super) fn wished(then: &str, page: &Page, raw: &RawAnswers, asked: &[(String, String)]) -> Option<Wish> {
    let mut raw = raw.clone();
    typed(&mut raw, asked);
    Wish::of(then, page, &raw)
}

/// What a page sent, the helpers' own inputs too, for one answer.
pub(super) fn typed(raw: &mut RawAnswers, sent: &[(String, String)]) {
    for (name, value) in sent {
        raw.set(name, vec![value.clone()]);
    }
}

/// Carries a wish out on what is shown.
pub(super) fn carry_out(wish: &Wish, address: Option<&FieldId>, raw: &mut RawAnswers, today: CivilDate) -> Helped {
    let helped = help::help(wish, address, raw, today);
    helped.put_into(raw);
    helped
}

#[derive(Serialize)]
struct Answer {
    /// What the helper says.
    html: String,
    /// What to put into which input.
    fill: BTreeMap<String, String>,
}

/// `POST /help`: the inputs of a page, with `ask.wish`, and `ask.target` for where an address goes.
pub async fn help(portal: Data<Portal>, request: HttpRequest, mut body: FormBody) -> Result<HttpResponse, WebError> {
    let wish: Wish = body.take("ask.wish").parse().map_err(|_| WebError::Unreadable)?;
    let target = body.take("ask.target").parse().ok();
    let mut raw = RawAnswers::default();
    typed(&mut raw, body.inputs());
    let helped = help::help(&wish, target.as_ref(), &raw, portal.clock.now().date_in_japan());
    let html = fragment(plain_chrome(&request, &portal).locale, &helped);
    Ok(HttpResponse::Ok().json(Answer { html, fill: helped.filled_in.into_iter().collect() }))
}
