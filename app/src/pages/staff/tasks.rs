//! 「確認の仕事」 What staff look after, and who is on duty. Invariant: the line on every other page says how many wait and nothing
//! else; what was typed and not taken stands in its field again.

use intake::{
    ids::{ReceiptNumber, TaskId},
    message::LONGEST,
    time::Instant,
};
use leptos::prelude::*;

use super::frame::{Desk, document, error_summary};
use crate::{fields::text_area_of, text::Locale};

/// Why there is a task.
#[derive(Clone, Copy, Debug)]
pub enum Reason {
    /// 「期限超過」
    Overdue,
    /// 「EPDS」 The two numbers.
    Scores {
        /// 「合計点」 None where an item was left out.
        total: Option<u32>,
        /// 「項目10」
        item10: Option<u32>,
    },
    /// What the case held is erased.
    Erased,
}

/// A task.
pub struct Row {
    /// Its id.
    pub id: TaskId,
    /// 「受付番号」
    pub number: ReceiptNumber,
    /// 「氏名」 None once the content is erased.
    pub name: Option<String>,
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub opened_at: Instant,
    /// By when it is to be done.
    pub due_at: Instant,
    /// Whether that has passed.
    pub is_late: bool,
    /// When everybody was told once more.
    pub escalated_at: Option<Instant>,
    /// Whose it is.
    pub owner: Option<String>,
    /// Whether it is hers who reads the page.
    pub is_mine: bool,
    /// Whether somebody took it in hand.
    pub is_taken: bool,
    /// When it was done, or its reason went away.
    pub done_at: Option<Instant>,
    /// By whom, and what was done.
    pub done: Option<(String, String)>,
}

/// 「当番」
pub struct Duty {
    /// Who, and until when.
    pub people: Vec<(String, Instant)>,
    /// Until when she who reads the page is.
    pub own_until: Option<Instant>,
    /// Within how many hours an answer to item 10 is looked at.
    pub urgent_hours: u32,
}

/// A word of what was done that was not taken.
pub struct Failed {
    /// Of which task.
    pub id: TaskId,
    /// What was typed.
    pub typed: String,
    /// Why, as a whole sentence.
    pub error: String,
}

/// The page.
pub struct Model {
    /// The names of the tabs.
    pub tabs: Vec<&'static str>,
    /// The one that is shown.
    pub current: &'static str,
    /// Its rows.
    pub rows: Vec<Row>,
    /// For public health nurses.
    pub duty: Option<Duty>,
    /// What was not taken just now.
    pub failed: Option<Failed>,
}

/// The hours that somebody can be on duty for at once.
const HOURS: [u32; 3] = [8, 12, 24];

/// The name of the field of a task.
#[must_use]
pub fn field(id: TaskId) -> String {
    format!("done-{id}")
}

/// 「確認が必要な項目があります」 On every page of who may know.
pub(super) fn banner(locale: Locale, waiting: i64) -> Option<AnyView> {
    (waiting > 0).then(|| {
        view! {
            <aside class="task-banner" aria-label=locale.say("tasks-title")>
                <a href="/staff/tasks">{locale.with("tasks-banner", &[("count", &waiting.to_string())])}</a>
            </aside>
        }
        .into_any()
    })
}

/// `/staff/tasks`
#[must_use]
pub fn page(desk: &Desk, model: &Model) -> String {
    let locale = desk.locale();
    let title = locale.say("tasks-title");
    let failed = model.failed.as_ref();
    document(desk, &title.clone(), failed.is_some(), || {
        let to_field = failed.map(|failed| field(failed.id));
        let none = model.rows.is_empty().then(|| view! { <p>{locale.say("tasks-none")}</p> });
        let rows = model.rows.iter().map(|row| task(locale, row, failed)).collect_view();
        view! {
            {error_summary(failed.map(|failed| failed.error.as_str()), to_field.as_deref())}
            <h1>{title}</h1>
            <p>{locale.say("tasks-lead")}</p>
            {model.duty.as_ref().map(|on| duty(locale, on))}
            {tabs(locale, model)}
            {none}
            <ul class="card-list">{rows}</ul>
        }
        .into_any()
    })
}

fn tabs(locale: Locale, model: &Model) -> AnyView {
    let links = model.tabs.iter().map(|tab| {
        let current = (*tab == model.current).then_some("page");
        view! {
            <a href=format!("/staff/tasks?tab={tab}") aria-current=current>{locale.say(&format!("tasks-tab-{tab}"))}</a>
        }
    });
    view! { <nav class="tabs" aria-label=locale.say("tasks-tabs")>{links.collect_view()}</nav> }.into_any()
}

fn duty(locale: Locale, on: &Duty) -> AnyView {
    let people = on.people.iter().map(|(name, until)| {
        let until = until.minute_in_japan();
        view! { <li>{locale.with("duty-who", &[("name", name), ("until", &until)])}</li> }
    });
    let list = if on.people.is_empty() {
        view! { <p>{locale.say("duty-nobody")}</p> }.into_any()
    } else {
        view! { <ul>{people.collect_view()}</ul> }.into_any()
    };
    let button = |hours: u32, key: &str, look: &str| {
        view! {
            <button class=format!("button {look}") name="hours" value=hours.to_string()>
                {locale.with(key, &[("hours", &hours.to_string())])}
            </button>
        }
    };
    let begin = HOURS.iter().map(|hours| button(*hours, "duty-begin", "button--secondary")).collect_view();
    let end = on.own_until.map(|_| button(0, "duty-end", "button--quiet"));
    view! {
        <section class="notice notice--info">
            <h2>{locale.say("duty-title")}</h2>
            {list}
            <p>{locale.say("duty-lead")}</p>
            <p>{locale.with("duty-night", &[("hours", &on.urgent_hours.to_string())])}</p>
            <form method="post" action="/staff/tasks/duty"><div class="button-row">{begin}{end}</div></form>
        </section>
    }
    .into_any()
}

