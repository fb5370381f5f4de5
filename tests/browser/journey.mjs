// A newcomer's first quarter of an hour: set up, see requests arrive, look for
// one, change how it looks, leave, and come back by a link.
import { ask, base, check, env, finish, look, open, step } from "./lib.mjs";

const { browser, context, page, trouble } = await open();
const at = (path) => (url) => url.href.startsWith(base + path);
const alert = page.getByRole("alert");
const next = () => page.locator("main form button.primary").first().click();
const row = page.locator("#rows tr");

step("every page leads to the set-up");
await page.goto(base + "/requests");
await page.waitForURL(at("/setup"));
await look(page, trouble, "set-up, Admin Key");

step("a wrong Admin Key is refused, the right one opens");
await page.locator("input[name=key]").fill("cmp_admin_00000000000000000000000000000000");
await next();
await alert.filter({ hasText: "not accepted" }).waitFor();
await look(page, trouble, "set-up, wrong Admin Key");
await page.locator("input[name=key]").fill(env("ADMIN_KEY"));
await next();

step("an address where nothing listens is named, with the way out");
await page.waitForURL(at("/setup/gateway"));
await look(page, trouble, "set-up, gateway");
await page.locator("input[name=url]").fill(env("NOBODY_URL"));
await next();
await alert.filter({ hasText: "Nothing listens" }).filter({ hasText: "Start the gateway" }).waitFor();
await look(page, trouble, "set-up, nobody there");
check((await page.locator("input[name=url]").inputValue()) === env("NOBODY_URL"), "the field was emptied");
await page.locator("input[name=url]").fill(env("CPA_URL"));
await next();

step("a wrong Management Key is tried once and named");
await page.waitForURL(at("/setup/key"));
await look(page, trouble, "set-up, key");
await page.locator("input[name=management_key]").fill("not-the-key-of-this-gateway");
await next();
await alert.filter({ hasText: "did not accept this key" }).waitFor();
await look(page, trouble, "set-up, wrong key");
check((await ask("refused")) === "1", "the wrong key was not tried exactly once");
await page.locator("input[name=management_key]").fill("not-the-key-of-this-gateway");
await next();
await alert.filter({ hasText: "refused this very key before" }).waitFor();
check((await ask("refused")) === "1", "the wrong key was tried again");
await page.locator("input[name=management_key]").fill(env("CPA_KEY"));
await next();

step("records are off in the gateway, and turned on from here");
await page.waitForURL(at("/setup/collection"));
await look(page, trouble, "set-up, collection");
await page.locator("input[name=turn_on]").check();
await next();

step("the first request shows that it works");
await page.waitForURL(at("/setup/first"));
check((await ask("statistics")) === "true", "usage records were not turned on");
await look(page, trouble, "set-up, first request");
await ask("push", "gpt-5-mini", "200");
await page.getByRole("heading", { name: "It arrived." }).waitFor();
await look(page, trouble, "set-up, arrived");
await page.getByRole("link", { name: "Go to Home" }).click();
await page.waitForURL((url) => url.href === base + "/");
await page.getByRole("heading", { level: 1 }).waitFor();

step("a row arrives without a reload");
await page.getByRole("link", { name: "Requests" }).first().click();
await page.waitForURL(at("/requests"));
await page.evaluate(() => (window.stayed = true));
await ask("push", "gpt-5", "200");
await row.filter({ hasText: "gpt-5" }).first().waitFor();
await ask("push", "claude-sonnet-4-6", "429");
await row.filter({ hasText: "claude-sonnet-4-6" }).first().waitFor();
check(await page.evaluate(() => window.stayed), "the page was loaded again");

step("a filter is an address");
await page.locator("select[name=status]").selectOption("failed");
await page.waitForURL((url) => url.searchParams.get("status") === "failed");
await row.filter({ hasText: "gpt-5" }).waitFor({ state: "detached" });
const filtered = page.url();
check((await row.count()) === 1, `${await row.count()} rows are left`);

