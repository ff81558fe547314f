// Makes elements. Text is always text: nothing that was scanned is ever read as HTML.
const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== "") element.append(child);
  }
  return element;
}

function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function plural(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

function day(date) {
  const known = new Date(`${date}T00:00:00Z`);
  if (!date || Number.isNaN(known.getTime())) return date || "";
  return known.toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
}

function monthName(month) {
  return month.length === 7
    ? new Date(`${month}-01T00:00:00Z`).toLocaleDateString("en", { month: "long", year: "numeric", timeZone: "UTC" })
    : month;
}

function since(days) {
  if (days < 60) return plural(Math.max(Math.round(days), 0), "day");
  return days < 730 ? plural(Math.round(days / 30.4), "month") : `${(days / 365.25).toFixed(1)} years`;
}

// A text in which web addresses, and nothing else, are links.
function linked(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(/https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]]/g)) {
    parts.push(text.slice(at, found.index), out(found[0], found[0]));
    at = found.index + found[0].length;
  }
  return [...parts, text.slice(at)];
}

function out(href, ...children) {
  return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function pill(kind, value) {
  return el("span", { class: `pill ${kind}-${value || "none"}` }, nameOf(kind, value));
}

const secretButtons = new Set();

// A secret: a button that shows and hides it where the page has it, its mask where it was redacted for good.
function hiddenSecret(text) {
  if (!DATA.meta.inClear) return el("span", { class: "gone", title: "Redacted when this report was made" }, text);
  const button = el("button", { type: "button", class: "secret" });
  const show = (shown) => {
    button.setAttribute("aria-pressed", String(shown));
    button.setAttribute("aria-label", shown ? `Secret: ${text}. Hide it` : "Hidden secret. Show it");
    button.textContent = shown ? text : "•".repeat(Math.min(text.length, 16));
  };
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    show(button.getAttribute("aria-pressed") !== "true");
  });
  button.show = show;
  show(document.getElementById("reveal").getAttribute("aria-pressed") === "true");
  secretButtons.add(button);
  return button;
}

// The code around a secret: pieces in clear and hidden by turns.
function code(finding) {
  const pieces = finding.pieces.map((piece, n) => (n % 2 ? hiddenSecret(piece) : piece));
  const number = finding.line ? el("span", { class: "number", "aria-hidden": "true" }, String(finding.line)) : "";
  return el("pre", { class: "code", tabindex: "0", role: "group", "aria-label": `Code of ${finding.path}, line ${finding.line}` },
    number, el("code", {}, ...pieces));
}
