"""The strip on the landing page: what this is, for whom, and four things to begin with."""

from __future__ import annotations

from typing import Final

from resnet_viz.components.welcome import FirstStep, welcome
from resnet_viz.texts import text
from resnet_viz.ui.state import pages

STEPS: Final = (
    FirstStep("walkthrough", "Follow one image", "from pixels to class scores, step by step"),
    FirstStep("predict", "Bring an image", "a photograph or drawing of yours, the camera"),
    FirstStep("residual", "Open a block", "what it adds, and the answer without it"),
    FirstStep(
        "why_shortcuts", "Ask why shortcuts", "deep networks with them and without, measured"
    ),
)


def welcome_panel() -> None:
    """The strip; folded it stays folded at this visitor's next visit."""
    welcome(text("welcome").split("\n\n"), STEPS, on_choose=_go, key="welcome")


def _go(slug: str) -> None:
    """Go to a page with all that is looked at."""
    if slug in {step.slug for step in STEPS}:
        pages.go_to(slug)
