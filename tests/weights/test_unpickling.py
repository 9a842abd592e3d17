"""A pickle is read and never run: what it asks for is not done, and takes neither time nor memory."""

import argparse
import io
import os
import pickle  # noqa: TID251, to make what is to be read
import tracemalloc
from collections import OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import pytest

from resnet_viz.weights import unpickling
from resnet_viz.weights.unpickling import (
    Foreign,
    PickleError,
    Unpickled,
    read_pickle,
)

FEW = 50_000
ENOUGH = 15 * 10**6  # bytes: 300 for each step, as for the million that are accepted


def read(content: bytes) -> Unpickled:
    return read_pickle(io.BytesIO(content))


PLAIN = {
    "text": ["a", "Füchse", ""],
    "numbers": [0, -1, 2**40, 1.5, True, False, None],
    "nested": {"a": {"b": [1, (2, 3)]}, "t": (1,), "u": (1, 2), "v": (1, 2, 3, 4), "w": ()},
    "bytes": b"\x00\xff",
    7: "seven",
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_values_are_what_pickle_itself_reads(protocol):
    content = PLAIN if protocol > 2 else {k: v for k, v in PLAIN.items() if k != "bytes"}
    assert read(pickle.dumps(content, protocol=protocol)).value == content


@pytest.mark.parametrize("protocol", [2, 4])
def test_tables_of_other_classes_are_tables(protocol):
    ordered = OrderedDict(a=1, b=2)
    counted = defaultdict(int, {"c": 3})
    assert read(pickle.dumps([ordered, counted], protocol=protocol)).value == [
        {"a": 1, "b": 2},
        {"c": 3},
    ]


def test_an_object_shared_or_in_itself_is_the_same_object():
    loop: list[object] = [1]
    loop += [loop, loop]
    found = read(pickle.dumps(loop)).value
    assert found[1] is found
    assert found[2] is found


def test_objects_of_training_scripts_are_named_and_not_made():
    content = {
        "args": argparse.Namespace(lr=0.1),
        "best": np.float64(0.3),
        "path": Path("a"),
        "kind": np.dtype("float32"),
        "epoch": 3,
    }
    found = read(pickle.dumps(content, protocol=2))
    assert found.value["epoch"] == 3
    assert all(isinstance(found.value[key], Foreign) for key in ("args", "best", "path", "kind"))
    assert any("Namespace" in name or "_reconstructor" in name for name in found.foreign)


def test_code_is_never_run(tmp_path):
    class Attack:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    found = read(pickle.dumps({"a": Attack()}))
    assert isinstance(found.value["a"], Foreign)
    assert list(tmp_path.iterdir()) == []


def laughs(depth: int) -> bytes:
    """Ten of ten of ten …: written out it would have 10 to the power of `depth` items."""
    content: list[object] = []
    for _ in range(depth):
        content = [content] * 10
    return pickle.dumps(content)


HOSTILE = {
    "a place in the memo beyond all memory": b"\x80\x02Nr\xff\xff\xff\xff.",
    "a text that promises more than there is": b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7f.",
    "bytes that promise more than there are": b"\x80\x05\x96" + b"\xff" * 7 + b"\x7f.",
    "a frame of terabytes": b"\x80\x04\x95" + b"\xff" * 6 + b"\x00\x00.",
    "lists in lists": b"\x80\x02" + b"]" * 40_000 + b"a" * 39_999 + b".",
    "a key that is deep": b"\x80\x02}" + b")" + b"\x85" * 40_000 + b"Ns.",
    "a key that is a long number": b"\x80\x02}\x8b"
    + (10**6).to_bytes(4, "little")
    + b"\x01" * 10**6
    + b"Ns.",
    "more steps than any network": b"\x80\x02" + b"N0" * FEW + b".",
    "one list made into a table again and again": (
        b"\x80\x02]("
        + b"U\x01aN\x86" * 1000
        + b"e0ccollections\nOrderedDict\nq\x00"
        + b"]q\x01("
        + b"U\x01aN\x86" * 10_000
        + b"e0"
        + b"h\x00h\x01\x85R0" * 10_000
        + b"N."
    ),
    "an ending without a beginning": b".",
    "a mark that is not there": b"\x80\x02t.",
    "an extension": b"\x80\x02\x82\x01.",
    "a buffer from elsewhere": b"\x80\x05\x97.",
    "nothing": b"",
    "noise": bytes(range(256)),
    "ten to the power of forty": laughs(40),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_no_pickle_takes_the_machine(case, monkeypatch):
    monkeypatch.setattr(unpickling, "MAX_STEPS", FEW)  # the bound is what is tested, not its size
    tracemalloc.start()
    try:
        read(HOSTILE[case])
    except PickleError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < ENOUGH


@pytest.mark.parametrize("cut", [1, 5, 20, 60])
def test_a_pickle_that_was_cut_off_is_no_pickle(cut):
    with pytest.raises(PickleError):
        read(pickle.dumps(PLAIN, protocol=2)[:-cut])
