"""The tables of tensors in what a training script saves: found wherever they lie, and the one to take."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from resnet_viz.errors import WeightsError
from resnet_viz.weights.suggestion import AVERAGED, Shape, prefixes, suggest
from resnet_viz.weights.tensor_file import shown

T = TypeVar("T")

_DEEPEST: Final = 32  # tables in tables; four are seen
_COMPARED: Final = 8  # tables that are compared with networks; a file has two or three


@dataclass(frozen=True)  # slots and Generic do not go together
class Table(Generic[T]):
    """Tensors by name, and the keys that lead to them in the file."""

    path: str  # "state_dict", "model.ema"; empty where the file itself is the table
    tensors: Mapping[str, T]
    passed_over: Mapping[str, str] = field(
        default_factory=dict
    )  # tensors that are not read, and why


def tables(content: Any, why_not: Callable[[str, Any], str | None]) -> Iterator[Table[Any]]:
    """Every table in nested tables and lists that has tensors in it, the outermost first.

    Args:
        content: nested tables and lists.
        why_not: why an entry is no tensor to be read: empty where it is one, `None` where it is none at all.
    """
    waiting: deque[tuple[tuple[str, ...], Any]] = deque([((), content)])
    seen: set[int] = set()  # by identity: what contains itself is looked at once
    while waiting:
        path, found = waiting.popleft()
        if id(found) in seen or len(path) > _DEEPEST:
            continue
        seen.add(id(found))
        items = found.items() if isinstance(found, dict) else enumerate(found)
        tensors, passed_over = {}, {}
        for key, value in items:
            if isinstance(value, dict | list | tuple):
                waiting.append(((*path, str(key)), value))
            elif isinstance(key, str) and (why := why_not(key, value)) is not None:
                if why:
                    passed_over[key] = why
                else:
                    tensors[key] = value
        if tensors or passed_over:
            yield Table(".".join(path), tensors, passed_over)


def chosen(
    found: Sequence[Table[T]], shape_of: Callable[[T], Shape], wanted: str = ""
) -> tuple[Table[T], tuple[str, ...]]:
    """The table of a network, and the paths of the others that look like one.

    It is the one that was asked for, else the first that fits a network and is no running average.

    Raises:
        WeightsError: there is none under the name that was asked for.
    """
    networks = [table for table in found if prefixes(table.tensors)][:_COMPARED]
    if wanted:
        named = [table for table in found if table.path == wanted]
        if not named:
            raise WeightsError(
                f"This file has no table {shown(wanted)}; "
                f"it has {', '.join(shown(table.path) for table in networks or found[:5])}."
            )
        taken = named[0]
    elif networks:
        taken = max(networks, key=lambda table: _rank(table, shape_of))  # the first of equals
    else:
        taken = max(found, key=lambda table: len(table.tensors))
    return taken, tuple(table.path for table in networks if table is not taken)


def _rank(table: Table[T], shape_of: Callable[[T], Shape]) -> tuple[bool, bool]:
    shapes = {name: shape_of(tensor) for name, tensor in table.tensors.items()}
    return suggest(shapes) is not None, not re.search(AVERAGED, table.path)
