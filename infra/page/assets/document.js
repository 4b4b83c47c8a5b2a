// Small pieces of the document. Text is always set as text, never parsed as HTML.
const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const fillNode = (node, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null).map((child) => (child instanceof Node ? child : String(child))));
  return node;
};
const make = (tag, attributes = {}, ...children) => fillNode(document.createElement(tag), attributes, children);
const draw = (tag, attributes = {}, ...children) => fillNode(document.createElementNS(SVG, tag), attributes, children);
const rowOf = (head, ...cells) => make("tr", {}, make("th", { scope: "row" }, head), ...cells);
const cell = (text, value = null) => make("td", { class: "number", "data-exact": value && exact(value) }, text);
const usd = (value) => cell(money(value), value);
const replaceRows = (id, rows) => byId(id).replaceChildren(...rows);
const say = (id, text) => { byId(id).textContent = text; };

// A bar from one number to another on a scale of its own table; thin marks show a range.
const bar = (from, to, low, high, kind = "bar", range = null) => {
  const place = (value) => (high > low ? (100 * (value - low)) / (high - low) : 0);
  const [left, right] = from <= to ? [place(from), place(to)] : [place(to), place(from)];
  const svg = draw("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none" });
  svg.append(draw("rect", { class: kind, x: left, y: 1.5, width: Math.max(right - left, 0.3), height: 7 }));
  if (range) svg.append(draw("path", { class: "range", d: `M${place(range[0])} 5H${place(range[1])}M${place(range[0])} 2.5V7.5M${place(range[1])} 2.5V7.5` }));
  if (low < 0 && high >= 0) svg.append(draw("path", { class: "axis", d: `M${place(0)} 0V10` }));
  return make("td", { class: "drawn", "aria-hidden": "true" }, svg);
};
