//! What the demo makes at its start. Invariant: each part is made once and kept; a second start changes nothing but the
//! addresses, and a start that was cut off is gone on with.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use handover::{DestinationKeys, fingerprint};
use intake::{
    access::Roles,
    ids::FormId,
    time::{DAY, Instant},
};

use super::{
    atena, channel_samples, epds_samples,
    handbook::Handbook,
    identity::Provided,
    people::people,
    seed::{Desk, seed},
    slots,
    staff::{self, SampleStaff, SampleStaffError},
};
use crate::{
    clock::Clock,
    config::Config,
    flows::{FlowError, hand_over, signing_keys},
    letters,
    portal::{Portal, StartError},
    store::{
        Record, StoreError, Upkeep, installation,
        staff::{self as members, Staff},
    },
};

/// The demo cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The portal does not open.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The sample staff cannot be made.
    #[error(transparent)]
    Staff(#[from] SampleStaffError),
    /// A deed failed.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// The data folder cannot be written to.
    #[error("the folder of the demo: {0}")]
    Folder(#[from] io::Error),
    /// The keys of its import job cannot be used.
    #[error("the keys of the demo's import job: {0}")]
    Keys(#[from] handover::Error),
}

impl From<StoreError> for DemoError {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

/// Before the first sample was filed.
const HISTORY: i64 = 30 * DAY;
const SEEDED: &str = "demo_seeded";
const DESTINATION: &str = "kenko";

/// Makes staff, samples, and the import job's folder, and writes `demo.json`.
///
/// # Errors
/// See [`DemoError`].
pub async fn prepare(config: &Config, practice_provider: Provided) -> Result<Handbook, DemoError> {
    let now = Clock::System.now();
    let portal = Portal::open(config.clone(), Clock::fixed(now.plus(-HISTORY))).await?;
    let made = make(&portal, practice_provider, now).await;
    portal.database.close().await;
    made
}

async fn make(portal: &Portal, practice_provider: Provided, now: Instant) -> Result<Handbook, DemoError> {
    let began_before = installation::find(&mut *portal.database.read().await?, SEEDED).await?.is_some();
    if began_before {
        // Later than all that is in the log, as every deed is.
        portal.clock.advance(HISTORY);
    }
    let staff = staff::make(portal).await?;
    signing_keys::keep(portal).await?;
    let import = portal.config.data_dir.join("import");
    let keys = import.join("keys");
    import_keys(portal, &keys).await?;
    if !began_before {
        mark(portal).await?;
        seed_all(portal, &staff, now).await?;
    }
    write_residents(portal, &import.join("residents.csv"), now)?;
    let config = import.join("import.toml");
    write_import_config(portal, &config).await?;
    let url = portal.config.public_url.origin().to_owned();
    let handbook = Handbook { url, staff, practice_provider, import_config: config, import_keys_dir: keys };
    handbook.write(&portal.config.data_dir)?;
    Ok(handbook)
}

/// Half of the samples twice would be worse than half of them.
async fn mark(portal: &Portal) -> Result<(), DemoError> {
    let mut tx = portal.database.write().await?;
    installation::insert(&mut tx, SEEDED, b"yes").await?;
    Ok(tx.commit(Record::Upkeep(Upkeep::InstallationMade)).await?)
}

async fn seed_all(portal: &Portal, staff: &[SampleStaff], now: Instant) -> Result<(), DemoError> {
    let people = people(now.date_in_japan());
    if let [first, second, ..] = at_work(portal, staff, Roles::CLERK).await?.as_slice() {
        seed(portal, &people, &Desk { first, second }, now, &letters::notice).await?;
        slots::seed(portal, first, now).await?;
        channel_samples::seed(portal, &people, now.date_in_japan()).await?;
    }
    if let [first, second, ..] = at_work(portal, staff, Roles::NURSE).await?.as_slice() {
        epds_samples::seed(portal, &people, &Desk { first, second }, &letters::notice).await?;
    }
    Ok(())
}

/// The sample staff of these roles.
async fn at_work(portal: &Portal, staff: &[SampleStaff], roles: Roles) -> Result<Vec<Staff>, DemoError> {
    let mut all = Vec::new();
    for sample in staff.iter().filter(|sample| sample.role == roles) {
        let found = members::find_by_user_id(&mut *portal.database.read().await?, &sample.user_id).await?;
        all.push(found.ok_or(FlowError::NotFound)?);
    }
    Ok(all)
}

async fn import_keys(portal: &Portal, folder: &Path) -> Result<(), DemoError> {
    let id = DESTINATION.parse().map_err(|_| FlowError::NotFound)?;
    let keys = if folder.exists() {
        DestinationKeys::read(folder)?
    } else {
        let keys = DestinationKeys::generate(id);
        keys.write(folder, portal.clock.now())?;
        keys
    };
    match hand_over::add_destination(portal, &keys.public().to_json()).await {
        Ok(_) | Err(FlowError::Store(StoreError::Duplicate)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The residents stand as of the first start, like the people.
fn write_residents(portal: &Portal, path: &Path, now: Instant) -> Result<(), DemoError> {
    let form: FormId = "pregnancy_notification".parse().map_err(|_| FlowError::NotFound)?;
    let (Some(form), false) = (portal.catalog.newest(&form), path.exists()) else { return Ok(()) };
    let today = now.date_in_japan();
    Ok(fs::write(path, atena::extract(form, &people(today), today))?)
}

async fn write_import_config(portal: &Portal, path: &Path) -> Result<(), DemoError> {
    let (announced, _) = signing_keys::published(portal).await?;
    let first = announced.keys.first().ok_or(FlowError::NotFound)?;
    let text = toml::toml! {
        keys_dir = "keys"
        state = "state.sqlite"
        residents = "residents.csv"
        output_dir = "output"
    };
    let mut table = text;
    for (key, value) in [
        ("portal_url", portal.config.public_url.origin()),
        ("destination", DESTINATION),
        ("portal_fingerprint", &fingerprint(&first.jwk)),
        ("municipality", &portal.config.municipality.code),
    ] {
        table.insert(key.to_owned(), value.into());
    }
    Ok(fs::write(path, table.to_string())?)
}

/// What a reader needs for the walk.
///
/// # Errors
/// When standard output is closed.
pub fn print_signs(handbook: &Handbook, import_bin: Option<&PathBuf>) -> io::Result<()> {
    let url = &handbook.url;
    let mut text = format!(
        "\n窓口 Madoguchi — practice\n  parents   {url}/\n  mail      {url}/demo/outbox\n  staff     {url}/staff\n  directory {}\n",
        handbook.practice_provider.directory
    );
    for sample in &handbook.staff {
        let _ = writeln!(text, "            {:<9} {:<24} {}", sample.user_id, sample.password, sample.role);
    }
    let import = handbook.import_config.parent().unwrap_or(Path::new("")).join("output");
    match import_bin {
        Some(_) => writeln!(text, "  import    every minute; files in {}", import.display()),
        None => writeln!(text, "  import    madoguchi-import is not beside this program; build it to see the import"),
    }
    .map_err(io::Error::other)?;
    io::stdout().write_all(text.as_bytes())
}
