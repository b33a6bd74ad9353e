"""Everything can be done without sight and without touch: by arrows, Enter, digits and the help key, hearing the page.

Who plays here knows nothing but the accessibility tree of Chromium, as a screen reader gets it, and has no keys but
those of a nine-key pad. On the way, each screen is held to what such a person needs: one heading, which has the focus
when the screen is new, the step's name, a name for whatever has the focus, an order of focus that goes down the page,
and a focus that is never lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from kiosk.flows.linking import STEPS
from kiosk.language.languages import LANGUAGES, translations
from kiosk.portal.model import State
from kiosk.sim.card.chip import Faults
from tests.e2e.conftest import Kiosk
from tests.e2e.person import PINS, SOON, WRONG, Person

ARROWS = {"ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"}
PAD = {*ARROWS, *"0123456789", "Enter", "F1"}  # F1 is what the help key says
FAR = 60  # presses after which nobody goes on looking
BESIDE = {"ぜんぶ消す", "１つ消す"}  # stand beside the digits, in whose midst nobody wants to meet them
PUZZLING = 4  # keys to a row of an on-screen keyboard, before the first row has been heard


@dataclass(frozen=True)
class Heard:
    """A node of the tree. said: its words without spaces, which differ with the layout. live: a change of it is
    announced, wherever the focus is."""

    role: str
    name: str
    traits: dict[str, Any] = field(repr=False, compare=False)
    element: int = field(repr=False)
    live: bool = field(repr=False, compare=False)

    @property
    def said(self) -> str:
        return "".join(self.name.split())

    @property
    def focused(self) -> bool:
        return bool(self.traits.get("focused"))


def unchanging(tree: list[Heard]) -> list[tuple[str, str]]:
    """All that is heard, but how many have been typed."""
    return [(node.role, node.name) for node in tree if "入力しました" not in node.said]


class Ear:
    """Hears the page, presses keys, counts them."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.presses = 0
        self._devtools = person.page.context.new_cdp_session(person.page)
        self._devtools.send("Accessibility.enable")  # or the whole tree is made anew whenever it is asked for

    # -- hearing

    def tree(self) -> list[Heard]:
        """In reading order."""
        nodes = {node["nodeId"]: node for node in self._devtools.send("Accessibility.getFullAXTree")["nodes"]}

        def below(node: dict[str, Any], live: bool = False) -> Iterator[Heard]:
            traits = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
            live = live or traits.get("live") in ("polite", "assertive")
            if not node["ignored"]:
                name = node.get("name", {}).get("value", "")
                yield Heard(node["role"]["value"], name, traits, node.get("backendDOMNodeId", 0), live)
            for child in node.get("childIds", []):
                if child in nodes:
                    yield from below(nodes[child], live)

        [root] = [node for node in nodes.values() if "parentId" not in node]
        return list(below(root))

    def focus(self, tree: list[Heard] | None = None) -> Heard:
        """What has the focus: something on the screen, that has a name."""
        tree = tree or self.tree()
        focused = [node for node in tree if node.focused and node.role != "RootWebArea"]
        assert len(focused) == 1, f"the focus is lost, or twofold: {focused}, on {self.heading(tree)}"
        assert focused[0].said, f"what has the focus has no name: {focused}"
        return focused[0]

    def heading(self, tree: list[Heard]) -> Heard | None:
        headings = [node for node in tree if node.role == "heading" and node.traits.get("level") == 1]
        assert len(headings) <= 1, headings
        return headings[0] if headings else None

    def waits(self, holds: Callable[[list[Heard]], object], otherwise: str) -> list[Heard]:
        end = time.monotonic() + SOON / 1000
        while not holds(tree := self.tree()):
            assert time.monotonic() < end, f"{otherwise}; heard was {[node.name for node in tree]}"
            time.sleep(0.05)
        return tree

    def hears_screen(self, heading: str, step: int | None = None) -> None:
        """Wait for a new screen; it begins at its heading."""

        def is_there(tree: list[Heard]) -> bool:
            said = self.heading(tree)
            return said is not None and said.said == "".join(heading.split())

        tree = self.waits(is_there, f"no screen “{heading}”")
        said = self.heading(tree)
        assert said is not None and said.focused, f"{heading} is not where it begins"
        if step is not None:
            words = [node.name for node in tree if node.role == "StaticText"]
            assert f"全{len(STEPS)}手順のうち、{step}番目。" in words
            assert STEPS[step - 1].title in words

    def hears(self, role: str, words: str) -> None:
        """Wait for a message of this role."""

        def is_there(tree: list[Heard]) -> bool:
            told = "".join(node.said for node in tree if node.live and node.role == "StaticText")
            return words in told and role in [node.role for node in tree]

        self.waits(is_there, f"no {role} “{words}”")

    def typed(self, count: int) -> list[Heard]:
        """Wait until so many characters have been taken."""
        return self.waits(lambda tree: f"{count}文字入力しました" in [node.said for node in tree], f"{count} not typed")

    # -- keys

    def press(self, key: str) -> Heard | None:
        """None after a key that may lead to another screen, else what has the focus now."""
        assert key in PAD
        self.presses += 1
        self.person.page.keyboard.press(key)
        return self.focus() if key in ARROWS else None

    def goes_to(self, words: str, role: str = "button", arrow: str = "ArrowDown") -> Heard:
        """Move until this is heard. A button's words may go on."""
        wanted = "".join(words.split())
        here = self.focus()
        for _ in range(FAR):
            if here.role == role and here.said.startswith(wanted):
                return here
            moved = self.press(arrow)
            assert moved is not None
            here = moved
        raise AssertionError(f"no arrow leads to {role} “{words}”")

    def reads_to_the_end(self) -> None:
        """Down through the terms, until it leads out of them; then there is a box to tick, and the focus is not lost
        with the button that turned the pages."""
        text = self.goes_to("利用規約", role="region")
        while self.press("ArrowDown") == text:
            pass
        self.waits(lambda tree: any(node.role == "checkbox" for node in tree), "no box after the end of the terms")
        self.focus()

    def chooses(self, words: str, role: str = "button") -> None:
        self.goes_to(words, role)
        self.press("Enter")

    def types(self, pin: str) -> None:
        """Digits by their keys, letters on the keyboard on the screen. Nothing that can be heard tells what it was."""
        before = unchanging(self.tree())
        for count, character in enumerate(pin, 1):
            if character.isdigit():
                self.press(character)
            else:
                self.finds_letter(character)
                self.press("Enter")
            assert unchanging(self.typed(count)) == before
        assert pin not in "".join(name for _, name in before)

    def finds_letter(self, letter: str) -> None:
        """Down and up by rows as long as it is far, then along the row, as someone who knows the alphabet."""
        tree = self.tree()
        keys = [node.name for node in tree if node.role == "button"]
        row = PUZZLING
        here: Heard | None = self.focus(tree)
        assert here is not None
        if here.name not in keys or len(here.name) > 1:
            here = self.goes_to("1")
        for _ in range(FAR):
            assert here is not None
            at = keys.index(here.name)
            away = keys.index(letter) - at
            if away == 0:
                return
            if abs(away) < row:
                here = self.press("ArrowRight" if away > 0 else "ArrowLeft")
            else:
                here = self.press("ArrowDown" if away > 0 else "ArrowUp")
                assert here is not None
                row = abs(keys.index(here.name) - at)
        raise AssertionError("the letter is out of reach")

    # -- going round

    def goes_round(self) -> None:
        """Arrows lead to everything there is, in reading order and down the page, and back to where they began."""
        counted = self.presses
        tree = self.tree()
        stops = [node for node in tree if node.traits.get("focusable") and node.role != "RootWebArea"]
        there_is = [node.element for node in stops]
        start = self.focus(tree)
        visited = [start.element]
        while (here := self.press("ArrowRight")) is not None and here.element != start.element:
            visited.append(here.element)
            assert len(visited) <= len(there_is), "going round does not end"
        last = self.press("ArrowLeft")
        assert last is not None and last.element == visited[-1]
        self.press("ArrowRight")
        first = visited.index(there_is[0])
        assert visited[first:] + visited[:first] == there_is
        tops = [self._top(node.element) for node in stops if node.name not in BESIDE]
        assert tops == sorted(tops), "the order is not that of the page"
        self.presses = counted

    def _top(self, element: int) -> int:
        """How far down the page it begins."""
        return round(float(self._devtools.send("DOM.getBoxModel", {"backendNodeId": element})["model"]["border"][1]))


