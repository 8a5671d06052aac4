//! How every route of the table is reached: what stands in the place of each parameter of a path.

use intake::ids::ReceiptNumber;
use server::routes::Row;

/// What the parameters that name a thing stand for; the others have a value of their own.
pub struct Things {
    pub number: ReceiptNumber,
    pub slot: String,
    pub paper: String,
    pub mail: String,
    pub task: String,
}

impl Things {
    /// Well-formed, and of nobody.
    pub fn of_nobody() -> Self {
        let nothing = || "0".repeat(32);
        let number = ReceiptNumber::from_random(rand::random());
        Self { number, slot: nothing(), paper: nothing(), mail: nothing(), task: nothing() }
    }
}

/// The path of a route. A new parameter gets a line here.
pub fn path_of(row: &Row, things: &Things) -> String {
    let filled = row
        .path
        .replace("{form}", "pregnancy_notification")
        .replace("{page}", "who")
        .replace("{receipt_number}", things.number.as_str())
        .replace("{other}", things.number.as_str())
        .replace("{passkey}", "00000000000000000000000000000000")
        .replace("{upload}", "00000000000000000000000000000000")
        .replace("{paper}", &things.paper)
        .replace("{command}", "claim")
        .replace("{field}", "name")
        .replace("{staff}", "00000000000000000000000000000000")
        .replace("{proposal}", "00000000000000000000000000000000")
        .replace("{slot}", &things.slot)
        .replace("{token}", "AAAA")
        .replace("{mail}", &things.mail)
        .replace("{task}", &things.task)
        .replace("{carrier}", "00000000000000000000000000000000")
        .replace("{carriage}", "00000000000000000000000000000000")
        .replace("{deed}", "again")
        .replace("{seq}", "1")
        .replace("{list}", "days")
        .replace("{file}", "manifest.jws");
    assert!(!filled.contains('{'), "{}: say in `support/walker.rs` what stands in this place", row.path);
    filled
}
