"""The bill of materials: it has what the locks have, with hash and licence, and fits CycloneDX's own schema."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tools import sbom
from tools.sbom import PAGE, ROOT, WITHIN, Part, component, debian_parts, document, image_parts, npm_parts, python_parts

PARTS = [*python_parts(), *npm_parts()]


def test_every_part_has_a_version_hashes_a_licence_and_is_there_once() -> None:
    assert [each for each in PARTS if not (each.version and each.hashes and each.licence)] == []
    assert len({each.purl for each in PARTS}) == len(PARTS)
    assert {"flask", "pyscard", "socket.io-client", "@digital-go-jp/design-tokens"} <= {each.name for each in PARTS}


def test_the_page_of_licences_is_the_locks() -> None:
    rows = dict(re.findall(r"^\| (\S+) \| (\S+) \|", PAGE.read_text("utf-8"), re.MULTILINE))
    assert [each.name for each in PARTS if rows.get(each.name) != each.version] == [], "run make sbom"
    locked = (ROOT / "requirements.lock").read_text("utf-8") + (ROOT / "package-lock.json").read_text("utf-8")
    pinned = {name: (f"{name}=={version}", f'node_modules/{name}"') for name, version in rows.items() if name != "part"}
    gone = [name for name, either in pinned.items() if not any(each in locked for each in either)]
    assert gone == [], "run make sbom"


def test_debian_says_what_an_appliance_gets_and_not_what_tests_drive() -> None:
    names = {each.name for each in debian_parts()}
    assert {"chromium", "pcscd", "cage"} <= names and not {"zbar-tools", "tesseract-ocr"} & names


def test_the_same_parts_give_the_same_document() -> None:
    first, again = (document(PARTS, [Part("application", "cage", "", "pkg:deb/debian/cage")]) for _ in range(2))
    assert first == again and json.loads(json.dumps(first)) == first
    assert first["compositions"][1] == {"aggregate": "incomplete", "assemblies": ["pkg:deb/debian/cage"]}
    assert document(PARTS[:-1], [])["serialNumber"] != first["serialNumber"]


def test_of_an_image_it_has_every_package_and_says_that_it_is_whole() -> None:
    manifest: dict[str, Any] = {
        "config": {"name": "kiosk", "version": "0.1.0.5", "release": "trixie"},
        "packages": [
            {"type": "deb", "name": "g++", "version": "1:2+b1", "architecture": "amd64"},
            {"type": "deb", "name": "kiosk", "version": "0.1.0+5", "architecture": "amd64"},
        ],
    }
    made = document(PARTS, image_parts(manifest), manifest["config"]["version"])
    *_, last = made["components"]
    assert last["purl"] == "pkg:deb/debian/g%2B%2B@1%3A2%2Bb1?arch=amd64&distro=trixie"
    assert len(made["components"]) == len(PARTS) + 1
    assert made["metadata"]["component"]["version"] == "0.1.0.5"
    assert {each["aggregate"] for each in made["compositions"]} == {"complete"}
    where = sbom.schemas()
    assert where is None or sbom.misfits(made, where) == []


def test_only_what_spdx_knows_is_written_as_its_expression() -> None:
    for said, form in (("MIT", "expression"), ("BSD", "license"), ("GPL-2+, MIT", "license")):
        assert list(component(Part("library", "x", "1", "pkg:x", said))["licenses"][0]) == [form]
    assert sbom.licences("(MIT OR Apache-2.0) AND Zlib") == [{"expression": "(MIT OR Apache-2.0) AND Zlib"}]


@pytest.mark.skipif(sbom.schemas() is None, reason="the schema comes with make sbom or make audit")
def test_it_fits_the_schema() -> None:
    where = sbom.schemas()
    assert where is not None
    made = document([*PARTS, *WITHIN], debian_parts())
    assert sbom.misfits(made, where) == []
    assert sbom.misfits({**made, "bomFormat": "other"}, where) != []
