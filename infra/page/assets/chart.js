// Cost over volume with every break-even marked, and the same as a table.
const TALL = 380;
const shortNumber = (value) => (value < 10 && value > 0 ? String(Number(value.toPrecision(2))) : shortVolume(fraction(BigInt(Math.round(value)))));

const frame = (x, y, wide, margin, unit) => {
  const group = draw("g", { class: "grid" });
  for (const tick of y.ticks) {
    group.append(draw("path", { d: `M${margin.left} ${y.place(tick)}H${wide - margin.right}` }));
    group.append(draw("text", { x: margin.left - 6, y: y.place(tick) + 4, "text-anchor": "end" }, shortNumber(tick)));
  }
  for (const tick of x.ticks) {
    group.append(draw("path", { d: `M${x.place(tick)} ${margin.top}V${TALL - margin.bottom}` }));
    group.append(draw("text", { x: x.place(tick), y: TALL - margin.bottom + 16, "text-anchor": "middle" }, shortNumber(tick)));
  }
  group.append(draw("text", { x: margin.left, y: 12 }, "USD a month"));
  group.append(draw("text", { x: wide - margin.right, y: TALL - 4, "text-anchor": "end" }, `${unit} a month`));
  return group;
};

// Letters at the ends of lines, pushed apart where lines meet.
const endMarks = (ends) => {
  const sorted = ends.filter(Boolean).sort((a, b) => a.y - b.y);
  sorted.forEach((end, i) => { if (i) end.y = Math.max(end.y, sorted[i - 1].y + 14); });
  return sorted.map((end) => draw("text", { class: "mark", x: end.x + 5, y: end.y + 4 }, end.mark));
};

// APIs that cost the same share one mark.
const breakEvensOf = (result) => {
  const marks = new Map();
  result.offers.slice(0, MARKS.length).forEach((offer, i) => offer.withPeople.volumes.forEach((volume) => {
    const text = shortVolume(volume), known = marks.get(text);
    marks.set(text, { volume, usd: at(offer.curve, volume), letters: (known ? known.letters : "") + MARKS[i] });
  }));
  return [...marks].map(([text, mark]) => ({ ...mark, text: `${mark.letters} ${text}` }));
};

const breakEvenMarks = (result, x, y) => {
  const shown = breakEvensOf(result).filter((mark) => approximate(mark.volume) <= x.high && approximate(mark.volume) >= x.low);
  const marks = shown.map((mark) => ({
    text: mark.text, left: x.place(approximate(mark.volume)), top: y.place(approximate(mark.usd)),
  })).sort((a, b) => a.left - b.left);
  const taken = [];
  return marks.flatMap((mark) => {
    let row = mark.top - 12;
    while (taken.some(([left, top]) => Math.abs(left - mark.left) < 74 && Math.abs(top - row) < 14)) row -= 14;
    row = Math.max(row, 26);
    taken.push([mark.left, row]);
    return [
      draw("path", { class: "lead", d: `M${mark.left} ${mark.top}V${row + 3}` }),
      draw("circle", { class: "even", cx: mark.left, cy: mark.top, r: 5 }),
      draw("text", { class: "even-label", x: mark.left, y: row, "text-anchor": mark.left < x.place(x.low) + 50 ? "start" : "middle" }, mark.text),
    ];
  });
};

const zones = (result, x, margin, wide) => {
  const group = draw("g");
  const bottom = TALL - margin.bottom;
  const limit = result.stack.limit;
  if (limit && approximate(limit.volume) < x.high) {
    const left = Math.max(x.place(approximate(limit.volume)), margin.left);
    group.append(draw("rect", { class: "beyond", x: left, y: margin.top, width: wide - margin.right - left, height: bottom - margin.top }));
    group.append(draw("path", { class: "limit", d: `M${left} ${margin.top}V${bottom}` }));
    const label = draw("text", { class: "note", x: left - 5, y: bottom - 8, "text-anchor": "end" }, `capacity ends: ${shortVolume(limit.volume)}`);
    group.append(label);
  }
  const asked = x.place(approximate(result.settings.volume));
  group.append(draw("path", { class: "asked", d: `M${asked} ${margin.top}V${bottom}` }));
  const right = asked > wide / 2;
  group.append(draw("text", { class: "note strong", x: asked + (right ? -5 : 5), y: bottom - 24, "text-anchor": right ? "end" : "start" },
    `now: ${shortVolume(result.settings.volume)}`));
  return group;
};

