// The elements of a worked example, built once for a layer and filled anew for each position.

/** @import { ColorTable, Position, Size } from "../shared/types.d.ts" */
/** @import { Contribution, Numbers, Step } from "./types.d.ts" */

import { colorIndex, css, pixelTable } from "../shared/colours.js";
import { context2d, make } from "../shared/elements.js";
import { exact, written } from "../shared/numbers.js";
import { factor, fill } from "./arithmetic.js";

// ---- colours: the signed scale of the maps, its white at zero ----

// Where a signed scale for these values ends: at ±vmax.
/** @type {(values: Iterable<number>) => number} */
export const vmaxOf = (values) => {
  let vmax = 1e-30;
  for (const value of values) if (Number.isFinite(value)) vmax = Math.max(vmax, Math.abs(value));
  return vmax;
};

/** @typedef {(element: HTMLElement, value: number) => void} Paint */

// A function that colours an element by a value, on a scale that ends at ±vmax.
/** @type {(colours: ColorTable, vmax: number) => Paint} */
export function painter(colours, vmax) {
  const color = colorIndex(true, [-vmax, vmax]);
  return (element, value) => {
    element.style.background = Number.isNaN(value) ? "" : css(colours, color(value));
    element.classList.toggle("strong", Math.abs(value) > 0.6 * vmax);
  };
}

// ---- a map: pixels, and the frame of what is looked at ----

/** @typedef {ReturnType<typeof buildMap>} MapParts */

/** @param {HTMLElement} into @param {string} title */
export function buildMap(into, title, classes = "") {
  const figure = make("figure", `map ${classes}`, into);
  make("figcaption", "", figure, title);
  const board = make("div", "board", figure);
  const canvas = make("canvas", "", board);
  const frame = make("i", "frame", board);
  return { figure, board, canvas, frame };
}

// Padding stays open, so that the hatching below it shows.
/**
 * @type {(
 *   map: MapParts,
 *   values: Float32Array,
 *   size: Size,
 *   colours: ColorTable,
 *   vmax: number,
 *   isOpen: (at: Position) => boolean
 * ) => void}
 */
export function paintMap({ canvas, board }, values, [rows, columns], colours, vmax, isOpen) {
  canvas.width = columns;
  canvas.height = rows;
  board.style.aspectRatio = `${columns} / ${rows}`;
  const context = context2d(canvas);
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const table = pixelTable(colours);
  const color = colorIndex(true, [-vmax, vmax]);
  values.forEach((value, at) => {
    if (!isOpen([Math.floor(at / columns), at % columns])) pixels[at] = table[color(value)];
  });
  context.putImageData(image, 0, 0);
}

/** @type {(map: MapParts, corner: Position, patch: Size, size: Size) => void} */
export function frameMap({ frame }, [top, left], [height, width], [rows, columns]) {
  const edges = [top / rows, 1 - (left + width) / columns, 1 - (top + height) / rows, left / columns];
  frame.style.inset = edges.map((edge) => `${100 * edge}%`).join(" ");
}

// ---- a grid of numbers ----

/** @typedef {ReturnType<typeof buildGrid>} GridParts */

// Whether cells must be small, so that three grids stand side by side.
/** @type {(rows: number) => boolean} */
export const isFine = (rows) => rows > 5;

// As much as fits into a cell: two digits, and of a fine grid's no zero before the point.
/** @type {(value: number, fine: boolean) => string} */
export function brief(value, fine) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : "";
  const small = value !== 0 && Math.abs(value) < 0.001;
  const text = small ? value.toExponential(0) : String(Number(value.toPrecision(2)));
  return (fine ? text.replace("0.", ".") : text).replaceAll("-", "−");
}

/** @param {HTMLElement} into @param {string} title @param {Size} size */
export function buildGrid(into, title, [rows, columns]) {
  const figure = make("figure", "", into);
  make("figcaption", "", figure, title);
  const grid = make("div", "grid", figure);
  grid.style.setProperty("--columns", String(columns));
  const cells = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const cell = make("span", "cell", grid);
      Object.assign(cell.dataset, { row, column });
      return cell;
    }),
  );
  const texts = cells.map((line) =>
    line.map((cell) => {
      const text = document.createTextNode("");
      make("b", "", cell).append(text);
      return text;
    }),
  );
  return { grid, cells, texts };
}

// Colours, and unless the cursor is on its way, numbers.
/**
 * @type {(
 *   grid: GridParts,
 *   values: number[][],
 *   paint: Paint,
 *   isOpen?: (row: number, column: number) => boolean,
 *   moving?: boolean
 * ) => void}
 */
export function fillGrid({ cells, texts }, values, paint, isOpen = () => false, moving = false) {
  const fine = isFine(values.length);
  values.forEach((line, row) =>
    line.forEach((value, column) => {
      const cell = cells[row][column];
      const open = isOpen(row, column);
      cell.classList.toggle("padded", open);
      if (open) cell.style.background = "";
      else paint(cell, value);
      if (!moving) texts[row][column].data = brief(value, fine);
    }),
  );
}

// ---- one input channel: its map, patch × kernel = products, and their sum ----

/** @param {HTMLElement} into @param {string} name @param {Size} size */
export function buildChannel(into, name, size) {
  const box = make("div", "channel", into);
  const map = buildMap(box, name, "input");
  const parts = make("div", "parts", box);
  const patch = buildGrid(parts, "input patch", size);
  make("i", "sign", parts, "×");
  const kernel = buildGrid(parts, "kernel", size);
  make("i", "sign", parts, "=");
  const products = buildGrid(parts, "products", size);
  const line = make("p", "sum", box);
  make("span", "", line, "sum ");
  return { box, map, grids: { patch, kernel, products }, sum: make("b", "", line) };
}

// ---- a product: a bar to the right where it is positive, to the left where it is negative ----

/** @typedef {ReturnType<typeof buildProduct>} ProductParts */
/** @typedef {Omit<Contribution, "channel"> & { name: string }} Term */

/** @param {HTMLElement} into */
export function buildProduct(into) {
  const row = make("div", "product", into);
  const name = make("span", "name", row);
  const terms = make("span", "terms", row);
  const bar = make("span", "bar", make("span", "track", row));
  return { row, name, terms, bar, product: make("b", "", row) };
}

/** @type {(parts: ProductParts, term: Term, vmax: number, colours: ColorTable) => void} */
export function fillProduct(parts, { name, activation, weight, product }, vmax, colours) {
  parts.name.textContent = name;
  parts.terms.textContent = `${written(activation)} × ${factor(weight)}`;
  const share = (50 * Math.abs(product)) / vmax || 0;
  const color = colorIndex(true, [-1, 1]);
  parts.bar.style.width = `${share}%`;
  parts.bar.style.left = `${product < 0 ? 50 - share : 50}%`;
  parts.bar.style.background = css(colours, color(product < 0 ? -0.75 : 0.75));
  parts.product.textContent = written(product);
}

// ---- steps ----

/** @type {(list: HTMLElement, steps: Step[], numbers: Numbers) => void} */
export function showSteps(list, steps, numbers) {
  list.replaceChildren();
  for (const { name, how, value, marked } of steps) {
    if (numbers[value] === undefined) continue;
    const step = make("div", marked ? "step marked" : "step", list);
    make("dt", "", step, fill(name, numbers));
    make("dd", "how", step, fill(how, numbers));
    make("dd", "result", step, exact(Number(numbers[value])));
    if (marked) make("dd", "note", step, "the value in the map");
  }
}
