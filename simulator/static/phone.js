// The phone page: two telephones, the clock, the tour, mischief, and one stream of what happens that moves them all.

import { Device } from "./device.js";
import { Feed } from "./feed.js";
import { ask, boot, contact, element, readable, time, weekday, words } from "./page.js";
import { Tour } from "./tour.js";

const AGAIN = 1500; // milliseconds until a lost stream is opened anew
const STEP = 700; // milliseconds between two acts of "other calls to try"

const firstCaller = boot.tour.caller?.[boot.lang] ?? boot.contacts[0]?.number ?? "";
const secondNumber = boot.contacts.find((one) => one.kind === "provider")?.number ?? boot.contacts[1]?.number ?? firstCaller;
const unread = new Map();
const devices = [];
const [first, second] = ["call", "text"].map((id, place) => {
  const section = document.getElementById(id);
  section.querySelector('[data-part="dial-words"]').textContent = section.dataset.dial.replace("{number}", readable(boot.line));
  const device = new Device(section, place === 0 ? firstCaller : secondNumber, { follows: () => drawWaiting() });
  devices.push(device);
  return device;
});
const tour = new Tour(() => first.number);
const feed = new Feed(document.getElementById("feed"), boot.lang);

// --- who has something new -------------------------------------------------------------------------------------------

function shows(number) { return devices.some((device) => device.number === number); }

function drawWaiting() {
  if (devices.length < 2) return;
  const row = second.part("waiting");
  const others = [...unread].filter(([number, count]) => count > 0 && !shows(number)).slice(-6);
  row.hidden = others.length === 0;
  row.replaceChildren(...others.map(([number, count]) => {
    const pill = element("button", { class: "pill", type: "button", "aria-label": `${contact(number).name}, ${words("unread", { count })}` },
      contact(number).name, element("span", { class: "count count-brand" }, String(count)));
    pill.addEventListener("click", () => { unread.delete(number); second.become(number); second.open("texts"); });
    return pill;
  }));
}

/** Turn the second telephone to whoever it happens to, unless somebody is busy on it. */
function follow(number, tab) {
  if (shows(number) || second.isBusy) return;
  unread.delete(number);
  second.become(number);
  second.open(tab);
}

// --- the stream -------------------------------------------------------------------------------------------------------

let lastEvent = 0;
let counted = 0; // the last event that what the page was told when it began (again) already counts
let before; // the last event before the page was opened

function see(event) {
  lastEvent = Math.max(lastEvent, event.id);
  if (event.id > before) tour.see(event);
  if (event.id <= counted) return feed.see(event);
  const number = event.number ?? event.phone;
  if (event.kind === "text_out" && !shows(number)) {
    unread.set(number, (unread.get(number) ?? 0) + 1);
    if (contact(number).kind === "provider") follow(number, "texts");
    drawWaiting();
  }
  if (event.kind === "ringing" && event.phone) follow(event.phone, "call");
  for (const device of devices) {
    if (!number || device.number === number || device.call?.sid === event.call) device.refresh();
    if (event.kind === "ringing" && device.number === number) device.open("call");
  }
  if (event.kind === "text_out" && first.number === number && !first.liveCall) first.open("texts");
  if (event.kind === "clock") setClock(event.now);
  feed.see(event);
}

function listen() {
  const stream = new EventSource(`/sim/stream?after=${lastEvent}`);
  stream.onmessage = (message) => see(JSON.parse(message.data));
  stream.onopen = () => away(false);
  stream.onerror = () => {
    stream.close();
    away(true);
    setTimeout(async () => { await begin().catch(() => null); listen(); }, AGAIN);
  };
}

function away(isAway) {
  const note = document.getElementById("away");
  note.hidden = !isAway;
  note.textContent = isAway ? words("away") : "";
}

// --- the clock --------------------------------------------------------------------------------------------------------

function setClock(moment) {
  Device.ahead = new Date(moment) - Date.now();
  tick();
}

function tick() {
  const now = new Date(Date.now() + Device.ahead);
  document.getElementById("clock").textContent = time(now);
  document.getElementById("weekday").textContent = weekday(now);
  for (const device of devices) device.tick();
  tour.point();
}

async function moveClock(wanted) {
  try {
    setClock((await ask("/sim/clock", wanted)).now);
    away(false);
  } catch {
    const note = document.getElementById("away");
    note.textContent = words("clock_away");
    note.hidden = false;
  }
}

for (const button of document.querySelectorAll("[data-advance], [data-to]")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    await moveClock(button.dataset.to ? { to: button.dataset.to } : { advance: Number(button.dataset.advance) });
    button.disabled = false;
  });
}

// --- mischief, other calls, links -------------------------------------------------------------------------------------

for (const choice of document.querySelectorAll("[data-mischief]")) {
  choice.addEventListener("change", () => {
    const how = choice.type === "checkbox" ? (choice.checked ? choice.value : "") : choice.value;
    ask("/sim/misbehave", { kind: choice.dataset.mischief, how, seconds: 20, times: 1 }).catch((error) => first.complain(error.message));
  });
}

for (const button of document.querySelectorAll("[data-call]")) {
  button.addEventListener("click", async () => {
    location.hash = "#call";
    if (first.liveCall) await first.hangup();
    for (const act of boot.tour.calls[Number(button.dataset.call)].acts) {
      if (act.clock) await moveClock({ to: act.clock });
      if (act.dial) await first.dial();
      await new Promise((resolve) => setTimeout(resolve, STEP));
      await first.refresh();
      if (act.say) await first.say(act.say[contact(first.number).lang] ?? act.say[boot.lang]);
      if (act.digits) await first.act("digits", { digits: act.digits });
      if (act.silence) await first.act("silence");
    }
  });
}

for (const link of document.querySelectorAll("[data-link]")) link.addEventListener("click", () => tour.see({ kind: "link" }));

function markSection() {
  const wanted = location.hash || "#call";
  for (const link of document.querySelectorAll(".sim-nav a")) {
    if (link.hash === wanted) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const talk of document.querySelectorAll(".talk")) talk.scrollTop = talk.scrollHeight;
}
window.addEventListener("hashchange", markSection);
markSection();

// --- begin ------------------------------------------------------------------------------------------------------------

async function begin() {
  const state = await ask("/sim/state");
  setClock(state.now);
  if (state.last_event < lastEvent) { // the simulator began anew
    lastEvent = before = 0;
    feed.clear();
  }
  counted = state.last_event;
  before ??= counted;
  unread.clear();
  for (const [number, count] of Object.entries(state.unread)) unread.set(number, count);
  for (const choice of document.querySelectorAll("[data-mischief]")) {
    const how = state.misbehaviour[choice.dataset.mischief]?.how ?? "";
    if (choice.type === "checkbox") choice.checked = how === choice.value;
    else choice.value = how;
  }
  for (const call of state.ringing) follow(call.phone, "call");
  for (const device of devices) device.refresh();
  drawWaiting();
}

setInterval(tick, 1000);
begin().catch(() => away(true)).then(listen);
