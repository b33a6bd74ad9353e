// The door of the staff, on screens that have one ([data-hold], in a corner): one finger that goes down there and stays
// for five seconds, or five keys that nobody presses by chance. The page only tells of it; who may come in is decided
// elsewhere (kiosk/flows/staff/entrance.py).
//
// A palm at rest does not open it: it is more than one contact, or one that is larger than the corner. Nor does a finger
// that went down elsewhere, or beside another that is down already. The five seconds are those of the page's own clock.

import { press } from "./presses.js";

const HOLD_MS = 5000;
const KEYS = /[#-]0[#-]0[#-]$/; // "#" of a telephone's keypad, "-" of a computer's
const KEYS_MS = 5000; // for all of them

const box = document.getElementById("screen");
const down = new Set(); // contacts, by their pointer, wherever they are

let held = null; // { pointer, corner, timer }

document.addEventListener("pointerdown", (event) => {
  down.add(event.pointerId);
  letGo();
  const corner = event.target.closest("[data-hold]");
  if (corner === null || down.size > 1 || event.button !== 0 || isPalm(event, corner)) return;
  const timer = setTimeout(() => {
    held = null;
    if (corner.isConnected) press(corner.dataset.hold, performance.now()); // of the screen that has it now, if one has
  }, HOLD_MS);
  held = { pointer: event.pointerId, corner, timer };
});

document.addEventListener("pointermove", (event) => {
  if (event.pointerId === held?.pointer && (!isIn(event, held.corner) || isPalm(event, held.corner))) letGo();
});

for (const end of ["pointerup", "pointercancel"])
  document.addEventListener(end, (event) => {
    down.delete(event.pointerId);
    if (event.pointerId === held?.pointer) letGo();
  });

function letGo() {
  clearTimeout(held?.timer);
  held = null;
}

function isIn({ clientX, clientY }, corner) {
  const { left, right, top, bottom } = corner.getBoundingClientRect();
  return clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
}

function isPalm({ width, height }, corner) {
  return width > corner.clientWidth || height > corner.clientHeight;
}

let typed = "";
let since = 0;

document.addEventListener("keydown", (event) => {
  const corner = box.querySelector("[data-hold]");
  if (corner === null || event.repeat || event.key.length > 1 || event.timeStamp - since > KEYS_MS) typed = "";
  if (corner === null || event.repeat || event.key.length > 1) return;
  if (typed === "") since = event.timeStamp;
  typed = (typed + event.key.normalize("NFKC")).slice(-5);
  if (!KEYS.test(typed)) return;
  typed = "";
  press(corner.dataset.hold, event.timeStamp);
});
