"""One TOML file of sections, read into the class whose fields are the sections; or one line that says what to do.

The classes are the list of what a file may hold (kiosk.py, guidance.py); the words for what does not fit are here.

`read` takes all of it or nothing. `salvage` is for who has to start all the same: it takes what fits, and names what
does not.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, inspect

from kiosk.language.hours import EXAMPLE, Hours

Document = TypeVar("Document", bound=Struct)
NAMED = re.compile(r"([a-z_]+)\.([a-z_]+): ")  # how a sentence of a `__post_init__` begins, if one key alone is to go


class ConfigError(Exception):
    """The settings cannot be used. Its text is one line for the operator."""


def read(path: str | Path, kind: type[Document], if_absent: str) -> Document:
    """Read a TOML file of sections into the class whose fields are the sections. if_absent: the cure for no file.

    Raises `ConfigError` with one line that says what to do.
    """
    document = _document(path, if_absent)
    try:
        return msgspec.convert(document, kind, dec_hook=read_hours)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_in_our_words(str(error), document, kind)}") from None


def salvage(path: str | Path, kind: type[Document], if_absent: str) -> tuple[Document, tuple[str, ...]]:
    """What fits of such a file, and a line, as `read` would raise it, for each thing that does not. A key that does not
    fit is as if it were not there, and so is a section whose keys do not fit together. Never raises for a file.

    kind: one whose sections and keys all have defaults.
    """
    try:
        document = _document(path, if_absent)
    except ConfigError as error:
        return kind(), (str(error),)
    wrong: list[str] = []
    while True:
        try:
            return msgspec.convert(document, kind, dec_hook=read_hours), tuple(wrong)
        except msgspec.ValidationError as error:
            wrong.append(f"{path}: {_in_our_words(str(error), document, kind)}")
            _leave_out(document, str(error))


def _document(path: str | Path, if_absent: str) -> dict[str, Any]:
    """What is written there. Raises ConfigError."""
    try:
        return tomllib.loads(Path(path).read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; {if_absent}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check its owner and mode") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except RecursionError:
        raise ConfigError(f"{path}: is not TOML: too many brackets in one another; correct that line") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}; correct that line") from None


def _leave_out(document: dict[str, Any], problem: str) -> None:
    """Take out what msgspec says does not fit: a key, else the section, else (names may mislead) all."""
    sentence, section, key = _parts(problem)
    if not section and (named := NAMED.match(sentence)):
        section, key = named.groups()
    name = key or _unknown(sentence)
    keys = document.get(section)
    if not section:
        keys = document
    if isinstance(keys, dict) and name in keys:
        del keys[name]
    elif section in document:
        del document[section]
    else:
        document.clear()


def read_hours(kind: type, value: object) -> Hours:
    """The one kind of value that TOML and msgspec do not know, for `dec_hook`."""
    assert kind is Hours
    if not isinstance(value, str):
        raise ValueError(f"{_written(value)} does not fit, it must be hours such as {EXAMPLE}")
    try:
        return Hours(value)
    except ValueError as error:
        raise ValueError(f"{_written(value)} does not fit: {error}") from None


def write_hours(value: object) -> str:
    """The way back, for `enc_hook`."""
    assert isinstance(value, Hours)
    return value.text


def _in_our_words(problem: str, document: dict[str, Any], kind: type[Struct]) -> str:
    """Turn msgspec's "Expected … - at `$.section.key`" into a line that names the key, the value and the cure."""
    sentence, section, key = _parts(problem)
    sections = {each.name: each for each in _fields(inspect.type_info(kind))}
    keys = {each.name: each for each in _fields(sections[section].type)} if section else {}

    if (name := _unknown(sentence)) is not None:
        known = keys or sections
        near = difflib.get_close_matches(name, known, n=1)
        cure = f"did you mean {near[0]}?" if near else f"the names known here are {', '.join(known)}"
        return (
            f"{section}.{_named(name)}: no such key; {cure}" if section else f"{_named(name)}: no such section; {cure}"
        )
    if missing := re.fullmatch("Object missing required field `(.*)`", sentence):
        name = missing[1]
        if section:
            return f"{section}.{name}: is missing; write {_expected(keys[name].type)}"
        return f"{name}: is missing; write [{name}] on a line of its own and its keys below"
    if not key and sentence.startswith("Expected"):
        return f"{section}: is a section; write [{section}] on a line of its own and its keys below"
    if not key:
        # written by a `__post_init__` of kiosk.py or guidance.py
        return f"{section}.{sentence}" if section else sentence
    cure = "correct it" if keys[key].required else f"correct it, or take it out to have {_written(keys[key].default)}"
    if " does not fit" in sentence:
        return f"{section}.{key}: {sentence}; {cure}"  # written by `read_hours`
    expected, found = _expected(keys[key].type), _written(document[section][key])
    return f"{section}.{key}: {found} does not fit, it must be {expected}; {cure}"


def _parts(problem: str) -> tuple[str, str, str]:
    """What msgspec says, of which section, and of which key of it; empty where it is of no one of them."""
    found = re.fullmatch(r"(.*?)(?: - at `\$\.?([a-z_.]*(?:\[[0-9.]+\])?)`)?", problem, re.DOTALL)
    assert found  # by its form
    section, _, key = (found[2] or "").partition(".")
    return found[1], section, key.partition("[")[0]  # of a list or a table its entry


def _unknown(sentence: str) -> str | None:
    """The name of the key or the section that there is not."""
    found = re.fullmatch("Object contains unknown field `(.*)`", sentence, re.DOTALL)
    return found[1] if found else None


def _named(name: str) -> str:
    """A name as it is written in TOML."""
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else _written(name)


def _written(value: object) -> str:
    """A value as it is written in TOML, which for ours is how JSON writes it."""
    return "none" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _fields(kind: inspect.Type) -> tuple[inspect.Field, ...]:
    assert isinstance(kind, inspect.StructType)
    return kind.fields


def _expected(kind: inspect.Type) -> str:
    match kind:
        case inspect.UnionType(types=types):
            return _expected(types[0])
        case inspect.Metadata(extra_json_schema={"description": str(words)}):
            return words
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(_written(each) for each in values)
        case inspect.IntType(ge=low, le=high):
            return f"a whole number from {low} to {high}"
        case inspect.FloatType(ge=low, le=high):
            return f"a number from {low} to {high}"
        case inspect.BoolType():
            return "true or false"
        case inspect.DateType():
            return "a day such as 2026-04-01, without quotation marks"
        case inspect.CustomType():
            return f"hours such as {EXAMPLE}"
        case inspect.VarTupleType(item_type=each):
            return f"a list of {_expected(each)}"
        case inspect.DictType():
            return 'hours for each language, such as ja = "24/7"'
        case _:
            return "text in quotation marks"
