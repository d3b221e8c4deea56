"""How well copies are told from look-alikes on the planted pairs: `python scripts/measure_copies.py`.

Prints for each half precision and recall with 95 % intervals (Wilson), and for each kind of pair how many are right.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from scipy.stats import binomtest

from eval.sample.copying import CopyPair, halves, pairs
from index.duplicates.copies import Body, is_copy, signature


def taken(pair: CopyPair) -> bool:
    """Whether the index would take the pair for copies: a band in common, and then the texts."""
    one, other = Body(pair.one), Body(pair.other)
    return bool(np.intersect1d(signature(one), signature(other)).size) and is_copy(one, other)


def share(right: int, of: int) -> str:
    """A proportion with its interval."""
    interval = binomtest(right, of).proportion_ci(method="wilson")
    return f"{right / of:.3f} [{interval.low:.3f}, {interval.high:.3f}] ({right} of {of})"


def main() -> None:
    """Measure and print."""
    planted = pairs()
    judged = {pair: taken(pair) for pair in planted}
    for half in ("dev", "test"):
        own = halves(planted, half)
        found = [pair for pair in own if judged[pair]]
        right = sum(pair.copy for pair in found)
        print(f"{half}: precision {share(right, len(found))}, recall {share(right, sum(p.copy for p in own))}")
    kinds: defaultdict[tuple[bool, str], list[bool]] = defaultdict(list)
    for pair in planted:
        kinds[not pair.copy, pair.kind].append(judged[pair] == pair.copy)
    for (different, kind), right_ones in sorted(kinds.items()):
        print(f"{'look-alike' if different else 'copy':10} {kind:18} {share(sum(right_ones), len(right_ones))}")


if __name__ == "__main__":
    main()
