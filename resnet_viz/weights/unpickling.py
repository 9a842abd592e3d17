"""A pickle read like a text and never run: plain values, tensors as descriptions, all else as a name.

Python's unpickler calls whatever a file asks for, and even `torch.load(weights_only=True)` calls enough to
exhaust a machine. Here nothing is called: each instruction works on lists and tables of this module, a
tensor is the note of where its numbers lie, and an object of a class is its class's name.
"""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

MAX_STEPS: Final = 800_000  # a second of work; 16,000 tensors take 700,000
_MAX_KEY: Final = 1_000  # characters; what is longer is no name, and would be slow to compare
_MAX_WHOLE: Final = 2**63

# What malformed instructions end with.
_FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error)


class PickleError(ValueError):
    """The instructions make no sense, or there are too many."""


class TooLong(PickleError):  # noqa: N818, nothing is wrong with it
    """There are more instructions than any network needs."""


@dataclass(frozen=True, slots=True, eq=False)
class Foreign:
    """An object that only its own code could make; it is never made."""

    name: str  # of its class or function, with the module: "argparse.Namespace"


@dataclass(frozen=True, slots=True)
class Storage:
    """A run of numbers in the file, by the key of its record."""

    kind: str  # torch's name for it: "FloatStorage"
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor as the file describes it: nothing of it is checked yet."""

    storage: Storage
    offset: int  # numbers, from the storage's first
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    kind: str = ""  # of its numbers, where that is not the storage's: "float8_e4m3fn"


@dataclass(frozen=True, slots=True)
class Unpickled:
    """What a pickle holds.

    `value` consists of None, numbers, texts, bytes, lists, tuples, tables whose keys are texts or whole
    numbers, `StoredTensor`, `Storage` and `Foreign`. It may contain itself.
    """

    value: Any
    foreign: frozenset[str]  # the names of the objects that were not made
    storages: Mapping[str, Storage]  # all that it mentions, by key


@dataclass(frozen=True, slots=True)
class _Global:
    name: str


_MARK: Final = object()


def read_pickle(stream: BytesIO) -> Unpickled:
    """The next pickle of a stream that is in memory, which cannot promise more than it has.

    Raises:
        PickleError: it is damaged or cut off.
        TooLong: it has more than `MAX_STEPS` instructions.
    """
    machine = _Machine()
    try:
        machine.follow(stream)
        return machine.result()
    except TooLong:
        raise
    except _FAULTS as fault:
        raise PickleError(str(fault)) from None


class _Machine:
    """The stack machine that a pickle is written for."""

    def __init__(self) -> None:
        self._foreign: set[str] = set()
        self._storages: dict[str, Storage] = {}
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._left = MAX_STEPS

    def spend(self, steps: int) -> None:
        """Count what is done; raise `TooLong` when it is too much."""
        self._left -= steps
        if self._left < 0:
            raise TooLong("too many instructions")

    def follow(self, stream: BytesIO) -> None:
        """Follow one instruction after the other, up to the last."""
        for opcode, argument, _ in pickletools.genops(stream):
            self._left -= 1
            if self._left < 0:
                raise TooLong("too many instructions")
            name = opcode.name
            if name in _VALUES:
                self._stack.append(_VALUES[name](argument))
            elif name not in _IGNORED:
                _STEPS[name](self, argument)

    def result(self) -> Unpickled:
        """What the last instruction left."""
        return Unpickled(self._stack.pop(), frozenset(self._foreign), self._storages)

    # ---- the memo and the stack ----

    def put(self, at: int | None) -> None:
        self._memo[len(self._memo) if at is None else at] = self._stack[-1]

    def get(self, at: int) -> None:
        self._stack.append(self._memo[at])

    def mark(self, _: Any) -> None:
        self._stack.append(_MARK)

    def pop(self, _: Any) -> None:
        self._stack.pop()

    def pop_to_mark(self, _: Any) -> None:
        self._marked()

    def duplicate(self, _: Any) -> None:
        self._stack.append(self._stack[-1])

    def _marked(self) -> list[Any]:
        """Take off what was put down since the last mark, and the mark."""
        items = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        items.reverse()
        return items

    # ---- collections ----

    def tuple_(self, _: Any) -> None:
        self._stack.append(tuple(self._marked()))

    def short_tuple(self, length: int) -> None:
        stack = self._stack
        if length == 1:
            stack[-1] = (stack[-1],)
        else:
            stack[-length:] = (tuple(stack[-length:]),)

    def list_(self, _: Any) -> None:
        self._stack.append(self._marked())

    def dict_(self, _: Any) -> None:
        items = self._marked()
        self._stack.append({})
        self._set(items)

    def frozen_set(self, _: Any) -> None:
        self._marked()
        self._leave("builtins.frozenset")

    def append(self, _: Any) -> None:
        self._extend([self._stack.pop()])

    def appends(self, _: Any) -> None:
        self._extend(self._marked())

    def set_item(self, _: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._set([key, value])

    def set_items(self, _: Any) -> None:
        self._set(self._marked())

    def _extend(self, items: list[Any]) -> None:
        if isinstance(self._stack[-1], list):
            self._stack[-1].extend(items)

    def _set(self, items: list[Any]) -> None:
        if isinstance(self._stack[-1], dict):
            self._stack[-1].update(_pairs(zip(items[::2], items[1::2], strict=True)))

    # ---- what would be code ----

    def global_(self, argument: str) -> None:
        self._stack.append(_Global(argument.replace(" ", ".")))

    def stack_global(self, _: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._stack.append(_Global(f"{module[:200]}.{name[:200]}"))

    def instance(self, argument: str) -> None:
        self._marked()
        self._leave(argument.replace(" ", "."))

    def object_(self, _: Any) -> None:
        function, *arguments = self._marked()
        self._call(function, arguments)

    def reduce(self, _: Any) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        self._call(function, arguments)

    def new_object_ex(self, _: Any) -> None:
        self._stack.pop()
        self.reduce(_)

    def build(self, _: Any) -> None:
        self._stack.pop()  # the state of the object below it, which is not made or has none that counts

    def persistent(self, _: Any) -> None:
        """A storage: what torch keeps beside the pickle."""
        what, kind, *place = self._stack.pop()
        if (
            what == "module"
        ):  # a class of layers, which files of before 2020 hold with its source code
            self._stack.append(kind)
            return
        if what != "storage" or not isinstance(kind, _Global):
            raise PickleError("an unknown record")
        key, _location, count, *_view = place
        storage = Storage(kind.name.rpartition(".")[2], key, count)
        if not isinstance(key, str) or type(count) is not int or count < 0:
            raise PickleError("an unknown record")
        self._storages[key] = storage
        self._stack.append(storage)

    def _leave(self, name: str) -> None:
        self._foreign.add(name[:200])
        self._stack.append(Foreign(name[:200]))

    def _call(self, function: Any, arguments: Any) -> None:
        """What a call would give, for the few that checkpoints consist of."""
        name = function.name
        if name == "torch._tensor._rebuild_from_type_v2":  # a tensor with attributes of its own
            function, _, arguments, *_ = arguments
            name = function.name
        if name in _REBUILDS:
            storage, offset, shape, stride, *more = arguments
            if isinstance(storage, Storage):
                kind = more[2].name.rpartition(".")[2] if name == _REBUILD_OF_KIND else ""
                self._stack.append(StoredTensor(storage, offset, shape, stride, kind))
                return
        if name in _PARAMETERS and isinstance(arguments[0], StoredTensor):
            self._stack.append(arguments[0])
        elif name in _TABLES:
            given = arguments[0] if name == _ORDERED and arguments else ()
            pairs = given.items() if isinstance(given, dict) else given
            self.spend(len(pairs))
            self._stack.append(dict(_pairs(pairs)))
        elif name == "torch.Size" and isinstance(arguments[0], tuple):
            self._stack.append(arguments[0])
        else:
            self._leave(name)


def _pairs(items: Any) -> Iterator[tuple[str | int, Any]]:
    """Those of keys and values whose key is a name or a number."""
    for key, value in items:
        if (isinstance(key, str) and len(key) <= _MAX_KEY) or (
            type(key) is int and abs(key) < _MAX_WHOLE
        ):
            yield key, value


_ORDERED: Final = "collections.OrderedDict"
_TABLES: Final = (_ORDERED, "collections.defaultdict")
_REBUILD_OF_KIND: Final = "torch._utils._rebuild_tensor_v3"
_REBUILDS: Final = (
    *("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor"),
    _REBUILD_OF_KIND,
)
_PARAMETERS: Final = (
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
)
_IGNORED: Final = ("PROTO", "FRAME", "STOP")
_CONSTANTS: Final = (
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    *("BYTEARRAY8", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
)
_VALUES: Final[Mapping[str, Callable[[Any], Any]]] = {
    **{name: lambda value: value for name in _CONSTANTS},
    "NONE": lambda _: None,
    "NEWTRUE": lambda _: True,
    "NEWFALSE": lambda _: False,
    "EMPTY_TUPLE": lambda _: (),
    "EMPTY_LIST": lambda _: [],
    "EMPTY_DICT": lambda _: {},
    "EMPTY_SET": lambda _: Foreign("builtins.set"),
}
_STEPS: Final[Mapping[str, Callable[[_Machine, Any], None]]] = {
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    "MARK": _Machine.mark,
    "POP": _Machine.pop,
    "POP_MARK": _Machine.pop_to_mark,
    "DUP": _Machine.duplicate,
    "TUPLE": _Machine.tuple_,
    "TUPLE1": lambda machine, _: machine.short_tuple(1),
    "TUPLE2": lambda machine, _: machine.short_tuple(2),
    "TUPLE3": lambda machine, _: machine.short_tuple(3),
    "LIST": _Machine.list_,
    "DICT": _Machine.dict_,
    "FROZENSET": _Machine.frozen_set,
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "ADDITEMS": _Machine.pop_to_mark,  # of a set, which is none of ours
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "GLOBAL": _Machine.global_,
    "STACK_GLOBAL": _Machine.stack_global,
    "INST": _Machine.instance,
    "OBJ": _Machine.object_,
    "REDUCE": _Machine.reduce,
    "NEWOBJ": _Machine.reduce,
    "NEWOBJ_EX": _Machine.new_object_ex,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.persistent,
}
