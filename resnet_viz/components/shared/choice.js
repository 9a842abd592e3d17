// A layer that the visitor chooses on the page, for components that need not wait for Python.

const EVENT = "resnet-explorer-choice";

/**
 * Made by a click, or about to be: pressed. No layer: one that only Python knows.
 * @typedef {{ layer: string, isMade: boolean }} Choice
 */

/** @type {(choice: Choice) => void} */
export function tellChoice(choice) {
  dispatchEvent(new CustomEvent(EVENT, { detail: choice }));
}

/** @type {(hear: (choice: Choice) => void) => void} */
export function hearChoices(hear) {
  addEventListener(EVENT, (event) => hear(/** @type {CustomEvent<Choice>} */ (event).detail));
}
