"""What a first visitor has to know, in a strip that stays folded once it was folded.

The browser remembers that (`localStorage`), for no server knows who comes back. Folded, one line is left
that brings the strip back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from resnet_viz.components import declare, fired

_COMPONENT = declare(__file__, '<section class="root" aria-label="What this is"></section>')


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One thing to do: the page where it is done, what to call it, and what it is about."""

    slug: str
    title: str
    about: str


def welcome(
    sentences: Sequence[str],
    steps: Sequence[FirstStep],
    *,
    on_choose: Callable[[str], None],
    key: str,
) -> None:
    """Mount the strip; `on_choose` gets the slug of the step that was clicked."""
    _COMPONENT(
        key=key,
        data={"sentences": list(sentences), "steps": [asdict(step) for step in steps]},
        on_choose_change=lambda: on_choose(str(fired(key, "choose"))),
    )
