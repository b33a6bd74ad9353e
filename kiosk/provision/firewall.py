"""Where a kiosk may go, as an answer brings it: addresses, networks and ports, as data. What nft reads is written here
from what was understood of them, so no word of an answer's becomes a rule: the rules are the kiosk's own, and only
their sets are filled (systemd/nftables/rules.nft).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from msgspec import Meta, Struct

from kiosk.config.kiosk import Port

FILE = "firewall.nft"  # beside the settings
Network = IPv4Network | IPv6Network
Address = Annotated[str, Meta(max_length=50)]
Addresses = Annotated[tuple[Address, ...], Meta(max_length=64)]
Places = Annotated[tuple[tuple[Address, Port], ...], Meta(max_length=64)]
BEGINS = """\
# Where this kiosk may go, and from where it may be looked after, as a signed answer says: docs/provisioning.md
# The next answer that brings such a list replaces it.
"""


class Firewall(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who of the machine reaches what; what is left out is closed. server: portal and network printer. services:
    updates, fleet, alerts. names: DNS. clock: NTP. ssh: from where engineers come."""

    server: Places = ()
    services: Places = ()
    names: Addresses = ()
    clock: Addresses = ()
    ssh: Addresses = ()


def text(firewall: Firewall, pages: int) -> str:
    """The file. pages: their port. Raises ValueError, with a line for whoever wrote it."""
    filled = [f"add element inet kiosk pages {{ {pages:d} }}"]
    for name in Firewall.__struct_fields__:
        found = list(_places(name, getattr(firewall, name)))
        for (one, at), (other, there) in itertools.combinations(found, 2):
            if at == there and one.version == other.version and one.overlaps(other):  # nft takes no such set
                raise ValueError(f"{name}: {one} and {other} overlap")
        for version, more in ((4, ""), (6, "6")):
            elements = [_element(place, port) for place, port in found if place.version == version]
            if elements:
                filled.append(f"add element inet kiosk {name}{more} {{ {', '.join(elements)} }}")
    if not firewall.server:
        raise ValueError("server: is empty; the portal could not be reached")
    return BEGINS + "\n".join(filled) + "\n"


def _places(name: str, places: tuple[str | tuple[str, int], ...]) -> Iterator[tuple[Network, int | None]]:
    for place in places:
        address, port = (place, None) if isinstance(place, str) else place
        try:
            if "%" in address:  # an interface's name, which ipaddress takes along
                raise ValueError
            yield ip_network(address), port
        except ValueError:
            raise ValueError(f"{name}: {address!r} is no address and no network, such as 192.0.2.0/24") from None


def _element(network: Network, port: int | None) -> str:
    return str(network) if port is None else f"{network} . {port:d}"
