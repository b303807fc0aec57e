// One telephone on the page: whose it is, its call with captions and keys, its texts.

import { Finder } from "./finder.js";
import { ask, boot, contact, element, icon, minute, readable, tongue, words } from "./page.js";
import { holdToSpeak, hush, speak } from "./speech.js";

const LIVE = ["queued", "ringing", "in-progress"];
const LONGEST_TEXT = 1600;
const FULL_NUMBER = /^\+[1-9]\d{6,14}$/;

export class Device {
  constructor(section, number, { follows }) {
    this.section = section;
    this.follows = follows; // tells who else has something new
    this.number = number;
    this.call = null;
    this.texts = [];
    this.spoken = 0;
    this.isAloud = false;
    this.shownLines = -1;
    this.fillContacts();
    this.finder = new Finder(this.part("finder"), (found) => this.found(found));
    this.wire();
    this.open(section.dataset.opens);
    this.become(number);
  }

  part(name) { return this.section.querySelector(`[data-part="${name}"]`); }

  get isBusy() {
    return Boolean(this.liveCall) || this.part("say").elements[0].value !== "" || this.part("write").elements[0].value !== "";
  }

  get liveCall() { return this.call && LIVE.includes(this.call.status) ? this.call : null; }

  get rings() { return this.call && this.call.status === "ringing" && this.call.direction !== "inbound" ? this.call : null; }

  fillContacts() {
    const select = this.part("who");
    for (const kind of ["resident", "provider", "duty", "other"]) {
      const group = element("optgroup", { label: words(kind) });
      for (const one of boot.contacts.filter((each) => (each.kind in boot.words ? each.kind : "other") === kind)) {
        group.append(element("option", { value: one.number }, `${one.label?.[boot.lang] ?? one.name} · ${readable(one.number)}`));
      }
      if (group.children.length) select.append(group);
    }
    select.append(element("option", { value: "" }, document.getElementById("main").dataset.anyNumber));
  }

