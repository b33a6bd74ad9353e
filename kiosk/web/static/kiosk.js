// The page: it shows what the server sends and sends back what was touched. The only thing it knows by itself is the
// number of the screen it shows; whenever it has no server it shows the neutral screen and nothing of anybody.
"use strict";

const DOOR = `http://127.0.0.1:${location.port}/`; // leads to the site of the session that is being served
const KNOCK_MS = 50; // the browser's network process, which dies with each session, is back sooner than that
const CONNECT_MS = 200;
const ASTRAY_MS = 3000; // a way that leads nowhere for so long has been cut off
const ACTIVE_MS = 5000;
const SHORTCUTS = {
  ENTER: "[role=checkbox][aria-checked=false], .is-main, .touch-anywhere",
  BACKSPACE: "[data-answer=erase]",
  ESCAPE: "[data-answer=leave], [data-answer=stay]",
  F1: "[data-answer=staff]",
  HELP: "[data-answer=staff]",
  "*": "[data-answer=staff]",
};
const ARROWS = { ARROWUP: -1, ARROWDOWN: 1, ARROWLEFT: -1, ARROWRIGHT: 1 };
const SCREENFUL = 0.85; // of a text, so that the last lines are seen again

const box = document.getElementById("screen");
const neutral = document.getElementById("neutral");
const policy = trustedTypes.createPolicy("kiosk", { createHTML: (html) => html });
const socket = io({ transports: ["websocket"], reconnection: false, autoConnect: false });

let seq = null;
let sound = "";
let saidActiveAt = 0;
let countdown = 0;
let soundAgain = 0;
let volume = 0;

// ---- what the server says

socket.on("screen", (snapshot) => {
  const fresh = new DOMParser().parseFromString(policy.createHTML(snapshot.html), "text/html").body;
  const another = snapshot.seq !== seq;
  const asked = box.querySelector("[role=dialog]") !== null;
  const answer = document.activeElement.dataset.answer;
  byKey = false;
  document.documentElement.lang = snapshot.lang;
  document.documentElement.dir = snapshot.dir;
  volume = snapshot.volume;
  if (another) box.replaceChildren(...fresh.childNodes);
  else morphChildren(box, fresh);
  seq = snapshot.seq;
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
  const first = another || snapshot.sound !== sound ? hear(snapshot.sound) : 0;
  speak(snapshot.voice, another || asked !== (dialog !== null), first);
  watchVisible();
});

socket.on("disconnect", alone);
socket.on("connect_error", alone);

// Without a server: forget what was shown, then ask whether the same session still lives (204) or has a successor.
function alone() {
  socket.disconnect();
  seq = null;
  box.replaceChildren();
  box.hidden = true;
  neutral.hidden = false;
  document.documentElement.lang = "ja";
  document.documentElement.dir = "ltr";
  hear("");
  speak(null);
  count(null);
  knock();
}

async function knock() {
  try {
    const answer = await fetch("/alive", { cache: "no-store" });
    if (answer.status === 204) return setTimeout(() => socket.connect(), CONNECT_MS);
    location.replace(DOOR);
    setTimeout(knock, ASTRAY_MS); // nothing if we get there
  } catch {
    setTimeout(knock, KNOCK_MS);
  }
}

// Make `now` like `then` while keeping the elements that stay: scroll positions, focus and movement go on.
function morphChildren(now, then) {
  const wanted = [...then.childNodes];
  while (now.childNodes.length > wanted.length) now.lastChild.remove();
  wanted.forEach((node, at) => {
    const old = now.childNodes[at];
    if (old === undefined) now.append(node);
    else if (old.nodeName !== node.nodeName || old.dataset?.answer !== node.dataset?.answer) old.replaceWith(node);
    else if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== node.nodeValue) old.nodeValue = node.nodeValue;
    } else {
      for (const { name } of [...old.attributes]) if (!node.hasAttribute(name)) old.removeAttribute(name);
      for (const { name, value } of node.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
      morphChildren(old, node);
    }
  });
}

function count(seconds) {
  clearInterval(countdown);
  if (seconds === null) return;
  let left = Math.round(seconds);
  countdown = setInterval(() => {
    left = Math.max(left - 1, 0);
    for (const place of box.querySelectorAll("[data-countdown]")) place.textContent = left;
  }, 1000);
}

// ---- what the person does

function say(answer) {
  if (seq !== null && socket.connected) socket.emit("answer", { seq, answer });
}

function active() {
  if (Date.now() - saidActiveAt < ACTIVE_MS) return;
  saidActiveAt = Date.now();
  say("active");
}

