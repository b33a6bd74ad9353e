"""Nothing of a person in a repr, a str, a log line or a traceback: proved for every class of the kiosk, by type.

All modules are walked, and every dataclass, struct, named tuple and exception found in them is filled: each field by
its type, with a mark in whatever could hold something of a person, down into what the field itself is made of. Then it
is written down in all the ways in which a value gets into a journal, and no mark may be there. A class that is new
tomorrow is walked, too; a type that nobody has told `filled` about fails the test until somebody has.

Told apart by type: numbers, truth values, enumerations and literals bear nobody by declaration. What a field of text
shows all the same stands in SHOWN, with the reason. Left out are the stand-ins, in which nobody exists, and the
settings, which are read from the operator's files before anybody comes.
"""

from __future__ import annotations

import ast
import collections.abc
import dataclasses
import datetime
import enum
import hashlib
import importlib
import inspect
import logging
import pkgutil
import re
import traceback
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import kiosk
from kiosk.card.certificate import SignatureCertificate
from kiosk.card.licence import Licence
from kiosk.card.text import Attributes
from kiosk.portal import client
from kiosk.portal.errors import PortalBroken
from kiosk.portal.model import (
    Applicant,
    Linked,
    LinkingState,
    Private,
    Released,
    ReleaseState,
    RequestState,
    State,
    Terms,
)

ROOT = Path(__file__).parent.parent
MARK = "MARK"
MARKED_DAY = datetime.datetime(1897, 3, 14, tzinfo=datetime.UTC)
MARKS = (MARK, MARK.encode().hex(), "1897")

# Modules whose values come from the operator's files, or from our own tables of texts that everybody may read.
OF_NOBODY = (
    "kiosk.sim",  # stand-ins: nobody in them exists, and no appliance runs them
    "kiosk.config",  # settings and facts, read before anybody comes
    "kiosk.caretaker.alert",  # alerts, alertmanager: words of the table of events, and a mark that means nothing
    "kiosk.advice",  # tables of what everybody is told: texts of the catalogue
    "kiosk.provision",  # what a machine and its operator write to each other; of the staff, numbers and hashes
    "kiosk.voice.script",  # what is recorded for everybody, long before they come; read by the command line and `check`
)

# Types of text that cannot hold anything of a person, whatever field they stand in.
PUBLIC = {"Public", "PublicNumber", "Reference", "LinkedAt", "OpensAt"}  # made for slips (kiosk/receipts)

# Fields of text that are shown on purpose, by class: keys of our own and public texts, never a person's.
SHOWN: dict[str, str] = {
    # keys of our own, which a flow writes in its source
    "Screen": "name answers",
    "CardInHand": "fault",
    "Choice": "name",  # letters and underscores of an answer's name; a key of a pad is a Key
    "Piece": "manner",
    "PinRule": "name",
    "Signer": "digest algorithm",
    # tables of texts, the same for everybody
    "Step": "title",
    "Language": "code name html folder day month year time month_day moment domain",
    "Voice": "name",
    "_Rule": "text",  # of hours, from the operator's file
    # the machine's own things
    "Finding": "what words cure",
    "Fault": "kind words",  # of a file that was shipped
    "_UdevRule": "asks gives",
    "Slot": "name",
    "Keyboard": "device usb",
    "Site": "host door",
    "Status": "status",
    "Problem": "type opens_at",
    "Terms": "version sha256 text",
    "Answer": "content_type retry_after",
    "_Call": "name",
    "_Element": "tag",
    "_Part": "tag",
    "_Place": "noun said",  # of a table of ours
    # the trail's: hashes, numbers, files and times of lines, in which there is nobody (tests/config/test_events.py)
    "Anchor": "head",
    "Line": "before at members hash",
    "Flaw": "where what",
    "Report": "head",
    "_Walk": "head hashes",
    "Waiting": "rows hours leaving",
    "Standing": "head",
    "Denied": "why",  # words of ours
    # what people are told, from the station's files, and when staff made sure of it
    "Confirmed": "day digest",
    "FactRow": "says source confirmed digest",
    "ConfirmFact": "digest",
    # the one-time number of a machine's request, by which its answer is known
    "Appointed": "number",
    "Finished": "number",
    "LookedInto": "number",
    "Kept": "appointed",
    "NewKeys": "portal desk",  # the ids of a machine's own keys
    # what runs here: names, versions and hashes of files
    "Identity": "station kiosk versions settings facts image",
    "Proof": "text key",  # those hashes, a TPM's measurements and signature, and a number that the operator has drawn
    "Stands": "head",
    # names of the tables of events and of checks (config/events.toml, config/health.toml)
    "Shown": "reason seen",
    "State": "checks start days facts",
    "Counted": "day week start",
    "Span": "visits prints faults",
    # what an exception calls a command, a call or a fault: words of ours (`test_no_message_is_made_of_a_value`)
    "CardProblem": "command fault",
    "AttributeUnusable": "what fault",
    "Misconfigured": "words cure",
    "PcscError": "call",
    "Stop": "at",  # where(error): a type, functions and lines
    "PortalBroken": "call",
    "PortalClosed": "opens_at",
}

