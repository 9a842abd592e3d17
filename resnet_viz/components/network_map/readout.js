// What is said below the columns about the place that the pointer, the focus or the tour is at.

// Facts as names and values, after the name of what they are of.
function showReadout(says, name, facts, advice = "") {
  says.replaceChildren();
  make("strong", "", says, name);
  for (const [measure, value] of facts) {
    const fact = make("span", "fact", says);
    if (measure) make("span", "measure", fact, `${measure} `);
    fact.append(value);
  }
  if (advice) make("span", "measure", says, advice);
}

function readPicture(says, { input_shape }) {
  showReadout(says, INPUT, [["", input_shape]]);
}

function readStop(says, data, stop) {
  const facts = factsOf(stop, data.measures);
  if (stop.station === data.stations.at(-1)) facts.unshift(["Likeliest", likeliest(data)]);
  showReadout(says, title(stop), facts);
}

// Of a whole stage, whose columns are selected together; or of a layer that has no column.
function readSelection(says, { selection, stage_titles }, [first]) {
  const name = stage_titles[first?.station.stage - 1];
  const facts = name ? [["", name]] : [];
  showReadout(says, selection.path, facts, "Choose a column to look inside.");
}
