// The elements of the working: number grids, rows of products, and the steps down to the value.

function make(name, cls, into, text) {
  const element = document.createElement(name);
  element.className = cls;
  if (text !== undefined) element.textContent = text;
  into.append(element);
  return element;
}

// ---- numbers as text ----

function written(value, digits = 4) {
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

// As much as fits into a cell: two digits, and of a fine grid's no zero before the point.
function brief(value, fine) {
  const small = value !== 0 && Math.abs(value) < 0.001;
  const text = small ? value.toExponential(0) : String(Number(value.toPrecision(2)));
  return (fine ? text.replace("0.", ".") : text).replaceAll("-", "−");
}

function factor(value) {
  return value < 0 ? `(${written(value)})` : written(value);
}

function multiplication(a, b) {
  return `${written(a)} × ${factor(b)} = ${written(a * b)}`;
}

// ---- colours: the signed scale of the maps, its white at zero ----

const reachOf = (values) => Math.max(...values.map(Math.abs), 1e-30);

// A function that colours an element by a value, on a scale that ends at ±reach.
function painter(table, reach) {
  const place = shade({ signed: true }, [-reach, reach]);
  return (element, value) => {
    element.style.background = css(table, place(value));
    element.classList.toggle("strong", Math.abs(value) > 0.6 * reach);
  };
}

// ---- grids ----

// Whether cells must be small, so that three grids stand side by side.
const isFine = (values) => values.length > 5;

function buildGrid(into, title, values, paint, padded = []) {
  const figure = make("figure", "", into);
  make("figcaption", "", figure, title);
  const grid = make("div", "grid", figure);
  grid.style.setProperty("--columns", values[0].length);
  const cells = values.map((line, row) =>
    line.map((value, column) => {
      const cell = make("span", "cell", grid);
      if (padded[row]?.[column]) cell.classList.add("padded");
      else paint(cell, value);
      make("b", "", cell, value === null ? "" : brief(value, isFine(values)));
      Object.assign(cell.dataset, { row, column });
      return cell;
    }),
  );
  return { grid, cells };
}

// Patch × kernel = products → sum, for one input channel.
function buildTrio(into, trio, paint, padded) {
  const box = make("div", "trio", into);
  const products = trio.patch.map((line, row) => line.map((x, column) => x * trio.kernel[row][column]));
  make("p", "name", box, trio.name);
  const parts = make("div", "parts", box);
  const patch = buildGrid(parts, "input patch", trio.patch, paint.patch, padded);
  make("i", "sign", parts, "×");
  const kernel = buildGrid(parts, "kernel", trio.kernel, paint.kernel);
  make("i", "sign", parts, "=");
  const product = buildGrid(parts, "products", products, paint.products);
  const sum = make("p", "sum", box);
  make("span", "", sum, "sum ");
  make("b", "", sum, written(trio.sum));
  return { box, grids: [patch, kernel, product] };
}

function buildTrios(into, { trios, padded }, table) {
  const reach = (part) => reachOf(trios.flatMap((trio) => trio[part].flat()));
  const products = trios.flatMap(({ patch, kernel }) => {
    const weights = kernel.flat();
    return patch.flat().map((x, i) => x * weights[i]);
  });
  const paint = {
    patch: painter(table, reach("patch")),
    kernel: painter(table, reach("kernel")),
    products: painter(table, reachOf(products)),
  };
  into.classList.toggle("fine", isFine(trios[0].kernel));
  return trios.map((trio) => buildTrio(into, trio, paint, padded));
}

// ---- products: a bar to the right for, to the left against ----

function buildProducts(into, { products }, table) {
  const reach = reachOf(products.map(({ product }) => product));
  const place = shade({ signed: true }, [-1, 1]);
  return products.map(({ name, activation, weight, product }) => {
    const row = make("div", "product", into);
    make("span", "name", row, name);
    make("span", "terms", row, `${written(activation)} × ${factor(weight)}`);
    const track = make("span", "track", row);
    const bar = make("span", "bar", track);
    const share = (50 * Math.abs(product)) / reach;
    bar.style.width = `${share}%`;
    bar.style.left = `${product < 0 ? 50 - share : 50}%`;
    bar.style.background = css(table, place(product < 0 ? -0.75 : 0.75));
    make("b", "", row, written(product));
    return row;
  });
}

// ---- steps ----

function buildSteps(into, steps) {
  const list = make("dl", "steps", into);
  for (const { name, how, value, marked } of steps) {
    const step = make("div", marked ? "step marked" : "step", list);
    make("dt", "", step, name);
    make("dd", "how", step, how);
    make("dd", "result", step, value);
    if (marked) make("dd", "note", step, "the value in the map");
  }
}
