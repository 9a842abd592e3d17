// Which columns there are, and their elements: one for each station or folded run of equal blocks.

// A column: the station that it shows, the numbers of all that it stands for, and how many blocks
// the badge on it folds or unfolds.
function arrange(stations, unfolded) {
  const columns = [];
  stations.forEach((station, at) => {
    const { run } = station;
    const folded = run && !unfolded.has(run);
    if (folded && run !== station.path) columns.at(-1).members.push(at);
    else columns.push({ station, members: [at], folded, blocks: 0 });
  });
  for (const column of columns) {
    const { run, path } = column.station;
    if (run && run === path) column.blocks = stations.filter((other) => other.run === run).length;
  }
  return columns;
}

function title({ station, members, folded }) {
  if (!folded) return station.title;
  const [stage, first] = station.path.match(/\d+/g).map(Number);
  return `${station.path}–${stage}.${first + members.length - 1}`;
}

function factsOf(column, measures) {
  const { station, folded, members } = column;
  const facts = station.facts.map((value, at) => [measures[at], value]);
  return folded ? [["Equal blocks", `${members.length}, each with`], ...facts] : facts;
}

function spacedShape(shape, into) {
  const [channels, ...plane] = shape.split(" × ");
  make("span", "", into, plane.length ? `${channels}\u00a0× ` : channels);
  make("span", "plane", into, plane.join("\u00a0×\u00a0"));
}

function buildColumn(column, index, measures, grid) {
  const { station, folded } = column;
  const box = make("div", "station", grid);
  box.style.gridColumn = index + 2;
  box.style.setProperty("--index", index);
  box.style.setProperty("--stage", `var(--stage-${station.stage})`);
  box.dataset.path = station.path;
  box.role = "button";
  const facts = factsOf(column, measures).map((fact) => fact.join(" "));
  box.ariaLabel = [title(column), ...facts].join(", ");
  make("span", "name", box, title(column));
  const thumbs = make("span", "thumbs", box);
  const canvases = Array.from({ length: station.thumbnails }, () => make("canvas", "", thumbs));
  const rail = make("span", "rail", box);
  make("i", station.shortcut ? "sum" : "dot", rail).classList.toggle("run", Boolean(folded));
  if (station.shortcut_label) make("span", "label", rail, station.shortcut_label);
  spacedShape(station.shape, make("span", "shape", make("span", "foot", box)));
  return Object.assign(column, { box, canvases, badge: buildBadge(column, index, grid) });
}

function buildBadge({ station, folded, blocks }, index, grid) {
  if (!blocks) return null;
  const badge = make("button", "badge", grid, folded ? `×${blocks}` : "fold");
  badge.style.gridColumn = index + 2;
  badge.style.setProperty("--stage", `var(--stage-${station.stage})`);
  badge.dataset.run = station.run;
  badge.type = "button";
  badge.ariaExpanded = String(!folded);
  badge.ariaLabel = `${folded ? "Unfold" : "Fold"} ${blocks} equal blocks from ${station.path}`;
  badge.title = folded ? `Show all ${blocks} blocks` : `Show the ${blocks} equal blocks as one`;
  return badge;
}

// The tinted grounds of the stages; a click on a stage's name selects it as a whole.
function buildStages(columns, titles, grid) {
  return titles.map((words, at) => {
    const stage = at + 1;
    const inside = columns.filter(({ station }) => station.stage === stage);
    const box = make("div", "stage", grid);
    box.style.gridColumn = `${columns.indexOf(inside[0]) + 2} / span ${inside.length}`;
    box.style.setProperty("--stage", `var(--stage-${stage})`);
    const [name, ...rest] = words.split(" · ");
    const heading = make("button", "heading", box);
    Object.assign(heading, { type: "button", tabIndex: -1 });
    box.dataset.holds = heading.dataset.path = inside[0].station.path.split(".")[0];
    make("strong", "", heading, name);
    make("span", "", heading, rest.join(" · "));
    return box;
  });
}
