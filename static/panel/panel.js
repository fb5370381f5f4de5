// CPA's own panel, without a server of ours: one page that talks to the gateway
// it came from, with the key of the person who opened it. The key is kept for
// this tab, longer only if asked. A rejected key is sent once. All foreign text
// is set as text.
(() => {
  const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;
  const base = meta("cpamp-base"), address = meta("cpamp-address");

  // Served by CPAMP itself: an old bookmark. Say where the place is now.
  const dictionary = (words) => Object.assign(Object.create(null), words);
  const places = dictionary({
    "": "/", dashboard: "/", login: "/login", "usage-analytics": "/usage", monitoring: "/requests",
    "monitoring/account-actions": "/accounts?state=needs_login", "monitoring/codex-inspection": "/accounts",
    "codex-inspection": "/accounts", "model-prices": "/usage/prices", "monitoring/model-prices": "/usage/prices",
    config: "/settings/collection", settings: "/settings/collection", "api-keys": "/keys", accounts: "/accounts",
    "auth-files": "/accounts", quota: "/accounts", oauth: "/accounts", "ai-providers": "/accounts",
    logs: "/requests", system: "/settings/about",
  });
  const tabs = dictionary({ models: "/usage/models", apiKeys: "/usage/keys", credentials: "/usage/accounts", heatmap: "/usage/hours" });
  const names = dictionary({
    from_ms: "from", to_ms: "to", model: "model", provider: "provider", search: "q", status: "status",
    min_latency_ms: "min_ms", cache_status: "cache", auth_index: "account", time_range: "range",
  });
  const words = dictionary({ success: "ok", needs_reauth: "needs_login", reauth: "needs_login", available: "active", "24h": "24h", "7d": "7d", "30d": "30d", today: "today" });
  const moved = (hash) => {
    const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
    const asked = new URLSearchParams(query);
    let found = path.replace(/\/+$/, "");
    while (found && !(found in places)) found = found.slice(0, Math.max(0, found.lastIndexOf("/")));
    let place = places[found];
    if (found === "usage-analytics" && tabs[asked.get("tab")]) place = tabs[asked.get("tab")];
    const [to, own = ""] = place.split("?"), out = new URLSearchParams(own);
    if (/^\/(requests|usage|accounts)/.test(to)) {
      for (const [name, value] of asked) {
        const ours = to === "/accounts" && name === "status" ? "state" : names[name];
        if (ours && value && value !== "all" && value !== "custom") out.set(ours, words[value] ?? value);
      }
    }
    return base + to + (out.size ? `?${out}` : "");
  };
  if (base !== "-") return void location.replace(moved(location.hash));

  const zh = (navigator.language || "").toLowerCase().startsWith("zh");
  document.documentElement.lang = zh ? "zh-CN" : "en";
  const t = zh ? ZH : EN;
  const $ = (id) => document.getElementById(id);
  const h = (tag, set, ...parts) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(set ?? {})) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value != null) element.setAttribute(name, value);
    }
    element.append(...parts.flat().filter((part) => part != null && part !== ""));
    return element;
  };
  const say = (text, again) => {
    // What ends after the key was forgotten is nobody's any more.
    if (!key) return;
    const undo = again && h("button", { class: "button small", type: "button", onclick: again }, t.undo);
    $("said").replaceChildren(h("p", {}, h("span", {}, text), undo || ""));
    if (!again) setTimeout(() => { if ($("said").textContent === text) $("said").replaceChildren(); }, 6000);
  };

  // A file has no gateway behind it: no key is asked for, none is sent.
  if (location.protocol === "file:") {
    return void $("main").replaceChildren(h("div", { class: "gate" }, h("h1", {}, t.title),
      h("div", { class: "notice warn", role: "alert" }, h("b", {}, t.isFile), h("span", {}, `${t.openThere} ${t.example}`))));
  }

  // The gateway.
  const STORE = "cpamp-panel-key";
  let key = sessionStorage.getItem(STORE) ?? localStorage.getItem(STORE) ?? "";
  const forget = () => { key = ""; sessionStorage.removeItem(STORE); localStorage.removeItem(STORE); };
  class Refused extends Error { constructor(status, text) { super(text); this.status = status; } }
  const call = async (path, { method = "GET", body, raw } = {}) => {
    // The gateway would count it as a wrong one.
    if (!key) throw new Refused(0, t.keyHint);
    let answer;
    try {
      answer = await fetch(`v0/management/${path}`, {
        method, cache: "no-store", credentials: "omit", redirect: "error",
        headers: { Authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch { throw new Refused(0, t.unreachable); }
    const text = await answer.text();
    let json; try { json = JSON.parse(text); } catch { json = undefined; }
    if (!answer.ok) {
      const said = json?.message || json?.error?.message || json?.error || text || answer.statusText;
      throw new Refused(answer.status, String(said || answer.status));
    }
    if (raw) return text;
    if (json === undefined) throw new Refused(answer.status, t.notCpa);
    return { json, headers: answer.headers };
  };
  // A key that stopped being right ends the session: no second attempt.
  const guarded = (work) => async (...args) => {
    try { return await work(...args); } catch (error) {
      if (error.status === 401 || (error.status === 403 && /banned|remote management/.test(error.message))) { forget(); gate(error); return undefined; }
      say(`${t.gatewaySaid} ${error.message}`);
      return undefined;
    }
  };

  // Log-in.
  function gate(error) {
    $("tools").replaceChildren();
    $("said").replaceChildren();
    $("where").textContent = location.host;
    const trouble = error && h("div", { class: "notice bad", role: "alert" },
      h("b", {}, error.status === 401 || error.status === 403 ? `${t.refused} (HTTP ${error.status})` : t.notOpened),
      h("span", {}, error.status > 403 ? `HTTP ${error.status}: ${error.message}` : error.message),
      error.status === 401 || error.status === 403 ? h("span", { class: "hint" }, t.notAgain) : "");
    const field = h("input", { type: "password", name: "key", autocomplete: "off", spellcheck: "false", required: true });
    const keep = h("input", { type: "checkbox", name: "keep" });
    const button = h("button", { class: "button primary", type: "submit" }, t.open);
    const form = h("form", { onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      key = field.value.trim();
      try {
        const { json, headers } = await call("config");
        (keep.checked ? localStorage : sessionStorage).setItem(STORE, key);
        open(json, headers);
      } catch (refused) { forget(); gate(refused); }
    } },
      h("label", { class: "field" }, t.key, field), h("p", { class: "hint" }, t.keyHint),
      h("label", { class: "choice" }, keep, t.keep), h("div", {}, button));
    $("main").replaceChildren(h("div", { class: "gate" }, h("h1", {}, t.title), h("p", { class: "lede" }, t.lede), trouble || "", form, manager()));
    field.focus();
  }
  const manager = () => h("p", { class: "hint" }, `${t.needs} `, address ? h("a", { href: address }, t.goThere) : t.getIt);

  // The page.
  const section = (id, title, lede) => {
    const body = h("div", { id });
    return [body, h("section", {}, h("div", { class: "top" }, h("h2", {}, title), h("p", { class: "hint" }, lede ?? "")), body)];
  };
  const table = (caption, heads, rows) => h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": caption }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map(([name, more]) => h("th", { scope: "col", class: more }, name)))), h("tbody", {}, rows)));
  const hidden = (text) => (text.length > 16 ? `${text.slice(0, 4)}…${text.slice(-4)}` : "…");

  function open(config, headers) {
    $("where").textContent = `CPA ${(headers.get("X-CPA-VERSION") ?? "").replace(/^v/, "")} · ${location.host}`;
    $("tools").replaceChildren(...(address ? [h("a", { href: address }, "CPAMP")] : []),
      h("button", { class: "button small", type: "button", onclick: () => { forget(); gate(); } }, t.leave));
    const [gateway, one] = section("gateway", t.gateway);
    const [accounts, two] = section("accounts", t.accounts, t.accountsLede);
    const [keys, three] = section("keys", t.keys, t.keysLede);
    const [switches, four] = section("switches", t.switches, t.switchesLede);
    const [log, five] = section("log", t.log);
    const [errors, six] = section("errors", t.errors, t.errorsLede);
    const [more, seven] = section("more", t.more);
    $("main").replaceChildren(h("h1", {}, t.title), one, two, three, four, five, six, seven);
    facts(gateway, config, headers);
    guarded(listAccounts)(accounts);
    listKeys(keys, config["api-keys"] ?? []);
    listSwitches(switches, config);
    tail(log);
    guarded(listErrors)(errors);
    more.append(h("p", {}, t.moreText), h("ul", {}, t.moreList.map((line) => h("li", {}, line))), manager());
  }

  function facts(into, config, headers) {
    const on = (value) => (value ? t.on : t.off);
    const pairs = [
      [t.version, (headers.get("X-CPA-VERSION") ?? "").replace(/^v/, "") || "–"], [t.commit, headers.get("X-CPA-COMMIT") || "–"],
      [t.built, headers.get("X-CPA-BUILD-DATE") || "–"], [t.statistics, on(config["usage-statistics-enabled"])],
      [t.strategy, config.routing?.strategy || "round-robin"], [t.keysCount, String((config["api-keys"] ?? []).length)],
    ];
    into.replaceChildren(h("dl", { class: "facts" }, pairs.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value)))));
  }

  const stateOf = (file) => {
    const until = Date.parse(file.next_retry_after ?? "");
    if (file.disabled) return ["off", t.disabled];
    if (file.unavailable && !(until <= Date.now())) return ["warn", until ? `${t.cooling} ${new Date(until).toLocaleTimeString()}` : t.coolingDown];
    if (file.status === "error") return ["bad", t.failing];
    return ["ok", file.status || t.active];
  };
  const count = (n) => (Number.isFinite(n) ? n.toLocaleString("en") : "–");
  async function listAccounts(into) {
    const { json } = await call("auth-files");
    const files = json.files ?? [];
    const rows = files.map((file) => {
      const [tone, word] = stateOf(file);
      const name = file.email || file.account || file.label || file.name;
      const button = h("button", { class: "button small", type: "button", "aria-label": `${file.disabled ? t.enable : t.disable}: ${name}`, onclick: guarded(async () => {
        button.disabled = true;
        try { await toggle(into, file, !file.disabled, name); } finally { button.disabled = false; }
      }) }, file.disabled ? t.enable : t.disable);
      return h("tr", { "data-account": file.name }, h("th", { scope: "row" }, h("span", {}, name), h("span", { class: "second" }, [file.provider || file.type, file.id_token?.plan_type, file.note].filter(Boolean).join(", "))),
        h("td", {}, h("span", { class: `state ${tone}` }, word), file.status_message ? h("span", { class: "second" }, file.status_message.slice(0, 200)) : ""),
        h("td", { class: "number wide" }, count(file.success)), h("td", { class: "number wide" }, count(file.failed)),
        h("td", { class: "number wide" }, String(file.priority ?? "–")), h("td", {}, button));
    });
    into.replaceChildren(rows.length ? table(t.accounts, [[t.account], [t.state], [t.success, "number wide"], [t.failed, "number wide"], [t.priority, "number wide"], [h("span", {}, t.action)]], rows) : h("p", { class: "hint" }, t.noAccounts));
  }
  async function toggle(into, file, disabled, name) {
    await call("auth-files/status", { method: "PATCH", body: { name: file.name, auth_index: file.auth_index, disabled } });
    await listAccounts(into);
    const row = into.querySelector(`[data-account="${CSS.escape(file.name)}"]`);
    const now = row?.querySelector(".state")?.classList.contains("off");
    if (now !== disabled) return say(t.unconfirmed);
    say(`${name}: ${disabled ? t.disabled : t.enabled}`, guarded(() => toggle(into, { ...file, disabled }, !disabled, name)));
    row.querySelector("button").focus();
  }

  function listKeys(into, list) {
    const reload = guarded(async () => listKeys(into, (await call("api-keys")).json["api-keys"] ?? []));
    const rows = list.map((value) => {
      const shown = h("code", {}, hidden(value));
      const label = hidden(value);
      return h("tr", {}, h("th", { scope: "row" }, shown), h("td", {}, h("span", { class: "row" },
        h("button", { class: "button small", type: "button", "aria-label": `${t.show} ${label}`, onclick: () => { shown.textContent = shown.textContent === value ? label : value; } }, t.show),
        h("button", { class: "button small", type: "button", "aria-label": `${t.remove} ${label}`, onclick: guarded(async () => {
          if (!confirm(`${t.removeSure} ${label}`)) return;
          await call(`api-keys?value=${encodeURIComponent(value)}`, { method: "DELETE" });
          await reload();
          say(t.removed, guarded(async () => { await call("api-keys", { method: "PATCH", body: { old: value, new: value } }); await reload(); say(t.saved); }));
        }) }, t.remove))));
    });
    const field = h("input", { type: "text", name: "new", autocomplete: "off", spellcheck: "false", required: true, minlength: "8" });
    const form = h("form", { class: "row", onsubmit: guarded(async (event) => {
      event.preventDefault();
      const value = field.value.trim();
      if (!value || list.includes(value)) return;
      await call("api-keys", { method: "PATCH", body: { old: value, new: value } });
      await reload();
      say(t.saved);
    }) }, h("label", { class: "row" }, t.newKey, field), h("button", { class: "button", type: "submit" }, t.add));
    into.replaceChildren(rows.length ? table(t.keys, [[t.keyName], [t.action]], rows) : h("p", { class: "hint" }, t.noKeys), h("p", {}), form);
  }

  const SCALARS = [
    ["usage-statistics-enabled"], ["debug"], ["logging-to-file"], ["request-log"], ["ws-auth"], ["force-model-prefix"],
    ["quota-exceeded/switch-project"], ["quota-exceeded/switch-preview-model"], ["request-retry", "number"], ["max-retry-interval", "number"],
    ["logs-max-total-size-mb", "number"], ["error-logs-max-files", "number"], ["proxy-url", "text"],
    ["routing/strategy", "round-robin", "weighted-round-robin", "fill-first"],
  ];
  function listSwitches(into, config) {
    const rows = SCALARS.map(([path, kind, ...options]) => {
      const value = path.split("/").reduce((part, name) => part?.[name], config);
      const last = path.split("/").pop();
      const choices = options.length ? [kind, ...options] : null;
      const input = choices ? h("select", {}, choices.map((name) => h("option", { selected: name === (value || kind) }, name)))
        : h("input", { type: kind ?? "checkbox", checked: !kind && Boolean(value), value: kind ? String(value ?? "") : null, ...(kind === "number" ? { min: "0" } : {}) });
      let before = kind ? input.value : input.checked;
      const save = guarded(async (wanted) => {
        await call(path, { method: "PUT", body: { value: wanted } });
        const { json } = await call(path);
        const now = json[last] ?? json.value;
        if (String(now) !== String(wanted)) return say(`${path}: ${t.unconfirmed}`);
        const undo = before;
        before = kind ? String(now) : now;
        if (kind) input.value = before; else input.checked = before;
        say(`${path}: ${now === true ? t.on : now === false ? t.off : now === "" ? "–" : now}`, () => save(kind === "number" ? Number(undo) : undo));
        return true;
      });
      input.addEventListener("change", async () => {
        const wanted = kind === "number" ? Number(input.value) : kind ? input.value : input.checked;
        if (!await save(wanted) && input.isConnected) { if (kind) input.value = before; else input.checked = before; }
      });
      return h("label", {}, h("span", {}, t.scalars[path] ?? path, h("code", { class: "second" }, path)), input);
    });
    into.replaceChildren(h("div", { class: "facts" }, rows));
  }

  function tail(into) {
    const text = h("pre", { tabindex: "0", role: "region", "aria-label": t.log }, "…");
    let cursor = "", timer;
    const read = guarded(async () => {
      let json;
      try { ({ json } = await call(`logs?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`)); } catch (error) {
        if (error.status !== 400 && error.status !== 404) throw error;
        text.textContent = `${t.gatewaySaid} ${error.message}`;
        return;
      }
      const lines = json.lines ?? [], fresh = !cursor || json["cursor-reset"];
      const all = fresh ? lines : [...text.textContent.split("\n"), ...lines];
      text.textContent = all.slice(-1000).join("\n") || t.empty;
      cursor = json["next-cursor"] ?? "";
      text.scrollTop = text.scrollHeight;
    });
    const follow = h("input", { type: "checkbox", onchange: () => {
      clearInterval(timer);
      if (follow.checked) timer = setInterval(() => { if (!document.hidden && text.isConnected) read(); }, 3000);
    } });
    into.replaceChildren(h("p", { class: "row" }, h("button", { class: "button", type: "button", onclick: read }, t.refresh), h("label", { class: "choice" }, follow, t.follow)), h("p", {}), text);
    read();
  }

  async function listErrors(into) {
    const files = (await call("request-error-logs")).json.files ?? [];
    const text = h("pre", { tabindex: "0", role: "region", "aria-label": t.errors, hidden: true });
    const rows = files.map((file) => h("tr", {}, h("th", { scope: "row" }, file.name), h("td", { class: "wide" }, new Date(file.modified * 1000).toLocaleString()), h("td", { class: "number wide" }, `${Math.ceil(file.size / 1024)} kB`),
      h("td", {}, h("button", { class: "button small", type: "button", "aria-label": `${t.show} ${file.name}`, onclick: guarded(async () => {
        const content = await call(`request-error-logs/${encodeURIComponent(file.name)}`, { raw: true });
        text.hidden = false;
        text.textContent = content.slice(0, 500000);
        text.focus();
      }) }, t.show))));
    into.replaceChildren(rows.length ? table(t.errors, [[t.file], [t.time, "wide"], [t.size, "number wide"], [t.action]], rows) : h("p", { class: "hint" }, t.noErrors), text);
  }

  if (!key) gate();
  else call("config").then(({ json, headers }) => open(json, headers), (error) => { if (error.status === 401 || error.status === 403) forget(); gate(error); });
})();