  wire() {
    this.part("who").addEventListener("change", (event) => {
      this.part("own").hidden = event.target.value !== "";
      if (event.target.value) this.become(event.target.value);
      else this.part("own").elements[0].focus();
    });
    this.part("own").addEventListener("submit", (event) => {
      event.preventDefault();
      const wanted = event.target.elements[0].value.replace(/[\s-]/g, "");
      if (!FULL_NUMBER.test(wanted)) return this.complain(words("bad_number"));
      this.part("own").hidden = true;
      this.become(wanted);
    });
    for (const tab of this.section.querySelectorAll("[data-tab]")) {
      tab.addEventListener("click", () => this.open(tab.dataset.tab));
      tab.addEventListener("keydown", (event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        this.open(tab.dataset.tab === "call" ? "texts" : "call");
        this.section.querySelector('[role="tab"][aria-selected="true"]').focus();
      });
    }
    for (const button of this.section.querySelectorAll("[data-key]")) {
      button.addEventListener("click", () => this.act("digits", { digits: button.dataset.key }));
    }
    for (const button of this.section.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => this[button.dataset.do]());
    }
    this.submits("say", (said) => this.say(said));
    this.submits("write", (body) => this.text(body));
    holdToSpeak(this.part("mic"), () => this.language(), {
      heard: (said) => this.say(said),
      failed: (sentence) => this.complain(sentence),
      shows: (sentence) => { this.part("say").elements[0].placeholder = sentence || this.part("say").dataset.hint; },
    });
    this.part("say").dataset.hint = this.part("say").elements[0].placeholder;
  }

  submits(name, does) {
    this.part(name).addEventListener("submit", async (event) => {
      event.preventDefault();
      const input = event.target.elements[0];
      const typed = input.value.trim();
      if (!typed) return;
      input.value = "";
      if (await does(typed) === false && !input.value) input.value = typed; // nothing that was typed is lost
    });
  }

  /** Show another number on this telephone. */
  become(number) {
    this.number = number;
    const select = this.part("who");
    if (![...select.options].some((option) => option.value === number)) {
      select.append(element("option", { value: number }, readable(number)));
    }
    select.value = number;
    this.call = null;
    this.spoken = 0;
    this.shownLines = -1;
    hush();
    this.complain("");
    this.drawChips();
    this.refresh();
    this.follows();
  }

  open(tab) {
    this.tab = tab;
    for (const button of this.section.querySelectorAll("[data-tab]")) {
      const isOpen = button.dataset.tab === tab;
      button.setAttribute("aria-selected", String(isOpen));
      button.tabIndex = isOpen ? 0 : -1;
    }
    for (const pane of this.section.querySelectorAll("[data-pane]")) pane.hidden = pane.dataset.pane !== tab;
    if (tab === "texts") this.markRead();
    for (const talk of this.section.querySelectorAll(".talk")) talk.scrollTop = talk.scrollHeight;
  }

  language() {
    return tongue(this.call?.waiting_for?.lang || (contact(this.number).lang === "en" ? "en-US" : "zh-CN"));
  }

  drawChips() {
    const chips = boot.tour.chips;
    if (!chips) return;
    const kind = contact(this.number).kind in chips.text ? contact(this.number).kind : "resident";
    const lang = kind === "provider" ? contact(this.number).lang : boot.lang;
    this.part("call-chips").replaceChildren(
      ...chips.call[boot.lang].map((each) => this.chip(each, () => this.say(each))),
      this.chip(document.getElementById("main").dataset.silence, () => this.act("silence")),
    );
    this.part("text-chips").replaceChildren(...chips.text[kind][lang].map((each) => this.chip(each, () => this.text(each))));
  }

  chip(label, does) {
    const button = element("button", { class: "pill", type: "button" }, label);
    button.addEventListener("click", does);
    return button;
  }

  // --- acts ---------------------------------------------------------------------------------------------------------

  async dial() {
    const asked = { to: boot.line, patient: true };
    if (this.part("hide").checked) asked.from = "anonymous";
    this.open("call");
    return this.try(async () => {
      this.call = await ask(`/sim/phones/${encodeURIComponent(this.number)}/dial`, asked);
      this.spoken = 0;
      this.draw();
    });
  }

  async again() {
    if (this.liveCall) await this.hangup();
    return this.dial();
  }

  /** Open or close the search for somebody's telephone. */
  find() {
    const box = this.part("finder");
    box.hidden = !box.hidden;
    this.section.querySelector('[data-do="find"]').setAttribute("aria-expanded", String(!box.hidden));
    if (!box.hidden) this.finder.begin();
  }

  found(number) {
    this.find();
    this.section.querySelector('[data-do="find"]').focus();
    this.part("own").hidden = true;
    if (number !== null) this.become(number);
  }

  answer() { this.open("call"); return this.act("answer", { patient: true }); }
  decline() { return this.act("decline"); }
  hangup() { hush(); return this.act("hangup"); }

  aloud() {
    this.isAloud = !this.isAloud;
    this.section.querySelector('[data-do="aloud"]').setAttribute("aria-pressed", String(this.isAloud));
    if (!this.isAloud) return hush();
    this.spoken = Math.max(0, (this.call?.transcript.length ?? 0) - 1);
    this.readAloud();
  }

  say(said) { return this.act("say", { text: said, confidence: 0.93 }); }

  act(what, body = {}) {
    const call = this.liveCall;
    if (!call) {
      this.complain(words("no_call"));
      return false;
    }
    return this.try(async () => {
      await ask(`/sim/calls/${call.sid}/${what}`, body);
      await this.refresh();
    });
  }

  text(body) {
    if (body.length > LONGEST_TEXT) {
      this.complain(words("too_long"));
      return false;
    }
    return this.try(async () => {
      await ask(`/sim/phones/${encodeURIComponent(this.number)}/text`, { to: boot.line, body });
      await this.refresh();
    });
  }

  async try(does) {
    try {
      await does();
      this.complain("");
      return true;
    } catch (error) {
      this.complain(error.message);
      return false;
    }
  }

  complain(sentence) {
    this.part("error").textContent = sentence;
    this.part("error").hidden = !sentence;
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  /** Fetch what this telephone has now; many events in a moment are one fetch. */
  refresh() {
    this.pending ??= new Promise((resolve) => setTimeout(resolve, 40)).then(async () => {
      this.pending = null;
      const number = this.number;
      const told = await ask(`/sim/phones/${encodeURIComponent(number)}`).catch(() => null);
      if (!told || number !== this.number) return;
      const before = this.call?.sid;
      this.call = told.calls.findLast((call) => LIVE.includes(call.status)) ?? told.calls.at(-1) ?? null;
      if (this.call?.sid !== before) this.spoken = 0;
      this.texts = told.texts;
      this.draw();
    });
    return this.pending;
  }

  draw() {
    this.drawCall();
    this.drawTexts();
  }

  drawCall() {
    const { call, liveCall, rings } = this;
    const captions = this.part("captions");
    const lines = call?.transcript ?? [];
    this.part("ring").hidden = !rings;
    if (rings) this.part("ring-words").textContent = this.part("ring").dataset.words.replace("{number}", readable(rings.from));
    this.part("bar").hidden = !call || Boolean(rings);
    this.section.classList.toggle("in-call", Boolean(liveCall));
    this.section.querySelector('[data-do="dial"]').hidden = Boolean(liveCall);
    this.section.querySelector('[data-do="hangup"]').hidden = !liveCall;
    this.section.querySelector('[data-do="again"]').disabled = !call || Boolean(rings);
    this.part("hide-row").hidden = Boolean(liveCall);
    if (call) this.part("bar-words").textContent = this.state(call);
    this.tick();
    const key = call ? `${call.sid} ${lines.length} ${Boolean(liveCall)}` : "";
    if (key === this.shownLines) return;
    this.shownLines = key;
    captions.replaceChildren(...(lines.length ? lines.map((line, place) => this.caption(line, place === lines.length - 1 && liveCall)) : [
      element("p", { class: "said-note said-mid" }, words("no_call")),
    ]));
    captions.scrollTop = captions.scrollHeight;
    this.readAloud();
  }

  caption(line, isLast) {
    if (line.who === "me") return element("p", { class: "said said-me" }, line.text);
    if (line.who === "system") return element("p", { class: "said-note said-mid" }, line.text);
    const kind = `said said-line${isLast ? " talking" : ""}`;
    return element("p", { class: kind, lang: line.lang ? tongue(line.lang) : false }, icon(line.who === "line" ? "volume" : "phone"), element("span", {}, line.text));
  }

  state(call) {
    if (call.bridged) return words("bridged");
    if (call.status === "in-progress") return `${readable(call.phone === call.from || call.direction === "inbound" ? call.to : call.from)} · ${words("on_the_line")}`;
    if (LIVE.includes(call.status)) return words("calling");
    return call.status === "completed" ? words("over", { seconds: call.seconds }) : words(call.status in boot.words ? call.status : "failed");
  }

  tick() {
    const lasted = this.call && this.call.status === "in-progress" && this.call.transcript.length
      ? Math.max(0, Math.floor((Date.now() + Device.ahead - new Date(this.call.transcript[0].at)) / 1000)) : null;
    this.part("seconds").textContent = lasted === null ? "" : `${Math.floor(lasted / 60)}:${String(lasted % 60).padStart(2, "0")}`;
  }

  readAloud() {
    const lines = this.call?.transcript ?? [];
    if (!this.isAloud) return;
    for (const line of lines.slice(this.spoken)) if (line.who === "line") speak(line.text, tongue(line.lang));
    this.spoken = lines.length;
  }

  drawTexts() {
    const thread = this.part("thread");
    const key = this.texts.map((text) => text.sid + text.status).join();
    const unread = this.texts.filter((text) => !text.mine && !text.read).length;
    this.part("unread").textContent = unread;
    this.part("unread").hidden = unread === 0 || this.tab === "texts";
    if (this.tab === "texts" && unread) this.markRead();
    if (thread.dataset.key === `${this.number} ${key}`) return;
    thread.dataset.key = `${this.number} ${key}`;
    const drawn = [];
    let last = "";
    for (const [place, text] of this.texts.entries()) {
      const at = minute(new Date(text.at));
      if (at !== last) drawn.push(element("p", { class: "said-note said-mid" }, at));
      last = at;
      const isNew = !text.mine && place === this.texts.length - 1;
      drawn.push(element("p", { class: `said ${text.mine ? "said-me" : "said-line"}${isNew ? " talking" : ""}` }, element("span", {}, text.body)));
    }
    thread.replaceChildren(...(drawn.length ? drawn : [element("p", { class: "said-note said-mid" }, words("no_texts"))]));
    thread.scrollTop = thread.scrollHeight;
  }

  async markRead() {
    if (!this.texts.some((text) => !text.mine && !text.read)) return;
    for (const text of this.texts) text.read = true;
    this.part("unread").hidden = true;
    await ask(`/sim/phones/${encodeURIComponent(this.number)}/read`, {}).catch(() => null);
    this.follows();
  }
}

Device.ahead = 0; // milliseconds by which the simulated clock is ahead of this browser's
