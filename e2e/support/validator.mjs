// The HTML validator (html-validate, offline) with our settings. Invariant: whatever its recommended set asks for is asked
// for, but for the rules named here, each with its reason.
import { HtmlValidate, StaticConfigLoader } from "html-validate";

/** Rules about how HTML is written down rather than what it is: another spelling gives the browser the very same page. */
const SPELLING = ["attribute-boolean-style", "attribute-empty-style", "doctype-style", "no-trailing-whitespace", "void-style"];

const validator = new HtmlValidate(new StaticConfigLoader({
  root: true,
  extends: ["html-validate:recommended"],
  rules: Object.fromEntries(SPELLING.map((rule) => [rule, "off"])),
}));

/** What is wrong with a document as it was served: a line for each finding. */
export function faults(html) {
  const { results } = validator.validateStringSync(html);
  return results.flatMap(({ messages }) => messages).map(({ ruleId, message, selector }) => `${ruleId}: ${message} (${selector ?? "document"})`);
}
