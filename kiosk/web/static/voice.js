// What is said: the sounds the server names, one after the other, until the person does anything. Whoever goes from
// place to place by keys hears what has the focus.

import { active } from "./socket.js";

const box = document.getElementById("screen");
const voice = document.getElementById("voice");

let spoken = null; // what the server has to say of this screen, null while nobody listens
let toSay = [];
let soon = 0;
let byKey = false; // the last thing the person did

// wanted: what the server has to say, null while nobody listens. A new screen is said from its beginning; of the same
// screen only what has come to it. after: seconds to wait, for a tone.
export function speak(wanted, anew, after = 0) {
  const before = spoken;
  spoken = wanted;
  if (wanted === null) return hush();
  voice.volume = wanted.loud;
  if (anew || before === null || before.turn !== wanted.turn) return sayAll(wanted.screen, after);
  const come = wanted.screen.filter((each) => !before.screen.includes(each));
  const speaking = !voice.paused && !voice.ended;
  toSay = [...toSay.filter((each) => wanted.screen.includes(each)), ...come];
  if (!speaking && come.length > 0) sayAll(toSay, after);
}

// Said to whoever is near, while nobody is before the machine. It does not begin anew before it has ended.
export function announce(addresses, loud) {
  if (spoken !== null || toSay.length > 0 || !(voice.paused || voice.ended)) return;
  voice.volume = loud;
  sayAll(addresses);
}

// From now on the focus moves because the screen has changed, not because the person went there.
export function screenChanges() {
  byKey = false;
}

function sayAll(addresses, after = 0) {
  hush();
  toSay = [...addresses];
  soon = setTimeout(sayNext, after * 1000);
}

function sayNext() {
  if (toSay.length === 0) return;
  if (spoken !== null && box.querySelector("[role=dialog]") === null) active(); // nobody who still listens has gone away
  voice.src = toSay.shift();
  voice.play().catch(() => {}); // interrupted
}

function hush() {
  clearTimeout(soon);
  toSay = [];
  voice.pause();
}

voice.addEventListener("ended", sayNext);
voice.addEventListener("error", sayNext);

// Before keys.js moves the focus: what is said of the new place must not be hushed by the key that led there.
document.addEventListener("keydown", () => {
  byKey = true;
  hush();
}, { capture: true });

document.addEventListener("pointerdown", (event) => {
  byKey = false;
  if (event.target.closest("[data-answer=softer], [data-answer=louder]") === null) hush();
});

document.addEventListener("focusin", (event) => {
  if (!byKey || spoken === null) return;
  const { answer, focus } = event.target.dataset;
  sayAll(focus === undefined ? (spoken.labels[answer ?? event.target.ariaLabel ?? ""] ?? []) : spoken.screen);
});
