// The working of a position, and of every other one that the pointer comes to: over an input map or the
// output map, window and position move together, and the numbers follow. Only a click is told to Python.

/** @import { Bytes, Component, Position, Send, Size } from "../shared/types.d.ts" */
/** @import { Light, Show, WindowedExample, WorkedExampleData } from "./types.d.ts" */

import { readBlob, sameBytes } from "../shared/blob.js";
import { COARSE, lifted } from "../shared/device.js";
import { focusedIn, make, targetOf } from "../shared/elements.js";
import { exact, inRange, written } from "../shared/numbers.js";
import { fill, isPadding, nth, numbersAt, windowCorner, windowWithin } from "./arithmetic.js";
import { LAYOUTS } from "./layouts.js";
import { buildMap, frameMap, isFine, paintMap, showSteps, vmaxOf } from "./parts.js";
import { Slide } from "./slide.js";

/** @type {WeakMap<HTMLElement, WorkedExample>} */
const EXAMPLES = new WeakMap();
const REST = 80; // milliseconds
/** @type {Record<string, [down: number, right: number]>} */
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** @typedef {ReturnType<WorkedExample["buildOutput"]>} Output */

export class WorkedExample {
  /** @type {Send} */ tell;
  /** @type {Bytes | undefined} */ bytes;
  /** @type {WorkedExampleData} */ example;
  /** @type {WindowedExample | null} */ windowed; // the same, of a layer that has positions
  /** @type {Position} */ position; // the one that is shown, of such a layer
  /** @type {number} */ classNumber; // the class that is shown, of a classifier
  /** @type {number} */ vmax; // where the input's colours end
  /** @type {Output | null} */ output;
  /** @type {Slide | null} */ slide = null;
  /** @type {Show} */ fillBench;
  /** @type {HTMLElement} */ intro;
  /** @type {HTMLElement} */ steps;
  /** @type {HTMLElement} */ says;
  /** @type {HTMLElement[]} */ lit = [];
  /** @type {number | undefined} */ frame; // that was asked for
  /** @type {number | undefined} */ resting; // timer

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    root.setAttribute("role", "group");
  }

  // ---- another example arrives ----

  /** @type {(bytes: Bytes, tell: Send) => void} */
  open(bytes, tell) {
    this.tell = tell; // the latest one: an old one would speak for a page that is gone
    if (sameBytes(bytes, this.bytes)) return;
    this.slide?.end();
    this.bytes = bytes.slice();
    /** @type {WorkedExampleData} */
    const example = readBlob(bytes);
    this.example = example;
    this.windowed = "window" in example ? example : null;
    this.classNumber = example.kind === "score" ? example.class_number : -1;
    this.position = this.windowed?.cell ?? [0, 0];
    const { root } = this;
    const focused = this.focused();
    root.replaceChildren();
    root.setAttribute("aria-label", example.name);
    root.dataset.shown = example.name;
    this.lit = [];
    const maps = "maps" in example ? example.maps : null;
    this.vmax = vmaxOf(maps ?? []);
    this.intro = make("p", "intro", root);
    const bench = make("div", "bench", root);
    this.fillBench = LAYOUTS[example.kind](this, example, bench);
    const { windowed } = this;
    const output = windowed && this.buildOutput(windowed, bench);
    const single = windowed?.extent.every((side) => side === 1) ?? true;
    bench.classList.toggle("one-cell", single);
    this.output = output;
    this.slide = windowed && output && !single ? new Slide(this, windowed, output.figure) : null;
    if (maps) make("p", "scale", root, this.scale());
    // Below the output map, which stays in sight beside the rows and covers none of them.
    this.says = make("p", "says", single ? root : (output?.figure ?? root));
    this.says.setAttribute("role", "status");
    this.steps = make("dl", "steps", root);
    this.show();
    this.rest();
    /** @type {HTMLElement | null} */
    const again = focused ? root.querySelector(focused) : null;
    again?.focus({ preventScroll: true });
  }

  // Where the keyboard is, so that it is there again after a pin.
  focused() {
    const element = focusedIn(this.root);
    if (!element || !this.root.contains(element)) return "";
    if (element.closest(".classes")) return '.classes [aria-pressed="true"]';
    return element.closest(".output") ? ".output .board" : "";
  }

  // What the deepest colours stand for; a map of the wall has a scale of its own.
  scale() {
    const ends = (/** @type {number} */ vmax) => `±${written(vmax < 1e-29 ? 0 : vmax, 3)}`;
    const output = this.output ? `, the output's at ${ends(this.output.vmax)}` : "";
    return `Red is above zero, blue below: the input's scale ends at ${ends(this.vmax)}${output}.`;
  }

  // The map that the positions make up, which the arrow keys walk.
  /** @param {WindowedExample} example @param {HTMLElement} bench */
  buildOutput(example, bench) {
    const { outputs, extent, corner, colours, output, shown } = example;
    const map = buildMap(bench, output, "output");
    const values = nth(outputs, Number(shown.slice(3)), extent); // of "out0", "out1", …
    const vmax = vmaxOf(values);
    const paint = (/** @type {(at: Position) => boolean} */ isOpen) =>
      paintMap(map, values, extent, colours, vmax, isOpen);
    paint(() => false);
    this.moves(map.board, ([down, right]) => [
      corner[0] + inRange(Math.floor(down * extent[0]), extent[0]),
      corner[1] + inRange(Math.floor(right * extent[1]), extent[1]),
    ]);
    const position = make("p", "position", map.figure);
    const { board } = map;
    board.tabIndex = 0;
    board.setAttribute("role", "application");
    board.setAttribute("aria-roledescription", "map");
    board.setAttribute("aria-label", `${output}. Arrow keys move, Enter pins, Esc goes back.`);
    board.onkeydown = (event) => this.key(event, example);
    board.onblur = () => this.look(example.cell);
    return { ...map, position, paint, vmax };
  }

  // As many positions of the output as have come about so far.
  /** @type {(count: number) => void} */
  showOutput(count) {
    const columns = this.windowed?.extent[1] ?? 1;
    this.output?.paint(([row, column]) => row * columns + column >= count);
  }

  // ---- showing a position ----

  show(moving = false) {
    const { position, output, windowed } = this;
    const example =
      this.example.kind === "score"
        ? { ...this.example, class_number: this.classNumber }
        : this.example;
    const numbers = numbersAt(example, position);
    this.intro.textContent = fill(example.intro, numbers);
    this.fillBench(position, moving);
    showSteps(this.steps, example.steps, numbers);
    if (!output || !windowed) return;
    const [row, column] = position;
    const { corner, extent, shown } = windowed;
    frameMap(output, [row - corner[0], column - corner[1]], [1, 1], extent);
    output.position.textContent = `row ${row}, column ${column}: ${exact(Number(numbers[shown]))}`;
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

  /** @type {(position: Position) => void} */
  look(position) {
    if (position.join() === this.position.join()) return;
    this.position = position;
    this.redraw();
    this.rest();
  }

  // Another class, of those that were sent.
  /** @type {(classNumber: number) => void} */
  consider(classNumber) {
    this.classNumber = classNumber;
    this.redraw();
  }

  /** @type {(pinned: { row: number, column: number, channel?: number }) => void} */
  pin(pinned) {
    this.tell("pin", pinned);
  }

  // ---- what is under the cursor, in words ----

  /** @type {(elements: HTMLElement[]) => void} */
  light(elements) {
    for (const element of this.lit) element.classList.remove("lit");
    this.lit = elements;
    for (const element of elements) element.classList.add("lit");
  }

  unlight() {
    this.light([]);
    this.rest();
  }

  /** @type {(text: string) => void} */
  say(text) {
    this.says.textContent = text;
  }

  rest() {
    this.say(this.windowed ? reading(this.windowed, this.position) : "");
  }

  // ---- pointer and keys ----

  // Over a map: another position. `positionAt` gets the point as fractions of the map.
  /** @type {(board: HTMLElement, positionAt: (point: [down: number, right: number]) => Position) => void} */
  moves(board, positionAt) {
    const under = (/** @type {MouseEvent} */ event) => {
      const box = board.getBoundingClientRect();
      return positionAt([
        (event.clientY - box.top) / box.height,
        (event.clientX - box.left) / box.width,
      ]);
    };
    board.onpointermove = board.onpointerdown = (event) => {
      if (this.slide?.at !== undefined) this.slide.end();
      this.look(under(event));
    };
    board.onpointerleave = (event) => {
      if (!lifted(event) && this.windowed) this.look(this.windowed.cell);
    };
    board.onclick = (event) => this.pinPosition(under(event));
  }

  /** @type {(position: Position) => void} */
  pinPosition([row, column]) {
    this.pin({ row, column });
  }

  /** @type {(event: KeyboardEvent, example: WindowedExample) => void} */
  key(event, { corner, extent, cell }) {
    const { position } = this;
    const step = ARROWS[event.key];
    if (this.slide?.at !== undefined) this.slide.end();
    if (step) {
      const within = (/** @type {0 | 1} */ axis) =>
        corner[axis] + inRange(position[axis] - corner[axis] + step[axis], extent[axis]);
      this.look([within(0), within(1)]);
    } else if (event.key === "Enter") this.pinPosition(position);
    else if (event.key === "Escape") this.look(cell);
    else return;
    event.preventDefault();
  }

  // Over a grid of numbers: one of them, read out.
  /** @type {(grid: HTMLElement, light: Light) => void} */
  reads(grid, light) {
    grid.onpointermove = grid.onpointerdown = (event) => {
      /** @type {HTMLElement | null} */
      const cell = targetOf(event).closest(".cell");
      const { row, column } = cell?.dataset ?? {};
      if (row !== undefined) light(Number(row), Number(column));
    };
    grid.onpointerleave = (event) => lifted(event) || this.unlight();
  }

  // The same with the arrow keys.
  /** @type {(box: HTMLElement, name: string, size: Size, light: Light) => void} */
  walks(box, name, size, light) {
    /** @type {Position} */
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
      here = [inRange(here[0] + step[0], size[0]), inRange(here[1] + step[1], size[1])];
      light(...here);
    };
  }
}

