"""The formats as they are written, each in full for one finding, and the table of formats."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import UsageError
from scanner.model import Commit, Config, Finding, Match, Reason, Rule, Skipped, Summary, text_of
from scanner.report import FORMATS, format_of_path, open_report
from scanner.report.base import ReportContext

JSON = r"""[
 {
  "RuleID": "tok",
  "Description": "A \u003cb\u003etoken\u003c/b\u003e \u0026 \"more\", it's",
  "StartLine": 3,
  "EndLine": 3,
  "StartColumn": 3,
  "EndColumn": 16,
  "Match": "k=tok_a1b2c3d4",
  "Secret": "tok_a1b2c3d4",
  "File": "d/a b.md",
  "SymlinkFile": "",
  "Commit": "0123456789abcdef0123456789abcdef01234567",
  "Link": "https://example.com/o/r/blob/01234567/d/a%20b.md#L3",
  "Entropy": 3.5849626,
  "Author": "Dev \"One\", \u0026 co",
  "Email": "dev@example.com",
  "Date": "2024-01-02T03:04:05Z",
  "Message": "Subject \u003cx\u003e\n\nbody, more",
  "Tags": [
   "t1",
   "t 2"
  ],
  "Fingerprint": "0123456789abcdef0123456789abcdef01234567:d/a b.md:tok:3"
 },
 {
  "RuleID": "p",
  "Description": "",
  "StartLine": 0,
  "EndLine": 0,
  "StartColumn": 0,
  "EndColumn": 0,
  "Match": "file detected: a.p12",
  "Secret": "",
  "File": "a.p12",
  "SymlinkFile": "",
  "Commit": "",
  "Entropy": 0,
  "Author": "",
  "Email": "",
  "Date": "",
  "Message": "",
  "Tags": [],
  "Fingerprint": "a.p12:p:0"
 }
]
"""
CSV = """RuleID,Commit,File,SymlinkFile,Secret,Match,StartLine,EndLine,StartColumn,EndColumn,Author,\
Message,Date,Email,Fingerprint,Tags,Link
tok,0123456789abcdef0123456789abcdef01234567,d/a b.md,,tok_a1b2c3d4,k=tok_a1b2c3d4,3,3,3,16,\
"Dev ""One"", & co","Subject <x>

body, more",2024-01-02T03:04:05Z,dev@example.com,0123456789abcdef0123456789abcdef01234567:d/a b.md:tok:3,\
t1 t 2,https://example.com/o/r/blob/01234567/d/a%20b.md#L3
p,,a.p12,,,file detected: a.p12,0,0,0,0,,,,,a.p12:p:0,,
"""
JUNIT = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
\t<testsuite failures="1" name="gitleaks" tests="1" time="">
\t\t<properties>
\t\t\t<property name="skipped: binary" value="2"></property>
\t\t</properties>
\t\t<testcase classname="" file="a.p12" name="p has detected a secret in file a.p12, line 0." time="">
\t\t\t<failure message="p has detected a secret in file a.p12, line 0." type="">{data}</failure>
\t\t</testcase>
\t</testsuite>
</testsuites>"""
VERBOSE = """Finding:     k=tok_a1b2c3d4
Secret:      tok_a1b2c3d4
RuleID:      tok
Entropy:     3.584963
Tags:        [t1 t 2]
File:        d/a b.md
Line:        3
Commit:      0123456789abcdef0123456789abcdef01234567
Author:      Dev "One", & co
Email:       dev@example.com
Date:        2024-01-02T03:04:05Z
Fingerprint: 0123456789abcdef0123456789abcdef01234567:d/a b.md:tok:3
Link:        https://example.com/o/r/blob/01234567/d/a%20b.md#L3

"""
SKIPPED = Summary(
    commits=2,
    bytes=30,
    seconds=0.1234,
    findings={"tok": 1},
    skipped={Reason.BINARY: 2, Reason.UNREADABLE: 1},
    notable=[Skipped(Reason.UNREADABLE, b"a\xff", "0a", "denied")],
    hidden={"baseline": 1},
)
BYTES = st.one_of(st.binary(max_size=20), st.text(max_size=20).map(str.encode))


