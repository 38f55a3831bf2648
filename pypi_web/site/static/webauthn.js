// Security keys and passkeys: a form with `data-key` is sent with what a key answers to its options.

const TROUBLE = {
  InvalidStateError: "This key is added already. Use another.",
  NotAllowedError: "No key was shown, or it took too long. Try again.",
  NotSupportedError: "This key can do none of what is needed here. Use another.",
  SecurityError: "Keys do not work at this address: open the site by its name, over TLS.",
};

function toBytes(text) {
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
}

function toText(buffer) {
  const binary = Array.from(new Uint8Array(buffer), (each) => String.fromCharCode(each)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function readOptions(text) {
  const options = JSON.parse(text);
  options.challenge = toBytes(options.challenge);
  if (options.user) {
    options.user.id = toBytes(options.user.id);
  }
  for (const list of [options.excludeCredentials, options.allowCredentials]) {
    for (const each of list ?? []) {
      each.id = toBytes(each.id);
    }
  }
  return options;
}

function writeAnswer(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) {
      response[name] = toText(credential.response[name]);
    }
  }
  const id = toText(credential.rawId);
  return JSON.stringify({ id, rawId: id, type: credential.type, response });
}

function findHindrance() {
  if (!window.isSecureContext) {
    return "Browsers let keys be used over TLS alone, and this page came without it.";
  }
  return window.PublicKeyCredential ? "" : "This browser cannot use keys. Try another one.";
}

function show(place, text) {
  place.textContent = text;
  place.hidden = text === "";
}

function prepare(form) {
  const button = form.querySelector("button[type=submit]");
  const missing = form.querySelector("[data-key-missing]");
  const trouble = form.querySelector("[data-key-trouble]");
  const hindrance = findHindrance();
  show(missing, hindrance);
  if (hindrance) {
    return;
  }
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    show(trouble, "");
    button.disabled = true;
    try {
      const publicKey = readOptions(form.dataset.options);
      const credential = await navigator.credentials[form.dataset.key]({ publicKey });
      form.elements.answer.value = writeAnswer(credential);
      form.submit();
    } catch (error) {
      show(trouble, TROUBLE[error.name] ?? `The browser could not use a key: ${error.message}`);
      button.disabled = false;
    }
  });
}

for (const form of document.querySelectorAll("form[data-key]")) {
  prepare(form);
}
