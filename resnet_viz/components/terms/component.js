// Hover, focus and touch on a marked word show its sentence; a click on it, or `?`, asks for the glossary.

/** @import { Component, Send } from "../shared/types.d.ts" */
/** @import { Term, Terms } from "./types.d.ts" */

import { keepFirstOfEach, markedWord, placeOf, slugOf } from "./marks.js";
import { Tip } from "./tip.js";

const EVERYTHING = "?"; // the key, and what it asks for
const TYPING = "input, textarea, select, [contenteditable]";
const HINTS = {
  mouse: "A click leads to where it can be seen.",
  touch: "Tap again: where it can be seen.",
  keyboard: "Enter leads to where it can be seen.",
};

const tip = new Tip();
let begun = false;
/** @type {Record<string, Term>} */
let terms = {};
/** @type {Send} */
let send = () => {};

/** @type {Component<Terms>} */
export default function ({ data, parentElement, setTriggerValue }) {
  send = setTriggerValue;
  terms = data.terms;
  tip.mount(/** @type {HTMLElement} */ (parentElement.querySelector(".tip")));
  if (!begun) begin();
  begun = true;
}

function begin() {
  keepFirstOfEach((slug) => terms[slug]?.sentence ?? "");
  followThePointer();
  followTheKeys();
  addEventListener("scroll", () => tip.hide(), { capture: true, passive: true });
  addEventListener("resize", () => tip.hide());
}

/**
 * @param {HTMLAnchorElement | null} word
 * @returns {word is HTMLAnchorElement}
 */
function isKnown(word) {
  return word !== null && slugOf(word) in terms;
}

function followThePointer() {
  /** @type {HTMLAnchorElement | null} */
  let shownBefore = null; // whose sentence was there when the finger came down
  let isTouch = false;

  document.addEventListener("pointerover", ({ target, pointerType }) => {
    const word = markedWord(target);
    if (pointerType !== "touch" && isKnown(word)) tip.showSoon(word, terms[slugOf(word)], HINTS.mouse);
  });
  document.addEventListener("pointerout", ({ target, pointerType }) => {
    if (pointerType !== "touch" && markedWord(target)) tip.hideSoon();
  });
  document.addEventListener(
    "pointerdown",
    ({ target, pointerType }) => {
      isTouch = pointerType === "touch";
      shownBefore = tip.word;
      if (!markedWord(target) && isTouch) tip.hide();
    },
    { capture: true },
  );
  document.addEventListener(
    "click",
    (event) => {
      const place = placeOf(event.target);
      if (place) {
        event.preventDefault(); // the link leads nowhere by itself
        send("see", place);
      }
      const word = markedWord(event.target);
      if (!isKnown(word)) return;
      event.preventDefault();
      if (isTouch && event.detail && word !== shownBefore) {
        tip.show(word, terms[slugOf(word)], HINTS.touch);
        return;
      }
      tip.hide();
      send("asked", slugOf(word));
    },
    { capture: true },
  );
}

function followTheKeys() {
  document.addEventListener("focusin", ({ target }) => {
    const word = markedWord(target);
    if (isKnown(word) && word.matches(":focus-visible")) {
      tip.show(word, terms[slugOf(word)], HINTS.keyboard);
    }
  });
  document.addEventListener("focusout", ({ target }) => {
    if (markedWord(target)) tip.hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") tip.hide();
    const at = event.composedPath()[0];
    const isTyping = at instanceof Element && at.closest(TYPING) !== null;
    const isOpen = document.querySelector("[role=dialog]") !== null;
    if (event.key !== EVERYTHING || isTyping || isOpen) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    tip.hide();
    send("asked", EVERYTHING);
  });
}
