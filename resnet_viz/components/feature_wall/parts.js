// The elements of the wall, built once, and how a state is written into them.

/** @import { MapPosition, State, Unit, Wall } from "./types.d.ts" */

import { COARSE } from "../shared/device.js";
import { make } from "../shared/elements.js";
import { written } from "../shared/numbers.js";
import { gradient, limits, tileCorner } from "./paint.js";
import { buildTools } from "./tools.js";
import { correlation, fieldBox, isDead, writtenValue } from "./wall.js";

// ---- building ----

/** @typedef {ReturnType<typeof build>} Parts */

// A grid for a screen reader: of its many cells only the one that is looked at is an element.
/** @param {string} cls @param {HTMLElement} into */
function buildGrid(cls, into) {
  const grid = make("div", cls, into);
  grid.tabIndex = 0;
  grid.setAttribute("role", "grid");
  const board = make("div", "board", grid);
  const canvas = make("canvas", "", board);
  const row = make("div", "", board);
  row.setAttribute("role", "row");
  const here = make("div", "mark here", row);
  here.id = `${cls}-here`;
  here.setAttribute("role", "gridcell");
  grid.setAttribute("aria-activedescendant", here.id);
  const pin = make("div", "mark pin", board);
  return { grid, board, canvas, here, pin };
}

/** @param {HTMLElement} into */
function buildBar(into) {
  const bar = make("div", "bar", into);
  const ramp = make("div", "ramp", bar);
  const zero = make("i", "zero", ramp);
  const ends = make("div", "ends", bar);
  const low = make("span", "low", ends);
  const middle = make("span", "middle", ends);
  const high = make("span", "high", ends);
  return { ramp, zero, low, middle, high };
}

/** @param {HTMLElement} root */
export function build(root) {
  const sides = make("div", "sides", root);
  const left = make("div", "left", sides);
  const tools = buildTools(left);
  const tiles = buildGrid("wall", left);
  const dots = make("canvas", "dots", tiles.board);
  const foot = make("p", "foot", left);
  const right = make("div", "closeup", sides);
  const readout = make("div", "readout", right);
  const position = make("p", "position", readout);
  const value = make("p", "value", readout);
  const facts = make("p", "facts", readout);
  const views = make("div", "views", right);
  const large = make("figure", "", views);
  const map = buildGrid("map", large);
  const bar = buildBar(large);
  const seen = make("figure", "", views);
  const frame = make("div", "image", seen);
  const image = make("img", "", frame);
  image.alt = "What the network sees";
  const field = make("div", "field", frame);
  const caption = make("figcaption", "", seen);
  const spoken = make("p", "spoken", root);
  spoken.setAttribute("role", "status");
  root.setAttribute("role", "group");
  return {
    ...{ root, tools, tiles, dots, foot, position, value, facts, map, bar, frame, image },
    ...{ field, caption, spoken },
  };
}

// ---- writing a state into them ----

/** @type {(element: HTMLElement, edges: number[]) => void} */
function inset(element, [left, top, right, bottom]) {
  element.style.inset = [top, 1 - right, 1 - bottom, left].map((x) => `${100 * x}%`).join(" ");
}

// Around a tile of the wall, where that channel is among those shown.
/** @type {(mark: HTMLElement, state: State, unit: Unit | null) => void} */
export function frameTile(mark, { layout, order }, unit) {
  const position = unit ? order.indexOf(unit.channel) : -1;
  mark.hidden = position < 0;
  if (mark.hidden) return;
  const [x, y] = tileCorner(layout, position);
  mark.style.transform = `translate(${x}px, ${y}px)`;
  mark.style.width = `${layout.tile.width}px`;
  mark.style.height = `${layout.tile.height}px`;
}

// Around a position of the channel that is shown large.
/** @type {(mark: HTMLElement, wall: Wall, position: MapPosition | null) => void} */
export function framePosition(mark, wall, position) {
  mark.hidden = !position;
  if (!position) return;
  const { row, column } = position;
  inset(mark, [
    column / wall.columns,
    row / wall.rows,
    (column + 1) / wall.columns,
    (row + 1) / wall.rows,
  ]);
}

