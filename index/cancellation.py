"""Work that nobody waits for any more stops at its next step.

Whoever starts the work enters `cancellable`; steps that take long call `check` of the `cancellation` around them. It
travels in a context variable, so that no signature between the two has to name it; a thread that is started for a part
of the work does not inherit it and is given the object instead.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from index.errors import Cancelled


class Cancellation:
    """Tells work that it is no longer wanted; safe to use from many threads."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """The work is no longer wanted. There is no way back."""
        self._cancelled.set()

    def check(self) -> None:
        """Raise Cancelled if the work is no longer wanted."""
        if self._cancelled.is_set():
            raise Cancelled("nobody waits for the answer any more: ask again to have it")


_current: ContextVar[Cancellation] = ContextVar("cancellation", default=Cancellation())  # noqa: B039 - never cancelled


def cancellation() -> Cancellation:
    """That of the work around; one that nobody can cancel where there is none."""
    return _current.get()


@contextmanager
def cancellable(own: Cancellation) -> Iterator[None]:
    """Whatever is done inside stops once `own` is cancelled."""
    token = _current.set(own)
    try:
        yield
    finally:
        _current.reset(token)
