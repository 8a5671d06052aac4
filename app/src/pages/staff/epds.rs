//! 「EPDS」 as a public health nurse reads it. Invariant: two plain numbers and the answers that make them; no verdict, no
//! colour, and no total of fewer than ten answers.

use intake::{
    epds::{ITEMS, SELF_HARM_ITEM},
    form::{EPDS_POSITIONS, Field, Target},
};
use leptos::prelude::*;

use super::case::{Epds, Model};
use crate::{fields, text::Locale};

/// Total, item 10, and every item with its answer and score.
pub(super) fn scores(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let epds = model.epds?;
    let score = &epds.score;
    let missing = (ITEMS - score.answered()).to_string();
    let total = score.total().map_or_else(
        || locale.with("epds-no-total", &[("missing", &missing)]),
        |total| locale.with("epds-points", &[("points", &total.to_string())]),
    );
    let item10 = points(locale, score.item10());
    let fields = model.form.epds_items();
    let rows = fields.iter().map(|(number, field)| row(locale, model, epds, *number, field)).collect_view();
    let fact = |name: String, value: String| {
        view! {
            <div class="summary-list__row">
                <dt class="summary-list__key">{name}</dt>
                <dd class="summary-list__value"><strong>{value}</strong></dd>
            </div>
        }
    };
    let head = |key: &str| view! { <th scope="col">{locale.say(key)}</th> };
    let sample = epds.pack.is_some_and(|pack| pack.demonstration).then(|| {
        view! { <div class="notice notice--warning"><p>{locale.say("epds-staff-sample")}</p></div> }
    });
    Some(
        view! {
            <section>
                <h2>{locale.say("epds-title")}</h2>
                {sample}
                <dl class="summary-list">
                    {fact(locale.say("epds-total"), total)}
                    {fact(locale.with("epds-item", &[("number", &SELF_HARM_ITEM.to_string())]), item10)}
                </dl>
                <table class="table">
                    <thead><tr>{head("epds-number")}{head("epds-theme")}{head("epds-answer")}{head("epds-score")}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
                <p class="field__hint">{locale.with("epds-pack", &[("pack", epds.pack_id)])}</p>
            </section>
        }
        .into_any(),
    )
}

fn points(locale: Locale, score: Option<u32>) -> String {
    score.map_or_else(
        || locale.say("not-answered"),
        |points| locale.with("epds-points", &[("points", &points.to_string())]),
    )
}

fn row(locale: Locale, model: &Model<'_>, epds: Epds<'_>, number: u8, field: &Field) -> AnyView {
    let code = model.answers.choice(&field.id);
    let position = code.and_then(|code| EPDS_POSITIONS.iter().position(|known| *known == code));
    let option = |position: usize| {
        let pack = epds.pack?;
        Some(fields::pack_text(locale, pack, pack.item(number)?.options.get(position)?))
    };
    // Without the pack the place of the option is all that is known of it.
    let by_place = |position: usize| locale.with("epds-option", &[("place", &(position + 1).to_string())]);
    let language = epds.pack.filter(|_| position.is_some()).map(fields::language);
    let answer = position
        .map_or_else(|| locale.say("not-answered"), |position| option(position).unwrap_or_else(|| by_place(position)));
    let score = points(locale, epds.score.items.get(usize::from(number) - 1).copied().flatten());
    debug_assert!(matches!(field.target, Target::EpdsItem(_)), "only items stand here");
    view! {
        <tr id=format!("answer-{}", field.id)>
            <th scope="row">{number.to_string()}</th>
            <td lang="ja">{field.label.get("ja").to_owned()}</td>
            <td lang=language>{answer}</td>
            <td data-number="">{score}</td>
        </tr>
    }
    .into_any()
}
