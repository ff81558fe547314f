"""Reports by the user's own template."""

from __future__ import annotations

import pytest

from scanner.errors import ConfigError, UsageError
from scanner.model import Reason, Skipped, Summary

SUMMARY = Summary(commits=3, skipped={Reason.UNREADABLE: 1}, notable=[Skipped(Reason.UNREADABLE, b"a\xff")])


@pytest.fixture
def rendered(tmp_path, written):
    def render(source, *findings, **arguments):
        file = tmp_path / "t.tmpl"
        file.write_text(source)
        return written("template", *findings, template=file, **arguments)

    return render


def test_names(rendered, finding, bare):
    source = """{% for f in findings %}
{{ f.RuleID }} {{ f.File }}:{{ f.StartLine }} <{{ f.Line }}> {{ f.Link }} {{ f.Id }} {{ f.Merge }}
{{ f.Tags|tojson }}
{% endfor %}
{{ summary.commits }} {{ skipped[0].path }} {{ skipped[0].reason }} {{ version }}
"""
    assert rendered(source, finding, bare, summary=SUMMARY) == (
        "tok d/a b.md:3 <x k=tok_a1b2c3d4 y> https://example.com/o/r/blob/01234567/d/a%20b.md#L3 "
        'leakscan:v1:00112233445566778899aabbccddeeff False\n["t1", "t 2"]\n'
        "p a.p12:0 <>   False\n[]\n"
        "3 a\ufffd file that cannot be read 1.2.3\n"
    )


def test_redacted(rendered, finding):
    assert rendered("{{ findings }}", finding, redact=100).count("REDACTED") == 3


def test_nothing_is_escaped_unless_asked(rendered, finding):
    source = "{{ findings[0].Description }}|{{ findings[0].Description|e }}"
    assert rendered(source, finding).startswith('A <b>token</b> & "more", it\'s|A &lt;b&gt;')


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("[\n{{ range . }}x{{ end }}", 2, "{% for f in findings %}"),
        ("{{- range $i, $f := . -}}", 1, "{% for f in findings %}"),
        ("\n\n{{ .RuleID }}", 3, "{{ f.RuleID }}"),
        ("{{ . | toJson }}", 1, "a name"),
        ("{{ $x }}", 1, "a name"),
        ("{{ if eq .A 1 }}", 1, "{% if"),
        ("{{ len . }}", 1, "findings|length"),
        ("{{/* note */}}", 1, "{# a comment #}"),
        ('{{ define "x" }}', 1, "macro"),
    ],
)
def test_go_templates_are_explained(source, line, words, rendered):
    with pytest.raises(ConfigError, match="Go template syntax") as caught:
        rendered(source)
    assert caught.value.line == line
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "source", ["{{ range(3)|list }}", "{{ 'a' if version else 'b' }}", "{{ [1]|length }}", "{{- 0.5 }}"]
)
def test_jinja_is_not_taken_for_go(source, rendered):
    assert rendered(source)


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("a\n{% for %}", 2, "template: "),
        ("a\n{{ findings[0].Nope }}", 2, "has no attribute 'Nope'"),
        ("\n\n{{ nope }}", 3, "'nope' is undefined"),
        ("a\nb\n{{ 1 // 0 }}", 3, "ZeroDivisionError"),
        ("{{ ''.__class__.__mro__ }}", 1, "unsafe"),
        ("{{ findings.append(1) }}", 1, "unsafe"),
        ("{% include '/etc/passwd' %}", 1, "no loader"),
        ("{{ range(10**9)|list }}", 1, "Range too big"),
    ],
)
def test_errors_name_file_and_line(source, line, words, rendered, finding):
    with pytest.raises(ConfigError) as caught:
        rendered(source, finding)
    error = caught.value
    assert error.file.endswith("t.tmpl")
    assert words in str(error)
    assert "\n" not in str(error)
    assert error.line == line


def test_a_missing_template_is_told_before_the_scan(tmp_path, written):
    with pytest.raises(ConfigError, match="template cannot be read: No such file"):
        written("template", template=tmp_path / "nope")
    with pytest.raises(UsageError, match="--report-template"):
        written("template")
