"""The long explanations, kept as Markdown in `resnet_viz/texts/` where they can be edited."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@cache
def text(name: str) -> str:
    """The Markdown of `texts/<name>.md`."""
    return (_FOLDER / f"{name}.md").read_text("utf-8").strip()


def explanation(kind: str) -> str:
    """The Markdown for a kind of layer or block; one sentence where nobody has written it yet."""
    if not (_FOLDER / f"{kind}.md").is_file():
        return f"**{plain(kind)}** is not explained yet; its shapes and costs are computed as for any other."
    return text(kind)


def plain(words: str) -> str:
    """Words of a user, for instance a file's name, made safe to stand in Markdown as they are."""
    return re.sub(r"([\\`*_{}\[\]|$~:<>])", r"\\\1", words)
