// Puts the page together and listens.
const tools = document.getElementById("tools");

function select(label, name, options, value, change) {
  const id = `choose-${name}`;
  return el("div", { class: "field" }, el("label", { for: id }, label),
    el("select", { id, onchange: (event) => change(event.target.value) },
      options.map(([key, text]) => el("option", { value: key, selected: key === value }, text))));
}

const ANY = "\u0000any"; // no value of a field has a NUL in it

function filter(label, field) {
  const counts = [...counted(FINDINGS, field)];
  const order = { severity: SEVERITIES, state: STATES }[field];
  counts.sort((a, b) => (order ? order.indexOf(a[0]) - order.indexOf(b[0]) : b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));
  if (counts.length < 2) return "";
  const options = [[ANY, "Any"], ...counts.map(([value, count]) => [value, `${nameOf(field, value)} (${count.toLocaleString("en")})`])];
  return select(label, field, options, ANY, (value) => {
    if (value === ANY) delete asked.filters[field];
    else asked.filters[field] = value;
    asked.page = 0;
    update();
  });
}

function buildTools() {
  const search = el("input", { id: "search", type: "search", placeholder: "Path, author, commit …", autocomplete: "off", spellcheck: "false" });
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      asked.search = search.value;
      asked.page = 0;
      update();
    }, 120);
  });
  tools.append(
    el("div", { class: "field grow" }, el("label", { for: "search" }, "Search"), search),
    filter("Severity", "severity"), filter("State", "state"), filter("Rule", "rule"), filter("Provider", "provider"), filter("Author", "author"),
    select("Group by", "group", Object.entries(GROUPS).map(([key, { label }]) => [key, label]), asked.group, (value) => {
      asked.group = value;
      asked.page = 0;
      open.clear();
      drawList();
    }),
    select("Sort", "sort", Object.entries(SORTS).map(([key, { label }]) => [key, label]), asked.sort, (value) => {
      asked.sort = value;
      asked.page = 0;
      drawList();
    }));
  tools.addEventListener("submit", (event) => event.preventDefault());
}

function drawChips() {
  const chips = Object.entries(asked.filters).map(([field, value]) => {
    const name = field === "month" ? monthName(value) : nameOf(field, value);
    return el("button", { type: "button", class: "chip", "aria-label": `Remove the filter ${field}: ${name}`, onclick: () => {
      toggle(field, value);
      document.getElementById("search").focus();
    } }, `${field}: `, el("bdi", {}, name), el("span", { "aria-hidden": "true" }, " ×"));
  });
  if (chips.length + (asked.search ? 1 : 0) > 1) chips.push(el("button", { type: "button", class: "quiet", id: "clear", onclick: clearAll }, "Clear all"));
  document.getElementById("chips").replaceChildren(...chips);
}

function clearAll() {
  asked.filters = {};
  asked.search = "";
  asked.page = 0;
  document.getElementById("search").value = "";
  update();
  document.getElementById("search").focus();
}

// Draws anew what depends on what is asked for; a button that was just pressed keeps the focus.
function update() {
  const { field, value } = document.activeElement?.dataset || {};
  drawSeverities();
  drawStates();
  drawCharts();
  drawChips();
  drawList();
  for (const name of ["severity", "state", "rule", "provider", "author"]) {
    const choice = document.getElementById(`choose-${name}`);
    if (choice) choice.value = name in asked.filters ? asked.filters[name] : ANY;
  }
  if (field) [...document.querySelectorAll(`[data-field="${field}"]`)].find((one) => one.dataset.value === value)?.focus();
}

function drawHead() {
  const { meta, secrets } = DATA;
  const made = new Date(meta.made);
  document.getElementById("made").textContent = made.toLocaleString("en", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }) + " UTC";
  const clean = meta.incomplete ? "No leaks found so far" : "No leaks found";
  document.getElementById("title").textContent = secrets.length ? `${plural(secrets.length, "secret")} in ${plural(FINDINGS.length, "place")}` : clean;
  const dates = FINDINGS.map((finding) => finding.date).filter(Boolean).sort();
  const active = secrets.filter((secret) => secret.state === "active").length;
  const lede = [];
  if (active) lede.push(`${plural(active, "secret")} still ${active === 1 ? "works" : "work"}.`);
  if (dates.length) lede.push(`The oldest was committed on ${day(dates[0])}, ${since((time(MADE) - time(dates[0])) / 86400000)} ago.`);
  if (!secrets.length) lede.push(`${meta.amounts[0].toUpperCase()}${meta.amounts.slice(1)}.`);
  document.getElementById("lede").textContent = lede.join(" ");
  const alerts = [];
  if (meta.incomplete) alerts.push(el("p", { class: "alert" }, el("b", {}, "The scan is incomplete. "), "Something that should have been read was not: see ", el("a", { href: "#scan" }, "the scan"), "."));
  if (meta.inClear && secrets.length) alerts.push(el("p", { class: "alert mild" }, el("b", {}, "This file holds the secrets. "), "They are hidden until you show them; do not pass it on."));
  document.getElementById("alerts").replaceChildren(...alerts);
}

function drawScan() {
  const { meta } = DATA;
  const lists = [el("p", {}, `leakscan ${meta.version} ${meta.amounts}.`)];
  const list = (title, items) => items.length && lists.push(el("h3", {}, title), el("ul", {}, ...items.map((item) => el("li", {}, item))));
  list("Not scanned", meta.skipped.map(([text, count, serious]) => [`${count.toLocaleString("en")} × ${text}`, serious ? el("b", {}, " (should have been)") : ""]));
  list("Known and left out", meta.hidden.map(([by, count]) => `${plural(count, "finding")} by ${by}`));
  list("Warnings", meta.warnings);
  document.getElementById("scan-body").replaceChildren(...lists);
  document.getElementById("foot").textContent = meta.inClear
    ? "Made to be opened offline: nothing here loads or sends anything."
    : "Made to be opened offline: nothing here loads or sends anything. The secrets were redacted when it was made, and are not in this file.";
}

function buildTheme() {
  const button = document.getElementById("theme");
  const dark = () => (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const label = () => { button.textContent = dark() ? "Light" : "Dark"; button.setAttribute("aria-label", `Use ${dark() ? "light" : "dark"} colours`); };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = dark() ? "light" : "dark";
    label();
  });
  label();
}

function buildReveal() {
  const button = document.getElementById("reveal");
  button.hidden = !DATA.meta.inClear || !DATA.secrets.length;
  button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(shown));
    button.textContent = shown ? "Hide all secrets" : "Show all secrets";
    for (const secret of secretButtons) secret.show(shown);
  });
}

// Arrow keys, Home and End go from one finding to the next.
document.getElementById("list").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
  if (!step || !event.target.classList.contains("opener")) return;
  const openers = [...document.querySelectorAll(".opener")];
  openers[Math.min(Math.max(openers.indexOf(event.target) + step, 0), openers.length - 1)].focus();
  event.preventDefault();
});

buildTheme();
drawHead();
drawScan();
if (FINDINGS.length) {
  buildReveal();
  buildTools();
  update();
} else {
  for (const id of ["overview"]) document.getElementById(id).hidden = true;
  document.querySelector(".results").hidden = true;
  document.querySelector(".skip").hidden = true;
}
