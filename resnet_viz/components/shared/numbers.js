// Numbers as text, with a true minus.

function written(value, digits = 4) {
  return String(Number(value.toPrecision(digits))).replaceAll("-", "−");
}

// With as many digits as float32 holds.
const exact = (value) => written(value, 7);

const inRange = (value, count) => Math.min(count - 1, Math.max(0, value));
