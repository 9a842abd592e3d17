// What Python sends (network_map/__init__.py), and how a network is shown.

import type { Bytes } from "../shared/types.d.ts";

export interface NetworkMapData {
  nodes: NetworkNode[]; // every block on its own, the head last
  stage_titles: string[]; // "Stage 1 · BasicBlock × 2"
  measures: string[]; // what the facts of a node are: "Parameters", …
  image: Bytes; // PNG or JPEG, square: what the network sees
  sprite: Bytes; // PNG: the thumbnails that were sent in one row, in the order of the nodes
  thumbnail_size: number; // pixels
  input_shape: string; // "3 × 224 × 224"
  prepared: string; // what was done to the image before; "" where that is not known
  classes: [name: string, probability: number][]; // the likeliest first
  trained: boolean;
  marked: number[]; // numbers of the nodes that the selection belongs to
  selection: Selection;
  unfolded: string[]; // repeat groups that the map opens with
  colours: Record<string, string>; // CSS properties
  alt: string;
}

/** A part of the stem, a block, or the head. */
export interface NetworkNode {
  path: string; // what a click selects: "layer2.1"
  title: string;
  stage: number; // 0 stem and head, 1 to 4
  shape: string; // "64 × 56 × 56"
  facts: string[]; // a value for each of the measures
  field: ReceptiveField;
  group: string; // the first block of the repeat group that it is in, "" for none
  shortcut: "" | "identity" | "projection" | "zero-pad";
  shortcut_label: string; // "1×1, /2"
  thumbnails: number; // how many belong to it, whether or not they were sent
  channels: number[]; // what those show that were sent
}

export interface ReceptiveField {
  size: number; // pixels
  frame: [left: number, top: number, right: number, bottom: number]; // fractions of the image
}

/** The selected layer, stage or block, which need not be a node. */
export interface Selection {
  path: string;
  parent: string; // the block or stage around it, "" when there is none
  field: ReceptiveField;
}

/** What is shown as one: a node, or a repeat group whose blocks are folded. */
export interface Shown {
  node: NetworkNode; // of a repeat group the first
  members: number[]; // numbers of all nodes that it stands for
  folded: boolean; // whether they are a repeat group
  blocks: number; // how many its badge folds or unfolds; 0 without a badge
}

/** The elements of it. */
export interface NodeView extends Shown {
  box: HTMLElement;
  canvases: HTMLCanvasElement[]; // its thumbnails
  badge: HTMLButtonElement | null;
  wire: SVGPathElement; // what leads to it
  arc: SVGPathElement | null; // its shortcut
}

/** The thumbnail that is shown large: of which node view, and which of its thumbnails. */
export interface Thumb {
  view: number;
  number: number;
}
