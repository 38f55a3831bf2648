"""How far an IP address leads: anywhere in the world, or only into the network around us.

The ranges are those of IANA's special-purpose registries (RFC 6890) and of the forms in which an
IPv6 address holds an IPv4 one, which leads where the inner one does.
"""

from enum import Enum, auto
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address


class Reach(Enum):
    PUBLIC = auto()
    PRIVATE = auto()
    """Of this network, shared addresses of carriers (RFC 6598) among them."""
    LOOPBACK = auto()
    LINK_LOCAL = auto()
    """Of this wire alone; where clouds answer with their machines' credentials."""
    NOWHERE = auto()
    """Nothing that a server could have: unspecified, multicast, not assigned."""


OPENS = {
    Reach.PUBLIC: frozenset({Reach.PUBLIC}),
    Reach.PRIVATE: frozenset({Reach.PUBLIC, Reach.PRIVATE}),
    Reach.LOOPBACK: frozenset({Reach.PUBLIC, Reach.PRIVATE, Reach.LOOPBACK}),
    Reach.LINK_LOCAL: frozenset({Reach.PUBLIC, Reach.LINK_LOCAL}),
    Reach.NOWHERE: frozenset({Reach.PUBLIC}),
}
"""Where an index may send us, by where it is itself: one on the company's network has no business
with services of this machine."""

_THIS_HOST = IPv4Network("0.0.0.0/8")
_BROADCAST = IPv4Address("255.255.255.255")
_OF_CLOUDS = tuple(
    IPv4Network(each) for each in ("192.0.0.0/24", "168.63.129.16/32", "100.100.100.200/32")
)
_OF_CLOUDS_6 = IPv6Address("fd00:ec2::254")
"""Where machines of clouds find their credentials, outside of the ranges of one wire."""

_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def reach_of(address: str) -> Reach:
    """The reach of an IP address as `getaddrinfo` writes it."""
    found = ip_address(address)
    return _reach_of_4(found) if isinstance(found, IPv4Address) else _reach_of_6(found)


def _reach_of_4(address: IPv4Address) -> Reach:
    if address in _THIS_HOST or address.is_multicast or address == _BROADCAST:
        return Reach.NOWHERE
    if any(address in each for each in _OF_CLOUDS):
        return Reach.LINK_LOCAL
    if address.is_loopback:
        return Reach.LOOPBACK
    if address.is_link_local:
        return Reach.LINK_LOCAL
    return Reach.PUBLIC if address.is_global else Reach.PRIVATE


def _reach_of_6(address: IPv6Address) -> Reach:
    inner = _inner(address)
    if inner is not None:
        return _reach_of_4(inner)
    if address.is_loopback:
        return Reach.LOOPBACK
    if address.is_link_local or address == _OF_CLOUDS_6:
        return Reach.LINK_LOCAL
    if address.is_site_local or address in _LOCAL_NAT64 or address in IPv6Network("fc00::/7"):
        return Reach.PRIVATE
    if address.teredo is not None or address not in _GLOBAL_UNICAST:
        return Reach.NOWHERE
    return Reach.PUBLIC if address.is_global else Reach.PRIVATE


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a mapped, a translated (NAT64) or a 6to4 address leads to."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
