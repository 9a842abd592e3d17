"""Drawings that are made once for what they show, and kept as what is sent: PNGs and charts.

A drawing follows from the values that it is made of. It is kept by them, so that the next run, or the next
visitor, who shows the same sends the same bytes without drawing anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from typing import Any, Final, ParamSpec, overload

import numpy as np
import plotly.graph_objects as go
from plotly.basedatatypes import BaseFigure

from resnet_viz.store import STORE

P = ParamSpec("P")

_PLAIN: Final = (str, bytes, int, float, bool, type(None))


class SentChart(BaseFigure):  # type: ignore[misc]  # plotly has no types
    """A chart as it is sent, which nothing can change any more: Streamlit takes it for a figure."""

    def __init__(self, figure: go.Figure) -> None:  # not the base's: there is nothing to validate
        object.__setattr__(self, "_sent", figure.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """What Streamlit writes as JSON; it changes nothing in it."""
        sent: dict[str, Any] = self._sent
        return sent

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("A chart that is kept cannot be changed.")


@overload
def drawn(draw: Callable[P, bytes], *args: P.args, **options: P.kwargs) -> bytes: ...


@overload
def drawn(draw: Callable[P, go.Figure], *args: P.args, **options: P.kwargs) -> SentChart: ...


def drawn(draw: Callable[P, Any], *args: P.args, **options: P.kwargs) -> bytes | SentChart:
    """What a function of `figures` draws of these values; only the first time it really draws.

    Raises:
        TypeError: an argument is nothing that a drawing can be kept by.
    """
    key = ("drawn", f"{draw.__module__}.{draw.__qualname__}", by_value((args, options)))

    def sent() -> bytes | SentChart:
        made = draw(*args, **options)
        return SentChart(made) if isinstance(made, go.Figure) else bytes(made)

    return STORE.kept(key, sent)


def by_value(argument: object) -> Hashable:
    """An argument as a key: equal for equal values and for no others, whatever object holds them."""
    if isinstance(argument, _PLAIN):
        return type(argument).__name__, argument
    if isinstance(argument, np.ndarray):
        digest = hashlib.blake2b(np.ascontiguousarray(argument).data, digest_size=16).digest()
        return str(argument.dtype), argument.shape, digest
    if isinstance(argument, (tuple, list, range)):
        return tuple(map(by_value, argument))
    if isinstance(argument, dict):
        return tuple((by_value(name), by_value(value)) for name, value in argument.items())
    if is_dataclass(argument) and not isinstance(argument, type):
        values = (by_value(getattr(argument, each.name)) for each in fields(argument))
        return type(argument).__qualname__, *values
    raise TypeError(f"A drawing cannot be kept by a {type(argument).__name__}.")
