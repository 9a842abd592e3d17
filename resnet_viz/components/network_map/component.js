// The network as a row of columns. Hover, keys, unfolding and the tour stay in the browser; a
// selection is one message, and so is a run that is unfolded: its blocks' thumbnails come after.

const MAPS = new WeakMap();
const WALK = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const LEAF = { ArrowUp: -1, ArrowDown: 1 };
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

class NetworkMap {
  constructor(root) {
    this.root = root;
    this.stops = []; // the columns, and the prediction as the last
    this.hovered = this.focused = -1; // numbers of stops
    this.lighted = []; // elements, each with the class that it got
    this.thumb = null; // the thumbnail that is shown large: { stop, number }
    this.sprite = new Image();
    this.sprite.onload = () => this.drawThumbnails();
    this.pulses = [];
    root.role = "group";
    this.body = make("div", "body", root);
    const network = make("div", "network", this.body);
    this.scroller = make("div", "scroller", network);
    this.grid = make("div", "grid", this.scroller);
    this.input = new InputPicture(this.grid);
    const bar = make("div", "bar", network);
    this.tour = new Tour(this, bar);
    this.says = make("p", "says", bar);
    this.prediction = make("div", "prediction", this.body);
    this.prediction.role = "button";
    this.spoken = make("p", "spoken", root);
    this.spoken.ariaLive = "polite";
    this.listen();
  }

  // ---- what a message from Python changes ----

  update(data, send) {
    Object.assign(this, { data, send });
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
    for (const stop of this.stops) stop.station = data.stations[stop.members[0]];
    this.input.show(data);
    showPrediction(this.prediction, data);
    showImage(this.sprite, data.sprite);
    this.drawThumbnails();
    this.mark();
    if (!another) return this.light();
    this.tour.end();
    this.bringIntoView(this.selected()[0]?.box ?? this.input.box);
  }

  // The columns, anew: another network, or a run that was folded or unfolded.
  lay() {
    const { stations, stage_titles, measures } = this.data;
    const focused = this.root.getRootNode().activeElement?.dataset ?? {};
    const columns = arrange(stations.slice(0, -1), this.unfolded);
    this.enlarge(null);
    this.grid.replaceChildren(this.input.box);
    this.grid.style.setProperty("--count", columns.length);
    this.grid.classList.toggle("folding", columns.some(({ blocks }) => blocks));
    this.stages = buildStages(columns, stage_titles, this.grid);
    const wire = buildWires(columns, this.grid);
    columns.forEach((column, index) => buildColumn(column, index, measures, this.grid));
    this.track = buildTrack(this.grid);
    const head = { station: stations.at(-1), members: [stations.length - 1], canvases: [] };
    this.stops = [...columns, { ...head, box: this.prediction, wire }];
    this.stops.forEach(({ box }, index) => (box.dataset.stop = index));
    this.hovered = this.focused = -1;
    this.tabStop = "";
    this.refocus(focused);
  }

  refocus({ run, path }) {
    if (run) this.stops.find(({ badge }) => badge?.dataset.run === run)?.badge.focus();
    else if (path) this.stops.find(({ box }) => box.dataset.path === path)?.box.focus();
  }

  drawThumbnails() {
    if (!this.sprite.complete) return; // they come when it is loaded
    const { stations, thumbnail_size: side } = this.data;
    let sent = 0;
    const first = stations.map(({ channels }) => (sent += channels.length) - channels.length);
    for (const { canvases, station, members } of this.stops) {
      canvases.forEach((canvas, number) => {
        const here = number < station.channels.length;
        canvas.classList.toggle("pending", !here);
        if (!here) return;
        canvas.width = canvas.height = side;
        const left = side * (first[members[0]] + number);
        canvas.getContext("2d").drawImage(this.sprite, left, 0, side, side, 0, 0, side, side);
      });
    }
    this.enlarge(this.thumb);
  }

  mark() {
    const { marked, selection } = this.data;
    for (const { box, members } of this.stops) {
      const selected = members.some((member) => marked.includes(member));
      box.classList.toggle("selected", selected);
      box.ariaPressed = String(selected);
    }
    for (const stage of this.stages) {
      stage.classList.toggle("selected", stage.dataset.holds === selection.path);
    }
    this.grid.classList.toggle("whole", this.stages.some((stage) => stage.matches(".selected")));
    if (this.tabStop === selection.path) return;
    this.tabStop = selection.path;
    this.stopAt(Math.max(0, this.stops.indexOf(this.selected()[0])));
  }

  selected() {
    return this.stops.filter(({ box }) => box.classList.contains("selected"));
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
    const at = this.current();
    const stop = this.stops[at];
    const before = this.stops[at - 1]?.box ?? this.input.box;
    for (const [element, name] of this.lighted) element.classList.remove(name);
    const lit = stop ? [stop.box, stop.wire, stop.arc].filter(Boolean) : [];
    this.lighted = lit.map((element) => [element, "lit"]);
    if (stop) this.lighted.push([before, "feeds"]);
    for (const [element, name] of this.lighted) element.classList.add(name);
    this.body.classList.toggle("some", Boolean(stop) && this.tour.at !== this.tour.last);
    this.read(stop);
    this.input.frame((stop?.station ?? this.data.selection).sight);
  }

  read(stop) {
    const selected = this.selected();
    const shown = stop ?? (selected.length === 1 ? selected[0] : null);
    this.says.replaceChildren();
    make("strong", "", this.says, shown ? title(shown) : this.data.selection.path);
    if (!shown) return void make("span", "measure", this.says, "Choose a column to look inside.");
    for (const [measure, value] of factsOf(shown, this.data.measures)) {
      const fact = make("span", "fact", this.says);
      make("span", "measure", fact, `${measure} `);
      fact.append(value);
    }
  }

