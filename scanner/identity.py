"""How a finding is named: Gitleaks' fingerprint, and leakscan's own identity that outlives history."""

from __future__ import annotations

from scanner.model import text_of

VERSION = "v1"
_HEX_DIGITS = 32  # 128 bits: no accidental collision, and short enough for a line of an ignore file


def gitleaks_fingerprint(commit: str, path: bytes, rule_id: str, start_line: int) -> str:
    """Gitleaks' name of a finding: ``commit:file:rule:line``, or ``file:rule:line`` outside history.

    Args:
        commit: full object name; empty outside history.
        path: as reported; bytes that are not UTF-8 become U+FFFD. It may contain ``:``.
        start_line: from 1; 0 for a rule on the path alone.
    """
    place = f"{text_of(path)}:{rule_id}:{start_line}"
    return f"{commit}:{place}" if commit else place


def identify(rule_id: str, secret: bytes, path: bytes, *, key: bytes = b"") -> str:
    """leakscan's identity of a finding: what leaked and in which file, not when or on which line.

    The same secret, found by the same rule in the same path, keeps its identity through squash, rebase,
    cherry-pick and moved lines. A rule on the path alone has no secret: there the path identifies.

    ``leakscan:v1:<hex>`` holds the first 128 bits of SHA-256 over the ASCII text ``leakscan:v1`` and then
    rule id (UTF-8), secret and path, each preceded by its length as 8 bytes, big-endian. Given a `key`,
    it is ``leakscan:v1k:<hex>``, the same over HMAC-SHA-256 with that key: a plain identity lets whoever
    can guess a secret confirm the guess, which matters for weak passwords; a keyed one does not.

    Args:
        secret: in clear, never redacted.
        path: the exact bytes, as reported.
        key: any length; empty for a plain identity.
    """
    import hashlib  # most scans find nothing to name

    message = b"".join([b"leakscan:", VERSION.encode(), *map(_prefixed, (rule_id.encode(), secret, path))])
    if key:
        import hmac

        digest, kind = hmac.new(key, message, hashlib.sha256).hexdigest(), "k"
    else:
        digest, kind = hashlib.sha256(message).hexdigest(), ""
    return f"leakscan:{VERSION}{kind}:{digest[:_HEX_DIGITS]}"


def _prefixed(field: bytes) -> bytes:
    """`field` after its length, so that no two lists of fields give the same bytes."""
    return len(field).to_bytes(8, "big") + field
