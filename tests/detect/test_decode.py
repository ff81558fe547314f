"""Decoding: single encodings, neighbours, places, hostile input, and the real Gitleaks as the judge."""

from __future__ import annotations

import base64
import itertools
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect.decode import CANDIDATE, Segment, decode, locate
from scanner.regexp import compile_pattern

GITLEAKS = shutil.which("gitleaks", path=str(Path(sys.executable).parent)) or shutil.which("gitleaks")
PLAIN = b"tok_" + b"x9" * 10
BASE64 = base64.b64encode(PLAIN)
PADDED = base64.b64encode(PLAIN + b"1")  # two equals signs
HEX = PLAIN.hex().encode()
PERCENT = b"".join(b"%%%02x" % byte for byte in PLAIN)
ESCAPES = b"".join(rb"\u%04x" % byte for byte in PLAIN)
POINTS = b" ".join(b"U+%04X" % byte for byte in PLAIN)


def decoded(text: bytes) -> bytes | None:
    result = decode(text, ())
    return result[0] if result else None


def passes(text: bytes, depth: int) -> Iterator[tuple[bytes, Sequence[Segment]]]:
    segments: Sequence[Segment] = ()
    for _ in range(depth):
        result = decode(text, segments)
        if result is None:
            return
        text, segments = result
        yield text, segments


@pytest.mark.parametrize(
    ("kind", "encoded"),
    [
        ("base64", BASE64),
        ("base64", base64.b64encode(PLAIN + b"?>~")),
        ("base64", base64.urlsafe_b64encode(PLAIN + b"?>~").rstrip(b"=")),
        ("base64", base64.b64encode(PLAIN + b"1")),
        ("base64", base64.b64encode(PLAIN + b"1").rstrip(b"=")),
        ("base64", base64.b64encode(PLAIN + b"12")),
        ("hex", HEX),
        ("hex", HEX.upper()),
        ("percent", PERCENT),
        ("percent", PERCENT[:30] + PLAIN + PERCENT[30:]),
        ("unicode", ESCAPES),
        ("unicode", ESCAPES.replace(b"\\u", b"\\\\U")),
        ("unicode", POINTS),
    ],
)
def test_each_encoding_is_decoded_where_it_stands(kind: str, encoded: bytes) -> None:
    # Nothing may follow code points: they take the blank after the last one with them.
    after = b"" if encoded.startswith(b"U") else b"' # d"
    result = decode(b"a = '" + encoded + after, ())
    assert result is not None
    text, (segment,) = result
    assert text.startswith(b"a = '") and text.endswith(after) and PLAIN[:10] in text
    assert segment.kinds == (kind,)
    assert (segment.original_start, segment.original_end) == (5, 5 + len(encoded))
    place = locate(segment.start, segment.end, [segment])
    assert place == (5, 5 + len(encoded), (f"decoded:{kind}",))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"nothing encoded here, 100% sure",
        b"an_identifier_of_many_characters",
        b"da39a3ee5e6b4b0d3255bfef95601890afd80709",
        base64.b64encode("schön und gut so".encode()),
        base64.b64encode(PLAIN + b"\x7f\x7f\x7f"),
        BASE64 + b"=",
        BASE64[:-1] + b"==",
        base64.urlsafe_b64encode(PLAIN + b"?>~1"),
        base64.b64encode(PLAIN + b"?>~1").rstrip(b"="),
        BASE64[:16] + b"+_" + BASE64[16:18],
        b"QUJDREVGSGhJTmFuZG",  # letters only
        HEX + b"0",
        HEX[:-2] + b"7f",
        HEX[:-2] + b"08",
        HEX[:30],
        PERCENT + b"%00",
        b"%41 and then %c3%a4",
        rb"\u004",
        b"U+0041x",
        b"U+004 ",
    ],
)
def test_what_only_looks_encoded_is_left_alone(text: bytes) -> None:
    assert decoded(text) is None


def test_a_percent_span_ends_with_its_line() -> None:
    assert decoded(b"%41 % b%42\n%43%4\n%00") == b"A % bB\nC%4\n%00"


