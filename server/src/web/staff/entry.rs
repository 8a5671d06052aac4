//! 「窓口代行入力」 A paper form, a page at a time, as the parent's own. Invariant: what was typed is kept before anything is
//! answered, whether it is right or wrong.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use app::{
    helpers::{Help, address_of, needs_script},
    pages::{
        conflict::Conflict,
        form::Model,
        staff::{entry as pages, message},
    },
    text::Locale,
};
use intake::{
    answers::{FieldError, RawAnswers, parse},
    counter::{NotThatDay, may_be_blank},
    form::{Form, Page},
    help::{ASK, Helped, Wish},
    identity::{NotRecorded, is_by_proxy},
    ids::{DraftId, FieldId, FormId, PageId, ReceiptNumber},
    journey::{self, Place, Warning},
};

use super::{
    Answer, AtDesk, AtWork,
    command::{NoOrder, raw_of, sight},
    to,
};
use crate::{
    assets,
    flows::{
        counter_entry::{self, Handed, OpenEntry, Saved, Sent, SentPage},
        page_state,
    },
    portal::Portal,
    store::counter_entry::TypedIn,
    web::{
        apply::Asked,
        autosave::{self, Typed},
        body::FormBody,
        error::WebError,
        frame::page as answer,
        help::{carry_out, typed, wished},
        two_texts::{as_chosen_of, chosen},
    },
};

fn form_id(text: &str) -> Result<FormId, WebError> {
    text.parse().map_err(|_| WebError::NotFound)
}

fn title_of(portal: &Portal, form: &FormId) -> String {
    portal.catalog.newest(form).map_or_else(|| form.to_string(), |form| form.title.get("ja").to_owned())
}

fn line(portal: &Portal, one: TypedIn) -> pages::Typed {
    pages::Typed {
        title: title_of(portal, &one.form_id),
        number: one.receipt_number,
        filed_at: one.filed_at,
        is_checked: one.checked_by.is_some(),
        is_open: one.erased_at.is_none(),
    }
}

/// `GET /staff/entry`
pub async fn overview(portal: Data<Portal>, at: AtWork) -> Answer {
    let found = counter_entry::overview(&portal, &at.who.staff).await?;
    let title = |form: &Form| form.title.get("ja").to_owned();
    let draft = |draft: &OpenEntry<'_>| pages::Draft {
        id: draft.form.id.clone(),
        title: title(draft.form),
        updated_at: draft.updated_at,
        ends_on: draft.expires_at.date_in_japan(),
    };
    let model = pages::Overview {
        forms: found.forms.iter().map(|form| pages::Offered { id: form.id.clone(), title: title(form) }).collect(),
        drafts: found.drafts.iter().map(draft).collect(),
        news: found.news.into_iter().map(|one| line(&portal, one)).collect(),
        typed: found.typed.into_iter().map(|one| line(&portal, one)).collect(),
    };
    Ok(answer(StatusCode::OK, pages::overview(&at.desk, &model)))
}

/// `POST /staff/entry/{form}`: begins, or goes on where something is missing.
pub async fn begin(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let id = form_id(&path)?;
    let entry = counter_entry::begin(&portal, &at.who, &id).await?;
    let next = counter_entry::next_page(&portal, &entry).map_or_else(|| "check".to_owned(), |page| page.to_string());
    Ok(to(&format!("/staff/entry/{id}/{next}")))
}

/// `POST /staff/entry/{form}/discard`
pub async fn discard(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    counter_entry::discard(&portal, &at.who.staff, &form_id(&path)?).await?;
    Ok(to("/staff/entry"))
}

/// A page that is typed in, with all that is needed to show it.
struct Shown<'a> {
    entry: &'a OpenEntry<'a>,
    page: &'a Page,
    place: Place,
    raw: RawAnswers,
    errors: Vec<FieldError>,
    helped: Option<Helped>,
}

impl<'a> Shown<'a> {
    /// None when the page is not on the way for these answers.
    fn of(portal: &Portal, entry: &'a OpenEntry<'a>, page: &PageId) -> Option<Self> {
        let today = portal.clock.now().date_in_japan();
        let (answers, _) = parse(entry.form, &entry.sheet.raw, today);
        let place = journey::place(entry.form, &answers, page)?;
        let struck = entry.struck.iter().filter_map(|id| FieldError::struck_out(entry.form, id));
        let others = counter_entry::errors(portal, entry).into_iter();
        let others = others.filter(|error| error.page == *page && !entry.struck.contains(&error.field));
        let errors = struck.chain(others).collect();
        Some(Self { entry, page: entry.form.page(page)?, place, raw: entry.sheet.raw.clone(), errors, helped: None })
    }

