// Numbers as text, with a true minus.

/** @type {(value: number, digits?: number) => string} */
export function written(value, digits = 4) {
  return String(Number(value.toPrecision(digits))).replaceAll("-", "−");
}

// With as many digits as float32 holds.
/** @type {(value: number) => string} */
export const exact = (value) => written(value, 7);

/** @type {(value: number, count: number) => number} */
export const inRange = (value, count) => Math.min(count - 1, Math.max(0, value));
