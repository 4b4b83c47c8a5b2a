// Exact numbers: a fraction of two BigInts in lowest terms. Money is rounded in words.js and nowhere else.
const gcd = (a, b) => { while (b) [a, b] = [b, a % b]; return a < 0n ? -a : a; };
const fraction = (n, d = 1n) => {
  if (d < 0n) [n, d] = [-n, -d];
  const common = gcd(n, d) || 1n;
  return { n: n / common, d: d / common };
};
const ZERO = fraction(0n);
const ONE = fraction(1n);
const add = (a, b) => (a.d === b.d ? fraction(a.n + b.n, a.d) : fraction(a.n * b.d + b.n * a.d, a.d * b.d));
const negative = (a) => ({ n: -a.n, d: a.d });
const subtract = (a, b) => add(a, negative(b));
const times = (a, b) => fraction(a.n * b.n, a.d * b.d);
const over = (a, b) => fraction(a.n * b.d, a.d * b.n);
const compare = (a, b) => { const x = a.n * b.d, y = b.n * a.d; return x < y ? -1 : x > y ? 1 : 0; };
const sign = (a) => (a.n < 0n ? -1 : a.n > 0n ? 1 : 0);
const ceiling = (a) => (a.n > 0n ? (a.n + a.d - 1n) / a.d : a.n / a.d);
const least = (a, b) => (compare(a, b) <= 0 ? a : b);

// A number as Python writes it (`7/3`, `2000000`) or as a person does (`0.35`, `1e6`, `2,000,000`); null for no number.
const LONGEST = 40;
const parse = (text) => {
  const ratio = /^(-?\d+)\/(\d+)$/.exec(text);
  if (ratio) return fraction(BigInt(ratio[1]), BigInt(ratio[2]));
  const plain = String(text).replace(/[,_\s]/g, "");
  const found = /^(-?)(\d*)\.?(\d*)(?:e([+-]?\d{1,2}))?$/i.exec(plain);
  if (!found || !(found[2] + found[3]) || plain.length > LONGEST) return null;
  const power = Number(found[4] || 0) - found[3].length;
  const digits = BigInt(found[1] + found[2] + found[3]);
  return power < 0 ? fraction(digits, 10n ** BigInt(-power)) : fraction(digits * 10n ** BigInt(power));
};

// For drawing only: the nearest binary number.
const approximate = (a) => {
  const shift = BigInt(Math.max(0, a.d.toString().length - 15, a.n.toString().length - 300));
  if (a.d < 10n ** 15n && a.n < 10n ** 300n) return Number(a.n) / Number(a.d);
  return Number(a.n / 10n ** shift) / Number(a.d / 10n ** shift || 1n);
};
