"""How much a fetch may cost, and the clock that watches over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from index.errors import FetchError


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a fetch may take; whatever exceeds a limit fails with a FetchError that names it."""

    max_wire_bytes: int = 16 * 1024 * 1024
    """Of one response, headers included, as sent."""
    max_body_bytes: int = 32 * 1024 * 1024
    """Of one response's body when unpacked."""
    max_header_bytes: int = 64 * 1024
    max_seconds: float = 30.0
    """From the first look-up of the name to the last byte, with all redirects and attempts."""
    connect_seconds: float = 10.0
    grace_seconds: float = 10.0
    """After so long a response must have come at `min_bytes_per_second` on average."""
    min_bytes_per_second: int = 256
    max_redirects: int = 5
    max_attempts: int = 3
    """Of one request, where the server answers 429 or 5xx."""
    max_wait_seconds: float = 5.0
    """Between two attempts, whatever the server asks for."""

    def exceeded(self, limit: str, where: str) -> FetchError:
        """The error of a limit that was exceeded."""
        allowed = getattr(self, limit)
        return FetchError(
            f"{where} exceeds the limit {limit} ({allowed:,}) and was dropped: save the page as a file and add that"
        )


class FetchDeadline:
    """The time that is left of `limits.max_seconds`."""

    def __init__(self, limits: FetchLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self.clock = clock
        self._end = clock() + limits.max_seconds

    def left(self, where: str) -> float:
        """Seconds, more than 0. Raises FetchError where none are left."""
        seconds = self._end - self.clock()
        if seconds <= 0:
            raise self._limits.exceeded("max_seconds", where)
        return seconds
