//! Many cases, made by SQL from a few that were filed. Invariant: those that are open are sealed one by one and can be opened; the
//! others are closed and erased, as after years of work. Nothing of it is random: the same number gives the same cases.

use intake::{
    access::permit_search_index,
    ids::{CaseId, ReceiptNumber},
    time::DAY,
};
use server::{
    flows::queue::fold_counts,
    portal::Portal,
    store::{Database, case, case_content},
};
use sqlx::SqlSafeStr;

/// So many stand open, however many there are: ten to fifty people keep up with them.
pub const MOST_OPEN: i64 = 10_000;
/// Rows of one statement: PostgreSQL ends those that take longer than five seconds.
const AT_ONCE: i64 = 10_000;

/// Runs SQL past the store.
pub async fn run(database: &Database, sql: String) {
    let sql = sqlx::AssertSqlSafe(sql).into_sql_str();
    match database {
        Database::Sqlite { writer, .. } => drop(sqlx::query(sql).execute(writer).await.unwrap()),
        Database::Postgres(pool) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
    }
}

/// The lines of a plan.
pub async fn plan(database: &Database, sql: &str) -> Vec<String> {
    let asked = |word: &str, sql: String| sqlx::AssertSqlSafe(format!("{word} {sql}")).into_sql_str();
    match database {
        Database::Sqlite { readers, .. } => {
            let sql = asked("EXPLAIN QUERY PLAN", sql.to_owned());
            let lines: Vec<(i64, i64, i64, String)> = sqlx::query_as(sql).fetch_all(readers).await.unwrap();
            lines.into_iter().map(|(.., line)| line).collect()
        }
        Database::Postgres(pool) => {
            let sql = asked("EXPLAIN", bytes_of_postgres(sql));
            let lines: Vec<(String,)> = sqlx::query_as(sql).fetch_all(pool).await.unwrap();
            lines.into_iter().map(|(line,)| line).collect()
        }
    }
}

/// `X'00'` as PostgreSQL writes it.
fn bytes_of_postgres(sql: &str) -> String {
    sql.replace("X'", r"'\x")
}

const fn is_sqlite(database: &Database) -> bool {
    matches!(database, Database::Sqlite { .. })
}

/// The same sixteen bytes for the same text.
fn bytes(database: &Database, text: &str) -> String {
    if is_sqlite(database) {
        // No hash is built in: the number in its digits, and digits that jump, so that ids stand in no order.
        format!(
            "unhex(substr(printf('%08x%08x%08x%08x', (({text}) * 2654435761) & 4294967295, {text}, (({text}) * 40503) & 4294967295, {text}), 1, 32))"
        )
    } else {
        format!("decode(md5('case' || ({text})::text), 'hex')")
    }
}

/// How many words of a kind there are, and what they stand for. Of the first three every word is commoner than any in a city is, so
/// that it fills a page with a thousand cases as well: what is found is as much, whatever it is found among.
pub const WORDS: [(i64, &str); 5] = [
    (5, "a first word"),
    (7, "a first word and a birthdate"),
    (9, "a birthdate"),
    (200_000, "a name"),
    (2_000_000, "a telephone"),
];

/// The index of a word that copies have: of a kind of so many words, with its number.
pub async fn word(database: &Database, words: i64, value: i64) -> [u8; 16] {
    let sql = format!("SELECT {}", bytes(database, &format!("({value} + {words}0000000)")));
    let sql = sqlx::AssertSqlSafe(sql).into_sql_str();
    let (found,): (Vec<u8>,) = match database {
        Database::Sqlite { readers, .. } => sqlx::query_as(sql).fetch_one(readers).await.unwrap(),
        Database::Postgres(pool) => sqlx::query_as(sql).fetch_one(pool).await.unwrap(),
    };
    found.as_slice().try_into().unwrap()
}

