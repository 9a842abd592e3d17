// The numbers of a position, for any position of the area that was sent. Nothing here touches the page.
//
// Of an example, `maps` are what the layer reads, padding included; `outputs` what it puts out, and after
// it the layers that follow; both begin where the area does, whose first position is `corner`.

/** @import { Position, Size } from "../shared/types.d.ts" */
/** @import { ConvolutionExample, Contribution, Numbers, ScoreExample } from "./types.d.ts" */
/** @import { WindowedExample, WorkedExampleData } from "./types.d.ts" */

import { exact, inRange, written } from "../shared/numbers.js";

// ---- where things are ----

// For rows and for columns.
/** @type {(of: (axis: 0 | 1) => number) => [number, number]} */
const both = (of) => [of(0), of(1)];

// Row and column of a position's window: within the maps that were sent, and within the whole input.
/** @type {(example: Pick<WindowedExample, "window" | "corner">, position: Position) => Position} */
export function windowWithin({ window, corner }, position) {
  return both((axis) => (position[axis] - corner[axis]) * window.stride[axis]);
}

/** @type {(example: Pick<WindowedExample, "window">, position: Position) => Position} */
export function windowCorner({ window }, position) {
  return both((axis) => position[axis] * window.stride[axis] - window.padding[axis]);
}

// The position of the area whose window has its middle nearest to a point within the maps.
/**
 * @type {(
 *   example: Pick<WindowedExample, "window" | "corner" | "extent">, point: [down: number, right: number]
 * ) => Position}
 */
export function positionReading({ window, corner, extent }, point) {
  return both((axis) => {
    const steps = Math.round((point[axis] - window.size[axis] / 2) / window.stride[axis]);
    return corner[axis] + inRange(steps, extent[axis]);
  });
}

/**
 * @type {(
 *   example: Pick<WindowedExample, "window" | "corner" | "input_size">, within: Position
 * ) => boolean}
 */
export function isPadding({ window, corner, input_size: size }, within) {
  return within.some((at, axis) => {
    const whole = at + corner[axis] * window.stride[axis] - window.padding[axis];
    return whole < 0 || whole >= size[axis];
  });
}

// ---- parts of what was sent ----

// One of several maps that lie one after another.
/** @type {(values: Float32Array, number: number, size: Size) => Float32Array} */
export function nth(values, number, [rows, columns]) {
  return values.subarray(number * rows * columns, (number + 1) * rows * columns);
}

// Values of a map from a corner on, as rows.
/** @type {(map: Float32Array, size: Size, corner: Position, patch: Size) => number[][]} */
export function patchOf(map, [, columns], [top, left], [height, width]) {
  return Array.from({ length: height }, (_, row) => {
    const start = (top + row) * columns + left;
    return [...map.subarray(start, start + width)];
  });
}

/**
 * @type {(
 *   example: Pick<WindowedExample, "corner" | "extent">, values: Float32Array, position: Position
 * ) => number}
 */
function inArea({ corner, extent }, values, [row, column]) {
  return values[(row - corner[0]) * extent[1] + column - corner[1]];
}

// Patch, kernel and products of one input channel, and their sum.
/**
 * @type {(
 *   example: ConvolutionExample, number: number, position: Position
 * ) => { patch: number[][], kernel: number[][], products: number[][], sum: number }}
 */
export function channelPart(example, number, position) {
  const { maps, kernels, map_size, window } = example;
  const { size } = window;
  const map = nth(maps, number, map_size);
  const patch = patchOf(map, map_size, windowWithin(example, position), size);
  const kernel = patchOf(nth(kernels, number, size), size, [0, 0], size);
  const products = patch.map((line, row) => line.map((x, column) => x * kernel[row][column]));
  return { patch, kernel, products, sum: sumOf(products.flat()) };
}

/** @type {(values: number[]) => number} */
const sumOf = (values) => values.reduce((sum, value) => sum + value, 0);

/** @type {(example: ConvolutionExample, position: Position) => ReturnType<typeof channelPart>[]} */
export function partsAt(example, position) {
  return example.inputs.map((_, number) => channelPart(example, number, position));
}

// What each channel adds to the score of a class: the largest and the smallest contributions.
/**
 * @type {(
 *   example: Pick<ScoreExample, "activations" | "weights" | "strongest">, at: number
 * ) => { products: Contribution[], positive: Contribution[], negative: Contribution[] }}
 */
export function contributionsTo({ activations, weights, strongest }, at) {
  const products = Array.from(activations, (x, channel) => ({
    channel,
    activation: x,
    weight: weights[at * activations.length + channel],
    product: x * weights[at * activations.length + channel],
  }));
  const ranked = [...products].sort((a, b) => b.product - a.product || a.channel - b.channel);
  const positive = ranked.slice(0, strongest).filter(({ product }) => product > 0);
  const negative = ranked.slice(-strongest).reverse().filter(({ product }) => product < 0);
  return { products, positive, negative };
}

