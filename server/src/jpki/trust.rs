//! 「認証局」 The authorities that the city trusts. Invariant: a [`Trust`] holds certificates of authorities only, which signed
//! themselves where they say so and are made for RSA with SHA-256; there is at least one.

use intake::time::Instant;
use x509_cert::{
    Certificate,
    der::{Decode, Encode, pem},
    ext::pkix::{BasicConstraints, KeyUsage},
    name::Name,
};

use super::der::{instant, is_rsa_with_sha256, is_signed_by, rsa_key};

/// Why a file is no authority's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustFault {
    /// No file at all.
    #[error("there is no certificate of an authority")]
    Nobody,
    /// Neither DER nor PEM of one certificate.
    #[error("it is no certificate, DER or PEM")]
    NotACertificate,
    /// Not marked as an authority that signs certificates.
    #[error("it is no certificate of an authority")]
    NotAnAuthority,
    /// Another algorithm than RSA of 2048 bits or more with SHA-256.
    #[error("it is not made for RSA with SHA-256")]
    Algorithm,
    /// It says that it signed itself, and did not.
    #[error("its own signature does not hold: the file is damaged")]
    Damaged,
}

/// One authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authority {
    pub(super) name: Name,
    pub(super) key: Vec<u8>,
    pub(super) signs_lists: bool,
    from: Instant,
    until: Instant,
}

impl Authority {
    fn read(file: &[u8]) -> Result<Self, TrustFault> {
        let from_pem = if file.trim_ascii_start().starts_with(b"-----BEGIN") {
            Some(pem::decode_vec(file).map_err(|_| TrustFault::NotACertificate)?.1)
        } else {
            None
        };
        let der = from_pem.as_deref().unwrap_or(file);
        let certificate = Certificate::from_der(der).map_err(|_| TrustFault::NotACertificate)?;
        let tbs = certificate.tbs_certificate();
        let usage = tbs.get_extension::<KeyUsage>().ok().flatten().map(|(_, usage)| usage);
        let constraints = tbs.get_extension::<BasicConstraints>().ok().flatten();
        let signs = usage.is_some_and(|usage| usage.key_cert_sign());
        if !signs || !constraints.is_some_and(|(_, constraints)| constraints.ca) {
            return Err(TrustFault::NotAnAuthority);
        }
        let key = rsa_key(tbs.subject_public_key_info()).ok_or(TrustFault::Algorithm)?;
        if !is_rsa_with_sha256(certificate.signature_algorithm()) {
            return Err(TrustFault::Algorithm);
        }
        if tbs.issuer() == tbs.subject() && !is_signed_by(key, der, certificate.signature()) {
            return Err(TrustFault::Damaged);
        }
        Ok(Self {
            name: tbs.subject().clone(),
            key: key.to_vec(),
            signs_lists: usage.is_some_and(|usage| usage.crl_sign()),
            from: instant(tbs.validity().not_before),
            until: instant(tbs.validity().not_after),
        })
    }

    pub(super) fn was_in_force(&self, at: Instant) -> bool {
        self.from <= at && at <= self.until
    }
}

/// The authorities that the city trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust(Vec<Authority>);

impl Trust {
    /// Reads their certificates, each with the name that a fault is reported by.
    ///
    /// # Errors
    /// With the file that cannot be used, or an empty name for none at all.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, (String, TrustFault)> {
        let read = |(name, file): (&str, &[u8])| Authority::read(file).map_err(|fault| (name.to_owned(), fault));
        let all = files.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        if all.is_empty() { Err((String::new(), TrustFault::Nobody)) } else { Ok(Self(all)) }
    }

    /// The authorities of this name: one may have several keys, one after the other.
    pub(super) fn named<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a Authority> {
        self.0.iter().filter(move |authority| authority.name == *name)
    }

    /// Their names, to be told apart by people.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|authority| authority.name.to_string()).collect()
    }

    /// A short value that is another one whenever the authorities are others.
    #[must_use]
    pub fn keys(&self) -> Vec<&[u8]> {
        self.0.iter().map(|authority| authority.key.as_slice()).collect()
    }
}

/// The name as it stands in a certificate.
pub(super) fn name_bytes(name: &Name) -> Vec<u8> {
    name.to_der().unwrap_or_default()
}