@pytest.fixture
def ear(person: Person) -> Ear:
    made = Ear(person)
    made.hears_screen("運転免許とマイナポータルを、つなぎます（連携）")
    return made


FIRST = (
    (1, "運転免許を、マイナポータルとつなぎます（連携）", "連携をはじめる"),
    (2, "つぎの順番で連携します", "連携"),
    (3, "情報を送ることに、同意しますか", "同意して次へ"),
    (4, "マイナンバーカードを用意してください", "マイナンバーカードを読み取る"),
)


def begins(ear: Ear) -> None:
    """From attract through step 4, by whoever knows the way."""
    ear.press("Enter")
    ear.hears_screen("ご用件をえらんでください")
    ear.press("Enter")
    for step, heading, _ in FIRST:
        ear.hears_screen(heading, step)
        ear.press("Enter")


def test_a_licence_is_linked_by_keys_alone(ear: Ear, person: Person, kiosk: Kiosk) -> None:
    ear.goes_round()
    ear.chooses("画面にふれてください")
    ear.hears_screen("ご用件をえらんでください")
    ear.goes_round()
    ear.chooses("運転免許の連携")
    for step, heading, goes_on in FIRST:
        ear.hears_screen(heading, step)
        ear.goes_round()
        ear.chooses(goes_on)
    ear.hears_screen("マイナンバーカードを入れてください", 4)
    ear.goes_round()
    person.puts_in()
    ear.hears_screen("入力用の４けたの暗証番号", 5)
    ear.goes_round()
    ear.types(PINS.text)
    ear.press("Enter")
    ear.hears_screen("この内容を送ってよいですか", 7)
    ear.goes_round()
    somebody = kiosk.people[person.who]
    heard = [node.said for node in ear.tree()]
    assert "".join(somebody.name.split()) in heard
    ear.chooses("送信")
    ear.hears_screen("利用規約を確かめてください", 8)
    ear.goes_round()
    ear.reads_to_the_end()
    box = ear.goes_to("利用規約を確認しました。", role="checkbox", arrow="ArrowUp")
    assert box.traits["checked"] == "false"
    ear.press("Enter")
    ear.waits(lambda tree: any(node.traits.get("checked") == "true" for node in tree), "the box is not ticked")
    assert ear.focus().role == "checkbox"
    ear.goes_round()
    ear.chooses("同意する")
    ear.hears_screen("署名用の６〜16文字の暗証番号", 9)
    ear.goes_round()
    ear.types(PINS.sign)
    ear.chooses("次へ")
    ear.hears_screen("連携が完了しました", 11)
    ear.hears("status", "印刷しました。紙は右の出口からお取りください。")
    ear.goes_round()

    [entry] = kiosk.portal.linkings._all()
    assert entry.state is State.COMPLETED and entry.linked is not None
    assert len(kiosk.printer.slips) == 1
    assert entry.linked.reference in [node.name for node in ear.tree()]
    ear.chooses("おわる")
    ear.hears_screen("カードをお取りください")
    person.takes_out()
    ear.hears_screen("運転免許とマイナポータルを、つなぎます（連携）")
    print(f"a linking takes {ear.presses} keys")