const drawCosts = (data, result, log) => {
  const box = byId("chart-box"), wide = Math.max(280, Math.round(box.clientWidth || 720));
  const margin = { left: 54, right: 24, top: 20, bottom: 44 };
  const [low, high] = domainOf(result, log);
  const narrow = wide < 500;
  const x = scaleOf(low, high, margin.left, wide - margin.right, log, narrow ? 4 : 8);
  const lines = linesOf(data, result).map((line) => ({ ...line, points: points(line.curve, x) }));
  const costs = lines.flatMap((line) => line.points.map((p) => p[1]));
  const positive = costs.filter((cost) => cost > 0);
  const top = Math.max(...positive, 1);
  const bottom = log ? Math.max(Math.min(...positive, top / 100), top / 1e6, 1) : 0;
  const y = scaleOf(bottom, top * (log ? 1.6 : 1.08), TALL - margin.bottom, margin.top, log, 7);
  const svg = byId("chart");
  svg.setAttribute("viewBox", `0 0 ${wide} ${TALL}`);
  const paths = lines.map((line) => draw("path", {
    class: line.look, d: line.points.map(([v, c], i) => `${i ? "L" : "M"}${x.place(v).toFixed(1)} ${y.place(c).toFixed(1)}`).join(""),
  }));
  const ends = lines.map((line) => {
    const last = line.points[line.points.length - 1];
    return last ? { mark: line.mark, x: x.place(last[0]), y: y.place(last[1]) } : null;
  });
  svg.replaceChildren(frame(x, y, wide, margin, data.unit), zones(result, x, margin, wide), ...[...paths].reverse(), ...endMarks(ends), ...breakEvenMarks(result, x, y));
  showLegend(lines);
  showChartTable(data, result, x);
  say("chart-text", `${byId("headline").textContent} ${byId("explanation").textContent} The figures are in the table below.`);
};

const showLegend = (lines) => replaceRows("legend", lines.map((line) => {
  const sample = draw("svg", { viewBox: "0 0 34 10", width: 34, height: 10, "aria-hidden": "true" }, draw("path", { class: line.look, d: "M0 5H34" }));
  return make("li", {}, sample, make("b", {}, line.mark), ` ${line.name}`);
}));

// Round volumes over the chart, the volume asked for and every break-even: what a reader of the chart would take from it.
const showChartTable = (data, result, x) => {
  const round = decades(Math.max(x.low, x.high / 1e6, 1), x.high).map((tick) => [parse(tick.toFixed(0)), ""]);
  const marks = result.offers.slice(0, MARKS.length).flatMap((o) => o.withPeople.volumes.map((v) => [v, `break-even with ${o.name}`]));
  const limit = result.stack.limit ? [[result.stack.limit.volume, "capacity ends"]] : [];
  const rows = [...round, ...marks, ...limit, [result.settings.volume, "asked for"]].sort((a, b) => compare(a[0], b[0]));
  const offers = result.offers.slice(0, MARKS.length);
  const heads = ["Volume", "", "Self-hosted, with people", "Stack alone", ...offers.map((o) => o.name)];
  replaceRows("chart-head", [make("tr", {}, ...heads.map((text, i) => (text || i !== 1 ? make("th", { scope: "col", class: i === 1 ? "" : "number" }, text) : make("td"))))]);
  replaceRows("chart-rows", rows.map(([volume, what]) => {
    const valueOf = (curve) => (curve.limit && compare(volume, curve.limit.volume) > 0 ? "not served" : money(at(curve, volume)));
    const head = make("th", { scope: "row", class: "number" }, units(volume));
    return make("tr", {}, head, make("td", { class: "what" }, what), ...[result.own, result.stack, ...offers.map((o) => o.curve)].map((curve) => cell(valueOf(curve))));
  }));
};
