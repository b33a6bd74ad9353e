// What only the staff's trials want to know (kiosk/flows/staff/trials.py): that two fingers lie on the glass at once, one
// on each half ([data-half]), and that a key was pressed which is drawn there ([data-keycap]). Elsewhere nothing is both.

import { press } from "./presses.js";

const box = document.getElementById("screen");
const fingers = new Map(); // the half on which each lies, by its pointer

document.addEventListener("pointerdown", (event) => {
  const half = event.target.closest("[data-half]");
  if (half === null) return;
  fingers.set(event.pointerId, half);
  half.classList.add("is-touched");
  if (new Set(fingers.values()).size > 1) press(half.dataset.half, event.timeStamp);
});

for (const end of ["pointerup", "pointercancel"])
  document.addEventListener(end, ({ pointerId }) => {
    fingers.get(pointerId)?.classList.remove("is-touched");
    fingers.delete(pointerId);
  });

document.addEventListener("keydown", (event) => {
  const key = box.querySelector(`[data-key-name="${CSS.escape(event.key.normalize("NFKC").toUpperCase())}"]`);
  if (key !== null && !event.repeat) press(key.dataset.keycap, event.timeStamp);
});
