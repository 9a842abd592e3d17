// The kernel on its way over the input, and the output that it leaves behind.

const TICK = 50; // milliseconds
const WHOLE_SLIDE = 20_000; // what a large map may take: then it goes several cells at once

class Slide {
  constructor(hand, into) {
    this.hand = hand;
    this.button = make("button", "slide", into);
    this.button.type = "button";
    this.button.onclick = () => (this.timer ? this.pause() : this.start());
    this.say();
  }

  get cells() {
    return this.hand.working.extent.reduce((product, side) => product * side, 1);
  }

  // From where it was paused; anew after the end.
  start() {
    this.at = this.at ?? 0;
    const step = Math.max(1, Math.ceil((this.cells * TICK) / WHOLE_SLIDE));
    this.timer = setInterval(() => this.go(Math.min(this.cells, this.at + step)), TICK);
    this.go(this.at);
    this.say();
  }

  go(at) {
    if (at >= this.cells) return this.end();
    const { corner, extent } = this.hand.working;
    this.at = at;
    this.hand.look([corner[0] + Math.floor(at / extent[1]), corner[1] + (at % extent[1])]);
    this.hand.showOutput(at + 1);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.say();
  }

  // Everything is there again, and the pinned cell is shown.
  end() {
    this.pause();
    this.at = undefined;
    this.hand.showOutput(this.cells);
    this.hand.look(this.hand.working.cell);
    this.say();
  }

  say() {
    this.button.textContent = this.timer ? "Pause" : "Slide the window";
    this.button.setAttribute("aria-pressed", String(Boolean(this.timer)));
  }
}
