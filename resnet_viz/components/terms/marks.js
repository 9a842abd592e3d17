// The marked words of a page: links to `#term-…`, of which the first of each term stays one.
//
// Which is the first can only be told in the browser: a fragment draws its part of a page anew without
// the others. React, which drew the links, neither knows nor touches what is changed here, unless it
// changes a link's text or target itself; then everything is looked at again.

const PREFIX = "#term-";
const PLACE = "#see-"; // what links to where a term can be seen begin with
const MARKED = `a[href^="${PREFIX}"]`;
const STYLE = `
  ${MARKED} {
    color: inherit !important;
    text-decoration: underline dotted !important;
    text-underline-offset: 0.2em;
    cursor: help;
  }
  a[data-term]:not([href]) {
    color: inherit !important;
    text-decoration: none !important;
    cursor: inherit;
  }
`;

/** @type {(target: EventTarget | null) => HTMLAnchorElement | null} */
export const markedWord = (target) => (target instanceof Element ? target.closest(MARKED) : null);

/** @type {(word: HTMLAnchorElement) => string} */
export const slugOf = (word) => (word.getAttribute("href") ?? "").slice(PREFIX.length);

/** The term that a link leads to see. */
/** @type {(target: EventTarget | null) => string | undefined} */
export function placeOf(target) {
  const link = target instanceof Element ? target.closest(`a[href^="${PLACE}"]`) : null;
  return link?.getAttribute("href")?.slice(PLACE.length);
}

/** @type {(sentenceOf: (slug: string) => string) => void} */
export function keepFirstOfEach(sentenceOf) {
  const style = document.createElement("style");
  style.textContent = STYLE;
  document.head.append(style);
  let isDue = false;
  const look = () => {
    isDue = false;
    settle(sentenceOf);
  };
  new MutationObserver(() => {
    if (!isDue) requestAnimationFrame(look);
    isDue = true;
  }).observe(document.body, { childList: true, subtree: true, attributeFilter: ["href"] });
  look();
}

/** @type {(sentenceOf: (slug: string) => string) => void} */
function settle(sentenceOf) {
  const seen = new Set();
  for (const word of document.querySelectorAll(`${MARKED}, a[data-term]`)) {
    const target = word.getAttribute("href");
    if (target && !target.startsWith(PREFIX)) continue; // React made another link of it
    const link = /** @type {HTMLAnchorElement} */ (word);
    const slug = target ? slugOf(link) : (link.dataset.term ?? "");
    link.dataset.term = slug;
    const isFirst = !seen.has(slug);
    if (isFirst === Boolean(target)) {
      // as it should be
    } else if (isFirst) {
      link.setAttribute("href", PREFIX + slug);
    } else {
      link.removeAttribute("href");
    }
    if (isFirst) link.setAttribute("aria-description", sentenceOf(slug));
    else link.removeAttribute("aria-description");
    if (link.checkVisibility()) seen.add(slug); // what is folded away was not told yet
  }
}
