// What needs no document: numbers as words, orders, filters, ranges. Tested without a browser.

function plain(text) {
  // Plotly reads tags and entities in a text; a study's texts have none.
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function cut(text, most) {
  const letters = Array.from(String(text));
  return letters.length > most ? letters.slice(0, most - 1).join("") + "…" : letters.join("");
}

function number(value) {
  if (value === null || value === undefined) return "";
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e7) return String(Number(value.toPrecision(5)));
  return value.toExponential(3).replace(/\.?0+e/, "e").replace("e+", "e");
}

function span(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 0.95) return Math.round(1000 * seconds) + " ms";
  if (seconds < 59.5) return seconds < 9.95 ? seconds.toFixed(1) + " s" : Math.round(seconds) + " s";
  const whole = Math.round(seconds);
  if (whole < 3600) return Math.floor(whole / 60) + " min " + (whole % 60) + " s";
  if (whole < 86400) return Math.floor(whole / 3600) + " h " + (Math.floor(whole / 60) % 60) + " min";
  return Math.floor(whole / 86400) + " d " + (Math.floor(whole / 3600) % 24) + " h";
}

function unit(seconds) {
  // The unit in which durations up to `seconds` are read best: its name and its length.
  if (seconds < 180) return ["seconds", 1];
  return seconds < 10800 ? ["minutes", 60] : ["hours", 3600];
}

function topOf(ranked, percent) {
  // The best `percent` of the ranked trials, at least one where there is one.
  return ranked.slice(0, Math.ceil(ranked.length * percent / 100 - 1e-9));
}

function bestSoFar(indices, values, maximize) {
  // The points at which a result was better than all before it, in the order of `indices`.
  const points = [];
  let best = null;
  for (const index of indices) {
    const value = values[index];
    if (value !== null && (best === null || (maximize ? value > best : value < best))) {
      best = value;
      points.push([index, value]);
    }
  }
  return points;
}

function inner(values, keep) {
  // A range that leaves out values far from all others, and how many those are; null where none is.
  const sorted = values.filter((v) => v !== null && Number.isFinite(v)).sort((a, b) => a - b);
  if (sorted.length < 8) return null;
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  const room = 5 * (at(0.75) - at(0.25));
  if (!(room > 0)) return null;
  const near = sorted.filter((v) => v >= at(0.25) - room && v <= at(0.75) + room);
  let low = near[0], high = near[near.length - 1];
  for (const value of keep) if (value !== null && value !== undefined) { low = Math.min(low, value); high = Math.max(high, value); }
  const outside = sorted.filter((v) => v < low || v > high).length;
  const pad = 0.06 * (high - low);
  const wide = sorted[sorted.length - 1] - sorted[0];
  return outside && outside <= 0.08 * sorted.length && wide > 2 * (high - low) ? { range: [low - pad, high + pad], outside } : null;
}

function framed(values, early, keep) {
  // A range for results that leaves out what lies far off: single results, and trials stopped early, whose last
  // report is none. Null where all have room; `outside` and `early` say how many of either are left out.
  const near = inner(values, keep);
  const known = values.concat(keep).filter((v) => v !== null && v !== undefined && Number.isFinite(v));
  if (known.length < 2) return null;
  const low = Math.min(...known), high = Math.max(...known), pad = 0.06 * (high - low);
  const range = near ? near.range : [low - pad, high + pad];
  const off = early.filter((v) => v < range[0] || v > range[1]);
  const wide = Math.max(high, ...early) - Math.min(low, ...early);
  if (!near && !(off.length && high > low && wide > 2 * (high - low))) return null;
  return { range, outside: near ? near.outside : 0, early: off.length };
}

function share(axis, place) {
  // Where in [0, 1] a place lies on an axis.
  if (axis.high <= axis.low) return 0.5;
  const [low, high, at] = axis.kind === "log" ? [axis.low, axis.high, place].map(Math.log) : [axis.low, axis.high, place];
  return (at - low) / (high - low);
}

function ticks(axis, most) {
  // Places on an axis that are worth a label, and the labels.
  if (axis.kind === "choice") {
    const step = Math.ceil(axis.options.length / 24);
    return axis.options.map((option, i) => [i, cut(option, 18)]).filter(([i]) => i % step === 0);
  }
  if (axis.high <= axis.low) return [[axis.low, number(axis.low)]];
  if (axis.kind === "log") {
    const first = Math.ceil(Math.log10(axis.low) - 1e-9), last = Math.floor(Math.log10(axis.high) + 1e-9);
    if (last - first >= 2) {
      const step = Math.ceil((last - first + 1) / most), found = [];
      for (let e = first; e <= last; e += step) found.push([10 ** e, number(10 ** e)]);
      return found;
    }
    const found = [];
    for (let e = first - 1; e <= last; e++)
      for (const m of [1, 2, 5]) if (m * 10 ** e >= axis.low * 0.999 && m * 10 ** e <= axis.high * 1.001) found.push(Number((m * 10 ** e).toPrecision(3)));
    const step = Math.ceil(found.length / (most + 1));
    return (found.length > 1 ? found.filter((_, i) => i % step === 0) : [axis.low, axis.high]).map((v) => [v, number(v)]);
  }
  const rough = (axis.high - axis.low) / most, size = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 5, 10].map((m) => m * size).find((s) => s >= rough - 1e-12);
  if (axis.whole) step = Math.max(1, Math.round(step));
  const found = [];
  for (let k = Math.ceil(axis.low / step - 1e-9); k * step <= axis.high + step * 1e-9; k++) {
    const value = Number((k * step).toPrecision(12));
    found.push([value, number(value)]);
  }
  return found;
}

function compare(one, other) {
  // Numbers before texts, in their order; what is missing comes last.
  const missing = (v) => v === null || v === undefined || v === "";
  if (missing(one) || missing(other)) return missing(one) - missing(other);
  if (typeof one === "number" && typeof other === "number") return one - other;
  if (typeof one === typeof other) return one < other ? -1 : one > other ? 1 : 0;
  return typeof one === "number" ? -1 : 1;
}

function sorted(indices, key, descending) {
  // What is missing comes last either way; equals keep the order of `indices`.
  const known = indices.filter((i) => compare(key(i), null) < 0), rest = indices.filter((i) => compare(key(i), null) >= 0);
  known.sort((a, b) => (descending ? -1 : 1) * compare(key(a), key(b)) || a - b);
  return known.concat(rest);
}

function matches(text, query) {
  // Every word of the query occurs, in any order and case.
  const found = text.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => found.includes(word));
}

function thin(indices, most, keep) {
  // Evenly at most `most` of them, those of `keep` always.
  if (indices.length <= most) return indices;
  const step = indices.length / most, picked = new Set(keep);
  for (let k = 0; k < most; k++) picked.add(indices[Math.floor(k * step)]);
  return indices.filter((i) => picked.has(i));
}

function mix(from, to, share) {
  // A colour between two of the form #rrggbb.
  const part = (text, k) => parseInt(text.slice(1 + 2 * k, 3 + 2 * k), 16);
  const blend = [0, 1, 2].map((k) => Math.round(part(from, k) + (part(to, k) - part(from, k)) * share));
  return `rgb(${blend.join(",")})`;
}
