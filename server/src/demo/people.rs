//! 「見本の届出」 Two hundred made-up people who have filed a 妊娠届. Invariant: the same day gives the same people, all of whom
//! the form takes; nobody among them exists. Names are in `people.json`, where `what` says why a name is hard on programs.

use intake::{answers::RawAnswers, case::DeclineReason, form::DECLINED, gestation::TERM_DAYS, time::CivilDate};
use serde::Deserialize;

/// A person with the notification that she filed.
pub struct SamplePerson {
    /// What she typed.
    pub raw: RawAnswers,
    /// Her mail address.
    pub mail: String,
    /// How many days ago she filed; her answers are right as of that day.
    pub filed_days_ago: i64,
    /// How far the office is with it.
    pub stage: SampleStage,
}

/// How far the office is with a sample case. What comes after `Confirmed` is the work of the hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleStage {
    /// 「送信済」
    Submitted,
    /// 「確認中」
    InReview,
    /// 「修正のお願い」
    SentBack,
    /// 「来庁・面談のお願い」
    VisitNeeded,
    /// 「受理」 by one member of staff.
    Accepted,
    /// 「受理」 by two.
    Confirmed,
    /// Declining was proposed.
    DeclineProposed(DeclineReason),
    /// Declined by two members of staff.
    Declined(DeclineReason),
    /// 「取下げ」
    Withdrawn,
    /// 「取下げの申出」 after one member of staff has accepted it.
    WithdrawalAsked,
}

/// The name of a person and the language that she speaks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
    kana: String,
    #[serde(default = "japanese")]
    language: String,
    #[serde(default)]
    language_other: String,
    #[serde(default)]
    interpreter: bool,
    /// For the reader of the file.
    #[serde(default, rename = "what")]
    _what: String,
}

fn japanese() -> String {
    "ja".to_owned()
}

/// The people, as they stand on `today`.
#[must_use]
pub fn people(today: CivilDate) -> Vec<SamplePerson> {
    let names: Vec<Name> = serde_json::from_str(include_str!("people.json")).expect("the file is tested");
    let count = names.len();
    names.iter().enumerate().map(|(index, name)| person(index, count, name, today)).collect()
}

fn person(index: usize, count: usize, name: &Name, today: CivilDate) -> SamplePerson {
    let mut dice = Dice::of(index);
    let stage = stage_of(index, count);
    let filed_days_ago = match stage {
        SampleStage::Submitted => dice.between(0, 9),
        SampleStage::InReview => dice.between(1, 12),
        SampleStage::SentBack | SampleStage::Accepted | SampleStage::WithdrawalAsked => dice.between(4, 14),
        SampleStage::VisitNeeded | SampleStage::Confirmed => dice.between(6, 20),
        SampleStage::DeclineProposed(_) | SampleStage::Declined(_) | SampleStage::Withdrawn => dice.between(5, 25),
    };
    let mut sheet = Sheet { index, filed: today.plus_days(-filed_days_ago), dice, raw: RawAnswers::default() };
    let pregnancy = sheet.pregnancy();
    sheet.filer_and_reason(pregnancy);
    sheet.herself(name);
    sheet.place(stage);
    sheet.contact(name);
    sheet.due_date_and_diagnosis(pregnancy);
    sheet.babies_and_checkups();
    sheet.life();
    let mail = format!("sample-{:03}@example.jp", index + 1);
    SamplePerson { raw: sheet.raw, mail, filed_days_ago, stage }
}

/// Spreads the stages over the list. 37 and 200 have no common divisor, so every rank comes once.
fn stage_of(index: usize, count: usize) -> SampleStage {
    match (index * 37 + 11) % count {
        0..110 => SampleStage::Submitted,
        110..134 => SampleStage::InReview,
        134 => SampleStage::WithdrawalAsked,
        135..147 => SampleStage::SentBack,
        147..155 => SampleStage::VisitNeeded,
        155..170 => SampleStage::Accepted,
        170..188 => SampleStage::Confirmed,
        188..190 => SampleStage::DeclineProposed(DeclineReason::Duplicate),
        190..192 => SampleStage::DeclineProposed(DeclineReason::OtherMunicipality),
        192..194 => SampleStage::Declined(DeclineReason::OtherMunicipality),
        194 => SampleStage::Declined(DeclineReason::Duplicate),
        195 => SampleStage::Declined(DeclineReason::NotANotification),
        _ => SampleStage::Withdrawn,
    }
}

/// Numbers that look random and are the same every time (SplitMix64).
struct Dice(u64);

impl Dice {
    const SEED: u64 = 0x6D61_646F_6775_6368;

    fn of(index: usize) -> Self {
        Self(Self::SEED.wrapping_add((index as u64).wrapping_mul(0xA076_1D64_78BD_642F)))
    }

    fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let span = (most - least + 1).unsigned_abs();
        least + (mixed % span).cast_signed()
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.between(0, choices.len() as i64 - 1).unsigned_abs() as usize]
    }
}

