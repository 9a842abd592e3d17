import assert from "node:assert/strict";
import { test } from "node:test";

import { colorIndex, css } from "../../resnet_viz/components/shared/colours.js";

test("a signed scale has zero in its middle and an unsigned one at its end", () => {
  assert.deepEqual([-2, 0, 1, 9].map(colorIndex(true, [-2, 1])), [0, 128, 191, 191]);
  assert.deepEqual([-1, 0, 1, 2, 9].map(colorIndex(false, [0, 2])), [0, 0, 128, 255, 255]);
});

test("on a signed scale a value and its opposite are equally far from the middle", () => {
  const index = colorIndex(true, [-3, 3]);
  for (const value of [0.1, 1, 2.9, 3]) assert.equal(index(value) + index(-value), 255);
});

test("a scale without extent has one colour", () => {
  assert.deepEqual([-1, 0, 1].map(colorIndex(true, [0, 0])), [128, 128, 128]);
});

test("a colour is the three bytes that stand for it", () => {
  const table = Uint8Array.from({ length: 3 * 256 }, (_, at) => at % 251);
  assert.equal(css(table, 0), "rgb(0 1 2)");
  assert.equal(css(table, 255), `rgb(${(3 * 255) % 251} ${(3 * 255 + 1) % 251} ${(3 * 255 + 2) % 251})`);
});
