import assert from "node:assert/strict";
import { test } from "node:test";

import { arrange, factsOf, spoken, title } from "../../resnet_viz/components/network_map/nodes.js";
import { arcPath, wirePath } from "../../resnet_viz/components/network_map/wires.js";

// A stem, a block of its own, three equal blocks, and two.
const NODES = [
  ["conv1", ""],
  ["layer1.0", ""],
  ["layer1.1", "layer1.1"],
  ["layer1.2", "layer1.1"],
  ["layer1.3", "layer1.1"],
  ["layer2.0", "layer2.0"],
  ["layer2.1", "layer2.0"],
].map(([path, group]) => ({ path, group, title: `the ${path}`, facts: ["4", "2 × 2"] }));

const paths = (all) => all.map(({ node }) => node.path);

test("equal blocks are one column until they are unfolded", () => {
  const folded = arrange(NODES, new Set());
  assert.deepEqual(paths(folded), ["conv1", "layer1.0", "layer1.1", "layer2.0"]);
  assert.deepEqual(folded.map(({ members }) => members), [[0], [1], [2, 3, 4], [5, 6]]);
  assert.deepEqual(folded.map(({ blocks }) => blocks), [0, 0, 3, 2]);
  assert.deepEqual(folded.map((shown) => shown.folded), [false, false, true, true]);
});

test("unfolding shows every block once, with the badge on the first", () => {
  const all = arrange(NODES, new Set(["layer1.1"]));
  assert.deepEqual(paths(all), ["conv1", "layer1.0", "layer1.1", "layer1.2", "layer1.3", "layer2.0"]);
  assert.deepEqual(all.map(({ blocks }) => blocks), [0, 0, 3, 0, 0, 2]);
  for (const unfolded of [[], ["layer2.0"], ["layer1.1", "layer2.0"]]) {
    const members = arrange(NODES, new Set(unfolded)).flatMap((shown) => shown.members);
    assert.deepEqual(members, NODES.map((_, at) => at)); // each node stands in one column
  }
});

test("a folded group is named from its first block to its last", () => {
  const [stem, , three, two] = arrange(NODES, new Set());
  assert.equal(title(stem), "the conv1");
  assert.equal(title(three), "layer1.1–1.3");
  assert.equal(title(two), "layer2.0–2.1");
});

test("facts stand beside their measures; a group says how many blocks they hold for", () => {
  const [stem, , three] = arrange(NODES, new Set());
  const facts = [["Parameters", "4"], ["Kernel", "2 × 2"]];
  assert.deepEqual(factsOf(stem, ["Parameters", "Kernel"]), facts);
  assert.deepEqual(factsOf(three, ["Parameters", "Kernel"]), [["Equal blocks", "3, each with"], ...facts]);
});

test("a column is spoken of with the words that it shows, and what it does not show after them", () => {
  const block = { ...NODES[1], shape: "4 × 8 × 8", shortcut_label: "1×1, /2", facts: ["4 × 8 × 8", "12"] };
  const [shown] = arrange([block], new Set());
  const measures = ["Out", "Parameters"];
  assert.equal(spoken(shown, measures), "the layer1.0, 4 × 8 × 8, 1×1, /2, Parameters 12");
});

// x of all points of a path, in its order.
const xs = (path) => path.match(/[\d.-]+ [\d.-]+/g).map((point) => Number(point.split(" ")[0]));

test("wires lie end to end, from the image to the prediction", () => {
  const count = 5;
  const wires = Array.from({ length: count + 1 }, (_, index) => xs(wirePath(index, 100, count)));
  assert.equal(wires[0][0], 0);
  assert.equal(wires[count][1], 100 * count);
  for (let index = 1; index <= count; index++) assert.equal(wires[index][0], wires[index - 1][1]);
});

test("an arc leaves behind the column before and ends in the middle of its own", () => {
  const [start, , , end] = xs(arcPath(3, 100));
  assert.ok(start > 250 && start < 300); // behind the middle of column 2, before column 3
  assert.equal(end, 350);
  assert.equal(xs(wirePath(3, 100, 9))[1], end); // where the wire arrives too
});
