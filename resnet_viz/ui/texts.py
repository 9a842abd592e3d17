"""The long explanations, kept as Markdown in `resnet_viz/texts/` where they can be edited."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "texts"


@cache
def text(name: str) -> str:
    """The Markdown of `texts/<name>.md`."""
    return (_FOLDER / f"{name}.md").read_text("utf-8").strip()
