//! 「自分の操作の記録」 What the log holds of who reads (`controls.md` R28). Invariant: it is one's own, and as the log has it; of
//! cases it names none.

use intake::time::Instant;
use leptos::prelude::*;

use super::frame::{Desk, document};
use crate::text::Locale;

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
const NAMED: [&str; 87] = [
    "access_proposed",
    "access_restored",
    "attendance_marked",
    "audit_viewed",
    "backed_up",
    "batch_fetched",
    "carriage_approved",
    "carriage_dropped",
    "carriage_proposed",
    "carriage_returned",
    "carriage_wiped",
    "carrier_approved",
    "carrier_proposed",
    "carrier_retired",
    "case_exported",
    "case_searched",
    "case_viewed",
    "destination_added",
    "destination_disabled",
    "destination_keys_changed",
    "duty_begun",
    "duty_ended",
    "entry_news_read",
    "exported",
    "handover_viewed",
    "items_recorded",
    "joined",
    "key_activated",
    "key_made",
    "key_retired",
    "mail_address_viewed",
    "mail_settled",
    "mail_tried_again",
    "media_viewed",
    "message_read",
    "message_sent",
    "non_disclosure_lifted",
    "non_disclosure_marked",
    "note_draft_discarded",
    "note_draft_kept",
    "note_written",
    "pair_viewed",
    "paper_opened",
    "queue_viewed",
    "receipt_taken",
    "report_taken",
    "resync_done",
    "resync_proposed",
    "session_ended",
    "settings_changed",
    "signature_verified",
    "signed_in",
    "signed_out",
    "slot_changed",
    "slot_closed",
    "slot_viewed",
    "slots_opened",
    "staff_disabled",
    "staff_enabled",
    "staff_enabling_proposed",
    "staff_invitation_proposed",
    "staff_invited",
    "staff_joined",
    "staff_mail_chosen",
    "staff_mail_removed",
    "staff_mail_set",
    "staff_proposal_confirmed",
    "staff_proposal_dropped",
    "staff_return_proposed",
    "staff_role_provided",
    "staff_roles_changed",
    "staff_roles_proposed",
    "staff_sessions_ended",
    "staff_signed_out_by_provider",
    "staff_viewed",
    "stepped_up",
    "take_over_answered",
    "take_over_asked",
    "taken_in",
    "task_done",
    "task_taken",
    "tasks_viewed",
    "tied",
    "told_apart",
    "transfer_proposed",
    "transferred",
    "typed_in",
];

/// What was done, in words, from the name of the deed in the log.
pub(super) fn deed(locale: Locale, deed: &str) -> String {
    match deed.strip_prefix("command.") {
        Some(command) => locale.say(&format!("history-{}", command.replace('_', "-"))),
        None if NAMED.contains(&deed) => locale.say(&format!("own-log-{}", deed.replace('_', "-"))),
        None => locale.say("own-log-other"),
    }
}

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
                let deed = deed(locale, &line.deed);
                view! { <li><time>{line.at.minute_in_japan()}</time><p>{deed}{refused}</p></li> }
            })
            .collect_view();
        view! { <h1>{title}</h1><p>{locale.say("own-log-lead")}</p><ol class="history">{rows}</ol> }.into_any()
    })
}
