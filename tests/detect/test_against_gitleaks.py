"""The real Gitleaks as the judge: the same findings on random rules and texts.

Where we differ on purpose, the texts and rules stay clear of it: files end with a newline, rules neither
begin with one nor need what stands around them, columns are not compared, and companions are near by
lines only. Bytes that are not UTF-8 match here as in Go's own regexp package; in Gitleaks, built with RE2,
nothing matches them. What a later decoding pass finds again at the same place is dropped on both sides.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.config import load_file
from scanner.detect import Detector, make_prefilter, sought
from scanner.model import text_of

GITLEAKS = shutil.which("gitleaks", path=str(Path(sys.executable).parent)) or shutil.which("gitleaks")
pytestmark = pytest.mark.skipif(GITLEAKS is None, reason="needs the real gitleaks")

REGEXES = st.sampled_from(
    [
        r"tok_[a-z0-9]{4,}",
        r"key=(\w+)",
        r"(?i)KEY[ =:]+([a-z0-9_é]{3,})",
        r"(x)?tok_(\w+)",
        r"tok_\w+(?:\n\w+)?",
        r"id_[0-9]+",
        r"\b[a-f0-9]{6,}\b",
        r"[^\s=]{5,}",
        r"(?:tok|key).{4}",
        r"(?s)BEGIN.*?END",
        r"é[a-z]+|\w{3}é",
    ]
)
WORDS = st.sampled_from(["", "tok", "ab", "12", "é", "begin", "key"])
PLACES = st.sampled_from([r"\.py$", "^b", "txt", "nowhere"])


@st.composite
def allowlists(draw: st.DrawFn) -> list[str]:
    criteria = {
        "regexes": draw(st.lists(st.sampled_from(["ab", "12", "(?i)TOK", "é", "x$", "x y"]), max_size=2)),
        "stopwords": draw(st.lists(st.sampled_from(["ab", "é", "zz"]), max_size=2)),
        "paths": draw(st.lists(PLACES, max_size=1)),
    }
    lines = [f"{name} = {json.dumps(values)}" for name, values in criteria.items() if values]
    if not lines:
        return []
    lines.append(f"condition = {draw(st.sampled_from(['AND', 'OR']))!r}")
    lines.append(f"regexTarget = {draw(st.sampled_from(['secret', 'match', 'line']))!r}")
    return lines


@st.composite
def configs(draw: st.DrawFn) -> str:
    count = draw(st.integers(1, 4))
    lines: list[str] = []
    for number in range(count):
        name = draw(st.sampled_from(["rule", "generic"]))
        regex = draw(REGEXES)
        lines += ["[[rules]]", f"id = '{name}-{number}'", f"regex = '''{regex}'''", f"tags = ['t{number}']"]
        keywords = [word for word in draw(st.lists(WORDS, max_size=2)) if word]
        lines.append(f"keywords = {json.dumps(keywords)}")
        lines.append(f"entropy = {draw(st.sampled_from([0, 0, 1.5, 2.0, 2.5]))}")
        if draw(st.integers(0, 5)) == 0:
            lines.append(f"path = '''{draw(PLACES)}'''")
        if "(\\w+)" in regex:
            lines.append(f"secretGroup = {draw(st.integers(0, 1))}")
        if draw(st.integers(0, 4)) == 0:
            lines.append(f"skipReport = {json.dumps(draw(st.booleans()))}")
        if draw(st.integers(0, 3)) == 0 and (allowlist := draw(allowlists())):
            lines += ["[[rules.allowlists]]", *allowlist]
        if draw(st.integers(0, 3)) == 0:
            lines += ["[[rules.required]]", "id = 'companion'", f"withinLines = {draw(st.integers(0, 2))}"]
    lines += ["[[rules]]", "id = 'companion'", "regex = '''id_[0-9]+'''", "skipReport = true"]
    return "\n".join(lines) + "\n"


def encode(text: bytes, kind: str) -> bytes:
    if kind == "base64":
        return base64.b64encode(text)
    if kind == "hex":
        return text.hex().encode()
    return b"".join(b"%%%02X" % byte for byte in text)


PARTS = st.sampled_from(
    (
        *(b"tok_", b"key=", b"KEY: ", b"id_7", b"id_12", b"ab12", b"abcd", b"x", b"deadbeef", b"1", b"x y"),
        *(b" ", b" ", b"\n", b"\n", b"\n", b"\r\n", b";", b"BEGIN", b"END", b"# gitleaks:allow"),
        "é".encode(),
    )
)
PLAIN = st.lists(PARTS, max_size=12).map(b"".join)
ENCODED = st.tuples(
    st.sampled_from([b"tok_ab12cd34ef", b"key=abcdef1234!", b"tok_abcd1 id_12;"]),
    st.lists(st.sampled_from(["base64", "hex", "percent"]), min_size=1, max_size=2),
)


def encoded(choice: tuple[bytes, list[str]]) -> bytes:
    text, kinds = choice
    for kind in kinds:
        text = encode(text, kind)
    return b" " + text + b" "


TEXTS = st.lists(PLAIN | PLAIN | ENCODED.map(encoded), min_size=1, max_size=3).map(
    lambda parts: b"".join(parts) + b"\n"
)

Row = tuple[object, ...]


def once(rows: list[tuple[Row, tuple[str, ...]]]) -> Counter[Row]:
    """Rows with their tags, less those that an earlier decoding pass showed on the same line already."""
    first: dict[Row, int] = {}
    for row, tags in rows:
        first[row[:4]] = min(first.get(row[:4], 99), _depth(tags))
    return Counter((*row, tags) for row, tags in rows if _depth(tags) == first[row[:4]])


def _depth(tags: tuple[str, ...]) -> int:
    return max((int(tag.rpartition(":")[2]) for tag in tags if tag.startswith("decode-depth:")), default=0)


def theirs(folder: Path, config: Path) -> Counter[Row]:
    report = folder.parent / "report.json"
    command = [str(GITLEAKS), "dir", ".", "-c", str(config), "-r", str(report), "-f", "json", "--no-banner"]
    done = subprocess.run(
        [*command, "--exit-code", "0"], cwd=folder, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    rows = []
    for f in json.loads(report.read_bytes()):
        row = (f["File"], f["RuleID"], f["StartLine"], f["Secret"], f["EndLine"], f["Match"])
        rows.append(((*row, round(f["Entropy"], 4)), tuple(f["Tags"])))
    return once(rows)


def ours(folder: Path, config: Path) -> Counter[Row]:
    loaded = load_file(config, cwd=folder)
    detector = Detector(loaded, make_prefilter(sought(loaded), "ahocorasick"))
    rows = []
    for file in sorted(folder.iterdir()):
        path = file.name.encode()
        for m in detector.at(detector.scan(file.read_bytes()).matches, path):
            row = (file.name, m.rule.id, m.start_line, text_of(m.secret), m.end_line, text_of(m.text))
            rows.append(((*row, round(m.entropy, 4)), m.tags))
    return once(rows)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(configs(), st.lists(TEXTS, min_size=15, max_size=40))
def test_the_same_findings(toml: str, texts: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, config = Path(name) / "tree", Path(name) / "config.toml"
        folder.mkdir()
        config.write_text(toml)
        for number, text in enumerate(texts):
            (folder / f"{'ab'[number % 2]}{number}.{'txt' if number % 3 else 'py'}").write_bytes(text)
        expected, found = theirs(folder, config), ours(folder, config)
    assert found == expected, (expected - found, found - expected)