# What may stand in the braces of an error's text, or among the arguments of a log line, where a person's data is near.
SAYS_NOTHING = re.compile(
    r"""(self|cls|rule)\.(NAME|name|_width) | type\(error\)\.__name__ | describe\(response\.status_word\) | fault\.value
    | ef | name | what | algorithm | kind # of a file, an object, an attribute, a kind of key
    | keys? | files | problem | words     # of the settings and the operator's files; an error of ours
    | screen\.name | slip\.name\(\) | screen\.step | end | str\(error\)
    | .*\bf\.lineno.* | (at\ or\ )?where\(error\) # where in the code
    | self\._settings\.url | settings\.\w+_file | error | path
    | image\.(mode|width) | grey\.width | width | ROLL""",
    re.VERBOSE,
)
NEAR_A_PERSON = ("card", "flows", "portal", "receipts", "session", "web")


def modules() -> list[types.ModuleType]:
    names = (each.name for each in pkgutil.walk_packages(kiosk.__path__, "kiosk."))
    wanted = (name for name in names if not name.endswith("__main__") and not name.startswith(OF_NOBODY[0]))
    return [importlib.import_module(name) for name in wanted]


def within(holder: types.ModuleType | type, module: str) -> Iterator[type]:
    """The classes written in a module, those inside classes too."""
    for each in list(vars(holder).values()):
        if isinstance(each, type) and each.__module__ == module and each is not holder:
            yield each
            if each.__qualname__.count(".") < 3:
                yield from within(each, module)


MODULES = modules()
ALL = sorted({each for module in MODULES for each in within(module, module.__name__)}, key=lambda each: str(each))
NAMES = {name: value for module in MODULES for name, value in vars(module).items()}
NAMES["Samples"] = bytes  # of a voice; known to the type checker only


def holds_values(kind: type) -> bool:
    named_tuple = issubclass(kind, tuple) and hasattr(kind, "_fields")
    return dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct | BaseException) or named_tuple


HOLDERS = [kind for kind in ALL if holds_values(kind) and not kind.__module__.startswith(OF_NOBODY)]


def hints(of: Any, module: str) -> dict[str, Any]:
    """The types of a class's fields or a function's parameters, as they are written."""
    known = {**NAMES, **vars(importlib.import_module(module))}
    return typing.get_type_hints(of, globalns=known, localns={}, include_extras=False)


class Opaque:
    """In the place of a thing with behaviour: its repr is Python's own and shows nothing of what is in it."""


def filled(kind: Any, other: bool = False) -> Any:
    """A value of this type with a mark wherever it can bear a person. other: numbers and enumerations differ."""
    if isinstance(kind, typing.NewType):
        return Opaque() if kind.__name__ in PUBLIC else filled(kind.__supertype__, other)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is not None:
        return _filled_generic(origin, arguments, other)
    if kind in (Any, object, str) or isinstance(kind, typing.TypeVar):
        return MARK + ("2" if other else "")
    if kind in (bytes, bytearray):
        return kind(MARK.encode())
    if kind is Path:
        return Path(MARK + ("2" if other else ""))
    if kind in (datetime.datetime, datetime.date):
        day = MARKED_DAY.replace(day=15) if other else MARKED_DAY
        return day if kind is datetime.datetime else day.date()
    if kind is bool:
        return other
    if kind in (int, float):
        return kind(8 if other else 7)
    if kind is type(None):
        return None
    if isinstance(kind, type):
        if issubclass(kind, enum.Enum):
            return list(kind)[-1 if other else 0]
        if kind.__module__.startswith(OF_NOBODY) or kind.__name__ in PUBLIC:
            return Opaque()
        if holds_values(kind):
            return made(kind, other)
        if kind.__repr__ is object.__repr__:
            return Opaque()
    raise TypeError(f"{kind!r}: tell tests/test_privacy.py how such a field is filled")


