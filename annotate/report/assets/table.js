// The table of trials, and the page of one trial. A study's texts enter the document as text only.

const COLUMNS = [
  { name: "trial", number: true, of: (i) => T.number[i] },
  { name: "state", of: (i) => said(stateOf(i)) + (T.reason[i] ? ` (${T.reason[i]})` : "") },
  { name: S.metric, number: true, best: UP, of: (i) => T.value[i] },
  ...S.objectives.slice(1).map(([name], k) => ({ name, number: true, of: (i) => T.further[i]?.[k] ?? null })),
  { name: "duration", number: true, of: (i) => T.seconds[i], words: span },
  ...S.names.map((name, k) => ({ name, number: T.params.every((row) => row[k] === null || typeof row[k] === "number"), of: (i) => T.params[i][k] })),
  ...(T.gpus.some(Boolean) ? [{ name: "GPU", of: (i) => T.gpus[i] }] : []),
];
const TABLE = { column: null, descending: false, shown: 50, rows: ALL };
const TEXTS = [];

function element(kind, properties, ...children) {
  const made = Object.assign(document.createElement(kind), properties);
  made.append(...children);
  return made;
}

function words(column, i) {
  const value = column.of(i);
  if (value === null || value === undefined) return "";
  return column.words ? column.words(value) : typeof value === "number" ? number(value) : String(value);
}

function searched(i) {
  TEXTS[i] ??= COLUMNS.map((column) => `${column.name}=${words(column, i)} ${column.of(i) ?? ""}`).join(" ") + " " + (T.message[i] === null ? "" : T.messages[T.message[i]]) + (i === BASE ? " defaults" : "") + (i === BEST ? " best" : "") + " " + stateOf(i);
  return TEXTS[i];
}

function table() {
  const place = by("table");
  if (!place) return;
  const head = element("tr", {}, ...COLUMNS.map((column) => {
    const button = element("button", { type: "button", textContent: cut(column.name, 30), title: column.name });
    button.addEventListener("click", () => {
      TABLE.descending = TABLE.column === column ? !TABLE.descending : Boolean(column.best);
      TABLE.column = column;
      rows();
    });
    return element("th", { scope: "col", className: column.number ? "number" : "" }, button);
  }));
  place.replaceChildren(element("caption", { hidden: true, textContent: "Trials" }), element("thead", {}, head), element("tbody", {}));
  by("search").addEventListener("input", () => { TABLE.shown = 50; rows(); });
  by("more").addEventListener("click", () => { TABLE.shown = TABLE.shown * 4; rows(); });
  rows();
}

