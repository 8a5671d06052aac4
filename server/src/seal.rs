//! Sealing at rest. Invariant: what is sealed for one place (table, row, column) opens nowhere else; without the master
//! key neither answers nor the keys of the search indexes can be had; no key has a text.
//!
//! Each row with personal data has a data key of its own, wrapped by a key that follows from the master key. Erasing the
//! wrapped key erases the row's content from every later backup.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, os::unix::fs::PermissionsExt, path::Path};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const VERSION: u8 = 1;
const NONCE: usize = 24;
const DEMO_MARK: &str = "demo ";

/// Why something could not be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Another key, another place, or altered bytes.
    #[error("what is sealed cannot be opened here")]
    CannotOpen,
    /// Too much for one message of the cipher.
    #[error("too long to be sealed")]
    TooLong,
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or written.
    #[error("the master key file cannot be used: {0}")]
    File(#[from] std::io::Error),
    /// Others may read it.
    #[error("the master key file can be read by others: its mode must be 0600")]
    Readable,
    /// It holds something else.
    #[error("the master key file must hold 32 random bytes, raw or as 64 hexadecimal digits")]
    NotAKey,
    /// The demo's key is known to everybody who has the demo's folder.
    #[error("the master key is a demo key: make one of your own")]
    DemoKey,
}

/// The key that all others follow from or are wrapped by.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// A new key.
    #[must_use]
    pub fn generate() -> Self {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes);
        Self(bytes)
    }

    /// Reads the key of an installation.
    ///
    /// # Errors
    /// When the file is missing, readable by others, not a key, or a demo's.
    pub fn load(path: &Path) -> Result<Self, MasterKeyError> {
        match Self::read(path)? {
            (_, true) => Err(MasterKeyError::DemoKey),
            (key, false) => Ok(key),
        }
    }

    /// Reads the demo's key, or makes it at the first start. The file says what it is, and [`Self::load`] refuses it.
    ///
    /// # Errors
    /// When the file is not the demo's or cannot be written.
    pub fn load_or_make_demo(path: &Path) -> Result<Self, MasterKeyError> {
        if path.exists() {
            return match Self::read(path)? {
                (key, true) => Ok(key),
                (_, false) => Err(MasterKeyError::NotAKey),
            };
        }
        let key = Self::generate();
        let hex: Zeroizing<String> = Zeroizing::new(key.0.iter().map(|byte| format!("{byte:02x}")).collect());
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(format!("{DEMO_MARK}{}\n", hex.as_str()).as_bytes())?;
        file.sync_all()?;
        Ok(key)
    }

    fn read(path: &Path) -> Result<(Self, bool), MasterKeyError> {
        if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            return Err(MasterKeyError::Readable);
        }
        let content = Zeroizing::new(fs::read(path)?);
        if let Ok(raw) = <[u8; 32]>::try_from(content.as_slice()) {
            return Ok((Self(raw), false));
        }
        let text = std::str::from_utf8(&content).map_err(|_| MasterKeyError::NotAKey)?.trim();
        let (hex, is_demo) = text.strip_prefix(DEMO_MARK).map_or((text, false), |hex| (hex, true));
        if hex.len() != 64 || !hex.is_ascii() {
            return Err(MasterKeyError::NotAKey);
        }
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[place * 2..place * 2 + 2], 16).map_err(|_| MasterKeyError::NotAKey)?;
        }
        Ok((Self(bytes), is_demo))
    }
}

/// Seals and opens for a running portal.
pub struct Seal {
    wrapping: Zeroizing<[u8; 32]>,
    root: Hkdf<Sha256>,
}

/// A data key as it stands in the database.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(Vec<u8>);

impl WrappedKey {
    /// From a column.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// For a column.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The key of one row.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct DataKey([u8; 32]);

impl Seal {
    /// From the master key, which is not needed afterwards.
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        let root = Hkdf::<Sha256>::new(Some(b"madoguchi seal v1"), &master.0);
        let wrapping = derive(&root, &[b"wrap"]);
        Self { wrapping, root }
    }

    /// A fresh data key, and the same key wrapped.
    #[must_use]
    pub fn new_data_key(&self) -> (DataKey, WrappedKey) {
        let mut key = DataKey([0; 32]);
        rand::fill(&mut key.0);
        let wrapped = encrypt(&self.wrapping, "data key", &key.0).expect("32 bytes are not too long");
        (key, WrappedKey(wrapped))
    }

    /// The data key of a row.
    ///
    /// # Errors
    /// When another master key wrapped it or it was altered.
    pub fn unwrap_key(&self, wrapped: &WrappedKey) -> Result<DataKey, SealError> {
        let bytes = decrypt(&self.wrapping, "data key", &wrapped.0)?;
        bytes.as_slice().try_into().map(DataKey).map_err(|_| SealError::CannotOpen)
    }

    /// What an index holds instead of the text: equal for equal texts of one purpose, and a secret's function.
    #[must_use]
    pub fn index_key(&self, purpose: &str, normalised: &str) -> [u8; 32] {
        mac(&derive(&self.root, &[b"index ", purpose.as_bytes()]), &[normalised.as_bytes()])
    }

    /// What stands for a one-time code: useless without the master key, though the code is short.
    #[must_use]
    pub fn code_mac(&self, context: &[u8], code: &str) -> [u8; 32] {
        mac(&derive(&self.root, &[b"code"]), &[context, code.as_bytes()])
    }

