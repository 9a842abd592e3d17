// Texts of a translated page, against what React does with them: a small document, and the orders by hand.

import assert from "node:assert/strict";
import { test } from "node:test";

/** As much of a document's node as is asked for. */
class Plain {
  static TEXT_NODE = 3;
  parentNode = null;
  children = [];

  constructor(nodeName, text = "") {
    this.nodeName = nodeName;
    this.nodeType = nodeName === "#text" ? Plain.TEXT_NODE : 1;
    this.text = text;
  }
  get isConnected() {
    return this.parentNode !== null;
  }
  remove() {
    if (this.parentNode) this.parentNode.children = this.parentNode.children.filter((each) => each !== this);
    this.parentNode = null;
  }
  replaceWith(node) {
    node.remove();
    const { parentNode } = this;
    parentNode.children[parentNode.children.indexOf(this)] = node;
    [node.parentNode, this.parentNode] = [parentNode, null];
  }
  removeChild(node) {
    assert.equal(node.parentNode, this);
    node.remove();
    return node;
  }
  insertBefore(node, before) {
    if (before) assert.equal(before.parentNode, this);
    node.remove();
    const at = before ? this.children.indexOf(before) : this.children.length;
    this.children.splice(at, 0, node);
    node.parentNode = this;
    return node;
  }
  appendChild(node) {
    node.remove();
    this.children.push(node);
    node.parentNode = this;
    return node;
  }
}

const observers = [];
globalThis.Node = Plain;
globalThis.document = { body: new Plain("BODY"), querySelectorAll: () => [] };
globalThis.MutationObserver = class {
  constructor(told) {
    this.told = told;
    observers.push(this);
  }
  observe() {}
};
const { keepTranslatedTextsAlive } = await import("../../resnet_viz/components/browser_tab/translation.js");
keepTranslatedTextsAlive();
const [changed, translated] = observers.map(({ told }) => told);

/** A paragraph of texts (lower case) and elements (capitals), translated: each text has a substitute. */
function paragraph(names) {
  const parent = new Plain("P");
  const nodes = {};
  for (const name of names) {
    const isText = name === name.toLowerCase();
    nodes[name] = parent.appendChild(new Plain(isText ? "#text" : "STRONG", name));
  }
  for (const text of parent.children.filter(({ nodeName }) => nodeName === "#text")) {
    const font = new Plain("FONT", `${text.text}*`);
    text.replaceWith(font);
    translated([{ target: parent, addedNodes: [font], removedNodes: [text] }]);
  }
  return { parent, nodes, order: () => parent.children.map(({ text }) => text).join(" ") };
}

test("a text that is moved takes its substitute's place along", () => {
  const { parent, nodes, order } = paragraph(["a", "L", "b", "S", "c"]);
  assert.equal(order(), "a* L b* S c*");
  // React keeps S, which comes before b now, and moves what stands behind it: first b, then L.
  parent.insertBefore(nodes.b, nodes.c);
  parent.insertBefore(nodes.L, nodes.c);
  changed([{ target: nodes.b }]);
  assert.equal(order(), "a* S b L c");
});

test("a text that is moved to the end stands there once", () => {
  const { parent, nodes, order } = paragraph(["a", "L", "b"]);
  parent.appendChild(nodes.a);
  changed([{ target: nodes.a }]);
  assert.equal(order(), "L b* a");
});

test("a text that is changed comes back to its place, and one that is taken out goes", () => {
  const { parent, nodes, order } = paragraph(["a", "L", "b"]);
  changed([{ target: nodes.b }]);
  assert.equal(order(), "a* L b");
  parent.removeChild(nodes.a);
  assert.equal(order(), "L b");
});
