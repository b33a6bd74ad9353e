"""No slip can bear anything of a person: proved of its type, and so also of a slip that is written tomorrow."""

from __future__ import annotations

import ast
import dataclasses
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from kiosk.card.text import Attributes
from kiosk.language.languages import JAPANESE
from kiosk.language.public import Public
from kiosk.portal.model import LinkedAt, Reference
from kiosk.receipts import slips
from kiosk.receipts.render import _environment
from kiosk.receipts.slips import LEAVES, LinkedSlip, Slip

KIOSK = Path(slips.__file__).parents[1]
CLASSES = tuple(leaf for leaf in LEAVES if isinstance(leaf, type))
MADE_OF_LITERALS = {"N_", "Public", "PublicNumber"}


def kinds(of: type[Slip] = Slip) -> Iterator[type[Slip]]:
    """Every slip of the kiosk, whether or not it can be printed by itself."""
    for kind in of.__subclasses__():
        if kind.__module__.startswith("kiosk."):
            yield kind
            yield from kinds(kind)


KINDS = sorted(kinds(), key=lambda kind: kind.__name__)


def doubtful(hint: Any, where: str) -> Iterator[str]:
    """The places below `hint` whose type is no leaf, and so could hold what a person or a card gave."""
    if hint in LEAVES or get_origin(hint) is Literal or (isinstance(hint, type) and issubclass(hint, CLASSES)):
        return
    if get_origin(hint) is Annotated:
        yield from doubtful(get_args(hint)[0], where)
    elif get_origin(hint) in (Union, UnionType):
        for each in get_args(hint):
            yield from doubtful(each, where)
    elif get_origin(hint) is tuple:
        for each in get_args(hint):
            if each is not Ellipsis:
                yield from doubtful(each, f"{where}[]")
    elif get_origin(hint) is dict:
        for each in get_args(hint):
            yield from doubtful(each, f"{where}{{}}")
    elif dataclasses.is_dataclass(hint) or (isinstance(hint, type) and issubclass(hint, msgspec.Struct)):
        for name, each in get_type_hints(hint, include_extras=True).items():
            yield from doubtful(each, f"{where}.{name}")
    else:
        yield f"{where}: {hint}"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_field_of_a_slip_comes_down_to_what_can_name_nobody(kind: type[Slip]) -> None:
    assert list(doubtful(kind, kind.__name__)) == []


@pytest.mark.parametrize(
    "kind", [str, int, float, bytes, object, date, datetime, Any, list[Public], dict[str, Public], Attributes]
)
def test_the_walk_finds_what_could(kind: Any) -> None:
    """Also two floors down, beside what may stand there."""
    inner = dataclasses.make_dataclass("Inner", [("text", Public), ("more", tuple[kind | None, ...])])
    fields = [("todo", tuple[inner, ...]), ("reference", Reference), ("key", Literal["a", "b"])]  # type: ignore[valid-type]
    outer = dataclasses.make_dataclass("NewSlip", fields, bases=(Slip,), frozen=True, kw_only=True)
    found = list(doubtful(outer, "NewSlip"))
    assert found and all(each.startswith("NewSlip.todo[].more[]") for each in found)


SNIPPET = """
from datetime import datetime
from kiosk.advice.todo import Todo
from kiosk.card.text import Attributes
from kiosk.language.languages import N_
from kiosk.portal.model import Linked
from kiosk.receipts.slips import LinkedSlip, TodoSlip

def print_it(person: Attributes, linked: Linked, birthday: datetime) -> None:
    LinkedSlip(reference=linked.reference, linked_at=linked.linked_at, can=(N_("見る"),))
    LinkedSlip(reference=person.name, linked_at=linked.linked_at, can=())  # refused
    LinkedSlip(reference=linked.reference, linked_at=birthday, can=())  # refused
    LinkedSlip(reference=linked.reference, linked_at=linked.linked_at, can=(person.address,))  # refused
    LinkedSlip(reference=linked.reference, linked_at=linked.linked_at, can=(), name=person.name)  # refused
    TodoSlip(heading=N_("見る"), todo=(Todo(N_("見る")),))
    TodoSlip(heading=N_("見る"), todo=(Todo(f"{person.name}様"),))  # refused
    TodoSlip(heading=N_("見る"), todo=(Todo(N_("見る"), yen=int(person.birth_date)),))  # refused
"""


def test_a_name_on_a_slip_is_an_error_for_mypy(tmp_path: Path) -> None:
    (tmp_path / "snippet.py").write_text(SNIPPET, "utf-8")
    command = [sys.executable, "-m", "mypy", "--cache-dir", os.devnull, str(tmp_path / "snippet.py")]
    said = subprocess.run(command, cwd=KIOSK.parent, capture_output=True, text=True, timeout=100).stdout
    refused = [number for number, line in enumerate(SNIPPET.split("\n"), 1) if line.endswith("# refused")]
    assert [int(number) for number in re.findall(r"snippet\.py:(\d+): error:", said)] == refused, said


def test_slips_are_frozen_and_have_only_the_fields_of_their_type() -> None:
    for kind in KINDS:
        assert kind.__dataclass_params__.frozen, kind  # type: ignore[attr-defined]
        assert kind.__repr__ is Slip.__repr__, "what somebody took home stands in no log"
    linked = LinkedSlip(reference=Reference("7K3F-92QM"), linked_at=LinkedAt(datetime(2026, 11, 22)), can=())
    with pytest.raises(dataclasses.FrozenInstanceError):
        linked.reference = "見本 花子"  # type: ignore[misc,assignment]
    with pytest.raises(TypeError, match="name"):
        dataclasses.replace(linked, name="見本 花子")  # type: ignore[call-arg]


def test_every_slip_has_the_template_of_its_name_and_every_template_its_slip() -> None:
    """What a kind of slip extends, its template extends; so one kind of slip has one layout."""
    environment = _environment(JAPANESE)
    templates = {}
    for file in environment.list_templates(extensions=["html"]):
        source = environment.loader.get_source(environment, file)[0]  # type: ignore[union-attr]
        if extended := re.search(r'{% extends "(\w+)\.html" %}', source):
            templates[file.removesuffix(".html")] = extended[1]
    assert {kind.name(): kind.__base__.name() or "slip" for kind in KINDS} == templates  # type: ignore[union-attr]
    assert templates.keys() >= {"linked", "test"}


def test_what_is_called_public_is_a_literal_of_the_program() -> None:
    """mypy has no LiteralString, so this looks at every call; the one in `N_`, which hands its message on, is excepted.
    Facts of the station's files are made by msgspec, as fields of `guidance.Fact`."""
    calls = 0
    for path in sorted(KIOSK.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MADE_OF_LITERALS:
                calls += 1
                [argument] = call.args
                inside = isinstance(argument, ast.Name) and argument.id == "message"
                assert isinstance(argument, ast.Constant) or inside, f"{path}:{call.lineno}"
    assert calls > 100


def test_a_reference_is_made_by_the_portal_alone() -> None:
    """In the kiosk it comes out of msgspec, which checks its form; only the virtual portal makes one."""
    makers: dict[str, set[str]] = defaultdict(set)
    for path in KIOSK.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                makers[call.func.id].add(path.relative_to(KIOSK).parts[0])
    assert makers["Reference"] == makers["LinkedAt"] == {"sim"}
    assert makers["OpensAt"] == {"portal"}, "a moment that the client has found worth showing"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert("見本 花子", Annotated[Reference, msgspec.Meta(pattern=r"^[0-9A-Z-]{4,32}\Z")])