def test_whoever_knows_the_way_goes_on_by_enter(ear: Ear, person: Person) -> None:
    begins(ear)
    ear.hears_screen("マイナンバーカードを入れてください", 4)
    person.puts_in()
    ear.hears_screen("入力用の４けたの暗証番号", 5)
    ear.types(PINS.text)
    ear.press("Enter")
    ear.hears_screen("この内容を送ってよいですか", 7)
    ear.press("Enter")
    ear.hears_screen("利用規約を確かめてください", 8)
    ear.reads_to_the_end()
    ear.goes_to("利用規約", role="region", arrow="ArrowUp")
    ear.press("Enter")
    ear.waits(lambda tree: any(node.said == "同意する" for node in tree), "nothing to agree with")
    ear.press("Enter")
    ear.hears_screen("署名用の６〜16文字の暗証番号", 9)
    ear.types(PINS.sign)
    ear.chooses("次へ")
    ear.hears_screen("連携が完了しました", 11)
    ear.hears("status", "印刷しました。")
    ear.press("Enter")
    ear.hears_screen("カードをお取りください")
    person.takes_out()
    ear.hears_screen("運転免許とマイナポータルを、つなぎます（連携）")
    print(f"a linking takes {ear.presses} keys, by whoever knows the way")


def test_what_went_wrong_is_told_where_it_is_listened_for(ear: Ear, person: Person) -> None:
    begins(ear)
    ear.hears_screen("マイナンバーカードを入れてください", 4)
    person.puts_in(faults=Faults(mute=True))
    ear.hears_screen("カードの向きを確かめてください", 4)
    assert ear.focus().live, "the same screen says something else, and that is not announced"
    person.puts_in()
    ear.hears_screen("入力用の４けたの暗証番号", 5)
    ear.types(WRONG.text[:2])
    ear.press("Enter")
    ear.hears("status", "４けた、入力してください。")
    for key in (*WRONG.text[2:], "Enter"):
        ear.press(key)
    ear.hears("alert", "暗証番号がちがいます。入力できるのは、あと2回つづけて3回まちがえると、ロックされます。")
    ear.focus()