    fn warnings(&self, portal: &Portal) -> Vec<Warning> {
        let today = portal.clock.now().date_in_japan();
        let (answers, _) = parse(self.entry.form, &self.raw, today);
        let mut warnings = journey::warnings(self.entry.form, &answers, today);
        warnings.retain(|warning| self.page.fields.iter().any(|field| field.id == warning.field));
        warnings
    }

    /// The page with what a helper was asked for.
    fn with_help(mut self, portal: &Portal, wish: &Wish, asked: &[(String, String)]) -> Self {
        let today = portal.clock.now().date_in_japan();
        typed(&mut self.raw, asked);
        let code = self.page.fields.iter().find(|field| field.id == *wish.field());
        let address = code.and_then(|code| address_of(&Help::on(today), self.page, code));
        self.helped = Some(carry_out(wish, address.map(|address| &address.id), &mut self.raw, today));
        self
    }

    fn html(
        &self,
        portal: &Portal,
        at: &AtWork,
        (errors, warnings): (&[FieldError], &[Warning]),
        from_check: bool,
    ) -> String {
        let (form, page) = (self.entry.form, self.page);
        let today = portal.clock.now().date_in_japan();
        let (answers, _) = parse(form, &self.raw, today);
        let model = Model {
            form,
            page,
            place: self.place.clone(),
            raw: &self.raw,
            answers: &answers,
            text_pack: None,
            errors,
            warnings,
            state: page_state::of_showing(form, &self.entry.sheet.raw, &page.id),
            from_check,
            help: Help { helped: self.helped.as_ref(), ..Help::on(today) },
            card: None,
        };
        let has_help = needs_script(form, page.fields.iter().map(|field| &field.id));
        let scripts = if has_help { vec![assets::HELPERS] } else { Vec::new() };
        let desk = at.desk.clone().with_scripts(&scripts, &[]).at(format!("/staff/entry/{}/{}", form.id, page.id));
        pages::page(&desk, &model, &self.entry.sheet.blank, may_be_blank)
    }
}

/// `GET /staff/entry/{form}/{page}`
pub async fn page(portal: Data<Portal>, at: AtWork, path: Path<(String, String)>, asked: Query<Asked>) -> Answer {
    let (id, page) = (form_id(&path.0)?, path.1.parse::<PageId>().map_err(|_| WebError::NotFound)?);
    let Some(entry) = found(&portal, &at, &id).await? else { return Ok(to("/staff/entry")) };
    let Some(shown) = Shown::of(&portal, &entry, &page) else { return Ok(to(&format!("/staff/entry/{id}/check"))) };
    let errors: &[FieldError] = if asked.shows_errors() { &shown.errors } else { &[] };
    Ok(answer(StatusCode::OK, shown.html(&portal, &at, (errors, &[]), asked.is_from_check())))
}

/// What who asks is typing in; not found for who may type nothing in.
async fn found<'portal>(
    portal: &'portal Portal,
    at: &AtWork,
    id: &FormId,
) -> Result<Option<OpenEntry<'portal>>, WebError> {
    if counter_entry::forms(portal, &at.who.staff).is_empty() {
        return Err(WebError::NotFound);
    }
    Ok(counter_entry::load(portal, &at.who.staff, id).await?)
}

/// Takes the marks out of what a page sent.
fn blank(body: &mut FormBody) -> Vec<FieldId> {
    body.take_asked(pages::BLANK).into_iter().filter_map(|(_, id)| id.parse().ok()).collect()
}

