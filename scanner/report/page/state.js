"use strict";
// The data, and what of it is asked for. Nothing here touches the page.
const DATA = JSON.parse(document.getElementById("data").textContent);
const SEVERITIES = ["critical", "high", "medium", "low", ""];
const STATES = ["active", "unknown", "unverifiable", "inactive", ""];
const NAMES = { severity: { "": "no severity" }, state: { "": "not verified" }, provider: { "": "own rules" } };
const PAGE = 50; // groups on a page
const OLDEST = "9999";

const FINDINGS = DATA.findings.map((row, number) => {
  const secret = DATA.secrets[row.s];
  const rule = DATA.rules[secret.rule];
  return {
    number, secret, rule, secretNumber: row.s, path: row.p || "(standard input)", line: row.l, pieces: row.x,
    commit: row.c || "", subject: row.m || "", author: row.a || "", email: row.e || "", date: row.d || "",
    month: (row.d || "").slice(0, 7), link: row.u || "", name: row.i, merge: Boolean(row.mg),
    severity: rule.severity, state: secret.state, provider: rule.provider, ruleId: rule.id,
    text: "",
  };
});
const FIELD = {
  severity: (f) => f.severity, state: (f) => f.state, rule: (f) => f.ruleId, provider: (f) => f.provider,
  author: (f) => f.author, month: (f) => f.month,
};
const GROUPS = {
  secret: { label: "Secret", key: (f) => f.secretNumber },
  rule: { label: "Rule", key: (f) => f.ruleId },
  provider: { label: "Provider", key: (f) => f.provider },
  file: { label: "File", key: (f) => f.path },
  author: { label: "Author", key: (f) => f.author },
};
const SORTS = {
  severity: { label: "Gravest", by: (a, b) => a.grave - b.grave || b.findings.length - a.findings.length },
  newest: { label: "Newest", by: (a, b) => (a.last < b.last ? 1 : a.last > b.last ? -1 : 0) },
  oldest: { label: "Oldest", by: (a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0) },
  places: { label: "Most places", by: (a, b) => b.findings.length - a.findings.length },
};
const asked = { search: "", filters: {}, group: "secret", sort: "severity", page: 0 };

function nameOf(field, value) {
  const names = NAMES[field] || {};
  return value in names ? names[value] : value || "unknown";
}

function searchable(finding) {
  if (!finding.text) {
    const parts = [finding.ruleId, finding.rule.text, finding.provider, finding.path, finding.commit,
      finding.author, finding.email, finding.subject, finding.name, finding.date, finding.severity, finding.state];
    finding.text = parts.join("\n").toLowerCase();
  }
  return finding.text;
}

// The findings that pass the search and all filters, but for the one named.
function matching(except) {
  const words = asked.search.toLowerCase().split(/\s+/).filter(Boolean);
  const filters = Object.entries(asked.filters).filter(([field]) => field !== except);
  return FINDINGS.filter((finding) =>
    filters.every(([field, value]) => FIELD[field](finding) === value) &&
    words.every((word) => searchable(finding).includes(word)));
}

function counted(findings, field) {
  const counts = new Map();
  for (const finding of findings) {
    const value = FIELD[field](finding);
    counts.set(value, (counts.get(value) || 0) + 1);
  }
  return counts;
}

function distinct(findings) {
  return new Set(findings.map((finding) => finding.secretNumber)).size;
}

// Of all that the findings have, what comes first in `order`.
function foremost(order, findings, field) {
  const present = new Set(findings.map(field));
  return order.find((value) => present.has(value));
}

// What is listed: findings under what they are grouped by, sorted.
function grouped(findings) {
  const groups = new Map();
  for (const finding of findings) {
    const key = GROUPS[asked.group].key(finding);
    if (!groups.has(key)) groups.set(key, { key, findings: [] });
    groups.get(key).findings.push(finding);
  }
  const all = [...groups.values()];
  for (const group of all) {
    group.findings.sort((a, b) => ((a.date || OLDEST) < (b.date || OLDEST) ? -1 : (a.date || OLDEST) > (b.date || OLDEST) ? 1 : 0));
    const dates = group.findings.map((finding) => finding.date).filter(Boolean);
    group.first = dates[0] || OLDEST;
    group.last = dates[dates.length - 1] || "";
    group.severity = foremost(SEVERITIES, group.findings, FIELD.severity);
    group.state = foremost(STATES, group.findings, FIELD.state);
    group.grave = SEVERITIES.indexOf(group.severity) - (group.state === "active" ? 10 : 0) + (group.state === "inactive" ? 10 : 0);
  }
  return all.sort((a, b) => SORTS[asked.sort].by(a, b) || a.findings[0].number - b.findings[0].number);
}
