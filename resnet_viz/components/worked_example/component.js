// The working of a cell, and of every other one that the pointer comes to: over an input map or the
// output map, window and cell move together, and the numbers follow. Only a click is told to Python.

const HANDS = new WeakMap();
const REST = 80; // milliseconds
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

class ByHand {
  constructor(root) {
    this.root = root;
    root.setAttribute("role", "group");
  }

  // ---- another cell arrives ----

  open(bytes, tell) {
    this.tell = tell; // the latest one: an old one would speak for a page that is gone
    if (sameBytes(bytes, this.bytes)) return;
    this.slide?.end();
    this.bytes = bytes.slice();
    this.asked = this.working = readBlob(bytes);
    const { root, working } = this;
    const focused = this.focused();
    root.replaceChildren();
    root.setAttribute("aria-label", working.name);
    root.dataset.shown = working.name;
    this.lit = [];
    this.reach = mapsReach({ maps: working.maps ?? [] });
    this.intro = make("p", "intro", root);
    const bench = make("div", "bench", root);
    this.fillBench = LAYOUTS[working.kind](this, bench);
    this.output = working.extent ? this.buildOutput(bench) : null;
    const single = working.extent?.every((side) => side === 1) ?? true;
    bench.classList.toggle("one-cell", single);
    this.slide = single ? null : new Slide(this, this.output.figure);
    if (working.maps) make("p", "scale", root, this.scale());
    this.says = make("p", "says", root);
    this.says.setAttribute("role", "status");
    this.steps = make("dl", "steps", root);
    this.cell = working.cell;
    this.show();
    this.rest();
    if (focused) root.querySelector(focused)?.focus({ preventScroll: true });
  }

  // Where the keyboard is, so that it is there again after a pin.
  focused() {
    const element = this.root.getRootNode().activeElement;
    if (!this.root.contains(element)) return "";
    if (element.closest(".classes")) return '.classes [aria-pressed="true"]';
    return element.closest(".output") ? ".output .board" : "";
  }

  // What the deepest colours stand for; a map of the wall has a scale of its own.
  scale() {
    const ends = (reach) => `±${written(reach < 1e-29 ? 0 : reach, 3)}`;
    const output = this.output ? `, the output's at ${ends(this.outputReach)}` : "";
    return `Red is above zero, blue below: the input's scale ends at ${ends(this.reach)}${output}.`;
  }

  // The map that the cells make up, which the arrow keys walk.
  buildOutput(bench) {
    const { working } = this;
    const { outputs, extent, colours, output } = working;
    const map = buildMap(bench, output, "output");
    const values = nth(outputs, Number(working.shown.slice(3)), extent); // of "out0", "out1", …
    const reach = (this.outputReach = reachOf(values));
    const paint = (isOpen) => paintMap(map, values, extent, colours, reach, isOpen);
    paint(() => false);
    const cellAt = (point) =>
      point.map((at, axis) => working.corner[axis] + inRange(Math.floor(at * extent[axis]), extent[axis]));
    this.moves(map.board, cellAt);
    const place = make("p", "place", map.figure);
    const { board } = map;
    board.tabIndex = 0;
    board.setAttribute("role", "application");
    board.setAttribute("aria-roledescription", "map");
    board.setAttribute("aria-label", `${output}. Arrow keys move, Enter pins, Esc goes back.`);
    board.onkeydown = (event) => this.key(event);
    board.onblur = () => this.look(this.working.cell);
    return { ...map, place, paint };
  }

  // As many cells of the output as have come about so far.
  showOutput(count) {
    const columns = this.working.extent[1];
    this.output.paint(([row, column]) => row * columns + column >= count);
  }

  // ---- showing a cell ----

  show(moving = false) {
    const { working, cell, output } = this;
    const numbers = numbersAt(working, cell);
    this.intro.textContent = fill(working.intro, numbers);
    this.fillBench(cell, moving);
    showSteps(this.steps, working.steps, numbers);
    if (!output) return;
    const within = cell.map((at, axis) => at - working.corner[axis]);
    frameMap(output, within, [1, 1], working.extent);
    output.place.textContent = `row ${cell[0]}, column ${cell[1]}: ${exact(numbers[working.shown])}`;
  }

