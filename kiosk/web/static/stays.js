// The page stays: whatever a script in it does, it goes nowhere and opens nothing of Chromium's. It has no links, no fields
// and no forms (tests/web/test_files.py); this and its headers (web/app.py) hold besides.

const FIELDS = "input, select, textarea"; // each of which may have a picker: of a file, a colour, a day

// It makes room for the page of the next session, or for what is at the door, and for no other.
navigation.addEventListener("navigate", (event) => {
  const { protocol, hostname, port, pathname, search } = new URL(event.destination.url);
  const known = hostname === "127.0.0.1" || hostname.endsWith(".localhost");
  const kiosk = protocol === "http:" && known && port === location.port && pathname + search === "/";
  if (event.cancelable && !(kiosk && event.navigationType === "replace")) event.preventDefault();
});

// Nor are there words that come out of what a mouse rests on.
const untitled = (event) => event.composedPath().forEach((each) => each.removeAttribute?.("title"));
addEventListener("pointerover", untitled, { capture: true });

addEventListener("invalid", (event) => event.preventDefault(), { capture: true }); // no bubble at a field found wrong
for (const field of [HTMLInputElement, HTMLSelectElement]) field.prototype.showPicker = field.prototype.click = () => {};
for (const touch of ["pointerdown", "mousedown", "click", "keydown"])
  addEventListener(touch, (event) => event.target.matches?.(FIELDS) && event.preventDefault(), { capture: true });
