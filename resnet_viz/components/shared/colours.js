// Values as colours: a table of 256 from vmin to vmax, whose middle stands for zero where it is signed.

/** @import { ColorTable } from "./types.d.ts" */

// Which of the 256 colours stands for a value, as a function; signed scales are even about zero.
/** @type {(signed: boolean, ends: [vmin: number, vmax: number]) => (value: number) => number} */
export function colorIndex(signed, [vmin, vmax]) {
  const largest = Math.max(-vmin, vmax) || 1;
  const [from, to] = signed ? [-largest, largest] : [vmin, vmax];
  return (value) => {
    const clipped = Math.min(vmax, Math.max(vmin, value));
    return Math.round((255 * (clipped - from)) / (to - from));
  };
}

// The colours as whole pixels; bytes stand in memory as red, green, blue, opacity.
/** @type {(colours: ColorTable) => Uint32Array} */
export function pixelTable(colours) {
  const bytes = new Uint8ClampedArray(4 * 256).fill(255);
  for (let i = 0; i < 256; i++) bytes.set(colours.subarray(3 * i, 3 * i + 3), 4 * i);
  return new Uint32Array(bytes.buffer);
}

/** @type {(colours: ColorTable, index: number) => string} */
export function css(colours, index) {
  return `rgb(${colours.subarray(3 * index, 3 * index + 3).join(" ")})`;
}
