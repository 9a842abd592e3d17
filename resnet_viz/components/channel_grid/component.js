// One picture of all channels; which one is under the cursor is arithmetic, not a message.

const PARTS = new WeakMap();

function build(parent) {
  const make = (name, cls, into) => {
    const element = document.createElement(name);
    element.className = cls;
    into.append(element);
    return element;
  };
  const root = parent.querySelector(".root");
  const grid = make("div", "grid", root);
  const image = make("img", "", grid);
  const mark = make("div", "mark", grid);
  const hover = make("div", "mark hover", grid);
  const foot = make("div", "foot", root);
  const says = make("span", "says", foot);
  const bar = make("div", "bar", foot);
  const ramp = make("div", "ramp", bar);
  const ends = ["low", "middle", "high"].map((name) => make("span", name, bar));
  grid.tabIndex = 0;
  grid.setAttribute("role", "application");
  image.alt = "";
  return { grid, image, mark, hover, says, ramp, ends };
}

function place(mark, position, data) {
  mark.hidden = position < 0;
  if (position < 0) return;
  const column = position % data.columns;
  const row = Math.floor(position / data.columns);
  mark.style.left = `${(100 * column) / data.columns}%`;
  mark.style.top = `${(100 * row) / data.rows}%`;
  mark.style.width = `${100 / data.columns}%`;
  mark.style.height = `${100 / data.rows}%`;
}

function under(event, grid, data) {
  const box = grid.getBoundingClientRect();
  const column = Math.floor(((event.clientX - box.left) / box.width) * data.columns);
  const row = Math.floor(((event.clientY - box.top) / box.height) * data.rows);
  const position = row * data.columns + column;
  return column < 0 || column >= data.columns || !(position in data.order) ? -1 : position;
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!PARTS.has(parentElement)) PARTS.set(parentElement, build(parentElement));
  const { grid, image, mark, hover, says, ramp, ends } = PARTS.get(parentElement);

  const source = `data:image/png;base64,${data.png}`;
  if (image.src !== source) image.src = source;
  // Small maps are blown up to fill the width, but a cell never gets larger than 96 pixels.
  const widest = Math.max(data.tile[1] * data.columns, 96 * data.columns);
  grid.style.maxWidth = `${widest}px`;
  grid.setAttribute("aria-label", `${data.alt}. Arrow keys walk through the channels.`);
  ramp.style.background = `linear-gradient(to right, ${data.colours.join(", ")})`;
  ends.forEach((end, index) => (end.textContent = data.bar[index]));

  let position = data.order.indexOf(data.selected);
  const show = (at) => {
    place(hover, at, data);
    const shown = at < 0 ? position : at;
    says.textContent = shown < 0 ? "" : `channel ${data.order[shown]} of ${data.order.length}`;
  };
  const pick = (at) => {
    if (at < 0 || at === position) return;
    position = at;
    place(mark, at, data);
    show(-1);
    setTriggerValue("pick", data.order[at]);
  };
  place(mark, position, data);
  show(-1);

  grid.onmousemove = (event) => show(under(event, grid, data));
  grid.onmouseleave = () => show(-1);
  grid.onclick = (event) => pick(under(event, grid, data));
  grid.onkeydown = (event) => {
    const step = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -data.columns,
      ArrowDown: data.columns,
    }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    pick(position + step in data.order ? position + step : -1);
  };
}
