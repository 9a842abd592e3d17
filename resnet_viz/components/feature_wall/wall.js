// The wall's bytes read back, and what can be worked out from them. Nothing here touches the page.

/** @import { Bytes } from "../shared/types.d.ts" */
/** @import { Layout, MapPosition, InitialView, Options, Unit, Wall, WallData } from "./types.d.ts" */

import { readBlob } from "../shared/blob.js";
import { inRange, written } from "../shared/numbers.js";

export const MIDDLE = 0.5; // of pixel 0: it covers 0 to 1

// ---- reading; components/feature_wall/encode.py says what is in it ----

// Of a layer that the browser has already the maps are left out.
/** @type {(bytes: Bytes) => { name: string, source: string, initialView: InitialView, wall?: Wall }} */
export function readWall(bytes) {
  /** @type {WallData} */
  const { quantised, statistics, initial_view: initialView, source = "", labels = [], ...facts } = readBlob(bytes);
  const { name } = facts;
  if (!quantised) return { name, source, initialView };
  const statistic = (/** @type {number} */ at) =>
    statistics.subarray(at * facts.channels, (at + 1) * facts.channels);
  const [minima, maxima, means, deviations, zeros] = [0, 1, 2, 3, 4].map(statistic);
  const values = unquantised(quantised, facts, minima, maxima);
  const vmin = minima.reduce((a, b) => Math.min(a, b));
  const vmax = maxima.reduce((a, b) => Math.max(a, b));
  const wall = { ...facts, labels, minima, maxima, means, deviations, zeros, values, vmin, vmax };
  return { name, source, initialView, wall };
}

/** @type {(a: Options, b: Options) => boolean} */
export function sameOptions(a, b) {
  const same = a.sort === b.sort && a.scale === b.scale && a.show === b.show;
  return same && a.low === b.low && a.high === b.high;
}

// The largest of the numbers that a channel's maximum is sent as.
/** @type {(facts: Pick<Wall, "code">) => number} */
function largestCode({ code }) {
  return code === "uint8" ? 255 : 65535;
}

/**
 * @type {(
 *   quantised: WallData["quantised"],
 *   facts: Pick<Wall, "channels" | "rows" | "columns" | "code">,
 *   minima: Float32Array,
 *   maxima: Float32Array
 * ) => Float32Array}
 */
function unquantised(quantised, facts, minima, maxima) {
  if (quantised instanceof Float32Array) return quantised;
  const size = facts.rows * facts.columns;
  const values = new Float32Array(quantised.length);
  for (let channel = 0; channel < facts.channels; channel++) {
    const vmin = minima[channel];
    const step = (maxima[channel] - vmin) / largestCode(facts);
    const end = (channel + 1) * size;
    for (let at = channel * size; at < end; at++) values[at] = vmin + quantised[at] * step;
  }
  return values;
}

/** @type {(wall: Wall, channel: number) => Float32Array} */
export function mapOf(wall, channel) {
  const size = wall.rows * wall.columns;
  return wall.values.subarray(channel * size, (channel + 1) * size);
}

/** @type {(wall: Wall, unit: Unit) => number} */
function valueAt(wall, { channel, row, column }) {
  return wall.values[(channel * wall.rows + row) * wall.columns + column];
}

/** @type {(wall: Wall, channel: number) => boolean} */
export function isDead(wall, channel) {
  return wall.zeros[channel] === 1;
}

// ---- numbers as text ----

// With as many digits as were sent: all of float32, or those that a step between quantised values leaves.
/** @type {(wall: Wall, unit: Unit) => string} */
export function writtenValue(wall, unit) {
  const value = valueAt(wall, unit);
  const step = (wall.maxima[unit.channel] - wall.minima[unit.channel]) / largestCode(wall);
  if (wall.code === "float32") return written(value, 6);
  if (step === 0) return written(value);
  if (value === 0) return "≈ 0";
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  if (digits > 6) return `≈ ${written(value, 3)}`;
  return `≈ ${value.toFixed(digits).replace("-", "−")}`;
}

// ---- orders ----

// Pearson's r between the maps of two channels; a constant map is like none.
/** @type {(wall: Wall, one: number, other: number) => number} */
export function correlation(wall, one, other) {
  const [a, b] = [mapOf(wall, one), mapOf(wall, other)];
  const [meanA, meanB] = [a, b].map((map) => map.reduce((sum, x) => sum + x, 0) / map.length);
  let [both, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    both += (a[i] - meanA) * (b[i] - meanB);
    ofA += (a[i] - meanA) ** 2;
    ofB += (b[i] - meanB) ** 2;
  }
  return ofA > 0 && ofB > 0 ? both / Math.sqrt(ofA * ofB) : NaN;
}

/** @type {Record<Options["sort"], (wall: Wall, anchor: number) => (channel: number) => number>} */
const RANKS = {
  index: () => (channel) => -channel,
  mean: (wall) => (channel) => wall.means[channel],
  variance: (wall) => (channel) => wall.deviations[channel],
  strongest: (wall) => (channel) => Math.max(wall.maxima[channel], -wall.minima[channel]),
  alike: (wall, anchor) => (channel) => {
    const r = channel === anchor ? 2 : correlation(wall, channel, anchor);
    return Number.isNaN(r) ? -2 : r; // itself first, constant maps last
  },
};

