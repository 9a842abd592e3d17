// The wall's bytes read back, and what can be worked out from them. Nothing here touches the page.

const MIDDLE = 0.5; // of pixel 0: it covers 0 to 1

// ---- reading; figures/wall.py says what is in it ----

function readWall(bytes) {
  const { levels, statistics, ...wall } = readBlob(bytes);
  const { channels } = wall;
  wall.labels ??= []; // names of the channels, where they have any
  const names = ["minima", "maxima", "means", "deviations", "zeros"];
  names.forEach((name, at) => {
    wall[name] = statistics.subarray(at * channels, (at + 1) * channels);
  });
  wall.values = wall.code === "float32" ? levels : unquantised(levels, wall);
  wall.low = wall.minima.reduce((a, b) => Math.min(a, b));
  wall.high = wall.maxima.reduce((a, b) => Math.max(a, b));
  return wall;
}

function topLevel(wall) {
  return wall.code === "uint8" ? 255 : 65535;
}

function unquantised(levels, wall) {
  const cells = wall.rows * wall.columns;
  const values = new Float32Array(levels.length);
  for (let channel = 0; channel < wall.channels; channel++) {
    const low = wall.minima[channel];
    const step = (wall.maxima[channel] - low) / topLevel(wall);
    const end = (channel + 1) * cells;
    for (let at = channel * cells; at < end; at++) values[at] = low + levels[at] * step;
  }
  return values;
}

function mapOf(wall, channel) {
  const cells = wall.rows * wall.columns;
  return wall.values.subarray(channel * cells, (channel + 1) * cells);
}

function valueAt(wall, { channel, row, column }) {
  return wall.values[(channel * wall.rows + row) * wall.columns + column];
}

function isDead(wall, channel) {
  return wall.zeros[channel] === 1;
}

// ---- numbers as text ----

// With as many digits as were sent: all of float32, or those that a step between levels leaves.
function writtenValue(wall, place) {
  const value = valueAt(wall, place);
  const step = (wall.maxima[place.channel] - wall.minima[place.channel]) / topLevel(wall);
  if (wall.code === "float32") return written(value, 6);
  if (step === 0) return written(value);
  if (value === 0) return "≈ 0";
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  if (digits > 6) return `≈ ${written(value, 3)}`;
  return `≈ ${value.toFixed(digits).replace("-", "−")}`;
}

// ---- orders ----

// Pearson's r between the maps of two channels; a constant map is like none.
function correlation(wall, one, other) {
  const [a, b] = [mapOf(wall, one), mapOf(wall, other)];
  const [meanA, meanB] = [a, b].map((map) => map.reduce((sum, x) => sum + x, 0) / map.length);
  let [both, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    both += (a[i] - meanA) * (b[i] - meanB);
    ofA += (a[i] - meanA) ** 2;
    ofB += (b[i] - meanB) ** 2;
  }
  return ofA > 0 && ofB > 0 ? both / Math.sqrt(ofA * ofB) : NaN;
}

const RANKS = {
  index: () => (channel) => -channel,
  mean: (wall) => (channel) => wall.means[channel],
  variance: (wall) => (channel) => wall.deviations[channel],
  strongest: (wall) => (channel) => Math.max(wall.maxima[channel], -wall.minima[channel]),
  alike: (wall, anchor) => (channel) => {
    const r = channel === anchor ? 2 : correlation(wall, channel, anchor);
    return Number.isNaN(r) ? -2 : r; // itself first, constant maps last
  },
};

const SHOWN = {
  all: () => true,
  alive: (wall, channel) => !isDead(wall, channel),
  dead: isDead,
};

// The channels that are shown, in their order; `anchor` is the one that "alike" compares with.
function ordered(wall, { sort, show }, anchor) {
  const rank = RANKS[sort](wall, anchor);
  const ranks = Float64Array.from({ length: wall.channels }, (_, channel) => rank(channel));
  const channels = [...ranks.keys()].filter((channel) => SHOWN[show](wall, channel));
  return channels.sort((a, b) => ranks[b] - ranks[a] || a - b);
}

// ---- where things are: cells of the layer, cells as sent, pixels of the picture ----

// A large layer is sent as means over squares of cells; the one in the middle stands for them.
function trueCell(wall, sent, axis) {
  const middle = sent * wall.squares + (wall.squares >> 1);
  return Math.min(middle, wall.shape[axis] - 1);
}

function sentCell(wall, cell) {
  return Math.floor(cell / wall.squares);
}

function sentPlace(wall, { channel, row, column }) {
  return { channel, row: sentCell(wall, row), column: sentCell(wall, column) };
}

// Left, top, right, bottom of what a cell depends on, cut off at the picture's borders, in pixels.
function fieldBox(wall, { row, column }) {
  const { size, jump, start } = wall.field;
  const x = start + trueCell(wall, column, 2) * jump + MIDDLE;
  const y = start + trueCell(wall, row, 1) * jump + MIDDLE;
  const inside = (edge) => Math.min(wall.side, Math.max(0, edge));
  return [x - size / 2, y - size / 2, x + size / 2, y + size / 2].map(inside);
}

// The cell whose field is centred nearest to a point of the picture, given as fractions of its side.
function cellSeeing(wall, x, y) {
  const { jump, start } = wall.field;
  const nearest = (fraction, count) => {
    const cell = Math.round((fraction * wall.side - MIDDLE - start) / jump);
    return Math.min(count - 1, Math.max(0, sentCell(wall, cell)));
  };
  return { row: nearest(y, wall.rows), column: nearest(x, wall.columns) };
}

// Tiles as large as lets all of them into a box, but of at least `smallest` pixels: then they scroll.
function tiling(wall, count, width, height, smallest) {
  const vectors = wall.rows * wall.columns === 1; // a number in each tile, and no map
  const gap = 2;
  const [least, largest, ratio] = !vectors
    ? [smallest, 128, wall.rows / wall.columns]
    : wall.labels.length ? [92, 128, 0.34] : [40, 44, 0.5];
  const fit = (side) => {
    const most = Math.max(1, Math.floor((width + gap) / (side + gap)));
    const rows = Math.ceil(count / most);
    const columns = Math.ceil(count / Math.max(1, rows)); // the last row nearly as full as the others
    const tile = { width: side, height: Math.max(2, Math.round(side * ratio)) };
    return { columns, rows, tile, gap, vectors };
  };
  let side = largest;
  while (side > least && fit(side).rows * (fit(side).tile.height + gap) > height) side--;
  return fit(side);
}

// ---- what is under the pointer: x and y from 0 to 1 over the wall or over a map ----

// Of a wall `width` × `height` pixels, the tile and its cell; null where there is no tile.
function underWall(wall, layout, order, x, y, [width, height]) {
  const { tile, gap, columns } = layout;
  const [right, down] = [(x * width) / (tile.width + gap), (y * height) / (tile.height + gap)];
  const channel = order[Math.floor(down) * columns + Math.floor(right)];
  if (channel === undefined || right < 0 || right >= columns) return null;
  // What lies in the gap belongs to the cell before it.
  const within = (at, step, side, count) => inRange(Math.floor((((at % 1) * step) / side) * count), count);
  return {
    channel,
    row: within(down, tile.height + gap, tile.height, wall.rows),
    column: within(right, tile.width + gap, tile.width, wall.columns),
  };
}

function underMap({ rows, columns }, x, y) {
  return {
    row: inRange(Math.floor(y * rows), rows),
    column: inRange(Math.floor(x * columns), columns),
  };
}
