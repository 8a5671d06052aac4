//! The sample staff. Invariant: they are invited, join and sign in as everybody does; their passwords are random for each
//! data folder, and stand with their keys in a file there that only its owner can read.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::access::Roles;
use serde::{Deserialize, Serialize};

use super::authenticator::{SoftwarePasskey, create};
use crate::{
    flows::{
        FlowError,
        staff_sign_in::{self, Invited, Joined, Joining},
    },
    portal::Portal,
    store::{StoreError, audit::Actor, staff},
};

/// A member of the sample staff, as `staff[]` of `demo.json` has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleStaff {
    /// What is typed to sign in.
    pub user_id: String,
    /// The password.
    pub password: String,
    /// The roles; a set with a name is written as its name (`contract.md`).
    pub role: Roles,
    /// The passkey, in software.
    pub passkey: SoftwarePasskey,
}

/// The sample staff could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SampleStaffError {
    /// The file cannot be read or written.
    #[error("the file of the sample staff: {0}")]
    File(#[from] io::Error),
    /// It holds something else.
    #[error("the file of the sample staff cannot be read: remove the data folder to begin anew")]
    NotReadable,
    /// The database has staff of this name whose keys are lost.
    #[error("the keys of {0} are lost: remove the data folder to begin anew")]
    KeysLost(String),
    /// A deed failed.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

impl From<StoreError> for SampleStaffError {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

const PEOPLE: [(&str, &str, Roles); 6] = [
    ("clerk1", "見本 一郎", Roles::CLERK),
    ("clerk2", "見本 二美", Roles::CLERK),
    ("nurse1", "見本 三枝（保健師）", Roles::NURSE),
    ("admin1", "見本 四郎", Roles::ADMINISTRATOR),
    ("auditor1", "見本 五月", Roles::AUDITOR),
    ("nurse2", "見本 六実（保健師）", Roles::NURSE),
];

/// The file in the data folder.
pub const FILE: &str = "demo-staff.json";

/// The sample staff of a data folder; nobody when the demo has not made them yet.
///
/// # Errors
/// When the file cannot be read.
pub fn load(data_dir: &Path) -> Result<Vec<SampleStaff>, SampleStaffError> {
    match fs::read(data_dir.join(FILE)) {
        Ok(content) => serde_json::from_slice(&content).map_err(|_| SampleStaffError::NotReadable),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

fn save(data_dir: &Path, all: &[SampleStaff]) -> Result<(), SampleStaffError> {
    let content = serde_json::to_vec_pretty(all).map_err(|_| SampleStaffError::NotReadable)?;
    let new = data_dir.join(format!("{FILE}.new"));
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(&content)?;
    file.sync_all()?;
    Ok(fs::rename(new, data_dir.join(FILE))?)
}

/// Makes whoever of the sample staff is missing; all of them. A start that was cut off goes on where it was.
///
/// # Errors
/// See [`SampleStaffError`].
pub async fn make(portal: &Portal) -> Result<Vec<SampleStaff>, SampleStaffError> {
    let mut all = load(&portal.config.data_dir)?;
    for (number, (user_id, display_name, role)) in PEOPLE.into_iter().enumerate() {
        let found = staff::find_by_user_id(&mut *portal.database.read().await?, user_id).await?;
        let has_joined = found.as_ref().is_some_and(|found| found.password_hash.is_some());
        if has_joined && all.iter().any(|sample| sample.user_id == user_id) {
            continue;
        }
        if has_joined {
            return Err(SampleStaffError::KeysLost(user_id.to_owned()));
        }
        let person_id = format!("demo-{}", number + 1);
        let member = Invited { user_id, person_id: &person_id, display_name, roles: role };
        let (token, _) = match found {
            None => staff_sign_in::invite(portal, Actor::Portal, &member).await?,
            Some(_) => staff_sign_in::invite_again(portal, Actor::Portal, user_id).await?,
        };
        join(portal, &token, user_id, role, &mut all).await?;
    }
    Ok(all)
}

async fn join(
    portal: &Portal,
    token: &str,
    user_id: &str,
    role: Roles,
    all: &mut Vec<SampleStaff>,
) -> Result<(), SampleStaffError> {
    let lost = || SampleStaffError::KeysLost(user_id.to_owned());
    let (_, begun) = staff_sign_in::begin_joining(portal, token).await?.ok_or_else(lost)?;
    let (passkey, credential) = create(&begun.options, portal.config.staff_url.origin()).ok_or_else(lost)?;
    let password = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 15]>());
    all.retain(|sample| sample.user_id != user_id);
    all.push(SampleStaff { user_id: user_id.to_owned(), password: password.clone(), role, passkey });
    // The file first: who has joined without it can never sign in.
    save(&portal.config.data_dir, all)?;
    let sent = Joining { password: &password, again: &password, ceremony: &begun.ceremony, credential: &credential };
    match staff_sign_in::join(portal, token, &sent).await? {
        Joined::Yes => Ok(()),
        Joined::Password(_) | Joined::Passkey | Joined::Over => Err(lost()),
    }
}
