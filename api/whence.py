"""From which address a reader asks, as far as anybody can tell."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from aiohttp import hdrs, web

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

ONE_HOUSE = 64
"""Bits of an IPv6 address that are given to a house or an office: it has all the addresses that begin like this."""


def whence(request: web.Request, proxies: Sequence[Network]) -> str | None:
    """See `told`."""
    return told(request.remote, request.headers.getall(hdrs.X_FORWARDED_FOR, ()), proxies)


def told(peer: str | None, forwarded: Sequence[str], proxies: Sequence[Network]) -> str | None:
    """The address of who asks; of IPv6 the part that a house has. None: nobody can tell.

    `peer`: who is connected to us. `forwarded`: what X-Forwarded-For says, which is believed of our `proxies` alone,
    from the end on: what stands before was said to the proxy. A peer of a private network that is none of them may be
    a proxy that we were not told of, with everybody behind it.
    """
    if peer is None or (direct := _address(peer)) is None:
        return None
    if not _among(direct, proxies):
        return _house(direct) if direct.is_global else None
    for said in reversed(",".join(forwarded).split(",")):
        found = _address(said.strip())
        if found is None or not _among(found, proxies):
            return None if found is None else _house(found)
    return None


def _address(text: str) -> Address | None:
    """None where it is none. One of IPv4 that is written as one of IPv6 is the same."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _house(address: Address) -> str:
    own = ONE_HOUSE if address.version == 6 else address.max_prefixlen
    return str(ip_network((address, own), strict=False))


def _among(address: Address, proxies: Sequence[Network]) -> bool:
    return any(address in proxy for proxy in proxies)
