// Draws what is seen first, and the rest while nobody waits; follows controls, colours, paper and the address.

function broken(error) {
  const place = by("broken");
  place.hidden = false;
  place.textContent = "A part of this page could not be drawn: " + (error && error.message ? error.message : error);
  document.documentElement.dataset.broken = place.textContent;
}
window.addEventListener("error", (event) => broken(event.error || event.message));
window.addEventListener("unhandledrejection", (event) => broken(event.reason));

if (by("slice-grid")) {
  S.axes.forEach((axis, k) => {
    const place = element("div", { id: "slice-" + k, className: "chart" });
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", `The result against ${axis.name}`);
    by("slice-grid").append(place);
    CHARTS["slice-" + k] = () => slice(k);
  });
}
if (by("lines")) CHARTS.lines = parallel;
if (by("table")) CHARTS.table = table;

const waiting = new Set(Object.keys(CHARTS).filter((id) => by(id)));
const drawn = [];

function draw(id) {
  waiting.delete(id);
  watcher.unobserve(by(id));
  CHARTS[id]();
  drawn.push(id);
  if (!waiting.size) document.documentElement.dataset.complete = performance.now().toFixed(0);
}
function redraw(ids) {
  for (const id of ids) if (drawn.includes(id) && id !== "table") CHARTS[id]();
}
function drawAll() {
  for (const id of [...waiting]) draw(id);
}
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting && waiting.has(entry.target.id)) draw(entry.target.id);
}, { rootMargin: "300px" });
for (const id of waiting) watcher.observe(by(id));

const idle = window.requestIdleCallback || ((work) => setTimeout(work, 30));
function rest() {
  const [id] = waiting;
  if (id === undefined) return;
  draw(id);
  idle(rest);
}
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
  document.documentElement.dataset.ready = performance.now().toFixed(0);
  if (waiting.size) idle(rest); else document.documentElement.dataset.complete = performance.now().toFixed(0);
})));

const FOLLOWS = {
  "curves-metric": ["chart-curves"], "pareto-x": ["chart-pareto"], "pareto-y": ["chart-pareto"], "progress-x": ["chart-progress"], "progress-log": ["chart-progress"], "curves-which": ["chart-curves"], "curves-log": ["chart-curves"],
  "parallel-top": ["lines"], "slices-y": S.axes.map((_, k) => "slice-" + k), "slices-log": S.axes.map((_, k) => "slice-" + k),
};
document.addEventListener("change", (event) => redraw(FOLLOWS[event.target.name || event.target.id] || []));

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw(drawn));
window.addEventListener("beforeprint", () => {
  document.documentElement.classList.add("print");
  drawAll();
  redraw(drawn);
});
window.addEventListener("afterprint", () => {
  document.documentElement.classList.remove("print");
  redraw(drawn);
});
let resized;
window.addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(() => { if (by("lines")?.clientWidth !== PARALLEL.width) redraw(["lines"]); }, 150);
});

window.addEventListener("hashchange", trial);
by("trial").addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") by("trial").querySelector(event.key === "ArrowLeft" ? ".before" : ".after")?.click();
});
by("trial").addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
by("trial").addEventListener("click", (event) => { if (event.target === by("trial")) by("trial").close(); });
trial();

if (S.reload) {
  let touched = 0;
  for (const kind of ["pointerdown", "keydown", "wheel"]) window.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
  setInterval(() => { if (!document.hidden && !by("trial").open && Date.now() - touched > 15000) location.reload(); }, S.reload * 1000);
}
