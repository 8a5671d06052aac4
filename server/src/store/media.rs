//! 「外部記録媒体」 Registered media and terminals, and the ledger of what was carried. Invariant: what stands in the ledger is not
//! changed: each step sets its own columns, once.

use intake::{
    ids::{CarriageId, CarrierId, DestinationId, StaffId},
    media::{Kind, Times},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};

macro_rules! carrier {
    ($rest:literal) => {
        concat!(
            "SELECT carrier_id, kind, label, mark, detail, proposed_by, proposed_at, approved_by, approved_at, retired_at ",
            "FROM carrier ",
            $rest
        )
    };
}

macro_rules! carriage {
    ($rest:literal) => {
        concat!(
            "SELECT carriage_id, destination_id, seq, manifest_sha256, medium_id, terminal_id, proposed_by, proposed_at, ",
            "approved_by, approved_at, out_at, back_by, back_at, wiped_by, wiped_at, dropped_by, dropped_at FROM carriage ",
            $rest
        )
    };
}

sql! {
    INSERT_CARRIER = "INSERT INTO carrier (carrier_id, kind, label, mark, detail, proposed_by, proposed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    FIND_CARRIER = carrier!("WHERE carrier_id = $1");
    CARRIERS = carrier!("ORDER BY kind, label");
    APPROVE_CARRIER = "UPDATE carrier SET approved_by = $2, approved_at = $3
        WHERE carrier_id = $1 AND approved_at IS NULL AND retired_at IS NULL";
    RETIRE_CARRIER = "UPDATE carrier SET retired_by = $2, retired_at = $3 WHERE carrier_id = $1 AND retired_at IS NULL";
    INSERT_CARRIAGE = "INSERT INTO carriage (carriage_id, destination_id, seq, manifest_sha256, medium_id, terminal_id,
        proposed_by, proposed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    FIND_CARRIAGE = carriage!("WHERE carriage_id = $1");
    CARRIAGES = carriage!("ORDER BY proposed_at DESC, carriage_id LIMIT $1");
    APPROVE = "UPDATE carriage SET approved_by = $2, approved_at = $3
        WHERE carriage_id = $1 AND approved_at IS NULL AND dropped_at IS NULL";
    WRITE = "UPDATE carriage SET out_at = $2, written_proof = $3 WHERE carriage_id = $1 AND out_at IS NULL
        AND approved_at IS NOT NULL AND dropped_at IS NULL";
    RETURN = "UPDATE carriage SET back_by = $2, back_at = $3
        WHERE carriage_id = $1 AND out_at IS NOT NULL AND back_at IS NULL";
    WIPE = "UPDATE carriage SET wiped_by = $2, wiped_at = $3
        WHERE carriage_id = $1 AND back_at IS NOT NULL AND wiped_at IS NULL";
    DROP = "UPDATE carriage SET dropped_by = $2, dropped_at = $3
        WHERE carriage_id = $1 AND out_at IS NULL AND dropped_at IS NULL";
    OUT_SINCE_BEFORE = "SELECT COUNT(*) FROM carriage WHERE out_at < $1 AND back_at IS NULL";
}

row! {
    /// 「記録媒体・端末」 What is registered.
    #[derive(Clone, Debug)]
    pub struct Carrier {
        /// Its id.
        pub carrier_id: CarrierId,
        /// Which of the two.
        pub kind: Kind,
        /// What it is called.
        pub label: String,
        /// The serial number of a medium; the thumbprint of a terminal's key.
        pub mark: String,
        /// How a medium encrypts by itself; the public key of a terminal, as JWK.
        pub detail: String,
        /// Who registers it.
        pub proposed_by: StaffId,
        /// When.
        pub proposed_at: Instant,
        /// Who said yes.
        pub approved_by: Option<StaffId>,
        /// When.
        pub approved_at: Option<Instant>,
        /// When it was taken out of use.
        pub retired_at: Option<Instant>,
    }
}

impl Carrier {
    /// Whether it may be used.
    #[must_use]
    pub const fn is_in_use(&self) -> bool {
        self.approved_at.is_some() && self.retired_at.is_none()
    }
}

row! {
    /// 「持出し」 A line of the ledger.
    #[derive(Clone, Debug)]
    pub struct Carriage {
        /// Its id.
        pub carriage_id: CarriageId,
        /// For whom.
        pub destination_id: DestinationId,
        /// Which batch.
        pub seq: i64,
        /// The digest of its `manifest.jws.json`.
        pub manifest_sha256: String,
        /// On which medium.
        pub medium_id: CarrierId,
        /// At which terminal.
        pub terminal_id: CarrierId,
        /// Who asked for it.
        pub proposed_by: StaffId,
        /// When.
        pub proposed_at: Instant,
        /// Who said yes.
        pub approved_by: Option<StaffId>,
        /// When.
        pub approved_at: Option<Instant>,
        /// When it was written first.
        pub out_at: Option<Instant>,
        /// Who took the medium back.
        pub back_by: Option<StaffId>,
        /// When.
        pub back_at: Option<Instant>,
        /// Who erased its content.
        pub wiped_by: Option<StaffId>,
        /// When.
        pub wiped_at: Option<Instant>,
        /// Who did not want it any more.
        pub dropped_by: Option<StaffId>,
        /// When.
        pub dropped_at: Option<Instant>,
    }
}

