// Heat maps side by side. The pointer or the arrow keys choose a place of the image, and every map says its
// value there.

/** @import { Bytes, Component, Position } from "../shared/types.d.ts" */
/** @import { Box, HeatMap, HeatMapsData, Options } from "./types.d.ts" */

import { readBlob, sameBytes, showImage } from "../shared/blob.js";
import { css } from "../shared/colours.js";
import { lifted } from "../shared/device.js";
import { context2d, make } from "../shared/elements.js";
import { inRange, written } from "../shared/numbers.js";
import { cell, ends, field, nearest, onImage, valueAt } from "./geometry.js";
import { addContours, coloured } from "./paint.js";

const PIXELS = 280; // of a painted map, across
/** @type {WeakMap<HTMLElement, HeatMaps>} */
const SHOWN = new WeakMap();
/** @type {Record<string, [right: number, down: number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** @type {[keyof Options, string][]} */
const SWITCHES = [
  ["signed", "values below zero"],
  ["shared", "one scale for all"],
  ["cells", "cells"],
  ["contours", "contours"],
];

class HeatMaps {
  /** @type {Bytes | undefined} */ bytes;
  /** @type {HeatMapsData} */ data;
  /** @type {HeatMap[]} */ maps = [];
  /** @type {ReturnType<HeatMaps["build"]>[]} */ figures = [];
  /** @type {Options} */ options = {
    opacity: 0.6,
    signed: false,
    shared: false,
    cells: false,
    contours: false,
  };

  /** @param {HTMLElement} root */
  constructor(root) {
    root.setAttribute("role", "group");
    this.controls = make("div", "controls", root);
    this.panels = make("div", "panels", root);
    const opacity = make("label", "opacity", this.controls, "Opacity ");
    const slider = make("input", "", opacity);
    Object.assign(slider, { type: "range", min: "0", max: "100", value: "60" });
    slider.addEventListener("input", () => this.change({ opacity: Number(slider.value) / 100 }));
    for (const [name, label] of SWITCHES) {
      const switched = make("label", name, this.controls);
      const box = make("input", "", switched);
      box.type = "checkbox";
      switched.append(label);
      box.addEventListener("change", () => this.change({ [name]: box.checked }));
    }
  }

  /** @type {(bytes: Bytes) => void} */
  open(bytes) {
    if (sameBytes(bytes, this.bytes)) return;
    this.bytes = bytes.slice();
    this.data = readBlob(bytes);
    this.maps = this.data.panels.map((panel, i) => ({ ...panel, values: this.data[`map${i}`] }));
    this.panels.replaceChildren();
    this.panels.setAttribute("aria-label", this.data.alt);
    this.panels.classList.toggle("small", this.data.small);
    this.figures = this.maps.map((map) => this.build(map));
    this.controls.classList.toggle("single", this.maps.length < 2);
    this.paint();
  }

  /** @param {HeatMap} map */
  build(map) {
    const figure = make("figure", "", this.panels);
    const caption = make("figcaption", "", figure);
    make("b", "", caption, map.title);
    make("span", "subtitle", caption, map.subtitle);
    const board = make("div", "board", figure);
    board.tabIndex = 0;
    board.setAttribute("role", "application");
    board.setAttribute("aria-label", `${map.title}, ${map.subtitle}`);
    const image = make("img", "", board);
    image.alt = ""; // the board's name says what it shows
    showImage(image, this.data.image);
    const canvas = make("canvas", "", board);
    canvas.width = canvas.height = PIXELS;
    const frames = [make("div", "field", board), make("div", "cell", board)];
    const scale = make("div", "scale", figure);
    const bar = { low: make("span", "", scale), ramp: make("div", "ramp", scale), high: make("span", "", scale) };
    const says = make("p", "says", figure);
    says.setAttribute("role", "status");
    if (map.note) make("p", "note", figure, map.note);
    board.addEventListener("pointermove", (event) => this.point(board, event));
    board.addEventListener("pointerdown", (event) => this.point(board, event));
    board.addEventListener("pointerleave", (event) => lifted(event) || this.rest());
    board.addEventListener("keydown", (event) => this.step(map, event));
    board.addEventListener("focus", () => this.show(this.centre()));
    board.addEventListener("blur", () => this.rest());
    return { canvas, frames, bar, says };
  }

