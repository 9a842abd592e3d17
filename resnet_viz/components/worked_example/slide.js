// The kernel on its way over the input, and the output that it leaves behind.

/** @import { WorkedExample } from "./component.js" */
/** @import { WindowedExample } from "./types.d.ts" */

import { make } from "../shared/elements.js";

const TICK = 50; // milliseconds
const WHOLE_SLIDE = 20_000; // what a large map may take: then it goes several positions at once

export class Slide {
  /** @type {number | undefined} */ at; // how many positions have come about; undefined at the end
  /** @type {number | undefined} */ timer;

  /** @param {WorkedExample} view @param {WindowedExample} example @param {HTMLElement} into */
  constructor(view, example, into) {
    this.view = view;
    this.example = example;
    this.count = example.extent[0] * example.extent[1];
    this.button = make("button", "slide", into);
    this.button.type = "button";
    this.button.onclick = () => (this.timer ? this.pause() : this.start());
    this.say();
  }

  // From where it was paused; anew after the end.
  start() {
    const from = this.at ?? 0;
    const step = Math.max(1, Math.ceil((this.count * TICK) / WHOLE_SLIDE));
    this.timer = setInterval(() => this.go(Math.min(this.count, (this.at ?? 0) + step)), TICK);
    this.go(from);
    this.say();
  }

  /** @type {(at: number) => void} */
  go(at) {
    if (at >= this.count) return this.end();
    const { corner, extent } = this.example;
    this.at = at;
    this.view.look([corner[0] + Math.floor(at / extent[1]), corner[1] + (at % extent[1])]);
    this.view.showOutput(at + 1);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.say();
  }

  // Everything is there again, and the pinned position is shown.
  end() {
    this.pause();
    this.at = undefined;
    this.view.showOutput(this.count);
    this.view.look(this.example.cell);
    this.say();
  }

  say() {
    this.button.textContent = this.timer ? "Pause" : "Slide the window";
    this.button.setAttribute("aria-pressed", String(Boolean(this.timer)));
  }
}
