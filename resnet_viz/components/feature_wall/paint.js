// Values as colours on canvases.

/** @import { Layout, MapPosition, Options, Sheet, Wall } from "./types.d.ts" */

import { colorIndex, css, pixelTable } from "../shared/colours.js";
import { context2d } from "../shared/elements.js";
import { written } from "../shared/numbers.js";
import { MIDDLE, isDead, mapOf } from "./wall.js";

const WHITE = "rgb(255 255 255)";
const BLACK = "rgb(0 0 0 / 70%)";

// From which value to which the colours run; a channel's own scale keeps zero where it belongs.
/**
 * @type {(wall: Wall, options: Pick<Options, "scale" | "low" | "high">, channel: number) => [number, number]}
 */
export function limits(wall, options, channel) {
  if (options.scale === "fixed") return [options.low, options.high];
  const own = options.scale === "channel";
  const vmin = own ? wall.minima[channel] : wall.vmin;
  const vmax = own ? wall.maxima[channel] : wall.vmax;
  if (wall.signed) return vmin < vmax ? [vmin, vmax] : [-1, 1];
  return [0, vmax > 0 ? vmax : 1];
}

// ---- the sheet: every channel once, a pixel for each position, in the order of their numbers ----

/** @type {(wall: Wall) => Sheet} */
export function makeSheet(wall) {
  const across = Math.ceil(Math.sqrt(wall.channels));
  const sheet = document.createElement("canvas");
  sheet.width = across * wall.columns;
  sheet.height = Math.ceil(wall.channels / across) * wall.rows;
  return { canvas: sheet, across, pixels: pixelTable(wall.colours) };
}

/** @type {(wall: Wall, sheet: Sheet, channel: number) => [left: number, top: number]} */
function onSheet(wall, { across }, channel) {
  return [(channel % across) * wall.columns, Math.floor(channel / across) * wall.rows];
}

/** @type {(wall: Wall, sheet: Sheet, options: Options) => void} */
export function paintSheet(wall, sheet, options) {
  const context = context2d(sheet.canvas);
  const image = context.createImageData(sheet.canvas.width, sheet.canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let channel = 0; channel < wall.channels; channel++) {
    const color = colorIndex(wall.signed, limits(wall, options, channel));
    const [left, top] = onSheet(wall, sheet, channel);
    const map = mapOf(wall, channel);
    for (let row = 0, i = 0; row < wall.rows; row++) {
      let at = (top + row) * image.width + left;
      for (let column = 0; column < wall.columns; column++) pixels[at++] = sheet.pixels[color(map[i++])];
    }
  }
  context.putImageData(image, 0, 0);
}

// ---- the wall, and the marks over it ----

/** @type {(layout: Layout, position: number) => [x: number, y: number]} */
export function tileCorner({ columns, tile, gap }, position) {
  const [column, row] = [position % columns, Math.floor(position / columns)];
  return [column * (tile.width + gap), row * (tile.height + gap)];
}

// A canvas over a part of a board, sharp on any screen; drawn on in the board's CSS pixels.
/**
 * @type {(
 *   canvas: HTMLCanvasElement, width: number, part: [top: number, bottom: number]
 * ) => CanvasRenderingContext2D}
 */
export function sized(canvas, width, [top, bottom]) {
  const ratio = window.devicePixelRatio || 1;
  const height = bottom - top;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.style.top = `${top}px`;
  const context = context2d(canvas);
  context.scale(ratio, ratio);
  context.translate(0, -top);
  return context;
}

/**
 * @type {(
 *   context: CanvasRenderingContext2D,
 *   wall: Wall,
 *   sheet: Sheet,
 *   layout: Layout,
 *   order: number[],
 *   positions: number[],
 *   options: Options
 * ) => void}
 */
export function paintWall(context, wall, sheet, layout, order, positions, options) {
  const { tile } = layout;
  // Shrinking mixes neighbours, enlarging shows each value as a square.
  context.imageSmoothingEnabled = tile.width * (window.devicePixelRatio || 1) < wall.columns;
  context.imageSmoothingQuality = "high";
  for (const position of positions) {
    const channel = order[position];
    const [left, top] = onSheet(wall, sheet, channel);
    const [x, y] = tileCorner(layout, position);
    const { columns, rows } = wall;
    context.drawImage(sheet.canvas, left, top, columns, rows, x, y, tile.width, tile.height);
    if (layout.vectors) writeTile(context, wall, options, channel, x, y, tile);
    else if (isDead(wall, channel)) crossOut(context, ink(wall, options, channel, 0), x, y, tile);
  }
}

// What shows on the colour of a value.
/** @type {(wall: Wall, options: Options, channel: number, value: number) => string} */
function ink(wall, options, channel, value) {
  const color = colorIndex(wall.signed, limits(wall, options, channel));
  const at = 3 * color(value);
  const [red, green, blue] = wall.colours.subarray(at, at + 3);
  return 0.3 * red + 0.59 * green + 0.11 * blue > 140 ? BLACK : WHITE;
}

