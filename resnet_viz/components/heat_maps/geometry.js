// Where the values of a map lie on the image, and what stands between them.

/** @import { Position } from "../shared/types.d.ts" */
/** @import { Box, HeatMap, Panel } from "./types.d.ts" */

import { inRange } from "../shared/numbers.js";

// Pixel 0 covers 0 to 1, so that its centre, and that of a value at 0, is at a half.
const HALF = 0.5;

// The value whose centre is nearest to a point of the image.
/** @type {(panel: Panel, x: number, y: number) => Position} */
export function nearest({ rows, columns, start, jump }, x, y) {
  const place = (/** @type {number} */ at, /** @type {number} */ count) =>
    inRange(Math.round((at - HALF - start) / jump), count);
  return [place(y, rows), place(x, columns)];
}

/** @type {(panel: Panel, position: Position, side: number) => Box} */
function about({ start, jump }, [row, column], side) {
  const [x, y] = [column, row].map((at) => start + at * jump + HALF);
  return [x - side / 2, y - side / 2, x + side / 2, y + side / 2];
}

// The square that stands for a value: one jump wide about its centre.
/** @type {(panel: Panel, position: Position) => Box} */
export const cell = (panel, position) => about(panel, position, panel.jump);

// All that a value can see of the image, and of what would lie around it.
/** @type {(panel: Panel, position: Position) => Box} */
export const field = (panel, position) => about(panel, position, panel.field);

/** @type {(map: HeatMap, position: Position) => number} */
export const valueAt = ({ values, columns }, [row, column]) => values[row * columns + column];

// The centres of so many pixels that cover the image, in steps of the map: 1.5 is between its second and
// third value. Beyond the outer values nothing changes any more.
/** @type {(panel: Panel, count: number, side: number, pixels: number) => Float64Array} */
function placed({ start, jump }, count, side, pixels) {
  return Float64Array.from({ length: pixels }, (_, at) => {
    const x = ((at + HALF) * side) / pixels - HALF;
    return Math.min(count - 1, Math.max(0, (x - start) / jump));
  });
}

// The map at every one of pixels × pixels points of the image: bilinear between the centres, or that of the
// nearest one.
/** @type {(map: HeatMap, side: number, pixels: number, cells: boolean) => Float32Array<ArrayBuffer>} */
export function onImage(map, side, pixels, cells) {
  const { values, rows, columns } = map;
  const whole = new Float32Array(pixels * pixels);
  const [down, across] = [rows, columns].map((count) => placed(map, count, side, pixels));
  for (let y = 0, i = 0; y < pixels; y++) {
    const top = cells ? Math.round(down[y]) : Math.floor(down[y]);
    const below = Math.min(rows - 1, top + 1);
    const share = cells ? 0 : down[y] - top;
    for (let x = 0; x < pixels; x++, i++) {
      const left = cells ? Math.round(across[x]) : Math.floor(across[x]);
      const right = Math.min(columns - 1, left + 1);
      const part = cells ? 0 : across[x] - left;
      const upper = (1 - part) * values[top * columns + left] + part * values[top * columns + right];
      const lower = (1 - part) * values[below * columns + left] + part * values[below * columns + right];
      whole[i] = (1 - share) * upper + share * lower;
    }
  }
  return whole;
}

// Where the colours of each map end: at its own largest value, or at the largest of all.
/** @type {(maps: HeatMap[], signed: boolean, shared: boolean) => number[]} */
export function ends(maps, signed, shared) {
  const own = maps.map(({ values }) =>
    values.reduce((most, value) => Math.max(most, signed ? Math.abs(value) : value), 0),
  );
  return shared ? own.map(() => Math.max(...own)) : own;
}
