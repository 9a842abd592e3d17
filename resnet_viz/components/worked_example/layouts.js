// How each kind of layer is laid out. A layout builds its elements once into `bench` and returns a
// function that shows a position in them; `view` is who listens to the pointer and the keys.

/** @import { Position } from "../shared/types.d.ts" */
/** @import { WorkedExample } from "./component.js" */
/** @import { MapParts, Term } from "./parts.js" */
/** @import { ConvolutionExample, Kind, Light, MeanExample, PoolExample } from "./types.d.ts" */
/** @import { ScoreExample, Show, WindowedExample } from "./types.d.ts" */

import { lifted } from "../shared/device.js";
import { make } from "../shared/elements.js";
import { exact, written } from "../shared/numbers.js";
import {
  channelPart,
  contributionsTo,
  isPadding,
  multiplication,
  nth,
  partsAt,
  patchOf,
  positionReading,
  windowCorner,
  windowWithin,
  winnerAt,
} from "./arithmetic.js";
import {
  buildChannel,
  buildGrid,
  buildMap,
  buildProduct,
  fillGrid,
  fillProduct,
  frameMap,
  isFine,
  paintMap,
  painter,
  vmaxOf,
} from "./parts.js";

// The input map of a channel: its window follows the position, and the position the pointer over it.
/**
 * @type {(
 *   view: WorkedExample, example: WindowedExample, map: MapParts, number: number
 * ) => (position: Position) => void}
 */
function inputMap(view, example, map, number) {
  const { maps, map_size: size, colours, window } = example;
  const isOpen = (/** @type {Position} */ at) => isPadding(example, at);
  paintMap(map, nth(maps, number, size), size, colours, view.vmax, isOpen);
  view.moves(map.board, ([down, right]) =>
    positionReading(example, [down * size[0], right * size[1]]),
  );
  return (position) => frameMap(map, windowWithin(example, position), window.size, size);
}

// ---- a convolution: for each channel the map, patch × kernel = products, and the sum ----

/** @type {(view: WorkedExample, example: ConvolutionExample, bench: HTMLElement) => Show} */
function layoutChannels(view, example, bench) {
  const { inputs, window, colours } = example;
  const rows = make("div", "rows", bench);
  const fine = isFine(window.size[0]);
  rows.classList.toggle("fine", fine);
  const paintKernel = painter(colours, vmaxOf(example.kernels));
  const channels = inputs.map((name, number) => {
    const built = buildChannel(rows, name, window.size);
    const kernel = nth(example.kernels, number, window.size);
    fillGrid(built.grids.kernel, patchOf(kernel, window.size, [0, 0], window.size), paintKernel);
    return { ...built, frame: inputMap(view, example, built.map, number) };
  });
  const paintPatch = painter(colours, view.vmax);
  let position = example.cell;
  channels.forEach(({ box, grids }, number) => {
    const elements = Object.values(grids);
    /** @type {Light} */
    const light = (row, column) => {
      view.light(elements.map(({ cells }) => cells[row][column]));
      view.say(productText(example, number, position, row, column));
    };
    for (const { grid } of elements) view.reads(grid, light);
    view.walks(box, inputs[number], window.size, light);
  });
  return (at, moving) => {
    position = at;
    const parts = partsAt(example, position);
    const passing = fine && moving;
    rows.classList.toggle("passing", passing);
    const [top, left] = windowWithin(example, position);
    /** @type {(row: number, column: number) => boolean} */
    const isOpen = (row, column) => isPadding(example, [top + row, left + column]);
    const paintProduct = painter(colours, vmaxOf(parts.flatMap(({ products }) => products.flat())));
    channels.forEach(({ grids, sum, frame }, number) => {
      const { patch, products, sum: total } = parts[number];
      frame(position);
      fillGrid(grids.patch, patch, paintPatch, isOpen, passing);
      fillGrid(grids.products, products, paintProduct, undefined, passing);
      sum.textContent = written(total);
    });
  };
}