def test_json(written, finding, bare):
    assert written("json", finding, bare) == JSON
    assert written("json") == "[]\n"


def test_csv(written, finding, bare):
    assert written("csv", finding, bare) == CSV
    assert written("csv") == ""


def test_csv_has_links_only_if_the_first_finding_has(written, finding, bare):
    rows = list(csv.reader(io.StringIO(written("csv", bare, finding))))
    assert rows[0][-1] == "Tags"
    assert len(rows[2]) == len(rows[0])


def test_junit(written, bare):
    report = written("junit", bare, summary=Summary(skipped={Reason.BINARY: 2}))
    failure = ET.fromstring(report).find("testsuite/testcase/failure")  # noqa: S314 (our own)
    assert failure.text == json.dumps(json.loads(JSON)[1], indent="\t")
    data = failure.text.replace("\n", "&#xA;").replace("\t", "&#x9;").replace('"', "&#34;")
    assert report == JUNIT.format(data=data)


def test_verbose(written, finding):
    assert written("verbose", finding) == VERBOSE


def test_verbose_companions_are_redacted_and_cut(written, finding):
    companion = Match(Rule(id="usr"), 0, 1, 7, 7, 1, 2, b"u", b"usr_" + b"x" * 40, b"", 1.0)
    report = written("verbose", replace(finding, path=b"", companions=(companion, companion)))
    shown = "usr:7:usr_" + "x" * 33 + "..."
    assert report.endswith(f"Entropy:     3.584963\nRequired:    {shown}\n             {shown}\n\n")
    assert "usr_" not in written("verbose", replace(finding, companions=(companion,)), redact=100)


def test_verbose_lets_no_control_character_through(written, finding):
    evil = replace(
        finding,
        path=b"a\x1b[2Kb\nFile: c",
        match=b"k=\x1b]0;x\x07\r\nnext\rover",
        commit=Commit("0", author="\x9b31m\u202egnp"),
    )
    report = written("verbose", evil)
    assert "k=\\x1b]0;x\\x07\r\nnext\\rover" in report
    assert "File:        a\\x1b[2Kb\\nFile: c\n" in report
    assert "Author:      \\x9b31m\\u202egnp\n" in report


def test_jsonl_says_severity_where_there_is_one(written, finding):
    severe = replace(finding, rule=replace(finding.rule, severity="high"))
    first, second, _ = map(json.loads, written("jsonl", finding, severe).splitlines())
    assert second == first | {"Severity": "high"}


@pytest.mark.parametrize("name", ["json", "csv", "junit", "verbose"])
def test_gitleaks_formats_have_no_room_for_severity(written, finding, name):
    severe = replace(finding, rule=replace(finding.rule, severity="high"))
    assert written(name, severe) == written(name, finding)


def test_jsonl(written, finding):
    lines = [json.loads(line) for line in written("jsonl", finding, summary=SKIPPED).splitlines()]
    assert [line.pop("type") for line in lines] == ["finding", "skipped", "summary"]
    assert lines[0] == json.loads(JSON)[0] | {
        "Id": finding.id,
        "Merge": False,
        "Remediation": "Revoke it at the issuer.",
    }
    assert lines[1] == {
        "reason": "unreadable",
        "text": "file that cannot be read",
        "path": "a\ufffd",
        "object": "0a",
        "detail": "denied",
        "incomplete": True,
    }
    assert lines[2]["skipped"] == {"binary": 2, "unreadable": 1}
    assert lines[2]["incomplete"]
    assert lines[2]["seconds"] == 0.123
    assert lines[2]["version"] == "1.2.3"


def test_jsonl_is_written_while_scanning(finding):
    class Pipe(io.RawIOBase):
        got = b""

        def writable(self):
            return True

        def write(self, data):
            self.got += bytes(data)
            return len(data)

    pipe = Pipe()
    with io.BufferedWriter(pipe) as out:
        open_report("jsonl", out, ReportContext(Config(), "1")).add(finding)
        assert json.loads(pipe.got)["RuleID"] == "tok"


