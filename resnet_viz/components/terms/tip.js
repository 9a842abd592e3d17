// The sentence beside a word; it stays while the pointer is on either of them.

/** @import { Term } from "./types.d.ts" */

import { make } from "../shared/elements.js";

const SHOW_MS = 150; // a pointer that only crosses a word shows nothing
const HIDE_MS = 250; // time to reach the sentence
const GAP = 6; // pixels between word and sentence
const MARGIN = 8; // pixels to the edge of the window

/** Where it stands: below the word if there is room, else above, never beyond the window. */
/** @type {(word: DOMRect, size: DOMRect, window: {width: number, height: number}) => [number, number]} */
export function placed(word, size, window) {
  const below = word.bottom + GAP;
  const fits = below + size.height + MARGIN <= window.height;
  const top = fits ? below : Math.max(MARGIN, word.top - GAP - size.height);
  const left = Math.min(word.left, window.width - MARGIN - size.width);
  return [Math.max(MARGIN, left), top];
}

export class Tip {
  /** @type {HTMLAnchorElement | null} */
  word = null; // whose sentence is shown
  /** @type {HTMLElement | null} */
  #element = null;
  #timer = 0;

  /** @param {HTMLElement} element */
  mount(element) {
    if (element === this.#element) return;
    this.#element = element;
    this.word = null;
    element.onpointerenter = () => clearTimeout(this.#timer);
    element.onpointerleave = () => this.hideSoon();
  }

  /** @type {(word: HTMLAnchorElement, term: Term, hint: string) => void} */
  showSoon(word, term, hint) {
    clearTimeout(this.#timer);
    if (word !== this.word) this.#timer = setTimeout(() => this.show(word, term, hint), SHOW_MS);
  }

  /** @type {(word: HTMLAnchorElement, term: Term, hint: string) => void} */
  show(word, term, hint) {
    clearTimeout(this.#timer);
    const element = this.#element;
    if (!element?.isConnected || !word.isConnected) return;
    element.replaceChildren();
    make("div", "name", element, term.name);
    make("div", "sentence", element, term.sentence);
    make("div", "hint", element, hint);
    element.showPopover();
    const window = { width: document.documentElement.clientWidth, height: innerHeight };
    const [left, top] = placed(word.getClientRects()[0], element.getBoundingClientRect(), window);
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
    this.word = word;
  }

  hideSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.hide(), HIDE_MS);
  }

  hide() {
    clearTimeout(this.#timer);
    if (this.word) this.#element?.hidePopover();
    this.word = null;
  }
}
