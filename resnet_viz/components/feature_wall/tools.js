// The controls above the wall: which channels are shown, in which order and in which colours.

/** @import { FeatureWall } from "./component.js" */
/** @import { Options, State } from "./types.d.ts" */

import { make } from "../shared/elements.js";

// ---- building ----

/** @typedef {ReturnType<typeof buildTools>} Tools */

/** @type {<Control extends HTMLElement>(name: string, into: HTMLElement, control: Control) => Control} */
function labelled(name, into, control) {
  const label = make("label", "", into);
  make("span", "", label, name);
  label.append(control);
  return control;
}

/** @type {Record<Options["scale"], string>} */
const SCALES = { layer: "whole layer", channel: "each channel", fixed: "fixed ends" };
/** @type {Record<Options["sort"], string>} */
const SORTS = {
  index: "number",
  mean: "mean",
  variance: "variance",
  strongest: "largest |value|",
  alike: "correlation",
};
/** @type {Record<Options["show"], string>} */
const SHOWS = { all: "all", alive: "alive", dead: "dead (all zero)" };

/** @type {(name: string, choices: Record<string, string>, into: HTMLElement) => HTMLSelectElement} */
function selection(name, choices, into) {
  const select = document.createElement("select");
  for (const [slug, text] of Object.entries(choices)) {
    make("option", "", select, text).value = slug;
  }
  return labelled(name, into, select);
}

/** @type {(name: string, into: HTMLElement) => HTMLInputElement} */
function numberField(name, into) {
  const input = document.createElement("input");
  input.type = "number";
  input.step = "any";
  return labelled(name, into, input);
}

/** @param {HTMLElement} into */
export function buildTools(into) {
  const tools = make("div", "tools", into);
  const scale = selection("Colour range", SCALES, tools);
  const fixed = make("span", "fixed", tools);
  const low = numberField("From", fixed);
  const high = numberField("To", fixed);
  const sort = selection("Sort by", SORTS, tools);
  const show = selection("Show", SHOWS, tools);
  const find = numberField("Channel", tools);
  find.min = "0";
  find.step = "1";
  return { sort, scale, fixed, low, high, show, find };
}

// ---- showing a state, and changing it ----

/** @type {(parts: { tools: Tools }, state: State) => void} */
export function showTools({ tools }, { wall, options, pinned, anchor }) {
  tools.sort.value = options.sort;
  tools.scale.value = options.scale;
  tools.show.value = options.show;
  tools.low.value = String(options.low);
  tools.high.value = String(options.high);
  const alike = Object.keys(SORTS).indexOf("alike");
  tools.sort.options[alike].textContent = `correlation with ${wall.noun} ${anchor}`;
  tools.sort.options[0].textContent = `${wall.noun} number`;
  const label = /** @type {Node} */ (tools.find.previousSibling);
  label.textContent = wall.noun === "class" ? "Class" : "Channel";
  tools.fixed.hidden = options.scale !== "fixed";
  tools.find.max = String(wall.channels - 1);
  tools.find.value = pinned ? String(pinned.channel) : "";
}

/** @type {(featureWall: FeatureWall) => void} */
export function listenToTools(featureWall) {
  const { sort, scale, show, low, high, find } = featureWall.parts.tools;
  /** @type {(name: "sort" | "scale" | "show", select: HTMLSelectElement) => void} */
  const listen = (name, select) => {
    select.onchange = () => featureWall.choose({ [name]: select.value });
  };
  listen("sort", sort);
  listen("scale", scale);
  listen("show", show);
  low.onchange = high.onchange = () => {
    const valid = high.valueAsNumber > low.valueAsNumber;
    high.setCustomValidity(valid ? "" : "“To” must be larger than “From”.");
    if (valid) featureWall.choose({ low: low.valueAsNumber, high: high.valueAsNumber });
    else high.reportValidity();
  };
  find.onchange = () => {
    if (find.value === "" || !find.reportValidity()) return;
    const channel = find.valueAsNumber;
    if (!featureWall.order.includes(channel)) featureWall.choose({ show: "all" });
    featureWall.pin({ channel });
    featureWall.bringIntoView();
  };
}