/// How far the pregnancy is on the day of filing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pregnancy {
    /// So many days since the last period began.
    Days(i64),
    /// She has no due date, and perhaps no diagnosis.
    NotKnown { diagnosed: bool },
    /// The child was born so many days ago.
    Born(i64),
}

/// The answers of one person while they are written.
struct Sheet {
    index: usize,
    filed: CivilDate,
    dice: Dice,
    raw: RawAnswers,
}

impl Sheet {
    /// Whether this person is one of those of whom there is one in `every`.
    const fn one_in(&self, every: usize, offset: usize) -> bool {
        self.index % every == offset
    }

    fn set(&mut self, input: &str, value: impl Into<String>) {
        self.raw.set(input, vec![value.into()]);
    }

    /// Writes a day the way people do: mostly plain, sometimes by the era, sometimes in full width.
    fn set_day(&mut self, input: &str, day: CivilDate) {
        let (year, month, date) = day.parts();
        let era = day.era_text();
        let (year, month, date) = if self.one_in(7, 2) {
            let in_era = era.split_once('年').map_or(era.as_str(), |(in_era, _)| in_era);
            (in_era.to_owned(), month.to_string(), date.to_string())
        } else if self.one_in(9, 4) {
            (full_width(&year.to_string()), full_width(&month.to_string()), full_width(&date.to_string()))
        } else {
            (year.to_string(), format!("{month:02}"), date.to_string())
        };
        self.set(&format!("{input}-year"), year);
        self.set(&format!("{input}-month"), month);
        self.set(&format!("{input}-day"), date);
    }

    fn pregnancy(&mut self) -> Pregnancy {
        match self.index % 20 {
            0..=11 => Pregnancy::Days(self.dice.between(5 * 7, 12 * 7 - 1)),
            12..=14 => Pregnancy::Days(self.dice.between(12 * 7, 20 * 7 - 1)),
            15 => Pregnancy::Days(self.dice.between(20 * 7, 28 * 7 - 1)),
            16 => Pregnancy::Days(self.dice.between(28 * 7, TERM_DAYS + 14)),
            17 => Pregnancy::NotKnown { diagnosed: false },
            18 => Pregnancy::Born(self.dice.between(1, 12)),
            _ => Pregnancy::NotKnown { diagnosed: true },
        }
    }

    fn filer_and_reason(&mut self, pregnancy: Pregnancy) {
        if self.one_in(16, 7) {
            self.set("filer", "proxy");
            self.set("proxy_name", "代理 見本郎");
            let relation = self.dice.one_of(&["spouse", "parent", "relative", "other"]);
            self.set("proxy_relation", relation);
            self.set("proxy_power", if relation == "parent" { "parental" } else { "asked" });
        } else {
            self.set("filer", "self");
        }
        if let Pregnancy::Born(days_ago) = pregnancy {
            self.set("reason", "after_birth");
            self.set_day("born_on", self.filed.plus_days(-days_ago));
        } else if self.one_in(15, 4) {
            self.set("reason", "moved_in");
            let days_ago = self.dice.between(0, 60);
            self.set_day("moved_in_on", self.filed.plus_days(-days_ago));
        } else {
            self.set("reason", "new");
        }
    }

    fn is_under_16(&self) -> bool {
        self.one_in(33, 5)
    }

    fn herself(&mut self, name: &Name) {
        self.set("name", name.name.as_str());
        self.set("name_kana", name.kana.as_str());
        let age = if self.index == 5 {
            12
        } else if self.is_under_16() {
            self.dice.between(13, 15)
        } else if self.index == 11 {
            56
        } else if self.one_in(33, 11) {
            self.dice.between(51, 55)
        } else {
            self.dice.between(18, 45)
        };
        let days_after_birthday = self.dice.between(2, 360);
        self.set_day("birthdate", self.filed.plus_days(-(age * 1461 / 4) - days_after_birthday));
    }

    fn place(&mut self, stage: SampleStage) {
        let other = DeclineReason::OtherMunicipality;
        let elsewhere = stage == SampleStage::Declined(other) || stage == SampleStage::DeclineProposed(other);
        let (block, lot, room) = (self.dice.between(1, 9), self.dice.between(1, 30), self.dice.between(101, 909));
        let address = match self.index % 8 {
            _ if elsewhere => format!("架空市隣町{block}丁目{lot}番{room}号"),
            0 => format!("窓口市架空町{block}\u{2212}{lot}　〜コーポ①{room}"),
            1 => format!("窓口市𠮷田町{block}丁目{lot}番地の{room}"),
            2 => full_width(&format!("窓口市例題{block}-{lot}-{room}")),
            3 => format!("窓口市大字見本字\u{fa11}下{lot}番地{block}"),
            4 => format!("窓口市雛型{block}丁目{lot}番{block}号 ハイツ“見本”{room}号室"),
            5 => format!("窓口市見本台{block}-{lot} SAMPLE RESIDENCE <EAST> #{room}"),
            6 => format!("窓口市試作町{block}丁目{lot}番 見本方"),
            _ => format!("窓口市模写{block}丁目{lot}番{room}号"),
        };
        self.set("address", address);
        let code = format!("000-{:04}", self.index % 8 + 1);
        self.set("postal_code", if self.one_in(6, 3) { full_width(&code) } else { code });
        if self.one_in(14, 3) {
            self.set("lives_elsewhere", "elsewhere");
            self.set("present_address", format!("架空県例題市仮町{lot}番地 見本様方"));
        } else {
            self.set("lives_elsewhere", "same");
        }
    }

