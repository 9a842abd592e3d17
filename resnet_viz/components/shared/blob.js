// Bytes from Python read back; the layout is described in components/blob.py.

/** @import { Bytes, Numbers } from "./types.d.ts" */

const TYPES = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array };

// The header's facts, and each array under its name. What they are is for the caller to say.
/** @type {(bytes: Bytes) => any} */
export function readBlob(bytes) {
  const whole = bytes.slice().buffer; // from 0 on, so that every number stands where it must
  let at = 4 + new DataView(whole).getUint32(0, true);
  const text = new TextDecoder().decode(new Uint8Array(whole, 4, at - 4));
  /** @type {{ arrays: { name: string, type: keyof typeof TYPES, shape: number[] }[] }} */
  const { arrays, ...facts } = JSON.parse(text);
  /** @type {Record<string, Numbers>} */
  const values = {};
  for (const { name, type, shape } of arrays) {
    const count = shape.reduce((product, side) => product * side, 1);
    values[name] = new TYPES[type](whole, at, count);
    at += Math.ceil(values[name].byteLength / 4) * 4;
  }
  return { ...facts, ...values };
}

/** @type {(a: Bytes, b: Bytes | undefined) => boolean} */
export const sameBytes = (a, b) => a.length === b?.length && a.every((byte, i) => byte === b[i]);

// The bytes of a PNG or JPEG into an <img>; the same ones once more change nothing.
/** @type {WeakMap<HTMLImageElement, Bytes>} */
const SHOWN = new WeakMap();

/** @type {(image: HTMLImageElement, bytes: Bytes) => void} */
export function showImage(image, bytes) {
  if (sameBytes(bytes, SHOWN.get(image))) return;
  SHOWN.set(image, bytes.slice());
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(new Blob([bytes]));
}
