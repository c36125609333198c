// The charts that Plotly draws, each by a function that reads the study and the controls.

const S = JSON.parse(document.getElementById("study").textContent);
const T = S.trials, ALL = T.number.map((_, i) => i), UP = S.direction === "maximize";
const BEST = S.best, BASE = S.baseline;
const CONFIG = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
const SYMBOLS = { succeeded: "circle", "early-stopped": "triangle-down", failed: "x", cancelled: "square-open", running: "circle-open", queued: "circle-open" };
const FEW = 3000;

const ON_PAPER = () => document.documentElement.classList.contains("print");
const WORDS = { "early-stopped": "stopped early" };
const by = (id) => document.getElementById(id);
const stateOf = (i) => S.states[T.state[i]], said = (state) => WORDS[state] || state;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`)?.value;
const ticked = (name) => document.querySelector(`input[name="${name}"]`)?.checked || false;
const when = (seconds) => new Date((seconds + S.offset) * 1000).toISOString().slice(0, -1);
const PALETTE = {
  light: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b87a00", "#56b4e9", "#7b4ab5", "#000000"],
  dark: ["#56b4e9", "#ff9b3d", "#2fc79a", "#e79ac4", "#f0e442", "#8ab8ff", "#b794f6", "#ffffff"],
};
const palette = () => (colour("page") === "#fff" ? PALETTE.light : PALETTE.dark);

const HOVERS = [];
const hover = (i) => (HOVERS[i] ??= described(i));

function described(i) {
  const lines = [`<b>trial ${T.number[i]}</b> ${said(stateOf(i))}${i === BASE ? ", the defaults" : ""}`];
  if (T.value[i] !== null) lines.push(`${plain(cut(S.metric, 30))} ${number(T.value[i])}`);
  if (T.seconds[i] !== null) lines.push(span(T.seconds[i]));
  S.names.slice(0, 14).forEach((name, k) => {
    const value = T.params[i][k];
    if (value !== null) lines.push(`${plain(cut(name, 30))} = ${plain(cut(typeof value === "number" ? number(value) : value, 40))}`);
  });
  if (S.names.length > 14) lines.push("…");
  return lines.join("<br>");
}

function layout(more) {
  const axis = { exponentformat: "e", gridcolor: colour("grid"), zerolinecolor: colour("grid"), linecolor: colour("line"), automargin: true };
  const { xaxis, yaxis, ...rest } = more;
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: "closest", dragmode: "zoom",
    font: { family: "system-ui, -apple-system, Segoe UI, Roboto, Arial, sans-serif", size: 13, color: colour("text") },
    margin: { l: 56, r: 16, t: 12, b: 44 }, barmode: "overlay",
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { size: 12 } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("line"), activecolor: colour("accent") },
    hoverlabel: { align: "left", bgcolor: colour("page"), bordercolor: colour("line"), font: { color: colour("text"), size: 12 } },
    xaxis: { ...axis, ...xaxis }, yaxis: { ...axis, ...yaxis }, ...rest,
  };
}

function show(id, traces, more, note) {
  const place = by(id);
  const fresh = !place.dataset.drawn;
  const size = ON_PAPER() ? { width: place.clientWidth, height: place.clientHeight } : {};
  Plotly.react(place, traces, layout({ ...more, ...size }), { ...CONFIG, toImageButtonOptions: { filename: `${S.study}-${id.replace("chart-", "")}`, scale: 2 } });
  if (fresh) place.on("plotly_click", (event) => {
    const index = event.points[0]?.customdata;
    if (Number.isInteger(index)) location.hash = "trial-" + T.number[index];
  });
  place.dataset.drawn = "yes";
  if (note && by(note.id)) by(note.id).textContent = note.text;
}

function numbered() {
  // The axis of trial numbers, with room for the marks at both ends.
  const last = T.number[T.number.length - 1];
  return { title: { text: "trial" }, range: [-0.015 * last - 0.5, 1.015 * last + 0.5], ...whole(last) };
}

function whole(last) {
  return last < 12 ? { dtick: 1 } : { tickformat: "d" };
}

function markers(state, indices, x, y, more) {
  return {
    type: "scatter", mode: "markers", name: said(state), x: indices.map(x), y: indices.map(y),
    customdata: indices, text: indices.map(hover), hovertemplate: "%{text}<extra></extra>",
    marker: { color: colour(state), symbol: SYMBOLS[state], size: 7, opacity: 0.8 }, ...more,
  };
}

function scaled(values, log, keep, early = []) {
  // The axis of results: logarithmic where that is asked for and possible, else without what lies far off.
  const [finite, stopped] = [values, early].map((some) => some.filter((v) => v !== null));
  const all = { axis: {}, text: "", off: () => false };
  if (log) return finite.concat(stopped).every((v) => v > 0) ? { ...all, axis: { type: "log" } } : { ...all, text: "Not all results are above zero, so there is no logarithmic axis. " };
  const near = framed(finite, stopped, keep);
  if (!near) return all;
  const is = near.outside === 1, was = near.early === 1;
  const text = (near.outside ? `${near.outside} ${is ? "result lies" : "results lie"} far outside and ${is ? "is" : "are"} not in the picture; a double click shows all. ` : "")
    + (near.early ? `${near.early} ${was ? "trial that was" : "trials that were"} stopped early ${was ? "stands" : "stand"} at the lower edge, far from all results. ` : "");
  return { axis: { range: near.range }, text, off: (v) => v < near.range[0] || v > near.range[1] };
}

const CHARTS = {
  "chart-progress"() {
    const time = chosen("progress-x") === "time", ended = (i) => T.started[i] + T.seconds[i];
    const x = time ? (i) => when(ended(i)) : (i) => T.number[i];
    const ran = ALL.filter((i) => !time || T.started[i] !== null);
    const valued = ran.filter((i) => T.value[i] !== null && ["succeeded", "early-stopped"].includes(stateOf(i)));
    const [early, done] = ["early-stopped", "succeeded"].map((state) => valued.filter((i) => stateOf(i) === state));
    const scale = scaled(done.map((i) => T.value[i]), ticked("progress-log"), [BEST, BASE].map((i) => (i === null ? null : T.value[i])), early.map((i) => T.value[i]));
    const [far, near] = [true, false].map((is) => early.filter((i) => scale.off(T.value[i]) === is));
    const traces = [["early-stopped", near], ["succeeded", done]].filter(([, some]) => some.length).map(([state, some]) => markers(state, some, x, (i) => T.value[i]));
    if (far.length) traces.push(markers("early-stopped", far, x, () => 0.02, { yaxis: "y2", showlegend: !near.length }));
    if (time) done.sort((a, b) => ended(a) - ended(b));
    const steps = bestSoFar(done, T.value, UP);
    if (steps.length) {
      const last = time ? when(ran.reduce((latest, i) => Math.max(latest, ended(i)), 0)) : T.number[T.number.length - 1];
      traces.unshift({
        type: "scatter", mode: "lines", name: "best so far", hoverinfo: "skip", line: { shape: "hv", color: colour("mark"), width: 2.5 },
        x: [...steps.map(([i]) => x(i)), last], y: [...steps.map(([, v]) => v), steps[steps.length - 1][1]],
      });
    }
    for (const state of ["failed", "cancelled", "running"]) {
      const some = ran.filter((i) => stateOf(i) === state && T.started[i] !== null);
      if (some.length) traces.push(markers(state, some, x, () => 0.02, { yaxis: "y2" }));
    }
    const shapes = [], annotations = [];
    if (BASE !== null && T.value[BASE] !== null) {
      shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, y0: T.value[BASE], y1: T.value[BASE], line: { color: colour("dim"), width: 1, dash: "dot" } });
      const log = scale.axis.type === "log";
      annotations.push({ xref: "paper", x: 1, xanchor: "right", y: log ? Math.log10(T.value[BASE]) : T.value[BASE], yanchor: "bottom", text: "defaults", showarrow: false, bgcolor: colour("page"), borderpad: 1, font: { size: 11, color: colour("text") } });
    }
    show("chart-progress", traces, {
      xaxis: time ? { title: { text: "when it ended" }, type: "date" } : numbered(),
      yaxis: { title: { text: plain(cut(S.metric, 40)) }, ...scale.axis },
      yaxis2: { overlaying: "y", range: [0, 1], visible: false, fixedrange: true }, shapes, annotations,
    }, { id: "note-progress", text: scale.text });
  },

  "chart-pareto"() {
    const [a, b] = ["x", "y"].map((side, k) => Number(by("pareto-" + side)?.value ?? k));
    const of = (k) => (i) => (k === 0 ? T.value[i] : T.further[i][k - 1]);
    const whole = ALL.filter((i) => stateOf(i) === "succeeded" && T.further[i]), front = new Set(S.front);
    const traces = [markers("succeeded", whole.filter((i) => !front.has(i)), of(a), of(b), { name: "beaten by another", marker: { color: colour("dim"), size: 6, opacity: 0.6 } })];
    const steps = S.front.slice().sort((i, j) => of(a)(i) - of(a)(j) || of(b)(i) - of(b)(j));
    traces.push(markers("succeeded", steps, of(a), of(b), { name: "Pareto front", mode: S.objectives.length === 2 ? "lines+markers" : "markers", line: { color: colour("mark"), width: 1, dash: "dot" }, marker: { color: colour("mark"), size: 9 } }));
    if (whole.includes(BASE)) traces.push(markers("succeeded", [BASE], of(a), of(b), { name: "defaults", marker: { symbol: "diamond", size: 11, color: colour("text") } }));
    const title = (k) => ({ title: { text: plain(cut(S.objectives[k][0], 40)) + ` (${S.objectives[k][1]}d)` }, ...scaled(whole.map(of(k)), false, S.front.map(of(k))).axis });
    show("chart-pareto", traces, { xaxis: title(a), yaxis: title(b) });
  },

  "chart-importance"() {
    const I = S.importance, names = I.names.map((n) => plain(cut(n, 28)));
    show("chart-importance", [{
      type: "bar", orientation: "h", y: I.names.map((_, k) => k), x: I.means, marker: { color: colour("succeeded") },
      error_x: { type: "data", symmetric: false, array: I.spreads, arrayminus: I.spreads.map((s, k) => Math.min(s, I.means[k])), color: colour("text"), thickness: 1.5, width: 4 },
      text: I.means.map((m, k) => `${names[k]}: ${(100 * m).toFixed(1)} % ± ${(100 * I.spreads[k]).toFixed(1)}`), hovertemplate: "%{text}<extra></extra>", textposition: "none",
    }], {
      xaxis: { title: { text: "share of the variance" }, tickformat: ".0%", rangemode: "tozero" },
      yaxis: { tickvals: I.names.map((_, k) => k), ticktext: names, autorange: "reversed" }, bargap: 0.35, showlegend: false,
      shapes: [{ type: "line", yref: "paper", y0: 0, y1: 1, x0: I.chance, x1: I.chance, line: { color: colour("mark"), dash: "dash", width: 1.5 } }],
    });
  },

  "chart-curves"() {
    const metric = by("curves-metric")?.value || Object.keys(S.curves)[0];
    const all = S.curves[metric] || [], log = ticked("curves-log"), colours = palette();
    const rank = new Map(S.ranked.map((i, r) => [i, r]));
    const best = all.filter(([i]) => rank.has(i)).sort((a, b) => rank.get(a[0]) - rank.get(b[0])).slice(0, 8);
    const running = all.filter(([i]) => stateOf(i) === "running"), base = all.filter(([i]) => i === BASE);
    const rest = all.filter((c) => !best.includes(c) && !running.includes(c) && !base.includes(c));
    const joined = (some, name, style) => {
      const x = [], y = [], customdata = [], text = [];
      for (const [i, steps, values] of some) {
        steps.forEach((s, k) => { x.push(s); y.push(values[k]); customdata.push(i); text.push(`trial ${T.number[i]}`); });
        x.push(null); y.push(null); customdata.push(null); text.push("");
      }
      return { type: "scatter", mode: some.every(([, s]) => s.length === 1) ? "markers" : "lines", name, x, y, customdata, text, hovertemplate: "%{text}: %{y:.5g} at %{x}<extra></extra>", connectgaps: false, ...style };
    };
    const traces = [];
    if (chosen("curves-which") === "all") {
      if (rest.length) traces.push(joined(rest, "other trials", { line: { color: colour("dim"), width: 1 }, opacity: 0.3 }));
      if (running.length) traces.push(joined(running, "running", { line: { color: colour("running"), width: 1.5, dash: "dot" } }));
    }
    if (base.length && !best.includes(base[0])) traces.push(joined(base, "defaults", { line: { color: colour("text"), width: 2, dash: "dash" } }));
    best.slice().reverse().forEach((c) => traces.push(joined([c], `trial ${T.number[c[0]]}${c[0] === BEST ? ", the best" : ""}`, { line: { color: colours[best.indexOf(c)], width: c[0] === BEST ? 3 : 1.5 } })));
    const scale = scaled(all.flatMap(([, , v]) => v), log, best.map(([, , v]) => v[v.length - 1]));
    show("chart-curves", traces, {
      xaxis: { title: { text: "report" }, ...whole(Math.max(...all.map(([, steps]) => steps[steps.length - 1]))) }, legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", traceorder: "reversed", font: { size: 12 } }, showlegend: true,
      yaxis: { title: { text: plain(cut(metric === "default" ? S.metric : metric, 40)) }, ...scale.axis },
    });
  },

  "chart-durations"() {
    const all = ALL.filter((i) => T.seconds[i] !== null), ran = thin(all, FEW, [BEST, BASE]);
    const [name, length] = unit(ran.reduce((most, i) => Math.max(most, T.seconds[i]), 0));
    const traces = S.states.map((state) => [state, ran.filter((i) => stateOf(i) === state)]).filter(([, some]) => some.length)
      .map(([state, some]) => markers(state, some, (i) => T.number[i], (i) => T.seconds[i] / length));
    show("chart-durations", traces, { xaxis: numbered(), yaxis: { title: { text: name }, rangemode: "tozero" } },
      { id: "note-durations", text: ran.length < all.length ? `${ran.length.toLocaleString("en")} of ${all.length.toLocaleString("en")} trials are drawn.` : "" });
  },

  "chart-timeline"() {
    const traces = S.states.map((state) => [state, S.bars.filter(([i]) => stateOf(i) === state)]).filter(([, bars]) => bars.length)
      .map(([state, bars]) => ({
        type: "bar", orientation: "h", name: said(state), y: bars.map(([, lane]) => plain(lane)),
        base: bars.map(([, , start]) => when(start)), x: bars.map(([, , start, end]) => Math.max(1, (end - start) * 1000)), width: 0.75,
        customdata: bars.map(([i]) => i), text: bars.map(([i]) => hover(i)), textposition: "none", hovertemplate: "%{text}<extra></extra>",
        marker: { color: colour(state), line: { color: colour("page"), width: S.bars.length > 400 ? 0 : 1 } },
      }));
    show("chart-timeline", traces, {
      xaxis: { type: "date" },
      yaxis: { categoryorder: "array", categoryarray: S.lanes.map(plain), autorange: "reversed", tickfont: { size: 12 } },
    });
  },
};

function reach(axis) {
  // The whole of an axis with room for the marks at its ends; of a logarithmic one in powers of ten.
  const [low, high] = axis.kind === "log" ? [Math.log10(axis.low), Math.log10(axis.high)] : [axis.low, axis.high];
  const room = high > low ? 0.04 * (high - low) : 0.5;
  return [low - room, high + room];
}

function slice(k) {
  const axis = S.axes[k], against = chosen("slices-y") === "seconds" ? T.seconds : T.value;
  const counted = ALL.filter((i) => against[i] !== null && axis.places[i] !== null && ["succeeded", "early-stopped"].includes(stateOf(i)));
  const some = thin(counted, FEW, [BEST, BASE]);
  const spread = (i) => axis.places[i] + (axis.kind === "choice" ? ((i * 0.618034) % 1 - 0.5) * 0.5 : 0);
  const weak = colour("weak"), strong = colour("strong");
  const [early, done] = [false, true].map((is) => some.filter((i) => (stateOf(i) === "succeeded") === is));
  const [stopped, succeeded] = [false, true].map((is) => counted.filter((i) => (stateOf(i) === "succeeded") === is).map((i) => against[i]));
  const scale = scaled(succeeded, ticked("slices-log"), [BEST, BASE].map((i) => (i === null ? null : against[i])), stopped);
  const look = { marker: { size: 5, symbol: SYMBOLS["early-stopped"], color: colour("early-stopped"), opacity: 0.5 } };
  const [far, near] = [true, false].map((is) => early.filter((i) => scale.off(against[i]) === is));
  const traces = [markers("early-stopped", near, spread, (i) => against[i], look), markers("early-stopped", far, spread, () => 0.03, { yaxis: "y2", ...look }), {
    ...markers("succeeded", done, spread, (i) => against[i]), name: "trials",
    marker: { size: 6, opacity: done.length > 500 ? 0.6 : 0.85, color: done.map((i) => mix(weak, strong, 0.15 + 0.85 * i / Math.max(1, ALL.length - 1))) },
  }];
  for (const [i, symbol, size] of [[BASE, "diamond", 10], [BEST, "star", 14]])
    if (i !== null && stateOf(i) === "succeeded" && some.includes(i)) traces.push(markers("succeeded", [i], (j) => axis.places[j], (j) => against[j], { marker: { symbol, size, color: colour("mark"), line: { color: colour("page"), width: 1 } } }));
  const failed = thin(ALL.filter((i) => axis.places[i] !== null && stateOf(i) === "failed"), 500, []);
  if (failed.length) traces.push(markers("failed", failed, spread, () => 0.03, { yaxis: "y2", marker: { size: 6, symbol: SYMBOLS.failed, color: colour("failed"), opacity: 0.7 } }));
  const x = axis.kind === "choice"
    ? { tickvals: axis.options.map((_, i) => i), ticktext: axis.options.map((o) => plain(cut(o, 14))), range: [-0.5, axis.options.length - 0.5] }
    : { type: axis.kind, range: reach(axis), ...(axis.kind === "log" ? { tickvals: ticks(axis, 5).map(([v]) => v), ticktext: ticks(axis, 5).map(([, t]) => t) } : { nticks: 6 }) };
  show("slice-" + k, traces, {
    margin: { l: 48, r: 8, t: 28, b: 40 }, showlegend: false,
    xaxis: { title: { text: plain(cut(axis.name, 34)), standoff: 6, font: { size: 13 } }, tickfont: { size: 11 }, ...x }, yaxis: { nticks: 6, tickfont: { size: 11 }, ...scale.axis },
    yaxis2: { overlaying: "y", range: [0, 1], visible: false, fixedrange: true },
  }, { id: "note-slices", text: scale.text + (counted.length > FEW ? `Each picture shows ${some.length.toLocaleString("en")} of up to ${counted.length.toLocaleString("en")} trials. ` : "") });
}
