"""One cell of one layer worked out in front of the reader, and every other one under the cursor."""

from __future__ import annotations

from collections.abc import Callable

from resnet_viz.components import declare, fired
from resnet_viz.components.worked_example.encode import WrittenExample

_COMPONENT = declare(__file__, styles=("maps.css", "grids.css", "products.css"))


def worked_example(
    name: str, write_out: WrittenExample, *, on_pin: Callable[[dict[str, int]], None], key: str
) -> None:
    """Mount the working of a cell; `name` says which one, for those who cannot see it.

    `on_pin` gets the row and column of a cell that was clicked, or the channel of a class. What comes
    back is the browser's: whoever reads it checks it.
    """
    _COMPONENT(
        key=key,
        data=write_out.encoded(name),
        on_pin_change=lambda: on_pin(fired(key, "pin")),
    )
