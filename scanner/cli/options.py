"""The options that all scanning commands share: Gitleaks' own, with its names and defaults, and ours."""

from __future__ import annotations

import csv
import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from scanner.cli.arguments import Option
from scanner.cli.log import LEVELS

ENGINES = ("auto", "hyperscan", "ahocorasick")
DETECTION, KNOWN, REPORTS, RUN = "What is a leak", "What is known", "Reports", "The run"

ENVIRONMENT = (
    ("LEAKSCAN_CONFIG", "Path of a config file, unless -c names one; else GITLEAKS_CONFIG."),
    ("LEAKSCAN_CONFIG_TOML", "A config's text, where no path is given; else GITLEAKS_CONFIG_TOML."),
    ("LEAKSCAN_FINGERPRINT_KEY", "Makes leakscan's identities keyed hashes, which nobody can guess back."),
    ("LEAKSCAN_NOTIFY_KEY", "Signs what --notify sends to a webhook (HMAC-SHA-256)."),
    ("NO_COLOR", "No colours, whatever its value."),
    ("CI", "No progress bar, whatever its value."),
    ("LEAKSCAN_DEBUG", "With 1, an internal error prints its traceback, which may show secrets."),
)
"""Of every command that scans."""


@dataclass(frozen=True, slots=True)
class ScanArguments:
    """What was said on the command line; the names are the options'."""

    config: str
    enable_rule: tuple[str, ...]
    engine: str
    max_decode_depth: int
    max_archive_depth: int
    max_target_megabytes: int
    ignore_gitleaks_allow: bool
    allow_marks: str
    baseline_path: Path | None
    gitleaks_ignore_path: Path
    list_unused_ignores: bool
    report_format: str
    report_path: str
    report_template: Path | None
    output: tuple[str, ...]
    redact: int | None
    show_secrets: bool
    verbose: bool
    no_color: bool
    notify: tuple[str, ...]
    exit_code: int
    allow_incomplete: bool
    timeout: int
    jobs: int
    no_cache: bool
    max_memory: int
    stats: Path | None
    log_level: str
    no_banner: bool
    diagnostics: str
    diagnostics_dir: str


