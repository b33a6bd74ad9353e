// Makes what stands on the screen fit, whatever the language and the size: as long as something runs over (or, in low
// reach, a button stands too high), the screen gets the next class of modes/fit.css on top of those it has. The same
// content ends at the same step. What runs over even then and has a list that may scroll is cut there, and says so.

const STEPS = ["fit-1", "fit-2", "fit-3", "fit-4"];
const MOST_LINES = 3; // of a heading

export function fit(root) {
  for (const part of root.querySelectorAll(".frame, .overlay")) {
    part.classList.remove(...STEPS, "is-cut");
    for (const step of STEPS) {
      if (!runsOver(part)) break;
      part.classList.add(step);
    }
    const list = part.querySelector(".may-scroll");
    if (!list || !runsOver(part)) continue;
    part.classList.add("is-cut");
    if (list.scrollHeight <= list.clientHeight + 1) part.classList.remove("is-cut"); // it was not the list
  }
}

function runsOver(part) {
  for (const element of part.querySelectorAll("*:not(svg, svg *, .scroll, .scroll *, .hidden-words)")) {
    if (element.clientHeight && element.scrollHeight > element.clientHeight + 1) return true;
    if (element.clientWidth && element.scrollWidth > element.clientWidth + 1) return true;
  }
  const buttons = part.matches(".in-reach") ? [...part.querySelectorAll("button")].filter((each) => each.checkVisibility()) : [];
  if (buttons.some((each) => each.getBoundingClientRect().top < innerHeight / 2)) return true;
  const heading = part.querySelector("h1");
  return heading.clientHeight > (MOST_LINES + 0.5) * parseFloat(getComputedStyle(heading).lineHeight);
}
