// Keeps the status fresh: asks for the live parts every two seconds and puts those in place that have changed. The page is
// complete without it.

"use strict";

const EVERY_MS = 2000;
const PATIENCE_MS = 6000;

const live = document.getElementById("live");
const fresh = document.getElementById("fresh");
const away = document.getElementById("away");

let tag = "";
let lastAnswer = new Date();
let failures = 0;
let busy = false;

function clockTime(date) {
  return date.toISOString().slice(11, 19) + " UTC";
}

function refresh() {
  if (busy || document.hidden) return;
  busy = true;
  const headers = tag ? { "If-None-Match": tag } : {};
  fetch("/live", { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) })
    .then(async (answer) => {
      if (answer.status === 200) {
        const text = await answer.text();
        take(text);
        tag = answer.headers.get("ETag") || "";
      } else if (answer.status !== 304) {
        throw new Error("status " + answer.status);
      }
      answered();
    })
    .catch(unanswered)
    .finally(() => { busy = false; });
}

function answered() {
  failures = 0;
  lastAnswer = new Date();
  fresh.textContent = "Live, " + clockTime(lastAnswer);
  away.hidden = true;
  document.body.classList.remove("is-away");
}

// One answer that does not come is no news yet.
function unanswered() {
  failures += 1;
  if (failures < 2) return;
  const words = "No answer from siembox since " + clockTime(lastAnswer) +
    ". The page shows the status of that time and retries.";
  if (away.textContent !== words || away.hidden) away.textContent = words;
  away.hidden = false;
  document.body.classList.add("is-away");
}

// Puts new sections in the place of old ones that differ.
function take(text) {
  const parsed = new DOMParser().parseFromString(text, "text/html");
  for (const section of parsed.querySelectorAll("body > section")) {
    const old = document.getElementById(section.id);
    if (!old) live.append(section);
    else if (plain(old) !== plain(section)) replace(old, section);
  }
  const now = document.getElementById("now");
  if (now) document.title = now.dataset.title;
}

// As the server sent it: what the visitor has opened or closed is no difference.
function plain(section) {
  const copy = section.cloneNode(true);
  for (const details of copy.querySelectorAll("details")) details.open = false;
  return copy.innerHTML;
}

function replace(old, section) {
  const focused = old.contains(document.activeElement) ? address(old, document.activeElement) : null;
  for (const details of old.querySelectorAll("details[id]")) {
    const same = section.querySelector("#" + CSS.escape(details.id));
    if (same) same.open = details.open;
  }
  if (section.dataset.title) old.dataset.title = section.dataset.title;
  old.replaceChildren(...section.childNodes);
  if (focused) {
    const same = focused(old);
    if (same) same.focus({ preventScroll: true });
  }
}

// Finds an element again in a new version of its section: by its id, or by the details that it opens.
function address(section, element) {
  if (element.id) return (root) => root.querySelector("#" + CSS.escape(element.id));
  const details = element.closest("details[id]");
  if (details && element.localName === "summary") {
    return (root) => root.querySelector("#" + CSS.escape(details.id) + " > summary");
  }
  return null;
}

setInterval(refresh, EVERY_MS);
document.addEventListener("visibilitychange", refresh);
refresh();
