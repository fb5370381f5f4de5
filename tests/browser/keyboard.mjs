// Without a mouse: Tab reaches every control, the focus can be seen, Escape
// closes what opened, nothing holds the focus. PAGES are paths.
import { base, check, env, finish, logIn, open, step } from "./lib.mjs";

const { browser, page, trouble } = await open();
await logIn(page, env("ADMIN_KEY"));

for (const path of env("PAGES").split(" ")) {
  step(path);
  await page.goto(base + path);
  // What can be used without opening anything first.
  const controls = await page.evaluate(() => {
    const all = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']");
    const usable = [...all].filter((e) => e.checkVisibility({ visibilityProperty: true }) && e.tabIndex >= 0 && !e.disabled);
    const first = new Set();
    return usable
      .filter((e) => e.type !== "radio" || !first.has(e.name) === Boolean(first.add(e.name)))
      .map((e, n) => ((e.dataset.stop = n), n)).length;
  });
  const reached = new Set();
  for (let n = 0; n < controls + 5; n++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) return null;
      const box = e.getBoundingClientRect();
      // A field may be outlined together with its label.
      const shown = [e, e.closest("label")].some((of) => {
        const style = of && getComputedStyle(of);
        return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
      });
      return { n: e.dataset.stop, shown, seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight, html: e.outerHTML.slice(0, 140) };
    });
    if (!stop) continue;
    if (stop.n !== undefined) reached.add(stop.n);
    if (!stop.shown) trouble.push(`${path}: the focus cannot be seen on ${stop.html}`);
    if (!stop.seen) trouble.push(`${path}: focused out of sight: ${stop.html}`);
  }
  const missed = await page.evaluate((reached) => [...document.querySelectorAll("[data-stop]")]
    .filter((e) => !reached.includes(e.dataset.stop)).map((e) => e.outerHTML.slice(0, 140)), [...reached]);
  for (const html of missed) trouble.push(`${path}: Tab does not reach ${html}`);
}

step("the first stop skips to the content");
await page.goto(base + "/requests");
await page.keyboard.press("Tab");
await page.keyboard.press("Enter");
check(await page.evaluate(() => document.activeElement?.id === "main"), "the skip link does not move the focus");

step("Escape closes a menu and gives the focus back");
await page.goto(base + "/requests");
for (const menu of ["details.prefs", "#filters details.menu"]) {
  const summary = page.locator(`${menu} > summary`).first();
  await summary.focus();
  await page.keyboard.press("Enter");
  await page.locator(`${menu}[open]`).first().waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  await page.locator(`${menu}[open]`).waitFor({ state: "detached" });
  check(await summary.evaluate((e) => e === document.activeElement), `${menu}: the focus is lost`);
}
await finish(browser, trouble);
