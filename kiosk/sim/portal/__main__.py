"""`python -m kiosk.sim.portal`: the sandbox portal by itself, until interrupted."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

from kiosk.sim import pki
from kiosk.sim.portal import tls
from kiosk.sim.portal.admin import make_admin
from kiosk.sim.portal.records import HELP, BadRecords
from kiosk.sim.portal.requests import LIFETIME
from kiosk.sim.portal.sandbox import Sandbox, world
from kiosk.sim.portal.server import Server
from kiosk.sim.portal.trust import BadAnchor


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say whom the sandbox believes and knows; the demo offers the same."""
    parser.add_argument(
        "--trust-anchor",
        type=Path,
        action="append",
        default=[],
        metavar="FILE.pem",
        help="believe certificates issued by this authority too (PEM; may be repeated)",
    )
    parser.add_argument(
        "--crl",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="an authority's list of revoked certificates (PEM or DER; may be repeated)",
    )
    parser.add_argument(
        "--records",
        type=Path,
        action="append",
        default=[],
        metavar="FILE.toml",
        help="drivers to know beside the invented people (may be repeated; form below)",
    )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m kiosk.sim.portal",
        description="The sandbox portal: a real HTTPS service on loopback that follows kiosk/portal/openapi.yaml.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=8443, help="default: 8443; 0: any free one")
    parser.add_argument("--admin-port", type=int, help="serve the fault switches here, over HTTP on loopback")
    parser.add_argument("--state", type=Path, default=tls.DIRECTORY, help=f"its TLS files; default: {tls.DIRECTORY}")
    parser.add_argument("--pki", type=Path, default=pki.DIRECTORY, help=f"the cards' authorities; {pki.DIRECTORY}")
    parser.add_argument("--lifetime", type=float, default=LIFETIME.total_seconds(), help="of a linking, in seconds")
    arguments(parser)
    options = parser.parse_args(argv)
    try:
        records, trust = world(pki.Pki(options.pki), options.trust_anchor, options.crl, options.records)
        lifetime = timedelta(seconds=options.lifetime)
        sandbox = Sandbox(records, trust, options.state, options.port, lifetime)
        admin = None if options.admin_port is None else Server(options.admin_port, make_admin(sandbox))
    except (BadAnchor, BadRecords) as error:
        print(f"sandbox portal: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"sandbox portal: {error.strerror or error}: choose another port or --state",
            file=sys.stderr,
        )
        return 2
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with sandbox, contextlib.ExitStack() as stack:
        for line in sandbox.announcement():
            print(line, flush=True)
        if admin:
            admin.start()
            stack.callback(admin.stop)
            print(f"  fault switches     http://127.0.0.1:{admin.port}/api/portal", flush=True)
        ended.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