impl Carriage {
    /// What happened when.
    #[must_use]
    pub const fn times(&self) -> Times {
        let Self { approved_at, out_at, back_at, wiped_at, dropped_at, .. } = *self;
        Times { approved_at, out_at, back_at, wiped_at, dropped_at }
    }
}

/// Keeps a medium or a terminal that somebody registers.
///
/// # Errors
/// [`StoreError::Duplicate`] when its name or its mark is taken.
pub async fn insert_carrier(tx: &mut WriteTx, new: &Carrier) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT_CARRIER,
        new.carrier_id.bytes().as_slice(),
        new.kind.as_str(),
        &new.label,
        &new.mark,
        &new.detail,
        new.proposed_by.bytes().as_slice(),
        new.proposed_at.micros(),
    )
    .map(drop)
}

/// A medium or a terminal.
///
/// # Errors
/// When the database fails.
pub async fn find_carrier(connection: &mut Connection, id: CarrierId) -> Result<Option<Carrier>, StoreError> {
    optional!(connection, Carrier, FIND_CARRIER, id.bytes().as_slice())
}

/// All of them, media first.
///
/// # Errors
/// When the database fails.
pub async fn carriers(connection: &mut Connection) -> Result<Vec<Carrier>, StoreError> {
    all!(connection, Carrier, CARRIERS)
}

/// The second person's yes to one; false when that is so already.
///
/// # Errors
/// When the database fails, or refuses one person's two yeses.
pub async fn approve_carrier(tx: &mut WriteTx, id: CarrierId, by: StaffId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, APPROVE_CARRIER, id.bytes().as_slice(), by.bytes().as_slice(), at.micros())? == 1)
}

/// Takes one out of use; false when that is so already.
///
/// # Errors
/// When the database fails.
pub async fn retire_carrier(tx: &mut WriteTx, id: CarrierId, by: StaffId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, RETIRE_CARRIER, id.bytes().as_slice(), by.bytes().as_slice(), at.micros())? == 1)
}

/// Keeps that somebody asks for a batch to be carried.
///
/// # Errors
/// [`StoreError::Duplicate`] when the medium is in use.
pub async fn insert_carriage(tx: &mut WriteTx, new: &Carriage) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT_CARRIAGE,
        new.carriage_id.bytes().as_slice(),
        new.destination_id.as_str(),
        new.seq,
        &new.manifest_sha256,
        new.medium_id.bytes().as_slice(),
        new.terminal_id.bytes().as_slice(),
        new.proposed_by.bytes().as_slice(),
        new.proposed_at.micros(),
    )
    .map(drop)
}

/// A line of the ledger.
///
/// # Errors
/// When the database fails.
pub async fn find_carriage(connection: &mut Connection, id: CarriageId) -> Result<Option<Carriage>, StoreError> {
    optional!(connection, Carriage, FIND_CARRIAGE, id.bytes().as_slice())
}

/// The ledger, newest first.
///
/// # Errors
/// When the database fails.
pub async fn carriages(connection: &mut Connection, limit: i64) -> Result<Vec<Carriage>, StoreError> {
    all!(connection, Carriage, CARRIAGES, limit)
}

/// The second person's yes; false when it cannot be given any more.
///
/// # Errors
/// When the database fails, or refuses one person's two yeses.
pub async fn approve(tx: &mut WriteTx, id: CarriageId, by: StaffId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, APPROVE, id.bytes().as_slice(), by.bytes().as_slice(), at.micros())? == 1)
}

/// That the batch is being written, with the terminal's proof; false when it was before.
///
/// # Errors
/// When the database fails.
pub async fn write(tx: &mut WriteTx, id: CarriageId, proof: &[u8], at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, WRITE, id.bytes().as_slice(), at.micros(), proof)? == 1)
}

/// That the medium has come back; false when it is not out.
///
/// # Errors
/// When the database fails.
pub async fn give_back(tx: &mut WriteTx, id: CarriageId, by: StaffId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, RETURN, id.bytes().as_slice(), by.bytes().as_slice(), at.micros())? == 1)
}

/// That its content is erased; false when it is not back.
///
/// # Errors
/// When the database fails.
pub async fn wipe(tx: &mut WriteTx, id: CarriageId, by: StaffId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, WIPE, id.bytes().as_slice(), by.bytes().as_slice(), at.micros())? == 1)
}

/// That it is not wanted any more; false when it was written.
///
/// # Errors
/// When the database fails.
pub async fn drop_carriage(tx: &mut WriteTx, id: CarriageId, by: StaffId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, DROP, id.bytes().as_slice(), by.bytes().as_slice(), at.micros())? == 1)
}

/// How many media are out since before an instant.
///
/// # Errors
/// When the database fails.
pub async fn out_since_before(connection: &mut Connection, before: Instant) -> Result<i64, StoreError> {
    Ok(optional!(connection, (i64,), OUT_SINCE_BEFORE, before.micros())?.map_or(0, |(count,)| count))
}
