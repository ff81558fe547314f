"""One HTML page with everything in it, to be opened from a disk and passed on: no request leaves it.

The findings are one block of JSON, in which nothing can end the block; the page's script shows them as text
and never as HTML; a content security policy with the hashes of its script and style lets nothing else run or
load. A secret is in the page only where the context says so (``redact`` 0), hidden until a click; otherwise
it is gone for good. See `scanner.report.html_data` for the data.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from scanner.model import Finding, Summary
from scanner.report.base import ReportContext
from scanner.report.go import json_text, utf8
from scanner.report.html_data import kept, page_data

_FOLDER = Path(__file__).parent / "page"
_STYLES = ("look.css", "list.css")
_SCRIPTS = ("state.js", "draw.js", "charts.js", "list.js", "main.js")  # in the order in which they run


class HtmlReporter:
    """Keeps what is shown of each finding until the end: the page counts and groups."""

    def __init__(self, out: BinaryIO, context: ReportContext) -> None:
        self._out, self._context = out, context
        self._findings: list[Finding] = []

    def add(self, finding: Finding) -> None:
        """Keeps one finding, without most of a long line."""
        self._findings.append(kept(finding))

    def finish(self, summary: Summary) -> None:
        """Writes the page."""
        made = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%MZ")
        data = page_data(self._findings, summary, self._context, made)
        style, script = _joined(_STYLES), _joined(_SCRIPTS)
        environment = Environment(
            loader=FileSystemLoader(_FOLDER), undefined=StrictUndefined, autoescape=True, trim_blocks=True
        )
        page = environment.get_template("page.html").render(
            policy=_policy(style, script),
            style=Markup(style),  # noqa: S704 (our own)
            script=Markup(script),  # noqa: S704 (our own)
            data=Markup(json_text(data)),  # noqa: S704 (every < and & in it is escaped)
            version=self._context.version,
        )
        self._out.write(utf8(page))


def _joined(names: tuple[str, ...]) -> str:
    return "".join((_FOLDER / name).read_text("utf-8") for name in names)


def _policy(style: str, script: str) -> str:
    """The content security policy: our own script and style, and nothing else from anywhere."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