step("a click anywhere in its row opens a request, and Back finds the filter again");
await row.first().locator("td.number").last().click();
await page.waitForURL(/\/requests\/.+/);
await page.getByText("rate limit of the upstream").first().waitFor();
await page.goBack();
await page.waitForURL(filtered);
check((await row.count()) === 1, "Back lost the filter");
check((await page.locator("select[name=status]").inputValue()) === "failed", "Back lost the field");
// Also while the scripts of the page are only beginning.
for (let times = 0; times < 5; times++) {
  await page.goForward();
  await page.goBack();
  await page.waitForURL(filtered);
  await page.goBack();
  await page.waitForURL((url) => !url.searchParams.has("status"));
  await row.filter({ hasText: "gpt-5" }).first().waitFor();
  await page.goForward();
  await page.waitForURL(filtered);
  await row.filter({ hasText: "gpt-5" }).first().waitFor({ state: "detached" });
}

step("the link of a row opens a tab, and selected text leaves the page alone");
const [tab] = await Promise.all([
  context.waitForEvent("page"),
  row.first().locator("th.model").click({ modifiers: ["Control"] }),
]);
await tab.waitForURL(/\/requests\/.+/);
await tab.close();
await row.first().locator("th.model bdi").first().evaluate((name) => getSelection().selectAllChildren(name));
await row.first().locator("th.model").dispatchEvent("click");
await page.evaluate(() => new Promise(requestAnimationFrame));
check(page.url() === filtered, `selecting text led to ${page.url()}`);

step("a filter that matched nothing becomes a whole page with its first row");
await page.goto(base + "/requests?model=o9-never-seen");
await page.locator("#nothing").waitFor();
await page.locator("#rows[data-htmx-powered]").waitFor({ state: "attached" });
await ask("push", "o9-never-seen", "200");
await row.filter({ hasText: "o9-never-seen" }).waitFor();
await page.locator("#pager").filter({ hasText: "1" }).waitFor();
await page.locator("#sums").waitFor();
check((await page.locator("#nothing").count()) === 0, "the page still says that nothing matches");
await ask("push", "o9-never-seen", "200");
await row.nth(1).filter({ hasText: "o9-never-seen" }).waitFor();

step("preferences: language, theme, masking");
await page.goto(filtered);
const prefs = page.locator("details.prefs");
const save = async (choose) => {
  await prefs.locator("summary").click();
  await choose();
  await Promise.all([page.waitForEvent("load"), prefs.locator("button[type=submit]").first().click()]);
};
await row.filter({ hasText: "alice@example.com" }).first().waitFor();
await save(async () => {
  await prefs.locator("select[name=lang]").selectOption("zh-CN");
  await prefs.locator("select[name=theme]").selectOption("dark");
  await prefs.locator("input[name=mask]").check();
});
check(page.url() === filtered, "saving preferences led elsewhere");
check((await page.getAttribute("html", "lang")) === "zh-CN", "the language did not change");
await page.getByRole("heading", { level: 1, name: "请求" }).waitFor();
const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const light = await page.evaluate(() => {
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
  return (r + g + b) / 3;
});
check(light < 90, `the dark theme is ${ground}`);
check(!(await page.content()).includes("alice@example.com"), "the account is not masked");

step("a deep link survives logging out and in");
await prefs.locator("summary").click();
await prefs.locator("button[formaction$='/logout']").click();
await page.waitForURL(at("/login"));
await page.goto(filtered);
await page.waitForURL(at("/login"));
await page.locator("input[name=key]").fill(env("ADMIN_KEY"));
await next();
await page.waitForURL(filtered);
check((await page.getAttribute("html", "lang")) === "zh-CN", "the language was forgotten");

step("another session ended elsewhere shows the log-in, not an error");
await context.clearCookies({ name: /cpamp_session/ });
await page.reload();
await page.waitForURL(at("/login"));
await finish(browser, trouble);
