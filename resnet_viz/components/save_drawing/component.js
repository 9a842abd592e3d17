// The drawing is an SVG in the page already: serialise it, and paint it on a canvas for PNG.

/** @import { Component } from "../shared/types.d.ts" */
/** @import { Drawing, SaveDrawing } from "./types.d.ts" */

import { context2d } from "../shared/elements.js";

const PNG_SCALE = 2; // sharp on a projector
const PNG_LIMIT = 12000; // pixels a side that every browser's canvas can hold

/** @type {(container: string) => Drawing | null} */
function drawing(container) {
  const chart = `.st-key-${CSS.escape(container)} [data-testid=stGraphVizChart]`;
  const svg = /** @type {SVGSVGElement | null} */ (document.querySelector(`${chart} svg`));
  if (!svg) return null;
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true));
  const box = svg.viewBox.baseVal;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(box.width));
  copy.setAttribute("height", String(box.height));
  // What the page zoomed or moved is not part of the drawing.
  copy.removeAttribute("style");
  const text = new XMLSerializer().serializeToString(copy);
  return { text, width: box.width, height: box.height };
}

/** @type {(blob: Blob, name: string) => void} */
function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** @type {(drawing: Drawing, background: string) => Promise<Blob>} */
async function asPng({ text, width, height }, background) {
  const scale = Math.min(PNG_SCALE, PNG_LIMIT / Math.max(width, height));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  const context = context2d(canvas);
  context.fillStyle = background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob((blob) => done(/** @type {Blob} */ (blob)), "image/png"));
}

/** @type {Component<SaveDrawing>} */
export default function ({ data, parentElement }) {
  const says = /** @type {HTMLElement} */ (parentElement.querySelector("span"));
  for (const button of parentElement.querySelectorAll("button")) {
    button.onclick = async () => {
      const format = button.dataset.format;
      const drawn = drawing(data.container);
      if (!drawn) {
        says.textContent = "The diagram is still being drawn; try again in a moment.";
        return;
      }
      const blob =
        format === "svg"
          ? new Blob([drawn.text], { type: "image/svg+xml" })
          : await asPng(drawn, data.background);
      save(blob, `${data.file}.${format}`);
      says.textContent = `Saved ${data.file}.${format}`;
    };
  }
}
