// Behind a proxy, https, below a path: log in, see a row arrive, log out.
import { ask, base, check, env, finish, logIn, open, step } from "./lib.mjs";

const { browser, context, page, trouble } = await open();

step("log in");
await logIn(page, env("ADMIN_KEY"), "/requests");
check(page.url() === base + "/requests", `landed on ${page.url()}`);
const session = (await context.cookies()).find((c) => c.name.includes("cpamp_session"));
check(session.secure && session.httpOnly && session.path === "/cpamp", JSON.stringify(session));

step("the first row fills the page, the next arrives without a reload");
const row = page.locator("#rows tr");
await ask("push", "gpt-5", "200");
await row.filter({ hasText: "gpt-5" }).first().waitFor();
await page.waitForLoadState("load");
await page.goto(base + "/requests");
await page.evaluate(() => (window.stayed = true));
await ask("push", "claude-sonnet-4-6", "200");
await row.filter({ hasText: "claude-sonnet-4-6" }).first().waitFor();
check(await page.evaluate(() => window.stayed), "the page was loaded again");

step("a filter and its way back");
await page.locator("select[name=status]").selectOption("failed");
await page.waitForURL((url) => url.pathname === "/cpamp/requests" && url.searchParams.get("status") === "failed");
await page.goBack();
await row.filter({ hasText: "gpt-5" }).first().waitFor();

step("log out");
await page.locator("details.prefs summary").click();
await page.locator("details.prefs button[formaction$='/logout']").click();
await page.waitForURL(base + "/login");
await finish(browser, trouble);
