// A click on the button of a layer is told within the page before Streamlit hears of it, and so is the press
// that it begins with; a finger that is put down may be about to scroll.

import { tellChoice } from "../shared/choice.js";
import { layerToChoose } from "./layers.js";

export function watchChoices() {
  addEventListener("click", (event) => tell(event, true), { capture: true, passive: true });
  addEventListener(
    "pointerdown",
    (event) => event.pointerType === "mouse" && event.button === 0 && tell(event, false),
    { capture: true, passive: true },
  );
}

/** @type {(event: Event, isMade: boolean) => void} */
function tell(event, isMade) {
  const layer = layerToChoose(event.composedPath());
  if (layer !== undefined) tellChoice({ layer, isMade });
}
