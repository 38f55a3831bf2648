// Copy buttons: hidden in the page, shown here, where a press can do something.

const SHOWN_FOR = 2000;

function copyBySelection(text) {
  // Where a page is served without TLS, browsers keep the clipboard from scripts, but not from this.
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  return isCopied;
}

async function copy(text) {
  if (!navigator.clipboard) {
    return copyBySelection(text);
  }
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function prepare(button, status) {
  const label = [...button.childNodes];
  let timer = 0;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const isCopied = await copy(button.dataset.copy);
    button.focus();
    button.replaceChildren(isCopied ? "Copied" : "Failed");
    button.classList.toggle("is-done", isCopied);
    status.textContent = isCopied ? "Copied" : "Copying failed: select the text instead";
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.replaceChildren(...label);
      button.classList.remove("is-done");
      status.textContent = "";
    }, SHOWN_FOR);
  });
}

const buttons = document.querySelectorAll("button[data-copy]");
if (buttons.length > 0) {
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  document.body.append(status);
  for (const button of buttons) {
    prepare(button, status);
  }
}
