//! The keys of a destination (`handover.md` §3): two age keys and a signing key. Invariant: the private halves are written
//! with mode 0600 into the folder that `keygen` names, are never overwritten, and leave it only in memory.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use age::{secrecy::ExposeSecret, x25519};
use intake::{ids::DestinationId, time::Instant};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Algorithm, Error, Jwk, SigningKey};

/// The private age key for entries.
pub const ENTRIES_KEY_FILE: &str = "entries.agekey";
/// The private age key for the 個人番号.
pub const NUMBER_KEY_FILE: &str = "number.agekey";
/// The private signing key.
pub const SIGNING_KEY_FILE: &str = "signing.pem";
/// The public halves, for the portal.
pub const PUBLIC_FILE: &str = "public.json";

/// So many further recipients, at most: each adds a stanza to every file.
const MOST_FURTHER: usize = 8;

/// What the portal is given of a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestinationPublic {
    /// Its id.
    pub destination: DestinationId,
    /// Where entries are encrypted to.
    pub entries_recipient: String,
    /// Whom else they are encrypted to: a key in a safe, or the next one while keys are changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_recipients: Vec<String>,
    /// Where the 個人番号 is encrypted to.
    pub number_recipient: String,
    /// What receipts and requests are signed with.
    pub jwk: Jwk,
}

impl DestinationPublic {
    /// Reads `public.json`.
    ///
    /// # Errors
    /// [`Error::BadKey`] when a key in it cannot be used.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let public: Self = serde_json::from_str(text).map_err(|_| Error::BadKey)?;
        public.jwk.check()?;
        public.entries()?;
        public.number_recipient.parse::<x25519::Recipient>().map_err(|_| Error::BadKey)?;
        Ok(public)
    }

    /// As `public.json` holds it.
    ///
    /// # Panics
    /// Never: it has string keys only.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("string keys only") + "\n"
    }

    /// How many keys open an entry.
    #[must_use]
    pub const fn recipients(&self) -> u64 {
        1 + self.further_recipients.len() as u64
    }

    pub(crate) fn entries(&self) -> Result<Vec<x25519::Recipient>, Error> {
        if self.further_recipients.len() > MOST_FURTHER {
            return Err(Error::BadKey);
        }
        let all = std::iter::once(&self.entries_recipient).chain(&self.further_recipients);
        all.map(|one| one.parse().map_err(|_| Error::BadKey)).collect()
    }
}

/// The keys of a destination, in the closed network.
pub struct DestinationKeys {
    /// Its id.
    pub destination: DestinationId,
    /// Opens entries.
    pub entries: x25519::Identity,
    /// Opens the 個人番号.
    pub number: x25519::Identity,
    /// Signs receipts and requests.
    pub signing: SigningKey,
    /// Whom else entries are encrypted to.
    pub further_recipients: Vec<String>,
    /// What opens batches that were sealed before the keys were changed.
    pub former: Vec<FormerKeys>,
}

/// Keys that a destination has changed: they open what was sealed for them, and sign nothing any more.
pub struct FormerKeys {
    /// Opens entries.
    pub entries: x25519::Identity,
    /// Opens the 個人番号.
    pub number: x25519::Identity,
}

impl DestinationKeys {
    /// New keys.
    #[must_use]
    pub fn generate(destination: DestinationId) -> Self {
        let (entries, number) = (x25519::Identity::generate(), x25519::Identity::generate());
        Self {
            destination,
            entries,
            number,
            signing: SigningKey::generate(Algorithm::Es256),
            further_recipients: Vec::new(),
            former: Vec::new(),
        }
    }

    /// The public halves.
    #[must_use]
    pub fn public(&self) -> DestinationPublic {
        DestinationPublic {
            destination: self.destination.clone(),
            entries_recipient: self.entries.to_public().to_string(),
            further_recipients: self.further_recipients.clone(),
            number_recipient: self.number.to_public().to_string(),
            jwk: self.signing.jwk().clone(),
        }
    }

    /// Writes the folder; nothing that is there is overwritten.
    ///
    /// # Errors
    /// When a file is there already or cannot be written.
    pub fn write(&self, folder: &Path, now: Instant) -> Result<(), Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        write_new(folder, ENTRIES_KEY_FILE, 0o600, age_key_file(&self.entries, now).as_bytes())?;
        write_new(folder, NUMBER_KEY_FILE, 0o600, age_key_file(&self.number, now).as_bytes())?;
        write_new(folder, SIGNING_KEY_FILE, 0o600, self.signing.to_pem()?.as_bytes())?;
        write_new(folder, PUBLIC_FILE, 0o644, self.public().to_json().as_bytes())
    }

    /// Reads the folder.
    ///
    /// # Errors
    /// When a file is missing, readable by others, or not what it should be.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let public = DestinationPublic::from_json(&fs::read_to_string(folder.join(PUBLIC_FILE))?)?;
        let keys = Self {
            destination: public.destination.clone(),
            entries: read_age_key(folder, ENTRIES_KEY_FILE)?,
            number: read_age_key(folder, NUMBER_KEY_FILE)?,
            signing: SigningKey::from_pem(&read_private(folder, SIGNING_KEY_FILE)?)?,
            further_recipients: public.further_recipients.clone(),
            former: Vec::new(),
        };
        if keys.public() == public { Ok(keys) } else { Err(Error::BadKey) }
    }

    /// Remembers keys that these have taken the place of.
    pub fn remember(&mut self, before: Self) {
        self.former.push(FormerKeys { entries: before.entries, number: before.number });
        self.former.extend(before.former);
    }

    /// Opens what was sealed to the entries key, or to a former one.
    pub(crate) fn open_sealed(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let keys = std::iter::once(&self.entries).chain(self.former.iter().map(|former| &former.entries));
        keys.into_iter().find_map(|key| age::decrypt(key, sealed).ok()).map(Zeroizing::new)
    }

    /// Opens a 個人番号 that was sealed to the number key, or to a former one, in age armor.
    ///
    /// # Errors
    /// [`Error::CannotDecrypt`].
    pub fn open_number(&self, armor: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        let keys = std::iter::once(&self.number).chain(self.former.iter().map(|former| &former.number));
        let opened = keys.into_iter().find_map(|key| age::decrypt(key, armor.as_bytes()).ok());
        opened.map(Zeroizing::new).ok_or_else(|| Error::CannotDecrypt("my_number".to_owned()))
    }
}

/// As `age-keygen` writes it.
fn age_key_file(key: &x25519::Identity, now: Instant) -> Zeroizing<String> {
    let secret = key.to_string();
    Zeroizing::new(format!(
        "# created: {}\n# public key: {}\n{}\n",
        now.rfc3339_in_japan(),
        key.to_public(),
        secret.expose_secret()
    ))
}

fn write_new(folder: &Path, name: &str, mode: u32, content: &[u8]) -> Result<(), Error> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(folder.join(name))?;
    file.write_all(content)?;
    Ok(file.sync_all()?)
}

fn read_private(folder: &Path, name: &str) -> Result<Zeroizing<String>, Error> {
    let path = folder.join(name);
    if fs::metadata(&path)?.permissions().mode() & 0o077 != 0 {
        return Err(Error::KeyFileReadable(name.to_owned()));
    }
    Ok(Zeroizing::new(fs::read_to_string(path)?))
}

fn read_age_key(folder: &Path, name: &str) -> Result<x25519::Identity, Error> {
    let text = read_private(folder, name)?;
    let line = text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).ok_or(Error::BadKey)?;
    line.trim().parse().map_err(|_| Error::BadKey)
}
