// The server is told on which layer the cursor rests, so that a click finds its answer there.

import { layerUnder } from "./layers.js";

const REST_MS = 120; // on its way across the page a cursor stays for less

/**
 * Ask at `ahead`, in the name of `visit`, for the layer that the cursor rests on; the request ends when it
 * moves on. A finger rests nowhere before it taps.
 * @type {(told: () => { visit: string, ahead: string }) => void}
 */
export function watchCursor(told) {
  let layer = "";
  let asking = new AbortController();
  /** @type {number | undefined} */
  let resting;

  const ask = () => {
    const { visit, ahead } = told();
    asking = new AbortController();
    const query = new URLSearchParams({ visit, layer });
    fetch(`./${ahead}?${query}`, { signal: asking.signal }).catch(() => {}); // a click asks again
  };
  // Not pointerover: from one element of a component to another it does not leave the component.
  addEventListener(
    "pointermove",
    (event) => {
      const under = event.pointerType === "mouse" ? layerUnder(event.composedPath()) : "";
      if (under === layer) return;
      layer = under;
      clearTimeout(resting);
      asking.abort();
      if (layer) resting = setTimeout(ask, REST_MS);
    },
    { capture: true, passive: true },
  );
  // A click asks by itself.
  addEventListener("pointerdown", () => clearTimeout(resting), { capture: true, passive: true });
}
