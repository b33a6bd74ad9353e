"""What is set: shown to those who answer for the kiosk, with what does not fit, and without what nobody is to read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from msgspec import structs

from kiosk.config.guidance import SHIPPED
from kiosk.config.kiosk import AsSet, Portal, Settings, salvage
from kiosk.flows.staff import room, settings
from kiosk.flows.staff.officer import Officer
from kiosk.ipc.messages import Role
from tests.flows.scripted import ScriptedKiosk


@pytest.mark.parametrize("role", get_args(Role))
def test_an_officer_is_not_shown_the_settings(role: Role) -> None:
    kiosk = ScriptedKiosk(*([] if role == "officer" else ["settings", "back"]), "finish")
    room.visit(kiosk, Officer(12, role))
    assert ("settings" in kiosk.screens[0].answers) is (role != "officer")
    assert ("staff_settings" in kiosk.names) is (role != "officer")


def test_every_key_is_shown_with_its_value_and_whether_it_is_the_default() -> None:
    changed = msgspec.convert(
        {"station": {"name": "みどり野", "telephone": ""}, "voice": {"enabled": False}, "printer": {"width": 512}},
        Settings,
    )
    shown = {section: {key: rest for key, *rest in lines} for section, lines in settings.sections(changed)}
    assert {name: set(keys) for name, keys in shown.items()} == {
        each.name: {key.name for key in structs.fields(each.type)} for each in structs.fields(Settings)
    }
    assert shown["station"]["name"] == ["みどり野", False] and shown["station"]["telephone"] == ["", True]
    assert shown["voice"]["enabled"] == ["false", False] and shown["printer"]["width"] == ["512", False]
    assert shown["server"]["port"] == ["8888", True] and shown["station"]["hours"] == ["", True]


def test_what_does_not_fit_is_named_by_file_and_key_and_nothing_that_was_written_there(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text('[portal]\nurl = "http://user:secret@portal/"\n[sreen]\n[voice]\nloudest = 5\n')
    told = settings.told(AsSet(salvage(path, Settings)[0], str(path), salvage(path, Settings)[1]))
    assert told["files"] == (str(path), str(SHIPPED))
    wrong = told["wrong"]
    assert isinstance(wrong, tuple)
    assert [line.partition(": ")[0] for line in wrong] == ["portal.url", "sreen", "voice.loudest"]
    cure = "it must be a whole number from 10 to 100; correct it, or take it out to have 100"
    assert wrong[2] == f"voice.loudest: does not fit, {cure}"
    assert "secret" not in repr(told)


def test_who_goes_by_which_password_is_not_shown() -> None:
    portal = Portal("https://user:secret@portal.example/", "/ca", "/certificate", "/key")
    told = settings.told(AsSet(structs.replace(Settings(), portal=portal)))
    assert "secret" not in repr(told) and re.search(r"https://…@portal\.example/", repr(told))
