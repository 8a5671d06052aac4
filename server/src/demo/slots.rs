//! Opens slots for interviews in the coming working days. Invariant: they are opened as staff open them.

use intake::{answers::RawAnswers, booking::Series, time::Instant};

use crate::{
    flows::{FlowError, slots::open_series},
    portal::Portal,
    store::{StoreError, staff::Staff},
};

/// How far ahead, in days.
const DAYS: i64 = 21;
/// Times, mode, place, places and languages of each series.
const SERIES: [(&str, &str, &str, &str, &[&str]); 3] = [
    ("9:30 10:30 13:30 15:00", "in_person", "本庁舎 1階 3番窓口", "2", &["ja"]),
    ("11:00", "in_person", "本庁舎 1階 3番窓口", "1", &["ja", "en", "vi"]),
    ("16:00", "online", "https://meet.example.jp/madoguchi", "1", &["ja", "en"]),
];

/// Opens them, as seen from `now`.
///
/// # Errors
/// When the database fails.
pub(super) async fn seed(portal: &Portal, staff: &Staff, now: Instant) -> Result<(), FlowError> {
    let tomorrow = now.date_in_japan().plus_days(1);
    for (times, mode, place, capacity, languages) in SERIES {
        let mut typed = RawAnswers::default();
        let until = tomorrow.plus_days(DAYS).to_string();
        for (input, value) in [
            ("from", tomorrow.to_string().as_str()),
            ("to", &until),
            ("times", times),
            ("minutes", "45"),
            ("capacity", capacity),
            ("place", place),
            ("mode", mode),
            ("open_days", "yes"),
        ] {
            typed.set(input, vec![value.to_owned()]);
        }
        typed.set("language", languages.iter().map(|one| (*one).to_owned()).collect());
        let series = Series::parse(&typed, &portal.closing_days, now);
        let series = series.map_err(|_| StoreError::Corrupt("a sample slot that cannot be opened".to_owned()))?;
        open_series(portal, &series, Some(staff), now).await?;
    }
    Ok(())
}
