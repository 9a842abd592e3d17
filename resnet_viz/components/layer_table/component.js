// A tree of layers: what is open and where the focus stands is decided here, without a message.

const TABLES = new WeakMap();
const DEPTH = { stages: 0, blocks: 1, layers: 2 }; // containers above this level start open

class LayerTable {
  constructor(root) {
    this.root = root;
    this.rows = new Map(); // path → { row, tr, children }
    this.toggled = new Map(); // path → open or closed by hand; outlives a search and another network
    this.current = ""; // the one row in the tab order
    this.selected = "";
    root.replaceChildren();
    this.scroller = make("div", "scroller", root);
    const table = make("table", "", this.scroller);
    Object.assign(table, { role: "treegrid", ariaLabel: "Layers of the network" });
    [this.head, this.body, this.foot] = ["thead", "tbody", "tfoot"].map((n) => make(n, "", table));
    this.scroller.onscroll = () => root.classList.toggle("scrolled", this.scroller.scrollLeft > 0);
    this.body.onclick = (event) => this.clicked(event);
    this.body.onkeydown = (event) => this.pressed(event);
  }

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

  fill(data) {
    const focused = this.root.getRootNode().activeElement?.dataset.path;
    const fields = Object.keys(data.rows);
    const row = (_, at) => Object.fromEntries(fields.map((name) => [name, data.rows[name][at]]));
    const rows = data.rows.path.map(row);
    const known = new Set(data.rows.path);
    this.flat = rows.some((row) => row.parent && !known.has(row.parent));
    const top = [];
    this.rows = new Map();
    for (const row of rows) {
      const level = this.flat ? 0 : row.level;
      this.rows.set(row.path, { row, children: [], tr: this.line(row, level, data.columns) });
      (level ? this.rows.get(row.parent).children : top).push(row.path);
    }
    for (const siblings of [top, ...[...this.rows.values()].map((entry) => entry.children)]) {
      const place = (at) => ({ ariaPosInSet: at + 1, ariaSetSize: siblings.length });
      siblings.forEach((path, at) => Object.assign(this.rows.get(path).tr, place(at)));
    }
    this.head.replaceChildren(this.header(rows, data));
    this.body.replaceChildren(...[...this.rows.values()].map((entry) => entry.tr));
    this.foot.replaceChildren(this.total(data));
    this.foot.hidden = !rows.length;
    if (!rows.length) {
      const cell = make("td", "none", make("tr", "", this.body), "No layer matches.");
      cell.colSpan = data.columns.length + 1;
    }
    this.rows.get(focused)?.tr.focus({ preventScroll: true });
  }

  // "conv1" inside a block; blocks, whose own name is a number, and a flat list need what is around.
  name(row) {
    const own = row.parent ? row.path.slice(row.parent.length + 1) : row.path;
    const around = this.flat || /^\d/.test(own) ? row.path.slice(0, -own.length) : "";
    return [around, own];
  }