document.addEventListener("click", (event) => {
  const control = event.target.closest("[data-answer]");
  if (control !== null) say(control.dataset.answer);
  if (control?.matches(".key, [data-answer=softer], [data-answer=louder]")) play(TONES.tick); // whatever was typed
  if (control?.matches("[data-answer=staff]")) play(TONES.call);
  const pager = event.target.closest("[data-scroll-page]");
  if (pager !== null) scrolls(box.querySelector("[data-scroll]"), 1);
});

// A keypad or a keyboard presses what is drawn, never anything else.
document.addEventListener("keydown", (event) => {
  active();
  if (event.key.length === 1) say("typed"); // the browser itself remembers typed characters: docs/decisions/0005
  byKey = true;
  hush();
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const name = event.key.normalize("NFKC").toUpperCase();
  if (name === "ENTER" && event.target.closest("button") !== null) return; // the browser presses that one itself
  const within = box.querySelector("[role=dialog]") ?? box;
  if (name in ARROWS || name === "F1") event.preventDefault();
  if (name in ARROWS) return move(name, within);
  const key = within.querySelector(SHORTCUTS[name] ?? `[data-key="${CSS.escape(name)}"]`);
  if (key === null) return;
  event.preventDefault();
  if (!event.repeat) key.click();
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
  const all = [...within.querySelectorAll("button, [tabindex]")];
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

// Scrolls a text by a screenful; false where it ends.
function scrolls(text, step) {
  const before = text.scrollTop;
  text.scrollBy({ top: step * text.clientHeight * SCREENFUL, behavior: "instant" });
  return text.scrollTop !== before;
}

document.addEventListener("pointerdown", (event) => {
  byKey = false;
  if (event.target.closest("[data-answer=softer], [data-answer=louder]") === null) hush();
});
document.addEventListener("focusin", (event) => {
  if (!byKey || spoken === null) return;
  const { answer, focus } = event.target.dataset;
  sayAll(focus === undefined ? (spoken.labels[answer ?? event.target.ariaLabel ?? ""] ?? []) : spoken.screen);
});
for (const touch of ["pointerdown", "scroll"]) document.addEventListener(touch, active, { capture: true, passive: true });
for (const nothing of ["contextmenu", "dragstart", "selectstart"])
  document.addEventListener(nothing, (event) => event.preventDefault());
document.addEventListener("wheel", (event) => event.ctrlKey && event.preventDefault(), { passive: false });

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) say(entry.target.dataset.visibleAnswer);
});

function watchVisible() {
  seen.disconnect();
  for (const mark of box.querySelectorAll("[data-visible-answer]")) seen.observe(mark);
}

// ---- what is heard: short tones [Hz, from, to], in seconds; words and pictures say the same

const TONES = {
  tick: [[620, 0, 0.03]],
  card_in: [[660, 0, 0.08], [880, 0.1, 0.2]],
  card_out: [[880, 0, 0.08], [660, 0.1, 0.2]],
  take_card: [[988, 0, 0.18], [784, 0.22, 0.4], [988, 0.44, 0.62]],
  printed: [[659, 0, 0.1], [880, 0.12, 0.26]],
  done: [[523, 0, 0.12], [659, 0.14, 0.26], [784, 0.28, 0.5]],
  error: [[330, 0, 0.16], [262, 0.2, 0.42]],
  call: [[784, 0, 0.2], [659, 0.25, 0.6]],
};
let speaker;

// Returns how long it takes [s].
function hear(name) {
  sound = name;
  clearInterval(soundAgain);
  if (!(name in TONES)) return 0;
  play(TONES[name]);
  if (name === "take_card") soundAgain = setInterval(() => play(TONES[name]), 4000);
  return Math.max(...TONES[name].map(([, , to]) => to));
}

function play(tones) {
  speaker ??= new AudioContext();
  for (const [hertz, from, to] of tones) {
    const tone = new OscillatorNode(speaker, { frequency: hertz });
    const gain = new GainNode(speaker, { gain: 0 });
    tone.connect(gain).connect(speaker.destination);
    const start = speaker.currentTime + from;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.1 * volume, start + 0.01);
    gain.gain.linearRampToValueAtTime(0, speaker.currentTime + to);
    tone.start(start);
    tone.stop(speaker.currentTime + to);
  }
}

// ---- what is said: the sounds the server names, one after the other, until the person does anything

const voice = document.getElementById("voice");
let spoken = null;
let toSay = [];
let soon = 0;
let byKey = false;

// wanted: what the server has to say, null while nobody listens. A new screen is said from its beginning; of the same
// screen only what has come to it. after: seconds to wait, for a tone.
function speak(wanted, anew, after = 0) {
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

function sayAll(addresses, after = 0) {
  hush();
  toSay = [...addresses];
  soon = setTimeout(sayNext, after * 1000);
}

function sayNext() {
  if (toSay.length === 0) return;
  if (box.querySelector("[role=dialog]") === null) active(); // nobody who still listens has gone away
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

addEventListener("load", () => socket.connect()); // when the page is whole
