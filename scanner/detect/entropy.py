"""Shannon entropy, as Gitleaks counts it."""

from __future__ import annotations

import math
from collections import Counter

from scanner.model import text_of


def shannon(data: bytes) -> float:
    """Entropy of `data` in bits.

    Characters are counted as code points but divided by the length in bytes, as Gitleaks does, so text
    outside ASCII scores lower than the textbook formula would.
    """
    if not data:
        return 0.0
    scale = 1.0 / len(data)
    entropy = 0.0
    for count in Counter(data if data.isascii() else text_of(data)).values():
        frequency = count * scale
        entropy -= frequency * math.log2(frequency)
    return entropy