  // However often the pointer moves, a frame draws once; what is too small to be read in passing is
  // written when it rests.
  redraw() {
    clearTimeout(this.resting);
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.show(true);
      clearTimeout(this.resting);
      this.resting = setTimeout(() => this.show(), REST);
    });
  }

  look(cell) {
    if (cell.join() === this.cell.join()) return;
    this.cell = cell;
    this.redraw();
    this.rest();
  }

  // Another class, of those that were sent.
  consider(class_number) {
    this.working = { ...this.asked, class_number };
    this.redraw();
  }

  pin(place) {
    this.tell("pin", place);
  }

  // ---- what is under the cursor, in words ----

  light(elements) {
    for (const element of this.lit) element.classList.remove("lit");
    this.lit = elements;
    for (const element of elements) element.classList.add("lit");
  }

  unlight() {
    this.light([]);
    this.rest();
  }

  say(text) {
    this.says.textContent = text;
  }

  rest() {
    this.say(this.output ? reading(this.working, this.cell) : "");
  }

  // ---- pointer and keys ----

  // Over a map: another cell. `cellAt` gets the point as fractions of the map.
  moves(board, cellAt) {
    const under = (event) => {
      const box = board.getBoundingClientRect();
      const point = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
      return cellAt(point);
    };
    board.onpointermove = board.onpointerdown = (event) => {
      if (this.slide?.at !== undefined) this.slide.end();
      this.look(under(event));
    };
    board.onpointerleave = (event) => lifted(event) || this.look(this.working.cell);
    board.onclick = (event) => this.pinCell(under(event));
  }

  pinCell([row, column]) {
    this.pin({ row, column });
  }

  key(event) {
    const { working, cell } = this;
    const step = ARROWS[event.key];
    if (this.slide?.at !== undefined) this.slide.end();
    if (step) {
      const { corner, extent } = working;
      const within = (at, axis) => corner[axis] + inRange(at - corner[axis] + step[axis], extent[axis]);
      this.look(cell.map(within));
    } else if (event.key === "Enter") this.pinCell(cell);
    else if (event.key === "Escape") this.look(working.cell);
    else return;
    event.preventDefault();
  }

  // Over a grid of numbers: one of them, read out.
  reads(grid, light) {
    grid.onpointermove = grid.onpointerdown = (event) => {
      const { row, column } = event.target.closest(".cell")?.dataset ?? {};
      if (row !== undefined) light(Number(row), Number(column));
    };
    grid.onpointerleave = (event) => lifted(event) || this.unlight();
  }

  // The same with the arrow keys.
  walks(box, name, size, light) {
    let here = [0, 0];
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", name);
    box.onfocus = () => box.matches(":focus-visible") && light(...here);
    box.onblur = () => this.unlight();
    box.onkeydown = (event) => {
      const step = ARROWS[event.key];
      if (!step) return;
      event.preventDefault();
      here = here.map((at, axis) => inRange(at + step[axis], size[axis]));
      light(...here);
    };
  }
}

// What the cell's window covers of the input.
function reading(working, cell) {
  const first = windowCorner(working, cell);
  const [rows, columns] = working.window.size.map((side, axis) => {
    const [from, to] = [first[axis], first[axis] + side - 1];
    return side > 1 ? `s ${written(from)} to ${to}` : ` ${from}`;
  });
  const padding = working.window.size.some((side) => side > 1) && hasPadding(working, cell);
  const tap = COARSE.matches && isFine(working.window.size[0]); // its cells have no room for digits
  const hint = tap ? " Tap a cell of the kernel for its numbers." : "";
  return `Reads row${rows}, column${columns}${padding ? "; hatched is padding" : ""}.${hint}`;
}

function hasPadding(working, cell) {
  const [top, left] = windowWithin(working, cell);
  const [height, width] = working.window.size;
  const ends = [[top, left], [top + height - 1, left + width - 1]];
  return ends.some((at) => isPadding(working, at));
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  if (!HANDS.has(parentElement)) HANDS.set(parentElement, new ByHand(root));
  const hand = HANDS.get(parentElement);
  hand.open(data, setTriggerValue);
  return () => hand.slide?.pause();
}
