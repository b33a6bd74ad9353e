// Puts up one screen after the other and measures each: what runs over, what is too small, what has stayed in Japanese.
// The fragments come in one go, since a call for each would cost more than the measuring.
async ({ fragments, smallestText, foreign, han, reach }) => {
  const { fit } = await import("/static/fit.js");
  window.kiosk ??= trustedTypes.createPolicy("kiosk", { createHTML: (html) => html });
  const screen = document.querySelector("#screen");
  document.querySelector("#neutral").hidden = true;
  screen.hidden = false;
  const SCROLLS = ".scroll, .is-cut .may-scroll";
  const japanese = han ? /[ぁ-ゖァ-ヺ]/ : /[ぁ-ゖァ-ヺ一-龠々]/;

  const complaintsOf = (root) => {
    const complaints = [];
    const complain = (element, words) => complaints.push(`${words}: .${element.className} “${element.textContent.trim().replace(/\s+/g, " ").slice(0, 40)}”`);
    const all = [...root.querySelectorAll("*:not(svg, svg *, rt, .hidden-words, .hidden-words *)")].filter((element) => element.checkVisibility());
    for (const element of all) {
      if (!element.closest(SCROLLS) && element.clientHeight && element.scrollHeight > element.clientHeight + 1) complain(element, `too high by ${element.scrollHeight - element.clientHeight}`);
      if (element.clientWidth && element.scrollWidth > element.clientWidth + 1) complain(element, `too wide by ${element.scrollWidth - element.clientWidth}`); // nothing goes on sideways
      if (![...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
      const { left, top, right, bottom } = element.getBoundingClientRect();
      if (!element.closest(SCROLLS) && (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1)) complain(element, "outside the screen");
      if (parseFloat(getComputedStyle(element).fontSize) < smallestText) complain(element, `text of ${getComputedStyle(element).fontSize}`);
    }
    for (const reading of root.querySelectorAll("rt")) {
      if (!reading.checkVisibility() || reading.closest(".hidden-words")) continue;
      const size = parseFloat(getComputedStyle(reading).fontSize);
      if (size < 14) complain(reading.parentElement, `reading of ${size} px`);
    }
    for (const slot of root.querySelectorAll(".slip-slot"))
      for (const card of root.querySelectorAll(".chip-card")) {
        const paper = slot.getBoundingClientRect(), its = card.getBoundingClientRect();
        if (its.width && Math.min(paper.right, its.right) - Math.max(paper.left, its.left) > 1) complain(card.parentElement, "a card over the slot of the paper");
      }
    for (const list of root.querySelectorAll(".may-scroll")) {
      const more = list.nextElementSibling.checkVisibility();
      if (more !== list.scrollHeight > list.clientHeight + 1) complain(list, more ? "says that it goes on, and does not" : "goes on, and does not say so");
    }
    for (const button of reach ? root.querySelectorAll("button") : [])
      if (button.checkVisibility() && button.getBoundingClientRect().top < innerHeight / 2 - 1) complain(button, "out of reach");
    const own = screen.querySelector(".frame").lang;
    for (const element of foreign ? root.querySelectorAll("*") : []) {
      if (element.closest("[lang]").lang !== own) continue;
      const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data);
      for (const text of [...texts, element.ariaLabel ?? ""]) // 「…」 holds a name as it stands on another screen or paper
        if (japanese.test(text.replace(/「[^」]*」/g, ""))) complaints.push(`still Japanese: ${text.trim()}`);
    }
    return complaints;
  };

  return fragments.map((html) => {
    screen.innerHTML = window.kiosk.createHTML(html);
    fit(screen);
    return complaintsOf(screen.querySelector(".overlay") ?? screen);
  });
}
