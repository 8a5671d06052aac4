// The HTML validator (html-validate, offline) with our settings. Invariant: whatever its recommended set asks for is asked
// for, but for the rules named here, each with its reason.
import { HtmlValidate, StaticConfigLoader } from "html-validate";

/** Rules about how HTML is written down rather than what it is: another spelling gives the browser the very same page. */
const SPELLING = ["attribute-boolean-style", "attribute-empty-style", "doctype-style", "no-trailing-whitespace", "void-style"];
/** A button without a type submits and an input without one holds text: HTML says so, and it is what each of ours is for. */
const DEFAULTS = ["no-implicit-button-type", "no-implicit-input-type"];

const validator = new HtmlValidate(new StaticConfigLoader({
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    ...Object.fromEntries([...SPELLING, ...DEFAULTS].map((rule) => [rule, "off"])),
    // HTML allows a dot in an id; the helpers' inputs have one, so that they are never a field of a form.
    "valid-id": ["error", { relaxed: true }],
    // Numbers stay in one piece by the style sheet; another hyphen in them would be copied with them.
    "tel-non-breaking": "off",
    // Boxes of one question share its name, as the forms of HTML have it; the rule knows that of radio buttons only.
    "form-dup-name": ["error", { shared: ["radio", "checkbox", "button", "submit"] }],
  },
}));

/**
 * HTML allows no `off` on a hidden input, but without it Firefox fills in, after a reload, the state of the page before, and
 * the parent would be told of a conflict with herself.
 */
const isWanted = ({ ruleId, message }) => ruleId === "valid-autocomplete" && message === '"off" cannot be used on <input type="hidden">';

/** What is wrong with a document as it was served: a line for each finding. */
export function faults(html) {
  const { results } = validator.validateStringSync(html);
  return results.flatMap(({ messages }) => messages).filter((one) => !isWanted(one)).map(({ ruleId, message, selector }) => `${ruleId}: ${message} (${selector ?? "document"})`);
}
