"""One guarded fetch: every hop checked, few attempts, and only whole bodies of types that are read."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from index.errors import FetchError
from index.fetching.address import Address, parse_address
from index.fetching.exchange import Response, exchange
from index.fetching.guard import checked_addresses
from index.fetching.limits import FetchDeadline, FetchLimits
from index.fetching.network import SYSTEM, Network

DEFAULT_LIMITS = FetchLimits()

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AGAIN = frozenset({429, 500, 502, 503, 504})
_OK = 200
_WHY = {
    401: "it asks for a password",
    403: "its server refuses to give it",
    404: "there is no such page",
    410: "the page is gone",
    429: "its server says that there were too many requests",
}
_READ_TYPES = re.compile(
    r"text/(?:html|plain|xml|markdown)|application/(?:xhtml\+xml|xml|(?:rss|atom|rdf)\+xml|pdf|json|feed\+json)"
)
_TYPE = re.compile(r"\s*([^\s;,]+)(?:.*?;\s*charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{2,30}))?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The whole body behind an address. `address` is where it was found, after all redirects."""

    address: Address
    data: bytes
    media_type: str
    """In lower case, such as "text/html"; "" where the server does not say."""
    charset: str = ""
    """As the server states it; it may be wrong."""


Fetch = Callable[[str], Fetched]
"""What `Fetcher` is to those that use it."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Gets what web addresses lead to, one at a time. Called with the text of an address."""

    network: Network = SYSTEM
    limits: FetchLimits = DEFAULT_LIMITS

    def __call__(self, url: str) -> Fetched:
        """What an address leads to.

        Raises FetchError for an address that is not public, at any hop; for a status other than 200; for a type of
        content that is not read; and at every limit. A body that is not whole is never given.
        """
        address = parse_address(url)
        deadline = FetchDeadline(self.limits, self.network.clock)
        for _ in range(self.limits.max_redirects + 1):
            response = self._answered(address, deadline)
            if response.status not in _REDIRECTS:
                return _accepted(address, response)
            if not response.header("Location"):
                raise FetchError(f"{address} redirects to nowhere: check the address")
            address = address.joined(response.header("Location"))
        raise self.limits.exceeded("max_redirects", url)

    def _answered(self, address: Address, deadline: FetchDeadline) -> Response:
        """The response, asked for again while the server is busy or fails. A request to get a page may be repeated."""
        ips = checked_addresses(address, self.network.resolve, deadline.left(str(address)))
        for attempt in range(1, self.limits.max_attempts + 1):
            response = exchange(address, ips, self.network, self.limits, deadline)
            if response.status not in _AGAIN or attempt == self.limits.max_attempts:
                break
            wait = _wait(response.header("Retry-After"), attempt)
            if wait > min(self.limits.max_wait_seconds, deadline.left(str(address))):
                break
            self.network.sleep(wait)
        return response


def _wait(retry_after: str, attempt: int) -> float:
    """Seconds until the next attempt: what the server asks for, in seconds or as a date, else 0.5, 1, 2, …."""
    usual: float = 0.5 * 2 ** (attempt - 1)
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        until = email.utils.parsedate_to_datetime(retry_after)
    except (TypeError, ValueError, OverflowError, IndexError):
        return usual
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _accepted(address: Address, response: Response) -> Fetched:
    if response.status != _OK:
        why = _WHY.get(response.status, "its server failed" if response.status >= 500 else "no page came")
        reason = f" {response.reason}" if response.reason.isascii() and response.reason.isprintable() else ""
        raise FetchError(f"{address} answered {response.status}{reason} ({why}): check the address, or try again later")
    stated = _TYPE.match(response.header("Content-Type"))
    media_type = stated[1].lower() if stated else ""
    if media_type and not _READ_TYPES.fullmatch(media_type):
        raise FetchError(
            f"{address} is of the type {media_type[:60]!r}: give the address of a page, a feed, a text or a PDF"
        )
    return Fetched(address, response.body, media_type, (stated[2] or "") if stated else "")
