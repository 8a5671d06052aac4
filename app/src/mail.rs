//! What mail says. Invariant: neutral, for others may see the screen: no receipt number, no name, no result, no word of
//! what it is about (`decisions.md`).

use intake::time::Instant;

use crate::text::Locale;

/// Subject and plain text.
pub struct Mail {
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// The one-time code.
#[must_use]
pub fn sign_in_code(locale: Locale, code: &str) -> Mail {
    Mail { subject: locale.say("code-subject"), body: locale.with("code-body", &[("code", code)]) }
}

/// It has arrived.
#[must_use]
pub fn received(locale: Locale) -> Mail {
    Mail { subject: locale.say("received-subject"), body: locale.say("received-body") }
}

/// 「受け入れ済」 The office has taken it in.
#[must_use]
pub fn taken_in(locale: Locale) -> Mail {
    Mail { subject: locale.say("taken-in-subject"), body: locale.say("taken-in-body") }
}

/// What was typed and not sent is deleted then.
#[must_use]
pub fn draft_ends(locale: Locale, at: Instant) -> Mail {
    let at = at.minute_in_japan();
    Mail { subject: locale.say("draft-ends-subject"), body: locale.with("draft-ends-body", &[("at", &at)]) }
}

/// What the office writes about after it has looked: the keys `<name>-subject` and `<name>-body`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Something is to be corrected.
    SentBack,
    /// A visit is asked for.
    VisitNeeded,
    /// It was decided on.
    Decided,
}

impl News {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SentBack, Self::VisitNeeded, Self::Decided];

    const fn name(self) -> &'static str {
        match self {
            Self::SentBack => "sent-back",
            Self::VisitNeeded => "visit-needed",
            Self::Decided => "decided",
        }
    }
}

/// There is something to read after signing in.
#[must_use]
pub fn news(locale: Locale, news: News) -> Mail {
    let text = |part: &str| locale.say(&format!("{}-{part}", news.name()));
    Mail { subject: text("subject"), body: text("body") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_betrays_nothing() {
        for locale in Locale::ALL {
            let all = News::ALL.map(|one| news(locale, one));
            let ends = draft_ends(locale, Instant(0));
            let others = [sign_in_code(locale, "123456"), received(locale), taken_in(locale), ends];
            for mail in all.into_iter().chain(others) {
                let text = format!("{} {}", mail.subject, mail.body).to_lowercase();
                for word in ["妊娠", "母子", "出産", "pregnan", "birth", "mother", "受付番号"] {
                    assert!(!text.contains(word), "{word}");
                }
            }
        }
        assert!(sign_in_code(Locale::Ja, "123456").body.contains("123456"));
    }
}
