import assert from "node:assert/strict";
import { test } from "node:test";

import { cell, ends, field, nearest, onImage } from "../../resnet_viz/components/heat_maps/geometry.js";
import { addContours, coloured } from "../../resnet_viz/components/heat_maps/paint.js";

// The last stage of ResNet-18 at 224 pixels: 7 × 7 values whose centres lie at 0, 32, … 192.
const panel = { title: "", subtitle: "", note: "", rows: 7, columns: 7, start: 0, jump: 32, field: 435 };
const values = Float32Array.from({ length: 49 }, (_, i) => i % 7);
const map = { ...panel, values };

test("a value lies at the centre of its receptive field, not where a stretched map would put it", () => {
  assert.deepEqual(cell(panel, [3, 3]), [80.5, 80.5, 112.5, 112.5]);
  assert.deepEqual(nearest(panel, 96.5, 96.5), [3, 3]);
  assert.deepEqual(nearest(panel, 112, 112), [3, 3]);
  assert.deepEqual(nearest(panel, 113, 80), [2, 4]);
  assert.deepEqual(nearest(panel, 223, 0), [0, 6]); // beyond the last centre
});

test("the receptive field lies about the same centre", () => {
  const [left, top, right, bottom] = field(panel, [0, 6]);
  assert.deepEqual([left + right, top + bottom], [2 * 192.5, 2 * 0.5]);
  assert.equal(right - left, 435);
});

test("between two centres a map runs in a straight line, and beyond the last it stays", () => {
  const whole = onImage(map, 224, 224, false);
  assert.equal(whole[0], 0);
  assert.equal(whole[96], 3); // pixel 96 is the centre of value 3
  assert.equal(whole[112], 3.5);
  assert.equal(whole[192], 6);
  assert.equal(whole[223], 6);
  assert.deepEqual([...new Set(onImage(map, 224, 224, true))], [0, 1, 2, 3, 4, 5, 6]);
});

test("a map of single pixels is itself", () => {
  const pixels = { ...map, start: 0, jump: 1, field: 1 };
  assert.deepEqual(onImage(pixels, 7, 7, false), values);
});

test("a scale ends at the largest value, of a map or of all", () => {
  const other = { ...map, values: Float32Array.of(-9, 2) };
  assert.deepEqual(ends([map, other], false, false), [6, 2]);
  assert.deepEqual(ends([map, other], true, false), [6, 9]);
  assert.deepEqual(ends([map, other], false, true), [6, 6]);
});

test("zero and what is below it have no colour while only positive values are shown", () => {
  const colours = Uint8Array.from({ length: 768 }, (_, i) => i % 256);
  const bytes = coloured(Float32Array.of(-1, 0, 1, 2), 2, colours, false, 0.5);
  assert.deepEqual([3, 7, 11, 15].map((i) => bytes[i]), [0, 0, 128, 128]);
  const both = coloured(Float32Array.of(-2, 0, 2), 2, colours, true, 1);
  assert.deepEqual([3, 7, 11].map((i) => both[i]), [255, 0, 255]);
  assert.notDeepEqual(both.slice(0, 3), both.slice(8, 11));
});

test("nothing is painted where a map is zero everywhere", () => {
  const bytes = coloured(new Float32Array(4), 0, new Uint8Array(768), true, 1);
  assert.deepEqual([...bytes], Array(16).fill(0));
});

test("contours run where a level is crossed and nowhere else", () => {
  const whole = onImage(map, 224, 28, false);
  const bytes = new Uint8ClampedArray(4 * 28 * 28);
  addContours(bytes, whole, 28, 6);
  const white = [...Array(28).keys()].filter((x) => bytes[4 * (14 * 28 + x)] === 255);
  assert.equal(white.length, 3); // a quarter, half, three quarters
  const flat = new Uint8ClampedArray(4 * 4);
  addContours(flat, new Float32Array(4).fill(1), 2, 6);
  assert.deepEqual([...flat], Array(16).fill(0));
});
