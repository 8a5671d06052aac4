//! 「職員のアカウント」 `/staff/people`: everybody of the staff, what one person proposes about an account, and what another confirms.
//! Invariant: every name stands with its user id, and a button stands only where whoever reads may press it now.

use intake::{
    access::{Role, Roles},
    staff_change::{Change, Standing},
    time::Instant,
};
use leptos::prelude::*;

use super::frame::{Desk, document, error_summary, role_name, role_names};
use crate::text::Locale;

/// Somebody of the staff.
pub struct Row {
    /// Her id.
    pub id: String,
    /// What is typed to sign in.
    pub user_id: String,
    /// The name that colleagues read.
    pub name: String,
    /// The roles.
    pub roles: Roles,
    /// How the account stands.
    pub standing: Standing,
    /// 「共通基盤」 Whether the city's own provider signs her in, and gives the roles.
    pub is_provided: bool,
    /// When she signed in last.
    pub last_sign_in: Option<Instant>,
    /// What who reads may propose.
    pub can_propose: Vec<Change>,
    /// Whether who reads may disable the account.
    pub can_disable: bool,
}

/// What waits for the second person.
pub struct Waiting {
    /// The proposal's id.
    pub id: String,
    /// What is proposed.
    pub change: Change,
    /// What is typed to sign in.
    pub user_id: String,
    /// The name that colleagues read.
    pub name: String,
    /// Which person a new member is.
    pub person_id: Option<String>,
    /// The roles that she has now.
    pub roles_now: Option<Roles>,
    /// The roles that she is to have.
    pub roles: Option<Roles>,
    /// Who proposed it, and when.
    pub proposed: (String, Instant),
    /// Until when it waits.
    pub until: Instant,
    /// Whether who reads may confirm it.
    pub can_confirm: bool,
    /// Whether who reads may take it back.
    pub can_take_back: bool,
}

/// What the last press came to.
pub enum Said {
    /// Nothing was pressed, or it was done.
    Nothing,
    /// It was refused: the whole sentence.
    Refused(String),
    /// Somebody is invited: the address, shown once, and until when it is good.
    Invited {
        /// The whole address.
        address: String,
        /// Until when.
        until: Instant,
    },
}

/// What the page shows.
pub struct Model {
    /// Everybody.
    pub members: Vec<Row>,
    /// What waits.
    pub waiting: Vec<Waiting>,
    /// How many accounts look after accounts.
    pub managers: usize,
    /// What the last press came to.
    pub said: Said,
}

/// `/staff/people`
#[must_use]
pub fn page(desk: &Desk, model: &Model) -> String {
    let locale = desk.locale();
    let title = locale.say("people-title");
    let error = match &model.said {
        Said::Refused(sentence) => Some(sentence.as_str()),
        Said::Nothing | Said::Invited { .. } => None,
    };
    document(desk, &title.clone(), error.is_some(), || {
        let waiting = model.waiting.iter().map(|one| waiting(locale, one)).collect_view();
        let none = model.waiting.is_empty().then(|| view! { <p>{locale.say("people-waiting-none")}</p> });
        let all = model.members.iter().map(|row| member(locale, row)).collect_view();
        view! {
            {error_summary(error, None)}
            <h1>{title}</h1>
            <p>{locale.say("people-lead")}</p>
            {invited(locale, &model.said)}
            <p><a class="button button--primary" href="/staff/people/invite">{locale.say("people-invite-title")}</a></p>
            <h2>{locale.say("people-waiting")}</h2>
            {none}
            <ul class="card-list people">{waiting}</ul>
            <h2>{locale.say("people-everybody")}</h2>
            <p>{locale.with("people-managers", &[("count", &model.managers.to_string())])}</p>
            <ul class="card-list people">{all}</ul>
        }
        .into_any()
    })
}

fn invited(locale: Locale, said: &Said) -> Option<AnyView> {
    let Said::Invited { address, until } = said else { return None };
    Some(
        view! {
            <div class="notice notice--info" role="status">
                <h2>{locale.say("people-invited")}</h2>
                <p>{locale.with("people-invited-lead", &[("until", &until.minute_in_japan())])}</p>
                <p><code class="people__address">{address.clone()}</code></p>
            </div>
        }
        .into_any(),
    )
}

/// A button of a list: whose it is stands in it for who cannot see where it stands.
fn button(locale: Locale, look: &str, action: String, key: &str, name: &str) -> AnyView {
    view! {
        <form method="post" action=action>
            <button class=format!("button button--{look}")>{locale.say(key)}<span class="visually-hidden">"："{name.to_owned()}</span></button>
        </form>
    }
    .into_any()
}

fn link(locale: Locale, look: &str, address: String, key: &str, name: &str) -> AnyView {
    view! { <a class=format!("button button--{look}") href=address>{locale.say(key)}<span class="visually-hidden">"："{name.to_owned()}</span></a> }
        .into_any()
}

