// Finding a telephone among all of the city's: by name, role, place or any part of the number.

import { boot, element, readable, words } from "./page.js";

const MOST = 8;
const fold = (text) => text.toLowerCase().replace(/[\s·()（）-]+/g, "");
const known = boot.contacts.map((one) => ({
  number: one.number,
  shown: `${one.label?.[boot.lang] ?? one.name} · ${readable(one.number)}`,
  folded: fold([one.name, ...Object.values(one.label ?? {}), one.number, readable(one.number), boot.words[one.kind] ?? ""].join(" ")),
}));

export class Finder {
  constructor(box, chosen) {
    this.input = box.querySelector("input");
    this.list = box.querySelector('[role="listbox"]');
    this.none = box.querySelector('[data-part="none"]');
    this.chosen = chosen;
    this.input.addEventListener("input", () => this.look());
    this.input.addEventListener("keydown", (event) => this.key(event));
  }

  begin() {
    this.input.value = "";
    this.look();
    this.input.focus();
  }

  look() {
    const terms = this.input.value.split(/\s+/).map(fold).filter(Boolean);
    const found = known.filter((one) => terms.every((term) => one.folded.includes(term))).slice(0, MOST);
    this.list.replaceChildren(...found.map((one, place) => {
      const option = element("li", { role: "option", id: `${this.list.id}-${place}`, "data-number": one.number }, one.shown);
      option.addEventListener("click", () => this.chosen(one.number));
      return option;
    }));
    this.list.hidden = found.length === 0;
    this.none.textContent = found.length ? "" : words("nobody");
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.point(found.length ? 0 : -1);
  }

  point(place) {
    this.at = place;
    [...this.list.children].forEach((option, each) => option.setAttribute("aria-selected", String(each === place)));
    if (place < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", this.list.children[place].id);
  }

  key(event) {
    if (event.isComposing) return; // Enter that ends a word of an input method chooses nobody
    const count = this.list.children.length;
    if (event.key === "Escape") this.chosen(null);
    else if (event.key === "Enter" && this.at >= 0) this.chosen(this.list.children[this.at].dataset.number);
    else if (event.key === "ArrowDown" && count) this.point((this.at + 1) % count);
    else if (event.key === "ArrowUp" && count) this.point((this.at + count - 1) % count);
    else return;
    event.preventDefault();
  }
}
