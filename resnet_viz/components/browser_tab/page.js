// What has to be there before Streamlit itself: the way back, and texts that outlive a translation.

import { keepTranslatedTextsAlive } from "./translation.js";
import { makeOneStepOfEachChange } from "./way_back.js";

export default function begin() {
  makeOneStepOfEachChange();
  keepTranslatedTextsAlive();
}
begin();