// A dead channel is as dark as one that is only quiet beside others: a line through it tells them apart.
/**
 * @type {(
 *   context: CanvasRenderingContext2D, colour: string, x: number, y: number, tile: Layout["tile"]
 * ) => void}
 */
function crossOut(context, colour, x, y, { width, height }) {
  context.strokeStyle = colour;
  context.lineWidth = width < 40 ? 1 : 1.5;
  context.beginPath();
  context.moveTo(x + 1, y + height - 1);
  context.lineTo(x + width - 1, y + 1);
  context.stroke();
}

// Two digits, as 0.0012 or as 1.2e−7.
/** @type {(value: number) => string} */
function shortest(value) {
  const text = written(value, 2);
  return text.length < 8 ? text : value.toExponential(1).replaceAll("-", "−");
}

// As much of a text as has room.
/** @type {(context: CanvasRenderingContext2D, text: string, width: number) => string} */
function fitted(context, text, width) {
  let shown = text;
  for (let end = text.length - 1; end > 0 && context.measureText(shown).width > width; end--) {
    shown = `${text.slice(0, end)}…`;
  }
  return shown;
}

// The value of a channel that has a single one, below its name where it has one.
/**
 * @type {(
 *   context: CanvasRenderingContext2D,
 *   wall: Wall,
 *   options: Options,
 *   channel: number,
 *   x: number,
 *   y: number,
 *   tile: Layout["tile"]
 * ) => void}
 */
function writeTile(context, wall, options, channel, x, y, tile) {
  const value = wall.minima[channel]; // of a single value, it is that value
  context.fillStyle = ink(wall, options, channel, value);
  context.textAlign = "center";
  context.textBaseline = "middle";
  const room = tile.width - 4;
  const label = wall.labels[channel];
  /** @type {(text: string, size: number, down: number) => void} */
  const write = (text, size, down) => {
    context.font = `${size}px sans-serif`;
    context.fillText(text, x + tile.width / 2, y + down * tile.height + 1);
  };
  context.font = "11px sans-serif";
  if (label) write(fitted(context, label, room), 11, 0.28);
  const text = shortest(value);
  // fillText's own way to limit a width makes Chromium lose what is painted after some thousand texts.
  write(text, 11 * Math.min(1, room / context.measureText(text).width), label ? 0.72 : 0.5);
}

// Which of the tiles lie between two heights.
/**
 * @type {(layout: Layout, count: number, part: [top: number, bottom: number]) => number[]}
 */
export function positionsIn({ tile, gap, columns }, count, [from, to]) {
  const first = Math.max(0, Math.floor(from / (tile.height + gap))) * columns;
  const last = Math.min(count, (Math.floor(to / (tile.height + gap)) + 1) * columns);
  return Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at);
}

// The same position in several tiles: a white dot with a dark rim shows on any colour.
/**
 * @type {(
 *   context: CanvasRenderingContext2D,
 *   wall: Wall,
 *   layout: Layout,
 *   positions: number[],
 *   at: MapPosition
 * ) => void}
 */
export function paintDots(context, wall, layout, positions, { row, column }) {
  const { tile } = layout;
  const size = tile.width < 40 ? 1 : Math.min(5, Math.max(2, tile.width / wall.columns - 2));
  const across = ((column + MIDDLE) * tile.width) / wall.columns - size / 2;
  const down = ((row + MIDDLE) * tile.height) / wall.rows - size / 2;
  for (const rim of [1, 0]) {
    context.fillStyle = rim ? BLACK : WHITE;
    for (const position of positions) {
      const [x, y] = tileCorner(layout, position);
      context.fillRect(x + across - rim, y + down - rim, size + 2 * rim, size + 2 * rim);
    }
  }
}

// ---- one channel large ----

/** @type {(canvas: HTMLCanvasElement, wall: Wall, sheet: Sheet, channel: number) => void} */
export function paintMap(canvas, wall, sheet, channel) {
  if (canvas.width !== wall.columns) canvas.width = wall.columns;
  if (canvas.height !== wall.rows) canvas.height = wall.rows;
  const [left, top] = onSheet(wall, sheet, channel);
  const { columns, rows } = wall;
  context2d(canvas).drawImage(sheet.canvas, left, top, columns, rows, 0, 0, columns, rows);
}

/** @type {(wall: Wall, ends: [vmin: number, vmax: number]) => string} */
export function gradient(wall, ends) {
  const [vmin, vmax] = ends;
  const color = colorIndex(wall.signed, ends);
  const stops = Array.from({ length: 17 }, (_, i) =>
    css(wall.colours, color(vmin + (i * (vmax - vmin)) / 16)),
  );
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
