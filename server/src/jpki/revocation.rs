//! 「失効」 Whether a certificate was revoked. Invariant: "good" needs a fresh list, signed by the very authority that issued the
//! certificate, whose scope covers it; everything else is "unknown", never "good".

use intake::{signing::CertificateStatus, time::Instant};
use x509_cert::{
    crl::CertificateList,
    der::{Decode, oid::ObjectIdentifier, pem},
    ext::{
        Extensions,
        pkix::{
            crl::dp::IssuingDistributionPoint,
            name::{DistributionPointName, GeneralName},
        },
    },
};

use super::{
    Refusal, SigningCertificate, Trust,
    der::{instant, is_rsa_with_sha256, is_signed_by},
};

/// `issuingDistributionPoint` (RFC 5280 §5.2.5). x509-cert 0.3 gives the type another identifier.
const SCOPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");

/// How the status of a certificate is asked for.
#[derive(Clone, Debug, Default)]
pub enum StatusCheck {
    /// Not at all: the status is unknown, and recorded so.
    #[default]
    None,
    /// By lists that the city fetches from the authority (CRL, RFC 5280 §5).
    Lists(RevocationLists),
}

/// Why a file is no list of revocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrlFault {
    /// Neither DER nor PEM.
    #[error("it is no list of revocations, DER or PEM")]
    NotAList,
    /// It holds something that must be understood and is not: a delta, an indirect list.
    #[error("it is a kind of list that cannot be read")]
    Kind,
}

/// The lists of all authorities.
#[derive(Clone, Debug, Default)]
pub struct RevocationLists(Vec<List>);

#[derive(Clone, Debug)]
struct List {
    der: Vec<u8>,
    list: CertificateList,
    scope: Option<IssuingDistributionPoint>,
}

impl List {
    fn read(file: &[u8]) -> Result<Self, CrlFault> {
        let der = if file.trim_ascii_start().starts_with(b"-----BEGIN") {
            pem::decode_vec(file).map_err(|_| CrlFault::NotAList)?.1
        } else {
            file.to_vec()
        };
        let list = CertificateList::from_der(&der).map_err(|_| CrlFault::NotAList)?;
        let algorithm = &list.signature_algorithm;
        if *algorithm != list.tbs_cert_list.signature || !is_rsa_with_sha256(algorithm) {
            return Err(CrlFault::Kind);
        }
        let critical = |all: &Option<Extensions>, but: Option<ObjectIdentifier>| {
            all.iter().flatten().any(|one| one.critical && Some(one.extn_id) != but)
        };
        let entries = list.tbs_cert_list.revoked_certificates.iter().flatten();
        let extensions = &list.tbs_cert_list.crl_extensions;
        if critical(extensions, Some(SCOPE)) || entries.into_iter().any(|one| critical(&one.crl_entry_extensions, None))
        {
            return Err(CrlFault::Kind);
        }
        let mut scopes = extensions.iter().flatten().filter(|one| one.extn_id == SCOPE);
        let scope = match (scopes.next(), scopes.next()) {
            (None, _) => None,
            (Some(one), None) => {
                let scope = IssuingDistributionPoint::from_der(one.extn_value.as_bytes());
                Some(scope.map_err(|_| CrlFault::Kind)?)
            }
            (Some(_), Some(_)) => return Err(CrlFault::Kind),
        };
        Ok(Self { der, list, scope })
    }

    /// Whether every revocation of this certificate would stand in it.
    fn covers(&self, certificate: &SigningCertificate) -> bool {
        let Some(scope) = &self.scope else { return true };
        if scope.only_contains_ca_certs
            || scope.only_contains_attribute_certs
            || scope.indirect_crl
            || scope.only_some_reasons.is_some()
        {
            return false;
        }
        let Some(point) = &scope.distribution_point else { return true };
        let DistributionPointName::FullName(of_list) = point else { return false };
        let names = |point: &Option<DistributionPointName>| match point {
            Some(DistributionPointName::FullName(names)) => names.clone(),
            _ => Vec::<GeneralName>::new(),
        };
        let of_certificate = certificate.points().iter().flat_map(|point| names(&point.distribution_point));
        of_certificate.into_iter().any(|name| of_list.contains(&name))
    }

    fn is_fresh(&self, at: Instant) -> bool {
        let list = &self.list.tbs_cert_list;
        instant(list.this_update) <= at && list.next_update.is_some_and(|next| at <= instant(next))
    }

    fn is_by_issuer_of(&self, certificate: &SigningCertificate, trust: &Trust) -> bool {
        let issuer = &self.list.tbs_cert_list.issuer;
        issuer == certificate.issuer()
            && trust
                .named(issuer)
                .any(|authority| authority.signs_lists && is_signed_by(&authority.key, &self.der, &self.list.signature))
    }
}

impl RevocationLists {
    /// Reads lists, each with the name that a fault is reported by.
    ///
    /// # Errors
    /// With the file that cannot be used.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, (String, CrlFault)> {
        let read = |(name, file): (&str, &[u8])| List::read(file).map_err(|fault| (name.to_owned(), fault));
        Ok(Self(files.into_iter().map(read).collect::<Result<_, _>>()?))
    }

    /// Whether a fresh list is among them.
    #[must_use]
    pub fn has_fresh(&self, at: Instant) -> bool {
        self.0.iter().any(|list| list.is_fresh(at))
    }
}

impl StatusCheck {
    /// What is known of a certificate. A revocation counts from its date on: what was signed before stays signed.
    pub(super) fn status(
        &self,
        certificate: &SigningCertificate,
        trust: &Trust,
        signed_at: Instant,
        checked_at: Instant,
    ) -> Result<CertificateStatus, Refusal> {
        let Self::Lists(lists) = self else { return Ok(CertificateStatus::Unknown) };
        let mut status = CertificateStatus::Unknown;
        for list in lists.0.iter().filter(|list| list.is_by_issuer_of(certificate, trust)) {
            let entries = list.list.tbs_cert_list.revoked_certificates.iter().flatten();
            // Also a list that is no longer fresh says what was revoked.
            for entry in entries.into_iter().filter(|entry| entry.serial_number.as_bytes() == certificate.serial()) {
                if instant(entry.revocation_date) <= signed_at {
                    return Err(Refusal::Revoked);
                }
                status = CertificateStatus::RevokedLater;
            }
            if status == CertificateStatus::Unknown && list.is_fresh(checked_at) && list.covers(certificate) {
                status = CertificateStatus::Good;
            }
        }
        Ok(status)
    }
}