fn reason(locale: Locale, reason: Reason) -> String {
    let points = |score: Option<u32>, otherwise: &str| match score {
        Some(score) => locale.with("tasks-points", &[("points", &score.to_string())]),
        None => locale.say(otherwise),
    };
    match reason {
        Reason::Overdue => locale.say("tasks-reason-overdue"),
        Reason::Erased => locale.say("tasks-reason-erased"),
        Reason::Scores { total, item10 } => {
            let (total, item10) = (points(total, "tasks-no-total"), points(item10, "tasks-no-answer"));
            locale.with("tasks-reason-scores", &[("total", &total), ("item10", &item10)])
        }
    }
}

fn owner(locale: Locale, row: &Row) -> String {
    match &row.owner {
        None => locale.say("tasks-owner-none"),
        Some(name) if row.is_taken => locale.with("tasks-owner", &[("name", name)]),
        Some(name) => locale.with("tasks-owner-duty", &[("name", name)]),
    }
}

fn task(locale: Locale, row: &Row, failed: Option<&Failed>) -> AnyView {
    let number = row.number.to_string();
    let title = match &row.name {
        Some(name) => view! {
            <h2><a href=format!("/staff/cases/{number}")>{number.clone()} " " <span lang="ja">{name.clone()}</span></a></h2>
        }
        .into_any(),
        None => view! { <h2>{number.clone()}</h2> }.into_any(),
    };
    let due = row.due_at.minute_in_japan();
    let due = if row.is_late && row.done_at.is_none() {
        view! {
            <p><span class="badge badge--flag">{locale.say("deadline-badge-overdue")}</span> " " {locale.with("tasks-due", &[("at", &due)])}</p>
        }
        .into_any()
    } else {
        view! { <p>{locale.with("tasks-due", &[("at", &due)])}</p> }.into_any()
    };
    let escalated = row.escalated_at.map(|at| {
        view! { <p>{locale.with("tasks-escalated", &[("at", &at.minute_in_japan())])}</p> }
    });
    let below = match row.done_at {
        Some(at) => finished(locale, row, at),
        None => open(locale, row, failed.filter(|failed| failed.id == row.id)),
    };
    view! {
        <li class="card" id=format!("task-{}", row.id)>
            {title}
            <p><strong>{reason(locale, row.reason)}</strong></p>
            {due}{escalated}
            {below}
        </li>
    }
    .into_any()
}

fn finished(locale: Locale, row: &Row, at: Instant) -> AnyView {
    let at = at.minute_in_japan();
    match &row.done {
        Some((by, text)) => view! {
            <p>{locale.with("tasks-done-by", &[("name", by), ("at", &at)])}</p>
            <p class="message__text" translate="no">{text.clone()}</p>
        }
        .into_any(),
        None => view! { <p>{locale.with("tasks-done-itself", &[("at", &at)])}</p> }.into_any(),
    }
}

fn open(locale: Locale, row: &Row, failed: Option<&Failed>) -> AnyView {
    let number = row.number.to_string();
    let take = (!(row.is_mine && row.is_taken)).then(|| {
        let key = if row.is_taken { "tasks-take-over" } else { "tasks-take" };
        view! {
            <form method="post" action=format!("/staff/tasks/{}/take", row.id)>
                <button class="button button--primary">{locale.say(key)}<span class="visually-hidden">" " {number.clone()}</span></button>
            </form>
        }
    });
    // Nothing can be sealed for a case whose key is gone.
    let done = row.name.is_some().then(|| done_form(locale, row, failed));
    view! { <p>{owner(locale, row)}</p>{take}{done} }.into_any()
}

fn done_form(locale: Locale, row: &Row, failed: Option<&Failed>) -> AnyView {
    let id = field(row.id);
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let typed = failed.map(|failed| failed.typed.as_str()).unwrap_or_default();
    let described = if failed.is_some() { format!("{hint_id} {error_id}") } else { hint_id.clone() };
    let error = failed.map(|failed| {
        view! { <p class="field__error" id=error_id>{locale.say("error-prefix")}{failed.error.clone()}</p> }
    });
    let area = text_area_of(&id, typed, Some("off".to_owned()), Some(described), failed.is_some());
    view! {
        <details class="deed" open=failed.is_some()>
            <summary>{locale.say("tasks-done-button")}<span class="visually-hidden">" " {row.number.to_string()}</span></summary>
            <form class="form" method="post" action=format!("/staff/tasks/{}/done", row.id) novalidate>
                <div class=if failed.is_some() { "field field--invalid" } else { "field" }>
                    <label class="field__label" for=id.clone()>{locale.say("tasks-done-label")}</label>
                    <p class="field__hint" id=hint_id>{locale.with("tasks-done-hint", &[("longest", &LONGEST.to_string())])}</p>
                    {error}
                    <div class="field__control">{area}</div>
                </div>
                <div class="button-row"><button class="button button--secondary">{locale.say("tasks-done-button")}</button></div>
            </form>
        </details>
    }
    .into_any()
}