/// The receipt number of a number below 32⁴: its four digits, and the check character over them.
const NUMBER: &str = "'0000-0' || substr(c, CAST(i / 32768 % 32 + 1 AS INTEGER), 1) || substr(c, CAST(i / 1024 % 32 + 1 AS INTEGER), 1) || \
     substr(c, CAST(i / 32 % 32 + 1 AS INTEGER), 1) || '-' || substr(c, CAST(i % 32 + 1 AS INTEGER), 1) || \
     substr(c, CAST((7 * (i / 32768 % 32) + 8 * (i / 1024 % 32) + 9 * (i / 32 % 32) + 10 * (i % 32)) % 31 + 1 AS INTEGER), 1)";

const STAGES_OPEN: &str = "CASE i % 8 WHEN 0 THEN 'in_review' WHEN 1 THEN 'sent_back' WHEN 2 THEN 'accepted' WHEN 3 THEN 'confirmed' \
     WHEN 4 THEN 'visit_needed' WHEN 5 THEN 'held' ELSE 'submitted' END";
const STAGES_CLOSED: &str = "CASE i % 20 WHEN 0 THEN 'declined' WHEN 1 THEN 'withdrawn' ELSE 'imported' END";
const FORMS: &str = "CASE i % 10 WHEN 0 THEN 'questionnaire' WHEN 1 THEN 'postnatal_care' WHEN 2 THEN 'epds' ELSE 'pregnancy_notification' END";
const CHANNELS: &str = "CASE i % 5 WHEN 0 THEN 'pittari' WHEN 1 THEN 'prefecture' ELSE 'portal' END";

/// Which cases a case is a copy of, and in whose hands those in review are.
pub struct Copied<'a> {
    /// A case that was filed, and is still as it was.
    pub number: &'a ReceiptNumber,
    /// Members of staff, as many as there are.
    pub holders: &'a [intake::ids::StaffId],
}

