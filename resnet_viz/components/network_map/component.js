// The network as a row of columns. Hover, keys, unfolding and the tour stay in the browser; a
// selection is one message, and so is a repeat group that is unfolded: its blocks' thumbnails come after.

/** @import { Bytes, Component, Send } from "../shared/types.d.ts" */
/** @import { NetworkMapData, NodeView, Thumb } from "./types.d.ts" */

import { readBlob } from "../shared/blob.js";
import { CALM, lifted } from "../shared/device.js";
import { focusedIn, make, targetOf } from "../shared/elements.js";
import { inRange } from "../shared/numbers.js";
import { Board } from "./board.js";
import { readInput, readNode, readSelection } from "./readout.js";
import { INPUT } from "./sides.js";
import { Tour } from "./tour.js";
import { sendPulses } from "./wires.js";

/** @type {WeakMap<Element, NetworkMap>} */
const MAPS = new WeakMap();
/** @type {Record<string, number>} */
const WALK = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
/** @type {Record<string, number>} */
const LEAF = { ArrowUp: -1, ArrowDown: 1 };
export class NetworkMap {
  /** @type {NetworkMapData} */ data;
  /** @type {Send} */ send;
  network = ""; // what the columns were laid for
  /** @type {Set<string>} */
  unfolded = new Set(); // repeat groups
  tabStop = ""; // the selection that decided which node is in the tab order
  hovered = -1; // numbers of node views
  focused = -1;
  /** @type {[element: Element, cls: string][]} */
  lighted = []; // elements, each with the class that it got
  /** @type {Thumb | null} */
  thumb = null; // shown large
  /** @type {Animation[]} */
  pulses = [];
  pointer = ""; // where it was last
  silent = false; // whether it says nothing, since keys are used

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    root.role = "group";
    this.body = make("div", "body", root);
    const network = make("div", "network", this.body);
    this.board = new Board(this.body, network);
    this.board.sprite.onload = () => this.drawThumbnails();
    const bar = make("div", "bar", network);
    this.tour = new Tour(this, bar);
    this.says = make("p", "says", bar);
    this.spoken = make("p", "spoken", root);
    this.spoken.ariaLive = "polite";
    this.listen();
  }

  // ---- what a message from Python changes ----

  /** @type {(data: NetworkMapData, send: Send) => void} */
  update(data, send) {
    this.data = data;
    this.send = send;
    const { board } = this;
    this.root.ariaLabel = data.alt;
    const { style } = this.root;
    for (const [name, value] of Object.entries(data.colours)) style.setProperty(name, value);
    const plan = data.nodes.map(({ channels, ...node }) => node);
    const network = JSON.stringify([plan, data.stage_titles, data.measures]);
    const another = network !== this.network;
    this.network = network;
    if (another) {
      this.unfolded = new Set(data.unfolded);
      this.lay();
    }
    board.show(data);
    this.drawThumbnails();
    this.mark();
    if (!another) return this.light();
    this.tour.end();
    board.bringIntoView(board.selected()[0]?.box ?? board.input.box);
  }

  lay() {
    const { board } = this;
    const focused = focusedIn(this.root)?.dataset ?? {};
    this.enlarge(null);
    board.lay(this.data, this.unfolded);
    this.hovered = this.focused = -1;
    this.tabStop = "";
    board.focus(focused);
    board.hint();
  }

  drawThumbnails() {
    this.board.drawThumbnails(this.data);
    this.enlarge(this.thumb);
  }

  mark() {
    const { board, data } = this;
    board.mark(data);
    if (this.tabStop === data.selection.path) return;
    this.tabStop = data.selection.path;
    board.enter(Math.max(0, board.views.indexOf(board.selected()[0])));
  }

  // ---- what the pointer, the focus or the tour is at ----

  current() {
    const toured = this.tour.at - 1;
    if (this.tour.playing) return toured;
    if (this.hovered >= 0) return this.hovered;
    return this.tour.at >= 0 ? toured : this.focused;
  }

  // A node and what feeds it: what comes before it, the line from there, and the way around.
  light() {
    const { board, tour } = this;
    const at = this.current();
    /** @type {NodeView | undefined} */
    const view = board.views[at];
    for (const [element, name] of this.lighted) element.classList.remove(name);
    this.lighted = [];
    if (view) {
      this.lighted.push([view.box, "lit"], [view.wire, "lit"], [board.before(at), "feeds"]);
      if (view.arc) this.lighted.push([view.arc, "lit"]);
    }
    for (const [element, name] of this.lighted) element.classList.add(name);
    const start = !view && tour.at === 0; // the image, before it has gone anywhere
    this.body.classList.toggle("some", Boolean(view || start) && tour.at !== tour.last);
    this.body.classList.toggle("touring", tour.at >= 0);
    this.read(view, start);
    board.input.frame(start ? null : (view?.node ?? this.data.selection).field);
  }

  /** @type {(view: NodeView | undefined, start: boolean) => void} */
  read(view, start) {
    const { says, data } = this;
    const selected = this.board.selected();
    const shown = view ?? (selected.length === 1 ? selected[0] : null);
    if (start) readInput(says, data);
    else if (shown) readNode(says, data, shown);
    else readSelection(says, data, selected);
  }

  /** @type {(thumb: Thumb | null) => void} */
  enlarge(thumb) {
    const { board } = this;
    board.canvasOf(this.thumb)?.classList.remove("enlarged");
    const node = thumb ? board.views[thumb.view]?.node : undefined;
    const channel = node?.channels[thumb?.number ?? -1];
    this.thumb = channel === undefined ? null : thumb;
    board.canvasOf(this.thumb)?.classList.add("enlarged");
    const [, ...plane] = node?.shape.split(" × ") ?? [];
    const name = `${node?.path} · channel ${channel}`;
    board.input.enlarge(board.canvasOf(this.thumb), name, plane.join(" × "));
  }

  // ---- pointer and keys ----

  listen() {
    const { body } = this;
    body.onpointerover = (event) => this.speaks(event) && this.point(targetOf(event));
    body.onpointermove = (event) => {
      const { silent } = this;
      if (this.speaks(event) && silent) this.point(targetOf(event));
    };
    body.onpointerleave = (event) => this.leave(lifted(event));
    const { scroller } = this.board;
    scroller.onscroll = () => this.board.hint();
    new ResizeObserver(() => this.resized()).observe(scroller);
    body.onclick = (event) => this.choose(targetOf(event));
    body.onkeydown = (event) => this.pressed(event);
    body.addEventListener("focusin", (event) => this.focus(targetOf(event)));
    body.addEventListener("focusout", () => this.focus(null));
  }

  resized() {
    const [selected] = this.board.selected();
    if (selected && !this.tour.playing) this.board.bringIntoView(selected.box);
    this.board.hint();
  }

  // A pointer that rests is silent while keys are used, though the page may move below it.
  /** @type {(event: MouseEvent) => boolean} */
  speaks({ clientX, clientY }) {
    const here = `${clientX} ${clientY}`;
    this.silent &&= here === this.pointer;
    this.pointer = here;
    return !this.silent;
  }

  /** @type {(target: HTMLElement) => void} */
  point(target) {
    const view = viewAround(target);
    const canvases = this.board.views[view]?.canvases ?? [];
    const number = canvases.findIndex((canvas) => canvas === target);
    if (view !== this.hovered) {
      this.hovered = view;
      this.light();
    }
    this.enlarge(number < 0 ? null : { view, number });
  }

  // What a finger touched stays large until the next touch.
  /** @type {(byTouch: boolean) => void} */
  leave(byTouch) {
    this.hovered = -1;
    if (!byTouch) this.enlarge(null);
    this.light();
  }

  /** @type {(target: HTMLElement | null) => void} */
  focus(target) {
    const at = target ? viewAround(target) : -1;
    this.focused = this.board.views[at]?.box.matches(":focus-visible") ? at : -1;
    if (at >= 0) this.board.enter(at);
    this.light();
  }

  /** @type {(target: HTMLElement) => void} */
  choose(target) {
    /** @type {HTMLElement | null} */
    const chosen = target.closest("[data-group], [data-path]");
    const { path, group } = chosen?.dataset ?? {};
    if (group) this.fold(group);
    else if (path) this.send("select", path);
  }

  /** @type {(event: KeyboardEvent) => void} */
  pressed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { key } = event;
    const target = targetOf(event);
    const at = Number(target.dataset.node ?? -1);
    const stage = this.board.stages.findIndex((box) => box.contains(target));
    if ((key in WALK || key in LEAF) && (at >= 0 || stage >= 0)) {
      this.silent = true;
      this.hovered = -1;
      this.focused = at;
      this.light();
    }
    if (key === "Escape") this.goBack();
    else if (stage >= 0 && (key in WALK || key in LEAF)) this.walkStages(stage, key);
    else if (at < 0) return; // a button answers for itself
    else if (key in WALK) this.walk(at + WALK[key]);
    else if (key in LEAF) this.leaf(at, LEAF[key]);
    else if (key === "Enter" || key === " ") this.choose(target);
    else return;
    event.preventDefault();
  }

  /** @type {(to: number) => void} */
  walk(to) {
    const { views } = this.board;
    const view = inRange(to, views.length);
    const { number } = this.thumb ?? {};
    views[view].box.focus();
    this.turnTo(number === undefined ? null : { view, number });
  }

  // Along the stages' names, and down into the one that is named.
  /** @type {(at: number, key: string) => void} */
  walkStages(at, key) {
    const { board } = this;
    const to = inRange(at + (WALK[key] ?? 0), board.stages.length);
    if (key !== "ArrowDown") return board.headingOf(to).focus();
    board.views.find(({ node }) => node.stage === at + 1)?.box.focus();
  }

  // Down from a column to its first thumbnail, on to the last, and up again; once more up, to the
  // name of its stage.
  /** @type {(view: number, by: number) => void} */
  leaf(view, by) {
    const { board } = this;
    const { canvases, node } = board.views[view];
    const from = this.thumb?.view === view ? this.thumb.number : -1;
    if (by < 0 && from < 0 && node.stage) return board.headingOf(node.stage - 1).focus();
    const number = Math.min(canvases.length - 1, from + by);
    this.turnTo(number < 0 ? null : { view, number });
  }

  /** @type {(thumb: Thumb | null) => void} */
  turnTo(thumb) {
    this.enlarge(thumb);
    this.spoken.textContent = this.thumb ? this.board.input.heading.textContent : "";
  }

  // Out of the tour, away from a thumbnail, or up to what is around the selected layer.
  goBack() {
    const { parent } = this.data.selection;
    if (this.tour.at >= 0) this.tour.end();
    else if (this.thumb && this.hovered < 0) this.enlarge(null);
    else if (parent) {
      this.focused = -1; // what was gone up to is read out, and no longer where one stood
      const above = parent.slice(0, Math.max(0, parent.lastIndexOf(".")));
      Object.assign(this.data.selection, { path: parent, parent: above }); // for whoever is quick
      this.send("select", parent);
    }
  }

  /** @type {(group: string) => void} */
  fold(group) {
    const { board } = this;
    const badge = () => board.views.find((view) => view.badge?.dataset.group === group)?.badge;
    const left = () => badge()?.getBoundingClientRect().left ?? 0;
    const before = left();
    if (!this.unfolded.delete(group)) this.unfolded.add(group);
    this.lay();
    this.drawThumbnails();
    this.mark();
    this.tour.end();
    board.scroller.scrollLeft += left() - before; // the badge stays under the cursor
    this.spoken.textContent = `${board.views.length - 1} columns`;
    this.send("unfold", [...this.unfolded]);
  }

  // ---- the tour: step 0 is the image, step n the node view n - 1 ----

  steps() {
    return this.board.views.length + 1;
  }

  /** @type {(to: number, duration: number) => void} */
  travel(to, duration) {
    if (CALM.matches) return;
    const { track, views } = this.board;
    this.pulses = sendPulses(track, views[to - 1], to - 1, views.length - 1, duration);
  }

  halt() {
    for (const pulse of this.pulses) pulse.cancel();
  }

  /** @type {(at: number) => void} */
  arrived(at) {
    const { board } = this;
    board.views.forEach(({ box, wire, arc }, index) => {
      const ahead = at >= 0 && index >= at;
      for (const element of [box, wire, arc]) element?.classList.toggle("ahead", ahead);
    });
    this.light();
    if (at < 0) return;
    const box = board.before(at);
    board.bringIntoView(box);
    if (!this.tour.playing) this.spoken.textContent = box.ariaLabel ?? INPUT;
  }
}

// The number of the node view that an element is in, -1 for none.
/** @type {(target: HTMLElement) => number} */
function viewAround(target) {
  /** @type {HTMLElement | null} */
  const box = target.closest("[data-node]");
  return box ? Number(box.dataset.node) : -1;
}

/** @type {Component<Bytes>} */
export default function ({ data, parentElement, setTriggerValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".root"));
  const map = MAPS.get(root) ?? new NetworkMap(root);
  MAPS.set(root, map);
  map.update(readBlob(data), setTriggerValue);
  return () => map.tour.stop();
}
