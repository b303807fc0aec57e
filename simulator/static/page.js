// What every part of the page uses: words, numbers, elements, requests. Text from outside only ever becomes text.

export const boot = JSON.parse(document.body.dataset.boot);
const zone = boot.zone || undefined; // the reader's own
const locale = boot.lang === "zh" ? "zh-CN" : "en-GB";
const clockFormat = new Intl.DateTimeFormat(locale, { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const minuteFormat = new Intl.DateTimeFormat(locale, { timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false });
const dayFormat = new Intl.DateTimeFormat(locale, { timeZone: zone, weekday: "short" });

export const time = (moment) => clockFormat.format(moment);
export const minute = (moment) => minuteFormat.format(moment);
export const weekday = (moment) => dayFormat.format(moment);

/** A sentence of the page with its blanks filled. */
export function words(key, facts = {}) {
  return boot.words[key].replace(/\{(\w+)\}/g, (_, name) => String(facts[name] ?? ""));
}

/** A number as people read it. */
export function readable(number) {
  return number.replace(/^\+86(1\d{2})(\d{4})(\d{4})$/, "$1 $2 $3").replace(/^\+86(10|2\d|[3-9]\d\d)(\d{3,4})(\d{4})$/, "0$1-$2 $3");
}

/** The tag by which a browser knows a language of the carrier: that one's Mandarin is no browser's. */
export function tongue(lang) {
  return (lang || locale).replace(/^cmn\b.*$/, "zh-CN");
}

const contacts = new Map(boot.contacts.map((one) => [one.number, one]));

/** What is known of a number's owner. */
export function contact(number) {
  return contacts.get(number) ?? { number, name: readable(number), kind: "other", lang: boot.lang };
}

/** An element with attributes and children; strings become text. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== "" && child !== null));
  return made;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "i i-s");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Ask the simulator. Throws an Error whose message is a sentence for people. */
export async function ask(path, body) {
  let response;
  try {
    response = await fetch(path, body === undefined ? {} : {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    throw new Error(words("away"));
  }
  const told = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(words("refused", { why: told.error ?? response.status }));
  return told;
}