/// Makes so many copies of a case.
pub async fn fill_up(portal: &Portal, copied: &Copied<'_>, count: i64) {
    let database = &portal.database;
    let open = (count / 2).min(MOST_OPEN);
    let holders: String = copied.holders.iter().enumerate().fold(String::new(), |text, (place, id)| {
        let hex = id.bytes().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let bytes = if is_sqlite(database) { format!("X'{hex}'") } else { format!(r"'\x{hex}'::bytea") };
        text + &format!(" WHEN {place} THEN {bytes}")
    });
    let holder = format!("CASE WHEN i % 8 = 0 OR i > {open} THEN CASE i % {} {holders} END END", copied.holders.len());
    // Two weeks of work, or more where there are many: one in half a minute.
    let apart = (14 * DAY / count).max(30_000_000);
    let (number, back) = (copied.number.as_str(), count * apart);
    let mut from = 1;
    while from <= count {
        let to = (from + AT_ONCE - 1).min(count);
        let (id, draft) = (bytes(database, "i"), bytes(database, "i + 5000000"));
        let is_open = format!("i <= {open}");
        run(database, format!(
            "INSERT INTO case_file (case_id, receipt_number, draft_id, account_id, form_id, form_version, form_sha256, channel, stage,
                holder, version, rev, wrapped_key, filed_at, stage_since, updated_at, erased_at, compartment, identity, due_at,
                lateness, unread_since, withdrawal_asked_at)
            WITH RECURSIVE numbers(i) AS (SELECT CAST({from} AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i < {to})
            SELECT {id}, {NUMBER}, {draft}, account_id, CASE WHEN {is_open} THEN form_id ELSE {FORMS} END, form_version, form_sha256, {CHANNELS},
                CASE WHEN {is_open} THEN {STAGES_OPEN} ELSE {STAGES_CLOSED} END,
                {holder}, 1, 1, CASE WHEN {is_open} THEN wrapped_key END,
                filed_at - {back} + i * {apart}, filed_at - i * 1000000, filed_at,
                CASE WHEN {is_open} THEN NULL ELSE filed_at END,
                CASE WHEN i > {open} AND {FORMS} = 'epds' THEN 'epds' ELSE 'general' END, 'verified_in_person',
                CASE WHEN {is_open} AND i % 8 <> 1 THEN filed_at + (i * 7919 % 1000) * 3600000000 END,
                CASE WHEN {is_open} AND i % 8 = 7 THEN 'overdue' WHEN {is_open} AND i % 8 = 6 THEN 'soon' ELSE 'in_time' END,
                CASE WHEN {is_open} AND i % 8 = 2 THEN filed_at END,
                CASE WHEN {is_open} AND i % 8 = 3 THEN filed_at END
            FROM case_file, numbers, (SELECT '0123456789ABCDEFGHJKMNPQRSTVWXYZ' AS c) symbols
            WHERE receipt_number = '{number}'"
        )).await;
        for (apart, _) in WORDS {
            let word = bytes(database, &format!("(i % {apart} + {apart}0000000)"));
            run(database, format!(
                "INSERT INTO case_word (word_index, found_filed_at, found_case)
                WITH RECURSIVE numbers(i) AS (SELECT CAST({from} AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i < {to})
                SELECT {word}, filed_at, case_id FROM numbers JOIN case_file ON case_id = {id}"
            )).await;
        }
        from = to + 1;
    }
    seal_open(portal, copied.number).await;
    fold_counts(portal).await.unwrap();
}

/// Gives every open copy a key and answers of its own.
async fn seal_open(portal: &Portal, number: &ReceiptNumber) {
    let database = &portal.database;
    let mut tx = database.read().await.unwrap();
    let head = case::find_by_receipt_number(&mut tx, number).await.unwrap().unwrap();
    let content = case_content::of_case(&mut tx, &permit_search_index(head.case_id)).await.unwrap().unwrap();
    drop(tx);
    let key = portal.seal.unwrap_key(&content.wrapped_key).unwrap();
    let answers = key.open(&case::revision_place(head.case_id, 1), &content.revisions[0].answers_sealed).unwrap();
    let office = key.open(&case::office_place(head.case_id), content.office_sealed.as_ref().unwrap()).unwrap();
    let mut ids: Vec<(Vec<u8>,)> = Vec::new();
    let open = "SELECT case_id FROM case_file WHERE erased_at IS NULL AND NOT EXISTS \
                (SELECT 1 FROM case_revision WHERE case_revision.case_id = case_file.case_id)";
    match database {
        Database::Sqlite { readers, .. } => {
            ids.extend(sqlx::query_as::<_, (Vec<u8>,)>(open).fetch_all(readers).await.unwrap())
        }
        Database::Postgres(pool) => ids.extend(sqlx::query_as::<_, (Vec<u8>,)>(open).fetch_all(pool).await.unwrap()),
    }
    let filed = head.filed_at.micros();
    for some in ids.chunks(500) {
        let mut statements = [String::new(), String::new()];
        let mut keys = Vec::new();
        for (id,) in some {
            let case = CaseId::from_random(id.as_slice().try_into().unwrap());
            let (key, wrapped) = portal.seal.new_data_key();
            let (revision, part) =
                (key.seal(&case::revision_place(case, 1), &answers), key.seal(&case::office_place(case), &office));
            statements[0] += &format!(", ({}, 1, {}, 'citizen', {filed})", hex(database, id), hex(database, &revision));
            statements[1] += &format!(", ({}, {}, 0)", hex(database, id), hex(database, &part));
            keys.push(format!("({}, {})", hex(database, id), hex(database, wrapped.as_bytes())));
        }
        run(
            database,
            format!(
                "INSERT INTO case_revision (case_id, rev, answers_sealed, author_kind, created_at) VALUES {}",
                &statements[0][2..]
            ),
        )
        .await;
        run(
            database,
            format!("INSERT INTO case_office (case_id, office_sealed, updated_at) VALUES {}", &statements[1][2..]),
        )
        .await;
        run(database, format!(
            "WITH given(id, kept) AS (VALUES {}) UPDATE case_file SET wrapped_key = given.kept FROM given WHERE case_id = given.id",
            keys.join(", ")
        )).await;
    }
}

fn hex(database: &Database, bytes: &[u8]) -> String {
    let text = bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    if is_sqlite(database) { format!("X'{text}'") } else { format!(r"'\x{text}'::bytea") }
}
