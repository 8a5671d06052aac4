//! 「集計」 Invariant: what is taken away as a file is the copy, whoever takes it.

use actix_web::{
    http::StatusCode,
    web::{Data, Path, Query},
};
use app::{
    pages::staff::reports::{self as pages, Model, Row, Table, file},
    text::Locale,
};
use intake::{
    form::Form,
    ids::FormId,
    period::{Month, Period},
    statistics::Measure,
    time::CivilDate,
};
use serde::Deserialize;

use super::{super::frame::page, Answer, AtWork, WebError, csv};
use crate::{
    flows::reports::{self, CHANNELS, Edition, Report},
    portal::Portal,
};

/// What is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    form: String,
    period: String,
    edition: String,
}

impl Asked {
    fn form(&self) -> Result<Option<FormId>, WebError> {
        if self.form.is_empty() { Ok(None) } else { self.form.parse().map(Some).map_err(|_| WebError::NotFound) }
    }

    fn period(&self, today: CivilDate) -> Result<Period, WebError> {
        if self.period.is_empty() {
            return Ok(Period::Month(Month::of(today)));
        }
        self.period.parse().map_err(|_| WebError::NotFound)
    }
}

/// The months of a year back, and two fiscal years.
fn periods(today: CivilDate, shown: Period) -> Vec<Period> {
    let months = std::iter::successors(Some(Month::of(today)), |month| Some(month.previous())).take(13);
    let this_year = Period::fiscal_year_of(today);
    let last_year = Period::fiscal_year_of(this_year.days().0.plus_days(-1));
    let mut all: Vec<Period> = months.map(Period::Month).chain([this_year, last_year]).collect();
    if !all.contains(&shown) {
        all.push(shown);
    }
    all
}

/// What a word of a table is called.
fn label(locale: Locale, form: &Form, name: &str, word: &str) -> String {
    let key = word.replace('_', "-");
    match name {
        "channels" => locale.say(&format!("channel-{key}")),
        "timing" => locale.say(&format!("reports-timing-{key}")),
        "declined" => locale.say(&format!("decline-{key}")),
        "bookings" => locale.say(&format!("reports-booking-{key}")),
        "open" => locale.say(&format!("reports-age-{key}")),
        "sent-back" => word
            .parse()
            .ok()
            .and_then(|id| form.field(&id).map(|(_, field)| field.label.get("ja").to_owned()))
            .or_else(|| word.parse().ok().and_then(|id| form.paper(&id).map(|paper| paper.label.get("ja").to_owned())))
            .unwrap_or_else(|| word.to_owned()),
        _ => word.to_owned(),
    }
}

fn table(locale: Locale, form: &Form, name: &'static str, of: reports::Table) -> Table {
    let rows: Vec<Row> = of.rows.into_iter().map(|(word, count)| (label(locale, form, name, &word), count)).collect();
    Table { name, rows, total: of.total }
}

const fn took_name(measure: Measure) -> &'static str {
    match measure {
        Measure::Confirmed => "confirmed",
        Measure::Imported => "imported",
        Measure::FirstLook | Measure::Filed | Measure::Timing | Measure::SentBack | Measure::Declined => "first-look",
    }
}

fn model(portal: &Portal, locale: Locale, report: Report, today: CivilDate) -> Result<Model, WebError> {
    let form = portal.catalog.newest(&report.form).ok_or(WebError::NotFound)?;
    let title =
        |id: &FormId| portal.catalog.newest(id).map_or_else(|| id.to_string(), |form| form.title.get("ja").to_owned());
    let shown = |name, of| table(locale, form, name, of);
    let mut tables = vec![shown("channels", report.channels)];
    tables.extend(report.timing.map(|timing| shown("timing", timing)));
    tables.push(shown("sent-back", report.sent_back));
    tables.push(shown("declined", report.declined));
    tables.push(shown("bookings", report.bookings.states));
    let channels = CHANNELS.iter().map(|channel| label(locale, form, "channels", channel.as_str())).collect();
    let took = report.took.into_iter().map(|took| pages::Took {
        name: took_name(took.measure),
        cases: took.cases,
        hours: took.hours,
    });
    Ok(Model {
        forms: report.forms.iter().map(|id| (id.clone(), title(id))).collect(),
        form: report.form,
        period: report.period,
        periods: periods(today, report.period),
        is_copy: report.edition == Edition::Copy,
        is_team: report.is_team,
        has_copy: report.has_copy,
        over_time: shown("days", report.over_time),
        crossed: report.crossed.map(|rows| (channels, rows)),
        tables,
        took: took.collect(),
        slots: report.bookings.slots,
        open: report.open.map(|open| shown("open", open)),
    })
}

