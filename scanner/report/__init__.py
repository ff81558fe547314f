"""One module per report format, and the one table of formats.

Formats are imported when they are used: a hook that prints three lines of text does not pay for Jinja2.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO

from scanner.errors import UsageError

if TYPE_CHECKING:
    from scanner.report.base import ReportContext, Reporter

FORMATS = {
    "text": "scanner.report.text:TextReporter",
    "verbose": "scanner.report.verbose:VerboseReporter",
    "json": "scanner.report.json_array:JsonReporter",
    "jsonl": "scanner.report.json_lines:JsonLinesReporter",
    "csv": "scanner.report.csv_table:CsvReporter",
    "junit": "scanner.report.junit:JunitReporter",
    "sarif": "scanner.report.sarif:SarifReporter",
    "gitlab": "scanner.report.gitlab:GitLabReporter",
    "codeclimate": "scanner.report.codeclimate:CodeClimateReporter",
    "checkstyle": "scanner.report.checkstyle:CheckstyleReporter",
    "markdown": "scanner.report.markdown:MarkdownReporter",
    "html": "scanner.report.html:HtmlReporter",
    "template": "scanner.report.template:TemplateReporter",
}
"""Every format's name, and where its `Reporter` is."""

# JUnit's .xml is not here: as in Gitleaks it must be asked for by name.
_SUFFIXES = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".sarif": "sarif",
    ".md": "markdown",
    ".html": "html",
}


def format_of_path(path: str) -> str | None:
    """The format that a report file's name stands for, or None where it says nothing."""
    return _SUFFIXES.get(PurePath(path).suffix.lower())


def open_report(name: str, out: BinaryIO, context: ReportContext) -> Reporter:
    """A reporter of format `name` that writes to `out`, which stays the caller's to close.

    Raises:
        UsageError: there is no such format, or it needs a template and has none.
        ConfigError: the template cannot be used.
    """
    if name not in FORMATS:
        raise UsageError(f"unknown report format {name!r}: use one of {', '.join(FORMATS)}")
    module, _, factory = FORMATS[name].partition(":")
    reporter: Reporter = getattr(import_module(module), factory)(out, context)
    return reporter
