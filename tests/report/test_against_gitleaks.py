"""Our reports of the real Gitleaks' findings, byte for byte beside the real ones."""

from __future__ import annotations

import json
import subprocess

import pytest

from scanner.model import Config, Rule

# One rule and one file: several rules or files come in an order that changes from run to run.
CONFIG = r"""
[[rules]]
id = "tok"
description = "A <b>token</b> & \"more\", it's\tö"
regex = '''k=(tok_[^;]{8})\C*?;'''
tags = ["t1", "t 2"]
"""
# All characters of a secret differ: Go adds up the entropy's terms in random order, so that the last digits
# of any other secret's change from run to run.
# \C in the rule: RE2 matches bytes that are not UTF-8 with nothing else.
TEXT = (
    b"x k=tok_a1b2c3d4;\r\n"
    b"k=tok_<&>\"',. ;k=tok_aeiu1234 \\\\ \xe2\x80\xa8\xe2\x80\xa9 \x7f \x08\x0c\x01\x1b[31m;\n"
    b"k=tok_line1\n23\r\n4\tx;\n"
    b"k=tok_\xc3\xa4\xc3\xb6\xf0\x9f\x94\x91abcde; k=tok_bcadefgh \xff\xfe\xc3(\xed\xa0\x80;\n"
    b"k=tok_\xef\xbf\xbe\xef\xbf\xbf123456;\n" + b"k=tok_12345678" + b"long" * 60 + b";\nk=tok_zyxwvusr;\n"
)
VERBOSE = b" k=tok_a1b2c3d4 \t ;\n k=tok_wx\n\tlineS ;k=tok_abcdefgh" + b"x" * 200 + b";"
FORMATS = ["json", "csv", "junit", "sarif"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "c.toml").write_text(CONFIG)
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def repository(folder):
    (folder / ' a"<b>&,.md').write_bytes(TEXT)
    author = ["-c", 'user.name=Dev "One", & co', "-c", "user.email=dev@example.com"]
    message = 'Subject <x> & "y"\n\nbody, with\ttab\nand more'
    for arguments in (
        ["init", "-q"],
        ["remote", "add", "origin", "https://github.com/o/r.git"],
        ["add", "-A"],
        [*author, "commit", "-q", "-m", message],
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True, timeout=60)
    return folder


def same_sarif(ours: str, real: bytes) -> None:
    """SARIF differs on purpose in the driver, in URIs and by its invocations; the rest must agree."""
    mine, theirs = json.loads(ours), json.loads(real)
    for log in (mine, theirs):
        run = log["runs"][0]
        run.pop("invocations", None)
        for name in ("name", "semanticVersion", "informationUri"):
            run["tool"]["driver"].pop(name, None)
        for result in run["results"]:
            del result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert json.dumps(mine) == json.dumps(theirs)  # as text: the order of keys counts


def compare(name, findings, real, written):
    rule = Rule(id="tok", description='A <b>token</b> & "more", it\'s\tö')
    ours = written(name, *findings, config=Config(rules=(rule,)))
    if name == "sarif":
        same_sarif(ours, real)
    else:
        assert ours == real.decode("utf-8", "surrogateescape").translate(
            {0xDC80 + n: "\ufffd" for n in range(128)}  # CSV: the one place where Gitleaks writes raw bytes
        )


@pytest.mark.parametrize("name", FORMATS)
def test_history(name, repository, gitleaks, findings_of, written):
    findings = findings_of(gitleaks(repository, "git", "json"))
    assert len(findings) == 9
    assert findings[0].link
    compare(name, findings, gitleaks(repository, "git", name), written)


@pytest.mark.parametrize("name", FORMATS)
def test_folder(name, folder, gitleaks, findings_of, written):
    (folder / "plain.txt").write_bytes(TEXT)
    findings = findings_of(gitleaks(folder, "dir", "json"))
    assert len(findings) == 9
    compare(name, findings, gitleaks(folder, "dir", name), written)


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_found(name, folder, gitleaks, written):
    compare(name, [], gitleaks(folder, "dir", name), written)


@pytest.mark.parametrize("percent", [100, 50, 1])
@pytest.mark.parametrize("name", FORMATS)
def test_redacted(name, percent, folder, gitleaks, findings_of, written):
    (folder / "plain.txt").write_bytes(b"x k=tok_a1b2c3d4 tok_a1b2c3d4;\n")
    findings = findings_of(gitleaks(folder, "dir", "json"))
    real = gitleaks(folder, "dir", name, f"--redact={percent}")
    rule = Rule(id="tok", description='A <b>token</b> & "more", it\'s\tö')
    ours = written(name, *findings, config=Config(rules=(rule,)), redact=percent)
    if name == "sarif":
        same_sarif(ours, real)
    else:
        assert ours == real.decode()


@pytest.mark.parametrize("redact", [0, 30, 100])
def test_verbose(redact, repository, gitleaks, findings_of, written):
    (repository / ' a"<b>&,.md').write_bytes(VERBOSE)
    arguments = [
        "git",
        "-c",
        "user.name=D",
        "-c",
        "user.email=d@example.com",
        "commit",
        "-qam",
        "s",
        "--amend",
    ]
    subprocess.run(arguments, cwd=repository, check=True, timeout=60)
    findings = findings_of(gitleaks(repository, "git", "json"))
    assert len(findings) == 3
    real = gitleaks(repository, "git", "json", "-v", f"--redact={redact}")
    assert written("verbose", *findings, redact=redact) == real.decode()


def test_verbose_folder(folder, gitleaks, findings_of, written):
    (folder / "a.txt").write_bytes(b"k=tok_a1b2c3d4;\n")
    findings = findings_of(gitleaks(folder, "dir", "json"))
    assert written("verbose", *findings) == gitleaks(folder, "dir", "json", "-v").decode()
