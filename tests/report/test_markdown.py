"""The Markdown summary: what a reviewer reads, and that nothing scanned gets out of its code span."""

from __future__ import annotations

import re
from dataclasses import replace

from scanner.model import Commit, Reason, Rule, State, Summary, Verdict

PAGE = """\
### leakscan: 2 findings of 2 secrets

| severity | what | where | since | places |
|---|---|---|---|---|
| high | `tok` | `d/a b.md:3` | 2024-01-02 `0123456789ab` by `Dev "One", & co` | 1 |
|  | `p` | `a.p12` |  | 1 |

<details><summary>What to do: rotate first, then clean up</summary>

- `tok`: Revoke it at the issuer.

</details>

<sub>scanned 2 commits, 30 bytes in 0.1 s</sub>
"""


def test_the_page(written, finding, bare):
    high = replace(finding, rule=replace(finding.rule, severity="high"))
    assert written("markdown", bare, high, summary=Summary(commits=2, bytes=30, seconds=0.12)) == PAGE


def test_no_leaks(written):
    assert written("markdown").startswith("### leakscan: no leaks found\n")


def test_could_not_look_does_not_read_as_clean(written):
    page = written("markdown", summary=Summary(skipped={Reason.UNREADABLE: 2, Reason.BINARY: 1}))
    assert "no leaks found so far" in page
    assert "> **The scan is incomplete**: 2 file that cannot be read.\n" in page
    assert "it did not come to its end" in written("markdown", summary=Summary(unfinished=True))


def test_a_secret_is_one_row_with_its_first_place(written, finding):
    early = replace(finding, path=b"first", commit=replace(finding.commit, date="2020-01-01T00:00:00Z"))
    page = written("markdown", finding, early)
    assert "| `first:3` | 2020-01-01 " in page
    assert "2 findings of 1 secret\n" in page


def test_what_works_comes_first(written, finding):
    live = replace(finding, secret=b"other", verdict=Verdict(State.ACTIVE), rule=Rule("b", severity="low"))
    rows = written("markdown", replace(finding, rule=Rule("a", severity="critical")), live).splitlines()
    assert rows[4].startswith("| low | `b` **active** |")


def test_hostile_content_stays_in_its_code_span(written, finding):
    evil = replace(
        finding,
        path=b"a`|<script>\n| @everyone [x](javascript:1)",
        commit=Commit("c" * 40, author="`@a`|\u202e", date="not a date"),
        rule=Rule("r`|", remediation="see [x](javascript:1) <img src=x> @bob | ![](http://x/) `"),
    )
    page = written("markdown", evil)
    outside = re.sub(r"`[^`\n]*`", "", page)
    assert "everyone" not in outside
    assert "\u202e" not in page
    assert "not a date" not in page
    assert re.search(r"(?<!\\)\[x|(?<!\\)<img|@bob", outside) is None
    assert len(re.findall(r"(?<!\\)\|", page.splitlines()[4])) == 6


def test_it_fits_into_a_comment(written, finding):
    many = [
        replace(
            finding,
            path=b"p" * 500,
            secret=f"s{n}".encode(),
            rule=Rule(f"rule-{n}" * 9, remediation="r " * 500),
            commit=replace(finding.commit, author="a" * 500),
        )
        for n in range(300)
    ]
    page = written("markdown", *many)
    assert len(page) < 65_536
    assert "and 250 more secrets" in page
    assert "and 280 more rules" in page
