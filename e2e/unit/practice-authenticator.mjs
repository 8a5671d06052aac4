// The practice authenticator against an implementation that shares no code with it: what it answers is verified as a
// server verifies it (@simplewebauthn/server), with the demands of Madoguchi: ES256, user verification, own host.
import assert from "node:assert/strict";
import { createHash, createPublicKey, verify, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";

const SOURCE = readFileSync(new URL("../../app/script/practice-authenticator.js", import.meta.url), "utf8");
const ORIGIN = "http://localhost:8080";
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const challenge = () => webcrypto.getRandomValues(new Uint8Array(32));

/** A key of a sample member of staff, as the demo serves it, and its public half as the server keeps it. */
async function sampleKey() {
  const pair = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const { kty, crv, x, y, d } = await webcrypto.subtle.exportKey("jwk", pair.privateKey);
  const credential_id = base64url(webcrypto.getRandomValues(new Uint8Array(32)));
  return { user_id: "sample", credential_id, private_key: { kty, crv, x, y, d }, user_handle: base64url(challenge()), rp_id: "localhost" };
}
function cose({ x, y }) {
  const head = Buffer.from("a5010203262001215820", "hex");
  return new Uint8Array(Buffer.concat([head, Buffer.from(x, "base64url"), Buffer.from("225820", "hex"), Buffer.from(y, "base64url")]));
}

/** A page with the script on it. `ofBrowser` is what the browser's own authenticator would answer. */
function page({ keys = [], ofBrowser, host = "localhost", crypto = webcrypto, session = new Map(), credentials = true } = {}) {
  const lines = [];
  const waits = [];
  const place = {
    getAttribute: () => "練習用の認証器が応答しました。",
    querySelector: () => lines[0] ?? null,
    append: (line) => lines.push(line),
  };
  const window = { crypto };
  const navigator = credentials ? { credentials: { create: ofBrowser, get: ofBrowser } } : {};
  const environment = {
    window, navigator, crypto,
    document: { querySelector: () => place, createElement: () => ({ setAttribute() {} }) },
    sessionStorage: {
      getItem: (key) => session.get(key) ?? null,
      setItem: (key, value) => session.set(key, value),
      removeItem: (key) => session.delete(key),
    },
    location: { hostname: host, origin: host === "localhost" ? ORIGIN : `https://${host}` },
    setTimeout: (done, milliseconds) => { waits.push(milliseconds); done(); },
    fetch: async (address) => {
      assert.equal(address, "/demo/practice-authenticator.json");
      return { ok: true, json: async () => ({ keys }) };
    },
  };
  new Function(...Object.keys(environment), SOURCE)(...Object.values(environment));
  return { window, credentials: navigator.credentials, lines, waits, session };
}

const creation = (asked, more = {}) => ({
  publicKey: {
    challenge: asked,
    rp: { id: "localhost", name: "窓口" },
    user: { id: new Uint8Array([1, 2, 3]), name: "sample", displayName: "見本" },
    pubKeyCredParams: [{ type: "public-key", alg: -7 }],
    ...more,
  },
});
const request = (asked, ...ids) => ({
  publicKey: {
    challenge: asked,
    rpId: "localhost",
    allowCredentials: ids.map((id) => ({ type: "public-key", id: new Uint8Array(Buffer.from(id, "base64url")) })),
    userVerification: "required",
  },
});

/** As passkey.js sends it. */
function sent(made) {
  const { attestationObject, authenticatorData, clientDataJSON, signature, userHandle } = made.response;
  const response = attestationObject
    ? { attestationObject: base64url(attestationObject), clientDataJSON: base64url(clientDataJSON), transports: made.response.getTransports() }
    : {
        authenticatorData: base64url(authenticatorData),
        clientDataJSON: base64url(clientDataJSON),
        signature: base64url(signature),
        userHandle: userHandle ? base64url(userHandle) : undefined,
      };
  return { id: made.id, rawId: base64url(made.rawId), type: made.type, response, clientExtensionResults: {} };
}
const verifyCreation = (made, asked) => verifyRegistrationResponse({
  response: sent(made), expectedChallenge: base64url(asked), expectedOrigin: ORIGIN, expectedRPID: "localhost",
  requireUserVerification: true, supportedAlgorithmIDs: [-7],
});
const verifyRequest = (made, asked, credential) => verifyAuthenticationResponse({
  response: sent(made), expectedChallenge: base64url(asked), expectedOrigin: ORIGIN, expectedRPID: "localhost",
  requireUserVerification: true, credential,
});
/** OpenSSL is stricter about DER than the library, which pads what is too short. */
function isStrictSignature({ response }, { kty, crv, x, y }) {
  const digest = createHash("sha256").update(Buffer.from(response.clientDataJSON)).digest();
  const signed = Buffer.concat([Buffer.from(response.authenticatorData), digest]);
  const key = createPublicKey({ format: "jwk", key: { kty, crv, x, y } });
  return verify("sha256", signed, { key, dsaEncoding: "der" }, Buffer.from(response.signature));
}

test("a server takes the signature of a sample key, every time", async () => {
  const key = await sampleKey();
  const { credentials, lines } = page({ keys: [await sampleKey(), key] });
  let counter = 0;
  // Many times, for the integers of a signature are sometimes shorter, and a DER that is wrong then goes wrong seldom.
  for (let time = 0; time < 600; time++) {
    const asked = challenge();
    const made = await credentials.get(request(asked, key.credential_id));
    const told = await verifyRequest(made, asked, { id: key.credential_id, publicKey: cose(key.private_key), counter });
    assert.equal(told.verified, true);
    assert.ok(isStrictSignature(made, key.private_key));
    assert.equal(told.authenticationInfo.userVerified, true);
    assert.ok(told.authenticationInfo.newCounter > counter, "the counter grows");
    counter = told.authenticationInfo.newCounter;
  }
  assert.equal(lines.length, 1, "the person sees that it answered, once");
});

test("a signature over another challenge or by another key is not taken", async () => {
  const key = await sampleKey();
  const other = await sampleKey();
  const { credentials } = page({ keys: [key] });
  const asked = challenge();
  const made = await credentials.get(request(asked, key.credential_id));
  const credential = { id: key.credential_id, publicKey: cose(key.private_key), counter: 0 };
  await assert.rejects(verifyRequest(made, challenge(), credential), /challenge/);
  const told = await verifyRequest(made, asked, { ...credential, publicKey: cose(other.private_key) });
  assert.equal(told.verified, false);
});

test("a key that was made is taken by a server and signs in later in the same browser session", async () => {
  const { credentials, session } = page();
  const asked = challenge();
  const made = await credentials.create(creation(asked));
  const told = await verifyCreation(made, asked);
  assert.equal(told.verified, true);
  assert.equal(told.registrationInfo.fmt, "none");
  assert.equal(told.registrationInfo.userVerified, true);
  assert.equal(told.registrationInfo.credential.id, made.id);

  const later = page({ session });
  const again = challenge();
  const signed = await later.credentials.get(request(again, made.id));
  assert.equal((await verifyRequest(signed, again, told.registrationInfo.credential)).verified, true);
  assert.equal(Buffer.from(signed.response.userHandle).toString("hex"), "010203");
});

test("there is time to read who answered before the page goes on", async () => {
  const key = await sampleKey();
  const { credentials, lines, waits } = page({ keys: [key] });
  await credentials.get(request(challenge(), key.credential_id));
  assert.equal(lines[0].textContent, "練習用の認証器が応答しました。");
  assert.equal(waits.length, 1);
  assert.ok(waits[0] >= 1000);
});

test("a key that it does not have is left to the browser's own authenticator", async () => {
  const asked = request(challenge(), (await sampleKey()).credential_id);
  const ofBrowser = async (options) => { assert.equal(options, asked); return "the browser's"; };
  const { credentials, lines } = page({ keys: [await sampleKey()], ofBrowser });
  assert.equal(await credentials.get(asked), "the browser's");
  assert.equal(lines.length, 0);
  const alone = page({ keys: [], credentials: false });
  await assert.rejects(alone.credentials.get(asked), { name: "NotAllowedError" });
});

test("it makes no second key for an account that has one, and none of a kind that was not asked for", async () => {
  const { credentials } = page();
  const first = await credentials.create(creation(challenge()));
  const known = [{ type: "public-key", id: new Uint8Array(first.rawId) }];
  await assert.rejects(credentials.create(creation(challenge(), { excludeCredentials: known })), { name: "InvalidStateError" });
  const rsa = [{ type: "public-key", alg: -257 }];
  await assert.rejects(credentials.create(creation(challenge(), { pubKeyCredParams: rsa })), { name: "NotSupportedError" });
});

test("it signs for the page's own host only", async () => {
  const key = await sampleKey();
  const elsewhere = page({ keys: [key], host: "notlocalhost" });
  await assert.rejects(elsewhere.credentials.get(request(challenge(), key.credential_id)), { name: "SecurityError" });
  await assert.rejects(elsewhere.credentials.create(creation(challenge())), { name: "SecurityError" });
});

test("a browser without WebAuthn gets what passkey.js needs; one without Web Cryptography gets nothing", async () => {
  const key = await sampleKey();
  const { window, credentials } = page({ keys: [key], credentials: false });
  assert.equal(typeof window.PublicKeyCredential, "function");
  assert.equal((await credentials.get(request(challenge(), key.credential_id))).id, key.credential_id);
  const bare = page({ crypto: {}, credentials: false });
  assert.equal(bare.window.PublicKeyCredential, undefined);
  assert.equal(bare.credentials, undefined);
});
