// As much of a browser as the page's scripts touch; what they draw is kept in `drawn`, what they write in `document`.

const drawn = {}, errors = [], later = [];
const NOTHING = () => {};

class Element {
  constructor(tag) {
    Object.assign(this, { tag, children: [], attributes: {}, style: {}, dataset: {}, heard: {}, clientWidth: 1000, clientHeight: 400, own: "", open: false });
    this.classList = { contains: () => false, add: NOTHING, remove: NOTHING };
  }
  set innerHTML(text) { throw new Error("innerHTML is never written to"); }
  get textContent() { return this.own + this.children.map((c) => (typeof c === "string" ? c : c.textContent)).join(""); }
  set textContent(text) { this.own = String(text); this.children = []; }
  append(...more) { for (const each of more) { this.children.push(each); if (each.id) elements[each.id] = each; each.children?.forEach((c) => c.id && (elements[c.id] = c)); } }
  appendChild(one) { this.append(one); return one; }
  replaceChildren(...more) { this.children = []; this.own = ""; this.append(...more); }
  setAttribute(name, value) { this.attributes[name] = String(value); if (name === "id") elements[value] = this; }
  removeAttribute(name) { delete this.attributes[name]; }
  addEventListener(kind, work) { this.heard[kind] = work; }
  querySelector() { return null; }
  getBoundingClientRect() { return { left: 0, top: 0 }; }
  getContext() { return new Proxy({}, { get: () => NOTHING, set: () => true }); }
  on() {}
  showModal() { this.open = true; }
  close() { this.open = false; }
  named(tag) { return this.children.filter((c) => c.tag === tag); }
  get tHead() { return this.named("thead")[0]; }
  get tBodies() { return this.named("tbody"); }
  get rows() { return this.children; }
  get cells() { return this.children; }
}

const elements = {}, controls = {};
const document = {
  documentElement: new Element("html"), hidden: false, addEventListener: NOTHING,
  getElementById: (id) => elements[id] || null,
  createElement: (tag) => new Element(tag), createElementNS: (_, tag) => new Element(tag),
  querySelector: (selector) => {
    const [, name] = /input\[name="([^"]+)"\]/.exec(selector);
    return name in controls ? { value: controls[name], checked: controls[name] === true } : null;
  },
};
const location = { hash: "", pathname: "/report.html", search: "", replace: NOTHING, reload: NOTHING };
const history = { replaceState: NOTHING }, performance = { now: () => 1 };
const listeners = {};
const window = { addEventListener: (kind, work) => { listeners[kind] = work; }, devicePixelRatio: 1, requestIdleCallback: (work) => later.push(work) };
const getComputedStyle = () => ({ getPropertyValue: (name) => (name === "--page" ? "#fff" : "#336699") });
const matchMedia = () => ({ addEventListener: NOTHING });
const requestAnimationFrame = (work) => work();
Object.assign(globalThis, { setTimeout: (work) => { later.push(work); }, clearTimeout: NOTHING, setInterval: (work) => { later.reload = work; } });
class IntersectionObserver { observe() {} unobserve() {} }
const checked = (traces) => {
  for (const trace of traces) if (trace.x && trace.y && trace.x.length !== trace.y.length) throw new Error("a trace with lost points");
  return traces;
};
const Plotly = { react: (place, traces, layout) => { drawn[place.id] = { traces: checked(traces), layout }; }, newPlot: (place, traces, layout) => { drawn[place.id] = { traces: checked(traces), layout }; } };
