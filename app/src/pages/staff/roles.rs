//! 「役割と権限」 `/staff/roles`: the tables of roles, actions and stages as a page of the manual. Invariant: it is made of the functions that
//! decide, so that what is printed is what is done.

use intake::{
    access::{Action, Reach, Role, may, reach_in},
    case::{ALLOWED, CommandKind, Hand, Transition},
    form::Compartment,
};
use leptos::prelude::*;

use super::frame::{Desk, document, role_name};
use crate::text::Locale;

/// `/staff/roles`
#[must_use]
pub fn page(desk: &Desk) -> String {
    let locale = desk.locale();
    let title = locale.say("roles-title");
    document(desk, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <p>{locale.say("roles-lead")}</p>
            <h2>{locale.say("roles-of-staff")}</h2>
            {roles(locale)}
            <h2>{locale.say("roles-actions")}</h2>
            <p>{locale.say("roles-actions-lead")}</p>
            {actions(locale)}
            <h2>{locale.say("roles-stages")}</h2>
            <p>{locale.say("roles-stages-lead")}</p>
            {stages(locale)}
        }
        .into_any()
    })
}

fn roles(locale: Locale) -> AnyView {
    let rows = Role::ALL.into_iter().map(|role| {
        let others = Role::ALL.into_iter().filter(|other| *other != role && role.goes_with(*other));
        let others: Vec<String> = others.map(|other| role_name(locale, other)).collect();
        let together = if others.is_empty() { locale.say("roles-alone") } else { others.join("・") };
        let about = locale.say(&format!("roles-about-{}", key(role.as_str())));
        view! {
            <tr><th scope="row">{role_name(locale, role)}</th><td>{about}</td><td>{together}</td></tr>
        }
    });
    let heads = ["roles-column-role", "roles-column-about", "roles-column-together"];
    table(locale, "roles-of-staff", heads.map(|head| locale.say(head)).to_vec(), rows.collect_view().into_any())
}

fn actions(locale: Locale) -> AnyView {
    let is_for_somebody = |action: &Action| Role::ALL.into_iter().any(|role| may(role, *action));
    let rows = Action::all().filter(is_for_somebody).map(|action| {
        let cells = Role::ALL.into_iter().map(|role| view! { <td>{reach(locale, role, action)}</td> });
        view! { <tr><th scope="row">{action_name(locale, action)}</th>{cells.collect_view()}</tr> }
    });
    let roles = Role::ALL.into_iter().map(|role| role_name(locale, role));
    let heads = std::iter::once(locale.say("roles-column-action")).chain(roles).collect();
    table(locale, "roles-actions", heads, rows.collect_view().into_any())
}

/// How far a role reaches, in words beside the sign: nothing is told by a sign alone.
fn reach(locale: Locale, role: Role, action: Action) -> AnyView {
    let general = match reach_in(role, action, Compartment::General) {
        Reach::Everything => "roles-reach-everything",
        Reach::Assigned => "roles-reach-assigned",
        Reach::Nothing => {
            let no = locale.say("roles-reach-nothing");
            return view! { <span aria-hidden="true">"—"</span><span class="visually-hidden">{no}</span> }.into_any();
        }
    };
    let epds = is_about_cases(action) && reach_in(role, action, Compartment::Epds) != Reach::Nothing;
    let epds = epds.then(|| view! { " " <span class="badge">{locale.say("roles-reach-epds")}</span> });
    view! { {locale.say(general)}{epds} }.into_any()
}

/// The other actions know no compartments.
const fn is_about_cases(action: Action) -> bool {
    !matches!(action, Action::ReadAudit | Action::ManageStaff | Action::CarryBatches | Action::ApproveCarriage)
}

fn stages(locale: Locale) -> AnyView {
    let by_staff = |row: &&Transition| matches!(row.hand, Hand::Staff | Hand::Holder | Hand::Another);
    let rows = ALLOWED.iter().filter(by_staff).map(|row| {
        let who = Role::ALL.into_iter().filter(|role| may(*role, Action::Command(row.command)));
        let who: Vec<String> = who.map(|role| role_name(locale, role)).collect();
        let hand = match row.hand {
            Hand::Holder => locale.say("roles-hand-holder"),
            Hand::Another => locale.say("roles-hand-another"),
            Hand::Staff | Hand::Citizen | Hand::Portal => locale.say("roles-hand-staff"),
        };
        let [from, to] = [row.from, row.to].map(|stage| locale.say(&format!("staff-stage-{stage}")));
        view! {
            <tr>
                <th scope="row">{from}</th><td>{command_name(locale, row.command)}</td><td>{who.join("・")}</td>
                <td>{hand}</td><td>{to}</td>
            </tr>
        }
    });
    let heads =
        ["roles-column-stage", "roles-column-action", "roles-column-roles", "roles-column-hand", "roles-column-to"];
    table(locale, "roles-stages", heads.map(|head| locale.say(head)).to_vec(), rows.collect_view().into_any())
}

fn table(locale: Locale, name: &str, heads: Vec<String>, rows: AnyView) -> AnyView {
    let heads = heads.into_iter().map(|head| view! { <th scope="col">{head}</th> }).collect_view();
    view! {
        <div class="role-table" role="region" tabindex="0" aria-label=locale.say(name)>
            <table class="table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>
        </div>
    }
    .into_any()
}

fn key(name: &str) -> String {
    name.replace('_', "-")
}

fn command_name(locale: Locale, kind: CommandKind) -> String {
    locale.say(&format!("command-{}", key(kind.as_str())))
}

fn action_name(locale: Locale, action: Action) -> String {
    let name = match action {
        Action::SeeQueue => "see-queue",
        Action::ReadCase => "read-case",
        Action::OpenPaper => "open-paper",
        Action::VerifySignature => "verify-signature",
        Action::ExportCase => "export-case",
        Action::SeeUndeliveredMail => "see-undelivered-mail",
        Action::WriteMessage => "write-message",
        Action::WriteNote => "write-note",
        Action::MarkNonDisclosure => "mark-non-disclosure",
        Action::ReadUndisclosed => "read-undisclosed",
        Action::NotePregnancyEnd => "note-pregnancy-end",
        Action::RestoreAccess => "restore-access",
        Action::TellApart => "tell-apart",
        Action::SeeHandover => "see-handover",
        Action::CarryBatches => "carry-batches",
        Action::ApproveCarriage => "approve-carriage",
        Action::SeeReports => "see-reports",
        Action::EnterPaper => "enter-paper",
        Action::ReadAudit => "read-audit",
        Action::ManageStaff => "manage-staff",
        Action::ManageSlots => "manage-slots",
        Action::SeeTasks => "see-tasks",
        Action::Command(kind) => return command_name(locale, kind),
    };
    locale.say(&format!("roles-action-{name}"))
}
