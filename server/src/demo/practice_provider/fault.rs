//! 「わざと失敗させる」 What the practice provider can be told to do wrong, so that a portal shows what it makes of it. Invariant:
//! each is one deviation from what the provider does rightly otherwise.

use std::str::FromStr;

/// One deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The browser comes back with another `state`.
    WrongState,
    /// The ID token answers another sign-in.
    WrongNonce,
    /// The ID token is for another client.
    WrongAudience,
    /// The ID token is from another issuer.
    WrongIssuer,
    /// The ID token is not signed, and says `none`.
    AlgorithmNone,
    /// The ID token is signed with HS256, keyed with the public key (RFC 8725 §2.1).
    HmacWithPublicKey,
    /// The ID token names the right key and was signed with another.
    Forged,
    /// The ID token was signed with a key that is not published.
    UnknownKey,
    /// The provider takes a new key, which it publishes: the sign-in succeeds for who fetches the keys anew.
    NewKey,
    /// The time of the ID token is over.
    Expired,
    /// The ID token does not say how the person was authenticated.
    MissingAcr,
    /// The ID token is another person's, and userinfo is not.
    OtherSubject,
    /// Userinfo is another person's, and the ID token is not.
    OtherUserinfo,
    /// The code counts as used.
    CodeUsed,
    /// The token endpoint breaks.
    ServerError,
    /// The token endpoint does not answer in time.
    Slow,
}

impl Fault {
    /// All, in the order in which the page offers them.
    pub const ALL: [Self; 16] = [
        Self::WrongState,
        Self::WrongNonce,
        Self::WrongAudience,
        Self::WrongIssuer,
        Self::AlgorithmNone,
        Self::HmacWithPublicKey,
        Self::Forged,
        Self::UnknownKey,
        Self::NewKey,
        Self::Expired,
        Self::MissingAcr,
        Self::OtherSubject,
        Self::OtherUserinfo,
        Self::CodeUsed,
        Self::ServerError,
        Self::Slow,
    ];

    /// As the page sends it, and as its text is called.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongState => "wrong-state",
            Self::WrongNonce => "wrong-nonce",
            Self::WrongAudience => "wrong-audience",
            Self::WrongIssuer => "wrong-issuer",
            Self::AlgorithmNone => "algorithm-none",
            Self::HmacWithPublicKey => "hmac-with-public-key",
            Self::Forged => "forged",
            Self::UnknownKey => "unknown-key",
            Self::NewKey => "new-key",
            Self::Expired => "expired",
            Self::MissingAcr => "missing-acr",
            Self::OtherSubject => "other-subject",
            Self::OtherUserinfo => "other-userinfo",
            Self::CodeUsed => "code-used",
            Self::ServerError => "server-error",
            Self::Slow => "slow",
        }
    }
}

impl FromStr for Fault {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|fault| fault.as_str() == text).ok_or(())
    }
}
