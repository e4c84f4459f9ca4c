// Follows a check, a preview, a replay or a comparison, until it has ended; closes a menu that was left; puts what is in a chosen
// file into its text area. The pages are complete without it.

"use strict";

const EVERY_MS = 500;
const PATIENCE_MS = 6000;

function follow(panel) {
  fetch(panel.dataset.live, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) })
    .then(async (answer) => {
      if (!answer.ok) throw new Error("status " + answer.status);
      const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = parsed.getElementById(panel.id);
      if (now) replace(panel, now);
    })
    // the next look may go better
    .catch(() => {})
    .finally(() => setTimeout(look, EVERY_MS));
}

// The focus stays in the panel, also where what had it is gone.
function replace(panel, now) {
  const focused = panel.contains(document.activeElement) ? document.activeElement.id : null;
  panel.replaceWith(now);
  if (focused === null) return;
  const same = focused ? document.getElementById(focused) : null;
  if (!same) now.tabIndex = -1;
  (same || now).focus({ preventScroll: true });
}

function look() {
  const panel = document.querySelector("[data-live]");
  if (panel) follow(panel);
}

document.addEventListener("click", (click) => closeMenus(click.target));
document.addEventListener("keydown", (key) => {
  if (key.key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

function closeMenus(clicked) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(clicked)) menu.open = false;
  }
}

// Windows writes texts as UTF-16 too; the mark at the beginning tells, and is no part of the text.
function text(buffer) {
  const [first, second] = new Uint8Array(buffer);
  const wide = { "255,254": "utf-16le", "254,255": "utf-16be" }[[first, second]];
  return new TextDecoder(wide || "utf-8").decode(buffer);
}

for (const input of document.querySelectorAll("input[data-into]")) {
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (file) document.getElementById(input.dataset.into).value = text(await file.arrayBuffer());
  });
}

look();