/// `POST /staff/entry/{form}/{page}`
pub async fn keep(portal: Data<Portal>, at: AtDesk, path: Path<(String, String)>, mut body: FormBody) -> Answer {
    let AtDesk { who, desk } = at;
    let Some(who) = who else {
        // The same once more after signing in beside it: nothing that was typed is lost.
        return Ok(answer(StatusCode::UNAUTHORIZED, message::sign_in_and_send_again(&desk, body.inputs())));
    };
    let at = AtWork { who, desk };
    let (id, page) = (form_id(&path.0)?, path.1.parse::<PageId>().map_err(|_| WebError::NotFound)?);
    let (state, from_check) = (body.take("page_state"), body.take("from") == "check");
    let (warned, then) = (!body.take("warned").is_empty(), body.take("then"));
    let (asked, mut blank) = (body.take_asked(ASK), blank(&mut body));
    let Some(before) = found(&portal, &at, &id).await? else { return Ok(to("/staff/entry")) };
    let choice = chosen(&mut body);
    if !choice.is_empty() {
        blank.clone_from(&before.sheet.blank);
    }
    let inputs = as_chosen_of((before.form, &before.sheet.raw), &page, &choice, body.inputs());
    let sent = SentPage { page: &page, inputs: &inputs, blank: &blank, state: &state };
    let entry = match counter_entry::save_page(&portal, &at.who, &id, &sent).await? {
        Saved::Kept(entry) => entry,
        Saved::UnknownInput => return Err(WebError::Unreadable),
        Saved::Conflict(kept) => return conflict(&at, &kept, &page, &inputs, from_check),
    };
    let to_page = |next: &str| to(&format!("/staff/entry/{id}/{next}"));
    let Some(shown) = Shown::of(&portal, &entry, &page) else { return Ok(to_page("check")) };
    if !entry.struck.is_empty() {
        let html = shown.html(&portal, &at, (&shown.errors, &[]), from_check);
        return Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, html));
    }
    if let Some(wish) = wished(&then, shown.page, &shown.raw, &asked) {
        let html = shown.with_help(&portal, &wish, &asked).html(&portal, &at, (&[], &[]), from_check);
        return Ok(answer(StatusCode::OK, html));
    }
    match then.as_str() {
        "save" => return Ok(to("/staff/entry")),
        "back" if from_check => return Ok(to_page("check")),
        "back" => {
            let before = shown.place.before.as_ref();
            return Ok(before.map_or_else(|| to("/staff/entry"), |before| to_page(before.as_str())));
        }
        _ => {}
    }
    let warnings = if warned { Vec::new() } else { shown.warnings(&portal) };
    if !shown.errors.is_empty() || !warnings.is_empty() {
        let html = shown.html(&portal, &at, (&shown.errors, &warnings), from_check);
        return Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, html));
    }
    let after = shown.place.after.as_ref().filter(|_| !from_check);
    Ok(to_page(after.map_or("check", |after| after.as_str())))
}

/// Another tab was faster: both texts, field by field.
fn conflict(
    at: &AtWork,
    kept: &OpenEntry<'_>,
    page: &PageId,
    sent: &[(String, String)],
    from_check: bool,
) -> Result<HttpResponse, WebError> {
    let (stored, mut typed) = (&kept.sheet.raw, kept.sheet.raw.clone());
    let shown = kept.form.page(page).filter(|_| typed.replace_page(kept.form, page, sent).is_ok());
    let shown = shown.ok_or(WebError::Unreadable)?;
    let state = page_state::of_showing(kept.form, stored, page);
    let action = format!("/staff/entry/{}/{page}", kept.form.id);
    let fields = shown.fields.iter().filter(|field| !stored.is_same(&typed, field)).collect();
    let model =
        Conflict { fields, page: Some(shown), stored, typed: &typed, text_pack: None, state, action, from_check };
    Ok(answer(StatusCode::CONFLICT, pages::conflict(&at.desk, &model)))
}

/// `POST /staff/entry/{form}/{page}/save`: while typing; answers as that of parents does.
pub async fn autosave(portal: Data<Portal>, at: AtDesk, path: Path<(String, String)>, mut body: FormBody) -> Answer {
    let Some(who) = at.who else { return Ok(HttpResponse::Unauthorized().finish()) };
    let (id, page) = (form_id(&path.0)?, path.1.parse::<PageId>().map_err(|_| WebError::NotFound)?);
    let (state, left) = (body.take("page_state"), body.take("left"));
    for own in ["from", "warned", "then"] {
        body.take(own);
    }
    body.take_asked(ASK);
    let blank = blank(&mut body);
    let sent = SentPage { page: &page, inputs: body.inputs(), blank: &blank, state: &state };
    match counter_entry::save_page(&portal, &who, &id, &sent).await? {
        Saved::Kept(entry) => {
            let of = Typed { form: entry.form, raw: &entry.sheet.raw, struck: &entry.struck };
            Ok(autosave::kept(&portal, Locale::Ja, &of, &page, (&left, None)))
        }
        Saved::Conflict(_) => Ok(HttpResponse::Conflict().finish()),
        Saved::UnknownInput => Err(WebError::Unreadable),
    }
}

/// The last page, with what could not be taken.
fn end_page(portal: &Portal, at: &AtWork, entry: &OpenEntry<'_>, error: Option<(String, &'static str)>) -> Answer {
    let id = &entry.form.id;
    if let Some(first) = counter_entry::errors(portal, entry).first() {
        return Ok(to(&format!("/staff/entry/{id}/{}?errors=1&from=check", first.page)));
    }
    let today = portal.clock.now().date_in_japan();
    let (answers, _) = parse(entry.form, &entry.sheet.raw, today);
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let model = pages::End {
        form: entry.form,
        pages: journey::pages(entry.form, &answers),
        raw: &entry.sheet.raw,
        answers: &answers,
        blank: &entry.sheet.blank,
        end: &entry.sheet.end,
        draft: entry.id,
        today,
        takes_number: portal.config.my_number.is_spoken_of(),
        is_by_proxy: is_by_proxy(entry.form, &answers),
        error,
    };
    Ok(answer(status, pages::end(&at.desk.clone().at(format!("/staff/entry/{id}/check")), &model)))
}

