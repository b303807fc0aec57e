// The browser's own voice and ear, where it has them; typing and reading always work.

import { words } from "./page.js";

const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;

/** Hold the button, speak, let go: `heard` gets the words, `failed` a sentence for people. */
export function holdToSpeak(button, language, { heard, failed, shows }) {
  if (!Recognition) return;
  button.hidden = false;
  let listening = null;
  const begin = (event) => {
    event.preventDefault();
    if (listening) return;
    hush(); // or the line would be heard instead
    const ear = new Recognition();
    let said = "";
    ear.lang = language();
    ear.continuous = true;
    ear.onresult = (result) => { said = Array.from(result.results, (one) => one[0].transcript).join(""); };
    ear.onerror = (error) => {
      if (error.error === "no-speech" || error.error === "aborted") return;
      button.hidden = true; // it will not answer the next time either
      failed(words(["not-allowed", "audio-capture"].includes(error.error) ? "mic_denied" : "mic_away"));
    };
    ear.onend = () => {
      listening = null;
      button.removeAttribute("aria-pressed");
      shows("");
      if (said) heard(said);
      else if (!button.hidden) failed(words("mic_silent"));
    };
    listening = ear;
    button.setAttribute("aria-pressed", "true");
    shows(words("listening"));
    ear.start();
  };
  const finish = () => listening?.stop();
  button.addEventListener("pointerdown", begin);
  button.addEventListener("pointerup", finish);
  button.addEventListener("pointerleave", finish);
  button.addEventListener("blur", finish);
  button.addEventListener("keydown", (event) => { if ((event.key === " " || event.key === "Enter") && !event.repeat) begin(event); });
  button.addEventListener("keyup", finish);
}

/** Speak what the line says. */
export function speak(text, language) {
  if (!("speechSynthesis" in window)) return;
  const utterance = new SpeechSynthesisUtterance(text);
  utterance.lang = language;
  window.speechSynthesis.speak(utterance);
}

export function hush() {
  if ("speechSynthesis" in window) window.speechSynthesis.cancel();
}
