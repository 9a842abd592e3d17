// The columns between the picture and the prediction, as they stand: laid out for a network, filled
// with thumbnails, marked where something is selected. What the pointer is at is no concern of it.

const RIM = 4; // pixels, of a selected column

class Board {
  constructor(body, network) {
    this.stops = []; // the columns, and the prediction as the last
    this.stages = []; // the tinted grounds
    this.scroller = make("div", "scroller", network);
    this.grid = make("div", "grid", this.scroller);
    this.input = new InputPicture(this.grid);
    this.prediction = make("div", "prediction", body);
    this.prediction.role = "button";
    this.sprite = new Image();
  }

  // ---- what a message changes ----

  // The columns, anew: another network, or a run that was folded or unfolded.
  lay({ stations, stage_titles, measures }, unfolded) {
    const columns = arrange(stations.slice(0, -1), unfolded);
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
  }

  show(data) {
    for (const stop of this.stops) stop.station = data.stations[stop.members[0]];
    this.input.show(data);
    showPrediction(this.prediction, data);
    showImage(this.sprite, data.sprite);
  }

  drawThumbnails({ stations, thumbnail_size: side }) {
    if (!this.sprite.complete) return; // they come when it is loaded
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
  }

  mark({ marked, selection }) {
    for (const { box, members } of this.stops) {
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
    return this.stops.filter(({ box }) => box.classList.contains("selected"));
  }

  canvasOf(thumb) {
    return this.stops[thumb?.stop]?.canvases[thumb.number];
  }

  // What leads into a stop: the box before it.
  before(at) {
    return this.stops[at - 1]?.box ?? this.input.box;
  }

  headingOf(stage) {
    return this.stages[stage].querySelector(".heading");
  }

  // The one place in the tab order.
  stopAt(at) {
    this.stops.forEach(({ box }, index) => (box.tabIndex = index === at ? 0 : -1));
  }

  focus({ run, path }) {
    if (run) this.stops.find(({ badge }) => badge?.dataset.run === run)?.badge.focus();
    else if (path) this.stops.find(({ box }) => box.dataset.path === path)?.box.focus();
  }

  // Inside its own box only; the page stays where it is.
  // A column that is not wholly in sight comes to the middle of what the picture leaves free.
  bringIntoView(box) {
    if (box === this.prediction) return;
    const view = this.scroller.getBoundingClientRect();
    const { left, right } = box.getBoundingClientRect();
    const start = view.left + this.input.box.offsetWidth;
    if (box !== this.input.box && left >= start && right + RIM <= view.right) return;
    const by = (left + right - start - view.right) / 2;
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
