"""Every key of every file in config/ is read by the kiosk: a promise to an operator that nobody keeps is a lie.

The code and the templates are walked, not run. A key counts as read where it is taken from a value that is known to be
of its section: by an annotation, or by an assignment, a property, a field or a dict entry that leads there. The same
word read from anything else does not count, and neither does a declaration.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jinja2
import msgspec
import pytest
from jinja2 import nodes

from kiosk.config.guidance import Guidance
from kiosk.config.kiosk import CaretakerSettings, Settings

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("kiosk.config.kiosk", "kiosk.config.guidance")
FILES: dict[str, type[msgspec.Struct]] = {"kiosk.toml": Settings, "guidance.toml": Guidance}
Schema = dict[str, dict[str, str]]  # class, its keys, and the class of each key's value ("" for a plain value)

# Read not by the server but by the caretaker, of a class of its own.
CARETAKERS = {("Settings", "opening")}
assert {key for _, key in CARETAKERS} <= set(CaretakerSettings.__struct_fields__)


def classes() -> dict[str, type[msgspec.Struct]]:
    """Every class that a file or a section of one is read into."""
    sections = {each.name: each.type for root in FILES.values() for each in msgspec.structs.fields(root)}
    return {kind.__name__: kind for kind in (*FILES.values(), *sections.values())}


def bases(kind: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    """The class and those it is made of."""
    return [each for each in kind.__mro__ if issubclass(each, msgspec.Struct) and each is not msgspec.Struct]


def schema() -> Schema:
    known = {base for kind in classes().values() for base in bases(kind)}
    return {
        kind.__name__: {
            each.name: each.type.__name__ if each.type in known else "" for each in msgspec.structs.fields(kind)
        }
        for kind in known
    }


class Module(NamedTuple):
    """aliases: what the classes of the settings are called here; of the same name elsewhere may be something else."""

    tree: ast.Module
    aliases: dict[str, str]


@cache
def modules() -> tuple[Module, ...]:
    """The production code: the stand-ins read settings, too, but no operator has them."""
    files = (path for path in (ROOT / "kiosk").rglob("*.py") if "sim" not in path.relative_to(ROOT).parts)
    return tuple(Module(tree := ast.parse(path.read_text("utf-8")), dict(_aliases(path, tree))) for path in files)


def _aliases(path: Path, tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in SOURCES:
            yield from ((each.asname or each.name, each.name) for each in node.names)
        if isinstance(node, ast.ClassDef) and ".".join(path.relative_to(ROOT).with_suffix("").parts) in SOURCES:
            yield node.name, node.name


@cache
def literals() -> frozenset[str]:
    """Every word that a Literal of the house allows: a key that a row of a table names is one."""
    subscripts = (node for each in modules() for node in ast.walk(each.tree) if isinstance(node, ast.Subscript))
    named = (node for node in subscripts if isinstance(node.value, ast.Name) and node.value.id == "Literal")
    constants = (each for node in named for each in ast.walk(node.slice) if isinstance(each, ast.Constant))
    return frozenset(each.value for each in constants if isinstance(each.value, str))


@cache
def templates() -> tuple[nodes.Template, ...]:
    parser = jinja2.Environment(extensions=["jinja2.ext.i18n"])
    return tuple(parser.parse(path.read_text("utf-8")) for path in (ROOT / "kiosk").rglob("templates/**/*.html"))


class Reads:
    """What is read of `schema`, in `found`: pairs of class and key.

    A name means one thing in a module, an attribute or an entry of a dict one thing in the house; each may be of
    several classes. What leads where is learnt until nothing new is.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.attributes: dict[str, set[str]] = defaultdict(set)
        self.found: set[tuple[str, str]] = set()
        scopes = [Scope(self, module) for module in modules()]
        known = -1
        while known != (known := self._known(scopes)):
            for scope in scopes:
                scope.learn()
        for scope in scopes:
            for node in ast.walk(scope.module.tree):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    self._read(scope.kinds(node.value), node.attr)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
                    self.found |= scope.got(node.args[0])
        for template in templates():
            for access in template.find_all(nodes.Getattr):
                self._read(self._kinds_in_template(access.node), access.attr)

    def of_attribute(self, owners: set[str], attr: str) -> set[str]:
        """The classes that `attr` of a value of the classes `owners` may be."""
        declared = {self.schema[owner][attr] for owner in owners if attr in self.schema[owner]} - {""}
        return declared or self.attributes[attr]

    def _known(self, scopes: Iterable[Scope]) -> int:
        return sum(len(kinds) for each in (self.attributes, *(s.names for s in scopes)) for kinds in each.values())

    def _read(self, kinds: set[str], key: str) -> None:
        self.found |= {(kind, key) for kind in kinds if key in self.schema[kind]}

    def _kinds_in_template(self, value: nodes.Node) -> set[str]:
        match value:
            case nodes.Name():
                return self.attributes[value.name]
            case nodes.Getattr():
                return self.of_attribute(self._kinds_in_template(value.node), value.attr)
        return set()


