"""What the kiosk is made of, as CycloneDX 1.6, and the licences of it: `make sbom`.

Three lists say what gets onto an appliance, and nothing else does: requirements.lock, package-lock.json, and the lines
of tools/debian-packages that are for everyone or for an appliance. Hashes are the locks'; a Python package's licence is
what its own metadata say, npm's what the lock says, Debian's what `/usr/share/doc/*/copyright` says, where the package
is installed. What came inside another part has a row in WITHIN.

With the manifest of an image (`make image`), Debian's packages are all that are in it, and the document stands beside
it.

`var/sbom.cdx.json` holds all of it; `docs/licences.md` the part that the locks decide, so that a test can hold it to
them. What Debian's packages depend on is Debian's to list, and without a manifest the document says that it is not
whole there.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "var/sbom.cdx.json"
PAGE = ROOT / "docs/licences.md"
# pip-audit's environment (make audit) brings the schemas along with cyclonedx-python-lib.
SCHEMAS = "var/audit/lib/python3*/site-packages/cyclonedx/schema/_res"
HEAD = """\
# Licences of the parts

Made from the locks and the parts' own metadata by `make sbom`; a test holds it to the locks. What Debian brings
(Chromium, fonts, pcscd, the voices Flite and eSpeak NG) stands with the versions of the machine in `var/sbom.cdx.json`,
and its licences in `/usr/share/doc/*/copyright`. The kiosk itself is under Apache-2.0.
"""


@dataclass(frozen=True)
class Part:
    """purl: which package it is (package-url). licence: an SPDX expression or the words its maker uses; "" unknown.
    hashes: of the files it may come in, "SHA-256" or "SHA-512" and hexadecimal."""

    kind: str
    name: str
    version: str
    purl: str
    licence: str = ""
    hashes: tuple[tuple[str, str], ...] = ()


WITHIN = (
    Part("data", "HTS Voice Mei", "", "", "CC-BY-3.0"),  # in pyopenjtalk-plus
)
IDENTIFIER = re.compile(r"[A-Za-z0-9.+]*[0-9-][A-Za-z0-9.+-]*|MIT|ISC|Zlib")  # of SPDX; "BSD" alone is none
CLASSIFIERS = {  # of what has no expression; those that say which version
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}


def python_parts() -> Iterator[Part]:
    """What the lock has for a system like this one."""
    lock = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", " ")
    for line in lock.splitlines():
        if not line or line.startswith("#"):
            continue
        wanted, *hashes = re.split(r"\s+--hash=sha256:", line.strip())
        requirement = Requirement(wanted)
        if requirement.marker and not requirement.marker.evaluate():
            continue
        version = str(requirement.specifier).removeprefix("==")
        purl = f"pkg:pypi/{requirement.name}@{version}"
        found = tuple(("SHA-256", each.strip()) for each in hashes)
        yield Part("library", requirement.name, version, purl, python_licence(requirement.name), found)


def python_licence(name: str) -> str:
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    if said["License-Expression"]:
        return str(said["License-Expression"])
    classifiers = [each for each in said.get_all("Classifier") or () if each.startswith("License ::")]
    if known := [CLASSIFIERS[each] for each in classifiers if each in CLASSIFIERS]:
        return " OR ".join(known)
    if said["License"] and "\n" not in said["License"]:
        return str(said["License"])
    return ", ".join(each.rpartition(" :: ")[2] for each in classifiers)


def npm_parts() -> Iterator[Part]:
    packages = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    for path, each in packages.items():
        if not path or each.get("dev"):
            continue
        name = path.rpartition("node_modules/")[2]
        algorithm, _, digest = each["integrity"].partition("-")
        found = ((algorithm.upper().replace("SHA", "SHA-"), base64.b64decode(digest).hex()),)
        purl = f"pkg:npm/{name.replace('@', '%40')}@{each['version']}"
        yield Part("library", name, each["version"], purl, each.get("license") or npm_licence(path), found)


def npm_licence(path: str) -> str:
    """As old packages say it, which the lock does not repeat."""
    file = ROOT / path / "package.json"
    said = json.loads(file.read_text("utf-8")).get("licenses", []) if file.exists() else []
    return " OR ".join(each["type"] for each in said)


def debian_parts() -> Iterator[Part]:
    """Those an appliance has. Without a version where the package is not installed on this machine."""
    for line in (ROOT / "tools/debian-packages").read_text("utf-8").splitlines():
        name, whom, *_ = [*line.split(), "", ""]
        if name.startswith("#") or whom not in ("run", "appliance"):
            continue
        asked = ["dpkg-query", "--show", "--showformat=${db:Status-Abbrev}${Version}", name]
        said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        version = said[3:].strip() if said.startswith("ii") else ""
        purl = f"pkg:deb/debian/{name}" + (f"@{version}" if version else "")
        yield Part("application", name, version, purl, debian_licence(name) if version else "")


def debian_licence(name: str) -> str:
    """The licences a machine-readable copyright file (DEP-5) names, each once; "" for any other."""
    path = Path("/usr/share/doc", name, "copyright")
    if not path.is_file():
        return ""
    text = path.read_text("utf-8", errors="replace")
    if "copyright-format" not in text.partition("\n\n")[0]:
        return ""
    return ", ".join(dict.fromkeys(each.strip() for each in re.findall(r"^License:[ \t]*(\S.*)$", text, re.MULTILINE)))


def image_parts(manifest: dict[str, Any]) -> Iterator[Part]:
    """Every package of Debian's in an image, of mkosi's manifest. Their licences are in no image."""
    release = manifest["config"]["release"]
    for each in manifest["packages"]:
        name, version = each["name"], each["version"]
        if name != "kiosk":  # what the document is about
            words = f"{quote(name)}@{quote(version, safe='')}?arch={each['architecture']}&distro={release}"
            yield Part("application", name, version, f"pkg:deb/debian/{words}")


def document(parts: Iterable[Part], debian: Iterable[Part], image: str = "") -> dict[str, Any]:
    """Without a time: the same parts give the same document, its serial number too.

    image: the version of the image that it is of, with all its packages; "": of the kiosk as it is installed."""
    version = image or tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    ours, theirs = [*map(component, parts)], [*map(component, debian)]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([version, ours, theirs], sort_keys=True))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "kiosk",
                "name": "kiosk",
                "version": version,
                "licenses": licences("Apache-2.0"),
            }
        },
        "components": [*ours, *theirs],
        "compositions": [
            {"aggregate": "complete", "assemblies": [each["bom-ref"] for each in ours]},
            {"aggregate": "complete" if image else "incomplete", "assemblies": [each["bom-ref"] for each in theirs]},
        ],
    }


def component(part: Part) -> dict[str, Any]:
    made: dict[str, Any] = {"type": part.kind, "bom-ref": part.purl or part.name, "name": part.name}
    for key, value in (
        ("version", part.version),
        ("purl", part.purl),
        ("hashes", [{"alg": algorithm, "content": digest} for algorithm, digest in part.hashes]),
        ("licenses", licences(part.licence)),
    ):
        if value:
            made[key] = value
    return made


def licences(said: str) -> list[dict[str, Any]]:
    if not said:
        return []
    identifiers = re.split(" (?:AND|OR|WITH) ", re.sub("[()]", "", said))
    if all(map(IDENTIFIER.fullmatch, identifiers)):
        return [{"expression": said}]
    return [{"license": {"name": said}}]


def page(parts: Iterable[Part]) -> str:
    rows = [f"| {each.name} | {each.version} | {each.licence or 'not stated'} |" for each in parts]
    return "\n".join([HEAD, "| part | version | licence |", "|---|---|---|", *rows, ""])


def misfits(made: dict[str, Any], schemas: Path) -> list[str]:
    """What of a document the CycloneDX schema refuses, with the place of each."""
    import jsonschema_rs

    read = {
        f"http://cyclonedx.org/schema/{path.name}": json.loads(path.read_text("utf-8"))
        for path in schemas.glob("*.schema.json")
    }
    registry = jsonschema_rs.Registry(list(read.items()), draft=jsonschema_rs.Draft7)
    schema = read["http://cyclonedx.org/schema/bom-1.6.SNAPSHOT.schema.json"]
    judge = jsonschema_rs.Draft7Validator(schema, registry=registry)
    return [f"{'/'.join(map(str, each.instance_path))}: {each.message}" for each in judge.iter_errors(made)]


def schemas() -> Path | None:
    return next(iter(sorted(ROOT.glob(SCHEMAS))), None)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.sbom", description=__doc__)
    parser.add_argument("manifest", type=Path, nargs="?", help="of an image, as mkosi writes it")
    manifest = parser.parse_args().manifest
    parts = [*python_parts(), *npm_parts(), *WITHIN]
    if manifest:
        told = json.loads(manifest.read_text("utf-8"))
        made, out = document(parts, image_parts(told), told["config"]["version"]), manifest.with_suffix(".cdx.json")
    else:
        made, out = document(parts, debian_parts()), OUT
        PAGE.write_text(page(parts), "utf-8")
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
    unknown = [each["name"] for each in made["components"] if "licenses" not in each and not manifest]
    print(f"{out}: {len(made['components'])} parts; licence not stated: {', '.join(unknown) or 'none'}")
    where = schemas()
    if where is None:
        print("not checked against the schema: var/audit is not there", file=sys.stderr)
        return 1
    wrong = misfits(made, where)
    print("\n".join(wrong) or "it fits the schema of CycloneDX 1.6")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