/**
 * @type {(
 *   example: ConvolutionExample, number: number, position: Position, row: number, column: number
 * ) => string}
 */
function productText(example, number, position, row, column) {
  const { patch, kernel } = channelPart(example, number, position);
  const padding = paddingAt(example, position, row, column) ? " (padding)" : "";
  const product = multiplication(patch[row][column], kernel[row][column]);
  return `${example.inputs[number]}, ${positionText(example, position, row, column)}${padding}: ${product}`;
}

// Of the window of a position, whether a row and a column of it are padding, and where they stand.
/** @type {(example: WindowedExample, position: Position, row: number, column: number) => boolean} */
function paddingAt(example, position, row, column) {
  const [top, left] = windowWithin(example, position);
  return isPadding(example, [top + row, left + column]);
}

/** @type {(example: WindowedExample, position: Position, row: number, column: number) => string} */
function positionText(example, position, row, column) {
  const [top, left] = windowCorner(example, position);
  return `row ${written(top + row)}, column ${written(left + column)}`;
}

// ---- a 1 × 1 convolution: for each channel the map and a product ----

/** @type {(view: WorkedExample, example: ConvolutionExample, bench: HTMLElement) => Show} */
function layoutProducts(view, example, bench) {
  const rows = make("div", "rows products with-maps", bench);
  const parts = example.inputs.map((_, number) => {
    const built = buildProduct(rows);
    const map = buildMap(built.row, "", "input");
    built.row.prepend(map.figure);
    return { ...built, frame: inputMap(view, example, map, number) };
  });
  /** @type {Term[]} */
  let told = [];
  parts.forEach(({ row }, number) => productRow(view, row, example.inputs[number], () => told[number]));
  return (position) => {
    told = partsAt(example, position).map(({ patch, kernel, sum }, number) => ({
      name: example.inputs[number],
      activation: patch[0][0],
      weight: kernel[0][0],
      product: sum,
    }));
    const vmax = vmaxOf(told.map(({ product }) => product));
    parts.forEach((part, number) => {
      part.frame(position);
      fillProduct(part, told[number], vmax, example.colours);
    });
  };
}

/** @type {(view: WorkedExample, row: HTMLElement, name: string, told: () => Term) => void} */
function productRow(view, row, name, told) {
  const light = () => {
    const { activation, weight } = told();
    view.light([row]);
    view.say(`${name}: ${multiplication(activation, weight)}`);
  };
  row.addEventListener("pointerenter", light);
  row.addEventListener("pointerleave", (event) => lifted(event) || view.unlight());
  view.walks(row, name, [1, 1], light);
}

// ---- max-pool: the map, and the window of it with its winner ----

/** @type {(view: WorkedExample, example: PoolExample, bench: HTMLElement) => Show} */
function layoutPool(view, example, bench) {
  const { window, inputs, colours } = example;
  const rows = make("div", "rows pool", bench);
  const box = make("div", "channel", rows);
  const frame = inputMap(view, example, buildMap(box, inputs[0], "input"), 0);
  const grid = buildGrid(make("div", "parts", box), "window", window.size);
  const paint = painter(colours, view.vmax);
  let position = example.cell;
  const patchAt = (/** @type {Position} */ at) =>
    patchOf(example.maps, example.map_size, windowWithin(example, at), window.size);
  /** @type {Light} */
  const light = (row, column) => {
    const value = patchAt(position)[row][column];
    const [winnerRow, winnerColumn] = winnerAt(example, position);
    const wins = row === winnerRow && column === winnerColumn ? ", the largest" : "";
    const open = paddingAt(example, position, row, column);
    view.light([grid.cells[row][column]]);
    const says = open ? "padding, which never wins" : exact(value) + wins;
    view.say(`${positionText(example, position, row, column)}: ${says}`);
  };
  view.reads(grid.grid, light);
  view.walks(box, inputs[0], window.size, light);
  return (at) => {
    position = at;
    frame(position);
    fillGrid(grid, patchAt(position), paint, (row, column) =>
      paddingAt(example, position, row, column),
    );
    const [row, column] = winnerAt(example, position);
    for (const marked of grid.grid.querySelectorAll(".winner")) marked.classList.remove("winner");
    grid.cells[row][column].classList.add("winner");
  };
}

