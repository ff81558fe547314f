// The numbers on top: each bar is a button that filters by what it counts.
const SHOWN = 6; // bars of a chart
const COLUMNS = 120; // months, before years are counted instead

function toggle(field, value) {
  if (asked.filters[field] === value) delete asked.filters[field];
  else asked.filters[field] = value;
  asked.page = 0;
  update();
}

function bars(title, field) {
  const counts = [...counted(matching(field), field)].sort((a, b) => b[1] - a[1]);
  const most = counts.length ? counts[0][1] : 1;
  const shown = counts.slice(0, SHOWN);
  const chosen = counts.find(([value]) => asked.filters[field] === value);
  if (chosen && !shown.includes(chosen)) shown[shown.length - 1] = chosen;
  const rows = shown.map(([value, count]) => el("li", {},
    el("button", { type: "button", class: "bar-row", "aria-pressed": String(asked.filters[field] === value), onclick: () => toggle(field, value), "data-field": field, "data-value": value },
      el("span", { class: "bar-name" }, el("bdi", {}, nameOf(field, value))),
      el("span", { class: "bar-count" }, count.toLocaleString("en")),
      svg("svg", { class: "track", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { class: "rail", width: 100, height: 4, rx: 0 }),
        svg("rect", { class: "fill", width: Math.max((100 * count) / most, 1), height: 4 })))));
  const more = counts.length - shown.length;
  return el("section", { class: "card", "aria-label": title },
    el("h3", {}, title, more > 0 ? el("span", { class: "more" }, `top ${SHOWN} of ${counts.length.toLocaleString("en")}`) : ""),
    rows.length ? el("ul", {}, ...rows) : el("p", { class: "none" }, "None match."));
}

// Every month from the first to the last, also those without a finding.
function monthsBetween(first, last) {
  const months = [];
  let [year, month] = first.split("-").map(Number);
  while (months.length < 2000) {
    const name = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}`;
    months.push(name);
    if (name >= last) break;
    [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1];
  }
  return months;
}

// What stands below a column: its name where there are few, years where there are many.
function tick(name, n, columns) {
  if (columns <= 12) return name;
  if (name.length === 4) return n % 2 ? "" : name;
  if (name.endsWith("-01")) return name.slice(0, 4);
  return n === 0 && !["-11", "-12"].includes(name.slice(4)) ? name.slice(0, 4) : "";
}

function months() {
  const counts = counted(matching("month"), "month");
  counts.delete("");
  const known = [...counts.keys()].sort();
  const title = "By month";
  if (!known.length) {
    return el("section", { class: "card wide", "aria-label": title }, el("h3", {}, title), el("p", { class: "none" }, "No commit dates."));
  }
  let columns = monthsBetween(known[0], known[known.length - 1]).map((month) => [month, counts.get(month) || 0, month]);
  if (columns.length > COLUMNS) {
    const years = new Map();
    for (const [month, count] of columns) years.set(month.slice(0, 4), (years.get(month.slice(0, 4)) || 0) + count);
    columns = [...years].map(([year, count]) => [year, count, ""]);
  }
  const most = Math.max(...columns.map(([, count]) => count));
  const items = columns.map(([name, count, month], n) => {
    const column = svg("svg", { viewBox: "0 0 10 60", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { class: "fill", x: 0, width: 10, y: 60 - (count ? Math.max((58 * count) / most, 2) : 0.6), height: count ? Math.max((58 * count) / most, 2) : 0.6 }));
    const label = `${monthName(name)}: ${plural(count, "finding")}`;
    const inner = [column, el("span", { class: "tick", "aria-hidden": "true" }, tick(name, n, columns.length))];
    return el("li", {}, month && count
      ? el("button", { type: "button", class: "column", title: label, "aria-label": label, "aria-pressed": String(asked.filters.month === month), onclick: () => toggle("month", month), "data-field": "month", "data-value": month }, ...inner)
      : el("span", { class: "column", title: label }, el("span", { class: "hidden" }, label), ...inner));
  });
  return el("section", { class: "card wide", "aria-label": columns[0][2] ? title : "By year" },
    el("h3", {}, columns[0][2] ? title : "By year", el("span", { class: "more" }, "date of the commit that added it")),
    el("ul", { class: columns.length > 40 ? "columns dense" : "columns" }, ...items));
}

function drawCharts() {
  document.getElementById("charts").replaceChildren(months(), bars("By rule", "rule"), bars("By provider", "provider"), bars("By author", "author"));
}

// The one bar of all secrets by severity, and the words below it.
function drawSeverities() {
  const severe = new Map(SEVERITIES.map((severity) => [severity, 0]));
  for (const secret of DATA.secrets) severe.set(DATA.rules[secret.rule].severity, severe.get(DATA.rules[secret.rule].severity) + 1);
  const present = [...severe].filter(([, count]) => count);
  const total = DATA.secrets.length;
  let at = 0;
  const rects = present.map(([severity, count]) => {
    const rect = svg("rect", { class: `sev-${severity || "none"}`, x: at, width: Math.max((1000 * count) / total - 3, 3), height: 10, rx: 2 });
    at += (1000 * count) / total;
    return rect;
  });
  const legend = present.map(([severity, count]) => el("li", {}, el("button", {
    type: "button", class: "legend", "aria-pressed": String(asked.filters.severity === severity), onclick: () => toggle("severity", severity), "data-field": "severity", "data-value": severity,
  }, el("span", { class: `dot sev-${severity || "none"}`, "aria-hidden": "true" }), el("b", {}, count.toLocaleString("en")), ` ${nameOf("severity", severity)}`)));
  document.getElementById("severities").replaceChildren(...(total ? [
    svg("svg", { class: "split", viewBox: "0 0 1000 10", preserveAspectRatio: "none", "aria-hidden": "true" }, ...rects),
    el("ul", { class: "legends", "aria-label": "Secrets by severity" }, ...legend)] : []));
}

function drawStates() {
  const counts = new Map(STATES.map((state) => [state, 0]));
  for (const secret of DATA.secrets) counts.set(secret.state, counts.get(secret.state) + 1);
  const present = [...counts].filter(([, count]) => count);
  const asking = present.some(([state]) => state);
  document.getElementById("states").replaceChildren(...(asking ? present.map(([state, count]) => el("button", {
    type: "button", class: `state-box state-${state || "none"}`, "aria-pressed": String(asked.filters.state === state), onclick: () => toggle("state", state), "data-field": "state", "data-value": state,
  }, el("b", {}, count.toLocaleString("en")), el("span", {}, nameOf("state", state)))) : []));
}
