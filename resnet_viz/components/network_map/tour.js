// The image on its way through the network, step by step: 0 is the image itself, the last the
// prediction.

/** @import { NetworkMap } from "./component.js" */

import { make } from "../shared/elements.js";
import { draw } from "./wires.js";

const HOP = 900; // milliseconds from one step to the next
const WHOLE = 20_000; // what a long network may take
const ICONS = {
  back: "M12 3 6 8l6 5zM4 3h1.6v10H4z",
  play: "M5 3v10l8-5z",
  pause: "M4.5 3h2.6v10H4.5zM9 3h2.6v10H9z",
  forward: "M4 3l6 5-6 5zM10.4 3H12v10h-1.6z",
  whole: "M2.5 3l5 5-5 5zM7.5 3l5 5-5 5zM12.5 3H14v10h-1.5z",
};

export class Tour {
  at = -1; // no tour: everything is shown
  playing = false;
  /** @type {number | undefined} */ timer;

  // `map` knows how many steps there are, moves what travels, and shows an arrival.
  /** @param {NetworkMap} map @param {HTMLElement} bar */
  constructor(map, bar) {
    this.map = map;
    this.buttons = this.buildButtons(bar);
  }

  get last() {
    return this.map.steps() - 1;
  }

  // Whether something is still to come.
  get underway() {
    return this.at >= 0 && this.at < this.last;
  }

  play() {
    this.playing = true;
    this.arrive(this.underway ? this.at : 0);
    this.hop();
  }

  hop() {
    const duration = Math.min(HOP, WHOLE / this.last);
    this.map.travel(this.at + 1, duration);
    this.timer = setTimeout(() => {
      this.playing = this.at + 1 < this.last;
      this.arrive(this.at + 1);
      if (this.playing) this.hop();
    }, duration);
  }

  pause() {
    this.stop();
    this.arrive(this.at);
  }

  /** @type {(by: number) => void} */
  step(by) {
    this.stop();
    const from = this.at < 0 && by < 0 ? this.last : this.at;
    this.arrive(Math.min(this.last, Math.max(0, from + by)));
  }

  end() {
    this.stop();
    this.arrive(-1);
  }

  stop() {
    clearTimeout(this.timer);
    this.playing = false;
    this.map.halt();
  }

  /** @type {(at: number) => void} */
  arrive(at) {
    this.at = at;
    this.showButtons();
    this.map.arrived(at);
  }

  /** @param {HTMLElement} bar */
  buildButtons(bar) {
    const group = make("div", "controls", bar);
    group.role = "group";
    group.ariaLabel = "Send the image through the network";
    /** @type {(icon: keyof typeof ICONS, label: string, act: () => void) => HTMLButtonElement} */
    const button = (icon, label, act) => {
      const element = make("button", icon, group);
      Object.assign(element, { type: "button", ariaLabel: label, title: label, onclick: act });
      const drawing = draw("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, element);
      draw("path", { d: ICONS[icon] }, drawing);
      return element;
    };
    return {
      back: button("back", "Step back", () => this.step(-1)),
      play: button("play", "Play", () => (this.playing ? this.pause() : this.play())),
      forward: button("forward", "Step forward", () => this.step(1)),
      whole: button("whole", "Show everything", () => this.end()),
    };
  }

  showButtons() {
    const { back, play, forward, whole } = this.buttons;
    play.querySelector("path")?.setAttribute("d", ICONS[this.playing ? "pause" : "play"]);
    play.title = play.ariaLabel = this.playing ? "Pause" : "Play";
    // Not `disabled`, which would take the focus away from who steps to the end.
    back.ariaDisabled = String(this.at === 0);
    forward.ariaDisabled = String(this.at === this.last);
    whole.ariaDisabled = String(!this.underway);
  }
}
