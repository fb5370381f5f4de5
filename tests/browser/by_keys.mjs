// A day's work without a mouse: log in, filter, open a request and come back,
// pause the live list, name a price, switch an account off and back, end a
// session. Only keys are pressed; each time the focus is where it can be seen.
import { base, check, env, finish, logIn, open, step } from "./lib.mjs";

const { browser, page, trouble } = await open();
const press = (keys) => page.keyboard.press(keys);
const gone = (part) => page.locator(part).waitFor({ state: "detached" });

// What has the focus: whether `wanted` matches it, and whether it is outlined
// and on the screen.
const focus = (wanted) => page.evaluate((wanted) => {
  const e = document.activeElement;
  const box = e.getBoundingClientRect();
  const outlined = [e, e.closest("label")].some((of) => {
    const style = of && getComputedStyle(of);
    return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  return {
    there: e.matches(wanted),
    seen: outlined && box.width > 0 && box.bottom > 0 && box.top < innerHeight,
    html: e.outerHTML.slice(0, 160),
  };
}, wanted);

// Tab until `wanted` has the focus; nothing on the way may hold or hide it.
async function to(wanted, key = "Tab") {
  for (let presses = 0; presses < 250; presses++) {
    const now = await focus(wanted);
    if (now.there) {
      check(now.seen, `the focus cannot be seen on ${now.html}`);
      return;
    }
    await press(key);
  }
  throw new Error(`${key} does not lead to ${wanted}; it stopped at ${(await focus("*")).html}`);
}

// Enter on a link or button that leads to another page.
async function follow(wanted, path) {
  await to(wanted);
  await Promise.all([page.waitForURL(path), press("Enter")]);
  await page.waitForLoadState();
}
const at = (path) => (url) => url.href.startsWith(base + path);

step("log in: the field has the focus already");
await page.goto(`${base}/login`);
check((await focus("input[name=key]")).there, "the Admin Key is not asked for at once");
await page.keyboard.type(env("ADMIN_KEY"));
await Promise.all([page.waitForURL(`${base}/`), press("Enter")]);

step("Requests: search by /, narrow by a menu of boxes and a list");
await follow(".places a[href$='/requests']", at("/requests"));
await page.locator("#filters[data-htmx-powered]").waitFor({ state: "attached" });
await press("/");
check((await focus("#q")).there, "/ does not lead to the search");
await page.keyboard.type("gpt");
await page.waitForURL(/[?&]q=gpt/);
await to("select[name=status]");
await page.keyboard.type("Fail");
await page.waitForURL(/[?&]status=failed/);
check((await focus("select[name=status]")).there, "filtering took the focus away");
await to("#filters details.pick > summary", "Shift+Tab");
await press("Enter");
await to("#filters details.pick[open] input[type=checkbox]");
await press("Space");
await page.locator(".chip").nth(2).waitFor();
check((await focus("#filters details.pick[open] input[type=checkbox]")).there, "choosing a box took the focus away");
await press("Escape");
await gone("#filters details.pick[open]");
check((await focus("#filters details.pick > summary")).there, "Escape lost the focus");

step("More filters stays open while one after the other is set");
await to("#filters details.more-filters > summary");
await press("Enter");
await to("#filters input[name=http]");
await page.keyboard.type("429");
await press("Enter");
await page.waitForURL(/[?&]http=429/);
check((await focus("#filters details.more-filters[open] input[name=http]")).there, "Enter closed the menu");
await to("#filters select[name=cache]");
await page.keyboard.type("mi");
await page.waitForURL(/[?&]cache=miss/);
check((await focus("#filters details.more-filters[open] select[name=cache]")).there, "choosing closed the menu");
await press("Home");
await page.waitForURL((url) => !url.searchParams.has("cache"));
await press("Escape");
await gone("#filters details.more-filters[open]");
const filtered = page.url();

step("open a request and come back");
await follow("#rows a.whole", /\/requests\/.+/);
// The keys of the browser itself are not at hand here.
await page.goBack();
await page.waitForURL(filtered);
await page.locator("#rows tr").first().waitFor();

step("pause the live list, and let it go on");
await follow("#head a.button:not(.plain)", /live=0/);
await follow("#head a.button:not(.plain)", (url) => !url.search.includes("live=0"));

step("a price: its form takes the focus, a mistake takes it, then what became of it");
await page.goto(`${base}/usage/prices?show=built_in&q=gpt-5`);
await to(".prices td a[hx-get]");
await press("Enter");
await page.locator(".editor form").waitFor();
await page.waitForFunction(() => document.activeElement.matches(".editor input"));
await to("#f-input-0, .editor .cells tr:first-child td:nth-child(3) input");
await press("Control+A");
await page.keyboard.type("not a price");
await Promise.all([page.waitForEvent("load"), press("Enter")]);
check((await focus("#error")).there, `a mistake does not take the focus: ${(await focus("#error")).html}`);
await to(".cells tr:first-child td:nth-child(3) input");
await press("Control+A");
await page.keyboard.type("1.25");
await Promise.all([page.waitForURL(/\/usage\/prices\?/), press("Enter")]);
await page.waitForLoadState();
check((await focus("#flash")).there, "what became of the price does not take the focus");
await follow("#flash button", /done=undone/);

step("an account: off by its menu, back by the button after the message");
await page.goto(`${base}/accounts`);
for (let tries = 0; tries < 100 && !(await page.locator("#rows > tr").count()); tries++) await page.goto(`${base}/accounts`);
await to("#rows .menu > summary");
await press("Enter");
await to("#rows .menu[open] button");
await Promise.all([page.waitForEvent("load"), press("Enter")]);
check((await focus("#flash")).there, "what became of the account does not take the focus");
await to("#flash button");
await Promise.all([page.waitForEvent("load"), press("Enter")]);
await page.locator("#flash", { hasText: "is enabled" }).waitFor();

step("Settings: end the session of another browser");
const other = await browser.newContext();
await logIn(await other.newPage(), env("ADMIN_KEY"));
await follow(".places a[href$='/settings/collection']", at("/settings/collection"));
await follow(".tabs a[href$='/settings/sessions']", at("/settings/sessions"));
const sessions = page.locator("main tbody tr");
const before = await sessions.count();
await to("main tr:not(:has(.state.ok)) button");
await Promise.all([page.waitForEvent("load"), press("Enter")]);
check((await sessions.count()) === before - 1, "the session was not ended");
check((await focus("#error, #flash")).there, "what became of the session does not take the focus");

step("Preferences: open, look, Escape, and the focus is back");
await to(".prefs > summary", "Shift+Tab");
await press("Enter");
await to(".prefs[open] select[name=theme]");
await press("Escape");
await gone(".prefs[open]");
check((await focus(".prefs > summary")).there, "Escape lost the focus");
await finish(browser, trouble);