    /// A value that differs for every master key and betrays none: an installation keeps it to know its key.
    #[must_use]
    pub fn check_value(&self) -> [u8; 32] {
        *derive(&self.root, &[b"check"])
    }
}

impl DataKey {
    /// Seals for one place, such as `case_revision/<id>/1`.
    ///
    /// # Panics
    /// Never: the limit of the cipher is far above every limit of the portal.
    #[must_use]
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        encrypt(&self.0, context, plain).expect("no row is as long as the limit of the cipher (256 GiB)")
    }

    /// Seals another data key for one place: what it sealed then goes with this one, and is erased with it.
    ///
    /// # Panics
    /// Never: a key is short.
    #[must_use]
    pub fn seal_key(&self, context: &str, key: &Self) -> Vec<u8> {
        self.seal(context, &key.0)
    }

    /// The data key that was sealed for this place.
    ///
    /// # Errors
    /// When it was sealed with another key, for another place, or altered.
    pub fn open_key(&self, context: &str, sealed: &[u8]) -> Result<Self, SealError> {
        self.open(context, sealed)?.as_slice().try_into().map(Self).map_err(|_| SealError::CannotOpen)
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// When it was sealed with another key, for another place, or altered.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        decrypt(&self.0, context, sealed)
    }
}

/// What stands for a token in the database: a token is long and random, so a plain hash is enough.
#[must_use]
pub fn token_hash(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

fn encrypt(key: &[u8; 32], context: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE];
    rand::fill(&mut nonce);
    let cipher = XChaCha20Poly1305::new(key.into());
    let payload = Payload { msg: plain, aad: context.as_bytes() };
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::TooLong)?;
    Ok([&[VERSION], nonce.as_slice(), &sealed].concat())
}

fn decrypt(key: &[u8; 32], context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let rest = sealed.strip_prefix(&[VERSION]).ok_or(SealError::CannotOpen)?;
    let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(SealError::CannotOpen)?;
    let cipher = XChaCha20Poly1305::new(key.into());
    let payload = Payload { msg: body, aad: context.as_bytes() };
    cipher.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| SealError::CannotOpen)
}

fn derive(root: &Hkdf<Sha256>, purpose: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    root.expand_multi_info(purpose, key.as_mut()).expect("32 bytes are within HKDF's limit");
    key
}

/// HMAC over parts, each led by its length so that no two lists of parts read the same.
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_in_its_place_and_with_its_key() {
        let seal = Seal::new(&MasterKey::generate());
        let (key, wrapped) = seal.new_data_key();
        let sealed = key.seal("draft/1", "窓口 花子".as_bytes());
        let again = seal.unwrap_key(&wrapped).unwrap();
        assert_eq!(again.open("draft/1", &sealed).unwrap().as_slice(), "窓口 花子".as_bytes());
        assert_eq!(again.open("draft/2", &sealed).unwrap_err(), SealError::CannotOpen);
        assert_eq!(seal.new_data_key().0.open("draft/1", &sealed).unwrap_err(), SealError::CannotOpen);
        assert!(Seal::new(&MasterKey::generate()).unwrap_key(&wrapped).is_err());
    }

    #[test]
    fn a_key_sealed_with_another_opens_with_that_alone() {
        let seal = Seal::new(&MasterKey::generate());
        let ((inner, _), (outer, _)) = (seal.new_data_key(), seal.new_data_key());
        let kept = outer.seal_key("paper/1/key", &inner);
        let sealed = inner.seal("paper/1/0", b"photo");
        assert_eq!(
            outer.open_key("paper/1/key", &kept).unwrap().open("paper/1/0", &sealed).unwrap().as_slice(),
            b"photo"
        );
        assert!(outer.open_key("paper/2/key", &kept).is_err());
        assert!(seal.new_data_key().0.open_key("paper/1/key", &kept).is_err());
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let (key, _) = Seal::new(&MasterKey::generate()).new_data_key();
        let sealed = key.seal("place", b"text");
        for place in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[place] ^= 1;
            assert!(key.open("place", &altered).is_err(), "byte {place}");
            assert!(key.open("place", &sealed[..place]).is_err(), "cut at {place}");
        }
    }

    #[test]
    fn an_index_key_is_the_same_only_for_the_same_purpose_and_text() {
        let seal = Seal::new(&MasterKey::generate());
        assert_eq!(seal.index_key("mail", "a@b.example"), seal.index_key("mail", "a@b.example"));
        assert_ne!(seal.index_key("mail", "a@b.example"), seal.index_key("phone", "a@b.example"));
        assert_ne!(seal.index_key("mail", "a@b.example"), seal.index_key("mail", "a@c.example"));
        assert_ne!(seal.code_mac(b"1", "23"), seal.code_mac(b"12", "3"));
    }

    #[test]
    fn a_master_key_others_can_read_is_refused_and_so_is_the_demos() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let made = Seal::new(&MasterKey::load_or_make_demo(&path).unwrap());
        assert_eq!(made.check_value(), Seal::new(&MasterKey::load_or_make_demo(&path).unwrap()).check_value());
        assert!(matches!(MasterKey::load(&path), Err(MasterKeyError::DemoKey)));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(MasterKey::load_or_make_demo(&path), Err(MasterKeyError::Readable)));
        fs::write(&path, "0f".repeat(32)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(MasterKey::load(&path).is_ok());
        fs::write(&path, "too short").unwrap();
        assert!(matches!(MasterKey::load(&path), Err(MasterKeyError::NotAKey)));
    }
}
