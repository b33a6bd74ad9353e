"""An update of the image from the operator's server (docs/appliance.md, "Updating"): the image's own rules for an
update, but for where its files come from. systemd-sysupdate and systemd-pull do the rest.

Verify=no is said of SHA256SUMS alone, which would have to be signed by GPG; each file is held to its hash in there all
the same. That the list is the operator's, TLS says; whether what came may run, the signature of the UKI, the hash of
the root and the version floor, as of everything that is put into a slot. What may not, or is not the version that it is
called, is removed before it keeps others back (image/mkosi.extra/usr/lib/kiosk-image/keep-signed).
"""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.provision.fleet import UPDATES, Unfit, address

HERE = "Type=regular-file\nPath=/state/update\n"
THERE = "Type=url-file\nPath={address}\n"
BEGINS = "[Transfer]\n"


def rules(shipped: Mapping[str, str], said: str) -> dict[str, str]:
    """shipped: the image's own, by name. said: what stands in the file with the address. Raises Unfit."""
    there = THERE.format(address=address(UPDATES, said))
    for name, text in shipped.items():
        if (text.count(HERE), text.count(BEGINS)) != (1, 1):
            raise Unfit(f"{name}: does not say where an update lies as it did")
    return {name: text.replace(HERE, there).replace(BEGINS, f"{BEGINS}Verify=no\n") for name, text in shipped.items()}
