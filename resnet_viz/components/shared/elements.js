// Elements made where they belong.

/**
 * @type {<Name extends keyof HTMLElementTagNameMap>(
 *   name: Name, className: string, into: ParentNode, textContent?: string
 * ) => HTMLElementTagNameMap[Name]}
 */
export function make(name, className, into, textContent = "") {
  const element = document.createElement(name);
  Object.assign(element, { className, textContent });
  into.append(element);
  return element;
}

// What draws on a canvas; there is none only where a canvas was asked for another kind before.
/** @type {(canvas: HTMLCanvasElement) => CanvasRenderingContext2D} */
export function context2d(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

// An event of the page happens at an element.
/** @type {(event: Event) => HTMLElement} */
export function targetOf(event) {
  return /** @type {HTMLElement} */ (event.target);
}

// The element that has the focus, within the component or anywhere.
/** @type {(root: HTMLElement) => HTMLElement | null} */
export function focusedIn(root) {
  const tree = /** @type {Document | ShadowRoot} */ (root.getRootNode());
  return /** @type {HTMLElement | null} */ (tree.activeElement);
}
