"""Ignore files: what hides, what does not, and what is said about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.known import ignore
from scanner.known.ignore import IgnoreList, load
from scanner.model import Finding, Rule

TODAY = date(2026, 6, 15)


@pytest.fixture
def ignored(tmp_path):
    """Loads one ignore file with the lines given."""

    def read(*lines: str, name: str = ".gitleaksignore") -> IgnoreList:
        (tmp_path / name).write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
        return load([tmp_path / name], TODAY)

    return read


def test_both_of_gitleaks_fingerprints_hide(ignored, finding):
    in_history = finding(b"d/a.txt", b"tok_a1b2c3d4", "c0ffee", 3)
    for entry in ("c0ffee:d/a.txt:tok:3", "d/a.txt:tok:3", "  d/a.txt:tok:3\t\r", "d\\a.txt:tok:3"):
        assert ignored("# a comment", "", entry).hides(in_history), entry
    for entry in ("beef:d/a.txt:tok:3", "d/a.txt:tok:4", "a.txt:tok:3", "d/a.txt:tok", "#d/a.txt:tok:3"):
        assert not ignored(entry).hides(in_history), entry


def test_a_commit_fingerprint_does_not_hide_outside_that_commit(ignored, finding):
    assert not ignored("c0ffee:d/a.txt:tok:3").hides(finding(b"d/a.txt", b"s", line=3))


def test_our_identity_hides_in_both_files(ignored, finding):
    found = finding(b"a", b"tok_a1b2c3d4")
    assert ignored(found.id).hides(found)
    assert ignored(found.id, name=".leakscanignore").hides(replace(found, start_line=99))
    assert not ignored(found.id).hides(finding(b"b", b"tok_a1b2c3d4"))


@pytest.mark.parametrize("path", [b"a:b/c d.txt", b"C:\\x", b" a # b", b"caf\xc3\xa9\xff", b"", b"a:1:b:2"])
def test_odd_paths(path, ignored, finding):
    found = finding(path, b"tok_a1b2c3d4", "c0ffee", 7)
    assert ignored(found.fingerprint).hides(found)
    assert ignored(found.fingerprint, name=".leakscanignore").hides(found)
    assert ignored(found.fingerprint + "  # why", name=".leakscanignore").hides(found)


@given(st.binary(max_size=12).filter(lambda p: b"\n" not in p), st.integers(0, 10**6))
def test_every_fingerprint_that_we_print_hides_its_finding(tmp_path_factory, path, line):
    rule = Rule(id="a-rule")
    found = Finding(
        rule, path, b"m", b"s", start_line=line, fingerprint=f"c0ffee:{ignore.text_of(path)}:a-rule:{line}"
    )
    for name in (".gitleaksignore", ".leakscanignore"):
        file = tmp_path_factory.getbasetemp() / name
        file.write_text(found.fingerprint + "\n", newline="")
        assert load([file], TODAY).hides(found)


def test_gitleaks_syntax_has_no_trailing_comments(ignored, finding):
    entries = ignored("a.txt:tok:1 # why")
    assert not entries.hides(finding(b"a.txt", b"tok_a1b2c3d4"))
    assert len(entries.warnings) == 1


@pytest.mark.parametrize(
    ("comment", "hides"),
    [
        ("", True),
        ("  # reviewed", True),
        ("\t#", True),
        (" # until=2026-06-15", True),
        (" # gone soon until=2026-06-16 see #7", True),
        (" # until=2026-06-14", False),
        (" # until=", False),
        (" # until=soon", False),
        (" # until=2026-02-30", False),
        (" # notuntil=2020-01-01", True),
        ("# no space", False),
        (" no hash", False),
    ],
)
def test_reason_and_expiry(comment, hides, ignored, finding):
    entries = ignored("", "a b.txt:tok:1" + comment, name=".leakscanignore")
    assert entries.hides(finding(b"a b.txt", b"tok_a1b2c3d4")) == hides
    assert bool(entries.warnings) != hides
    assert all(".leakscanignore:2: " in warning for warning in entries.warnings)


def test_warnings_say_what_is_wrong_and_quote_nothing(ignored):
    pasted = "tok_" + "a1b2c3d4"
    (invalid,) = ignored(pasted).warnings
    assert "Invalid .gitleaksignore entry" in invalid
    assert pasted not in invalid
    (expired,) = ignored("a:tok:1 # until=2020-01-31", name=".leakscanignore").warnings
    assert expired.endswith(".leakscanignore:1: expired on 2020-01-31, the entry hides nothing")


def test_unused_entries_are_listed(ignored, finding, tmp_path):
    entries = ignored("a:tok:1", "d\\b:tok:2  ", "", "c0:a:tok:1")
    assert entries.unused() == [
        f"{tmp_path}/.gitleaksignore:{line}: {text}"
        for line, text in ((1, "a:tok:1"), (2, "d\\b:tok:2"), (4, "c0:a:tok:1"))
    ]
    assert entries.hides(finding(b"a", b"s", "c0"))
    assert entries.unused() == [f"{tmp_path}/.gitleaksignore:2: d\\b:tok:2"]


def test_files_that_are_missing_or_named_twice(tmp_path, finding):
    (tmp_path / "list").write_bytes(b"\xef\xbb\xbfa:tok:1\n")
    (tmp_path / "link").symlink_to("list")
    (tmp_path / "folder").mkdir()
    names = ("list", "link", "../" + tmp_path.name + "/list", "folder", "nope")
    entries = load([tmp_path / name for name in names], TODAY)
    assert entries.warnings == []
    assert len(entries.unused()) == 1
    assert entries.hides(finding(b"a", b"s"))


def test_a_huge_file_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(ignore, "MAX_BYTES", 10)
    (tmp_path / "list").write_text("a:tok:1\n" * 2)
    entries = load([tmp_path / "list"], TODAY)
    assert entries.unused() == []
    assert entries.warnings == [f"{tmp_path}/list: cannot be read (larger than 10 bytes), it hides nothing"]


def test_the_real_gitleaks_hides_the_same(tmp_path, gitleaks, finding):
    tree = tmp_path / "tree"
    (tree / "d").mkdir(parents=True)
    secrets = {n: b"tok_a1b2c3d%d" % n for n in range(6)}
    (tree / "d/a b.txt").write_bytes(b"".join(b"k=%s;\n" % secret for secret in secrets.values()))
    lines = [
        "d/a b.txt:tok:1",
        "d\\a b.txt:tok:2",
        "x:d/a b.txt:tok:3",
        "d/a b.txt:tok:4 # no",
        " d/a b.txt:tok:5 ",
    ]
    (tree / ".gitleaksignore").write_text("\n".join(lines))
    reported = {f["StartLine"] for f in gitleaks(tree)}
    entries = load([tree / ".gitleaksignore"], TODAY)
    ours = {n for n in secrets if not entries.hides(finding(b"d/a b.txt", secrets[n], line=n + 1))}
    assert {n + 1 for n in ours} == reported == {3, 4, 6}
