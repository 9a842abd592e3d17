// The elements of the wall, built once, and how a state is written into them.

// ---- building ----

// A grid for a screen reader: of its many cells only the one that is looked at is an element.
function buildGrid(cls, into) {
  const grid = make("div", cls, into);
  grid.tabIndex = 0;
  grid.setAttribute("role", "grid");
  const board = make("div", "board", grid);
  const canvas = make("canvas", "", board);
  const row = make("div", "", board);
  row.setAttribute("role", "row");
  const here = make("div", "mark here", row);
  here.id = `${cls}-here`;
  here.setAttribute("role", "gridcell");
  grid.setAttribute("aria-activedescendant", here.id);
  const pin = make("div", "mark pin", board);
  return { grid, board, canvas, here, pin };
}

function buildBar(into) {
  const bar = make("div", "bar", into);
  const ramp = make("div", "ramp", bar);
  const zero = make("i", "zero", ramp);
  const ends = make("div", "ends", bar);
  const [low, middle, high] = ["low", "middle", "high"].map((name) => make("span", name, ends));
  return { ramp, zero, low, middle, high };
}

function build(root) {
  const sides = make("div", "sides", root);
  const left = make("div", "left", sides);
  const tools = buildTools(left);
  const tiles = buildGrid("wall", left);
  const dots = make("canvas", "dots", tiles.board);
  const foot = make("p", "foot", left);
  const right = make("div", "closeup", sides);
  const readout = make("div", "readout", right);
  const place = make("p", "place", readout);
  const value = make("p", "value", readout);
  const facts = make("p", "facts", readout);
  const views = make("div", "views", right);
  const large = make("figure", "", views);
  const map = buildGrid("map", large);
  const bar = buildBar(large);
  const seen = make("figure", "", views);
  const picture = make("div", "picture", seen);
  const image = make("img", "", picture);
  image.alt = "What the network sees";
  const field = make("div", "field", picture);
  const caption = make("figcaption", "", seen);
  const spoken = make("p", "spoken", root);
  spoken.setAttribute("role", "status");
  root.setAttribute("role", "group");
  return {
    ...{ root, tools, tiles, dots, foot, place, value, facts, map, bar, picture, image },
    ...{ field, caption, spoken },
  };
}

// ---- writing a state into them ----

function inset(element, [left, top, right, bottom]) {
  element.style.inset = [top, 1 - right, 1 - bottom, left].map((x) => `${100 * x}%`).join(" ");
}

// Around a tile of the wall, where that channel is among those shown.
function frameTile(mark, { layout, order }, place) {
  const position = place ? order.indexOf(place.channel) : -1;
  mark.hidden = position < 0;
  if (mark.hidden) return;
  const [x, y] = tileCorner(layout, position);
  mark.style.transform = `translate(${x}px, ${y}px)`;
  mark.style.width = `${layout.tile.width}px`;
  mark.style.height = `${layout.tile.height}px`;
}

function frameCell(mark, wall, place) {
  mark.hidden = !place;
  if (mark.hidden) return;
  const { row, column } = place;
  inset(mark, [
    column / wall.columns,
    row / wall.rows,
    (column + 1) / wall.columns,
    (row + 1) / wall.rows,
  ]);
}

function showField({ field, caption }, { wall, shown }) {
  inset(
    field,
    fieldBox(wall, shown).map((edge) => edge / wall.side),
  );
  const { size } = wall.field;
  const beyond = size > wall.side ? ", more than the picture" : "";
  caption.textContent = `what the network sees · frame: receptive field, ${size}\u00a0×\u00a0${size}\u00a0px${beyond}`;
}

function showBar({ bar }, { wall, options, shown }) {
  const [low, high] = limits(wall, options, shown.channel);
  bar.ramp.style.background = gradient(wall, [low, high]);
  bar.low.textContent = written(low);
  bar.high.textContent = written(high);
  const zero = -low / (high - low);
  bar.zero.hidden = !(zero > 0 && zero < 1);
  bar.zero.style.left = bar.middle.style.left = `${100 * zero}%`;
  bar.middle.textContent = zero > 0.2 && zero < 0.8 ? "0" : "";
}

function span(wall, sent, axis) {
  const first = sent * wall.squares;
  const last = Math.min(first + wall.squares, wall.shape[axis]) - 1;
  return first === last ? `${first}` : `${first}–${last}`;
}

function placeText(wall, { channel, row, column }) {
  const label = wall.labels[channel];
  if (label !== undefined) return `${wall.noun} ${channel} · ${label}`;
  const name = `${wall.noun} ${channel} (of 0–${wall.channels - 1})`;
  if (wall.rows * wall.columns === 1) return name;
  return `${name} · row ${span(wall, row, 1)}, column ${span(wall, column, 2)}`;
}

function factsText(wall, { options, shown: { channel }, anchor }) {
  if (wall.rows * wall.columns === 1) return "";
  const facts = [
    `min ${written(wall.minima[channel])}`,
    `max ${written(wall.maxima[channel])}`,
    `mean ${written(wall.means[channel])}`,
    `zeros\u00a0${(100 * wall.zeros[channel]).toFixed(1)}\u00a0%`,
  ];
  if (isDead(wall, channel)) facts.push("dead for this picture");
  if (options.sort === "alike" && channel !== anchor) {
    const r = correlation(wall, channel, anchor);
    facts.push(Number.isNaN(r) ? "constant" : `r ${written(r)} with channel ${anchor}`);
  }
  return facts.join(" · ");
}

function showReadout({ place, value, facts, tiles, map }, state) {
  const { wall, shown } = state;
  place.textContent = placeText(wall, shown);
  value.textContent = writtenValue(wall, shown) + (wall.squares > 1 ? " on average" : "");
  facts.textContent = factsText(wall, state);
  for (const grid of [tiles, map]) {
    grid.here.setAttribute("aria-label", `${place.textContent}, ${value.textContent}`);
  }
}

const KEYS = COARSE.matches
  ? "A tap pins a cell."
  : "Click or Enter pins a cell, Esc lets go, arrow keys walk.";
const ROUNDED = " ≈ is rounded; of the pinned cell the exact value stands below.";

function showCount({ foot }, { wall, order, options }) {
  const count = order.length;
  const nouns = { channel: "channels", class: "classes" }[wall.noun];
  const some = `${count} of ${wall.channels} ${nouns} are ${options.show}. `;
  foot.classList.toggle("alone", !count);
  foot.textContent =
    (options.show === "all" ? "" : some) + (count ? KEYS + (wall.code === "float32" ? "" : ROUNDED) : "");
}
