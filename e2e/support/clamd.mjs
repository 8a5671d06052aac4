// The scanner itself (Debian's clamav-daemon) with a database of our own that knows one thing: the test virus of EICAR. The
// real database is fetched from the network, which a test has not. Invariant: what was started is ended, and its folder removed.
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { until } from "./browser.mjs";
import { EICAR } from "./hostile.mjs";

/** Whether there is one on this machine; `.ci/setup soak` installs it. */
export const hasClamd = () => spawnSync("clamd", ["--version"]).status === 0;

export function prepareClamd() {
  const folder = mkdtempSync(join(tmpdir(), "madoguchi-clamd-"));
  const database = join(folder, "database");
  const socket = join(folder, "clamd.ctl");
  mkdirSync(database);
  // clamd gives root away to an account of its own.
  for (const one of [folder, database]) chmodSync(one, 0o755);
  writeFileSync(join(database, "eicar.ndb"), `Eicar-Test-Signature:0:*:${Buffer.from(EICAR, "latin1").toString("hex")}\n`);
  const settings = join(folder, "clamd.conf");
  writeFileSync(settings, [`LocalSocket ${socket}`, `DatabaseDirectory ${database}`, "Foreground yes", "StreamMaxLength 6M", "User root", ""].join("\n"));
  let running;
  const kill = async () => {
    if (!running) return;
    running.child.kill("SIGKILL");
    await running.ended;
    running = undefined;
    rmSync(socket, { force: true });
  };
  after(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    socket,
    async start() {
      const child = spawn("clamd", [`--config-file=${settings}`], { stdio: ["ignore", "ignore", "pipe"] });
      let log = "";
      child.stderr.on("data", (text) => { log += text; });
      running = { child, ended: new Promise((resolve) => child.on("exit", resolve)) };
      await until(`clamd listens ${log}`, () => existsSync(socket) || child.exitCode !== null, 60_000);
      if (child.exitCode !== null) throw new Error(`clamd ended: ${log}`);
    },
    /** As a machine does that has no memory left. */
    kill,
  };
}
