//! What mail says. Invariant: neutral, for others may see the screen: no receipt number, no name, no result, no word of
//! what it is about (`decisions.md`).

use intake::{furigana, time::Instant};

use crate::text::Locale;

/// Subject and plain text.
pub struct Mail {
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// The mail of a name: the keys `<name>-subject` and `<name>-body`. Readings stand in brackets, for mail is plain text.
fn mail(locale: Locale, name: &str, values: &[(&'static str, &str)]) -> Mail {
    let text = |part: &str| furigana::in_brackets(&locale.with(&format!("{name}-{part}"), values)).into_owned();
    Mail { subject: text("subject"), body: text("body") }
}

/// The one-time code.
#[must_use]
pub fn sign_in_code(locale: Locale, code: &str) -> Mail {
    mail(locale, "code", &[("code", code)])
}

/// It has arrived.
#[must_use]
pub fn received(locale: Locale) -> Mail {
    mail(locale, "received", &[])
}

/// 「受け入れ済」 The office has taken it in.
#[must_use]
pub fn taken_in(locale: Locale) -> Mail {
    mail(locale, "taken-in", &[])
}

/// 「保留・却下」 The back office asks or gives it back: that there is news, and not which.
#[must_use]
pub fn filing_news(locale: Locale) -> Mail {
    mail(locale, "filing-news", &[])
}

/// 「アドレスの変更」 The code for a new address, typed by the parent.
#[must_use]
pub fn address_code(locale: Locale, code: &str) -> Mail {
    mail(locale, "address-code", &[("code", code)])
}

/// 「窓口でのアカウント再開」 The code that the parent reads out at the counter.
#[must_use]
pub fn counter_code(locale: Locale, code: &str) -> Mail {
    mail(locale, "counter-code", &[("code", code)])
}

/// 「アドレスの変更」 To the address of before.
#[must_use]
pub fn address_changed(locale: Locale) -> Mail {
    mail(locale, "address-changed", &[])
}

/// 「パスキー」 A passkey was added or removed.
#[must_use]
pub fn passkeys_changed(locale: Locale) -> Mail {
    mail(locale, "passkeys-changed", &[])
}

/// 「市との連絡」 There is a message to read; what it says is not in the mail.
#[must_use]
pub fn message(locale: Locale) -> Mail {
    mail(locale, "message", &[])
}

/// What was typed and not sent is deleted then.
#[must_use]
pub fn draft_ends(locale: Locale, at: Instant) -> Mail {
    mail(locale, "draft-ends", &[("at", &locale.minute(at))])
}

/// How to stop a reminder: its last line.
#[must_use]
pub fn stop_line(locale: Locale, address: &str) -> String {
    furigana::in_brackets(&locale.with("stop-line", &[("address", address)])).into_owned()
}

/// What the office writes about after it has looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Something is to be corrected.
    SentBack,
    /// A visit is asked for.
    VisitNeeded,
    /// It was decided on.
    Decided,
    /// 「職権訂正」 The office has put something right.
    Amended,
}

impl News {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::SentBack, Self::VisitNeeded, Self::Decided, Self::Amended];

    const fn name(self) -> &'static str {
        match self {
            Self::SentBack => "sent-back",
            Self::VisitNeeded => "visit-needed",
            Self::Decided => "decided",
            Self::Amended => "amended",
        }
    }
}

/// There is something to read after signing in.
#[must_use]
pub fn news(locale: Locale, news: News) -> Mail {
    mail(locale, news.name(), &[])
}

/// 「面談予約」 What is told of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingNews {
    /// It is kept, or was moved.
    Kept,
    /// The office had to close it.
    Closed,
    /// It is soon.
    Reminder,
    /// A place is free.
    Free,
}

impl BookingNews {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Kept, Self::Closed, Self::Reminder, Self::Free];

    const fn name(self) -> &'static str {
        match self {
            Self::Kept => "booking-kept",
            Self::Closed => "booking-closed",
            Self::Reminder => "booking-reminder",
            Self::Free => "booking-free",
        }
    }
}

/// An appointment at this time: when, and neither where nor what for.
#[must_use]
pub fn booking(locale: Locale, news: BookingNews, at: Instant) -> Mail {
    let at = locale.minute(at);
    match news {
        BookingNews::Free => mail(locale, news.name(), &[]),
        BookingNews::Kept | BookingNews::Closed | BookingNews::Reminder => mail(locale, news.name(), &[("at", &at)]),
    }
}

