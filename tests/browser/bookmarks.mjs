// The other panel kept its places behind a `#`; each leads to ours.
import { base, check, env, finish, logIn, open, step } from "./lib.mjs";

const { browser, page, trouble } = await open();
await logIn(page, env("ADMIN_KEY"));
const path = new URL(base).pathname.replace(/\/$/, "");
const places = [
  ["", "/"],
  ["#/", "/"],
  ["#/monitoring?status=failed&model=gpt-5", "/requests?", "status=failed", "model=gpt-5"],
  ["#/monitoring/account-actions", "/accounts?", "state=needs_login"],
  ["#/usage-analytics?tab=models", "/usage/models"],
  ["#/model-prices", "/usage/prices"],
  ["#/accounts?view=health&search=dev&status=disabled", "/accounts?", "q=dev", "state=disabled"],
  ["#/config", "/settings/collection"],
  ["#/ai-providers/codex/new", "/accounts"],
  ["#//evil.example/x", "/"],
  ["#/no/such/place", "/"],
  ["#/constructor", "/"],
  ["#/usage-analytics?tab=constructor", "/usage"],
  ["#/monitoring?toString=1&status=constructor", "/requests?status=constructor"],
];
for (const [hash, to, ...parts] of places) {
  step(hash || "nothing");
  await page.goto("about:blank");
  await page.goto(`${base}/management.html${hash}`);
  await page.waitForURL((url) => !url.pathname.endsWith("/management.html"));
  const url = new URL(page.url());
  const got = url.pathname + url.search;
  check(url.origin === new URL(base).origin, `${hash} leads to ${url.origin}`);
  check(got.startsWith(path + to), `${hash} leads to ${got}`);
  for (const part of parts) check(got.includes(part), `${hash} lost ${part}: ${got}`);
}
await finish(browser, trouble);
