// Where volumes and costs lie on the chart. Drawing uses binary numbers: a pixel needs no more.
const MARKS = ["A", "B", "C", "D", "E", "F", "G", "H"];
const SAMPLES = 160;

const decades = (low, high) => {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) ticks.push(10 ** power);
  return ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
};
const evenly = (low, high, count) => {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((n) => n * power >= rough) * power;
  const ticks = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high * 1.0001; tick += step) ticks.push(tick);
  return ticks;
};
const thinned = (ticks, most) => { const every = Math.ceil(ticks.length / most); return ticks.filter((_, i) => i % every === 0); };

// A scale takes a value to a pixel; logarithmic ones hold what is too small at their lower end.
const scaleOf = (low, high, from, to, log, most) => {
  const bend = log ? Math.log10 : (x) => x;
  const [start, end] = [bend(low), bend(high)];
  const place = (value) => from + ((bend(log ? Math.max(value, low) : value) - start) / (end - start || 1)) * (to - from);
  return { low, high, place, ticks: thinned(log ? decades(low, high) : evenly(low, high, most), most), log };
};

const linesOf = (data, result) => [
  { mark: "S", name: "Self-hosted, with people", curve: result.own, look: "line own" },
  { mark: "s", name: "Stack alone", curve: result.stack, look: "line alone" },
  ...result.offers.slice(0, MARKS.length).map((offer, i) => ({ mark: MARKS[i], name: offer.name, curve: offer.curve, look: `line o${i}` })),
];

// From well below what matters to well above it: the volume asked for, every break-even, the end of capacity.
const domainOf = (result, log) => {
  const marks = result.offers.slice(0, MARKS.length).flatMap((o) => o.withPeople.volumes).map(approximate);
  const limit = result.stack.limit ? approximate(result.stack.limit.volume) : 0;
  const asked = approximate(result.settings.volume);
  const known = [...marks, asked].filter((v) => v > 0);
  let high = Math.max(1000, ...known.map((v) => v * 2));
  if (limit) high = Math.max(Math.min(high, limit * 1.25), asked * 1.25, log ? limit * 1.25 : 0);
  const low = log ? Math.max(1, Math.min(high / 1000, ...known.map((v) => v / 10))) : 0;
  return log ? [10 ** Math.floor(Math.log10(low)), high] : [0, high];
};

const points = (curve, scale) => {
  const end = Math.min(scale.high, curve.limit ? approximate(curve.limit.volume) : Infinity);
  if (end <= scale.low) return [];
  const ratio = end / (scale.low || 1);
  const spread = Array.from({ length: SAMPLES + 1 }, (_, i) =>
    scale.log ? scale.low * ratio ** (i / SAMPLES) : (end * i) / SAMPLES);
  const lines = curve.pieces.map((p) => [approximate(p.start), approximate(p.base), approximate(p.slope)]);
  const all = spread.map((v) => [v, lines[Math.max(lines.findLastIndex(([start]) => start < v), 0)]]).map(([v, l]) => [v, l[1] + l[2] * v]);
  // Both sides of every step, so that it stands upright.
  lines.forEach(([start, base, slope], i) => {
    if (!i || start <= scale.low || start >= end) return;
    all.push([start, lines[i - 1][1] + lines[i - 1][2] * start], [start * (1 + 1e-12), base + slope * start]);
  });
  return all.sort((a, b) => a[0] - b[0]);
};