    fn contact(&mut self, name: &Name) {
        // No telephone has a number with 0000 after the prefix.
        let phone = format!("090-0000-{:04}", self.index + 1);
        self.set("phone", if self.one_in(11, 6) { full_width(&phone) } else { phone });
        let hours: Vec<String> = ["morning", "noon", "afternoon", "evening"]
            .into_iter()
            .filter(|_| self.dice.between(0, 2) == 0)
            .map(str::to_owned)
            .collect();
        self.raw.set("phone_hours", hours);
        self.set("language", name.language.as_str());
        if name.language == "other" {
            self.set("language_other", name.language_other.as_str());
        }
        self.set("interpreter", if name.interpreter { "yes" } else { "no" });
    }

    fn due_date_and_diagnosis(&mut self, pregnancy: Pregnancy) {
        match pregnancy {
            Pregnancy::Days(days) => {
                self.set_day("due_date", self.filed.plus_days(TERM_DAYS - days));
                let weeks = days / 7;
                if self.one_in(25, 6) {
                    self.set("weeks", (weeks + 3).to_string());
                } else if self.one_in(3, 0) && weeks <= 42 {
                    self.set("weeks", full_width(&weeks.to_string()));
                }
            }
            Pregnancy::NotKnown { diagnosed } => {
                if diagnosed {
                    let weeks = self.dice.between(4, 6);
                    self.set("weeks", weeks.to_string());
                }
            }
            Pregnancy::Born(days_ago) => {
                let early = self.dice.between(-4, 20);
                self.set_day("due_date", self.filed.plus_days(early - days_ago));
            }
        }
        if pregnancy == (Pregnancy::NotKnown { diagnosed: false }) || self.one_in(23, 2) {
            self.set("diagnosed", "no");
            return;
        }
        let (by, practitioner, clinic) = if self.one_in(6, 5) {
            ("midwife", "助産 見本子", "架空助産院")
        } else {
            (
                "doctor",
                "Dr. 例 太郎",
                self.dice.one_of(&["架空レディースクリニック", "見本病院　産婦人科", "医療法人社団 例題会 𠮷田医院"]),
            )
        };
        self.set("diagnosed", by);
        self.set("practitioner", practitioner);
        self.set("clinic", clinic);
    }

    fn babies_and_checkups(&mut self) {
        let babies = match self.index {
            _ if self.one_in(90, 30) => "more",
            _ if self.one_in(18, 9) => "twins",
            _ if self.one_in(10, 7) => "unknown",
            _ => "single",
        };
        self.set("multiple", babies);
        if self.one_in(3, 1) {
            self.set("delivery_place", "見本病院");
        }
        let earlier = if self.is_under_16() { 0 } else { self.dice.between(-1, 3).max(0) };
        self.set("parity", if earlier == 0 { "1" } else { "2" });
        self.set("child_order", (earlier + 1).to_string());
        if self.one_in(12, 8) {
            self.set("pregnancies-declined", "on");
        } else {
            let lost = i64::from(self.dice.between(0, 5) == 0);
            self.set("pregnancies", (earlier + 1 + lost).to_string());
        }
        for check in ["sti_check", "tb_check"] {
            let done = self.dice.one_of(&["1", "1", "1", "2", "9"]);
            self.set(check, done);
        }
    }

    fn life(&mut self) {
        let (occupation, marital_status) = if self.one_in(12, 8) {
            (DECLINED, DECLINED)
        } else if self.is_under_16() {
            ("6", self.dice.one_of(&["3", "5"]))
        } else {
            (
                self.dice.one_of(&["1", "1", "2", "3", "4", "5", "7", "8"]),
                self.dice.one_of(&["1", "1", "1", "2", "3", "4"]),
            )
        };
        self.set("occupation", occupation);
        if occupation == "8" {
            self.set("occupation_other", "見本づくり <職人> & \"研究\"");
        }
        self.set("marital_status", marital_status);
        if marital_status == "1" || marital_status == "4" {
            let partner = self.dice.one_of(&["見本 太郎", "=例 一郎", "John O'Example", "𠮷田 試"]);
            self.set("partner_name", partner);
        }
        let homecoming = self.dice.one_of(&["no", "no", "yes", "undecided"]);
        self.set("homecoming", homecoming);
        if homecoming == "yes" && self.one_in(2, 0) {
            self.set("homecoming_address", "架空県見本郡例題村");
        }
    }
}

/// Digits and hyphens as a Japanese keyboard may give them.
fn full_width(text: &str) -> String {
    let wide = |character: char| match character {
        '0'..='9' => char::from_u32(u32::from(character) - u32::from('0') + u32::from('０')).unwrap_or(character),
        '-' => '－',
        other => other,
    };
    text.chars().map(wide).collect()
}
