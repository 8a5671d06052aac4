// Answers to any page of any form, found from the page alone. Invariant: nothing here knows a form, so that one of a city's
// own is filled in as well; what the portal does not take is tried with the next candidate.
import { dayFromToday } from "./notification.mjs";

const TRIES = 16;

/** What can be answered on the page that is shown, in order: one group for each field that can be seen. */
export function groups(page) {
  return page.evaluate(() => {
    const visible = (one) => one.checkVisibility();
    const fields = [...document.querySelectorAll("main form[novalidate] .field")].filter(visible);
    return fields.flatMap((field) => {
      const inputs = [...field.querySelectorAll("input, textarea")].filter((one) => visible(one) && !one.name.endsWith("-declined"));
      const [first] = inputs;
      if (!first) return [];
      const { name, type, inputMode } = first;
      if (type === "radio" || type === "checkbox") return [{ kind: type, name, codes: inputs.map((one) => one.value).filter((code) => code !== "declined") }];
      if (/-from-year$/.test(name)) return [{ kind: "span", name: name.replace(/-from-year$/, "") }];
      if (/-year$/.test(name)) return [{ kind: "date", name: name.replace(/-year$/, ""), isBirthday: first.autocomplete === "bday-year" }];
      if (type === "tel") return [{ kind: "phone", name }];
      if (inputMode === "numeric") return [{ kind: first.size === 10 ? "postal" : "number", name }];
      return [{ kind: first.tagName === "TEXTAREA" ? "lines" : "text", name }];
    });
  });
}

const WORDS = {
  ja: { text: ["架空町の見本 花子", "まどぐち はなこ"], lines: ["窓口市架空町1-2-3 見本マンション101号室"] },
  en: { text: ["Hanako Mihon of Kakucho", "まどぐち はなこ"], lines: ["101 Mihon Heights, 1-2-3 Kakucho"] },
};
const date = (name, { year, month, day }) => ({ [`${name}-year`]: year, [`${name}-month`]: month, [`${name}-day`]: day });
function span(name) {
  const [from, to] = [dayFromToday(60), dayFromToday(150)];
  return { [`${name}-from-year`]: from.year, [`${name}-from-month`]: from.month, [`${name}-to-year`]: to.year, [`${name}-to-month`]: to.month };
}

/** What to try for a group, the likeliest first: for choices the codes, else the text of each input. */
export function candidates({ kind, name, codes, isBirthday }, language) {
  const words = WORDS[language] ?? WORDS.ja;
  const texts = (all) => all.map((text) => ({ [name]: text }));
  switch (kind) {
    case "radio": return codes.map((code) => [code]);
    // All of them; those that go with no other stand last as a rule.
    case "checkbox": return codes.map((_, left) => codes.slice(0, codes.length - left));
    case "date": {
      const birthday = { year: "1995", month: "4", day: "1" };
      const near = [dayFromToday(-20), dayFromToday(150), dayFromToday(20)];
      return (isBirthday ? [birthday, ...near] : [...near, birthday]).map((day) => date(name, day));
    }
    case "span": return [span(name)];
    case "phone": return texts(["090-0000-9999"]);
    case "postal": return texts(["000-0001"]);
    case "number": return texts(["1", "3", "9", "30", "500", "2000"]);
    default: return texts(words[kind]);
  }
}

/** Enters a candidate. */
export async function enter(page, { kind, name, codes }, candidate) {
  if (kind === "radio" || kind === "checkbox") {
    const inputs = page.locator(`input[name="${name}"]`);
    for (const code of kind === "radio" ? candidate : codes) {
      await inputs.and(page.locator(`[value="${code}"]`)).setChecked(candidate.includes(code));
    }
    return;
  }
  for (const [input, text] of Object.entries(candidate)) await page.locator(`[name="${input}"]`).fill(text);
}

/** Takes the choice, or the number, that it took the fewest times at each question, so that after some walks each was taken. */
export class Explorer {
  #counts = new Map();
  #refused = new Map();

  /** The place of the candidate to take for a group. */
  choose(group, language) {
    const refused = this.#refused.get(group.name) ?? new Set();
    const left = candidates(group, language).map((_, place) => place).filter((place) => !refused.has(place));
    if (left.length === 0) throw new Error(`nothing is taken at ${group.name}`);
    if (!["radio", "number"].includes(group.kind)) return left[0];
    const counts = this.#counts.get(group.name) ?? new Map(left.map((place) => [place, 0]));
    this.#counts.set(group.name, counts);
    return left.reduce((best, place) => (counts.get(place) < counts.get(best) ? place : best));
  }

  refuse(name, place) {
    this.#refused.set(name, (this.#refused.get(name) ?? new Set()).add(place));
  }

  took(name, place) {
    const counts = this.#counts.get(name);
    counts?.set(place, counts.get(place) + 1);
  }

  /** Whether every choice and number of every question that was met was taken, or is refused. */
  get isDone() {
    return [...this.#counts].every(([name, counts]) => [...counts].every(([place, count]) => count > 0 || this.#refused.get(name)?.has(place)));
  }

  /** Fills in the page that is shown and presses on with `next` until it is taken; gives what was entered, in order. */
  async answer(page, language, next) {
    for (let turn = 0; turn < TRIES; turn++) {
      const entered = [];
      for (let fresh = await groups(page); fresh.length > 0;) {
        for (const group of fresh) {
          const place = this.choose(group, language);
          await enter(page, group, candidates(group, language)[place]);
          entered.push({ group, place });
        }
        // A choice may have brought others into sight.
        const seen = new Set(entered.map(({ group }) => group.name));
        fresh = (await groups(page)).filter(({ name }) => !seen.has(name));
      }
      const wrong = await next();
      if (wrong.length === 0) {
        for (const { group, place } of entered) this.took(group.name, place);
        return entered;
      }
      for (const { group, place } of entered) if (wrong.includes(group.name)) this.refuse(group.name, place);
    }
    throw new Error(`no answer is taken on ${page.url()}`);
  }
}

/** Enters what an explorer found. */
export async function repeat(page, language, entered) {
  for (const { group, place } of entered) await enter(page, group, candidates(group, language)[place]);
}
