// A network of our own between a browser and a portal, which cuts, loses and stops. Invariant: what it does not cut it passes
// on byte for byte.
import { connect, createServer } from "node:net";
import { after } from "node:test";

export async function startProxy(portal) {
  const port = Number(new URL(portal.url).port);
  const open = new Set();
  let down = false;
  let mishap;
  let happened = 0;

  const server = createServer((client) => {
    if (down) { client.destroy(); return; }
    const upstream = connect(port, "127.0.0.1");
    let asked = "";
    let sent = 0;
    const end = () => { client.destroy(); upstream.destroy(); open.delete(end); };
    open.add(end);
    for (const one of [client, upstream]) one.on("error", end).on("close", end);
    const hits = () => mishap && mishap.pattern.test(asked);
    client.on("data", (bytes) => {
      const line = /^(GET|POST|HEAD) \S+/.exec(bytes.toString("latin1"))?.[0];
      if (line) { asked = line; sent = 0; }
      if (hits() && mishap.kind === "cut") {
        upstream.write(bytes.subarray(0, Math.max(0, mishap.bytes - sent)));
        happened += 1;
        // What was written is still to leave before the line goes dead, and no answer comes over it any more.
        upstream.removeAllListeners("data").resume();
        upstream.end(() => client.destroy());
        return;
      }
      sent += bytes.length;
      upstream.write(bytes);
    });
    upstream.on("data", (bytes) => {
      if (hits() && mishap.kind === "lose") { happened += 1; end(); return; }
      client.write(bytes);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    open.forEach((end) => end());
    server.close();
  });
  return {
    /** What a test file's portal is for a browser that comes this way. */
    url: `http://localhost:${server.address().port}`,
    /** How often something was cut or lost since it was asked for. */
    happened: () => happened,
    /** The request reaches the portal up to so many bytes. `pattern` fits `POST /path`. */
    cut(pattern, bytes) { mishap = { kind: "cut", pattern, bytes }; happened = 0; },
    /** The request is done, and its answer does not come. */
    lose(pattern) { mishap = { kind: "lose", pattern }; happened = 0; },
    /** Nothing passes. */
    down() { down = true; open.forEach((end) => end()); },
    /** Every connection there is breaks; new ones pass. */
    breakAll() { open.forEach((end) => end()); },
    /** All is well. */
    well() { down = false; mishap = undefined; },
  };
}
