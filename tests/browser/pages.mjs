// Every page as it stands: axe without a finding, light and dark, in both
// languages, wide and narrow; nothing wider than the window. PAGES are paths;
// those that need a session are opened with ADMIN_KEY.
import { axe, base, check, env, finish, logIn, open, step } from "./lib.mjs";

const paths = env("PAGES").split(" ");
const key = process.env.ADMIN_KEY;
const { browser, context, page, trouble } = await open({ reducedMotion: "reduce" });

async function look(path, where) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    // The other scheme changes colours only.
    const rules = scheme === "dark" ? ["color-contrast"] : undefined;
    for (const line of await axe(page, rules)) trouble.push(`axe ${where} ${scheme} ${path}: ${line}`);
  }
}

async function fits(path, width) {
  const [room, needed, widest] = await page.evaluate(() => {
    const root = document.scrollingElement;
    const wide = [...document.body.querySelectorAll("*")]
      .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
      .filter((e) => getComputedStyle(e).position !== "fixed");
    const names = wide.slice(0, 3).map((e) => e.outerHTML.slice(0, 120));
    return [innerWidth, root.scrollWidth, names.join(" | ")];
  });
  if (needed > room) trouble.push(`${path} is ${needed} wide in a window of ${width}: ${widest}`);
}

if (key) await logIn(page, key);
for (const lang of ["en", "zh-CN"]) {
  step(lang);
  await context.addCookies([{ name: "cpamp_prefs", value: `lang=${lang}`, url: base + "/" }]);
  for (const path of paths) {
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(base + path);
      const got = await page.getAttribute("html", "lang");
      check(got === lang, `${path} is in ${got}, not in ${lang}`);
      await look(path, `${lang} ${width}`);
    }
    for (const width of [1440, 1024, 390, 320]) {
      await page.setViewportSize({ width, height: 900 });
      await fits(path, width);
    }
  }
}
await finish(browser, trouble);
