// The figures in words and tables.
const monthOf = (data, volume) => `${readable(volume)} ${data.unit} a month`;

const headline = (data, result) => {
  const asked = monthOf(data, result.settings.volume);
  if (!data.traffic) return `The stack costs ${money(result.monthly[1])} USD a month.`;
  if (result.tooMuch) return `This stack cannot serve ${asked}.`;
  if (!result.cheapest) return `Self-hosting costs ${money(result.total)} USD for ${asked}; no managed API to compare with.`;
  const gap = subtract(result.cheapest.monthly, result.total);
  if (!gap.n) return `At ${asked} both cost ${money(result.total)} USD.`;
  const [winner, loser] = gap.n > 0n ? ["Self-hosting", result.cheapest.name] : [result.cheapest.name, "self-hosting"];
  const less = money(gap.n < 0n ? negative(gap) : gap);
  return `${winner} is cheaper than ${loser} at ${asked}, by ${less} USD a month.`;
};

const explanation = (data, result) => {
  if (!data.traffic) return "No traffic is assumed for it: volume, peak and people do not move its cost.";
  const limit = result.stack.limit;
  const ends = limit ? ` Above ${units(limit.volume)} a month it has no capacity left: ${limit.reason}.` : "";
  if (!result.cheapest) return ends.trim();
  const api = result.cheapest;
  return `Against ${api.name}, self-hosting with people is cheaper ${ranges(api.withPeople.wins)}; ` +
    `the stack alone ${ranges(api.withoutPeople.wins)}.${ends}`;
};

const stat = (id, value) => { say(id, money(value)); byId(id).dataset.exact = exact(value); };

const showResult = (data, result) => {
  say("headline", headline(data, result));
  say("explanation", explanation(data, result));
  byId("result").classList.toggle("bad", Boolean(result.tooMuch));
  stat("stack-monthly", result.monthly[1]);
  if (!data.traffic) return;
  stat("people-monthly", result.people);
  stat("own-monthly", result.total);
  const best = result.cheapest;
  say("api-monthly", best ? money(best.monthly) : "-");
  say("api-name", best ? best.name : "No managed API");
};

const perMillion = (monthly, volume) => (volume.n ? money(over(times(monthly, fraction(1000000n)), volume)) : "-");
const listed = (volumes) => (volumes.length ? volumes.map(units).join("; ") : "no volume");

const breakEvenCell = (found, people) => make("td", { class: "even-cell" },
  make("div", { "data-break-even": people, "data-exact": found.volumes.map(exact).join(" ") }, `at ${listed(found.volumes)}`),
  make("div", {
    class: "soft about", "data-wins": people,
    "data-exact": found.wins.map((win) => win.map((v) => (v ? exact(v) : "")).join(":")).join(" "),
  }, `self-hosting cheaper ${ranges(found.wins)}`));

const showOffers = (data, result) => {
  const volume = result.settings.volume;
  const own = (name, value) => rowOf(name, usd(value), cell(perMillion(value, volume)), make("td"), make("td"));
  const rows = [own("Self-hosted, with people", result.total), own("Self-hosted, stack alone", result.monthly[1])];
  for (const offer of result.offers) {
    const cheaper = compare(offer.monthly, result.total) < 0;
    const name = make("div", {}, offer.name, cheaper ? make("div", { class: "about" }, "cheaper than self-hosting") : null);
    const million = cell(perMillion(offer.monthly, volume));
    const row = rowOf(name, usd(offer.monthly), million, breakEvenCell(offer.withPeople, "with"), breakEvenCell(offer.withoutPeople, "without"));
    row.dataset.offer = offer.key;
    if (cheaper) row.classList.add("cheaper");
    rows.push(row);
  }
  replaceRows("offer-rows", rows);
  const limit = result.stack.limit;
  byId("limit").dataset.exact = limit ? exact(limit.volume) : "";
  say("limit", limit ? `Above ${units(limit.volume)} ${data.unit} a month self-hosting is infeasible: ${limit.reason}.` : "");
};

const showParts = (result) => {
  const most = Math.max(...result.parts.map((part) => approximate(part.usd[2])), ...result.parts.map((part) => approximate(part.usd[1])), 0);
  const rows = result.parts.map((part) => {
    const [low, expected, high] = part.usd.map(approximate);
    const name = make("div", {}, make("div", {}, part.name), make("div", { class: "soft about" }, part.about));
    const row = rowOf(name, ...part.usd.map(usd), bar(0, expected, Math.min(0, low), most, "bar", [low, high]));
    row.dataset.part = part.name;
    return row;
  });
  replaceRows("part-rows", rows);
  ["low", "expected", "high"].forEach((name, i) => stat(`total-${name}`, result.monthly[i]));
  const { unpriced } = result.position;
  replaceRows("unpriced", unpriced.map((line) => make("li", {}, line)));
  byId("unpriced-section").hidden = !unpriced.length;
  if (byId("people-row")) document.querySelectorAll("#people-row td.number").forEach((node) => { node.textContent = money(result.people); });
};

const showDocuments = (result) => {
  if (!result.documents) return;
  stat("documents-own", result.documents.own);
  stat("documents-managed", result.documents.managed);
};
