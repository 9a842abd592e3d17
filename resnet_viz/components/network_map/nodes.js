// Which nodes are shown, and their elements: a column for each node or folded repeat group.

/** @import { NetworkNode, NodeView, Shown } from "./types.d.ts" */

import { make } from "../shared/elements.js";

/** @type {(nodes: NetworkNode[], unfolded: Set<string>) => Shown[]} */
export function arrange(nodes, unfolded) {
  /** @type {Shown[]} */
  const all = [];
  nodes.forEach((node, at) => {
    const { group } = node;
    const folded = group !== "" && !unfolded.has(group);
    if (folded && group !== node.path) all.at(-1)?.members.push(at);
    else all.push({ node, members: [at], folded, blocks: 0 });
  });
  for (const shown of all) {
    const { group, path } = shown.node;
    if (group && group === path) shown.blocks = nodes.filter(({ group: other }) => other === group).length;
  }
  return all;
}

/** @type {(shown: Shown) => string} */
export function title({ node, members, folded }) {
  if (!folded) return node.title;
  const [stage, first] = (node.path.match(/\d+/g) ?? []).map(Number);
  return `${node.path}–${stage}.${first + members.length - 1}`;
}

/** @type {(shown: Shown, measures: string[]) => [measure: string, value: string][]} */
export function factsOf({ node, folded, members }, measures) {
  /** @type {[string, string][]} */
  const facts = node.facts.map((value, at) => [measures[at], value]);
  return folded ? [["Equal blocks", `${members.length}, each with`], ...facts] : facts;
}

// First what the column shows, word by word: who speaks to the browser says what is seen. (Spaces between
// the elements are there for the same reason.)
/** @type {(shown: Shown, measures: string[]) => string} */
export function spoken(shown, measures) {
  const { shape, shortcut_label: label } = shown.node;
  const facts = factsOf(shown, measures).filter(([, value]) => value !== shape);
  const unseen = facts.map((fact) => fact.join(" "));
  return [title(shown), shape, label, ...unseen].filter(Boolean).join(", ");
}

/** @type {(shape: string, into: HTMLElement) => void} */
function spacedShape(shape, into) {
  const [channels, ...plane] = shape.split(" × ");
  make("span", "", into, plane.length ? `${channels}\u00a0× ` : channels);
  make("span", "plane", into, plane.join("\u00a0×\u00a0"));
}

/**
 * @type {(
 *   shown: Shown, index: number, measures: string[], grid: HTMLElement
 * ) => Pick<NodeView, "box" | "canvases" | "badge">}
 */
export function buildNode(shown, index, measures, grid) {
  const { node, folded } = shown;
  const box = make("div", "node", grid);
  box.style.gridColumn = String(index + 2);
  box.style.setProperty("--index", String(index));
  box.style.setProperty("--stage", `var(--stage-${node.stage})`);
  box.dataset.path = node.path;
  box.role = "button";
  box.ariaLabel = spoken(shown, measures);
  make("span", "name", box, `${title(shown)} `);
  const thumbs = make("span", "thumbs", box);
  const canvases = Array.from({ length: node.thumbnails }, () => make("canvas", "", thumbs));
  spacedShape(node.shape, make("span", "shape", make("span", "foot", box)));
  box.append(" ");
  const rail = make("span", "rail", box);
  make("i", node.shortcut ? "sum" : "dot", rail).classList.toggle("repeats", folded);
  if (node.shortcut_label) make("span", "label", rail, node.shortcut_label);
  return { box, canvases, badge: buildBadge(shown, index, grid) };
}

/** @type {(shown: Shown, index: number, grid: HTMLElement) => HTMLButtonElement | null} */
function buildBadge({ node, folded, blocks }, index, grid) {
  if (!blocks) return null;
  const badge = make("button", "badge", grid, folded ? `×${blocks}` : "fold");
  badge.style.gridColumn = String(index + 2);
  badge.style.setProperty("--stage", `var(--stage-${node.stage})`);
  badge.dataset.group = node.group;
  badge.type = "button";
  badge.ariaExpanded = String(!folded);
  badge.ariaLabel = `${folded ? "Unfold" : "Fold"} ${blocks} equal blocks from ${node.path}`;
  badge.title = folded ? `Show all ${blocks} blocks` : `Show the ${blocks} equal blocks as one`;
  return badge;
}

// The tinted grounds of the stages; a click on a stage's name selects it as a whole.
/** @type {(all: Shown[], titles: string[], grid: HTMLElement) => HTMLElement[]} */
export function buildStages(all, titles, grid) {
  return titles.map((words, at) => {
    const stage = at + 1;
    const inside = all.filter(({ node }) => node.stage === stage);
    const box = make("div", "stage", grid);
    box.style.gridColumn = `${all.indexOf(inside[0]) + 2} / span ${inside.length}`;
    box.style.setProperty("--stage", `var(--stage-${stage})`);
    const [name, ...rest] = words.split(" · ");
    const heading = make("button", "heading", box);
    Object.assign(heading, { type: "button", tabIndex: -1 });
    box.dataset.holds = heading.dataset.path = inside[0].node.path.split(".")[0];
    make("strong", "", heading, name);
    make("span", "", heading, rest.join(" · "));
    return box;
  });
}
