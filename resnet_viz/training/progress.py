"""How far a training is, on the terminal: a line that fills up, and the time that is left."""

from __future__ import annotations

import sys
from typing import Final

from resnet_viz.training.train import Step

_WIDTH: Final = 30  # characters of the bar


def report_step(step: Step) -> None:
    """One line an epoch; on a terminal it is drawn over and over, in a log once it is full."""
    if not (sys.stderr.isatty() or step.share == 1):
        return
    bar = "━" * round(step.share * _WIDTH)
    line = f"epoch {step.epoch:3} {bar:<{_WIDTH}} loss {step.loss:.3f}, {_left(step.seconds_left)}"
    end = "\n" if step.share == 1 else ""
    print(f"\r{line:<{_WIDTH + 50}}", end=end, file=sys.stderr, flush=True)


def report_reading(done: int, total: int) -> None:
    """How many images of a folder have been read; drawn on a terminal only."""
    if sys.stderr.isatty() and (done % 100 == 0 or done == total):
        end = "\n" if done == total else ""
        print(f"\rreading {done:,} of {total:,} images", end=end, file=sys.stderr, flush=True)


def report_classifying(done: int, total: int) -> None:
    """How many test images have been classified; drawn on a terminal only."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\rclassified {done:,} of {total:,} images", end=end, file=sys.stderr, flush=True)


def report_points(done: int, total: int) -> None:
    """How many points of the loss surface have been measured; drawn on a terminal only."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\rmeasured {done:,} of {total:,} points", end=end, file=sys.stderr, flush=True)


def _left(seconds: float) -> str:
    """`1 h 05 min left`."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s left"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min left" if hours else f"{minutes} min left"
