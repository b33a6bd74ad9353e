"""What the page is made of, as files: each in its folder, none that nobody needs, and all of it served."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kiosk.language.languages import LANGUAGES
from kiosk.session.preferences import Preferences
from kiosk.web import style, view
from kiosk.web.app import create
from kiosk.web.site import Site
from tests.web.catalogue import SIGHTS
from tests.web.catalogue_staff import STAFF_SIGHTS
from tests.web.sight import DEFAULTS

FOLDERS = {"layout", "parts", "screens", "overlays", "drawings"}
SCRIPTS = {path.name: path.read_text("utf-8") for path in style.STATIC.glob("*.js")}
SHEETS = [path for layer in style.LAYERS for path in style.files(layer)]
IMPORTED = re.compile(r'^import (?:.* from )?"\./(.+?)";', re.MULTILINE)
CLASS = re.compile(r"\.([a-z][\w-]*)")


class Tags(HTMLParser):
    """What a document consists of, the classes it wears, and the addresses it loads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.classes: set[str] = set()
        self.addresses: set[str] = set()
        self.preloaded: set[str] = set()
        self.kinds: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.kinds.add(tag)
        self.attributes.update(given)
        self.classes.update(given.get("class", "").split())
        if tag in ("link", "script"):
            self.addresses.add(given.get("href") or given["src"])
        if given.get("rel") == "modulepreload":
            self.preloaded.add(given["href"].rpartition("/")[2])


def test_every_template_stands_in_one_of_the_five_folders_and_is_needed() -> None:
    view.environment.cache_clear()
    view.page()
    for sight in (*SIGHTS, *STAFF_SIGHTS):
        sight.html()
    loaded = view.environment(DEFAULTS.language).cache
    assert loaded is not None
    written = {path.relative_to(view.TEMPLATES).as_posix() for path in view.TEMPLATES.rglob("*.*")}
    assert {name for _, name in loaded} == written
    assert {name.split("/")[0] for name in written} == FOLDERS
    assert all(name.count("/") == 1 for name in written)


def test_every_style_sheet_is_in_a_layer_and_none_makes_one_of_its_own() -> None:
    ours = {path for path in style.STATIC.rglob("*.css") if path != style.TOKENS}
    assert sorted(ours) == sorted(SHEETS)
    assert [path.name for path in SHEETS if "@layer" in path.read_text("utf-8")] == []
    sheet = style.sheet()
    tokens = style.TOKENS.read_text("utf-8")
    assert sheet.startswith(tokens)
    assert sheet[len(tokens) :].lstrip().startswith("@layer base, parts, screens, modes;")
    assert sheet.count("@layer") == 1 + len(SHEETS)


def test_the_tokens_which_stand_in_no_layer_set_nothing_but_custom_properties() -> None:
    declared = re.findall(
        r"([\w-]+)\s*:[^;{}]*;", re.sub(r"/\*.*?\*/", "", style.TOKENS.read_text("utf-8"), flags=re.S)
    )
    assert declared
    assert [name for name in declared if not name.startswith("--")] == []


def test_a_screens_own_sheet_bears_its_name() -> None:
    screens = {path.stem for path in (view.TEMPLATES / "screens").iterdir()}
    assert {path.stem for path in style.files("screens")} <= screens


@pytest.fixture(scope="module")
def worn() -> set[str]:
    """Every class that something on the glass can wear."""
    choices = [
        DEFAULTS,
        Preferences(LANGUAGES["en"], large=True, contrast=True, reach=True),
        Preferences(LANGUAGES["easy"]),
        Preferences(listening=True),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view, "can_speak", lambda language: True)  # whether its prompts have been made or not
        html = "".join([view.page(), *(sight.html(chosen) for sight in (*SIGHTS, *STAFF_SIGHTS) for chosen in choices)])
    return Tags(html).classes | set(re.findall(r'"(fit-\d|is-cut)"', SCRIPTS["fit.js"]))


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.relative_to(style.STATIC).as_posix())
def test_no_style_sheet_dresses_what_nobody_wears(path: Path, worn: set[str]) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
    named = set(CLASS.findall(re.sub(r"\{[^{}]*\}", "{}", text)))
    assert named - worn == set()


def test_nothing_on_any_screen_leads_elsewhere_or_has_a_picker() -> None:
    """It is what the lock-down of a page counts on: static/stays.js."""
    tags = [Tags(each) for each in (view.page(), *(sight.html() for sight in (*SIGHTS, *STAFF_SIGHTS)))]
    assert "title" not in set.union(*(each.attributes for each in tags)), "words that come out where a mouse rests"
    assert not set.union(*(each.kinds for each in tags)) & {
        "a",
        "area",
        "form",
        "input",
        "select",
        "textarea",
        "iframe",
        "frame",
        "object",
        "embed",
        "video",
    }


def test_every_script_is_a_module_the_page_leads_to_and_asks_for_at_once() -> None:
    reached, waiting = set(), ["page.js"]
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting += set(IMPORTED.findall(SCRIPTS[name])) - reached
    assert reached == set(SCRIPTS)
    assert Tags(view.page()).preloaded == reached - {"page.js"}


def test_whatever_the_page_is_made_of_goes_to_the_page_of_a_session_that_has_died_too() -> None:
    """The page itself goes to nobody else."""
    client = create(Site("here.localhost:1", frozenset(), "key"), lambda: None).test_client()
    addresses = Tags(view.page()).addresses
    assert len(addresses) == 3 + len(SCRIPTS)  # the sheet, the icon, socket.io
    for host in ("here.localhost:1", "gone.localhost:1"):
        for address in addresses:
            answer = client.get(address, headers={"Host": host})
            assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (200, "nosniff"), address
            wanted = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}[address.rpartition(".")[2]]
            assert answer.mimetype == wanted, address
    assert client.get("/", headers={"Host": "gone.localhost:1"}).status_code == 421
