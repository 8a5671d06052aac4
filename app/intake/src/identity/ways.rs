//! 「入り方と、できること」 Ways in × what each may do: the only table that decides by method. Invariant: no other place compares a
//! [`Method`] to let somebody do something; [`may`] is asked.
//!
//! A code by mail proves that somebody reads that mailbox; a passkey, that a device of before verified its user; the card, who
//! somebody is (NIST SP 800-63B-4 §2; ASVS 6.3.4, 7.5.1). So a code files and reads the state, and what was marked private comes
//! back to a passkey or the card only (`decisions.md`, Filing).

use super::Method;
use crate::{retention::FRESH_SIGN_IN, time::Instant};

/// What a parent can do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Begin a form, and go on with a draft.
    Begin,
    /// 「届出」 Send it.
    File,
    /// 「状態」 Read what became of it: the list, the receipt, what comes next.
    ReadState,
    /// Read again what she had marked private, once the session in which she typed it is over.
    ReadPrivate,
    /// 「修正」 Answer a request for corrections.
    Correct,
    /// 「取下げ」 Withdraw, or ask for it.
    Withdraw,
    /// 「市との連絡」 Read and write.
    Message,
    /// 「面談予約」
    Book,
    /// 「端末からのサインアウト」 End sessions.
    EndSessions,
    /// 「アドレスの変更」
    ChangeAddress,
    /// 「パスキーの追加」
    AddPasskey,
    /// 「マイナアプリ」 Have her card from now on as a way in.
    BindCard,
    /// 「パスキーの名前」
    RenamePasskey,
    /// 「パスキーの削除」
    RemovePasskey,
    /// 「退会」
    Leave,
}

impl Right {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 15] = [
        Self::Begin,
        Self::File,
        Self::ReadState,
        Self::ReadPrivate,
        Self::Correct,
        Self::Withdraw,
        Self::Message,
        Self::Book,
        Self::EndSessions,
        Self::ChangeAddress,
        Self::AddPasskey,
        Self::BindCard,
        Self::RenamePasskey,
        Self::RemovePasskey,
        Self::Leave,
    ];

    /// Whether somebody who files for another person (代理人) may do it with that filing: she begins, sends, and reads its
    /// state; what was asked of her own part she puts right. What is the person's is not hers (`domain.md` §1.4).
    #[must_use]
    pub const fn is_open_to_proxy(self) -> bool {
        match self {
            Self::Begin | Self::File | Self::ReadState | Self::Correct => true,
            Self::ReadPrivate | Self::Withdraw | Self::Message | Self::Book => false,
            // Of her own account.
            Self::EndSessions
            | Self::ChangeAddress
            | Self::AddPasskey
            | Self::BindCard
            | Self::RenamePasskey
            | Self::RemovePasskey
            | Self::Leave => true,
        }
    }

    /// Whether it may be done with a filing that the account holds as a proxy, or as its own.
    #[must_use]
    pub const fn is_open_with(self, held_by_proxy: bool) -> bool {
        !held_by_proxy || self.is_open_to_proxy()
    }
}

/// What a way in may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Not by this way.
    Never,
    /// While the session lasts.
    Always,
    /// In the first minutes of the session ([`FRESH_SIGN_IN`]).
    Fresh,
    /// Only where the account has no stronger way now.
    WithoutStronger,
    /// The same, in the first minutes of the session.
    FreshWithoutStronger,
    /// In these minutes, and only where the account never had a stronger way: one that was lost still counts.
    FreshNeverStronger,
    /// In person, and two members of staff who are not one person.
    TwoStaff,
}

/// Ways in × rights.
#[must_use]
pub const fn rule(method: Method, right: Right) -> Rule {
    match method {
        Method::EmailCode => match right {
            Right::Begin
            | Right::File
            | Right::ReadState
            | Right::Correct
            | Right::Withdraw
            | Right::Message
            | Right::Book
            | Right::EndSessions => Rule::Always,
            Right::ReadPrivate | Right::RenamePasskey | Right::RemovePasskey => Rule::Never,
            Right::AddPasskey => Rule::FreshWithoutStronger,
            // `flows::card` asks besides whether what was filed is about the card's holder.
            Right::BindCard => Rule::WithoutStronger,
            Right::ChangeAddress | Right::Leave => Rule::FreshNeverStronger,
        },
        Method::Passkey | Method::Mynaapp => match right {
            Right::Begin
            | Right::File
            | Right::ReadState
            | Right::ReadPrivate
            | Right::Correct
            | Right::Withdraw
            | Right::Message
            | Right::Book
            | Right::EndSessions
            | Right::BindCard
            | Right::RenamePasskey => Rule::Always,
            Right::ChangeAddress | Right::AddPasskey | Right::RemovePasskey | Right::Leave => Rule::Fresh,
        },
        // A signature is set under one filing; nobody comes in by it.
        Method::Signature => match right {
            Right::File => Rule::Always,
            Right::Begin
            | Right::ReadState
            | Right::ReadPrivate
            | Right::Correct
            | Right::Withdraw
            | Right::Message
            | Right::Book
            | Right::EndSessions
            | Right::ChangeAddress
            | Right::AddPasskey
            | Right::BindCard
            | Right::RenamePasskey
            | Right::RemovePasskey
            | Right::Leave => Rule::Never,
        },
        // At the counter the office acts for her: the way back in (窓口でのアカウント再開) ends her sessions and passkeys.
        Method::Counter => match right {
            Right::ReadState | Right::ReadPrivate => Rule::Always,
            Right::EndSessions | Right::ChangeAddress | Right::RemovePasskey => Rule::TwoStaff,
            Right::Begin
            | Right::File
            | Right::Correct
            | Right::Withdraw
            | Right::Message
            | Right::Book
            | Right::AddPasskey
            | Right::BindCard
            | Right::RenamePasskey
            | Right::Leave => Rule::Never,
        },
    }
}

