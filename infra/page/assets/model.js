// What the settings mean: the same figures as `breakeven preview` prints, exactly.
const readData = (raw) => {
  const curves = raw.curves.map(readCurve);
  const positions = raw.positions.map((row) => ({
    ...row,
    unpriced: raw.lines[row.unpriced],
    percent: row.percent === null ? null : parse(row.percent),
    parts: Object.entries(row.parts).map(([name, part]) => ({
      name, about: part.about, curves: part.curves.map((number) => curves[number]),
    })),
    instances: row.instances && {
      usd: curves[row.instances.usd], hours: curves[row.instances.hours], idle: parse(row.instances.idle),
    },
  }));
  for (const row of positions) row.totals = [0, 1, 2].map((i) => totalOf(row.parts.map((part) => part.curves[i])));
  const offers = raw.offers.map((offer) => ({
    ...offer, curve: curves[offer.curve],
    endpoints: offer.endpoints.map((e) => ({ every: parse(e.every), charged: parse(e.charged), cost: curves[e.cost] })),
  }));
  const settings = Object.fromEntries(Object.entries(raw.settings).map(([name, text]) => [name, parse(text)]));
  return { ...raw, positions, offers, settings: { ...settings, spot: raw.own } };
};

const HUNDRED = fraction(100n);
const YEAR = fraction(12n);
const peopleMonthly = (s) => over(times(times(s.engineers, over(s.share, HUNDRED)), s.salary), YEAR);

// A busier peak lowers what the group's maximum can answer, and nothing else.
const limitedBy = (curve, peak) => {
  if (!curve.limit) return curve;
  return { ...curve, limit: { volume: over(curve.limit.volume, peak), reason: curve.limit.reason } };
};

// Inference units that the busiest minute needs, one at least, and what they cost; as infra/costs/managed/meters.py.
const endpointCurve = (data, endpoint, s) => {
  const every = over(endpoint.every, s.peak);
  const [some, many] = data.endpointSteps.map(BigInt);
  const wanted = ceiling(over(s.volume, every));
  const most = [some, [2n * wanted, many].reduce((a, b) => (a < b ? a : b))].reduce((a, b) => (a > b ? a : b));
  const pieces = [];
  for (let n = 1n; n <= most; n += 1n) {
    pieces.push({ start: times(every, fraction(n - 1n)), base: times(endpoint.charged, fraction(n)), slope: ZERO });
  }
  const beyond = { start: times(every, fraction(most)), base: ZERO, slope: over(endpoint.charged, every) };
  const flat = pieces.map((p) => ({ start: p.start, base: at(endpoint.cost, p.base), slope: ZERO }));
  return { zero: flat[0].base, pieces: [...flat, ...throughLine(endpoint.cost, beyond)], limit: null };
};
const offerCurve = (data, offer, s) => totalOf([offer.curve, ...offer.endpoints.map((e) => endpointCurve(data, e, s))]);

const byCost = (a, b) =>
  compare(b.usd[1], a.usd[1]) || compare(b.usd[2], a.usd[2]) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const documentCost = (data, position, volume) => {
  if (!data.documents) return null;
  const { part, perMonth, hours, managed } = data.documents;
  const ran = at(position.instances.hours, volume);
  const hourly = ran.n ? over(at(position.instances.usd, volume), ran) : position.instances.idle;
  const intake = position.parts.find((row) => row.name === part);
  const monthly = intake ? at(intake.curves[1], volume) : ZERO;
  const own = add(times(parse(hours), hourly), times(over(monthly, parse(perMonth)), fraction(1000n)));
  return { own, managed: parse(managed) };
};

const compute = (data, settings) => {
  const position = data.positions[settings.spot];
  const volume = settings.volume;
  const stack = limitedBy(position.totals[1], settings.peak);
  const people = peopleMonthly(settings);
  const own = plus(stack, constant(people));
  const monthly = position.totals.map((curve) => at(curve, volume));
  const offers = data.offers.map((known) => ({ ...known, curve: offerCurve(data, known, settings) })).map((offer) => ({
    ...offer,
    monthly: at(offer.curve, volume),
    withPeople: breakEven(own, offer.curve),
    withoutPeople: breakEven(stack, offer.curve),
  }));
  const parts = position.parts.map((row) => ({ ...row, usd: row.curves.map((curve) => at(curve, volume)) }));
  return {
    settings, position, stack, own, people, monthly, offers,
    total: add(monthly[1], people),
    parts: parts.sort(byCost),
    tooMuch: stack.limit && compare(volume, stack.limit.volume) > 0 ? stack.limit : null,
    documents: documentCost(data, position, volume),
    cheapest: offers.reduce((a, b) => (a && compare(a.monthly, b.monthly) <= 0 ? a : b), null),
  };
};