WITHOUT_SECRETS = {"checkstyle", "codeclimate", "markdown"}  # whatever is said


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"template"}))
def test_redacted_reports_hold_no_secret(name, written, finding):
    assert ("tok_a1b2c3d4" in written(name, finding)) == (name not in WITHOUT_SECRETS)
    assert "tok_" not in written(name, finding, redact=100)


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"template"}))
def test_bytes_that_are_not_utf8_and_odd_system_messages(name, written, finding):
    odd = replace(finding, path=b"a\xff", match=b"\xfe", secret=b"\xfe", symlink=b"\xfd")
    summary = Summary(
        skipped={Reason.UNREADABLE: 1}, notable=[Skipped(Reason.UNREADABLE, b"\xff", detail="\udcff")]
    )
    assert written(name, odd, summary=summary)


@given(*[BYTES] * 3, st.text(max_size=20), st.integers(0, 9))
def test_what_is_written_reads_back(path, match, secret, author, line):
    found = Finding(
        Rule(id="r", description=author),
        path=path,
        match=match,
        secret=secret,
        start_line=line,
        commit=Commit("c", author=author),
    )
    reports = {}
    for name in ("json", "csv", "junit", "jsonl", "sarif"):
        out = io.BytesIO()
        report = open_report(name, out, ReportContext(Config(rules=(found.rule,)), "1"))
        report.add(found)
        report.add(found)
        report.finish(Summary())
        reports[name] = out.getvalue().decode()
    first, second = json.loads(reports["json"])
    assert first == second
    assert (first["File"], first["Match"], first["Secret"], first["Author"]) == (
        *map(text_of, (path, match, secret)),
        author,
    )
    rows = list(csv.DictReader(io.StringIO(reports["csv"], newline=""), strict=True))
    assert [{k: str(first[k]) for k in row if k != "Tags"} | {"Tags": ""} for row in rows] == rows
    failures = ET.fromstring(reports["junit"]).findall("testsuite/testcase/failure")  # noqa: S314 (our own)
    assert len(failures) == 2
    assert [json.loads(line)["type"] for line in reports["jsonl"].split("\n")[:-1]] == [
        "finding",
        "finding",
        "summary",
    ]
    assert len(json.loads(reports["sarif"])["runs"][0]["results"]) == 2


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/r.json", "json"),
        ("r.JSONL", "jsonl"),
        ("r.csv", "csv"),
        ("r.sarif", "sarif"),
        ("r.md", "markdown"),
        ("r.sarif.json", "json"),
        ("r.xml", None),
        ("json", None),
        ("-", None),
    ],
)
def test_format_of_path(path, name):
    assert format_of_path(path) == name


def test_unknown_format():
    with pytest.raises(UsageError, match="unknown report format 'yaml': use one of text, verbose, json"):
        open_report("yaml", io.BytesIO(), ReportContext(Config(), "1"))


def test_a_format_is_imported_when_it_is_used():
    code = (
        "import sys, scanner.report; print([m for m in ('jinja2', 'rich', 'xml', 'csv') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


FACTS = (("account", "609629065308"), ("kind", "\x1b[31m"))


def test_facts_are_shown_where_there_is_room(written, finding):
    says = replace(finding, facts=FACTS)
    assert json.loads(written("jsonl", says).splitlines()[0])["Facts"] == dict(FACTS)
    assert b"  says    account 609629065308, kind \\x1b[31m\n" in written("text", says).encode()
    result = json.loads(written("sarif", says))["runs"][0]["results"][0]
    assert result["properties"]["facts"] == dict(FACTS)


@pytest.mark.parametrize("name", ["json", "csv", "junit", "verbose"])
def test_gitleaks_formats_have_no_room_for_facts(written, finding, name):
    assert written(name, replace(finding, facts=FACTS)) == written(name, finding)