fn fact(locale: Locale, key: &str, value: String) -> AnyView {
    view! { <div><dt>{locale.say(key)}</dt><dd>{value}</dd></div> }.into_any()
}

fn waiting(locale: Locale, one: &Waiting) -> AnyView {
    let change = locale.say(&format!("people-change-{}", one.change));
    let roles = |key: &str, roles: Option<Roles>| roles.map(|roles| fact(locale, key, role_names(locale, roles)));
    let (key_now, key_new) = match one.change {
        Change::Roles => ("people-roles-now", "people-roles-new"),
        Change::Invite | Change::Return | Change::Enable => ("people-roles", "people-roles"),
    };
    let told = [("by", one.proposed.0.as_str()), ("at", &one.proposed.1.minute_in_japan())];
    let told = locale.with("people-proposed", &told);
    let until = locale.with("people-waits-until", &[("until", &one.until.minute_in_japan())]);
    let at = |deed: &str| format!("/staff/people/proposals/{}/{deed}", one.id);
    let confirm = one.can_confirm.then(|| button(locale, "primary", at("confirm"), "people-confirm", &one.name));
    let take_back =
        one.can_take_back.then(|| button(locale, "secondary", at("take-back"), "people-take-back", &one.name));
    let others = (!one.can_confirm).then(|| view! { <p>{locale.say("people-waits-for-another")}</p> });
    view! {
        <li class="card">
            <h3>{one.name.clone()} " " <span class="badge badge--flag">{change}</span></h3>
            <dl class="people__facts">
                {fact(locale, "people-user-id", one.user_id.clone())}
                {one.person_id.clone().map(|person_id| fact(locale, "people-person-id", person_id))}
                {roles(key_now, one.roles_now)}
                {roles(key_new, one.roles)}
            </dl>
            <p>{told} " " {until}</p>
            {others}
            <div class="button-row">{confirm}{take_back}</div>
        </li>
    }
    .into_any()
}

fn member(locale: Locale, row: &Row) -> AnyView {
    let look = match row.standing {
        Standing::Active => "badge badge--stage",
        Standing::Invited => "badge badge--flag",
        Standing::Disabled => "badge",
    };
    let standing = locale.say(&format!("people-standing-{}", row.standing.as_str()));
    let provided = row.is_provided.then(|| view! { " " <span class="badge">{locale.say("people-provided")}</span> });
    let hint = row.is_provided.then(|| view! { <p>{locale.say("people-provided-hint")}</p> });
    let last = row.last_sign_in.map_or_else(|| locale.say("people-never"), Instant::minute_in_japan);
    let at = |deed: &str| format!("/staff/people/{}/{deed}", row.id);
    let proposals = row.can_propose.iter().map(|change| match change {
        Change::Roles => link(locale, "secondary", at("roles"), "people-do-roles", &row.name),
        Change::Return => button(locale, "secondary", at("return"), "people-do-return", &row.name),
        Change::Enable => button(locale, "secondary", at("enable"), "people-do-enable", &row.name),
        Change::Invite => ().into_any(),
    });
    let disable = row.can_disable.then(|| link(locale, "danger", at("disable"), "people-do-disable", &row.name));
    view! {
        <li class="card">
            <h3>{row.name.clone()} " " <span class=look>{standing}</span>{provided}</h3>
            <dl class="people__facts">
                {fact(locale, "people-user-id", row.user_id.clone())}
                {fact(locale, "people-roles", role_names(locale, row.roles))}
                {fact(locale, "people-last-sign-in", last)}
            </dl>
            {hint}
            <div class="button-row">{proposals.collect_view()}{disable}</div>
        </li>
    }
    .into_any()
}

/// What is to be put right in a form: the input, and the whole sentence.
pub struct Fault {
    /// The input.
    pub input: &'static str,
    /// The sentence.
    pub text: String,
}

/// What was typed for a new member of staff.
#[derive(Default)]
pub struct Typed {
    /// What is typed to sign in.
    pub user_id: String,
    /// The name that colleagues read.
    pub name: String,
    /// Which person it is.
    pub person_id: String,
    /// The roles that were ticked.
    pub roles: Vec<Role>,
}

/// `/staff/people/invite`
#[must_use]
pub fn invite(desk: &Desk, typed: &Typed, faults: &[Fault]) -> String {
    let locale = desk.locale();
    let title = locale.say("people-invite-title");
    document(desk, &title.clone(), !faults.is_empty(), || {
        view! {
            {summary(faults)}
            <h1>{title}</h1>
            <p>{locale.say("people-invite-lead")}</p>
            <form class="form" method="post" action="/staff/people/invite" novalidate>
                {text_field(locale, "user_id", &typed.user_id, faults)}
                {text_field(locale, "name", &typed.name, faults)}
                {text_field(locale, "person_id", &typed.person_id, faults)}
                {ticks(locale, &typed.roles, faults)}
                {propose_or_leave(locale)}
            </form>
        }
        .into_any()
    })
}

