"""How much feedback is taken, and that a reader has one verdict on a question.

There is no login, so a reader is whoever has the address that the request comes from, or that a trusted proxy names.
Addresses are held in memory alone, for as long as they count.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from index.errors import TooMuchFeedback

A_MINUTE = 30
"""Verdicts of one reader."""
ALL_A_MINUTE = 120
"""Verdicts of all readers together."""
_REMEMBERED = 10_000
_MINUTE = 60.0


class _Rate:
    """At most so many a minute for each key, all of which may come at once (the generic cell rate algorithm)."""

    def __init__(self, a_minute: int) -> None:
        self._interval = _MINUTE / a_minute
        self._full: OrderedDict[str, float] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """The seconds until the next one may come; 0 if it may now."""
        return max(0.0, self._full.get(key, 0.0) + self._interval - now - _MINUTE)

    def count(self, key: str, now: float) -> None:
        """One has come."""
        self._full[key] = max(self._full.pop(key, 0.0), now) + self._interval
        if len(self._full) > _REMEMBERED:
            self._full.popitem(last=False)


class FeedbackGate:
    """Takes so many verdicts a minute, from each reader and from all; safe to use from many threads."""

    def __init__(
        self, *, a_minute: int = A_MINUTE, all_a_minute: int = ALL_A_MINUTE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` gives seconds that never go back."""
        self._clock = clock
        self._lock = threading.Lock()
        self._rates = ((_Rate(a_minute), True), (_Rate(all_a_minute), False))
        self._verdicts: OrderedDict[tuple[str, str], str] = OrderedDict()

    def admit(self, reader: str, question: str, id: str) -> str:
        """The id under which a verdict is kept: that of the reader's earlier one on the question, or else the given.

        Raises TooMuchFeedback.
        """
        with self._lock:
            now = self._clock()
            if wait := max(rate.wait(reader if apart else "", now) for rate, apart in self._rates):
                raise TooMuchFeedback(math.ceil(wait))
            for rate, apart in self._rates:
                rate.count(reader if apart else "", now)
            key = (reader, " ".join(question.casefold().split()))
            kept = self._verdicts.setdefault(key, id)
            self._verdicts.move_to_end(key)
            if len(self._verdicts) > _REMEMBERED:
                self._verdicts.popitem(last=False)
        return kept
