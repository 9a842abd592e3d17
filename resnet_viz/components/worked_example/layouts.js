// How each kind of layer is laid out. A layout builds its elements once into `bench` and returns a
// function that shows a cell in them; `hand` is who listens to the pointer and the keys.

function mapsReach({ maps }) {
  return reachOf(maps);
}

// The input map of a channel: its window follows the cell, and the cell follows the pointer over it.
function inputMap(hand, map, number) {
  const { working } = hand;
  const { maps, map_size: size, colours, window } = working;
  const isOpen = (at) => isPadding(working, at);
  paintMap(map, nth(maps, number, size), size, colours, hand.reach, isOpen);
  hand.moves(map.board, ([down, right]) => cellReading(working, [down * size[0], right * size[1]]));
  return (cell) => frameMap(map, windowWithin(working, cell), window.size, size);
}

// ---- a convolution: for each channel the map, patch × kernel = products, and the sum ----

function layoutChannels(hand, bench) {
  const { working } = hand;
  const { inputs, window, colours } = working;
  const rows = make("div", "rows", bench);
  const fine = isFine(window.size[0]);
  rows.classList.toggle("fine", fine);
  const paintKernel = painter(colours, reachOf(working.kernels));
  const channels = inputs.map((name, number) => {
    const built = buildChannel(rows, name, window.size);
    const kernel = nth(working.kernels, number, window.size);
    fillGrid(built.grids.kernel, patchOf(kernel, window.size, [0, 0], window.size), paintKernel);
    return { ...built, frame: inputMap(hand, built.map, number) };
  });
  const paintPatch = painter(colours, hand.reach);
  let cell = working.cell;
  channels.forEach(({ box, grids }, number) => {
    const elements = Object.values(grids);
    const light = (row, column) => {
      hand.light(elements.map(({ cells }) => cells[row][column]));
      hand.say(productText(working, number, cell, row, column));
    };
    for (const { grid } of elements) hand.reads(grid, light);
    hand.walks(box, inputs[number], window.size, light);
  });
  return (at, moving) => {
    cell = at;
    const parts = partsAt(working, cell);
    const passing = fine && moving;
    rows.classList.toggle("passing", passing);
    const [top, left] = windowWithin(working, cell);
    const isOpen = (row, column) => isPadding(working, [top + row, left + column]);
    const paintProduct = painter(colours, reachOf(parts.flatMap(({ products }) => products.flat())));
    channels.forEach(({ grids, sum, frame }, number) => {
      const { patch, products, sum: total } = parts[number];
      frame(cell);
      fillGrid(grids.patch, patch, paintPatch, isOpen, passing);
      fillGrid(grids.products, products, paintProduct, undefined, passing);
      sum.textContent = written(total);
    });
  };
}

function productText(working, number, cell, row, column) {
  const { patch, kernel } = channelPart(working, number, cell);
  const padding = paddingAt(working, cell, row, column) ? " (padding)" : "";
  const product = multiplication(patch[row][column], kernel[row][column]);
  return `${working.inputs[number]}, ${placeText(working, cell, row, column)}${padding}: ${product}`;
}

function paddingAt(working, cell, row, column) {
  const [top, left] = windowWithin(working, cell);
  return isPadding(working, [top + row, left + column]);
}

function placeText(working, cell, row, column) {
  const [top, left] = windowCorner(working, cell);
  return `row ${written(top + row)}, column ${written(left + column)}`;
}

// ---- a 1 × 1 convolution: for each channel the map and a product ----

function layoutProducts(hand, bench) {
  const { working } = hand;
  const rows = make("div", "rows products with-maps", bench);
  const parts = working.inputs.map((_, number) => {
    const built = buildProduct(rows, true);
    return { ...built, frame: inputMap(hand, built.map, number) };
  });
  let told = [];
  parts.forEach(({ row }, number) => productRow(hand, row, working.inputs[number], () => told[number]));
  return (cell) => {
    told = partsAt(working, cell).map(({ patch, kernel, sum }, number) => ({
      name: working.inputs[number],
      activation: patch[0][0],
      weight: kernel[0][0],
      product: sum,
    }));
    const reach = reachOf(told.map(({ product }) => product));
    parts.forEach((part, number) => {
      part.frame(cell);
      fillProduct(part, told[number], reach, working.colours);
    });
  };
}

function productRow(hand, row, name, told) {
  const light = () => {
    const { activation, weight } = told();
    hand.light([row]);
    hand.say(`${name}: ${multiplication(activation, weight)}`);
  };
  row.addEventListener("pointerenter", light);
  row.addEventListener("pointerleave", (event) => lifted(event) || hand.unlight());
  hand.walks(row, name, [1, 1], light);
}

