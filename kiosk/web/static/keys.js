// What a keypad or a keyboard does: it presses what is drawn, never anything else, and leads the focus about. A key that
// is held down has been pressed once (EN 301 549 5.7): only arrows go on, and none of it says that somebody is there.

import { active } from "./socket.js";
import { press } from "./presses.js";
import { pressedBy, scrolls } from "./touch.js";

const SHORTCUTS = {
  ENTER: "[role=checkbox][aria-checked=false], .is-main, .touch-anywhere",
  BACKSPACE: "[data-answer=erase]",
  ESCAPE: "[data-answer=leave], [data-answer=stay]",
  F1: "[data-answer=staff]",
  HELP: "[data-answer=staff]",
  "*": "[data-answer=staff]",
};
const ARROWS = { ARROWUP: -1, ARROWDOWN: 1, ARROWLEFT: -1, ARROWRIGHT: 1 };

const box = document.getElementById("screen");

document.addEventListener("keydown", (event) => {
  if (!event.repeat) active();
  if (event.key.length === 1 && !event.repeat) press("typed", event.timeStamp); // the browser itself remembers typed characters: docs/decisions/0005
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const name = event.key.normalize("NFKC").toUpperCase();
  if (name === "ENTER" && event.target.closest("button") !== null) {
    if (event.repeat) event.preventDefault();
    return; // the browser presses that one itself
  }
  const within = box.querySelector("[role=dialog]") ?? box;
  if (name in ARROWS || name === "F1") event.preventDefault();
  if (name in ARROWS) return move(name, within);
  const key = within.querySelector(SHORTCUTS[name] ?? `[data-key="${CSS.escape(name)}"]`);
  if (key === null) return;
  event.preventDefault();
  if (!event.repeat) pressedBy(event, key);
});

// Arrows lead to the heading and to whatever can be pressed or scrolled, in reading order and round again. Up and down
// first scroll a text, and go from row to row among the keys of a pad.
function move(name, within) {
  const upright = name === "ARROWUP" || name === "ARROWDOWN";
  let from = document.activeElement;
  const step = !upright && getComputedStyle(from).direction === "rtl" ? -ARROWS[name] : ARROWS[name];
  if (upright && from.matches("[role=region]") && scrolls(from, step)) return;
  const pad = upright ? from.closest(".pad") : null;
  if (pad !== null) {
    const keys = [...pad.querySelectorAll("button")];
    const key = nextRow(from, keys, step);
    if (key !== undefined) return key.focus();
    from = keys.at(step > 0 ? -1 : 0);
  }
  const all = [...within.querySelectorAll("button, [tabindex]")].filter((each) => each.checkVisibility());
  all.at((all.indexOf(from) + step) % all.length)?.focus();
}

// The nearest key in the rows below or above; one in the same column is nearer than any other.
function nextRow(from, keys, step) {
  const here = from.getBoundingClientRect();
  const far = (key) => {
    const there = key.getBoundingClientRect();
    const rows = step * (there.top - here.top);
    return rows < here.height ? Infinity : rows + 3 * Math.abs(there.left + there.right - here.left - here.right);
  };
  const nearest = keys.reduce((one, other) => (far(other) < far(one) ? other : one));
  return far(nearest) < Infinity ? nearest : undefined;
}
