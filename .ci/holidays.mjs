// Makes the table of Japanese national holidays of the public npm package @holiday-jp/holiday_jp (MIT), which is drawn from
// 内閣府's list and from the law for the years that it has not announced yet. Usage, in an empty folder:
//   npm install --no-save @holiday-jp/holiday_jp && node REPOSITORY/.ci/holidays.mjs > REPOSITORY/app/intake/src/calendar/holidays.rs
// Once a year, or when the law changes; the tests of `calendar` compare every year with the rules of the law.
import { createRequire } from "node:module";
import { join } from "node:path";

const FIRST_YEAR = 2020;
const require = createRequire(join(process.cwd(), "here.js"));
const { version } = require("@holiday-jp/holiday_jp/package.json");
const holidays = require("@holiday-jp/holiday_jp/lib/holidays.js");

const years = new Map();
for (const date of Object.keys(holidays).sort()) {
  const [year, month, day] = date.split("-").map(Number);
  if (year < FIRST_YEAR) continue;
  if (!years.has(year)) years.set(year, []);
  years.get(year).push(month * 100 + day);
}
console.log(`//! 「国民の祝日」 National holidays: pure data, made by \`.ci/holidays.mjs\` from the npm package \`@holiday-jp/holiday_jp\` ${version}
//! (MIT). Invariant: never changed by hand; the tests of \`calendar\` hold every year against the law.

/// A year with the days of its holidays, each as month × 100 + day, in order. 休日 by 国民の祝日に関する法律 3条2項 and 3項 are among them.
#[rustfmt::skip]
pub(super) const HOLIDAYS: [(i32, &[u16]); ${years.size}] = [`);
for (const [year, days] of years) console.log(`    (${year}, &[${days.join(", ")}]),`);
console.log("];");
