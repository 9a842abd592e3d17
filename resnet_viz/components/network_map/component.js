// The network as a row of columns. Hover and focus stay in the browser; a click is one message.

const PARTS = new WeakMap();
const SVG = "http://www.w3.org/2000/svg";
const COLUMN = 100; // units of the drawing of arcs, which is stretched to the width of the columns
const LINE = 18; // where the main line runs, pixels from the top of the rail
const RAIL = 62; // height of the rail, as in component.css

function make(name, cls, into, text) {
  const element = document.createElement(name);
  element.className = cls;
  if (text !== undefined) element.textContent = text;
  into.append(element);
  return element;
}

function build(root) {
  const body = make("div", "body", root);
  const network = make("div", "network", body);
  const grid = make("div", "grid", make("div", "scroller", network));
  const says = make("p", "says", network);
  const prediction = make("div", "prediction", body);
  const preview = make("div", "preview", root);
  const canvas = make("canvas", "", preview);
  const caption = make("span", "", preview);
  root.setAttribute("role", "group");
  preview.setAttribute("aria-hidden", "true");
  return {
    ...{ root, grid, prediction, says, preview, canvas, caption },
    ...{ columns: [], structure: "", sprite: new Image(), stop: -1, was: null },
  };
}

// ---- the columns, built anew only when the network changes ----

function arc(index, station, into) {
  const path = document.createElementNS(SVG, "path");
  const from = (index - 0.28) * COLUMN; // just behind the station before
  const to = (index + 0.5) * COLUMN;
  const low = LINE + 38;
  path.setAttribute("d", `M ${from} ${LINE} C ${from} ${low} ${to} ${low} ${to} ${LINE}`);
  path.setAttribute("class", `arc ${station.shortcut}`);
  into.append(path);
  return path;
}

function spacedShape(shape, into) {
  const [channels, ...rest] = shape.split(" × ");
  make("span", "", into, rest.length ? `${channels}\u00a0× ` : channels);
  make("span", "plane", into, rest.join("\u00a0×\u00a0"));
}

function column(index, station, grid, arcs) {
  const box = make("div", "station", grid);
  box.style.gridColumn = index + 2;
  box.style.setProperty("--index", index);
  box.dataset.path = station.path;
  box.tabIndex = -1; // one of them becomes the tab stop in listen()
  box.setAttribute("role", "button");
  const says = [station.title, station.shape, station.cost].filter(Boolean);
  box.setAttribute("aria-label", says.join(", "));
  make("span", "name", box, station.title.replace("… ", "…\u00a0"));
  const thumbs = make("span", "thumbs", box);
  const canvases = Array.from({ length: station.thumbnails }, () => make("canvas", "", thumbs));
  const rail = make("span", "rail", box);
  make("i", station.shortcut ? "sum" : "dot", rail).classList.toggle("run", station.repeats > 1);
  if (station.repeats > 1) make("span", "times", rail, `×${station.repeats}`);
  if (station.shortcut_label) make("span", "label", rail, station.shortcut_label);
  spacedShape(station.shape, make("span", "shape", make("span", "foot", box)));
  return { box, canvases, arc: station.shortcut ? arc(index, station, arcs) : null };
}

function stageBackgrounds(data, grid) {
  data.stations.forEach(({ stage }, index) => {
    if (!stage || data.stations[index - 1]?.stage === stage) return;
    const run = data.stations.filter((station) => station.stage === stage).length;
    const box = make("div", "stage", grid);
    box.style.gridColumn = `${index + 2} / span ${run}`;
    box.dataset.stage = stage;
    const [name, ...rest] = (data.stage_titles[stage - 1] ?? "").split(" · ");
    const title = make("p", "", box);
    make("strong", "", title, name);
    make("span", "", title, rest.join(" · "));
  });
}

function buildColumns(parts, data) {
  const { grid } = parts;
  const focused = grid.getRootNode().activeElement?.dataset.path;
  grid.replaceChildren();
  parts.preview.classList.remove("shown");
  grid.style.setProperty("--count", data.stations.length);
  stageBackgrounds(data, grid);
  const input = make("div", "input", grid);
  make("strong", "", input, "input picture");
  const frame = make("div", "frame", input);
  parts.picture = make("img", "", frame);
  parts.picture.alt = "";
  parts.field = make("div", "field", frame);
  parts.inputShape = make("span", "", input);
  parts.fieldNote = make("span", "note", input, "receptive field");
  make("div", "line", grid);
  const arcs = document.createElementNS(SVG, "svg");
  arcs.setAttribute("class", "arcs");
  arcs.setAttribute("viewBox", `0 0 ${COLUMN * data.stations.length} ${RAIL}`);
  arcs.setAttribute("preserveAspectRatio", "none");
  arcs.setAttribute("aria-hidden", "true");
  grid.append(arcs);
  parts.columns = data.stations.map((station, index) => column(index, station, grid, arcs));
  parts.stop = -1;
  parts.columns.find(({ box }) => box.dataset.path === focused)?.box.focus();
}

// ---- what changes with the picture, the selection and the theme ----

function drawThumbnails(parts, data) {
  const side = data.thumbnail_size;
  let at = 0;
  for (const { canvases } of parts.columns) {
    for (const canvas of canvases) {
      canvas.width = canvas.height = side;
      canvas.getContext("2d").drawImage(parts.sprite, side * at++, 0, side, side, 0, 0, side, side);
    }
  }
}

