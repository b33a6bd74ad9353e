// What was pressed, until the session has heard it. A line may be cut after something was said and before it was heard,
// or while somebody is still pressing; so each press waits here, with the number of the screen it was meant for, until
// the server has confirmed it. When the line is back, whatever was not heard is said again, in the order in which it was
// pressed: the first snapshot on a line tells how far the session has heard, and what it has heard twice it counts once.
// Nothing gets to another session: that has another site and so another page, on which nothing has been pressed.
//
// How soon a touch is answered is told, too: from the finger's leaving the glass until the screen that came for it has been
// painted. Which screen that is, the number says that the server has heard last. The time goes into a bucket there.

import { seq, socket } from "./socket.js";

const NO_SCREEN = -1;

const waiting = []; // not confirmed, in the order of pressing
let last = 0; // number of the press that was said last, on this page or one before it in the same session
let open = false; // the session has said how far it has heard
let touched = null; // the newest touch that no screen has answered

// screen: the number of what stood there when it was pressed. at: when, in ms on the page's own clock, which nobody
// sets; the server may hear it much later. touch: somebody waits for what comes. Returns a promise that is kept when the
// session has heard it.
export function press(answer, at, screen = seq, touch = false) {
  return new Promise((heard) => {
    const pressed = { screen: screen ?? NO_SCREEN, answer, at, touch, heard };
    waiting.push(pressed);
    if (open) say(pressed);
  });
}

function say(pressed) {
  pressed.number ??= ++last;
  const { screen, answer, number, at } = pressed;
  if (pressed.touch) touched = pressed;
  socket.emit("answer", { seq: screen, answer, number, at }, () => confirm(number));
}

function confirm(number) {
  while (waiting.length > 0 && waiting[0].number <= number) waiting.shift().heard();
}

// In the first task after the frame in which the screen is painted.
function tellPainted(at) {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => socket.emit("painted", performance.now() - at);
  requestAnimationFrame(() => port2.postMessage(null));
}

socket.on("screen", (snapshot) => {
  if (touched !== null && touched.number <= snapshot.heard) tellPainted(touched.at);
  touched = null;
  if (open) return;
  open = true;
  last = Math.max(last, snapshot.heard);
  confirm(snapshot.heard);
  waiting.forEach(say);
});

socket.on("disconnect", () => {
  open = false;
});
