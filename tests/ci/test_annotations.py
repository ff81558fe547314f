"""Annotations read back as the systems read them."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from scanner.ci.annotations import SHOWN, annotator, azure_line, github_line
from scanner.ci.environments import AZURE, GITHUB, GITLAB
from scanner.model import Commit, Finding, Rule, Summary

SECRET = "tok_" + "a1b2c3d4"
FINDING = Finding(
    Rule("a:b", description="100% bad; [really]", severity="medium", remediation="Rotate it."),
    path=b"d,1/e:f;g]\n%0A.txt",
    match=SECRET.encode(),
    secret=SECRET.encode(),
    start_line=3,
    end_line=4,
    start_column=2,
    commit=Commit("0123456789abcdef" * 2),
    id="leakscan:v1:00112233445566778899aabbccddeeff",
)


def test_github_reads_what_was_meant() -> None:
    line = github_line(FINDING)
    found = re.fullmatch(r"::(\w+) ([^:\n]*)::([^\n]*)", line)
    assert found and found[1] == "warning"
    fields = dict(field.split("=", 1) for field in found[2].split(","))
    assert set(fields) == {"file", "line", "endLine", "title"}
    unescaped = (
        fields["file"].replace("%2C", ",").replace("%3A", ":").replace("%0A", "\n").replace("%25", "%")
    )
    assert unescaped == "d,1/e:f;g]\\n%0A.txt"
    assert (fields["line"], fields["endLine"], fields["title"]) == ("3", "4", "leakscan%3A a%3Ab")
    first, *rest = found[3].split("%0A")
    assert first == "100%25 bad; [really] (added in commit 0123456789ab)"
    assert rest == ["Rotate it.", f"No secret? {FINDING.id}"]
    assert SECRET not in line


def test_azure_reads_what_was_meant() -> None:
    line = azure_line(FINDING)
    found = re.fullmatch(r"##vso\[task\.logissue ([^\]\n]*)\]([^\n]*)", line)
    assert found
    fields = dict(field.split("=", 1) for field in found[1].split(";"))
    unescaped = fields["sourcepath"].replace("%3B", ";").replace("%5D", "]").replace("%AZP25", "%")
    assert unescaped == "d,1/e:f;g]\\n%0A.txt"
    assert (fields["type"], fields["linenumber"], fields["columnnumber"]) == ("warning", "3", "2")
    assert found[2].startswith("100%AZP25 bad%3B [really%5D")
    assert SECRET not in line


def test_a_path_alone_has_no_line() -> None:
    finding = replace(FINDING, start_line=0, end_line=0)
    assert "line=" not in github_line(finding) and "linenumber" not in azure_line(finding)


def test_each_place_once_and_not_too_many() -> None:
    out = io.BytesIO()
    annotations = annotator(GITHUB, out, lambda finding: finding.start_line)
    assert annotations
    for line in (1, 1, *range(1, 2 * SHOWN)):
        annotations.add(replace(FINDING, start_line=line, commit=Commit(f"{line:040}")))
    annotations.finish(Summary())
    assert len(out.getvalue().splitlines()) == SHOWN


def test_only_some_systems_have_them() -> None:
    def line_of(finding: Finding) -> int:
        return 1

    assert annotator(GITLAB, io.BytesIO(), line_of) is None
    assert annotator(AZURE, io.BytesIO(), line_of) is not None
