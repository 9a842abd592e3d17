// The main line and the shortcuts: one geometry for what is drawn and for what travels along it.

/** @import { NodeView, Shown } from "./types.d.ts" */

import { make } from "../shared/elements.js";

const SVG = "http://www.w3.org/2000/svg";
const COLUMN = 100; // units of the drawing, which is stretched to the width of the columns
const LINE = 18; // where the main line runs, pixels from the top of the rail
const RAIL = 62; // height of the rail, as in component.css

/**
 * @type {<Name extends keyof SVGElementTagNameMap>(
 *   name: Name, attributes: Record<string, string | number>, into: Element
 * ) => SVGElementTagNameMap[Name]}
 */
export function draw(name, attributes, into) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  into.append(element);
  return element;
}

// From the column before (the image before the first) into the middle of this one.
/** @type {(index: number, width: number, count: number) => string} */
export function wirePath(index, width, count) {
  const [from, to] = [Math.max(0, index - 0.5), Math.min(count, index + 0.5)];
  return `M ${from * width} ${LINE} L ${to * width} ${LINE}`;
}

// From just behind the column before, down and around, into this one's sum.
/** @type {(index: number, width: number) => string} */
export function arcPath(index, width) {
  const [from, to, low] = [(index - 0.28) * width, (index + 0.5) * width, LINE + 38];
  return `M ${from} ${LINE} C ${from} ${low} ${to} ${low} ${to} ${LINE}`;
}

// For each column its wire and, where it has a shortcut, its arc; as the last, the wire that leads on
// to the prediction.
/** @type {(all: Shown[], grid: HTMLElement) => Pick<NodeView, "wire" | "arc">[]} */
export function buildWires(all, grid) {
  const count = all.length;
  const svg = draw("svg", { class: "wires", preserveAspectRatio: "none" }, grid);
  svg.setAttribute("viewBox", `0 0 ${COLUMN * count} ${RAIL}`);
  svg.setAttribute("aria-hidden", "true");
  const wire = (/** @type {number} */ index) =>
    draw("path", { class: "wire", d: wirePath(index, COLUMN, count) }, svg);
  const arc = (/** @type {number} */ index, /** @type {string} */ kind) =>
    draw("path", { class: `arc ${kind}`, d: arcPath(index, COLUMN) }, svg);
  const wires = all.map(({ node: { shortcut } }, index) => ({
    wire: wire(index),
    arc: shortcut ? arc(index, shortcut) : null,
  }));
  return [...wires, { wire: wire(count), arc: null }];
}

// Where the pulses run, over the drawing.
/** @type {(grid: HTMLElement) => HTMLElement} */
export function buildTrack(grid) {
  const track = make("div", "track", grid);
  for (const name of ["pulse", "pulse around"]) make("i", name, track);
  return track;
}

// What the image has become goes along the line and around the block at once; both arrive at the
// sum together. Returns the animations, to be cancelled.
/**
 * @type {(
 *   track: HTMLElement, view: NodeView, index: number, count: number, duration: number
 * ) => Animation[]}
 */
export function sendPulses(track, { arc }, index, count, duration) {
  const width = track.getBoundingClientRect().width / count;
  const paths = [wirePath(index, width, count), ...(arc ? [arcPath(index, width)] : [])];
  return paths.map((path, at) => {
    const pulse = /** @type {HTMLElement} */ (track.children[at]);
    pulse.style.offsetPath = `path("${path}")`;
    const along = { offsetDistance: ["0%", "100%"], opacity: [1, 1] };
    return pulse.animate(along, { duration, easing: "ease-in-out" });
  });
}
