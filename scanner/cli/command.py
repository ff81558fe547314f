"""A command whose help reads like a manual page: grouped options, examples, exit codes, environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from scanner.cli.arguments import Vocabulary

EXIT_CODES = (
    ("0", "Nothing found, or only what is known (ignore files, baseline)."),
    ("1", "Findings; another code with --exit-code."),
    ("2", "The command line, a config or the repository is wrong."),
    ("3", "An internal error."),
    ("4", "Nothing found, but something that should have been read was not (see --allow-incomplete)."),
    ("130, 143", "Interrupted (Ctrl-C), terminated (SIGTERM); reports hold what was found until then."),
)
"""Of every command that scans."""

Rows = Sequence[tuple[str, str]]


class Command(click.Command):
    """A command that takes Gitleaks' ways of writing arguments.

    Args:
        examples: command lines, each with what it does.
        exit_codes, environment: rows of the help's sections.
    """

    def __init__(
        self,
        *positional: Any,
        examples: Rows = (),
        exit_codes: Rows = (),
        environment: Rows = (),
        **more: Any,
    ) -> None:
        more["context_settings"] = {"help_option_names": ["-h", "--help"]} | more.get("context_settings", {})
        super().__init__(*positional, **more)
        self._examples, self._sections = examples, (("Exit codes", exit_codes), ("Environment", environment))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See `click.Command`."""
        return super().parse_args(ctx, Vocabulary(self.get_params(ctx)).rewritten(args))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the options, a section for each kind."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            row = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if row is not None:
                sections.setdefault(getattr(parameter, "section", "Options"), []).append(row)
        for title in sorted(sections, key=lambda title: title == "Options" and len(sections) > 1):
            _write_rows(formatter, title, sections[title])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes examples, exit codes and environment."""
        if self._examples:
            with formatter.section("Examples"):
                for number, (line, meaning) in enumerate(self._examples):
                    if number:
                        formatter.write_paragraph()
                    formatter.write_text(meaning)
                    formatter.write(f"{'':>{formatter.current_indent}}  $ {line}\n")
        for title, rows in self._sections:
            _write_rows(formatter, title, rows)


def _write_rows(formatter: click.HelpFormatter, title: str, rows: Rows) -> None:
    if rows:
        with formatter.section(title):
            formatter.write_dl(list(rows), col_max=28)
