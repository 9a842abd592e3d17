import assert from "node:assert/strict";
import { test } from "node:test";

import { exact, inRange, written } from "../../resnet_viz/components/shared/numbers.js";

test("numbers are written with a true minus", () => {
  for (const [value, digits, text] of [
    [0, 4, "0"],
    [-0.0001234567, 4, "−0.0001235"],
    [-1.5e-9, 4, "−1.5e−9"],
    [123456.7, 4, "123500"],
    [NaN, 4, "NaN"],
    [0.1 + 0.2, 7, "0.3"],
  ]) {
    assert.equal(written(value, digits), text);
  }
});

test("a float32 keeps all of its digits", () => {
  for (const value of [1 / 3, 16777215, -1e-7, 0.1]) {
    const text = exact(Math.fround(value)).replaceAll("−", "-");
    assert.ok(Math.abs(Number(text) - value) <= 1e-6 * Math.abs(value), text);
  }
});

test("an index is kept within its range", () => {
  assert.deepEqual([-3, 0, 4, 5, 99].map((at) => inRange(at, 5)), [0, 0, 4, 4, 4]);
});
