"""The lesion study on rendered images, against networks that are put together by hand."""

import threading
from itertools import combinations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_viz.analysis import set_lesions
from resnet_viz.analysis.ablation import Ablation, ablated_model
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.residual_records import SetLesions
from resnet_viz.analysis.set_lesions import (
    SetLesionJob,
    SetStudy,
    draw_removals,
    exchangeable,
    kendall_tau,
)
from resnet_viz.errors import ConfigError
from resnet_viz.model.presets import PRESETS
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.rendered import RenderedImages, Split
from resnet_viz.ui.residual import set_lesion_panel
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import load
from tests.analysis.networks import RESNET20, network, snapshot, unchanged
from tests.waiting import BOUND

IMAGES = RenderedImages(Split.TEST, 0, 60, 128)


@pytest.fixture(scope="module")
def shapes() -> LoadedModel:
    return load(PRESETS["shapes"], "bundled", 128)


@pytest.fixture(scope="module")
def plain() -> LoadedModel:
    return load(PRESETS["shapes_plain"], "bundled", 128)


class Bypassed(nn.Module):
    """The shortcut of a block and the ReLU behind it, written out."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.block.get_submodule("conv1")
        assert isinstance(first, nn.Conv2d)
        if hasattr(self.block, "downsample"):
            return F.relu(self.block.get_submodule("downsample")(x))
        if first.stride == (1, 1):
            return F.relu(x)
        new = first.out_channels - first.in_channels
        return F.relu(F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, new)))


def by_hand(loaded: LoadedModel, removed: tuple[str, ...] = (), swap: tuple[str, ...] = ()) -> int:
    """How many of the images a network of these very modules in this order classifies right."""
    places = dict(zip(swap, reversed(swap), strict=True))
    parts: list[nn.Module] = []
    for name, module in loaded.module.named_children():
        if not name.startswith("layer"):
            parts.append(module)
            continue
        for index in range(len(list(module.children()))):
            path = f"{name}.{index}"
            block = loaded.module.get_submodule(places.get(path, path))
            parts.append(Bypassed(block) if path in removed else block)
    pixels = IMAGES.pixels(range(len(IMAGES)))
    batch = normalised(as_batch(pixels), loaded.weights.preprocessing)
    with torch.inference_mode():
        answers = nn.Sequential(*parts)(batch).argmax(dim=1)
    return int((answers.numpy() == IMAGES.labels).sum())


def run(*networks: LoadedModel, images: RenderedImages = IMAGES) -> tuple[SetLesions, ...]:
    job = SetLesionJob(networks, images, 0)
    job.join()
    found, sentence = job.work()
    assert f"{len(images)} images" in sentence
    return found


def test_every_answer_is_that_of_the_network_put_together_by_hand(shapes, plain):
    before = snapshot(shapes)
    for loaded, study in zip((shapes, plain), run(shapes, plain), strict=True):
        assert study.network == loaded.config.name
        assert (study.whole.count, study.whole.of) == (by_hand(loaded), 60)
        paths = [row.path for row in traced(loaded).blocks()]
        assert [path for path, _ in study.kinds] == paths
        assert [removal.removed for removal in study.each] == [(path,) for path in paths]
        for removal in study.each:
            assert removal.right.count == by_hand(loaded, removal.removed)
        for count in (2, 4, 8):
            removal = study.without(count)[-1]
            assert removal.right.count == by_hand(loaded, removal.removed)
        (exchange,) = study.exchanged
        assert exchange.blocks == ("layer1.0", "layer1.1")
        assert exchange.right.count == by_hand(loaded, swap=exchange.blocks)
    assert unchanged(shapes, before)


def test_two_blocks_change_places_as_on_the_page_of_one_image(shapes):
    """The altered network of the ablation, and the other way through the untouched one."""
    (study,) = run(shapes)
    altered = ablated_model(shapes, Ablation(swapped=(("layer1.0", "layer1.1"),)))
    assert study.exchanged[0].right.count == by_hand(altered)


def test_the_images_are_counted_however_they_are_split(shapes, monkeypatch):
    whole = run(shapes)
    monkeypatch.setattr(set_lesions, "_BATCH", 7)
    assert run(shapes) == whole


def test_every_choice_of_blocks_is_another_one_and_follows_from_the_seed():
    blocks = [f"b{number}" for number in range(8)]
    drawn = list(draw_removals(blocks, 10, 0))
    assert len(drawn) == len(set(drawn)) == 8 + 5 * 10 + 8 + 1
    assert all(list(each) == sorted(set(each)) for each in drawn)
    assert [each for each in drawn if len(each) == 7] == list(combinations(blocks, 7))
    assert drawn == list(draw_removals(blocks, 10, 0))
    assert drawn != list(draw_removals(blocks, 10, 1))
    many = list(draw_removals([f"{number:02}" for number in range(54)], 3, 0))
    assert len(many) == 53 * 3 + 1


# Pairs that stand the wrong way round, counted by hand; τ = 1 − 4 q / n(n − 1).
@pytest.mark.parametrize(
    ("order", "tau"),
    [
        ((0, 1, 2, 3), 1.0),
        ((3, 2, 1, 0), -1.0),
        ((1, 0, 2), 1 - 4 * 1 / 6),
        ((2, 1, 0, 3), 1 - 4 * 3 / 12),  # 2-1, 2-0, 1-0
        ((1, 0, *range(2, 8)), 1 - 4 / 56),
    ],
)
def test_kendalls_tau_counts_the_pairs_in_the_wrong_order(order, tau):
    assert kendall_tau(order) == pytest.approx(tau)
    share = np.mean([np.sign(b - a) for a, b in combinations(order, 2)])
    assert kendall_tau(order) == pytest.approx(share)  # agreeing minus disagreeing pairs


def test_only_blocks_of_the_same_shapes_are_exchanged():
    # He et al. 2015, section 4.2: three stages of three blocks; the first of the later two halve the map.
    pairs = list(exchangeable(traced(network(RESNET20))))
    stage = ["layer1.0", "layer1.1", "layer1.2"]
    assert pairs == [
        *combinations(stage, 2),
        ("layer2.1", "layer2.2"),
        ("layer3.1", "layer3.2"),
    ]


def test_nobody_who_waits_is_told_of_images_that_were_not_looked_at(shapes):
    study = SetStudy(shapes, 0)
    with pytest.raises(ValueError, match="0 of 0"):
        study.result()
    job = SetLesionJob([shapes], IMAGES, 0)
    job.cancel()
    thread = threading.Thread(target=job.run)  # the context of this one stays without a job
    thread.start()
    thread.join(BOUND)
    assert (job.progress.state, job.result, job.progress.done) == ("cancelled", None, 0)
    assert not any(module._forward_hooks for module in shapes.module.modules())


def test_more_work_than_the_operator_allows_is_refused_in_one_sentence(shapes, plain, monkeypatch):
    monkeypatch.setenv("RESNET_EXPLORER_GIGA_MACS", "1")
    job = SetLesionJob([shapes, plain], IMAGES, 0)
    job.join()
    with pytest.raises(ConfigError, match=r"for each of 60 images, and at most \d+ images can be"):
        job.work()


def test_what_the_text_says_of_ours_is_what_is_measured(shapes, plain):
    """“falls to chance”, “sooner”, “alike”: on fewer images than the page takes, so with wider intervals."""
    images = RenderedImages(Split.TEST, 0, 240, 128)
    residual, without = run(shapes, plain, images=images)
    low, high = residual.whole.interval
    assert low <= without.whole.share <= high
    for removal in without.each:
        low, high = removal.right.interval
        assert low <= 1 / 12 <= high
    assert set_lesion_panel.typical(without) < 0.2 < set_lesion_panel.typical(residual)
    assert residual.average(1) > residual.average(2) > residual.average(3)
    said = set_lesion_panel.verdict((residual, without))
    assert f"**{100 * set_lesion_panel.typical(residual):.1f} %** with shortcuts" in said
    assert "guessing among 12 shapes would give 8.3 %" in said
