// Charts are complete without this file: bars are links, and a table has the
// same figures. It reads the bar under the pointer aloud, steps with the arrow
// keys, and turns a stretch of bars into the range of the filter form. A chart
// takes part by `data-edges`: the local begin of every bar, and the end.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  let chosen = null; // { figure, first, last }: the bars pressed or stepped over
  let pressed = false;
  let dragged = false;

  const charts = () => document.querySelectorAll("figure[data-edges]");
  const drawing = (figure) => figure.querySelector(".plot > svg:not(.ticks)");
  const bars = (figure) => drawing(figure).querySelectorAll("a");
  const edges = (figure) => figure.dataset.edges.split(" ");

  const bar = (figure, event) => {
    const { left, width } = drawing(figure).getBoundingClientRect();
    const room = drawing(figure).viewBox.baseVal.width / 10;
    const at = Math.floor((event.clientX - left) / width * room);
    return Math.max(0, Math.min(at, edges(figure).length - 2));
  };

  // The band over the chosen bars, and what it says.
  const show = (figure, first, last) => {
    const [low, high] = first < last ? [first, last] : [last, first];
    const svg = drawing(figure);
    let band = svg.querySelector(".band");
    if (!band) {
      band = svg.appendChild(document.createElementNS(SVG, "rect"));
      band.setAttribute("class", "band");
      band.setAttribute("height", svg.viewBox.baseVal.height);
    }
    band.setAttribute("x", low * 10);
    band.setAttribute("width", (high - low + 1) * 10);
    const said = figure.querySelector(".readout");
    const ends = edges(figure);
    said.textContent = low === high
      ? bars(figure)[low]?.querySelector("title")?.textContent ?? ""
      : `${ends[low].replace("T", " ")} – ${ends[high + 1].replace("T", " ")}`;
  };
  const clear = () => charts().forEach((figure) => {
    drawing(figure).querySelector(".band")?.remove();
    figure.querySelector(".readout").textContent = "";
  });

  const choose = ({ figure, first, last }) => {
    const form = document.getElementById("filters");
    if (!form) return;
    const ends = edges(figure);
    form.elements.from.value = ends[Math.min(first, last)];
    form.elements.to.value = ends[Math.max(first, last) + 1];
    form.requestSubmit();
  };

  const figureOf = (event) => {
    const figure = event.target.closest?.("figure[data-edges]");
    return figure && event.target.closest("svg") === drawing(figure) ? figure : null;
  };

  document.addEventListener("pointerdown", (event) => {
    const figure = figureOf(event);
    dragged = false;
    if (!figure || event.button !== 0 || event.pointerType === "touch") return;
    const first = bar(figure, event);
    chosen = { figure, first, last: first };
    pressed = true;
  });
  document.addEventListener("pointermove", (event) => {
    if (pressed) {
      chosen.last = bar(chosen.figure, event);
      dragged ||= chosen.last !== chosen.first;
      return show(chosen.figure, chosen.first, chosen.last);
    }
    const figure = figureOf(event);
    if (figure) show(figure, bar(figure, event), bar(figure, event));
    else if (!document.activeElement?.closest("figure[data-edges]")) clear();
  });
  document.addEventListener("pointerup", () => {
    if (pressed && dragged) choose(chosen);
    pressed = false;
  });
  // A stretch of bars is no click on the bar where it ends, nor a dragged link.
  document.addEventListener("click", (event) => {
    if (dragged && figureOf(event)) event.preventDefault();
  }, true);
  document.addEventListener("dragstart", (event) => {
    if (figureOf(event)) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    const figure = figureOf(event);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!figure) return;
    if (event.key === "Escape") {
      chosen = null;
      return clear();
    }
    const most = edges(figure).length - 2;
    if (step) {
      event.preventDefault();
      if (chosen?.figure !== figure) chosen = { figure, first: most + (step < 0 ? 1 : 0), last: most + (step < 0 ? 1 : 0) };
      chosen.last = Math.max(0, Math.min(chosen.last + step, most));
      if (!event.shiftKey) chosen.first = chosen.last;
      chosen.first = Math.min(chosen.first, most);
      show(figure, chosen.first, chosen.last);
    } else if (event.key === "Enter" && chosen?.figure === figure) {
      event.preventDefault();
      if (chosen.first === chosen.last) location.href = bars(figure)[chosen.first].href.baseVal;
      else choose(chosen);
    }
  });

  // Only who can step through a chart shall stop at it.
  const ready = () => charts().forEach((figure) => drawing(figure).setAttribute("tabindex", "0"));
  document.addEventListener("htmx:after:swap", ready);
  ready();
})();
