"""What root asks at the command line: trail and reports, read from the disk; the staff, who are the caretaker's to
know; that the trail goes to a desk."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from kiosk.caretaker import cards, chain, disk, readiness
from kiosk.caretaker.cards import NotACard
from kiosk.caretaker.chain import Line, NoLine
from kiosk.caretaker.export import export
from kiosk.caretaker.key import Key, NoKey, PublicKey
from kiosk.caretaker.ledger import in_ledger
from kiosk.caretaker.looked_into import WORD
from kiosk.caretaker.passcodes import WEAKNESSES
from kiosk.caretaker.readiness import NotReported
from kiosk.caretaker.trail import FOLDER, segments
from kiosk.caretaker.upload import Archive, NotTaken, journal_left, upload
from kiosk.caretaker.verify import verify
from kiosk.caretaker.weak_passcodes import LONGEST, SHORTEST
from kiosk.caretaker.words import Tongue, words
from kiosk.config.events import event
from kiosk.config.kiosk import CaretakerSettings
from kiosk.ipc.caretaker import ROOT_SECONDS, Away, Caretaker
from kiosk.ipc.messages import (
    AddStaff,
    Denied,
    DeskCertificate,
    ListStaff,
    PinCard,
    Question,
    RemoveStaff,
    Sent,
    Staff,
    Standing,
    Status,
    Uploaded,
)
from kiosk.language.dates import JST


def audit(settings: CaretakerSettings, options: argparse.Namespace) -> int:
    """0: done, and sound; 1: not, with a line that says why."""
    state = Path(settings.caretaker.state_directory)
    try:
        match options.audit:
            case "verify":
                return _verify(state)
            case "show":
                return _show(state, "ja" if options.ja else "en", in_ledger if options.prints else lambda _: True)
            case "looked-into":
                return _looked_into(Caretaker(settings.caretaker.runtime_directory))
            case "upload":
                return _upload(state, options.url, options.tls, Caretaker(settings.caretaker.runtime_directory))
            case _:
                return _export(state, options.file, Caretaker(settings.caretaker.runtime_directory))
    except Away as error:
        return _complain(f"the caretaker does not answer ({error}); systemctl status kiosk-caretaker")
    except (NoKey, NotTaken) as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(f"{error.filename or state}: {error.strerror}")


def report(settings: CaretakerSettings, options: argparse.Namespace) -> int:
    """0: done; 1: not, with a line that says why."""
    folder = Path(settings.caretaker.state_directory, readiness.FOLDER)
    try:
        return _list(folder) if options.report == "list" else _get(folder, options.number, options.file)
    except OSError as error:
        return _complain(f"{error.filename or folder}: {error.strerror or error}")


def staff(settings: CaretakerSettings, options: argparse.Namespace) -> int:
    """0: done; 1: not, with a line that says why."""
    caretaker = Caretaker(settings.caretaker.runtime_directory)
    asked: Question
    match options.staff:
        case "add":
            if (passcode := new_passcode()) is None:
                return _complain("the two are not the same; nothing was changed")
            if len(passcode) > LONGEST:  # no message would take it
                return _complain(WEAKNESSES["too_long"])
            asked = AddStaff(options.number, options.role, passcode)
        case "remove":
            asked = RemoveStaff(options.number)
        case "card" if options.none:
            asked = PinCard(options.number, None)
        case "card":
            try:
                certificate = cards.read(options.file.read_bytes())
            except (OSError, NotACard) as error:
                return _complain(f"{options.file}: {getattr(error, 'strerror', None) or error}")
            asked = PinCard(options.number, cards.fingerprint(certificate.public_bytes(Encoding.DER)))
        case _:
            asked = ListStaff()
    try:
        answer = caretaker.ask(asked, ROOT_SECONDS)
    except Away as error:
        return _complain(f"the caretaker does not answer ({error}); systemctl status kiosk-caretaker")
    match answer:
        case Denied(why=why):
            return _complain(why)
        case Staff(accounts=accounts, cards=with_card, first=first):
            for number, role in accounts.items():
                more = {", with card": with_card, ", with a first passcode": first}
                print(f"{number:>6}  {role}" + "".join(said for said, whose in more.items() if number in whose))
            if not accounts:
                print("nobody; add one: kiosk staff add NUMBER --role supervisor", file=sys.stderr)
    return 0


def _verify(state: Path) -> int:
    key = PublicKey.load(state)
    report = verify(state / FOLDER, key)
    for flaw in report.flaws:
        print(f"FLAW   {flaw}")
    if report.tail:
        print(f"torn   {report.tail} bytes of a line at the end; the caretaker closes it off at its next start")
    if report.behind:
        print(f"behind {report.behind} lines behind the anchor, which it does not vouch for yet")
    print(f"lines  {report.first} to {report.last}, in {report.segments} segments")
    print(f"head   {report.head}")
    print(f"key    {key.fingerprint}")
    print("sound" if report.sound else "NOT SOUND")
    return 0 if report.sound else 1


def _looked_into(caretaker: Caretaker) -> int:
    """That it stands in the trail is what ends the problem on the board."""
    if not caretaker.tell(event(WORD)):
        return _complain("the caretaker does not answer; systemctl status kiosk-caretaker")
    standing = caretaker.ask(Status(), ROOT_SECONDS)
    if isinstance(standing, Standing) and standing.unwritten:
        return _complain("the disk does not take it, so nothing has changed; see to the disk, and say it again")
    print("written down; the board says so within a minute. kiosk audit verify goes on naming what it finds")
    return 0


def _show(state: Path, tongue: Tongue, shown: Callable[[Line], bool]) -> int:
    for path in segments(state / FOLDER):
        if (segment := disk.read(path)) is None:
            print(f"        {path.name}: cannot be read")
            continue
        for data in chain.split(segment)[0]:
            try:
                line = chain.read(data)
                if shown(line):
                    print(words(line, tongue))
            except NoLine as flaw:
                print(f"        {path.name}: a line that {flaw}")
    return 0


def _export(state: Path, to: Path, caretaker: Caretaker) -> int:
    key = Key.load(state)
    if not caretaker.tell(event("trail_exported")):
        print("the caretaker does not answer, so the trail does not say that it was exported", file=sys.stderr)
    count = export(state / FOLDER, key, to)
    print(f"{to}: {count} segments; docs/audit.md says how to verify it. Its key: {key.public.fingerprint}")
    return 0


def _upload(state: Path, url: str, tls: Path, caretaker: Caretaker) -> int:
    """How far each has come is told to the caretaker, whose figures have it. What keeps one back keeps back nothing of
    the other."""

    def trail_left() -> int:
        began = int(datetime.now(UTC).timestamp())
        archive = Archive(url, tls)
        if archive.ends is not None:
            with contextlib.suppress(Away):  # which is complained of below
                caretaker.ask(DeskCertificate(int(archive.ends.timestamp())), ROOT_SECONDS)
        count = upload(state / FOLDER, PublicKey.load(state), archive)
        print(f"{url}: {count} segments more; the desk has all of the trail")
        return began

    outcome = 0
    ways: dict[Sent, Callable[[], int | None]] = {"trail": trail_left, "journal": journal_left}
    for what, left in ways.items():
        try:
            moment = left()
        except (NoKey, NotTaken) as error:
            outcome = _complain(str(error))
        except OSError as error:
            outcome = _complain(f"{what}: {error.filename or state}: {error.strerror or type(error).__name__}")
        except ValueError as error:  # bytes that are no text, or no number
            outcome = _complain(f"{what}: {type(error).__name__}")
        else:
            outcome = _tell_left(caretaker, what, moment) or outcome
    return outcome


def _tell_left(caretaker: Caretaker, what: Sent, moment: int | None) -> int:
    """None: it is not being sent."""
    if moment is None:
        return 0
    try:
        answer = caretaker.ask(Uploaded(what, moment), ROOT_SECONDS)
    except Away as error:
        return _complain(f"the caretaker does not answer ({error}), so no figure says how far the {what} has come")
    return _complain(f"{what}: {answer.why}") if isinstance(answer, Denied) else 0


def _list(folder: Path) -> int:
    for path in readiness.kept(folder):
        data = path.read_bytes()
        try:
            made = readiness.read(data)
        except NotReported as flaw:
            print(f"{path.stem}  {flaw}")
            continue
        at = datetime.fromtimestamp(made.made, JST)
        ready = "ready" if made.ready else "NOT READY"
        by = f"{made.staff:>6} {made.role:10}"
        print(f"{path.stem}  {at:%Y-%m-%d %H:%M}  {by}  {ready:9}  {readiness.fingerprint(data)}")
    return 0


def _get(folder: Path, number: int, to: Path) -> int:
    path = folder / f"{number:06}.json"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return _complain(f"there is no report {number}; kiosk report list names those that are kept")
    page, beside = readiness.page_of(path), ""
    try:
        readiness.read(data)
    except NotReported as flaw:
        if not page.exists():
            return _complain(f"{path}: {flaw}")
        to.write_bytes(page.read_bytes())
        beside = f"; {path.name} {flaw}, so this is the page that lay beside it, which no fingerprint is of"
    else:
        to.write_bytes(readiness.laid_out(data))  # what is laid out says what the fingerprint is of
    print(f"{to}: report {number}; its fingerprint: {readiness.fingerprint(data)}{beside}")
    return 0


def new_passcode(whose: str = "", shortest: int = SHORTEST) -> str | None:
    """Typed twice at a terminal, unseen; else the next line of what comes in. None: the two are not the same. shortest:
    what is asked for, in digits."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    passcode = getpass.getpass(f"Passcode{whose} ({shortest} digits or more): ")
    return passcode if getpass.getpass("Once more: ") == passcode else None


def _complain(line: str) -> int:
    print(line, file=sys.stderr)
    return 1
