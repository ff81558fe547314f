"""What one rule finds: keywords, secret groups, entropy, allow comments, paths, text that is not UTF-8."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect import ALLOW_MARKS, OTHER_TOOLS_MARKS, Detector, make_prefilter, sought
from scanner.detect.entropy import shannon
from scanner.model import Config, Rule


def rule(regex: str, **options) -> Rule:
    return Rule(id="r", regex=regex, **options)


def secrets(matches) -> list[bytes]:
    return [match.secret for match in matches]


@pytest.mark.parametrize(
    ("regex", "group", "text", "secret"),
    [
        (r"tok=\w+", 0, b"tok=ab", b"tok=ab"),
        (r"tok=(\w+)", 0, b"tok=ab", b"ab"),
        (r"(x)?tok=(\w+)", 0, b"xtok=ab", b"x"),  # the first group that is not empty
        (r"(x)?tok=(\w+)", 0, b"tok=ab", b"ab"),
        (r"()tok=(\w*)", 0, b"tok=", b"tok="),  # all groups empty: the match
        (r"(x)?tok=(\w+)", 2, b"xtok=ab", b"ab"),
        (r"(x)?tok=(\w+)", 1, b"tok=ab", b""),  # the group that is named, though it took no part
        (r"tok=(\w+)\n", 0, b"tok=ab\n", b"ab"),  # groups come from the match in its context
        (r"tok=(\w+)\b;?", 0, b"tok=ab", b"ab"),
        (r"(?m)^tok=(\w+)$", 0, b"a\ntok=ab\nb", b"ab"),
        (r"tok=(\w+\n)", 0, b"tok=ab\n", b"ab"),  # and are no larger than the trimmed match
        (r"tok=(\w+\n)", 1, b"tok=ab\n", b"ab"),
        (r"(\n)tok=(\w+)(\n)", 0, b"\ntok=ab\n", b"ab"),
        (r"tok=\w+(\n)", 1, b"tok=ab\n", b""),
        (r"tok=(\n\w+)", 0, b"tok=\nab", b"\nab"),
    ],
)
def test_the_secret_is_the_right_group(find, regex: str, group: int, text: bytes, secret: bytes) -> None:
    (match,) = find([rule(regex, secret_group=group)], text)
    assert match.secret == secret
    assert match.secret in match.text


def test_matches_are_leftmost_first_and_do_not_overlap(find) -> None:
    assert secrets(find([rule("aa|aaa")], b"aaaaa")) == [b"aa", b"aa"]
    assert secrets(find([rule("(?U)a+")], b"aaa")) == [b"a", b"a", b"a"]


@pytest.mark.parametrize(
    ("text", "entropy"),
    [
        ("", 0.0),
        ("aaaa", 0.0),
        ("abcd", 2.0),
        ("aabb", 1.0),
        ("äöüß", 1.5),  # characters are counted, and divided by the number of bytes
    ],
)
def test_entropy_as_gitleaks_counts_it(text: str, entropy: float) -> None:
    assert shannon(text.encode()) == pytest.approx(entropy)


def test_entropy_counts_each_broken_byte_as_the_same_character() -> None:
    assert shannon(b"\xff\xfe\xfd\xfc") == 0.0


@pytest.mark.parametrize(("limit", "count"), [(0, 1), (1.99, 1), (2.0, 0), (2.01, 0)])
def test_equal_entropy_is_not_enough(find, limit: float, count: int) -> None:
    found = find([rule(r"tok_(\w{4})", entropy=limit)], b"tok_abcd")
    assert len(found) == count
    assert all(match.entropy == pytest.approx(2.0) for match in found)


def test_entropy_is_of_the_secret_not_of_the_match(find) -> None:
    assert find([rule(r"tok_(\w{4})", entropy=0.5)], b"tok_aaaa") == []
    assert find([rule(r"tok(x)?_\w+", secret_group=1, entropy=0.1)], b"tok_abcd") == []


@pytest.mark.parametrize(
    ("keywords", "text", "count"),
    [
        ((), b"tok_ab", 1),
        (("tok",), b"tok_ab", 1),
        (("ab", "zz"), b"tok_ab", 1),
        (("zz",), b"tok_ab", 0),
        (("zz",), b"tok_ab\n\nxZzx", 1),  # anywhere, in any case, inside a word
        (("",), b"tok_ab", 0),
        (("kelvin",), "tok_ab \u212aelvin".encode(), 1),
        (("é",), "tok_ab É".encode(), 1),
        (("é",), b"tok_ab \xc3", 0),
        (("tok",), b"\xff tok_ab", 1),
        (("a b",), b"tok_ab A B", 1),
    ],
)
def test_keywords(find, keywords: tuple[str, ...], text: bytes, count: int) -> None:
    assert len(find([rule(r"tok_\w+", keywords=keywords)], text)) == count


@pytest.mark.parametrize("mark", ALLOW_MARKS)
def test_an_allow_comment_counts_on_the_lines_that_the_match_touches(find, mark: bytes) -> None:
    one = [rule(r"tok_\w+")]
    assert find(one, b"tok_ab # " + mark) == []
    assert find(one, b"# " + mark + b" tok_ab") == []
    for text in (mark + b"\ntok_ab", b"tok_ab\n" + mark, b"tok_ab " + mark.upper(), mark + b"\n\ntok_ab\n"):
        assert len(find(one, text)) == 1, text
    assert len(find(one, b"tok_ab # " + mark, allow_marks=())) == 1
    several = [rule(r"tok\n\w+\n\w+")]
    assert find(several, mark + b" tok\na\nb") == []
    assert find([rule(r"tok.\n.+\n.+")], b"tok;\na " + mark + b"\nb") == []
    assert find(several, b"tok\na\nb " + mark) == []
    assert len(find(several, mark + b"\ntok\na\nb\n" + mark)) == 1


@pytest.mark.parametrize("mark", OTHER_TOOLS_MARKS)
def test_comments_of_other_tools_count_only_when_asked_for(find, mark: bytes) -> None:
    text = b"tok_ab # " + mark
    assert len(find([rule(r"tok_\w+")], text)) == 1
    assert find([rule(r"tok_\w+")], text, allow_marks=ALLOW_MARKS + OTHER_TOOLS_MARKS) == []


def test_a_path_limits_a_rule(find) -> None:
    with_path = [rule(r"tok_\w+", path=r"\.py$")]
    assert len(find(with_path, b"tok_ab", b"a/b.py")) == 1
    assert find(with_path, b"tok_ab", b"a/b.pyc") == []
    assert find(with_path, b"tok_ab") == []
    assert len(find([rule(r"tok_\w+", path=".*")], b"tok_ab")) == 1  # no path is the empty path


def test_rules_on_the_path_alone() -> None:
    rules = (
        Rule(id="pem", path=r"\.pem$", keywords=("x",), entropy=9),
        Rule(id="hidden", path=r"\.pem$", skip_report=True),
        Rule(id="other", path="zz"),
        Rule(id="both", path="pem", regex="x"),
    )
    detector = Detector(Config(rules), make_prefilter(sought(Config(rules))))
    assert [found.id for found in detector.path_rules(b"a.pem")] == ["pem"]
    assert detector.path_rules(b"") == []
    assert detector.scan(b"nothing").matches == ()


def test_rules_that_do_not_report_report_nothing(find, scan) -> None:
    assert find([rule(r"tok_\w+", skip_report=True)], b"tok_ab") == []
    assert not scan([rule(r"tok_\w+", skip_report=True)], b"tok_ab").touched


def test_matches_come_in_the_order_of_rules_with_their_tags(find) -> None:
    rules = [Rule(id="b", regex=r"\w+_2", tags=("t", "u")), Rule(id="a", regex=r"\w+_1")]
    found = find(rules, b"x_1 y_2 z_2")
    assert [(match.rule.id, match.text, match.tags) for match in found] == [
        ("b", b"y_2", ("t", "u")),
        ("b", b"z_2", ("t", "u")),
        ("a", b"x_1", ()),
    ]


def test_text_that_is_not_utf8(find) -> None:
    text = b"\xff\xfe tok_\xe9\xe9 \xc3( tok_ab\xff"
    found = find([rule("tok_.{2}")], text)
    assert secrets(found) == [b"tok_\xe9\xe9", b"tok_ab"]
    assert [text[match.start : match.end] for match in found] == secrets(found)


@given(st.binary(max_size=40), st.binary(max_size=6))
def test_any_bytes_around_a_token_do_not_hide_it(noise: bytes, tail: bytes) -> None:
    config = Config((rule(r"tok_[0-9]{4}"),))
    detector = Detector(config, make_prefilter(sought(config)), allow_marks=())
    text = noise + b" tok_1234 " + tail
    found = detector.scan(text).matches
    assert any(match.start == len(noise) + 1 and match.secret == b"tok_1234" for match in found)
