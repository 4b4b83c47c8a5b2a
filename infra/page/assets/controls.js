// Sliders with a number beside each, the address that keeps them, and the command line that gives the same figures.
const LARGEST = fraction(10n ** 15n);
const STEPS_IN_A_DECADE = 20;
const FIELDS = {
  volume: {
    least: ZERO, most: LARGEST,
    toSlider: (value) => (value.n ? Math.round(STEPS_IN_A_DECADE * Math.log10(approximate(value))) : 0),
    fromSlider: (place) => parse(Number((10 ** (place / STEPS_IN_A_DECADE)).toPrecision(2)).toFixed(0)),
  },
  peak: {
    least: ONE, most: LARGEST,
    toSlider: (value) => Math.round(approximate(value) * 10),
    fromSlider: (place) => fraction(BigInt(place), 10n),
  },
  share: {
    least: ZERO, most: HUNDRED,
    toSlider: (value) => Math.round(approximate(value)),
    fromSlider: (place) => fraction(BigInt(place)),
  },
  engineers: { least: ZERO, most: LARGEST },
  // 0 in the workload file means the region's salary.
  salary: { least: ONE, most: LARGEST },
};

const problemOf = (name, value) => {
  const field = FIELDS[name];
  if (value && compare(value, field.least) >= 0 && compare(value, field.most) <= 0) return "";
  return `Give a number from ${readable(field.least)} to ${readable(field.most)}.`;
};
const tell = (name, problem) => {
  const note = byId(`${name}-problem`);
  note.textContent = problem;
  note.hidden = !problem;
  byId(name).setAttribute("aria-invalid", problem ? "true" : "false");
};

const nearestPosition = (data, percent) => data.positions.findIndex((row) => row.percent && compare(row.percent, percent) === 0);
const percentOf = (data, place) => data.positions[place].percent;

// Takes what a person typed or moved; `changed` is called with new settings only when they can be used.
const listen = (data, state, changed) => {
  const take = (name, value, source) => { tell(name, ""); changed({ ...state.settings, [name]: value }, source); };
  for (const [name, field] of Object.entries(FIELDS)) {
    const number = byId(name), slider = byId(`${name}-slider`);
    if (!number) continue;
    number.addEventListener("input", () => {
      const value = parse(number.value), problem = problemOf(name, value);
      if (problem) tell(name, problem); else take(name, value, number);
    });
    if (slider) slider.addEventListener("input", () => take(name, field.fromSlider(Number(slider.value)), slider));
  }
  const number = byId("spot"), slider = byId("spot-slider");
  slider.addEventListener("input", () => take("spot", Number(slider.value), slider));
  number.addEventListener("input", () => {
    const value = parse(number.value), place = value ? nearestPosition(data, value) : -1;
    if (place >= 0) take("spot", place, number);
    else tell("spot", `Give one of ${data.positions.map((row) => plain(row.percent)).join(", ")}.`);
  });
  byId("reset").addEventListener("click", () => changed({ ...data.settings }, null));
};

// Everything but the control a person is at shows the settings anew.
const showControls = (data, settings, source) => {
  const spoken = { volume: ` ${data.unit} a month`, peak: " times the average", share: " per cent" };
  for (const [name, field] of Object.entries(FIELDS)) {
    const number = byId(name), slider = byId(`${name}-slider`);
    if (number && number !== source) { number.value = plain(settings[name]); tell(name, ""); }
    if (!slider) continue;
    if (slider !== source) slider.value = field.toSlider(settings[name]);
    slider.setAttribute("aria-valuetext", readable(settings[name]) + spoken[name]);
  }
  const percent = percentOf(data, settings.spot), number = byId("spot"), slider = byId("spot-slider");
  if (number !== source) { number.value = percent ? plain(percent) : ""; tell("spot", ""); }
  if (slider !== source) slider.value = settings.spot;
  slider.setAttribute("aria-valuetext", percent ? plain(percent) + " per cent" : "as the stack has it");
};

const commandLine = (data, settings) => {
  const words = [...data.command];
  if (data.traffic) {
    words.push(`--volume ${plain(settings.volume)}`, `--peak ${plain(settings.peak)}`);
    words.push(`--people-share ${plain(over(settings.share, HUNDRED))}`);
  }
  const percent = percentOf(data, settings.spot);
  // AWS takes whole per cent, and so does the option; a stack's own share may be another.
  if (!data.spotOff && percent.d === 1n) words.push(`--spot-share ${plain(over(percent, HUNDRED))}`);
  const people = ["engineers", "salary"].filter((name) => compare(settings[name], data.settings[name]) !== 0);
  const keys = { engineers: "engineers", salary: "salary_per_year" };
  const said = people.map((name) => `${keys[name]} = ${plain(settings[name])}`).join(", ");
  // In continued lines, so that what is copied by hand is one command too.
  return words.join(" \\\n  ") + (said ? `\n# in the workload file, [people]: ${said}` : "");
};

// `#volume=5000000&spot=25`: only what differs from the page as written.
const toHash = (data, settings, view) => {
  const parts = Object.keys(FIELDS)
    .filter((name) => compare(settings[name], data.settings[name]) !== 0)
    .map((name) => `${name}=${plain(settings[name])}`);
  if (settings.spot !== data.own) parts.push(`spot=${plain(percentOf(data, settings.spot))}`);
  for (const [name, value] of Object.entries(view)) if (value) parts.push(`${name}=${value}`);
  return parts.join("&");
};
const fromHash = (data, hash) => {
  const settings = { ...data.settings }, view = { scale: "", theme: "" };
  for (const part of hash.replace(/^#/, "").split("&")) {
    const [name, text] = part.split("=");
    const value = text ? parse(text) : null;
    if (name in FIELDS && value && !problemOf(name, value)) settings[name] = value;
    if (name === "spot" && value && nearestPosition(data, value) >= 0) settings.spot = nearestPosition(data, value);
    if (name === "scale" && text === "linear") view.scale = text;
    if (name === "theme" && (text === "dark" || text === "light")) view.theme = text;
  }
  return { settings, view };
};
