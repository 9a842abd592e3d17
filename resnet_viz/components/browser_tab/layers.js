// Which layer an element of the page stands for.

/** @type {(path: EventTarget[]) => string} */
export function layerUnder(path) {
  const named = elements(path).find((each) => each.dataset.path);
  return named?.dataset.path ?? layerOfButton(buttonUnder(path));
}

// What a click there chooses: nothing outside of the buttons of stages, blocks and layers, and "" on one that
// is pressed, since that leads to what is around it.
/** @type {(path: EventTarget[]) => string | undefined} */
export function layerToChoose(path) {
  const button = buttonUnder(path);
  const layer = layerOfButton(button);
  if (!layer) return undefined;
  return button?.ariaChecked === "true" ? "" : layer;
}

/** @type {(path: EventTarget[]) => HTMLElement[]} */
const elements = (path) => path.filter((each) => each instanceof HTMLElement);

/** @type {(path: EventTarget[]) => HTMLElement | undefined} */
const buttonUnder = (path) => elements(path).find((each) => each.role === "radio");

// The buttons of layers leave the block out, whose own button is pressed.
/** @type {(button: HTMLElement | undefined) => string} */
function layerOfButton(button) {
  const row = button?.closest("[role=radiogroup]")?.ariaLabel;
  const name = button?.textContent ?? "";
  if (row === "Stages" || row === "Blocks") return name;
  if (row !== "Layers") return "";
  const block = document.querySelector("[role=radiogroup][aria-label=Blocks] [aria-checked=true]");
  return `${block?.textContent}.${name}`;
}
