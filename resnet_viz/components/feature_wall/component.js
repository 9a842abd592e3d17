// The wall's state and what changes it. Hover stays here; a pin and a change of options are told.

/** @import { Choice } from "../shared/choice.js" */
/** @import { Bytes, Component, Send } from "../shared/types.d.ts" */
/** @import { Layout, MapPosition, InitialView, Options, Sheet, Unit, Wall } from "./types.d.ts" */

import { isRunning } from "../shared/app.js";
import { sameBytes, showImage } from "../shared/blob.js";
import { hearChoices } from "../shared/choice.js";
import { COARSE, lifted } from "../shared/device.js";
import { targetOf } from "../shared/elements.js";
import { inRange } from "../shared/numbers.js";
import { asked, found, remember } from "./others.js";
import {
  makeSheet,
  paintDots,
  paintMap,
  paintSheet,
  paintWall,
  positionsIn,
  sized,
  tileCorner,
} from "./paint.js";
import {
  KEYS,
  build,
  framePosition,
  frameTile,
  showBar,
  showCount,
  showField,
  showReadout,
} from "./parts.js";
import { listenToTools, showTools } from "./tools.js";
import {
  positionSeeing,
  ordered,
  readWall,
  sameOptions,
  sentUnit,
  tiling,
  layerIndex,
  underMap,
  underWall,
} from "./wall.js";