/// 「確認の仕事」 To a public health nurse: that something waits, and not what.
#[must_use]
pub fn staff_task(locale: Locale) -> Mail {
    mail(locale, "staff-task-mail", &[])
}

/// 「お知らせメール」 The code for the address of a member of staff.
#[must_use]
pub fn staff_mail_code(locale: Locale, code: &str) -> Mail {
    mail(locale, "staff-code-mail", &[("code", code)])
}

/// 「処理期限」 The daily mail to a member of staff: how many, and neither who nor what.
#[must_use]
pub fn staff_daily(locale: Locale, overdue: i64, soon: i64) -> Mail {
    let (overdue, soon) = (overdue.to_string(), soon.to_string());
    mail(locale, "staff-daily-mail", &[("overdue", &overdue), ("soon", &soon)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that say what it is about, in every language: expecting, birth, mother, child, number of the receipt.
    const TELLING: &[&str] = &[
        "妊娠",
        "妊婦",
        "母子",
        "出産",
        "分娩",
        "赤ちゃん",
        "受付番号",
        "にんしん",
        "ぼし",
        "しゅっさん",
        "うけつけばんごう",
        "pregnan",
        "birth",
        "mother",
        "matern",
        "baby",
        "child",
        "receipt number",
        "怀孕",
        "孕",
        "母",
        "分娩",
        "婴",
        "受理编号",
        "thai",
        "mẹ",
        "sinh",
        "em bé",
        "mã tiếp nhận",
        "grávida",
        "gestante",
        "gravidez",
        "parto",
        "mãe",
        "bebê",
        "número de protocolo",
        "गर्भ",
        "आमा",
        "शिशु",
        "बच्चा",
        "जन्म",
        "buntis",
        "panganganak",
        " ina ",
        "sanggol",
        "numero ng resibo",
    ];

    fn all(locale: Locale) -> Vec<Mail> {
        let stop = Mail { subject: String::new(), body: stop_line(locale, "https://madoguchi.example.jp/mail/stop/x") };
        let at = Instant(1_795_392_000_000_000);
        let others = [
            sign_in_code(locale, "123456"),
            received(locale),
            taken_in(locale),
            filing_news(locale),
            draft_ends(locale, at),
            stop,
            message(locale),
            address_code(locale, "123456"),
            counter_code(locale, "123456"),
            address_changed(locale),
            passkeys_changed(locale),
        ];
        let bookings = BookingNews::ALL.map(|one| booking(locale, one, at));
        News::ALL.map(|one| news(locale, one)).into_iter().chain(others).chain(bookings).collect()
    }

    #[test]
    fn mail_betrays_nothing() {
        for locale in Locale::ALL {
            for mail in all(locale) {
                let text = format!("{} {}", mail.subject, mail.body).to_lowercase();
                for word in TELLING {
                    assert!(!text.contains(word), "{word} in {}: {text}", locale.code());
                }
            }
            assert!(sign_in_code(locale, "123456").body.contains("123456"));
        }
    }

    #[test]
    fn what_staff_are_written_betrays_nothing_either() {
        for locale in [Locale::Ja, Locale::En] {
            for mail in [staff_task(locale), staff_mail_code(locale, "123456"), staff_daily(locale, 12, 3)] {
                let text = format!("{} {}", mail.subject, mail.body).to_lowercase();
                for word in TELLING.iter().chain(&["epds", "保健師", "面談", "届出", "nurse"]) {
                    assert!(!text.contains(word), "{word} in {text}");
                }
                assert!(!mail.body.is_empty() && mail.subject.lines().count() == 1, "{text}");
            }
            assert!(staff_daily(locale, 12, 3).body.contains("12"));
        }
    }

    #[test]
    fn mail_in_easy_japanese_has_its_readings_in_brackets_and_no_marks() {
        for mail in all(Locale::JaEasy) {
            let text = format!("{} {}", mail.subject, mail.body);
            assert!(text.contains('（'), "{text}");
            assert!(!text.contains([furigana::BASE, furigana::READING, furigana::END, '《', '》', '｜']), "{text}");
        }
    }

    #[test]
    fn a_subject_is_one_line() {
        for locale in Locale::ALL {
            assert!(all(locale).iter().all(|mail| mail.subject.lines().count() <= 1), "{}", locale.code());
        }
    }
}
