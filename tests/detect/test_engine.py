"""The detector as a whole: decoding passes, duplicates, what touches a text, look-around."""

from __future__ import annotations

import base64

import pytest

import scanner.regexp
from scanner.detect import Detector, make_prefilter, sought
from scanner.detect.prefilter import KeywordPrefilter
from scanner.errors import UsageError
from scanner.model import Allowlist, Config, Match, Rule

TOKEN = Rule(id="tok", regex=r"tok_[a-z0-9]{8}", tags=("t",))
PLAIN = b"tok_ab12cd34"
LONG = PLAIN + b"..." + PLAIN  # 27 bytes: base64 without padding


def brief(matches: list[Match]) -> list[tuple[bytes, int, int]]:
    return [(match.secret, match.start, match.end) for match in matches]


def wrapped(text: bytes, times: int) -> bytes:
    for _ in range(times):
        text = base64.b64encode(text)
    return text


@pytest.mark.parametrize(
    ("kind", "encoded"),
    [
        ("base64", base64.b64encode(PLAIN)),
        ("hex", (PLAIN + b";;;;").hex().encode()),
        ("percent", b"%74ok_ab12cd3%34"),
        ("unicode", b"".join(b"\\u%04x" % byte for byte in PLAIN)),
    ],
)
def test_decoded_matches_have_tags_and_the_place_of_what_was_encoded(find, kind: str, encoded: bytes) -> None:
    text = b"first\nx = '" + encoded + b"'\n"
    (match,) = find([TOKEN], text)
    assert match.secret == match.text == PLAIN
    assert match.tags == ("t", f"decoded:{kind}", "decode-depth:1")
    assert text[match.start : match.end] == encoded
    assert (match.start_line, match.start_column, match.end_column) == (2, 6, 5 + len(encoded))
    assert match.line == b"x = '" + encoded + b"'"


@pytest.mark.parametrize("depth", [0, 1, 2, 5, 7])
def test_depth_limits_the_passes(find, depth: int) -> None:
    for times in range(1, 8):
        text = b"x = " + wrapped(LONG, times)
        found = find([TOKEN], text, max_decode_depth=depth)
        assert len(found) == (2 if times <= depth else 0)
        for match in found:
            assert match.tags == ("t", "decoded:base64", f"decode-depth:{times}")
            assert text[match.start : match.end] == wrapped(LONG, times)


def test_default_depth_is_five(find) -> None:
    assert len(find([TOKEN], wrapped(LONG, 5))) == 2
    assert find([TOKEN], wrapped(LONG, 6)) == []


def test_kinds_add_up_in_their_order(find) -> None:
    inner = (PLAIN + b";;;;").hex().encode()
    (match,) = find([TOKEN], base64.b64encode(inner))
    assert match.tags == ("t", "decoded:hex", "decoded:base64", "decode-depth:2")


def test_a_secret_beside_something_encoded_is_reported_once(find) -> None:
    for text in (b"%20" + PLAIN, PLAIN + b"%20", b"%20" + PLAIN + b"%20 " + wrapped(b"............", 2)):
        (match,) = find([TOKEN], text)
        assert match.tags == ("t",)
        assert match.text == PLAIN


def test_the_same_secret_at_several_places_is_reported_at_each(find) -> None:
    text = PLAIN + b" " + base64.b64encode(LONG) + b" " + PLAIN
    found = find([TOKEN], text)
    end = len(PLAIN) + 1 + 36
    assert brief(found) == [
        (PLAIN, 0, 12),
        (PLAIN, end + 1, end + 13),
        (PLAIN, 13, end),
        (PLAIN, 13, end),
    ]


def test_what_spills_out_of_the_encoded_part_is_mapped_piece_by_piece(find) -> None:
    text = b"a tok_ab%31%32cd34 b"
    (match,) = find([TOKEN], text)
    assert text[match.start : match.end] == b"tok_ab%31%32cd34"


def test_keywords_are_those_of_the_pass(find) -> None:
    with_keyword = Rule(id="tok", regex=TOKEN.regex, keywords=("word",))
    assert find([with_keyword], b"word " + base64.b64encode(PLAIN)) != []
    assert find([with_keyword], b"%77ord " + PLAIN) == []  # in the pass that has it, it touches nothing
    assert len(find([with_keyword], base64.b64encode(b"word:" + PLAIN + b"."))) == 1


def test_an_allow_comment_counts_only_where_it_is_not_encoded(find) -> None:
    assert find([TOKEN], base64.b64encode(PLAIN) + b" gitleaks:allow") == []
    assert len(find([TOKEN], base64.b64encode(PLAIN + b" # gitleaks:allow."))) == 1


def test_the_line_target_is_the_decoded_line(find) -> None:
    rule = Rule(
        id="r", regex=TOKEN.regex, allowlists=(Allowlist(regexes=("^x = tok",), regex_target="line"),)
    )
    assert find([rule], b"x = " + base64.b64encode(PLAIN)) == []


def test_text_that_is_not_utf8_decodes_and_maps_back(find) -> None:
    text = b"\xff\xfe " + base64.b64encode(PLAIN) + b" \xff"
    (match,) = find([TOKEN], text)
    assert text[match.start : match.end] == base64.b64encode(PLAIN)


GENERIC = Rule(id="my-Generic-key", regex=r"key=(\w+)")
SPECIFIC = Rule(id="tok", regex=r"tok_\w+")


