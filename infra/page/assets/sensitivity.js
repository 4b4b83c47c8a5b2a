// What self-hosting saves a month when one assumption changes and the others stay.
const HALF = fraction(1n, 2n);
const MORE = fraction(3n, 2n);

const savedAt = (data, settings, change = {}) => {
  const result = compute({ ...data, offers: [] }, settings);
  const stack = times(result.monthly[change.case ?? 1], change.prices ?? ONE);
  const curves = data.offers.map((offer) => offerCurve(data, offer, settings));
  if (result.tooMuch || !curves.length) return null;
  const api = times(curves.map((curve) => at(curve, settings.volume)).reduce(least), change.api ?? ONE);
  return subtract(api, add(stack, result.people));
};

const assumptionsOf = (data, s) => {
  const scaledShare = (factor) => ({ ...s, share: times(s.share, factor) });
  const rows = [
    ["Volume", [{ ...s, volume: times(s.volume, HALF) }], [{ ...s, volume: times(s.volume, MORE) }], "-50 %", "+50 %"],
    ["People: time or salary", [scaledShare(HALF)], [scaledShare(MORE)], "-50 %", "+50 %"],
    ["Prices of AWS", [s, { prices: HALF }], [s, { prices: MORE }], "-50 %", "+50 %"],
    ["Price of the managed API", [s, { api: HALF }], [s, { api: MORE }], "-50 %", "+50 %"],
    ["Instances running", [s, { case: 0 }], [s, { case: 2 }], "low case", "high case"],
  ];
  const last = data.positions.length - 1;
  if (last) rows.push(["Spot share", [{ ...s, spot: 0 }], [{ ...s, spot: last }], "0 %", "100 %"]);
  return rows.map(([name, low, high, lowWord, highWord]) => ({
    name, words: [lowWord, highWord], saved: [savedAt(data, ...low), savedAt(data, ...high)],
  }));
};

const showSensitivity = (data, result) => {
  const now = savedAt(data, result.settings);
  byId("sensitivity").hidden = now === null;
  if (now === null) return;
  const rows = assumptionsOf(data, result.settings);
  const reach = (row) => Math.max(...row.saved.filter(Boolean).map((v) => Math.abs(approximate(subtract(v, now)))), 0);
  rows.sort((a, b) => reach(b) - reach(a));
  const known = [...rows.flatMap((row) => row.saved).filter(Boolean), now, ZERO].map(approximate);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const less = sign(now) < 0;
  say("saved-now", `Self-hosting with people costs ${money(less ? negative(now) : now)} USD a month ${less ? "more" : "less"} than the cheapest API.`);
  const text = (value, word) => cell(value ? `${word}: ${money(value)}` : `${word}: not served`);
  replaceRows("sensitivity-rows", rows.map((row) => {
    const [a, b] = row.saved.map((value) => approximate(value ?? now));
    const turns = row.saved.some((value) => value && sign(value) !== sign(now));
    return rowOf(row.name, text(row.saved[0], row.words[0]), text(row.saved[1], row.words[1]),
      make("td", {}, turns ? "yes" : "no"), bar(a, b, low, high, turns ? "bar turns" : "bar", [approximate(now), approximate(now)]));
  }));
};
