#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! The queue as it grows: no list and no search reads a whole table, and a million cases are as fast as a thousand. In `make test`
//! with ten thousand cases, for the plans; with `MADOGUCHI_BENCH` (`make bench`) with up to a million, for the figures.

use std::time::{Duration, Instant as Moment};

use intake::{
    export::Channel,
    form::Compartment,
    ids::{CaseId, FormId, StaffId},
    queue::{Attention, Holder, Sort, Tab, View},
    time::DAY,
};
use server::{
    flows::{queue, search},
    portal::Portal,
    store::{
        self, Database,
        audit::Actor,
        case_word,
        queue::{Place, QueueFilter, statements_of},
        staff::Staff,
    },
};

use crate::{
    queue::filled,
    support::{
        NOW,
        many::{WORDS, plan, run, word},
        portal::portals,
    },
};

/// Every filter of every list that a page can ask for, alone.
fn listed<'a>(
    compartments: &'a [Compartment],
    holder: StaffId,
    form: &'a FormId,
    after: Option<Place>,
) -> Vec<(Tab, Vec<Attention>, QueueFilter<'a>)> {
    let mut all = Vec::new();
    for tab in Tab::ALL {
        for sort in tab.sorts() {
            let plain = QueueFilter {
                compartments,
                stages: tab.stages(),
                attention: &[],
                form: None,
                channel: None,
                holder: if *tab == Tab::Mine { Some(Some(holder)) } else { None },
                from: None,
                before: None,
                sort: *sort,
                after,
                limit: 51,
            };
            let own: Vec<Attention> = tab.attention().into_iter().collect();
            let now = NOW;
            let narrowed = [
                plain,
                QueueFilter { form: Some(form), ..plain },
                QueueFilter { channel: Some(Channel::Pittari), ..plain },
                QueueFilter { holder: Some(Some(holder)), ..plain },
                QueueFilter { holder: Some(None), ..plain },
                QueueFilter { from: Some(now.plus(-DAY)), before: Some(now), ..plain },
            ];
            all.extend(narrowed.into_iter().map(|one| (*tab, own.clone(), one)));
            for attention in Attention::ALL {
                all.push((*tab, own.iter().copied().chain([*attention]).collect(), plain));
            }
        }
    }
    all
}

/// Asks the database how it would answer every listed query; how many, and those that it would read a whole table for, or put into
/// order by itself.
async fn bad_plans(portal: &Portal, holder: StaffId) -> (usize, Vec<String>) {
    let database = &portal.database;
    let compartments = [Compartment::General, Compartment::Epds];
    let (form, mut asked, mut bad) = ("questionnaire".parse().unwrap(), 0, Vec::new());
    let middle = (NOW.micros(), CaseId::from_random([128; 16]));
    for after in [None, Some(middle)] {
        for (tab, attention, filter) in listed(&compartments, holder, &form, after) {
            let filter = QueueFilter { attention: &attention, ..filter };
            for sql in statements_of(&filter) {
                asked += 1;
                let lines = plan(database, &sql).await;
                // What waits for the office is little, and so are what came in some days and what one person has in hand: they
                // are put into another order than that of their arrival when it is asked for.
                let by_arrival = matches!(filter.sort, Sort::Arrival | Sort::Newest);
                let is_narrow = filter.from.is_some() || matches!(filter.holder, Some(Some(_)));
                let is_little = !attention.is_empty() || (is_narrow && !by_arrival);
                let reads_all =
                    |line: &String| line.contains("SCAN case_file") || line.contains("Seq Scan on case_file");
                let sorts = |line: &String| line.contains("TEMP B-TREE") && !is_little;
                // Few rows among very many are found by an index of their own, however often the database believes to meet them.
                let own: &[&str] = match filter {
                    QueueFilter { attention: [_, ..], .. } => {
                        &["_in_stage", "by_overdue", "by_unread", "by_withdrawal", "case_file_by_holder"]
                    }
                    QueueFilter { holder: Some(Some(_)), .. } => &["case_file_by_holder"],
                    _ if !by_arrival => &[""],
                    QueueFilter { holder: Some(None), .. } => &["case_file_of_nobody"],
                    QueueFilter { form: Some(_), .. } => &["case_file_of_form"],
                    QueueFilter { channel: Some(_), .. } => &["case_file_of_channel"],
                    _ => &["case_file_by_arrival"],
                };
                let is_own = lines.iter().any(|line| own.iter().any(|own| line.contains(own)));
                // PostgreSQL knows that there is next to nothing: any way will do.
                let is_own = is_own || lines[0].contains(" rows=1 ");
                if !is_own || lines.iter().any(|line| reads_all(line) || sorts(line)) {
                    bad.push(format!("{tab:?} {filter:?}\n{sql}\n{}\n", lines.join("\n")));
                }
            }
        }
    }
    let word = "X'00000000000000000000000000000000'";
    let of_store: [(&str, &str, &[&str]); 4] = [
        ("FIND", "case_word", &[word, "'general'", "'epds'", "51"]),
        ("CLOSED_BEFORE", "erased_at IS NULL", &["'imported'", "0", "51", "'general'"]),
        ("CONFIRMED", "'confirmed'", &["0", word, "51"]),
        ("OF_HOLDER", "'in_review'", &[word]),
    ];
    for (name, of, values) in of_store {
        let (_, sql) = store::statements().into_iter().find(|(one, sql)| *one == name && sql.contains(of)).unwrap();
        let put = |sql: String, (place, value): (usize, &&str)| sql.replace(&format!("${}", place + 1), value);
        let sql = values.iter().enumerate().fold(sql.to_owned(), put);
        asked += 1;
        let lines = plan(database, &sql).await;
        let reads_all =
            |line: &String| ["SCAN case", "Seq Scan on case", "TEMP B-TREE"].iter().any(|bad| line.contains(bad));
        if lines.iter().any(reads_all) {
            bad.push(format!("{sql}\n{}\n", lines.join("\n")));
        }
    }
    // From the last place to the first: `$1` is the beginning of `$10`.
    let put = |sql: String| (1..=50).rev().fold(sql, |sql, place| sql.replace(&format!("${place}"), word));
    for sql in store::statements_about(50).into_iter().map(put) {
        asked += 1;
        let lines = plan(database, &sql).await;
        let reads_all = |line: &String| line.contains("SCAN case_") || line.contains("Seq Scan on case_file");
        if lines.iter().any(reads_all) {
            bad.push(format!("{sql}\n{}\n", lines.join("\n")));
        }
    }
    (asked, bad)
}

