// The elements of a working, built once for a layer and filled anew for each cell.

// ---- colours: the signed scale of the maps, its white at zero ----

const reachOf = (values) => {
  let reach = 1e-30;
  for (const value of values) if (Number.isFinite(value)) reach = Math.max(reach, Math.abs(value));
  return reach;
};

// A function that colours an element by a value, on a scale that ends at ±reach.
function painter(colours, reach) {
  const place = shade(true, [-reach, reach]);
  return (element, value) => {
    element.style.background = Number.isNaN(value) ? "" : css(colours, place(value));
    element.classList.toggle("strong", Math.abs(value) > 0.6 * reach);
  };
}

// ---- a map: pixels, and the frame of what is looked at ----

function buildMap(into, title, classes = "") {
  const figure = make("figure", `map ${classes}`, into);
  make("figcaption", "", figure, title);
  const board = make("div", "board", figure);
  const canvas = make("canvas", "", board);
  const frame = make("i", "frame", board);
  return { figure, board, canvas, frame };
}

// Padding stays open, so that the hatching below it shows.
function paintMap({ canvas, board }, values, [rows, columns], colours, reach, isOpen) {
  canvas.width = columns;
  canvas.height = rows;
  board.style.aspectRatio = `${columns} / ${rows}`;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const table = pixelTable(colours);
  const place = shade(true, [-reach, reach]);
  values.forEach((value, at) => {
    if (!isOpen([Math.floor(at / columns), at % columns])) pixels[at] = table[place(value)];
  });
  context.putImageData(image, 0, 0);
}

function frameMap({ frame }, [top, left], [height, width], [rows, columns]) {
  const edges = [top / rows, 1 - (left + width) / columns, 1 - (top + height) / rows, left / columns];
  frame.style.inset = edges.map((edge) => `${100 * edge}%`).join(" ");
}

// ---- a grid of numbers ----

// Whether cells must be small, so that three grids stand side by side.
const isFine = (rows) => rows > 5;

// As much as fits into a cell: two digits, and of a fine grid's no zero before the point.
function brief(value, fine) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : "";
  const small = value !== 0 && Math.abs(value) < 0.001;
  const text = small ? value.toExponential(0) : String(Number(value.toPrecision(2)));
  return (fine ? text.replace("0.", ".") : text).replaceAll("-", "−");
}

function buildGrid(into, title, [rows, columns]) {
  const figure = make("figure", "", into);
  make("figcaption", "", figure, title);
  const grid = make("div", "grid", figure);
  grid.style.setProperty("--columns", columns);
  const cells = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const cell = make("span", "cell", grid);
      make("b", "", cell).append("");
      Object.assign(cell.dataset, { row, column });
      return cell;
    }),
  );
  return { grid, cells };
}

// Colours, and unless the cursor is on its way, numbers.
function fillGrid({ cells }, values, paint, isOpen = () => false, moving = false) {
  const fine = isFine(values.length);
  values.forEach((line, row) =>
    line.forEach((value, column) => {
      const cell = cells[row][column];
      const open = isOpen(row, column);
      cell.classList.toggle("padded", open);
      if (open) cell.style.background = "";
      else paint(cell, value);
      if (!moving) cell.firstChild.firstChild.data = brief(value, fine);
    }),
  );
}

// ---- one input channel: its map, patch × kernel = products, and their sum ----

function buildChannel(into, name, size) {
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

// ---- a product: a bar to the right for, to the left against ----

function buildProduct(into, withMap) {
  const row = make("div", "product", into);
  const map = withMap ? buildMap(row, "", "input") : null;
  const [name, terms] = ["name", "terms"].map((cls) => make("span", cls, row));
  const bar = make("span", "bar", make("span", "track", row));
  return { row, map, name, terms, bar, product: make("b", "", row) };
}

function fillProduct(parts, { name, activation, weight, product }, reach, colours) {
  parts.name.textContent = name;
  parts.terms.textContent = `${written(activation)} × ${factor(weight)}`;
  const share = (50 * Math.abs(product)) / reach || 0;
  const place = shade(true, [-1, 1]);
  parts.bar.style.width = `${share}%`;
  parts.bar.style.left = `${product < 0 ? 50 - share : 50}%`;
  parts.bar.style.background = css(colours, place(product < 0 ? -0.75 : 0.75));
  parts.product.textContent = written(product);
}

// ---- steps ----

function showSteps(list, steps, numbers) {
  list.replaceChildren();
  for (const { name, how, value, marked } of steps) {
    if (numbers[value] === undefined) continue;
    const step = make("div", marked ? "step marked" : "step", list);
    make("dt", "", step, fill(name, numbers));
    make("dd", "how", step, fill(how, numbers));
    make("dd", "result", step, exact(numbers[value]));
    if (marked) make("dd", "note", step, "the value in the map");
  }
}
