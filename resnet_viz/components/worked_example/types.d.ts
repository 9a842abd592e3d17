// What Python sends: components/worked_example/encode/ writes it.

import type { ColorTable, Position, Size } from "../shared/types.d.ts";

export type WorkedExampleData = WindowedExample | MeanExample | ScoreExample;
export type Kind = WorkedExampleData["kind"];

interface Written {
  name: string; // which value is worked out, for those who cannot see it
  intro: string; // words with gaps for numbers, as in the steps
  steps: Step[];
  colours: ColorTable;
}

/** One line of the sum: a number, by its name, and how it follows. Without the number, no line. */
export interface Step {
  name: string;
  how: string;
  value: string; // name of the number
  marked: boolean; // the value that the map of the selected layer shows
}

/** Of a layer that moves a window or looks at one position: the area around what was asked for. */
export type WindowedExample = ConvolutionExample | PoolExample | PositionwiseExample;

interface Windowed extends Written {
  inputs: string[]; // names of the maps
  output: string;
  shown: string; // name of the number that the output map shows: "out0", "out1", …
  window: Window;
  input_size: Size; // of the whole input
  map_size: Size; // of the maps, padding included
  corner: Position; // the first position of the area
  extent: Size; // of the area
  cell: Position; // what was asked for
  maps: Float32Array; // what the layer reads
  outputs: Float32Array; // what it puts out, and after it the layers that follow
}

export interface ConvolutionExample extends Windowed {
  kind: "convolution" | "pointwise";
  kernels: Float32Array; // of the channels that are shown
  rests: Float32Array; // sums over the channels that are not
}

export interface PoolExample extends Windowed {
  kind: "pool";
}

export interface PositionwiseExample extends Windowed {
  kind: "elementwise";
}

export interface Window {
  size: Size;
  stride: [down: number, right: number];
  padding: [rows: number, columns: number];
}

export interface MeanExample extends Written {
  kind: "mean";
  inputs: string[];
  pool_size: number; // side of the squares that the map was averaged over, to be shown
  map_size: Size;
  maps: Float32Array;
  sum: Float32Array; // one number
  outputs: Float32Array;
}

export interface ScoreExample extends Written {
  kind: "score";
  strongest: number; // how many channels are shown on each side
  classes: { name: string; number: number }[];
  class_number: number; // of the class that is shown
  activations: Float32Array;
  weights: Float32Array; // (classes, channels)
  biases: Float32Array;
  scores: Float32Array;
  probabilities: Float32Array;
}

/** What a channel adds to the score of a class. */
export interface Contribution {
  channel: number;
  activation: number;
  weight: number;
  product: number;
}

/** The numbers of a worked example by their names; some are text already. */
export type Numbers = Record<string, number | string>;

/** Shows a position in the elements of a layout; of a layer that has one value, that value. */
export type Show = (position: Position, moving: boolean) => void;

/** Lights the number in a row and a column of a grid. */
export type Light = (row: number, column: number) => void;