#[tokio::test]
async fn no_list_and_no_search_reads_a_whole_table() {
    for one in portals().await {
        let portal = &one.portal;
        let (clerks, _) = filled(portal, 10_000).await;
        // SQLite knows nothing of how many rows there are unless it is told: both must do.
        let (asked, bad) = if matches!(portal.database, Database::Sqlite { .. }) {
            bad_plans(portal, clerks[0].staff_id).await
        } else {
            (0, Vec::new())
        };
        assert!(bad.is_empty(), "{} of {asked} without ANALYZE: {}", bad.len(), bad[..bad.len().min(3)].join("\n"));
        run(&portal.database, "ANALYZE".to_owned()).await;
        let (asked, bad) = bad_plans(portal, clerks[0].staff_id).await;
        assert!(asked > 1000, "{asked}");
        assert!(bad.is_empty(), "{} of {asked}: {}", bad.len(), bad[..bad.len().min(3)].join("\n"));
    }
}

type Figures = Vec<(String, Vec<Duration>)>;

fn note(figures: &mut Figures, name: &str, taken: Duration) {
    match figures.iter_mut().find(|(one, _)| one == name) {
        Some((_, all)) => all.push(taken),
        None => figures.push((name.to_owned(), vec![taken])),
    }
}

/// The median of nine, after one that counts for nothing.
async fn median(mut deed: impl AsyncFnMut()) -> Duration {
    deed().await;
    let mut all = Vec::new();
    for _ in 0..9 {
        let begun = Moment::now();
        deed().await;
        all.push(begun.elapsed());
    }
    all.sort_unstable();
    all[4]
}

/// The views whose first page is measured, and one page in the middle.
fn views(other: StaffId) -> Vec<(&'static str, View)> {
    let today = NOW.date_in_japan();
    let form: Option<FormId> = Some("questionnaire".parse().unwrap());
    vec![
        ("page new", View::of(Tab::New)),
        ("page new, by deadline", View { sort: Sort::Deadline, ..View::of(Tab::New) }),
        ("page new, longest in its stage", View { sort: Sort::StageSince, ..View::of(Tab::New) }),
        ("page new, nobody's", View { holder: Some(Holder::Nobody), ..View::of(Tab::New) }),
        ("page new, soon", View { attention: Some(Attention::Soon), ..View::of(Tab::New) }),
        ("page mine, overdue", View { attention: Some(Attention::Overdue), ..View::of(Tab::Mine) }),
        ("page done, unread", View { attention: Some(Attention::Unread), ..View::of(Tab::Done) }),
        ("page mine", View::of(Tab::Mine)),
        ("page sent back", View::of(Tab::SentBack)),
        ("page second person", View::of(Tab::Second)),
        ("page overdue", View::of(Tab::Overdue)),
        ("page overdue, by deadline", View { sort: Sort::Deadline, ..View::of(Tab::Overdue) }),
        ("page unread", View::of(Tab::Messages)),
        ("page withdrawal", View::of(Tab::Withdrawal)),
        ("page done", View::of(Tab::Done)),
        ("page done, of a form", View { form: form.clone(), ..View::of(Tab::Done) }),
        ("page done, of a channel", View { channel: Some(Channel::Pittari), ..View::of(Tab::Done) }),
        ("page done, of a form and a channel", View { form, channel: Some(Channel::Pittari), ..View::of(Tab::Done) }),
        ("page done, somebody's", View { holder: Some(Holder::Person(other)), ..View::of(Tab::Done) }),
        ("page done, nobody's", View { holder: Some(Holder::Nobody), ..View::of(Tab::Done) }),
        (
            "page done, of some days",
            View { from: Some(today.plus_days(-2)), to: Some(today.plus_days(-1)), ..View::of(Tab::Done) },
        ),
    ]
}