/// `/staff/people/{staff}/roles`; `ticked` is what was ticked, or her roles of now.
#[must_use]
pub fn roles(desk: &Desk, row: &Row, ticked: &[Role], faults: &[Fault]) -> String {
    let locale = desk.locale();
    let title = locale.say("people-roles-title");
    document(desk, &title.clone(), !faults.is_empty(), || {
        view! {
            {summary(faults)}
            <h1>{title}</h1>
            <dl class="people__facts">
                {fact(locale, "people-name", row.name.clone())}
                {fact(locale, "people-user-id", row.user_id.clone())}
                {fact(locale, "people-roles-now", role_names(locale, row.roles))}
            </dl>
            <p>{locale.say("people-roles-lead")}</p>
            <form class="form" method="post" action=format!("/staff/people/{}/roles", row.id) novalidate>
                {ticks(locale, ticked, faults)}
                {propose_or_leave(locale)}
            </form>
        }
        .into_any()
    })
}

/// `/staff/people/{staff}/disable`: what it does, before it is done.
#[must_use]
pub fn disable(desk: &Desk, id: &str, name: &str, user_id: &str) -> String {
    let locale = desk.locale();
    let title = locale.say("people-disable-title");
    document(desk, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <p><strong>{locale.with("people-disable-whom", &[("name", name), ("user", user_id)])}</strong></p>
            <p>{locale.say("people-disable-lead")}</p>
            <form method="post" action=format!("/staff/people/{id}/disable")>
                <div class="button-row">
                    <button class="button button--danger">{locale.say("people-disable-button")}</button>
                    <a class="button button--secondary" href="/staff/people">{locale.say("people-back")}</a>
                </div>
            </form>
        }
        .into_any()
    })
}

fn propose_or_leave(locale: Locale) -> AnyView {
    view! {
        <div class="button-row">
            <button class="button button--primary">{locale.say("people-propose")}</button>
            <a class="button button--secondary" href="/staff/people">{locale.say("people-back")}</a>
        </div>
    }
    .into_any()
}

fn summary(faults: &[Fault]) -> Option<AnyView> {
    let lines = faults
        .iter()
        .map(|fault| view! { <li><a href=format!("#{}", fault.input)>{fault.text.clone()}</a></li> })
        .collect_view();
    (!faults.is_empty()).then(|| {
        view! { <div class="error-summary" role="alert" tabindex="-1" data-error-summary=""><ul>{lines}</ul></div> }
            .into_any()
    })
}

fn told_at(locale: Locale, input: &str, faults: &[Fault]) -> Option<AnyView> {
    let fault = faults.iter().find(|fault| fault.input == input)?;
    let (id, text) = (format!("{input}-error"), fault.text.clone());
    Some(view! { <p class="field__error" id=id>{locale.say("error-prefix")}{text}</p> }.into_any())
}

fn text_field(locale: Locale, name: &'static str, typed: &str, faults: &[Fault]) -> AnyView {
    let key = format!("people-{}", name.replace('_', "-"));
    let error = told_at(locale, name, faults);
    let hint_id = format!("{name}-hint");
    let described = if error.is_some() { format!("{hint_id} {name}-error") } else { hint_id.clone() };
    let class = if error.is_some() { "field field--invalid" } else { "field" };
    let invalid = error.as_ref().map(|_| "true");
    view! {
        <div class=class>
            <label class="field__label" for=name>{locale.say(&key)}</label>
            <p class="field__hint" id=hint_id>{locale.say(&format!("{key}-hint"))}</p>
            {error}
            <div class="field__control">
                <input class="input" id=name name=name value=typed.to_owned() autocomplete="off" autocapitalize="none"
                    spellcheck="false" aria-describedby=described aria-invalid=invalid/>
            </div>
        </div>
    }
    .into_any()
}

fn ticks(locale: Locale, ticked: &[Role], faults: &[Fault]) -> AnyView {
    let error = told_at(locale, "role", faults);
    let class = if error.is_some() { "field field--invalid" } else { "field" };
    let described = if error.is_some() { "role-hint role-error" } else { "role-hint" };
    let boxes = Role::ALL.into_iter().enumerate().map(|(place, role)| {
        let id = if place == 0 { "role".to_owned() } else { format!("role-{role}") };
        let about = locale.say(&format!("roles-about-{}", role.as_str().replace('_', "-")));
        view! {
            <label class="choice"><input type="checkbox" name="role" id=id value=role.as_str() checked=ticked.contains(&role)/><span>{role_name(locale, role)}<small>{about}</small></span></label>
        }
    });
    view! {
        <fieldset class=class aria-describedby=described>
            <legend class="field__label">{locale.say("people-roles")}</legend>
            <p class="field__hint" id="role-hint">{locale.say("people-role-hint")} " " <a href="/staff/roles">{locale.say("roles-title")}</a></p>
            {error}
            <div class="choice-list">{boxes.collect_view()}</div>
        </fieldset>
    }
    .into_any()
}
