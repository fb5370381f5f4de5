// What a first visit costs: bytes over the wire until the page is settled, and
// how long that takes. The bytes are a promise, the time depends on the machine.
import { base, check, env, finish, logIn, open, step } from "./lib.mjs";

const BUDGET = 60_000;
const { browser, page, trouble } = await open();
let bytes = 0;
page.on("requestfinished", async (request) => {
  const sizes = await request.sizes();
  bytes += sizes.responseHeadersSize + sizes.responseBodySize;
});

async function measured(name, visit) {
  const start = performance.now();
  await visit();
  await page.waitForLoadState("load");
  console.log(`measured ${name}: ${bytes} bytes so far, ${Math.round(performance.now() - start)} ms until loaded`);
}

await measured("log-in page, nothing cached", () => page.goto(base + "/login"));
await measured("log-in to Home", () => logIn(page, env("ADMIN_KEY")));
step(`first visit: ${bytes} bytes`);
check(bytes > 5_000, "nothing was measured");
if (bytes > BUDGET) trouble.push(`a first visit takes ${bytes} bytes`);

const before = bytes;
for (const path of ["/requests", "/", "/requests"]) {
  await measured(path, () => page.goto(base + path));
}
if (bytes - before > BUDGET) trouble.push(`three pages more take ${bytes - before} bytes: assets are not cached`);
const settled = await page.evaluate(() => {
  const [entry] = performance.getEntriesByType("navigation");
  return { dom: entry.domContentLoadedEventEnd, load: entry.loadEventEnd };
});
console.log(`measured /requests settled: ${Math.round(settled.dom)} ms to the document, ${Math.round(settled.load)} ms to everything`);

step("what was painted stays where it is");
for (const path of ["/", "/requests", "/usage", "/usage/hours", "/accounts"]) {
  await page.goto(base + path, { waitUntil: "load" });
  const shift = await page.evaluate(() => new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (sum += entry.value))).observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
  }));
  console.log(`measured ${path}: layout shift ${shift.toFixed(4)}`);
  if (shift > 0.05) trouble.push(`${path} moves by ${shift} while it loads`);
}

step("a live page comes to rest: its stream begins after everything else");
await page.goto(`${base}/requests`, { waitUntil: "networkidle" });
await finish(browser, trouble);
