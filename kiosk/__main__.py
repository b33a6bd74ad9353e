"""`python -m kiosk`: what an appliance runs (serve, browser, caretaker, keyboards, continue), what its operator asks
(check, audit, report, staff, provision), and the demo.

What is wrong with an option is said in one line on stderr, with exit code 2; what stops a command that was asked for
rightly (a port taken, no display) in one line with exit code 1. Of the settings each thing that is wrong is a line. A
service that is the appliance's takes what does fit of them and starts; what an operator asks for ends there with exit
code 2 (`check` once it has looked at what does not depend on them). The stand-ins are imported for the demo alone.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from msgspec import structs

from kiosk.config import policy
from kiosk.config.file import ConfigError
from kiosk.config.kiosk import AsSet, BrowserSettings, CaretakerSettings, Section, Settings, load_part, salvage

if TYPE_CHECKING:
    from kiosk.ipc.messages import SafeFor

SeesPages = TypeVar("SeesPages", BrowserSettings, Settings)

CONFIG = Path("/etc/kiosk/kiosk.toml")


class Parser(argparse.ArgumentParser):
    """An argument parser that complains in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(argv: list[str] | None = None) -> int:
    options = parsed(sys.argv[1:] if argv is None else argv)
    try:
        return int(options.run(options))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2


