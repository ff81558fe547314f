// The findings: a page of groups, each of which opens to its places, what to do, and its timeline.
const PLACES = 10; // places shown before "show more"
const MADE = DATA.meta.made.slice(0, 10);
const open = new Set(); // keys of groups that are open

function time(date) {
  return new Date(`${date}T00:00:00Z`).getTime();
}

// When a group's exposure began and ended, as far as is known: in a history it lasts, whatever was deleted since.
function exposure(group) {
  const dates = group.findings.map((finding) => finding.date).filter((date) => !Number.isNaN(time(date)));
  if (!dates.length) return null;
  const expiry = group.findings[0].secret.about.find(([word, text]) => word === "expires" && !Number.isNaN(time(text.slice(0, 10))));
  const end = expiry && asked.group === "secret" && expiry[1].slice(0, 10) < MADE ? expiry[1].slice(0, 10) : MADE;
  return { dates, first: dates[0], last: dates[dates.length - 1], end: end < dates[dates.length - 1] ? dates[dates.length - 1] : end, expired: end !== MADE };
}

// A bar from the first commit on, with a mark for each commit, on an axis that runs from `from` to today.
function timeline(span, from, width, label) {
  const start = time(from), whole = Math.max(time(MADE) - start, 86400000);
  const x = (date) => 3 + ((width - 6) * Math.min(Math.max(time(date) - start, 0), whole)) / whole;
  const marks = [...new Set(span.dates.map((date) => x(date).toFixed(1)))].slice(0, 200);
  return svg("svg", { class: "timeline", viewBox: `0 0 ${width} 12`, width, height: 12, ...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }) },
    svg("line", { class: "axis", x1: 0, x2: width, y1: 6, y2: 6 }),
    svg("line", { class: "exposed", x1: x(span.first), x2: Math.max(x(span.end), x(span.first) + 1), y1: 6, y2: 6 }),
    ...marks.map((at) => svg("circle", { cx: at, cy: 6, r: 2.6 })));
}

function timelineBlock(group) {
  const span = exposure(group);
  if (!span) return "";
  const days = (time(span.end) - time(span.first)) / 86400000;
  const ends = { inactive: "It no longer works; since when, the issuer does not say." }[group.state]
    || (span.expired ? `It expired on ${day(span.end)}.` : "It stays in the history until it is purged; deleting the line did not remove it.");
  const label = `First committed ${day(span.first)}, last ${day(span.last)}; exposed for ${since(days)}.`;
  return el("section", { class: "block" }, el("h4", {}, "Exposure"),
    timeline(span, span.first, 640, label),
    el("p", { class: "ends", "aria-hidden": "true" }, el("span", {}, day(span.first)), el("span", {}, span.expired ? day(span.end) : "today")),
    el("p", {}, label, " ", ends));
}

function place(finding) {
  const where = el("bdi", {}, finding.line ? `${finding.path}:${finding.line}` : finding.path);
  const by = finding.author ? el("span", { title: finding.email }, el("bdi", {}, finding.author)) : "";
  const commit = finding.commit ? el("code", { class: "hash" }, finding.commit.slice(0, 12)) : "";
  return el("li", {},
    el("p", { class: "place" }, finding.link ? out(finding.link, where) : el("span", { class: "path" }, where),
      el("span", { class: "meta" }, [day(finding.date), by, commit, finding.merge ? "in the merge’s own resolution" : ""].filter(Boolean).flatMap((part, n) => (n ? [" · ", part] : [part])))),
    finding.subject ? el("p", { class: "subject" }, el("bdi", {}, finding.subject)) : "",
    finding.pieces.join("") ? code(finding) : "");
}

function places(group) {
  const list = el("ol", { class: "places" });
  const more = el("button", { type: "button", class: "quiet" });
  let shown = 0;
  const show = () => {
    const next = group.findings.slice(shown, shown + PLACES);
    const items = next.map(place);
    list.append(...items);
    if (shown) items[0].querySelector("pre, a")?.focus();
    shown += next.length;
    const left = group.findings.length - shown;
    more.textContent = `Show ${Math.min(left, PLACES)} more of ${plural(left, "place")}`;
    more.hidden = left <= 0;
  };
  more.addEventListener("click", show);
  show();
  return el("section", { class: "block" }, el("h4", {}, group.findings.length === 1 ? "Where" : plural(group.findings.length, "place")), list, more);
}

