// 「練習用の認証器」 Demo only: answers the page's WebAuthn calls with software P-256 keys, so that a computer without a
// passkey can sign in. The server checks the answers like any other; a production server does not serve this file.
//
// Invariants: it answers only for keys that it has (the sample staff's from the demo's JSON, and those that it made in this
// browser session) and leaves everything else to the browser; it answers only for the page's own host; each answer shows.
"use strict";
(() => {
  const KEYS = "/demo/practice-authenticator.json";
  const KEPT = "practice-authenticator";
  const COUNTED = "practice-authenticator-count";
  const ES256 = -7;
  const USER_PRESENT = 0x01;
  const USER_VERIFIED = 0x04;
  const NEW_KEY = 0x40;
  const P256 = { name: "ECDSA", namedCurve: "P-256" };

  const own = navigator.credentials || {};
  const ofBrowser = { create: own.create && own.create.bind(own), get: own.get && own.get.bind(own) };

  const decode = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (character) => character.charCodeAt(0));
  };
  const encode = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const view = (source) => (ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source));
  const join = (...parts) => {
    const all = parts.flatMap((part) => [...part]);
    return Uint8Array.from(all);
  };
  const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const big = (number, length) => Uint8Array.from({ length }, (_, at) => Math.floor(number / 256 ** (length - 1 - at)) % 256);

  // CBOR (RFC 8949), as much of it as an attestation needs. A map is a list of pairs in the order that CTAP2 asks for.
  const head = (major, count) => {
    if (count < 24) return [major << 5 | count];
    if (count < 256) return [major << 5 | 24, count];
    return [major << 5 | 25, ...big(count, 2)];
  };
  const cbor = (value) => {
    if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
    if (typeof value === "string") {
      const text = new TextEncoder().encode(value);
      return [...head(3, text.length), ...text];
    }
    if (value instanceof Uint8Array) return [...head(2, value.length), ...value];
    return [...head(5, value.length), ...value.flatMap(([key, item]) => [...cbor(key), ...cbor(item)])];
  };
  const coseKey = (jwk) => cbor([[1, 2], [3, ES256], [-1, 1], [-2, decode(jwk.x)], [-3, decode(jwk.y)]]);

  // Web Cryptography gives r and s side by side; WebAuthn wants the two integers in DER.
  const der = (pair) => {
    const integer = (bytes) => {
      let from = 0;
      while (from < bytes.length - 1 && bytes[from] === 0) from += 1;
      const digits = [...(bytes[from] > 0x7f ? [0] : []), ...bytes.slice(from)];
      return [0x02, digits.length, ...digits];
    };
    const both = [...integer(pair.slice(0, 32)), ...integer(pair.slice(32))];
    return Uint8Array.from([0x30, both.length, ...both]);
  };

  // Tenths of a second since 2025, so that it grows over browsers too, for they share the sample keys.
  const count = () => {
    const before = Number(sessionStorage.getItem(COUNTED));
    const counted = Math.max(before + 1, Math.floor((Date.now() - Date.UTC(2025, 0)) / 100));
    sessionStorage.setItem(COUNTED, String(counted));
    return big(counted, 4);
  };

  const kept = () => JSON.parse(sessionStorage.getItem(KEPT) || "[]");
  const known = async () => {
    const answer = await fetch(KEYS, { credentials: "same-origin" });
    const served = answer.ok ? (await answer.json()).keys : [];
    return [...kept(), ...served];
  };
  const find = async (rpId, wanted) => {
    const ids = (wanted || []).map((one) => encode(view(one.id)));
    if (ids.length === 0) return undefined;
    return (await known()).find((key) => key.rp_id === rpId && ids.includes(key.credential_id));
  };

  const ownHost = (rpId) => {
    const host = location.hostname;
    if (rpId !== undefined && rpId !== host && !host.endsWith("." + rpId)) {
      throw new DOMException("The page is not of this host.", "SecurityError");
    }
    return rpId === undefined ? host : rpId;
  };
  const clientData = (type, challenge) => new TextEncoder().encode(JSON.stringify({
    type, challenge: encode(view(challenge)), origin: location.origin, crossOrigin: false,
  }));
  const credential = (id, response) => ({
    id: encode(id),
    rawId: id.buffer,
    type: "public-key",
    authenticatorAttachment: "platform",
    response,
    getClientExtensionResults: () => ({}),
  });

  // The page goes on as soon as it has its answer; until then there is time to read who gave it.
  const READING_TIME = 1200;
  const answered = async () => {
    const place = document.querySelector("[data-practice-answered]");
    if (!place.querySelector("[role=status]")) {
      const line = document.createElement("p");
      line.setAttribute("role", "status");
      place.append(line);
      line.textContent = place.getAttribute("data-practice-answered");
    }
    await new Promise((resolve) => setTimeout(resolve, READING_TIME));
  };

  const create = async (options) => {
    const asked = options && options.publicKey;
    if (!asked) return ofBrowser.create(options);
    const rpId = ownHost(asked.rp.id);
    if (!asked.pubKeyCredParams.some((one) => one.type === "public-key" && one.alg === ES256)) {
      throw new DOMException("The practice authenticator knows ES256 only.", "NotSupportedError");
    }
    if (await find(rpId, asked.excludeCredentials)) {
      throw new DOMException("The practice authenticator has a key for this account.", "InvalidStateError");
    }
    const pair = await crypto.subtle.generateKey(P256, true, ["sign", "verify"]);
    const { kty, crv, x, y, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
    const id = crypto.getRandomValues(new Uint8Array(32));
    const made = {
      credential_id: encode(id),
      private_key: { kty, crv, x, y, d },
      user_handle: encode(view(asked.user.id)),
      rp_id: rpId,
    };
    const authenticatorData = join(
      await sha256(new TextEncoder().encode(rpId)),
      [USER_PRESENT | USER_VERIFIED | NEW_KEY],
      count(),
      new Uint8Array(16),
      big(id.length, 2),
      id,
      coseKey(made.private_key),
    );
    sessionStorage.setItem(KEPT, JSON.stringify([...kept(), made]));
    await answered();
    return credential(id, {
      attestationObject: Uint8Array.from(cbor([["fmt", "none"], ["attStmt", []], ["authData", authenticatorData]])).buffer,
      clientDataJSON: clientData("webauthn.create", asked.challenge).buffer,
      getTransports: () => ["internal"],
      getAuthenticatorData: () => authenticatorData.buffer,
    });
  };

  const get = async (options) => {
    const asked = options && options.publicKey;
    if (!asked) return ofBrowser.get(options);
    const rpId = ownHost(asked.rpId);
    // Without a list the site asks for whatever there is: one that was made here, unless only an offer beside a field is asked for.
    const isOpen = !(asked.allowCredentials || []).length && options.mediation !== "conditional";
    const key = isOpen ? kept().filter((one) => one.rp_id === rpId).pop() : await find(rpId, asked.allowCredentials);
    if (!key) {
      if (ofBrowser.get) return ofBrowser.get(options);
      throw new DOMException("The practice authenticator has no such key.", "NotAllowedError");
    }
    const authenticatorData = join(
      await sha256(new TextEncoder().encode(rpId)),
      [USER_PRESENT | USER_VERIFIED],
      count(),
    );
    const clientDataJSON = clientData("webauthn.get", asked.challenge);
    const signing = await crypto.subtle.importKey("jwk", key.private_key, P256, false, ["sign"]);
    const signed = join(authenticatorData, await sha256(clientDataJSON));
    const pair = new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, signing, signed));
    await answered();
    return credential(decode(key.credential_id), {
      authenticatorData: authenticatorData.buffer,
      clientDataJSON: clientDataJSON.buffer,
      signature: der(pair).buffer,
      userHandle: key.user_handle ? decode(key.user_handle).buffer : null,
    });
  };

  // Plain HTTP on another host than localhost has no Web Cryptography, and then nothing to sign with: passkey.js says so.
  if (!window.crypto || !window.crypto.subtle) return;
  if (navigator.credentials) {
    navigator.credentials.create = create;
    navigator.credentials.get = get;
  } else {
    Object.defineProperty(navigator, "credentials", { configurable: true, value: { create, get } });
  }
  if (!window.PublicKeyCredential) window.PublicKeyCredential = function PublicKeyCredential() {};
})();
