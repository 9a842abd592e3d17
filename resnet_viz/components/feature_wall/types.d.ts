// What Python sends (components/feature_wall/encode.py and feature_wall/__init__.py), and what is made of it.

import type { Bytes, ColorTable } from "../shared/types.d.ts";

/** The header of the bytes, and their arrays. */
export interface WallData {
  source?: string; // the URL of other layers, before a layer is named
  name: string;
  alt: string;
  noun: "channel" | "class";
  labels?: string[]; // names of the channels, where they have any
  initial_view: InitialView;
  channels: number;
  rows: number; // of a map as sent
  columns: number;
  code: "float32" | "uint16" | "uint8";
  pool_size: number; // side of the squares whose means are sent
  shape: [channels: number, rows: number, columns: number]; // of the whole layer
  signed: boolean;
  field: { size: number; jump: number; start: number }; // receptive field of the first position
  side: number; // of the image, pixels
  statistics: Float32Array;
  quantised: Float32Array | Uint16Array | Uint8Array;
  colours: ColorTable;
  image: Bytes;
}

export interface InitialView {
  options: Options;
  channel: number;
  row: number;
  column: number;
  pinned: boolean;
  default_position: Unit; // what is shown while nothing is pinned and nothing under the cursor
  options_version: number; // changes of options that Python knew of
}

export interface Options {
  sort: "index" | "mean" | "variance" | "strongest" | "alike";
  scale: "channel" | "layer" | "fixed";
  show: "all" | "alive" | "dead";
  low: number; // ends of the fixed scale
  high: number;
}

/** One value of one channel. */
export interface Unit extends MapPosition {
  channel: number;
}

/** Where a value stands in a map as it was sent, or in the whole layer. */
export interface MapPosition {
  row: number;
  column: number;
}

/** The data read back. */
export interface Wall extends Omit<WallData, "source" | "initial_view" | "statistics" | "quantised" | "labels"> {
  labels: string[];
  minima: Float32Array; // of each channel, as are the next four
  maxima: Float32Array;
  means: Float32Array;
  deviations: Float32Array;
  zeros: Float32Array; // fraction of them
  values: Float32Array; // of all channels as sent
  vmin: number; // of the whole layer
  vmax: number;
}

/** Every channel once on a canvas out of sight, from which tiles are drawn. */
export interface Sheet {
  canvas: HTMLCanvasElement;
  across: number; // channels in a row
  pixels: Uint32Array; // the colours
}

/** How the tiles of a wall are laid. */
export interface Layout {
  columns: number;
  rows: number;
  tile: { width: number; height: number };
  gap: number;
  vectors: boolean; // whether a map is a single value: a number in each tile
}

/** What the wall shows. */
export interface State {
  wall: Wall;
  options: Options;
  layout: Layout;
  order: number[]; // the channels that are shown
  shown: Unit;
  pinned: Unit | null;
  anchor: number; // the channel that correlations are with
}
