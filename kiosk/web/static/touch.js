// What a finger does: it presses what has an answer, scrolls, and has seen what came into view; and nothing else that a
// browser would make of it.

import { active, say } from "./line.js";
import { play } from "./tones.js";

const SCREENFUL = 0.85; // of a text, so that the last lines are seen again

const box = document.getElementById("screen");

document.addEventListener("click", (event) => {
  const control = event.target.closest("[data-answer]");
  if (control !== null) say(control.dataset.answer);
  if (control?.matches(".key, [data-answer=softer], [data-answer=louder]")) play("tick"); // whatever was typed
  if (control?.matches("[data-answer=staff]")) play("call");
  if (event.target.closest("[data-scroll-page]") !== null) scrolls(box.querySelector("[data-scroll]"), 1);
});

for (const touch of ["pointerdown", "scroll"]) document.addEventListener(touch, active, { capture: true, passive: true });
for (const nothing of ["contextmenu", "dragstart", "selectstart"])
  document.addEventListener(nothing, (event) => event.preventDefault());
document.addEventListener("wheel", (event) => event.ctrlKey && event.preventDefault(), { passive: false });

// Scrolls a text by a screenful; false where it ends.
export function scrolls(text, step) {
  const before = text.scrollTop;
  text.scrollBy({ top: step * text.clientHeight * SCREENFUL, behavior: "instant" });
  return text.scrollTop !== before;
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) say(entry.target.dataset.visibleAnswer);
});

// What answers by being seen: looked for anew on each screen.
export function watchVisible() {
  seen.disconnect();
  for (const mark of box.querySelectorAll("[data-visible-answer]")) seen.observe(mark);
}
