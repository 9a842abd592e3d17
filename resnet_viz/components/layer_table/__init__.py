"""All layers as a tree table: stages hold blocks, blocks hold layers; a click selects one.

What is open and where the focus stands stays in the browser; only a selection reaches Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_viz.components import declare, fired

_COMPONENT = declare(__file__)
_SENT_AS_IS = ("path", "parent", "level", "stage", "kind", "cells", "container", "shortcut")


@dataclass(frozen=True, slots=True)
class Column:
    """A column after the first, which holds the names; `bar` draws shares behind its numbers."""

    slug: str
    title: str
    align: Literal["left", "right"]
    bar: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A stage, block or layer with its cells, one for each column, already written as text."""

    path: str
    parent: str  # path of the stage or block around it; empty for the network's own rows
    level: int  # 0 for the network's own rows, 1 for blocks, 2 for layers in a block
    stage: int  # 1 to 4; 0 for stem and head
    kind: str
    cells: tuple[str, ...]
    bars: tuple[float, ...]  # 0 to 1 of the largest layer, one for each column; 0 draws nothing
    container: bool
    shortcut: str  # "identity", "projection", "zero-pad"; empty for all that is not on one


def layer_table(
    columns: Sequence[Column],
    rows: Sequence[Row],
    totals: Sequence[str],
    *,
    selected: str,
    opened: str,
    stage_colours: Sequence[str],
    on_select: Callable[[str], None],
    key: str,
) -> None:
    """Mount the table; `on_select` gets the path of a row that was clicked or entered.

    `rows` stand in the order of execution. Where some lack their parents, as after a search, all are
    listed flat with their whole paths. `totals` has one text for each column. `opened` says how far
    the tree is open at first and whenever it changes: "stages", "blocks" or "layers".
    """
    _COMPONENT(
        key=key,
        data={
            "columns": [
                {"slug": c.slug, "title": c.title, "align": c.align, "bar": c.bar} for c in columns
            ],
            # By column: a selection sends all rows again, and names would be a third of them.
            "rows": {name: [getattr(row, name) for row in rows] for name in _SENT_AS_IS}
            | {"bars": [[round(share, 3) for share in row.bars] for row in rows]},
            "totals": list(totals),
            "selected": selected,
            "opened": opened,
            "colours": list(stage_colours),
        },
        on_select_change=lambda: on_select(str(fired(key, "select"))),
    )
