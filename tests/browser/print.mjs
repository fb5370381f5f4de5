// Usage on paper: one upright page, dark on white whatever the screen wears,
// nothing cut off at its edge, and without what only a screen can do.
import { base, check, env, finish, logIn, open, step } from "./lib.mjs";

const { browser, page, trouble } = await open({ colorScheme: "dark" });
await logIn(page, env("ADMIN_KEY"));
for (const [path, most] of [["/usage", 1], ["/usage/models", 1], ["/usage/hours", 1], ["/requests", 3]]) {
  step(path);
  await page.goto(base + path);
  const paper = await page.pdf({ format: "A4" });
  const pages = paper.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length;
  check(pages >= 1 && pages <= most, `${path} takes ${pages} pages`);
  await page.emulateMedia({ media: "print" });
  // A4 less the margins.
  await page.setViewportSize({ width: 710, height: 1000 });
  const seen = await page.evaluate(() => {
    const shown = (part) => [...document.querySelectorAll(part)].filter((e) => e.checkVisibility()).length;
    const wide = [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1);
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    return {
      screen: shown(".rail, .filters, .tools, .segments, .data, .skip"),
      wide: wide.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)),
      ground: [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).join(),
    };
  });
  check(seen.screen === 0, `${path}: ${seen.screen} parts of the screen are printed`);
  for (const html of seen.wide) trouble.push(`${path}: beyond the edge of the page: ${html}`);
  check(seen.ground === "255,255,255", `${path}: printed on ${seen.ground}`);
  await page.emulateMedia({ media: null });
  await page.setViewportSize({ width: 1440, height: 900 });
}
await finish(browser, trouble);