/** @type {WeakMap<HTMLElement, FeatureWall>} */
const WALLS = new WeakMap();
const PATIENCE = 400; // milliseconds without a further change, until options are told
const DOUBTS = 3000; // milliseconds in which Python does not even begin to answer
const TALLEST = 640; // pixels, before the wall scrolls
const REACH = 2000; // pixels that are painted above and below what is seen: a canvas has its limits
const SMALLEST = { fine: 14, coarse: 28 }; // pixels of a tile, for a mouse and for a finger
/** @type {Record<string, [across: number, down: number]>} */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class FeatureWall {
  /** @type {Send} */ tell;
  /** @type {Bytes} */ told; // what Python sent last
  source = ""; // where other layers of the same network and image come from
  opening = ""; // with what Python opened it last
  chosen = ""; // the layer that was clicked last
  expected = ""; // the layer that is shown and that Python has not sent yet
  /** @type {object | undefined} */ untold; // a pin on it
  /** @type {Wall} */ wall;
  /** @type {Sheet} */ sheet;
  /** @type {Options} */ options;
  /** @type {Layout} */ layout;
  /** @type {number[]} */ order; // the channels that are shown
  /** @type {Unit} */ shown;
  /** @type {Unit} */ defaultUnit; // shown while nothing is pinned and nothing under the cursor
  /** @type {Unit | null} */ pinned;
  /** @type {number} */ anchor; // the channel that correlations are with
  /** @type {number} */ height; // of the board
  /** @type {[top: number, bottom: number]} */ painted; // what part of the board
  /** @type {CanvasRenderingContext2D} */ overlay;
  /** @type {number | undefined} */ frame; // that was asked for
  /** @type {number | undefined} */ speaking; // timers
  /** @type {number | undefined} */ waiting;
  /** @type {number | undefined} */ doubting;
  active = false; // whether something is under the cursor
  changes = 0; // of options, so far

  /** @param {HTMLElement} root */
  constructor(root) {
    this.parts = build(root);
    new ResizeObserver(() => this.wall && this.arrange()).observe(this.parts.tiles.grid);
  }

  // ---- a layer arrives ----

  /** @type {(bytes: Bytes, tell: Send) => void} */
  hear(bytes, tell) {
    this.tell = tell; // the latest one: an old one would speak for a page that is gone
    if (!this.expected && this.told && sameBytes(bytes, this.told)) return;
    this.told = bytes;
    this.believe(bytes);
  }

  /** @type {(bytes: Bytes) => void} */
  believe(bytes) {
    const { name, source, wall, initialView } = readWall(bytes);
    if (source && source !== this.source) this.settle(); // another network or image
    if (this.expected && this.expected !== name) return; // it answers an earlier choice
    this.source = source || this.source;
    if (this.chosen !== name) this.chosen = "";
    if (wall && !initialView.pinned) remember(this.source, name, bytes);
    const opening = JSON.stringify([this.source, name, initialView]);
    // The same once more, only with its values or without: the wall has moved on by itself since.
    if (!this.expected && opening === this.opening && name === this.wall?.name) return;
    this.opening = opening;
    if (wall) this.follow(wall, initialView);
    else this.wait(bytes, name, initialView);
  }

  // Python knows that the layer was asked for, and does not send it again.
  /** @type {(bytes: Bytes, name: string, initialView: InitialView) => Promise<void>} */
  async wait(bytes, name, initialView) {
    const whole = await found(this.source, name);
    const isOvertaken = this.told !== bytes || (this.expected && this.expected !== name);
    if (isOvertaken) return;
    const { wall } = whole ? readWall(whole) : {};
    if (wall) return this.follow(wall, initialView);
    this.opening = "";
    this.tell("lost", name);
  }

  // What Python says holds; mostly it is what is shown.
  /** @type {(wall: Wall, initialView: InitialView) => void} */
  follow(wall, initialView) {
    const { expected, untold } = this;
    const { options, pinned } = initialView;
    const isShown = expected && !pinned && sameOptions(options, this.options);
    this.settle();
    if (expected && untold) this.tell("pin", untold);
    else if (!isShown) this.open(wall, initialView);
  }

  // A layer is chosen. Its maps are asked for, unless there is a pin: that goes to another place, where
  // only Python knows. Once the choice is made they are shown, if they come before Python's answer.
  /** @type {(choice: Choice) => Promise<void>} */
  async expect({ layer, isMade }) {
    this.chosen = isMade ? layer : "";
    if (!layer) return this.settle(); // where that leads only Python knows
    const { source } = this;
    const isGone = !this.parts.root.isConnected;
    if (isGone || !source || this.pinned || layer === this.wall?.name) return;
    const bytes = await asked(source, layer);
    await new Promise(requestAnimationFrame); // Streamlit sends the choice to Python first
    const isLate = this.chosen !== layer || this.source !== source || this.wall?.name === layer;
    if (!bytes || isLate || this.pinned) return;
    const { wall, initialView } = readWall(bytes);
    if (!wall) return;
    this.expected = layer;
    this.open(wall, { ...initialView, options: this.options, options_version: this.changes });
    this.doubt();
  }

  // Where nothing comes, for instance because the choice was taken back, what Python said last holds.
  doubt() {
    clearTimeout(this.doubting);
    this.doubting = setTimeout(() => {
      if (isRunning()) return this.doubt();
      this.settle();
      this.opening = ""; // open it, though it was open before
      this.believe(this.told);
    }, DOUBTS);
  }

  settle() {
    clearTimeout(this.doubting);
    this.expected = "";
    this.untold = undefined;
  }

  /** @type {(wall: Wall, initialView: InitialView) => void} */
  open(wall, initialView) {
    if (!this.wall) this.listen();
    this.wall = wall;
    this.sheet = makeSheet(wall);
    this.takeOver(initialView);
    this.shown = sentUnit(wall, initialView);
    this.defaultUnit = sentUnit(wall, initialView.default_position);
    this.pinned = initialView.pinned ? this.shown : null;
    this.anchor = this.shown.channel;
    this.active = false;
    this.introduce();
    this.recolour();
    this.parts.root.dataset.shown = wall.name;
  }

  // What was chosen here is kept until Python has heard of it, whatever layer comes in between.
  /** @type {(initialView: InitialView) => void} */
  takeOver({ options, options_version: version }) {
    if (version < this.changes) return;
    this.changes = version;
    this.options = options;
  }

  introduce() {
    const { root, tiles, map, image } = this.parts;
    const { wall } = this;
    root.classList.toggle("vectors", wall.rows * wall.columns === 1);
    tiles.grid.setAttribute("aria-label", `${wall.alt}. ${KEYS}`);
    map.grid.setAttribute("aria-label", `One channel large. ${KEYS}`);
    map.grid.setAttribute("aria-rowcount", String(wall.rows));
    map.grid.setAttribute("aria-colcount", String(wall.columns));
    map.grid.style.aspectRatio = `${wall.columns} / ${wall.rows}`;
    showImage(image, wall.image);
  }

  // ---- drawing: colours, then the order of the tiles, then the marks ----

  recolour() {
    paintSheet(this.wall, this.sheet, this.options);
    this.arrange();
  }

  arrange() {
    const { wall, options, parts } = this;
    const { grid, board } = parts.tiles;
    this.order = ordered(wall, options, this.anchor);
    const smallest = COARSE.matches ? SMALLEST.coarse : SMALLEST.fine;
    const layout = tiling(wall, this.order.length, board.clientWidth, TALLEST, smallest);
    this.layout = layout;
    this.height = Math.max(1, layout.rows * (layout.tile.height + layout.gap));
    board.style.height = `${this.height}px`;
    grid.setAttribute("aria-rowcount", String(layout.rows));
    grid.setAttribute("aria-colcount", String(layout.columns));
    this.paint();
    showTools(parts, this);
    showCount(parts, this);
    this.mark();
  }

  // What can be seen, and as far beyond as `margin` says.
  /** @type {(margin: number) => [top: number, bottom: number]} */
  visible(margin) {
    const { scrollTop, clientHeight } = this.parts.tiles.grid;
    return [Math.max(0, scrollTop - margin), Math.min(this.height, scrollTop + clientHeight + margin)];
  }

  paint() {
    const { wall, sheet, layout, order, options, parts } = this;
    const width = parts.tiles.board.clientWidth;
    this.painted = this.visible(REACH);
    const tiles = sized(parts.tiles.canvas, width, this.painted);
    paintWall(tiles, wall, sheet, layout, order, positionsIn(layout, order.length, this.painted), options);
    this.overlay = sized(parts.dots, width, this.painted);
  }

  mark() {
    const { wall, sheet, parts, shown, pinned } = this;
    const [from, to] = this.visible(TALLEST);
    if (from < this.painted[0] || to > this.painted[1]) this.paint();
    frameTile(parts.tiles.here, this, shown);
    frameTile(parts.tiles.pin, this, pinned);
    framePosition(parts.map.here, wall, shown);
    framePosition(parts.map.pin, wall, pinned?.channel === shown.channel ? pinned : null);
    paintMap(parts.map.canvas, wall, sheet, shown.channel);
    this.markEverywhere();
    showField(parts, this);
    showBar(parts, this);
    showReadout(parts, this);
  }

  markEverywhere() {
    const { overlay, wall, layout, order, shown, pinned, parts } = this;
    overlay.clearRect(0, 0, parts.dots.width, this.height);
    if (layout.vectors) return;
    const seen = positionsIn(layout, order.length, this.visible(0));
    if (this.active) paintDots(overlay, wall, layout, seen, shown);
    else if (pinned) paintDots(overlay, wall, layout, [order.indexOf(pinned.channel)], pinned);
  }

  // ---- looking ----

  // However often the pointer moves, a frame draws once.
  /** @type {(unit: Partial<Unit> | null) => void} */
  look(unit) {
    this.shown = { ...this.shown, ...unit };
    this.active = true;
    this.redraw();
  }

  leave() {
    this.active = false;
    if (this.pinned) this.shown = this.pinned;
    this.redraw();
  }

  // Away from all of it, what is shown is what the page below speaks of.
  leaveAll() {
    this.active = false;
    this.shown = this.pinned ?? this.defaultUnit;
    this.redraw();
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.mark();
    });
  }

  speak() {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      const { position, value, spoken } = this.parts;
      spoken.textContent = `${position.textContent}, ${value.textContent}`;
    }, PATIENCE);
  }

  // ---- choosing ----

  /** @type {(unit: Partial<Unit>) => void} */
  pin(unit) {
    this.shown = { ...this.shown, ...unit };
    this.pinned = this.shown;
    const { channel, row, column } = this.pinned;
    const { wall } = this;
    const position = { row: layerIndex(wall, row, 1), column: layerIndex(wall, column, 2) };
    this.compareWith(channel);
    this.tellPin({ channel, ...position });
    this.speak();
  }

  // Python takes a pin for one on the layer that it sent last.
  /** @type {(pin: object) => void} */
  tellPin(pin) {
    if (this.expected) this.untold = pin;
    else this.tell("pin", pin);
  }

  unpin() {
    if (!this.pinned) return;
    this.pinned = null;
    this.shown = this.defaultUnit;
    this.compareWith(this.anchor);
    this.tellPin({});
  }

  /** @type {(channel: number) => void} */
  compareWith(channel) {
    const other = channel !== this.anchor;
    this.anchor = channel;
    if (other && this.options.sort === "alike") this.arrange();
    showTools(this.parts, this);
    this.redraw();
  }

  /** @type {(changes: Partial<Options>) => void} */
  choose(changes) {
    this.options = { ...this.options, ...changes };
    // Both sides of zero, unless somebody has asked for other ends.
    const oneSided = changes.scale === "fixed" && this.wall.signed && this.options.low === 0;
    if (oneSided) this.options.low = -this.options.high;
    if (changes.sort === "alike") this.anchor = this.shown.channel;
    if ("sort" in changes || "show" in changes) this.arrange();
    else this.recolour();
    this.changes++;
    clearTimeout(this.waiting);
    const told = () => ({ ...this.options, change: this.changes });
    this.waiting = setTimeout(() => this.tell("options", told()), PATIENCE);
  }

  // ---- pointer and keys ----

  listen() {
    const { tiles, map, frame, root } = this.parts;
    /** @type {[HTMLElement, (x: number, y: number, size: [number, number]) => MapPosition | null][]} */
    const surfaces = [
      [tiles.board, (x, y, size) => underWall(this.wall, this.layout, this.order, x, y, size)],
      [map.board, (x, y) => underMap(this.wall, x, y)],
      [frame, (x, y) => positionSeeing(this.wall, x, y)],
    ];
    for (const [element, positionAt] of surfaces) {
      const under = (/** @type {MouseEvent} */ event) => {
        const { left, top, width, height } = element.getBoundingClientRect();
        return positionAt((event.clientX - left) / width, (event.clientY - top) / height, [width, height]);
      };
      element.onpointermove = element.onpointerdown = (event) => this.look(under(event));
      element.onpointerleave = (event) => lifted(event) || this.leave();
      // What is shown is pinned: a click knows its place to whole pixels only, a value may take less.
      element.onclick = (event) => under(event) && this.pin({});
    }
    tiles.grid.onkeydown = (event) => this.key(event, (step) => this.walkTiles(step));
    map.grid.onkeydown = (event) => this.key(event, (step) => this.walkMap(step));
    tiles.grid.onscroll = () => this.redraw();
    root.onpointerleave = (event) => lifted(event) || this.leaveAll();
    root.addEventListener("focusout", ({ relatedTarget: next }) => {
      if (!root.contains(/** @type {Node | null} */ (next))) this.leaveAll();
    });
    root.onkeydown = (event) => {
      if (event.key !== "Escape" || targetOf(event).matches("input, select")) return;
      if (this.pinned) this.unpin();
      else this.leaveAll();
    };
    listenToTools(this);
  }

  /** @type {(event: KeyboardEvent, walk: (step: [across: number, down: number]) => void) => void} */
  key(event, walk) {
    const chosen = event.key === "Enter" || event.key === " ";
    if (!chosen && !(event.key in STEPS)) return;
    event.preventDefault();
    if (chosen) this.pin({});
    else walk(STEPS[event.key]);
    this.speak();
  }

  /** @type {(step: [across: number, down: number]) => void} */
  walkTiles([across, down]) {
    const { order, layout } = this;
    const here = order.indexOf(this.shown.channel);
    const next = here < 0 ? 0 : here + across + down * layout.columns;
    if (!(next in order)) return;
    this.look({ channel: order[next] });
    this.bringIntoView();
  }

  /** @type {(step: [across: number, down: number]) => void} */
  walkMap([across, down]) {
    const { wall, shown } = this;
    const row = inRange(shown.row + down, wall.rows);
    this.look({ row, column: inRange(shown.column + across, wall.columns) });
  }

  bringIntoView() {
    const position = this.order.indexOf(this.shown.channel);
    if (position < 0) return;
    const { grid } = this.parts.tiles;
    const [, top] = tileCorner(this.layout, position);
    const bottom = top + this.layout.tile.height;
    if (top < grid.scrollTop) grid.scrollTop = top;
    if (bottom > grid.scrollTop + grid.clientHeight) grid.scrollTop = bottom - grid.clientHeight;
  }
}

/** @type {FeatureWall | undefined} */
let current;
hearChoices((choice) => void current?.expect(choice));

/** @type {Component<Bytes>} */
export default function ({ data, parentElement, setTriggerValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".root"));
  const wall = WALLS.get(parentElement) ?? new FeatureWall(root);
  WALLS.set(parentElement, wall);
  current = wall;
  wall.hear(data, setTriggerValue);
}
