"""How targets are named, and that secret addresses are not taken from arguments nor shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.errors import UsageError
from scanner.notify.target import parse

HOOK = "https://hooks.example.com/services/T0/B0/" + "x" * 24


def test_an_address_from_a_variable_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(HOOK + "\n")
    for text in ("slack:HOOK", f"teams:@{tmp_path / 'url'}"):
        target = parse(text, {"HOOK": HOOK, "LEAKSCAN_NOTIFY_KEY": "k"})
        assert (target.url, target.key, target.name) == (HOOK, b"k", text)
        assert HOOK not in repr(target)


@pytest.mark.parametrize(
    "text", ["syslog:udp://127.0.0.1?format=ocsf", "mail:smtp://localhost:25?to=a@example.com"]
)
def test_an_address_that_is_no_secret_may_be_written(text: str) -> None:
    assert parse(text, {}).name == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "slack",
        "slack:",
        "fax:HOOK",
        "slack:" + HOOK,
        "webhook:" + HOOK,
        "mail:smtp://user:" + "hunter2@localhost?to=a@example.com",
        "slack:$HOOK",
        "slack:UNSET",
        "slack:@/nowhere",
        "teams:BAD",
        "mail:HOOK",
        "mail:smtp://localhost",
        "syslog:udp://h?format=xml",
        "syslog:udp://h:99999",
        "syslog:ftp://h",
        "webhook:SPACE",
    ],
)
def test_what_cannot_be_used_is_said_without_the_address(text: str) -> None:
    environment = {"HOOK": HOOK, "BAD": "gopher://x/" + "y" * 24, "SPACE": HOOK + " x"}
    with pytest.raises(UsageError) as error:
        parse(text, environment)
    for secret in ("x" * 24, "y" * 24, "hunter2"):
        assert secret not in str(error.value)
