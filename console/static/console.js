/* Liveness and keys of the console. Every page is complete without it. */

const EVERY = 4000;

function startLive() {
  const part = document.querySelector("[data-live]");
  if (!part) return;
  const pill = document.querySelector("[data-reload]");
  window.setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(part.dataset.live, { headers: { Accept: "application/json" } }).catch(() => null);
    document.body.classList.toggle("stale", answer === null || !answer.ok);
    if (!answer || !answer.ok || answer.redirected) return;
    const { version } = await answer.json();
    if (version === part.dataset.version) return;
    if (isBusy(part)) {
      if (pill) pill.hidden = false;
      return;
    }
    reload();
  }, EVERY);
  if (pill) pill.addEventListener("click", reload);
}

/* A page that answers a refused form is loaded anew where it lives, so that the form does not go out again. */
function reload() {
  const home = document.querySelector("[data-here]");
  if (home) window.location.assign(home.dataset.here);
  else window.location.reload();
}

/* Rows never move under somebody's hand: then the pill waits instead. */
function isBusy(part) {
  const active = document.activeElement;
  const typing = active && /^(INPUT|TEXTAREA|SELECT)$/.test(active.tagName);
  const written = [...document.querySelectorAll("textarea, .act-box input")].some((field) => field.value !== field.defaultValue);
  const hearing = [...document.querySelectorAll("audio")].some((sound) => !sound.paused);
  return typing || written || hearing || part.matches(":hover") || part.contains(active);
}

function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    if (event.key === "/") {
      event.preventDefault();
      document.getElementById("q")?.focus();
    } else if (event.key === "r") {
      reload();
    } else if (event.key === "j" || event.key === "k") {
      const rows = [...document.querySelectorAll(".matter")];
      const at = rows.indexOf(document.activeElement);
      rows[Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), rows.length - 1)]?.focus();
    }
  });
}

/* A form goes out once. One that brings a file leaves its page standing, and may go out again. */
function startForms() {
  const buttons = (form) => [...form.elements].filter((one) => one.type === "submit");
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || "brings" in form.dataset) return;
    window.setTimeout(() => buttons(form).forEach((button) => button.setAttribute("disabled", "")), 0);
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("form[method=post]").forEach((form) => buttons(form).forEach((button) => button.removeAttribute("disabled")));
  });
}

/* Work that goes on shows how far it is; when it is over the page comes anew. */
function startProgress() {
  if (!document.querySelector("[data-progress]")) return;
  window.setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(window.location.href).catch(() => null);
    if (!answer || !answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-progress]");
    if (!fresh) window.location.reload();
    else document.querySelector("[data-progress]").replaceWith(document.adoptNode(fresh));
  }, 2000);
}

function startClosing() {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll("details.act[open]").forEach((box) => box.removeAttribute("open"));
  });
}

/* A number that was asked for stands where its dots stood. Without this the same form opens a page of its own. */
function startReveals() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-reveal]")) return;
    event.preventDefault();
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
    }).catch(() => null);
    form.querySelector("button")?.removeAttribute("disabled");
    if (!answer || answer.redirected || !(answer.headers.get("Content-Type") || "").startsWith("application/json")) {
      form.removeAttribute("data-reveal");
      form.requestSubmit();
      return;
    }
    const { number, refusal } = await answer.json();
    if (number) {
      const shown = document.createElement("b");
      shown.className = "nb";
      shown.setAttribute("role", "status");
      shown.textContent = number;
      form.closest("[data-number]").replaceChildren(shown);
    } else {
      form.querySelector("[data-refusal]").textContent = refusal;
      const reason = form.querySelector("[name=reason]");
      reason.setAttribute("aria-invalid", "true");
      reason.focus();
    }
  });
}

/* On a telephone the menu is one line: the page one is on stands in sight. */
function showWhereOneIs() {
  const here = document.querySelector(".nav-item[aria-current]");
  const line = here?.closest(".nav-scroll");
  if (line) line.scrollLeft = here.offsetLeft - line.offsetLeft - (line.clientWidth - here.clientWidth) / 2;
}

function scrollToNewest() {
  const timeline = document.querySelector(".ticket-tl");
  if (timeline) timeline.scrollTop = timeline.scrollHeight;
}

startLive();
startKeys();
startForms();
startProgress();
startClosing();
startReveals();
showWhereOneIs();
scrollToNewest();
