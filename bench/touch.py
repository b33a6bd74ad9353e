"""From a touch to the next screen: over the server, and by a handler in the page that knows it beforehand.

Each pair is one change of screen, done twice in a row in the same document. First for real: touch, socket, flow,
template, socket, swap, paint. Then the page is put back, and whatever the same touch gives to the socket is answered at
once, by giving the same snapshot to the same swap. What differs is all that lies between the two ends of the socket.

What is painted is painted with a frame, of which there are sixty a second. So two times are taken: until the document
has changed, which no frame rounds up; and until that has been painted. A change that comes before the frame that
follows the touch is painted in it, in the same frame in which a local handler's would be.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

from bench.page import open_page, touch
from bench.table import Row, paired
from tests.stage import Stage

# The line is the page's own. bench.local: a snapshot to answer the next touch with, instead of the server.
WATCH = """async () => {
  const { socket } = await import("/static/line.js");
  const swap = socket.listeners("screen").at(-1); // page.js is the last to run
  const say = socket.emit;
  const screen = document.getElementById("screen");
  socket.on("screen", (snapshot) => { bench.before = bench.last; bench.last = snapshot; });
  bench.swap = swap;
  bench.local = null;
  socket.emit = (...said) => {
    const confirmed = said.at(-1);
    if (bench.local === null || typeof confirmed !== "function") return say.apply(socket, said);
    swap(bench.local);
    confirmed();
  };
  addEventListener("pointerup", (event) => {
    const touched = performance.timeOrigin + event.timeStamp;
    let same = true; // the frame that follows the touch has not begun
    requestAnimationFrame(() => (same = false));
    bench.took = new Promise((done) => {
      new MutationObserver((_, observer) => {
        observer.disconnect();
        const took = { changed: bench.now() - touched, same };
        bench.painted().then((at) => done({ ...took, painted: at - touched }));
      }).observe(screen, { subtree: true, childList: true, attributeFilter: ["class"] }); // not a finger's mark
    });
  }, { capture: true });
}"""
BACK = "() => { bench.swap(bench.before); bench.local = bench.last; return bench.painted(); }"
FORTH = "() => { bench.local = null; return bench.painted(); }"
TOOK = "() => bench.took"


class Took(NamedTuple):
    """From a touch, in seconds. same: in the frame that followed it."""

    changed: float
    painted: float
    same: bool


def rows(directory: Path, quick: bool) -> Iterator[Row]:
    with Stage(directory) as stage, open_page(stage.address) as page:
        page.wait_for_selector("[data-answer=start]")
        page.evaluate(WATCH)
        touch(page, "start")
        yield from compare(page, "touch to next screen", ("link", "back"), 5 if quick else 500)
        for answer in ("link", "next", "next", "next", "next"):
            touch(page, answer)
        page.wait_for_selector(".is-set-card")
        stage.put_in("excellent")
        page.wait_for_selector(".is-pin")
        yield from compare(page, "touch of a key to its dot", ("key:1", "erase"), 5 if quick else 60)


def compare(page: Page, what: str, there_and_back: tuple[str, str], repeats: int) -> Iterator[Row]:
    """Go there and back so many times, each time over the server and then without it."""
    ours, local = [], []
    for answer in there_and_back * repeats:
        ours.append(timed(page, answer))
        page.evaluate(BACK)
        local.append(timed(page, answer))
        page.evaluate(FORTH)
    beside = "by a local handler"
    yield paired(f"{what} in the document", [took.changed for took in ours], beside, [took.changed for took in local])
    yield paired(f"{what} painted", [took.painted for took in ours], beside, [took.painted for took in local])
    same = [sum(took.same for took in each) / len(each) for each in (ours, local)]
    yield Row(f"{what}: in the frame that follows the touch", f"{same[0]:.0%}", f"{beside}: {same[1]:.0%}")


def timed(page: Page, answer: str) -> Took:
    touch(page, answer)
    took = page.evaluate(TOOK)
    return Took(took["changed"] / 1000, took["painted"] / 1000, took["same"])
