// Names, bars and numbers in a grid; nothing to click.

function element(name, text = "") {
  const made = document.createElement("div");
  made.className = name;
  made.textContent = text;
  return made;
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  const spoken = data.bars.map(({ name, text }) => `${name} ${text}`).join(", ");
  root.setAttribute("aria-label", `${data.title}: ${spoken}`);
  const cells = data.bars.flatMap(({ name, share, text, colour }) => {
    const track = element("track");
    const bar = element("bar");
    bar.style.width = `${100 * share}%`;
    bar.style.background = colour;
    track.append(bar);
    return [element("name", name), track, element("number", text)];
  });
  root.replaceChildren(element("title", data.title), ...cells);
}