def test_half_a_surrogate_pair_is_the_replacement_character() -> None:
    assert decoded(rb"\ud83d\ude00\u20ac") == "\ufffd\ufffd€".encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BASE64 + b"%41", BASE64 + b"A"),
        (b"%41" + BASE64, b"A" + BASE64),
        (HEX + rb"\u0041", HEX + b"A"),
        (b"U+0041 " + HEX, b"A" + HEX),
        (b"U+0041 " + BASE64, b"A" + BASE64),
        (rb"\u0041%42", rb"\u0041B"),
        (rb"%41\u0042", rb"A\u0042"),
        (b"%00U+0041 " + HEX, None),
        (HEX + b"g" + BASE64, PLAIN + b"g" + BASE64),
        (BASE64 + b"U+0041 x", None),
        (b"abcdefghijU+0041 U+0042 ", b"abcdefghijU+0041 B"),
        (b"abcdefghiU+0041 U+0042 ", b"abcdefghiAB"),
        (HEX + b"xyzU+0041 ", PLAIN + b"xyzA"),
        (PADDED + BASE64, PLAIN + b"1" + PLAIN),
        (b"QUJDREVGR0hJSktM\n" + BASE64, b"ABCDEFGHIJKL\n" + PLAIN),
        (PADDED + b"e" * 32, None),
    ],
)
def test_of_neighbours_that_touch_the_more_specific_goes_first(text: bytes, expected: bytes | None) -> None:
    assert decoded(text) == expected


def test_passes_peel_layer_by_layer_and_remember_all_kinds() -> None:
    percent = quote_from_bytes(PLAIN).encode() + b"%21"
    encoded = base64.b64encode(base64.b64encode(percent).hex().encode())
    text = b"key: " + encoded + b" # end"
    *_, (last, segments) = passes(text, 9)
    assert last == b"key: " + PLAIN + b"! # end"
    place = locate(5, 5 + len(PLAIN), segments)
    assert place == (5, 5 + len(encoded), ("decoded:percent", "decoded:hex", "decoded:base64"))


def test_a_match_that_spills_over_is_placed_piecewise() -> None:
    text = b"x=" + BASE64 + b" y=" + HEX + b" z"
    result = decode(text, ())
    assert result is not None
    plain, segments = result
    assert plain == b"x=" + PLAIN + b" y=" + PLAIN + b" z"
    assert locate(1, len(plain) - 1, segments) == (1, len(text) - 1, ("decoded:hex", "decoded:base64"))
    middle = plain.index(b"y=")
    assert locate(middle, middle + 1, segments) is None
    assert locate(middle - 1, middle, segments) == (2, 2 + len(BASE64) + 1, ("decoded:base64",))


def test_places_before_a_later_pass_count_what_earlier_ones_decoded() -> None:
    twice = base64.b64encode(BASE64)
    text = b"U+0041 . " + twice + b" ."
    *_, (last, segments) = passes(text, 5)
    assert last == b"A. " + PLAIN + b" ."
    assert locate(2, 5, segments) == (8, 9 + len(twice), ("decoded:base64",))


@given(
    st.lists(st.sampled_from([PLAIN, BASE64, HEX, PERCENT, ESCAPES, POINTS, b" ", b"\n", b"=", b"%"])),
    st.data(),
)
def test_places_lie_in_the_text_and_decoding_only_shrinks(parts: list[bytes], data: st.DataObject) -> None:
    original = b"".join(parts)
    before = len(original)
    for text, segments in passes(original, 4):
        assert len(text) < before
        before = len(text)
        text.decode()
        for one, next_one in itertools.pairwise(segments):
            assert one.end <= next_one.start and one.original_start <= next_one.original_start
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        place = locate(start, end, segments)
        assert place is None or 0 <= place[0] <= place[1] <= len(original)


@given(st.text(st.sampled_from("Uu+0419%\\=abQJz_/- \né"), max_size=80))
def test_without_a_candidate_nothing_is_decoded(text: str) -> None:
    if not compile_pattern(CANDIDATE).search(text.encode()):
        assert decode(text.encode(), ()) is None


