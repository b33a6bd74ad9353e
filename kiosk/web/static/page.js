// The page: it shows what the server sends; what was touched goes back by itself (touch.js, keys.js). Whenever it has no
// server it shows the neutral screen and nothing of anybody.

import { fit } from "./fit.js";
import "./hold.js";
import "./keys.js";
import "./life.js";
import { knock, seq, socket, stands } from "./socket.js";
import { morph } from "./morph.js";
import "./stays.js";
import { hear, setVolume } from "./tones.js";
import { watchVisible } from "./touch.js";
import "./trials.js";
import { announce, screenChanges, speak } from "./voice.js";

const box = document.getElementById("screen");
const neutral = document.getElementById("neutral");
const policy = trustedTypes.createPolicy("kiosk", { createHTML: (html) => html });

let countdown = 0;

socket.on("screen", (snapshot) => {
  const fresh = new DOMParser().parseFromString(policy.createHTML(snapshot.html), "text/html").body;
  const another = snapshot.seq !== seq;
  const asked = box.querySelector("[role=dialog]") !== null;
  const answer = document.activeElement.dataset.answer;
  screenChanges();
  document.documentElement.lang = snapshot.lang;
  document.documentElement.dir = snapshot.dir;
  setVolume(snapshot.volume);
  if (another) box.replaceChildren(...fresh.childNodes);
  else morph(box, fresh);
  stands(snapshot.seq);
  box.hidden = false;
  neutral.hidden = true;
  fit(box);
  const dialog = box.querySelector("[role=dialog]");
  if (dialog !== null && !asked) dialog.querySelector("[data-focus]")?.focus();
  else if (another || (asked && dialog === null)) box.querySelector("[data-focus]")?.focus();
  if (document.activeElement === document.body) {
    // What had the focus has gone, or been drawn anew.
    const within = dialog ?? box;
    const same = within.querySelector(`[data-answer="${CSS.escape(answer ?? "")}"]`);
    (same ?? within.querySelector("[data-focus]"))?.focus();
  }
  count(snapshot.seconds);
  const first = hear(snapshot.sound, another);
  speak(snapshot.voice, another || asked !== (dialog !== null), first);
  watchVisible();
});

socket.on("announce", ({ seq: to, say, loud }) => {
  if (to === seq) announce(say, loud);
});

socket.on("shown", (yes) => yes()); // messages come in order

socket.on("disconnect", alone);
socket.on("connect_error", alone);

// Without a server: forget what was shown, then look for one.
function alone() {
  socket.disconnect();
  stands(null);
  box.replaceChildren();
  box.hidden = true;
  neutral.hidden = false;
  document.documentElement.lang = "ja";
  document.documentElement.dir = "ltr";
  hear("", true);
  speak(null);
  count(null);
  knock();
}

function count(seconds) {
  clearInterval(countdown);
  if (seconds === null) return;
  const end = performance.now() + seconds * 1000; // a timer may come late, and lose a second each time
  countdown = setInterval(() => {
    const left = Math.max(Math.round((end - performance.now()) / 1000), 0);
    for (const place of box.querySelectorAll("[data-countdown]")) place.textContent = left;
  }, 1000);
}

addEventListener("load", () => socket.connect()); // when the page is whole