// What the position's window covers of the input.
/** @type {(example: WindowedExample, position: Position) => string} */
function reading(example, position) {
  const first = windowCorner(example, position);
  const { size } = example.window;
  const [rows, columns] = size.map((side, axis) => {
    const [from, to] = [first[axis], first[axis] + side - 1];
    return side > 1 ? `s ${written(from)} to ${to}` : ` ${from}`;
  });
  const padding = size.some((side) => side > 1) && hasPadding(example, position);
  const tap = COARSE.matches && isFine(size[0]); // its cells have no room for digits
  const hint = tap ? " Tap a cell of the kernel for its numbers." : "";
  return `Reads row${rows}, column${columns}${padding ? "; hatched is padding" : ""}.${hint}`;
}

/** @type {(example: WindowedExample, position: Position) => boolean} */
function hasPadding(example, position) {
  const [top, left] = windowWithin(example, position);
  const [height, width] = example.window.size;
  return isPadding(example, [top, left]) || isPadding(example, [top + height - 1, left + width - 1]);
}

/** @type {Component<Bytes>} */
export default function ({ data, parentElement, setTriggerValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".root"));
  const example = EXAMPLES.get(parentElement) ?? new WorkedExample(root);
  EXAMPLES.set(parentElement, example);
  example.open(data, setTriggerValue);
  return () => example.slide?.pause();
}
