// What Python encodes is read in tests/components/test_wall_script.py.

import assert from "node:assert/strict";
import { test } from "node:test";

import { limits, positionsIn, tileCorner } from "../../resnet_viz/components/feature_wall/paint.js";
import {
  correlation,
  tiling,
  underMap,
  underWall,
  writtenValue,
} from "../../resnet_viz/components/feature_wall/wall.js";

const WALL = { rows: 4, columns: 8, labels: [] };

test("all tiles of a layout fit into the width, and into the height unless they are as small as may be", () => {
  for (const [count, width, height] of [[64, 700, 640], [2048, 700, 640], [3, 100, 50], [1, 30, 30]]) {
    const { columns, rows, tile, gap } = tiling(WALL, count, width, height, 14);
    assert.ok(columns * rows >= count && columns * (rows - 1) < count);
    assert.ok(columns === 1 || columns * (tile.width + gap) - gap <= width);
    assert.ok(rows * (tile.height + gap) <= height || tile.width === 14);
    assert.equal(tile.height, Math.max(2, Math.round(tile.width / 2))); // as the maps are
  }
});

test("a wall without tiles has no rows", () => {
  assert.equal(tiling(WALL, 0, 700, 640, 14).rows, 0);
});

test("tiles of single values have room for a number, those with names for a name", () => {
  const vector = { rows: 1, columns: 1 };
  const numbers = tiling({ ...vector, labels: [] }, 1000, 900, 300, 14);
  const names = tiling({ ...vector, labels: ["cat"] }, 1000, 900, 300, 14);
  assert.ok(numbers.vectors && names.vectors);
  assert.equal(numbers.tile.width, 40);
  assert.equal(names.tile.width, 92);
});

test("what is under the pointer is the tile that was laid there", () => {
  const order = [5, 3, 9, 1, 0, 2, 7];
  const layout = { columns: 3, rows: 3, tile: { width: 16, height: 8 }, gap: 2, vectors: false };
  const size = [100, 30];
  order.forEach((channel, at) => {
    const [left, top] = tileCorner(layout, at);
    for (const [row, column] of [[0, 0], [3, 7], [2, 4]]) {
      const [x, y] = [left + 2 * (column + 0.5), top + 2 * (row + 0.5)]; // two pixels for each value
      const under = underWall(WALL, layout, order, x / size[0], y / size[1], size);
      assert.deepEqual(under, { channel, row, column });
    }
  });
  const below = underWall(WALL, layout, order, 0.3, 0.9, size); // the place of an eighth tile
  assert.equal(below, null);
  assert.equal(underWall(WALL, layout, order, 0.9, 0.1, size), null); // right of the third column
});

test("what lies in the gap between tiles belongs to the value before it", () => {
  const layout = { columns: 2, rows: 1, tile: { width: 16, height: 8 }, gap: 2, vectors: false };
  const { channel, row, column } = underWall(WALL, layout, [0, 1], 17.5 / 36, 9.5 / 10, [36, 10]);
  assert.deepEqual([channel, row, column], [0, 3, 7]);
});

test("over a map, its edges are its outermost values", () => {
  assert.deepEqual(underMap(WALL, 0, 0), { row: 0, column: 0 });
  assert.deepEqual(underMap(WALL, 1, 1), { row: 3, column: 7 });
  assert.deepEqual(underMap(WALL, 0.49, 0.51), { row: 2, column: 3 });
});

test("the tiles between two heights are those that meet them", () => {
  const layout = { columns: 5, tile: { width: 16, height: 8 }, gap: 2 };
  for (const [from, to] of [[0, 5], [9, 31], [25, 26], [0, 1000]]) {
    const positions = positionsIn(layout, 23, [from, to]);
    for (let position = 0; position < 23; position++) {
      const [, top] = tileCorner(layout, position);
      const meets = top < to && top + layout.tile.height + layout.gap > from;
      if (meets) assert.ok(positions.includes(position), `${position} between ${from} and ${to}`);
    }
    assert.deepEqual(positions, [...new Set(positions)].filter((at) => at >= 0 && at < 23));
  }
});

test("colours run between the ends that were asked for", () => {
  const wall = { signed: true, vmin: -4, vmax: 2, minima: [-1, 0], maxima: [2, 0] };
  assert.deepEqual(limits(wall, { scale: "layer" }, 0), [-4, 2]);
  assert.deepEqual(limits(wall, { scale: "channel" }, 0), [-1, 2]);
  assert.deepEqual(limits(wall, { scale: "channel" }, 1), [-1, 1]); // all the same: no extent
  assert.deepEqual(limits(wall, { scale: "fixed", low: -7, high: 9 }, 1), [-7, 9]);
  const unsigned = { ...wall, signed: false };
  assert.deepEqual(limits(unsigned, { scale: "channel" }, 0), [0, 2]);
  assert.deepEqual(limits(unsigned, { scale: "channel" }, 1), [0, 1]);
});

test("a correlation is Pearson's r, and none with a constant map", () => {
  const maps = [[1, 2, 3, 4], [2, 4, 6, 8], [4, 3, 2, 1], [1, -1, -1, 1], [5, 5, 5, 5]];
  const wall = { rows: 2, columns: 2, values: Float32Array.from(maps.flat()) };
  assert.ok(Math.abs(correlation(wall, 0, 1) - 1) < 1e-12);
  assert.ok(Math.abs(correlation(wall, 0, 2) + 1) < 1e-12);
  assert.ok(Math.abs(correlation(wall, 0, 3)) < 1e-12);
  assert.ok(Number.isNaN(correlation(wall, 0, 4)));
});

test("a value has as many digits as were sent", () => {
  const wall = (code, vmin, vmax, value) => ({
    ...{ code, rows: 1, columns: 1, minima: [vmin], maxima: [vmax], values: [value] },
  });
  const unit = { channel: 0, row: 0, column: 0 };
  assert.equal(writtenValue(wall("float32", -1, 1, -0.12345678), unit), "−0.123457");
  assert.equal(writtenValue(wall("uint8", 0, 2.55, 1.234), unit), "≈ 1.23"); // steps of 0.01
  assert.equal(writtenValue(wall("uint8", -255, 0, -7.4), unit), "≈ −7"); // steps of 1
  assert.equal(writtenValue(wall("uint16", 0, 1, 0), unit), "≈ 0");
  assert.equal(writtenValue(wall("uint8", 3, 3, 3), unit), "3"); // no steps
});
