"""``leakscan report convert``, end to end."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def saved(run, folder, token):
    (folder / "a").write_text(f"k = {token}\n")
    done = run(
        "dir", "-c", "../c.toml", "-r", "leaks.json", "-o", "jsonl=leaks.jsonl", "-o", "sarif=leaks.sarif"
    )
    assert done.returncode == 1
    return folder / "leaks.json"


@pytest.mark.parametrize("name", ["leaks.json", "leaks.jsonl", "leaks.sarif"])
def test_convert(run, saved, token, name):
    done = run("report", "convert", "-c", "../c.toml", name, "-f", "gitlab")
    assert (done.returncode, done.stderr) == (0, "")
    (found,) = json.loads(done.stdout)["vulnerabilities"]
    assert (found["name"], found["solution"]) == ("A token.", "Throw it away.")
    assert token in found["raw_source_code_extract"]


def test_the_ending_says_the_format(run, folder, saved):
    assert run("report", "convert", "leaks.json", "-o", "leaks.md").returncode == 0
    assert (folder / "leaks.md").read_text().startswith("### leakscan: 1 finding of 1 secret\n")


def test_back_and_forth_is_the_same(run, folder, saved):
    assert run("report", "convert", "-c", "../c.toml", "leaks.jsonl", "-o", "again.json").returncode == 0
    assert (folder / "again.json").read_text() == saved.read_text()


def test_a_report_can_replace_itself(run, saved):
    before = saved.read_text()
    assert run("report", "convert", "-c", "../c.toml", "leaks.json", "-o", "leaks.json").returncode == 0
    assert saved.read_text() == before


def test_secrets_are_hidden_in_formats_for_people_and_where_asked(run, saved, token):
    assert token not in run("report", "convert", "leaks.json", "-f", "text").stdout
    assert token in run("report", "convert", "leaks.json", "-f", "text", "--show-secrets").stdout
    assert token not in run("report", "convert", "leaks.json", "-f", "json", "--redact").stdout
    assert f'"{token[:3]}..."' in run("report", "convert", "leaks.json", "-f", "json", "--redact=75").stdout


def test_a_scan_writes_the_page_and_the_others(run, folder, token):
    (folder / "a").write_text(f"k = {token}\n")
    others = ["gitlab", "codeclimate", "checkstyle", "markdown"]
    wanted = [f"-o{name}={name}.out" for name in others]
    done = run("dir", "-c", "../c.toml", "-f", "html", "-r", "page", *wanted)
    assert done.returncode == 1
    page = (folder / "page").read_text()
    assert page.startswith("<!doctype html>")
    assert token not in page
    assert all((folder / f"{name}.out").read_text() for name in others)
    run("dir", "-c", "../c.toml", "-r", "page.html", "--show-secrets", "a")
    assert token in (folder / "page.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["leaks.json"], "stdout names no report format: add --format"),
        (["leaks.json", "-o", "x.bin"], "the ending of 'x.bin' names no report format"),
        (["leaks.json", "-f", "yaml"], "unknown report format 'yaml'"),
        (["a", "-f", "csv"], "a:1: not a report"),
        (["none", "-f", "csv"], "none: report cannot be read"),
        (["leaks.json", "-o", "no/where.csv"], "cannot be written"),
        (["leaks.json", "-f", "template"], "format template needs --report-template"),
    ],
)
def test_one_clear_line(run, saved, arguments, said):
    done = run("report", "convert", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
