// Bars side by side; one of them, under the pointer or chosen with the arrow keys, is read out.

/** @import { Component } from "../shared/types.d.ts" */
/** @import { Bar, LayerBars } from "./types.d.ts" */

import { make, targetOf } from "../shared/elements.js";
import { inRange } from "../shared/numbers.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/** @type {(bar: Bar, at: number, into: HTMLElement) => HTMLElement} */
function column({ name, share, colour, named }, at, into) {
  const box = make("div", "column", into);
  box.dataset.at = String(at);
  const bar = make("div", "bar", box);
  bar.style.height = `${100 * share}%`;
  bar.style.background = colour;
  if (named) make("span", "name", box, name);
  return box;
}

/** @type {Component<LayerBars>} */
export default function ({ data: { alt, ticks, bars }, parentElement }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".root"));
  root.replaceChildren();
  const says = make("p", "says", root);
  says.setAttribute("role", "status");
  const plot = make("div", "plot", root);
  Object.assign(plot, { role: "group", ariaLabel: `${alt}. Arrow keys walk.`, tabIndex: 0 });
  for (const { share, text } of ticks) {
    const tick = make("div", "tick", plot);
    tick.style.bottom = `${100 * share}%`;
    make("span", "", tick, text);
  }
  const columns = bars.map((bar, at) => column(bar, at, plot));
  let here = -1;
  /** @type {(at: number) => void} */
  const show = (at) => {
    columns[here]?.classList.remove("lit");
    columns[at]?.classList.add("lit");
    here = at;
    says.textContent = at < 0 ? "" : `${bars[at].name}: ${bars[at].text}`;
  };
  plot.onpointermove = plot.onpointerdown = (event) => {
    /** @type {HTMLElement | null} */
    const under = targetOf(event).closest("[data-at]");
    if (under) show(Number(under.dataset.at));
  };
  plot.onpointerleave = plot.onblur = () => show(-1);
  plot.onkeydown = (event) => {
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    show(inRange(here + STEPS[event.key], bars.length));
  };
}
