// Who is refused sees a page that says why and what to do: 401 with a key that
// opens something else, 403 for a form from elsewhere, 404 outside and inside.
import { base, check, env, finish, logIn, look, open, step } from "./lib.mjs";

const { browser, context, page, trouble } = await open({ reducedMotion: "reduce" });
const shown = async (answer, status, what) => {
  check(answer.status() === status, `${what}: ${answer.status()}`);
  check((await page.locator("h1").count()) === 1, `${what} has no heading`);
};

for (const lang of ["en", "zh-CN"]) {
  await context.addCookies([{ name: "cpamp_prefs", value: `lang=${lang}`, url: base + "/" }]);

  step(`${lang} 401: the key of a client where the Admin Key is asked for`);
  await page.setExtraHTTPHeaders({ authorization: "Bearer sk-a-client-key-0001" });
  await shown(await page.goto(`${base}/requests`), 401, "401");
  await look(page, trouble, `${lang} 401`);
  await page.setExtraHTTPHeaders({});

  step(`${lang} 403: a form that another site sent`);
  await page.goto(`data:text/html,<form method=post action="${base}/login"><input name=key value=x><button>Go</button></form>`);
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.request().method() === "POST"),
    page.locator("button").click(),
  ]);
  await page.locator("h1.verdict").waitFor();
  await shown(answer, 403, "403");
  await look(page, trouble, `${lang} 403`);
}

step("404 for somebody who is logged in, with the way home");
await logIn(page, env("ADMIN_KEY"));
await shown(await page.goto(`${base}/requests/none`), 404, "404");
await look(page, trouble, "404");
await page.locator("main a.button.primary").click();
await page.waitForURL(`${base}/`);
await finish(browser, trouble);