// ---- max-pool: the map, and the window of it with its winner ----

function layoutPool(hand, bench) {
  const { working } = hand;
  const { window, inputs, colours } = working;
  const rows = make("div", "rows pool", bench);
  const box = make("div", "channel", rows);
  const frame = inputMap(hand, buildMap(box, inputs[0], "input"), 0);
  const grid = buildGrid(make("div", "parts", box), "window", window.size);
  const paint = painter(colours, hand.reach);
  let cell = working.cell;
  const patchAt = (at) =>
    patchOf(working.maps, working.map_size, windowWithin(working, at), window.size);
  const light = (row, column) => {
    const value = patchAt(cell)[row][column];
    const [winnerRow, winnerColumn] = winnerAt(working, cell);
    const wins = row === winnerRow && column === winnerColumn ? ", the largest" : "";
    const open = paddingAt(working, cell, row, column);
    hand.light([grid.cells[row][column]]);
    const says = open ? "padding, which never wins" : exact(value) + wins;
    hand.say(`${placeText(working, cell, row, column)}: ${says}`);
  };
  hand.reads(grid.grid, light);
  hand.walks(box, inputs[0], window.size, light);
  return (at) => {
    cell = at;
    frame(cell);
    fillGrid(grid, patchAt(cell), paint, (row, column) => paddingAt(working, cell, row, column));
    const [row, column] = winnerAt(working, cell);
    for (const marked of grid.grid.querySelectorAll(".winner")) marked.classList.remove("winner");
    grid.cells[row][column].classList.add("winner");
  };
}

// ---- layers that work place by place: the maps that they read, side by side ----

function layoutPlaces(hand, bench) {
  const rows = make("div", "rows places", bench);
  const frames = hand.working.inputs.map((name, number) => {
    if (number) make("i", "sign", rows, "+");
    return inputMap(hand, buildMap(rows, name, "input"), number);
  });
  return (cell) => frames.forEach((frame) => frame(cell));
}

// ---- a mean: all cells of the map ----

function layoutMean(hand, bench) {
  const { working } = hand;
  const { inputs, maps, map_size: size, squares, colours } = working;
  const box = make("div", "single", make("div", "rows", bench));
  box.classList.toggle("fine", isFine(size[0]));
  const grid = buildGrid(box, inputs[0], size);
  const values = patchOf(maps, size, [0, 0], size);
  fillGrid(grid, values, painter(colours, hand.reach));
  const light = (row, column) => {
    const place = `row ${row * squares}, column ${column * squares}`;
    const value = exact(values[row][column]);
    hand.light([grid.cells[row][column]]);
    hand.say(squares > 1 ? `square from ${place} on: mean ${value}` : `${place}: ${value}`);
  };
  hand.reads(grid.grid, light);
  hand.walks(box, inputs[0], size, light);
  return () => {};
}

// ---- the classifier: one class at a time, and what speaks for it and against it ----

function layoutScore(hand, bench) {
  const { working } = hand;
  const { classes, scores, colours } = working;
  const box = make("div", "score", bench);
  const chips = make("div", "classes", box);
  chips.setAttribute("role", "group");
  chips.setAttribute("aria-label", "Class");
  const buttons = classes.map(({ name, number }, at) => {
    const button = make("button", "", chips);
    button.type = "button";
    make("span", "", button, name);
    make("b", "", button, written(scores[at]));
    button.onpointerenter = button.onfocus = () => hand.consider(number);
    button.onclick = () => hand.pin({ channel: number, row: 0, column: 0 });
    return button;
  });
  const asked = () => hand.consider(hand.asked.class_number);
  chips.onpointerleave = asked;
  box.addEventListener("focusout", ({ relatedTarget: next }) => box.contains(next) || asked());
  const rows = make("div", "rows products", box);
  let drawn = -1;
  return () => {
    const { class_number: shown } = hand.working;
    const at = classes.findIndex(({ number }) => number === shown);
    if (at === drawn) return; // or one of the rows would lose the focus
    drawn = at;
    buttons.forEach((button, number) => (button.ariaPressed = String(number === at)));
    const { positive, negative } = wordsOn(hand.working, at);
    const terms = [...positive, ...negative].map((term) => ({
      ...term,
      name: `channel ${term.channel}`,
    }));
    const reach = reachOf(terms.map(({ product }) => product));
    rows.replaceChildren();
    for (const term of terms) {
      const part = buildProduct(rows, false);
      fillProduct(part, term, reach, colours);
      productRow(hand, part.row, term.name, () => term);
    }
  };
}

const LAYOUTS = {
  convolution: layoutChannels,
  pointwise: layoutProducts,
  pool: layoutPool,
  place: layoutPlaces,
  mean: layoutMean,
  score: layoutScore,
};