@pytest.mark.parametrize(
    "unit",
    [
        b"%41", b"%4", b"%00", b"%41 ", b"%zz", b"\\", rb"\u0041", rb"\u004", b"U+0041 ", b"U+0041", b"U+",
        b"abcdefghijklU+0041 ", b"U+0041\n", b"4", b"41", b"QUJD", b"Q", b"=", b"QUJDREVGR0hJSktM=",
        b"QUJDREVGR0hJSg==", b"QUJDREVGR0hJSktM ", HEX + b" ", HEX + b"U+0041 ", BASE64 + b"%41", b"/",
    ],
)  # fmt: skip
def test_hostile_text_takes_linear_time(unit: bytes) -> None:
    text = unit * (1_000_000 // len(unit))
    began = time.process_time()
    for decoded_text, segments in passes(text, 3):
        locate(0, len(decoded_text), segments)
    assert time.process_time() - began < 15  # quadratic would be hours


PIECES = [
    b"%41", b"%4a", b"%4", b"%00", b"%", rb"\u0041", rb"\\U0042", b"\\", b"U+0041 ", b"U+0042", b"U+",
    b"41" * 16, b"ab" * 16, b"43" * 20, b"5a", b"f", b"QUJD" * 4, b"QUJDREVGR0hJSktM", b"QUJD", b"Zm9",
    b"=", b"==", b" ", b"-", b"_", b"/", b"abcdefghij", "é".encode(), b"x", b"\t", b"zzzz", b". ",
]  # fmt: skip


def random_text(random_: random.Random) -> bytes:
    parts = [random_.choice(PIECES) for _ in range(random_.randint(1, 8))]
    for _ in range(random_.randint(0, 3)):
        wrapped = b"".join(parts)
        how = random_.choice([base64.b64encode, lambda data: data.hex().encode(), lambda data: b"%41" + data])
        parts = [random_.choice([b"", b"a = ", b"%2e "]), how(wrapped), random_.choice([b"", b" b", b"%62"])]
    return b"".join(parts)


Hit = tuple[str, int, int, str, tuple[str, ...]]
RULES = {"everything": r"\A.+\z", "words": r"\w{3}", "line": r"\S+ ?\S*"}


def ours(text: bytes, depth: int) -> set[Hit]:
    found: set[Hit] = set()
    for number, (current, segments) in enumerate(passes(text, depth), 1):
        for rule, pattern in RULES.items():
            for ((start, end),) in compile_pattern(pattern).finditer(current):
                place = locate(start, end, segments)
                if place:
                    tags = (*place[2], f"decode-depth:{number}")
                    found.add((rule, place[0], place[1], current[start:end].decode(), tags))
    return found


def theirs(folder: Path, depth: int) -> dict[str, set[Hit]]:
    assert GITLEAKS
    rules = "".join(f"[[rules]]\nid = '{id_}'\nregex = '''{regex}'''\n" for id_, regex in RULES.items())
    (folder / "rules.toml").write_text(rules)
    options = ("-c", "rules.toml", "--max-decode-depth", str(depth), "-r", "report.json")
    subprocess.run([GITLEAKS, "dir", ".", *options], cwd=folder, check=False, capture_output=True)
    found: dict[str, set[Hit]] = {}
    for finding in json.loads((folder / "report.json").read_text()):
        if finding["Tags"]:
            place = (finding["RuleID"], finding["StartColumn"] - 1, finding["EndColumn"])
            hit = (*place, finding["Match"], tuple(finding["Tags"]))
            found.setdefault(finding["File"], set()).add(hit)
    return found


@pytest.mark.skipif(GITLEAKS is None, reason="needs the real gitleaks")
@pytest.mark.parametrize("seed", range(3))
def test_gitleaks_agrees(tmp_path: Path, seed: int) -> None:
    random_ = random.Random(seed)  # noqa: S311
    texts = {f"{number}.txt": random_text(random_) for number in range(500)}
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text)
    expected = theirs(tmp_path, 4)
    assert len(expected) > 100
    for name, text in texts.items():
        assert ours(text, 4) == expected.get(name, set()), text
