//! 「自分の操作の記録」 What the log holds of who reads (`controls.md` R28). Invariant: it is one's own, and as the log has it; of
//! cases it names none.

use intake::time::Instant;
use leptos::prelude::*;

use super::frame::{Desk, document};

/// A line.
pub struct Line {
    /// When.
    pub at: Instant,
    /// The name of the deed in the log.
    pub deed: String,
    /// Whether it was refused.
    pub was_refused: bool,
}

/// Deeds that have a sentence of their own, by their names in the log.
const NAMED: [&str; 24] = [
    "staff_viewed",
    "staff_invited",
    "staff_invitation_proposed",
    "staff_return_proposed",
    "staff_roles_proposed",
    "staff_roles_changed",
    "staff_enabling_proposed",
    "staff_enabled",
    "staff_disabled",
    "staff_proposal_confirmed",
    "staff_proposal_dropped",
    "signed_in",
    "signed_out",
    "stepped_up",
    "session_ended",
    "queue_viewed",
    "case_viewed",
    "case_exported",
    "paper_opened",
    "message_sent",
    "message_read",
    "handover_viewed",
    "slot_viewed",
    "mail_address_viewed",
];

/// `/staff/me/log`; the newest first.
#[must_use]
pub fn page(desk: &Desk, lines: &[Line]) -> String {
    let locale = desk.locale();
    let title = locale.say("own-log-title");
    document(desk, &title.clone(), false, || {
        let rows = lines
            .iter()
            .map(|line| {
                let refused = line
                    .was_refused
                    .then(|| view! { " " <span class="badge badge--flag">{locale.say("own-log-refused")}</span> });
                let deed = match line.deed.strip_prefix("command.") {
                    Some(command) => locale.say(&format!("history-{}", command.replace('_', "-"))),
                    None if NAMED.contains(&line.deed.as_str()) => {
                        locale.say(&format!("own-log-{}", line.deed.replace('_', "-")))
                    }
                    None => locale.say("own-log-other"),
                };
                view! { <li><time>{line.at.minute_in_japan()}</time><p>{deed}{refused}</p></li> }
            })
            .collect_view();
        view! { <h1>{title}</h1><p>{locale.say("own-log-lead")}</p><ol class="history">{rows}</ol> }.into_any()
    })
}
