"""The config that ``leakscan config init`` writes."""

from __future__ import annotations

STARTER = """\
# leakscan's config, in the format of Gitleaks: https://github.com/gitleaks/gitleaks#configuration
# Lines that begin with "#" and no blank are examples: take the "#" off to use them.

[extend]
# Build on the built-in rules. An own rule of the same id changes that rule: what it leaves out stays.
useDefault = true
# Built-in rules that you do not want; `leakscan rules list` shows all ids.
#disabledRules = ["generic-api-key"]

# A rule of your own. Patterns are RE2 (as in Go); without keywords it runs on every text, with them only
# where one of them occurs, which is much faster.
#[[rules]]
#id = "acme-token"
#description = "Token of the Acme API"
#regex = \'\'\'\\b(acme_[0-9a-zA-Z]{32})\\b\'\'\'
#keywords = ["acme_"]
#entropy = 3.0
#severity = "high"
#remediation = "Revoke it in Acme's console under Settings, API tokens."
#
# What this rule must not report: secrets that contain one of these words.
#[[rules.allowlists]]
#stopwords = ["example", "dummy"]

# Files that are not looked at. Paths are patterns too, and match anywhere in the path.
#[[allowlists]]
#description = "Recorded test data"
#paths = [\'\'\'(?:^|/)tests/fixtures/\'\'\']

# Allowed for some rules alone, and only where all of it holds.
#[[allowlists]]
#description = "The local development database"
#targetRules = ["acme-token"]
#condition = "AND"
#paths = [\'\'\'^docker-compose\\.yml$\'\'\']
#regexes = [\'\'\'^acme_0+$\'\'\']
"""
