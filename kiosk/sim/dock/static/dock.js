// The dock's page: sends what is pressed, and shows once a second how everything stands. It keeps no state of its own but
// the settings for the next card, which stand in the form.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);
const text = (node, words) => { if (node && node.textContent !== words) node.textContent = words; };

const WORDS = JSON.parse(document.body.dataset.words); // the page's language, by the Japanese words; none: they are it
const say = (words, n) => (WORDS[words] ?? words).replace("%n", () => n);

let latest = 0; // numbers the requests, so that a late answer cannot undo a newer one

async function ask(method, path, body) {
  const turn = ++latest;
  const trouble = one("#trouble");
  try {
    const answer = await fetch(path, {
      method,
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body && JSON.stringify(body),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error);
    trouble.hidden = true;
    if (turn === latest) show(said);
  } catch (error) {
    text(trouble, error instanceof TypeError ? say("デモが止まっています。") : error.message);
    trouble.hidden = false;
  }
}

// What is set for the next card: {behaviour: {…}, faults: {…}}.
function nextCard() {
  const order = { behaviour: {}, faults: {} };
  for (const control of all("#slot [data-group]")) {
    const { group, name } = control.dataset;
    if (control.tagName === "SELECT") order[group][name] = chosen(control.value);
    else if (control.checked) order[group][name] = valueOf(control, true);
  }
  return order;
}

// What an option stands for: a number, or a word.
function chosen(value) {
  return /^[0-9]+$/.test(value) ? Number(value) : value;
}

// What a tick stands for: a number beside it, or yes, or no for what an ordinary card can.
function valueOf(tick, on) {
  const beside = one("input[data-value]", tick.closest(".control"));
  if (beside) return on ? Number(beside.value) : null;
  return "off" in tick.dataset ? !on : on;
}

const doing = {
  insert: (button) => ask("POST", "/api/card", {
    person: button.closest("[data-person]").dataset.person, device: button.dataset.device, ...nextCard(),
  }),
  remove: () => ask("DELETE", "/api/card"),
  renew: (button) => ask("DELETE", `/api/cards/${button.closest("[data-person]").dataset.person}`),
  ordinary: () => {
    for (const control of all("#slot input[type=checkbox]")) control.checked = false;
    for (const control of all("#slot select")) control.selectedIndex = 0;
    markChanged();
  },
  press: (button) => ask("POST", `/api/aids/${button.closest("[data-aid]").dataset.aid}`, { press: true }),
  terms: () => ask("POST", "/api/portal", { change_terms: true }),
  seen: (button) => ask("POST", "/api/calls", { seen: button.dataset.call }),
  release: () => ask("POST", "/api/portal", { release_links: true }),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (button) doing[button.dataset.do](button);
});

document.addEventListener("change", (event) => {
  const control = event.target.closest(".control");
  if (control && control.closest("#slot")) markChanged();
  const tick = control && one("input[type=checkbox]", control);
  if (!tick || (event.target !== tick && !tick.checked)) return;
  if (tick.dataset.group === "printer") {
    ask("POST", "/api/printer", { [tick.dataset.name]: valueOf(tick, tick.checked) });
  } else if (tick.dataset.group === "aids") {
    ask("POST", `/api/aids/${tick.dataset.name}`, { plugged: valueOf(tick, tick.checked) });
  } else if (tick.dataset.group === "portal") {
    const fault = {
      on: one("#portal-on").value || null,
      times: one("#portal-once").checked ? 1 : null,
      value: one("[data-value]", control)?.value ?? "",
    };
    if (tick.dataset.name === "wrong_certificate") fault.on = fault.times = null; // TLS comes before any call
    ask("POST", "/api/portal", { faults: { [tick.dataset.name]: tick.checked && fault } });
  }
});

function markChanged() {
  for (const select of all("#slot select")) select.closest(".control").classList.toggle("changed", select.selectedIndex > 0);
}

// All of the state, or the part of it that an answer holds.
function show(state) {
  if (state.tries) {
    showPeople(state);
    showSlot(state.card);
  }
  if (state.printer) showPrinter(state.printer);
  for (const [name, plugged] of Object.entries(state.aids ?? {})) follow("aids", name, !plugged);
  if (state.portal) showPortal(state.portal);
  if (state.calls) showCalls(state.calls);
}

function showPeople({ card, tries }) {
  for (const row of all(".person")) {
    const { person } = row.dataset;
    row.classList.toggle("inside", card?.person === person);
    for (const button of all("[data-device]", row)) {
      const inside = card?.person === person && card.device === button.dataset.device;
      button.dataset.do = inside ? "remove" : "insert";
      text(button, inside ? say("抜く") : button.dataset.label);
    }
    one("[data-do=renew]", row).hidden = !(`${person}/card` in tries || `${person}/phone` in tries);
    for (const pin of all("[data-pin]", row)) {
      const [device, name] = pin.dataset.pin === "phone" ? ["phone", "sign"] : ["card", pin.dataset.pin];
      const shown = one(".left", pin);
      const known = tries[`${person}/${device}`];
      const left = known ? known[name] : one("code", pin) ? Number(shown.dataset.left) : null;
      const few = left !== null && left < Number(shown.dataset.most);
      shown.classList.toggle("few", few);
      text(shown, few ? (left ? say("あと %n 回", left) : say("ロック")) : "");
    }
  }
}