// ---- the numbers by their names, as components/worked_example/encode/ uses them ----

// Of a layer that has one value for all of its input, the position does not matter.
/** @type {(example: WorkedExampleData, position: Position) => Numbers} */
export function numbersAt(example, position) {
  switch (example.kind) {
    case "mean":
      return { out0: example.outputs[0], sum: example.sum[0] };
    case "score":
      return scoreNumbers(example);
    case "convolution":
    case "pointwise":
      return { ...outputsAt(example, position), ...convolutionNumbers(example, position) };
    case "pool":
      return { ...outputsAt(example, position), ...winnerNumbers(example, position) };
    case "elementwise":
      return { ...outputsAt(example, position), ...inputNumbers(example, position) };
  }
}

// What the network itself put out: `out0` in the map, `out1` and on after the layers that follow.
/** @type {(example: WindowedExample, position: Position) => Numbers} */
function outputsAt(example, position) {
  const { outputs, extent } = example;
  const count = outputs.length / (extent[0] * extent[1]);
  const layers = Array.from({ length: count }, (_, layer) => nth(outputs, layer, extent));
  return Object.fromEntries(
    layers.map((values, layer) => [`out${layer}`, inArea(example, values, position)]),
  );
}

/** @type {(example: ConvolutionExample, position: Position) => Numbers} */
function convolutionNumbers(example, position) {
  const sums = partsAt(example, position).map(({ sum }) => sum);
  return { sums: summed(sums), shown: sumOf(sums), rest: inArea(example, example.rests, position) };
}

// Where in its window the largest value stands; a NaN counts as the largest.
/** @type {(example: WindowedExample, position: Position) => Position} */
export function winnerAt(example, position) {
  const within = windowWithin(example, position);
  const patch = patchOf(example.maps, example.map_size, within, example.window.size);
  const flat = patch.flat();
  const first = flat.findIndex(Number.isNaN);
  const at = first < 0 ? flat.indexOf(Math.max(...flat)) : first;
  return [Math.floor(at / patch[0].length), at % patch[0].length];
}

/** @type {(example: WindowedExample, position: Position) => Numbers} */
function winnerNumbers(example, position) {
  const [top, left] = windowCorner(example, position);
  const [row, column] = winnerAt(example, position);
  return { winner_row: written(top + row), winner_column: written(left + column) };
}

/** @type {(example: WindowedExample, position: Position) => Numbers} */
function inputNumbers(example, position) {
  const { inputs, maps, map_size } = example;
  const at = windowWithin(example, position);
  return Object.fromEntries(
    inputs.map((_, number) => [
      `in${number}`,
      patchOf(nth(maps, number, map_size), map_size, at, [1, 1])[0][0],
    ]),
  );
}

/** @type {(example: ScoreExample) => Numbers} */
function scoreNumbers(example) {
  const at = example.classes.findIndex(({ number }) => number === example.class_number);
  const { products, positive, negative } = contributionsTo(example, at);
  const sum = (/** @type {Contribution[]} */ terms) => sumOf(terms.map(({ product }) => product));
  const text = (/** @type {Contribution[]} */ terms) => summed(terms.map(({ product }) => product));
  const others = products.length - positive.length - negative.length;
  return {
    class: example.classes[at].name,
    ...(positive.length && { positive: sum(positive), positives: text(positive) }),
    ...(negative.length && { negative: sum(negative), negatives: text(negative) }),
    ...(others && { rest: sum(products) - sum(positive) - sum(negative) }),
    others: others === 1 ? "1 channel" : `${others.toLocaleString("en")} channels`,
    bias: example.biases[at],
    out0: example.scores[at],
    probability: example.probabilities[at],
  };
}

// ---- numbers as text ----

// A number that follows a sign: in brackets where it brings its own.
/** @type {(value: number) => string} */
export function factor(value) {
  return value < 0 ? `(${written(value)})` : written(value);
}

/** @type {(values: number[]) => string} */
export function summed([first, ...others]) {
  return [written(first), ...others.map(factor)].join(" + ");
}

/** @type {(a: number, b: number) => string} */
export function multiplication(a, b) {
  return `${written(a)} × ${factor(b)} = ${written(a * b)}`;
}

/** @type {Record<string, (value: number) => string>} */
const FORMS = { "": (value) => written(value), "(": factor, "=": exact };

/** @type {(words: string, numbers: Numbers) => string} */
export function fill(words, numbers) {
  return words.replace(/\{([(=]?)(\w+)\)?\}/g, (gap, form, name) => {
    const value = numbers[name];
    if (typeof value !== "number") return value ?? gap;
    return FORMS[form](value);
  });
}
