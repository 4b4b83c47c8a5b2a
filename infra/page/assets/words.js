// Numbers as a reader sees them: rounded half away from zero, as infra/costs/reports/words.py does.
const rounded = (value, places) => {
  const scale = 10n ** BigInt(places);
  const whole = (abs) => (2n * abs * scale + value.d) / (2n * value.d);
  const digits = whole(value.n < 0n ? -value.n : value.n).toString().padStart(places + 1, "0");
  const minus = value.n < 0n ? "-" : "";
  const split = digits.length - places;
  return minus + digits.slice(0, split) + (places ? "." + digits.slice(split) : "");
};
const thousands = (text) => {
  const [whole, rest] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return rest === undefined ? grouped : grouped + "." + rest;
};
const trimmed = (text) => (text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text);
const money = (value) => thousands(rounded(value, 2));
const units = (value) => thousands(rounded(value, 0));
const exact = (value) => { const text = trimmed(rounded(value, 10)); return text === "-0" ? "0" : text; };
const plain = (value) => trimmed(rounded(value, LONGEST));
const readable = (value) => thousands(plain(value));

const SCALES = [[12, "T"], [9, "B"], [6, "M"], [3, "k"]];
const shortVolume = (value) => {
  const whole = { n: BigInt(rounded(value, 0)), d: 1n };
  for (const [power, letter] of SCALES) {
    const size = 10n ** BigInt(power);
    if (whole.n >= size) {
      const part = fraction(whole.n, size);
      const places = part.n < 10n * part.d ? 2 : part.n < 100n * part.d ? 1 : 0;
      return trimmed(rounded(part, places)) + " " + letter;
    }
  }
  return whole.n.toString();
};
const ranges = (wins) => {
  if (!wins.length) return "at no volume";
  return wins.map(([start, end]) => {
    if (!start.n && !end) return "at every volume";
    if (!end) return "above " + units(start);
    return start.n ? "from " + units(start) + " to " + units(end) : "up to " + units(end);
  }).join(", ");
};
