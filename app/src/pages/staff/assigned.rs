//! 「担当の届出」 `/staff/assigned`. Invariant: it names no person.

use intake::{ids::ReceiptNumber, time::CivilDate};
use leptos::prelude::*;

use super::frame::{Desk, document};

/// A case in somebody's hands.
pub struct Row {
    /// 「受付番号」
    pub number: ReceiptNumber,
    /// What was filed.
    pub title: String,
    /// When.
    pub filed_on: CivilDate,
}

/// `/staff/assigned`
#[must_use]
pub fn page(desk: &Desk, rows: &[Row]) -> String {
    let locale = desk.locale();
    let title = locale.say("assigned-title");
    document(desk, &title.clone(), false, || {
        let list = rows.iter().map(|row| {
            let number = row.number.to_string();
            let since = locale.with("assigned-since", &[("day", &row.filed_on.to_string())]);
            view! {
                <li class="card"><h2><a href=format!("/staff/cases/{number}")>{number.clone()}</a></h2><p>{row.title.clone()}"・"{since}</p></li>
            }
        });
        let none = rows.is_empty().then(|| view! { <p>{locale.say("assigned-none")}</p> });
        view! {
            <h1>{title}</h1>
            <p>{locale.say("assigned-lead")}</p>
            {none}
            <ul class="card-list">{list.collect_view()}</ul>
        }
        .into_any()
    })
}