def parsed(argv: list[str]) -> argparse.Namespace:
    """What is to be done: its `run` takes the rest. Exits with 2 for what it does not know."""
    parser = Parser(prog="python -m kiosk", description="The kiosk that forgets.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve_ = commands.add_parser("serve", help="serve the kiosk's pages on 127.0.0.1 (what the appliance runs)")
    browser_ = commands.add_parser("browser", help="keep Chromium on the kiosk's page (what the appliance runs)")
    caretaker_ = commands.add_parser("caretaker", help="keep trail, counts and staff (what the appliance runs)")
    keyboards_ = commands.add_parser("keyboards", help="let in what the settings name (what the appliance runs)")
    continue_ = commands.add_parser("continue", help="have go on what was stopped (what the appliance runs)")
    check_ = commands.add_parser("check", help="check the settings, and say what this kiosk has and lacks")
    audit_ = commands.add_parser("audit", help="the audit trail: verify, show, export, upload")
    report_ = commands.add_parser("report", help="the readiness reports that were made at the screen: list, get")
    staff_ = commands.add_parser("staff", help="the staff's accounts: add, list, remove, card")
    provision_ = commands.add_parser("provision", help="settings, certificate and staff for a machine without a login")
    demo_ = commands.add_parser(
        "demo",
        help="the whole kiosk with virtual card, printer and portal; no hardware, no daemon",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    for command in (serve_, browser_, caretaker_, keyboards_, check_, audit_, report_, staff_):
        command.add_argument("--config", type=Path, default=CONFIG, metavar="FILE", help="default: %(default)s")
    serve_.description = "Serve the kiosk's pages on 127.0.0.1 until told to stop."
    serve_.set_defaults(run=lambda options: serve(_as_set(options.config)))
    browser_.description = "Start Chromium on the kiosk's page, and again when it has ended, until told to stop."
    browser_.add_argument("flags", nargs="*", metavar="-- FLAG", help="more flags for Chromium, after --")
    browser_.add_argument("--cage", action="store_true", help="in cage, which this starts")
    browser_.add_argument("--shared", action="store_true", help="others have windows on this display, too")
    browser_.set_defaults(run=lambda options: browser(_shown(options.config, BrowserSettings)[0], options))
    check_.description = (
        "Check the settings, and say what this kiosk has and lacks. Exit code 0: it has everything; "
        "1: it lacks something; 2: the settings cannot be used, and only what does not depend on them was looked at. "
        "As root it asks as the user the server runs as."
    )
    check_.set_defaults(run=lambda options: check(options.config))
    caretaker_.description = "Keep the audit trail, the counts and the staff's accounts, until told to stop."
    caretaker_.set_defaults(run=lambda options: caretaker(options.config))
    keyboards_.description = "Tell udev which keyboards the settings name. Nothing of any other comes to the screen."
    keyboards_.set_defaults(run=lambda options: keyboards(options.config))
    continue_.description = "Have each process of the kiosk go on that a signal has stopped, until told to stop."
    continue_.set_defaults(run=lambda options: go_on())
    audit_arguments(audit_)
    report_arguments(report_)
    staff_arguments(staff_)
    provision_arguments(provision_)
    if argv[:1] == ["demo"]:
        from kiosk.sim import demo

        demo.arguments(demo_)
        demo_.set_defaults(run=demo.run)

    return parser.parse_args(argv)


def _config_behind(commands: Iterable[argparse.ArgumentParser]) -> None:
    """--config may stand behind what is to be done, too: there an operator writes it."""
    for command in commands:
        command.add_argument(
            "--config", type=Path, default=argparse.SUPPRESS, metavar="FILE", help=f"default: {CONFIG}"
        )


def audit_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "The audit trail, as root. Exit code 0: done, and sound; 1: not. docs/audit.md has the rest."
    does = parser.add_subparsers(dest="audit", required=True, metavar="WHAT")
    does.add_parser("verify", help="every line, every seal and the anchor; names length, head and key")
    show = does.add_parser("show", help="every line in words")
    show.add_argument("--ja", action="store_true", help="in Japanese")
    show.add_argument("--prints", action="store_true", help="the print ledger alone")
    export = does.add_parser("export", help="one file that anybody can verify with openssl")
    export.add_argument("file", type=Path, metavar="FILE.tar")
    does.add_parser("looked-into", help="say that flaws were looked into: until then the board calls it a problem")
    upload = does.add_parser("upload", help="send it to a prefecture's desk, from where that was (docs/fleet.md)")
    upload.add_argument("url", metavar="https://DESK/FOLDER")
    upload.add_argument("--tls", type=Path, required=True, metavar="FOLDER", help="has ca.pem, kiosk.pem, kiosk.key")
    _config_behind(does.choices.values())
    parser.set_defaults(run=audit)


def report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "The readiness reports, as root. They are made at the screen, by the staff."
    does = parser.add_subparsers(dest="report", required=True, metavar="WHAT")
    does.add_parser("list", help="number, day, staff number, whether all was good, and fingerprint of each")
    get = does.add_parser("get", help="one as PDF")
    get.add_argument("number", type=int, metavar="NUMBER")
    get.add_argument("file", type=Path, metavar="FILE.pdf")
    _config_behind(does.choices.values())
    parser.set_defaults(run=report)


def staff_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "The staff's accounts, as root, while the caretaker runs. There is none until you make one."
    does = parser.add_subparsers(dest="staff", required=True, metavar="WHAT")
    add = does.add_parser("add", help="make an account; the passcode is asked for, or is the first line of the input")
    add.add_argument("--role", required=True, choices=("officer", "supervisor", "vendor"), help="vendor: seven days")
    does.add_parser("list", help="numbers and roles")
    remove = does.add_parser("remove", help="remove an account")
    card = does.add_parser("card", help="have a supervisor show a PIV card besides the passcode; off until you do")
    for command in (add, remove, card):
        command.add_argument("number", type=staff_number, metavar="NUMBER", help="the staff number, 1 to 999999")
    which = card.add_mutually_exclusive_group(required=True)
    which.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the certificate of its key 9A, PEM or DER")
    which.add_argument("--none", action="store_true", help="the passcode alone again")
    _config_behind(does.choices.values())
    parser.set_defaults(run=staff)


def provision_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "A request and its signed answer, by a stick. docs/provisioning.md has the rest."
    does = parser.add_subparsers(dest="provision", required=True, metavar="WHAT")
    sign = does.add_parser("sign", help="at a desk: answer a machine's request")
    prepare = does.add_parser("prepare", help="make the machine's key (what the appliance runs at each boot)")
    stick = does.add_parser("stick", help="see to a stick that was put in (what the appliance runs)")
    prove = does.add_parser("prove", help="answer a challenge with a proof (what the appliance runs when asked)")
    recovery = does.add_parser("recovery", help="make the state's recovery key (what the image runs at each boot)")
    sign.add_argument("request", type=Path, metavar="request.json", help="from the stick")
    sign.add_argument("answer", type=Path, metavar="answer.p7m", help="to the stick, beside the request")
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help="whom the machine believes: the key …")
    sign.add_argument("--certificate", type=Path, required=True, metavar="FILE", help="… and its certificate (PEM)")
    sign.add_argument("--settings", type=Path, metavar="FILE", help="the whole kiosk.toml")
    sign.add_argument("--facts", type=Path, metavar="FILE", help="the whole guidance.toml, which the settings name")
    sign.add_argument("--firewall", type=Path, metavar="FILE", help="where it may go (TOML), with --settings")
    sign.add_argument("--portal-certificate", type=Path, metavar="FILE", help="made from request.csr (PEM)")
    sign.add_argument("--portal-ca", type=Path, metavar="FILE", help="whom to trust as the portal (PEM)")
    sign.add_argument("--fleet", type=Path, metavar="FOLDER", help="where calls and figures go (docs/fleet.md)")
    sign.add_argument("--provisioner", type=Path, metavar="FILE", help="whom to believe from now on (PEM)")
    sign.add_argument(
        "--staff", type=appointment, action="append", default=[], metavar="NUMBER:ROLE", help="officer or supervisor"
    )
    sign.add_argument("--remove", type=staff_number, action="append", default=[], metavar="NUMBER", help="of the staff")
    sign.add_argument("--looked-into", action="store_true", help="say so of a trail that did not hold together")
    sign.add_argument("--days", type=int, default=14, choices=range(1, 61), metavar="DAYS", help="default: %(default)s")
    sign.set_defaults(run=provision_sign)
    stick.add_argument("device", metavar="DEVICE", help="such as /dev/sdb1")
    recovery.add_argument("device", metavar="DEVICE", help="with the encrypted state")
    for command in (prepare, stick, prove, recovery):
        command.add_argument("--config", type=Path, default=CONFIG, metavar="FILE", help="default: %(default)s")
    prepare.set_defaults(run=lambda options: provision_here(options.config, None))
    stick.set_defaults(run=lambda options: provision_here(options.config, options.device))
    recovery.set_defaults(run=lambda options: provision_recovery(options.config, options.device))
    prove.set_defaults(run=lambda options: provision_prove(options.config))


def appointment(text: str) -> tuple[int, str]:
    number, _, role = text.partition(":")
    if role not in ("officer", "supervisor"):
        raise argparse.ArgumentTypeError(f"{text} is no staff number with a role, such as 1001:supervisor")
    return staff_number(number), role


def staff_number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 999_999:
        raise argparse.ArgumentTypeError(f"{text} is no staff number (1 to 999999)")
    return number


def audit(options: argparse.Namespace) -> int:
    from kiosk.caretaker import commands

    return commands.audit(load_part(options.config, CaretakerSettings), options)


def report(options: argparse.Namespace) -> int:
    from kiosk.caretaker import commands

    return commands.report(load_part(options.config, CaretakerSettings), options)


def staff(options: argparse.Namespace) -> int:
    from kiosk.caretaker import commands

    return commands.staff(load_part(options.config, CaretakerSettings), options)


def provision_sign(options: argparse.Namespace) -> int:
    from kiosk.provision import commands

    return commands.run(options)


def provision_here(config: Path, device: str | None) -> int:
    from kiosk.services import provision

    return provision.run_prepare(config) if device is None else provision.run_stick(config, device)


def provision_recovery(config: Path, device: str) -> int:
    from kiosk.services import provision

    return provision.run_recovery(config, device)


def provision_prove(config: Path) -> int:
    from kiosk.services import proof

    return proof.run(config)


def caretaker(config: Path) -> int:
    from kiosk.services.caretaker import run

    return run(config)


def keyboards(config: Path) -> int:
    from kiosk.services.keyboards import run

    return run(config)


def go_on() -> int:
    from kiosk.services.going_on import run

    return run()


def _salvaged(path: Path, part: type[Section]) -> tuple[Section, tuple[str, ...]]:
    """What fits of the settings, and a line for each thing that does not, which is said."""
    settings, wrong = salvage(path, part)
    for line in wrong:
        print(line, file=sys.stderr)
    return settings, wrong


def _shown(path: Path, part: type[SeesPages]) -> tuple[SeesPages, tuple[str, ...]]:
    """The same; and pages at a port that Chromium's policy lets nobody see are at one that it does. Server and screen
    come to the same one."""
    settings: SeesPages
    wrong: tuple[str, ...]
    settings, wrong = _salvaged(path, part)
    number, shown = settings.server.port, policy.ports(policy.installed())
    if not shown or number in shown:
        return settings, wrong
    used = min(shown)
    line = f"{path}: server.port: {number} is not shown by Chromium, so {used} is used; correct it or {policy.MANAGED}"
    print(line, file=sys.stderr)
    return structs.replace(settings, server=structs.replace(settings.server, port=used)), (*wrong, line)


def _as_set(path: Path) -> AsSet:
    settings, wrong = _shown(path, Settings)
    return AsSet(settings, str(path), wrong)


def serve(as_set: AsSet) -> int:
    from kiosk.health import port
    from kiosk.services import sd_notify
    from kiosk.services.starts import TAKEN, Starts
    from kiosk.web.site import kiosk_answers, port_fault

    settings = as_set.settings
    number = settings.server.port
    tries = Starts(settings.server.runtime_directory, TAKEN)
    if (fault := port_fault(number)) is not None:
        print(f"server.port: {port.judge(number, fault, kiosk_answers(number), {}).said}", file=sys.stderr)
        if tries.begin() == "as set":
            return 1
        from kiosk.services import out_of_order

        tries.good()
        return out_of_order.await_port(settings)
    tries.good()
    starts = Starts(settings.server.runtime_directory)
    how = starts.begin()
    if how == "out of order":
        from kiosk.services import out_of_order

        print("no start comes to a page, not even to one with guidance only; it is out of order", file=sys.stderr)
        starts.good()  # the next is as if nothing had been
        return out_of_order.stand(settings)
    safe: SafeFor | None = "starts" if how == "guidance only" else "settings" if as_set.wrong else None

    sd_notify.stage("loading the program")
    from kiosk.health import look
    from kiosk.hw.reader import PcscReader
    from kiosk.ipc.caretaker import Caretaker
    from kiosk.services import server

    sd_notify.stage("looking at the fonts")
    for finding in (*(() if safe else (look.portal_settings(settings),)), *look.installed_fonts()):
        if finding.lacks:
            print(finding, file=sys.stderr)
    runtime = settings.caretaker.runtime_directory
    server.serve(
        settings,
        lambda: PcscReader(settings.reader.name),
        lambda untold: Caretaker(runtime, untold),
        safe=safe,
        starts=starts,
        as_set=as_set,
    )
    return 0


def browser(settings: BrowserSettings, options: argparse.Namespace) -> int:
    from kiosk.ipc.caretaker import Caretaker
    from kiosk.services import compositor, screen
    from kiosk.services.browser import Keeper

    flags: list[str] = options.flags
    wayland = os.environ.get("WAYLAND_DISPLAY")
    if options.cage:
        if shutil.which("cage") is None:
            print("cage cannot be started (it is not there); apt install cage", file=sys.stderr)
            return 1
    elif not wayland and not os.environ.get("DISPLAY"):
        print(
            "no display (neither WAYLAND_DISPLAY nor DISPLAY is set); start it from one, or with cage", file=sys.stderr
        )
        return 1
    folder = settings.server.runtime_directory
    if not os.access(folder, os.W_OK | os.X_OK):
        print(f"server.runtime_directory: {folder} is not there or not writable for this user", file=sys.stderr)
        return 1
    caretaker = Caretaker(settings.caretaker.runtime_directory)
    if options.cage:
        screen.await_display(caretaker.report)
        again = [sys.executable, "-m", "kiosk", "browser", "--config", str(options.config), "--", *flags]
        return screen.run(again, Path(folder))
    if wayland:
        flags = ["--ozone-platform=wayland", *flags]
    shown_by = None if options.shared else compositor.place()
    keeper = Keeper(settings, flags, shared=options.shared, caretaker=caretaker, shown_by=shown_by)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: keeper.stop())
    keeper.run()
    return 0


def check(path: Path) -> int:
    from kiosk.health import look, settings

    shut_out = look.shut_out(path)
    locked_down = look.locked_down()
    asker = look.become_the_server()
    kiosk, wrong = _salvaged(path, Settings)
    if wrong:
        for finding in itertools.chain(settings.unread(path, shut_out), locked_down, look.whatever_is_set()):
            print(finding, flush=True)
        return 2
    complete = True
    for finding in itertools.chain(settings.judge(path, asker, shut_out), locked_down, look.everything(kiosk)):
        print(finding, flush=True)
        complete = complete and not finding.lacks
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