@pytest.mark.parametrize(
    ("rules", "text", "ids"),
    [
        ([GENERIC, SPECIFIC], b"key=tok_ab", ["tok"]),
        ([GENERIC, SPECIFIC], b"key=ok_ab tok_ab", ["tok"]),  # contained, and columns do not matter
        ([GENERIC, SPECIFIC], b"key=tok_abc; tok_ab", ["my-Generic-key", "tok", "tok"][1:]),
        ([GENERIC, SPECIFIC], b"key=abc tok_ab", ["my-Generic-key", "tok"]),
        ([GENERIC, SPECIFIC], b"key=ab\ntok_ab", ["my-Generic-key", "tok"]),
        ([GENERIC, Rule(id="generic-2", regex=r"tok_\w+")], b"key=tok_ab", ["my-Generic-key", "generic-2"]),
        ([SPECIFIC, Rule(id="other", regex=r"ok_\w+")], b"tok_ab", ["tok", "other"]),
        ([Rule(id="generic", regex=r"(x)?key", secret_group=1), SPECIFIC], b"key tok_ab", ["tok"]),
    ],
)
def test_a_generic_duplicate_of_a_specific_secret_goes(find, rules, text: bytes, ids: list[str]) -> None:
    assert [match.rule.id for match in find(rules, text)] == ids


def test_a_specific_match_that_is_allowed_at_the_place_hides_nothing(find) -> None:
    specific = Rule(id="tok", regex=r"tok_\w+", allowlists=(Allowlist(paths=("^a$",)),))
    assert [match.rule.id for match in find([GENERIC, specific], b"key=tok_ab", b"a")] == [GENERIC.id]
    assert [match.rule.id for match in find([GENERIC, specific], b"key=tok_ab", b"b")] == ["tok"]


def test_very_many_generic_and_specific_secrets_on_one_line(find) -> None:
    text = b"".join(b"key=g%06d tok_%06d " % (n, n) for n in range(3_000)) + b"key=tok_000007 key=ok_0"
    found = find([GENERIC, SPECIFIC], text)
    assert sum(match.rule is GENERIC for match in found) == 3_000
    assert sum(match.rule is SPECIFIC for match in found) == 3_001


@pytest.mark.parametrize(
    ("regex", "text", "touched"),
    [
        ("^tok_ab$", b"a\ntok_ab\nb", True),
        (r"\Atok", b"a\ntok\nb", True),
        (r"\Atok", b"a tok", False),
        (r"tok\z", b"tok\nb", True),
        ("tok", b"tok # gitleaks:allow", True),
        ("tok", b"to k", False),
    ],
)
def test_touched_tells_whether_some_lines_alone_may_match(
    scan, regex: str, text: bytes, touched: bool
) -> None:
    assert scan([Rule(id="r", regex=regex, entropy=1)], text).touched == touched


def test_what_a_look_around_must_not_see_can_be_in_other_lines(scan) -> None:
    rule = Rule(id="r", regex=r"(?s)tok_\w+(?!.*end)", regex_engine="regex")
    result = scan([rule], b"tok_ab\nend")
    assert [match.text for match in result.matches] == []
    assert result.touched


def test_look_around_rules_find_what_they_say(find) -> None:
    rule = Rule(id="r", regex=r"(?<=key=)(?!test)(\w+)", regex_engine="regex", keywords=("key",))
    text = b"\xff key=test1 key=real1 KEY=x"
    (match,) = find([rule], text)
    assert (match.secret, text[match.start : match.end]) == (b"real1", b"real1")
    outside = Rule(id="r", regex=r"key(?==(\w+))", regex_engine="regex")
    (match,) = find([outside], b"key=real1")
    assert (match.text, match.secret) == (b"key", b"real1")


def test_a_look_around_rule_that_takes_too_long_is_named_once(scan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner.regexp, "LOOK_AROUND_SECONDS", 0.05)
    slow = Rule(id="slow", regex=r"(?:x|xx)+(?!x)tok_y", regex_engine="regex")
    result = scan([slow, TOKEN], b"x" * 200 + b" %20 " + PLAIN)
    assert result.timed_out == ("slow",)
    assert [match.secret for match in result.matches] == [PLAIN]


def test_places_that_a_global_allowlist_excludes() -> None:
    commit = "c" * 40
    config = Config(
        (TOKEN,),
        (
            Allowlist(paths=("^vendor/",)),
            Allowlist(commits=frozenset({commit})),
            Allowlist(match_all=True, paths=("^tests/",), regexes=("tok",)),
        ),
    )
    detector = Detector(config, make_prefilter(sought(config)))
    assert detector.excludes(b"vendor/a")
    assert detector.excludes(b"a", commit)
    assert not detector.excludes(b"tests/a")
    matches = detector.scan(PLAIN).matches
    assert detector.at(matches, b"tests/a") == []
    assert detector.at(matches, b"a") == list(matches)


def test_engines_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    assert isinstance(make_prefilter([TOKEN], "ahocorasick"), KeywordPrefilter)
    assert not isinstance(make_prefilter([TOKEN], "hyperscan"), KeywordPrefilter)
    monkeypatch.delitem(sys.modules, "scanner.detect.hyperscan")
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    without = make_prefilter([TOKEN])
    without.expect_more()
    assert sorted(without.places(b"")) == [0]
    with pytest.raises(UsageError, match="not installed"):
        make_prefilter([TOKEN], "hyperscan")


def test_a_decoded_match_is_another_finding_where_it_begins_on_another_line(find) -> None:
    rule = Rule("tok", regex="(?s)(?:curl.*?)?(tok_[a-z0-9]{8})", keywords=("tok_",))
    token = b"tok_" + b"a1b2c3d4"
    assert [match.start_line for match in find([rule], b"%63url x\n" + token)] == [2, 1]
    assert [match.start_line for match in find([rule], b"%63url " + token)] == [1]
