// Layers of the same network and image that are not shown: those that were, and those that the server has.

/** @import { Bytes } from "../shared/types.d.ts" */

const MOST = 32e6; // bytes; what a click sends is below one million

/** @type {Map<string, Bytes>} */ // by their URLs, the longest unused first
const SEEN = new Map();
/** @type {Map<string, Promise<Bytes | undefined>>} */
const COMING = new Map();
let asking = new AbortController();

/** @type {(source: string, layer: string) => string} */
const urlOf = (source, layer) => `./${source}&layer=${encodeURIComponent(layer)}`;

// What was shown of a layer, or is on its way; nothing where only Python has it.
/** @type {(source: string, layer: string) => Promise<Bytes | undefined>} */
export async function found(source, layer) {
  const url = urlOf(source, layer);
  return SEEN.get(url) ?? COMING.get(url);
}

// The same, and the server is asked where it is not here; a layer that was asked for before no longer is.
/** @type {(source: string, layer: string) => Promise<Bytes | undefined>} */
export async function asked(source, layer) {
  const url = urlOf(source, layer);
  if (source && !SEEN.has(url) && !COMING.has(url)) {
    asking.abort();
    asking = new AbortController();
    COMING.set(url, load(url, asking.signal));
  }
  return found(source, layer);
}

/** @type {(url: string, signal: AbortSignal) => Promise<Bytes | undefined>} */
async function load(url, signal) {
  try {
    const answer = await fetch(url, { signal });
    if (answer.status !== 200) return undefined;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    keep(url, bytes);
    return bytes;
  } catch {
    return undefined; // nobody waits for it any more, or there is no connection
  } finally {
    COMING.delete(url);
  }
}

/** @type {(source: string, layer: string, bytes: Bytes) => void} */
export function remember(source, layer, bytes) {
  if (source) keep(urlOf(source, layer), bytes);
}

/** @type {(url: string, bytes: Bytes) => void} */
function keep(url, bytes) {
  SEEN.delete(url);
  SEEN.set(url, bytes);
  let held = 0;
  for (const each of SEEN.values()) held += each.length;
  for (const [longest, each] of SEEN) {
    if (held <= MOST) break;
    SEEN.delete(longest);
    held -= each.length;
  }
}
