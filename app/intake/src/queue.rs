//! 「受付一覧」 A view of the queue: which list, narrowed by what, in which order. Invariant: what a view says is what its address
//! says, word for word, so that it can be shared; no personal data has a place in it, members of staff stand there by their id.

use std::{fmt, str::FromStr};

use crate::{
    calendar::ClosingDays,
    case::{Lateness, Stage},
    export::Channel,
    ids::{FormId, NotAnId, StaffId},
    time::{CivilDate, Instant},
};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in the address.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or(NotAnId)
            }
        }
    };
}

words! {
    /// A tab of the queue.
    Tab {
        /// 「新着」
        New = "new",
        /// 「担当」 What who asks holds.
        Mine = "mine",
        /// 「修正待ち」
        SentBack = "sent_back",
        /// 「二人目の確認」
        Second = "second",
        /// 「期限超過」 Whatever the stage.
        Overdue = "overdue",
        /// 「取下げの申出」 Whatever the stage.
        Withdrawal = "withdrawal",
        /// 「未読の連絡」 Whatever the stage.
        Messages = "messages",
        /// 「引渡し待ち」
        Handover = "handover",
        /// 「保留」
        Held = "held",
        /// 「完了」
        Done = "done",
    }
}

words! {
    /// Something in a case that waits for the office, whatever its stage.
    Attention {
        /// 「未読の連絡」
        Unread = "unread",
        /// 「取下げの申出」
        Withdrawal = "withdrawal",
        /// The time that the office has set itself is nearly up.
        Soon = "soon",
        /// 「期限超過」
        Overdue = "overdue",
    }
}

words! {
    /// In which order.
    Sort {
        /// The oldest filing first.
        Arrival = "arrival",
        /// The newest filing first.
        Newest = "newest",
        /// 「処理期限」 The nearest first, those without one last.
        Deadline = "deadline",
        /// The longest in its stage first.
        StageSince = "since",
    }
}

words! {
    /// How many rows a page has: the longest holds as many as one press reaches.
    Length {
        /// What is read at a glance.
        Fifty = "50",
        /// What is worked off in a morning.
        TwoHundred = "200",
        /// What is given to others in one press.
        FiveHundred = "500",
    }
}

impl Length {
    /// The number.
    #[must_use]
    pub const fn rows(self) -> usize {
        match self {
            Self::Fifty => 50,
            Self::TwoHundred => 200,
            Self::FiveHundred => 500,
        }
    }
}

impl Tab {
    /// The stages of the cases in it; none where the stage does not matter.
    #[must_use]
    pub const fn stages(self) -> &'static [Stage] {
        match self {
            Self::New => &[Stage::Submitted, Stage::VisitNeeded],
            Self::Mine => &[Stage::InReview],
            Self::SentBack => &[Stage::SentBack],
            Self::Second => &[Stage::Accepted, Stage::DeclineProposed],
            Self::Overdue | Self::Withdrawal | Self::Messages => &[],
            Self::Handover => &[Stage::Confirmed, Stage::HandedOver],
            Self::Held => &[Stage::Held],
            Self::Done => &[Stage::Imported, Stage::Declined, Stage::Withdrawn],
        }
    }

    /// What every case in it has, where the stage does not matter.
    #[must_use]
    pub const fn attention(self) -> Option<Attention> {
        match self {
            Self::Overdue => Some(Attention::Overdue),
            Self::Withdrawal => Some(Attention::Withdrawal),
            Self::Messages => Some(Attention::Unread),
            _ => None,
        }
    }

    /// The orders that it can be shown in; the first one where nothing is said. What is done has no deadline, and there is too
    /// much of it to be put into every order.
    #[must_use]
    pub const fn sorts(self) -> &'static [Sort] {
        match self {
            Self::Done => &[Sort::Newest, Sort::Arrival],
            _ => &[Sort::Arrival, Sort::Newest, Sort::Deadline, Sort::StageSince],
        }
    }
}

impl Attention {
    /// The lateness that it is, if it is one.
    #[must_use]
    pub const fn lateness(self) -> Option<Lateness> {
        match self {
            Self::Soon => Some(Lateness::Soon),
            Self::Overdue => Some(Lateness::Overdue),
            Self::Unread | Self::Withdrawal => None,
        }
    }
}

/// Whose cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Those of who looks.
    Me,
    /// Those that nobody holds.
    Nobody,
    /// Those of somebody.
    Person(StaffId),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Me => f.write_str("me"),
            Self::Nobody => f.write_str("nobody"),
            Self::Person(staff) => staff.fmt(f),
        }
    }
}

impl FromStr for Holder {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        match text {
            "me" => Ok(Self::Me),
            "nobody" => Ok(Self::Nobody),
            id => id.parse().map(Self::Person),
        }
    }
}

