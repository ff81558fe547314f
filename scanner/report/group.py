"""Which findings are of one secret."""

from __future__ import annotations

from scanner.model import Finding


def group_key(finding: Finding) -> tuple[str, ...]:
    """Equal for findings of one secret by one rule; for internal use, as it holds the secret.

    A rule on the path alone has a group for each path. A finding that comes masked from a saved report says
    which secret it is of by its identity alone.
    """
    clear = finding.secret.decode("latin-1")
    if clear == "REDACTED" or clear.endswith("..."):
        return (finding.rule.id, "masked", finding.id or finding.fingerprint)
    if not clear:
        return (finding.rule.id, "path", finding.path.decode("latin-1"))
    return (finding.rule.id, "secret", clear)
