"""SSH private keys: logs in to GitHub and GitLab, which say whose a key is, by the system's ``ssh``.

The key lies in a file that nobody else can read while it is asked about: ``ssh`` takes it from nowhere else.
It reads no configuration, asks no agent, and knows the hosts' keys from here alone.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scanner.detect.checks.keys import Block, pem, read
from scanner.model import State, Verdict
from scanner.verify.base import Client, NoAnswer, Question


@dataclass(frozen=True, slots=True)
class Host:
    """A server that says whose a key is.

    Attributes:
        key: its own Ed25519 key, as ``known_hosts`` has it.
        greeting: of whom it knows, with the name as a group.
    """

    name: str
    key: str
    greeting: str
    port: int = 22


HOSTS = (
    Host(
        "github.com",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
        r"^Hi ([^\s!]{1,200})! You've successfully authenticated",
    ),
    Host(
        "gitlab.com",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf",
        r"^Welcome to GitLab, @([^\s!]{1,200})!",
    ),
)
"""Keys as docs.github.com has them ("GitHub's SSH key fingerprints"), and docs.gitlab.com ("known_hosts")."""


def verify(question: Question, client: Client, hosts: Sequence[Host] = HOSTS) -> Verdict:
    """Log in to each host until one knows the key. None is *inactive*: it may open any other machine.

    Raises:
        NoAnswer: no host knows it, or one could not be asked.
    """
    block = read(question.secret)
    if block is None or block.encrypted:
        return Verdict(State.UNVERIFIABLE, "encrypted, or no key")
    for host in hosts:
        name = _greeted(block, host, client)
        if name:
            return Verdict(State.ACTIVE, "", (("user", name), ("server", host.name)))
    raise NoAnswer(f"neither {' nor '.join(host.name for host in hosts)} knows it, other hosts may")


def _greeted(block: Block, host: Host, client: Client) -> str:
    """The name by which `host` greets who has this key; empty where it knows nobody.

    Raises:
        NoAnswer: it said neither.
    """
    address = client.address(host.name, host.port)
    with tempfile.TemporaryDirectory(prefix="leakscan-") as folder:  # for this user alone (0700)
        key, known = Path(folder, "key"), Path(folder, "known_hosts")
        key.touch(0o600)
        key.write_bytes(pem(block))
        known.write_text(f"{host.name} {host.key}\n")
        said = _said(_command(host, address, key, known, client.timeout), client.timeout * 4)
    greeting = re.search(host.greeting, said, re.MULTILINE)
    if greeting:
        return greeting[1]
    if "Permission denied" in said:
        return ""
    raise NoAnswer(
        "host key is not the issuer's" if "Host key verification failed" in said else "connection failed"
    )


def _command(host: Host, address: str, key: Path, known: Path, timeout: float) -> list[str]:
    options = {
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "UserKnownHostsFile": str(known),
        "GlobalKnownHostsFile": "none",
        "StrictHostKeyChecking": "yes",
        "HostKeyAlias": host.name,
        "CheckHostIP": "no",
        "BatchMode": "yes",
        "PreferredAuthentications": "publickey",
        "ClearAllForwardings": "yes",
        "UpdateHostKeys": "no",
        "ConnectTimeout": str(max(1, round(timeout))),
    }
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    return ["ssh", "-F", "none", "-T", "-i", str(key), "-p", str(host.port), *flags, f"git@{address}"]


def _said(command: list[str], timeout: float) -> str:
    """What the server and ``ssh`` say.

    Raises:
        NoAnswer: there is no ``ssh``, or it takes more than `timeout` seconds.
    """
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            env={},
            check=False,
        )
    except FileNotFoundError:
        raise NoAnswer("needs the program ssh") from None
    except subprocess.TimeoutExpired:
        raise NoAnswer("timeout") from None
    return (done.stdout[:4096] + b"\n" + done.stderr[:4096]).decode("utf-8", "replace")