function showPicture(parts, data) {
  if (parts.picture.src !== data.picture) parts.picture.src = data.picture;
  parts.inputShape.textContent = data.input_shape;
  parts.field.hidden = parts.fieldNote.hidden = !data.receptive_field;
  if (!data.receptive_field) return;
  // A receptive field may reach into the padding; what is drawn ends with the picture.
  const [left, top, right, bottom] = data.receptive_field.map((x) => Math.min(1, Math.max(0, x)));
  parts.field.style.inset = [top, 1 - right, 1 - bottom, left].map((x) => `${100 * x}%`).join(" ");
}

function showPrediction({ prediction }, data) {
  prediction.replaceChildren();
  prediction.classList.toggle("untrained", !data.trained);
  make("strong", "", prediction, data.trained ? "prediction" : "scores of an untrained network");
  const list = make("ol", "", prediction);
  for (const [name, probability] of data.classes) {
    const row = make("li", "", list);
    make("span", "class", row, name).title = name;
    make("span", "percent", row, `${(100 * probability).toFixed(1)} %`);
    const bar = make("span", "bar", row);
    make("i", "", bar).style.width = `${100 * probability}%`;
  }
}

function showPreview(parts, canvas, station, number) {
  const { root, preview } = parts;
  parts.canvas.width = canvas.width;
  parts.canvas.height = canvas.height;
  parts.canvas.getContext("2d").drawImage(canvas, 0, 0);
  const channel = station.channels[number];
  parts.caption.textContent = channel === undefined ? station.title : `channel ${channel}`;
  const whole = root.getBoundingClientRect();
  const box = canvas.getBoundingClientRect();
  const right = box.right - whole.left + 12;
  const left = box.left - whole.left - 12 - preview.offsetWidth;
  const top = (box.top + box.bottom) / 2 - whole.top - preview.offsetHeight / 2;
  const fits = right + preview.offsetWidth <= whole.width;
  preview.style.left = `${Math.max(0, fits ? right : left)}px`;
  preview.style.top = `${Math.max(0, top)}px`;
  preview.classList.add("shown");
}

function showColours(parts, data) {
  parts.root.style.setProperty("--shortcut", data.shortcut_colour);
  parts.root.style.setProperty("--head", data.stage_colours[0]);
  for (const box of parts.grid.querySelectorAll(".stage")) {
    box.style.setProperty("--stage", data.stage_colours[box.dataset.stage]);
  }
  data.stations.forEach(({ stage }, index) => {
    parts.columns[index].box.style.setProperty("--stage", data.stage_colours[stage]);
  });
}

function say({ says }, station) {
  says.replaceChildren();
  if (!station) return void make("span", "", says, "Choose a column to look inside.");
  make("strong", "", says, station.title);
  for (const fact of [station.shape, station.cost].filter(Boolean)) {
    says.append(" · ");
    make("span", "", says, fact);
  }
}

// ---- the answer to pointer and keys ----

function listen(parts, data, setTriggerValue) {
  const { columns, grid, preview } = parts;
  const light = (at) => {
    const lit = at >= 0 ? at : columns.findIndex(({ box }) => box.matches(":focus-visible"));
    grid.classList.toggle("some", lit >= 0);
    columns.forEach(({ box, arc }, index) => {
      box.classList.toggle("lit", index === lit);
      arc?.classList.toggle("lit", index === lit);
    });
    say(parts, data.stations[lit >= 0 ? lit : data.selected]);
  };
  const stopAt = (at) => {
    parts.stop = at;
    columns.forEach(({ box }, index) => (box.tabIndex = index === at ? 0 : -1));
  };
  const last = columns.length - 1;
  const steps = {
    ArrowLeft: (index) => Math.max(0, index - 1),
    ArrowRight: (index) => Math.min(last, index + 1),
    Home: () => 0,
    End: () => last,
  };
  columns.forEach(({ box, canvases }, index) => {
    const station = data.stations[index];
    box.classList.toggle("selected", index === data.selected);
    box.setAttribute("aria-pressed", String(index === data.selected));
    box.onpointerenter = () => light(index);
    box.onpointerleave = () => light(-1);
    box.onfocus = () => {
      stopAt(index);
      light(-1);
    };
    box.onblur = () => light(-1);
    box.onclick = () => setTriggerValue("select", station.path);
    box.onkeydown = (event) => {
      const chosen = event.key === "Enter" || event.key === " ";
      if (!chosen && !(event.key in steps)) return;
      event.preventDefault();
      if (chosen) box.onclick();
      else columns[steps[event.key](index)].box.focus();
    };
    canvases.forEach((canvas, number) => {
      canvas.onpointerenter = () => showPreview(parts, canvas, station, number);
      canvas.onpointerleave = () => preview.classList.remove("shown");
    });
  });
  if (parts.was !== data.selected || parts.stop < 0) stopAt(Math.max(0, data.selected));
  parts.was = data.selected;
  light(columns.findIndex(({ box }) => box.matches(":hover")));
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  if (!PARTS.has(parentElement)) PARTS.set(parentElement, build(root));
  const parts = PARTS.get(parentElement);
  root.setAttribute("aria-label", data.alt);

  const structure = JSON.stringify([data.stations, data.stage_titles]);
  const changed = parts.structure !== structure;
  if (changed) buildColumns(parts, data);
  parts.structure = structure;
  showColours(parts, data);
  showPicture(parts, data);
  showPrediction(parts, data);
  listen(parts, data, setTriggerValue);

  if (changed || parts.sprite.src !== data.sprite) {
    parts.sprite = new Image();
    const { sprite } = parts;
    sprite.onload = () => sprite === parts.sprite && drawThumbnails(parts, data);
    sprite.src = data.sprite;
  }
}
