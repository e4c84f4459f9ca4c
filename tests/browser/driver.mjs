// A real browser, told what to do line by line: each line of standard input is a request as JSON, each line of standard output
// its answer. Started by tests/page/browser.rs; playwright-core and axe-core come from target/tools/browser.
//
//   {"do": "open", "url": "…", "width": 1440, "height": 900, "scheme": "light", "script": true}
//   {"do": "go", "url": "…", "width": 1440, "scheme": "light"}   the same page goes on, cookies and all
//   {"do": "until", "that": "an expression that becomes true in the page", "within": 20000}   (milliseconds)
//   {"do": "tell", "what": "an expression"}      its value
//   {"do": "press", "key": "Tab"}
//   {"do": "click", "at": "a selector"}          with the mouse
//   {"do": "download", "at": "a selector", "path": "…"}   the file that a click there brings; its name
//   {"do": "look", "width": 360, "scheme": "dark"}    the same page, as another screen shows it
//   {"do": "type", "text": "…"}                  as with a keyboard, where the focus is
//   {"do": "axe"}                                violations, in words
//   {"do": "shot", "path": "…png"}               the whole page
//   {"do": "asked"}                              addresses that the page has asked for, since it was opened
//   {"do": "complaints"}                         what the page has put on the console as an error, since then

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { resolve } from "node:path";

const require = createRequire(resolve(process.argv[2], "package.json"));
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;

// a new profile each time, removed at the end; no services of the browser's own
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  headless: true,
  chromiumSandbox: false,
  args: [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
  ],
});

let page;
let asked = [];
let complaints = [];

const requests = {
  async open({ url, width = 1440, height = 900, scheme = "light", script = true }) {
    await page?.context().close();
    const context = await browser.newContext({
      viewport: { width, height }, colorScheme: scheme, javaScriptEnabled: script, reducedMotion: "reduce",
      ignoreHTTPSErrors: true, // the box's own certificate
    });
    page = await context.newPage();
    [asked, complaints] = [[], []];
    page.on("request", (request) => asked.push(request.url()));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    const answer = await page.goto(url, { waitUntil: "load" });
    return answer.status();
  },

  async go({ url, width = 1440, height = 900, scheme = "light" }) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: scheme });
    const answer = await page.goto(url, { waitUntil: "load" });
    return answer.status();
  },

  async look({ width, height = 900, scheme }) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: scheme });
  },

  async until({ that, within = 20000 }) {
    const end = Date.now() + within;
    while (Date.now() < end) {
      // a page that is just being left has no answer
      if (await page.evaluate(that).catch(() => false)) return true;
      await sleep(50);
    }
    throw new Error(`never: ${that}; the page says: ${await page.evaluate("document.body.innerText")}`);
  },

  tell: ({ what }) => page.evaluate(what),
  click: ({ at }) => page.click(at, { timeout: 20000 }),
  async download({ at, path }) {
    const [file] = await Promise.all([page.waitForEvent("download", { timeout: 20000 }), page.click(at)]);
    await file.saveAs(path);
    return file.suggestedFilename();
  },
  press: ({ key }) => page.keyboard.press(key),
  type: ({ text }) => page.keyboard.type(text),
  shot: ({ path }) => page.screenshot({ path, fullPage: true }).then(() => path),
  asked: () => asked,
  complaints: () => complaints,

  async axe() {
    await page.evaluate(axe);
    const { violations } = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target}: ${failureSummary}`));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = { ok: (await requests[request.do](request)) ?? null };
  } catch (error) {
    answer = { failed: String(error) };
  }
  console.log(JSON.stringify(answer));
}
await browser.close();
