"""A finding under the names that Gitleaks' reports give its parts."""

from __future__ import annotations

from scanner.model import Commit, Finding, text_of
from scanner.report.go import float32

_NO_COMMIT = Commit(id="")


def gitleaks_fields(finding: Finding) -> dict[str, object]:
    """Exactly the keys of Gitleaks' JSON report, in its order; ``Link`` only where there is one.

    The finding's secret is shown as it is: mask it before. The end of an open-ended finding is what
    Gitleaks makes of it, its first line and column 0: baselines compare ends.
    """
    commit = finding.commit or _NO_COMMIT
    return {
        "RuleID": finding.rule.id,
        "Description": finding.rule.description,
        "StartLine": finding.start_line,
        "EndLine": finding.start_line if finding.open_ended else finding.end_line,
        "StartColumn": finding.start_column,
        "EndColumn": 0 if finding.open_ended else finding.end_column,
        "Match": text_of(finding.match),
        "Secret": text_of(finding.secret),
        "File": text_of(finding.path),
        "SymlinkFile": text_of(finding.symlink),
        "Commit": commit.id,
        **({"Link": finding.link} if finding.link else {}),
        "Entropy": float32(finding.entropy),
        "Author": commit.author,
        "Email": commit.email,
        "Date": commit.date,
        "Message": commit.message,
        "Tags": list(finding.tags),
        "Fingerprint": finding.fingerprint,
    }


def own_fields(finding: Finding) -> dict[str, object]:
    """What our own formats say of a finding beyond, or better than, Gitleaks' keys.

    ``Severity`` is there only where the rule has one, ``Facts`` only where the secret says something.
    """
    return {
        "EndLine": finding.end_line,
        "EndColumn": finding.end_column,
        "Id": finding.id,
        "Merge": finding.merge,
        **({"Severity": finding.rule.severity} if finding.rule.severity else {}),
        "Remediation": finding.rule.remediation,
        **({"Facts": dict(finding.facts)} if finding.facts else {}),
    }
