// What stands at the two ends of the row: the image that goes in, the prediction that comes out.

/** @import { NetworkMapData, ReceptiveField } from "./types.d.ts" */

import { showImage } from "../shared/blob.js";
import { context2d, make } from "../shared/elements.js";
import { draw } from "./wires.js";

export const INPUT = "input image";

export class InputImage {
  size = ""; // of the image, as text

  /** @param {HTMLElement} grid */
  constructor(grid) {
    this.box = make("div", "input", grid);
    const figure = make("div", "figure", this.box);
    this.heading = make("strong", "", figure, INPUT);
    const frame = make("div", "frame", figure);
    this.image = make("img", "", frame);
    this.image.alt = "";
    const field = { class: "field", viewBox: "0 0 1 1", preserveAspectRatio: "none" };
    const drawing = draw("svg", { ...field, "aria-hidden": "true" }, frame);
    this.edges = ["halo", "edge"].map((name) =>
      draw("rect", { class: name, width: 1, height: 1 }, drawing),
    );
    this.large = make("canvas", "large", frame);
    this.large.ariaHidden = "true";
    this.shape = make("span", "", figure);
    this.note = make("span", "note", figure);
  }

  /** @type {(data: NetworkMapData) => void} */
  show({ image, input_shape, prepared }) {
    showImage(this.image, image);
    this.box.title = prepared;
    this.size = input_shape;
    this.shape.textContent = this.size;
  }

  // A receptive field, as a frame on the image; without one, the whole image is meant.
  /** @type {(field: ReceptiveField | null) => void} */
  frame(field) {
    this.box.classList.toggle("unframed", !field);
    if (!field) return;
    const { size, frame: [left, top, right, bottom] } = field;
    const transform = `translate(${left}px, ${top}px) scale(${right - left}, ${bottom - top})`;
    for (const edge of this.edges) edge.style.transform = transform;
    this.note.textContent = `receptive field ${size.toLocaleString("en")} px`;
  }

  // The same pixels as in the thumbnail, large over the image that they come from.
  /** @type {(thumbnail: HTMLCanvasElement | null, name: string, size: string) => void} */
  enlarge(thumbnail, name, size) {
    this.large.classList.toggle("shown", Boolean(thumbnail));
    this.box.classList.toggle("covered", Boolean(thumbnail)); // its pixels are not those of the image
    this.heading.textContent = thumbnail ? name : INPUT;
    this.shape.textContent = thumbnail ? size : this.size;
    if (!thumbnail) return;
    this.large.width = this.large.height = thumbnail.width;
    context2d(this.large).drawImage(thumbnail, 0, 0);
  }
}

/** @type {(probability: number) => string} */
function percent(probability) {
  return `${(100 * probability).toFixed(1)} %`;
}

/** @type {(data: Pick<NetworkMapData, "classes">) => string} */
export function likeliest({ classes: [[name, probability]] }) {
  return `${name} ${percent(probability)}`;
}

/** @type {(box: HTMLElement, data: NetworkMapData) => void} */
export function showPrediction(box, { nodes, classes, trained }) {
  const { path, title, shape } = nodes[nodes.length - 1];
  const heading = trained ? "prediction" : "scores of an untrained network";
  const ends = `${title} → ${shape} classes`;
  box.dataset.path = path;
  // What is seen, word by word, so that who speaks to the browser can say it.
  const scores = classes.map(([name, share]) => `${name} ${percent(share)}`);
  box.ariaLabel = [heading, ...scores, ends].join(", ");
  box.classList.toggle("untrained", !trained);
  box.replaceChildren();
  make("strong", "", box, `${heading} `);
  const list = make("ol", "", box);
  for (const [name, share] of classes) {
    const row = make("li", "", list);
    make("span", "class", row, `${name} `).title = name;
    make("span", "percent", row, `${percent(share)} `);
    make("i", "", make("span", "share", row)).style.width = percent(share).replace(" ", "");
  }
  make("span", "shape", box, ends);
}
