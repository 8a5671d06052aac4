//! Columns as the types of the office. Invariant: what does not parse is [`StoreError::Corrupt`](super::StoreError), never guessed.

use std::{fmt, str::FromStr};

use intake::{
    access::Roles,
    booking::{self, Mode, Spoken, State},
    case::{CommandKind, Lateness, Stage},
    device::Device,
    form::Compartment,
    identity::{Level, ProxyState},
    ids::{
        AccountId, BookingId, CarriageId, CarrierId, CaseId, DestinationId, DraftId, FieldId, FormId, MessageId,
        NoteId, OutboxId, PaperId, PasskeyId, ReceiptNumber, SlotId, StaffId, StaffProposalId, TaskId,
    },
    media::Kind,
    staff_change::Change,
    statistics::Measure,
    task::TaskKind,
    time::{CivilDate, Instant},
};

use crate::seal::WrappedKey;

/// A stored value is not of its type.
#[derive(Debug)]
pub(super) struct Broken(&'static str);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a {}", self.0)
    }
}

impl std::error::Error for Broken {}

/// A type that a column holds.
pub(super) trait Column: Sized {
    /// What the database gives.
    type Raw;
    fn read(raw: Self::Raw) -> Result<Self, Broken>;
}

impl<T: Column> Column for Option<T> {
    type Raw = Option<T::Raw>;
    fn read(raw: Self::Raw) -> Result<Self, Broken> {
        raw.map(T::read).transpose()
    }
}

macro_rules! as_it_is {
    ($($kind:ty),+) => { $(impl Column for $kind {
        type Raw = Self;
        fn read(raw: Self) -> Result<Self, Broken> { Ok(raw) }
    })+ };
}
as_it_is!(i64, String, Vec<u8>);

macro_rules! from_bytes {
    ($($kind:ident),+) => { $(impl Column for $kind {
        type Raw = Vec<u8>;
        fn read(raw: Vec<u8>) -> Result<Self, Broken> {
            raw.try_into().map(Self::from_random).map_err(|_| Broken(stringify!($kind)))
        }
    })+ };
}
from_bytes!(CaseId, DraftId, AccountId, StaffId, PasskeyId, OutboxId, PaperId, SlotId, BookingId, MessageId, NoteId);
from_bytes!(TaskId, CarriageId, CarrierId, StaffProposalId);

pub(super) fn from_text<T: FromStr>(raw: &str, kind: &'static str) -> Result<T, Broken> {
    raw.parse().map_err(|_| Broken(kind))
}

/// Makes a type with `FromStr` readable from a text column.
macro_rules! text_columns {
    ($($kind:ident),+) => { $(impl $crate::store::columns::Column for $kind {
        type Raw = String;
        fn read(raw: String) -> Result<Self, $crate::store::columns::Broken> {
            $crate::store::columns::from_text(&raw, stringify!($kind))
        }
    })+ };
}
text_columns!(FieldId, FormId, DestinationId, ReceiptNumber, Roles, Stage, CommandKind, Compartment, CivilDate);
text_columns!(Mode, State, Spoken);
text_columns!(Device, Level, ProxyState, Lateness, Measure, TaskKind, Kind, Change);

impl Column for Vec<Spoken> {
    type Raw = String;
    fn read(raw: String) -> Result<Self, Broken> {
        booking::languages(&raw).map_err(|_| Broken("list of languages"))
    }
}

impl Column for Instant {
    type Raw = i64;
    fn read(raw: i64) -> Result<Self, Broken> {
        Ok(Self(raw))
    }
}

impl Column for [u8; 32] {
    type Raw = Vec<u8>;
    fn read(raw: Vec<u8>) -> Result<Self, Broken> {
        raw.try_into().map_err(|_| Broken("hash"))
    }
}

impl Column for WrappedKey {
    type Raw = Vec<u8>;
    fn read(raw: Vec<u8>) -> Result<Self, Broken> {
        Ok(Self::from_bytes(raw))
    }
}

/// A struct whose fields are columns of the same names, on both databases.
macro_rules! row {
    ($(#[$meta:meta])* $visible:vis struct $name:ident { $($(#[$field_meta:meta])* $field_visible:vis $field:ident: $kind:ty,)+ }) => {
        $(#[$meta])*
        $visible struct $name { $($(#[$field_meta])* $field_visible $field: $kind,)+ }

        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $name
        where
            &'static str: sqlx::ColumnIndex<R>,
            $(<$kind as $crate::store::columns::Column>::Raw: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)+
        {
            fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
                Ok(Self { $($field: {
                    let raw = row.try_get(stringify!($field))?;
                    <$kind as $crate::store::columns::Column>::read(raw).map_err(|broken| sqlx::Error::ColumnDecode {
                        index: stringify!($field).to_owned(),
                        source: Box::new(broken),
                    })?
                },)+ })
            }
        }
    };
}

pub(super) use {row, text_columns};
