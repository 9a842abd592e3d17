// What Python packs is read in tests/components/test_shared_scripts.py.

import assert from "node:assert/strict";
import { test } from "node:test";

import { readBlob, sameBytes } from "../../resnet_viz/components/shared/blob.js";

test("a blob written by hand is read", () => {
  const header = '{"a":1,"arrays":[{"name":"x","type":"uint16","shape":[3]},{"name":"y","type":"float32","shape":[1,1]}]}';
  const text = new TextEncoder().encode(header.padEnd(Math.ceil(header.length / 4) * 4));
  const bytes = new Uint8Array(4 + text.length + 8 + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, text.length, true);
  bytes.set(text, 4);
  [7, 8, 65535].forEach((value, at) => view.setUint16(4 + text.length + 2 * at, value, true));
  view.setFloat32(4 + text.length + 8, -1.5, true); // three numbers of two bytes are filled up to eight
  const { a, x, y, ...rest } = readBlob(bytes);
  assert.equal(a, 1);
  assert.deepEqual(x, Uint16Array.of(7, 8, 65535));
  assert.deepEqual(y, Float32Array.of(-1.5));
  assert.deepEqual(rest, {});
});

test("bytes are the same when all of them are", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  assert.ok(sameBytes(bytes, Uint8Array.of(1, 2, 3)));
  assert.ok(!sameBytes(bytes, Uint8Array.of(1, 2, 4)));
  assert.ok(!sameBytes(bytes, Uint8Array.of(1, 2, 3, 4)));
  assert.ok(!sameBytes(bytes, undefined));
});
