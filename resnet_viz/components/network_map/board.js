// The columns between the image and the prediction, as they stand: laid out for a network, filled
// with thumbnails, marked where something is selected. What the pointer is at is no concern of it.

/** @import { NetworkMapData, NodeView, Thumb } from "./types.d.ts" */

import { showImage } from "../shared/blob.js";
import { CALM } from "../shared/device.js";
import { context2d, make } from "../shared/elements.js";
import { arrange, buildNode, buildStages } from "./nodes.js";
import { InputImage, showPrediction } from "./sides.js";
import { buildTrack, buildWires } from "./wires.js";

const RIM = 4; // pixels, of a selected column

export class Board {
  /** @type {NodeView[]} */
  views = []; // the columns, and the prediction as the last
  /** @type {HTMLElement[]} */
  stages = []; // the tinted grounds
  /** @type {HTMLElement} */
  track; // where the pulses run

  /** @param {HTMLElement} body @param {HTMLElement} network */
  constructor(body, network) {
    this.scroller = make("div", "scroller", network);
    this.grid = make("div", "grid", this.scroller);
    this.input = new InputImage(this.grid);
    this.prediction = make("div", "prediction", body);
    this.prediction.role = "button";
    this.sprite = new Image();
  }

  // ---- what a message changes ----

  // The columns, anew: another network, or a repeat group that was folded or unfolded.
  /** @type {(data: NetworkMapData, unfolded: Set<string>) => void} */
  lay({ nodes, stage_titles, measures }, unfolded) {
    const { grid } = this;
    const all = arrange(nodes.slice(0, -1), unfolded);
    grid.replaceChildren(this.input.box);
    grid.style.setProperty("--count", String(all.length));
    grid.classList.toggle("folding", all.some(({ blocks }) => blocks > 0));
    this.stages = buildStages(all, stage_titles, grid);
    const wires = buildWires(all, grid);
    const columns = all.map((shown, index) => buildNode(shown, index, measures, grid));
    this.track = buildTrack(grid);
    const head = { node: nodes[nodes.length - 1], members: [nodes.length - 1], folded: false, blocks: 0 };
    const end = { box: this.prediction, canvases: [], badge: null };
    this.views = [...all, head].map((shown, index) => ({
      ...shown,
      ...wires[index],
      ...(columns[index] ?? end),
    }));
    this.views.forEach(({ box }, index) => (box.dataset.node = String(index)));
  }

  /** @type {(data: NetworkMapData) => void} */
  show(data) {
    for (const view of this.views) view.node = data.nodes[view.members[0]];
    this.input.show(data);
    showPrediction(this.prediction, data);
    showImage(this.sprite, data.sprite);
  }

  /** @type {(data: NetworkMapData) => void} */
  drawThumbnails({ nodes, thumbnail_size: side }) {
    if (!this.sprite.complete) return; // they come when it is loaded
    let sent = 0;
    const first = nodes.map(({ channels }) => (sent += channels.length) - channels.length);
    for (const { canvases, node, members } of this.views) {
      canvases.forEach((canvas, number) => {
        const here = number < node.channels.length;
        canvas.classList.toggle("pending", !here);
        if (!here) return;
        canvas.width = canvas.height = side;
        const left = side * (first[members[0]] + number);
        context2d(canvas).drawImage(this.sprite, left, 0, side, side, 0, 0, side, side);
      });
    }
  }

  /** @type {(data: NetworkMapData) => void} */
  mark({ marked, selection }) {
    for (const { box, members } of this.views) {
      const selected = members.some((member) => marked.includes(member));
      box.classList.toggle("selected", selected);
      box.ariaPressed = String(selected);
    }
    for (const stage of this.stages) {
      stage.classList.toggle("selected", stage.dataset.holds === selection.path);
    }
    this.grid.classList.toggle("whole", this.stages.some((stage) => stage.matches(".selected")));
  }

  // ---- finding one's way ----

  selected() {
    return this.views.filter(({ box }) => box.classList.contains("selected"));
  }

  /** @type {(thumb: Thumb | null) => HTMLCanvasElement | null} */
  canvasOf(thumb) {
    return (thumb && this.views[thumb.view]?.canvases[thumb.number]) ?? null;
  }

  // What leads into a node: the box before it.
  /** @type {(at: number) => HTMLElement} */
  before(at) {
    return this.views[at - 1]?.box ?? this.input.box;
  }

  /** @type {(stage: number) => HTMLElement} */
  headingOf(stage) {
    return /** @type {HTMLElement} */ (this.stages[stage].querySelector(".heading"));
  }

  // The one node in the tab order.
  /** @type {(at: number) => void} */
  enter(at) {
    this.views.forEach(({ box }, index) => (box.tabIndex = index === at ? 0 : -1));
  }

  // Where the focus was, before the columns were laid anew.
  /** @type {(focused: DOMStringMap) => void} */
  focus({ group, path }) {
    if (group) this.views.find(({ badge }) => badge?.dataset.group === group)?.badge?.focus();
    else if (path) this.views.find(({ box }) => box.dataset.path === path)?.box.focus();
  }

  // Inside its own box only; the page stays where it is.
  // A column that is not wholly in sight comes to the middle of what the image leaves free.
  /** @type {(box: HTMLElement) => void} */
  bringIntoView(box) {
    if (box === this.prediction) return;
    const visible = this.scroller.getBoundingClientRect();
    const { left, right } = box.getBoundingClientRect();
    const start = visible.left + this.input.box.offsetWidth;
    if (box !== this.input.box && left >= start && right + RIM <= visible.right) return;
    const by = (left + right - start - visible.right) / 2;
    this.scroller.scrollBy({
      left: box === this.input.box ? -this.scroller.scrollLeft : by,
      behavior: CALM.matches ? "instant" : "smooth",
    });
  }

  // Whether there are columns beyond the right edge.
  hint() {
    const { scrollLeft, clientWidth, scrollWidth } = this.scroller;
    this.scroller.classList.toggle("more", scrollLeft + clientWidth < scrollWidth - RIM);
  }
}
