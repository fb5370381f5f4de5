// CPA Panel mode as the gateway serves it: a wrong key is sent once, the right
// one opens, an account goes off and on again, a switch is saved; axe and the
// policy have nothing to say, and nobody else is talked to.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ask, axe, base, check, env, finish, open, step } from "./lib.mjs";

const { browser, context, page, trouble } = await open({ reducedMotion: "reduce" });
const look = async (where) => {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const line of await axe(page)) trouble.push(`axe ${where} ${scheme}: ${line}`);
  }
};

step("a wrong key");
await page.goto(`${base}/management.html`);
await look("gate");
const enter = async (key, keep) => {
  await page.locator("input[name=key]").fill(key);
  if (keep) await page.locator("input[name=keep]").check();
  await page.locator("button[type=submit]").click();
};
await enter("not-the-key");
await page.getByText("invalid management key").waitFor();
await look("refused");
check((await ask("refused")) === "1", "the wrong key was sent once");
await page.reload();
await page.locator("input[name=key]").waitFor();
check((await ask("refused")) === "1", "it is not sent again");

step("the right key");
await enter(env("MANAGEMENT_KEY"));
const row = page.locator("tr[data-account='claude-ops@example.com.json']");
await row.getByText("ops@example.com", { exact: true }).waitFor();
await page.getByText("7.2.140").first().waitFor();
await page.getByText("error-v1-messages-1.log").waitFor();
for (const width of [1440, 390]) {
  await page.setViewportSize({ width, height: 900 });
  await look(`panel ${width}`);
  const needed = await page.evaluate(() => document.scrollingElement.scrollWidth);
  check(needed <= width, `${needed} wide in a window of ${width}`);
}
await page.setViewportSize({ width: 1440, height: 900 });

step("off and on again");
await row.getByRole("button", { name: /Disable/ }).click();
await row.getByText("Disabled", { exact: true }).waitFor();
await page.getByRole("button", { name: "Undo" }).click();
await row.getByText("active", { exact: true }).waitFor();
await row.getByRole("button", { name: /Disable/ }).click();
await row.getByRole("button", { name: /Enable/ }).click();
await row.getByText("active", { exact: true }).waitFor();

step("a switch");
await page.getByLabel("Debug log").check();
await page.getByText("debug: on").waitFor();
check((await ask("debug")) === "true", "it is in the file");

step("hostile text stays text");
await page.getByRole("button", { name: /error-v1-messages-1/ }).click();
await page.getByText("an upstream said <b>no</b>").waitFor();

step("the key stays in its tab");
await page.reload();
await row.waitFor();
const other = await context.newPage();
await other.goto(`${base}/management.html`);
await other.locator("input[name=key]").waitFor();
await other.close();
const kept = await page.evaluate(() => localStorage.length);
check(kept === 0, "nothing is kept beyond the tab");
await row.getByRole("button", { name: /Disable/ }).click();
const undo = page.getByRole("button", { name: "Undo" });
await undo.waitFor();
const handle = await undo.elementHandle();
await page.getByRole("button", { name: "Forget the key" }).click();
await page.locator("input[name=key]").waitFor();
check(await undo.count() === 0, "what could be undone went with the key");
await handle.evaluate((button) => button.click());
check((await ask("refused")) === "1", "nothing is sent without a key");
check(await page.evaluate(() => sessionStorage.length) === 0, "it is forgotten");

step("opened as a file");
const text = await (await fetch(`${base}/management.html`)).text();
const directory = mkdtempSync(join(tmpdir(), "cpa-panel-"));
const file = join(directory, "management.html");
writeFileSync(file, text);
await page.goto(pathToFileURL(file).href);
await page.getByText("http://gateway:8317/management.html").waitFor();
check(await page.locator("input").count() === 0, "no key is asked for");
await look("file");
check((await ask("refused")) === "1", "and none is sent");
rmSync(directory, { recursive: true });
await finish(browser, trouble);
