// The controls above the wall: which channels are shown, in which order and in which colours.

// ---- building ----

function labelled(name, into, control) {
  const label = make("label", "", into);
  make("span", "", label, name);
  label.append(control);
  return control;
}

const SCALES = { layer: "whole layer", channel: "each channel", fixed: "fixed ends" };
const SORTS = {
  index: "number",
  mean: "mean",
  variance: "variance",
  strongest: "largest |value|",
  alike: "correlation",
};
const SHOWS = { all: "all", alive: "alive", dead: "dead (all zero)" };

function selection(name, choices, into) {
  const select = document.createElement("select");
  for (const [slug, text] of Object.entries(choices)) {
    make("option", "", select, text).value = slug;
  }
  return labelled(name, into, select);
}

function numberField(name, into) {
  const input = document.createElement("input");
  input.type = "number";
  input.step = "any";
  return labelled(name, into, input);
}

function buildTools(into) {
  const tools = make("div", "tools", into);
  const scale = selection("Colour range", SCALES, tools);
  const fixed = make("span", "fixed", tools);
  const low = numberField("From", fixed);
  const high = numberField("To", fixed);
  const sort = selection("Sort by", SORTS, tools);
  const show = selection("Show", SHOWS, tools);
  const find = numberField("Channel", tools);
  find.min = 0;
  find.step = 1;
  return { sort, scale, fixed, low, high, show, find };
}

// ---- showing a state, and changing it ----

function showTools({ tools }, { wall, options, pinned, anchor }) {
  for (const name of ["sort", "scale", "show"]) tools[name].value = options[name];
  for (const name of ["low", "high"]) tools[name].value = options[name];
  const alike = [...tools.sort.options].find(({ value }) => value === "alike");
  alike.textContent = `correlation with ${wall.noun} ${anchor}`;
  tools.sort.options[0].textContent = `${wall.noun} number`;
  tools.find.previousSibling.textContent = wall.noun === "class" ? "Class" : "Channel";
  tools.fixed.hidden = options.scale !== "fixed";
  tools.find.max = wall.channels - 1;
  tools.find.value = pinned ? pinned.channel : "";
}

function listenToTools(featureWall) {
  const { sort, scale, show, low, high, find } = featureWall.parts.tools;
  sort.onchange = () => featureWall.choose({ sort: sort.value });
  scale.onchange = () => featureWall.choose({ scale: scale.value });
  show.onchange = () => featureWall.choose({ show: show.value });
  low.onchange = high.onchange = () => {
    const valid = high.valueAsNumber > low.valueAsNumber;
    high.setCustomValidity(valid ? "" : "“To” must be larger than “From”.");
    if (valid) featureWall.choose({ low: low.valueAsNumber, high: high.valueAsNumber });
    else high.reportValidity();
  };
  find.onchange = () => {
    if (find.value === "" || !find.reportValidity()) return;
    const channel = find.valueAsNumber;
    if (!featureWall.order.includes(channel)) featureWall.choose({ show: "all" });
    featureWall.pin({ channel });
    featureWall.bringIntoView();
  };
}
