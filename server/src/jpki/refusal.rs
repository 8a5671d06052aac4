//! Why a signature is refused. Invariant: no reason says anything of the person; its code may stand in a log.

/// One of the certificate's facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// 「氏名」
    Name,
    /// 「氏名の代替文字の使用位置」
    NameSubstitutes,
    /// 「性別」
    Sex,
    /// 「生年月日」
    Birthdate,
    /// 「住所」
    Address,
    /// 「住所の代替文字の使用位置」
    AddressSubstitutes,
}

/// Why a signature, or its certificate, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Longer than any certificate of the profile.
    #[error("the certificate is too long")]
    TooLong,
    /// Not a certificate in DER, or with something behind it.
    #[error("it is no certificate")]
    NotACertificate,
    /// Another algorithm than RSA with SHA-256, or another key than RSA of at least 2048 bits.
    #[error("the certificate is signed with, or made for, another algorithm")]
    Algorithm,
    /// No authority that the city trusts has this name.
    #[error("the certificate is from an unknown authority")]
    UnknownIssuer,
    /// The authority's own certificate was not in force when it was signed.
    #[error("the authority's certificate was not in force")]
    IssuerNotInForce,
    /// The authority did not sign it so.
    #[error("the authority's signature on the certificate does not hold")]
    BadCertificate,
    /// An extension that must be understood and is not, or one that stands there twice.
    #[error("the certificate has an extension that cannot be understood")]
    Extension,
    /// A certificate of an authority.
    #[error("the certificate is an authority's")]
    OfAnAuthority,
    /// 「利用者証明用電子証明書」 A certificate to sign in with, not to sign with.
    #[error("the certificate is not for signatures")]
    NotForSignatures,
    /// A fact of the profile is missing.
    #[error("a fact is missing in the certificate")]
    Missing(Fact),
    /// A fact stands there twice.
    #[error("a fact stands twice in the certificate")]
    Twice(Fact),
    /// A fact is not written as the profile says.
    #[error("a fact in the certificate cannot be read")]
    Unreadable(Fact),
    /// It was signed before the certificate began.
    #[error("the certificate was not valid yet")]
    NotYetValid,
    /// 「有効期間満了」
    #[error("the certificate had lapsed")]
    Lapsed,
    /// 「失効」 After a move or a change of name, mostly: nothing wrong was done.
    #[error("the certificate was revoked")]
    Revoked,
    /// The signature is not over these bytes, or not by this key.
    #[error("the signature does not hold")]
    BadSignature,
}

impl Refusal {
    /// The word for the log, the audit entry and the sentence on the page.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong | Self::NotACertificate => "not_a_certificate",
            Self::Algorithm => "algorithm",
            Self::UnknownIssuer => "unknown_issuer",
            Self::IssuerNotInForce => "issuer_not_in_force",
            Self::BadCertificate => "bad_certificate",
            Self::Extension => "extension",
            Self::OfAnAuthority => "of_an_authority",
            Self::NotForSignatures => "not_for_signatures",
            Self::Missing(_) => "fact_missing",
            Self::Twice(_) => "fact_twice",
            Self::Unreadable(_) => "fact_unreadable",
            Self::NotYetValid => "not_yet_valid",
            Self::Lapsed => "lapsed",
            Self::Revoked => "revoked",
            Self::BadSignature => "bad_signature",
        }
    }
}
