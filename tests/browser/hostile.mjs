// Text that clients and upstreams choose, in every field, on every page that
// shows it: it stays text. PAGES are paths.
import { base, check, env, finish, logIn, open, step } from "./lib.mjs";

const { browser, page, trouble } = await open();
page.on("dialog", (dialog) => {
  trouble.push(`a dialog opened: ${dialog.message()} at ${page.url()}`);
  return dialog.dismiss();
});

// What no page of ours contains.
const foreign = () => {
  const found = [];
  for (const e of document.querySelectorAll("*")) {
    const names = e.getAttributeNames();
    if (names.some((n) => n.startsWith("on") || n === "style" || n === "srcdoc")) found.push(e.outerHTML);
    for (const n of names) {
      const value = e.getAttribute(n);
      if (/^\s*(javascript|data):/i.test(value) && n !== "value" && n !== "title") found.push(e.outerHTML);
      if (/^(hx-get|hx-post|href|src|action|formaction)$/.test(n) && /evil\.example/.test(new URL(value, location.href).host)) found.push(e.outerHTML);
    }
  }
  for (const e of document.querySelectorAll("script, iframe, object, embed, base, meta[http-equiv], img, link, marquee, math, video, audio, form")) {
    const address = e.getAttribute("src") ?? e.getAttribute("href") ?? e.getAttribute("action") ?? "";
    const ours = ["SCRIPT", "LINK", "FORM"].includes(e.tagName) && (address === "" || new URL(address, location.href).origin === location.origin) && (e.tagName !== "SCRIPT" || e.src);
    if (!ours) found.push(e.outerHTML);
  }
  if (window.pwned) found.push("a script ran");
  return found.map((html) => html.slice(0, 200));
};

await logIn(page, env("ADMIN_KEY"));
let seen = 0;
async function visit(path) {
  await page.goto(base + path);
  for (const html of await page.evaluate(foreign)) trouble.push(`${path} holds ${html}`);
  seen += (await page.locator("body").innerText()).includes("PWN") ? 1 : 0;
  return page;
}

for (const path of env("PAGES").split(" ")) {
  step(path);
  await visit(path);
}
await visit("/requests?range=all");
const rows = await page.locator("#rows a[href*='/requests/']").evaluateAll((links) => links.map((a) => a.getAttribute("href")));
check(rows.length > 20, `only ${rows.length} rows`);
step(`${rows.length} details`);
for (const href of rows) await visit(new URL(href, base).pathname);
check(seen > rows.length / 2, `the texts were shown on ${seen} pages only`);
await finish(browser, trouble);
