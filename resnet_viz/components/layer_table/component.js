// A tree of layers: what is open and where the focus stands is decided here, without a message.

/** @import { Component } from "../shared/types.d.ts" */
/** @import { Column, LayerTableData, Opened, Row } from "./types.d.ts" */

import { focusedIn, make, targetOf } from "../shared/elements.js";

/** @type {WeakMap<HTMLElement, LayerTable>} */
const TABLES = new WeakMap();
/** @type {Record<Opened, number>} */
const DEPTH = { stages: 0, blocks: 1, layers: 2 }; // containers above this level start open

/** @typedef {{ row: Row, tr: HTMLTableRowElement, children: string[] }} Entry */

class LayerTable {
  /** @type {(path: string) => void} */ send;
  /** @type {Opened} */ opened;
  /** @type {string | undefined} */ content; // what the rows were filled with
  /** @type {string | undefined} */ paths; // of all rows
  flat = false; // whether rows stand without their parents, as after a search
  current = ""; // the one row in the tab order
  selected = "";
  /** @type {Map<string, Entry>} */
  rows = new Map(); // by path
  /** @type {Map<string, boolean>} */
  toggled = new Map(); // by path: open or closed by hand; outlives a search and another network

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    root.replaceChildren();
    this.scroller = make("div", "scroller", root);
    const table = make("table", "", this.scroller);
    Object.assign(table, { role: "treegrid", ariaLabel: "Layers of the network" });
    this.head = make("thead", "", table);
    this.body = make("tbody", "", table);
    this.foot = make("tfoot", "", table);
    this.scroller.onscroll = () => root.classList.toggle("scrolled", this.scroller.scrollLeft > 0);
    this.body.onclick = (event) => this.clicked(event);
    this.body.onkeydown = (event) => this.pressed(event);
  }

  /** @type {(data: LayerTableData, send: (path: string) => void) => void} */
  update(data, send) {
    this.send = send;
    data.colours.forEach((c, stage) => this.root.style.setProperty(`--stage-${stage}`, c));
    const reopened = data.opened !== this.opened;
    if (reopened) this.toggled.clear();
    this.opened = data.opened;

    const content = JSON.stringify([data.columns, data.rows, data.totals]);
    if (content !== this.content) this.fill(data);
    this.content = content;

    // A click here has marked its row already, and other numbers in the same rows move nothing:
    // then the reader's view is left as it is.
    const paths = data.rows.path.join();
    const moved = data.selected !== this.selected || paths !== this.paths;
    this.paths = paths;
    this.mark(data.selected);
    if (moved) this.openAround(data.selected);
    this.show();
    if (moved || reopened) this.bringIntoView(data.selected);
  }

  /** @type {(data: LayerTableData) => void} */
  fill(data) {
    const focused = focusedIn(this.root)?.dataset.path;
    const rows = data.rows.path.map((_, at) => rowAt(data, at));
    const known = new Set(data.rows.path);
    this.flat = rows.some((row) => row.parent && !known.has(row.parent));
    /** @type {string[]} */
    const top = [];
    this.rows = new Map();
    for (const row of rows) {
      const level = this.flat ? 0 : row.level;
      this.rows.set(row.path, { row, children: [], tr: this.line(row, level, data.columns) });
      (level ? this.at(row.parent).children : top).push(row.path);
    }
    for (const siblings of [top, ...[...this.rows.values()].map((entry) => entry.children)]) {
      siblings.forEach((path, at) => {
        const inTree = { ariaPosInSet: at + 1, ariaSetSize: siblings.length };
        Object.assign(this.at(path).tr, inTree);
      });
    }
    this.head.replaceChildren(this.header(rows, data));
    this.body.replaceChildren(...[...this.rows.values()].map((entry) => entry.tr));
    this.foot.replaceChildren(this.total(data));
    this.foot.hidden = !rows.length;
    if (!rows.length) {
      const cell = make("td", "none", make("tr", "", this.body), "No layer matches.");
      cell.colSpan = data.columns.length + 1;
    }
    this.rows.get(focused ?? "")?.tr.focus({ preventScroll: true });
  }

  // "conv1" inside a block; blocks, whose own name is a number, and a flat list need what is around.
  /** @type {(row: Row) => [around: string, own: string]} */
  name(row) {
    const own = row.parent ? row.path.slice(row.parent.length + 1) : row.path;
    const around = this.flat || /^\d/.test(own) ? row.path.slice(0, -own.length) : "";
    return [around, own];
  }

  // Room for the longest text, hidden rows included: columns stand still while the tree opens.
  /** @type {(rows: Row[], data: LayerTableData) => HTMLTableRowElement} */
  header(rows, data) {
    const tr = document.createElement("tr");
    /** @type {(text: string, style: string, width: string) => void} */
    const title = (text, style, width) => {
      make("span", "", make("th", style, tr), text).style.minWidth = `calc(${width})`;
    };
    /** @type {(texts: string[]) => number} */
    const longest = (texts) => Math.max(0, ...texts.map((text) => text.length));
    const names = (this.flat ? [0] : [0, 1, 2]).map((level) => {
      const there = rows.filter((row) => this.flat || row.level === level);
      const characters = longest(there.map((row) => this.name(row).join("")));
      return `${characters} * var(--ch) + ${level} * var(--indent)`;
    });
    title("Layer", "name", `max(${names.join()}) + var(--around-name)`);
    data.columns.forEach((column, index) => {
      const texts = [...rows.map((row) => row.cells[index]), data.totals[index]];
      title(column.title, column.align, `${longest(texts) + (column.bar ? 3 : 0)} * var(--ch)`);
    });
    return tr;
  }

  /** @type {(row: Row, level: number, columns: Column[]) => HTMLTableRowElement} */
  line(row, level, columns) {
    const tr = document.createElement("tr");
    tr.dataset.path = row.path;
    tr.tabIndex = -1;
    tr.style.setProperty("--stage", `var(--stage-${row.stage})`);
    tr.setAttribute("aria-level", String(level + 1));
    tr.classList.toggle("container", row.container);
    const head = make("th", "name", tr);
    head.scope = "row";
    const label = make("div", "label", head);
    label.style.setProperty("--level", String(level));
    label.title = `${row.path} · ${row.kind}`;
    make("span", "chevron", label);
    make("span", "marker", label);
    const text = make("span", "", label);
    const [around, own] = this.name(row);
    make("span", "around", text, around);
    text.append(own);
    if (row.shortcut) {
      const mark = make("span", `shortcut ${row.shortcut}`, label);
      Object.assign(mark, { role: "img", ariaLabel: "on the shortcut" });
    }
    columns.forEach((column, index) => {
      const cell = make("td", column.align, tr, row.cells[index]);
      cell.dataset.slug = column.slug;
      cell.classList.toggle("nothing", /^[0–]$/.test(row.cells[index]));
      if (!column.bar || !row.bars[index]) return;
      cell.classList.add("bar");
      cell.style.setProperty("--share", `${100 * Math.min(1, row.bars[index])}%`);
    });
    return tr;
  }

  /** @type {(data: LayerTableData) => HTMLTableRowElement} */
  total(data) {
    const tr = document.createElement("tr");
    make("th", "name", tr, "Total").scope = "row";
    data.columns.forEach((c, index) => make("td", c.align, tr, data.totals[index]));
    return tr;
  }

  /** @type {(path: string) => boolean} */
  isOpen(path) {
    const { row, children } = this.at(path);
    return children.length > 0 && (this.toggled.get(path) ?? row.level < DEPTH[this.opened]);
  }

  show() {
    for (const [path, { row, tr, children }] of this.rows) {
      // Parents come first, so theirs is known already.
      const parent = this.flat ? "" : row.parent;
      tr.hidden = parent !== "" && (this.at(parent).tr.hidden || !this.isOpen(parent));
      if (children.length) tr.setAttribute("aria-expanded", String(this.isOpen(path)));
    }
    const stands = [this.current, this.selected].find((p) => this.rows.get(p)?.tr.hidden === false);
    this.enter(stands ?? this.shown()[0] ?? "");
  }

  shown() {
    return [...this.rows.keys()].filter((path) => !this.at(path).tr.hidden);
  }

  // The row of a path that is known to have one.
  /** @type {(path: string) => Entry} */
  at(path) {
    return /** @type {Entry} */ (this.rows.get(path));
  }

  /** @type {(path: string, open: boolean) => void} */
  toggle(path, open) {
    this.toggled.set(path, open);
    // The focus must not stay on a row that disappears.
    if (!open && this.current.startsWith(`${path}.`)) this.goTo(path);
    this.show();
  }

  /** @type {(path: string) => void} */
  openAround(path) {
    if (this.flat) return;
    for (let up = this.rows.get(path)?.row.parent; up; up = this.at(up).row.parent) {
      this.toggled.set(up, true);
    }
  }

  /** @type {(path: string) => void} */
  mark(path) {
    this.selected = path;
    for (const [at, { tr }] of this.rows) tr.setAttribute("aria-selected", String(at === path));
  }

  /** @type {(path: string) => void} */
  select(path) {
    this.mark(path);
    this.send(path);
  }

  // Scrolls the table only; `scrollIntoView` would move the page under the reader as well.
  /** @type {(path: string) => void} */
  bringIntoView(path) {
    const tr = this.rows.get(path)?.tr;
    if (!tr || tr.hidden) return;
    const box = this.scroller.getBoundingClientRect();
    const line = tr.getBoundingClientRect();
    const above = box.top + this.head.offsetHeight - line.top;
    const below = line.bottom - (box.bottom - this.foot.offsetHeight);
    if (above > 0 || below > 0) this.scroller.scrollTop += line.top - box.top - box.height / 2;
  }

  /** @type {(path: string) => void} */
  enter(path) {
    this.rows.get(this.current)?.tr.setAttribute("tabindex", "-1");
    this.rows.get(path)?.tr.setAttribute("tabindex", "0");
    this.current = path;
  }

  /** @type {(path: string | undefined) => void} */
  goTo(path) {
    if (!path) return;
    this.enter(path);
    this.rows.get(path)?.tr.focus();
  }

  /** @type {(event: MouseEvent) => void} */
  clicked(event) {
    const target = targetOf(event);
    const path = target.closest("tr")?.dataset.path;
    if (!path) return;
    this.enter(path);
    const folds = target.closest(".chevron") && this.at(path).children.length;
    if (folds) this.toggle(path, !this.isOpen(path));
    else this.select(path);
  }

  /** @type {(event: KeyboardEvent) => void} */
  pressed(event) {
    const path = targetOf(event).dataset.path;
    if (!path || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = this.shown();
    const at = shown.indexOf(path);
    const { row, children } = this.at(path);
    const open = this.isOpen(path);
    /** @type {Record<string, () => void>} */
    const acts = {
      ArrowDown: () => this.goTo(shown[at + 1]),
      ArrowUp: () => this.goTo(shown[at - 1]),
      Home: () => this.goTo(shown[0]),
      End: () => this.goTo(shown.at(-1)),
      ArrowRight: () => (open ? this.goTo(children[0]) : children.length && this.toggle(path, true)),
      ArrowLeft: () => (open ? this.toggle(path, false) : !this.flat && this.goTo(row.parent)),
      Enter: () => this.select(path),
      " ": () => this.select(path),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

/** @type {(data: LayerTableData, at: number) => Row} */
function rowAt({ rows }, at) {
  const fields = Object.entries(rows).map(([name, values]) => [name, values[at]]);
  return Object.fromEntries(fields);
}

/** @type {Component<LayerTableData>} */
export default function ({ data, parentElement, setTriggerValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".root"));
  const known = TABLES.get(parentElement);
  const table = known?.root === root ? known : new LayerTable(root);
  TABLES.set(parentElement, table);
  table.update(data, (path) => setTriggerValue("select", path));
}
