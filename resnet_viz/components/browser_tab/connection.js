// A connection that was cut and is there again; files that were chosen meanwhile never left the tab.

import { app } from "../shared/app.js";

const CUT_MS = 1000; // a shorter cut loses nothing

/** @type {(told: (files: string[]) => void) => void} */
export function watchConnection(told) {
  let since = 0; // when it was cut
  /** @type {string[]} */
  const missed = [];

  addEventListener(
    "change",
    ({ target }) => {
      if (since && target instanceof HTMLInputElement && target.type === "file") {
        missed.push(...[...(target.files ?? [])].map((file) => file.name));
      }
    },
    { capture: true },
  );
  new MutationObserver(() => {
    const state = app()?.dataset.testConnectionState;
    if (state !== "CONNECTED") {
      since ||= Date.now();
    } else if (since) {
      const wasCut = Date.now() - since > CUT_MS;
      since = 0;
      if (wasCut || missed.length) told(missed.splice(0));
    }
  }).observe(document.body, {
    attributes: true,
    attributeFilter: ["data-test-connection-state"],
    subtree: true,
  });
}
