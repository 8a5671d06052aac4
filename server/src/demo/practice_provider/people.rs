//! The made-up people whom the practice provider knows. Invariant: nobody among them exists; whoever is in the demo elsewhere
//! too is here as she is there, so that what the card says can be compared with what was typed.

use serde_json::{Value, json};

use super::RealmName;
use crate::demo::atena::WALKERS;

/// A person of a realm.
pub(super) struct Person {
    /// Names her on the page and to the tests.
    pub(super) id: &'static str,
    /// 「氏名」
    pub(super) name: &'static str,
    /// What else is read of her on the page.
    pub(super) about: Vec<String>,
    /// Scope, claim and value.
    pub(super) claims: Vec<(&'static str, &'static str, Value)>,
    /// How she was authenticated at most (`acr`).
    pub(super) acr: &'static str,
}

/// What the service in マイナアプリ calls the card with its four digits.
pub(super) const CARD: &str = "aal3";
/// What the city's own provider calls two factors, and one.
pub const TWO_FACTORS: &str = "aal2";
const ONE_FACTOR: &str = "aal1";

/// 「4情報」 How the four facts are told. The real service's form is not published; clients read each of these.
#[derive(Clone, Copy)]
enum Form {
    /// As a public client of the service has it: one string, `YYYYMMDD`, `1` and `2`.
    Plain,
    /// As OpenID Connect Core §5.1 has it.
    Standard,
}

/// The people of a realm.
pub(super) fn of(realm: RealmName) -> Vec<Person> {
    match realm {
        RealmName::Main => citizens(),
        RealmName::Staff => staff(),
    }
}

fn citizens() -> Vec<Person> {
    let [hanako, mihoko] = WALKERS;
    vec![
        citizen("hanako", [hanako[0], hanako[2], hanako[4]], Sex::Female, Form::Plain),
        citizen("mihoko", [mihoko[0], mihoko[2], mihoko[4]], Sex::Female, Form::Standard),
        citizen(
            "maria",
            ["EXEMPLO MARIA DOS SANTOS", "1998-02-28", "窓口市例題１－２－３０２"],
            Sex::Female,
            Form::Plain,
        ),
        citizen("rinko", ["架空　隣子", "2001-11-03", "架空市隣町3丁目4番5号"], Sex::Female, Form::Plain),
        citizen("taro", ["見本　太郎", "1993-07-15", "窓口市架空町1-2-3"], Sex::Male, Form::Standard),
    ]
}

#[derive(Clone, Copy)]
enum Sex {
    Female,
    Male,
}

fn citizen(id: &'static str, [name, birthdate, address]: [&'static str; 3], sex: Sex, form: Form) -> Person {
    let told = match form {
        Form::Plain => json!({
            "address": address,
            "birthdate": birthdate.replace('-', ""),
            "gender": match sex { Sex::Male => "1", Sex::Female => "2" },
        }),
        Form::Standard => json!({
            "address": { "formatted": address },
            "birthdate": birthdate,
            "gender": match sex { Sex::Male => "male", Sex::Female => "female" },
        }),
    };
    let claims = ["address", "birthdate", "gender"].map(|claim| (claim, claim, told[claim].clone()));
    Person {
        id,
        name,
        about: vec![birthdate.to_owned(), address.to_owned()],
        claims: std::iter::once(("name", "name", json!(name))).chain(claims).collect(),
        acr: CARD,
    }
}

/// 「市の職員名簿」 Among them somebody in no group, somebody in two, and somebody with one factor; 見本 一郎 has a local account
/// of the demo as well, under the same number.
fn staff() -> Vec<Person> {
    vec![
        employee("nanami", "見本 七実", "E-0007", &["boshi-clerks"], TWO_FACTORS),
        employee("yae", "見本 八重（保健師）", "E-0008", &["boshi-nurses"], TWO_FACTORS),
        employee("kokono", "見本 九", "E-0009", &["audit"], TWO_FACTORS),
        employee("ichiro", "見本 一郎", "demo-1", &["boshi-clerks"], TWO_FACTORS),
        employee("towa", "見本 十和", "E-0010", &["boshi-clerks"], ONE_FACTOR),
        employee("momoe", "見本 百恵", "E-0100", &["library"], TWO_FACTORS),
        employee("chie", "見本 千恵", "E-1000", &["boshi-clerks", "audit"], TWO_FACTORS),
    ]
}

fn employee(
    id: &'static str,
    name: &'static str,
    number: &'static str,
    groups: &[&'static str],
    acr: &'static str,
) -> Person {
    let mut about = vec![number.to_owned(), groups.join(", ")];
    if acr == ONE_FACTOR {
        about.push(acr.to_owned());
    }
    let claims = vec![
        ("profile", "name", json!(name)),
        ("profile", "employee_number", json!(number)),
        ("profile", "groups", json!(groups)),
    ];
    Person { id, name, about, claims, acr }
}