function rows() {
  const query = by("search").value.trim();
  const found = query ? ALL.filter((i) => matches(searched(i), query)) : ALL;
  TABLE.rows = TABLE.column ? sorted(found, TABLE.column.of, TABLE.descending) : found;
  COLUMNS.forEach((column, k) => {
    const cell = by("table").tHead.rows[0].cells[k];
    if (column === TABLE.column) cell.setAttribute("aria-sort", TABLE.descending ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  });
  const made = TABLE.rows.slice(0, TABLE.shown).map((i) => element("tr", {}, ...COLUMNS.map((column, k) => {
    const text = words(column, i);
    if (k === 0) return element("td", { className: "number" }, element("a", { href: "#trial-" + T.number[i], textContent: text }));
    if (k === 1) return element("td", {}, element("span", { className: "state " + stateOf(i), textContent: text + (i === BASE ? ", defaults" : i === BEST ? ", best" : "") }));
    return element("td", { className: column.number ? "number" : "", textContent: text, title: text.length > 24 ? text : "" });
  })));
  by("table").tBodies[0].replaceChildren(...made);
  by("note-trials").textContent = (query ? `${TABLE.rows.length.toLocaleString("en")} of ${ALL.length.toLocaleString("en")} found, ` : "") + `${Math.min(TABLE.shown, TABLE.rows.length).toLocaleString("en")}${query ? "" : " of " + ALL.length.toLocaleString("en")} shown`;
  by("more").hidden = TABLE.rows.length <= TABLE.shown;
}

function trial() {
  // What the address names: #trial-7 opens the page of trial 7.
  const dialog = by("trial"), named = /^#trial-(\d+)$/.exec(location.hash);
  const i = named ? T.number.indexOf(Number(named[1])) : -1;
  if (i < 0) { if (dialog.open) dialog.close(); return; }
  const step = (by, word, label) => {
    const order = TABLE.rows.includes(i) ? TABLE.rows : ALL, next = order[order.indexOf(i) + by];
    const button = element("button", { type: "button", className: by < 0 ? "before" : "after", textContent: word, title: label, ariaLabel: label, disabled: next === undefined });
    button.addEventListener("click", () => location.replace("#trial-" + T.number[next]));
    return button;
  };
  const close = element("button", { type: "button", textContent: "✕", title: "Close", ariaLabel: "Close", autofocus: true });
  close.addEventListener("click", () => dialog.close());
  const facts = [said(stateOf(i)) + (T.reason[i] ? ` (${T.reason[i]})` : "")];
  if (i === BASE) facts.push("the script's own defaults");
  if (S.front.includes(i)) facts.push("on the Pareto front");
  else if (S.ranked.includes(i)) facts.push(`rank ${S.ranked.indexOf(i) + 1} of ${S.ranked.length}`);
  if (T.seconds[i] !== null) facts.push(span(T.seconds[i]));
  if (T.started[i] !== null) facts.push("began " + when(T.started[i]).slice(0, 19).replace("T", " "));
  if (T.gpus[i]) facts.push("GPU " + T.gpus[i]);
  const parts = [
    element("div", { className: "top" }, element("h2", { id: "trial-title", textContent: `Trial ${T.number[i]}` }), element("div", {}, step(-1, "←", "The trial before"), step(1, "→", "The next trial"), close)),
    element("p", { className: "lead", textContent: facts.join(" · ") }),
  ];
  if (T.value[i] !== null) parts.push(element("p", { textContent: `${S.metric} ` }, element("b", { textContent: number(T.value[i]) })));
  if (T.further[i]) T.further[i].forEach((value, k) => parts.push(element("p", { textContent: `${S.objectives[k + 1][0]} ` }, element("b", { textContent: number(value) }))));
  if (T.message[i] !== null) parts.push(element("pre", { textContent: T.messages[T.message[i]] }));
  parts.push(element("table", {}, element("thead", {}, element("tr", {}, ...["parameter", "value", "default"].map((w) => element("th", { scope: "col", textContent: w })))),
    element("tbody", {}, ...S.names.map((name, k) => element("tr", {}, element("th", { scope: "row", textContent: name }),
      element("td", { textContent: T.params[i][k] === null ? "not used" : String(T.params[i][k]) }), element("td", { textContent: S.defaults[k] ?? "" }))))));
  const metrics = Object.entries(S.curves).map(([metric, curves]) => [metric, curves.find(([j]) => j === i)]).filter(([, curve]) => curve);
  const place = element("div", { id: "trial-curve", className: "chart" });
  if (metrics.length) { place.style.height = "240px"; parts.push(place); }
  parts.push(element("p", { className: "note", textContent: (metrics.length || T.started[i] === null ? "" : "This page holds no curve of it. ") + `annotate log ${T.number[i]} --study ${S.study} prints what it said.` }));
  dialog.replaceChildren(...parts);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  if (metrics.length) Plotly.newPlot(place, metrics.map(([metric, [, steps, values]], k) => ({
    type: "scatter", mode: steps.length > 1 ? "lines" : "markers", x: steps, y: values, name: plain(cut(metric === "default" ? S.metric : metric, 30)),
    line: { color: palette()[k % 8], width: 2 }, visible: k ? "legendonly" : true, hovertemplate: "%{y:.5g} at %{x}<extra></extra>",
  })), layout({ xaxis: { title: { text: "report" } }, yaxis: {}, showlegend: metrics.length > 1 }), { displayModeBar: false, responsive: true });
}
