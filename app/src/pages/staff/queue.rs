//! 「受付一覧」 The queue. Invariant: tab and place stand in the address, so that a page can be shared and come back to.

use intake::{
    case::Stage,
    export::Channel,
    flags::Flag,
    ids::ReceiptNumber,
    time::{CivilDate, Instant},
};
use leptos::prelude::*;

use super::frame::{Desk, document};
use crate::text::Locale;

/// A row.
pub struct Row {
    /// 「受付番号」
    pub number: ReceiptNumber,
    /// 「氏名」 None once the content is erased.
    pub name: Option<String>,
    /// 「フリガナ」
    pub kana: Option<String>,
    /// The stage.
    pub stage: Stage,
    /// 「確認が必要な項目」
    pub flags: Vec<Flag>,
    /// When it arrived.
    pub filed_at: Instant,
    /// How it came.
    pub channel: Channel,
    /// For how many days it has been in this stage.
    pub days: i64,
    /// Who holds it.
    pub holder: Option<String>,
    /// Until when corrections are asked for.
    pub correction_due_on: Option<CivilDate>,
    /// 「取下げの申出」 Since when a withdrawal is asked for.
    pub withdrawal_asked_at: Option<Instant>,
    /// 「未読の連絡」 Since when something of the parent's is unread.
    pub unread_since: Option<Instant>,
}

/// What the page shows.
pub struct Model {
    /// The name of each tab in the address, with how many are in it.
    pub tabs: Vec<(&'static str, i64)>,
    /// The tab that is shown.
    pub current: &'static str,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Whether this is not the first page.
    pub is_later_page: bool,
    /// What was just done, for who came back.
    pub way: super::way::Way,
    /// A number that was searched for and that no case has.
    pub not_found: Option<String>,
}

/// The flags as badges.
pub(super) fn badges(locale: Locale, flags: &[Flag]) -> AnyView {
    let badge = |flag: &Flag| {
        view! { <span class="badge badge--flag">{locale.say(&format!("flag-{}", flag.code().replace('_', "-")))}</span> " " }
    };
    flags.iter().map(badge).collect_view().into_any()
}

/// `/staff/queue`
#[must_use]
pub fn page(desk: &Desk, model: &Model) -> String {
    let locale = desk.locale();
    let title = locale.say("queue-title");
    document(desk, &title.clone(), model.not_found.is_some(), || {
        view! {
            <h1>{title}</h1>
            {super::way::done(locale, &model.way)}
            {super::presence::live(locale, "/staff/events")}
            {search(locale, model)}
            {tabs(locale, model)}
            {table(locale, model)}
            {paging(locale, model)}
            <p class="field__hint">{locale.say("queue-keys")}</p>
        }
        .into_any()
    })
}

fn search(locale: Locale, model: &Model) -> AnyView {
    let error = model.not_found.as_ref().map(|_| {
        view! { <p class="field__error" id="number-error" role="alert">{locale.say("error-prefix")}{locale.say("queue-search-none")}</p> }
    });
    let described = model.not_found.as_ref().map(|_| "number-error");
    view! {
        <form class="queue-search" method="post" action="/staff/queue" role="search">
            <label class="field__label" for="number">{locale.say("queue-search")}</label>
            {error}
            <div class="queue-search__row">
                <input class="input" type="search" id="number" name="number" size="16" autocomplete="off" spellcheck="false"
                    value=model.not_found.clone().unwrap_or_default() aria-describedby=described/>
                <button class="button button--secondary">{locale.say("queue-search-button")}</button>
            </div>
        </form>
    }
    .into_any()
}

fn tabs(locale: Locale, model: &Model) -> AnyView {
    let links = model
        .tabs
        .iter()
        .map(|(tab, count)| {
            let current = (*tab == model.current).then_some("page");
            view! {
                <a href=format!("/staff/queue?tab={tab}") aria-current=current>
                    {locale.say(&format!("tab-{}", tab.replace('_', "-")))} " " <span>{count.to_string()}</span>
                </a>
            }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label=locale.say("queue-tabs")>{links}</nav> }.into_any()
}

fn table(locale: Locale, model: &Model) -> AnyView {
    if model.rows.is_empty() {
        let key = if model.way.done.is_some() { "way-all-done" } else { "queue-empty" };
        return view! { <p>{locale.say(key)}</p> }.into_any();
    }
    let rows = model.rows.iter().map(|row| row_view(locale, row)).collect_view();
    let head = |key: &str| view! { <th scope="col">{locale.say(key)}</th> };
    let label = locale.say("queue-title");
    view! {
        <div class="queue" role="region" aria-label=label tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        {head("queue-number")}{head("queue-name")}{head("queue-stage")}{head("queue-flags")}
                        {head("queue-filed")}{head("queue-days")}{head("queue-holder")}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row_view(locale: Locale, row: &Row) -> AnyView {
    // What is erased cannot be opened.
    let number = if row.name.is_some() {
        view! { <a href=format!("/staff/cases/{}", row.number)>{row.number.to_string()}</a> }.into_any()
    } else {
        row.number.to_string().into_any()
    };
    let name = row.name.clone().unwrap_or_else(|| locale.say("queue-erased"));
    let kana = row.kana.as_ref().map(|kana| view! { <br/><small>{kana.clone()}</small> });
    let came = super::channel::badge(locale, row.channel);
    let due = row.correction_due_on.map(|day| {
        view! { <br/><small>{locale.with("queue-due", &[("day", &day.to_string())])}</small> }
    });
    let asked = row.withdrawal_asked_at.map(|at| {
        view! { <br/><small>{locale.with("queue-withdrawal", &[("at", &at.minute_in_japan())])}</small> }
    });
    let unread = row.unread_since.map(|at| {
        view! { <br/><span class="badge badge--flag">{locale.with("queue-unread", &[("at", &at.minute_in_japan())])}</span> }
    });
    view! {
        <tr>
            <th scope="row">{number}{came}</th>
            <td lang="ja">{name}{kana}</td>
            <td><span class="badge badge--stage">{locale.say(&format!("staff-stage-{}", row.stage))}</span>{due}{asked}{unread}</td>
            <td>{badges(locale, &row.flags)}</td>
            <td><time>{row.filed_at.minute_in_japan()}</time></td>
            <td data-number="">{row.days.to_string()}</td>
            <td><span data-holder="">{row.holder.clone().unwrap_or_default()}</span></td>
        </tr>
    }
    .into_any()
}

fn paging(locale: Locale, model: &Model) -> AnyView {
    let first = model.is_later_page.then(|| {
        view! { <a href=format!("/staff/queue?tab={}", model.current)>{locale.say("queue-first")}</a> " " }
    });
    let next = model.next.as_ref().map(|mark| {
        view! { <a href=format!("/staff/queue?tab={}&after={mark}", model.current)>{locale.say("queue-next")}</a> }
    });
    view! { <p>{first}{next}</p> }.into_any()
}
