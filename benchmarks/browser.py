"""A browser with a clock inside the page: from the event to the frame that shows the answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, WebSocket

WAIT_MS = 30_000
QUIET_MS = 250  # after an answer, for what is still on its way

# bench.until gives the time of the frame after the one in which a condition first holds, its images
# decoded. bench.watch starts that beforehand. bench.all looks into shadow roots too. bench.changes counts
# since the last click how often elements of the page were changed, several at once being one time;
# bench.changed is when the last of them was.
_CLOCK = """
(() => {
  const all = (selector, root) => {
    if (!root) return [];
    const inside = [...root.querySelectorAll("*")].flatMap((node) =>
      node.shadowRoot ? all(selector, node.shadowRoot) : []);
    return [...root.querySelectorAll(selector), ...inside];
  };
  const frame = () => new Promise(requestAnimationFrame);
  // decode() takes a frame even of an image that is on the screen already: each is waited for once.
  const decoded = new WeakMap();
  const decode = async (image) => {
    if (decoded.get(image) === image.src) return;
    const { src } = image;
    await image.decode();
    decoded.set(image, src);
  };
  const until = async (holds, milliseconds) => {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      const images = holds();
      if (images) {
        await Promise.all(images.map(decode));
        await frame();
        return performance.now();
      }
      if (performance.now() > deadline) throw new Error("nothing changed in time");
      await frame();
    }
  };
  const idle = () => document.querySelector(
    '[data-testid="stApp"][data-test-script-state="notRunning"]') !== null;
  const watch = (...asked) => void (bench.answer = until(...asked));
  window.bench = { all, until, watch, idle };
  const clicked = () => {
    const now = performance.now();
    Object.assign(bench, { clicked: now, changed: now, changes: 0 });
  };
  addEventListener("click", clicked, { capture: true });
  const changed = () => void Object.assign(bench, { changed: performance.now(), changes: bench.changes + 1 });
  new MutationObserver(changed).observe(document, {
    subtree: true, childList: true, attributes: true, characterData: true,
  });
})();
"""


@dataclass
class Traffic:
    """What arrived on the page's WebSocket since the last look, bytes.

    No slots: Playwright notes on the object that it calls its method.
    """

    received: int = 0

    def listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self._add(frame))

    def take(self) -> int:
        """The bytes so far; counting starts again."""
        taken, self.received = self.received, 0
        return taken

    def _add(self, frame: str | bytes) -> None:
        self.received += len(frame)


@contextmanager
def fresh_page(browser: Browser) -> Iterator[tuple[Page, Traffic]]:
    """A page of a visitor who was never here: nothing is cached. Nothing fades in either."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    context.add_init_script(_CLOCK)
    page, traffic = context.new_page(), Traffic()
    page.on("websocket", traffic.listen)
    try:
        yield page, traffic
    finally:
        context.close()


def opened(page: Page, url: str, shown: str) -> float:
    """Go there; milliseconds from the start of the navigation until `shown` holds.

    `shown` is a JavaScript function that gives the images that must be decoded, or null.
    """
    page.goto(url, wait_until="commit")
    milliseconds: float = page.evaluate(f"() => bench.until({shown}, {WAIT_MS})")
    return milliseconds


def watch(page: Page, shown: str) -> None:
    """Look out for `shown` from now on, frame by frame; to be called before the click."""
    page.evaluate(f"() => bench.watch({shown}, {WAIT_MS})")


def answered(page: Page) -> float:
    """Milliseconds from the last click until what is watched for was there."""
    milliseconds: float = page.evaluate("async () => await bench.answer - bench.clicked")
    return milliseconds


def changes(page: Page) -> int:
    """How often the page's elements were changed since the last click, several at once being one time."""
    count: int = page.evaluate("() => bench.changes")
    return count


def finished(page: Page) -> float:
    """Milliseconds from the last click until the page's elements were changed for the last time."""
    milliseconds: float = page.evaluate("() => bench.changed - bench.clicked")
    return milliseconds


def fetched(page: Page) -> int:
    """The bytes that came by requests of the page since the last look, headers and all."""
    count: int = page.evaluate("""() => {
      const sizes = performance.getEntriesByType("resource").map((entry) => entry.transferSize);
      performance.clearResourceTimings();
      return sizes.reduce((sum, size) => sum + size, 0);
    }""")
    return count


def settle(page: Page) -> None:
    """Wait until the server has nothing more to say."""
    page.wait_for_function("() => bench.idle()")
    page.wait_for_timeout(QUIET_MS)
    page.wait_for_function("() => bench.idle()")
