//! 「宛名」 Where the extract of residents comes from: CSV, SQLite, PostgreSQL. Invariant: it is only read, row by row, and used
//! whole or not at all; what a row holds stands in no error.

use std::{
    fs::File,
    future::poll_fn,
    io::{self, BufReader, Read},
    path::Path,
    pin::pin,
};

use futures_core::Stream;
use sqlx::{Connection as _, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{ExtractError, Residents, ResidentsBuilder};
use crate::{
    charset::{Charset, Decoding},
    config::{ResidentsColumns, ResidentsSource},
    place::{Place, postgres_options},
};

/// The cells of a row in the order of [`ResidentsColumns::required`], and the 個人番号.
pub(super) type Row = (
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

impl Residents {
    /// Reads the extract that the configuration names.
    ///
    /// # Errors
    /// The first row that cannot be used; an extract is used whole or not at all.
    pub async fn load(
        source: &ResidentsSource,
        columns: &ResidentsColumns,
        charset: Charset,
    ) -> Result<Self, ExtractError> {
        match source {
            ResidentsSource::Csv(path) => Self::load_csv(path, columns, charset),
            ResidentsSource::Database(place) => Self::load_table(place, columns).await,
        }
    }

    fn load_csv(path: &Path, columns: &ResidentsColumns, charset: Charset) -> Result<Self, ExtractError> {
        let file = File::open(path).map_err(|error| ExtractError::Unreadable(error.to_string()))?;
        Self::read_csv(BufReader::new(file), columns, charset)
    }

    /// Reads an extract: CSV with a header row, columns in any order, other columns ignored.
    ///
    /// # Errors
    /// The first row that cannot be used.
    pub fn read_csv(bytes: impl Read, columns: &ResidentsColumns, charset: Charset) -> Result<Self, ExtractError> {
        let mut reader = csv::Reader::from_reader(Decoding::new(bytes, charset));
        let headers = reader.headers().map_err(|error| csv_error(&error, 1))?.clone();
        let place = |column: &str| headers.iter().position(|header| header.trim() == column);
        let mut places = [0; ResidentsColumns::REQUIRED];
        for (slot, column) in places.iter_mut().zip(columns.required()) {
            *slot = place(column).ok_or_else(|| ExtractError::NoColumn(column.to_owned()))?;
        }
        let my_number_place = place(columns.my_number_of_csv());
        if let (Some(named), None) = (&columns.my_number, my_number_place) {
            return Err(ExtractError::NoColumn(named.clone()));
        }
        let mut builder = ResidentsBuilder::new(my_number_place.is_some(), 2);
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| csv_error(&error, builder.row()))? {
            let cell = |column: usize| record.get(places[column]).unwrap_or_default();
            let my_number = my_number_place.and_then(|place| record.get(place)).unwrap_or_default();
            builder.add(cell, my_number)?;
        }
        builder.finish()
    }

    async fn load_table(place: &Place, columns: &ResidentsColumns) -> Result<Self, ExtractError> {
        let failed = |error: sqlx::Error| ExtractError::Database(error.to_string());
        let sql = sqlx::AssertSqlSafe(columns.select()?);
        let has_my_numbers = columns.my_number.is_some();
        match place {
            Place::Sqlite(path) => {
                let options =
                    SqliteConnectOptions::new().filename(path).read_only(true).pragma("trusted_schema", "OFF");
                let mut connection = SqliteConnection::connect_with(&options).await.map_err(failed)?;
                collect(sqlx::query_as(sql).fetch(&mut connection), has_my_numbers).await
            }
            Place::Postgres(url) => {
                let options = postgres_options(url.as_str()).map_err(failed)?;
                let options = options.options([("default_transaction_read_only", "on")]);
                let mut connection = PgConnection::connect_with(&options).await.map_err(failed)?;
                collect(sqlx::query_as(sql).fetch(&mut connection), has_my_numbers).await
            }
        }
    }
}

async fn collect(
    rows: impl Stream<Item = Result<Row, sqlx::Error>>,
    has_my_numbers: bool,
) -> Result<Residents, ExtractError> {
    let mut rows = pin!(rows);
    let mut builder = ResidentsBuilder::new(has_my_numbers, 1);
    while let Some(row) = poll_fn(|context| rows.as_mut().poll_next(context)).await {
        let (a, b, c, d, e, f, g, my_number) = row.map_err(|error| ExtractError::Database(error.to_string()))?;
        let cells = [a, b, c, d, e, f, g].map(Option::unwrap_or_default);
        builder.add(|column| cells[column].as_str(), my_number.as_deref().unwrap_or_default())?;
    }
    builder.finish()
}

fn csv_error(error: &csv::Error, row: usize) -> ExtractError {
    match error.kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            ExtractError::Charset(crate::charset::NotThisCharset)
        }
        csv::ErrorKind::Io(error) => ExtractError::Unreadable(error.to_string()),
        _ => ExtractError::NotCsv(row),
    }
}