  // Room for the longest text, hidden rows included: columns stand still while the tree opens.
  header(rows, data) {
    const tr = document.createElement("tr");
    const title = (text, style, width) => {
      make("span", "", make("th", style, tr), text).style.minWidth = `calc(${width})`;
    };
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

  line(row, level, columns) {
    const tr = document.createElement("tr");
    tr.dataset.path = row.path;
    tr.tabIndex = -1;
    tr.style.setProperty("--stage", `var(--stage-${row.stage})`);
    tr.setAttribute("aria-level", level + 1);
    tr.classList.toggle("container", row.container);
    const head = make("th", "name", tr);
    head.scope = "row";
    const label = make("div", "label", head);
    label.style.setProperty("--level", level);
    label.title = `${row.path} · ${row.kind}`;
    make("span", "chevron", label);
    make("span", "marker", label);
    const text = make("span", "", label);
    const [around, own] = this.name(row);
    make("span", "around", text, around);
    text.append(own);
    if (row.on_shortcut) {
      const mark = make("span", row.kind === "Identity" ? "shortcut identity" : "shortcut", label);
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

  total(data) {
    const tr = document.createElement("tr");
    make("th", "name", tr, "Total").scope = "row";
    data.columns.forEach((c, index) => make("td", c.align, tr, data.totals[index]));
    return tr;
  }

  isOpen(path) {
    const { row, children } = this.rows.get(path);
    return children.length > 0 && (this.toggled.get(path) ?? row.level < DEPTH[this.opened]);
  }

  show() {
    for (const [path, { row, tr, children }] of this.rows) {
      // Parents come first, so theirs is known already.
      const parent = !this.flat && row.parent;
      tr.hidden = Boolean(parent) && (this.rows.get(parent).tr.hidden || !this.isOpen(parent));
      if (children.length) tr.setAttribute("aria-expanded", this.isOpen(path));
    }
    const stands = [this.current, this.selected].find((p) => this.rows.get(p)?.tr.hidden === false);
    this.enter(stands ?? this.shown()[0] ?? "");
  }

  shown() {
    return [...this.rows.keys()].filter((path) => !this.rows.get(path).tr.hidden);
  }

  toggle(path, open) {
    this.toggled.set(path, open);
    // The focus must not stay on a row that disappears.
    if (!open && this.current.startsWith(`${path}.`)) this.goTo(path);
    this.show();
  }

  openAround(path) {
    if (this.flat) return;
    for (let up = this.rows.get(path)?.row.parent; up; up = this.rows.get(up).row.parent) {
      this.toggled.set(up, true);
    }
  }

  mark(path) {
    this.selected = path;
    for (const [at, { tr }] of this.rows) tr.setAttribute("aria-selected", at === path);
  }

  select(path) {
    this.mark(path);
    this.send(path);
  }

  // Scrolls the table only; `scrollIntoView` would move the page under the reader as well.
  bringIntoView(path) {
    const tr = this.rows.get(path)?.tr;
    if (!tr || tr.hidden) return;
    const box = this.scroller.getBoundingClientRect();
    const line = tr.getBoundingClientRect();
    const above = box.top + this.head.offsetHeight - line.top;
    const below = line.bottom - (box.bottom - this.foot.offsetHeight);
    if (above > 0 || below > 0) this.scroller.scrollTop += line.top - box.top - box.height / 2;
  }

  enter(path) {
    this.rows.get(this.current)?.tr.setAttribute("tabindex", -1);
    this.rows.get(path)?.tr.setAttribute("tabindex", 0);
    this.current = path;
  }

  goTo(path) {
    if (path) this.enter(path);
    this.rows.get(path)?.tr.focus();
  }

  clicked(event) {
    const path = event.target.closest("tr").dataset.path;
    if (!path) return;
    this.enter(path);
    const folds = event.target.closest(".chevron") && this.rows.get(path).children.length;
    folds ? this.toggle(path, !this.isOpen(path)) : this.select(path);
  }

  pressed(event) {
    const path = event.target.dataset.path;
    if (!path || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = this.shown();
    const at = shown.indexOf(path);
    const { row, children } = this.rows.get(path);
    const open = this.isOpen(path);
    const act = {
      ArrowDown: () => this.goTo(shown[at + 1]),
      ArrowUp: () => this.goTo(shown[at - 1]),
      Home: () => this.goTo(shown[0]),
      End: () => this.goTo(shown.at(-1)),
      ArrowRight: () => (open ? this.goTo(children[0]) : children.length && this.toggle(path, true)),
      ArrowLeft: () => (open ? this.toggle(path, false) : !this.flat && this.goTo(row.parent)),
      Enter: () => this.select(path),
      " ": () => this.select(path),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  if (TABLES.get(parentElement)?.root !== root) TABLES.set(parentElement, new LayerTable(root));
  TABLES.get(parentElement).update(data, (path) => setTriggerValue("select", path));
}
