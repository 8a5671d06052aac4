// A portal of a test file's own: `madoguchi serve --demo` on a free port with a fresh folder. Invariant: what was started is
// stopped, and its folder removed, also when the test fails.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

const PATIENCE = 120_000;

/** Starts `program`, and waits for its line `ready http://…`. */
function serve(folder, listen, environment) {
  const program = process.env.MADOGUCHI_BIN;
  if (!program) throw new Error("MADOGUCHI_BIN does not name the program");
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("MADOGUCHI_")));
  const child = spawn(program, ["serve", "--demo"], {
    env: { ...inherited, ...environment, MADOGUCHI_DATA_DIR: folder, MADOGUCHI_LISTEN: listen },
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

/** `environment`: settings beside the demo's. `disk`: the size of a small disk of its own, such as `"48m"`, which root can mount. */
export async function startPortal({ environment = {}, disk } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "madoguchi-e2e-"));
  if (disk && spawnSync("mount", ["-t", "tmpfs", "-o", `size=${disk}`, "tmpfs", folder]).status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  let running = serve(folder, "127.0.0.1:0", environment);
  const stop = async (signal = "SIGTERM") => {
    running.child.kill(signal);
    await running.ended;
  };
  after(async () => {
    await stop();
    if (disk) spawnSync("umount", [folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  const url = await running.ready;
  return {
    url,
    folder,
    log: () => running.log(),
    pid: () => running.child.pid,
    demo: () => JSON.parse(readFileSync(join(folder, "demo.json"), "utf8")),
    stop,
    /** Starts it again on the same port and data. */
    async startAgain() {
      running = serve(folder, `127.0.0.1:${new URL(url).port}`, environment);
      await running.ready;
    },
    /** Stops it hard and starts it again on the same port and data. */
    async killAndStartAgain() {
      await stop("SIGKILL");
      await this.startAgain();
    },
    /** Runs a command of the program beside the server; what it prints. */
    command(...words) {
      const beside = { ...process.env, ...environment, MADOGUCHI_DATA_DIR: folder, MADOGUCHI_LISTEN: `127.0.0.1:${new URL(url).port}` };
      const { status, stdout, stderr } = spawnSync(process.env.MADOGUCHI_BIN, [...words, "--demo"], { env: beside, encoding: "utf8" });
      if (status !== 0) throw new Error(`${words[0]}: ${stderr}`);
      return stdout;
    },
    /** What `statement` gives, a line for each row; at once, in a connection of its own. */
    sql(statement, ...values) {
      return python(READ, [join(folder, "madoguchi.sqlite"), statement, ...values]);
    },
    /** Holds the database for itself until the function that this gives is called. */
    async lockDatabase() {
      const holder = spawn("python3", ["-c", HOLD, join(folder, "madoguchi.sqlite")], { stdio: ["pipe", "pipe", "inherit"] });
      await new Promise((resolve) => holder.stdout.once("data", resolve));
      return () => new Promise((resolve) => {
        holder.on("exit", resolve);
        holder.stdin.end();
      });
    },
    /** Takes all room on its disk; the function that this gives makes it free. */
    fillDisk() {
      // The log of the database has room of its own that it would write to first.
      this.sql("PRAGMA wal_checkpoint(TRUNCATE)");
      const filler = join(folder, "filler");
      const { bavail, bsize } = statfsSync(folder);
      try { writeFileSync(filler, Buffer.alloc(bavail * bsize)); }
      catch (error) { if (error.code !== "ENOSPC") throw error; }
      return () => { truncateSync(filler); rmSync(filler); };
    },
  };
}

const READ = `
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=20) as database:
    for row in database.execute(sys.argv[2], sys.argv[3:]):
        print(*row)
`;
const HOLD = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
database.execute("ROLLBACK")
`;

function python(program, values) {
  const { status, stdout, stderr } = spawnSync("python3", ["-c", program, ...values.map(String)], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim().split("\n").filter(Boolean);
}

/** The newest mail to `address` in the demo's outbox that `pattern` fits and `isNew` takes; the worker may take a moment. */
export async function mailTo(portal, address, pattern, isNew = () => true) {
  const until = Date.now() + 20_000;
  for (;;) {
    const html = await (await fetch(`${portal.url}/demo/outbox`)).text();
    const letters = html.split('<li class="card">').slice(1).map((part) => part.replace(/<[^>]*>/g, "\n"));
    const found = letters.find((letter) => letter.includes(address) && pattern.test(letter) && isNew(pattern.exec(letter)));
    if (found) return pattern.exec(found);
    if (Date.now() > until) throw new Error(`no mail to ${address}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
