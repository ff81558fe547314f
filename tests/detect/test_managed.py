"""What the pack makes of secret managers: encrypted and referenced material is no leak, wrong uses are.

Documents are made here, with the real tool where it is installed, else by its documented format; secrets in
them are generated, so that a scan of this repository finds none.
"""

from __future__ import annotations

import base64
import json
import random
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scanner.config import load_default, load_text
from scanner.detect import Detector, make_prefilter, sought
from scanner.model import Config, Rule

RANDOM = random.Random(5)  # noqa: S311  (for test data)
Find = Callable[..., set[str]]


def made(length: int, alphabet: str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789") -> str:
    return "".join(RANDOM.choices(alphabet, k=length))


def in_base64(length: int, start: bytes = b"") -> str:
    return base64.b64encode(start + RANDOM.randbytes(length)).decode()


def hexadecimal(length: int) -> str:
    return RANDOM.randbytes(length // 2).hex()


def indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())


PLAIN = made(12) + "7q"
AWS_ID, AWS_KEY = "AKIA" + "Q3EGRM7XZ5VK2P6T", made(40)
TOKEN = "hvs." + made(24)
ROOT = "s." + made(24)


def armour(kind: str, lines: int = 5, head: str = "") -> str:
    body = "\n".join(in_base64(48) for _ in range(lines))
    return f"-----BEGIN {kind}-----\n{head}{body}\n-----END {kind}-----\n"


def sops_value(length: int = 16, kind: str = "str") -> str:
    """As https://getsops.io/docs/ shows it."""
    return f"ENC[AES256_GCM,data:{in_base64(length)},iv:{in_base64(32)},tag:{in_base64(16)},type:{kind}]"


def sops_yaml(values: str) -> str:
    age = indented(armour("AGE ENCRYPTED FILE"), 12)
    return (
        f"{values}sops:\n    kms:\n        - arn: arn:aws:kms:eu-west-1:123456789012:key/{hexadecimal(32)}\n"
        f'          created_at: "2024-05-01T10:00:00Z"\n          enc: AQICAH{in_base64(180)}\n'
        f"    hc_vault:\n        - vault_address: https://vault.corp.net\n"
        f"          enc: vault:v1:{in_base64(60)}\n"
        f"    age:\n        - recipient: age1{made(58, 'qpzry9x8gf2tvdw0s3jn54khce6mua7l')}\n"
        f"          enc: |\n{age}\n"
        f'    lastmodified: "2024-05-01T10:00:00Z"\n    mac: {sops_value(64)}\n'
        f"    unencrypted_suffix: _unencrypted\n    version: 3.9.0\n"
    )


def sealed_value() -> str:
    """Two bytes of length, then the RSA-wrapped session key and the sealed text."""
    return in_base64(600, b"\x02\x00")


def ansible_vault(label: str = "") -> str:
    lines = "\n".join(hexadecimal(80) for _ in range(5)) + "\n" + hexadecimal(36)
    return f"$ANSIBLE_VAULT;1.{'2' if label else '1'};AES256{label}\n{lines}\n"


SAFE = {
    "sops yaml": (
        "secrets.yaml",
        sops_yaml(f"db_password: {sops_value()}\napi:\n    token: {sops_value()}\n"),
    ),
    "sops json": (
        "s.json",
        json.dumps({"aws_secret_access_key": sops_value(40), "sops": {"mac": sops_value(64)}}),
    ),
    "sops env": ("x.env", f"DB_PASSWORD={sops_value()}\nsops_mac={sops_value(64)}\n"),
    "sops kubernetes": ("s.yaml", sops_yaml(f"kind: Secret\ndata:\n    password: {sops_value(24)}\n")),
    "sealed secret": (
        "sealed.yaml",
        f"kind: SealedSecret\nspec:\n  encryptedData:\n    api_token: {sealed_value()}\n"
        f"    password: {sealed_value()}\n  template:\n    type: Opaque\n",
    ),
    "sealed secret folded": (
        "sealed.yaml",
        "spec:\n  encryptedData:\n    token: >-\n"
        + "\n".join(f"      {line}" for line in ["Ag" + made(74), made(76), made(76), made(30)])
        + "\n",
    ),
    "sealed secret json": ("s.json", json.dumps({"spec": {"encryptedData": {"token": sealed_value()}}})),
    "age armour": ("token.age", armour("AGE ENCRYPTED FILE")),
    "pgp message": ("password.asc", armour("PGP MESSAGE", head="Version: GnuPG v2\nComment: a - b\n\n")),
    "pgp message in yaml": ("pw.yaml", "password: |\n" + indented(armour("PGP MESSAGE"), 2) + "\n"),
    "pgp message in json": ("t.json", json.dumps({"auth_token": armour("PGP MESSAGE")})),
    "pgp public key": ("key.asc", armour("PGP PUBLIC KEY BLOCK")),
    "certificate": ("ca.pem", armour("CERTIFICATE")),
    "ansible-vault file": ("group_vars/all/vault.yml", ansible_vault()),
    "ansible-vault with an id": ("vault.yml", ansible_vault(";prod")),
    "ansible-vault inline": ("v.yml", "db_password: !vault |\n" + indented(ansible_vault(), 10) + "\n"),
    "rails credentials": (
        "config/credentials.yml.enc",
        f"{in_base64(300)}--{in_base64(12)}--{in_base64(16)}",
    ),
    "dotenvx": (
        ".env",
        f'DOTENV_PUBLIC_KEY="02{hexadecimal(64)}"\nDB_PASSWORD="encrypted:{in_base64(120)}"\n',
    ),
    "eyaml": ("common.yaml", f"db::password: ENC[PKCS7,{in_base64(300)}]\n"),
    "external secret": (
        "es.yaml",
        "kind: ExternalSecret\nspec:\n  data:\n    - secretKey: db-password-2\n      remoteRef:\n"
        "        key: prod/db/creds-v2\n        property: password\n        version: a1b2c3d4e5f6\n",
    ),
    "secret store": (
        "store.yaml",
        "kind: SecretStore\nspec:\n  provider:\n    vault:\n      server: https://v.corp.net\n      auth:\n"
        "        tokenSecretRef:\n          name: vault-token-1\n          key: token\n",
    ),
    "vault agent": (
        "deploy.yaml",
        "  annotations:\n    vault.hashicorp.com/agent-inject-secret-db: database/creds/db-app-1\n"
        "    vault.hashicorp.com/agent-inject-template-db: |\n"
        '      {{- with secret "database/creds/db-app-1" -}}\n'
        "      password={{ .Data.password }}\n      {{- end }}\n",
    ),
    "secrets store csi": (
        "spc.yaml",
        "kind: SecretProviderClass\nspec:\n  parameters:\n    objects: |\n      - objectName: db-password-1\n"
        "        secretPath: secret/data/db-pass-1\n        secretKey: password-field-1\n",
    ),
    "vals": ("values.yaml", f"password: ref+vault://secret/data/{made(16)}#/password\n"),
    "1password": (
        ".env",
        f"API_TOKEN=op://prod/{made(26)}/pw\nX_SECRET='op://My Vault/db 1/pw'\n",
    ),
    "aws secrets manager": (
        "task.json",
        f'"secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-{made(6)}:password::"',
    ),
    "google secret manager": ("run.yaml", f"secret: projects/corp-1/secrets/{made(20)}/versions/3\n"),
    "azure key vault": (
        "app.json",
        f'"DB_PASSWORD": "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/d/{hexadecimal(32)})"',
    ),
    "bank-vaults": ("d.yaml", "password: vault:secret/data/db1#password_2\n"),
    "github actions": (
        ".github/workflows/a.yml",
        "env:\n  TOKEN: ${{ secrets.DEPLOY_TOKEN_2 }}\n  aws-secret-access-key: ${{ secrets.AWS_KEY_1 }}\n"
        'steps:\n  - run: echo "${{ secrets.KUBE }}" | base64 -d > kubeconfig\n',
    ),
    "gitlab ci": (
        ".gitlab-ci.yml",
        'script:\n  - docker login -u x -p $CI_JOB_TOKEN\n  - curl -H "JOB-TOKEN: $CI_JOB_TOKEN" x\n',
    ),
    "azure pipelines": ("azure-pipelines.yml", "env:\n  API_TOKEN: $(DEPLOY_TOKEN_2)\n"),
    "terraform": (
        "main.tf",
        'password = var.db_password_2\nsecret = "${data.vault_generic_secret.db.data["password1"]}"\n',
    ),
    "helm": ("secret.yaml", "kind: Secret\ndata:\n  password: {{ .Values.db.password1 | b64enc | quote }}\n"),
    "kubernetes placeholder": ("s.yaml", "kind: Secret\ndata:\n  password: Y2hhbmdlbWUtcGxlYXNl\n"),
}

WRONG = {
    "sops-plaintext-value": ("s.yaml", sops_yaml(f"user: {sops_value()}\ndb_password: {PLAIN}\n")),
    "kubernetes-secret-yaml": ("s.yaml", f"kind: Secret\ndata:\n  host: ZGI=\n  password: {in_base64(18)}\n"),
    "kubernetes-secret-json": ("s.json", json.dumps({"kind": "Secret", "data": {"password": in_base64(18)}})),
    "kubernetes-secret-string-data": (
        "s.yaml",
        f"kind: Secret\nstringData:\n  user: a\n  password: {PLAIN}\n",
    ),
    "kubeconfig-user-token": ("config", f"current-context: a\nusers:\n- user:\n    token: {made(30)}\n"),
    "kubeconfig-client-key": ("config", f"    client-key-data: LS0tLS1CRUdJTi{made(400)}\n"),
    "external-secrets-inline-credential": (
        "store.yaml",
        f"kind: ClusterSecretStore\nspec:\n  provider:\n    vault:\n      auth:\n        token: {PLAIN}\n",
    ),
    "vault-root-token": ("init.txt", f"Unseal Key 1: {in_base64(33)}\n\nInitial Root Token: {TOKEN}\n"),
    "vault-unseal-key": (".bash_history", f"vault operator unseal {in_base64(33)}\n"),
    "vault-init-key": (
        "init.json",
        json.dumps({"recovery_keys_b64": [in_base64(33)], "root_token": ROOT}, indent=2),
    ),
    "vault-service-token": (".bash_history", f"vault login {TOKEN}\n"),
    "age-secret-key": ("keys.txt", "AGE-SECRET-KEY-1" + made(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")),
    "dotenvx-private-key": (".env.keys", f"DOTENV_PRIVATE_KEY_CI={hexadecimal(64)}\n"),
    "sealed-secrets-private-key": (
        "key.yaml",
        f"kind: Secret\ndata:\n  tls.key: LS0tLS1CRUdJTi{made(400)}\nmetadata:\n  labels:\n"
        "    sealedsecrets.bitnami.com/sealed-secrets-key: active\n",
    ),
    "ci-aws-secret-key": (".github/workflows/a.yml", f"          aws-secret-access-key: {AWS_KEY}\n"),
    "ci-azure-client-secret": (".gitlab-ci.yml", f"  ARM_CLIENT_SECRET: {made(3)}8Q~{made(34)}\n"),
    "ci-gcp-service-account-key": (".github/workflows/a.yml", f"GCLOUD_SERVICE_KEY: ewog{made(300)}\n"),
    "ci-secret-echoed": (".gitlab-ci.yml", "script:\n  - echo $DB_PASSWORD\n"),
    "ci-secret-encoded": (".github/workflows/a.yml", '- run: echo -n "${{ secrets.KEY }}" | base64 -w0\n'),
    "terraform-state-secret": ("a.tfstate", f'"terraform_version": "1.9", "master_password": "{PLAIN}"'),
    "ansible-connection-password": ("hosts", f"web ansible_user=a ansible_ssh_pass={PLAIN}\n"),
    "dockercfg-auth": (".dockercfg", json.dumps({"https://index.docker.io/v1/": {"auth": in_base64(21)}})),
    "azure-cli-refresh-token": ("accessTokens.json", f'[{{"refreshToken": "0.AXoA{made(400)}"}}]'),
}


@pytest.fixture(scope="module")
def detector() -> Detector:
    config = load_default()
    return Detector(config, make_prefilter(sought(config), "ahocorasick"))


@pytest.fixture(scope="module")
def find(detector: Detector) -> Find:
    """``find(path, text)``: the ids of the rules that report something in that file."""

    def run(path: str, text: str | bytes) -> set[str]:
        data = text if isinstance(text, bytes) else text.encode()
        return {match.rule.id for match in detector.at(detector.scan(data).matches, path.encode())}

    return run


@pytest.mark.parametrize(("path", "text"), SAFE.values(), ids=SAFE)
def test_managed_material_is_no_leak(find: Find, path: str, text: str) -> None:
    assert find(path, text) == set()
    assert find(path, text.replace("\n", "\r\n")) == set()


ENCRYPTED = [*SAFE][: [*SAFE].index("external secret")]
ANYTHING = Rule(id="anything", regex="[0-9A-Za-z+/]{20}[0-9A-Za-z+/]*")


@pytest.fixture(scope="module")
def curious(detector: Detector) -> Detector:
    """Takes everything for a secret that the pack's allowlists leave."""
    config = Config((ANYTHING,), detector.config.allowlists)
    return Detector(config, make_prefilter(sought(config), "ahocorasick"))


@pytest.mark.parametrize("name", ENCRYPTED)
def test_nothing_in_encrypted_material_is_a_leak_to_any_rule(curious: Detector, name: str) -> None:
    path, text = SAFE[name]
    assert curious.at(curious.scan(text.encode()).matches, path.encode()) == []
    without = replace(curious.config, allowlists=())
    alone = Detector(without, make_prefilter(sought(without), "ahocorasick"))
    assert alone.scan(text.encode()).matches != ()


@pytest.mark.parametrize("name", SAFE)
def test_a_leak_beside_it_is_still_one(find: Find, name: str) -> None:
    path, text = SAFE[name]
    assert "aws-access-token" in find(path, f"{text}\nid: {AWS_ID}\n")


@pytest.mark.parametrize(("rule", "document"), WRONG.items(), ids=WRONG)
def test_wrong_uses_are_reported(find: Find, rule: str, document: tuple[str, str]) -> None:
    assert rule in find(*document)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("", "\n-----END PGP MESSAGE-----"),  # no beginning
        ("-----BEGIN PGP MESSAGE-----\n", "\n"),  # no end
        ("-----BEGIN PGP MESSAGE-----\nnot base64: {}\n", "\n-----END PGP MESSAGE-----"),
        ("ENC[AES256_GCM,data:", "]"),
        ("ENC[AES256_GCM] ", ",iv:,tag:,type:str]"),
        ("$ANSIBLE_VAULT;1.1;AES256\n", "\n"),  # not hexadecimal
    ],
)
def test_what_only_looks_like_it_hides_nothing(find: Find, start: str, end: str) -> None:
    assert "aws-access-token" in find("x.yaml", f"{start}{AWS_ID}{end}\n")


def test_a_value_in_clear_is_wrong_in_a_sops_document_alone(find: Find) -> None:
    value = "db_password: correct-horse\n"
    assert "sops-plaintext-value" in find("s.yaml", sops_yaml(f"user: {sops_value()}\n{value}"))
    assert "sops-plaintext-value" not in find("s.yaml", f"user: {sops_value()}\n{value}")
    assert "sops-plaintext-value" not in find("s.yaml", sops_yaml("db_password_unencrypted: correct-horse\n"))


def test_data_is_found_before_the_kind_and_past_placeholders(find: Find) -> None:
    real = in_base64(18)
    document = f"apiVersion: v1\ndata:\n  user: ZGVwbG95LWJvdA==\n  token: {real}\nkind: Secret\nmetadata:\n"
    assert "kubernetes-secret-yaml" in find("s.yaml", document)
    other = f"kind: Secret\ndata:\n  a: ZGI=\n---\nkind: ConfigMap\ndata:\n  password: {real}\n"
    assert "kubernetes-secret-yaml" not in find("s.yaml", other)


STORED = {
    "ci-stored-aws-key": "aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}",
    "ci-stored-gcp-key": "credentials_json: ${{ secrets.GCP_KEY }}",
    "ci-stored-azure-secret": "creds: ${{ secrets.AZURE_CREDENTIALS }}",
    "ci-stored-vault-token": "VAULT_TOKEN: $VAULT_TOKEN",
}


@pytest.mark.parametrize(("rule", "line"), STORED.items())
def test_stored_long_lived_keys_are_reported_where_a_config_asks(find: Find, rule: str, line: str) -> None:
    path = ".github/workflows/deploy.yml"
    assert find(path, line) == set()
    text = f'[extend]\nuseDefault = true\n[[rules]]\nid = "{rule}"\nskipReport = false\n'
    config = load_text(text, "own.toml", cwd=Path())
    detector = Detector(config, make_prefilter(sought(config), "ahocorasick"))
    (match,) = detector.at(detector.scan(line.encode()).matches, path.encode())
    assert match.rule.id == rule
    assert "OIDC" in match.rule.description
    assert detector.at(detector.scan(line.encode()).matches, b"docs/a.md") == []


def test_the_rules_for_ci_name_the_replacement() -> None:
    advice = {rule.id: rule.remediation for rule in load_default().rules if rule.id.startswith("ci-")}
    for cloud in ("aws", "azure", "gcp"):
        keys = [text for rule_id, text in advice.items() if f"-{cloud}-" in rule_id]
        assert keys
        assert all("id_tokens" in text for text in keys)


def tool(name: str) -> str:
    """Path of a program, which the test is skipped without."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"needs {name}")
    return found


def ran(*command: str, text: str = "", cwd: Path | None = None) -> str:
    """What a program prints that reads `text`."""
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=cwd).stdout


CLEAR = f"aws_access_key_id: {AWS_ID}\naws_secret_access_key: {AWS_KEY}\n"


def test_age_itself(find: Find, tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    ran(tool("age-keygen"), "-o", str(keys))
    recipient = next(line.split()[-1] for line in keys.read_text().splitlines() if "public key" in line)
    encrypted = ran(tool("age"), "--armor", "-r", recipient, text=CLEAR)
    assert find("token.age", encrypted) == set()
    assert find("password.yaml", "password: |\n" + indented(encrypted, 2)) == set()
    assert find("keys.txt", keys.read_text()) == {"age-secret-key"}
    assert find("clear.yaml", CLEAR) >= {"aws-access-token"}


def test_gpg_itself(find: Find, tmp_path: Path) -> None:
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    gpg = (tool("gpg"), "--homedir", str(home), "--batch", "--yes", "--pinentry-mode", "loopback")
    encrypted = ran(*gpg, "--passphrase", "x", "--armor", "--symmetric", text=CLEAR)
    assert find("password.asc", encrypted) == set()
    ran(*gpg, "--passphrase", "", "--quick-gen-key", "a@corp.net", "ed25519", "sign", "never")
    assert find("a.asc", ran(*gpg, "--armor", "--export")) == set()
    assert find("a.asc", ran(*gpg, "--armor", "--export-secret-keys")) == {"private-key"}


def test_ansible_vault_itself(find: Find, tmp_path: Path) -> None:
    password = tmp_path / "pw"
    password.write_text("not a secret")
    vault = (tool("ansible-vault"), "encrypt", "--vault-password-file", str(password), "--output", "-")
    assert find("vault.yml", ran(*vault, text=CLEAR)) == set()
    inline = (vault[0], "encrypt_string", *vault[2:4], "--stdin-name", "db_password")
    assert find("vars.yml", ran(*inline, text=PLAIN)) == set()


def test_git_crypt_itself(make_repo: Callable[..., Any], find: Find) -> None:
    program = tool("git-crypt")
    repo = make_repo()
    ran(program, "init", cwd=repo.path)
    repo.commit({".gitattributes": "*.key filter=git-crypt diff=git-crypt\n", "a.key": CLEAR})
    command = ["git", "-C", str(repo.path), "cat-file", "blob", "HEAD:a.key"]
    stored = subprocess.run(command, capture_output=True, check=True).stdout
    assert stored.startswith(b"\0GITCRYPT\0")
    assert find("a.key", stored) == set()
