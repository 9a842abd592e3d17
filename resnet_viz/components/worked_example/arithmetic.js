// The numbers of a cell, for any cell of the area that was sent. Nothing here touches the page.
//
// A working: `maps` are what the layer reads, padding included; `outputs` what it puts out, and after
// it the layers that follow; both begin where the area does, whose first cell is `corner`.

// ---- where things are ----

// Row and column of a cell's window: within the maps that were sent, and within the whole input.
function windowWithin({ window, corner }, cell) {
  return cell.map((at, axis) => (at - corner[axis]) * window.stride[axis]);
}

function windowCorner({ window }, cell) {
  return cell.map((at, axis) => at * window.stride[axis] - window.padding[axis]);
}

// The cell of the area whose window has its middle nearest to a point within the maps.
function cellReading({ window, corner, extent }, point) {
  return point.map((at, axis) => {
    const steps = Math.round((at - window.size[axis] / 2) / window.stride[axis]);
    return corner[axis] + inRange(steps, extent[axis]);
  });
}

function isPadding({ window, corner, input_size: size }, at) {
  return at.some((within, axis) => {
    const place = within + corner[axis] * window.stride[axis] - window.padding[axis];
    return place < 0 || place >= size[axis];
  });
}

// ---- parts of what was sent ----

// One of several maps that lie one after another.
function nth(values, number, [rows, columns]) {
  return values.subarray(number * rows * columns, (number + 1) * rows * columns);
}

// Values of a map from a corner on, as rows.
function patchOf(map, [, columns], [top, left], [height, width]) {
  return Array.from({ length: height }, (_, row) => {
    const start = (top + row) * columns + left;
    return [...map.subarray(start, start + width)];
  });
}

function inArea({ corner, extent }, values, [row, column]) {
  return values[(row - corner[0]) * extent[1] + column - corner[1]];
}

// Patch, kernel and products of one input channel, and their sum.
function channelPart(working, number, cell) {
  const { maps, kernels, map_size, window } = working;
  const { size } = window;
  const map = nth(maps, number, map_size);
  const patch = patchOf(map, map_size, windowWithin(working, cell), size);
  const kernel = patchOf(nth(kernels, number, size), size, [0, 0], size);
  const products = patch.map((line, row) => line.map((x, column) => x * kernel[row][column]));
  return { patch, kernel, products, sum: sumOf(products.flat()) };
}

const sumOf = (values) => values.reduce((sum, value) => sum + value, 0);

function partsAt(working, cell) {
  return working.inputs.map((_, number) => channelPart(working, number, cell));
}

// What each channel says of a class: those that speak most for it, and those most against it.
function wordsOn({ activations, weights, strongest }, at) {
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

// ---- the numbers by their names, as figures/working/ uses them ----

function numbersAt(working, cell) {
  return { ...outputsAt(working, cell), ...NUMBERS_OF[working.kind](working, cell) };
}

// What the network itself put out: `out0` in the map, `out1` and on after the layers that follow.
function outputsAt(working, cell) {
  const { outputs, extent = [1, 1] } = working;
  if (!outputs) return {};
  const count = outputs.length / (extent[0] * extent[1]);
  const layers = Array.from({ length: count }, (_, layer) => nth(outputs, layer, extent));
  return Object.fromEntries(
    layers.map((values, layer) => [`out${layer}`, cell ? inArea(working, values, cell) : values[0]]),
  );
}

function convolutionNumbers(working, cell) {
  const sums = partsAt(working, cell).map(({ sum }) => sum);
  return { sums: summed(sums), shown: sumOf(sums), rest: inArea(working, working.rests, cell) };
}

function winnerAt(working, cell) {
  const patch = patchOf(working.maps, working.map_size, windowWithin(working, cell), working.window.size);
  const flat = patch.flat();
  const first = flat.findIndex(Number.isNaN);
  const at = first < 0 ? flat.indexOf(Math.max(...flat)) : first;
  return [Math.floor(at / patch[0].length), at % patch[0].length];
}

const NUMBERS_OF = {
  convolution: convolutionNumbers,
  pointwise: convolutionNumbers,
  pool(working, cell) {
    const [top, left] = windowCorner(working, cell);
    const [row, column] = winnerAt(working, cell);
    return { winner_row: written(top + row), winner_column: written(left + column) };
  },
  place(working, cell) {
    const { inputs, maps, map_size } = working;
    const at = windowWithin(working, cell);
    return Object.fromEntries(
      inputs.map((_, number) => [
        `in${number}`,
        patchOf(nth(maps, number, map_size), map_size, at, [1, 1])[0][0],
      ]),
    );
  },
  mean: ({ sum }) => ({ sum: sum[0] }),
  score(working) {
    const at = working.classes.findIndex(({ number }) => number === working.class_number);
    const { products, positive, negative } = wordsOn(working, at);
    const sum = (terms) => sumOf(terms.map(({ product }) => product));
    const text = (terms) => summed(terms.map(({ product }) => product));
    const others = products.length - positive.length - negative.length;
    return {
      class: working.classes[at].name,
      ...(positive.length && { positive: sum(positive), positives: text(positive) }),
      ...(negative.length && { negative: sum(negative), negatives: text(negative) }),
      ...(others && { rest: sum(products) - sum(positive) - sum(negative) }),
      others: others === 1 ? "1 channel" : `${others.toLocaleString("en")} channels`,
      bias: working.biases[at],
      out0: working.scores[at],
      probability: working.probabilities[at],
    };
  },
};

// ---- numbers as text ----

// A number that follows a sign: in brackets where it brings its own.
function factor(value) {
  return value < 0 ? `(${written(value)})` : written(value);
}

function summed([first, ...others]) {
  return [written(first), ...others.map(factor)].join(" + ");
}

function multiplication(a, b) {
  return `${written(a)} × ${factor(b)} = ${written(a * b)}`;
}

const FORMS = { "": (value) => written(value), "(": factor, "=": exact };

function fill(words, numbers) {
  return words.replace(/\{([(=]?)(\w+)\)?\}/g, (gap, form, name) => {
    const value = numbers[name];
    if (typeof value !== "number") return value ?? gap;
    return FORMS[form](value);
  });
}
