// That the page lives, told to the server about once a second, as long as each link of the chain holds: this thread
// runs, the compositor has asked for a frame (requestAnimationFrame: the GPU's process lives, the page is not hidden),
// and Chromium's main process answers (a lock is asked of it). Whatever hangs or dies, nothing is told any more.
//
// A page that has lost the focus or the glass to something else says that instead. It cannot lose what it never had: a
// screen without a keyboard may give it no focus.

import { socket } from "./line.js";

const LIFE_MS = 700;
const ASTRAY_MS = 500; // the focus may go and come back by itself

let blurredAt = null;
let leaving = false; // for another page: then it is hidden, and nothing has come before it

function mine() {
  if (document.hasFocus()) blurredAt = null;
  return leaving || (!document.hidden && (blurredAt === null || performance.now() - blurredAt < ASTRAY_MS));
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

// And what leads to another page: ours makes room for that of the next session, or for the door, and for no other.
navigation.addEventListener("navigate", (event) => {
  const { protocol, hostname, port, pathname, search } = new URL(event.destination.url);
  const known = hostname === "127.0.0.1" || hostname.endsWith(".localhost");
  const kiosk = protocol === "http:" && known && port === location.port && pathname + search === "/";
  if (event.cancelable && !(kiosk && event.navigationType === "replace")) event.preventDefault();
});

addEventListener("blur", () => {
  blurredAt = performance.now();
  setTimeout(() => mine() || tell(), ASTRAY_MS);
});
addEventListener("pagehide", () => (leaving = true));
document.addEventListener("visibilitychange", () => mine() || tell());
socket.on("connect", () => requestAnimationFrame(tell));
requestAnimationFrame(live);
