// A portal of a test file's own: `madoguchi serve --demo` on a free port with a fresh folder. Invariant: what was started is
// stopped, and its folder removed, also when the test fails.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

const PATIENCE = 120_000;

/** Starts `program`, and waits for its line `ready http://…`. */
function serve(folder, listen) {
  const program = process.env.MADOGUCHI_BIN;
  if (!program) throw new Error("MADOGUCHI_BIN does not name the program");
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("MADOGUCHI_")));
  const child = spawn(program, ["serve", "--demo"], {
    env: { ...inherited, MADOGUCHI_DATA_DIR: folder, MADOGUCHI_LISTEN: listen },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (text) => { log += text; });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const ready = new Promise((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (text) => {
      said += text;
      const address = /^ready (http\S+)$/m.exec(said)?.[1];
      if (address) resolve(address);
    });
    ended.then((code) => reject(new Error(`the portal ended with ${code}\n${log.slice(-3000)}`)));
    setTimeout(() => reject(new Error(`the portal is not ready\n${log.slice(-3000)}`)), PATIENCE).unref();
  });
  return { child, ready, ended, log: () => log };
}

export async function startPortal() {
  const folder = mkdtempSync(join(tmpdir(), "madoguchi-e2e-"));
  let running = serve(folder, "127.0.0.1:0");
  const stop = async (signal = "SIGTERM") => {
    running.child.kill(signal);
    await running.ended;
  };
  after(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const url = await running.ready;
  return {
    url,
    folder,
    log: () => running.log(),
    demo: () => JSON.parse(readFileSync(join(folder, "demo.json"), "utf8")),
    /** Stops it hard and starts it again on the same port and data. */
    async killAndStartAgain() {
      await stop("SIGKILL");
      running = serve(folder, `127.0.0.1:${new URL(url).port}`);
      await running.ready;
    },
  };
}

/** The text of the newest mail to `address` in the demo's outbox that `pattern` fits; the worker may take a moment. */
export async function mailTo(portal, address, pattern) {
  const until = Date.now() + 20_000;
  for (;;) {
    const html = await (await fetch(`${portal.url}/demo/outbox`)).text();
    const letters = html.split('<li class="card">').slice(1).map((part) => part.replace(/<[^>]*>/g, "\n"));
    const found = letters.find((letter) => letter.includes(address) && pattern.test(letter));
    if (found) return pattern.exec(found);
    if (Date.now() > until) throw new Error(`no mail to ${address}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