def _filled_generic(origin: Any, arguments: tuple[Any, ...], other: bool) -> Any:
    if origin in (typing.Union, types.UnionType):
        some = [each for each in arguments if each is not type(None)]
        return filled(str if str in some else some[0], other)  # text, of a tree's leaf and branch
    if origin is typing.Literal:
        return arguments[-1 if other else 0]
    if origin is collections.abc.Callable or origin is type:
        return Opaque()
    values = [filled(each, other) for each in arguments if each is not Ellipsis]
    if origin in (collections.abc.Mapping, dict):
        return {values[0]: values[1]}
    if origin in (tuple, list, set, frozenset):
        return origin(values)
    if origin in (collections.abc.Sequence, collections.abc.Iterable):
        return tuple(values)
    if isinstance(origin, type) and holds_values(origin):
        return made(origin, other)
    raise TypeError(f"{origin!r}: tell tests/test_privacy.py how such a field is filled")


def made(kind: type, other: bool = False) -> Any:
    """An instance whose every field is filled, but for those that show a text of ours."""
    if kind is Terms:
        return Terms("1", hashlib.sha256(b"text").hexdigest(), "text")
    if kind in (LinkingState, RequestState):
        return LinkingState(State.COMPLETED, "held", MARKED_DAY, linked=filled(Linked, other))
    if kind is ReleaseState:
        return ReleaseState(State.COMPLETED, "held", MARKED_DAY, released=filled(Released, other))
    shown = SHOWN.get(kind.__name__, "").split()
    if issubclass(kind, BaseException):
        if kind.__init__ in (Exception.__init__, BaseException.__init__):
            return kind("words of ours")
        types_of, names = hints(kind.__init__, kind.__module__), list(inspect.signature(kind).parameters)
    else:
        types_of = hints(kind, kind.__module__)
        names = [name for name in inspect.signature(kind).parameters if name in types_of]
    values = {name: filled(types_of[name], other) for name in names}
    return kind(**{name: _shown(value) if name in shown else value for name, value in values.items()})


def _shown(value: Any) -> Any:
    return "shown" if isinstance(value, str) else type(value)() if isinstance(value, tuple | frozenset) else None


def written(value: object) -> str:
    """All the ways in which a value gets into a journal."""
    try:
        raise value if isinstance(value, BaseException) else RuntimeError(value)
    except BaseException as error:
        trace = "".join(traceback.format_exception(error)) + repr(error)
    record = logging.LogRecord("kiosk", logging.ERROR, "", 0, "%s %r", (value, value), None)
    return "\n".join((repr(value), str(value), f"{value}", record.getMessage(), trace, ascii([value])))


def leaks(kind: type) -> list[str]:
    return [mark for mark in MARKS if mark in written(made(kind))]


@pytest.mark.parametrize("kind", HOLDERS, ids=lambda kind: f"{kind.__module__.removeprefix('kiosk.')}.{kind.__name__}")
def test_a_value_that_is_written_down_shows_nothing_of_a_person(kind: type) -> None:
    assert leaks(kind) == []


def test_what_is_shown_on_purpose_still_exists() -> None:
    fields: dict[str, set[str]] = {}
    for kind in (each for each in HOLDERS if each.__name__ in SHOWN):
        fields.setdefault(kind.__name__, set()).update(inspect.signature(kind).parameters)
    assert [name for name, shown in SHOWN.items() if not set(shown.split()) <= fields.get(name, set())] == []


def test_the_walk_finds_what_it_is_for() -> None:
    assert {Attributes, SignatureCertificate, Licence, Applicant, Linked, PortalBroken} <= set(HOLDERS)
    assert len(HOLDERS) > 50


@dataclasses.dataclass(frozen=True)
class Forgetful:
    when: datetime.date | None
    parts: tuple[Attributes, ...] = ()
    texts: dict[str, object] = dataclasses.field(default_factory=dict, repr=False)


class Talkative(Exception):
    def __init__(self, of: bytes) -> None:
        super().__init__(f"cannot read {of!r}")


class Bare(msgspec.Struct):
    facts: dict[str, list[str]]


@pytest.mark.parametrize(("kind", "found"), [(Forgetful, ["1897"]), (Talkative, [MARK]), (Bare, [MARK])])
def test_a_class_that_shows_something_would_be_found(
    kind: type, found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, "__module__", __name__)
    assert [mark for mark in leaks(kind) if not mark.startswith("4d")] == found


