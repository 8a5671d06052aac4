// Passkey ceremonies: a form with the options beside it; the answer goes into a hidden field and the form is sent.
"use strict";
(() => {
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (character) => character.charCodeAt(0));
  };
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const create = async (options) => {
    options.challenge = bytes(options.challenge);
    options.user.id = bytes(options.user.id);
    for (const known of options.excludeCredentials || []) known.id = bytes(known.id);
    const made = await navigator.credentials.create({ publicKey: options });
    return {
      attestationObject: text(made.response.attestationObject),
      clientDataJSON: text(made.response.clientDataJSON),
      transports: made.response.getTransports ? made.response.getTransports() : [],
      made,
    };
  };
  const get = async (options, mediation) => {
    options.challenge = bytes(options.challenge);
    for (const known of options.allowCredentials || []) known.id = bytes(known.id);
    const made = await navigator.credentials.get({ publicKey: options, mediation });
    return {
      authenticatorData: text(made.response.authenticatorData),
      clientDataJSON: text(made.response.clientDataJSON),
      signature: text(made.response.signature),
      userHandle: made.response.userHandle ? text(made.response.userHandle) : null,
      made,
    };
  };

  const put = (form, { made, ...response }) => {
    form.elements.namedItem("credential").value = JSON.stringify({
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      response,
      extensions: {},
    });
    form.submit();
  };

  // Beside the field: the browser offers what it has for this site, and nothing is asked of who does not want it.
  const offer = async (form) => {
    const can = window.PublicKeyCredential && PublicKeyCredential.isConditionalMediationAvailable;
    if (!can || !(await PublicKeyCredential.isConditionalMediationAvailable())) return;
    const answer = await fetch(form.dataset.beside, { method: "POST", credentials: "same-origin" });
    if (!answer.ok) return;
    const { ceremony, options } = await answer.json();
    form.elements.namedItem("ceremony").value = ceremony;
    put(form, await get(JSON.parse(options).publicKey, "conditional"));
  };
  const beside = document.querySelector("form[data-beside]");
  // Whoever goes another way has refused it; there is nothing to say.
  if (beside) offer(beside).catch(() => {});

  const form = document.querySelector("form[data-ceremony]");
  if (!form) return;
  const trouble = form.querySelector("[data-trouble]");
  form.addEventListener("submit", async (event) => {
    if (form.elements.namedItem("credential").value) return;
    event.preventDefault();
    trouble.textContent = "";
    try {
      if (!window.PublicKeyCredential) throw new Error("none");
      const options = JSON.parse(form.dataset.options).publicKey;
      put(form, await (form.dataset.ceremony === "create" ? create(options) : get(options)));
    } catch (error) {
      trouble.textContent = error.message === "none" ? trouble.dataset.none : trouble.dataset.failed;
    }
  });
})();