  /** @type {(changed: Partial<Options>) => void} */
  change(changed) {
    Object.assign(this.options, changed);
    this.paint();
  }

  paint() {
    const { signed, shared, cells, contours, opacity } = this.options;
    const { side } = this.data;
    const colours = signed ? this.data.signed : this.data.positive;
    const last = ends(this.maps, signed, shared);
    this.maps.forEach((map, i) => {
      const { canvas, bar } = this.figures[i];
      const whole = onImage(map, side, PIXELS, cells);
      const bytes = coloured(whole, last[i], colours, signed, map.note && !signed ? 0 : opacity);
      if (contours && last[i] > 0) addContours(bytes, whole, PIXELS, last[i]);
      context2d(canvas).putImageData(new ImageData(bytes, PIXELS), 0, 0);
      bar.low.textContent = signed ? written(-last[i], 3) : "0";
      bar.high.textContent = written(last[i], 3);
      const stops = Array.from({ length: 9 }, (_, at) => css(colours, Math.round((255 * at) / 8)));
      bar.ramp.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    });
    this.rest();
  }

  // ---- one place, in all maps ----

  /** @type {(board: HTMLElement, event: PointerEvent) => void} */
  point(board, event) {
    const { left, top, width, height } = board.getBoundingClientRect();
    const { side } = this.data;
    this.show([((event.clientX - left) / width) * side, ((event.clientY - top) / height) * side]);
  }

  /** @type {(map: HeatMap, event: KeyboardEvent) => void} */
  step(map, event) {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    event.stopPropagation(); // the page may have arrow keys of its own
    const { jump } = map;
    const { side } = this.data;
    const [x, y] = this.place ?? this.centre();
    this.show([inRange(x + arrow[0] * jump, side), inRange(y + arrow[1] * jump, side)]);
  }

  /** @returns {[x: number, y: number]} */
  centre() {
    return this.place ?? [this.data.side / 2, this.data.side / 2];
  }

  /** @type {[x: number, y: number] | undefined} */ place;

  /** @type {(place: [x: number, y: number]) => void} */
  show(place) {
    this.place = place;
    this.maps.forEach((map, i) => {
      const { frames, says } = this.figures[i];
      const position = nearest(map, ...place);
      this.frame(frames[0], field(map, position));
      this.frame(frames[1], cell(map, position));
      says.textContent = sentence(map, position);
    });
  }

  // What is said while nothing is under the cursor.
  rest() {
    this.place = undefined;
    this.maps.forEach((map, i) => {
      const { frames, says } = this.figures[i];
      for (const frame of frames) frame.hidden = true;
      const [low, high] = [Math.min, Math.max].map((pick) => map.values.reduce((a, b) => pick(a, b)));
      says.textContent = `values from ${written(low, 3)} to ${written(high, 3)}`;
    });
  }

  // A box of the image as a frame over it, cut off at its borders.
  /** @type {(frame: HTMLElement, box: Box) => void} */
  frame(frame, box) {
    const { side } = this.data;
    const [left, top, right, bottom] = box.map((edge) => (100 * Math.min(side, Math.max(0, edge))) / side);
    frame.hidden = false;
    Object.assign(frame.style, {
      left: `${left}%`,
      top: `${top}%`,
      width: `${right - left}%`,
      height: `${bottom - top}%`,
    });
  }
}

/** @type {(map: HeatMap, position: Position) => string} */
function sentence(map, position) {
  const value = written(valueAt(map, position), 4);
  return `row ${position[0]}, column ${position[1]}: ${value}`;
}

/** @type {Component<Bytes>} */
export default function ({ data, parentElement }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".root"));
  let shown = SHOWN.get(root);
  if (!shown) SHOWN.set(root, (shown = new HeatMaps(root)));
  shown.open(data);
}
