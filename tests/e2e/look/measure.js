// What can be measured of the screen that stands there, as a list of complaints. Sizes are those of
// interface-numbers.md; the design's pixel is the CSS pixel at the two sizes the tests use.
({ smallestText, answers }) => {
  const SCROLLS = ".scroll, .is-cut .may-scroll";
  const complaints = [];
  const complain = (element, words) =>
    complaints.push(`${words}: <${element.tagName.toLowerCase()} class="${element.getAttribute("class") ?? ""}"> ${element.textContent.trim().slice(0, 30)}`);
  const root = document.querySelector(".overlay") ?? document.querySelector(".frame") ?? document.querySelector("#neutral");
  const seen = (element) => element.checkVisibility() && !element.closest(".hidden-words");
  const all = [...root.querySelectorAll("*")].filter((element) => !element.closest("svg, rt") && seen(element)); // a reading is half as large as what it is read from
  const box = (element) => element.getBoundingClientRect();

  for (const element of all) {
    if (!element.matches(SCROLLS) && element.clientHeight && element.scrollHeight > element.clientHeight + 1) complain(element, `too high by ${element.scrollHeight - element.clientHeight}`);
    if (element.clientWidth && element.scrollWidth > element.clientWidth + 1) complain(element, `too wide by ${element.scrollWidth - element.clientWidth}`);
  }

  const texts = all.filter((element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  for (const element of texts) {
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (size < smallestText) complain(element, `text of ${size} px`);
    if (element.closest(SCROLLS)) continue;
    const { left, top, right, bottom } = box(element);
    if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) complain(element, "outside the screen");
  }

  const buttons = all.filter((element) => element.matches("button"));
  for (const button of buttons) {
    const { width, height } = box(button);
    const [least, word] = button.matches(".key") ? [88, "key"] : [72, "button"];
    if (height < least || width < least) complain(button, `${word} of ${Math.round(width)} x ${Math.round(height)} px`);
    for (const other of buttons) {
      if (other === button) break;
      const a = box(button), b = box(other);
      const across = Math.max(a.left, b.left) - Math.min(a.right, b.right);
      const down = Math.max(a.top, b.top) - Math.min(a.bottom, b.bottom);
      if (Math.max(across, down) < 11.9) complain(button, `only ${Math.max(across, down)} px from ${other.textContent.trim()}`);
    }
  }

  for (const part of root.querySelectorAll(".head, .words, .thing, .actions")) {
    for (const other of root.querySelectorAll(".head, .words, .thing, .actions")) {
      if (part === other) break;
      for (const inner of [part, ...part.children]) {
        for (const its of [other, ...other.children]) {
          const a = box(inner), b = box(its);
          const overlap = Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
          if (overlap && a.height && b.height) complain(inner, `lies over <${its.getAttribute("class")}>`);
        }
      }
    }
  }

  const headings = [...root.querySelectorAll("h1")];
  if (headings.length !== 1) complaints.push(`${headings.length} headings`);
  for (const heading of headings) {
    const lines = Math.round(box(heading).height / parseFloat(getComputedStyle(heading).lineHeight));
    if (lines > 3) complain(heading, `${lines} lines`);
  }
  const focused = document.querySelectorAll("[data-focus]");
  if (root.id !== "neutral" && (focused.length !== 1 || focused[0] !== headings[0])) complaints.push(`${focused.length} places for the focus`);
  for (const element of focused) {
    element.focus();
    const { outlineStyle, boxShadow } = getComputedStyle(element);
    if (document.activeElement !== element) complain(element, "does not take the focus");
    if (outlineStyle !== "none" || boxShadow !== "none") complain(element, "wears a ring though nobody can press it");
  }
  if (document.getAnimations().length) complaints.push("something moves although less motion is wanted");

  if (answers) {
    const offered = [...document.querySelectorAll("[data-answer], [data-visible-answer], [data-hold], [data-half], [data-keycap]")].map(({ dataset: of }) => of.answer ?? of.visibleAnswer ?? of.hold ?? of.half ?? of.keycap);
    for (const answer of answers.always.concat(answers.wanted)) if (!offered.includes(answer)) complaints.push(`no way to answer ${answer}`);
    for (const answer of offered) if (!answers.always.concat(answers.wanted, answers.also).includes(answer)) complaints.push(`nobody waits for the answer ${answer}`);
  }
  return complaints;
}
