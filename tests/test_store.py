"""What is kept, against the memory that torch and Python themselves count."""

import gc
import tracemalloc

import numpy as np
import torch

from resnet_viz.analysis.trace import trace_anew
from resnet_viz.budget import Budget
from resnet_viz.model.config import ResNetConfig
from resnet_viz.store import Store, held_by
from resnet_viz.weights.sources import load

CONFIG = ResNetConfig("t", repeats=(2, 1, 1, 1), width=16, num_classes=10)


def store(limit: int) -> Store:
    return Store(lambda: Budget(limit, 1))


def megabyte() -> np.ndarray:
    return np.zeros(1_000_000, np.uint8)


def test_a_network_holds_its_storages():
    loaded = load(CONFIG, "random:0", 32)
    _, blocks = held_by(loaded)
    tensors = [*loaded.module.parameters(), *loaded.module.buffers()]
    assert sum(blocks.values()) == sum(tensor.untyped_storage().nbytes() for tensor in tensors)


def test_a_view_holds_all_that_it_is_a_part_of():
    whole = torch.zeros(1, 50, 100, 100)
    small, blocks = held_by([whole[0, 3].numpy(), whole[0].numpy(), whole])
    assert list(blocks.values()) == [2_000_000]
    assert small < 2_000
    assert held_by(memoryview(bytes(1_000_000))[10:20].tobytes())[0] < 100
    assert sum(held_by(megabyte()[10:20])[1].values()) == 1_000_000


def test_plain_objects_are_counted_as_python_allocates_them():
    trace_anew(CONFIG, 32)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        traced = trace_anew(CONFIG, 32)
        gc.collect()
        allocated = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    small, blocks = held_by(traced)
    assert not blocks
    assert 0.7 * allocated < small < 1.5 * allocated


def test_the_longest_unused_goes_first_whatever_it_is():
    kept = store(2_500_000)
    kept.put("a", megabyte())
    kept.put(("b", 1), torch.zeros(250_000))
    assert kept.get("a") is not None  # used again
    kept.put("c", bytes(1_000_000))
    assert kept.get(("b", 1)) is None
    assert kept.get("a") is not None
    assert kept.get("c") is not None
    assert 2_000_000 <= kept.held <= 2_500_000


def test_what_several_share_counts_once_and_until_the_last_is_gone():
    kept, shared = store(10_000_000), torch.zeros(250_000)
    for key in range(5):
        kept.put(key, (shared, key))
    assert 1_000_000 <= kept.held < 1_010_000
    for key in range(4):
        kept.forget(key)
    assert kept.held >= 1_000_000
    kept.forget(4)
    assert kept.held == 0


def test_the_same_key_twice_is_kept_once():
    kept = store(10_000_000)
    kept.put("a", megabyte())
    kept.put("a", megabyte())
    assert len(kept) == 1
    assert kept.held < 1_100_000


def test_what_is_larger_than_all_is_not_kept_and_drives_nobody_out():
    kept = store(1_500_000)
    kept.put("a", megabyte())
    kept.put("b", np.zeros(2_000_000, np.uint8))
    assert kept.get("b") is None
    assert kept.get("a") is not None


def test_who_has_more_than_his_share_makes_room_first():
    kept = store(5_500_000)  # a share is 3.3 MB
    kept.put("theirs", megabyte(), "first")
    for number in range(6):
        kept.put(number, megabyte(), "second")
    assert kept.get("theirs") is not None
    assert kept.get(0) is None
    assert kept.get(5) is not None


def test_room_is_made_for_what_runs():
    kept = store(3_500_000)
    for number in range(3):
        kept.put(number, megabyte())
    kept.make_room(2_000_000)
    assert kept.held <= 1_500_000
    assert kept.get(2) is not None


def test_what_is_given_up_is_freed():
    kept, sizes = store(50_000_000), []
    tracemalloc.start()
    try:
        for number in range(200):
            kept.put(number, np.zeros(1_000_000, np.uint8))
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert max(sizes) < 52_000_000
    assert kept.held <= 50_000_000