/// A view of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Which list.
    pub tab: Tab,
    /// Of which form.
    pub form: Option<FormId>,
    /// Come by which channel.
    pub channel: Option<Channel>,
    /// Whose.
    pub holder: Option<Holder>,
    /// With what.
    pub attention: Option<Attention>,
    /// Filed on this day or later.
    pub from: Option<CivilDate>,
    /// Filed on this day or earlier.
    pub to: Option<CivilDate>,
    /// In which order.
    pub sort: Sort,
    /// On pages of how many rows.
    pub length: Length,
}

impl Default for View {
    fn default() -> Self {
        Self::of(Tab::New)
    }
}

/// Why an address is no view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoView {
    /// A word that no page of ours has written.
    Unknown,
    /// A day that was typed and is none; the view without it.
    NotADay(&'static str, Box<View>),
    /// The last day is before the first; the view without the last.
    EndsBefore(Box<View>),
}

impl View {
    /// A list as it is, without narrowing it.
    #[must_use]
    pub const fn of(tab: Tab) -> Self {
        let sort = tab.sorts()[0];
        let length = Length::Fifty;
        Self { tab, form: None, channel: None, holder: None, attention: None, from: None, to: None, sort, length }
    }

    /// Whether it shows less than its list holds.
    #[must_use]
    pub const fn is_narrowed(&self) -> bool {
        self.form.is_some()
            || self.channel.is_some()
            || self.holder.is_some()
            || self.attention.is_some()
            || self.from.is_some()
            || self.to.is_some()
    }

    /// Reads what an address says; what is empty is not said, and what is not of a view is passed over.
    ///
    /// # Errors
    /// See [`NoView`].
    pub fn parse<'a>(inputs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, NoView> {
        let inputs: Vec<(&str, &str)> = inputs.into_iter().collect();
        let said = |name: &str| {
            let found = inputs.iter().find(|(one, value)| *one == name && !value.trim().is_empty());
            found.map(|(_, value)| value.trim())
        };
        fn word<T: FromStr>(said: Option<&str>) -> Result<Option<T>, NoView> {
            said.map(str::parse).transpose().map_err(|_| NoView::Unknown)
        }
        let tab = word(said("tab"))?.unwrap_or(Tab::New);
        let mut view = Self {
            form: word(said("form"))?,
            channel: word(said("channel"))?,
            holder: word(said("holder"))?,
            attention: word(said("with"))?,
            length: word(said("rows"))?.unwrap_or(Length::Fifty),
            ..Self::of(tab)
        };
        // An order of another list is none of this one's.
        view.sort = word(said("sort"))?.filter(|sort| tab.sorts().contains(sort)).unwrap_or(view.sort);
        for name in ["from", "to"] {
            let Some(typed) = said(name) else { continue };
            let day = typed.parse().map_err(|_| NoView::NotADay(name, Box::new(view.clone())))?;
            *(if name == "from" { &mut view.from } else { &mut view.to }) = Some(day);
        }
        if view.from.zip(view.to).is_some_and(|(from, to)| to < from) {
            return Err(NoView::EndsBefore(Box::new(Self { to: None, ..view })));
        }
        Ok(view)
    }
}

impl fmt::Display for View {
    /// What stands in the address behind the question mark.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tab={}", self.tab.as_str())?;
        let said = [
            ("form", self.form.as_ref().map(ToString::to_string)),
            ("channel", self.channel.map(|channel| channel.as_str().to_owned())),
            ("holder", self.holder.map(|holder| holder.to_string())),
            ("with", self.attention.map(|attention| attention.as_str().to_owned())),
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
            ("sort", (self.sort != self.tab.sorts()[0]).then(|| self.sort.as_str().to_owned())),
            ("rows", (self.length != Length::Fifty).then(|| self.length.as_str().to_owned())),
        ];
        said.iter()
            .filter_map(|(name, value)| value.as_ref().map(|value| (name, value)))
            .try_for_each(|(name, value)| write!(f, "&{name}={value}"))
    }
}

/// 「処理期限」 How much of its time the office has left for a case, in working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeLeft {
    /// There is nothing that it has to have done.
    NoDeadline,
    /// The clock stands still: the parent has the turn.
    Waiting,
    /// So many working days after today, until this day.
    Days(u32, CivilDate),
    /// It ends today.
    Today,
    /// It ended on this day, so many working days ago.
    Late(u32, CivilDate),
}

/// No deadline is further away than this; a loop ends here.
const FURTHEST: i64 = 400;

