//! 「キー操作」 The keys of the staff's pages. Invariant: this is the one table; the map that people read and what the script does are both
//! made of it, so that they cannot differ. A key presses only what stands on the page.

use leptos::prelude::*;

use crate::text::Locale;

/// What a key does with what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Presses a button, or follows a link; a form behind its name is opened first, to be filled in.
    Press,
    /// Puts the cursor there.
    Focus,
    /// Goes to the next row.
    Down,
    /// Goes to the row before.
    Up,
    /// Ticks the row.
    Tick,
    /// Shows this map.
    Map,
}

impl Does {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Press => "press",
            Self::Focus => "focus",
            Self::Down => "down",
            Self::Up => "up",
            Self::Tick => "tick",
            Self::Map => "map",
        }
    }
}

/// A key, or two that are pressed one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As the browser calls it.
    pub keys: &'static str,
    /// What it does.
    pub does: Does,
    /// With what: the first of these that stands on the page.
    pub with: &'static str,
    /// The key of the sentence that says so.
    pub says: &'static str,
}

const fn key(keys: &'static str, does: Does, with: &'static str, says: &'static str) -> Key {
    Key { keys, does, with, says }
}

const ROWS: &str = ".queue tbody a";

/// Every key, in the order of the map. Enter follows the link that `j` and `k` have reached, as browsers do.
pub const KEYS: [Key; 17] = [
    key("j", Does::Down, ROWS, "key-down"),
    key("k", Does::Up, ROWS, "key-up"),
    key("x", Does::Tick, ROWS, "key-tick"),
    key("/", Does::Focus, "input[type=search]", "key-search"),
    key(
        "c",
        Does::Press,
        "form[action$='/claim'] button, button[value=claim], form[action$='/take-over'] button",
        "key-claim",
    ),
    key("i", Does::Press, "form[action$='/record_identity']", "key-identity"),
    key("a", Does::Press, "form[action$='/accept'] button, form[action$='/confirm'] button", "key-accept"),
    key("s", Does::Press, "form[action$='/send_back']", "key-send-back"),
    key("d", Does::Press, "form[action$='/propose_decline'], form[action$='/decline'] button", "key-decline"),
    key("r", Does::Press, "form[action$='/reopen'] button, form[action$='/release'] button", "key-release"),
    key("n", Does::Focus, "#note", "key-note"),
    key("]", Does::Press, "a[rel=next]", "key-next"),
    key("[", Does::Press, "a[rel=prev]", "key-previous"),
    key("g q", Does::Press, ".staff-bar a[href='/staff/queue']", "key-queue"),
    key("g m", Does::Press, ".staff-bar a[href='/staff/mail']", "key-mail"),
    key("g s", Does::Press, ".staff-bar a[href='/staff/slots']", "key-slots"),
    key("?", Does::Map, "", "key-map"),
];

/// The map, which `?` shows, and the button that shows it.
pub(super) fn map(locale: Locale) -> AnyView {
    let rows = KEYS
        .iter()
        .map(|key| {
            let keys = key.keys.split(' ').map(|one| view! { <kbd>{one}</kbd> " " }).collect_view();
            view! {
                <div data-keys=key.keys data-does=key.does.as_str() data-with=key.with>
                    <dt>{keys}</dt><dd>{locale.say(key.says)}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <dialog class="keys" id="keys" aria-labelledby="keys-title">
            <h2 id="keys-title">{locale.say("keys-title")}</h2>
            <p>{locale.say("keys-lead")}</p>
            <dl>{rows}</dl>
            <form method="dialog"><button class="button button--secondary">{locale.say("keys-close")}</button></form>
        </dialog>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_one_thing_and_none_begins_another() {
        for (place, key) in KEYS.iter().enumerate() {
            for other in &KEYS[place + 1..] {
                assert_ne!(key.keys, other.keys);
                assert!(!other.keys.starts_with(&format!("{} ", key.keys)), "{} never comes to its end", other.keys);
            }
        }
    }
}
