// The working of one cell. A position under the cursor lights up in patch, kernel and products at once.

const WORKINGS = new WeakMap();
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

class ByHand {
  constructor(root) {
    this.root = root;
    root.setAttribute("role", "group");
  }

  // ---- another cell arrives ----

  show(data) {
    const message = JSON.stringify(data);
    if (message === this.message) return;
    this.message = message;
    this.data = data;
    const { root } = this;
    const table = { colours: Uint8Array.from(data.colours.flat()) };
    root.replaceChildren();
    root.setAttribute("aria-label", data.name);
    root.dataset.shown = data.name;
    this.lit = [];
    make("p", "intro", root, data.intro);
    const rows = make("div", "rows", root);
    if (data.trios.length) this.showTrios(rows, table);
    if (data.products.length) this.showProducts(rows, table);
    if (data.map) this.showMap(rows, table);
    if (rows.firstChild) {
      this.says = make("p", "says", root);
      this.says.setAttribute("role", "status");
      this.rest();
    }
    buildSteps(root, data.steps);
  }

  showTrios(into, table) {
    const { trios } = this.data;
    buildTrios(into, this.data, table).forEach(({ box, grids }, number) => {
      const light = (row, column) => {
        this.light(grids.map(({ cells }) => cells[row][column]));
        this.say(this.sayProduct(trios[number], row, column));
      };
      this.walkable(box, trios[number].name, trios[number].kernel, light);
      for (const { grid } of grids) this.hoverable(grid, light);
    });
  }

  showProducts(into, table) {
    into.classList.add("products");
    buildProducts(into, this.data, table).forEach((row, number) => {
      const { name, activation, weight } = this.data.products[number];
      const light = () => {
        this.light([row]);
        this.say(`${name}: ${multiplication(activation, weight)}`);
      };
      row.onpointerenter = row.onpointerdown = light;
      row.onpointerleave = () => this.rest();
      this.walkable(row, name, [[0]], light);
    });
  }

  showMap(into, table) {
    const { map, padded } = this.data;
    const known = map.values.flat().filter((value) => value !== null);
    const paint = painter(table, reachOf(known));
    const box = make("div", "single", into);
    box.classList.toggle("fine", isFine(map.values));
    const { grid, cells } = buildGrid(box, map.title, map.values, paint, padded);
    if (map.winner) cells[map.winner[0]][map.winner[1]].classList.add("winner");
    const light = (row, column) => {
      this.light([cells[row][column]]);
      this.say(this.sayCell(map, row, column));
    };
    this.hoverable(grid, light);
    this.walkable(box, map.title, map.values, light);
  }

  // ---- looking ----

  light(elements) {
    for (const element of this.lit) element.classList.remove("lit");
    this.lit = elements;
    for (const element of elements) element.classList.add("lit");
  }

  say(text) {
    this.says.textContent = text;
  }

  rest() {
    this.light([]);
    this.say(
      this.data.trios.length
        ? "Move over a cell, or walk with the arrow keys, to read its multiplication."
        : "Move over a number, or walk there with the keyboard, to read it in full.",
    );
  }

  place(row, column) {
    const [top, left] = this.data.corner;
    return `row ${written(top + row)}, column ${written(left + column)}`;
  }

  sayProduct({ name, patch, kernel }, row, column) {
    const padding = this.data.padded[row][column] ? " (padding)" : "";
    const product = multiplication(patch[row][column], kernel[row][column]);
    return `${name}, ${this.place(row, column)}${padding}: ${product}`;
  }

  sayCell({ values, winner, squares }, row, column) {
    const value = values[row][column];
    if (squares > 1) {
      return `square from ${this.place(row * squares, column * squares)} on: mean ${written(value, 7)}`;
    }
    const wins = winner && winner[0] === row && winner[1] === column ? ", the largest" : "";
    const text = value === null ? "padding, which never wins" : written(value, 7) + wins;
    return `${this.place(row, column)}: ${text}`;
  }

  // ---- pointer and keys ----

  hoverable(grid, light) {
    grid.onpointermove = grid.onpointerdown = (event) => {
      const { row, column } = event.target.closest(".cell")?.dataset ?? {};
      if (row !== undefined) light(Number(row), Number(column));
    };
    grid.onpointerleave = () => this.rest();
  }

  walkable(box, name, values, light) {
    const last = [values.length - 1, values[0].length - 1];
    let here = [0, 0];
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", name);
    box.onfocus = () => box.matches(":focus-visible") && light(...here);
    box.onblur = () => this.rest();
    box.onkeydown = (event) => {
      const step = ARROWS[event.key];
      if (!step) return;
      event.preventDefault();
      here = here.map((at, axis) => Math.min(last[axis], Math.max(0, at + step[axis])));
      light(...here);
    };
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  if (!WORKINGS.has(parentElement)) WORKINGS.set(parentElement, new ByHand(root));
  WORKINGS.get(parentElement).show(data);
}
