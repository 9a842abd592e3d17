"""One cell of one layer worked out in front of the reader; hovering it is answered in the browser."""

from __future__ import annotations

from dataclasses import asdict

from resnet_viz.components import declare
from resnet_viz.figures import maps
from resnet_viz.figures.working_records import Working

_COMPONENT = declare(__file__, scripts=("../feature_wall/paint.js", "parts.js"))


def by_hand(name: str, working: Working, *, key: str) -> None:
    """Mount the working of one cell; `name` says which cell, for those who cannot see it."""
    _COMPONENT(
        key=key,
        data={"name": name, "colours": maps.colour_table(signed=True).tolist()} | asdict(working),
    )