def test_help_is_a_key_away_and_leaving_is_asked_for_once_more(ear: Ear, person: Person, kiosk: Kiosk) -> None:
    begins(ear)
    person.puts_in()
    ear.hears_screen("入力用の４けたの暗証番号", 5)
    ear.types(PINS.text[:2])
    since = kiosk.logged()
    ear.press("F1")
    ear.hears_screen("係員に声をかけてください")
    kiosk.wait_log("asked where the staff are", since=since)
    ear.goes_round()
    ear.press("F1")  # nothing more to ask for
    ear.chooses("画面にもどる")
    ear.hears_screen("入力用の４けたの暗証番号", 5)
    ear.typed(2)
    ear.chooses("やめて消す")
    ear.hears_screen("やめますか")
    ear.goes_round()
    ear.chooses("つづける")
    ear.hears_screen("入力用の４けたの暗証番号", 5)
    ear.chooses("やめて消す")
    ear.hears_screen("やめますか")
    ear.chooses("やめて消す")
    ear.hears_screen("カードをお取りください")
    person.takes_out()
    ear.hears_screen("運転免許とマイナポータルを、つなぎます（連携）")


def test_whoever_lost_a_card_gets_their_list_by_keys_alone(ear: Ear, kiosk: Kiosk) -> None:
    ear.chooses("画面にふれてください")
    ear.hears_screen("ご用件をえらんでください")
    ear.chooses("カードをなくした")
    for heading, chosen in (
        ("まず、カードの機能をとめてください", "この電話番号を紙でもらう"),
        ("まず、カードの機能をとめてください", "手続をしらべる"),
        ("どちらを持っていましたか", "マイナ免許証のみ"),
        ("これから、どうしたいですか", "マイナ免許証をつづける"),
    ):
        ear.hears_screen(heading)
        ear.goes_round()
        ear.chooses(chosen)
        if chosen == "この電話番号を紙でもらう":
            ear.hears("status", "印刷しました。")  # and the button that was pressed is there no more
            assert ear.focus().role == "heading"
    ear.hears("status", "印刷しました。紙は右の出口からお取りください。")
    ear.goes_round()
    assert len(kiosk.printer.slips) == 2
    ear.chooses("おわる")
    ear.hears_screen("運転免許とマイナポータルを、つなぎます（連携）")
    print(f"a list takes {ear.presses} keys, the number alone on paper among them")


def test_a_language_is_chosen_by_keys_alone_and_nothing_typed_is_lost(ear: Ear, person: Person) -> None:
    begins(ear)
    person.puts_in()
    ear.hears_screen("入力用の４けたの暗証番号", 5)
    ear.types(PINS.text[:2])
    began = ear.presses
    ear.chooses("言語 Language")
    ear.hears_screen("言語をえらんでください")
    ear.goes_round()
    ear.chooses("English")
    english = translations(LANGUAGES["en"]).gettext
    ear.hears_screen(english("入力用の４けたの暗証番号"))
    print(f"a language takes {ear.presses - began} keys")
    said = "".join((english("%(count)s文字 入力しました") % {"count": 2}).split())
    assert said in [node.said for node in ear.tree()]
    ear.goes_round()
    ear.press(PINS.text[2])
    ear.press(PINS.text[3])
    ear.press("Enter")
    ear.hears_screen(english("この内容を送ってよいですか"))