/// How much time is left of a deadline.
#[must_use]
pub fn time_left(stage: Stage, due_at: Option<Instant>, now: Instant, closing: &ClosingDays) -> TimeLeft {
    let Some(due_at) = due_at else {
        return if stage == Stage::SentBack { TimeLeft::Waiting } else { TimeLeft::NoDeadline };
    };
    let (due, today) = (due_at.date_in_japan(), now.date_in_japan());
    let working_days = |after: CivilDate, until: CivilDate| {
        let days = until.days_since(after).clamp(0, FURTHEST);
        let open = (1..=days).filter(|ahead| closing.is_open(after.plus_days(*ahead))).count();
        u32::try_from(open).unwrap_or(u32::MAX)
    };
    if due_at < now {
        TimeLeft::Late(working_days(due, today), due)
    } else if due == today {
        TimeLeft::Today
    } else {
        TimeLeft::Days(working_days(today, due), due)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    fn read(address: &str) -> Result<View, NoView> {
        View::parse(address.split('&').filter_map(|pair| pair.split_once('=')))
    }

    #[test]
    fn every_stage_is_in_one_tab() {
        for stage in Stage::ALL {
            let tabs = Tab::ALL.iter().filter(|tab| tab.stages().contains(stage)).count();
            assert_eq!(tabs, 1, "{stage}");
        }
        for tab in Tab::ALL {
            assert_ne!(tab.stages().is_empty(), tab.attention().is_none(), "{tab:?}");
        }
    }

    #[test]
    fn what_no_page_has_written_is_no_view_and_a_day_that_is_none_leaves_the_rest() {
        for address in ["tab=nonsense", "sort=x", "holder=x", "with=x", "channel=post", "form=../x", "rows=51"] {
            assert_eq!(read(address), Err(NoView::Unknown), "{address}");
        }
        let rest = View { form: Some("epds".parse().unwrap()), ..View::of(Tab::Mine) };
        assert_eq!(read("tab=mine&form=epds&from=きのう"), Err(NoView::NotADay("from", Box::new(rest.clone()))));
        let from = Some("2026-11-02".parse().unwrap());
        let kept = Box::new(View { from, ..rest });
        assert_eq!(read("tab=mine&form=epds&from=2026-11-02&to=2026-11-01"), Err(NoView::EndsBefore(kept)));
        assert_eq!(read("tab=&form=&after=x"), Ok(View::default()), "what is empty is not said");
        assert_eq!(read("tab=done&sort=deadline").unwrap().sort, Sort::Newest);
    }

    #[test]
    fn what_is_left_is_counted_in_working_days_and_the_clock_stands_still_for_the_parent() {
        let closing = ClosingDays::parse("12-29..01-03").unwrap();
        let at = |text: &str| Instant::from_rfc3339(text).unwrap();
        let day = |text: &str| text.parse::<CivilDate>().unwrap();
        let left = |due: &str, now: &str| time_left(Stage::Submitted, Some(at(due)), at(now), &closing);
        // 2026-11-23 is 勤労感謝の日, the 21st and 22nd are a weekend.
        let friday = "2026-11-20T10:00:00+09:00";
        assert_eq!(left("2026-11-24T17:15:00+09:00", friday), TimeLeft::Days(1, day("2026-11-24")));
        assert_eq!(
            left("2027-01-04T17:15:00+09:00", "2026-12-28T09:00:00+09:00"),
            TimeLeft::Days(1, day("2027-01-04"))
        );
        assert_eq!(left("2026-11-20T17:15:00+09:00", friday), TimeLeft::Today);
        assert_eq!(left("2026-11-20T09:00:00+09:00", friday), TimeLeft::Late(0, day("2026-11-20")));
        assert_eq!(
            left("2026-11-20T17:15:00+09:00", "2026-11-25T09:00:00+09:00"),
            TimeLeft::Late(2, day("2026-11-20"))
        );
        assert_eq!(time_left(Stage::SentBack, None, at(friday), &closing), TimeLeft::Waiting);
        assert_eq!(time_left(Stage::Imported, None, at(friday), &closing), TimeLeft::NoDeadline);
    }

    fn any_view() -> impl Strategy<Value = View> {
        let holder = prop_oneof![
            Just(Holder::Me),
            Just(Holder::Nobody),
            any::<[u8; 16]>().prop_map(|id| Holder::Person(StaffId::from_random(id)))
        ];
        let day = || prop::option::of((2020..2030i32, 1..13u8, 1..29u8));
        (
            prop::sample::select(Tab::ALL),
            prop::option::of("[a-z][a-z_]{0,20}[a-z]"),
            prop::option::of(prop::sample::select(Channel::ALL.as_slice())),
            prop::option::of(holder),
            prop::option::of(prop::sample::select(Attention::ALL)),
            (day(), day()),
            (prop::sample::select(Sort::ALL), prop::sample::select(Length::ALL)),
        )
            .prop_map(|(tab, form, channel, holder, attention, (from, to), (sort, length))| {
                let day = |parts: Option<(i32, u8, u8)>| parts.and_then(|(y, m, d)| CivilDate::from_parts(y, m, d));
                let (from, to) = (day(from), day(to));
                let to = to.filter(|to| from.is_none_or(|from| from <= *to));
                let sort = if tab.sorts().contains(&sort) { sort } else { tab.sorts()[0] };
                let form = form.map(|id| id.parse().unwrap());
                View { tab, form, channel, holder, attention, from, to, sort, length }
            })
    }

    proptest! {
        #[test]
        fn a_view_is_read_back_from_its_address(view in any_view()) {
            prop_assert_eq!(read(&view.to_string()), Ok(view));
        }

        #[test]
        fn any_address_is_read_or_refused(address in "\\PC*") {
            let _ = read(&address);
        }
    }
}
