// A parent's requests with files, without a browser: what no browser would send is sent too. Invariant: she has a draft of a
// 妊娠届, and every answer is read to its end.
import assert from "node:assert/strict";
import { request } from "node:http";
import { FORM } from "./notification.mjs";

const ADDRESS = `${FORM}/papers`;
const KIND = "due_date_proof";
const BOUNDARY = "----madoguchi";

/** The parts of a form: `[name, file name or undefined, bytes]`. */
export function multipart(parts) {
  const pieces = parts.flatMap(([name, file, bytes, type = "image/jpeg"]) => [
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file === undefined ? "" : `; filename="${file}"\r\nContent-Type: ${type}`}\r\n\r\n`),
    Buffer.from(bytes), Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

export async function startUploader(portal) {
  let cookie = "";
  const ask = (method, path, { headers = {}, body, write } = {}) => new Promise((resolve, reject) => {
    const asked = request(`${portal.url}${path}`, { method, agent: false, headers: { origin: portal.url, cookie, ...headers } }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString("utf8") }));
      answer.on("error", reject);
    });
    asked.on("error", (error) => { if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error); else resolve({ status: 0, headers: {}, text: "" }); });
    if (write) write(asked); else asked.end(body);
  });
  const begun = await ask("POST", FORM);
  assert.equal(begun.status, 303);
  cookie = begun.headers["set-cookie"].map((one) => one.split(";")[0]).join("; ");

  return {
    ask,
    address: ADDRESS,
    headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` },
    /** Sends a file as a browser without script does; the status, and the sentence at the field. */
    async send(bytes, { name = "IMG_0001.JPG", type } = {}) {
      const body = multipart([[`paper-${KIND}`, name, bytes, type], ["then", undefined, "add"]]);
      const { status, text } = await ask("POST", ADDRESS, { headers: this.headers, body });
      return { status, told: /class="field__error">(?:<!---->)?(.*?)<\/p>/.exec(text)?.[1].replace(/<!---->/g, "") };
    },
    /** What the page lists, and takes all of it away. */
    async clear() {
      const { text } = await ask("GET", ADDRESS);
      const ids = [...text.matchAll(/value="remove:([^"]+)"/g)].map((match) => match[1]);
      for (const id of ids) await ask("POST", ADDRESS, { headers: this.headers, body: multipart([["then", undefined, `remove:${id}`]]) });
      return ids.length;
    },
  };
}
