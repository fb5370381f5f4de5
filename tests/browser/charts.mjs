// A chart in the hand: the pointer and the arrow keys read its bars, a stretch
// of bars becomes the range of the page, and a bar leads to its rows.
import { base, check, env, finish, logIn, open, step } from "./lib.mjs";

const { browser, page, trouble } = await open({ reducedMotion: "reduce" });
const drawing = page.locator("#trend .plot > svg").first();
const readout = page.locator("#trend .readout");
const at = async (share) => {
  const { x, y, width, height } = await drawing.boundingBox();
  return [x + width * share, y + height / 2];
};

await logIn(page, env("ADMIN_KEY"), "/usage?range=24h");
step("the bar under the pointer is read");
await page.mouse.move(...await at(0.5));
const read = await readout.textContent();
check(/\d/.test(read), `the readout says ${JSON.stringify(read)}`);

step("a stretch of bars becomes the range");
await page.mouse.move(...await at(0.75));
await page.mouse.down();
await page.mouse.move(...await at(0.9), { steps: 4 });
await page.mouse.move(...await at(0.999), { steps: 4 });
await page.mouse.up();
await page.waitForURL((url) => url.searchParams.has("from") && url.searchParams.has("to"));
const { searchParams } = new URL(page.url());
const hours = (new Date(searchParams.get("to")) - new Date(searchParams.get("from"))) / 3_600_000;
check(hours > 5 && hours < 8, `the range is ${hours} hours long`);
await page.locator("#trend[data-edges]").waitFor();
check(await page.locator("input[name=from]").inputValue(), "the form does not say the range");

step("arrow keys step, Enter opens the rows");
await page.goto(base + "/usage?range=24h");
await drawing.focus();
await page.keyboard.press("ArrowLeft");
const newest = await readout.textContent();
await page.keyboard.press("ArrowLeft");
check(newest !== await readout.textContent(), "two bars read the same");
await page.keyboard.press("Escape");
check(await readout.textContent() === "", "Escape leaves the readout");
await page.keyboard.press("ArrowLeft");
await page.keyboard.press("Enter");
await page.waitForURL((url) => url.pathname.endsWith("/requests") && url.searchParams.has("from"));

step("the same stretch by keys");
await page.goto(base + "/usage?range=24h");
await drawing.focus();
await page.keyboard.press("ArrowLeft");
for (let n = 0; n < 3; n += 1) await page.keyboard.press("Shift+ArrowLeft");
await page.keyboard.press("Enter");
await page.waitForURL((url) => url.pathname.endsWith("/usage") && url.searchParams.has("from"));
await finish(browser, trouble);
