//! 「受付票」 What the receipt on paper says. Invariant: it may lie about: no word of what was filed, no answer, nothing but the
//! name of whom it is for; the same sentences for every form.

use intake::{furigana, ids::ReceiptNumber, time::Instant};

use crate::text::Locale;

/// What is put into it.
pub struct Facts<'a> {
    /// 「受付番号」
    pub number: &'a ReceiptNumber,
    /// When it arrived.
    pub filed_at: Instant,
    /// Whom it is for, as typed; none where even the name would tell.
    pub name: Option<&'a str>,
    /// Which office.
    pub municipality: &'a str,
    /// Its number.
    pub phone: &'a str,
    /// Where the way goes on.
    pub address: &'a str,
}

/// A line of the list: what it is, and the text.
pub struct Line {
    /// What it is.
    pub label: String,
    /// The text.
    pub text: String,
    /// Whether the text is not of the receipt's language but Japanese, or what somebody typed.
    pub is_foreign: bool,
}

/// The sentences, in their order.
pub struct Receipt {
    /// The language tag.
    pub lang: &'static str,
    /// 「受付票」
    pub title: String,
    /// Before the number.
    pub number_label: String,
    /// The number.
    pub number: String,
    /// The number as it is said.
    pub spelled: String,
    /// When, who, where.
    pub lines: Vec<Line>,
    /// Above the steps.
    pub next: String,
    /// What happens next.
    pub steps: Vec<String>,
    /// Beside the code.
    pub code_lead: String,
    /// What the code is, for whoever does not see it.
    pub code_name: String,
    /// Where the code leads.
    pub address: String,
    /// What is not on it.
    pub foot: String,
}

impl Receipt {
    /// The receipt in a language. Readings stand in brackets, for a line of a PDF is plain text.
    #[must_use]
    pub fn new(locale: Locale, facts: &Facts<'_>) -> Self {
        let say = |key: &str| furigana::in_brackets(&locale.say(key)).into_owned();
        let line = |key: &str, text: String, is_foreign: bool| Line { label: say(key), text, is_foreign };
        let filed_at = furigana::in_brackets(&locale.minute(facts.filed_at)).into_owned();
        let mut lines = vec![line("paper-filed", filed_at, false)];
        lines.extend(facts.name.map(|name| line("paper-name", name.to_owned(), true)));
        lines.push(line("paper-office", facts.municipality.to_owned(), true));
        lines.push(line("paper-phone", facts.phone.to_owned(), false));
        Self {
            lang: locale.lang(),
            title: say("paper-title"),
            number_label: say("receipt-number"),
            number: facts.number.as_str().to_owned(),
            spelled: locale.spelled(facts.number.as_str()),
            lines,
            next: say("receipt-next"),
            steps: ["paper-step-1", "paper-step-2", "paper-step-3"].map(say).into(),
            code_lead: say("paper-code"),
            code_name: say("receipt-code-name"),
            address: facts.address.to_owned(),
            foot: say("paper-foot"),
        }
    }

    /// Every sentence that is the portal's own: what a font must be able to write.
    pub fn own_sentences(&self) -> impl Iterator<Item = &str> {
        let labels = self.lines.iter().map(|line| line.label.as_str());
        let others = [&self.title, &self.number_label, &self.spelled, &self.next, &self.code_lead, &self.foot];
        labels.chain(others.map(String::as_str)).chain(self.steps.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_does_not_say_what_was_filed() {
        let telling = [
            "妊娠",
            "母子",
            "出産",
            "分娩",
            "にんしん",
            "ぼし",
            "pregnan",
            "birth",
            "matern",
            "mother",
            "baby",
            "child",
            "孕",
            "母",
            "thai",
            "sinh",
            "grávida",
            "gravidez",
            "gestante",
            "parto",
            "mãe",
            "bebê",
            "गर्भ",
            "आमा",
            "buntis",
            "panganganak",
            " ina ",
            "EPDS",
        ];
        let number = ReceiptNumber::from_random([7; 9]);
        let (municipality, phone, address) = ("窓口市", "000-000-0000", "https://madoguchi.example.jp/cases/x");
        for locale in Locale::ALL {
            let filed_at = Instant(1_795_392_000_000_000);
            let receipt =
                Receipt::new(locale, &Facts { number: &number, filed_at, name: None, municipality, phone, address });
            let all = receipt.own_sentences().chain([receipt.code_name.as_str()]).collect::<Vec<_>>().join(" ");
            for word in telling {
                assert!(!all.to_lowercase().contains(&word.to_lowercase()), "{word} in {}: {all}", locale.code());
            }
            assert!(!all.contains([furigana::BASE, furigana::READING, furigana::END]), "{all}");
        }
    }
}
