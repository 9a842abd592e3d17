// The strip, open until the visitor folds it: then one line, now and at each later visit.

/** @import { Component } from "../shared/types.d.ts" */
/** @import { Welcome } from "./types.d.ts" */

import { make } from "../shared/elements.js";

const FOLDED = "resnet-explorer.welcome"; // what the browser remembers is under this name
let folded = remembered();

/** @type {Component<Welcome>} */
export default function ({ data, parentElement, setTriggerValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".root"));
  root.replaceChildren();
  const toggle = make("button", "toggle", root);
  const body = make("div", "body", root);
  for (const sentence of data.sentences) make("p", "said", body, sentence);
  const steps = make("div", "steps", body);
  for (const { slug, title, about } of data.steps) {
    const step = make("button", "step", steps);
    step.type = "button";
    make("strong", "title", step, title);
    make("span", "about", step, about);
    step.onclick = () => setTriggerValue("choose", slug);
  }

  const show = () => {
    body.hidden = folded;
    root.classList.toggle("folded", folded);
    toggle.textContent = folded ? "What is this?" : "Fold away";
    toggle.setAttribute("aria-expanded", String(!folded));
  };
  toggle.type = "button";
  toggle.onclick = () => {
    folded = !folded;
    remember(folded);
    show();
  };
  show();
}

// A browser that keeps nothing for this page refuses to be asked.
function remembered() {
  try {
    return localStorage.getItem(FOLDED) !== null;
  } catch {
    return false;
  }
}

/** @type {(isFolded: boolean) => void} */
function remember(isFolded) {
  try {
    if (isFolded) localStorage.setItem(FOLDED, "folded");
    else localStorage.removeItem(FOLDED);
  } catch {
    // then it stays so until the page is left
  }
}
