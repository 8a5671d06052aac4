//! 「公的個人認証」 A signature made with the signing certificate of a My Number Card, verified. Invariant: pure, without
//! network, database or clock; nothing is believed of a certificate before its issuer's signature held, and each refusal has
//! its own name.
//!
//! The profile is that of `domain.md` §4.3: RSA with SHA-256, the facts as `otherName` in `subjectAltName`. The chain has one
//! link: the authority issues to people directly (署名用認証局). Chains with more links are refused as of an unknown issuer.

mod certificate;
mod der;
mod facts;
mod refusal;
mod revocation;
mod trust;

use intake::{signing::CertificateStatus, time::Instant};

pub use certificate::SigningCertificate;
pub use facts::Facts;
pub use refusal::{Fact, Refusal};
pub use revocation::{CrlFault, RevocationLists, StatusCheck};
pub use trust::{Trust, TrustFault};

/// What came back from the card.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// The bytes that were to be signed.
    pub document: &'a [u8],
    /// RSASSA-PKCS1-v1_5 with SHA-256 over them.
    pub signature: &'a [u8],
    /// The certificate, DER.
    pub certificate: &'a [u8],
}

/// A signature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whose it is.
    pub certificate: SigningCertificate,
    /// What is known of a revocation.
    pub status: CertificateStatus,
}

/// Verifies a signature that was made at `signed_at`, by what is known at `checked_at`. A certificate that lapsed or was
/// revoked only later does not take the signature away; what is known of it stands in [`Verified::status`].
///
/// # Errors
/// With the first reason to refuse it.
pub fn verify(
    signed: &Signed<'_>,
    trust: &Trust,
    check: &StatusCheck,
    signed_at: Instant,
    checked_at: Instant,
) -> Result<Verified, Refusal> {
    let certificate = SigningCertificate::issued_by(trust, signed.certificate, signed_at)?;
    if !der::rsa_holds(certificate.public_key(), signed.document, signed.signature) {
        return Err(Refusal::BadSignature);
    }
    let status = check.status(&certificate, trust, signed_at, checked_at)?;
    Ok(Verified { certificate, status })
}
