"""Reports by the user's own template (``--report-template FILE``), in Jinja2.

Names in a template: ``findings``, a list whose elements have Gitleaks' field names (``RuleID``,
``Description``, ``StartLine``, ``EndLine``, ``StartColumn``, ``EndColumn``, ``Line``, ``Match``, ``Secret``,
``File``, ``SymlinkFile``, ``Commit``, ``Link``, ``Entropy``, ``Author``, ``Email``, ``Date``, ``Message``,
``Tags``, ``Fingerprint``) and ours (``Id``, ``Merge``, ``Severity``, ``Remediation``); ``summary``
(`scanner.model.Summary`); ``skipped``, a list of ``reason``, ``path``, ``object`` and ``detail``; and
``version``. Nothing is escaped: ``|e`` is for HTML, ``|tojson`` for JSON. A block tag that stands alone on
its line leaves no blank line behind.

Templates run in Jinja2's sandbox and can include no other file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from scanner.errors import ConfigError, UsageError
from scanner.model import Finding, Summary, text_of
from scanner.report.base import ReportContext
from scanner.report.fields import gitleaks_fields, own_fields
from scanner.report.go import utf8

# Go's actions, each with what Jinja2 has instead. None of them is valid Jinja2.
_GO = (
    (r"range\s+[.$]", "{% for f in findings %} … {% endfor %}"),
    (r"(?:if|else|with)\s+[.$(a-z]", "{% if … %} … {% else %} … {% endif %}"),
    (r"(?:define|template|block)\s+\"", "{% macro … %}"),
    (r"[a-zA-Z]+\s+[.$]", "a filter, such as {{ findings|length }}"),
    (r"/\*", "{# a comment #}"),
    (r"[.$]", "a name, such as {{ f.RuleID }}"),
)
_GO_ACTION = re.compile(r"\{\{-?\s*(?:" + "|".join(f"({pattern})" for pattern, _ in _GO) + ")")


class TemplateReporter:
    """Keeps all findings: a template may ask for them in any order."""

    def __init__(self, out: BinaryIO, context: ReportContext) -> None:
        if context.template is None:
            raise UsageError("format template needs --report-template FILE")
        self._out, self._context, self._file = out, context, str(context.template)
        self._template = _load(context.template)
        self._findings: list[dict[str, object]] = []

    def add(self, finding: Finding) -> None:
        """Keeps one finding."""
        masked = finding.masked(self._context.redact)
        always = {"Link": masked.link, "Line": text_of(masked.line), "Severity": masked.rule.severity}
        self._findings.append(gitleaks_fields(masked) | always | own_fields(masked))

    def finish(self, summary: Summary) -> None:
        """Renders the template.

        Raises:
            ConfigError: it asks for what there is not, or does what the sandbox forbids.
        """
        try:
            text = self._template.render(
                findings=self._findings,
                summary=summary,
                skipped=_skipped(summary),
                version=self._context.version,
            )
        except Exception as error:  # a template can raise anything that Python can
            raise ConfigError(_reason(error), file=self._file, line=_line_of(error)) from None
        self._out.write(utf8(text))


def _skipped(summary: Summary) -> list[dict[str, str]]:
    """The notable skipped things, as text."""
    return [
        {"reason": s.reason.value, "path": text_of(s.path), "object": s.object, "detail": s.detail}
        for s in summary.notable
    ]


def _load(file: Path) -> Template:
    """The compiled template in `file`."""
    try:
        source = text_of(file.read_bytes())
    except OSError as error:
        raise ConfigError(f"template cannot be read: {error.strerror}", file=str(file)) from None
    _refuse_go(source, file)
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    try:
        return environment.from_string(source)
    except TemplateSyntaxError as error:
        raise ConfigError(_reason(error), file=str(file), line=error.lineno) from None


def _refuse_go(source: str, file: Path) -> None:
    """Raises ConfigError where `source` is a Go template, as Gitleaks takes."""
    action = _GO_ACTION.search(source)
    if action and action.lastindex:
        instead = _GO[action.lastindex - 1][1]
        reason = f"this is Go template syntax, and templates here are Jinja2: instead of {action[0]!r} write "
        raise ConfigError(reason + instead, file=str(file), line=source.count("\n", 0, action.start()) + 1)


def _reason(error: Exception) -> str:
    """What Jinja2 or Python says, in one line."""
    text = str(error) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
    return "template: " + " ".join(text.split())


def _line_of(error: Exception) -> int:
    """The innermost line of the template that `error` came from; 0 where it came from elsewhere."""
    line, trace = 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