function showSlot(card) {
  const machine = one(".machine");
  machine.dataset.state = card ? card.device : "empty";
  machine.toggleAttribute("data-attached", Boolean(card?.attached));
  machine.toggleAttribute("data-mute", Boolean(card?.faults.mute));
  const title = card && one(`[data-person="${CSS.escape(card.person)}"] h3`).textContent;
  text(one("#inside"), card ? title : say("カードは入っていません"));
  text(one("#reached"), !card ? "" : card.attached ? say(card.device === "phone" ? "スマホがかざされています" : "カードが入っています") : say("リーダーをさがしています…"));
  one("[data-do=remove]", machine).disabled = !card;
  one(".facts").hidden = !card;
  if (!card) return;
  text(one("#commands"), say("%n 回", card.commands));
  text(one("#my-number"), say(card.my_number_read ? "読まれた" : "読まれていない"));
  one("#my-number").classList.toggle("bad", card.my_number_read);
  const odd = Object.entries({ ...card.behaviour, ...card.faults });
  text(one("#odd"), odd.map(([name, value]) => labelOf(name, value)).join(say("、")) || say("なし"));
}

// A setting of a card in the form's own words.
function labelOf(name, value) {
  const control = one(`#slot [data-name="${name}"]`);
  const row = control && control.closest(".control");
  if (!row) return `${name} ${JSON.stringify(value)}`;
  if (control.tagName === "SELECT") return `${control.getAttribute("aria-label")} ${[...control.options].find((each) => chosen(each.value) === value)?.text ?? value}`;
  const beside = one(".value", row);
  return one("label", row).textContent.trim() + (beside ? say("（%n）", `${value} ${beside.textContent.trim()}`) : "");
}

// A tick follows what is true, unless a finger is on its value.
function follow(group, name, on, value) {
  const tick = one(`#world [data-group="${group}"][data-name="${name}"]`);
  if (!tick) return;
  tick.checked = on;
  const beside = one("[data-value]", tick.closest(".control"));
  if (beside && on && value !== null && value !== "" && document.activeElement !== beside) beside.value = value;
}

function showPrinter(printer) {
  const { power, slips, faults_in_stream: faults, ...switches } = printer;
  follow("printer", "power", !power);
  for (const [name, value] of Object.entries(switches)) follow("printer", name, value !== false && value !== null, value === true ? null : value);
  const stopped = ["paper_end", "cover_open", "offline", "cutter", "error"].some((name) => switches[name]);
  text(one("#printer-told"), say(!power ? "電源が切れている" : stopped ? "止まっています" : "印刷できます"));
  one("#stream").hidden = !faults.length;
  text(one("#stream"), say("印刷データの誤り：%n", faults.join(say("、"))));
  text(one("#paper-told"), slips ? say("出てきた紙 %n 枚（新しい順）", slips) : say("紙はまだ出ていません"));
  const paper = one("#paper");
  while (paper.children.length < slips) paper.prepend(slip(paper.children.length + 1));
}

function slip(number) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  const image = document.createElement("img");
  link.href = image.src = `/paper/${number}.png`;
  link.target = "_blank";
  link.rel = "noopener";
  image.alt = say("%n 枚目の紙", number);
  link.append(image);
  item.append(link);
  return item;
}

function showPortal({ faults, applicants_held: held }) {
  for (const tick of all("#portal [data-group=portal]")) {
    const { name } = tick.dataset;
    follow("portal", name, name in faults, faults[name]?.value ?? null);
  }
  text(one("#portal-told"), say("預かっている申請者情報 %n 件", held));
}

// Whoever is called: a call rings until somebody has seen it. A row is made anew only when it is not as it was, or a button
// would go from under the finger.
function showCalls(calls) {
  const list = one("#calls");
  const now = JSON.stringify(calls);
  list.hidden = !calls.length;
  if (list.dataset.now === now) return;
  list.dataset.now = now;
  list.replaceChildren(...calls.map(({ summary, summary_en: english, call, seen }) => {
    const item = document.createElement("li");
    const words = document.createElement("span");
    const told = document.documentElement.lang === "en" ? english : summary;
    text(words, seen ? say("%n（確認済み）", told) : told);
    item.append(words);
    item.classList.toggle("rings", Boolean(call) && !seen);
    if (call && !seen) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: say("確認した") });
      Object.assign(button.dataset, { do: "seen", call });
      item.append(button);
    }
    return item;
  }));
}

setInterval(() => { if (!document.hidden) ask("GET", "/api/state"); }, 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask("GET", "/api/state"); });
ask("GET", "/api/state");
