// A real Chromium that notices everything it must not see: console errors,
// policy violations, page errors, requests to other hosts.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const env = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
};

export const base = env("PANEL_URL").replace(/\/$/, "");

// The test that started this script answers on standard input, line by line.
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export async function ask(...words) {
  console.log(["ask", ...words].join(" "));
  const { value, done } = await answers.next();
  if (done) throw new Error(`no answer to ${words.join(" ")}`);
  return value;
}

export const step = (text) => console.log(`step ${text}`);

export function check(condition, text) {
  if (!condition) throw new Error(text);
}

export async function open({ width = 1440, height = 900, javaScriptEnabled = true, ...rest } = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
  const context = await browser.newContext({
    viewport: { width, height }, javaScriptEnabled, ignoreHTTPSErrors: true, ...rest,
  });
  const trouble = [];
  // Also when the script breaks off.
  process.on("exit", () => trouble.forEach((t) => console.log(`trouble ${t}`)));
  if (javaScriptEnabled) {
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (e) =>
        console.error(`CSP violation: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
    });
  }
  const page = await context.newPage();
  page.on("console", (m) => m.type() === "error" && !expected(m.text()) && trouble.push(`console: ${m.text()} at ${page.url()}`));
  page.on("pageerror", (e) => trouble.push(`page error: ${e.message} at ${page.url()}`));
  page.on("request", (r) => {
    const url = new URL(r.url());
    if (url.protocol.startsWith("http") && url.origin !== new URL(base).origin) trouble.push(`foreign request: ${r.url()}`);
  });
  return { browser, context, page, trouble };
}

// Chromium logs every 4xx answer as an error; a 404 or 422 we asked for is none.
const expected = (text) => /status of (401|403|404|422|429)/.test(text);

const axeTags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// Runs axe on the page as it is, or only some rules of it; returns one line per
// violation.
export async function axe(page, rules) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const runOnly = rules ? { type: "rule", values: rules } : { type: "tag", values: axeTags };
  const result = await page.evaluate((runOnly) => window.axe.run(document, { runOnly, resultTypes: ["violations"] }), runOnly);
  return result.violations.map((v) => `${v.id} (${v.impact}) ${v.nodes.map((n) => n.target.join(" ") + " " + n.html.slice(0, 160)).slice(0, 4).join(" | ")}`);
}

// axe on the page as it is, light and dark, and whether it fits into the window,
// at these widths; the dark scheme may be looked at in fewer of them.
export async function look(page, trouble, where, { widths = [1440, 390], dark = widths } = {}) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    for (const scheme of dark.includes(width) ? ["light", "dark"] : ["light"]) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      // The other scheme changes colours only.
      const rules = scheme === "dark" ? ["color-contrast"] : undefined;
      for (const line of await axe(page, rules)) trouble.push(`axe ${where} ${width} ${scheme}: ${line}`);
    }
  }
  for (const width of [1440, 1024, 390, 320]) {
    await page.setViewportSize({ width, height: 900 });
    const [needed, widest] = await page.evaluate(() => {
      const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1);
      return [document.scrollingElement.scrollWidth - innerWidth, wide.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" | ")];
    });
    if (needed > 0) trouble.push(`${where} is ${needed} too wide for a window of ${width}: ${widest}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
}

// Through the form, as a person does.
export async function logIn(page, key, path = "/") {
  await page.goto(`${base}/login?next=${encodeURIComponent(path)}`);
  await page.locator("input[name=key]").fill(key);
  await page.locator("main button[type=submit]").first().click();
  await page.waitForURL((url) => !url.pathname.endsWith("/login"));
}

export async function finish(browser, trouble) {
  await browser.close();
  if (!trouble.length) console.log("passed");
  process.exit(trouble.length ? 1 : 0);
}
