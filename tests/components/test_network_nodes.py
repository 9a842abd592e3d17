"""What the map on the landing page is told about a network."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.analysis.records import Activation, Capture, ClassScore, Prediction, Trace
from resnet_viz.analysis.trace import trace
from resnet_viz.components.network_map import (
    NetworkMap,
    NetworkNode,
    ReceptiveFieldBox,
    encoded,
    marked,
)
from resnet_viz.components.network_map.encode import (
    MEASURES,
    folded_groups,
    network_content,
    network_nodes,
    node_paths,
    selection,
)
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from tests.figures.blobs import unpack


def content(traced: Trace, unfolded: tuple[str, ...] = ()) -> NetworkMap:
    """The map of a network that puts out noise."""
    noise = np.random.default_rng(0)
    paths = node_paths(traced, unfolded)
    seen = tuple(
        Activation(path, noise.random(traced[path].output_shape, np.float32)) for path in paths
    )
    capture = Capture(seen, np.zeros(3, np.float32), "cpu", 0.1)
    prediction = Prediction((ClassScore(0, "cat", 0.9),), "cpu", 0.1)
    return network_content(
        traced, capture, prediction, b"\xff\xd8image", unfolded=unfolded, trained=True
    )


def test_resnet18_has_a_node_for_each_part_and_nothing_folded():
    shown = content(trace(PRESETS["resnet18"]))
    blocks = [f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1)]
    assert [node.path for node in shown.nodes] == ["conv1", "maxpool", *blocks, "fc"]
    assert {node.group for node in shown.nodes} == {""}
    assert [len(node.channels) for node in shown.nodes] == [4] * 10 + [0]
    facts = dict(zip(shown.measures, shown.nodes[4].facts, strict=True))
    assert facts == {
        "Out": "128 × 28 × 28",
        "Parameters": "230,144",
        "Multiply-adds": "179.8 M",
        "Receptive field": "67 px",
        "Shortcut": "projection 1×1, /2",
    }


@pytest.mark.parametrize(
    ("name", "path", "kind", "said"),
    [
        ("resnet18", "layer1.0", "identity", "identity"),
        ("resnet50", "layer1.0", "projection", "projection 1×1"),
        ("resnet20", "layer2.0", "zero-pad", "zero-pad, /2"),
        ("plain18", "layer2.0", "", "none"),
    ],
)
def test_the_kinds_of_shortcut(name, path, kind, said):
    node = next(s for s in content(trace(PRESETS[name])).nodes if s.path == path)
    assert node.shortcut == kind
    assert node.facts[MEASURES.index("Shortcut")] == said


def test_resnet152_is_folded_into_runs_of_equal_blocks():
    traced = trace(PRESETS["resnet152"])
    assert {path: len(group) for path, group in folded_groups(traced).items()} == {
        "layer1.1": 2,
        "layer2.1": 7,
        "layer3.1": 35,
        "layer4.1": 2,
    }
    assert len(node_paths(traced)) == 10
    assert len(node_paths(traced, ["layer3.1"])) == 44
    assert len(network_nodes(traced)) == 2 + 50 + 1


def test_thumbnails_of_folded_blocks_are_promised_and_come_when_unfolded():
    traced = trace(PRESETS["resnet110"])
    folded, unfolded = content(traced), content(traced, ("layer3.1",))
    node = [node.path for node in folded.nodes].index("layer3.9")
    assert folded.nodes[node].thumbnails == 4
    assert folded.nodes[node].channels == ()
    assert len(unfolded.nodes[node].channels) == 4
    assert unfolded.nodes[node - 18].channels == ()  # layer2.9 stays folded


def test_a_run_of_two_hundred_blocks_unfolds_without_thumbnails():
    deep = ResNetConfig("deep", repeats=(2, 2, 200), stem="cifar", width=2, input_size=32)
    traced = trace(deep, 32)
    shown = {node.row.path: node for node in network_nodes(traced, ["layer3.1"])}
    assert shown["layer3.1"].sent
    assert not shown["layer3.2"].with_thumbnails
    assert not shown["layer3.2"].sent


def test_the_frame_of_a_cell_lies_around_the_centre_and_inside_the_image():
    traced = trace(PRESETS["resnet18"])
    seen = selection(traced, "layer2.1.conv1")
    assert seen.parent == "layer2.1"
    assert seen.field.size == 83
    left, top, right, bottom = seen.field.frame
    assert (right - left) * 224 == pytest.approx(83, abs=0.1)
    assert 0 <= left < 0.5 < right <= 1
    assert 0 <= top < 0.5 < bottom <= 1
    assert selection(traced, "fc").field.frame == (0, 0, 1, 1)


def test_bytes_are_header_image_and_sprite():
    shown = content(trace(PRESETS["resnet18"]))
    header, images = unpack(encoded(shown, alt="×"))
    assert header["alt"] == "×"
    assert images["image"].tobytes() == shown.image
    assert images["sprite"].tobytes() == shown.sprite


def _placed(path: str, *also: str) -> NetworkNode:
    return NetworkNode(path, path, 0, "", (), ReceptiveFieldBox(1, (0, 0, 1, 1)), also=also)


def test_a_node_holds_its_layers_and_no_neighbour():
    block = _placed("layer3.1")
    held = ("layer3.1", "layer3.1.conv1", "layer3.1.downsample.0")
    assert [path for path in held if not block.holds(path)] == []
    strange = (
        "layer3.0",
        "layer3.10",
        "layer3.10.conv1",
        "layer3",
        "layer2.1",
        "conv1",
        "layer33.2",
    )
    assert [path for path in strange if block.holds(path)] == []
    assert _placed("conv1", "bn1").holds("bn1")


def test_a_stage_marks_all_its_blocks_and_no_other():
    row = [_placed(p) for p in ("conv1", "layer1.0", "layer1.1", "layer10.0", "fc")]
    assert marked(row, "layer1") == [1, 2]
    assert marked(row, "layer1.1.conv2") == [2]
    assert marked(row, "nothing") == []
