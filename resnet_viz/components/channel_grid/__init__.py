"""All channels of a layer as one picture: the channel under the cursor is named, a click picks it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from resnet_viz.components import declare, fired
from resnet_viz.figures.maps import Mosaic

_COMPONENT = declare(__file__)


def channel_grid(
    mosaic: Mosaic,
    *,
    selected: int,
    bar: tuple[str, str, str],
    colours: Sequence[str],
    alt: str,
    on_pick: Callable[[int], None],
    key: str,
) -> None:
    """Mount the grid. `bar` is what stands at low end, middle and high end of the colour bar.

    `on_pick` gets the number of a channel that was clicked, or walked to with the arrow keys.
    """
    _COMPONENT(
        key=key,
        data={
            "png": base64.b64encode(mosaic.png).decode("ascii"),
            "columns": mosaic.columns,
            "rows": mosaic.rows,
            "tile": mosaic.tile,
            "order": mosaic.order,
            "selected": selected,
            "bar": bar,
            "colours": list(colours),
            "alt": alt,
        },
        on_pick_change=lambda: on_pick(int(fired(key, "pick"))),
    )
