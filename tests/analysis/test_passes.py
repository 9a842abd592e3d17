"""What a pass leaves answers later questions as another pass would, and without one where that is less."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from resnet_viz.analysis import passes
from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.entries import steps_until
from resnet_viz.analysis.passes import Pass, capture_after, whole_pass
from resnet_viz.analysis.records import INPUT, Capture
from resnet_viz.analysis.residual import RatioMeter, block_view, residual_ratios
from resnet_viz.analysis.trace import trace
from resnet_viz.images import read_sample
from resnet_viz.weights.loaded import LoadedModel
from tests.analysis.test_entries import SIZE, loaded  # noqa: F401  # a fixture

CAT = read_sample("cat")


@contextmanager
def ran(network: LoadedModel) -> Iterator[list[str]]:
    """The layers that run meanwhile."""
    seen: list[str] = []
    handles = [
        module.register_forward_hook(lambda *_, name=name: seen.append(name))
        for name, module in network.module.named_modules()
        if name and not list(module.children())
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def same(found: Capture | None, expected: Capture) -> None:
    assert found
    np.testing.assert_array_equal(found.logits, expected.logits)
    assert [each.path for each in found.activations] == [each.path for each in expected.activations]
    for mine, other in zip(found.activations, expected.activations, strict=True):
        np.testing.assert_array_equal(mine.values, other.values)


def kept(loaded: LoadedModel) -> Pass:  # noqa: F811
    return whole_pass(loaded, CAT)[1]


def test_a_whole_pass_is_a_capture(loaded: LoadedModel) -> None:  # noqa: F811
    paths = trace(loaded.config, SIZE).paths
    found, left = whole_pass(loaded, CAT, paths)
    same(found, capture(loaded, CAT, paths))
    same(left.scores, capture(loaded, CAT))


def test_every_layer_is_the_same_after_a_pass(loaded: LoadedModel) -> None:  # noqa: F811
    paths, left = trace(loaded.config, SIZE).paths, kept(loaded)
    whole = capture(loaded, CAT, paths)
    answered = 0
    for path in paths:
        if found := capture_after(loaded, CAT, left, (path,)):
            answered += 1
            np.testing.assert_array_equal(found[path].values, whole[path].values)
            np.testing.assert_array_equal(found.logits, whole.logits)
            assert found.seconds == left.scores.seconds
    assert answered >= len(paths) - 1  # the first layer reads the image


def test_scores_and_the_ends_of_stages_need_no_layer_to_run(loaded: LoadedModel) -> None:  # noqa: F811
    left = kept(loaded)
    stages = tuple(row.path for row in trace(loaded.config, SIZE).stages())
    with ran(loaded) as layers:
        scores = capture_after(loaded, CAT, left, ())
        ends = capture_after(loaded, CAT, left, stages)
    assert layers == []
    same(scores, capture(loaded, CAT))
    same(ends, capture(loaded, CAT, stages))


def test_many_blocks_are_another_pass(loaded: LoadedModel) -> None:  # noqa: F811
    blocks = tuple(row.path for row in trace(loaded.config, SIZE).blocks())
    inside, left = tuple(f"{block}.conv1" for block in blocks), kept(loaded)
    assert len(inside) > passes._MOST_STEPS
    with ran(loaded) as layers:
        assert capture_after(loaded, CAT, left, inside) is None
        assert capture_after(loaded, CAT, left, (INPUT,)) is None
    assert layers == []
    twice = (inside[-1], inside[-1])
    same(capture_after(loaded, CAT, left, twice), capture(loaded, CAT, twice))


def test_what_is_large_is_not_kept(
    loaded: LoadedModel,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passes, "_MOST_BYTES", 0)
    left = kept(loaded)
    assert left.entries == ()
    same(capture_after(loaded, CAT, left, ()), capture(loaded, CAT))
    assert capture_after(loaded, CAT, left, ("layer1",)) is None


def test_ratios_are_measured_in_the_same_pass(loaded: LoadedModel) -> None:  # noqa: F811
    meter = RatioMeter(trace(loaded.config, SIZE))
    with ran(loaded) as layers:
        _, left = whole_pass(loaded, CAT, (), meter.watch)
    assert len(layers) == len(set(layers))
    assert tuple(meter.ratios) == residual_ratios(loaded, CAT)
    assert 0 <= meter.seconds < left.scores.seconds
    assert left.without(meter.seconds).scores.seconds == left.scores.seconds - meter.seconds


def test_a_block_is_the_same_from_what_a_pass_left(loaded: LoadedModel) -> None:  # noqa: F811
    left = kept(loaded)
    for row in trace(loaded.config, SIZE).blocks():
        known = left.nearest(steps_until(trace(loaded.config, SIZE), (row.path,)))
        assert known
        mine, other = block_view(loaded, CAT, row.path, known), block_view(loaded, CAT, row.path)
        for name in ("input", "branch", "shortcut", "total", "output"):
            np.testing.assert_array_equal(getattr(mine, name), getattr(other, name))
