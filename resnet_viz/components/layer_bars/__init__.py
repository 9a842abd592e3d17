"""One bar for each layer, in plain HTML: a chart library of megabytes for bars alone is not loaded."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_viz.components import declare
from resnet_viz.figures.bars import LayerBar

_COMPONENT = declare(__file__)


def layer_bars(
    bars: Sequence[LayerBar], ticks: Sequence[tuple[float, str]], *, alt: str, key: str
) -> None:
    """Mount the bars in their order; `ticks` are heights as shares of the largest, and what they stand for.

    Under the pointer, or with the arrow keys, a bar says its name and its number.
    """
    _COMPONENT(
        key=key,
        data={
            "alt": alt,
            "ticks": [{"share": share, "text": text} for share, text in ticks],
            "bars": [
                {
                    "name": bar.path,
                    "text": bar.text,
                    "share": round(bar.share, 4),
                    "colour": bar.colour,
                    "named": bar.named,
                }
                for bar in bars
            ],
        },
    )
