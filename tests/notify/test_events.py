"""SIEM formats read back: OCSF by its published schema, CEF by its grammar."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import jsonschema
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from scanner.model import Finding, Rule, State, Verdict
from scanner.notify.events import EVENTS, cef_event, ocsf
from scanner.notify.notice import Collector, Notice

SCHEMA = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.5.0")).get_class_schema("detection_finding")
SECRET = "tok_" + "a1b2c3d4"


def notice_of(finding: Finding) -> Notice:
    collector = Collector()
    collector.add(finding)
    notice = collector.notice("repo", "1.2.3", 1_800_000_000.5)
    assert notice
    return notice


def test_ocsf_holds_to_its_schema(finding: Finding) -> None:
    bare = Finding(Rule("p"), path=b"", match=b"", secret=b"", fingerprint="a:p:0")
    verified = replace(finding, verdict=Verdict(State.ACTIVE))
    for each in (finding, bare, verified):
        notice = notice_of(each)
        event = ocsf(notice.alerts[0], notice)
        jsonschema.Draft202012Validator(SCHEMA).validate(event)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(SCHEMA).validate(event | {"severity_id": "high"})
    assert (event["severity_id"], event["type_uid"]) == (4, 200401)


def test_cef_reads_back(finding: Finding) -> None:
    notice = notice_of(finding)
    text = cef_event(notice.alerts[0], notice)
    head = re.split(r"(?<!\\)\|", text, maxsplit=7)
    assert head[:3] == ["CEF:0", "leakscan", "leakscan"] and head[4] == "tok" and head[6] == "8"
    assert head[5] == "A <token> \\| of=it."
    pairs = re.findall(r"(\w+)=((?:\\.|[^\\=])*?)(?= \w+=|$)", head[7])
    fields = {key: re.sub(r"\\(.)", r"\1", value) for key, value in pairs}
    assert fields["filePath"] == "d/REDACTED/a=b|c\\d.txt" and fields["cn1"] == "3"
    assert fields["rt"] == "1800000000500"


@pytest.mark.parametrize("name", EVENTS)
def test_no_secret_is_in_an_event(finding: Finding, name: str) -> None:
    notice = notice_of(finding)
    text = EVENTS[name](notice.alerts[0], notice)
    assert SECRET not in text and "REDACTED" in text
    assert "\n" not in text
    if name != "cef":
        json.loads(text)
