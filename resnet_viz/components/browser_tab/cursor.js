// The server is told on which layer the cursor rests, so that a click finds its answer there.

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

/** @type {(path: EventTarget[]) => string} */
function layerUnder(path) {
  const elements = path.filter((each) => each instanceof HTMLElement);
  const named = elements.find((each) => each.dataset.path);
  if (named) return named.dataset.path ?? "";
  const button = elements.find((each) => each.role === "radio");
  return button ? layerOfButton(button) : "";
}

// The buttons of stages, blocks and layers; those of layers leave the block out, whose button is pressed.
/** @type {(button: HTMLElement) => string} */
function layerOfButton(button) {
  const row = button.closest("[role=radiogroup]")?.ariaLabel;
  const name = button.textContent ?? "";
  if (row === "Stages" || row === "Blocks") return name;
  if (row !== "Layers") return "";
  const block = document.querySelector("[role=radiogroup][aria-label=Blocks] [aria-checked=true]");
  return `${block?.textContent}.${name}`;
}