function remedy(group) {
  const rules = [...new Set(group.findings.map((finding) => finding.rule))].filter((rule) => rule.fix).slice(0, 5);
  const fixes = rules.map((rule) => el("p", {}, rules.length > 1 ? el("b", {}, `${rule.id}: `) : "", ...linked(rule.fix)));
  const about = asked.group === "secret" ? group.findings[0].secret : null;
  const facts = about ? [...(about.reason ? [["why", about.reason]] : []), ...about.about] : [];
  const names = [...new Set(group.findings.map((finding) => finding.name).filter(Boolean))];
  return el("div", { class: "side" },
    el("section", { class: "block" }, el("h4", {}, "What to do"), ...(fixes.length ? fixes : [el("p", {}, "Revoke it where it was issued, and issue a new one.")]),
      el("p", { class: "faint" }, "Rotate first: whoever has a copy of the history has the secret.")),
    facts.length ? el("section", { class: "block" }, el("h4", {}, "What is known of it"), el("dl", {}, ...facts.flatMap(([word, text]) => [el("dt", {}, word), el("dd", {}, el("bdi", {}, text))]))) : "",
    names.length && asked.group === "secret" ? el("section", { class: "block" }, el("h4", {}, "If it is a false alarm"), el("p", { class: "faint" }, "Into .leakscanignore:"),
      el("pre", { class: "code small", tabindex: "0", role: "group", "aria-label": "Lines for .leakscanignore" }, el("code", {}, names.slice(0, 5).join("\n") + (names.length > 5 ? `\n# and ${names.length - 5} more` : "")))) : "");
}

function headline(group) {
  const [first] = group.findings;
  if (asked.group === "secret") {
    return [el("span", { class: "name" }, el("bdi", {}, first.ruleId)), el("span", { class: "text" }, first.rule.text)];
  }
  const name = { rule: first.ruleId, provider: nameOf("provider", first.provider), file: first.path, author: nameOf("author", first.author) }[asked.group];
  return [el("span", { class: "name" }, el("bdi", {}, name)),
    el("span", { class: "text" }, asked.group === "rule" ? first.rule.text : plural(distinct(group.findings), "secret"))];
}

function where(group) {
  const [first] = group.findings;
  const count = group.findings.length;
  if (asked.group === "file" || asked.group === "rule") return plural(count, "place");
  return [el("bdi", {}, first.line ? `${first.path}:${first.line}` : first.path), count > 1 ? el("span", { class: "faint" }, ` and ${plural(count - 1, "more place")}`) : ""];
}

function row(group, number, from) {
  const id = `group-${number}`;
  const span = exposure(group);
  const body = el("div", { class: "body", id, hidden: true });
  const fillBody = () => {
    if (!body.firstChild) body.append(el("div", { class: "main" }, timelineBlock(group), places(group)), remedy(group));
  };
  const button = el("button", { type: "button", class: "opener", "aria-expanded": "false", "aria-controls": id }, ...headline(group));
  const set = (shown) => {
    if (shown) fillBody();
    body.hidden = !shown;
    button.setAttribute("aria-expanded", String(shown));
    open[shown ? "add" : "delete"](group.key);
  };
  button.addEventListener("click", () => set(body.hidden));
  const item = el("li", { class: `group edge-${group.severity || "none"}` },
    el("div", { class: "summary" },
      el("div", { class: "grade" }, pill("sev", group.severity)),
      el("div", { class: "what" }, el("h3", {}, button), el("p", { class: "where" }, where(group))),
      el("div", { class: "hint" }, asked.group === "secret" && group.findings[0].secret.text ? hiddenSecret(group.findings[0].secret.text.split("\n")[0].slice(0, 60)) : ""),
      el("div", { class: "when" }, span ? timeline(span, from, 130) : "", span ? el("span", {}, `since ${day(span.first)}`) : ""),
      el("div", { class: "state" }, group.state ? pill("state", group.state) : "")),
    body);
  if (open.has(group.key)) set(true);
  return item;
}

function drawPages(groups) {
  const last = Math.max(Math.ceil(groups.length / PAGE) - 1, 0);
  asked.page = Math.min(asked.page, last);
  const nav = document.getElementById("pages");
  const go = (page, label) => el("button", { type: "button", class: "quiet", disabled: page < 0 || page > last, onclick: () => {
    asked.page = page;
    drawList();
    document.getElementById("results").focus();
  } }, label);
  nav.hidden = !last;
  nav.replaceChildren(go(asked.page - 1, "Previous"), el("span", {}, `Page ${(asked.page + 1).toLocaleString("en")} of ${(last + 1).toLocaleString("en")}`), go(asked.page + 1, "Next"));
}

function drawList() {
  const found = matching("");
  const groups = grouped(found);
  drawPages(groups);
  secretButtons.clear();
  const from = FINDINGS.reduce((least, finding) => (finding.date && finding.date < least ? finding.date : least), MADE);
  const page = groups.slice(asked.page * PAGE, (asked.page + 1) * PAGE);
  const list = document.getElementById("list");
  list.classList.toggle("masked", asked.group !== "secret" || DATA.secrets.every((secret) => secret.text === "REDACTED" || !secret.text));
  list.setAttribute("start", String(asked.page * PAGE + 1));
  list.replaceChildren(...page.map((group, number) => row(group, number, from)));
  const all = found.length === FINDINGS.length ? plural(found.length, "finding") : `${found.length.toLocaleString("en")} of ${plural(FINDINGS.length, "finding")}`;
  document.getElementById("count").textContent = found.length ? `${all}, ${plural(distinct(found), "secret")}` : "Nothing matches.";
}
