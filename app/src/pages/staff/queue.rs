//! 「受付一覧」 The queue. Invariant: the view and the place stand in the address, so that a page can be shared and come back to;
//! what was typed into the search does not.

use intake::{
    case::Stage,
    export::Channel,
    flags::Flag,
    ids::ReceiptNumber,
    note::LONGEST,
    queue::{Attention, Holder, Length, Sort, Tab, TimeLeft, View},
    time::{CivilDate, Instant},
};
use leptos::prelude::*;

use super::frame::{Desk, document, error_summary};
use crate::{fields::text_area_of, text::Locale};

/// A row.
pub struct Row {
    /// 「受付番号」
    pub number: ReceiptNumber,
    /// The version that is shown: what is done to several is done to this one.
    pub version: i64,
    /// 「氏名」 None once the content is erased.
    pub name: Option<String>,
    /// 「フリガナ」
    pub kana: Option<String>,
    /// What was filed.
    pub form: String,
    /// The stage.
    pub stage: Stage,
    /// 「確認が必要な項目」
    pub flags: Vec<Flag>,
    /// 「同じ方・重複の可能性」 Whether a person is to say something of it beside another.
    pub pair_is_open: bool,
    /// When it arrived.
    pub filed_at: Instant,
    /// How it came.
    pub channel: Channel,
    /// 「処理期限」
    pub time_left: TimeLeft,
    /// Whether that is nearly up.
    pub is_soon: bool,
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

impl Row {
    /// What stands for the row in the form for several.
    #[must_use]
    pub fn tick(&self) -> String {
        format!("{}:{}", self.number, self.version)
    }
}

/// Somebody of the office.
pub struct Colleague {
    /// Her id.
    pub id: String,
    /// The name that colleagues read.
    pub name: String,
    /// Whether cases can be given to her now.
    pub works: bool,
}

/// The search.
#[derive(Default)]
pub struct Find {
    /// What was typed.
    pub typed: String,
    /// The key of the sentence that says why nothing was found.
    pub fault: Option<&'static str>,
}

/// What could not be done to several.
#[derive(Default)]
pub struct Bulk {
    /// The key of the sentence that says why.
    pub fault: Option<&'static str>,
    /// The rows that were ticked.
    pub ticked: Vec<String>,
    /// Who was chosen.
    pub to: String,
    /// The note that was typed.
    pub note: String,
    /// Names this page: what is sent from it twice was pressed twice.
    pub token: String,
}

/// What the page shows.
pub struct Model {
    /// Each tab with how many are in it.
    pub tabs: Vec<(Tab, i64)>,
    /// The view.
    pub view: View,
    /// The forms that can be filtered by, with their titles.
    pub forms: Vec<(String, String)>,
    /// Everybody who works on cases, or did.
    pub colleagues: Vec<Colleague>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Whether this is not the first page.
    pub is_later_page: bool,
    /// What was just done, for who came back.
    pub way: super::way::Way,
    /// The search.
    pub find: Find,
    /// A day of the filter that is none: its input, what was typed, and the key of the sentence.
    pub not_a_day: Option<(&'static str, String, &'static str)>,
    /// What could not be done to several.
    pub bulk: Bulk,
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
    let faults = [model.find.fault, model.not_a_day.as_ref().map(|(_, _, key)| *key), model.bulk.fault];
    document(desk, &title.clone(), faults.iter().any(Option::is_some), || {
        let of_day = model.not_a_day.as_ref().map(|(input, _, key)| error_summary(Some(&locale.say(key)), Some(input)));
        let of_bulk = model.bulk.fault.map(|key| error_summary(Some(&locale.say(key)), Some("bulk")));
        view! {
            {of_day}{of_bulk}
            {super::way::done(locale, &model.way)}
            {super::presence::live(locale, "/staff/events")}
            <div class="queue-head"><h1>{title}</h1>{find(locale, &model.find)}</div>
            {tabs(locale, model)}
            {filter(locale, model)}
            {list(locale, model)}
            {paging(locale, model)}
            <p class="field__hint">{locale.say("queue-keys")}</p>
        }
        .into_any()
    })
}

/// 「探す」 The list of what was found.
#[must_use]
pub fn found(desk: &Desk, find_again: &Find, rows: &[Row], has_more: bool) -> String {
    let locale = desk.locale();
    let title = locale.say("queue-found-title");
    document(desk, &title.clone(), false, || {
        let count = rows.len().to_string();
        let many = has_more.then(|| {
            view! { <p class="notice notice--warning">{locale.with("queue-found-many", &[("rows", &count)])}</p> }
        });
        let lines = rows.iter().map(|row| row_view(locale, row, None)).collect_view();
        view! {
            <div class="queue-head"><h1>{title}</h1>{find(locale, find_again)}</div>
            <p><a href="/staff/queue">{locale.say("queue-found-back")}</a></p>
            {many}
            {table(locale, lines.into_any(), false)}
        }
        .into_any()
    })
}

fn find(locale: Locale, model: &Find) -> AnyView {
    let error = model.fault.map(|key| {
        view! { <p class="field__error" id="wanted-error" role="alert">{locale.say("error-prefix")}{locale.say(key)}</p> }
    });
    let described = if model.fault.is_some() { "wanted-hint wanted-error" } else { "wanted-hint" };
    let is_wrong = model.fault.map(|_| "true");
    view! {
        <form class="queue-search" method="post" action="/staff/queue" role="search">
            <label class="field__label" for="wanted">{locale.say("queue-find")}</label>
            <p class="field__hint" id="wanted-hint">{locale.say("queue-find-hint")}</p>
            {error}
            <div class="queue-search__row">
                <input class="input" type="search" id="wanted" name="wanted" autocomplete="off" spellcheck="false"
                    value=model.typed.clone() aria-describedby=described aria-invalid=is_wrong/>
                <button class="button button--secondary">{locale.say("queue-search-button")}</button>
            </div>
        </form>
    }
    .into_any()
}

fn word(text: &str) -> String {
    text.replace('_', "-")
}

fn tabs(locale: Locale, model: &Model) -> AnyView {
    let links = model
        .tabs
        .iter()
        .map(|(tab, count)| {
            let current = (*tab == model.view.tab).then_some("page");
            view! {
                <a href=format!("/staff/queue?{}", View::of(*tab)) aria-current=current>
                    {locale.say(&format!("tab-{}", word(tab.as_str())))} " " <span>{count.to_string()}</span>
                </a>
            }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label=locale.say("queue-tabs")>{links}</nav> }.into_any()
}

/// A choice of the filter, with nothing chosen as its first.
fn select(
    locale: Locale,
    name: &'static str,
    choices: Vec<(String, String)>,
    chosen: Option<String>,
    all: &str,
) -> AnyView {
    let id = format!("filter-{name}");
    let options = choices
        .into_iter()
        .map(|(value, label)| {
            let selected = chosen.as_deref() == Some(value.as_str());
            view! { <option value=value selected=selected>{label}</option> }
        })
        .collect_view();
    let nothing = (!all.is_empty()).then(|| view! { <option value="">{locale.say(all)}</option> });
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>{locale.say(&format!("queue-filter-{name}"))}</label>
            <select class="select" id=id name=name>{nothing}{options}</select>
        </div>
    }
    .into_any()
}

fn day_input(locale: Locale, model: &Model, name: &'static str, day: Option<CivilDate>) -> AnyView {
    let wrong = model.not_a_day.as_ref().filter(|(input, ..)| *input == name);
    let value = wrong.map_or_else(|| day.map(|day| day.to_string()).unwrap_or_default(), |(_, typed, _)| typed.clone());
    let error_id = format!("{name}-error");
    let described = wrong.map(|_| error_id.clone());
    let error = wrong.map(|(_, _, key)| {
        view! { <p class="field__error" id=error_id>{locale.say("error-prefix")}{locale.say(key)}</p> }
    });
    // A text of its own: a browser keeps what is no day to itself.
    let kind = if wrong.is_some() { "text" } else { "date" };
    view! {
        <div class="field">
            <label class="field__label" for=name>{locale.say(&format!("queue-filter-{name}"))}</label>
            {error}
            <input class="input" type=kind id=name name=name value=value autocomplete="off" aria-describedby=described aria-invalid=wrong.map(|_| "true")/>
        </div>
    }
    .into_any()
}

fn filter(locale: Locale, model: &Model) -> AnyView {
    let view = &model.view;
    let channels = Channel::ALL.map(|one| (one.as_str().to_owned(), locale.say(&format!("channel-{}", one.as_str()))));
    let mut holders = vec![
        (Holder::Me.to_string(), locale.say("queue-filter-me")),
        (Holder::Nobody.to_string(), locale.say("queue-filter-nobody")),
    ];
    holders.extend(model.colleagues.iter().map(|one| (one.id.clone(), one.name.clone())));
    let with: Vec<_> = Attention::ALL
        .iter()
        .filter(|one| view.tab.attention() != Some(**one))
        .map(|one| (one.as_str().to_owned(), locale.say(&format!("queue-with-{}", one.as_str()))))
        .collect();
    let sorts: Vec<_> = view
        .tab
        .sorts()
        .iter()
        .map(|sort: &Sort| (sort.as_str().to_owned(), locale.say(&format!("queue-sort-{}", sort.as_str()))))
        .collect();
    let lengths = Length::ALL.iter().map(|one| {
        let rows = one.as_str().to_owned();
        (rows.clone(), locale.with("queue-rows", &[("rows", &rows)]))
    });
    let lengths: Vec<_> = lengths.collect();
    // Whose the cases are is said by the tab.
    let holder = (view.tab != Tab::Mine)
        .then(|| select(locale, "holder", holders, view.holder.map(|holder| holder.to_string()), "queue-filter-all"));
    let is_open = view.is_narrowed() || model.not_a_day.is_some();
    let narrowed = view.is_narrowed().then(|| {
        view! { <span class="badge badge--flag">{locale.say("queue-narrowed")}</span> }
    });
    let clear = is_open.then(|| {
        view! { <a class="button button--quiet" href=format!("/staff/queue?{}", View::of(view.tab))>{locale.say("queue-filter-clear")}</a> }
    });
    view! {
        <details class="queue-filter" open=is_open>
            <summary>{locale.say("queue-filter")} " " {narrowed}</summary>
            <form class="queue-filter__form" method="get" action="/staff/queue" novalidate>
                <input type="hidden" name="tab" value=view.tab.as_str()/>
                {select(locale, "form", model.forms.clone(), view.form.as_ref().map(ToString::to_string), "queue-filter-all")}
                {select(locale, "channel", channels.to_vec(), view.channel.map(|one| one.as_str().to_owned()), "queue-filter-all")}
                {holder}
                {select(locale, "with", with, view.attention.map(|one| one.as_str().to_owned()), "queue-filter-all")}
                {day_input(locale, model, "from", view.from)}
                {day_input(locale, model, "to", view.to)}
                {select(locale, "sort", sorts, Some(view.sort.as_str().to_owned()), "")}
                {select(locale, "rows", lengths, Some(view.length.as_str().to_owned()), "")}
                <div class="queue-filter__row">
                    <button class="button button--secondary">{locale.say("queue-filter-button")}</button>{clear}
                </div>
            </form>
        </details>
    }
    .into_any()
}

fn list(locale: Locale, model: &Model) -> AnyView {
    if model.rows.is_empty() {
        let key = match (&model.way.done, model.view.is_narrowed()) {
            (Some(_), _) => "way-all-done",
            (None, true) => "queue-empty-narrowed",
            (None, false) => "queue-empty",
        };
        return view! { <p>{locale.say(key)}</p> }.into_any();
    }
    let lines = model.rows.iter().map(|row| row_view(locale, row, Some(&model.bulk.ticked))).collect_view();
    // Nothing can be done to what is erased.
    let shown: Vec<String> = model.rows.iter().filter(|row| row.name.is_some()).map(Row::tick).collect();
    view! {
        <form class="queue-bulk" method="post" action="/staff/queue/bulk">
            <input type="hidden" name="view" value=model.view.to_string()/>
            <input type="hidden" name="shown" value=shown.join(" ")/>
            {bulk(locale, model)}
            {table(locale, lines.into_any(), true)}
        </form>
    }
    .into_any()
}

/// 「まとめて処理」 What can be done to the rows that are ticked.
fn bulk(locale: Locale, model: &Model) -> AnyView {
    let people = model
        .colleagues
        .iter()
        .filter(|one| one.works)
        .map(|one| {
            let selected = one.id == model.bulk.to;
            view! { <option value=one.id.clone() selected=selected>{one.name.clone()}</option> }
        })
        .collect_view();
    let error = model.bulk.fault.map(|key| {
        view! { <p class="field__error" id="bulk-error">{locale.say("error-prefix")}{locale.say(key)}</p> }
    });
    view! {
        <fieldset class="queue-bulk__bar" id="bulk">
            <legend>{locale.say("queue-bulk")}</legend>
            {error}
            <label class="queue-tick"><input type="checkbox" name="all" value="yes"/><span>{locale.say("queue-tick-all")}</span></label>
            <button class="button button--secondary" name="order" value="claim">{locale.say("queue-bulk-claim")}</button>
            <span class="queue-bulk__to">
                <label for="bulk-to">{locale.say("queue-bulk-to")}</label>
                <select class="select" id="bulk-to" name="to"><option value="">{locale.say("queue-bulk-choose")}</option>{people}</select>
                <button class="button button--secondary" name="order" value="assign">{locale.say("queue-bulk-assign")}</button>
            </span>
            <details class="queue-bulk__note" open=!model.bulk.note.is_empty()>
                <summary>{locale.say("queue-bulk-note")}</summary>
                <input type="hidden" name="token" value=model.bulk.token.clone() autocomplete="off"/>
                <label class="field__label" for="bulk-note">{locale.say("note-label")}</label>
                <p class="field__hint" id="bulk-note-hint">{locale.with("note-hint", &[("longest", &LONGEST.to_string())])}</p>
                {text_area_of("bulk-note", &model.bulk.note, Some("off".to_owned()), Some("bulk-note-hint".to_owned()), false)}
                <button class="button button--secondary" name="order" value="note">{locale.say("note-write")}</button>
            </details>
        </fieldset>
    }
    .into_any()
}

fn table(locale: Locale, lines: AnyView, with_ticks: bool) -> AnyView {
    let head = |key: &str| view! { <th scope="col">{locale.say(key)}</th> };
    let tick = with_ticks.then(|| view! { <td></td> });
    view! {
        <div class="queue" role="region" aria-label=locale.say("queue-title") tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        {tick}{head("queue-case")}{head("queue-name")}{head("queue-stage")}{head("queue-flags")}
                        {head("queue-filed")}{head("queue-time")}{head("queue-holder")}
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// How much time is left, in words.
fn time_left(locale: Locale, row: &Row) -> AnyView {
    let until =
        |day: CivilDate| view! { <br/><small>{locale.with("queue-time-until", &[("day", &day.to_string())])}</small> };
    let days = |key: &str, days: u32| locale.with(key, &[("days", &days.to_string())]);
    let look = if row.is_soon { "badge badge--flag" } else { "" };
    match row.time_left {
        TimeLeft::NoDeadline => ().into_any(),
        TimeLeft::Waiting => view! { <small>{locale.say("queue-time-waiting")}</small> }.into_any(),
        TimeLeft::Days(left, day) => {
            view! { <span class=look>{days("queue-time-days", left)}</span>{until(day)} }.into_any()
        }
        TimeLeft::Today => view! { <span class="badge badge--flag">{locale.say("queue-time-today")}</span> }.into_any(),
        TimeLeft::Late(0, day) => {
            view! { <span class="badge badge--late">{locale.say("queue-time-late-today")}</span>{until(day)} }
                .into_any()
        }
        TimeLeft::Late(late, day) => {
            view! { <span class="badge badge--late">{days("queue-time-late", late)}</span>{until(day)} }.into_any()
        }
    }
}

fn row_view(locale: Locale, row: &Row, ticked: Option<&Vec<String>>) -> AnyView {
    let number = row.number.to_string();
    // What is erased cannot be opened.
    let link = if row.name.is_some() {
        view! { <a href=format!("/staff/cases/{number}")>{number.clone()}</a> }.into_any()
    } else {
        number.clone().into_any()
    };
    let tick = ticked.map(|ticked| {
        let label = locale.with("queue-tick", &[("number", &number)]);
        let checked = ticked.contains(&row.tick());
        let input = row.name.as_ref().map(|_| {
            view! {
                <label class="queue-tick"><input type="checkbox" name="case" value=row.tick() checked=checked aria-label=label/></label>
            }
        });
        view! { <td>{input}</td> }
    });
    let name = row.name.clone().unwrap_or_else(|| locale.say("queue-erased"));
    let kana = row.kana.as_ref().map(|kana| view! { <br/><small>{kana.clone()}</small> });
    let came = super::channel::badge(locale, row.channel);
    let due = row.correction_due_on.map(|day| {
        view! { <br/><small>{locale.with("queue-due", &[("day", &day.to_string())])}</small> }
    });
    let asked = row.withdrawal_asked_at.map(|at| {
        view! { <br/><span class="badge badge--flag">{locale.with("queue-withdrawal", &[("at", &at.minute_in_japan())])}</span> }
    });
    let unread = row.unread_since.map(|at| {
        view! { <br/><span class="badge badge--flag">{locale.with("queue-unread", &[("at", &at.minute_in_japan())])}</span> }
    });
    // The day on which it came into its stage is the first.
    let since = locale.with("queue-since", &[("days", &(row.days + 1).to_string())]);
    let pair =
        row.pair_is_open.then(|| view! { <span class="badge badge--flag">{locale.say("pair-badge")}</span> " " });
    view! {
        <tr>
            {tick}
            <th scope="row">{link}{came}<br/><small lang="ja">{row.form.clone()}</small></th>
            <td lang="ja">{name}{kana}</td>
            <td><span class="badge badge--stage">{locale.say(&format!("staff-stage-{}", row.stage))}</span> " " <small>{since}</small>{due}{asked}{unread}</td>
            <td>{pair}{badges(locale, &row.flags)}</td>
            <td><time>{row.filed_at.minute_in_japan()}</time></td>
            <td>{time_left(locale, row)}</td>
            <td><span data-holder="">{row.holder.clone().unwrap_or_default()}</span></td>
        </tr>
    }
    .into_any()
}

fn paging(locale: Locale, model: &Model) -> AnyView {
    let first = model.is_later_page.then(|| {
        view! { <a href=format!("/staff/queue?{}", model.view)>{locale.say("queue-first")}</a> " " }
    });
    let next = model.next.as_ref().map(|mark| {
        view! { <a href=format!("/staff/queue?{}&after={mark}", model.view) rel="next">{locale.say("queue-next")}</a> }
    });
    view! { <p class="queue-paging">{first}{next}</p> }.into_any()
}

/// What became of an order for several.
pub struct Outcome {
    /// How many it was done to.
    pub done: usize,
    /// The others, each with why.
    pub not_done: Vec<(ReceiptNumber, String)>,
    /// The view that it was ordered from, as its address says it.
    pub view: String,
}

/// `POST /staff/queue/bulk`
#[must_use]
pub fn outcome(desk: &Desk, outcome: &Outcome) -> String {
    let locale = desk.locale();
    let title = locale.say("queue-bulk-title");
    document(desk, &title.clone(), false, || {
        let (done, count) = (outcome.done.to_string(), outcome.not_done.len().to_string());
        let lines = outcome.not_done.iter().map(|(number, why)| {
            let number = number.to_string();
            view! { <li><a href=format!("/staff/cases/{number}")>{number.clone()}</a> " " {why.clone()}</li> }
        });
        let not_done = (!outcome.not_done.is_empty()).then(|| {
            view! {
                <section class="notice notice--warning">
                    <p>{locale.with("queue-bulk-not-done", &[("count", &count)])}</p>
                    <ul>{lines.collect_view()}</ul>
                </section>
            }
        });
        let was_done = (outcome.done > 0 || outcome.not_done.is_empty()).then(|| {
            view! { <div class="notice notice--success" role="status"><p>{locale.with("queue-bulk-done", &[("done", &done)])}</p></div> }
        });
        view! {
            <h1>{title}</h1>
            {was_done}
            {not_done}
            <p><a class="button button--secondary" href=format!("/staff/queue?{}", outcome.view)>{locale.say("queue-found-back")}</a></p>
        }
        .into_any()
    })
}