/** @type {Record<Options["show"], (wall: Wall, channel: number) => boolean>} */
const SHOWN = {
  all: () => true,
  alive: (wall, channel) => !isDead(wall, channel),
  dead: isDead,
};

// The channels that are shown, in their order; `anchor` is the one that "alike" compares with.
/** @type {(wall: Wall, options: Pick<Options, "sort" | "show">, anchor: number) => number[]} */
export function ordered(wall, { sort, show }, anchor) {
  const rank = RANKS[sort](wall, anchor);
  const ranks = Float64Array.from({ length: wall.channels }, (_, channel) => rank(channel));
  const channels = [...ranks.keys()].filter((channel) => SHOWN[show](wall, channel));
  return channels.sort((a, b) => ranks[b] - ranks[a] || a - b);
}

// ---- where things are: positions in the layer, positions as sent, pixels of the image ----

// A large layer is sent as means over squares of positions; the middle of a square stands for it.
/** @type {(wall: Wall, sent: number, axis: 1 | 2) => number} */
export function layerIndex(wall, sent, axis) {
  const middle = sent * wall.pool_size + (wall.pool_size >> 1);
  return Math.min(middle, wall.shape[axis] - 1);
}

/** @type {(wall: Wall, index: number) => number} */
function sentIndex(wall, index) {
  return Math.floor(index / wall.pool_size);
}

/** @type {(wall: Wall, unit: Unit) => Unit} */
export function sentUnit(wall, { channel, row, column }) {
  return { channel, row: sentIndex(wall, row), column: sentIndex(wall, column) };
}

// Left, top, right, bottom of the receptive field, cut off at the image's borders, in pixels.
/** @type {(wall: Wall, position: MapPosition) => number[]} */
export function fieldBox(wall, { row, column }) {
  const { size, jump, start } = wall.field;
  const x = start + layerIndex(wall, column, 2) * jump + MIDDLE;
  const y = start + layerIndex(wall, row, 1) * jump + MIDDLE;
  const inside = (/** @type {number} */ edge) => Math.min(wall.side, Math.max(0, edge));
  return [x - size / 2, y - size / 2, x + size / 2, y + size / 2].map(inside);
}

// The position whose receptive field is centred nearest to a point of the image, whose coordinates are
// fractions of its side.
/** @type {(wall: Wall, x: number, y: number) => MapPosition} */
export function positionSeeing(wall, x, y) {
  const { jump, start } = wall.field;
  /** @type {(fraction: number, count: number) => number} */
  const nearest = (fraction, count) => {
    const index = Math.round((fraction * wall.side - MIDDLE - start) / jump);
    return inRange(sentIndex(wall, index), count);
  };
  return { row: nearest(y, wall.rows), column: nearest(x, wall.columns) };
}

// Tiles as large as lets all of them into a box, but of at least `smallest` pixels: then they scroll.
/**
 * @type {(wall: Wall, count: number, width: number, height: number, smallest: number) => Layout}
 */
export function tiling(wall, count, width, height, smallest) {
  const vectors = wall.rows * wall.columns === 1; // a number in each tile, and no map
  const gap = 2;
  const [least, largest, ratio] = !vectors
    ? [smallest, 128, wall.rows / wall.columns]
    : wall.labels.length ? [92, 128, 0.34] : [40, 44, 0.5];
  /** @type {(side: number) => Layout} */
  const fit = (side) => {
    const most = Math.max(1, Math.floor((width + gap) / (side + gap)));
    const rows = Math.ceil(count / most);
    const columns = Math.ceil(count / Math.max(1, rows)); // the last row nearly as full as the others
    const tile = { width: side, height: Math.max(2, Math.round(side * ratio)) };
    return { columns, rows, tile, gap, vectors };
  };
  let side = largest;
  while (side > least && fit(side).rows * (fit(side).tile.height + gap) > height) side--;
  return fit(side);
}

// ---- what is under the pointer: x and y from 0 to 1 over the wall or over a map ----

// Of a wall `width` × `height` pixels, the tile and its position; null where there is no tile.
/**
 * @type {(
 *   wall: Wall, layout: Layout, order: number[], x: number, y: number, size: [width: number, height: number]
 * ) => Unit | null}
 */
export function underWall(wall, layout, order, x, y, [width, height]) {
  const { tile, gap, columns } = layout;
  const [right, down] = [(x * width) / (tile.width + gap), (y * height) / (tile.height + gap)];
  const channel = order[Math.floor(down) * columns + Math.floor(right)];
  if (channel === undefined || right < 0 || right >= columns) return null;
  // What lies in the gap belongs to the position before it.
  /** @type {(at: number, step: number, side: number, count: number) => number} */
  const within = (at, step, side, count) => inRange(Math.floor((((at % 1) * step) / side) * count), count);
  return {
    channel,
    row: within(down, tile.height + gap, tile.height, wall.rows),
    column: within(right, tile.width + gap, tile.width, wall.columns),
  };
}

/** @type {(wall: Pick<Wall, "rows" | "columns">, x: number, y: number) => MapPosition} */
export function underMap({ rows, columns }, x, y) {
  return {
    row: inRange(Math.floor(y * rows), rows),
    column: inRange(Math.floor(x * columns), columns),
  };
}