  enlarge(thumb) {
    const canvasOf = (at) => this.stops[at?.stop]?.canvases[at.number];
    canvasOf(this.thumb)?.classList.remove("enlarged");
    const { station } = this.stops[thumb?.stop] ?? {};
    const channel = station?.channels[thumb.number];
    this.thumb = channel === undefined ? null : thumb;
    canvasOf(this.thumb)?.classList.add("enlarged");
    this.input.enlarge(canvasOf(this.thumb), `${station?.path} · channel ${channel}`);
  }

  // ---- pointer and keys ----

  listen() {
    const { body } = this;
    body.onpointerover = ({ target }) => this.point(target);
    body.onpointerleave = ({ pointerType }) => this.leave(pointerType === "touch");
    body.onclick = ({ target }) => this.choose(target);
    body.onkeydown = (event) => this.pressed(event);
    body.addEventListener("focusin", ({ target }) => this.focus(target));
    body.addEventListener("focusout", () => this.focus(null));
  }

  point(target) {
    const box = target.closest("[data-stop]");
    const stop = box ? Number(box.dataset.stop) : -1;
    const number = this.stops[stop]?.canvases.indexOf(target) ?? -1;
    if (stop !== this.hovered) {
      this.hovered = stop;
      this.light();
    }
    this.enlarge(number < 0 ? null : { stop, number });
  }

  // A finger that is lifted leaves at once; what it touched stays large until the next touch.
  leave(byTouch) {
    this.hovered = -1;
    if (!byTouch) this.enlarge(null);
    this.light();
  }

  focus(target) {
    const box = target?.closest("[data-stop]");
    this.focused = box?.matches(":focus-visible") ? Number(box.dataset.stop) : -1;
    if (box) this.stopAt(Number(box.dataset.stop));
    this.light();
  }

  // The one place in the tab order.
  stopAt(at) {
    this.stops.forEach(({ box }, index) => (box.tabIndex = index === at ? 0 : -1));
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
    if (key === "Escape") this.goBack();
    else if (at < 0) return; // a button answers for itself
    else if (key in WALK) this.walk(at + WALK[key]);
    else if (key in LEAF) this.leaf(at, LEAF[key]);
    else if (key === "Enter" || key === " ") this.choose(target);
    else return;
    event.preventDefault();
  }

  walk(to) {
    const stop = Math.min(this.stops.length - 1, Math.max(0, to));
    const { number } = this.thumb ?? {};
    this.stops[stop].box.focus();
    this.turnTo(number === undefined ? null : { stop, number });
  }

  // Down from a column to its first thumbnail, on to the last, and up again.
  leaf(stop, by) {
    const from = this.thumb?.stop === stop ? this.thumb.number : -1;
    const number = Math.min(this.stops[stop].canvases.length - 1, from + by);
    this.turnTo(number < 0 ? null : { stop, number });
  }

  turnTo(thumb) {
    this.enlarge(thumb);
    this.spoken.textContent = this.thumb ? this.input.heading.textContent : "";
  }

  // Out of the tour, away from a thumbnail, or up to what is around the selected layer.
  goBack() {
    if (this.tour.at >= 0) this.tour.end();
    else if (this.thumb && this.hovered < 0) this.enlarge(null);
    else if (this.data.selection.parent) this.send("select", this.data.selection.parent);
  }

  fold(run) {
    const place = () => this.grid.querySelector(`[data-run="${run}"]`).getBoundingClientRect().left;
    const before = place();
    if (!this.unfolded.delete(run)) this.unfolded.add(run);
    this.lay();
    this.drawThumbnails();
    this.mark();
    this.tour.end();
    this.scroller.scrollLeft += place() - before; // the badge stays under the cursor
    this.spoken.textContent = `${this.stops.length - 1} columns`;
    this.send("unfold", [...this.unfolded]);
  }

  // ---- the tour: place 0 is the picture, place n the stop n - 1 ----

  places() {
    return this.stops.length + 1;
  }

  travel(to, duration) {
    if (CALM.matches) return;
    const [index, count] = [to - 1, this.stops.length - 1];
    this.pulses = sendPulses(this.track, this.stops[index], index, count, duration);
  }

  halt() {
    for (const pulse of this.pulses) pulse.cancel();
  }

  arrived(at) {
    this.stops.forEach(({ box, wire, arc }, index) => {
      const ahead = at >= 0 && index >= at;
      for (const element of [box, wire, arc]) element?.classList.toggle("ahead", ahead);
    });
    this.light();
    if (at < 0) return;
    const box = this.stops[at - 1]?.box ?? this.input.box;
    this.bringIntoView(box);
    if (!this.tour.playing) this.spoken.textContent = box.ariaLabel ?? "input picture";
  }

  // Inside its own box only; the page stays where it is.
  bringIntoView(box) {
    if (box === this.prediction) return;
    const view = this.scroller.getBoundingClientRect();
    const { left, right } = box.getBoundingClientRect();
    const before = Math.min(0, left - view.left - this.input.box.offsetWidth);
    const by = box === this.input.box ? -this.scroller.scrollLeft : before;
    this.scroller.scrollBy({
      left: by || Math.max(0, right - view.right),
      behavior: CALM.matches ? "instant" : "smooth",
    });
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  if (!MAPS.has(root)) MAPS.set(root, new NetworkMap(root));
  const map = MAPS.get(root);
  map.update(readBlob(data), setTriggerValue);
  return () => map.tour.stop();
}
