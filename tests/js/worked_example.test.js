// Every layer of real networks is worked out in tests/components/test_arithmetic_script.py.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  channelPart,
  contributionsTo,
  fill,
  isPadding,
  multiplication,
  numbersAt,
  positionReading,
  summed,
  windowCorner,
  windowWithin,
  winnerAt,
} from "../../resnet_viz/components/worked_example/arithmetic.js";
import { brief, vmaxOf } from "../../resnet_viz/components/worked_example/parts.js";

// A 2 × 2 convolution of stride 2 with padding 1 of one channel, 4 × 4: an output of 3 × 3, all of it.
// The maps that are sent have their padding around them.
const EXAMPLE = {
  kind: "convolution",
  inputs: ["channel 0"],
  window: { size: [2, 2], stride: [2, 2], padding: [1, 1] },
  input_size: [4, 4],
  map_size: [6, 6],
  corner: [0, 0],
  extent: [3, 3],
  maps: Float32Array.of(
    0,  0,  0,  0,  0, 0,
    0,  1,  2,  3,  4, 0,
    0,  5,  6,  7,  8, 0,
    0,  9, 10, 11, 12, 0,
    0, 13, 14, 15, 16, 0,
    0,  0,  0,  0,  0, 0,
  ),
  kernels: Float32Array.of(1, 0, -1, 2),
  rests: new Float32Array(9).fill(0.5),
  outputs: Float32Array.from({ length: 9 }, (_, at) => at),
};

test("patch × kernel = products, and their sum", () => {
  assert.deepEqual(channelPart(EXAMPLE, 0, [1, 1]), {
    patch: [[6, 7], [10, 11]],
    kernel: [[1, 0], [-1, 2]],
    products: [[6, 0], [-10, 22]],
    sum: 6 - 10 + 22,
  });
  assert.deepEqual(channelPart(EXAMPLE, 0, [0, 0]).patch, [[0, 0], [0, 1]]);
});

test("the numbers of a position are those that its steps name", () => {
  const numbers = numbersAt(EXAMPLE, [1, 2]); // patch 8 0, 12 0
  assert.deepEqual(numbers, { out0: 5, sums: "−4", shown: 8 - 12, rest: 0.5 });
});

test("of an area within a larger map, windows count from its corner", () => {
  const part = { ...EXAMPLE, corner: [1, 1], extent: [2, 2] };
  assert.deepEqual(windowWithin(part, [1, 2]), [0, 2]);
  assert.deepEqual(windowCorner(part, [1, 2]), [1, 3]);
});

test("a window is padding where it leaves the input", () => {
  const open = [0, 1, 2, 3, 4, 5].map((at) => isPadding(EXAMPLE, [at, 2]));
  assert.deepEqual(open, [true, false, false, false, false, true]);
  const inner = { ...EXAMPLE, corner: [1, 1] }; // whose maps begin at row 1 and column 1 of the input
  assert.deepEqual([0, 2, 3].map((at) => isPadding(inner, [at, 0])), [false, false, true]);
});

test("the middle of a window leads back to its position", () => {
  for (const row of [0, 1, 2]) {
    for (const column of [0, 1, 2]) {
      const [top, left] = windowWithin(EXAMPLE, [row, column]);
      assert.deepEqual(positionReading(EXAMPLE, [top + 1, left + 1]), [row, column]);
    }
  }
  assert.deepEqual(positionReading(EXAMPLE, [-9, 99]), [0, 2]); // outside: the nearest
});

test("a pool's winner is the first of the largest, and NaN wins", () => {
  const pool = { ...EXAMPLE, kind: "pool", maps: EXAMPLE.maps.slice() };
  assert.deepEqual(winnerAt(pool, [1, 1]), [1, 1]);
  pool.maps.set([11, 11], 3 * 6 + 2); // both of the lower row: 10 and 11 become equal
  assert.deepEqual(winnerAt(pool, [1, 1]), [1, 0]);
  pool.maps[2 * 6 + 3] = NaN;
  assert.deepEqual(winnerAt(pool, [1, 1]), [0, 1]);
  const { winner_row, winner_column } = numbersAt(pool, [1, 1]);
  assert.deepEqual([winner_row, winner_column], ["1", "2"]); // of the input, without its padding
});

test("contributions to a score are the largest and the smallest products", () => {
  const example = {
    activations: Float32Array.of(1, 2, 3, 4),
    weights: Float32Array.of(9, 9, 9, 9, /* class 1: */ 1, -1, 0, 2),
    strongest: 2,
  };
  const { products, positive, negative } = contributionsTo(example, 1);
  assert.deepEqual(products.map(({ product }) => product), [1, -2, 0, 8]);
  assert.deepEqual(positive.map(({ channel }) => channel), [3, 0]);
  assert.deepEqual(negative.map(({ channel }) => channel), [1]); // 0 is neither
});

test("a negative number that follows a sign is in brackets", () => {
  assert.equal(summed([-1, 2, -3]), "−1 + 2 + (−3)");
  assert.equal(multiplication(2, -0.5), "2 × (−0.5) = −1");
});

test("gaps are filled with numbers, in brackets or with all digits where they say so", () => {
  const numbers = { a: -1 / 3, b: "some", out0: 2 };
  assert.equal(fill("{a} {(a)} {(out0)} {=a} {b} {none}", numbers), "−0.3333 (−0.3333) 2 −0.3333333 some {none}");
});

test("a cell of a grid has two digits", () => {
  const texts = [0, -0.5, 12.34, 0.00012, NaN, -Infinity].map((value) => brief(value, false));
  assert.deepEqual(texts, ["0", "−0.5", "12", "1e−4", "NaN", ""]);
  assert.deepEqual([-0.52, 3].map((value) => brief(value, true)), ["−.52", "3"]);
});

test("a signed scale ends at the largest magnitude, of numbers", () => {
  assert.equal(vmaxOf([1, -3, NaN, Infinity, 2]), 3);
  assert.ok(vmaxOf([]) > 0);
});
