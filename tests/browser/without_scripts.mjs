// The same panel in a browser that runs no script.
import { base, check, env, finish, logIn, open, step } from "./lib.mjs";

const { browser, page, trouble } = await open({ javaScriptEnabled: false });
const row = page.locator("#rows tr");

step("log in, with the way back");
await logIn(page, env("ADMIN_KEY"), "/requests?range=all&n=25");
check(page.url() === `${base}/requests?range=all&n=25`, `landed on ${page.url()}`);
check((await row.count()) === 25, `${await row.count()} rows`);

step("nothing is called live that stands still");
await page.goto(`${base}/requests?range=all`);
check(!(await page.locator("#live").isVisible()), "the list says that it is live");
check(!(await page.locator("a[href*='live=0']").first().isVisible()), "there is something to pause");
check(await page.locator(".unscripted").isVisible(), "it does not say that it stands still");
await page.goto(`${base}/requests?range=all&n=25`);

step("older and newer rows are links");
const first = await row.first().getAttribute("id");
await page.locator("#pager a[rel=next]").click();
await page.locator("#pager a[rel=prev]").waitFor();
check((await row.first().getAttribute("id")) !== first, "the same rows again");
await page.locator("#pager a[rel=prev]").click();
check((await row.first().getAttribute("id")) === first, "Newer is not where we came from");

step("a filter is applied by its button");
const fold = page.locator("#fold");
if (!(await page.locator("select[name=status]").isVisible())) await fold.locator("summary").first().click();
await page.locator("select[name=status]").selectOption("failed");
await page.locator("#filters button.apply").click();
await page.waitForURL((url) => url.searchParams.get("status") === "failed");
check((await row.count()) === (await page.locator("#rows tr.fail").count()), "rows that did not fail");

step("a request opens");
await row.first().getByRole("link").first().click();
await page.waitForURL(/\/requests\/.+/);
await page.getByRole("heading", { level: 1 }).waitFor();

step("preferences are saved");
await page.goto(base + "/requests");
await page.locator("details.prefs summary").click();
await page.locator("details.prefs select[name=lang]").selectOption("zh-CN");
await page.locator("details.prefs button[type=submit]").first().click();
await page.getByRole("heading", { level: 1, name: "请求" }).waitFor();

step("columns are chosen");
await page.locator("details.menu.keep summary").first().click();
await page.locator("input[name=cols][value=model]").uncheck();
await page.locator("details.menu.keep button[type=submit]").first().click();
await page.waitForURL(/\/requests/);
check((await page.locator("th.model").count()) === 0, "the column is still there");

step("every page says what it has to say");
for (const path of env("PAGES").split(" ")) {
  await page.goto(base + path);
  check((await page.locator("h1").count()) === 1, `${path} has no heading`);
  const idle = await page.locator("button:not([type=submit])").evaluateAll((all) => all.filter((b) => b.checkVisibility()).map((b) => b.outerHTML));
  for (const html of idle) trouble.push(`${path}: a button that does nothing without scripts: ${html}`);
}

step("log out");
await page.locator("details.prefs summary").click();
await page.locator("details.prefs button[formaction$='/logout']").click();
await page.waitForURL((url) => url.href.startsWith(base + "/login"));
await finish(browser, trouble);
