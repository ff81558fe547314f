"""The HTML page as somebody uses it, in a headless Chromium or Chrome; axe-core looks at it too."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from scanner.model import Commit, Reason, Rule, Summary

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PROGRAM = next(filter(None, map(shutil.which, NAMES)), None)
HOSTILE = (
    "</script><img src=x onerror='window.owned=1'><script>window.owned=1</script>\u2028${window.owned=1}"
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        PROGRAM is None, reason="there is no Chromium or Chrome (Debian: apt-get install chromium)"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """One browser for all tests of this file."""
    with playwright.sync_playwright() as started:
        # Without its sandbox it runs as root and in containers; the pages are our own.
        browser = started.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, written, tmp_path) -> Iterator[Callable]:
    """Opens a report of findings; afterwards nothing may have been asked for or gone wrong."""
    contexts, asked, wrong = [], [], []

    def open_page(*findings, scheme="light", width=1240, redact=100, summary=None):
        file = tmp_path / "report.html"
        file.write_text(written("html", *findings, redact=redact, summary=summary), "utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(file.as_uri())
        asked.remove(file.as_uri())
        return page

    yield open_page
    assert not wrong  # nor anything that the content security policy had to stop
    assert not asked
    for context in contexts:
        context.close()


@pytest.fixture
def page(opened, made_up):
    """A report of 120 findings of 40 secrets, all of them checked."""
    return opened(*made_up(120), summary=Summary(skipped={Reason.BINARY: 2}))


def count(page) -> int:
    """The number of findings that are listed."""
    return int(re.match(r"[\d,]+", page.locator("#count").inner_text())[0].replace(",", ""))


def rows(page):
    return page.locator(".group")


def choose(page, name, value) -> None:
    page.locator(f"#choose-{name}").select_option(value)


def test_the_numbers_on_top(page, made_up):
    findings = made_up(120)
    secrets = {(f.rule.id, f.secret) for f in findings}
    active = {f.secret for f in findings if f.verdict.state.value == "active"}
    assert page.locator("h1").inner_text() == f"{len(secrets)} secrets in 120 places"
    assert f"{len(active)} secrets still work." in page.locator("#lede").inner_text()
    assert page.locator(".state-active b").first.inner_text() == str(len(active))
    assert count(page) == 120
    assert rows(page).count() == len(secrets)


def test_charts_count_and_filter(page, made_up):
    of = [f for f in made_up(120) if f.commit.author == "Ada Lovelace"]
    bar = page.locator('.bar-row[data-field="author"][data-value="Ada Lovelace"]')
    assert bar.locator(".bar-count").inner_text() == str(len(of))
    bar.click()
    assert count(page) == len(of)
    assert bar.get_attribute("aria-pressed") == "true"
    assert page.locator("#choose-author").input_value() == "Ada Lovelace"
    page.locator(".chip").click()
    assert count(page) == 120


def test_months_filter(opened, made_up, finding):
    dates = ("2024-01-02", "2024-03-05", "2024-03-06")
    findings = [replace(finding, commit=replace(finding.commit, date=f"{date}T00:00:00Z")) for date in dates]
    page = opened(*findings)
    assert page.locator(".column").count() == 3  # February too
    page.get_by_role("button", name="March 2024: 2 findings").click()
    assert count(page) == 2


def test_filters_add_up_and_are_cleared(page, made_up):
    choose(page, "severity", "high")
    choose(page, "state", "active")
    expected = [f for f in made_up(120) if f.rule.severity == "high" and f.verdict.state.value == "active"]
    assert count(page) == len(expected) > 0
    choose(page, "provider", "aws")
    assert page.locator("#count").inner_text() == "Nothing matches."
    page.locator("#clear").click()
    assert count(page) == 120


def test_search(page, made_up):
    wanted = made_up(120)[7]
    page.locator("#search").fill(wanted.commit.id[:10].upper() + " " + wanted.rule.id)
    playwright.expect(page.locator("#count")).to_have_text("1 of 120 findings, 1 secret")
    assert rows(page).locator(".name").inner_text() == wanted.rule.id
    page.locator("#search").fill("no such thing")
    playwright.expect(page.locator("#count")).to_have_text("Nothing matches.")


def test_grouping(page, made_up):
    findings = made_up(120)
    for name, key in [
        ("rule", lambda f: f.rule.id),
        ("file", lambda f: f.path),
        ("author", lambda f: f.commit.author),
        ("provider", lambda f: f.rule.origin),
    ]:
        choose(page, "group", name)
        assert rows(page).count() == len(set(map(key, findings)))
        assert count(page) == 120


def test_sorting(page, made_up):
    most = max(Counter((f.rule.id, f.secret) for f in made_up(120)).values())
    choose(page, "sort", "places")
    page.locator(".opener").first.click()
    assert page.locator(".block h4").nth(1).inner_text().lower() == f"{most} places"
    choose(page, "sort", "oldest")
    dates = page.locator(".when span").all_inner_texts()
    assert dates[0].endswith("2018")
    assert dates[-1].endswith(("2025", "2026"))


def test_what_works_comes_first(page):
    states = page.locator(".group .state").all_inner_texts()
    assert states[0] == "active"
    assert states == sorted(states, key=lambda state: (state != "active", state == "inactive"))


def test_a_finding_in_full(page):
    page.locator(".opener").first.click()
    body = page.locator(".body").first
    text = body.inner_text()
    assert "First committed" in text
    assert "acme-production" in text
    assert "leakscan:v1:" in text
    assert body.locator("svg[role=img]").get_attribute("aria-label").startswith("First committed ")
    link = body.locator(".side a")
    assert link.get_attribute("href").startswith("https://")
    assert link.get_attribute("rel") == "noopener noreferrer"


def test_an_expired_secret_is_exposed_no_longer(opened, finding):
    page = opened(replace(finding, facts=(("expires", "2024-06-30T12:00:00Z"),)))
    page.locator(".opener").click()
    text = page.locator(".body").inner_text()
    assert "It expired on Jun 30, 2024." in text
    assert "exposed for 6 months" in text


def test_redacted_for_good(page):
    page.locator(".opener").first.click()
    assert page.locator(".body .gone").first.inner_text() == "REDACTED"
    assert page.locator("button.secret").count() == 0
    assert page.locator("#reveal").is_hidden()
    assert "are not in this file" in page.locator("#foot").inner_text()


def test_a_click_lifts_the_redaction(opened, finding):
    page = opened(finding, redact=0)
    assert "This file holds the secrets." in page.locator("#alerts").inner_text()
    assert finding.secret.decode() not in page.locator("body").inner_text()
    page.locator(".opener").click()
    hidden = page.locator("pre button.secret")
    assert hidden.get_attribute("aria-pressed") == "false"
    hidden.click()
    assert page.locator("pre code").first.inner_text() == "x k=tok_a1b2c3d4 y"
    hidden.click()
    assert finding.secret.decode() not in page.locator("body").inner_text()
    page.locator("#reveal").click()
    assert page.locator("button.secret").all_inner_texts() == [finding.secret.decode()] * 2
    page.locator("#reveal").click()
    assert finding.secret.decode() not in page.locator("body").inner_text()


def test_by_keyboard_alone(opened, made_up):
    page = opened(*made_up(30), redact=0)
    press, focused = page.keyboard.press, "document.activeElement"
    press("Tab")
    assert page.evaluate(f"{focused}.className") == "skip"
    press("Enter")
    assert page.evaluate(f"{focused}.id || location.hash") in ("results", "#results")
    for _ in range(40):  # past the tools
        press("Tab")
        if page.evaluate(f"{focused}.classList.contains('opener')"):
            break
    press("Enter")
    assert page.locator(".opener").first.get_attribute("aria-expanded") == "true"
    press("ArrowDown")
    press("ArrowDown")
    press("ArrowUp")
    assert page.evaluate(f"[...document.querySelectorAll('.opener')].indexOf({focused})") == 1
    press("End")
    openers = page.locator(".opener").count()
    assert page.evaluate(f"[...document.querySelectorAll('.opener')].indexOf({focused})") == openers - 1
    press("Home")
    press("Space")
    assert page.locator(".opener").first.get_attribute("aria-expanded") == "false"
    press("Tab")
    assert page.evaluate(f"{focused}.className") == "secret"
    press("Enter")
    assert page.evaluate(f"{focused}.getAttribute('aria-pressed')") == "true"


def test_a_bar_keeps_the_focus(page):
    bar = page.locator('.bar-row[data-field="rule"]').first
    bar.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.field") == "rule"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(opened, made_up, scheme):
    summary = Summary(skipped={Reason.UNREADABLE: 1}, warnings=["w"], hidden={"baseline": 2})
    page = opened(*made_up(300), scheme=scheme, redact=0, summary=summary)
    page.locator(".opener").first.click()
    page.locator(".opener").nth(3).click()
    page.locator('.bar-row[data-field="provider"]').nth(2).click()
    page.locator(".opener").first.click()
    # axe-core is put in by the debugger's protocol, which the content security policy does not concern.
    found = axe.Axe().run(page).response
    assert len(found["passes"]) > 30
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


@pytest.mark.parametrize("width", [400, 800])
def test_narrow_windows_need_no_sideways_scrolling(opened, made_up, width):
    page = opened(*made_up(60), width=width, redact=0)
    page.locator(".opener").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [400, 1240])
def test_long_names_neither(opened, finding, width):
    long = "a" * 3000
    rule = Rule(long, long, remediation=f"https://example.com/{long} {long}")
    commit = replace(finding.commit, author=long, message=long)
    long_one = replace(finding, rule=rule, path=long.encode(), line=long.encode(), commit=commit)
    page = opened(long_one, finding, width=width, redact=0)
    page.locator(".opener").first.click()
    page.locator("button.bar-row").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_light_and_dark(opened, made_up):
    page = opened(*made_up(3), scheme="dark")
    color = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(color)
    page.get_by_role("button", name="Use light colours").click()
    light = page.evaluate(color)
    assert light != dark
    page.get_by_role("button", name="Use dark colours").click()
    assert page.evaluate(color) == dark


def test_ten_thousand_findings_lay_out_one_page_of_them(opened, made_up):
    page = opened(*made_up(10_000))
    assert count(page) == 10_000
    assert rows(page).count() == 50
    assert page.evaluate("document.querySelectorAll('*').length") < 3000
    page.get_by_role("button", name="Next").click()
    assert page.evaluate("document.activeElement.id") == "results"
    assert page.locator("#list").get_attribute("start") == "51"
    assert rows(page).count() == 50
    choose(page, "group", "rule")
    page.locator(".opener").first.click()
    assert page.locator(".places > li").count() == 10
    page.get_by_role("button", name="Show 10 more of").click()
    assert page.locator(".places > li").count() == 20
    page.locator("#search").fill("ada")
    playwright.expect(page.locator("#count")).to_contain_text(" of 10,000 findings")


def test_no_number_of_findings_is_too_much(page):
    assert page.evaluate("grouped(Array(300000).fill(FINDINGS[0])).length") == 1
    assert page.evaluate(
        "select('x', 'x', Array(200000).fill(['k', 't']), 'k').querySelectorAll('option').length"
    )


def test_hostile_content_is_text(opened, finding):
    rule = Rule(HOSTILE, HOSTILE, remediation=HOSTILE + " javascript:owned() https://example.com/<b>")
    raw = HOSTILE.encode()
    commit = Commit(HOSTILE, HOSTILE, HOSTILE, "2024-01-01T00:00:00Z", HOSTILE)
    evil = replace(
        finding,
        rule=rule,
        path=raw,
        secret=b"s",
        match=raw,
        line=raw,
        commit=commit,
        facts=((HOSTILE, HOSTILE),),
    )
    odd = replace(
        evil,
        path=b"__proto__",
        rule=Rule("constructor"),
        commit=replace(commit, date="9999-99-99", author="__proto__"),
    )
    page = opened(evil, odd, redact=0, summary=Summary(warnings=[HOSTILE]))
    for opener in page.locator(".opener").all():
        opener.click()
    page.locator("#reveal").click()
    for name in ("rule", "author", "file"):
        choose(page, "group", name)
    assert page.evaluate("window.owned") is None
    assert page.locator("img, iframe, object").count() == 0
    assert HOSTILE.partition("\u2028")[0] in page.locator(".name").first.text_content()
    assert page.locator("main a[href^=javascript]").count() == 0


def test_nothing_found(opened):
    page = opened(summary=Summary(commits=3, bytes=10))
    assert page.locator("h1").inner_text() == "No leaks found"
    assert page.locator(".results").is_hidden()
    assert "3 commits" in page.locator("#lede").inner_text()


def test_could_not_look_does_not_read_as_clean(opened):
    page = opened(summary=Summary(skipped={Reason.UNREADABLE: 1}))
    assert page.locator("h1").inner_text() == "No leaks found so far"
    assert "The scan is incomplete." in page.locator("#alerts").inner_text()
    assert "file that cannot be read (should have been)" in page.locator("#scan").inner_text()


def test_without_javascript_it_says_so(browser, written, finding, tmp_path):
    file = tmp_path / "report.html"
    file.write_text(written("html", finding, redact=100), "utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert "needs JavaScript" in page.locator("noscript, main").last.inner_text()
    context.close()


def test_findings_outside_a_history(opened, bare):
    page = opened(bare, replace(bare, path=b"b.p12"))
    page.locator(".opener").first.click()
    assert "No commit dates." in page.locator("#charts").inner_text()
    assert page.locator(".timeline").count() == 0
