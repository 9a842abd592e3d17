// A map as colours over the image.

/** @import { ColorTable } from "../shared/types.d.ts" */

import { colorIndex } from "../shared/colours.js";

const LEVELS = [0.25, 0.5, 0.75]; // of the largest value, where contours run
const FULL = 2; // times: half of the largest value is covered as much as the largest

// Colour and cover of every value: zero has no colour at all.
/**
 * @type {(
 *   whole: Float32Array, end: number, colours: ColorTable, signed: boolean, opacity: number
 * ) => Uint8ClampedArray<ArrayBuffer>}
 */
export function coloured(whole, end, colours, signed, opacity) {
  const bytes = new Uint8ClampedArray(4 * whole.length);
  const color = colorIndex(signed, [signed ? -end : 0, end]);
  for (let i = 0; i < whole.length; i++) {
    const value = signed ? whole[i] : Math.max(0, whole[i]);
    const share = end > 0 ? Math.abs(value) / end : 0;
    if (share === 0) continue;
    bytes.set(colours.subarray(3 * color(value), 3 * color(value) + 3), 4 * i);
    bytes[4 * i + 3] = 255 * opacity * Math.min(1, FULL * share);
  }
  return bytes;
}

// The points at which a map crosses a quarter, half and three quarters of its end, in white on black.
/** @type {(bytes: Uint8ClampedArray, whole: Float32Array, side: number, end: number) => void} */
export function addContours(bytes, whole, side, end) {
  for (const level of LEVELS.map((share) => share * end)) {
    for (let y = 0; y < side - 1; y++) {
      for (let x = 0; x < side - 1; x++) {
        const i = y * side + x;
        const above = whole[i] >= level;
        if (above === whole[i + 1] >= level && above === whole[i + side] >= level) continue;
        bytes.set([255, 255, 255, 255], 4 * i);
        if (x && y) bytes.set([0, 0, 0, 255], 4 * (i - side - 1));
      }
    }
  }
}
