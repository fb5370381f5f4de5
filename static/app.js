// Everything works without this file; it makes pages calmer, not possible. It
// listens on the document, for data-* hooks, and owns no state of the server.
(() => {
  const base = document.body.dataset.base;

  // The zone of this browser, for those who chose none; the next page uses it.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes("cpamp_tz=" + zone)) {
    document.cookie = `cpamp_tz=${zone}; path=${base || "/"}; max-age=31536000; samesite=lax`;
  }

  // The address this page shows: the one it was made for, then those htmx moved
  // to. Back or Forward before htmx listened found nobody to act on it, and the
  // browser has another one by then: the page is asked for anew.
  const address = ({ pathname, search }) => pathname + search;
  let shown = address(new URL(base + document.body.dataset.here, location.href));
  const settle = () => { if (address(location) !== shown) location.reload(); };
  for (const moved of ["after:history:push", "after:history:replace", "before:history:restore"]) {
    document.addEventListener(`htmx:${moved}`, () => { shown = address(location); });
  }
  document.addEventListener("DOMContentLoaded", () => {
    if (performance.getEntriesByType("navigation")[0]?.type !== "reload") settle();
  });
  // A moment later: htmx takes a millisecond to begin.
  addEventListener("popstate", () => setTimeout(settle, 20));

  // Timed requests rest while nobody looks, or while somebody reads: a menu or
  // a table is open inside, or text in it is selected.
  const busy = (part) => {
    const selected = getSelection();
    return part.contains(document.activeElement?.closest("input, select, textarea"))
      || (selected && !selected.isCollapsed && part.contains(selected.anchorNode));
  };
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (ctx?.sourceEvent?.type === "every" && (document.hidden || busy(ctx.sourceElement))) event.preventDefault();
  });

  // Live rows: newest first although attempts end in any order, none twice, and
  // only as many as the page promised.
  const tidy = (rows) => {
    for (const row of [...rows.querySelectorAll(".fresh")].reverse()) {
      const same = [...rows.children].filter((other) => other.id === row.id && other !== row);
      same.forEach((other) => other.remove());
      let after = row.nextElementSibling;
      while (after && after.id > row.id) after = after.nextElementSibling;
      rows.insertBefore(row, after);
    }
    while (rows.children.length > +rows.dataset.live) rows.lastElementChild.remove();
  };
  const live = (lost) => {
    const part = document.getElementById("live");
    const state = part?.querySelector("[data-lost]");
    if (!state || part.classList.contains("lost") === lost) return;
    part.classList.toggle("lost", lost);
    const word = state.lastElementChild;
    [word.textContent, state.dataset.lost] = [state.dataset.lost, word.textContent];
  };
  document.addEventListener("htmx:sse:before:message", (event) => {
    event.target.querySelectorAll?.(".fresh").forEach((row) => row.classList.remove("fresh"));
  });
  document.addEventListener("htmx:sse:after:message", (event) => {
    if (!event.target.dataset?.live) return;
    tidy(event.target);
    // The first rows of a list that had none: the page around them is made anew.
    if (event.target.rows.length) window.htmx.trigger("#nothing", "rows");
  });
  document.addEventListener("htmx:sse:after:connection", () => live(false));
  document.addEventListener("htmx:sse:error", () => live(true));

  // A click anywhere in a row is one on its link, with the same keys held down;
  // who selected text in it wanted that.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("tr")?.querySelector("a.whole");
    const other = link && event.target.closest("a, button, input, select, label, summary");
    if (link && !other && getSelection().isCollapsed) link.dispatchEvent(new MouseEvent("click", event));
  });

  // One menu at a time; outside and Esc close it and give the focus back. Enter
  // in a field presses the first button of its form, wherever that is.
  const menus = () => document.querySelectorAll(".menu[open], .prefs[open], .more > [open]");
  document.addEventListener("click", (event) => {
    const inside = (menu) => menu.contains(event.detail ? event.target : document.activeElement);
    menus().forEach((menu) => { if (!inside(menu)) menu.open = false; });
    const copy = event.target.closest?.("[data-copy]");
    if (copy && navigator.clipboard) {
      event.preventDefault();
      navigator.clipboard.writeText(copy.dataset.copy || copy.href || location.href).then(() => {
        const said = copy.querySelector("[data-done]");
        if (said) [said.textContent, said.dataset.done] = [said.dataset.done, said.textContent];
      });
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") menus().forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
    const writing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey) {
      const search = document.getElementById("q");
      if (search) { event.preventDefault(); search.focus(); }
    }
  });

  // A mistake in a form, or what became of a deed, takes the focus once; the rest
  // of the page keeps it.
  let told = null;
  const tell = () => {
    const news = document.querySelector("#error, #flash");
    if (news !== told) news?.focus();
    told = news;
  };
  document.addEventListener("htmx:after:swap", tell);
  tell();

  // htmx, served in one file with this one, begins now and not, as it would, in a
  // timer that waits for the first painting: what is seen can be used. Its own
  // beginning finds all done.
  window.htmx.initialize();
  document.addEventListener("htmx:before:process", function begun(event) {
    if (event.target !== document.body) return;
    event.preventDefault();
    document.removeEventListener("htmx:before:process", begun);
  });
})();