/// `GET /staff/entry/{form}/check`
pub async fn end(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    match found(&portal, &at, &form_id(&path)?).await? {
        None => Ok(to("/staff/entry")),
        Some(entry) => end_page(&portal, &at, &entry, None),
    }
}

const fn day_fault(why: NotThatDay) -> NoOrder {
    match why {
        NotThatDay::NotADay => ("entry-obstacle-day", "handed_in"),
        NotThatDay::Future => ("entry-obstacle-future", "handed_in"),
        NotThatDay::TooLongAgo => ("entry-obstacle-too-long-ago", "handed_in"),
        NotThatDay::Reason => ("entry-obstacle-reason", "late_because"),
    }
}

const fn sight_fault(why: NotRecorded) -> NoOrder {
    match why {
        NotRecorded::TwoAreNeeded => ("staff-obstacle-two-documents", "without_photo-0"),
        NotRecorded::NotMet => ("staff-obstacle-not-met", "met"),
        NotRecorded::NoProxy => ("staff-obstacle-identity", "person-0"),
        NotRecorded::NotCompared => ("staff-obstacle-compared-with", "compared_with-0"),
    }
}

/// The last page once more, with what was typed and why it was not taken.
async fn again(portal: &Portal, at: &AtWork, id: &FormId, (key, input): NoOrder) -> Answer {
    match counter_entry::load(portal, &at.who.staff, id).await? {
        None => Ok(to("/staff/entry")),
        Some(entry) => end_page(portal, at, &entry, Some((at.desk.locale().say(key), input))),
    }
}

/// `POST /staff/entry/{form}/check`: 届出として登録する
pub async fn send(portal: Data<Portal>, at: AtDesk, path: Path<String>, mut body: FormBody) -> Answer {
    let AtDesk { who, desk } = at;
    let Some(who) = who else {
        return Ok(answer(StatusCode::UNAUTHORIZED, message::sign_in_and_send_again(&desk, body.inputs())));
    };
    let at = AtWork { who, desk };
    let id = form_id(&path)?;
    let entry = found(&portal, &at, &id).await?;
    let draft: DraftId = body.take("draft").parse().map_err(|_| WebError::Unreadable)?;
    let then = body.take("then");
    let end = raw_of(body.inputs());
    let entry = entry.filter(|entry| entry.id == draft);
    if entry.is_some() {
        counter_entry::save_end(&portal, &at.who, &id, &end).await?;
        if then == "save" {
            return Ok(to("/staff/entry"));
        }
    }
    let takes_number = portal.config.my_number.is_spoken_of();
    let seen = (end.first("seen") == "now").then(|| sight(&end, takes_number)).transpose();
    let sight = match seen {
        Ok(sight) => sight,
        Err(fault) => return again(&portal, &at, &id, fault).await,
    };
    let handed = Handed { day: end.first("handed_in"), because: end.first("late_because"), sight };
    match counter_entry::send(&portal, &at.who.staff, &id, draft, &handed).await? {
        Sent::Case(number) => Ok(to(&format!("/staff/cases/{number}/receipt"))),
        Sent::Incomplete(errors) => {
            let page = errors.first().map(|error| error.page.to_string()).unwrap_or_default();
            Ok(to(&format!("/staff/entry/{id}/{page}?errors=1&from=check")))
        }
        Sent::Day(why) => again(&portal, &at, &id, day_fault(why)).await,
        Sent::Sight(why) => again(&portal, &at, &id, sight_fault(why)).await,
    }
}

/// `GET /staff/cases/{receipt_number}/receipt`: to be printed
pub async fn receipt(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let head = counter_entry::receipt(&portal, &at.who.staff, &number).await?;
    let city = &portal.config.municipality;
    let model = pages::Receipt { number: &number, filed_at: head.filed_at, city: (&city.name, &city.phone) };
    Ok(answer(StatusCode::OK, pages::receipt(&at.desk, &model)))
}

/// `POST /staff/cases/{receipt_number}/entry-read`
pub async fn mark_read(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    counter_entry::mark_read(&portal, &at.who.staff, &number).await?;
    Ok(to(&format!("/staff/cases/{number}")))
}
