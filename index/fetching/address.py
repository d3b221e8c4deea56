"""The text of a web address → its parts, strictly: what two readers could take for two hosts is refused."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from index.errors import FetchError

PORTS = {"http": 80, "https": 443}
"""The schemes that are fetched, with their usual ports."""

_MOST_CHARACTERS = 4_000
_UNFIT = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]|[^\S ]")
_BEGINNING = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMERIC = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)
_PORT = re.compile(r"\d{1,5}", re.ASCII)
_PASSWORD = re.compile(r"//[^?#\s]*@")
"""Who gives a name and a password in an address does not want to see them in a message. They may hold any character,
so everything up to the last @ is left out."""
_KEPT = "/%:@!$&'()*+,;=~-._"
_LONGEST_HOST = 253


@dataclass(frozen=True, slots=True)
class Address:
    """A web address in its one spelling. `host` is a name in ASCII or a literal address without brackets."""

    scheme: str
    host: str
    port: int
    target: str
    """Path and query, as a request line has them."""

    @property
    def authority(self) -> str:
        """Host and port as a `Host` header has them: the scheme's usual port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    def joined(self, reference: str) -> Address:
        """The address that a reference found at this one means. Raises FetchError, as `parse_address` does."""
        try:
            return parse_address(urljoin(str(self), reference.strip()))
        except ValueError as error:
            raise address_error(reference, str(error)) from error


def is_address(text: str) -> bool:
    """Whether an argument is meant as a web address: it begins with http:// or https://."""
    return text[:8].lower().startswith(("http://", "https://"))


def address_error(url: str, why: str) -> FetchError:
    """The one refusal of an address, with its particular reason."""
    shown = _PASSWORD.sub("//***@", url).encode("ascii", "backslashreplace").decode()[:200]
    return FetchError(f"{shown} is not fetched ({why}): give an http or https address of a host on the public internet")


def parse_address(url: str) -> Address:
    """The parts of an absolute http or https address.

    Raises FetchError for another scheme, a name or password before the host, backslashes and white space, a host that
    is neither a plain name nor an address in its usual form ("0x7f.1", "2130706433"), and a port that is none.
    """
    if len(url) > _MOST_CHARACTERS:
        raise address_error(url, f"it has {len(url):,} characters")
    if _UNFIT.search(url):
        raise address_error(url, "it holds a backslash, white space or a control character")
    if not _BEGINNING.match(url):
        raise address_error(url, "it does not begin with http:// or https:// and a host")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise address_error(url, str(error)) from error
    if "@" in parts.netloc:
        raise address_error(url, "it has a name or password before the host")
    host, port = _host_and_port(url, parts.netloc, PORTS[parts.scheme])
    query = f"?{quote(parts.query, safe=_KEPT + '?')}" if parts.query else ""
    return Address(parts.scheme, host, port, (quote(parts.path, safe=_KEPT) or "/") + query)


def _host_and_port(url: str, netloc: str, usual: int) -> tuple[str, int]:
    if netloc.startswith("["):
        literal, closed, rest = netloc[1:].partition("]")
        if not closed:
            raise address_error(url, "its host is no address")
        host, colon, port = _ipv6(url, literal), rest[:1], rest[1:]
        if rest and colon != ":":
            raise address_error(url, "something stands between its host and its port")
    else:
        name, _, port = netloc.partition(":")
        host = _name(url, name)
    if not port:
        return host, usual
    if not _PORT.fullmatch(port) or not 0 < int(port) < 65_536:
        raise address_error(url, "its port is not a number from 1 to 65535")
    return host, int(port)


def _ipv6(url: str, literal: str) -> str:
    try:
        if "%" in literal:
            raise ValueError("a zone")
        return str(ipaddress.IPv6Address(literal))
    except ValueError as error:
        raise address_error(url, "its host is no IPv6 address") from error


def _name(url: str, written: str) -> str:
    """A host's name in ASCII and lower case; what ends in a number must be an IPv4 address of four decimal parts."""
    try:
        name = (written if written.isascii() else written.encode("idna").decode("ascii")).lower().removesuffix(".")
    except UnicodeError as error:
        raise address_error(url, "its host is no name of the internet") from error
    labels = name.split(".")
    if len(name) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, labels)):
        raise address_error(url, "its host is no name of the internet")
    if _NUMERIC.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError as error:
            raise address_error(url, "its host is a number in an unusual form") from error
    if len(labels) == 1 or labels[-1] in {"localhost", "local", "internal"}:
        raise address_error(url, "its host is a name of this machine or of a local network")
    return name
