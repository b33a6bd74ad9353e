// That the page lives, told to the server about once a second, as long as each link of the chain holds: this thread
// runs, the compositor has asked for a frame (requestAnimationFrame: the GPU's process lives, the page is not hidden),
// and Chromium's main process answers (a lock is asked of it). Whatever hangs or dies, nothing is told any more.
//
// A page that has lost the focus, the glass or a part of it to something else says that instead. It cannot lose what it
// never had: a screen without a keyboard may give it no focus, and another window has an address and a frame.

import { socket } from "./socket.js";

const LIFE_MS = 700;
const ASTRAY_MS = 500; // the focus may go and come back by itself

const box = document.getElementById("screen");

let blurredAt = null;
let narrowedAt = null;
let filled = false; // its window from edge to edge, since it is here; a bar of Chromium's, or zoom, takes from it
let leaving = false; // for another page: then it is hidden, and nothing has come before it

function mine() {
  if (document.hasFocus()) blurredAt = null;
  return leaving || (!document.hidden && box.isConnected && briefly(blurredAt) && briefly(narrowedAt));
}

function briefly(since) {
  return since === null || performance.now() - since < ASTRAY_MS;
}

function measure() {
  const fills = innerWidth === outerWidth && innerHeight === outerHeight;
  filled ||= fills && socket.connected;
  narrowedAt = fills || !filled ? null : (narrowedAt ?? performance.now());
  if (narrowedAt !== null) setTimeout(() => mine() || tell(), ASTRAY_MS);
}

function tell() {
  if (socket.connected) socket.emit("life", mine());
}

async function live() {
  await navigator.locks.query();
  tell();
  setTimeout(() => requestAnimationFrame(live), LIFE_MS);
}

// Chromium's own keys: those that a page is asked about first go no further. What the kiosk has for a key is done as well.
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || /^(F\d+|Browser|Launch)/.test(event.key)) event.preventDefault();
});

addEventListener("blur", () => {
  blurredAt = performance.now();
  setTimeout(() => mine() || tell(), ASTRAY_MS);
});
addEventListener("resize", measure);
addEventListener("pagehide", () => (leaving = true));
document.addEventListener("visibilitychange", () => mine() || tell());
socket.on("connect", () => requestAnimationFrame(tell));
socket.on("connect", measure);
requestAnimationFrame(live);
