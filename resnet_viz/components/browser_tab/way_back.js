// One step of the browser's way back for each thing that the visitor does.
//
// A choice may change many parts of the URL: a preset sets all fields of the network. Streamlit puts the
// visitor's own part into the present entry of the history, and each of the others into one of its own;
// the way back would then lead through states that nobody chose. Here the first change after a click or
// a key makes the new entry, and all that follow from it are made in that entry, another page included.

import { isRunning } from "../shared/app.js";

const BY_THE_VISITOR = ["pointerdown", "click", "keydown", "input", "drop"];

export function makeOneStepOfEachChange() {
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);
  let isNew = false; // whether the next change begins a step
  let isMade = false; // whether the present entry was made since the visitor last did something

  for (const kind of BY_THE_VISITOR) {
    const begins = () => {
      isMade = false;
      // While the page is being made, what comes still belongs to the step before.
      if (!isRunning()) isNew = true;
    };
    addEventListener(kind, begins, { capture: true, passive: true });
  }
  addEventListener("popstate", () => (isNew = isMade = false), { capture: true });

  /** @type {History["pushState"]} */
  function change(state, unused, url) {
    const target = new URL(url ?? "", location.href);
    const here = new URL(location.href);
    const toAnotherPage = target.pathname !== here.pathname && !isMade;
    if (toAnotherPage || (isNew && target.search !== here.search)) {
      isNew = false;
      isMade = true;
      push(state, unused, url);
    } else {
      replace(state, unused, url);
    }
  }
  history.pushState = change;
  history.replaceState = change;
}
