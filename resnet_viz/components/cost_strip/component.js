// Names, bars and numbers in a grid; nothing to click.

/** @import { Component } from "../shared/types.d.ts" */
/** @import { CostStrip } from "./types.d.ts" */

import { make } from "../shared/elements.js";

/** @type {Component<CostStrip>} */
export default function ({ data, parentElement }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".root"));
  const spoken = data.bars.map(({ name, text }) => `${name} ${text}`).join(", ");
  root.setAttribute("aria-label", `${data.title}: ${spoken}`);
  root.replaceChildren();
  make("div", "title", root, data.title);
  for (const { name, share, text, colour } of data.bars) {
    make("div", "name", root, name);
    const bar = make("div", "bar", make("div", "track", root));
    bar.style.width = `${100 * share}%`;
    bar.style.background = colour;
    make("div", "number", root, text);
  }
}
