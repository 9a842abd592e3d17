"""A block is removed as the paper removes it, and the errors are counted as one would by hand."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from resnet_viz.analysis.ablation import Ablation, capture_ablated
from resnet_viz.images import Preprocessing, read_sample
from resnet_viz.model.blocks import BasicBlock
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import ResNet, build_random
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.dataset import ArrayImages
from resnet_viz.training.lesion_study import lesion_table, right_answers, without
from resnet_viz.weights.lesion_table import as_json, read_lesions
from resnet_viz.weights.sources import load

WHOLE = Preprocessing.whole(32)
RNG = np.random.default_rng(0)
IMAGES = ArrayImages(RNG.integers(0, 256, (300, 32, 32, 3), np.uint8), np.arange(300) % 4)


def network(shortcut: str) -> ResNet:
    config = ResNetConfig(
        "n",
        repeats=(2, 2, 1),
        stem="cifar",
        width=8,
        num_classes=4,
        input_size=32,
        shortcut=shortcut,
    )
    return build_random(config, 0)


@pytest.mark.parametrize("shortcut", ["projection", "zero-pad", "none"])
@torch.no_grad()
def test_errors_are_those_of_the_network_written_out_without_the_block(shortcut):
    net = network(shortcut)
    told: list[tuple[int, int]] = []
    table = lesion_table(net, IMAGES, WHOLE, lambda *each: told.append(each))
    assert told == [(250, 300), (300, 300)]
    assert (table.network, table.images, len(table.blocks)) == ("n", 300, 5)
    x = normalised(as_batch(IMAGES.rgb), WHOLE)
    truth = torch.from_numpy(IMAGES.labels)

    def error(without: str | None) -> float:
        layer = net.get_submodule
        out = layer("relu")(layer("bn1")(layer("conv1")(x)))
        for stage in ("layer1", "layer2", "layer3"):
            for index, block in layer(stage).named_children():
                assert isinstance(block, BasicBlock)
                if f"{stage}.{index}" != without:
                    out = block(out)
                elif block.conv1.stride == (1, 1):  # the same shape: x goes on; it is not negative
                    out = F.relu(out)
                elif shortcut == "projection":
                    out = F.relu(block.get_submodule("downsample")(out))
                else:  # every second position, zeros for the new channels
                    new = out.shape[1]
                    out = F.relu(torch.cat([out, torch.zeros_like(out)], 1)[:, : 2 * new, ::2, ::2])
        scores = layer("fc")(out.mean(dim=(2, 3)))
        return float((scores.argmax(dim=1) != truth).float().mean())

    assert table.error == pytest.approx(error(None), abs=1e-6)
    for block in table.blocks:
        assert block.error == pytest.approx(error(block.path), abs=1e-6)
    kinds = {"projection": "projection"}.get(shortcut, "zero-pad")
    assert [block.kind for block in table.blocks] == [
        *("identity", "identity", kinds, "identity", kinds)
    ]


@torch.no_grad()
def test_what_ways_through_the_network_share_is_computed_once():
    net = network("projection")
    runs = dict.fromkeys(("conv1", "layer1.0", "layer2.1", "layer3.0", "fc"), 0)

    def count(path: str) -> Callable[..., None]:
        return lambda *_: runs.update({path: runs[path] + 1})

    hooks = [net.get_submodule(path).register_forward_hook(count(path)) for path in runs]
    x = normalised(as_batch(IMAGES.rgb[:8]), WHOLE)
    ways = [
        without(net),
        without(net, "layer2.1"),
        without(net, "layer2.1", "layer3.0"),
        without(net, "layer1.0"),
    ]
    right_answers(net, x, torch.from_numpy(IMAGES.labels[:8]), ways)
    for hook in hooks:
        hook.remove()
    # layer1.0 by all but one way, on which layer2.1 stays; layer3.0 after three different beginnings.
    assert runs == {"conv1": 1, "layer1.0": 1, "layer2.1": 2, "layer3.0": 3, "fc": 4}


def test_the_answer_without_a_block_is_the_one_that_the_residual_page_shows():
    """Two ways to take a block out: this one, and the altered sum of the page."""
    loaded, image = load(PRESETS["shapes"], "bundled", 128), read_sample("star")
    from resnet_viz.images import to_tensor

    x = to_tensor(image, loaded.weights.preprocessing)
    for path in ("layer1.1", "layer2.0", "layer4.1"):
        expected = capture_ablated(loaded, image, Ablation(removed=(path,))).logits
        with torch.no_grad():
            out = x
            for name, module in loaded.module.named_children():
                if path.startswith(name):
                    for index, block in module.named_children():
                        assert isinstance(block, BasicBlock)
                        out = block.bypass(out) if f"{name}.{index}" == path else block(out)
                else:
                    out = module(out)
        np.testing.assert_allclose(out[0].numpy(), expected, rtol=1e-5, atol=1e-5)


def test_a_study_is_read_as_it_was_written(tmp_path):
    table = lesion_table(network("none"), IMAGES, WHOLE, lambda *each: None)
    (tmp_path / "n.lesions.json").write_text(as_json(table), "utf-8")
    assert read_lesions("n", tmp_path) == table
    assert read_lesions("other", tmp_path) is None
