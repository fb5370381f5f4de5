// The Accounts page as a person uses it: type a name, open the account, switch
// it off, take it back.
import { axe, base, check, env, finish, logIn, open, step } from "./lib.mjs";

const name = env("ACCOUNT");
const { browser, page, trouble } = await open({ reducedMotion: "reduce" });
await logIn(page, env("ADMIN_KEY"), "/accounts");
const rows = page.locator("#rows > tr");
const row = page.locator("#rows > tr", { hasText: name });
for (let tries = 0; tries < 100 && !(await row.count()); tries += 1) await page.goto(`${base}/accounts`);

step("search");
const before = await rows.count();
check(before > 1, "there are several accounts");
await page.locator("#q").fill(name);
await page.waitForFunction(() => document.querySelectorAll("#rows > tr").length === 1);
check(new URL(page.url()).searchParams.get("q") === name, `the address says it: ${page.url()}`);

step("switch it off");
await row.locator("summary").click();
await row.getByRole("button", { name: "Disable" }).click();
await page.getByText(`${name} is disabled.`).waitFor();
await row.getByText("Disabled", { exact: true }).waitFor();
for (const line of await axe(page)) trouble.push(`axe: ${line}`);

step("take it back");
await page.getByRole("button", { name: "Undo" }).click();
await page.getByText(`${name} is enabled.`).waitFor();
await row.getByText("Active", { exact: true }).waitFor();

step("the menu is in sight on a phone too");
await page.setViewportSize({ width: 390, height: 844 });
await row.locator("summary").click();
const { x, y, width, height } = await row.getByRole("button", { name: "Disable" }).boundingBox();
const hit = await page.evaluate(([x, y]) => document.elementFromPoint(x, y)?.closest("button")?.textContent, [x + width / 2, y + height / 2]);
check(/Disable/.test(hit), `the button is covered or cut off: ${hit}`);
await page.keyboard.press("Escape");
await page.setViewportSize({ width: 1440, height: 900 });

step("its own page");
await row.locator("a.whole").click();
await page.getByRole("heading", { level: 1, name }).waitFor();
for (const line of await axe(page)) trouble.push(`axe: ${line}`);
await finish(browser, trouble);
