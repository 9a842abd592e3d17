// Layers that the wall has shown, or asks the server for by itself.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { asked, found, remember } from "../../resnet_viz/components/feature_wall/others.js";

const SOURCE = "wall?visit=a&subject=b";
const requests = [];

// Each request waits for its answer, and ends with an error when it is given up.
globalThis.fetch = (url, { signal }) =>
  new Promise((resolve, reject) => {
    const answer = (status, bytes = Uint8Array.of()) =>
      resolve({ status, arrayBuffer: async () => bytes.buffer });
    requests.push({ url, signal, answer });
    signal.addEventListener("abort", () => reject(new Error("aborted")));
  });

beforeEach(() => requests.splice(0));

test("a layer is asked for once, by its path, and is here from then on", async () => {
  const [one, two] = [asked(SOURCE, "layer1.0 x"), asked(SOURCE, "layer1.0 x")];
  assert.equal(requests.length, 1);
  assert.equal(requests[0].url, "./wall?visit=a&subject=b&layer=layer1.0%20x");
  const coming = found(SOURCE, "layer1.0 x");
  requests[0].answer(200, Uint8Array.of(1, 2));
  for (const each of [one, two, coming, asked(SOURCE, "layer1.0 x"), found(SOURCE, "layer1.0 x")]) {
    assert.deepEqual(await each, Uint8Array.of(1, 2));
  }
  assert.equal(requests.length, 1);
  assert.equal(await found("wall?visit=a&subject=c", "layer1.0 x"), undefined); // another image
});

test("what the server leaves to Python is not here, and may be asked for again", async () => {
  const answer = asked(SOURCE, "fc");
  requests[0].answer(204);
  assert.equal(await answer, undefined);
  assert.equal(await found(SOURCE, "fc"), undefined);
  asked(SOURCE, "fc");
  assert.equal(requests.length, 2);
});

test("a newer choice gives up the one before", async () => {
  const before = asked(SOURCE, "conv1");
  const now = asked(SOURCE, "bn1");
  assert.ok(requests[0].signal.aborted && !requests[1].signal.aborted);
  assert.equal(await before, undefined);
  requests[1].answer(200, Uint8Array.of(3));
  assert.deepEqual(await now, Uint8Array.of(3));
});

test("a layer that was shown needs no request, and without a server there is none", async () => {
  remember(SOURCE, "relu", Uint8Array.of(4));
  assert.deepEqual(await asked(SOURCE, "relu"), Uint8Array.of(4));
  assert.equal(await asked("", "conv1"), undefined);
  assert.equal(requests.length, 0);
});

test("of very many layers those that were shown last stay", async () => {
  const many = Array.from({ length: 40 }, (_, at) => `many${at}`);
  for (const layer of many) remember(SOURCE, layer, new Uint8Array(1e6));
  const here = await Promise.all(many.map((layer) => found(SOURCE, layer)));
  assert.deepEqual(here.map(Boolean), many.map((_, at) => at >= 8));
});
