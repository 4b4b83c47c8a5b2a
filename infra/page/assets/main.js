// Puts the parts together: one state, drawn anew on every change.
const data = readData(JSON.parse(byId("data").textContent));
const state = { ...fromHash(data, location.hash), result: null };
let spoken = 0, kept = 0, drawn = 0;

const keepAddress = () => {
  const hash = toHash(data, state.settings, state.view);
  // Without a hash the bare "#" would scroll to the top.
  history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
};
const show = (source) => {
  state.result = compute(data, state.settings);
  showControls(data, state.settings, source);
  showResult(data, state.result);
  showParts(state.result);
  if (data.traffic) showOffers(data, state.result);
  showDocuments(state.result);
  say("command", commandLine(data, state.settings));
  const moved = Boolean(toHash(data, state.settings, {}));
  document.querySelectorAll("[data-when-moved]").forEach((node) => { node.hidden = !moved; });
  cancelAnimationFrame(drawn);
  drawn = requestAnimationFrame(() => showPictures());
};
const showPictures = () => {
  if (!data.traffic) return;
  drawCosts(data, state.result, state.view.scale !== "linear");
  showSensitivity(data, state.result);
};
const changed = (settings, source) => {
  state.settings = settings;
  show(source);
  // A screen reader is told once a movement has come to rest.
  clearTimeout(spoken);
  spoken = setTimeout(() => say("announce", `${byId("headline").textContent} ${byId("explanation").textContent}`), 700);
  clearTimeout(kept);
  kept = setTimeout(keepAddress, 200);
};

const showTheme = () => {
  const { theme } = state.view;
  if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme;
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  say("theme", dark ? "Light colours" : "Dark colours");
  return dark;
};
const listenToView = () => {
  byId("theme").addEventListener("click", () => { state.view.theme = showTheme() ? "light" : "dark"; showTheme(); keepAddress(); });
  const scale = byId("linear");
  if (scale) {
    scale.checked = state.view.scale === "linear";
    scale.addEventListener("change", () => { state.view.scale = scale.checked ? "linear" : ""; showPictures(); keepAddress(); });
    new ResizeObserver(() => showPictures()).observe(byId("chart-box"));
  }
  byId("copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(byId("command").textContent);
      say("announce", "Copied");
      say("copy", "Copied");
      setTimeout(() => say("copy", "Copy"), 1500);
    } catch {
      getSelection().selectAllChildren(byId("command"));
      say("announce", "Selected; copy it with the keyboard");
    }
  });
};
// On paper everything is open, and what was closed closes again.
const closed = [];
addEventListener("beforeprint", () => {
  closed.push(...document.querySelectorAll("details:not([open])"));
  closed.forEach((node) => { node.open = true; });
});
addEventListener("afterprint", () => closed.splice(0).forEach((node) => { node.open = false; }));
addEventListener("hashchange", () => {
  const read = fromHash(data, location.hash);
  const section = byId(location.hash.slice(1));
  if (section) return;
  state.view = read.view;
  showTheme();
  if (byId("linear")) byId("linear").checked = state.view.scale === "linear";
  changed(read.settings, null);
});

listen(data, state, changed);
listenToView();
showTheme();
show(null);
