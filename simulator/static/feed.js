// What happens in the system as it happens: the network's own events and the application's, newest last.

import { ask, contact, element, readable, time, words } from "./page.js";

const SHOWN = 120;
const EVERY = 2000; // milliseconds between two looks at the application's own feed
const WEBHOOKS = ["webhook", "dropped"];

export class Feed {
  constructor(list, lang) {
    this.list = list;
    this.lang = lang;
    this.clear();
    document.getElementById("show-webhooks").addEventListener("change", (event) => {
      list.classList.toggle("with-webhooks", event.target.checked);
    });
    this.look();
    setInterval(() => this.look(), EVERY);
  }

  /** Nothing happened yet, as far as anybody knows. */
  clear() {
    this.after = 0;
    this.isEmpty = true;
    this.list.replaceChildren(element("li", { class: "ev-none" }, words("no_events")));
  }

  see(event) {
    const sentence = describe(event);
    if (!sentence) return;
    const tone = ["refused", "debugger"].includes(event.kind) ? "t-bad" : event.again ? "t-info" : WEBHOOKS.includes(event.kind) ? "muted" : "";
    this.add(event.at, sentence, tone, WEBHOOKS.includes(event.kind) && !event.again);
  }

  /** The application's own story, in its own words. */
  async look() {
    if (document.hidden || this.isLooking) return;
    this.isLooking = true;
    const told = await ask(`/sim/app-events?after=${this.after}`).catch(() => ({ items: [] }));
    this.isLooking = false;
    for (const item of told.items ?? []) {
      this.after = Math.max(this.after, Number(item.id));
      this.add(item.at, item.text?.[this.lang] ?? "", "ev-app", false);
    }
  }

  add(at, sentence, tone, isWebhook) {
    if (this.isEmpty) this.list.replaceChildren();
    this.isEmpty = false;
    const entry = element("li", { class: isWebhook ? "ev-webhook" : false, "data-at": at },
      element("time", { datetime: at }, time(new Date(at))), element("span", { class: tone || false }, sentence));
    const before = [...this.list.children].findLast((one) => one.dataset.at <= at);
    if (before) before.after(entry);
    else this.list.prepend(entry);
    while (this.list.children.length > SHOWN) this.list.firstElementChild.remove();
    const panel = this.list.parentElement;
    panel.scrollTop = panel.scrollHeight;
  }
}

function describe(event) {
  const name = (number) => contact(number ?? "").name || readable(number ?? "");
  const path = () => { try { return new URL(event.url).pathname; } catch { return event.url ?? ""; } };
  switch (event.kind) {
    case "dialled": case "ringing": case "answered": return words(`ev_${event.kind}`, { number: name(event.phone) });
    case "ended": return words("ev_ended", { number: name(event.phone), seconds: event.seconds });
    case "text_in": return words("ev_text_in", { number: name(event.number), body: event.body });
    case "text_out": return words("ev_text_out", { number: name(event.number), body: event.body });
    case "webhook":
      if (event.again) return words("ev_again", { path: path(), status: event.status });
      return words("ev_webhook", { path: path(), about: event.about ? ` ${event.about}` : "", status: event.status, milliseconds: event.milliseconds });
    case "dropped": return words("ev_dropped", { path: path() });
    case "refused": return words("ev_refused", { code: event.code });
    case "debugger": return words("ev_debugger", { code: event.code, what: event.what });
    default: return "";
  }
}
