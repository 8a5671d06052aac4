// A browser without script for the benchmark: cookies, forms, nothing else. Invariant: it sends what the page holds.
const text = (html) => html.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

export class Visitor {
  constructor(url) {
    this.url = url;
    this.cookies = new Map();
    this.html = "";
  }

  async get(path) {
    return this.#ask(path, { method: "GET" });
  }

  async post(path, values) {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) for (const one of [value].flat()) body.append(name, one);
    return this.#ask(path, { method: "POST", body });
  }

  /** Presses the button of the page that is shown: its hidden inputs, and what is typed. */
  async press(path, values) {
    const hidden = {};
    for (const [, name, value] of this.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)) hidden[name] = text(value);
    delete hidden.back;
    await this.post(path, { ...hidden, ...values });
    if (this.html.includes('name="warned"')) await this.press(path, values);
  }

  async askForCode(mail, next) {
    return this.post("/sign-in", { mail, next });
  }

  /** The code that was sent to an address; looks into the mail viewer, which is the demo's and no part of a journey. */
  async codeFor(mail) {
    for (;;) {
      const html = await (await fetch(`${this.url}/demo/outbox`)).text();
      const letter = html.split('<li class="card">').find((part) => part.includes(mail));
      const code = /(\d{6})/.exec(letter?.split(mail)[1] ?? "")?.[1];
      if (code) return code;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async signIn(mail, next) {
    await this.askForCode(mail, next);
    await this.post("/sign-in/code", { code: await this.codeFor(mail), next });
  }

  async #ask(path, request) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(this.url + path, { ...request, redirect: "manual", headers: { cookie, "sec-fetch-site": "same-origin" } });
    for (const one of answer.headers.getSetCookie()) {
      const [name, value] = one.split(";")[0].split(/=(.*)/s);
      this.cookies.set(name, value);
    }
    if (answer.status === 303) return this.get(answer.headers.get("location"));
    if (answer.status >= 400 && answer.status !== 422) throw new Error(`${path}: ${answer.status}`);
    this.html = await answer.text();
    return answer;
  }
}
