// Every page as it stands: axe without a finding, light and dark, in both
// languages, wide and narrow; nothing wider than the window. PAGES are paths;
// with ADMIN_KEY they are opened by somebody who is logged in.
import { base, check, env, finish, logIn, look, open, step } from "./lib.mjs";

const { browser, context, page, trouble } = await open({ reducedMotion: "reduce" });
if (process.env.ADMIN_KEY) await logIn(page, process.env.ADMIN_KEY);
for (const lang of ["en", "zh-CN"]) {
  await context.addCookies([{ name: "cpamp_prefs", value: `lang=${lang}`, url: base + "/" }]);
  for (const path of env("PAGES").split(" ")) {
    step(`${lang} ${path}`);
    await page.goto(base + path);
    const got = await page.getAttribute("html", "lang");
    check(got === lang, `${path} is in ${got}, not in ${lang}`);
    // Colours are the same in every language.
    await look(page, trouble, `${lang} ${path}`, lang === "en" ? {} : { dark: [1440] });
  }
}
await finish(browser, trouble);
