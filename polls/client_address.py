"""The network a request comes from: on the word of the socket, and of the proxies we were told of."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import MutableMapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

UNIX = "unix"  # stands in TRUSTED_PROXIES for "whoever reaches our unix socket"


def network_of(request: HttpRequest) -> str:
    """The network to count votes under: an IPv4 address ("203.0.113.7/32") or an IPv6 /64 ("2001:db8::/64").

    "unix" when a peer on a unix socket is not trusted or names nobody. Then, as behind a proxy missing from
    `TRUSTED_PROXIES`, all readers share one network: too strict is noticed and mended, too loose is not.
    """
    name = "HTTP_" + settings.CLIENT_ADDRESS_HEADER.upper().replace("-", "_")
    return network(peer=request.META.get("REMOTE_ADDR", ""), forwarded=request.META.get(name, ""))


def network_of_scope(scope: MutableMapping[str, Any]) -> str:
    """The same for a bare ASGI scope."""
    name = settings.CLIENT_ADDRESS_HEADER.lower().encode()
    forwarded = b",".join(value for key, value in scope["headers"] if key == name)
    return network(peer=(scope.get("client") or ("",))[0], forwarded=forwarded.decode("latin-1"))


def network(*, peer: str, forwarded: str) -> str:
    """The same from the peer of the socket ("" on a unix socket) and the value of `CLIENT_ADDRESS_HEADER`."""
    address = _parse(peer)
    if _trusted(address):
        address = _from_the_right(forwarded) or address
    if address is None:
        return UNIX
    prefix = 32 if address.version == 4 else 64  # one household or phone commands a whole /64
    return str(ipaddress.ip_network((address, prefix), strict=False))


def _from_the_right(forwarded: str) -> Address | None:
    """The last address of the list that is no proxy of ours.

    Each proxy appends whom it saw, so only the right end was written by somebody trusted; left of it stands
    what the client likes. Junk met before an address means that the chain cannot be believed at all.
    """
    address = None
    while forwarded:
        forwarded, _, last = forwarded.rpartition(",")
        address = _parse(last)
        if address is None or not _trusted(address):
            return address
    return address


def _parse(text: str) -> Address | None:
    """An address, also with port ("192.0.2.1:80", "[2001:db8::1]:80") or zone; "::ffff:192.0.2.1" as IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _trusted(address: Address | None) -> bool:
    unix, networks = _proxies(tuple(settings.TRUSTED_PROXIES))
    if address is None:
        return unix
    return any(address in network for network in networks if network.version == address.version)


@functools.lru_cache(maxsize=8)
def _proxies(names: tuple[str, ...]) -> tuple[bool, tuple[Network, ...]]:
    networks = (ipaddress.ip_network(name, strict=False) for name in names if name != UNIX)
    return UNIX in names, tuple(networks)
