"""``[rules.verify]`` read from TOML: what it may say, and the line that each mistake gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.errors import ConfigError
from scanner.model import State
from scanner.verify.parse import parse

RULES = Path(__file__).resolve().parents[2] / "rules"
TABLE = r"""
[[rules]]
id = "example-token"
regex = 'ex_(?P<region>us[0-9]+)'
[rules.verify]
url = "https://{region}.api.example.com/v1/me"
hosts = ["us1.api.example.com"]
headers = { Authorization = "Bearer {secret}" }
parts = { user = "example-user" }
active = { status = [200], has = ["login"] }
inactive = { status = 403, text = "revoked" }
opens = { user = "login" }
docs = "https://docs.example.com/me"
[[rules.verify.answers]]
status = 200
headers = { X-Scopes = "read" }
body = ['{"login": ', '"ada"}']
state = "active"
"""


def test_says_all_of_a_table() -> None:
    recipe = parse(TABLE, "built-in example.toml")["example-token"]
    assert (recipe.provider, recipe.origin, recipe.line) == ("example", "built-in example.toml", 2)
    assert recipe.requests[0].headers == {"Authorization": "Bearer {secret}"}
    assert (dict(recipe.parts), recipe.groups, recipe.hosts) == (
        {"user": "example-user"},
        ("region",),
        ("us1.api.example.com",),
    )
    assert (recipe.active.status, recipe.active.has) == ((200,), ("login",))
    assert [(one.status, one.text) for one in recipe.inactive] == [((403,), ("revoked",))]
    (recorded,) = recipe.answers
    assert recorded.state is State.ACTIVE
    assert recorded.answer.json() == {"login": "ada"}
    assert recorded.answer.headers == {"x-scopes": "read"}


@pytest.mark.parametrize(
    ("written", "instead", "reason"),
    [
        ("https://{region}", "http://{region}", "must be https://HOST/PATH"),
        ("https://{region}.", "https://eve@", "must be https://HOST/PATH"),
        ("https://{region}.", "https://{secret}.", "the secret must not be in the url's host"),
        ("https://{region}.", "https://{zone}.", "{zone} is neither secret nor one of its parts"),
        ('hosts = ["us1.api.example.com"]', "", "needs hosts (a list), or a host_pattern"),
        ("us1.api.example.com", "https://x", "is no host name"),
        ('hosts = ["us1.api.example.com"]', "host_pattern = '.*'", "the issuer's own domain"),
        ('hosts = ["us1.api.example.com"]', "host_pattern = '(x\\.com'", "is not a valid pattern"),
        ("status = [200], has", "status = [200], haz", "active has no key 'haz'"),
        (', has = ["login"]', "", "a status alone is what proxies and sandboxes answer too"),
        ('has = ["login"]', 'has = ["header:x-user"]', "a status alone"),
        ('403, text = "revoked"', "503", "say nothing of the secret"),
        ('{ status = 403, text = "revoked" }', "{}", "asks nothing of the answer"),
        ('docs = "https://docs.', 'docs = "http://docs.', "docs must be the https:// page"),
        ("opens =", "open =", "[rules.verify] has no key 'open'"),
        ('state = "active"', 'state = "live"', "state must be active, inactive or unknown, not 'live'"),
        ("[rules.verify]\n", '[rules.verify]\nkind = "telepathy"\n', "kind is 'telepathy'"),
        ("[rules.verify]\n", '[rules.verify]\nkind = "aws"\n', "url means nothing beside kind"),
        ("[rules.verify]\n", '[rules.verify]\nmethod = "DELETE"\n', "method is 'DELETE'"),
        ("[rules.verify]\n", '[rules.verify]\nbasic = ["{secret}"]\n', "a list of user and password"),
        ("[rules.verify]\n", "[rules.verify]\nform = { a = 'b' }\njson = { a = 1 }\n", "one body"),
    ],
)
def test_tells_each_mistake_in_one_line(written: str, instead: str, reason: str) -> None:
    assert written in TABLE
    with pytest.raises(ConfigError) as caught:
        parse(TABLE.replace(written, instead, 1), "my.toml")
    text = str(caught.value)
    assert text.startswith("my.toml:2: rule example-token: ")
    assert reason in text
    assert "\n" not in text


def test_takes_all_tables_of_the_pack() -> None:
    recipes = {}
    for file in sorted(RULES.glob("*.toml")):
        recipes |= parse(file.read_text("utf-8"), f"built-in {file.name}")
    assert recipes["github-pat"].provider == "github"
    assert len({recipe.provider for recipe in recipes.values()}) >= 60