/// `GET /staff/reports`
pub async fn shown(portal: Data<Portal>, at: AtWork, asked: Query<Asked>) -> Answer {
    let today = portal.clock.now().date_in_japan();
    let edition = if asked.edition == "copy" { Edition::Copy } else { Edition::Team };
    let report = reports::view(&portal, &at.who.staff, asked.form()?, asked.period(today)?, edition).await?;
    let model = model(&portal, at.desk.locale(), report, today)?;
    Ok(page(StatusCode::OK, pages::page(&at.desk, &model)))
}

/// `GET /staff/reports/{list}.csv`: the copy of one table.
pub async fn taken(portal: Data<Portal>, at: AtWork, list: Path<String>, asked: Query<Asked>) -> Answer {
    let today = portal.clock.now().date_in_japan();
    // Without a period the last month that is over.
    let period = match asked.period(today)? {
        Period::Month(month) if asked.period.is_empty() => Period::Month(month.previous()),
        period => period,
    };
    let report = reports::take_away(&portal, &at.who.staff, asked.form()?, period).await?;
    let (locale, name) = (at.desk.locale(), format!("{}-{}-{list}", report.form, report.period));
    let model = model(&portal, locale, report, today)?;
    let lines = if list.as_str() == "took" {
        let hours = |hours: Option<(u64, u64)>| {
            hours.map_or_else(
                || [locale.say("reports-kept-back"), locale.say("reports-kept-back")],
                |(half, most)| [half.to_string(), most.to_string()],
            )
        };
        let head = ["reports-step", "reports-median-hours", "reports-most-hours"].map(|key| locale.say(key)).to_vec();
        let rows = model.took.iter().map(|took| {
            let [half, most] = hours(took.hours);
            vec![locale.say(&format!("reports-took-{}", took.name)), half, most]
        });
        std::iter::once(head).chain(rows).collect()
    } else {
        let all = std::iter::once(&model.over_time).chain(&model.tables);
        let table = all.into_iter().find(|table| table.name == list.as_str()).ok_or(WebError::NotFound)?;
        file::lines(locale, table.name, &table.rows, table.total)
    };
    Ok(csv::file(&name, &lines))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use intake::{
        case::DeclineReason,
        statistics::{TIMING, timing_word},
    };

    use super::*;

    #[test]
    fn every_word_that_is_counted_has_a_label() {
        let catalog = intake::catalog::Catalog::shipped().unwrap();
        let form = catalog.newest(&"pregnancy_notification".parse().unwrap()).unwrap();
        let words = [
            ("channels", CHANNELS.iter().map(|channel| channel.as_str()).collect::<Vec<_>>()),
            ("timing", TIMING.map(timing_word).to_vec()),
            ("declined", DeclineReason::ALL.iter().map(|reason| reason.as_str()).collect()),
            ("bookings", reports::BOOKING_STATES.to_vec()),
            ("open", reports::AGES.map(|(word, _)| word).to_vec()),
            ("sent-back", vec!["name", "due_date_proof"]),
        ];
        for (name, words) in words {
            for word in words {
                let said = label(Locale::Ja, form, name, word);
                assert!(!said.is_empty() && said != word && !said.contains('-'), "{name} {word}: {said}");
            }
        }
    }
}
