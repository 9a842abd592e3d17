// What has to be there before Streamlit itself: the way back, texts that outlive a translation, and paper.

import { letChartsShrinkOnPaper } from "./paper.js";
import { keepTranslatedTextsAlive } from "./translation.js";
import { makeOneStepOfEachChange } from "./way_back.js";

export default function begin() {
  makeOneStepOfEachChange();
  keepTranslatedTextsAlive();
  letChartsShrinkOnPaper();
}
begin();
