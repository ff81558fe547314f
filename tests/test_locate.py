"""Which change brings a secret in: real repositories, read commit by commit."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scanner.detect import Detector, make_prefilter, sought
from scanner.git import Change, open_repository, staged, unstaged
from scanner.git.history import history
from scanner.locate import Locator, Place, fragment_findings, scan_text
from scanner.model import Allowlist, Commit, Config, Finding, Fragment, Reason, Rule, Skipped
from scanner.sources import chunks

ONE, TWO = "tok_" + "aaaa1111", "tok_" + "bbbb2222"
TOKEN = Rule(id="tok", regex=r"tok_[a-z0-9]{8}")
BLOCK = Rule(id="block", regex=r"(?s)BEGIN.*?END")
Locate = Callable[..., list[Any]]


def locate_in(
    repo: Any,
    *rules: Rule,
    changes: Callable[..., Iterator[Change | Skipped]] = history,
    allowlists: tuple[Allowlist, ...] = (),
    **options: Any,
) -> list[Finding | Skipped]:
    """Findings (and what was skipped) of each change, oldest commit first."""
    config = Config(rules or (TOKEN,), allowlists)
    detector = Detector(config, make_prefilter(sought(config), "ahocorasick"))
    with open_repository(repo.path) as repository:

        def place(change: Change) -> Place:
            return Place(change.path, commit=Commit(change.commit), merge=change.merge)

        locator = Locator(repository, detector, place, **options)
        found: list[Finding | Skipped] = []
        for change in reversed(list(changes(repository))):
            found += [change] if isinstance(change, Skipped) else locator.findings(change)
        return found


def brief(items: list[Finding | Skipped]) -> list[tuple[str, str, int, str]]:
    """(commit, path, line, secret) of the findings."""
    return [
        (item.commit.id, item.path.decode(), item.start_line, item.secret.decode())
        for item in items
        if isinstance(item, Finding) and item.commit
    ]


def reasons(items: list[Finding | Skipped]) -> list[tuple[Reason, bytes]]:
    return [(item.reason, item.path) for item in items if isinstance(item, Skipped)]


def test_an_addition_brings_in_all_and_later_changes_only_theirs(make_repo) -> None:
    repo = make_repo()
    first = repo.commit({"a": f"x\n{ONE}\n"})
    repo.commit({"a": f"x\ny\n{ONE}\n"})  # the secret only moved down
    second = repo.commit({"a": f"x\ny\n{ONE}\nz {TWO}\n"})
    repo.commit({"a": f"{ONE}\nz {TWO}\n"})
    repo.commit(remove=["a"])
    assert brief(locate_in(repo)) == [(first, "a", 2, ONE), (second, "a", 4, TWO)]


def test_a_line_with_a_secret_counts_each_time_it_is_added(make_repo) -> None:
    repo = make_repo()
    first = repo.commit({"a": f"{ONE}\n1\n2\n3\n"})
    moved = repo.commit({"a": f"1\n2\n3\n{ONE}\n"})
    edited = repo.commit({"a": f"1\n2\n3\nx {ONE}\n"})
    copied = repo.commit({"a": f"1\n{ONE}\n2\n3\nx {ONE}\n", "b": f"{ONE}\n"})
    repo.commit({"a": "gone\n"})
    again = repo.commit({"a": f"gone\n{ONE}\n"})
    assert brief(locate_in(repo)) == [
        (first, "a", 1, ONE),
        (moved, "a", 4, ONE),
        (edited, "a", 4, ONE),
        *sorted([(copied, "b", 1, ONE), (copied, "a", 2, ONE)], reverse=True),
        (again, "a", 2, ONE),
    ]


def test_a_rename_brings_in_only_what_was_edited(make_repo) -> None:
    repo = make_repo()
    lines = "".join(f"line {n}\n" for n in range(30))
    first = repo.commit({"a": f"{ONE}\n{lines}"})
    repo.commit({"b": f"{ONE}\n{lines}"}, remove=["a"])
    second = repo.commit({"c": f"{ONE}\n{lines}{TWO}\n"}, remove=["b"])
    assert brief(locate_in(repo)) == [(first, "a", 1, ONE), (second, "c", 32, TWO)]


def test_a_keyword_that_is_added_elsewhere_brings_the_secret_in(make_repo) -> None:
    repo = make_repo()
    rule = Rule(id="tok", regex=TOKEN.regex, keywords=("word",))
    repo.commit({"a": f"{ONE}\n1\n2\n3\n"})
    second = repo.commit({"a": f"{ONE}\n1\n2\n3\nword\n"})
    assert brief(locate_in(repo, rule)) == [(second, "a", 1, ONE)]


def test_a_match_across_the_border_of_a_hunk(make_repo) -> None:
    repo = make_repo()
    repo.commit({"a": "1\nBEGIN\n2\n"})
    second = repo.commit({"a": "1\nBEGIN\n2\nEND\n"})
    third = repo.commit({"a": "1\nBEGIN\n2\nnew\nEND\n"})
    found = locate_in(repo, BLOCK)
    assert brief(found) == [(second, "a", 2, "BEGIN\n2\nEND"), (third, "a", 2, "BEGIN\n2\nnew\nEND")]
    assert [finding.end_line for finding in found] == [4, 5]


def test_what_only_the_added_lines_show_is_found_too(make_repo) -> None:
    repo = make_repo()
    whole_file = Rule(id="r", regex=r"\Atok_\w+")
    repo.commit({"a": "1\n2\n"})
    second = repo.commit({"a": f"1\n{ONE}\n2\n"})
    assert brief(locate_in(repo, whole_file)) == [(second, "a", 2, ONE)]
    # A match in the whole file that began earlier swallows one that the added lines show.
    pair = Rule(id="r", regex=r"tok_\w+\n(?:\w+\n)?")
    repo = make_repo("other")
    repo.commit({"a": f"{ONE}\nend\n"})
    second = repo.commit({"a": f"{ONE}\n{TWO}\nend\n"})
    secrets = [secret for commit, _, _, secret in brief(locate_in(repo, pair)) if commit == second]
    assert any(secret.startswith(TWO) for secret in secrets)


def test_a_secret_that_both_readings_show_is_reported_once_at_the_added_line(make_repo) -> None:
    repo = make_repo()
    rule = Rule(id="r", regex=r"(?:x\n)?(tok_\w+)")
    repo.commit({"a": "x\ny\n"})
    second = repo.commit({"a": f"x\n{ONE}\ny\n"})
    assert brief(locate_in(repo, rule)) == [(second, "a", 2, ONE)]
    repo.commit({"a": f"x\n{ONE} {ONE}\n{ONE}\ny\n"})
    assert [line for _, _, line, _ in brief(locate_in(repo, rule))][1:] == [2, 2]


def test_very_many_equal_secrets_and_hunks(make_repo) -> None:
    repo = make_repo()
    repo.commit({"a": "".join(f"{n}\n" for n in range(3000))})
    repo.commit({"a": "".join(f"{n}\n{ONE}\n" for n in range(3000))})
    found = brief(locate_in(repo))
    assert [line for _, _, line, _ in found] == list(range(2, 6001, 2))


def test_merges(make_repo) -> None:
    repo = make_repo()
    repo.commit({"a": "1\n2\n3\n", "b": "x\n"})
    repo.branch("side")
    side = repo.commit({"a": f"1 {ONE}\n2\n3\n"})
    repo.checkout("main")
    main = repo.commit({"b": f"x\n{TWO}\n"})
    repo.merge("side")
    assert sorted(brief(locate_in(repo))) == sorted([(side, "a", 1, ONE), (main, "b", 2, TWO)])
    repo.branch("other", "HEAD~1")
    conflicting = repo.commit({"a": "1\n2\n3 other\n"})
    repo.checkout("main")
    merge = repo.merge("other", files={"a": f"1 {ONE}\n2\n3 {TWO}\n"})
    found = locate_in(repo)
    assert (merge, "a", 3, TWO) in brief(found)
    assert len(found) == 3  # what came from a parent is not told again
    assert conflicting
    assert [item.merge for item in found if isinstance(item, Finding)].count(True) == 1


def test_unreadable_objects_are_told_once_and_the_rest_is_read(make_repo) -> None:
    repo = make_repo()
    repo.commit({"a": "1\n", "b": f"{ONE}\n"})
    lost = repo.head("HEAD:a")
    second = repo.commit({"a": f"1\n{TWO}\n"})
    repo.commit({"c": "1\n"})  # the lost blob again
    (repo.path / ".git/objects" / lost[:2] / lost[2:]).unlink()
    found = locate_in(repo)
    assert {secret for _, _, _, secret in brief(found)} == {ONE, TWO}
    assert (second, "a", 2, TWO) in brief(found)
    assert [(item.reason, item.object) for item in found if isinstance(item, Skipped)] == [
        (Reason.MISSING_OBJECT, lost)
    ]


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"


def test_what_is_not_scanned_is_told_once(make_repo) -> None:
    repo = make_repo()
    sub = repo.commit({"vendor/a": f"{ONE}\n"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{sub},module")
    files = {"empty": b"", "binary": f"{ONE}\0".encode(), "lfs": POINTER, "zip.zip": zipped({"a": b"x"})}
    for number in range(2):
        files["lfs"] = POINTER.replace(b"12345", b"%d" % number)
        repo.write("plain", str(number))
        for name, data in files.items():
            repo.write(name, data)
        repo.git("add", "empty", "binary", "lfs", "plain", "zip.zip")
        repo.git("commit", "-qm", str(number), environment=repo.tick())
    found = locate_in(repo, allowlists=(Allowlist(paths=("^vendor/",)),))
    assert brief(found) == []
    assert sorted(reasons(found), key=lambda item: item[1]) == [
        (Reason.BINARY, b"binary"),
        (Reason.EMPTY, b"empty"),
        (Reason.LFS_POINTER, b"lfs"),
        (Reason.LFS_POINTER, b"lfs"),  # another version
        (Reason.SUBMODULE, b"module"),
        (Reason.ALLOWED_PATH, b"vendor/a"),
        (Reason.ARCHIVE, b"zip.zip"),
    ]


def test_of_a_version_that_is_too_large_the_added_lines_are_read(make_repo) -> None:
    repo = make_repo()
    filler = b"x" * 99 + b"\n"
    large = filler * 21_000
    repo.commit({"a": large + ONE.encode() + b"\n"})
    second = repo.commit({"a": large + ONE.encode() + b"\n" + TWO.encode() + b"\n", "b": large})
    third = repo.commit({"b": large + ONE.encode() + b"\n" + TWO.encode() + b"\n"})  # the same content
    small = repo.commit({"a": ONE.encode() + b"\n" + TWO.encode() + b" x\n"})
    found = locate_in(repo, max_megabytes=1)
    assert brief(found) == [
        (second, "a", 21_002, TWO),
        (third, "b", 21_001, ONE),
        (third, "b", 21_002, TWO),
        (small, "a", 2, TWO),
    ]
    assert {reason for reason, _ in reasons(found)} == {Reason.TOO_LARGE}
    assert len(reasons(found)) == 3  # three versions
    repo.commit({"a": b"small\n"})
    repo.commit({"a": b"small\n" + large + ONE.encode() + b"\n"})
    assert brief(locate_in(repo, max_megabytes=1)) == brief(found)  # a hunk that is too large itself


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def test_archives_are_unpacked_as_deep_as_is_asked_for(make_repo) -> None:
    repo = make_repo()
    inner = zipped({"in/a.txt": f"x\n{TWO}\n".encode()})
    first = repo.commit({"o.tar.gz": tarred({"z.zip": inner, "b.txt": ONE.encode(), "e.pem": b"x"})})
    pem = Rule(id="pem", path=r"!e\.pem$")
    shallow = locate_in(repo, TOKEN, pem, max_archive_depth=1)
    assert brief(shallow) == [(first, "o.tar.gz!b.txt", 1, ONE), (first, "o.tar.gz!e.pem", 0, "")]
    assert (Reason.ARCHIVE_DEPTH, b"o.tar.gz!z.zip") in reasons(shallow)
    deep = locate_in(repo, TOKEN, max_archive_depth=2)
    assert (first, "o.tar.gz!z.zip!in/a.txt", 2, TWO) in brief(deep)
    assert brief(locate_in(repo, TOKEN)) == []


def test_each_version_is_scanned_once_wherever_it_is(make_repo) -> None:
    repo = make_repo()
    repo.commit({"a": "clean\n", "b": "clean\n"})
    second = repo.commit({"c": "clean\n", "a": f"{ONE}\n", "b": f"{ONE}\n"})
    config = Config((TOKEN,))
    detector = Detector(config, make_prefilter(sought(config), "ahocorasick"))
    with open_repository(repo.path) as repository:
        locator = Locator(
            repository, detector, lambda change: Place(change.path, commit=Commit(change.commit))
        )
        found = [item for change in history(repository) for item in locator.findings(change)]
    assert sorted(brief(found)) == [(second, "a", 1, ONE), (second, "b", 1, ONE)]
    assert locator.blobs == 2
    assert locator.bytes == len("clean\n") + len(f"{ONE}\n")


def test_a_rule_on_the_path_reports_each_changed_file_once(make_repo) -> None:
    repo = make_repo()
    pem = Rule(id="pem", path=r"\.pem$", tags=("t",))
    first = repo.commit({"a.pem": "1\n2\n3\n4\n5\n", "b.pem": b"\0"})
    second = repo.commit({"a.pem": "0\n1\n2\n3\n4\n5\n6\n"})  # two hunks
    found = locate_in(repo, pem)
    assert sorted(brief(found)) == sorted(
        [(first, "a.pem", 0, ""), (first, "b.pem", 0, ""), (second, "a.pem", 0, "")]
    )
    finding = next(item for item in found if isinstance(item, Finding))
    assert (finding.match, finding.tags) == (b"file detected: " + finding.path, ("t",))
    assert finding.fingerprint == f"{first}:{finding.path.decode()}:pem:0"


def test_places_decide_on_what_is_allowed(make_repo) -> None:
    repo = make_repo()
    rule = Rule(id="tok", regex=TOKEN.regex, allowlists=(Allowlist(paths=("^tests/",)),))
    first = repo.commit({"a": ONE, "tests/a": ONE})
    assert brief(locate_in(repo, rule)) == [(first, "a", 1, ONE)]
    allowed = Allowlist(commits=frozenset({first}))
    assert brief(locate_in(repo, rule, allowlists=(allowed,))) == []


def test_the_index_and_the_work_tree(make_repo) -> None:
    repo = make_repo()
    repo.commit({"a": f"1\n{ONE}\n", "b": "1\n", "c": "1\n", "d": "1\n", "e": "1\n"})
    repo.write("a", f"1\n2\n{ONE}\n")
    repo.write("b", f"1\n{TWO}\n")
    repo.write("new", f"{ONE}\n")
    repo.git("add", "a", "b", "new")
    assert [row[1:] for row in brief(locate_in(repo, changes=staged))] == [("new", 1, ONE), ("b", 2, TWO)]
    repo.git("commit", "-qm", "x", environment=repo.tick())
    # What cannot be scanned comes in between: no file of the work tree stands for another.
    for name, data in {
        "a": b"",
        "b": f"{ONE}\n{TWO}\n".encode(),
        "c": b"\0",
        "d": f"{TWO}\n1\n".encode(),
    }.items():
        repo.write(name, data)
    (repo.path / "e").unlink()
    found = locate_in(repo, changes=unstaged)
    assert [row[1:] for row in brief(found)] == [("d", 1, TWO), ("b", 1, ONE)]
    assert reasons(found) == [(Reason.BINARY, b"c"), (Reason.EMPTY, b"a")]


def test_a_file_of_the_work_tree_that_cannot_be_read(make_repo) -> None:
    repo = make_repo()
    repo.commit({"a": "1\n", "b": "1\n"})
    repo.write("b", f"{ONE}\n")
    change = Change("", b"gone", "", ())
    (found,) = locate_in(repo, changes=lambda repository: iter([change]))
    assert isinstance(found, Skipped) and (found.reason, found.path) == (Reason.UNREADABLE, b"gone")
    assert found.detail and str(repo.path) not in found.detail


def test_text_longer_than_a_fragment_is_scanned_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config((TOKEN, Rule(id="slow", regex="(?!x)yy", regex_engine="regex")))
    detector = Detector(config, make_prefilter(sought(config), "ahocorasick"))
    text = b"".join(b"line %06d %s\n" % (n, ONE.encode()) for n in range(300))
    whole = scan_text(detector, text)
    monkeypatch.setattr("scanner.locate.LIMIT", 1000)
    monkeypatch.setattr(chunks, "LIMIT", 1000)
    monkeypatch.setattr(chunks, "OVERLAP", 100)
    pieces = scan_text(detector, text)
    assert [match.start_line for match in pieces.matches] == list(range(1, 301))
    assert [match.start_line for match in whole.matches] == list(range(1, 301))
    assert pieces.touched


def test_fragments_of_a_file_report_it_once_by_its_path() -> None:
    config = Config((TOKEN, Rule(id="pem", path="pem", keywords=("word",))))
    detector = Detector(config, make_prefilter(sought(config), "ahocorasick"))
    told: set[str] = set()
    found: list[Finding | Skipped] = []
    data = ONE.encode() + b" word\n"
    for fragment in (
        Fragment(b"x\n", b"a.pem"),
        Fragment(data, b"a.pem", b"", 2, 1),
        Fragment(data, b"a.pem", b"", 3, len(data)),
    ):
        found += fragment_findings(fragment, detector, Place(fragment.path), told)
    assert [(item.rule.id, item.start_line) for item in found if isinstance(item, Finding)] == [
        ("pem", 0),
        ("tok", 2),
    ]


def test_a_rule_that_takes_too_long_is_named_with_its_file(
    make_repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scanner.regexp.LOOK_AROUND_SECONDS", 0.02)
    slow = tuple(
        Rule(id=f"slow{n}", regex=r"(?:x|xx)+(?!x)y" + "z" * n, regex_engine="regex") for n in range(2)
    )
    repo = make_repo()
    repo.commit({"a": "x" * 200})
    found = locate_in(repo, *slow)
    assert [(item.reason, item.path, item.detail) for item in found if isinstance(item, Skipped)] == [
        (Reason.REGEX_TIMEOUT, b"a", "slow0"),
        (Reason.REGEX_TIMEOUT, b"a", "slow1"),
    ]
