//! The few things about DER that the parser leaves to us. Invariant: what is verified are the bytes that came, never a second
//! writing of them.

use intake::time::Instant;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use x509_cert::{
    AlgorithmIdentifier, SubjectPublicKeyInfo,
    der::{Decode, Header, Reader, SliceReader, Tag, asn1::BitString, oid::ObjectIdentifier},
    time::Time,
};

/// `sha256WithRSAEncryption` (RFC 4055 §5).
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
/// `rsaEncryption` (RFC 4055 §1.2).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The first member of `SEQUENCE { toBeSigned, algorithm, signature }`, as it came.
pub(super) fn to_be_signed(der: &[u8]) -> Option<&[u8]> {
    let mut reader = SliceReader::new(der).ok()?;
    let header = Header::decode(&mut reader).ok()?;
    (header.tag() == Tag::Sequence).then(|| reader.tlv_bytes().ok()).flatten()
}

/// Whether it is RSA with SHA-256, its parameters NULL as RFC 4055 wants them.
pub(super) fn is_rsa_with_sha256(algorithm: &AlgorithmIdentifier) -> bool {
    algorithm.oid == SHA256_WITH_RSA && algorithm.parameters.as_ref().is_some_and(x509_cert::der::Any::is_null)
}

/// The public key (PKCS #1) of RSA.
pub(super) fn rsa_key(info: &SubjectPublicKeyInfo) -> Option<&[u8]> {
    (info.algorithm.oid == RSA).then(|| info.subject_public_key.as_bytes()).flatten()
}

/// Whether the signature over these bytes is by this key of 2048 bits or more.
pub(super) fn rsa_holds(key: &[u8], signed: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(signed, signature).is_ok()
}

/// The same for `SEQUENCE { toBeSigned, algorithm, signature }`.
pub(super) fn is_signed_by(key: &[u8], der: &[u8], signature: &BitString) -> bool {
    match (to_be_signed(der), signature.as_bytes()) {
        (Some(signed), Some(signature)) => rsa_holds(key, signed, signature),
        _ => false,
    }
}

/// A time of a certificate.
pub(super) fn instant(time: Time) -> Instant {
    Instant(i64::try_from(time.to_unix_duration().as_micros()).unwrap_or(i64::MAX))
}
