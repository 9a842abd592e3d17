"""What the server keeps: one total over all answers, counted in bytes, the longest unused given up first."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Final, TypeVar

import numpy as np
import torch

from resnet_viz.budget import Budget, budget

T = TypeVar("T")

# What a value refers to without holding it: it was there before, and stays afterwards.
_NOT_HELD: Final = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)
_TRIM_FROM: Final = 50_000_000  # bytes given up at once that are worth handing back to the system


@dataclass(frozen=True, slots=True)
class Kept:
    """A value, what it holds, and for whom it was made."""

    value: Any
    small: int  # bytes of plain objects
    blocks: dict[int, int]  # bytes of each block of numbers, by its address; others may hold it too
    owner: str


class Store:
    """Values by their keys, up to a number of bytes. Safe to use from all threads."""

    def __init__(self, allowed: Callable[[], Budget] = budget) -> None:
        self._allowed = allowed
        self._entries: OrderedDict[Hashable, Kept] = OrderedDict()  # the longest unused first
        self._holders: Counter[int] = Counter()  # how many entries hold each block
        self._held = 0
        self._gate = threading.RLock()

    @property
    def limit(self) -> int:
        """Bytes that may be kept in all."""
        return self._allowed().server

    @property
    def held(self) -> int:
        """Bytes of all that is kept; a block that several entries share counts once."""
        return self._held

    def get(self, key: Hashable) -> Kept | None:
        """The entry of a key, which is now the last used; `None` when it is not kept."""
        with self._gate:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key: what is kept, or else what is made now.

        For what costs too little to be waited for; what is made must be nothing that anybody changes.
        """
        entry = self.get(key)
        if entry is not None:
            known: T = entry.value
            return known
        made = make()
        self.put(key, made)
        return made

    def put(self, key: Hashable, value: Any, owner: str = "") -> None:
        """Keep a value; what has been unused longest goes until there is room.

        What is larger than all room there is is not kept.
        """
        small, blocks = held_by(value)
        with self._gate:
            self._drop(key)
            if small + sum(blocks.values()) > self.limit:
                return
            self._entries[key] = Kept(value, small, blocks, owner)
            self._held += small
            for block, size in blocks.items():
                self._held += 0 if self._holders[block] else size
                self._holders[block] += 1
            self._shrink(self.limit)

    def make_room(self, size: int) -> None:
        """Give up so much that `size` bytes more would still be within the limit."""
        with self._gate:
            self._shrink(max(0, self.limit - size))

    def forget(self, key: Hashable) -> None:
        """Give up one value, where it is kept."""
        with self._gate:
            self._drop(key)

    def clear(self) -> None:
        """Give up everything."""
        with self._gate:
            self._shrink(0)

    def __len__(self) -> int:
        return len(self._entries)

    def _shrink(self, limit: int) -> None:
        before = self._held
        while self._entries and self._held > limit:
            self._drop(self._next_to_go())
        if before - self._held > _TRIM_FROM:
            give_back()

    def _next_to_go(self) -> Hashable:
        """The longest unused of whoever has more than his share, else of all."""
        share, owned = self._allowed().visitor, Counter[str]()
        for entry in self._entries.values():
            if entry.owner:
                owned[entry.owner] += entry.small + sum(entry.blocks.values())
        return next(
            (key for key, entry in self._entries.items() if owned[entry.owner] > share),
            next(iter(self._entries)),
        )

    def _drop(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self._held -= entry.small
        for block, size in entry.blocks.items():
            self._holders[block] -= 1
            if not self._holders[block]:
                del self._holders[block]
                self._held -= size


def held_by(value: Any) -> tuple[int, dict[int, int]]:
    """What a value holds: bytes of plain objects, and those of each block of numbers by its address.

    A block is the whole memory behind arrays and tensors, however little of it they show.
    """
    small, blocks, seen = 0, dict[int, int](), set[int]()
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, _NOT_HELD):
            continue
        seen.add(id(one))
        if isinstance(one, torch.Tensor):
            storage = one.untyped_storage()
            blocks[storage.data_ptr()] = storage.nbytes()
        elif isinstance(one, np.ndarray) and one.base is None:
            blocks[one.__array_interface__["data"][0]] = one.nbytes
        else:
            small += sys.getsizeof(one)
            waiting.extend(_parts(one))
    return small, blocks


def _parts(one: Any) -> Iterator[Any]:
    """What an object holds directly."""
    if isinstance(one, np.ndarray):
        yield one.base
    else:
        yield from gc.get_referents(one)


def give_back() -> None:
    """Hand free memory back to the system, where its C library can."""
    if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim"):
        ctypes.CDLL(None).malloc_trim(0)


STORE: Final = Store()  # the one of this process, so that there is one total
