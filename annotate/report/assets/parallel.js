// Parallel coordinates on a canvas of our own: they need no WebGL, know values that are missing, and print.

const MISSING = -0.09;
const PARALLEL = { brushes: new Map(), lit: null, width: 0 };

function parallel() {
  const place = by("lines");
  const axes = S.axes.map((axis) => ({ ...axis, at: (i) => axis.places[i] }));
  let far = 0;
  S.objectives.forEach(([name], k) => {
    const of = (i) => (k === 0 ? T.value[i] : T.further[i]?.[k - 1] ?? null);
    const results = S.ranked.map(of).filter((v) => v !== null), near = inner(results, [of(BEST)]);
    if (!results.length) return;
    far += near ? near.outside : 0;
    const least = results.reduce((a, b) => Math.min(a, b)), most = results.reduce((a, b) => Math.max(a, b));
    const low = near ? Math.max(near.range[0], least) : least, high = near ? Math.min(near.range[1], most) : most;
    axes.push({ name, kind: "linear", low, high, options: [], at: (i) => (of(i) === null ? null : Math.min(high, Math.max(low, of(i)))) });
  });
  const missing = axes.map((axis) => S.ranked.some((i) => axis.at(i) === null));
  const side = 64, top = 60, height = 400, deep = missing.includes(true) ? 64 : 16;
  const width = ON_PAPER() ? place.clientWidth : Math.max(place.clientWidth, 2 * side + (axes.length - 1) * 96), full = top + height + deep;
  const x = (k) => side + (axes.length === 1 ? 0.5 : k / (axes.length - 1)) * (width - 2 * side);
  const y = (part) => top + (1 - part) * height;
  const part = axes.map((axis) => S.ranked.reduce((m, i) => m.set(i, axis.at(i) === null ? MISSING : share(axis, axis.at(i)) + aside(axis, i)), new Map()));
  const weight = new Map(S.ranked.map((i, r) => [i, (1 - r / Math.max(1, S.ranked.length - 1)) ** 2]));

  place.replaceChildren();
  place.style.height = full + "px";
  const canvas = place.appendChild(document.createElement("canvas")), ratio = window.devicePixelRatio || 1;
  Object.assign(canvas, { width: width * ratio, height: full * ratio });
  Object.assign(canvas.style, { width: width + "px", height: full + "px" });
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const overlay = svg(place, "svg", { width, height: full, role: "img", "aria-label": "Parallel coordinates of the parameters and the result" });
  const tip = place.appendChild(Object.assign(document.createElement("div"), { className: "tip", hidden: true }));

  const kept = () => topOf(S.ranked, Number(chosen("parallel-top"))).filter((i) =>
    [...PARALLEL.brushes].every(([k, [from, to]]) => part[k].get(i) >= from - 1e-9 && part[k].get(i) <= to + 1e-9));
  const line = (i, style, thick) => {
    pen.strokeStyle = style;
    pen.lineWidth = thick;
    pen.beginPath();
    axes.forEach((_, k) => (k ? pen.lineTo(x(k), y(part[k].get(i))) : pen.moveTo(x(k), y(part[k].get(i)))));
    pen.stroke();
  };
  const draw = () => {
    const some = kept(), weak = colour("weak"), strong = colour("strong"), thick = some.length > 400 ? 0.8 : 1.4;
    pen.clearRect(0, 0, width, full);
    pen.globalAlpha = some.length > 1000 ? 0.3 : some.length > 200 ? 0.5 : 0.8;
    for (const i of some.slice().reverse()) line(i, mix(weak, strong, weight.get(i)), thick);
    pen.globalAlpha = 1;
    if (some.includes(BEST)) line(BEST, colour("mark"), 2.5);
    if (PARALLEL.lit !== null) line(PARALLEL.lit, colour("text"), 3);
    by("note-parallel").textContent = `${some.length.toLocaleString("en")} of ${S.ranked.length.toLocaleString("en")} succeeded trials` + (some.includes(BEST) ? "; the best stands out" : "") + (far ? `; ${far} far off ${far === 1 ? "is" : "are"} drawn at the end of the axis` : "");
  };

  axes.forEach((axis, k) => {
    const group = svg(overlay, "g", { class: "axis" });
    svg(group, "line", { x1: x(k), x2: x(k), y1: y(0), y2: y(1) });
    const name = svg(group, "text", { x: x(k), y: k % 2 && axes.length > 6 ? 18 : 36, "text-anchor": k === 0 ? "start" : k === axes.length - 1 ? "end" : "middle" });
    if (k === 0) name.setAttribute("x", 2);
    if (k === axes.length - 1) name.setAttribute("x", width - 2);
    name.textContent = cut(axis.name, axes.length > 6 ? 26 : 18);
    svg(name, "title", {}).textContent = axis.name;
    for (const [value, label] of ticks(axis, 5)) {
      svg(group, "line", { x1: x(k) - 4, x2: x(k), y1: y(share(axis, value)), y2: y(share(axis, value)) });
      const last = k === axes.length - 1;
      svg(group, "text", { class: "tick", x: x(k) + (last ? 7 : -7), y: y(share(axis, value)) + 4, "text-anchor": last ? "start" : "end" }).textContent = cut(label, 11);
    }
    if (missing[k]) svg(group, "text", { class: "tick", x: x(k), y: y(MISSING) + 20, "text-anchor": "middle" }).textContent = "not used";
    const brush = svg(group, "rect", { class: "brush", x: x(k) - 7, width: 14, y: 0, height: 0, visibility: "hidden" });
    const hit = svg(group, "rect", { class: "hit", x: x(k) - 16, width: 32, y: top - 6, height: height + deep, tabindex: 0, role: "slider", "aria-label": `${axis.name}: arrows choose a fifth of the axis, Escape lets go`, "aria-valuenow": 0, "aria-valuetext": "all" });
    const mark = () => {
      const range = PARALLEL.brushes.get(k);
      brush.setAttribute("visibility", range ? "visible" : "hidden");
      hit.setAttribute("aria-valuetext", range ? range.map((v) => (100 * v).toFixed(0) + " %").join(" to ") : "all");
      if (range) { brush.setAttribute("y", y(range[1])); brush.setAttribute("height", Math.max(2, y(range[0]) - y(range[1]))); }
      draw();
    };
    const at = (event) => 1 - (event.clientY - overlay.getBoundingClientRect().top - top) / height;
    let from = null;
    hit.addEventListener("pointerdown", (event) => { from = at(event); hit.setPointerCapture(event.pointerId); });
    hit.addEventListener("pointermove", (event) => {
      if (from === null || Math.abs(at(event) - from) < 0.01) return;
      PARALLEL.brushes.set(k, [Math.min(from, at(event)), Math.max(from, at(event))]);
      mark();
    });
    hit.addEventListener("pointerup", (event) => {
      if (from !== null && Math.abs(at(event) - from) < 0.01) { PARALLEL.brushes.delete(k); mark(); }
      from = null;
    });
    let fifth = -1;
    hit.addEventListener("keydown", (event) => {
      if (event.key === "Escape") PARALLEL.brushes.delete(k);
      else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
        fifth = (fifth + (event.key === "ArrowUp" ? 1 : fifth < 0 ? 5 : 4)) % 5;
        PARALLEL.brushes.set(k, [fifth / 5, (fifth + 1) / 5]);
      } else return;
      event.preventDefault();
      mark();
    });
    if (PARALLEL.brushes.has(k)) mark();
  });

  const nearest = (event) => {
    const box = overlay.getBoundingClientRect(), px = event.clientX - box.left, py = event.clientY - box.top;
    const k = Math.min(axes.length - 2, Math.max(0, Math.floor((px - side) / (width - 2 * side) * (axes.length - 1))));
    if (axes.length < 2) return null;
    const t = (px - x(k)) / (x(k + 1) - x(k));
    let found = null, least = 7;
    for (const i of kept()) {
      const gap = Math.abs(y(part[k].get(i) * (1 - t) + part[k + 1].get(i) * t) - py);
      if (gap < least) { least = gap; found = i; }
    }
    return found;
  };
  overlay.addEventListener("pointermove", (event) => {
    const found = event.target.classList.contains("hit") ? null : nearest(event);
    overlay.style.cursor = found === null ? "" : "pointer";
    tip.hidden = found === null;
    if (found !== null) {
      tip.textContent = `trial ${T.number[found]}: ${cut(S.metric, 30)} ${number(T.value[found])}`;
      const box = overlay.getBoundingClientRect(), left = event.clientX - box.left;
      tip.style.top = event.clientY - box.top + 14 + "px";
      tip.style.left = Math.max(0, Math.min(left + 14, width - 230)) + "px";
    }
    if (found !== PARALLEL.lit) { PARALLEL.lit = found; draw(); }
  });
  overlay.addEventListener("pointerleave", () => { tip.hidden = true; PARALLEL.lit = null; draw(); });
  overlay.addEventListener("click", () => { if (PARALLEL.lit !== null) location.hash = "trial-" + T.number[PARALLEL.lit]; });
  PARALLEL.width = place.clientWidth;
  PARALLEL.draw = draw;
  draw();
}

function aside(axis, i) {
  // Lines through the same option run beside each other.
  return axis.kind === "choice" && axis.options.length > 1 ? 0.07 * ((i * 0.618034) % 1 - 0.5) : 0;
}

function svg(parent, kind, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return parent.appendChild(made);
}
