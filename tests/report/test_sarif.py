"""SARIF: its shape in full, and the parts of the 2.1.0 schema that we use."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from scanner.model import Config, Reason, Rule, Skipped, Summary


def _object(required: str, **properties: object) -> dict:
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


# What SARIF 2.1.0 (OASIS, section 3) demands of the objects that we write; no property beyond those.
STRING, POSITION = {"type": "string"}, {"type": "integer", "minimum": 1}
MESSAGE = _object("text", text=STRING)
LOCATION = _object(
    "",
    physicalLocation=_object(
        "artifactLocation",
        artifactLocation=_object(
            "uri", uri={"type": "string", "pattern": r"^[^\s:#?%<>\"]*(%[0-9A-F]{2}[^\s:#?%<>\"]*)*$"}
        ),
        region=_object(
            "startLine",
            startLine=POSITION,
            startColumn=POSITION,
            endLine=POSITION,
            endColumn=POSITION,
            snippet=MESSAGE,
        ),
    ),
)
LOCATIONS = {"type": "array", "items": LOCATION}
LEVEL = {"enum": ["error", "warning", "note"]}
TAGS = {"type": "array", "items": STRING, "uniqueItems": True}
RULE = _object(
    "id shortDescription",
    id=STRING,
    shortDescription=MESSAGE,
    help=MESSAGE,
    defaultConfiguration=_object("level", level=LEVEL),
    properties=_object("security-severity tags", **{"security-severity": STRING}, tags=TAGS),
)
DRIVER = _object(
    "name rules",
    name={"const": "leakscan"},
    semanticVersion=STRING,
    rules={"type": "array", "items": RULE, "uniqueItems": True},
)
RESULT = _object(
    "message ruleId locations",
    message=MESSAGE,
    ruleId=STRING,
    level=LEVEL,
    locations=LOCATIONS,
    partialFingerprints={"type": "object", "additionalProperties": STRING},
    properties=_object("tags", tags=TAGS, merge={"const": True}),
)
NOTIFICATION = _object(
    "level message", level={"enum": ["warning", "note"]}, message=MESSAGE, locations=LOCATIONS
)
INVOCATION = _object(
    "executionSuccessful",
    executionSuccessful={"type": "boolean"},
    toolExecutionNotifications={"type": "array", "items": NOTIFICATION},
)
RUN = _object(
    "tool results",
    tool=_object("driver", driver=DRIVER),
    results={"type": "array", "items": RESULT},
    invocations={"type": "array", "items": INVOCATION, "minItems": 1},
)
SCHEMA = _object(
    "version runs",
    **{"$schema": {"const": "https://json.schemastore.org/sarif-2.1.0.json"}},
    version={"const": "2.1.0"},
    runs={"type": "array", "items": RUN, "minItems": 1, "maxItems": 1},
)
SUMMARY = Summary(
    skipped={Reason.BINARY: 3, Reason.UNREADABLE: 1},
    notable=[Skipped(Reason.UNREADABLE, b"d/a b", detail="denied"), Skipped(Reason.SHALLOW, object="0a")],
)


@pytest.fixture
def run(written):
    """Writes a report, checks it against the schema, and returns its only run."""

    def read(*findings, **arguments):
        text = written("sarif", *findings, **arguments)
        log = json.loads(text)
        jsonschema.validate(log, SCHEMA)
        # The layout is that of the whole written at once.
        escaped = json.dumps(log, indent=1, ensure_ascii=False)
        for char in "<>&":
            escaped = escaped.replace(char, f"\\u{ord(char):04x}")
        assert text == escaped + "\n"
        return log["runs"][0]

    return read


def test_a_result(run, finding):
    result = run(finding)["results"]
    assert result == [
        {
            "message": {
                "text": "tok has detected secret for file d/a b.md at commit "
                "0123456789abcdef0123456789abcdef01234567."
            },
            "ruleId": "tok",
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "d/a%20b.md"},
                        "region": {
                            "startLine": 3,
                            "startColumn": 3,
                            "endLine": 3,
                            "endColumn": 16,
                            "snippet": {"text": "tok_a1b2c3d4"},
                        },
                    }
                }
            ],
            "partialFingerprints": {
                "commitSha": "0123456789abcdef0123456789abcdef01234567",
                "email": "dev@example.com",
                "author": 'Dev "One", & co',
                "date": "2024-01-02T03:04:05Z",
                "commitMessage": "Subject <x>\n\nbody, more",
                "leakscan/v1": finding.id,
            },
            "properties": {"tags": ["t1", "t 2"]},
        }
    ]


def test_a_finding_on_the_path_alone_has_no_region(run, bare):
    location = run(bare, bare)["results"][1]["locations"][0]["physicalLocation"]
    assert location == {"artifactLocation": {"uri": "a.p12"}}


def test_merge_symlink_and_repeated_tags(run, finding):
    odd = replace(finding, merge=True, symlink=b"l:#%\xff", tags=("t", "t"))
    result = run(odd)["results"][0]
    assert result["properties"] == {"tags": ["t"], "merge": True}
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "l%3A%23%25%FF"


def test_rules_once_each_with_help(run):
    rules = (
        Rule(id="b", description="old"),
        Rule(id="a", remediation="Rotate."),
        Rule(id="b", description="new"),
    )
    driver = run(config=Config(rules=rules))["tool"]["driver"]
    assert driver == {
        "name": "leakscan",
        "semanticVersion": "1.2.3",
        "rules": [
            {"id": "b", "shortDescription": {"text": "new"}},
            {"id": "a", "shortDescription": {"text": ""}, "help": {"text": "Rotate."}},
        ],
    }


@pytest.mark.parametrize(
    ("severity", "level", "least", "most"),  # GitHub's ranges of each name
    [
        ("critical", "error", 9, 10),
        ("high", "error", 7, 9),
        ("medium", "warning", 4, 7),
        ("low", "note", 0.1, 4),
    ],
)
def test_severity_is_a_level_and_a_score(run, finding, severity, level, least, most):
    rule = replace(finding.rule, severity=severity, tags=("security", "t"))
    report = run(replace(finding, rule=rule))
    assert report["results"][0]["level"] == level
    (listed,) = report["tool"]["driver"]["rules"]
    assert listed["defaultConfiguration"] == {"level": level}
    assert listed["properties"]["tags"] == ["security", "t"]
    assert least <= float(listed["properties"]["security-severity"]) < most


def test_what_was_not_scanned(run, finding):
    (invocation,) = run(finding, summary=SUMMARY)["invocations"]
    assert invocation == {
        "executionSuccessful": False,
        "toolExecutionNotifications": [
            {"level": "note", "message": {"text": "not scanned: binary (3)"}},
            {"level": "warning", "message": {"text": "not scanned: file that cannot be read (1)"}},
            {
                "level": "warning",
                "message": {"text": "not scanned: file that cannot be read: denied"},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": "d/a%20b"}}}],
            },
            {
                "level": "note",
                "message": {"text": "not scanned: history before a shallow clone's boundary: object 0a"},
            },
        ],
    }


def test_nothing_found_and_nothing_skipped(run):
    report = run()
    assert report["results"] == []
    assert report["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
