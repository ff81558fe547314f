"""The HTML page as a file: what is in it, and what is not. How it behaves is in test_html_browser.py."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from scanner.model import Commit, Reason, Rule, State, Summary, Verdict

HOSTILE = "</script><script>x()</script><!--<img src=x onerror=x()>\u2028\u202e"
OTHER = b"other-" + b"s3cr3t"


class Parsed(HTMLParser):
    """The elements of a page, and the text of its scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.texts: dict[int, str] = {}
        self.closed: set[int] = set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        inside = len(self.elements) - 1
        if inside not in self.closed:
            self.texts[inside] = self.texts.get(inside, "") + data

    def handle_endtag(self, tag):
        self.closed.add(len(self.elements) - 1)

    def all(self, tag):
        """The attributes and texts of all elements of a kind."""
        found = enumerate(self.elements)
        return [(attributes, self.texts.get(n, "")) for n, (name, attributes) in found if name == tag]


@pytest.fixture
def data(written):
    """Writes a page, and returns what its script gets to know."""

    def read(*findings, **arguments):
        arguments.setdefault("redact", 100)
        (block,) = (
            text
            for attributes, text in Parsed(written("html", *findings, **arguments)).all("script")
            if attributes.get("type") == "application/json"
        )
        return json.loads(block)

    return read


def test_what_the_page_knows_of_a_finding(data, finding):
    rule = replace(finding.rule, severity="high", origin="built-in acme.toml")
    verdict = Verdict(State.ACTIVE, "r", (("account", "ada"),))
    known = data(replace(finding, rule=rule, verdict=verdict, facts=(("expires", "2027-01-01"),), merge=True))
    assert known["rules"] == [
        {
            "id": "tok",
            "text": finding.rule.description,
            "severity": "high",
            "provider": "acme",
            "fix": "Revoke it at the issuer.",
        }
    ]
    about = [["expires", "2027-01-01"], ["account", "ada"]]
    assert known["secrets"] == [
        {"rule": 0, "text": "REDACTED", "state": "active", "reason": "r", "about": about}
    ]
    assert known["findings"] == [
        {
            "s": 0,
            "p": "d/a b.md",
            "l": 3,
            "x": ["x k=", "REDACTED", " y"],
            "c": finding.commit.id,
            "m": "Subject <x>",
            "a": 'Dev "One", & co',
            "e": "dev@example.com",
            "d": "2024-01-02",
            "u": finding.link,
            "i": finding.id,
            "mg": 1,
        }
    ]


def test_places_of_one_secret_are_of_one(data, finding, bare):
    known = data(finding, replace(finding, path=b"other"), replace(finding, secret=b"y"), bare)
    assert [row["s"] for row in known["findings"]] == [0, 0, 1, 2]


def test_redacted_findings_of_a_saved_report_are_not_lumped_together(data, finding):
    first = replace(finding, secret=b"REDACTED", match=b"k=REDACTED", line=b"")
    known = data(first, replace(first, id="another"), first)
    assert [row["s"] for row in known["findings"]] == [0, 1, 0]
    assert known["findings"][0]["x"] == ["k=", "REDACTED", ""]


def test_the_scan(data):
    summary = Summary(
        commits=2, bytes=30, skipped={Reason.UNREADABLE: 1}, hidden={"baseline": 3}, warnings=["w\x1b"]
    )
    meta = data(summary=summary)["meta"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\dZ", meta.pop("made"))
    assert meta == {
        "version": "1.2.3",
        "amounts": "scanned 2 commits, 30 bytes in 0.0 s",
        "incomplete": True,
        "skipped": [["file that cannot be read", 1, True]],
        "hidden": [["baseline", 3]],
        "warnings": ["w\\x1b"],
        "inClear": False,
    }


def test_redacted_is_redacted_for_good(written, finding):
    commit = replace(finding.commit, message=f"Add {finding.secret.decode()}")
    page = written("html", replace(finding, commit=commit), redact=100)
    assert "tok_" not in page
    assert "tok_a1b2c3d4" in written("html", finding, redact=0)
    part = written("html", finding, redact=50)
    assert "tok_a1..." in part
    assert "b2c3d4" not in part


def test_other_secrets_on_the_line_are_redacted_too(written, finding):
    line = b"a=tok_a1b2c3d4 b=" + OTHER
    first = replace(finding, line=line)
    second = replace(finding, line=line, secret=OTHER, match=OTHER, rule=Rule("other"))
    overlapping = replace(second, secret=b"c3d4 b=" + OTHER[:4])
    page = written("html", first, second, overlapping, redact=100)
    assert not re.search("tok_|s3cr3t|a1b2|c3d4", page)


def test_encoded_secrets_do_not_show_in_another_ones_line(written, data, finding):
    line = b"k=tok_a1b2c3d4 e=" + base64.b64encode(OTHER)
    encoded = replace(finding, line=line, secret=OTHER, match=b"e=" + OTHER, tags=("decoded:base64",))
    page = written("html", replace(finding, line=line), encoded, redact=100)
    assert base64.b64encode(OTHER).decode() not in page
    assert data(encoded)["findings"][0]["x"] == ["e=", "REDACTED", ""]


def test_many_secrets_on_one_line_show_no_line(data, finding):
    many = [
        replace(finding, secret=b"tok_%03d" % n, line=b"".join(b"tok_%03d " % n for n in range(99)))
        for n in range(99)
    ]
    assert {tuple(row["x"]) for row in data(*many)["findings"]} == {("", "REDACTED")}


def test_long_lines_are_cut_around_the_secret(data, finding):
    line = b"a" * 100_000 + finding.secret + b"b" * 100_000
    before, _, after = data(replace(finding, line=line))["findings"][0]["x"]
    assert (before, after) == ("a" * 240, "b" * 240)


def test_links_lead_to_web_pages_only(data, finding):
    assert "u" not in data(replace(finding, link="javascript:alert(1)"))["findings"][0]


def test_nothing_scanned_gets_out_of_the_data(written, finding, bare):
    rule = Rule(HOSTILE, HOSTILE, remediation=HOSTILE)
    raw = HOSTILE.encode() + b"\xff"
    evil = replace(
        finding,
        rule=rule,
        path=raw,
        secret=raw,
        match=raw,
        line=raw,
        commit=Commit(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE),
        facts=((HOSTILE, HOSTILE),),
        verdict=Verdict(State.UNKNOWN, HOSTILE),
        id=HOSTILE,
    )
    summary = Summary(warnings=[HOSTILE])
    clean, page = Parsed(written("html", bare)), written("html", evil, summary=summary)
    assert [tag for tag, _ in Parsed(page).elements] == [tag for tag, _ in clean.elements]
    assert not {"\u2028", "\u202e"} & set(page)
    assert "<script>x" not in page


def test_the_policy_allows_our_script_and_style_alone(written, finding):
    page = Parsed(written("html", finding))
    (policy,) = (a["content"] for a, _ in page.all("meta") if a.get("http-equiv"))
    (style,) = (text for _, text in page.all("style"))
    (script,) = (text for attributes, text in page.all("script") if not attributes)

    def digest(text):
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; script-src 'sha256-{digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_nothing_is_loaded_from_anywhere(written, finding):
    page = Parsed(written("html", finding))
    assert not [tag for tag, attributes in page.elements if {"src", "srcset", "style"} & set(attributes)]
    assert {a["href"] for tag, a in page.elements if "href" in a} == {"#results"}
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|@import|url\(|innerHTML", written("html"))
