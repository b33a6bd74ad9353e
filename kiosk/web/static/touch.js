// What a finger does: it presses what has an answer, scrolls, and has seen what came into view; and nothing else that a
// browser would make of it.
//
// A browser's click is a gesture: it is not made of a finger that rolls a few millimetres, presses long, or is not alone
// on the glass. Here a press is where a finger went down and where it came up, for each finger by itself, and nothing
// else: not how long it took, nor what it did in between (EN 301 549 5.5.1, 5.9). Leaving the button is the way to think
// better of it (WCAG 2.5.2). Three things are no press: a contact larger than the button and its surroundings, which
// does not say what is meant; one that has lain there for a while when another finger presses, which is a hand at rest;
// and one that the browser has made into scrolling.
//
// Whatever is pressed is marked (data-pressed) from the moment the finger is down until the session has heard it, so the
// glass answers within a frame even when the session does not. A mark that goes while the finger is down says that this
// is not taken. The characters of a PIN are an exception: marked for longer than a finger hides them, they would stand
// there to be read.
//
// A click without a pointer comes from a keyboard or from assistive technology, and is a press too.

import { active, seq } from "./socket.js";
import { press } from "./presses.js";
import { play } from "./tones.js";

const SCREENFUL = 0.85; // of a text, so that the last lines are seen again
const SLOP_PX = 24; // about 6 mm around a button, into which a finger may roll
const REST_MS = 1000; // what has lain there for so long when another finger presses is a hand
const MARKED_MS = 100; // at least, so that also a quick touch is seen
const SECRET = "[data-answer^='key:']";

const box = document.getElementById("screen");
const fingers = new Map(); // that are down on a button, by their pointer

document.addEventListener("pointerdown", (event) => {
  const button = event.target.closest("button");
  if (button === null || event.button !== 0 || event.pointerId < 0) return;
  event.preventDefault(); // the focus stays where it is
  const finger = { button, seq, at: event.timeStamp, place: button.getBoundingClientRect(), meant: true };
  fingers.set(event.pointerId, finger);
  follow(finger, event);
});

document.addEventListener("pointermove", (event) => {
  const finger = fingers.get(event.pointerId);
  if (finger !== undefined) follow(finger, event);
});

document.addEventListener("pointerup", (event) => {
  const finger = fingers.get(event.pointerId);
  if (finger === undefined) return;
  fingers.delete(event.pointerId);
  if (!follow(finger, event)) return;
  for (const other of fingers.values()) if (event.timeStamp - other.at >= REST_MS) rest(other);
  pressed(finger, event.timeStamp);
});

document.addEventListener("pointercancel", (event) => {
  const finger = fingers.get(event.pointerId);
  fingers.delete(event.pointerId);
  if (finger !== undefined) rest(finger);
});

document.addEventListener("click", (event) => {
  if (event.pointerId >= 0) return; // of a finger, which has been heard by itself
  const button = event.target.closest("button");
  if (button !== null) pressedBy(event, button);
});

// By what is no finger: a key, or assistive technology.
export function pressedBy({ timeStamp }, button) {
  pressed({ button, seq, at: timeStamp }, timeStamp);
}

// Whether it would be a press if the finger came up here, and the mark that says so.
function follow(finger, event) {
  const { width, height } = finger.place;
  finger.meant &&= event.width <= width + 2 * SLOP_PX && event.height <= height + 2 * SLOP_PX;
  const on = finger.meant && isOn(finger, event.clientX, event.clientY);
  mark(finger, on);
  return on;
}

// On the button, or next to where it was when the finger went down: it may have been drawn anew since.
function isOn({ button, place }, x, y) {
  const under = document.elementFromPoint(x, y)?.closest("button") ?? null;
  if (under === button) return true;
  return Math.hypot(x - clamp(x, place.left, place.right), y - clamp(y, place.top, place.bottom)) <= SLOP_PX;
}

function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}

function rest(finger) {
  finger.meant = false;
  mark(finger, false);
}

// A button is pressed, by whatever it was. at: when, on the page's clock [ms]: of the finger or the key itself, for a page
// that was busy hears of several at once.
async function pressed(finger, at) {
  const { button } = finger;
  const secret = button.matches(SECRET);
  if (!secret) mark(finger, true);
  if (button.matches("[data-scroll-page]") && button.isConnected) scrolls(box.querySelector("[data-scroll]"), 1);
  if (button.matches(".key, [data-answer=softer], [data-answer=louder]")) play("tick"); // whatever was typed
  if (button.matches("[data-answer=staff]")) play("call");
  const heard = button.dataset.answer === undefined ? null : press(button.dataset.answer, at, finger.seq, true);
  await new Promise((enough) => setTimeout(enough, MARKED_MS - (performance.now() - finger.at)));
  if (!secret) await heard;
  mark(finger, false);
}

const marks = new WeakMap(); // the fingers to which a button owes its mark

function mark(finger, on) {
  const holders = marks.get(finger.button) ?? new Set();
  marks.set(finger.button, holders);
  if (on) holders.add(finger);
  else holders.delete(finger);
  finger.button.toggleAttribute("data-pressed", holders.size > 0);
}

for (const touch of ["pointerdown", "scroll"]) document.addEventListener(touch, active, { capture: true, passive: true });
for (const nothing of ["contextmenu", "dragstart", "dragover", "drop", "selectstart"])
  document.addEventListener(nothing, (event) => event.preventDefault());
document.addEventListener("wheel", (event) => event.ctrlKey && event.preventDefault(), { passive: false });

// Scrolls a text by a screenful; false where it ends.
export function scrolls(text, step) {
  const before = text.scrollTop;
  text.scrollBy({ top: step * text.clientHeight * SCREENFUL, behavior: "instant" });
  return text.scrollTop !== before;
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) press(entry.target.dataset.visibleAnswer, entry.time);
});

// What answers by being seen: looked for anew on each screen.
export function watchVisible() {
  seen.disconnect();
  for (const mark of box.querySelectorAll("[data-visible-answer]")) seen.observe(mark);
}
