// Piecewise-linear curves of volume, as infra/costs/curves.py has them: lines over left-open, right-closed intervals.
const readCurve = (row) => {
  const [starts, bases, slopes] = [row.starts, row.bases, row.slopes].map((text) => text.split(" ").map(parse));
  const limit = row.limit ? { ...row.limit, volume: parse(row.limit.volume) } : null;
  const pieces = starts.map((start, i) => ({ start, base: bases[i], slope: slopes[i] }));
  return { zero: parse(row.zero), pieces, limit };
};
const atLine = (piece, volume) => add(piece.base, times(piece.slope, volume));

// The value whatever the limit says; a piece holds above its start, so the last one that starts below the volume.
const at = (curve, volume) => {
  if (!volume.n) return curve.zero;
  let low = 0, high = curve.pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (compare(curve.pieces[middle].start, volume) < 0) low = middle; else high = middle - 1;
  }
  return atLine(curve.pieces[low], volume);
};
const lowerLimit = (a, b) => (!a || !b ? a || b : compare(a.volume, b.volume) <= 0 ? a : b);

// Every stretch on which neither of two curves bends: [start, end or null, piece of a, piece of b].
const aligned = (a, b) => {
  const rows = [];
  let i = 0, j = 0, start = ZERO;
  while (start) {
    const nexts = [a.pieces[i + 1], b.pieces[j + 1]].filter(Boolean).map((piece) => piece.start);
    const end = nexts.length ? nexts.reduce(least) : null;
    rows.push([start, end, a.pieces[i], b.pieces[j]]);
    if (end && a.pieces[i + 1] && compare(a.pieces[i + 1].start, end) === 0) i += 1;
    if (end && b.pieces[j + 1] && compare(b.pieces[j + 1].start, end) === 0) j += 1;
    start = end;
  }
  return rows;
};
const plus = (a, b) => ({
  zero: add(a.zero, b.zero),
  pieces: aligned(a, b).map(([start, , x, y]) => ({ start, base: add(x.base, y.base), slope: add(x.slope, y.slope) })),
  limit: lowerLimit(a.limit, b.limit),
});
const constant = (value) => ({ zero: value, pieces: [{ start: ZERO, base: value, slope: ZERO }], limit: null });
const totalOf = (curves) => (curves.length > 1 ? curves.reduce(plus) : curves[0] || constant(ZERO));

// A curve of what a rising line says, from the line's start on.
const throughLine = (curve, line) => curve.pieces.flatMap((piece, i) => {
  const next = curve.pieces[i + 1];
  const place = (value) => over(subtract(value, line.base), line.slope);
  if (next && compare(place(next.start), line.start) <= 0) return [];
  const start = compare(place(piece.start), line.start) > 0 ? place(piece.start) : line.start;
  return [{ start, base: add(piece.base, times(piece.slope, line.base)), slope: times(piece.slope, line.slope) }];
});

const lineSigns = (start, end, base, slope) => {
  const cross = slope.n ? over(negative(base), slope) : null;
  if (cross && compare(cross, start) > 0 && (!end || compare(cross, end) < 0)) {
    const first = slope.n > 0n ? -1 : 1;
    return [{ start, end: cross, sign: first }, { start: cross, end, sign: -first }];
  }
  const middle = end ? over(add(start, end), fraction(2n)) : add(start, ONE);
  return [{ start, end, sign: sign(add(base, times(slope, middle))) }];
};

// Where a is below (-1), equal to (0) or above (1) b, up to the lower of their limits.
const signs = (a, b) => {
  const limit = lowerLimit(a.limit, b.limit);
  const spans = [];
  for (const [start, end, x, y] of aligned(a, b)) {
    if (limit && compare(start, limit.volume) >= 0) break;
    const stop = limit && (!end || compare(end, limit.volume) >= 0) ? limit.volume : end;
    for (const span of lineSigns(start, stop, subtract(x.base, y.base), subtract(x.slope, y.slope))) {
      const last = spans[spans.length - 1];
      if (last && last.sign === span.sign) last.end = span.end; else spans.push(span);
    }
  }
  return spans;
};
const breakEven = (own, api) => {
  const spans = signs(own, api);
  return {
    volumes: spans.slice(1).map((span) => span.start),
    wins: spans.filter((span) => span.sign < 0).map((span) => [span.start, span.end]),
  };
};
