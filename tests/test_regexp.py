"""Patterns mean what they mean in Go, on any bytes, and never take long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scanner.regexp
from scanner.errors import PatternError
from scanner.model import RegexEngine
from scanner.regexp import compile_pattern, searchable


def found(pattern: str, text: str | bytes, engine: RegexEngine = "re2") -> list[bytes]:
    data = text.encode() if isinstance(text, str) else text
    return [data[spans[0][0] : spans[0][1]] for spans in compile_pattern(pattern, engine).finditer(data)]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a|ab", "ab", [b"a"]),  # leftmost first, as in Perl
        ("ab$", "ab\n", []),  # the end of the text, not the one before its last newline
        ("(?m)ab$", "ab\n", [b"ab"]),
        ("^b", "a\nb", []),
        ("(?m)^b", "a\nb", [b"b"]),
        (r"ab\z", "ab", [b"ab"]),
        (r"a\sb", "a\vb", []),  # VERTICAL TAB is no white space
        (r"a\sb", "a\fb", [b"a\fb"]),
        (r"\w+", "aé_1", [b"a", b"_1"]),  # classes are ASCII
        (r"\d", "٣", []),
        (r"é\b", "éa", [b"\xc3\xa9"]),
        ("(?i)k", "\u212aKk", ["\u212a".encode(), b"K", b"k"]),
        ("(?i)s", "\u017f", ["\u017f".encode()]),
        ("(?i)É", "é", ["é".encode()]),
        ("(ab(?i)cd|ef)", "EF eF abCD ABcd", [b"EF", b"eF", b"abCD"]),  # to the end of the group
        ("(?i:a)b", "Ab AB", [b"Ab"]),
        ("(?U)a+", "aa", [b"a", b"a"]),
        ("(?U)a+?", "aa", [b"aa"]),
        ("a.b", "a\nb", []),
        ("(?s)a.b", "a\nb", [b"a\nb"]),
        ("a.b", "aéb", ["aéb".encode()]),
        (r"a\Cb", "axb", [b"axb"]),
        (r"\Qa.b\E+", "a.bb aXb", [b"a.bb"]),
        (r"\pL\p{Greek}", "a\u03c3", ["a\u03c3".encode()]),
        ("[[:alnum:]]+", "a-1", [b"a", b"1"]),
        (r"\x{27}\x41", "'A", [b"'A"]),
        ("a{,2}", "a{,2} aa", [b"a{,2}"]),
        ("a{", "a{", [b"a{"]),
        ("[[a]+", "[a", [b"[a"]),
        ("[a&&b]+", "a&b", [b"a&b"]),
        ("(?P<n>a)(?<m>b)", "ab", [b"ab"]),
        ("x*", "ax", [b"", b"x"]),
    ],
)
def test_go_syntax_and_meaning(pattern: str, text: str, expected: list[bytes]) -> None:
    assert found(pattern, text)[: len(expected)] == expected
    assert bool(expected) == compile_pattern(pattern).search(text.encode())


@pytest.mark.parametrize(
    "pattern",
    (
        *(
            "(",
            "a)",
            "[a",
            "a**",
            "a{1001}",
            "(a{100}){11}",
            r"\1",
            r"\Z",
            "(?=a)",
            "(?<!a)b",
            "(?>a)",
            "a++",
        ),
        *("(?x)a", r"\p{Nothing}", "a" * 10 + "\\", "[b-a]", "\udc80("),
    ),
)
def test_what_go_refuses_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "pattern", ["(", "(?<=a+b|c", "[", r"\p{Nothing}", "(?P<n>a)(?P<n", "a{99999999999999}("]
)
def test_a_broken_look_around_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern, "regex")


def test_deeply_nested_patterns_are_refused_or_work() -> None:
    for pattern in ("(" * 5000 + "a" + ")" * 5000, "(?:" * 900 + "a" + ")" * 900):
        for engine in ("re2", "regex"):
            try:
                compile_pattern(pattern, engine)
            except PatternError:
                continue
            assert compile_pattern(pattern, engine).search(b"a")


def test_groups_and_their_spans() -> None:
    for engine in ("re2", "regex"):
        pattern = compile_pattern(r"(x)?a(\w)(?:b)", engine)
        assert pattern.groups == 2
        assert list(pattern.finditer(b"-a1b xa2b")) == [
            ((1, 4), (-1, -1), (2, 3)),
            ((5, 9), (5, 6), (7, 8)),
        ]


def test_the_same_pattern_is_compiled_once() -> None:
    assert compile_pattern("abc") is compile_pattern("abc")
    assert compile_pattern("abc") is not compile_pattern("abc", "regex")


def test_look_around() -> None:
    assert found("(?<!x)a(?=b)", "xab ab", "regex") == [b"a"]
    assert compile_pattern("(?<!x)a", "regex").search(b"a")
    assert not compile_pattern("(?<!x)a", "regex").search(b"xa")


def test_look_around_has_a_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner.regexp, "LOOK_AROUND_SECONDS", 0.05)
    pattern = compile_pattern(r"(?:x|xx)+(?!x)y", "regex")
    with pytest.raises(TimeoutError):
        list(pattern.finditer(b"x" * 200))
    with pytest.raises(TimeoutError):
        pattern.search(b"x" * 200)


def test_what_would_backtrack_for_ever_is_linear() -> None:
    assert found("(x+x+)+y", "x" * 20_000) == []
    assert found("(?:a?){500}a{500}", "a" * 500) == [b"a" * 500]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"abc", "abc"),
        ("aé\U0001f511".encode(), "aé\U0001f511"),
        (b"\xff", "\ufffd"),
        (b"a\xc3", "a\ufffd"),
        (b"\xe2\x82a", "\ufffd\ufffda"),  # each byte of a broken sequence is one, as in Go
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (b"\xc0\x80", "\ufffd\ufffd"),
        (b"\xf4\x90\x80\x80", "\ufffd" * 4),
        (b"\xc3\xa9\xa9", "é\ufffd"),
    ],
)
def test_bytes_that_are_not_utf8_are_one_character_each(data: bytes, text: str) -> None:
    source = searchable(data)
    assert source.text == text.encode()
    assert source.original == data


@given(st.binary(max_size=30) | st.text(max_size=10).map(str.encode))
def test_offsets_lead_back_to_the_original_bytes(data: bytes) -> None:
    source = searchable(data)
    source.text.decode()
    position = 0
    rebuilt = b""
    for character in source.text.decode():
        start = source.offset(position)
        position += len(character.encode())
        piece = data[start : source.offset(position)]
        assert piece == character.encode() or (character == "\ufffd" and len(piece) == 1)
        rebuilt += piece
    assert rebuilt == data


@given(st.binary(max_size=30))
def test_offsets_inside_a_character_stay_in_order_and_in_the_text(data: bytes) -> None:
    source = searchable(data)
    offsets = [source.offset(position) for position in range(len(source.text) + 1)]
    assert offsets == sorted(offsets)
    assert offsets[0] == 0 and offsets[-1] == len(data)