// ---- layers that work position by position: the maps that they read, side by side ----

/** @type {(view: WorkedExample, example: WindowedExample, bench: HTMLElement) => Show} */
function layoutMaps(view, example, bench) {
  const rows = make("div", "rows elementwise", bench);
  const frames = example.inputs.map((name, number) => {
    if (number) make("i", "sign", rows, "+");
    return inputMap(view, example, buildMap(rows, name, "input"), number);
  });
  return (position) => frames.forEach((frame) => frame(position));
}

// ---- a mean: all values of the map ----

/** @type {(view: WorkedExample, example: MeanExample, bench: HTMLElement) => Show} */
function layoutMean(view, example, bench) {
  const { inputs, maps, map_size: size, pool_size: poolSize, colours } = example;
  const box = make("div", "single", make("div", "rows", bench));
  box.classList.toggle("fine", isFine(size[0]));
  const grid = buildGrid(box, inputs[0], size);
  const values = patchOf(maps, size, [0, 0], size);
  fillGrid(grid, values, painter(colours, view.vmax));
  /** @type {Light} */
  const light = (row, column) => {
    const place = `row ${row * poolSize}, column ${column * poolSize}`;
    const value = exact(values[row][column]);
    view.light([grid.cells[row][column]]);
    view.say(poolSize > 1 ? `square from ${place} on: mean ${value}` : `${place}: ${value}`);
  };
  view.reads(grid.grid, light);
  view.walks(box, inputs[0], size, light);
  return () => {};
}

// ---- the classifier: one class at a time, and the largest contributions to its score ----

/** @type {(view: WorkedExample, example: ScoreExample, bench: HTMLElement) => Show} */
function layoutScore(view, example, bench) {
  const { classes, scores, colours } = example;
  const box = make("div", "score", bench);
  const chips = make("div", "classes", box);
  chips.setAttribute("role", "group");
  chips.setAttribute("aria-label", "Class");
  const buttons = classes.map(({ name, number }, at) => {
    const button = make("button", "", chips);
    button.type = "button";
    make("span", "", button, name);
    make("b", "", button, written(scores[at]));
    button.onpointerenter = button.onfocus = () => view.consider(number);
    button.onclick = () => view.pin({ channel: number, row: 0, column: 0 });
    return button;
  });
  const asked = () => view.consider(example.class_number);
  chips.onpointerleave = asked;
  box.addEventListener("focusout", ({ relatedTarget: next }) => {
    if (!box.contains(/** @type {Node | null} */ (next))) asked();
  });
  const rows = make("div", "rows products", box);
  let drawn = -1;
  return () => {
    const at = classes.findIndex(({ number }) => number === view.classNumber);
    if (at === drawn) return; // or one of the rows would lose the focus
    drawn = at;
    buttons.forEach((button, number) => (button.ariaPressed = String(number === at)));
    const { positive, negative } = contributionsTo(example, at);
    const terms = [...positive, ...negative].map((term) => ({
      ...term,
      name: `channel ${term.channel}`,
    }));
    const vmax = vmaxOf(terms.map(({ product }) => product));
    rows.replaceChildren();
    for (const term of terms) {
      const part = buildProduct(rows);
      fillProduct(part, term, vmax, colours);
      productRow(view, part.row, term.name, () => term);
    }
  };
}

/** @type {Record<Kind, (view: WorkedExample, example: any, bench: HTMLElement) => Show>} */
export const LAYOUTS = {
  convolution: layoutChannels,
  pointwise: layoutProducts,
  pool: layoutPool,
  elementwise: layoutMaps,
  mean: layoutMean,
  score: layoutScore,
};
