//! 「署名用電子証明書」 One certificate. Invariant: a [`SigningCertificate`] was issued by a trusted authority, is for signatures,
//! was valid when it signed, and says of its holder what the profile asks for.

use intake::time::Instant;
use x509_cert::{
    Certificate,
    der::{Decode, oid::ObjectIdentifier},
    ext::pkix::{BasicConstraints, CrlDistributionPoints, KeyUsage, SubjectAltName, crl::dp::DistributionPoint},
    name::Name,
};

use super::{
    Fact, Facts, Refusal, Trust,
    der::{instant, is_rsa_with_sha256, is_signed_by, rsa_key},
};

/// The certificates of the cards have some 1,700 bytes.
const LONGEST: usize = 16 * 1024;

/// What is understood and may therefore be marked critical (RFC 5280 §4.2).
const UNDERSTOOD: [&str; 5] = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.31", "2.5.29.32"];

/// A certificate to sign with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningCertificate {
    serial: Vec<u8>,
    issuer: Name,
    key: Vec<u8>,
    points: Vec<DistributionPoint>,
    /// From when.
    pub not_before: Instant,
    /// Until when, if it is not revoked before.
    pub not_after: Instant,
    /// What it says of its holder.
    pub facts: Facts,
}

impl SigningCertificate {
    /// Reads a certificate that one of these authorities issued and that was valid at an instant.
    pub(super) fn issued_by(trust: &Trust, der: &[u8], signed_at: Instant) -> Result<Self, Refusal> {
        if der.len() > LONGEST {
            return Err(Refusal::TooLong);
        }
        let certificate = Certificate::from_der(der).map_err(|_| Refusal::NotACertificate)?;
        check_issuer(trust, &certificate, der, signed_at)?;
        let tbs = certificate.tbs_certificate();
        check_extensions(&certificate)?;
        let constraints = tbs.get_extension::<BasicConstraints>().map_err(|_| Refusal::Extension)?;
        if constraints.is_some_and(|(_, constraints)| constraints.ca) {
            return Err(Refusal::OfAnAuthority);
        }
        // 否認防止: the certificate to sign in with lacks it.
        let usage = tbs.get_extension::<KeyUsage>().map_err(|_| Refusal::Extension)?;
        if !usage.is_some_and(|(_, usage)| usage.non_repudiation() && !usage.key_cert_sign()) {
            return Err(Refusal::NotForSignatures);
        }
        let names = tbs.get_extension::<SubjectAltName>().map_err(|_| Refusal::Extension)?;
        let (_, names) = names.ok_or(Refusal::Missing(Fact::Name))?;
        let points = tbs.get_extension::<CrlDistributionPoints>().map_err(|_| Refusal::Extension)?;
        let found = Self {
            serial: tbs.serial_number().as_bytes().to_vec(),
            issuer: tbs.issuer().clone(),
            key: rsa_key(tbs.subject_public_key_info()).ok_or(Refusal::Algorithm)?.to_vec(),
            points: points.map(|(_, points)| points.0).unwrap_or_default(),
            not_before: instant(tbs.validity().not_before),
            not_after: instant(tbs.validity().not_after),
            facts: Facts::read(&names)?,
        };
        if signed_at < found.not_before {
            return Err(Refusal::NotYetValid);
        }
        if signed_at > found.not_after {
            return Err(Refusal::Lapsed);
        }
        Ok(found)
    }

    /// The key of its holder (PKCS #1).
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.key
    }

    /// 「発行者とシリアル番号」 What it is found again by: unique among all certificates, and a fact about a person.
    #[must_use]
    pub fn identifier(&self) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        format!("{}/{}", hex(&super::trust::name_bytes(&self.issuer)), hex(&self.serial))
    }

    pub(super) fn serial(&self) -> &[u8] {
        &self.serial
    }

    pub(super) const fn issuer(&self) -> &Name {
        &self.issuer
    }

    pub(super) fn points(&self) -> &[DistributionPoint] {
        &self.points
    }
}

/// Nothing of the certificate is read before this.
fn check_issuer(trust: &Trust, certificate: &Certificate, der: &[u8], signed_at: Instant) -> Result<(), Refusal> {
    let tbs = certificate.tbs_certificate();
    let algorithm = certificate.signature_algorithm();
    if algorithm != tbs.signature() || !is_rsa_with_sha256(algorithm) {
        return Err(Refusal::Algorithm);
    }
    let mut refusal = Refusal::UnknownIssuer;
    for authority in trust.named(tbs.issuer()) {
        if !is_signed_by(&authority.key, der, certificate.signature()) {
            refusal = Refusal::BadCertificate;
        } else if authority.was_in_force(signed_at) {
            return Ok(());
        } else {
            return Err(Refusal::IssuerNotInForce);
        }
    }
    Err(refusal)
}

fn check_extensions(certificate: &Certificate) -> Result<(), Refusal> {
    let all = certificate.tbs_certificate().extensions().map(Vec::as_slice).unwrap_or_default();
    for (place, extension) in all.iter().enumerate() {
        let is_understood = UNDERSTOOD.iter().any(|oid| ObjectIdentifier::new_unwrap(oid) == extension.extn_id);
        let is_twice = all[..place].iter().any(|before| before.extn_id == extension.extn_id);
        if is_twice || (extension.critical && !is_understood) {
            return Err(Refusal::Extension);
        }
    }
    Ok(())
}
