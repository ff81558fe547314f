"""Code Climate, Checkstyle and JUnit against what their schemas demand."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest
import xmlschema

from scanner.model import Reason, State, Summary, Verdict

# Code Climate's SPEC.md, "Issues", and what GitLab's page on code quality reports demands beyond it.
LINE = {"type": "integer", "minimum": 1}
ISSUE = {
    "type": "object",
    "required": ["type", "check_name", "description", "categories", "location", "severity", "fingerprint"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "issue"},
        "check_name": {"type": "string", "minLength": 1},
        "description": {"type": "string", "pattern": r"\A[^\n]+\Z"},
        "categories": {"type": "array", "items": {"const": "Security"}, "minItems": 1},
        "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
        "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "location": {
            "type": "object",
            "required": ["path", "lines"],
            "properties": {
                "path": {"type": "string", "pattern": r"^(?!\./)[^\x00]*$"},
                "lines": {
                    "type": "object",
                    "required": ["begin", "end"],
                    "properties": {"begin": LINE, "end": LINE},
                },
            },
        },
    },
}


def _xsd(body: str) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(f'<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema">{body}</x:schema>')


def _attributes(names: str, required: str = "") -> str:
    use = dict.fromkeys(required.split(), ' use="required"')
    return "".join(
        f'<x:attribute name="{name}" type="x:string"{use.get(name, "")}/>' for name in names.split()
    )


# What Checkstyle's checkstyle-report-1.0.0.xsd allows.
CHECKSTYLE = _xsd(
    """
    <x:element name="checkstyle"><x:complexType><x:choice minOccurs="0" maxOccurs="unbounded">
      <x:element name="file"><x:complexType>
        <x:sequence><x:element name="error" type="error" maxOccurs="unbounded"/></x:sequence>
        <x:attribute name="name" type="x:string" use="required"/>
      </x:complexType></x:element>
      <x:element name="exception" type="x:string"/>
    </x:choice><x:attribute name="version" type="x:string"/></x:complexType></x:element>
    <x:complexType name="error">
      <x:attribute name="line" type="x:positiveInteger"/>
      <x:attribute name="column" type="x:positiveInteger"/>
      <x:attribute name="message" type="x:string"/><x:attribute name="source" type="x:string"/>
      <x:attribute name="severity"><x:simpleType><x:restriction base="x:string">
        <x:enumeration value="error"/><x:enumeration value="warning"/><x:enumeration value="info"/>
      </x:restriction></x:simpleType></x:attribute>
    </x:complexType>"""
)
# What junit-8.xsd of Jenkins' xUnit plugin allows: the one published schema that knows Gitleaks' ``file``.
JUNIT = _xsd(
    f"""
    <x:element name="testsuites"><x:complexType><x:sequence>
      <x:element ref="testsuite" minOccurs="0" maxOccurs="unbounded"/></x:sequence>
      {_attributes("name time tests failures disabled errors")}</x:complexType></x:element>
    <x:element name="testsuite"><x:complexType><x:choice minOccurs="0" maxOccurs="unbounded">
      <x:element name="properties"><x:complexType><x:sequence>
        <x:element name="property" minOccurs="0" maxOccurs="unbounded"><x:complexType>
          {_attributes("name value", "name value")}</x:complexType></x:element>
      </x:sequence></x:complexType></x:element>
      <x:element name="testcase"><x:complexType><x:sequence><x:element name="failure" minOccurs="0">
        <x:complexType mixed="true">{_attributes("type message")}</x:complexType></x:element></x:sequence>
        {_attributes("name assertions time classname status class file line", "name")}
      </x:complexType></x:element></x:choice>
      {_attributes("name tests failures errors time skipped timestamp hostname id package file", "tests")}
    </x:complexType></x:element>"""
)
INCOMPLETE = Summary(skipped={Reason.BINARY: 2, Reason.UNREADABLE: 1})
LIVE = Verdict(State.ACTIVE)


@pytest.fixture
def findings(finding, bare):
    """In all shapes, by rules of all severities."""
    return [
        bare,
        finding,
        replace(finding, path=b'<&"\x01\xff\xe2\x80\xa8>', verdict=LIVE),
        *(
            replace(finding, rule=replace(finding.rule, severity=name))
            for name in ("critical", "high", "medium", "low")
        ),
    ]


def issues(text: str) -> list[dict]:
    parsed = json.loads(text)
    for issue in parsed:
        jsonschema.validate(issue, ISSUE)
    return parsed


def test_codeclimate(written, findings):
    got = issues(written("codeclimate", *findings, summary=INCOMPLETE))
    assert len({issue["fingerprint"] for issue in got}) == len(findings)
    assert [issue["severity"] for issue in got[3:]] == ["blocker", "critical", "major", "minor"]
    assert got[0]["location"] == {"path": "a.p12", "lines": {"begin": 1, "end": 1}}
    assert got[1]["location"] == {"path": "d/a b.md", "lines": {"begin": 3, "end": 3}}
    assert got[2]["description"] == (
        'tok: A <b>token</b> & "more", it\'s State: active. '
        "Committed 2024-01-02 in 0123456789ab. Revoke it at the issuer."
    )


def test_codeclimate_fingerprints_outlive_moved_lines(written, finding):
    moved = replace(finding, start_line=9, end_line=9, fingerprint="other")
    (before,), (after,) = (issues(written("codeclimate", one)) for one in (finding, moved))
    assert before["fingerprint"] == after["fingerprint"]


def test_codeclimate_without_findings(written):
    assert written("codeclimate") == "[]\n"


def test_checkstyle(written, findings):
    report = CHECKSTYLE.to_dict(written("checkstyle", *findings, summary=INCOMPLETE))
    assert [file["@name"] for file in report["file"]] == ["a.p12", "d/a b.md", '<&"\ufffd\ufffd\u2028>']
    errors = report["file"][1]["error"]
    assert [error["@severity"] for error in errors] == ["error", "error", "error", "warning", "info"]
    assert (errors[0]["@line"], errors[0]["@column"], errors[0]["@source"]) == (3, 3, "leakscan.tok")
    assert "@line" not in report["file"][0]["error"][0]
    assert report["exception"] == ["not scanned: 1 file that cannot be read"]


def test_checkstyle_without_findings(written):
    assert CHECKSTYLE.is_valid(written("checkstyle"))


def test_junit_is_valid(written, findings):
    JUNIT.validate(written("junit", *findings, summary=INCOMPLETE))
    JUNIT.validate(written("junit"))


def test_the_schemas_refuse_what_is_wrong():
    assert not CHECKSTYLE.is_valid('<checkstyle><file name="a"><error line="0"/></file></checkstyle>')
    assert not JUNIT.is_valid("<testsuites><testsuite><testcase/></testsuite></testsuites>")
