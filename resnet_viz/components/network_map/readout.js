// What is said below the columns about the node that the pointer, the focus or the tour is at.

/** @import { NetworkMapData, NodeView } from "./types.d.ts" */

import { make } from "../shared/elements.js";
import { factsOf, title } from "./nodes.js";
import { INPUT, likeliest } from "./sides.js";

// Facts as names and values, after the name of what they are of.
/** @type {(says: HTMLElement, name: string, facts: [string, string][], advice?: string) => void} */
function showReadout(says, name, facts, advice = "") {
  says.replaceChildren();
  make("strong", "", says, name);
  for (const [measure, value] of facts) {
    const fact = make("span", "fact", says);
    if (measure) make("span", "measure", fact, `${measure} `);
    fact.append(value);
  }
  if (advice) make("span", "measure", says, advice);
}

/** @type {(says: HTMLElement, data: NetworkMapData) => void} */
export function readInput(says, { input_shape, prepared }) {
  showReadout(says, INPUT, [
    ["", input_shape],
    ["", prepared],
  ]);
}

/** @type {(says: HTMLElement, data: NetworkMapData, view: NodeView) => void} */
export function readNode(says, data, view) {
  const facts = factsOf(view, data.measures);
  if (view.node === data.nodes.at(-1)) facts.unshift(["Likeliest", likeliest(data)]);
  showReadout(says, title(view), facts);
}

// Of a whole stage, whose columns are selected together; or of a layer that has no column.
/** @type {(says: HTMLElement, data: NetworkMapData, selected: NodeView[]) => void} */
export function readSelection(says, { selection, stage_titles }, [first]) {
  const name = stage_titles[first?.node.stage - 1];
  showReadout(says, selection.path, name ? [["", name]] : [], "Choose a column to look inside.");
}
