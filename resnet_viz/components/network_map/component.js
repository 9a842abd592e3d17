// The network as a row of columns. Hover, keys, unfolding and the tour stay in the browser; a
// selection is one message, and so is a run that is unfolded: its blocks' thumbnails come after.

const MAPS = new WeakMap();
const WALK = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const LEAF = { ArrowUp: -1, ArrowDown: 1 };
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

class NetworkMap {
  constructor(root) {
    this.root = root;
    this.hovered = this.focused = -1; // numbers of stops
    this.lighted = []; // elements, each with the class that it got
    this.thumb = null; // the thumbnail that is shown large: { stop, number }
    this.pulses = [];
    this.pointer = ""; // where it was last
    this.silent = false; // whether it says nothing, since keys are used
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

  update(data, send) {
    Object.assign(this, { data, send });
    const { board } = this;
    this.root.ariaLabel = data.alt;
    const { style } = this.root;
    for (const [name, value] of Object.entries(data.colours)) style.setProperty(name, value);
    const plan = data.stations.map(({ channels, ...station }) => station);
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
    const focused = this.root.getRootNode().activeElement?.dataset ?? {};
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
    board.stopAt(Math.max(0, board.stops.indexOf(board.selected()[0])));
  }

  // ---- what the pointer, the focus or the tour is at ----

  current() {
    const toured = this.tour.at - 1;
    if (this.tour.playing) return toured;
    if (this.hovered >= 0) return this.hovered;
    return this.tour.at >= 0 ? toured : this.focused;
  }

  // A place and what feeds it: what comes before it, the line from there, and the way around.
  light() {
    const { board, tour } = this;
    const at = this.current();
    const stop = board.stops[at];
    for (const [element, name] of this.lighted) element.classList.remove(name);
    const lit = stop ? [stop.box, stop.wire, stop.arc].filter(Boolean) : [];
    this.lighted = lit.map((element) => [element, "lit"]);
    if (stop) this.lighted.push([board.before(at), "feeds"]);
    for (const [element, name] of this.lighted) element.classList.add(name);
    const start = !stop && tour.at === 0; // the picture, before it has gone anywhere
    this.body.classList.toggle("some", Boolean(stop || start) && tour.at !== tour.last);
    this.body.classList.toggle("touring", tour.at >= 0);
    this.read(stop, start);
    board.input.frame(start ? null : (stop?.station ?? this.data.selection).sight);
  }

  read(stop, start) {
    const { says, data } = this;
    const selected = this.board.selected();
    const shown = stop ?? (selected.length === 1 ? selected[0] : null);
    if (start) readPicture(says, data);
    else if (shown) readStop(says, data, shown);
    else readSelection(says, data, selected);
  }

  enlarge(thumb) {
    const { board } = this;
    board.canvasOf(this.thumb)?.classList.remove("enlarged");
    const { station } = board.stops[thumb?.stop] ?? {};
    const channel = station?.channels[thumb.number];
    this.thumb = channel === undefined ? null : thumb;
    board.canvasOf(this.thumb)?.classList.add("enlarged");
    const [, ...plane] = station?.shape.split(" × ") ?? [];
    const name = `${station?.path} · channel ${channel}`;
    board.input.enlarge(board.canvasOf(this.thumb), name, plane.join(" × "));
  }

  // ---- pointer and keys ----

  listen() {
    const { body } = this;
    body.onpointerover = (event) => this.speaks(event) && this.point(event.target);
    body.onpointermove = (event) => {
      const { silent } = this;
      if (this.speaks(event) && silent) this.point(event.target);
    };
    body.onpointerleave = (event) => this.leave(lifted(event));
    const { scroller } = this.board;
    scroller.onscroll = () => this.board.hint();
    new ResizeObserver(() => this.resized()).observe(scroller);
    body.onclick = ({ target }) => this.choose(target);
    body.onkeydown = (event) => this.pressed(event);
    body.addEventListener("focusin", ({ target }) => this.focus(target));
    body.addEventListener("focusout", () => this.focus(null));
  }

  resized() {
    const [selected] = this.board.selected();
    if (selected && !this.tour.playing) this.board.bringIntoView(selected.box);
    this.board.hint();
  }

  // A pointer that rests is silent while keys are used, though the page may move below it.
  speaks({ clientX, clientY }) {
    const here = `${clientX} ${clientY}`;
    this.silent &&= here === this.pointer;
    this.pointer = here;
    return !this.silent;
  }

  point(target) {
    const box = target.closest("[data-stop]");
    const stop = box ? Number(box.dataset.stop) : -1;
    const number = this.board.stops[stop]?.canvases.indexOf(target) ?? -1;
    if (stop !== this.hovered) {
      this.hovered = stop;
      this.light();
    }
    this.enlarge(number < 0 ? null : { stop, number });
  }

  // What a finger touched stays large until the next touch.
  leave(byTouch) {
    this.hovered = -1;
    if (!byTouch) this.enlarge(null);
    this.light();
  }

  focus(target) {
    const box = target?.closest("[data-stop]");
    this.focused = box?.matches(":focus-visible") ? Number(box.dataset.stop) : -1;
    if (box) this.board.stopAt(Number(box.dataset.stop));
    this.light();
  }

  choose(target) {
    const { path, run } = target.closest("[data-run], [data-path]")?.dataset ?? {};
    if (run) this.fold(run);
    else if (path) this.send("select", path);
  }

  pressed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { key, target } = event;
    const at = Number(target.dataset.stop ?? -1);
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

  walk(to) {
    const { stops } = this.board;
    const stop = inRange(to, stops.length);
    const { number } = this.thumb ?? {};
    stops[stop].box.focus();
    this.turnTo(number === undefined ? null : { stop, number });
  }

  // Along the stages' names, and down into the one that is named.
  walkStages(at, key) {
    const { board } = this;
    const to = inRange(at + (WALK[key] ?? 0), board.stages.length);
    if (key !== "ArrowDown") return board.headingOf(to).focus();
    board.stops.find(({ station }) => station.stage === at + 1).box.focus();
  }

  // Down from a column to its first thumbnail, on to the last, and up again; once more up, to the
  // name of its stage.
  leaf(stop, by) {
    const { board } = this;
    const { canvases, station } = board.stops[stop];
    const from = this.thumb?.stop === stop ? this.thumb.number : -1;
    if (by < 0 && from < 0 && station.stage) return board.headingOf(station.stage - 1).focus();
    const number = Math.min(canvases.length - 1, from + by);
    this.turnTo(number < 0 ? null : { stop, number });
  }

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

  fold(run) {
    const { board } = this;
    const badge = () => board.grid.querySelector(`[data-run="${run}"]`).getBoundingClientRect();
    const before = badge().left;
    if (!this.unfolded.delete(run)) this.unfolded.add(run);
    this.lay();
    this.drawThumbnails();
    this.mark();
    this.tour.end();
    board.scroller.scrollLeft += badge().left - before; // the badge stays under the cursor
    this.spoken.textContent = `${board.stops.length - 1} columns`;
    this.send("unfold", [...this.unfolded]);
  }

  // ---- the tour: place 0 is the picture, place n the stop n - 1 ----

  places() {
    return this.board.stops.length + 1;
  }

  travel(to, duration) {
    if (CALM.matches) return;
    const { track, stops } = this.board;
    this.pulses = sendPulses(track, stops[to - 1], to - 1, stops.length - 1, duration);
  }

  halt() {
    for (const pulse of this.pulses) pulse.cancel();
  }

  arrived(at) {
    const { board } = this;
    board.stops.forEach(({ box, wire, arc }, index) => {
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

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  if (!MAPS.has(root)) MAPS.set(root, new NetworkMap(root));
  const map = MAPS.get(root);
  map.update(readBlob(data), setTriggerValue);
  return () => map.tour.stop();
}
