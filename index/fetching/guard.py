"""Which addresses of the internet may be connected to, and the resolution of a name, once, to nothing but those."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence

from index.errors import FetchError
from index.fetching.address import Address, address_error

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

Resolve = Callable[[str, int, float], Sequence[str]]
"""From a host's name, a port and seconds to wait to the addresses of the host."""

_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

# Not every version of `ipaddress` knows all of these: shared, benchmarking, documentation and deprecated relay
# addresses; Teredo with its neighbours and 6to4, which carry an IPv4 address; documentation and segment routing.
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        "0.0.0.0/8 100.64.0.0/10 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 "
        "224.0.0.0/4 240.0.0.0/4 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16".split(),
    )
)


def is_public(address: IPAddress) -> bool:
    """Whether the address belongs to a host on the public internet.

    An IPv4 address inside an IPv6 one (mapped, or behind NAT64) decides for it; Teredo and 6to4 are never public.

    >>> is_public(ipaddress.ip_address("64:ff9b::7f00:1"))
    False
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        if address.scope_id or address not in _PUBLIC_IPV6:
            return False
    known = not any(address.version == network.version and address in network for network in _NOT_PUBLIC)
    return known and address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def checked_addresses(address: Address, resolve: Resolve, seconds: float) -> list[str]:
    """The addresses of a host, resolved once, each of which may be connected to.

    Raises FetchError where the name has no address, or where any of its addresses is not public.
    """
    literal = _literal(address.host)
    written = [address.host] if literal else list(resolve(address.host, address.port, seconds))
    if not written:
        raise FetchError(f"{address} cannot be fetched: {address.host} has no address; check its spelling")
    found = []
    for text in written:
        ip = _literal(text)
        if ip is None or not is_public(ip):
            raise address_error(str(address), f"{text} is no public address")
        found.append(str(ip))
    return list(dict.fromkeys(found))


def _literal(text: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
