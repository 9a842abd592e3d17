import assert from "node:assert/strict";
import { test } from "node:test";

import { placed } from "../../resnet_viz/components/terms/tip.js";

const WINDOW = { width: 400, height: 600 };

/** A box by its left and top edge and its size. */
const box = (left, top, width, height) => ({ left, top, width, height, bottom: top + height });

test("a sentence stands below its word, flush with its beginning", () => {
  assert.deepEqual(placed(box(50, 100, 60, 20), box(0, 0, 300, 90), WINDOW), [50, 126]);
});

test("where there is no room below, it stands above", () => {
  assert.deepEqual(placed(box(50, 560, 60, 20), box(0, 0, 300, 90), WINDOW), [50, 464]);
});

test("it never leaves the window, however wide or tall it is", () => {
  assert.deepEqual(placed(box(350, 100, 60, 20), box(0, 0, 300, 90), WINDOW), [92, 126]);
  assert.deepEqual(placed(box(350, 300, 60, 20), box(0, 0, 398, 590), WINDOW), [8, 8]);
});