async fn measure(portal: &Portal, clerks: &[Staff; 2], size: i64, figures: &mut Figures) {
    for (name, view) in views(clerks[1].staff_id) {
        let taken = median(async || drop(queue::page(portal, &clerks[0], &view, None).await.unwrap())).await;
        note(figures, name, taken);
    }
    let view = View { sort: Sort::Arrival, ..View::of(Tab::Done) };
    let first = queue::page(portal, &clerks[0], &view, None).await.unwrap();
    let taken = median(async || drop(queue::page(portal, &clerks[0], &view, first.next).await.unwrap())).await;
    note(figures, "page done, the second", taken);
    let compartments = [Compartment::General, Compartment::Epds];
    let taken = median(async || {
        let mut tx = portal.database.read().await.unwrap();
        drop(store::queue::counts(&mut tx, &compartments, clerks[0].staff_id).await.unwrap());
    });
    note(figures, "counts of all tabs", taken.await);
    let typed =
        queue::page(portal, &clerks[0], &View::default(), None).await.unwrap().rows[7].head.receipt_number.clone();
    let taken = median(async || drop(search::search(portal, &clerks[0], typed.as_str()).await.unwrap())).await;
    note(figures, "search by number", taken);
    // The open cases are about one person: whatever is typed of her finds more than a page, which is opened row by row.
    for (name, typed) in [
        ("first word", "タカハシ"),
        ("name", "髙橋 花子"),
        ("birthdate", "1995-04-01"),
        ("telephone", "090-1234-5678"),
        ("first word and birthdate", "タカハシ 1995-04-01"),
        ("nobody's name", "ダレデモナイ"),
    ] {
        let taken = median(async || drop(search::search(portal, &clerks[0], typed).await.unwrap())).await;
        note(figures, &format!("search by {name}"), taken);
    }
    for (words, name) in WORDS {
        // The last case is a closed one.
        let word = word(&portal.database, words, (size - 1) % words).await;
        let taken = median(async || {
            let mut tx = portal.database.read().await.unwrap();
            drop(case_word::find(&mut tx, &compartments, &word, 51).await.unwrap());
        });
        note(figures, &format!("index of {name}"), taken.await);
    }
}

/// The figures; `make bench` asks for them.
#[tokio::test]
async fn a_million_cases_are_as_fast_as_a_thousand() {
    let sizes: Vec<i64> = match std::env::var("MADOGUCHI_BENCH").as_deref() {
        Err(_) => vec![1_000],
        Ok("1") => vec![1_000, 100_000, 1_000_000],
        Ok(sizes) => sizes.split(',').map(|size| size.parse().unwrap()).collect(),
    };
    let mut figures = [Figures::new(), Figures::new()];
    let mut all_bad = Vec::new();
    for size in &sizes {
        for (one, figures) in portals().await.into_iter().zip(&mut figures) {
            let portal = &one.portal;
            let begun = Moment::now();
            let (clerks, _) = filled(portal, *size).await;
            if matches!(portal.database, Database::Postgres(_)) {
                // As its own upkeep does from time to time.
                run(&portal.database, "ANALYZE".to_owned()).await;
                run(&portal.database, "VACUUM queue_change".to_owned()).await;
            }
            search::index_all(portal, &Actor::Operator).await.unwrap();
            println!("{size} cases made in {:?}", begun.elapsed());
            measure(portal, &clerks, *size, figures).await;
            if *size > 10_000 {
                let (asked, bad) = bad_plans(portal, clerks[0].staff_id).await;
                println!("{asked} plans, {} that read a whole table or sort by themselves", bad.len());
                let database = if matches!(portal.database, Database::Postgres(_)) { "PostgreSQL" } else { "SQLite" };
                all_bad.extend(bad.into_iter().map(|one| format!("{database}, {size}: {one}")));
            }
        }
    }
    for (database, figures) in ["SQLite", "PostgreSQL"].iter().zip(&figures) {
        println!("{database}: milliseconds with {sizes:?} cases, and the last through the first");
        for (name, all) in figures {
            let milliseconds: Vec<String> =
                all.iter().map(|one| format!("{:9.2}", one.as_secs_f64() * 1000.0)).collect();
            let ratio = all[all.len() - 1].as_secs_f64() / all[0].as_secs_f64();
            println!("{name:<40} {} {ratio:6.2}", milliseconds.join(" "));
            // A debug build on a busy machine too.
            assert!(all.iter().all(|one| *one < Duration::from_secs(1)), "{name}");
        }
    }
    assert!(all_bad.is_empty(), "{}", all_bad[..all_bad.len().min(5)].join("\n"));
}