def _comma_list(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """The entries of a repeatable option, each of which may be a list in CSV, as pflag's string slices."""
    return tuple(entry.strip() for row in csv.reader(values) for entry in row if entry.strip())


def _options() -> list[Callable[[Any], Any]]:
    def option(section: str, *names: str, **more: Any) -> Callable[[Any], Any]:
        return click.option(*names, cls=Option, section=section, **more)

    path = click.Path(path_type=Path)
    whole = {"type": int, "metavar": "N", "show_default": True}
    return [
        option(
            DETECTION, "-c", "--config", default="", metavar="FILE",
            help="Config in Gitleaks' format. Without it: the environment (see below), then .leakscan.toml "
            "or .gitleaks.toml in the scanned folder, then the built-in rules.",
        ),
        option(
            DETECTION, "--enable-rule", multiple=True, metavar="ID", callback=_comma_list,
            help="Look for this rule alone; repeatable, or a comma-separated list.",
        ),
        option(
            DETECTION, "--engine", type=click.Choice(ENGINES), default="auto", show_default=True,
            help="Prefilter: both find the same, Hyperscan is faster; auto takes it where it is installed.",
        ),
        option(
            DETECTION, "--max-decode-depth", default=5, **whole,
            help="How often decoded text (base64, hex, percent, unicode) is decoded again; 0 for never.",
        ),
        option(
            DETECTION, "--max-archive-depth", default=0, **whole,
            help="How deep archives in archives are unpacked; 0 for not at all.",
        ),
        option(
            DETECTION, "--max-target-megabytes", default=0, **whole,
            help="Skip larger files (10^6 bytes each); 0 for no limit.",
        ),
        option(
            DETECTION, "--ignore-gitleaks-allow", is_flag=True,
            help="Report also what an inline comment such as gitleaks:allow allows.",
        ),
        option(
            DETECTION, "--allow-marks", type=click.Choice(("own", "all")), default="own", show_default=True,
            help="Which inline comments allow a line: gitleaks:allow and leakscan:allow, or with 'all' also "
            "trufflehog:ignore, 'pragma: allowlist secret', betterleaks:allow and kingfisher:ignore.",
        ),
        option(
            KNOWN, "-b", "--baseline-path", type=path, default=None, metavar="FILE",
            help="Report of an earlier scan (JSON, JSON Lines, SARIF) whose findings are not reported again.",
        ),
        option(
            KNOWN, "-i", "--gitleaks-ignore-path", type=path, default=".", metavar="PATH", show_default=True,
            help="Ignore file, or a folder with a .gitleaksignore or .leakscanignore; those of the scanned "
            "folder count too.",
        ),
        option(
            KNOWN, "--list-unused-ignores", is_flag=True,
            help="List the ignore files' entries that matched nothing.",
        ),
        option(
            REPORTS, "-r", "--report-path", default="", metavar="FILE", help="Report file; - for stdout.",
        ),
        option(
            REPORTS, "-f", "--report-format", default="", metavar="FORMAT",
            help="json, jsonl, csv, junit, sarif, html, markdown, gitlab, codeclimate, checkstyle, template, "
            "text or verbose; by default what the report file's ending says.",
        ),
        option(
            REPORTS, "-o", "--output", multiple=True, metavar="FORMAT=FILE",
            help="A further report; repeatable. - for stdout.",
        ),
        option(
            REPORTS, "--report-template", type=path, default=None, metavar="FILE",
            help="Jinja2 template of format template.",
        ),
        option(
            REPORTS, "--redact", type=click.IntRange(0), default=None, metavar="[PERCENT]", bare="100",
            help="Hide secrets in reports; --redact=N hides N percent of each. Text and HTML, for people, "
            "hide them anyway.",
        ),
        option(
            REPORTS, "--show-secrets", is_flag=True, help="Show secrets in text and HTML for people, too.",
        ),
        option(
            REPORTS, "-v", "--verbose", is_flag=True,
            help="Print each finding when it is found, as Gitleaks does, in place of the text for people.",
        ),
        option(
            REPORTS, "--notify", multiple=True, metavar="KIND:NAME",
            help="Tell others of new findings at the end, without secrets; repeatable. KIND is slack, teams, "
            "webhook, mail or syslog, NAME the environment variable with the address, or @FILE.",
        ),
        option(REPORTS, "--no-color", is_flag=True, help="No colours."),
        option(
            RUN, "--exit-code", type=click.IntRange(0, 255), default=1, metavar="N", show_default=True,
            help="Exit code when there are findings.",
        ),
        option(
            RUN, "--allow-incomplete", is_flag=True,
            help="Exit 0, not 4, where nothing was found although something could not be read.",
        ),
        option(
            RUN, "--timeout", default=0, type=int, metavar="SECONDS", show_default=True,
            help="End the scan, incomplete, after so many seconds; 0 for no limit.",
        ),
        option(
            RUN, "-j", "--jobs", type=click.IntRange(0), default=0, metavar="N", show_default=True,
            help="How many processes scan a history or files; 0 for as many as there are processors.",
        ),
        option(
            RUN, "--max-memory", type=click.IntRange(0), default=0, metavar="MB", show_default=True,
            help="Memory for a history's blobs (10^6 bytes) in all processes; 0 for the usual. What needs "
            "more is scanned blob by blob.",
        ),
        option(
            RUN, "--stats", type=path, default=None, metavar="FILE",
            help="Write how the scan went as JSON: seconds, bytes, what came from the cache.",
        ),
        option(
            RUN, "--no-cache", is_flag=True,
            help="Scan all commits, also those that an earlier scan has seen, and remember nothing of them.",
        ),
        option(
            RUN, "-l", "--log-level", default="info", metavar="LEVEL", show_default=True,
            help=f"What stderr shows: {', '.join(LEVELS)}.",
        ),
        option(RUN, "--no-banner", is_flag=True, help="For Gitleaks' sake: there is no banner."),
        option(RUN, "--diagnostics", default="", metavar="KINDS", help="For Gitleaks' sake: has no effect."),
        option(
            RUN, "--diagnostics-dir", default="", metavar="PATH", help="For Gitleaks' sake: has no effect."
        ),
    ]  # fmt: skip


def scan_options(command: Callable[..., int]) -> Callable[..., int]:
    """Adds the shared options to `command`, whose first argument then is a `ScanArguments`."""

    @functools.wraps(command)
    def wrapped(**values: Any) -> int:
        shared = {field.name: values.pop(field.name) for field in fields(ScanArguments)}
        return command(ScanArguments(**shared), **values)

    for add in reversed(_options()):
        add(wrapped)
    return wrapped


def shared_parameters() -> list[click.Parameter]:
    """The shared options, for those who read a command line before its command is known."""

    @click.command()
    @scan_options
    def nothing(arguments: ScanArguments) -> int:
        return 0

    return list(nothing.params)
