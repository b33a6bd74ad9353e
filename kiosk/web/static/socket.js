// The socket to the session: snapshots come in on it and numbered answers go out; and the way back to a server when it
// has been cut. The number of the screen that stands here is all that the page knows by itself.

const DOOR = `http://127.0.0.1:${location.port}/`; // leads to the site of the session that is being served
const KNOCK_MS = 50; // the browser's network process, which dies with each session, is back sooner than that
const CONNECT_MS = 200;
const ASTRAY_MS = 3000; // a way that leads nowhere for so long has been cut off
const ACTIVE_MS = 5000;

// The library measures by it how long the server has been silent, and for that the day's clock will not do: it is set.
Date.now = () => performance.timeOrigin + performance.now();

export const socket = io({ transports: ["websocket"], reconnection: false, autoConnect: false });
export let seq = null; // of the screen that stands here; null while none does

let saidActiveAt = -Infinity;

export function stands(number) {
  seq = number;
}

// That somebody is here: said at most once in a while, and missed by nobody when the line is cut. The page's clock is
// monotonic: the day's may be set at any time.
export function active() {
  const now = performance.now();
  if (seq === null || !socket.connected || now - saidActiveAt < ACTIVE_MS) return;
  saidActiveAt = now;
  socket.emit("answer", { seq, answer: "active" });
}

// Ask whether the same session still lives (204) or has a successor, until there is an answer. The successor says where
// it lives; what else may have come in its place (services/out_of_order.py) is at the door.
export async function knock() {
  try {
    const answer = await fetch("/alive", { cache: "no-store" });
    if (answer.status === 204) return setTimeout(() => socket.connect(), CONNECT_MS);
    location.replace((answer.ok && (await answer.text())) || DOOR);
    setTimeout(knock, ASTRAY_MS); // nothing if we get there
  } catch {
    setTimeout(knock, KNOCK_MS);
  }
}