def privates() -> list[type]:
    def below(kind: type[Any]) -> Iterator[type[Any]]:
        for each in kind.__subclasses__():
            yield from (each, *below(each))

    return [Attributes, SignatureCertificate, Licence, *below(Private)]


@pytest.mark.parametrize("kind", privates(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_what_is_about_a_person_in_every_part_is_written_the_same_for_everybody(kind: type) -> None:
    one, another = made(kind), made(kind, other=True)
    assert one != another
    assert (repr(one), str(one)) == (repr(another), str(another))


def test_no_class_stands_where_the_walk_does_not_come() -> None:
    for path in sources():
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = [each.name for each in ast.walk(function) if isinstance(each, ast.ClassDef)]
                assert inner == [], f"{path}: {function.name}"


def test_no_other_class_writes_itself_down_in_its_own_way() -> None:
    """A plain object's repr is its address. One that has a repr of its own would have to be filled here, too."""
    own = {kind for kind in ALL if not holds_values(kind) and not issubclass(kind, enum.Enum)}
    assert [kind for kind in own if {"__repr__", "__str__", "__format__"} & vars(kind).keys()] == []


def sources() -> list[Path]:
    return [path for path in sorted((ROOT / "kiosk").rglob("*.py")) if "sim" not in path.relative_to(ROOT).parts]


def near_a_person() -> list[Path]:
    return [path for path in sources() if path.relative_to(ROOT / "kiosk").parts[0] in NEAR_A_PERSON]


def put_into_words(tree: ast.AST) -> Iterator[ast.expr]:
    """What is put into the text of an error that is raised, or into a log line."""
    for node in ast.walk(tree):
        match node:
            case ast.Raise(exc=ast.expr() as raised):
                yield from (each.value for each in ast.walk(raised) if isinstance(each, ast.FormattedValue))
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log")), args=[line, *arguments]):
                assert isinstance(line, ast.Constant), "a log line is a format and its arguments"
                for argument in arguments:
                    yield from parts(argument)


def parts(argument: ast.expr) -> Iterator[ast.expr]:
    match argument:
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*parts(body), *parts(orelse))
        case ast.JoinedStr(values=values):
            yield from (each.value for each in values if isinstance(each, ast.FormattedValue))
        case _:
            yield argument


@pytest.mark.parametrize("path", near_a_person(), ids=lambda path: str(path.relative_to(ROOT / "kiosk")))
def test_no_message_is_made_of_a_value(path: Path) -> None:
    words = [ast.unparse(each) for each in put_into_words(ast.parse(path.read_text("utf-8")))]
    assert [each for each in words if not SAYS_NOTHING.fullmatch(each)] == []


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT / "kiosk")))
def test_an_error_that_follows_another_does_not_bring_it_along(path: Path) -> None:
    """The first may quote what it could not read; `from None` keeps it out of the traceback."""
    for handler in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(handler, ast.ExceptHandler):
            for raised in ast.walk(handler):
                if isinstance(raised, ast.Raise) and raised.exc is not None:
                    cause = raised.cause
                    assert isinstance(cause, ast.Constant) and cause.value is None, f"{path}:{raised.lineno}"


def element(tag: str, value: bytes) -> bytes:
    return bytes.fromhex(tag) + bytes((len(value),)) + value


@pytest.mark.parametrize("broken", ["DF22", "DF23", "DF24", "DF25"])
def test_a_card_whose_texts_cannot_be_read_is_not_quoted(broken: str) -> None:
    fields = {"DF22": b"MARK", "DF23": b"MARK", "DF24": b"18970314", "DF25": b"1"}
    fields[broken] += b"MARK\xff"
    data = b"".join(element(tag, value) for tag, value in fields.items())
    with pytest.raises(Exception) as caught:
        Attributes.parse(element("FF20", data))
    assert [mark for mark in MARKS if mark in written(caught.value)] == []


@pytest.mark.parametrize("body", [b'{"reference": "MARK"}', b"MARK", b'{"reference": "MARK\xff"}', b"[" * 5000])
def test_a_portal_whose_answer_cannot_be_read_is_not_quoted(body: bytes) -> None:
    with pytest.raises(PortalBroken) as caught:
        client._decode("submit", Linked, body)
    assert [mark for mark in MARKS if mark in written(caught.value)] == []