/** @type {(parts: Parts, state: State) => void} */
export function showField({ field, caption }, { wall, shown }) {
  inset(
    field,
    fieldBox(wall, shown).map((edge) => edge / wall.side),
  );
  const { size } = wall.field;
  const beyond = size > wall.side ? ", more than the image" : "";
  caption.textContent = `what the network sees · frame: receptive field, ${size}\u00a0×\u00a0${size}\u00a0px${beyond}`;
}

/** @type {(parts: Parts, state: State) => void} */
export function showBar({ bar }, { wall, options, shown }) {
  const [vmin, vmax] = limits(wall, options, shown.channel);
  bar.ramp.style.background = gradient(wall, [vmin, vmax]);
  bar.low.textContent = written(vmin);
  bar.high.textContent = written(vmax);
  const zero = -vmin / (vmax - vmin);
  bar.zero.hidden = !(zero > 0 && zero < 1);
  bar.zero.style.left = bar.middle.style.left = `${100 * zero}%`;
  bar.middle.textContent = zero > 0.2 && zero < 0.8 ? "0" : "";
}

/** @type {(wall: Wall, sent: number, axis: 1 | 2) => string} */
function span(wall, sent, axis) {
  const first = sent * wall.pool_size;
  const last = Math.min(first + wall.pool_size, wall.shape[axis]) - 1;
  return first === last ? `${first}` : `${first}–${last}`;
}

/** @type {(wall: Wall, unit: Unit) => string} */
function unitText(wall, { channel, row, column }) {
  const label = wall.labels[channel];
  if (label !== undefined) return `${wall.noun} ${channel} · ${label}`;
  const name = `${wall.noun} ${channel} (of 0–${wall.channels - 1})`;
  if (wall.rows * wall.columns === 1) return name;
  return `${name} · row ${span(wall, row, 1)}, column ${span(wall, column, 2)}`;
}

/** @type {(wall: Wall, state: State) => string} */
function factsText(wall, { options, shown: { channel }, anchor }) {
  if (wall.rows * wall.columns === 1) return "";
  const facts = [
    `min ${written(wall.minima[channel])}`,
    `max ${written(wall.maxima[channel])}`,
    `mean ${written(wall.means[channel])}`,
    `zeros\u00a0${(100 * wall.zeros[channel]).toFixed(1)}\u00a0%`,
  ];
  if (isDead(wall, channel)) facts.push("dead for this image");
  if (options.sort === "alike" && channel !== anchor) {
    const r = correlation(wall, channel, anchor);
    facts.push(Number.isNaN(r) ? "constant" : `r ${written(r)} with channel ${anchor}`);
  }
  return facts.join(" · ");
}

/** @type {(parts: Parts, state: State) => void} */
export function showReadout({ position, value, facts, tiles, map }, state) {
  const { wall, shown } = state;
  position.textContent = unitText(wall, shown);
  value.textContent = writtenValue(wall, shown) + (wall.pool_size > 1 ? " on average" : "");
  facts.textContent = factsText(wall, state);
  for (const grid of [tiles, map]) {
    grid.here.setAttribute("aria-label", `${position.textContent}, ${value.textContent}`);
  }
}

export const KEYS = COARSE.matches
  ? "A tap pins a cell."
  : "Click or Enter pins a cell, Esc lets go, arrow keys walk.";
const ROUNDED = " ≈ is rounded; of the pinned cell the exact value stands below.";

const CROSSED = " A tile with a line through it is dead: zero everywhere for this image.";

/** @type {(parts: Parts, state: State) => void} */
export function showCount({ foot }, { wall, layout, order, options }) {
  const count = order.length;
  const nouns = { channel: "channels", class: "classes" }[wall.noun];
  const some = `${count} of ${wall.channels} ${nouns} are ${options.show}. `;
  const crossed = !layout.vectors && order.some((channel) => isDead(wall, channel));
  foot.classList.toggle("alone", !count);
  foot.textContent = [
    options.show === "all" ? "" : some,
    count ? KEYS : "",
    crossed ? CROSSED : "",
    count && wall.code !== "float32" ? ROUNDED : "",
  ].join("");
}