/// 「強い入り方」 The ways of an account that prove more than a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stronger {
    /// One is there now: a passkey, or the card.
    pub is_there: bool,
    /// One was lost: the way back at the counter took it away, and no other is there yet.
    pub was_lost: bool,
}

/// A session, as far as the table asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How she came in.
    pub method: Method,
    /// When she showed it.
    pub signed_in_at: Instant,
    /// What her account has.
    pub stronger: Stronger,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// She may.
    Yes,
    /// She signed in too long ago.
    SignInAgain,
    /// She has, or had, a stronger way: by that, or at the counter.
    Stronger,
    /// Not by this way.
    No,
}

/// Whether she may, now.
#[must_use]
pub fn may(standing: &Standing, right: Right, now: Instant) -> May {
    let Standing { method, signed_in_at, stronger } = *standing;
    let fresh = if now < signed_in_at.plus(FRESH_SIGN_IN) { May::Yes } else { May::SignInAgain };
    match rule(method, right) {
        Rule::Always => May::Yes,
        Rule::WithoutStronger if !stronger.is_there => May::Yes,
        Rule::Fresh => fresh,
        Rule::FreshWithoutStronger if !stronger.is_there => fresh,
        Rule::FreshNeverStronger if !stronger.is_there && !stronger.was_lost => fresh,
        Rule::WithoutStronger | Rule::FreshWithoutStronger | Rule::FreshNeverStronger => May::Stronger,
        Rule::Never if matches!(rule(Method::Passkey, right), Rule::Never) => May::No,
        // What a passkey does and this way never.
        Rule::Never => May::Stronger,
        Rule::TwoStaff => May::No,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::fmt::Write;

    const METHODS: [Method; 5] =
        [Method::EmailCode, Method::Passkey, Method::Mynaapp, Method::Signature, Method::Counter];

    #[test]
    fn the_table_of_ways_in_and_what_each_may_do_is_the_one_agreed() {
        let mut table = format!("{:<14}", "");
        for method in METHODS {
            write!(table, " {:<21}", method.as_str()).unwrap();
        }
        writeln!(table, " proxy").unwrap();
        for right in Right::ALL {
            write!(table, "{:<14}", format!("{right:?}")).unwrap();
            for method in METHODS {
                write!(table, " {:<21}", format!("{:?}", rule(method, right))).unwrap();
            }
            writeln!(table, " {}", if right.is_open_to_proxy() { "yes" } else { "no" }).unwrap();
        }
        insta::assert_snapshot!("ways_in", table);
    }

    fn standing(method: Method, is_there: bool, was_lost: bool) -> Standing {
        Standing { method, signed_in_at: Instant(0), stronger: Stronger { is_there, was_lost } }
    }

    #[test]
    fn recovery_never_lowers_the_level() {
        // After the way back the passkey is gone: a code adds a new one or the card, and does nothing else that the passkey did alone.
        let lost = standing(Method::EmailCode, false, true);
        for right in Right::ALL {
            let by_code = may(&standing(Method::EmailCode, true, false), right, Instant(0));
            let after_loss = may(&lost, right, Instant(0));
            let same = by_code == after_loss;
            assert!(
                same || matches!(right, Right::AddPasskey | Right::BindCard),
                "{right:?}: {by_code:?} became {after_loss:?}"
            );
        }
        assert_eq!(may(&lost, Right::AddPasskey, Instant(0)), May::Yes);
    }

    #[test]
    fn what_a_code_may_do_a_passkey_and_the_card_may_do_too() {
        for right in Right::ALL {
            for (is_there, was_lost) in [(false, false), (true, false), (false, true)] {
                for now in [Instant(0), Instant(FRESH_SIGN_IN)] {
                    let by = |method| may(&standing(method, is_there, was_lost), right, now);
                    if by(Method::EmailCode) == May::Yes {
                        assert_eq!((by(Method::Passkey), by(Method::Mynaapp)), (May::Yes, May::Yes), "{right:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_sign_in_is_fresh_for_a_quarter_of_an_hour() {
        let last = Instant(FRESH_SIGN_IN - 1);
        for method in [Method::EmailCode, Method::Passkey, Method::Mynaapp] {
            assert_eq!(may(&standing(method, false, false), Right::Leave, last), May::Yes);
            let over = may(&standing(method, false, false), Right::Leave, Instant(FRESH_SIGN_IN));
            assert_eq!(over, May::SignInAgain);
        }
    }
}