class Scope:
    """One module, and of which classes of the settings its names are."""

    def __init__(self, house: Reads, module: Module) -> None:
        self.house = house
        self.module = module
        self.names: dict[str, set[str]] = defaultdict(set)

    def learn(self) -> None:
        attributes = self.house.attributes
        for node in ast.walk(self.module.tree):
            match node:
                case ast.ClassDef(name=kind, body=body):
                    declares = self.module.aliases.get(kind) in self.house.schema
                    if declares:
                        self.names["self"] |= {kind}
                    for each in body:
                        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and not declares:
                            attributes[each.target.id] |= self._said(each.annotation)
                        if isinstance(each, ast.FunctionDef) and each.decorator_list:  # a property
                            attributes[each.name] |= self._said(each.returns)
                case ast.arg(arg=name, annotation=annotation):
                    self.names[name] |= self._said(annotation)
                case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                    for target, value in zip(targets, values, strict=True):
                        self._bind(target, self.kinds(value))
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        self._bind(target, self.kinds(value))
                case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
                    self._bind(target, self.kinds(value))
                case ast.NamedExpr(target=target, value=value):
                    self._bind(target, self.kinds(value))
                case ast.Dict(keys=keys, values=values):
                    for key, value in zip(keys, values, strict=True):
                        if isinstance(key, ast.Constant) and isinstance(key.value, str):
                            attributes[key.value] |= self.kinds(value)

    def kinds(self, value: ast.expr) -> set[str]:
        match value:
            case ast.Name(id=name):
                return self.names[name]
            case ast.Attribute(value=inner, attr=attr):
                return self.house.of_attribute(self.kinds(inner), attr)
            case ast.IfExp(body=body, orelse=other):
                return self.kinds(body) | self.kinds(other)
            case ast.BoolOp(values=values):
                return set().union(*map(self.kinds, values))
            case ast.Call(func=ast.Name(id=name)) if name in self.module.aliases:
                return {self.module.aliases[name]} & self.house.schema.keys()
            case ast.Call(func=ast.Name(id="getattr"), args=[of, _key]):
                return {kind for owner, key in self.got(of) if (kind := self.house.schema[owner][key])}
        return set()

    def got(self, of: ast.expr) -> set[tuple[str, str]]:
        """What `getattr(of, key)` may read: the keys that a Literal names as such."""
        return {(owner, key) for owner in self.kinds(of) for key in self.house.schema[owner] if key in literals()}

    def _bind(self, target: ast.expr, kinds: set[str]) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] |= kinds
        elif isinstance(target, ast.Attribute):
            self.house.attributes[target.attr] |= kinds

    def _said(self, annotation: ast.expr | None) -> set[str]:
        """The classes that an annotation names, alone or as one of several: Portal, Line | None."""
        words = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)} if annotation else set()
        return {self.module.aliases[word] for word in words & self.module.aliases.keys()} & self.house.schema.keys()


def unread(schema: Schema) -> set[tuple[str, str]]:
    """Class and key of what no code and no template reads. What is read of a base is read of all made of it."""
    found = Reads(schema).found
    return {
        (kind, key)
        for kind, made in classes().items()
        for key in schema[kind]
        if not any((base.__name__, key) in found for base in bases(made))
    }


@pytest.fixture(scope="module")
def unread_today() -> set[tuple[str, str]]:
    return unread(schema())


def test_there_is_no_file_that_this_test_does_not_know() -> None:
    # These two are no operator's: their rows are held to what is told by test_events.py and test_health.py; those of
    # the fleet are other programs' (tests/fleet), and the firewall's is nft's (tests/test_firewall.py)
    known = {*FILES, "events.toml", "health.toml", "fleet", "firewall.nft"}
    assert {path.name for path in (ROOT / "config").iterdir()} == known


def test_every_key_is_read_by_something(unread_today: set[tuple[str, str]]) -> None:
    assert unread_today == CARETAKERS


# Keys that are only declared, though their names are read all over the house, of other things.
DECLARED = {
    ("Screen", "name"),
    ("Screen", "shuffle_pin_pad"),
    ("Printer", "url"),
    ("Station", "reference"),
    ("Fee", "hours"),
}


def test_a_key_that_is_only_declared_is_found(unread_today: set[tuple[str, str]]) -> None:
    promised = schema()
    for kind, key in DECLARED:
        promised[kind][key] = ""
    assert unread(promised) - unread_today == DECLARED
