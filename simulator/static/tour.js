// The three-minute tour: which step is done is read from what really happened, and kept for this browser tab.

import { boot, contact, icon, words } from "./page.js";

const KEPT = "tour";
const FOLDED = "tour-folded"; // kept for good: who has put it away need not do so again

export class Tour {
  constructor(caller) {
    this.steps = boot.tour.steps ?? [];
    this.caller = caller; // whose telephone the first one was when the tour began
    this.list = document.getElementById("steps");
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    this.at = kept.at ?? 0;
    this.times = kept.times ?? 0;
    if (!this.list) return;
    document.getElementById("tour-restart").addEventListener("click", () => this.go(0));
    const fold = document.getElementById("tour-fold");
    const put = (isFolded) => {
      this.list.hidden = isFolded;
      fold.setAttribute("aria-expanded", String(!isFolded));
      fold.textContent = isFolded ? fold.dataset.show : fold.dataset.hide;
      localStorage.setItem(FOLDED, isFolded ? "yes" : "");
    };
    fold.addEventListener("click", () => { put(!this.list.hidden); this.point(); });
    put(localStorage.getItem(FOLDED) === "yes");
    this.draw();
  }

  /** Something happened: is it what the step waits for? */
  see(event) {
    const done = this.steps[this.at]?.done;
    if (!done || event.kind !== done.event) return;
    const number = event.number ?? event.phone;
    if (event.kind === "said" && event.who !== "me") return;
    if (done.who === "caller" && number !== this.caller()) return;
    if (done.who === "other" && (number === this.caller() || contact(number).kind === "duty")) return;
    if (done.words && !new RegExp(done.words, "i").test(event.text ?? event.body ?? "")) return;
    this.times += 1;
    if (this.times >= (done.times ?? 1)) this.go(this.at + 1);
    else this.keep();
  }

  go(step) {
    this.at = step;
    this.times = 0;
    this.keep();
    this.draw();
  }

  keep() { sessionStorage.setItem(KEPT, JSON.stringify({ at: this.at, times: this.times })); }

  /** Ring what the step is done with, or the tab behind which that is. */
  point() {
    const target = this.target();
    for (const one of document.querySelectorAll(".pointed")) one.classList.toggle("pointed", one === target);
    target?.classList.add("pointed");
  }

  target() {
    const done = this.steps[this.at]?.done;
    if (!done || this.list.hidden) return null;
    if (done.event === "link") return document.querySelector("#events [data-link]");
    const phone = document.getElementById(done.who === "other" ? "text" : "call");
    const isText = done.event === "text_in";
    const part = isText ? '[data-part="write"]' : phone.classList.contains("in-call") ? '[data-part="say"]' : '[data-do="dial"]';
    const pane = phone.querySelector(`[data-pane="${isText ? "texts" : "call"}"]`);
    return pane.hidden ? phone.querySelector(`[data-tab="${pane.dataset.pane}"]`) : phone.querySelector(part);
  }

  draw() {
    for (const item of this.list.children) {
      const place = Number(item.dataset.step);
      item.className = place < this.at ? "done" : place === this.at ? "now" : "later";
      if (place === this.at) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
      item.querySelector(".n").replaceChildren(place < this.at ? icon("check") : String(place + 1));
    }
    this.point();
    const end = document.getElementById("tour-done");
    end.hidden = this.at < this.steps.length;
    end.textContent = end.hidden ? "" : words("tour_done");
  }
}
