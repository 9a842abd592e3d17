// Texts stay alive in a page that the browser translates.
//
// Chrome puts <font> elements in the place of texts. React, which Streamlit draws with, goes on changing
// the texts that it made, out of sight: a heading would stay that of another network. So a text that is
// changed goes back to its place, and the browser translates it anew. Names of layers, shapes and code are
// words of no language and are kept from it.

const NAMES = ["code", "pre", ".katex", "[data-testid=stButtonGroup]", "[data-testid=stGraphVizChart]"];
const HEADINGS = "[data-heading-text]";
const OF_A_LAYER = /^\S+ · \S+$/; // layer2.1 · BasicBlock

/** @type {WeakMap<Node, Element>} */
const substitutes = new WeakMap(); // by the text that was in its place

export function keepTranslatedTextsAlive() {
  const changes = new MutationObserver((records) => {
    for (const { target } of records) putBack(target);
  });
  new MutationObserver((records) => {
    keepNames();
    for (const record of records) {
      const font = [...record.addedNodes].find((node) => node.nodeName === "FONT");
      const text = font && textBefore(record);
      if (!text) continue;
      substitutes.set(text, /** @type {Element} */ (font));
      changes.observe(text, { characterData: true });
    }
  }).observe(document.body, { childList: true, subtree: true });
  expectSubstitutes();
}

function keepNames() {
  for (const element of document.querySelectorAll(`:is(${NAMES}):not([translate])`)) {
    element.setAttribute("translate", "no");
  }
  for (const heading of document.querySelectorAll(HEADINGS)) {
    const isName = OF_A_LAYER.test(heading.textContent ?? "");
    heading.setAttribute("translate", isName ? "no" : "yes");
  }
}

/**
 * The text in whose place an element was put: it stood there, or beside it, and does no longer.
 * @type {(record: MutationRecord) => Node | null | undefined}
 */
function textBefore({ target, removedNodes, previousSibling, nextSibling }) {
  return [...removedNodes, nextSibling, previousSibling].find(
    (node) => node?.nodeType === Node.TEXT_NODE && node.parentNode !== target,
  );
}

/** @type {(text: Node) => void} */
function putBack(text) {
  const substitute = substitutes.get(text);
  substitutes.delete(text);
  if (substitute?.isConnected) substitute.replaceWith(text);
}

/** @type {(node: Node) => void} */
function takeOutSubstitute(node) {
  substitutes.get(node)?.remove();
  substitutes.delete(node);
}

/** React takes out, moves, or puts something before, a text that it believes to be in its place. */
function expectSubstitutes() {
  const { removeChild, insertBefore, appendChild } = Node.prototype;
  /** @type {<T extends Node>(this: Node, child: T) => T} */
  Node.prototype.removeChild = function (child) {
    if (child.parentNode !== this) putBack(child);
    return /** @type {any} */ (removeChild.call(this, child));
  };
  /** @type {<T extends Node>(this: Node, node: T, before: Node | null) => T} */
  Node.prototype.insertBefore = function (node, before) {
    takeOutSubstitute(node);
    if (before && before.parentNode !== this) putBack(before);
    return /** @type {any} */ (insertBefore.call(this, node, before));
  };
  /** @type {<T extends Node>(this: Node, node: T) => T} */
  Node.prototype.appendChild = function (node) {
    takeOutSubstitute(node);
    return /** @type {any} */ (appendChild.call(this, node));
  };
}
