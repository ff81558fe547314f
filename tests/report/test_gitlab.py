"""GitLab's secret detection report against what its schema demands."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

import jsonschema
import pytest

from scanner.model import Reason, State, Summary, Verdict

# What secret-detection-report-format.json of GitLab's security-report-schemas, version 15.1.4, demands of the
# parts that we write (required fields, types, patterns, limits); our own words, not its text.
STRING, FILLED = {"type": "string"}, {"type": "string", "minLength": 1}
URL = {"type": "string", "pattern": r"^(https?|ftp)://.+"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"}


def _object(required: str, **properties: object) -> dict:
    return {"type": "object", "required": required.split(), "properties": properties}


def _list(items: dict, least: int = 0) -> dict:
    return {"type": "array", "items": items, "minItems": least}


TOOL = _object(
    "id name version vendor", id=FILLED, name=FILLED, version=FILLED, vendor=_object("name", name=FILLED)
)
SCAN = _object(
    "analyzer end_time scanner start_time status type",
    analyzer=TOOL,
    scanner=TOOL,
    start_time=TIME,
    end_time=TIME,
    status={"enum": ["success", "failure"]},
    type={"const": "secret_detection"},
    messages=_list(_object("level value", level={"enum": ["info", "warn", "fatal"]}, value=FILLED)),
)
COMMIT = _object("sha", sha=FILLED, author=STRING, date=STRING, message=STRING)
LOCATION = _object(
    "commit", commit=COMMIT, file=STRING, start_line={"type": "number"}, end_line={"type": "number"}
)
DETAIL = _object("type value name", type={"const": "text"}, value=STRING, name=FILLED)
VULNERABILITY = _object(
    "id identifiers location",
    id=FILLED,
    name={"type": "string", "maxLength": 255},
    description={"type": "string", "maxLength": 1048576},
    severity={"enum": ["Info", "Unknown", "Low", "Medium", "High", "Critical"]},
    solution={"type": "string", "maxLength": 7000},
    identifiers=_list(_object("type name value", type=FILLED, name=FILLED, value=FILLED, url=URL), 1),
    links=_list(_object("url", url=URL)),
    details={"type": "object", "additionalProperties": DETAIL},
    location=LOCATION,
    raw_source_code_extract=STRING,
)
SCHEMA = _object(
    "scan version vulnerabilities",
    scan=SCAN,
    version={"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"},
    vulnerabilities=_list(VULNERABILITY),
)


@pytest.fixture
def report(written):
    """Writes a report, checks it against the schema, and returns it."""

    def read(*findings, **arguments):
        parsed = json.loads(written("gitlab", *findings, **arguments))
        jsonschema.validate(parsed, SCHEMA)
        return parsed

    return read


def test_a_vulnerability(report, finding):
    rule = replace(finding.rule, severity="high", remediation="Revoke it: https://example.com/keys.")
    (got,) = report(replace(finding, rule=rule))["vulnerabilities"]
    assert uuid.UUID(got.pop("id")).version == 5
    assert got == {
        "category": "secret_detection",
        "name": finding.rule.description,
        "description": f"tok: {finding.rule.description}",
        "severity": "High",
        "solution": "Revoke it: https://example.com/keys.",
        "identifiers": [{"type": "leakscan_rule_id", "name": "leakscan rule tok", "value": "tok"}],
        "links": [{"url": "https://example.com/keys"}],
        "details": {"leakscan_id": {"type": "text", "name": "id", "value": finding.id}},
        "location": {
            "file": "d/a b.md",
            "commit": {
                "author": 'Dev "One", & co <dev@example.com>',
                "date": "2024-01-02T03:04:05Z",
                "message": "Subject <x>\n\nbody, more",
                "sha": "0123456789abcdef0123456789abcdef01234567",
            },
            "start_line": 3,
            "end_line": 3,
        },
        "raw_source_code_extract": "k=tok_a1b2c3d4",
    }


def test_outside_history_there_is_a_commit_all_the_same(report, bare):
    (got,) = report(bare)["vulnerabilities"]
    assert got["location"] == {"file": "a.p12", "commit": {"sha": "0000000"}}
    assert got["severity"] == "Unknown"


def test_ids_are_unique_and_the_same_in_the_next_scan(report, finding):
    ids = [one["id"] for one in report(finding, finding)["vulnerabilities"]]
    assert len(set(ids)) == 2
    assert ids == [one["id"] for one in report(finding, finding)["vulnerabilities"]]


def test_what_the_issuer_says_is_in_the_details(report, finding):
    verdict = Verdict(State.ACTIVE, opens=(("account", "ada"), ("scopes", "")))
    (got,) = report(replace(finding, verdict=verdict, facts=(("expires", "2027-01-01"),)))["vulnerabilities"]
    shown = {detail["name"]: detail["value"] for detail in got["details"].values()}
    assert shown == {"id": finding.id, "state": "active", "account": "ada", "expires": "2027-01-01"}


def test_long_texts_are_cut(report, finding):
    rule = replace(finding.rule, description="d" * 300, remediation="r" * 9000)
    report(replace(finding, rule=rule))


def test_the_scan(report):
    scan = report(summary=Summary(seconds=5.0))["scan"]
    assert (scan["status"], scan["messages"], scan["analyzer"]["version"]) == ("success", [], "1.2.3")
    assert scan["start_time"] < scan["end_time"]


def test_a_scan_that_is_incomplete_has_failed(report, finding):
    summary = Summary(skipped={Reason.BINARY: 3, Reason.UNREADABLE: 1}, warnings=["odd"])
    scan = report(finding, summary=summary)["scan"]
    assert scan["status"] == "failure"
    assert scan["messages"] == [
        {"level": "info", "value": "not scanned: 3 binary"},
        {"level": "warn", "value": "not scanned: 1 file that cannot be read"},
        {"level": "warn", "value": "odd"},
    ]
