// Makes what stands on the screen fit, whatever the language and the size: as long as something runs over (or, in low
// reach, a button stands too high), the screen gets the next step of fit.css. The same content ends at the same step.
"use strict";

const FIT_STEPS = 4;
const MOST_LINES = 3; // of a heading

function fit(root) {
  for (const part of root.querySelectorAll(".frame, .overlay")) {
    delete part.dataset.fit;
    for (let step = 1; step <= FIT_STEPS && runsOver(part); step++) part.dataset.fit = step;
  }
}

function runsOver(part) {
  for (const element of part.querySelectorAll("*:not(svg, svg *, .scroll, .scroll *, .hidden-words)")) {
    if (element.clientHeight && element.scrollHeight > element.clientHeight + 1) return true;
    if (element.clientWidth && element.scrollWidth > element.clientWidth + 1) return true;
  }
  if (part.matches(".in-reach") && [...part.querySelectorAll("button")].some((each) => each.getBoundingClientRect().top < innerHeight / 2)) return true;
  const heading = part.querySelector("h1");
  return heading.clientHeight > (MOST_LINES + 0.5) * parseFloat(getComputedStyle(heading).lineHeight);
}
