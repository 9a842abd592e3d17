// What Python sends: the blob of heat_maps/__init__.py.

import type { Bytes, ColorTable } from "../shared/types.d.ts";

export interface HeatMapsData {
  panels: Panel[];
  side: number; // of the network's input, pixels
  alt: string;
  small: boolean; // whether many stand in a row
  image: Bytes;
  positive: ColorTable;
  signed: ColorTable;
  [map: `map${number}`]: Float32Array<ArrayBuffer>;
}

export interface Panel {
  title: string;
  subtitle: string;
  note: string; // why there is nothing to paint
  rows: number;
  columns: number;
  start: number; // centre of the first value, pixels of the input, counted from 0
  jump: number; // from one centre to the next
  field: number; // side of a value's receptive field, pixels
}

/** A map with its values. */
export interface HeatMap extends Panel {
  values: Float32Array<ArrayBuffer>;
}

export interface Options {
  opacity: number; // of the strongest value, 0 to 1
  signed: boolean; // whether values below zero are shown too
  shared: boolean; // one scale for all maps
  cells: boolean; // squares about the centres instead of what lies between
  contours: boolean;
}

/** Left, top, right and bottom, pixels of the input. */
export type Box = [left: number, top: number, right: number, bottom: number];
