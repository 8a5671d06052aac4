//! The files of a batch, from a folder, a `.tar` or the network, and back. Invariant: only names that a batch has come in,
//! each once, and never more than the format allows; nothing is ever unpacked to a path that an archive names.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs,
    io::{Read, Write},
    path::Path,
};

use crate::{
    Error, MOST_BYTES, is_sha256_hex,
    manifest::{ENTRIES_FILE, KEYS_FILE, MANIFEST_FILE},
};

/// Whether a batch may have a file of this name.
#[must_use]
pub fn is_batch_file(name: &str) -> bool {
    let digest_between = |start: &str, end: &str| {
        name.strip_prefix(start).and_then(|rest| rest.strip_suffix(end)).is_some_and(is_sha256_hex)
    };
    [MANIFEST_FILE, KEYS_FILE, ENTRIES_FILE].contains(&name)
        || digest_between("attachment-", ".age")
        || digest_between("form-", ".json")
}

/// The name of the file of an attachment, by the digest of its plaintext.
#[must_use]
pub fn attachment_file(sha256: &str) -> String {
    format!("attachment-{sha256}.age")
}

/// The name of the folder of a batch.
#[must_use]
pub fn folder_name(seq: u64) -> String {
    format!("batch-{seq:06}")
}

/// The files of one batch by name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BatchFiles {
    files: BTreeMap<String, Vec<u8>>,
    bytes: u64,
}

impl BatchFiles {
    /// Adds a file.
    ///
    /// # Errors
    /// [`Error::BadName`], [`Error::DuplicateFile`], [`Error::TooLarge`].
    pub fn insert(&mut self, name: &str, content: Vec<u8>) -> Result<(), Error> {
        if !is_batch_file(name) {
            return Err(Error::BadName);
        }
        let bytes = self.bytes.saturating_add(content.len() as u64);
        if bytes > MOST_BYTES {
            return Err(Error::TooLarge);
        }
        match self.files.entry(name.to_owned()) {
            Entry::Occupied(_) => return Err(Error::DuplicateFile),
            Entry::Vacant(place) => place.insert(content),
        };
        self.bytes = bytes;
        Ok(())
    }

    /// A file.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// All files by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, content)| (name.as_str(), content.as_slice()))
    }

    /// How many bytes all files have together.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    fn read_in(&mut self, name: &str, reader: impl Read) -> Result<(), Error> {
        let left = MOST_BYTES - self.bytes;
        let mut content = Vec::new();
        reader.take(left + 1).read_to_end(&mut content).map_err(|_| Error::BadArchive)?;
        self.insert(name, content)
    }

    /// Reads a batch from a folder or a `.tar`.
    ///
    /// # Errors
    /// Each refusal with its own error.
    pub fn read(path: &Path) -> Result<Self, Error> {
        if path.is_dir() { Self::from_folder(path) } else { Self::from_tar(fs::File::open(path)?) }
    }

    /// Reads the folder of a batch. Anything in it that a batch does not have is refused.
    ///
    /// # Errors
    /// Each refusal with its own error.
    pub fn from_folder(folder: &Path) -> Result<Self, Error> {
        let mut files = Self::default();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if !entry.file_type()?.is_file() {
                return Err(Error::NotAFile);
            }
            let name = entry.file_name().into_string().map_err(|_| Error::BadName)?;
            if !is_batch_file(&name) {
                return Err(Error::BadName);
            }
            files.read_in(&name, fs::File::open(entry.path())?)?;
        }
        Ok(files)
    }

    /// Reads a `.tar` of the folder of one batch.
    ///
    /// # Errors
    /// Each refusal with its own error.
    pub fn from_tar(reader: impl Read) -> Result<Self, Error> {
        // Headers and padding come on top of the content; four times the limit is more than any batch needs.
        let mut archive = tar::Archive::new(reader.take(MOST_BYTES.saturating_mul(4)));
        let mut files = Self::default();
        let mut folder: Option<String> = None;
        for entry in archive.entries().map_err(|_| Error::BadArchive)? {
            let entry = entry.map_err(|_| Error::BadArchive)?;
            let kind = entry.header().entry_type();
            let path = String::from_utf8(entry.path_bytes().into_owned()).map_err(|_| Error::BadName)?;
            let (parent, name) = path.split_once('/').ok_or(Error::BadName)?;
            let is_ours = parent.strip_prefix("batch-").is_some_and(|seq| seq.len() >= 6 && is_number(seq));
            if !is_ours || folder.as_deref().is_some_and(|folder| folder != parent) {
                return Err(Error::BadName);
            }
            folder = Some(parent.to_owned());
            if kind.is_dir() && name.is_empty() {
                continue;
            }
            if !kind.is_file() {
                return Err(Error::NotAFile);
            }
            if !is_batch_file(name) {
                return Err(Error::BadName);
            }
            let (name, size) = (name.to_owned(), entry.size());
            if size > MOST_BYTES - files.bytes {
                return Err(Error::TooLarge);
            }
            files.read_in(&name, entry)?;
            if files.get(&name).is_some_and(|content| content.len() as u64 != size) {
                return Err(Error::BadArchive);
            }
        }
        if folder.is_none() { Err(Error::BadArchive) } else { Ok(files) }
    }

    /// Writes the `.tar` of the folder: the same files give the same bytes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_tar(&self, seq: u64, writer: impl Write) -> Result<(), Error> {
        let mut archive = tar::Builder::new(writer);
        let folder = folder_name(seq);
        for (name, content) in &self.files {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(0o600);
            header.set_mtime(0);
            archive.append_data(&mut header, format!("{folder}/{name}"), content.as_slice())?;
        }
        Ok(archive.into_inner()?.flush()?)
    }

    /// Writes the folder of the batch into `parent`; it must not be there yet.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_folder(&self, seq: u64, parent: &Path) -> Result<(), Error> {
        let folder = parent.join(folder_name(seq));
        fs::create_dir(&folder)?;
        for (name, content) in &self.files {
            let mut file = fs::File::create_new(folder.join(name))?;
            file.write_all(content)?;
            file.sync_all()?;
        }
        Ok(())
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
